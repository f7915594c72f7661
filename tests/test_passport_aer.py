"""The alignment error rate: the five words of the docstring, both readings, and the fast count against the sets."""

import doctest

import numpy as np
import pytest

import transformer.passport.alignment_error as module
from transformer.passport import aer, links_of
from transformer.passport.alignment_error import READINGS, link_counts


def test_the_example_worked_by_hand_in_the_docstring() -> None:
    found = doctest.testmod(module)
    assert found.attempted >= 3
    assert found.failed == 0


def five_words() -> np.ndarray:
    """Give the head of the docstring: rows 0 to 4 write the five words, row 5 writes the end."""
    weights = np.full((6, 5), 0.1)
    for row, key in enumerate((0, 2, 2, 3, 3, 4)):
        weights[row, key] = 0.6
    return weights


def test_the_example_from_the_weights_of_a_head() -> None:
    gold = {(t, t) for t in range(5)}
    assert links_of(five_words()) == {(0, 0), (1, 2), (2, 2), (3, 3), (4, 3)}
    assert aer(links_of(five_words(), "written"), gold) == pytest.approx(0.4)
    assert aer(links_of(five_words(), "read"), gold) == pytest.approx(0.6)


def test_perfect_and_hopeless() -> None:
    gold = {(0, 1), (1, 0)}
    assert aer(gold, gold) == 0
    assert aer({(0, 0), (1, 1)}, gold) == 1
    assert aer(set(), gold) == 1
    with pytest.raises(ValueError, match="no link"):
        aer([], [])
    with pytest.raises(KeyError):
        links_of(five_words(), "spoken")


@pytest.mark.parametrize("reading", READINGS)
def test_the_count_of_many_sentences_is_the_aer_of_each(reading: str) -> None:
    random = np.random.default_rng(5)
    weights = random.dirichlet(np.ones(6), size=(8, 3, 7))  # (sentence, head, query, key)
    gold = random.random((8, 7, 6)) < 0.2
    hits, size = link_counts(weights, gold, reading)
    for s in range(8):
        right = {(t, j) for t in range(6) for j in range(6) if gold[s, t, j]}
        for head in range(3):
            expected = aer(links_of(weights[s, head], reading), right)
            assert 1 - hits[s, head] / size[s] == pytest.approx(expected)
