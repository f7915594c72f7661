"""How a forward pass shows itself: every tensor is named where it is born, `weights = tap("weights", ...)`.

One model serves all visitors, each in a thread of its own. Storing tensors on modules, or in forward hooks, would mix
one visitor's attention into another's picture; a tap is passed along the call instead and belongs to that call alone.
"""

from collections.abc import Callable
from typing import Self

from torch import Tensor

Edit = Callable[[str, Tensor], Tensor]


class Tap:
    """Return each tensor as it came.

    inside: does it want to see the scores and the weights of attention? If not, a faster road without them is taken.
    """

    inside = True

    def __call__(self, name: str, x: Tensor) -> Tensor:
        return x

    def at(self, place: str) -> Self:
        """Give the tap for a part of the model: its names start with `place` and a dot."""
        return self


class Off(Tap):
    """See nothing at all: what a pass is given that nobody watches."""

    inside = False


OFF = Off()


class Recorder(Tap):
    """Keep every named tensor of one forward pass, as `tensors[full_name]`.

    `edit(full_name, tensor)` may return another tensor of the same shape, which the pass then goes on with: switching
    a head off or painting a mask is an edit, never a change to the model. What is kept is what the pass used.
    An edit may write into the tensor it is given: that is a copy, so neither the model nor another pass can see it.
    """

    def __init__(
        self,
        edit: Edit | None = None,
        tensors: dict[str, Tensor] | None = None,
        prefix: str = "",
    ) -> None:
        self.edit = edit
        self.tensors: dict[str, Tensor] = {} if tensors is None else tensors
        self.prefix = prefix

    def __call__(self, name: str, x: Tensor) -> Tensor:
        full_name = self.prefix + name
        if self.edit is not None:
            edited = self.edit(full_name, x.clone())
            if edited.shape != x.shape:
                raise ValueError(
                    f"an edit of {full_name} must keep its shape {tuple(x.shape)}, got {tuple(edited.shape)}"
                )
            x = edited
        self.tensors[full_name] = x
        return x

    def at(self, place: str) -> "Recorder":
        return Recorder(self.edit, self.tensors, f"{self.prefix}{place}.")
