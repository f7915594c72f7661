"""The numbers that make one Transformer: section 3 of "Attention Is All You Need", table 3 "base" as PAPER_BASE."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Self

from transformer.positions import POSITIONS
from transformer.scores import SCORES

ACTIVATIONS = ("relu", "gelu")
COUNTS = (
    "src_vocab_size",
    "tgt_vocab_size",
    "d_model",
    "n_heads",
    "n_encoder_layers",
    "n_decoder_layers",
    "d_ff",
    "max_len",
)
LEFT_OUT = ("residual", "layer_norm", "causal")  # parts of the paper that a model may lack


@dataclass(frozen=True)
class ModelConfig:
    """Name every choice that shapes the model; a value that cannot work raises ValueError saying which and why.

    Counts and lengths are in units of tokens, layers, heads or features. `d_model` is split evenly over `n_heads`,
    so each head works in `d_k = d_model / n_heads` features. `final_norm` adds one more layer norm at the end of each
    stack; left as None it follows `norm_first`, because pre norm needs it and the paper's post norm has none.

    Three parts can be left out, to see in training what they are good for: `residual` (a sublayer's output then
    replaces what it read), `layer_norm` (then there is none anywhere, no final one either) and `causal` (a row of the
    decoder then sees the words after its own, if they are there). Who leaves one out says so; a config is written
    without those that it has, as all were before anything could be left out.
    """

    src_vocab_size: int
    tgt_vocab_size: int
    d_model: int = 512
    n_heads: int = 8
    n_encoder_layers: int = 6
    n_decoder_layers: int = 6
    d_ff: int = 2048
    dropout: float = 0.1
    norm_first: bool = False
    position: str = "sinusoidal"
    score: str = "scaled_dot"
    max_len: int = 512
    pad_id: int = 0
    activation: str = "relu"
    tie_embeddings: bool = False
    scale_embeddings: bool = True
    final_norm: bool | None = None
    layer_norm_eps: float = 1e-5
    residual: bool = True
    layer_norm: bool = True
    causal: bool = True

    def __post_init__(self) -> None:
        if self.final_norm is None:
            object.__setattr__(self, "final_norm", self.norm_first and self.layer_norm is not False)
        self._check_types()
        for name in COUNTS:
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, got {getattr(self, name)}")
        remainder = self.d_model % self.n_heads
        _require(
            remainder == 0,
            f"d_model={self.d_model} cannot be split over n_heads={self.n_heads}: the remainder is {remainder}",
        )
        _require(0.0 <= self.dropout < 1.0, f"dropout must lie in [0, 1), got {self.dropout}")
        _require(0.0 < self.layer_norm_eps < 1.0, f"layer_norm_eps must lie in (0, 1), got {self.layer_norm_eps}")
        smallest = min(self.src_vocab_size, self.tgt_vocab_size)
        _require(0 <= self.pad_id < smallest, f"pad_id={self.pad_id} is not an id of a vocabulary of {smallest}")
        _require(
            self.layer_norm or not self.final_norm,
            "final_norm=True asks for a layer norm, but layer_norm=False leaves all of them out",
        )
        _require_choice("position", self.position, POSITIONS)
        _require_choice("score", self.score, SCORES)
        _require_choice("activation", self.activation, ACTIVATIONS)
        POSITIONS[self.position].check(self.d_model, self.n_heads)
        _require(
            not self.tie_embeddings or self.src_vocab_size == self.tgt_vocab_size,
            f"tie_embeddings needs one shared vocabulary, got src_vocab_size={self.src_vocab_size}"
            f" and tgt_vocab_size={self.tgt_vocab_size}",
        )

    def _check_types(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type in (int, "int"):
                good = isinstance(value, int) and not isinstance(value, bool)
            elif field.type in (float, "float"):
                good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
            elif field.type in (str, "str"):
                good = isinstance(value, str)
            else:
                good = isinstance(value, bool)
            _require(
                good,
                f"{field.name} must be {getattr(field.type, '__name__', field.type)}, got {value!r}",
            )

    @property
    def d_k(self) -> int:
        """Features of one head: d_model / n_heads (section 3.2.2)."""
        return self.d_model // self.n_heads

    @property
    def norms_before(self) -> bool:
        """Tell whether a sublayer reads LayerNorm(x) rather than x itself: pre norm, with a norm to do it."""
        return self.layer_norm and self.norm_first

    @property
    def norms_after(self) -> bool:
        """Tell whether a sublayer leaves LayerNorm(...) in the stream: post norm, with a norm to do it."""
        return self.layer_norm and not self.norm_first

    @property
    def leaves(self) -> str:
        """Name the tensor of a sublayer that goes on as the stream: its last one, "norm", "residual" or "output"."""
        return "norm" if self.norms_after else "residual" if self.residual else "output"

    @property
    def n_parameters(self) -> int:
        """Count the numbers that training learns, from the shapes alone: section 3, with a bias in every linear map."""
        norm = 2 * self.d_model if self.layer_norm else 0
        attention = 4 * (self.d_model + 1) * self.d_model  # W_Q, W_K, W_V, W_O
        attention += SCORES[self.score].n_parameters(self.n_heads, self.d_k)
        ffn = (self.d_model + 1) * self.d_ff + (self.d_ff + 1) * self.d_model
        encoder = self.n_encoder_layers * (attention + ffn + 2 * norm)
        decoder = self.n_decoder_layers * (2 * attention + ffn + 3 * norm)
        matrices = self.src_vocab_size + (0 if self.tie_embeddings else 2 * self.tgt_vocab_size)
        final = 2 * norm if self.final_norm else 0
        final += 2 * POSITIONS[self.position].n_parameters(self.d_model, self.max_len)
        return encoder + decoder + matrices * self.d_model + self.tgt_vocab_size + final

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; a part of LEFT_OUT is named only where it is left out."""
        values = dataclasses.asdict(self)
        return {name: value for name, value in values.items() if name not in LEFT_OUT or value is False}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build a config from `to_dict()`'s values; a name that is missing or unknown raises ValueError."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        _require(not unknown, f"unknown settings {unknown}; known are {sorted(known)}")
        missing = sorted({"src_vocab_size", "tgt_vocab_size"} - set(values))
        _require(not missing, f"missing settings {missing}")
        return cls(**values)


def _require(good: bool, sentence: str) -> None:
    if not good:
        raise ValueError(sentence)


def _require_choice(name: str, value: str, choices: Any) -> None:
    _require(
        value in choices,
        f"{name}={value!r} is not known; choose one of {sorted(choices)}",
    )


PAPER_BASE = ModelConfig(src_vocab_size=37000, tgt_vocab_size=37000, tie_embeddings=True)
