"""What the task fr says about its sentences is true, and what it tests on was never in training."""

import doctest
import time
from itertools import islice, pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models
from transformer.tasks import TASKS, Example, FrenchTask, Split, french
from transformer.tasks.french_grammar import OTHER, VOWELS, cut
from transformer.tasks.french_words import ADJECTIVES, FAMOUS, NOUNS, REASONS, VERBS
from transformer.vocab import UNK

FR = cast(FrenchTask, TASKS["fr"])
NOUN_OF = {noun.english: noun for kind in NOUNS.values() for noun in kind}
REASON_OF = {word.english: kind for kind, group in REASONS.items() for word in group}
OWN = {word.english for group in ADJECTIVES.values() for word in group}


def some(split: Split, n: int, seed: int = 3) -> list[Example]:
    return list(islice(FR.examples(seed, split), n))


def pairs_of(example: Example) -> set[tuple[str, str]]:
    """Find the pairs of a sentence with "because" again, by its words alone."""
    words = example.src.split()
    nouns = [word for word in words if word in NOUN_OF]
    pairs = {(nouns[0], nouns[1]), (nouns[1], nouns[0])}
    referent = next(noun for noun in nouns if NOUN_OF[noun].kind == REASON_OF[words[-1]])
    pairs.add((referent, words[-1]))
    pairs.update((after, word) for word, after in pairwise(words) if word in OWN)
    return pairs


def test_docstrings() -> None:
    failed, tried = doctest.testmod(french)
    assert failed == 0 and tried >= 6


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_the_seed_decides(split: Split) -> None:
    assert some(split, 200) == some(split, 200)
    assert some(split, 200) != some(split, 200, seed=4)


def test_unknown_split() -> None:
    with pytest.raises(ValueError, match="train, valid, test, not 'dev'"):
        FR.examples(0, "dev")  # type: ignore[arg-type]


@pytest.mark.parametrize("split", ["train", "test"])
def test_vocabulary_holds_every_word(split: Split) -> None:
    src_vocab, tgt_vocab = FR.vocabularies()
    used: set[str] = set()
    for example in some(split, 5000):
        src, tgt = src_vocab.encode(example.src), tgt_vocab.encode(example.tgt)
        assert UNK not in src.ids and UNK not in tgt.ids
        assert src_vocab.decode(src.ids) == example.src and tgt_vocab.decode(tgt.ids) == example.tgt
        assert src.surfaces == example.src.split() and tgt.surfaces == cut(example.tgt)
        used.update(src.surfaces)
    if split == "train":
        assert set(src_vocab.tokens[4:]) == used  # and no word for nothing


def test_alignment_and_referent() -> None:
    pronouns = emphatic = 0
    for example in some("train", 4000):
        src, tgt = example.src.split(), cut(example.tgt)
        assert all(0 <= t < len(tgt) and 0 <= s < len(src) for t, s in example.alignment)
        if "because" not in src:
            assert example.referent is None
            continue
        source_of = dict(example.alignment)
        assert len(source_of) == len(tgt) == len(example.alignment)  # each target word comes from one source word
        for t, s in example.alignment:
            if src[s] in NOUN_OF and tgt[t] not in ("le", "la", "l'"):
                assert tgt[t] == NOUN_OF[src[s]].french
        if "itself" in src:
            emphatic += 1
            assert example.referent is None and {"il", "elle"}.isdisjoint(tgt)
            row = next(i for i, word in enumerate(tgt) if word.endswith("-même"))
            noun = NOUN_OF[src[source_of[row - 1]]]
            assert tgt[row] == ("elle-même" if noun.gender == "f" else "lui-même")
        else:
            pronouns += 1
            assert example.referent is not None
            row, at = example.referent
            noun = NOUN_OF[src[at]]
            assert tgt[row] == ("elle" if noun.gender == "f" else "il") and src[source_of[row]] == "it"
        assert noun.kind == REASON_OF[src[-1]]
    assert pronouns > 1000 and emphatic > 1000


def test_french_agreement_and_elision() -> None:
    genders = {noun.french: noun.gender for noun in NOUN_OF.values()}
    for example in some("train", 4000):
        words = cut(example.tgt)
        for word, after in pairwise(words):
            if word in ("le", "la", "ne", "je", "que") and "because" in example.src:
                assert after[0] not in VOWELS, example.tgt
            if word.endswith("'"):
                assert after[0] in VOWELS, example.tgt
            if word in ("le", "la") and after in genders:
                assert genders[after] == {"le": "m", "la": "f"}[word]
    for group in (*ADJECTIVES.values(), *REASONS.values()):
        assert all(word.m[0] != "h" and word.f[0] != "h" for word in group)
    for kind in NOUNS:
        assert len(NOUNS[kind]) == len(NOUNS[OTHER[kind]])
        assert sum(noun.gender == "f" for noun in NOUNS[kind]) * 2 == len(NOUNS[kind])
        assert all(noun.kind == kind and noun.french[0] != "h" for noun in NOUNS[kind])
        assert all(verb.participle[-1] in "éuis" for verb in VERBS[kind])


