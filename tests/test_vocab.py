"""Whatever is typed becomes ids that stand for it, and only ids that may be typed."""

import doctest
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transformer.vocab import BOS, EOS, PAD, SPECIALS, UNK, VOCABULARIES, Normalisation, WordVocabulary, words

WORDS = [*SPECIALS, "the", "animal", "did", "not", "l'", "n'", "a", "é", "it's"]
ENGLISH = WordVocabulary(WORDS, Normalisation(contractions={"didn't": "did not"}))
FRENCH = WordVocabulary(WORDS, Normalisation(after_apostrophe=True))

HOSTILE = st.text(
    st.one_of(
        st.characters(),  # lone surrogates and NUL included
        st.sampled_from("thenot '\u2019<s>/&;$*\u202e\u200b\ufeff\u0301\x00\U0001f600\ud800İß…"),
    ),
    max_size=60,
)


def test_docstring() -> None:
    assert doctest.testmod(words) == (0, 4)


def test_specials_come_first() -> None:
    assert [ENGLISH.token(i) for i in (PAD, BOS, EOS, UNK)] == ["<pad>", "<s>", "</s>", "<unk>"]
    assert ENGLISH.tokens == WORDS and len(ENGLISH) == len(WORDS)


@given(HOSTILE)
@example("<s> </s> <pad> <unk>")
@example("\ud800")
@example("<b>$x$ :red[x]</b> \u202eabc")
@example("İ didn't")
@pytest.mark.parametrize("vocabulary", [ENGLISH, FRENCH], ids=["english", "french"])
def test_hostile_text(vocabulary: WordVocabulary, text: str) -> None:
    ids, surfaces, spans = vocabulary.encode(text)
    assert len(ids) == len(surfaces) == len(spans)
    at = 0
    for i, surface, (start, end) in zip(ids, surfaces, spans, strict=True):
        assert i >= UNK  # nothing typed is a special token
        assert 0 <= start < end <= len(text)
        assert start >= at or (start, end) == spans[ids.index(i) - 1] or (start, end) in spans
        at = start
        if i == UNK:
            assert surface == text[start:end]  # shown exactly as it was typed
        else:
            assert surface == vocabulary.token(i)
    assert vocabulary.encode(text) == (ids, surfaces, spans)
    assert isinstance(vocabulary.decode(ids), str)


@given(HOSTILE)
def test_no_word_is_lost(text: str) -> None:
    """What is not covered by a span is space, punctuation or zero-width."""
    covered = {i for start, end in ENGLISH.encode(text).spans for i in range(start, end)}
    rest = "".join(" " if i in covered else mark for i, mark in enumerate(text))
    assert ENGLISH.encode(rest).ids == []


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b\u200d\ufeff", "...", "?!", "\u3000\u00a0", "— * / &", "\u202e"])
def test_nothing_to_read(text: str) -> None:
    assert ENGLISH.encode(text) == ([], [], [])


def test_long_text() -> None:
    assert ENGLISH.encode("x" * 100_000).ids == [UNK]
    assert ENGLISH.encode("the " * 25_000).ids == [4] * 25_000
    assert FRENCH.encode("l'" * 50_000).ids == [8] * 50_000


def test_a_hostile_word_costs_no_more_than_its_length() -> None:
    """Unordered combining marks take quadratic time to normalise."""
    text = "a" + "\u0300\u0316" * 50_000
    start = time.thread_time()
    assert ENGLISH.encode(text) == FRENCH.encode(text) == ([UNK], [text], [(0, len(text))])
    assert time.thread_time() - start < 2.0


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", "\u00ad", "\u200e", "\u202e"])
def test_invisible_marks_around_a_word(mark: str) -> None:
    ids, surfaces, spans = ENGLISH.encode(f"{mark}the{mark} \u201c{mark}animal{mark}.\u201d")
    assert ids == [4, 5] and surfaces == ["the", "animal"] and spans == [(1, 4), (8, 14)]
    assert ENGLISH.encode(f"ani{mark}mal").ids == [UNK]  # inside a word it makes another word


def test_a_typed_special_is_an_unknown_word() -> None:
    assert ENGLISH.encode("<s> the </s>").ids == [UNK, 4, UNK]
    assert ENGLISH.encode("<s> the </s>").surfaces == ["<s>", "the", "</s>"]


def test_words_as_people_write_them() -> None:
    assert ENGLISH.encode("«The ANIMAL…»").surfaces == ["the", "animal"]
    assert ENGLISH.encode("(It\u2019s").surfaces == ["it's"]
    assert FRENCH.encode("e\u0301").surfaces == ["é"]  # a letter with a combining accent


def test_contraction_keeps_its_span() -> None:
    text = "The animal DIDN\u2019T."
    ids, surfaces, spans = ENGLISH.encode(text)
    assert surfaces == ["the", "animal", "did", "not"] and UNK not in ids
    assert [text[start:end] for start, end in spans] == ["The", "animal", "DIDN\u2019T", "DIDN\u2019T"]


def test_cut_after_apostrophe() -> None:
    text = "L\u2019animal n'a"
    ids, surfaces, spans = FRENCH.encode(text)
    assert surfaces == ["l'", "animal", "n'", "a"]
    assert [text[start:end] for start, end in spans] == ["L\u2019", "animal", "n'", "a"]
    assert FRENCH.decode([BOS, *ids, EOS, PAD]) == "l'animal n'a"


def test_unknown_is_shown_in_what_is_decoded() -> None:
    assert ENGLISH.decode([4, UNK]) == "the <unk>"


def test_json_and_back() -> None:
    for vocabulary in (ENGLISH, FRENCH):
        again = VOCABULARIES["word"].from_dict(vocabulary.to_dict())
        assert again.words == vocabulary.words and again.normalisation == vocabulary.normalisation


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"words": None}, "words must be of type list"),
        ({"words": ["<s>"]}, "must begin with <pad> <s> </s> <unk>"),
        ({"words": [*SPECIALS, "a", "a"]}, "each word once; repeated: 'a'"),
        ({"words": [*SPECIALS, 7]}, "every word must be a text"),
        ({"kind": "bytes"}, "kind must be 'word'"),
        ({"colour": "red"}, "unknown colour"),
        ({"normalisation": {}}, "missing after_apostrophe, contractions, drop_punctuation, lowercase"),
        ({"normalisation": []}, "normalisation must be of type dict"),
    ],
)
def test_a_damaged_vocabulary_says_what_is_wrong(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        WordVocabulary.from_dict({**ENGLISH.to_dict(), **change})


def test_damaged_normalisation() -> None:
    values = ENGLISH.normalisation.to_dict()
    with pytest.raises(ValueError, match="lowercase must be of type bool"):
        Normalisation.from_dict({**values, "lowercase": 1})
    with pytest.raises(ValueError, match=r"contraction 'x' must be a text, not 3"):
        Normalisation.from_dict({**values, "contractions": {"x": 3}})
    with pytest.raises(ValueError, match="expected a JSON object, not list"):
        WordVocabulary.from_dict([])  # type: ignore[arg-type]
