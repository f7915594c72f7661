"""Which heads look at the same things? The Jensen-Shannon divergence between their rows (Lin 1991). Shown on Heads.

Only heads of one kind can be compared: their rows and keys are the same tokens, in whatever layer.
"""

import numpy as np

from transformer.heads import row_entropy
from transformer.passport.intervals import Measure, Resamples


def divergences(weights: np.ndarray) -> np.ndarray:
    """Sum over the rows how far the rows of each two heads are apart: JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2.

    weights: (sentence, head, query, key), the heads of all blocks of one kind side by side
    ->  (sentence, head, head) in bits, each row adding 0 (the same) to 1 (no key in common)
    """
    n_heads = weights.shape[1]
    own = row_entropy(weights)  # (sentence, head, query)
    apart = np.zeros((len(weights), n_heads, n_heads))
    for head in range(n_heads - 1):
        others = weights[:, head + 1 :]
        between = row_entropy((weights[:, head : head + 1] + others) / 2)  # (sentence, other, query)
        mean = (own[:, head : head + 1] + own[:, head + 1 :]) / 2
        apart[:, head, head + 1 :] = (between - mean).sum(axis=2) / np.log(2)
    return apart + apart.transpose(0, 2, 1)


class Similarity:
    """Collect the likeness of all heads of one kind: 1 - the mean divergence of their rows."""

    def __init__(self) -> None:
        self.apart: list[np.ndarray] = []  # (sentence, head, head) of each group
        self.n_rows: list[np.ndarray] = []  # (sentence,) of each group

    def add(self, weights: np.ndarray) -> None:
        """Count one group of sentences. weights: (sentence, head, query, key), all heads of one kind"""
        self.apart.append(divergences(weights))
        self.n_rows.append(np.full(len(weights), float(weights.shape[2])))

    def likeness(self) -> np.ndarray:
        """Give (head, head), 1 on the diagonal."""
        rows = sum(float(n.sum()) for n in self.n_rows)
        return 1 - np.sum([apart.sum(axis=0) for apart in self.apart], axis=0) / max(rows, 1.0)

    def matrix(self) -> list[list[float]]:
        """Give (head, head) in 0..1, 1 on the diagonal."""
        return [[round(float(np.clip(x, 0, 1)), 4) for x in row] for row in self.likeness()]

    def nearest(self, resamples: Resamples) -> list[Measure | None]:
        """Say of each head how alike it is to the one that is most like it; None where there is no other."""
        alike = self.likeness()
        n_heads = len(alike)
        if n_heads < 2:
            return [None] * n_heads
        twin = np.where(np.eye(n_heads, dtype=bool), -np.inf, alike).argmax(axis=1)
        n_rows = np.concatenate(self.n_rows)  # (sentence,)
        apart = np.concatenate([part[:, np.arange(n_heads), twin] for part in self.apart])  # (sentence, head)
        return resamples.ratios(n_rows[:, None] - apart, n_rows)
