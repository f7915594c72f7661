"""Mutated files: whatever comes is read or refused in our own words, and every line is accounted for.

2,000 files at full count, 200 in CI, always the same ones.
"""

import codecs
from collections.abc import Callable
from functools import partial
from random import Random
from typing import TypeVar

import pytest

import brought
from transformer.corpus import Choices, Corpus, CorpusError, OwnTask, clean_pairs, look
from transformer.corpus.choices import DELIMITERS
from transformer.corpus.encodings import ENCODINGS
from transformer.corpus.facts import vocabulary_facts
from transformer.corpus.keys import key_of
from transformer.corpus.vocabularies import KINDS

T = TypeVar("T")
PER_PART, PARTS, PARTS_IN_CI = 100, 20, 2
MARKS = ["\t", ",", ";", '"', '""', "\n", "\r", "\r\n", "|||", "=", "\\", "\ufeff", "\u202e", "\ud7ff", "😀", "▁", "喵"]
MARK_16, MARK_16_TURNED = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
SPLICES = [MARK_16, MARK_16_TURNED, codecs.BOM_UTF8, b"\x00", b"\xff", b"PK\x03\x04", b"\xed\xa0\x80", b"\x1a"]


def seed_text(random: Random) -> str:
    """Write good pairs of any language, cut in any of the ways that are read."""
    pairs = brought.pairs(random.choice(["zh", "fr", "ru"]), 60)
    name = random.choice([*DELIMITERS, "tab", "tab", "comma"])
    mark = DELIMITERS[name] or "\n"
    text = random.choice(["", "source" + mark + "target\n"])
    return text + random.choice(["\n", "\n", "\r\n", "\r"]).join(src + mark + tgt for src, tgt in pairs)


def mutated_text(random: Random, text: str) -> str:
    """Change a text in one place."""
    place, kind = random.randrange(len(text) + 1), random.randrange(4)
    if kind == 0:
        return text[:place] + text[place + random.randint(1, 100) :]
    if kind == 1:
        return text[:place] + random.choice(MARKS) * random.choice([1, 1, 3, 300]) + text[place:]
    if kind == 2:
        return text[:place] + text[: random.randint(0, len(text))] + text[place:]
    return text[:place] + random.choice("a\t喵 \n") * random.choice([50, 500, 20_000]) + text[place:]


def mutated_bytes(random: Random, data: bytes) -> bytes:
    """Change bytes in one place."""
    place, kind = random.randrange(len(data) + 1), random.randrange(5)
    if kind == 0:
        return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]
    if kind == 1:
        return data[:place] + data[place + random.randint(1, 200) :]
    if kind == 2:
        return data[:place] + random.choice(SPLICES) + data[place:]
    if kind == 3:
        return data[:place] + random.randbytes(random.randint(1, 60)) + data[place:]
    return data[place:] + data[:place]


def mutated(random: Random) -> bytes:
    """Change a good file in up to eight places: most of them as text, some also as bytes."""
    text = seed_text(random)
    for _ in range(random.randint(0, 5)):
        text = mutated_text(random, text)
    data = text.encode(random.choice([*ENCODINGS[:4], "utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    for _ in range(random.choice([0, 0, 0, 1, 3])):
        data = mutated_bytes(random, data)
    return data


def any_choices(random: Random) -> Choices:
    def maybe(*values: object) -> object:
        return random.choice(values) if random.random() < 0.15 else None

    src, tgt = maybe(0, 1, 2, 49), maybe(3, 4)
    return Choices(maybe(*ENCODINGS), maybe(*DELIMITERS), maybe(True, False), src, tgt, random.choice([20, 200, 400]))  # type: ignore[arg-type]


def tried(act: Callable[[], T]) -> tuple[T | None, CorpusError | None]:
    """Do something and give its result or our refusal; any other exception is a failure of the test."""
    try:
        return act(), None
    except CorpusError as refusal:
        return None, refusal


def check(data: bytes, choices: Choices, random: Random) -> str:
    """Read a file in every way that a page does; say what came of it."""
    found = look(data, choices)
    assert len(str(found.to_dict())) < 100_000
    reading, refusal = tried(lambda: clean_pairs(data, choices))
    if refusal is not None:
        assert found.refusal is not None
        assert (found.refusal.reason, found.refusal.values) == (refusal.reason, refusal.values)
        return refusal.reason
    assert reading is not None
    assert found.refusal is None
    assert (found.encoding, found.delimiter, found.header) == reading.table[:3]
    report = reading.report
    assert report.lines == found.n_lines
    assert report.lines == report.header + report.kept_lines + sum(skip.lines for skip in report.skipped.values())
    assert report.kept == len(reading.pairs) == len({key_of(pair.src) for pair in reading.pairs})
    corpus, refusal = tried(lambda: Corpus(reading.pairs))
    if corpus is None:
        return refusal.reason if refusal else ""
    assert Corpus.from_tsv(corpus.to_tsv()) == corpus
    if random.random() < 0.2:
        use(corpus, random)
    return "read"


def use(corpus: Corpus, random: Random) -> None:
    kind = random.choice(["task", *KINDS])
    own = OwnTask(corpus, kind)
    for split in ("valid", "test"):
        for example in own.examples(random.randrange(9), split):
            assert own.answer(example.src) == example or not own.vocabularies()[0].encode(example.src).ids
    assert own.chips() and own.nearest(own.example)
    facts = vocabulary_facts(corpus, kind, 0)
    assert facts["smallest"] <= facts["size"] <= facts["largest"]


@pytest.mark.parametrize(
    "part", [part if part < PARTS_IN_CI else pytest.param(part, marks=pytest.mark.full) for part in range(PARTS)]
)
def test_mutated_files(part: int) -> None:
    random = Random(f"corpora {part}")
    outcomes = [check(mutated(random), any_choices(random), random) for _ in range(PER_PART)]
    assert outcomes.count("read") > PER_PART / 5 and len(set(outcomes)) > 3  # the mutators reach far


@pytest.mark.parametrize("part", [0, *(pytest.param(i, marks=pytest.mark.full) for i in range(1, 10))])
def test_mutated_pairs_of_a_run(part: int) -> None:
    """A corpus.tsv that somebody sends with a run: read as it was, or refused with the number of a line."""
    random = Random(f"tsv {part}")
    for _ in range(PER_PART):
        good = bytearray(Corpus(clean_pairs(brought.tsv(brought.pairs("fr", 35)).encode()).pairs).to_tsv())
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(good))
            good[place : place + random.randint(0, 3)] = random.choice([b"\t", b"\n", b"\\", b"\r", b"\xff", b"x", b""])
        corpus, refusal = tried(partial(Corpus.from_tsv, bytes(good)))
        if refusal is not None:
            assert refusal.reason == "damaged" and refusal.values["line"] >= 1
        else:
            assert corpus is not None and corpus.to_tsv() == bytes(good)
