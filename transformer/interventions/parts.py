"""Leave out a part of the model: its positions on one side, one sublayer, or one residual connection.

Shown on the Edit page; sections 3.1 and 3.5.
"""

from dataclasses import dataclass

from torch import Tensor

from transformer.config import ModelConfig
from transformer.interventions.base import Intervention, Pass, Scope, UnfitError
from transformer.interventions.codes import SIDE, SUBLAYER, coded


@dataclass(frozen=True)
class RemovePositions(Intervention):
    """Take from the words where they stand, in the source, the target or both.

    Sinusoidal and learned positions are vectors added to the embeddings: 0 is added instead. Rotary positions turn
    queries and keys inside self-attention: they stay unturned. ALiBi takes from each score what grows with the
    distance: nothing is taken. (Under the causal mask a target row still knows how many words it may look at.)
    """

    word = "positions"
    side: str = coded(SIDE)

    def fit(self, scope: Scope) -> None:
        if scope.config.position == "none":
            raise UnfitError("positions", "this model has no positions that could be removed")

    def taps(self, config: ModelConfig) -> list[str]:
        sides = ("src", "tgt") if self.side == "both" else (self.side,)
        if config.position not in ("rotary", "alibi"):
            return [f"{side}_embed.position" for side in sides]
        blocks = [
            f"{stack}.{n}.self_attn"
            for side, stack, count in (
                ("src", "encoder", config.n_encoder_layers),
                ("tgt", "decoder", config.n_decoder_layers),
            )
            if side in sides
            for n in range(count)
        ]
        parts = ("q.rotated", "k.rotated") if config.position == "rotary" else ("scores.biased",)
        return [f"{block}.{part}" for block in blocks for part in parts]

    def reads(self, config: ModelConfig) -> list[str]:
        named = [name.rpartition(".") for name in self.taps(config)]
        before = {"rotated": ("",), "biased": (".scaled", ".raw")}
        return [stem + part for stem, _, last in named for part in before.get(last, ())]

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        if name.endswith(".rotated"):
            return here.kept[name.removesuffix(".rotated")]
        if name.endswith(".biased"):
            scaled = name.replace(".biased", ".scaled")
            return here.kept[scaled if scaled in here.kept else name.replace(".biased", ".raw")]
        return x.zero_()


@dataclass(frozen=True)
class RemoveSublayer(Intervention):
    """Let one sublayer add nothing: its output becomes 0, so x + Sublayer(x) = x. A norm after it stays."""

    word = "sublayer"
    place: str = coded(SUBLAYER)

    def fit(self, scope: Scope) -> None:
        scope.need_place(self.place)

    def taps(self, config: ModelConfig) -> list[str]:
        return [f"{self.place}.output"]

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        return x.zero_()


@dataclass(frozen=True)
class RemoveResidual(Intervention):
    """Let a sublayer's output replace the stream instead of being added to it: Sublayer(x), not x + Sublayer(x)."""

    word = "residual"
    place: str = coded(SUBLAYER)

    def fit(self, scope: Scope) -> None:
        scope.need_place(self.place)
        if not scope.config.residual:
            raise UnfitError("residual", "this model has no residual connections that could be removed")

    def taps(self, config: ModelConfig) -> list[str]:
        return [f"{self.place}.residual"]

    def reads(self, config: ModelConfig) -> list[str]:
        return [f"{self.place}.output"]

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        return here.kept[f"{self.place}.output"]
