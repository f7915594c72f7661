"""Cut a text into lines and the lines into cells. A bad line is set aside with its number; it never spoils the others.

Comma-separated text has cells in quotes that may hold anything; in tab-separated text only a cell that stands wholly in
quotes, as spreadsheets write it, loses them. Texts may also stand below each other, line by line.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from transformer.corpus.choices import DELIMITERS, QUOTED
from transformer.corpus.limits import LONGEST_LINE, MOST_COLUMNS, MOST_LINES, MOST_ROWS
from transformer.corpus.refusals import CorpusError

SAMPLE = 400  # lines that decide how a text is cut
AGREE = 0.7  # the least share of the lines that must have the same number of cells
JOINED = 20  # lines that one cell in quotes may stretch over
PAIR = 2
WRAPPED = re.compile(r'^\s*"((?:[^"]|"")*)"\s*$')  # every quote inside is doubled, so the outer ones are no speech


class Row(NamedTuple):
    """One pair-to-be: its cells, or why there are none."""

    number: int  # of its first line, from 1
    n_lines: int
    cells: list[str]
    problem: str = ""  # a reason of cleaning.REASONS


def lines_of(text: str) -> list[str]:
    """Cut a text at its line ends, whichever kind they are. CorpusError for too many lines, told before any is cut."""
    found = text.count("\n") + text.count("\r") - text.count("\r\n")
    if found > MOST_LINES:
        raise CorpusError("many_rows", found=found, limit=MOST_ROWS)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


# -- how is it cut? ---------------------------------------------------------------------------------------------------


def find_delimiter(lines: list[str]) -> str | None:
    """Tell what separates a text from its translation: a name of DELIMITERS, or None if nothing does so everywhere."""
    sample = [line for line in lines if line.strip() and len(line) <= LONGEST_LINE][:SAMPLE]
    if not sample:
        return None
    shares = {name: share_that_agrees(sample, name) for name in DELIMITERS if name != "lines"}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= AGREE:
        return next(name for name in shares if shares[name] >= max(AGREE, shares[best] - 0.05))
    return "lines" if look_like_pairs(lines[: 3 * SAMPLE]) else None


def share_that_agrees(sample: list[str], name: str) -> float:
    """Return the share of lines that a delimiter cuts into as many cells as most, two at least.

    Nobody writes a tab by the way: there it is the share of lines that have one.
    """
    counts = Counter(len(cells_of(line, name) or [""]) for line in sample)
    several = [lines for n, lines in counts.items() if n > 1]
    return (sum(several) if name == "tab" else max(several, default=0)) / len(sample)


def look_like_pairs(lines: list[str]) -> bool:
    """Tell whether texts stand below each other: pairs between empty lines, or two scripts that take turns."""
    groups = groups_of(lines)
    if len(groups) > 1 and sum(len(group) == PAIR for group in groups) >= AGREE * len(groups):
        return True
    full = [line for line in lines if line.strip()]
    first, second = [is_eastern(line) for line in full[0::2]], [is_eastern(line) for line in full[1::2]]
    if len(full) < PAIR:
        return False
    shares = sum(first) / len(first), sum(second) / len(second)
    return abs(shares[0] - shares[1]) >= AGREE


def is_eastern(text: str) -> bool:
    """Tell a text with Chinese, Japanese or Korean characters."""
    return re.search("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", text) is not None


def groups_of(lines: list[str]) -> list[list[int]]:
    """Return the positions of lines that stand together, between empty ones."""
    groups: list[list[int]] = []
    together = False
    for i, line in enumerate(lines):
        if not line.strip():
            together = False
        elif together:
            groups[-1].append(i)
        else:
            groups.append([i])
            together = True
    return groups


# -- rows -------------------------------------------------------------------------------------------------------------


def rows_of(lines: list[str], delimiter: str) -> Iterator[Row]:
    """Give every row of a text, empty and bad ones too: together they hold every line exactly once."""
    if delimiter == "lines":
        yield from pairs_below(lines)
        return
    i = 0
    while i < len(lines):
        row = row_at(lines, i, delimiter)
        yield row
        i += row.n_lines


def row_at(lines: list[str], i: int, delimiter: str) -> Row:
    """Cut the line at position i, with those after it that a cell in quotes reaches into."""
    line = lines[i]
    if not line.strip():
        return Row(i + 1, 1, [], "blank")
    if len(line) > LONGEST_LINE:
        return Row(i + 1, 1, [], "too_long")
    cells = cells_of(line, delimiter)
    n_lines = 1
    while cells is None and n_lines < JOINED and i + n_lines < len(lines):
        n_lines += 1
        if sum(map(len, lines[i : i + n_lines])) > LONGEST_LINE:
            break
        cells = cells_of("\n".join(lines[i : i + n_lines]), delimiter)
    if cells is None:
        return Row(i + 1, 1, [], "quote")
    return Row(i + 1, n_lines, cells, "columns" if len(cells) > MOST_COLUMNS else "")


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """Cut one line into cells, at most one more than allowed; None if a quote is not closed where it should be."""
    mark = DELIMITERS[delimiter]
    if delimiter == "tab" and '"' in line:
        return [WRAPPED.sub(_unwrapped, cell) for cell in line.split(mark, MOST_COLUMNS)]
    if delimiter not in QUOTED or '"' not in line:
        return line.split(mark, MOST_COLUMNS)
    try:
        return next(csv.reader([line], delimiter=mark, strict=True, skipinitialspace=True))
    except csv.Error:
        return None


def _unwrapped(cell: re.Match[str]) -> str:
    return cell[1].replace('""', '"')


def pairs_below(lines: list[str]) -> Iterator[Row]:
    """Give pairs of lines: two between empty lines where most stand so, else one after the other."""
    groups = groups_of(lines)
    if len(groups) < PAIR or sum(len(group) == PAIR for group in groups) < AGREE * len(groups):
        full = [i for group in groups for i in group]
        groups = [full[i : i + PAIR] for i in range(0, len(full), PAIR)]
    at = 0
    for group in groups:
        yield from (Row(i + 1, 1, [], "blank") for i in range(at, group[0]))
        at = group[-1] + 1
        inside = group[-1] - group[0] + 1
        long = any(len(lines[i]) > LONGEST_LINE for i in group)
        problem = "too_long" if long else "" if len(group) == PAIR else "no_partner"
        if inside > len(group):  # an empty line between a text and its translation
            yield from (Row(i + 1, 1, [], "blank") for i in range(group[0], group[-1]) if not lines[i].strip())
        yield Row(group[0] + 1, len(group), [] if problem else [lines[i] for i in group], problem)
    yield from (Row(i + 1, 1, [], "blank") for i in range(at, len(lines)))
