"""Four cuts of one text: what is counted is what is there, and a ladder says what real retraining gives."""

import doctest
import random
from dataclasses import replace
from functools import cache

import pytest

from transformer.studies import cuts
from transformer.studies.cuts import (
    CUTS,
    LONGEST_LADDER,
    MOST,
    PIECE_CUTS,
    Corpus,
    bounds,
    corpus_of,
    count,
    ladder,
    learn,
)
from transformer.tasks import TASKS
from transformer.training.recipes import RECIPES
from transformer.training.vocabularies import vocabularies_of
from transformer.vocab import SPECIALS, UNK, BpeVocabulary, Normalisation, train_pieces
from transformer.vocab.pieces import WORD_START


@cache
def corpus(task: str, side: cuts.Side = "src") -> Corpus:
    return corpus_of(TASKS[task], side)


def largest_bpe(sentences: Corpus) -> BpeVocabulary:
    vocabulary = learn(sentences, "bpe", bounds(sentences, "bpe")[1])
    assert isinstance(vocabulary, BpeVocabulary)
    return vocabulary


def test_docstring() -> None:
    failed, tried = doctest.testmod(cuts)
    assert failed == 0 and tried > 0


# -- the sentences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_held_out_sentences_were_never_learnt_from(task: str) -> None:
    sentences = corpus(task)
    assert len(sentences.lines) == cuts.N_SENTENCES
    assert len(sentences.held_out) == cuts.N_HELD_OUT
    assert not set(sentences.lines) & set(sentences.held_out)


@pytest.mark.parametrize("kind", CUTS)
def test_the_page_learns_what_the_training_command_learns(kind: str) -> None:
    """A person who trains with `--vocabulary bpe --vocabulary-size 110` gets the pieces that the page showed."""
    recipe = replace(RECIPES["fr"], vocabulary=kind, vocabulary_size=110)
    src, tgt = vocabularies_of(recipe)
    assert learn(corpus("fr"), kind, 110).to_dict() == src.to_dict()
    assert learn(corpus("fr", "tgt"), kind, 110).to_dict() == tgt.to_dict()


def test_a_model_that_ties_its_embeddings_learns_from_both_sides() -> None:
    both = corpus_of(TASKS["fr"], "tgt", both=True)
    assert sorted(both.lines) == sorted(corpus("fr").lines + corpus("fr", "tgt").lines)
    assert both.held_out == corpus("fr", "tgt").held_out


# -- bounds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PIECE_CUTS)
@pytest.mark.parametrize("task", ["fr", "zh", "addition"])
def test_both_bounds_can_be_had(kind: str, task: str) -> None:
    sentences = corpus(task)
    smallest, largest = bounds(sentences, kind)
    assert len(SPECIALS) < smallest < largest <= MOST
    for size in (smallest, largest):
        assert len(learn(sentences, kind, size)) == size
    with pytest.raises(ValueError, match="pieces"):
        learn(sentences, kind, smallest - 1)


@pytest.mark.parametrize("kind", ["word", "char", "wordpiece", ""])
def test_only_pieces_have_bounds(kind: str) -> None:
    with pytest.raises(ValueError, match="must be one of bpe, unigram"):
        bounds(corpus("fr"), kind)


# -- counts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CUTS)
def test_counts_are_those_of_the_encodings(kind: str) -> None:
    vocabulary = learn(corpus("fr"), kind, 100)
    sentences = [*corpus("fr").held_out[:20], "the whale ♞ sleeps", "", "..."]
    counted = count(vocabulary, sentences)
    ids = [i for sentence in sentences for i in vocabulary.encode(sentence).ids]
    assert counted == (len(sentences), len(ids), sum(i == UNK for i in ids))
    assert counted.n_unknown > 0


def test_what_each_cut_makes_of_an_unknown_word() -> None:
    """The table of the lesson: words lose the whale, characters and pieces keep it."""
    lost = {kind: learn(corpus("fr"), kind, 100).encode("the whale").ids.count(UNK) for kind in CUTS}
    assert lost == {"char": 0, "word": 1, "bpe": 0, "unigram": 0}


def test_chinese_without_blanks_is_one_word() -> None:
    words = learn(corpus("zh"), "word")
    assert count(words, corpus("zh").held_out).n_unknown == cuts.N_HELD_OUT
    assert count(learn(corpus("zh"), "char"), corpus("zh").held_out).n_unknown == 0


@pytest.mark.parametrize("task", ["fr", "zh"])
def test_more_byte_pairs_never_make_a_corpus_longer(task: str) -> None:
    sentences = corpus(task)
    smallest, largest = bounds(sentences, "bpe")
    sizes = [smallest, smallest + 10, (smallest + largest) // 2, largest]
    n = [count(learn(sentences, "bpe", size), sentences.lines).n_tokens for size in sizes]
    assert n == sorted(n, reverse=True)
    assert n[0] > n[-1]


# -- the ladder -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "text"), [("fr", "animal"), ("fr", "because"), ("zh", "我昨天在公园看见一只猫")])
def test_a_ladder_says_what_retraining_gives(task: str, text: str) -> None:
    """The oracle: sentencepiece, trained again at a rung, just below it, and anywhere."""
    sentences = corpus(task)
    rungs = ladder(largest_bpe(sentences), WORD_START + text)
    smallest, largest = bounds(sentences, "bpe")
    sizes = {size for rung in rungs for size in (rung.size, rung.size - 1) if smallest <= size <= largest}
    for size in [*sorted(sizes), *random.Random(0).sample(range(smallest, largest + 1), 3)]:
        expected = [rung for rung in rungs if rung.size <= size][-1].pieces
        assert learn(sentences, "bpe", size).encode(text).surfaces == expected


def test_every_word_climbs_from_characters_by_joining() -> None:
    vocabulary = largest_bpe(corpus("fr"))
    smallest = bounds(corpus("fr"), "bpe")[0]
    for word in {word for line in corpus("fr").lines[:40] for word in line.split()}:
        rungs = ladder(vocabulary, WORD_START + word)
        assert rungs[0] == (smallest, [WORD_START, *word])
        assert rungs[-1].pieces == vocabulary.encode(word).surfaces
        assert [rung.size for rung in rungs] == sorted({rung.size for rung in rungs})
        for rung in rungs:
            assert "".join(rung.pieces) == WORD_START + word


def test_small_vocabularies_are_the_beginning_of_large_ones() -> None:
    """What makes a ladder possible: the pieces that were joined first stay."""
    large, small = (train_pieces("bpe", corpus("fr").lines, size, corpus("fr").rules) for size in (300, 80))
    assert [*cuts.joins(large)][: len(cuts.joins(small))] == [*cuts.joins(small)]


def test_a_ladder_of_what_nobody_knows() -> None:
    vocabulary = BpeVocabulary([*SPECIALS, "ab", "abc", WORD_START, *"abc"], Normalisation())
    assert ladder(vocabulary, "xyz") == [(8, ["x", "y", "z"])]
    assert ladder(vocabulary, "xabcy") == [
        (8, ["x", "a", "b", "c", "y"]),
        (9, ["x", "ab", "c", "y"]),
        (10, ["x", "abc", "y"]),
    ]
    assert ladder(vocabulary, "") == [(8, [])]
    with pytest.raises(ValueError, match=f"at most {LONGEST_LADDER}"):
        ladder(vocabulary, "a" * (LONGEST_LADDER + 1))
