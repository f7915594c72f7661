"""Gold that is counted in other tokens still says the same about the text."""

from itertools import islice
from random import Random

import pytest

from transformer.alignment import on_tokens
from transformer.tasks import TASKS, Example
from transformer.training import Recipe, vocabularies_of
from transformer.training.recipe import Vocabularies
from transformer.vocab import SPECIALS, CharacterVocabulary, WordVocabulary

WORDS = (WordVocabulary([*SPECIALS, "black", "cat"]), WordVocabulary([*SPECIALS, "chat", "noir"]))
LETTERS = CharacterVocabulary([*SPECIALS, *"abcdefghijklmnopqrstuvwxyz"])
CAT = Example("black cat", "chat noir", [(0, 1), (1, 0)], (1, 0), {"carry": [(0, 0)]}, watch=1)


def test_a_pair_of_words_becomes_all_pairs_of_their_letters() -> None:
    found = on_tokens(CAT, WORDS, (LETTERS, LETTERS))
    chat, noir, black, cat = range(4), range(4, 8), range(5), range(5, 8)
    assert found.alignment == sorted([(t, j) for t in chat for j in cat] + [(t, j) for t in noir for j in black])
    assert found.relations == {"carry": [(t, j) for t in chat for j in black]}
    assert found.referent == (4, 0) and found.watch == 4  # the first letters of noir and black
    assert (found.src, found.tgt) == (CAT.src, CAT.tgt)


def test_letters_become_the_word_that_they_stand_in() -> None:
    letters = on_tokens(CAT, WORDS, (LETTERS, LETTERS))
    back = on_tokens(letters, (LETTERS, LETTERS), WORDS)
    assert back == CAT


def test_the_end_of_a_target_stays_the_end() -> None:
    example = Example("black cat", "chat noir", [(2, 1)])  # the row that writes </s>
    assert on_tokens(example, WORDS, (LETTERS, LETTERS)).alignment == [(8, 5), (8, 6), (8, 7)]


def test_what_nobody_reads_any_more_is_left_out() -> None:
    deaf = CharacterVocabulary([*SPECIALS, *"abc"]), CharacterVocabulary([*SPECIALS, *"abc"])
    example = Example("a-b", "a", [(0, 1)], (0, 1), {}, watch=0)
    silent = WordVocabulary([*SPECIALS, "a", "b"]), WordVocabulary([*SPECIALS, "a"])
    assert deaf[0].encode(example.src).surfaces == ["a", "-", "b"]
    assert silent[0].encode("- a").surfaces == ["a"]
    mute = on_tokens(Example("- a", "a", [(0, 0)], (0, 0), {}, watch=0), deaf, silent)
    assert mute.alignment == [] and mute.referent is None and mute.watch == 0


@pytest.mark.parametrize("task", TASKS)
def test_the_task_s_own_tokens_change_nothing(task: str) -> None:
    own = TASKS[task].vocabularies()
    copy = tuple(type(vocabulary).from_dict(vocabulary.to_dict()) for vocabulary in own)
    for example in islice(TASKS[task].examples(0, "valid"), 50):
        assert on_tokens(example, own, own) is example
        assert on_tokens(example, own, (copy[0], copy[1])) == example


def spans(vocabularies: Vocabularies, example: Example) -> tuple[list[set[int]], list[set[int]]]:
    """Give the characters of every token, source and target."""
    texts = zip(vocabularies, (example.src, example.tgt), strict=True)
    src, tgt = ([set(range(*span)) for span in vocabulary.encode(text).spans] for vocabulary, text in texts)
    return src, tgt


@pytest.mark.parametrize("kind", ["char", "bpe", "unigram"])
def test_pairs_are_kept_if_and_only_if_their_characters_meet(kind: str) -> None:
    task = TASKS["fr"]
    own, chosen = task.vocabularies(), vocabularies_of(Recipe(vocabulary=kind))
    rng = Random(1)
    for example in islice(task.examples(0, "valid"), 40):
        found = on_tokens(example, own, chosen)
        (src, tgt), (own_src, own_tgt) = spans(chosen, example), spans(own, example)
        for _ in range(50):
            t, j = rng.randrange(len(tgt)), rng.randrange(len(src))
            meet = any(tgt[t] & own_tgt[a] and src[j] & own_src[b] for a, b in example.alignment)
            assert ((t, j) in found.alignment) == meet
        if example.referent is not None:
            assert found.referent is not None
            row, noun = found.referent
            assert tgt[row] & own_tgt[example.referent[0]] and src[noun] & own_src[example.referent[1]]
