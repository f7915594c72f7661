"""Read what a person brought: first a look that shows how it is understood, then the pairs.

look(data)                    what it is: encoding, columns, the first rows, and whether it can be used
clean_pairs(data, choices)    the pairs with a report about every line
read_pairs(data, choices)     the same as a Corpus, or a CorpusError
"""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from transformer.corpus.choices import Choices
from transformer.corpus.cleaning import Columns, Pair, Report, clean
from transformer.corpus.corpus import Corpus
from transformer.corpus.encodings import decode, detect, readable_as
from transformer.corpus.limits import FEWEST_PAIRS, MOST_COLUMNS, MOST_ROWS, refuse_bytes
from transformer.corpus.refusals import CorpusError
from transformer.corpus.tables import PAIR, Row, find_delimiter, is_eastern, lines_of, rows_of

SHOWN = 8  # rows of a look
CELL = 200  # characters of a cell that a look shows
SAMPLE = 200  # rows that say which columns hold texts
NAMES = re.compile(
    r"source|target|src|tgt|trg|text|translation|sentences?|input|output|question|answer|id|lang(uage)?\d?|"
    r"english|french|chinese|mandarin|german|spanish|italian|japanese|korean|russian|en|fr|zh|cn|de|es|it|ja|ko|ru|"
    r"原文|译文|翻译|中文|汉语|英文|英语|法语|法文|德语|日语|源|目标|问题?|答案?|输入|输出|句子|编号",
    re.IGNORECASE,
)
MOSTLY = 0.9


class Table(NamedTuple):
    """A text that is understood: how it is cut, where the texts stand, its rows."""

    encoding: str
    delimiter: str
    header: bool
    columns: Columns
    rows: list[Row]


@dataclass(frozen=True)
class Look:
    """What a text seems to be. Where it cannot be used, `refusal` says why, and the rest is what is known so far."""

    n_bytes: int
    n_lines: int = 0
    encoding: str | None = None
    encodings: tuple[str, ...] = ()  # in which it could be read
    delimiter: str | None = None
    header: bool = False
    names: tuple[str, ...] = ()  # of the columns; "" where they have none
    src: int = 0
    tgt: int = 1
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()  # (line number, cells), the header first if there is one
    refusal: CorpusError | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "bytes": self.n_bytes,
            "lines": self.n_lines,
            "encoding": self.encoding,
            "encodings": list(self.encodings),
            "delimiter": self.delimiter,
            "header": self.header,
            "names": list(self.names),
            "src": self.src,
            "tgt": self.tgt,
            "rows": [{"line": line, "cells": list(cells)} for line, cells in self.rows],
        }


class Reading(NamedTuple):
    """Everything that a text gave."""

    table: Table
    pairs: list[Pair]
    report: Report


def look(data: bytes, choices: Choices | None = None) -> Look:
    """Say what a text seems to be. Never raises: a text that cannot be used carries the reason."""
    choices = choices or Choices()
    known: dict[str, Any] = {"n_bytes": len(data)}
    try:
        refuse_bytes(data)
        known["encodings"] = tuple(readable_as(data))
        known["encoding"] = choices.encoding or detect(data)
        lines = full_lines(decode(data, known["encoding"]))
        known["n_lines"] = len(lines)
        known["rows"] = tuple((i + 1, (line[:CELL],)) for i, line in enumerate(lines[:SHOWN]))
        delimiter = delimiter_of(lines, choices)
        known["delimiter"] = delimiter
        rows = list(islice(rows_of(lines, delimiter), SAMPLE))
        known["rows"] = shown(rows)
        header, columns = understand(rows, choices)
    except CorpusError as refusal:
        return Look(**known, refusal=refusal)
    first = next((row.cells for row in rows if not row.problem), []) if header else []
    names = tuple((first[i].strip()[:CELL] if i < len(first) else "") for i in range(columns.n))
    return Look(**known, header=header, names=names, src=columns.src, tgt=columns.tgt)


