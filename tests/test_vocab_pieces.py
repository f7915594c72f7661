"""Pieces are cut as sentencepiece cuts them, learnt the same every time, and stored as text that cannot harm."""

import doctest
import json
import random
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from transformer.tasks import TASKS
from transformer.vocab import (
    SPECIALS,
    UNK,
    VOCABULARIES,
    BpeVocabulary,
    Normalisation,
    UnigramVocabulary,
    Vocabulary,
    make_vocabulary,
    piece_sizes,
    pieces,
    train_pieces,
)

APOSTROPHES = Normalisation(after_apostrophe=True)
SENTENCES = [example.tgt for _, example in zip(range(400), TASKS["fr"].examples(1, "train"), strict=False)]
CHINESE = ["我爱你", "汤姆追逐杰瑞", "我是学生", "汤姆爱三只猫", "你是我的学生"]
SIZES = {"bpe": 200, "unigram": 100}
KINDS = list(SIZES)
TRAINED = {kind: train_pieces(kind, SENTENCES, size, APOSTROPHES) for kind, size in SIZES.items()}
every_kind = pytest.mark.parametrize("kind", KINDS)


def lines() -> list[str]:
    """Give the sentences as they are read: words with a blank between them."""
    return [" ".join(word for word, _, _ in APOSTROPHES.pieces(sentence)) for sentence in SENTENCES]


def oracle(kind: str) -> SentencePieceProcessor:
    """Train sentencepiece as its own page says, and load what it wrote."""
    model = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines()),
        model_writer=model,
        model_type=kind,
        vocab_size=SIZES[kind],
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        normalization_rule_name="identity",
        character_coverage=1.0,
        split_by_unicode_script=False,
        num_threads=1,
        minloglevel=5,
    )
    return SentencePieceProcessor(model_proto=model.getvalue())


ORACLES = {kind: oracle(kind) for kind in KINDS}


def test_docstring() -> None:
    failed, tried = doctest.testmod(pieces)
    assert failed == 0 and tried > 0


@every_kind
def test_sentencepiece_knows_the_same_pieces(kind: str) -> None:
    theirs, ours = ORACLES[kind], TRAINED[kind]
    assert ours.tokens == [theirs.id_to_piece(i) for i in range(len(theirs))]
    assert ours.scores == pytest.approx([theirs.get_score(i) for i in range(len(theirs))], rel=1e-7)
    assert len(ours) == SIZES[kind]


@every_kind
def test_sentencepiece_cuts_the_same(kind: str) -> None:
    for sentence, line in zip(SENTENCES, lines(), strict=True):
        assert TRAINED[kind].encode(sentence).ids == ORACLES[kind].EncodeAsIds(line)
        assert TRAINED[kind].decode(ORACLES[kind].EncodeAsIds(line)) == sentence


@every_kind
@given(text=st.text("abcdeilmnorstuéà'-zwxyZ我 \U0001f600<s>/&.", max_size=40))
def test_sentencepiece_cuts_any_text_the_same(kind: str, text: str) -> None:
    line = " ".join(word for word, _, _ in APOSTROPHES.pieces(text))
    assert TRAINED[kind].encode(text).ids == ORACLES[kind].EncodeAsIds(line)
    assert [*map(str.lower, TRAINED[kind].encode(text).surfaces)] == [
        *map(str.lower, ORACLES[kind].EncodeAsPieces(line))
    ]


@every_kind
def test_the_same_sentences_give_the_same_bytes(kind: str) -> None:
    again = train_pieces(kind, SENTENCES, SIZES[kind], APOSTROPHES)
    assert json.dumps(again.to_dict()) == json.dumps(TRAINED[kind].to_dict())
    assert len(json.dumps(again.to_dict())) < 5000


@every_kind
@pytest.mark.parametrize("sentences", [SENTENCES, CHINESE], ids=["French", "Chinese"])
def test_every_size_between_the_bounds_can_be_had_and_no_other(kind: str, sentences: list[str]) -> None:
    smallest, largest = piece_sizes(kind, sentences, APOSTROPHES)
    between = {smallest, largest, *random.Random(0).sample(range(smallest, largest + 1), min(8, largest - smallest))}
    for size in between:
        assert len(train_pieces(kind, sentences, size, APOSTROPHES)) == size
    for size in (-1, 0, 4, smallest - 1, largest + 1, 10**12):
        with pytest.raises(ValueError, match=f"give {smallest} to {largest} pieces, not {size}"):
            train_pieces(kind, sentences, size, APOSTROPHES)


