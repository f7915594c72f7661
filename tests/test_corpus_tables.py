"""Lines and cells: what separates them is found out, bad lines are set aside by number, and a word stays a word."""

import pytest

import brought
from transformer.corpus import Choices, CorpusError, clean_pairs, look, read_pairs
from transformer.corpus.choices import DELIMITERS
from transformer.corpus.tables import Row, cells_of, lines_of, rows_of

ZH = brought.pairs("zh", 40)
FR = brought.pairs("fr", 40)


def written(delimiter: str, pairs: tuple[tuple[str, str], ...]) -> bytes:
    if delimiter == "lines":
        return "".join(f"{src}\n{tgt}\n" for src, tgt in pairs).encode()
    mark = DELIMITERS[delimiter]
    return "".join(f"{src}{mark}{tgt}\n" for src, tgt in pairs).encode()


def skipped(data: bytes, choices: Choices | None = None) -> dict[str, list[int]]:
    report = clean_pairs(data, choices).report
    return {reason: found.first for reason, found in report.skipped.items()}


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_what_separates_the_texts_is_found_out(delimiter: str) -> None:
    found = look(written(delimiter, ZH))
    assert (found.delimiter, found.refusal) == (delimiter, None)
    assert read_pairs(written(delimiter, ZH)).pairs == ZH


def test_pairs_between_empty_lines() -> None:
    """Two texts of one script below each other are found where empty lines part the pairs, and a third is no pair."""
    data = "\n\n".join(f"{src}\n{tgt}" for src, tgt in FR) + "\n\none\ntwo\nthree\n\nalone\n"
    assert look(data.encode()).delimiter == "lines"
    assert read_pairs(data.encode()).pairs == FR
    n = 3 * len(FR)
    assert skipped(data.encode()) == {"blank": [3, 6, 9, 12, 15], "no_partner": [n + 1, n + 5]}


def test_texts_of_one_script_below_each_other_are_asked_about() -> None:
    """Nobody can know whether these are pairs or one column: the person says so."""
    data = "".join(f"{src}\n{tgt}\n" for src, tgt in FR).encode()
    found = look(data)
    assert found.refusal is not None and found.refusal.reason == "one_column"
    assert found.rows[0] == (1, (FR[0][0],)) and found.encoding == "utf-8"  # there is something to look at
    assert read_pairs(data, Choices(delimiter="lines")).pairs == FR
    assert skipped(data + b"one more\n", Choices(delimiter="lines")) == {"no_partner": [2 * len(FR) + 1]}


def test_spreadsheet_cells_in_quotes() -> None:
    lines = ['"said ""hi"", then left",a dit salut', '"one, two","un, deux"', 'plain,"simple "', ' "a b", "c d"']
    data = "\n".join([*lines, *(f"word {i},mot {i}" for i in range(30))]).encode()
    pairs = clean_pairs(data).pairs
    assert pairs[:4] == [
        ('said "hi", then left', "a dit salut"),
        ("one, two", "un, deux"),
        ("plain", "simple"),
        ("a b", "c d"),
    ]


def test_an_open_quote_spoils_its_own_line_only() -> None:
    lines = [f"word {i},mot {i}" for i in range(60)]
    lines[4] = '"open,ouvert'
    lines[9] = '"wrong" end,fin'
    lines[30] = '"open again,"encore'
    found = clean_pairs("\n".join(lines).encode())
    assert found.report.skipped["quote"].first == [5, 10, 31]
    assert found.report.kept == 57


def test_a_cell_may_go_on_on_the_next_line() -> None:
    lines = [f"word {i},mot {i}" for i in range(30)]
    lines[3:3] = ['"first line', 'second line","deux', 'lignes"']
    found = clean_pairs("\n".join(lines).encode())
    assert found.pairs[3] == ("first line second line", "deux lignes")
    assert (found.report.lines, found.report.kept, found.report.kept_lines) == (33, 31, 33)


def test_quotes_within_a_cell_are_letters_in_tab_separated_text() -> None:
    rows = [('"hello', "bonjour"), ('say "no"', 'dis "non"'), ('"Yes", he said, "now"', 'x "'), ('"', "x"), *FR]
    pairs = clean_pairs(brought.tsv(rows).encode()).pairs
    assert pairs[:3] == rows[:3]


def test_a_spreadsheet_puts_cells_in_quotes_in_tab_separated_text_too() -> None:
    rows = [('"say ""no"", Tom"', '"dis ""non"", Tom"'), ('"all of it"', '"tout"'), (' "one, two" ', "un, deux"), *FR]
    pairs = clean_pairs(brought.tsv(rows).encode()).pairs
    assert pairs[:3] == [('say "no", Tom', 'dis "non", Tom'), ("all of it", "tout"), ("one, two", "un, deux")]