def shown(rows: list[Row]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the first rows with cells as a page shows them."""
    full = [row for row in rows if not row.problem][:SHOWN]
    return tuple((row.number, tuple(cell.strip()[:CELL] for cell in row.cells)) for row in full)


def read_table(data: bytes, choices: Choices) -> Table:
    """Find out how a text is to be read, and cut it into rows; CorpusError says why it cannot be."""
    refuse_bytes(data)
    encoding = choices.encoding or detect(data)
    lines = full_lines(decode(data, encoding))
    delimiter = delimiter_of(lines, choices)
    rows = list(rows_of(lines, delimiter))
    header, columns = understand(rows[:SAMPLE], choices)
    return Table(encoding, delimiter, header, columns, rows)


def full_lines(text: str) -> list[str]:
    """Cut a text into lines; CorpusError if there are too many, or nothing is on them."""
    lines = lines_of(text)
    if not any(map(str.strip, lines)):
        raise CorpusError("empty", pairs=FEWEST_PAIRS)
    return lines


def delimiter_of(lines: list[str], choices: Choices) -> str:
    """Return what separates the texts; CorpusError if nobody says it and it is not clear, or if it makes many pairs."""
    delimiter = choices.delimiter or find_delimiter(lines)
    if delimiter is None:
        raise CorpusError("one_column")
    found = sum(1 for line in lines if line.strip()) // (PAIR if delimiter == "lines" else 1)
    if found > MOST_ROWS:
        raise CorpusError("many_rows", found=found, limit=MOST_ROWS)
    return delimiter


def understand(rows: list[Row], choices: Choices) -> tuple[bool, Columns]:
    """Say whether the first row names the columns, and which columns hold the texts; CorpusError if there are none."""
    cells = [row.cells for row in rows if row.cells]
    sizes = sorted(map(len, cells))
    n = sizes[len(sizes) // 2] if sizes else 0
    if n > MOST_COLUMNS:
        raise CorpusError("many_columns", limit=MOST_COLUMNS, found=n)
    if n < PAIR:
        raise CorpusError("one_column")
    src, tgt = text_columns([row for row in cells if len(row) == n], choices)
    for column in (src, tgt):
        if column >= n:
            raise CorpusError("no_column", column=column + 1, found=n)
    header = names_columns(cells, src, tgt) if choices.header is None else choices.header
    return header, Columns(src, tgt, n)


def text_columns(cells: list[list[str]], choices: Choices) -> tuple[int, int]:
    """Return the two columns that hold texts: as chosen, else the first two that are no numbers and not all alike."""
    columns = list(range(len(cells[0])))
    texts = [i for i in columns if holds_texts([row[i].strip() for row in cells])]
    order = [*texts, *(i for i in columns if i not in texts)] if len(texts) >= PAIR else columns
    src = next(i for i in order if i != choices.tgt) if choices.src is None else choices.src
    tgt = next(i for i in order if i != src) if choices.tgt is None else choices.tgt
    return src, tgt


def holds_texts(cells: list[str]) -> bool:
    """Tell a column of texts from one of numbers, or of the same few words again and again."""
    rest = cells[1:] or cells
    full = [cell for cell in rest if cell]
    numbers = sum(cell.replace(".", "").isdigit() for cell in full)
    return len(full) > len(rest) / 2 and numbers < MOSTLY * len(full) and len(set(full)) > len(full) / 10


def names_columns(cells: list[list[str]], src: int, tgt: int) -> bool:
    """Tell a row of names: it says "English" or "source", or is not Chinese where everything below is."""
    if len(cells) < PAIR or len(cells[0]) <= max(src, tgt):
        return False
    first = [cells[0][i].strip() for i in (src, tgt)]
    if all(NAMES.fullmatch(name) for name in first):
        return True
    if not all(name and len(name) <= 30 for name in first) or not any(NAMES.fullmatch(name) for name in first):
        return False
    below = [[row[i] for i in (src, tgt)] for row in cells[1:] if len(row) > max(src, tgt)]
    eastern = [sum(map(is_eastern, side)) / len(side) for side in zip(*below, strict=True)] if below else [0.0, 0.0]
    return any(share > MOSTLY and not is_eastern(name) for share, name in zip(eastern, first, strict=True))


def clean_pairs(data: bytes, choices: Choices | None = None) -> Reading:
    """Read a text and keep its good pairs, however few; CorpusError if it cannot be read at all."""
    choices = choices or Choices()
    table = read_table(data, choices)
    pairs, report = clean(table.rows, table.columns, choices.longest, table.header)
    return Reading(table, pairs, report)


def read_pairs(data: bytes, choices: Choices | None = None) -> Corpus:
    """Read a text and keep its good pairs as a corpus; CorpusError says why there is none."""
    return Corpus(clean_pairs(data, choices).pairs)
