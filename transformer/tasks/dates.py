"""Write a date of any usual form as year-month-day (ISO 8601): reorder, look a month up, and complete a short year.

Each form has one reading: slashes stand in day/month/year, dots in year.month.day, and a year of two digits lies
between 1950 and 2049. All dates of the task do.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from transformer.tasks.base import Cells, Example, Flip, Split, Task, require_split
from transformer.tasks.draws import BLOCK, each_once, generator, in_split
from transformer.vocab import SPECIALS, CharacterVocabulary
from transformer.vocab.characters import SPACE

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
SHORT_MONTHS = [month[:3] for month in MONTHS]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)
ISO = "0123456789-"
MONTH_ROW = 5  # writes the first digit of the month

# what stands for a part of the date, as a pattern
DAY, MONTH, YEAR, NAME = "(?P<day>[1-9][0-9]?)", "(?P<month>[1-9][0-9]?)", "(?P<year>[1-9][0-9]{3})", "(?P<name>[a-z]+)"
TWO = "[0-9]{2}"


def th(day: int) -> str:
    """Return the ending of an English ordinal number: 1st, 2nd, 3rd, 4th, 11th."""
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a date: how it is written, and the pattern that finds its parts in a text."""

    write: Callable[[date], str]
    pattern: re.Pattern[str]


FORMS = [
    Form(lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}", re.compile(f"{DAY} {NAME} {YEAR}")),
    Form(lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}", re.compile(f"{NAME} {DAY}, {YEAR}")),
    Form(lambda d: f"{d.day}/{d.month}/{d.year}", re.compile(f"{DAY}/{MONTH}/{YEAR}")),
    Form(
        lambda d: f"{d.year}.{d.month:02}.{d.day:02}",
        re.compile(f"{YEAR}[.](?P<month>{TWO})[.](?P<day>{TWO})"),
    ),
    Form(
        lambda d: f"{WEEKDAYS[d.weekday()]} {d.day} {SHORT_MONTHS[d.month - 1]} {d.year}",
        re.compile(f"[a-z]+ {DAY} {NAME} {YEAR}"),
    ),
    Form(
        lambda d: f"{d.day}{th(d.day)} of {MONTHS[d.month - 1]} {d.year}",
        re.compile(f"{DAY}[a-z]+ of {NAME} {YEAR}"),
    ),
    Form(
        lambda d: f"{d.day:02}-{SHORT_MONTHS[d.month - 1]}-{d.year % 100:02}",
        re.compile(f"(?P<day>{TWO})-{NAME}-(?P<short>{TWO})"),
    ),
]


