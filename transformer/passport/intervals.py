"""How sure is a measured number? 95 % intervals for rates, for paired differences, and for means over sentences.

The sentences are a sample; another sample would give another number. Three methods, each for what it is good at:
Wilson for a rate, Agresti and Min for a rate that falls when the same sentences are tried again, and resampling of
whole sentences for everything that is a mean over rows, since the rows of one sentence are alike. Shown on Heads.
"""

import math
from typing import Any

import numpy as np

Z = 1.959964  # the normal distribution holds 95 % within so many standard deviations
N_RESAMPLES = 1000
Measure = dict[str, float]  # {"value", "low", "high"}


def wilson(right: int, n: int) -> Measure:
    """Give a rate with Wilson's score interval (1927), which stays within 0..1 and is honest at 0 and at n of n.

    ValueError for n = 0.
    """
    if n < 1:
        raise ValueError("a rate needs at least one case")
    rate, z2 = right / n, Z * Z
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return measure(rate, max(0.0, middle - half), min(1.0, middle + half))


def paired_drop(before: np.ndarray, after: np.ndarray) -> Measure:
    """Give how far a rate falls when each case is tried again under another condition.

    before, after: (case,) bool, the same cases in the same order   ->  value in -1..1, above 0 = it falls
    Only cases that change count. The interval is that of Agresti and Min (2005): half a case is added to each of the
    four outcomes, so that "no case changed" is not mistaken for "no case can change". ValueError for no cases.
    """
    n = len(before)
    if n < 1 or len(after) != n:
        raise ValueError(f"a paired drop needs the same cases twice, got {n} and {len(after)}")
    lost, won = int((before & ~after).sum()), int((~before & after).sum())
    middle = (lost - won) / (n + 2)
    half = Z * math.sqrt(lost + won + 1 - (lost - won) ** 2 / (n + 2)) / (n + 2)
    return measure((lost - won) / n, max(-1.0, middle - half), min(1.0, middle + half))


class Resamples:
    """Draw whole sentences again and again, with replacement, and see how far a mean over rows moves (Efron 1979).

    The draws are the same for every measure and every head: seeded, so that a passport can be measured again.
    """

    def __init__(self, n_sentences: int, seed: int = 0) -> None:
        draws = np.random.default_rng(seed).integers(n_sentences, size=(N_RESAMPLES, n_sentences))
        counts = [np.bincount(draw, minlength=n_sentences) for draw in draws]
        self.counts = np.stack(counts).astype(float)  # (resample, sentence)

    def ratios(self, numerator: np.ndarray, denominator: np.ndarray) -> list[Measure | None]:
        """Give sum / sum with the middle 95 % of the resamples, one measure per head.

        numerator: (sentence, head)   denominator: (sentence,)   ->  None for every head if the denominator is 0
        """
        whole = denominator.sum()
        if whole == 0:
            return [None] * numerator.shape[1]
        sums, sizes = self.counts @ numerator, self.counts @ denominator  # (resample, head), (resample,)
        drawn = sizes > 0  # a rare thing may be missing from a whole resample
        moved = sums[drawn] / sizes[drawn, None]
        low, high = np.quantile(moved, [0.025, 0.975], axis=0)
        return [measure(v, a, b) for v, a, b in zip(numerator.sum(axis=0) / whole, low, high, strict=True)]


def measure(value: Any, low: Any, high: Any) -> Measure:
    """Round a value and the ends of its interval as they are kept."""
    return {"value": _short(value), "low": _short(low), "high": _short(high)}


def _short(x: Any) -> float:
    return round(float(x), 7) + 0.0  # no -0.0; losses may be as small as 1e-6
