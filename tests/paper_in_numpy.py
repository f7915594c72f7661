"""Section 3 of the paper once more, in float64 numpy and nothing else: the oracle of every traced tensor.

Each tensor is computed from the tensors of the trace that enter it and from the weights, so a wrong one is named itself
and does not hide behind those that come after it.
"""

import math
from collections.abc import Callable

import numpy as np

from transformer import ModelConfig, Trace, Transformer

Arrays = dict[str, np.ndarray]


def sinusoid(n: int, d_model: int) -> np.ndarray:
    """PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i+1) = cos of the same. (n, d_model)"""
    table = np.zeros((n, d_model))
    for position in range(n):
        for i in range(d_model // 2):
            angle = position / 10000 ** (2 * i / d_model)
            table[position, 2 * i], table[position, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


def turned(x: np.ndarray) -> np.ndarray:
    """Multiply each pair of features, as one complex number, by e^(i pos / 10000^(2j / d_k)). (head, seq, d_k)"""
    n, d_k = x.shape[1:]
    frequency = 10000.0 ** (-np.arange(0, d_k, 2) / d_k)
    turns = np.exp(1j * np.arange(n)[:, None] * frequency)
    pairs = (x[..., 0::2] + 1j * x[..., 1::2]) * turns
    return np.stack([pairs.real, pairs.imag], axis=-1).reshape(x.shape)


def distance_bias(n_heads: int, n: int) -> np.ndarray:
    """-m_h |i - j| with the slopes that the authors of ALiBi give. (head, query, key)"""
    if n_heads & (n_heads - 1) == 0:
        slopes = [2 ** (-8 * h / n_heads) for h in range(1, n_heads + 1)]
    else:
        below = 1 << (n_heads.bit_length() - 1)
        slopes = [2 ** (-8 * h / below) for h in range(1, below + 1)]
        slopes += [2 ** (-4 * h / below) for h in range(1, 2 * below, 2)][: n_heads - below]
    return np.array([[[-m * abs(i - j) for j in range(n)] for i in range(n)] for m in slopes])


def scaled_dot(q: np.ndarray, k: np.ndarray, weights: Arrays) -> Arrays:
    raw = np.einsum("hqd,hkd->hqk", q, k)
    return {"scores.raw": raw, "scores.scaled": raw / math.sqrt(q.shape[-1])}


def dot(q: np.ndarray, k: np.ndarray, weights: Arrays) -> Arrays:
    return {"scores.raw": np.einsum("hqd,hkd->hqk", q, k)}


def cosine(q: np.ndarray, k: np.ndarray, weights: Arrays) -> Arrays:
    lengths = np.linalg.norm(q, axis=-1)[:, :, None] * np.linalg.norm(k, axis=-1)[:, None, :]
    raw = np.einsum("hqd,hkd->hqk", q, k) / lengths
    return {"scores.raw": raw, "scores.scaled": raw * weights["gain"][:, None, None]}


def additive(q: np.ndarray, k: np.ndarray, weights: Arrays) -> Arrays:
    heads = range(len(q))
    raw = [[[weights["v"][h] @ np.tanh(q_row + k_row) for k_row in k[h]] for q_row in q[h]] for h in heads]
    return {"scores.raw": np.array(raw)}


# The last tensor that a score function makes is what bias and mask are laid on. A new registry entry needs a row here.
Table = Callable[["Recomputation", str, int], np.ndarray]
POSITIONS_IN_NUMPY: dict[str, Table | None] = {
    "none": None,
    "sinusoidal": lambda made, side, n: sinusoid(n, made.config.d_model),
    "learned": lambda made, side, n: made.weights[f"{side}.position.table"][:n],
    "rotary": None,
    "alibi": None,
}
SCORES_IN_NUMPY: dict[str, Callable[[np.ndarray, np.ndarray, Arrays], Arrays]] = {
    "scaled_dot": scaled_dot,
    "dot": dot,
    "cosine": cosine,
    "additive": additive,
}
ACTIVATIONS_IN_NUMPY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0.0),
    "gelu": lambda x: 0.5 * x * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0))),
}


def softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def layer_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) * weight + bias


def split_heads(x: np.ndarray, n_heads: int) -> np.ndarray:
    """(seq, d_model) -> (head, seq, d_k): head h owns the features h * d_k .. (h + 1) * d_k - 1."""
    d_k = x.shape[1] // n_heads
    return np.stack([x[:, h * d_k : (h + 1) * d_k] for h in range(n_heads)])


