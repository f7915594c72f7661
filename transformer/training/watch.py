"""Watch a training: whether it has gone wrong, and which weights were the best so far."""

from collections import deque
from dataclasses import dataclass, field

from torch import Tensor

from transformer.model import Transformer
from transformer.training.loop import DivergedError

FAR_ABOVE = 1.5  # times the loss of the first step
FOR_LONG = 100  # steps, of which more than half must be far above


@dataclass
class Watch:
    """Compare every loss with the first one, which is that of a model that knows nothing.

    A single spike is no harm, and a plateau below the start is only slow. A model that is worse than knowing nothing
    for more than half of the last FOR_LONG steps does not come back.
    """

    first: float | None = None
    high: deque[bool] = field(default_factory=lambda: deque(maxlen=FOR_LONG))

    def add(self, loss: float) -> None:
        """Take note of the loss of one step; DivergedError if there is no hope left."""
        self.first = loss if self.first is None else self.first
        self.high.append(loss > FAR_ABOVE * self.first)
        if len(self.high) == FOR_LONG and 2 * sum(self.high) > FOR_LONG:
            raise DivergedError(
                f"the loss was above {FAR_ABOVE:g} times its start for most of the last {FOR_LONG} steps"
            )


@dataclass
class Best:
    """Keep the best weights seen: the most exact ones and, among equals, those with the lowest loss."""

    step: int = 0
    exact_match: float = -1.0
    loss: float = 0.0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def see(self, model: Transformer, step: int, exact_match: float, loss: float) -> None:
        """Keep the weights of this step if none before were better. exact_match, loss: on unseen sentences."""
        if (exact_match, -loss) > (self.exact_match, -self.loss):
            weights = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
            self.step, self.exact_match, self.loss, self.weights = step, exact_match, loss, weights

    def give_back(self, model: Transformer) -> None:
        """Put the best weights into the model."""
        for name, parameter in model.named_parameters():
            parameter.data.copy_(self.weights[name])