@every_kind
def test_nothing_is_printed(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    train_pieces(kind, CHINESE, piece_sizes(kind, CHINESE)[0]).encode("我")
    with pytest.raises(ValueError, match="pieces"):
        train_pieces(kind, CHINESE, 9)
    assert capfd.readouterr() == ("", "")


@every_kind
@pytest.mark.parametrize("sentences", [[], ["", " "], ["..."], ["<s> \u2585"]])
def test_sentences_without_a_word(kind: str, sentences: list[str]) -> None:
    with pytest.raises(ValueError, match="no word in these sentences"):
        piece_sizes(kind, sentences)
    with pytest.raises(ValueError, match="no word in these sentences"):
        train_pieces(kind, sentences, 30)


def test_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="must be one of bpe, unigram, not 'wordpiece'"):
        train_pieces("wordpiece", SENTENCES, 100)


@every_kind
def test_sentences_that_nobody_should_learn_from(kind: str) -> None:
    """Words with characters of no piece are left out; long sentences are not."""
    hostile = ["a\x00b \ud800 \u2581the\u2581cat <s>x </s> \u2585 \ufffd", "long " * 2000]
    vocabulary = train_pieces(kind, hostile, piece_sizes(kind, hostile)[0])
    assert sorted(vocabulary.tokens[4:]) == sorted({*"thecatlong", "\u2581"})


def test_french_is_put_together_again() -> None:
    vocabulary = TRAINED["bpe"]
    text = "L\u2019ANIMAL n'a pas"
    ids, surfaces, spans = vocabulary.encode(text)
    assert surfaces == ["\u2581l'", "\u2581animal", "\u2581n'", "\u2581a", "\u2581pas"]
    assert [text[start:end] for start, end in spans] == ["L\u2019", "ANIMAL", "n'", "a", "pas"]
    assert vocabulary.decode(ids) == "l'animal n'a pas"


def test_places_where_a_text_changes_its_length() -> None:
    letters = BpeVocabulary([*SPECIALS, "\u2581", *"abdintoé\u0307"], Normalisation(contractions={"didn't": "did not"}))
    text = "İaE\u0301b DIDN'T"
    _, surfaces, spans = letters.encode(text)
    assert surfaces == ["\u2581", "i", "\u0307", "a", "é", "b", "\u2581", *"did", "\u2581", *"not"]
    assert spans[:6] == [(0, 0), (0, 1), (0, 1), (1, 2), (2, 4), (4, 5)]
    assert spans[6:] == [(6, 6), *[(6, 12)] * 3] * 2
    unknown = BpeVocabulary([*SPECIALS, "\u2581", *"not"], letters.normalisation)
    assert unknown.encode("Didn\u2019t").surfaces == ["\u2581", "did", "\u2581", *"not"]
    assert unknown.encode("DID").surfaces == ["\u2581", "DID"]


def test_a_blank_that_is_typed_as_sentencepiece_writes_it() -> None:
    vocabulary = TRAINED["bpe"]
    assert vocabulary.encode("la\u2581rue").ids == vocabulary.encode("la rue").ids
    assert vocabulary.encode("la\u2581rue").spans == [(0, 2), (3, 6)]


def test_unigram_takes_the_cut_with_the_highest_sum() -> None:
    tokens = {"\u2581": -1.0, "a": -2.0, "b": -2.0, "ab": -3.5, "\u2581a": -2.5}
    vocabulary = UnigramVocabulary([*SPECIALS, *tokens], [0.0] * 4 + [*tokens.values()])
    assert vocabulary.encode("ab").surfaces == ["\u2581", "ab"]  # -4.5, and not \u2581ab + b
    vocabulary = UnigramVocabulary([*SPECIALS, *tokens], [0.0] * 4 + [*(tokens | {"\u2581a": -2.0}).values()])
    assert vocabulary.encode("ab").surfaces == ["\u2581a", "b"]


@pytest.mark.parametrize("kind", VOCABULARIES)
def test_a_vocabulary_of_any_kind_from_sentences(kind: str) -> None:
    vocabulary = make_vocabulary(kind, SENTENCES, 100, APOSTROPHES)
    assert vocabulary.kind == kind
    for sentence in SENTENCES:
        ids = vocabulary.encode(sentence).ids
        assert UNK not in ids and vocabulary.decode(ids) == sentence


