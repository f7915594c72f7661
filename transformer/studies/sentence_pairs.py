"""Lay two sentences beside each other, and tell how far two passes, or two heads, are apart. Shown on the Compare page.

Tokens that both have in the same order are found as their longest common subsequence, by the table of Wagner and
Fischer (1974). What lies between two such tokens was replaced, one by one, or stands in one of the sentences only.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from transformer.heads import row_entropy

Kind = Literal["equal", "replaced", "deleted", "inserted"]


class Pair(NamedTuple):
    """One column of the alignment: a place in each sentence, None where it has nothing there."""

    first: int | None
    second: int | None
    kind: Kind


def align(first: Sequence[str], second: Sequence[str]) -> list[Pair]:
    """Pair the tokens of two sentences; both keep their order and every token comes once.

    Several common subsequences may be equally long. To find the same one whichever sentence comes first, the table is
    always made for the two in the order of the alphabet.
    """
    if list(second) < list(first):
        return [_turned(pair) for pair in align(second, first)]
    pairs: list[Pair] = []
    i = j = 0
    for a, b in [*_common(first, second), (len(first), len(second))]:
        pairs += _between(range(i, a), range(j, b))
        if a < len(first):
            pairs.append(Pair(a, b, "equal"))
        i, j = a + 1, b + 1
    return pairs


def _common(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """Find the places of a longest common subsequence; length[i, j] is that of first[i:] and second[j:]."""
    length = np.zeros((len(first) + 1, len(second) + 1), dtype=int)
    for i in reversed(range(len(first))):
        for j in reversed(range(len(second))):
            same = first[i] == second[j]
            length[i, j] = length[i + 1, j + 1] + 1 if same else max(length[i + 1, j], length[i, j + 1])
    found = []
    i = j = 0
    while length[i, j]:
        if first[i] == second[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif length[i + 1, j] >= length[i, j + 1]:
            i += 1
        else:
            j += 1
    return found


def _between(first: range, second: range) -> list[Pair]:
    """Pair what stands between two common tokens as long as both sentences have something; the rest is alone."""
    both = [Pair(i, j, "replaced") for i, j in zip(first, second, strict=False)]
    deleted = [Pair(i, None, "deleted") for i in first[len(both) :]]
    return [*both, *deleted, *(Pair(None, j, "inserted") for j in second[len(both) :])]


def _turned(pair: Pair) -> Pair:
    kinds: dict[Kind, Kind] = {"deleted": "inserted", "inserted": "deleted"}
    return Pair(pair.second, pair.first, kinds.get(pair.kind, pair.kind))


def places(pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    """Give the places, in the first sentence and in the second, of the tokens that have a partner."""
    both = [(one, other) for one, other, _ in pairs if one is not None and other is not None]
    return [one for one, _ in both], [other for _, other in both]


def moved(change: np.ndarray) -> np.ndarray:
    """Tell which share of each row's attention went elsewhere: half the sum of all changes (total variation), 0 to 1.

    change: (..., key), weights minus weights  ->  (...)
    """
    return np.abs(change).sum(axis=-1) / 2


def elsewhere(first: np.ndarray, second: np.ndarray, rows: Sequence[Pair], cols: Sequence[Pair]) -> np.ndarray:
    """Tell the same of each two aligned rows of two sentences. A key that one sentence lacks has the weight 0 there.

    first, second: (head, query, key), of the one sentence and the other  ->  (head, aligned queries)
    """
    (row, other_row), (col, other_col) = places(rows), places(cols)
    before, after = first[:, row], second[:, other_row]
    alone = np.delete(before, col, axis=-1).sum(axis=-1) + np.delete(after, other_col, axis=-1).sum(axis=-1)
    return moved(after[:, :, other_col] - before[:, :, col]) + alone / 2


def divergence(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give the Jensen-Shannon divergence of each two rows in bits, 0 (the same) to 1 (no key in common); Lin (1991).

    first, second: (..., query, key), weights of the same rows over the same keys  ->  (..., query)
    """
    apart = row_entropy((first + second) / 2) - (row_entropy(first) + row_entropy(second)) / 2
    return np.clip(apart / np.log(2), 0.0, 1.0)