@models.counts(200_000)
def test_held_out_is_never_in_training(count: int) -> None:
    held = FR.grammar.held_pairs
    assert 0.09 < len(held) / (64 + 2 * 8 * 9) < 0.12
    tested = set()
    for split in ("valid", "test"):
        found = some(split, 3000)
        sources = {example.src for example in found}
        assert len(sources) == 3000  # distinct
        assert tested.isdisjoint(sources)  # valid and test share none
        assert all(not pairs_of(example).isdisjoint(held) for example in found)
        tested |= sources
    for example in islice(FR.examples(11, "train"), count):
        assert example.src not in tested
        if "because" in example.src:
            assert pairs_of(example).isdisjoint(held), example.src


def test_the_famous_sentence_is_news() -> None:
    famous = FR.answer(FAMOUS)
    assert famous is not None and not pairs_of(famous).isdisjoint(FR.grammar.held_pairs)


def test_more_than_100_000_sentences() -> None:
    """Counted without drawing, and without the adjectives that a noun may carry."""
    nouns, reasons = len(NOUNS["animal"]) * len(NOUNS["place"]), sum(map(len, REASONS.values()))
    verbs, negations, tenses, degrees, itself = sum(map(len, VERBS.values())), 3, 2, 5, 2
    assert nouns * verbs * negations * tenses * degrees * reasons * itself > 100_000
    drawn = {example.src for example in islice(FR.examples(5, "train"), 130_000)}
    assert len(drawn) > 100_000


def test_both_readings_are_equally_common() -> None:
    """No shortcut: neither the first noun, nor the animal, nor one pronoun is the better guess."""
    found = [example for example in some("train", 6000) if example.referent]
    first = sum(example.referent[1] < 3 for example in found if example.referent) / len(found)
    animal = sum(REASON_OF[example.src.split()[-1]] == "animal" for example in found) / len(found)
    elle = sum(" qu'elle " in example.tgt for example in found) / len(found)
    assert all(0.45 < share < 0.55 for share in (first, animal, elle)), (first, animal, elle)


def test_answer_reads_back_what_was_written() -> None:
    for example in (*some("train", 2000), *some("test", 2000)):
        assert FR.answer(example.src) == example
        assert FR.answer(example.src.upper() + "!") == example
    for text in (
        "",
        "the",
        "animal the",
        FAMOUS + " tired",
        FAMOUS.replace("tired", "blue"),
        "because it was too tired",
    ):
        assert FR.answer(text) is None


def test_flip() -> None:
    flipped = FR.flip("The animal didn't cross the street because it was too tired.")
    assert flipped == (11, ["tired", "wide"], 0, FAMOUS.replace("tired", "wide"))
    for example in some("test", 500):
        found = FR.flip(example.src)
        assert found is not None
        position, words, index, partner = found
        assert example.src.split()[position] == words[index] and partner.split()[position] == words[1 - index]
        back = FR.flip(partner)
        assert back is not None and back[3] == example.src
        if example.referent:
            other = FR.answer(partner)
            assert other is not None and other.referent is not None and other.referent[1] != example.referent[1]
    assert FR.flip("i am a student") is None and FR.flip("zebra") is None


def test_nearest() -> None:
    assert FR.nearest("zebra <b> \u202e") is None and FR.nearest("") is None
    assert FR.nearest("a big dog crossed the old bridge") == "the dog crossed the bridge because it was too tired"
    assert FR.nearest("i am a zebra") == "i am a student"
    assert FR.nearest("the whale did not cross the street because it was too tired") == FR.example
    assert FR.nearest("the wall stopped the dog") == "the street stopped the dog because it was too tired"
    for text in ("street stop", "the animal the animal the animal", "wide wide", "not", "thanks a lot", FAMOUS):
        found = FR.nearest(text)
        assert found is not None and FR.answer(found) is not None
    for example in some("test", 300):
        assert FR.nearest(example.src) == example.src


JUNK = st.one_of(
    st.text(max_size=8), st.sampled_from([*FR.src_vocab.tokens, *FAMOUS.split(), "didn't", "<b>", "\u202e"])
)


@given(st.lists(JUNK, max_size=16).map(" ".join))
def test_whatever_is_typed_gets_an_answer_that_holds(text: str) -> None:
    answer, nearest, flip = FR.answer(text), FR.nearest(text), FR.flip(text)
    if answer is not None:
        assert answer.src == " ".join(FR.read(text)) == nearest
    if nearest is not None:
        assert FR.answer(nearest) is not None
    if flip is not None:
        assert answer is not None and FR.answer(flip[3]) is not None


def test_chips_and_known_words() -> None:
    texts = FR.chips()
    assert texts[0] == FR.example == FAMOUS
    assert all(FR.answer(text) is not None for text in texts)
    known = [word for words in FR.known_words().values() for text in words for word in text.split()]
    assert all(word in FR.src_vocab.index for word in known)


def test_drawing_is_fast_enough() -> None:
    """Not a figure, a guard: a training draws its whole pool before the first step."""
    start = time.thread_time()
    some("train", 5000)
    assert time.thread_time() - start < 5.0
