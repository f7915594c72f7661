"""The alignment error rate of a cross-attention head: does it link each word written to the words it comes from?

Och and Ney, "A Systematic Comparison of Various Statistical Alignment Models" (2003). The tasks here know every link
for certain, so their "sure" and "possible" links are the same set. Shown on Heads.
"""

from collections.abc import Iterable

import numpy as np

Link = tuple[int, int]  # (target word, source word), both counted from 0
READINGS = {"written": 0, "read": 1}  # the row that writes a word, and the next one, which reads it


def aer(links: Iterable[Link], gold: Iterable[Link]) -> float:
    """Measure how far found links A are from the right ones S:  AER = 1 - 2 |A and S| / (|A| + |S|).

    0 = all right and none missing, 1 = none right. ValueError if there is no link at all.

    By hand: "the old cat sleeps here" becomes "le vieux chat dort ici", so S = {0-0, 1-1, 2-2, 3-3, 4-4}. A head whose
    rows look most at the words 0, 2, 2, 3 and 3 has found A = {0-0, 1-2, 2-2, 3-3, 4-3}. Three links are in both,
    so AER = 1 - 2 * 3 / (5 + 5) = 0.4.

    >>> gold = {(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)}
    >>> aer({(0, 0), (1, 2), (2, 2), (3, 3), (4, 3)}, gold)
    0.4

    The same head under the other reading: the row after, which reads the word, looks at 2, 2, 3, 3 and (the row that
    writes the end) 4. Then A = {0-2, 1-2, 2-3, 3-3, 4-4}, two links are right, and AER = 1 - 2 * 2 / 10 = 0.6.

    >>> aer({(0, 2), (1, 2), (2, 3), (3, 3), (4, 4)}, gold)
    0.6
    """
    found, right = set(links), set(gold)
    if not found and not right:
        raise ValueError("there is no link to measure: neither found nor right ones")
    return 1 - 2 * len(found & right) / (len(found) + len(right))


def links_of(weights: np.ndarray, reading: str = "written") -> set[Link]:
    """Link each target word to the source word with the largest weight in its row.

    weights: (query, key) of one sentence; the last row writes EOS, which is no word   reading: one of READINGS
    The row that writes a word chooses it; the row after reads it. Either may be "the word's row", so say which.
    KeyError for another reading.
    """
    shift, n_words = READINGS[reading], len(weights) - 1
    return {(t, int(weights[t + shift].argmax())) for t in range(n_words)}


def link_counts(weights: np.ndarray, gold: np.ndarray, reading: str) -> tuple[np.ndarray, np.ndarray]:
    """Count for many sentences at once what `aer` needs: 2 |A and S|, (sentence, head), and |A| + |S|, (sentence,).

    weights: (sentence, head, query, key)   gold: (sentence, query, key) bool, row t for the word that row t writes
    """
    shift, n_words = READINGS[reading], weights.shape[-2] - 1
    winner = weights[:, :, shift : shift + n_words].argmax(axis=-1)  # (sentence, head, word)
    right = gold[:, None, :n_words]  # (sentence, 1, word, key)
    hits = np.take_along_axis(right, winner[..., None], axis=-1).sum(axis=(2, 3))
    return 2.0 * hits, n_words + gold[:, :n_words].sum(axis=(1, 2)).astype(float)
