"""Every line is accounted for, and no source comes twice in whatever spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import brought
from transformer.corpus import Choices, CorpusError, Report, clean_pairs
from transformer.corpus.choices import DELIMITERS
from transformer.corpus.cleaning import REASONS, Columns, clean
from transformer.corpus.keys import key_of, tidy, units_of
from transformer.corpus.tables import lines_of, rows_of

FR = brought.pairs("fr", 40)
TEXT = st.text(st.sampled_from("aàeéAB .!?,\"'’\t\n\r;|=>-＝Ａ你好。，\u200b\u202e\u3000\x1f\x00"), max_size=120)


def accounted(report: Report) -> int:
    return report.header + report.kept_lines + sum(found.lines for found in report.skipped.values())


@given(text=TEXT, delimiter=st.sampled_from(list(DELIMITERS)), header=st.booleans(), n=st.integers(2, 4))
def test_all_counts_add_up(text: str, delimiter: str, header: bool, n: int) -> None:
    lines = lines_of(text)
    pairs, report = clean(rows_of(lines, delimiter), Columns(0, 1, n), 50, header)
    assert report.lines == len(lines) == accounted(report)
    assert report.kept == len(pairs) and set(report.skipped) <= set(REASONS)
    for found in report.skipped.values():
        assert found.lines >= found.pairs >= len(found.first) >= 1
        assert found.first == sorted(set(found.first)) and all(1 <= number <= len(lines) for number in found.first)
    keys = [key_of(pair.src) for pair in pairs]
    assert len(set(keys)) == len(keys) and all(keys)
    for pair in pairs:
        assert pair == (tidy(pair.src), tidy(pair.tgt)) and key_of(pair.tgt) and max(map(len, pair)) <= 50


def test_a_line_for_each_reason() -> None:
    good = [f"{src}\t{tgt}" for src, tgt in FR]
    bad = {
        "": "blank",
        "only one": "columns",
        "one\ttwo\tthree": "columns",
        "\tseul": "empty_side",
        "alone\t  ": "empty_side",
        "?!\tquoi": "empty_side",
        "\u200b\u200b\tx": "empty_side",
        "x" * 201 + "\ty": "too_long",
        "y\t" + "x" * 201: "too_long",
        "x" * 20_000 + "\ty": "too_long",
        good[0]: "repeated",
        good[1].upper() + " !": "repeated",
        f"{FR[2][0]}.\tune autre phrase": "other_answer",
    }
    report = clean_pairs("\n".join([*good, *bad]).encode()).report
    told = {reason: found.first for reason, found in report.skipped.items()}
    expected: dict[str, list[int]] = {}
    for i, reason in enumerate(bad.values()):
        expected.setdefault(reason, []).append(len(good) + 1 + i)
    assert told == expected
    assert report.to_dict()["skipped"][0] == {"reason": "blank", "lines": 1, "pairs": 1, "first": [41]}
    assert [found["reason"] for found in report.to_dict()["skipped"]] == [r for r in REASONS if r in expected]


def test_the_length_may_be_chosen() -> None:
    data = "\n".join(f"{'a' * i}\t{'b' * i}" for i in range(1, 401)).encode()
    for longest in (20, 200, 400):
        found = clean_pairs(data, Choices(longest=longest))
        assert found.report.kept == longest and len(found.pairs[-1].src) == longest


def test_only_the_first_line_numbers_are_kept() -> None:
    report = clean_pairs((b"a\tb\n" * 5000) + b"c\td\n").report
    assert report.skipped["repeated"].lines == 4999
    assert report.skipped["repeated"].first == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello,  world"),
        ("café", "cafe\u0301"),
        ("I don't", "i don’t"),
        ("ＡＢＣ１", "abc1"),
        ("你好。", "你好！"),
        ("a\u200bb", "ab"),
        ("« oui »", "oui"),
        ("no - ( . ) end", "no - end"),
        ("tab\there", "tab here"),
        ("STRASSE", "strasse"),
    ],
)
def test_the_same_sentence(one: str, other: str) -> None:
    assert key_of(tidy(one)) == key_of(tidy(other)) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("3+4", "34"), ("10:30", "1030"), ("1.5", "15"), ("a b", "ab"), ("resume", "résumé"), ("你好吗", "你好")],
)
def test_not_the_same_sentence(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@given(st.text(max_size=60))
def test_keys_are_stable(text: str) -> None:
    assert key_of(tidy(text)) == key_of(tidy(tidy(text)))
    assert key_of(key_of(text)) == key_of(text)
    assert tidy(tidy(text)) == tidy(text)
    tidied = tidy(text)
    tidied.encode("utf-8")  # no half characters
    assert not any(mark in tidied for mark in "\t\n\r\x00\u202e")


def test_units_are_words_or_characters() -> None:
    assert units_of(key_of("The cat, 我爱你 ok")) == ["the", "cat", "我", "爱", "你", "ok"]


def test_a_refusal_speaks_whatever_its_values() -> None:
    error = CorpusError("choice", name="encoding", value="{x}")
    assert str(error) == "{x} is no value of encoding" and error.values["value"] == "{x}"


@pytest.mark.parametrize("text", ["* * *", "—", "-", "·", "[…]", "▁", "\u02bc", "\ufe0f"])
def test_a_side_without_anything_to_read_is_left_out(text: str) -> None:
    """No vocabulary would find a token in it, and a model cannot read nothing."""
    rows = [(text, "something"), ("something", text), *brought.pairs("fr", 30)]
    found = clean_pairs(brought.tsv(rows).encode()).report
    assert found.skipped["empty_side"].first == [1, 2] and found.kept == 30
