"""What one forward pass was made of: every tensor by name, with its axes and its tokens. Shown on every page.

A tensor carries its own labels, so no picture has to be told twice what its rows and columns are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from transformer.config import ModelConfig
from transformer.model import Transformer
from transformer.tap import Edit, Recorder


@dataclass(frozen=True)
class TensorSpec:
    """Say what a tensor is: its symbol in the paper's letters, its axes, and where the paper speaks of it.

    `axes` names each axis without the batch. A "query", "key", "src" or "tgt" axis is labelled with tokens.
    """

    symbol: str
    axes: tuple[str, ...]
    section: str


HEADS, KEYS, PAIRS, ROWS = (
    ("head", "query", "d_k"),
    ("head", "key", "d_k"),
    ("head", "query", "key"),
    ("query", "d_model"),
)


def _attention(side: str, rotated: dict[str, TensorSpec], biased: dict[str, TensorSpec]) -> dict[str, TensorSpec]:
    return {
        f"{side}.q": TensorSpec("Q", HEADS, "3.2.2"),
        f"{side}.k": TensorSpec("K", KEYS, "3.2.2"),
        f"{side}.v": TensorSpec("V", KEYS, "3.2.2"),
        **rotated,
        f"{side}.scores.raw": TensorSpec("QK^T", PAIRS, "3.2.1"),
        f"{side}.scores.scaled": TensorSpec("QK^T / sqrt(d_k)", PAIRS, "3.2.1"),
        **biased,
        f"{side}.scores.masked": TensorSpec("QK^T / sqrt(d_k) + mask", PAIRS, "3.2.3"),
        f"{side}.weights": TensorSpec("softmax(QK^T / sqrt(d_k))", PAIRS, "3.2.1"),
        f"{side}.context": TensorSpec("softmax(QK^T / sqrt(d_k)) V", HEADS, "3.2.1"),
        f"{side}.concat": TensorSpec("Concat(head_1, ..., head_h)", ROWS, "3.2.2"),
        f"{side}.output": TensorSpec("Concat(head_1, ..., head_h) W_O", ROWS, "3.2.2"),
        f"{side}.residual": TensorSpec("x + Sublayer(x)", ROWS, "3.1"),
        f"{side}.norm": TensorSpec("LayerNorm", ROWS, "3.1"),
    }


def _self_attention() -> dict[str, TensorSpec]:
    """Add what a position encoding does inside self-attention; section 3.5 names no such encoding, they came later."""
    rotated = {
        "self_attn.q.rotated": TensorSpec("R Q", HEADS, "3.5"),
        "self_attn.k.rotated": TensorSpec("R K", KEYS, "3.5"),
    }
    return _attention("self_attn", rotated, {"self_attn.scores.biased": TensorSpec("scores + bias", PAIRS, "3.5")})


def _embedding(side: str) -> dict[str, TensorSpec]:
    axes = (side, "d_model")
    return {
        f"{side}_embed.tokens": TensorSpec("E", axes, "3.4"),
        f"{side}_embed.scaled": TensorSpec("E sqrt(d_model)", axes, "3.4"),
        f"{side}_embed.position": TensorSpec("PE", axes, "3.5"),
        f"{side}_embed.sum": TensorSpec("x", axes, "3.4"),
    }


CATALOGUE: dict[str, TensorSpec] = {
    "src_mask": TensorSpec("mask", ("src",), "3.1"),
    **_embedding("src"),
    **_self_attention(),
    "ffn.hidden": TensorSpec("max(0, x W_1 + b_1)", ("query", "d_ff"), "3.3"),
    "ffn.output": TensorSpec("FFN(x)", ("query", "d_model"), "3.3"),
    "ffn.residual": TensorSpec("x + FFN(x)", ("query", "d_model"), "3.1"),
    "ffn.norm": TensorSpec("LayerNorm", ("query", "d_model"), "3.1"),
    "memory": TensorSpec("memory", ("src", "d_model"), "3.1"),
    "tgt_mask": TensorSpec("mask", ("tgt", "tgt"), "3.2.3"),
    **_embedding("tgt"),
    **_attention("cross_attn", {}, {}),
    "decoder_output": TensorSpec("x", ("tgt", "d_model"), "3.1"),
    "logits": TensorSpec("x W + b", ("tgt", "vocab"), "3.4"),
}


class Tokens(Protocol):
    """Anything that can show an id as text: a vocabulary."""

    def token(self, token_id: int, /) -> str: ...


class Trace:
    """Hold the named tensors of one sentence pair as numpy arrays without a batch axis.

    `trace["encoder.0.self_attn.weights"]` is (head, query, key); `trace.names()` lists what this model has, in the
    order of the pass; `trace.labels(name)` gives the label of every row, column and so on, one list per axis.
    In cross attention rows are target tokens and columns source tokens.
    """

    def __init__(
        self,
        config: ModelConfig,
        tensors: dict[str, np.ndarray],
        src_tokens: list[str],
        tgt_tokens: list[str],
    ) -> None:
        self.config = config
        self.src_tokens, self.tgt_tokens = src_tokens, tgt_tokens
        self._tensors = tensors
        for name, tensor in tensors.items():
            expected = self._shape(name)
            if tensor.shape != expected:
                raise ValueError(f"{name} is {tensor.shape}, but its axes {self.spec(name).axes} need {expected}")
            tensor.flags.writeable = False

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise KeyError(f"no tensor {name!r} in this trace; it has {', '.join(self._tensors)}")
        return self._tensors[name]

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def names(self) -> list[str]:
        """List the tensors of this pass in the order in which they were made."""
        return list(self._tensors)

    @staticmethod
    def spec(name: str) -> TensorSpec:
        """Look a full name up in the catalogue; an unknown one raises KeyError."""
        key = re.sub(r"^(encoder|decoder)\.\d+\.", "", name)
        if key not in CATALOGUE:
            raise KeyError(f"{name!r} is not in the catalogue; it has {', '.join(CATALOGUE)}")
        return CATALOGUE[key]

    def labels(self, name: str) -> tuple[list[str], ...]:
        """Give the labels of each axis of a tensor: tokens where the axis runs over tokens, else 0, 1, 2, ..."""
        return tuple(
            self._tokens(name, axis) or [str(n) for n in range(size)]
            for axis, size in zip(self.spec(name).axes, self._shape(name), strict=True)
        )

    def _tokens(self, name: str, axis: str) -> list[str] | None:
        """Tell which tokens an axis runs over: the one place that knows rows are target and columns source."""
        if axis == "src" or (axis == "query" and name.startswith("encoder.")):
            return self.src_tokens
        if axis == "key":
            return self.src_tokens if name.startswith("encoder.") or ".cross_attn." in name else self.tgt_tokens
        return self.tgt_tokens if axis in ("tgt", "query") else None

    def _shape(self, name: str) -> tuple[int, ...]:
        config = self.config
        sizes = {
            "head": config.n_heads,
            "d_k": config.d_k,
            "d_model": config.d_model,
            "d_ff": config.d_ff,
            "vocab": config.tgt_vocab_size,
        }
        return tuple(len(self._tokens(name, axis) or range(sizes.get(axis, 0))) for axis in self.spec(name).axes)


def trace_pair(
    model: Transformer,
    src_ids: Sequence[int] | Tensor,
    tgt_ids: Sequence[int] | Tensor,
    src_vocab: Tokens | None = None,
    tgt_vocab: Tokens | None = None,
    edit: Edit | None = None,
) -> Trace:
    """Run one sentence pair and keep every tensor of the pass.

    src_ids: source ids   tgt_ids: decoder input ids, BOS first; both (n,) or (1, n), without padding.
    Labels are the vocabularies' tokens, or the ids as text. One pass serves every decoding step: under the causal
    mask, row t equals the last row of the trace of the first t + 1 words. A model without that mask (`causal=False`)
    has no such law: here row t sees the words after it, which were not there while it was written. To see the model
    as it was then, trace each prefix. `edit` is handed to the recorder.
    Raises RuntimeError for a model in training mode (dropout would show), ValueError for padding or wrong shapes.
    """
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout changes what is seen: call model.eval() first")
    src, tgt_in = _as_row(src_ids, "src_ids"), _as_row(tgt_ids, "tgt_ids")
    for ids, side in ((src, "src_ids"), (tgt_in, "tgt_ids")):
        if bool((ids == model.config.pad_id).any()):
            raise ValueError(f"{side} holds padding (id {model.config.pad_id}); trace one sentence without it")
    recorder = Recorder(edit)
    with torch.no_grad():
        model(src, tgt_in, recorder)
    tensors = {name: _without_batch(name, tensor) for name, tensor in recorder.tensors.items()}
    return Trace(model.config, tensors, _texts(src, src_vocab), _texts(tgt_in, tgt_vocab))


def _as_row(ids: Sequence[int] | Tensor, side: str) -> Tensor:
    row = torch.as_tensor(ids, dtype=torch.long)
    row = row[None] if row.dim() == 1 else row
    if row.dim() != 2 or row.size(0) != 1 or row.size(1) == 0:
        raise ValueError(f"{side} must be (n,) or (1, n) with n at least 1, got {tuple(row.shape)}")
    return row


def _without_batch(name: str, tensor: Tensor) -> np.ndarray:
    array = tensor[0].detach().numpy().copy()
    if name == "src_mask":  # (1, 1, src): every row and every head share one row of the mask
        return array[0, 0]
    return array[0] if name == "tgt_mask" else array  # (1, tgt, tgt): every head shares it


def _texts(row: Tensor, vocab: Tokens | None) -> list[str]:
    ids = row[0].tolist()
    return [vocab.token(i) for i in ids] if vocab else [str(i) for i in ids]
