"""Do two lists put the same things first? Spearman's rank correlation (1904). Shown on Heads."""

from collections.abc import Sequence

import numpy as np


def ranks(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Number the values by size from 1 on; equal ones share the mean of their ranks: [5, 8, 5] -> [1.5, 3, 1.5]."""
    _, group, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)  # rank of the last one of each group of equals
    return (last - (counts - 1) / 2)[group]


def spearman(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray) -> float | None:
    """Give the correlation of the ranks, -1 (reversed) to 1 (the same order).

    None where one list has no order at all: a single value, or all values equal. ValueError for unequal lengths.
    """
    if len(a) != len(b):
        raise ValueError(f"two lists of one length are needed, got {len(a)} and {len(b)}")
    x, y = ranks(a) - (len(a) + 1) / 2, ranks(b) - (len(b) + 1) / 2
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size > 0 else None
