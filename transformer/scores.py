"""How well a query matches a key: section 3.2.1 and what came before and after it, shown on the Attention page.

A score function is given queries (batch, head, query, d_k) and keys (batch, head, key, d_k) and gives scores (batch,
head, query, key). Where the score is a dot product of something, `as_dot` gives that something, and attention may
take its faster roads.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer.tap import OFF, Tap


class Score(nn.Module):
    """Say how well each query matches each key. Two methods: step by step to be seen, and as a dot product."""

    def __init__(self, n_heads: int, d_k: int) -> None:
        super().__init__()

    @staticmethod
    def n_parameters(n_heads: int, d_k: int) -> int:
        """Count what training learns in one attention."""
        return 0

    def forward(self, q: Tensor, k: Tensor, tap: Tap = OFF) -> Tensor:
        """q: (batch, head, query, d_k)   k: (batch, head, key, d_k)   ->  (batch, head, query, key)"""
        raise NotImplementedError

    def as_dot(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor] | None:
        """Give q' and k' of the same shapes with score(q, k) = q' . k', or None where no such pair exists."""
        return None


class ScaledDot(Score):
    """Score how well a query matches a key: score(q, k) = q . k / sqrt(d_k).

    Without the division the scores of wide heads grow like sqrt(d_k), and softmax saturates (section 3.2.1).
    """

    def forward(self, q: Tensor, k: Tensor, tap: Tap = OFF) -> Tensor:
        raw = tap("scores.raw", q @ k.transpose(-2, -1))
        return tap("scores.scaled", raw / math.sqrt(q.size(-1)))

    def as_dot(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        return q / math.sqrt(q.size(-1)), k


class Dot(Score):
    """Score by the dot product alone, score(q, k) = q . k: the "multiplicative" attention of Luong et al. 2015."""

    def forward(self, q: Tensor, k: Tensor, tap: Tap = OFF) -> Tensor:
        return tap("scores.raw", q @ k.transpose(-2, -1))

    def as_dot(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        return q, k


class Cosine(Score):
    """Score by the angle between query and key: score(q, k) = g_h cos(q, k), whatever their lengths.

    A cosine lies in -1..1, too narrow for a sharp softmax, so each head learns a factor g_h, 10 at first ("Query-Key
    Normalization", Henry et al. 2020; "Swin Transformer V2", Liu et al. 2022).
    """

    START = 10.0

    def __init__(self, n_heads: int, d_k: int) -> None:
        super().__init__(n_heads, d_k)
        self.gain = nn.Parameter(torch.full((n_heads,), self.START))

    @staticmethod
    def n_parameters(n_heads: int, d_k: int) -> int:
        return n_heads

    def forward(self, q: Tensor, k: Tensor, tap: Tap = OFF) -> Tensor:
        raw = tap("scores.raw", F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1))
        return tap("scores.scaled", raw * self.gain[:, None, None])

    def as_dot(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        return F.normalize(q, dim=-1) * self.gain[:, None, None], F.normalize(k, dim=-1)


class Additive(Score):
    """Score by a small network with one hidden layer: score(q, k) = v_h . tanh(q + k) (Bahdanau et al. 2015).

    Their W_a and U_a are our W_Q and W_K, whose outputs q and k are; v_h is learned, one vector per head. No dot
    product can replace it: every pair of query and key passes through its own d_k hidden units.
    """

    def __init__(self, n_heads: int, d_k: int) -> None:
        super().__init__(n_heads, d_k)
        self.v = nn.Parameter(torch.zeros(n_heads, d_k))

    @staticmethod
    def n_parameters(n_heads: int, d_k: int) -> int:
        return n_heads * d_k

    def forward(self, q: Tensor, k: Tensor, tap: Tap = OFF) -> Tensor:
        hidden = torch.tanh(q.unsqueeze(-2) + k.unsqueeze(-3))  # (batch, head, query, key, d_k)
        return tap("scores.raw", (hidden @ self.v[:, None, :, None]).squeeze(-1))  # (batch, head, query, key)


SCORES: dict[str, type[Score]] = {
    "scaled_dot": ScaledDot,
    "dot": Dot,
    "cosine": Cosine,
    "additive": Additive,
}
