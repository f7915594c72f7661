"""Copy, reverse and sort letters: the three smallest tasks, whose heads draw a picture that anyone can read.

Copying makes a diagonal, reversing the other diagonal, and sorting visits the letters in the order of the alphabet.
Nothing about a letter itself matters for the first two: the model has to find places.
"""

import unicodedata
from abc import abstractmethod
from collections.abc import Iterator
from string import ascii_lowercase as ALPHABET
from typing import NamedTuple

import numpy as np

from transformer.tasks.base import Cells, Example, Flip, Split, Task, require_split
from transformer.tasks.draws import BLOCK, each_once, generator, in_split
from transformer.vocab import BOS, EOS, SPECIALS, UNK, CharacterVocabulary

SHORTEST, LONGEST = 4, 12  # letters of a source in training and in the tests
KNOWN_UP_TO = 100  # letters of a typed text that has an answer all the same
N_LETTERS = len(ALPHABET)
FIRST_ID = len(SPECIALS)  # "a"


class Letters(NamedTuple):
    """Many sources: letters (n, LONGEST) counted from 0, N_LETTERS where a source has ended; lengths (n,)."""

    letters: np.ndarray
    lengths: np.ndarray


class LettersTask(Task):
    """Share what the three tasks on letters have in common; each says in which order the letters are written."""

    example = "attention"

    def __init__(self) -> None:
        self.vocab = CharacterVocabulary([*SPECIALS, *ALPHABET])

    @abstractmethod
    def rearrange(self, drawn: Letters) -> np.ndarray:
        """Return what is to be written for many sources: (n, LONGEST), N_LETTERS behind the end."""

    @abstractmethod
    def write(self, letters: str) -> str:
        """Return what is to be written for one source."""

    @abstractmethod
    def align(self, letters: str) -> Cells:
        """Return which source letters each written letter may come from."""

    def vocabularies(self) -> tuple[CharacterVocabulary, CharacterVocabulary]:
        """Return one vocabulary twice, the 26 letters: what is read and what is written are the same letters."""
        return self.vocab, self.vocab

    # -- letters to learn from and to be tested on -------------------------------------------------------------------

    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield 4 to 12 letters drawn at random, every length equally often; the letters themselves decide the split.

        train: endless. valid, test: each source once.
        """
        require_split(split)
        drawn = self._examples(seed, split)
        return drawn if split == "train" else each_once(drawn)

    def _examples(self, seed: int, split: Split) -> Iterator[Example]:
        for block in self._blocks(seed, split):
            for row, n in zip(block.letters.tolist(), block.lengths.tolist(), strict=True):
                yield self._example("".join(ALPHABET[letter] for letter in row[:n]))

    def _blocks(self, seed: int, split: Split) -> Iterator[Letters]:
        random = generator(self.name, seed, split)
        while True:
            lengths = random.integers(SHORTEST, LONGEST + 1, BLOCK)
            letters = random.integers(0, N_LETTERS, (BLOCK, LONGEST))
            letters[np.arange(LONGEST) >= lengths[:, None]] = N_LETTERS
            chosen = in_split(keys_of(letters), split)
            yield Letters(letters[chosen], lengths[chosen])

    def id_rows(self, seed: int, n: int) -> tuple[list[list[int]], list[list[int]]]:
        """Return the first n training examples as ids: sources, and targets from BOS to EOS."""
        src: list[list[int]] = []
        tgt: list[list[int]] = []
        blocks = self._blocks(seed, "train")
        while len(src) < n:
            block = next(blocks)
            lengths = block.lengths.tolist()
            src += [row[:k] for row, k in zip((block.letters + FIRST_ID).tolist(), lengths, strict=True)]
            written = (self.rearrange(block) + FIRST_ID).tolist()
            tgt += [[BOS, *row[:k], EOS] for row, k in zip(written, lengths, strict=True)]
        return src[:n], tgt[:n]

    def _example(self, letters: str) -> Example:
        return Example(letters, self.write(letters), self.align(letters), watch=self.watch(len(letters)))

    def watch(self, n: int) -> int:
        """Return the row that tells most at first sight: the first, which has the whole way to its letter to go."""
        return 0

    # -- what a page asks --------------------------------------------------------------------------------------------

    def answer(self, text: str) -> Example | None:
        """Return what is right for letters of any length up to 100, also where the model has never learned it."""
        read = self.vocab.encode(text)
        if UNK in read.ids or not 1 <= len(read.ids) <= KNOWN_UP_TO:
            return None
        return self._example(self.vocab.join(read.surfaces))

    def nearest(self, text: str) -> str | None:
        """Return the letters of a text, accents taken off; cut to 12, or repeated up to 4. None if it has no letter."""
        plain = unicodedata.normalize("NFKD", text[:KNOWN_UP_TO]).lower()
        letters = "".join(mark for mark in plain if mark in ALPHABET)
        if not letters:
            return None
        return letters[:LONGEST] if len(letters) >= SHORTEST else (letters * SHORTEST)[:SHORTEST]

    def known_words(self) -> dict[str, list[str]]:
        """Return the alphabet."""
        return {"letters": list(ALPHABET)}

    def chips(self) -> list[str]:
        """Return words to begin with: short and long ones, with and without a letter that comes twice."""
        return ["attention", "hello", "transformer", "banana", "query", "intelligence"]


class CopyTask(LettersTask):
    """Write the letters as they are.

    >>> example = CopyTask().answer("hello")
    >>> example.tgt, example.alignment
    ('hello', [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)])
    """

    name = "copy"
    languages: tuple[str, str] = ("language.letters", "language.copied")

    def rearrange(self, drawn: Letters) -> np.ndarray:
        return drawn.letters

    def write(self, letters: str) -> str:
        return letters

    def align(self, letters: str) -> Cells:
        return [(i, i) for i in range(len(letters))]

    def watch(self, n: int) -> int:
        return n // 2  # the first row would read the first letter, as heads that do nothing often do


class ReverseTask(LettersTask):
    """Write the letters from the last to the first.

    >>> example = ReverseTask().answer("hello")
    >>> example.tgt, example.alignment
    ('olleh', [(0, 4), (1, 3), (2, 2), (3, 1), (4, 0)])
    """

    name = "reverse"
    languages: tuple[str, str] = ("language.letters", "language.reversed")

    def rearrange(self, drawn: Letters) -> np.ndarray:
        from_place = drawn.lengths[:, None] - 1 - np.arange(LONGEST)  # (n, LONGEST)
        written = np.take_along_axis(drawn.letters, from_place.clip(0), axis=1)
        return np.where(from_place >= 0, written, N_LETTERS)

    def write(self, letters: str) -> str:
        return letters[::-1]

    def align(self, letters: str) -> Cells:
        return [(i, len(letters) - 1 - i) for i in range(len(letters))]


class SortTask(LettersTask):
    """Write the letters in alphabetical order.

    A letter that stands in the source twice may be taken from either place, so both are right.

    >>> example = SortTask().answer("hello")
    >>> example.tgt, example.alignment
    ('ehllo', [(0, 1), (1, 0), (2, 2), (2, 3), (3, 2), (3, 3), (4, 4)])
    """

    name = "sort"
    languages: tuple[str, str] = ("language.letters", "language.sorted")

    def rearrange(self, drawn: Letters) -> np.ndarray:
        return np.sort(drawn.letters, axis=1)  # N_LETTERS comes last

    def write(self, letters: str) -> str:
        return "".join(sorted(letters))

    def align(self, letters: str) -> Cells:
        places = {letter: [j for j, other in enumerate(letters) if other == letter] for letter in set(letters)}
        return [(i, j) for i, letter in enumerate(self.write(letters)) for j in places[letter]]

    def flip(self, text: str) -> Flip | None:
        """Return the last letter with the one 13 places further in the alphabet, if it is then written elsewhere.

        >>> SortTask().flip("hello")  # ehllo, behll
        Flip(position=4, words=['b', 'o'], chosen=1, partner='hellb')
        """
        known = self.answer(text)
        if known is None:
            return None
        rest, last = known.src[:-1], known.src[-1]
        pair = sorted([last, ALPHABET[(ALPHABET.index(last) + N_LETTERS // 2) % N_LETTERS]])
        if not any(pair[0] < letter < pair[1] for letter in rest):
            return None  # both letters are written at the same place
        chosen = pair.index(last)
        return Flip(len(rest), pair, chosen, rest + pair[1 - chosen])


def keys_of(letters: np.ndarray) -> np.ndarray:
    """Give each source a number of its own: its letters as the digits of base 27. (n, LONGEST) -> (n,) int64"""
    return letters @ (N_LETTERS + 1) ** np.arange(LONGEST, dtype=np.int64)
