"""The corpus: what was written is read again, what is asked was never learned, and a spreadsheet runs nothing."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brought
from transformer.corpus import Corpus, CorpusError, Pair
from transformer.corpus.corpus import FORMULA
from transformer.corpus.keys import key_of
from transformer.corpus.limits import FEWEST_PAIRS, LONGEST_SIDE, MOST_ROWS
from transformer.run_files.sealed import MB

WILD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SIDE = st.one_of(WILD, st.text(st.sampled_from("\\\t\n\rtnr a"), min_size=1, max_size=9)).filter(key_of)


def numbered(n: int) -> list[Pair]:
    return [Pair(f"word {i}", f"mot {i}") for i in range(n)]


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    found: dict[str, Pair] = {}
    for pair in [*draw(st.lists(st.builds(Pair, SIDE, SIDE), max_size=30)), *numbered(FEWEST_PAIRS)]:
        found.setdefault(key_of(pair.src), pair)
    return Corpus(list(found.values()))


@settings(max_examples=60)
@given(corpora())
def test_written_and_read_again(corpus: Corpus) -> None:
    data = corpus.to_tsv()
    again = Corpus.from_tsv(data)
    assert again == corpus and again.to_tsv() == data and again.splits == corpus.splits
    assert data.count(b"\n") == len(corpus) and data.count(b"\t") == len(corpus) and b"\r" not in data


@settings(max_examples=60)
@given(corpora())
def test_every_pair_is_in_one_split(corpus: Corpus) -> None:
    parts = [corpus.split(name) for name in ("train", "valid", "test")]
    assert sorted(pair for part in parts for pair in part) == sorted(corpus.pairs)
    keys = [{key_of(pair.src) for pair in part} for part in parts]
    assert keys[0].isdisjoint(keys[1] | keys[2]) and keys[1].isdisjoint(keys[2])
    assert len(parts[1]) == len(parts[2]) == corpus.n_held_out >= 2


@settings(max_examples=30)
@given(corpora(), st.randoms())
def test_the_source_decides_and_not_its_place(corpus: Corpus, random: object) -> None:
    pairs = list(corpus.pairs)
    random.shuffle(pairs)  # type: ignore[attr-defined]
    assert set(Corpus(pairs).split("test")) == set(corpus.split("test"))


@pytest.mark.parametrize(("n", "held_out"), [(20, 2), (59, 2), (60, 3), (1000, 50), (30_000, 1000)])
def test_how_many_are_held_out(n: int, held_out: int) -> None:
    corpus = Corpus(numbered(n))
    assert corpus.n_held_out == held_out
    assert [len(corpus.split(name)) for name in ("train", "valid", "test")] == [n - 2 * held_out, held_out, held_out]


@given(corpora())
@settings(max_examples=40)
def test_a_spreadsheet_runs_nothing(corpus: Corpus) -> None:
    text = corpus.to_csv().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(corpus)
    for row, pair in zip(rows, corpus.pairs, strict=True):
        for cell, side in zip(row, pair, strict=True):
            assert not cell.startswith(FORMULA)
            assert cell.removeprefix("'") == side.removeprefix("'")


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+cmd|x", "@SUM(1)", "=HYPERLINK(1)", "\t=1", "\r=1"])
def test_formulas(formula: str) -> None:
    corpus = Corpus([Pair(formula, "x"), *numbered(20)])
    assert corpus.to_csv().decode("utf-8-sig").startswith(f'"\'{formula}"')
    assert Corpus.from_tsv(corpus.to_tsv()).pairs[0].src == formula  # our own file keeps it as it is


def test_a_source_is_found_however_it_is_written() -> None:
    corpus = Corpus([Pair("Hello, world!", "Bonjour"), *numbered(20)])
    assert corpus.find("hello  WORLD") == ("Hello, world!", "Bonjour")
    assert corpus.find("hello") is None and corpus.find("") is None


@pytest.mark.parametrize("n", [0, 1, FEWEST_PAIRS - 1])
def test_too_few(n: int) -> None:
    with pytest.raises(CorpusError, match=f"{FEWEST_PAIRS} different pairs are needed, {n} were found"):
        Corpus(numbered(n))


def test_too_many() -> None:
    with pytest.raises(CorpusError, match=f"{MOST_ROWS + 1} pairs or lines"):
        Corpus(numbered(MOST_ROWS + 1))


GOOD = Corpus(numbered(30)).to_tsv()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (GOOD + b"one column\n", 31),
        (GOOD + b"a\tb\tc\n", 31),
        (GOOD + b"a\\x\tb\n", 31),
        (GOOD + b"a\\\tb\n", 31),
        (GOOD + b"a\tb\r\n", 31),
        (GOOD + b"\xff\tb\n", 31),
        (GOOD + b"a\t\n", 31),
        (GOOD + b"?\tb\n", 31),
        (GOOD + b"WORD 3!\tb\n", 31),
        (GOOD + b"x" * (LONGEST_SIDE[2] + 1) + b"\tb\n", 31),
        (GOOD + b"a\tb", 31),
        (GOOD + b"\n", 31),
        (b"\n" + GOOD, 1),
        (b"", 1),
        (b"\xef\xbb\xbf", 1),
    ],
)
def test_a_damaged_file_names_its_line(data: bytes, line: int) -> None:
    with pytest.raises(CorpusError, match=f"line {line} is damaged"):
        Corpus.from_tsv(data)


def test_half_a_character_cannot_be_kept() -> None:
    with pytest.raises(CorpusError, match="line 21 is damaged"):
        Corpus([*numbered(20), Pair("a \ud800", "b")])


def test_a_file_too_large_to_be_one_of_ours() -> None:
    with pytest.raises(CorpusError):
        Corpus.from_tsv(b"a\tb\n" * (MOST_ROWS + 1))
    with pytest.raises(CorpusError, match="larger"):
        Corpus.from_tsv(b"x" * (200 * MB))


def test_the_three_languages() -> None:
    for language in ("zh", "fr", "ru"):
        corpus = Corpus([Pair(*pair) for pair in brought.pairs(language, 35)])
        assert Corpus.from_tsv(corpus.to_tsv()) == corpus
