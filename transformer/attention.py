"""Scaled dot-product and multi-head attention: sections 3.2.1 and 3.2.2, shown on the Attention page."""

import math

import torch.nn.functional as F
from torch import Tensor, nn

from transformer.dropout import dropout as drop
from transformer.positions import Position
from transformer.scores import SCORES, Score
from transformer.tap import OFF, Tap

__all__ = ["SCORES", "MultiHeadAttention", "attend", "attend_fused", "attend_keys_first"]

MANY, SHORT = 8, 40  # so many sentences, and keys at most: from there on the fused call is the slower one on a CPU


class MultiHeadAttention(nn.Module):
    """Attend with n_heads small heads at once, each in d_k = d_model / n_heads features of its own (section 3.2.2).

    MultiHead(Q, K, V) = Concat(head_1, ..., head_h) W_O,  head_i = Attention(Q W_Q_i, K W_K_i, V W_V_i)
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        score: str = "scaled_dot",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.n_heads, self.d_k = n_heads, d_model // n_heads
        self.w_q = nn.Linear(d_model, d_model)
        self.w_k = nn.Linear(d_model, d_model)
        self.w_v = nn.Linear(d_model, d_model)
        self.w_o = nn.Linear(d_model, d_model)
        self.score = SCORES[score](n_heads, self.d_k)
        self.dropout = dropout

    def forward(
        self, x_q: Tensor, x_kv: Tensor, mask: Tensor | None, tap: Tap = OFF, position: Position | None = None
    ) -> Tensor:
        """Let every row of x_q look at every row of x_kv that the mask allows.

        x_q: (batch, query, d_model)   x_kv: (batch, key, d_model)
        mask: (batch or 1, 1, query or 1, key) bool, True = may look; None = all may   ->  (batch, query, d_model)
        Either of x_q and x_kv may have further axes in front, such as (trial, batch, ...), which broadcast.
        position: how self-attention is told where its words stand, if not by their embeddings
        """
        q = tap("q", self.split_heads(self.w_q(x_q)))  # (batch, head, query, d_k)
        k = tap("k", self.split_heads(self.w_k(x_kv)))  # (batch, head, key, d_k)
        v = tap("v", self.split_heads(self.w_v(x_kv)))  # (batch, head, key, d_k)
        bias = None
        if position is not None:
            q, k = rotated(q, k, position, tap)
            bias = position.bias(q.size(-2))
        context = self.attend(q, k, v, mask, bias, tap)
        return tap("output", self.w_o(tap("concat", self.merge_heads(context))))

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, bias: Tensor | None, tap: Tap) -> Tensor:
        """Take the road that can be seen, or a faster one to the same context. Shapes as in `attend`, below."""
        dropout = self.dropout if self.training else 0.0
        pair = None if tap.inside else self.score.as_dot(q, k)
        if pair is None:
            return attend(q, k, v, mask, self.score, bias, dropout, tap)
        if self.training or (q.shape[:-3].numel() >= MANY and k.size(-2) <= SHORT):
            return attend_keys_first(*pair, v, mask, bias, dropout)
        return attend_fused(*pair, v, mask, bias)

    def split_heads(self, x: Tensor) -> Tensor:
        """Give each head its own d_k features: (batch, seq, d_model) -> (batch, head, seq, d_k)."""
        return x.unflatten(-1, (self.n_heads, self.d_k)).transpose(-3, -2)

    def merge_heads(self, x: Tensor) -> Tensor:
        """Lay the heads side by side again: (batch, head, seq, d_k) -> (batch, seq, d_model)."""
        return x.transpose(-3, -2).flatten(-2)


def rotated(q: Tensor, k: Tensor, position: Position, tap: Tap) -> tuple[Tensor, Tensor]:
    """Turn queries and keys by their positions, where the encoding does so. (batch, head, seq, d_k), same shapes."""
    q_turned, k_turned = position.rotate(q), position.rotate(k)
    if q_turned is None or k_turned is None:
        return q, k
    return tap("q.rotated", q_turned), tap("k.rotated", k_turned)


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    score: Score,
    bias: Tensor | None = None,
    dropout: float = 0.0,
    tap: Tap = OFF,
) -> Tensor:
    """Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V, one step at a time so that each can be shown (equation 1).

    q: (batch, head, query, d_k)   k, v: (batch, head, key, d_k)   mask: True = may look
    bias: (1, head, query, key) is added to the scores   ->  (batch, head, query, d_k), a weighted mean of v's rows
    """
    scores = score(q, k, tap)  # (batch, head, query, key)
    if bias is not None:
        scores = tap("scores.biased", scores + bias)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    scores = tap("scores.masked", scores)
    weights = tap("weights", scores.softmax(dim=-1))  # before dropout: what the reader should see
    return tap("context", drop(weights, dropout) @ v)  # (batch, head, query, d_k)


def attend_fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, bias: Tensor | None = None) -> Tensor:
    """Compute the same context in one fused call, fast but with nothing to see on the way: softmax(q k^T + bias) v.

    Shapes as in `attend`; q and k as `Score.as_dot` gives them, so that nothing is left to be divided by.
    """
    if bias is not None:
        mask = bias if mask is None else bias.masked_fill(~mask, -math.inf)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1.0)


def attend_keys_first(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, bias: Tensor | None = None, dropout: float = 0.0
) -> Tensor:
    """Compute the same context by the fastest road for many short sentences on a CPU. Shapes as in `attend_fused`.

    The scores are laid out keys first, (batch, head, key, query): softmax over the last axis is slow unless its
    length is a multiple of 16, and sentences are short. Adding a mask of 0 and -inf is cheaper than filling.
    """
    scores = k @ q.transpose(-2, -1)  # (batch, head, key, query)
    if bias is not None:
        scores = scores + bias.transpose(-2, -1)
    if mask is not None:
        mask = mask.transpose(-2, -1)
        scores = scores + scores.new_zeros(mask.shape).masked_fill_(~mask, -math.inf)
    weights = drop(scores.softmax(dim=-2), dropout)
    return weights.transpose(-2, -1) @ v  # (batch, head, query, d_k)
