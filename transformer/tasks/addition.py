"""Add two numbers of up to three digits, the most significant digit first, as on paper: the hard part is the carry.

The leftmost digit is written first, so the model must know by then whether a carry comes up from columns whose sums
it has not written yet.
"""

import re
from collections.abc import Iterator

import numpy as np

from transformer.tasks.base import Cells, Example, Flip, Split, Task, require_split
from transformer.tasks.draws import BLOCK, each_once, generator, in_split
from transformer.vocab import BOS, EOS, SPECIALS, CharacterVocabulary

DIGITS = "0123456789"
MOST_DIGITS = 3  # of each number in training and in the tests
LENGTHS = (1, 2, 3)
LENGTH_SHARES = (1 / 6, 2 / 6, 3 / 6)  # how often a number has 1, 2 or 3 digits
KNOWN_UP_TO = 40  # digits of a typed number that has an answer all the same
NUMBER = f"(0|[1-9][0-9]{{0,{KNOWN_UP_TO - 1}}})"
FIRST_ID = len(SPECIALS)  # "0"
PLUS_ID = FIRST_ID + len(DIGITS)
PAD_DIGIT = -1  # where a number has no digit


class AdditionTask(Task):
    """Add two numbers from 0 to 999.

    alignment: a written digit comes from the one or two digits of its own column. The 1 in front of 1000 has no column
    above it, so it has no source of its own, only a carry.
    carry: the digits that decide whether a carry comes into the column of a written digit: those of the next lower
    column, and as long as a column sums to 9, so that it passes a carry on, those of the column below it too.

    >>> example = AdditionTask().answer("358+467")
    >>> example.tgt, example.alignment
    ('825', [(0, 0), (0, 4), (1, 1), (1, 5), (2, 2), (2, 6)])
    >>> example.relations["carry"]  # the 8 needs to know 5+6, the 2 needs to know 8+7
    [(0, 1), (0, 5), (1, 2), (1, 6)]
    >>> AdditionTask().answer("95+9").relations["carry"]  # the 1 needs to know 9, and since that is 9, also 5+9
    [(0, 0), (0, 1), (0, 3), (1, 1), (1, 3)]
    """

    name = "addition"
    languages: tuple[str, str] = ("language.problem", "language.sum")
    example = "358+467"

    def __init__(self) -> None:
        self.src_vocab = CharacterVocabulary([*SPECIALS, *DIGITS, "+"])
        self.tgt_vocab = CharacterVocabulary([*SPECIALS, *DIGITS])

    def vocabularies(self) -> tuple[CharacterVocabulary, CharacterVocabulary]:
        """Return the digits and the plus sign, and the digits."""
        return self.src_vocab, self.tgt_vocab

    # -- problems to learn from and to be tested on ------------------------------------------------------------------

    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield sums of numbers of 1, 2 or 3 digits; the two numbers, in whichever order, decide the split.

        train: endless. valid, test: each source once.
        """
        require_split(split)
        drawn = self._examples(seed, split)
        return drawn if split == "train" else each_once(drawn)

    def _examples(self, seed: int, split: Split) -> Iterator[Example]:
        for block in self._blocks(seed, split):
            for a, b in block.tolist():
                yield worked(str(a), str(b))

    def _blocks(self, seed: int, split: Split) -> Iterator[np.ndarray]:
        """Yield blocks of number pairs: (n, 2) int64."""
        random = generator(self.name, seed, split)
        while True:
            n_digits = random.choice(LENGTHS, (BLOCK, 2), p=LENGTH_SHARES)
            lowest = np.where(n_digits == 1, 0, 10 ** (n_digits - 1))
            numbers = random.integers(lowest, 10**n_digits)
            yield numbers[in_split(keys_of(numbers), split)]

    def id_rows(self, seed: int, n: int) -> tuple[list[list[int]], list[list[int]]]:
        """Return the first n training examples as ids: sources, and targets from BOS to EOS."""
        src: list[list[int]] = []
        tgt: list[list[int]] = []
        blocks = self._blocks(seed, "train")
        while len(src) < n:
            block = next(blocks)
            plus = np.full((len(block), 1), PLUS_ID)
            a, b = (ids_of(numbers, MOST_DIGITS) for numbers in block.T)
            src += [[i for i in row if i >= FIRST_ID] for row in np.hstack([a, plus, b]).tolist()]
            sums = ids_of(block.sum(axis=1), MOST_DIGITS + 1).tolist()
            tgt += [[BOS, *(i for i in row if i >= FIRST_ID), EOS] for row in sums]
        return src[:n], tgt[:n]

    # -- what a page asks --------------------------------------------------------------------------------------------

    def read(self, text: str) -> str:
        """Return a typed text as the model reads it, spaces left out."""
        return self.src_vocab.join(self.src_vocab.encode(text).surfaces)

    def answer(self, text: str) -> Example | None:
        """Return the worked sum of two numbers of up to 40 digits, also where the model has never learned it."""
        numbers = re.fullmatch(rf"{NUMBER}\+{NUMBER}", self.read(text))
        return worked(*numbers.groups()) if numbers else None

    def nearest(self, text: str) -> str | None:
        """Return the first two numbers of a text as a sum, cut to three digits; None if it has no digit."""
        numbers = [str(int(digits[:MOST_DIGITS])) for digits in re.findall("[0-9]+", self.read(text))]
        return "+".join([*numbers, *numbers][:2]) if numbers else None

    def known_words(self) -> dict[str, list[str]]:
        """Return the characters of a sum."""
        return {"digits": list(DIGITS), "signs": ["+"]}

    def chips(self) -> list[str]:
        """Return sums to begin with: two carries, none, one, one that runs through all columns, unequal lengths."""
        return [self.example, "123+456", "358+461", "999+1", "47+905", "8+7"]

    def flip(self, text: str) -> Flip | None:
        """Return a digit of the units with another that makes the carry from the units come or go.

        It is the larger digit where something is carried, else the smaller one; the other is what it lacks to 9.

        >>> AdditionTask().flip("358+467")  # 825, 818
        Flip(position=2, words=['1', '8'], chosen=1, partner='351+467')
        """
        known = self.answer(text)
        if known is None:
            return None
        flipped = complement_in_units(known.src)
        if flipped is None:
            return None
        position, partner = flipped
        if complement_in_units(partner) != (position, known.src):
            return None
        pair = sorted([known.src[position], partner[position]])
        return Flip(position, pair, pair.index(known.src[position]), partner)


def worked(a: str, b: str) -> Example:
    """Write down a sum with its columns and carries."""
    tgt = str(int(a) + int(b))
    rows = range(len(tgt))
    columns = [places_in_column(a, b, len(tgt) - 1 - row) for row in rows]  # of each written digit, left to right
    src = f"{a}+{b}"
    carry: Cells = []
    for row in rows:
        carry += [(row, place) for place in sorted(deciders(src, columns[row + 1 :]))]
    incoming = [row for row in rows if columns[row] and carries(a, b, len(tgt) - 1 - row)]
    alignment = [(row, place) for row in rows for place in columns[row]]
    return Example(src, tgt, alignment, relations={"carry": carry}, watch=incoming[0] if incoming else 0)


def places_in_column(a: str, b: str, column: int) -> list[int]:
    """Say where the digits of a column stand in a+b; column 0 is the units."""
    ends = ((len(a) - 1, len(a)), (len(a) + len(b), len(b)))  # (place of the units, number of digits)
    return [units - column for units, n_digits in ends if column < n_digits]


def deciders(src: str, lower: list[list[int]]) -> list[int]:
    """Return the digits that decide the carry into a column. lower: the columns below it, the next one first"""
    found = []
    for places in lower:
        found += places
        if sum(int(src[place]) for place in places) != 9:
            break  # this column carries or it does not, whatever comes up from below
    return found


def carries(a: str, b: str, column: int) -> bool:
    """Tell whether a carry comes into a column."""
    return column > 0 and int(a[-column:]) + int(b[-column:]) >= 10**column


def complement_in_units(src: str) -> tuple[int, str] | None:
    """Replace a digit of the units by what it lacks to 9, if the carry changes by it: its place and the new sum."""
    plus = src.index("+")
    (low, low_place), (high, high_place) = sorted([(int(src[plus - 1]), plus - 1), (int(src[-1]), len(src) - 1)])
    digit, place = (high, high_place) if low + high > 9 else (low, low_place)
    if (low + high > 9) == (low + high - digit + 9 - digit > 9):
        return None
    return place, f"{src[:place]}{9 - digit}{src[place + 1 :]}"


def keys_of(numbers: np.ndarray) -> np.ndarray:
    """Give each pair a number of its own, the same in either order. (n, 2) -> (n,) int64"""
    return numbers.min(axis=1) * 10**MOST_DIGITS + numbers.max(axis=1)


def ids_of(numbers: np.ndarray, width: int) -> np.ndarray:
    """Write numbers as ids without leading zeros: (n,) -> (n, width), less than FIRST_ID where there is no digit."""
    digits = numbers[:, None] // 10 ** np.arange(width - 1, -1, -1)  # (n, width): the number down to this digit
    return np.where((digits > 0) | (np.arange(width) == width - 1), digits % 10, PAD_DIGIT) + FIRST_ID