class DatesTask(Task):
    """Write a date of any of seven forms as year-month-day.

    A written digit comes from the digits of its part of the date, or from all letters of the month. The 0 before a
    single digit comes from that digit, and the century of a year of two digits from the first of them.

    >>> task = DatesTask()
    >>> task.answer("Mon 3 May 2021").tgt
    '2021-05-03'
    >>> example = task.answer("3/12/2021")
    >>> example.tgt  # row 8 writes the 0 and row 9 the 3, both come from the "3"
    '2021-12-03'
    >>> example.alignment
    [(0, 5), (1, 6), (2, 7), (3, 8), (5, 2), (6, 3), (8, 0), (9, 0)]
    >>> [task.answer(f"03-may-{year}").tgt for year in (49, 50)]
    ['2049-05-03', '1950-05-03']
    """

    name = "dates"
    languages: tuple[str, str] = ("language.date", "language.iso")
    example = "mon 3 may 2021"

    def __init__(self) -> None:
        letters = sorted(set("".join([*MONTHS, *WEEKDAYS, "stndrdthof"])))
        self.src_vocab = CharacterVocabulary([*SPECIALS, SPACE, *",-./", *"0123456789", *letters], keep_spaces=True)
        self.tgt_vocab = CharacterVocabulary([*SPECIALS, *ISO])

    def vocabularies(self) -> tuple[CharacterVocabulary, CharacterVocabulary]:
        """Return the characters of a date with its spaces, and those of an ISO date."""
        return self.src_vocab, self.tgt_vocab

    # -- dates to learn from and to be tested on ---------------------------------------------------------------------

    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield dates from 1950 to 2049, each form equally often; the date itself, in any form, decides the split.

        train: endless. valid, test: each date at most once in each form.
        """
        require_split(split)
        drawn = self._examples(seed, split)
        return drawn if split == "train" else each_once(drawn)

    def _examples(self, seed: int, split: Split) -> Iterator[Example]:
        random = generator(self.name, seed, split)
        while True:
            days = random.integers(FIRST.toordinal(), LAST.toordinal() + 1, BLOCK)
            forms = random.integers(0, len(FORMS), BLOCK)
            chosen = in_split(days, split)
            for day, form in zip(days[chosen].tolist(), forms[chosen].tolist(), strict=True):
                yield written(date.fromordinal(day), FORMS[form])

    # -- what a page asks --------------------------------------------------------------------------------------------

    def read(self, text: str) -> str:
        """Return a typed text as the model reads it."""
        return self.src_vocab.join(self.src_vocab.encode(text).surfaces)

    def answer(self, text: str) -> Example | None:
        """Return what is right for a date in one of the forms, of any year; None for a day that does not exist."""
        src = self.read(text)
        for form in FORMS:
            match = form.pattern.fullmatch(src)
            day = parsed(match) if match else None
            if day is not None and form.write(day) == src:  # "2rd of june", a wrong weekday and the like do not
                return written(day, form)
        return None

    def nearest(self, text: str) -> str | None:
        """Return a date of the task close to a text: the day, month and year that it has, in the form that fits best.

        None if it has neither a number nor a month.
        """
        src = self.read(text[:100])
        known = self.answer(src)
        numbers = [int(digits[:4]) for digits in re.findall("[0-9]+", src)]
        names = [word[:3] for word in re.findall("[a-z]+", src) if word[:3] in SHORT_MONTHS]
        if not numbers and not names:
            return None
        if known is not None:
            numbers, names = [int(part) for part in reversed(known.tgt.split("-"))], []
        elif numbers and numbers[0] > 31:
            numbers.reverse()  # the year came first
        return form_like(src).write(closest(numbers, names))

    def known_words(self) -> dict[str, list[str]]:
        """Return one date in every form, and the names."""
        day = date(2021, 5, 3)
        return {"forms": [form.write(day) for form in FORMS], "months": list(MONTHS), "weekdays": list(WEEKDAYS)}

    def chips(self) -> list[str]:
        """Return a date in every form."""
        return [
            self.example,
            "12/11/1987",
            "march 14, 1999",
            "25-dec-49",
            "2021.05.03",
            "22nd of june 2007",
            "30 september 2024",
        ]

    def flip(self, text: str) -> Flip | None:
        """Return the digit that decides the century of a year of two digits, with what it lacks to 9; else None.

        >>> DatesTask().flip("03-may-21")  # 2021, 1971
        Flip(position=7, words=['2', '7'], chosen=0, partner='03-may-71')
        """
        known = self.answer(text)
        match = FORMS[-1].pattern.fullmatch(known.src) if known else None
        if known is None or match is None:
            return None
        position = match.start("short")
        digit = known.src[position]
        other = str(9 - int(digit))
        partner = known.src[:position] + other + known.src[position + 1 :]
        if self.answer(partner) is None:  # the 29th of February has none in the other century
            return None
        pair = sorted([digit, other])
        return Flip(position, pair, pair.index(digit), partner)


def written(day: date, form: Form) -> Example:
    """Write a date down in one of the forms, with what comes from where."""
    src = form.write(day)
    match = form.pattern.fullmatch(src)
    if match is None:
        raise ValueError(f"a date is written so that it cannot be read: {src!r}")
    alignment: Cells = []
    for part, rows in (("year", range(4)), ("short", range(4)), ("month", (5, 6)), ("name", (5, 6)), ("day", (8, 9))):
        if part in form.pattern.groupindex:
            alignment += cells(list(rows), list(range(*match.span(part))), word=part == "name")
    return Example(src, day.isoformat(), sorted(alignment), watch=MONTH_ROW)


def cells(rows: list[int], places: list[int], word: bool) -> Cells:
    """Align the rows of a part with its characters: all with all of a word, digit by digit of a number.

    Where a number has fewer digits than it has rows, its first digit decides the rows in front too.
    """
    if word:
        return [(row, place) for row in rows for place in places]
    missing = len(rows) - len(places)
    return [(row, places[max(0, i - missing)]) for i, row in enumerate(rows)]


def parsed(match: re.Match[str]) -> date | None:
    """Return the date of a text that has one of the forms, None if there is no such day."""
    parts = match.groupdict()
    name = (parts.get("name") or "")[:3]
    month = SHORT_MONTHS.index(name) + 1 if name in SHORT_MONTHS else int(parts.get("month") or 0)
    year = int(parts["year"]) if "year" in parts else full_year(int(parts["short"]))
    try:
        return date(year, month, int(parts["day"]))
    except ValueError:
        return None


def full_year(short: int) -> int:
    """Complete a year of two digits: 1950 to 2049."""
    return short + (1900 if short >= FIRST.year % 100 else 2000)


def form_like(src: str) -> Form:
    """Return the form that shares most with a text: its own, or the one with the same signs."""
    for form in FORMS:
        if form.pattern.fullmatch(src):
            return form
    plain, comma, slash, dot, weekday, of, short = FORMS
    words = re.findall("[a-z]+", src)
    if "/" in src:
        return slash
    if "." in src and not words:
        return dot
    if "of" in words:
        return of
    if "-" in src:
        return short
    if any(word[:3] in WEEKDAYS for word in words):
        return weekday
    return comma if "," in src else plain


def closest(numbers: list[int], names: list[str]) -> date:
    """Make a date that exists and belongs to the task of day, month and year, as far as they are given."""
    if names:
        numbers = [*(numbers[:1] or [3]), SHORT_MONTHS.index(names[0]) + 1, *numbers[1:]]
    day, month, year = (*numbers, *(3, 5, 2021)[len(numbers) :])[:3]
    year = full_year(year) if year < 100 else year
    year, month = min(max(year, FIRST.year), LAST.year), min(max(month, 1), 12)
    for last in (31, 30, 29, 28):
        try:
            return date(year, month, min(max(day, 1), last))
        except ValueError:
            continue
    raise ValueError(f"no month has fewer days than 28, not even {year}-{month}")
