"""One id per character: quickly where a text is plain, with care where it is not."""

import doctest
import string
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transformer.vocab import (
    BOS,
    EOS,
    PAD,
    SPECIALS,
    UNK,
    CharacterVocabulary,
    characters,
    collect_characters,
    learning,
)

LETTERS = CharacterVocabulary([*SPECIALS, *string.ascii_lowercase])
DATES = CharacterVocabulary([*SPECIALS, "\u2423", *"0123456789,-/.", *string.ascii_lowercase], keep_spaces=True)
EXACT = CharacterVocabulary([*SPECIALS, *"aAéÉ\u0301"], lowercase=False)


@pytest.mark.parametrize("module", [characters, learning], ids=lambda module: module.__name__)
def test_docstrings(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert failed == 0 and tried > 0


@given(st.text(st.one_of(st.sampled_from("abcé 3\u2423\u0301"), st.characters()), max_size=300))
@pytest.mark.parametrize("vocabulary", [LETTERS, DATES, EXACT], ids=["letters", "dates", "exact"])
def test_the_quick_way_is_the_careful_way(vocabulary: CharacterVocabulary, text: str) -> None:
    assert vocabulary.encode(text) == vocabulary.encode_with_care(text)


def test_the_quick_way_is_quick() -> None:
    seconds = min(timeit.repeat(lambda: LETTERS.encode("abcdefghijkl"), number=1000, repeat=20)) / 1000
    assert seconds < 20e-6  # about 1e-6 on a quiet machine


def test_the_quick_way_ends_where_its_places_end() -> None:
    for n in (255, 256, 257):
        assert LETTERS.encode("ab" * n).spans == [(i, i + 1) for i in range(2 * n)]


def test_blanks_are_dropped() -> None:
    text = " a\tb \u3000\nc "
    ids, surfaces, spans = LETTERS.encode(text)
    assert surfaces == ["a", "b", "c"] and ids == [4, 5, 6]
    assert spans == [(1, 2), (3, 4), (7, 8)]
    assert LETTERS.join(surfaces) == "abc" == LETTERS.decode([BOS, *ids, EOS, PAD])


def test_blanks_are_one_token() -> None:
    text = "  3 \u200b\t march\u3000"
    ids, surfaces, spans = DATES.encode(text)
    assert surfaces == ["3", "\u2423", *"march"] and UNK not in ids
    assert [text[start:end] for start, end in spans] == ["3", " \u200b\t ", *"march"]
    assert DATES.join(surfaces) == "3 march" == DATES.decode(ids)
    assert DATES.encode("3\u2423march").ids == ids  # an open box that is typed


def test_what_a_keyboard_for_chinese_writes() -> None:
    assert DATES.encode("２０２４－０１／Ａ").surfaces == list("2024-01/a")
    assert DATES.encode("1\u00b2\u2460").surfaces == ["1", "\u00b2", "\u2460"]  # other numbers are not these digits
    assert DATES.encode("1\u00b2").ids[-1] == UNK


def test_an_accent_belongs_to_its_letter() -> None:
    vocabulary = collect_characters(["été"])
    assert vocabulary.tokens[4:] == ["t", "é"]
    assert vocabulary.encode("E\u0301te\u0301") == ([5, 4, 5], ["é", "t", "é"], [(0, 2), (2, 3), (3, 5)])
    assert vocabulary.encode("a\u0301").surfaces == ["a\u0301"]  # unknown, as it was typed
    assert EXACT.encode("a\u0301").ids == [UNK]
    assert EXACT.encode("\u0301aA").ids == [8, 4, 5]


def test_invisible_marks_take_no_place() -> None:
    text = "\ufeffa\u200b\x00b\u202e\u00ad"
    assert LETTERS.encode(text) == ([4, 5], ["a", "b"], [(1, 2), (4, 5)])
    assert LETTERS.encode("\u2764\ufe0f").surfaces == ["\u2764"]


def test_a_typed_special_is_three_characters() -> None:
    assert LETTERS.encode("<s>") == ([UNK, 22, UNK], ["<", "s", ">"], [(0, 1), (1, 2), (2, 3)])


def test_case() -> None:
    assert LETTERS.encode("AbC").surfaces == ["a", "b", "c"]
    assert EXACT.encode("aAÉ").ids == [4, 5, 7]
    assert LETTERS.encode("\u0130").surfaces == ["\u0130"]  # its lower case has two characters


def test_collected_characters_read_their_sentences() -> None:
    vocabulary = collect_characters(["Ａｂ c", "b 我"], keep_spaces=True)
    assert vocabulary.tokens == [*SPECIALS, "\u2423", "a", "b", "c", "我"]
    assert collect_characters(["Ab"], lowercase=False).tokens[4:] == ["A", "b"]
    assert collect_characters([]).tokens == list(SPECIALS)


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ([], "must begin with <pad> <s> </s> <unk>, not with"),
        (["a", *SPECIALS], "must begin with"),
        ([*SPECIALS, "a", "b", "a"], "each character once; repeated: 'a'"),
        ([*SPECIALS, "ab"], "can never read 'ab'"),
        ([*SPECIALS, "A"], "can never read 'A'"),
        ([*SPECIALS, "３"], "can never read '３'"),
        ([*SPECIALS, " "], "can never read ' '"),
        ([*SPECIALS, ""], "can never read ''"),
        ([*SPECIALS, "\u200b"], "can never read"),
        ([*SPECIALS, "\u2423"], "must hold \u2423 if it keeps spaces, and only then"),
        ([*SPECIALS, 7], "every character must be a text"),
    ],
)
def test_a_damaged_vocabulary_says_what_is_wrong(tokens: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CharacterVocabulary(tokens)
    with pytest.raises(ValueError, match=sentence):
        CharacterVocabulary.from_dict({**LETTERS.to_dict(), "characters": tokens})


def test_spaces_that_are_kept_need_their_token() -> None:
    with pytest.raises(ValueError, match="must hold \u2423"):
        CharacterVocabulary([*SPECIALS, "a"], keep_spaces=True)


def test_many_repeated_characters_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="repeated"):
        CharacterVocabulary([*SPECIALS, *"ab" * 100_000])


def test_a_full_stop_at_the_end_is_no_part_of_a_sentence_but_a_point_inside_a_number_is() -> None:
    chinese = CharacterVocabulary([*SPECIALS, *"我爱你"])
    assert chinese.encode("「我爱你。」").surfaces == ["「", "我", "爱", "你", "。", "」"], (
        "only known marks of an end are left out"
    )
    assert chinese.encode(" 我爱你。！").surfaces == ["我", "爱", "你"]
    assert chinese.encode("我爱你。").spans == [(0, 1), (1, 2), (2, 3)]
    assert chinese.encode("。。。").ids == []
    sums = CharacterVocabulary([*SPECIALS, *"0123456789+"])
    assert sums.encode("3.5+2.").surfaces == ["3", ".", "5", "+", "2"]
    assert DATES.encode("3.5.21.").surfaces == list("3.5.21."), "what the vocabulary knows stays"
