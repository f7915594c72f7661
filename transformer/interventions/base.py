"""What every intervention is: a small plan that says at which named tensors of a pass it acts, and what it does there.

A plan knows no model and no sentence; it may be written into a link and read from one. `Pass` is what it is given when
it acts: the tensors that this pass has made so far, and what it may borrow from elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

from torch import Tensor

from transformer.config import ModelConfig
from transformer.model import Transformer

SCORES_BEFORE_MASK = ("scores.biased", "scores.scaled", "scores.raw")  # the last that a model has is what its mask gets


class UnfitError(ValueError):
    """An intervention has nothing to act on in this model or sentence; `reason` is one word, `values` go with it."""

    def __init__(self, reason: str, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.reason, self.values = reason, values


class Aids(NamedTuple):
    """What some interventions need beside the model; without it they do not fit.

    means: gives the mean context of every head, block -> (head, d_k), as `mean_contexts` measures it
    patterns: gives where the heads look in another sentence, block -> (head, query, key), as `pattern_reader` does;
    ValueError if it cannot
    """

    means: Callable[[], Mapping[str, Tensor]] | None = None
    patterns: Callable[[str], Mapping[str, Tensor]] | None = None


@dataclass(frozen=True)
class Scope:
    """Where an intervention is to act: a model, and a sentence pair of so many tokens."""

    model: Transformer
    n_src: int
    n_tgt: int
    aids: Aids = field(default_factory=Aids)

    @property
    def config(self) -> ModelConfig:
        return self.model.config

    def need_place(self, place: str) -> None:
        """Raise UnfitError for a sublayer that the model does not have."""
        stack, layer, _ = place.split(".")
        n = self.config.n_encoder_layers if stack == "encoder" else self.config.n_decoder_layers
        if int(layer) >= n:
            raise UnfitError("place", f"this model has no {place}", place=place)

    def need_head(self, block: str, head: int | None) -> None:
        """Raise UnfitError for a head that the model does not have."""
        self.need_place(block)
        if head is not None and head >= self.config.n_heads:
            raise UnfitError("head", f"there is no head {head} in {block}", head=head, n=self.config.n_heads)

    def size_of(self, block: str) -> tuple[int, int]:
        """Count the rows and columns of a block's weights."""
        if block.startswith("encoder."):
            return self.n_src, self.n_src
        return self.n_tgt, self.n_src if block.endswith(".cross_attn") else self.n_tgt


class Pass(Protocol):
    """What an intervention sees of the pass that it acts in.

    made: tensors as this pass made them, before any edit   kept: the same as the pass went on with them; of both only
    those that an intervention of the list `reads`
    clean: a tensor that one `borrows`, of the pass without any edit over the same words, with its batch axis
    """

    model: Transformer
    aids: Aids
    made: dict[str, Tensor]
    kept: dict[str, Tensor]

    def clean(self, name: str) -> Tensor: ...


class Intervention:
    """Say what is done and where. Subclasses are frozen dataclasses whose fields a link can hold (codes.py)."""

    word: ClassVar[str]  # the name in the registry and in links

    def fit(self, scope: Scope) -> None:
        """Raise UnfitError where there is nothing to act on."""
        raise NotImplementedError

    def taps(self, config: ModelConfig) -> Sequence[str]:
        """Name the tensors at which it acts."""
        raise NotImplementedError

    def reads(self, config: ModelConfig) -> Sequence[str]:
        """Name the tensors of the pass that it looks up when it acts; no other is remembered."""
        return ()

    def borrows(self, config: ModelConfig) -> Sequence[str]:
        """Name the tensors of the pass without any edit that it looks up."""
        return ()

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        """Give what the pass shall go on with instead of x, which is a copy and may be written into."""
        raise NotImplementedError


def open_cells(block: str, here: Pass) -> Tensor:
    """Tell which cells the mask of this pass leaves open: (batch, head, query, key) bool, True = may look."""
    return ~here.kept[f"{block}.scores.masked"].isneginf()


def scores_before_mask(block: str, here: Pass) -> Tensor:
    """Give the scores that the mask is laid over: (batch, head, query, key)."""
    return next(here.kept[name] for part in SCORES_BEFORE_MASK if (name := f"{block}.{part}") in here.kept)
