"""Switch a head off, keep it alone, make it louder: what it read, its context, is changed before W_O mixes the heads.

context: (batch, head, query, d_k). Section 3.2.2: MultiHead = Concat(head_1, ..., head_h) W_O, so a head whose context
is 0 adds nothing to the sum, as if its rows of W_O were 0. Shown on the Edit page.
"""

from dataclasses import dataclass

from torch import Tensor

from transformer.config import ModelConfig
from transformer.interventions.base import Intervention, Pass, Scope, UnfitError, open_cells
from transformer.interventions.codes import BLOCK, FACTOR, NUMBERED, coded


@dataclass(frozen=True)
class OfHead(Intervention):
    """Act on what one head read."""

    block: str = coded(BLOCK)
    head: int = coded(NUMBERED)

    def fit(self, scope: Scope) -> None:
        scope.need_head(self.block, self.head)

    def taps(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.context"]


@dataclass(frozen=True)
class ZeroHead(OfHead):
    """Take a head away: its context becomes 0."""

    word = "zero"

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        x[:, self.head] = 0.0
        return x


@dataclass(frozen=True)
class MeanHead(OfHead):
    """Let a head say the same in every row: its mean context over held-out sentences.

    Zero is a value that the layers above may never have seen; the mean is one that they know, without its news.
    """

    word = "mean"

    def fit(self, scope: Scope) -> None:
        super().fit(scope)
        if scope.aids.means is None or not scope.aids.means():
            raise UnfitError("mean", "there are no held-out sentences to measure a mean on")

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        if here.aids.means is not None:  # else it did not fit
            x[:, self.head] = here.aids.means()[self.block][self.head]
        return x


@dataclass(frozen=True)
class UniformHead(OfHead):
    """Let a head look at everything alike: equal weights over what the mask leaves open."""

    word = "uniform"

    def taps(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.weights"]

    def reads(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.scores.masked"]

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        opened = open_cells(self.block, here)[:, self.head].to(x.dtype)  # (batch, query, key)
        x[:, self.head] = opened / opened.sum(dim=-1, keepdim=True)
        return x


@dataclass(frozen=True)
class OnlyHead(OfHead):
    """Keep one head of a block and take the others away."""

    word = "only"

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        x[:, : self.head] = 0.0
        x[:, self.head + 1 :] = 0.0
        return x


@dataclass(frozen=True)
class ScaleHead(OfHead):
    """Multiply what a head read by a factor between -4 and 4; a link holds it in hundredths."""

    word = "scale"
    factor: float = coded(FACTOR)

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        x[:, self.head] *= self.factor
        return x
