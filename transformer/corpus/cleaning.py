"""Go through the rows of a text and keep its good pairs; every line that is left out is counted, with the reason.

All counts add up: each line of the text is the header, or belongs to a pair that was kept, or was left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from transformer.corpus.keys import is_read, key_of, tidy
from transformer.corpus.limits import LONGEST_LINE
from transformer.corpus.tables import Row

REASONS = {
    "blank": "the line is empty",
    "quote": "a quotation mark is not closed where a cell ends",
    "columns": "the line has too few or too many columns",
    "no_partner": "a text stands without its translation",
    "empty_side": "one of the two texts is empty, or nothing but punctuation",
    "too_long": "a text is too long",
    "repeated": "the same pair stands further up",
    "other_answer": "the same source stands further up, with another translation",
}
FIRST = 5  # line numbers that are told for each reason


class Pair(NamedTuple):
    """A source text and its translation."""

    src: str
    tgt: str


@dataclass
class Skipped:
    """What was left out for one reason."""

    lines: int = 0
    pairs: int = 0
    first: list[int] = field(default_factory=list)  # numbers of the first lines, from 1


@dataclass
class Report:
    """What became of every line of a text."""

    lines: int = 0  # read in all
    header: int = 0  # lines that name the columns
    kept: int = 0  # pairs
    kept_lines: int = 0
    skipped: dict[str, Skipped] = field(default_factory=dict)  # reason -> what was left out; in the order of REASONS

    def skip(self, row: Row, reason: str) -> None:
        """Count a row that is left out."""
        skipped = self.skipped.setdefault(reason, Skipped())
        skipped.lines += row.n_lines
        skipped.pairs += 1
        if len(skipped.first) < FIRST:
            skipped.first.append(row.number)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        skipped = [
            {"reason": reason, "lines": found.lines, "pairs": found.pairs, "first": found.first}
            for reason in REASONS
            if (found := self.skipped.get(reason))
        ]
        return {
            "lines": self.lines,
            "header": self.header,
            "kept": self.kept,
            "kept_lines": self.kept_lines,
            "skipped": skipped,
        }


class Columns(NamedTuple):
    """Where the texts stand: columns from 0, and how many there are."""

    src: int
    tgt: int
    n: int


def clean(rows: Iterable[Row], columns: Columns, longest: int, header: bool) -> tuple[list[Pair], Report]:
    """Keep the good pairs of some rows, in their order, each source once.

    longest: characters of one side   header: whether the first row that has cells names the columns
    """
    report, pairs = Report(), []
    known: dict[str, str] = {}  # key of a source -> key of its translation
    for row in rows:
        report.lines += row.n_lines
        if header and not row.problem:
            header, report.header = False, row.n_lines
            continue
        pair, reason = examine(row, columns, longest, known)
        if pair is None:
            report.skip(row, reason)
            continue
        pairs.append(pair)
        report.kept += 1
        report.kept_lines += row.n_lines
    return pairs, report


def examine(row: Row, columns: Columns, longest: int, known: dict[str, str]) -> tuple[Pair | None, str]:
    """Return the pair of a row, or None and the reason why it is left out. A new source is written down in `known`."""
    if row.problem:
        return None, row.problem
    if not max(columns.src, columns.tgt) < len(row.cells) <= columns.n:
        return None, "columns"
    raw = row.cells[columns.src], row.cells[columns.tgt]
    if max(map(len, raw)) > LONGEST_LINE:
        return None, "too_long"
    src, tgt = tidy(raw[0]), tidy(raw[1])
    if max(len(src), len(tgt)) > longest:
        return None, "too_long"
    src_key, tgt_key = key_of(src), key_of(tgt)
    if not (src_key and tgt_key and is_read(src) and is_read(tgt)):
        return None, "empty_side"
    if src_key in known:
        return None, "repeated" if known[src_key] == tgt_key else "other_answer"
    known[src_key] = tgt_key
    return Pair(src, tgt), ""
