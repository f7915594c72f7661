"""How a task draws many examples at once: whole blocks of numbers, and a rule that says which ones are for testing.

The rule looks at nothing but the example itself (a source, a pair of numbers, a date), so that whoever draws it and
however often, it is always in the same split.
"""

from collections.abc import Iterator
from random import Random

import numpy as np

from transformer.tasks.base import ENOUGH_MISSES, SPLITS, Example, Split

BLOCK = 1024  # examples that are drawn together
HELD_OUT = {"valid": 0, "test": 1}  # remainder of the hash; all others are for training
ONE_IN = 20


def generator(task: str, seed: int, split: Split) -> np.random.Generator:
    """Return the random numbers of a task for a seed and a split: the same ones each time, others for others."""
    return np.random.default_rng(Random(f"{task} {split} {seed}").getrandbits(128))


def in_split(keys: np.ndarray, split: Split) -> np.ndarray:
    """Tell which keys belong to a split: one in 20 is for valid, one in 20 for test. keys: (n,) int64 -> (n,) bool

    The keys are mixed as Steele, Lea and Flood's SplitMix64 does, so that neighbours part.
    """
    mixed = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)  # products wrap around at 2^64, as they should
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    remainder = (mixed ^ (mixed >> np.uint64(31))) % np.uint64(ONE_IN)
    if split == "train":
        return remainder >= len(HELD_OUT)
    return remainder == HELD_OUT[split]


def split_of(key: int) -> str:
    """Say which split one key belongs to."""
    return next(split for split in SPLITS if in_split(np.array([key]), split)[0])


def each_once(examples: Iterator[Example]) -> Iterator[Example]:
    """Yield each example when its source comes up for the first time, until nothing new has come for long."""
    seen: set[str] = set()
    misses = 0
    for example in examples:
        misses += 1
        if example.src not in seen:
            seen.add(example.src)
            misses = 0
            yield example
        elif misses >= ENOUGH_MISSES:
            return