class Recomputation:
    """Recompute every tensor of a trace; `tensors` has exactly the names that the config should make."""

    def __init__(self, model: Transformer, trace: Trace, src_ids: list[int], tgt_ids: list[int]) -> None:
        self.config: ModelConfig = model.config
        self.weights: Arrays = {name: p.detach().double().numpy() for name, p in model.state_dict().items()}
        self.trace = trace
        self.tensors: Arrays = {}
        n_src, n_tgt = len(src_ids), len(tgt_ids)
        src_mask, tgt_mask = np.ones(n_src, dtype=bool), np.ones((n_tgt, n_tgt), dtype=bool)
        if self.config.causal:
            tgt_mask = np.tril(tgt_mask)
        self.tensors["src_mask"], self.tensors["tgt_mask"] = src_mask, tgt_mask
        x = self._embed("src_embed", src_ids)
        for n in range(self.config.n_encoder_layers):
            x = self._self_attention(f"encoder.{n}", x, src_mask)
            x = self._feed_forward(f"encoder.{n}", x)
        self._final("memory", x, "encoder_norm")
        x = self._embed("tgt_embed", tgt_ids)
        for n in range(self.config.n_decoder_layers):
            x = self._self_attention(f"decoder.{n}", x, tgt_mask)
            x = self._cross_attention(f"decoder.{n}", x, src_mask)
            x = self._feed_forward(f"decoder.{n}", x)
        self._final("decoder_output", x, "decoder_norm")
        self.tensors["logits"] = self._linear("generator", self._seen("decoder_output"))

    def _seen(self, name: str) -> np.ndarray:
        return self.trace[name].astype(np.float64)

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, name: str, x: np.ndarray) -> np.ndarray:
        return layer_norm(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], self.config.layer_norm_eps)

    def _embed(self, side: str, ids: list[int]) -> str:
        """Give the name of the residual stream, as all methods that add to it do."""
        self.tensors[f"{side}.tokens"] = self.weights[f"{side}.tokens.weight"][ids]
        x = self._seen(f"{side}.tokens")
        if self.config.scale_embeddings:
            self.tensors[f"{side}.scaled"] = x * math.sqrt(self.config.d_model)
            x = self._seen(f"{side}.scaled")
        table = POSITIONS_IN_NUMPY[self.config.position]
        if table is not None:
            self.tensors[f"{side}.position"] = table(self, side, len(ids))
            x = x + self._seen(f"{side}.position")
        self.tensors[f"{side}.sum"] = x
        return f"{side}.sum"

    def _self_attention(self, layer: str, x: str, mask: np.ndarray) -> str:
        return self._sublayer(layer, "self_attn", x, lambda at, h: self._attention(at, h, h, mask))

    def _cross_attention(self, layer: str, x: str, mask: np.ndarray) -> str:
        return self._sublayer(layer, "cross_attn", x, lambda at, h: self._attention(at, h, "memory", mask))

    def _feed_forward(self, layer: str, x: str) -> str:
        def ffn(at: str, h: str) -> None:
            activation = ACTIVATIONS_IN_NUMPY[self.config.activation]
            self.tensors[f"{at}.hidden"] = activation(self._linear(f"{at}.w_1", self._seen(h)))
            self.tensors[f"{at}.output"] = self._linear(f"{at}.w_2", self._seen(f"{at}.hidden"))

        return self._sublayer(layer, "ffn", x, ffn)

    def _sublayer(self, layer: str, kind: str, x: str, compute: Callable[[str, str], None]) -> str:
        """Post norm: LayerNorm(x + Sublayer(x)). Pre norm: x + Sublayer(LayerNorm(x)). Or without one of the two."""
        at, norm = f"{layer}.{kind}", f"{layer}.around_{kind}.norm"
        read = x
        if self.config.layer_norm and self.config.norm_first:
            self.tensors[f"{at}.norm"] = self._norm(norm, self._seen(x))
            read = f"{at}.norm"
        compute(at, read)
        left = f"{at}.output"
        if self.config.residual:
            self.tensors[f"{at}.residual"] = self._seen(x) + self._seen(left)
            left = f"{at}.residual"
        if self.config.layer_norm and not self.config.norm_first:
            self.tensors[f"{at}.norm"] = self._norm(norm, self._seen(left))
            left = f"{at}.norm"
        return left

    def _attention(self, at: str, x_q: str, x_kv: str, mask: np.ndarray) -> None:
        for letter, x in (("q", x_q), ("k", x_kv), ("v", x_kv)):
            self.tensors[f"{at}.{letter}"] = split_heads(
                self._linear(f"{at}.w_{letter}", self._seen(x)), self.config.n_heads
            )
        q, k = f"{at}.q", f"{at}.k"
        if self.config.position == "rotary" and "self_attn" in at:
            for name in (q, k):
                self.tensors[f"{name}.rotated"] = turned(self._seen(name))
            q, k = f"{q}.rotated", f"{k}.rotated"
        own = {name.removeprefix(f"{at}.score."): array for name, array in self.weights.items()}
        scores = SCORES_IN_NUMPY[self.config.score](self._seen(q), self._seen(k), own)
        self.tensors |= {f"{at}.{name}": tensor for name, tensor in scores.items()}
        last = f"{at}.{list(scores)[-1]}"
        if self.config.position == "alibi" and "self_attn" in at:
            bias = distance_bias(self.config.n_heads, self._seen(last).shape[-1])
            self.tensors[f"{at}.scores.biased"] = self._seen(last) + bias
            last = f"{at}.scores.biased"
        self.tensors[f"{at}.scores.masked"] = np.where(mask, self._seen(last), -np.inf)
        self.tensors[f"{at}.weights"] = softmax(self._seen(f"{at}.scores.masked"))
        self.tensors[f"{at}.context"] = self._seen(f"{at}.weights") @ self._seen(f"{at}.v")
        self.tensors[f"{at}.concat"] = np.concatenate(list(self._seen(f"{at}.context")), axis=1)
        self.tensors[f"{at}.output"] = self._linear(f"{at}.w_o", self._seen(f"{at}.concat"))

    def _final(self, name: str, x: str, norm: str) -> None:
        self.tensors[name] = self._norm(norm, self._seen(x)) if self.config.final_norm else self._seen(x)
