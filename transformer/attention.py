"""Scaled dot-product and multi-head attention: sections 3.2.1 and 3.2.2, shown on the Attention page."""

import math

import torch.nn.functional as F
from torch import Tensor, nn

from transformer.dropout import dropout as drop
from transformer.tap import OFF, Tap


class ScaledDot(nn.Module):
    """Score how well a query matches a key: score(q, k) = q . k / sqrt(d_k).

    Without the division the scores of wide heads grow like sqrt(d_k), and softmax saturates (section 3.2.1).
    """

    fusable = True

    def forward(self, q: Tensor, k: Tensor, tap: Tap = OFF) -> Tensor:
        """q: (batch, head, query, d_k)   k: (batch, head, key, d_k)   ->  (batch, head, query, key)"""
        raw = tap("scores.raw", q @ k.transpose(-2, -1))
        return tap("scores.scaled", raw / math.sqrt(q.size(-1)))


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
        self.score = SCORES[score]()
        self.dropout = dropout

    def forward(self, x_q: Tensor, x_kv: Tensor, mask: Tensor | None, tap: Tap = OFF) -> Tensor:
        """Let every row of x_q look at every row of x_kv that the mask allows.

        x_q: (batch, query, d_model)   x_kv: (batch, key, d_model)
        mask: (batch or 1, 1, query or 1, key) bool, True = may look; None = all may   ->  (batch, query, d_model)
        """
        q = tap("q", self.split_heads(self.w_q(x_q)))  # (batch, head, query, d_k)
        k = tap("k", self.split_heads(self.w_k(x_kv)))  # (batch, head, key, d_k)
        v = tap("v", self.split_heads(self.w_v(x_kv)))  # (batch, head, key, d_k)
        if tap is not OFF or not self.score.fusable:
            context = attend(q, k, v, mask, self.score, self.dropout if self.training else 0.0, tap)
        elif self.training:
            context = attend_in_training(q, k, v, mask, self.dropout)
        else:
            context = attend_fused(q, k, v, mask)
        return tap("output", self.w_o(tap("concat", self.merge_heads(context))))

    def split_heads(self, x: Tensor) -> Tensor:
        """Give each head its own d_k features: (batch, seq, d_model) -> (batch, head, seq, d_k)."""
        return x.unflatten(-1, (self.n_heads, self.d_k)).transpose(1, 2)

    def merge_heads(self, x: Tensor) -> Tensor:
        """Lay the heads side by side again: (batch, head, seq, d_k) -> (batch, seq, d_model)."""
        return x.transpose(1, 2).flatten(-2)


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    score: ScaledDot,
    dropout: float = 0.0,
    tap: Tap = OFF,
) -> Tensor:
    """Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V, one step at a time so that each can be shown (equation 1).

    q: (batch, head, query, d_k)   k, v: (batch, head, key, d_k)   mask: True = may look
    ->  (batch, head, query, d_k), each row a weighted mean of the rows of v
    """
    scores = score(q, k, tap)  # (batch, head, query, key)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    scores = tap("scores.masked", scores)
    weights = tap("weights", scores.softmax(dim=-1))  # before dropout: what the reader should see
    return tap("context", drop(weights, dropout) @ v)  # (batch, head, query, d_k)


def attend_fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Compute the same context in one fused call, fast but with nothing to see on the way. Shapes as in `attend`."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def attend_in_training(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
    """Compute the same context as `attend` by the road that trains fastest on a CPU. Shapes as in `attend`.

    The scores are laid out keys first, (batch, head, key, query): softmax over the last axis is slow unless its
    length is a multiple of 16, and sentences are short. Adding a mask of 0 and -inf is cheaper than filling.
    """
    scores = k @ (q / math.sqrt(q.size(-1))).transpose(-2, -1)  # (batch, head, key, query)
    if mask is not None:
        mask = mask.transpose(-2, -1)
        scores = scores + scores.new_zeros(mask.shape).masked_fill_(~mask, -math.inf)
    weights = drop(scores.softmax(dim=-2), dropout)
    return weights.transpose(-2, -1) @ v  # (batch, head, query, d_k)


SCORES: dict[str, type[ScaledDot]] = {
    "scaled_dot": ScaledDot,
}