# -- what a damaged run may hold --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"pieces": None}, "pieces must be of type list"),
        ({"pieces": ["<s>"]}, "must begin with <pad> <s> </s> <unk>"),
        ({"pieces": [*SPECIALS, "\u2581", "a", "a"]}, "each piece once; repeated: 'a'"),
        ({"pieces": [*SPECIALS, "\u2581", 7]}, "every piece must be a text"),
        ({"pieces": [*SPECIALS, "\u2581", ""]}, "can never find ''"),
        ({"pieces": [*SPECIALS, "\u2581", "a b"]}, "can never find 'a b'"),
        ({"pieces": [*SPECIALS, "\u2581", "a\u2581"]}, "can never find"),
        ({"pieces": [*SPECIALS, "\u2581", "\ud800"]}, "can never find"),
        ({"pieces": [*SPECIALS, "\u2581", "a\x00"]}, "can never find"),
        ({"pieces": [*SPECIALS, "\u2581", "a", "a" * 101]}, "can never find 'aaaa"),
        ({"pieces": [*SPECIALS, "\u2581", "ab", "a"]}, "the characters of its pieces; missing: b"),
        ({"pieces": [*SPECIALS, "a"]}, "the characters of its pieces; missing: \u2581"),
        ({"pieces": [*SPECIALS] * 100_000}, "may hold 200,000 pieces, not 400,000"),
        ({"kind": "word"}, "kind must be '(bpe|unigram)', not 'word'"),
        ({"model": "AAAA"}, "unknown model"),
        ({"normalisation": {}}, "missing after_apostrophe"),
    ],
)
@every_kind
def test_a_damaged_vocabulary_says_what_is_wrong(kind: str, change: dict[str, Any], sentence: str) -> None:
    values = {**TRAINED[kind].to_dict(), **change}
    if kind == "unigram" and isinstance(values["pieces"], list):
        values["scores"] = [0.0] * len(values["pieces"])
    with pytest.raises(ValueError, match=sentence):
        VOCABULARIES[kind].from_dict(values)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf"), 1e30, "x" * 1000, None, True, 0, [1.0]])
def test_damaged_scores(score: Any) -> None:
    values = TRAINED["unigram"].to_dict()
    with pytest.raises(ValueError, match="every score must be a number"):
        UnigramVocabulary.from_dict({**values, "scores": [*values["scores"][:-1], score]})
    with pytest.raises(ValueError, match="one score for each of its 100 pieces, not 99"):
        UnigramVocabulary.from_dict({**values, "scores": values["scores"][:-1]})


def test_bpe_may_have_more_merges_than_a_logarithm_could_count() -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 7))) for _ in range(9000)]
    learned = train_pieces("bpe", [" ".join(words[i : i + 6]) for i in range(0, len(words), 6)], 1200)
    assert len(learned) == 1200
    assert BpeVocabulary.from_dict(learned.to_dict()).encode(words[0]) == learned.encode(words[0])


def mutated(text: str, chance: random.Random) -> str:
    """Change, drop, double and insert characters of a stored vocabulary."""
    marks = list(text)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, to = chance.randrange(len(marks)), chance.randrange(1, 30)
        match chance.randrange(5):
            case 0:
                marks[at] = chance.choice('abé\u2581"\\[],.-0129e\U0001f600 <s>')
            case 1:
                del marks[at : at + to]
            case 2:
                marks[at:at] = marks[at : at + to]
            case 3:
                marks[at:at] = chance.choice(
                    ['"', '"x",', "1e308,", "null,", "-", "NaN,", "\\ud800", "\\u0000", "9" * 40]
                )
            case _:
                there = chance.randrange(len(marks))
                marks[at : at + to], marks[there : there + to] = marks[there : there + to], marks[at : at + to]
    return "".join(marks)


def loaded_from(kind: str, text: str) -> Vocabulary | None:
    """Read a stored vocabulary; None if it was refused as it should be."""
    with suppress(ValueError):  # a JSON error is one
        return VOCABULARIES[kind].from_dict(json.loads(text))
    return None


def mutations(n: int) -> None:
    chance = random.Random(n)
    loaded = 0
    for turn in range(n):
        kind = KINDS[turn % 2]
        text = mutated(json.dumps(TRAINED[kind].to_dict(), ensure_ascii=False), chance)
        vocabulary = loaded_from(kind, text)
        if vocabulary is None:
            continue
        loaded += 1
        for typed in ("l'animal n'a pas traversé la rue", "<s> \x00\U0001f600\ud800zz", "", "aà" * 500):
            assert min(vocabulary.encode(typed).ids, default=UNK) >= UNK
        vocabulary.decode(range(len(vocabulary)))
        assert VOCABULARIES[kind].from_dict(vocabulary.to_dict()).to_dict() == vocabulary.to_dict()
    assert 0.02 * n < loaded < 0.9 * n  # the mutations are neither too mild nor too wild


def test_mutations() -> None:
    mutations(300)


@pytest.mark.full
def test_mutations_in_full() -> None:
    mutations(3000)
