"""Count what every head looks at, sentence by sentence, so that each number can be given with its interval.

The definitions are those of heads.py (its entropy, its looks, its gold), kept apart here for each sentence: a mean over
all rows has lost which rows belong together. A rate is an argmax rate: in how many rows the largest weight lies there.
A share is a mean weight. Rows that may look at one key only have no choice and are left out. Shown on Heads.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from transformer.gold import Group, cell_mask, hop_mask
from transformer.heads import LOOKS, row_entropy
from transformer.passport.alignment_error import READINGS, link_counts
from transformer.passport.intervals import Measure, Resamples
from transformer.vocab import SPECIALS

SHARE = ".share"  # what stands behind the name of a look when its mean weight is meant
ROLES = (("it", "it"), ("adjective", "adjective"))  # what else a pronoun's row may look at


class Count(NamedTuple):
    """One measure over a group of sentences: its mean is sum(numerator) / sum(denominator)."""

    name: str
    numerator: np.ndarray  # (sentence, head)
    denominator: np.ndarray  # (sentence,)


def count(kind: str, causal: bool, weights: np.ndarray, group: Group) -> Iterator[Count]:
    """Count all measures of the heads of one block on one group of sentences.

    kind: "encoder", "decoder" or "cross"   causal: are later words hidden in "decoder"?
    weights: (sentence, head, query, key)
    """
    n_queries, n_keys = weights.shape[-2:]
    back = kind == "decoder" and causal
    n_choices = np.arange(n_queries) + 1 if back else np.full(n_queries, n_keys)
    free = n_choices > 1  # (query,)
    if free.any():
        yield from _spread(weights, free, n_choices)
        yield from _looks(weights, free, back)
        yield from _special(kind, weights, free, group)
    if kind == "cross":
        yield from _gold(weights, group)


def _spread(weights: np.ndarray, free: np.ndarray, n_choices: np.ndarray) -> Iterator[Count]:
    """Measure how widely a row spreads, as a share of what is possible, and how many tokens away it looks."""
    n_rows = np.full(len(weights), float(free.sum()))
    share = row_entropy(weights[:, :, free]) / np.log(n_choices[free])  # (sentence, head, query)
    yield Count("entropy", share.sum(axis=-1), n_rows)
    row, key = np.indices(weights.shape[-2:])
    away = (weights * np.abs(row - key)).sum(axis=-1)[:, :, free]  # (sentence, head, query)
    yield Count("distance", away.sum(axis=-1), n_rows)


def _looks(weights: np.ndarray, free: np.ndarray, back: bool) -> Iterator[Count]:
    """Count the rows that look at the key before their own place, behind it, at it, and at the first one."""
    row, key = np.indices(weights.shape[-2:])
    cells = dict(zip(LOOKS, (key == row - 1, key == row + 1, key == row, key == 0), strict=True))
    if back:
        cells.pop("next")  # it is hidden
    for look, right in cells.items():
        yield from _rows(look, weights, np.broadcast_to(right & free[:, None], (len(weights), *right.shape)))


def _special(kind: str, weights: np.ndarray, free: np.ndarray, group: Group) -> Iterator[Count]:
    """Count the rows that look at a token that is no word, such as BOS; a source has none in our tasks."""
    keys = (group.tgt_in if kind == "decoder" else group.src).numpy() < len(SPECIALS)  # (sentence, key)
    if keys.any():
        yield from _rows("special", weights, keys[:, None, :] & free[:, None])


def _gold(weights: np.ndarray, group: Group) -> Iterator[Count]:
    """Count against what is known to be right: links, the noun of a pronoun, and what else a row needs."""
    n_queries, n_keys = weights.shape[-2:]
    gold = cell_mask([known.alignment for known in group.sentences], n_queries, n_keys)
    if gold.any():
        yield from _rows("alignment", weights, gold)
        known = np.any(gold, axis=(1, 2))  # (sentence,): one without any link has none to be missed
        for reading in READINGS:
            hits, size = link_counts(weights, gold, reading)
            yield Count(f"aer.{reading}", (size[:, None] - hits) * known[:, None], size * known)
    for name, role in (("referent", "referent"), *ROLES):
        yield from _rows(name, weights, hop_mask(group.sentences, ("pronoun", role), n_queries, n_keys))
    for name in sorted({name for known in group.sentences for name in known.relations}):
        cells = [known.relations.get(name, []) for known in group.sentences]
        yield from _rows(f"relation.{name}", weights, cell_mask(cells, n_queries, n_keys))


def _rows(name: str, weights: np.ndarray, right: np.ndarray) -> Iterator[Count]:
    """Count the rows that have a right key, once by their largest weight and once by the weight on right keys.

    right: (sentence, query, key) bool
    """
    n_rows = right.any(axis=-1).sum(axis=-1).astype(float)  # (sentence,)
    winner = weights.argmax(axis=-1)[..., None]  # (sentence, head, query, 1)
    hits = np.take_along_axis(right[:, None], winner, axis=-1).sum(axis=(2, 3))
    yield Count(name, hits.astype(float), n_rows)
    yield Count(name + SHARE, np.einsum("shqk,sqk->sh", weights, right), n_rows)


class Counts:
    """Collect the counts of one block over all groups of sentences."""

    def __init__(self, n_heads: int) -> None:
        self.n_heads, self.n_sentences = n_heads, 0
        self.found: dict[str, list[tuple[int, Count]]] = {}

    def add(self, counts: Iterable[Count], n_sentences: int) -> None:
        """Add what one group counted; a measure that the group does not have counts nothing there."""
        for one in counts:
            self.found.setdefault(one.name, []).append((self.n_sentences, one))
        self.n_sentences += n_sentences

    def measures(self, resamples: Resamples) -> list[dict[str, Measure | None]]:
        """Give {name: {"value", "low", "high"}} of each head; None where no row has what is measured."""
        heads: list[dict[str, Measure | None]] = [{} for _ in range(self.n_heads)]
        for name, parts in self.found.items():
            numerator = np.zeros((self.n_sentences, self.n_heads))
            denominator = np.zeros(self.n_sentences)
            for start, part in parts:
                numerator[start : start + len(part.denominator)] = part.numerator
                denominator[start : start + len(part.denominator)] = part.denominator
            for head, found in zip(heads, resamples.ratios(numerator, denominator), strict=True):
                head[name] = found
        return heads
