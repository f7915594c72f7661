"""What every vocabulary promises, whatever way it cuts and whatever is typed."""

import json
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from transformer.vocab import (
    EOS,
    PAD,
    SPECIALS,
    UNK,
    VOCABULARIES,
    Normalisation,
    Vocabulary,
    collect_characters,
    collect_words,
    train_pieces,
)

ENGLISH = ["the animal did not cross the street", "it is here", "the cat saw the dog, ate and slept"]
FRENCH = ["l'animal n'a pas traversé la rue", "parce qu'il était trop fatigué", "aujourd'hui l'été n'est pas là"]
CHINESE = ["我爱你", "汤姆追逐杰瑞", "我是学生", "汤姆爱三只猫", "你是我的学生"]
CONTRACTIONS = Normalisation(contractions={"didn't": "did not", "it's": "it is", "im": "i am"})
APOSTROPHES = Normalisation(after_apostrophe=True)
AS_TYPED = Normalisation(lowercase=False, drop_punctuation=False)

KINDS: dict[str, tuple[Vocabulary, list[str]]] = {
    "word, contractions": (collect_words(ENGLISH, CONTRACTIONS), ENGLISH),
    "word, apostrophes": (collect_words(FRENCH, APOSTROPHES), FRENCH),
    "char": (collect_characters(CHINESE), CHINESE),
    "char, spaces": (collect_characters(ENGLISH, keep_spaces=True), ENGLISH),
    "bpe, contractions": (train_pieces("bpe", ENGLISH, 50, CONTRACTIONS), ENGLISH),
    "bpe, apostrophes": (train_pieces("bpe", FRENCH, 50, APOSTROPHES), FRENCH),
    "bpe, as typed": (train_pieces("bpe", ENGLISH, 50, AS_TYPED), ENGLISH),
    "bpe, Chinese": (train_pieces("bpe", CHINESE, 30), CHINESE),
    "unigram, contractions": (train_pieces("unigram", ENGLISH, 26, CONTRACTIONS), ENGLISH),
    "unigram, apostrophes": (train_pieces("unigram", FRENCH, 28, APOSTROPHES), FRENCH),
    "unigram, Chinese": (train_pieces("unigram", CHINESE, 22), CHINESE),
}

HOSTILE = st.text(
    st.one_of(
        st.characters(),  # lone surrogates and NUL included
        st.sampled_from("thenotdias '\u2019,.<s>/&;$*\u202e\u200b\ufeff\u0301\u0307\x00\x1c\x85\U0001f600\ud800"),
        st.sampled_from("İßſKéÉΣς我爱Ａ３\u3000\u2423\u2581\u2585\ufffd\ufe0f\u0958\u1100\u1161\u1e9e\ufb01"),
    ),
    max_size=40,
)
every_kind = pytest.mark.parametrize("name", KINDS)


def test_every_kind_keeps_these_laws() -> None:
    assert {vocabulary.kind for vocabulary, _ in KINDS.values()} == set(VOCABULARIES)
    assert all(kind == cls.kind for kind, cls in VOCABULARIES.items())


@every_kind
def test_specials_come_first_and_tokens_are_texts(name: str) -> None:
    vocabulary, _ = KINDS[name]
    tokens = vocabulary.tokens
    assert tuple(tokens[:4]) == SPECIALS and len(set(tokens)) == len(tokens) == len(vocabulary) > 4
    assert [vocabulary.token(i) for i in range(len(vocabulary))] == tokens
    with pytest.raises(IndexError):
        vocabulary.token(len(vocabulary))