@pytest.mark.parametrize("delimiter", ["tab", "comma"])
def test_words_that_programs_misread_stay_words(delimiter: str) -> None:
    words = ["NA", "null", "None", "nan", "001", "1e5", "TRUE", "1/2", "1.0", "-0", "inf", "0x10", "N/A", "#N/A"]
    rows = [(word, f"{word} x") for word in words] + [(f"w {i}", f"{i:03}") for i in range(20)]
    data = "\n".join(DELIMITERS[delimiter].join(row) for row in rows)
    assert list(read_pairs(data.encode(), Choices(header=False)).pairs) == rows


def test_ragged_lines_are_told_by_number_and_the_good_ones_kept() -> None:
    rows = [f"word {i}\tmot {i}" for i in range(40)]
    for i in (1, 3, 5, 7, 9, 11):
        rows[i] = ["alone", "a\tb\tc"][i % 4 == 1]
    data = "\n".join(rows).encode()
    found = clean_pairs(data)
    assert found.report.skipped["columns"].first == [2, 4, 6, 8, 10]
    assert found.report.skipped["columns"].lines == 6 and found.report.kept == 34


def test_a_missing_last_column_does_no_harm() -> None:
    rows = [f"word {i}\tmot {i}" + ("\tsomebody" if i % 3 else "") for i in range(40)]
    assert len(read_pairs("\n".join(rows).encode())) == 40


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        (("English", "French"), True),
        (("source", "target"), True),
        (("原文", "译文"), True),
        (("en", "fr"), True),
        (("hello", "bonjour"), False),
        (("question", "my answer"), False),
    ],
)
def test_header(first: tuple[str, str], is_header: bool) -> None:
    data = brought.tsv([first, *FR]).encode()
    found, reading = look(data), clean_pairs(data)
    assert found.header == is_header == bool(reading.report.header)
    assert found.names == (first if is_header else ("", ""))
    assert (reading.pairs[0] == first) != is_header
    other = clean_pairs(data, Choices(header=not is_header))
    assert (other.pairs[0] == first) == is_header


def test_the_header_may_be_named_on_one_side_where_the_scripts_tell() -> None:
    assert look(brought.tsv([("Chinese", "in my words"), *ZH]).encode()).header
    assert not look(brought.tsv([("in my words", "Chinese"), *FR]).encode()).header


def test_the_columns_of_texts_are_found_and_may_be_chosen() -> None:
    rows = [(str(100 + i), src, str(900 + i), tgt, "CC-BY 2.0") for i, (src, tgt) in enumerate(FR)]
    data = brought.tsv(rows).encode()
    found = look(data)
    assert (found.src, found.tgt, len(found.names)) == (1, 3, 5)
    assert read_pairs(data).pairs == FR
    assert read_pairs(data, Choices(src=3, tgt=1)).pairs[0] == (FR[0][1], FR[0][0])
    assert read_pairs(data, Choices(src=0)).pairs[0] == ("100", FR[0][0])
    with pytest.raises(CorpusError, match="no column 8; the columns are 1 to 5"):
        read_pairs(data, Choices(tgt=7))
    with pytest.raises(CorpusError, match="two columns"):
        Choices(src=2, tgt=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "latin-9"},
        {"encoding": 5},
        {"delimiter": "space"},
        {"delimiter": ["tab"]},
        {"header": "yes"},
        {"src": -1},
        {"src": 50},
        {"tgt": 1.0},
        {"tgt": True},
        {"longest": 0},
        {"longest": 10_000},
        {"longest": None},
        {"path": "/etc"},
    ],
)
def test_choices_of_a_stranger(wrong: dict[str, object]) -> None:
    with pytest.raises(CorpusError, match="is no value of"):
        Choices.from_dict(wrong)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "a\tb",
        'a,"b\n\nc',
        "x\n\n\ny\n",
        "\t\t\n,,\n;;",
        '"\n"\n"\n' * 30,
        "a\r\rb\r\n\n",
        "one\n\ntwo\nthree\n",
    ],
)
def test_rows_hold_every_line_once(delimiter: str, text: str) -> None:
    lines = lines_of(text)
    rows = list(rows_of(lines, delimiter))
    assert sum(row.n_lines for row in rows) == len(lines)
    assert all(isinstance(row, Row) and 1 <= row.number <= len(lines) for row in rows)


def test_a_line_is_cut_into_few_more_cells_than_allowed() -> None:
    assert len(cells_of("\t" * 1_000_000, "tab") or []) == 51
    assert [row.problem for row in rows_of(["a\t" * 60], "tab")] == ["columns"]
    assert [row.problem for row in rows_of(["a" * 10_001], "tab")] == ["too_long"]
