"""Laws of aligned sentences, and how far two passes or two heads are apart, counted once more by hand."""

from functools import cache
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transformer.studies.sentence_pairs import Pair, align, divergence, elsewhere, moved, places

WORDS = st.lists(st.sampled_from("abcd"), max_size=9)


def common(first: list[str], second: list[str]) -> int:
    """Count the longest common subsequence in another way than the table: by trying."""

    @cache
    def longest(i: int, j: int) -> int:
        if i == len(first) or j == len(second):
            return 0
        skipped = max(longest(i + 1, j), longest(i, j + 1))
        return max(skipped, 1 + longest(i + 1, j + 1)) if first[i] == second[j] else skipped

    return longest(0, 0)


@given(WORDS, WORDS)
def test_order_is_kept_and_every_token_comes_once(first: list[str], second: list[str]) -> None:
    pairs = align(first, second)
    assert [pair.first for pair in pairs if pair.first is not None] == list(range(len(first)))
    assert [pair.second for pair in pairs if pair.second is not None] == list(range(len(second)))


@given(WORDS, WORDS)
def test_kinds_say_what_stands_there(first: list[str], second: list[str]) -> None:
    for i, j, kind in align(first, second):
        told = {(True, False): "deleted", (False, True): "inserted"}.get((i is not None, j is not None))
        if i is not None and j is not None:
            told = "equal" if first[i] == second[j] else "replaced"
        assert kind == told


@given(WORDS, WORDS)
def test_as_many_words_are_common_as_can_be(first: list[str], second: list[str]) -> None:
    assert sum(pair.kind == "equal" for pair in align(first, second)) == common(first, second)


@given(WORDS)
def test_equal_sentences_align_fully(words: list[str]) -> None:
    assert align(words, words) == [Pair(n, n, "equal") for n in range(len(words))]


@given(WORDS, WORDS)
def test_the_other_way_round_it_is_the_same(first: list[str], second: list[str]) -> None:
    turned = {"deleted": "inserted", "inserted": "deleted"}
    mirrored = [(j, i, turned.get(kind, kind)) for i, j, kind in align(first, second)]
    assert [tuple(pair) for pair in align(second, first)] == mirrored


def test_a_minimal_pair_and_an_insertion() -> None:
    a, b = ["it", "was", "too", "tired"], ["it", "was", "not", "too", "wide"]
    assert align(a, b) == [
        Pair(0, 0, "equal"),
        Pair(1, 1, "equal"),
        Pair(None, 2, "inserted"),
        Pair(2, 3, "equal"),
        Pair(3, 4, "replaced"),
    ]
    assert places(align(a, b)) == ([0, 1, 2, 3], [0, 1, 3, 4])


def test_attention_that_went_to_a_new_word_has_moved() -> None:
    a = np.array([[[0.1, 0.9], [0.5, 0.5]]])
    b = np.array([[[0.1, 0.0, 0.9], [0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]])
    pairs = align(["x", "y"], ["x", "z", "y"])
    np.testing.assert_allclose(elsewhere(a, b, pairs, pairs), [[0, 1]])  # 0: the same; 1: all of it went to z
    np.testing.assert_allclose(elsewhere(a, b, pairs, [Pair(0, 0, "equal"), Pair(1, 2, "replaced")])[0, 0], 0)
    assert elsewhere(a, b, [Pair(0, None, "deleted")], pairs).shape == (1, 0)


@given(WORDS.filter(len), WORDS.filter(len), st.integers(0, 99))
def test_moved_attention_is_the_total_variation_over_all_words(x: list[str], y: list[str], seed: int) -> None:
    """Both rows are laid on one grid of all words, with 0 where a sentence lacks one: nothing gets lost."""
    pairs, random = align(x, y), np.random.default_rng(seed)
    a, b = (random.dirichlet(np.ones(len(words)), (2, len(words))) for words in (x, y))
    rows = [(i, j) for i, j, _ in pairs if i is not None and j is not None]
    share = elsewhere(a, b, pairs, pairs)
    assert share.shape == (2, len(rows))
    for head in range(2):
        for row, (i, j) in enumerate(rows):
            before = [0.0 if k is None else a[head, i, k] for k, _, _ in pairs]
            after = [0.0 if k is None else b[head, j, k] for _, k, _ in pairs]
            assert share[head, row] == pytest.approx(np.abs(np.subtract(after, before)).sum() / 2)
    np.testing.assert_allclose(share, elsewhere(b, a, align(y, x), align(y, x)), atol=1e-12)


def test_moved_attention_by_hand() -> None:
    assert moved(np.array([[0.5, -0.5, 0.0], [0.0, 0.0, 0.0], [1.0, -0.2, -0.8]])).tolist() == pytest.approx(
        [0.5, 0, 1]
    )


def test_divergence_by_hand() -> None:
    p, q = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.5, 0.5], [0.5, 0.5]])
    by_hand = -(0.75 * log2(0.75) + 0.25 * log2(0.25)) - 0.5
    assert divergence(p, q).tolist() == pytest.approx([1, 0, by_hand])