@every_kind
@given(text=HOSTILE)
@example("<s> </s> <pad> <unk>")
@example("\ud800\x00a")
@example("<b>$x$ :red[x]</b> \u202eabc")
@example("DIDN\u2019T it's im")
@example("İxI\u0307 E\u0301e\u0301\u0301")
@example("\u2019\u2019x l\u2019 e\u0301té")
@example("\u2581the\u2581\u2423 \u2423")
def test_hostile_text(name: str, text: str) -> None:
    vocabulary, _ = KINDS[name]
    ids, surfaces, spans = vocabulary.encode(text)
    assert len(ids) == len(surfaces) == len(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    for i, surface in zip(ids, surfaces, strict=True):
        assert i >= UNK  # nothing typed is a special token
        assert surface and (i == UNK or surface == vocabulary.token(i))
    assert vocabulary.encode(text) == (ids, surfaces, spans)
    assert isinstance(vocabulary.decode([*ids, EOS, PAD]), str)


@every_kind
@given(text=HOSTILE)
@example("İ' THE didn\u2019t")
def test_what_is_read_reads_the_same_again(name: str, text: str) -> None:
    vocabulary, _ = KINDS[name]
    ids, surfaces, _ = vocabulary.encode(text)
    again = vocabulary.encode(vocabulary.join(surfaces))
    assert again.ids == ids and again.surfaces == surfaces


def keeps_its_place(mark: str) -> bool:
    """Tell characters that are one character in every form: no contraction, no letter that becomes two."""
    return mark not in "'\u2018\u2019\u02bc\uff07" and len(unicodedata.normalize("NFC", mark).lower()) == 1


@every_kind
@given(text=HOSTILE)
def test_spans_do_not_overlap(name: str, text: str) -> None:
    assume(all(map(keeps_its_place, text)) and unicodedata.normalize("NFC", text) == text and "im" not in text.lower())
    vocabulary, _ = KINDS[name]
    ids, surfaces, spans = vocabulary.encode(text)
    at = 0
    for i, surface, (start, end) in zip(ids, surfaces, spans, strict=True):
        assert start >= at
        at = end
        if i == UNK:
            assert surface == text[start:end] or (surface, text[start:end]) in {("ς", "Σ"), ("ς", "σ")}
        else:
            assert start < end or surface == "\u2581"


@every_kind
def test_sentences_and_back(name: str) -> None:
    vocabulary, sentences = KINDS[name]
    for sentence in sentences:
        ids, surfaces, spans = vocabulary.encode(sentence)
        assert UNK not in ids
        assert vocabulary.decode([1, *ids, EOS, PAD]) == vocabulary.join(surfaces)
        assert vocabulary.decode(ids).replace(",", "") == sentence.replace(",", "")
        for surface, (start, end) in zip(surfaces, spans, strict=True):
            assert sentence[start:end] == surface.removeprefix("\u2581").replace("\u2423", " ")


@every_kind
def test_an_unknown_piece_keeps_its_spelling_and_its_place(name: str) -> None:
    vocabulary, _ = KINDS[name]
    text = "\u00a0\u0416\U0001f600"
    ids, surfaces, spans = vocabulary.encode(text)
    assert set(ids) <= {UNK, *(i for i, token in enumerate(vocabulary.tokens) if token == "\u2581")} and UNK in ids
    assert "".join(surfaces).removeprefix("\u2581") == "\u0416\U0001f600"
    assert "".join(text[start:end] for start, end in spans) == "\u0416\U0001f600"
    assert "<unk>" in vocabulary.decode(ids)


@every_kind
@pytest.mark.parametrize("text", ["", " \t\n", "\u200b\u200d\ufeff", "\u3000\u00a0", "\u202e"])
def test_nothing_to_read(name: str, text: str) -> None:
    assert KINDS[name][0].encode(text) == ([], [], [])


@every_kind
@pytest.mark.parametrize("part", ["x", "the ", "l'", "a\u0300\u0316", "\ud800", "\u0130", "E", "我", "\x00"])
def test_long_text_costs_no_more_than_its_length(name: str, part: str) -> None:
    text = part * (100_000 // len(part))
    start = time.thread_time()
    KINDS[name][0].encode(text)
    assert time.thread_time() - start < 3.0


@every_kind
@given(text=HOSTILE)
def test_json_and_back(name: str, text: str) -> None:
    vocabulary, _ = KINDS[name]
    values = json.loads(json.dumps(vocabulary.to_dict()))
    assert values == vocabulary.to_dict()
    again = VOCABULARIES[values["kind"]].from_dict(values)
    assert type(again) is type(vocabulary) and again.to_dict() == values and again.tokens == vocabulary.tokens
    assert again.encode(text) == vocabulary.encode(text)


def test_no_kind_reads_another() -> None:
    for vocabulary, _ in KINDS.values():
        for kind, cls in VOCABULARIES.items():
            if kind != vocabulary.kind:
                with pytest.raises(ValueError, match="vocabulary: "):
                    cls.from_dict(vocabulary.to_dict())
                with pytest.raises(ValueError, match="vocabulary: "):
                    cls.from_dict({**vocabulary.to_dict(), "kind": kind})


JUNK: list[Any] = [
    None,
    True,
    7,
    2**70,
    -1.5,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "x" * 1000,
    [],
    {},
    [[]],
    "<s>",
]


@every_kind
@pytest.mark.parametrize("change", range(len(JUNK)))
def test_damaged_values_are_refused_or_make_a_vocabulary(name: str, change: int) -> None:
    """Every value at the top, and the first and the last entry of every list, is replaced, dropped and doubled."""
    vocabulary, _ = KINDS[name]
    cls, values, junk = VOCABULARIES[vocabulary.kind], vocabulary.to_dict(), JUNK[change]
    damaged = [{**values, key: junk} for key in values]
    for key in [key for key, value in values.items() if isinstance(value, list)]:
        for i in (0, 3, 4, -1):
            entries = values[key]
            at = i % len(entries)
            for part in ([junk], [], [entries[i]] * 2):
                damaged.append({**values, key: [*entries[:at], *part, *entries[at + 1 :]]})
    for wrong in damaged:
        complaint = complaint_about(cls, wrong)
        assert len(complaint) < 300 and "\n" not in complaint


def complaint_about(cls: type[Vocabulary], values: dict[str, Any]) -> str:
    """Return what is said against a stored vocabulary; nothing if it is taken, and then it must cut any text."""
    try:
        vocabulary = cls.from_dict(values)
    except ValueError as error:
        return str(error)
    vocabulary.encode("the animal 我 <s> \ud800")
    return ""
