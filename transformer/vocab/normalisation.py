"""How typed text is made equal to the text that a model was trained on. Stored with each run, shown on Tokens."""

import re
import reprlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from transformer.vocab.base import check_keys

CURLY_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\uff07": "'"})
BEHIND_APOSTROPHE = re.compile(r"(?<=['\u2018\u2019\u02bc\uff07]) ")
EDGE_PUNCTUATION = '.,;:!?\u2026"\u201c\u201d\u00ab\u00bb()\u3002\uff0c\uff01\uff1f'
INVISIBLE = ("P", "Z", "Cf")  # Unicode categories that make no word on their own: punctuation, spaces, zero-width
LONGEST_WORD = 100  # characters; nobody knows a longer word, and normalising one can take quadratic time


@dataclass(frozen=True)
class Normalisation:
    """How typed text is made equal to the text that the model was trained on.

    contractions: word -> words, such as "didn't" -> "did not"; each word keeps the span of the whole contraction
    after_apostrophe: cut behind an apostrophe, as French does: "l'animal" -> "l'", "animal"
    """

    lowercase: bool = True
    drop_punctuation: bool = True
    after_apostrophe: bool = False
    contractions: dict[str, str] = field(default_factory=dict)

    def pieces(self, text: str) -> list[tuple[str, int, int]]:
        """Cut a text into (normalised word, start, end); start and end count characters of the original text."""
        found = []
        for match in re.finditer(r"\S+", text):
            start, end = self.trim(text, match.start(), match.end())
            if start == end:
                continue
            word = self.normalised(text[start:end])
            if word in self.contractions:
                found += [(part, start, end) for part in self.contractions[word].split()]
            elif self.after_apostrophe and "'" in word[:-1]:
                found += self.cut_after_apostrophes(text, start, end)
            else:
                found.append((word, start, end))
        return found

    def trim(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Narrow [start, end) to the word without its punctuation; an empty range if there is no word in it."""
        marks = text[start:end].translate(CURLY_APOSTROPHES)  # one of them counts as a letter elsewhere
        if all(unicodedata.category(mark).startswith(INVISIBLE) for mark in marks):
            return start, start
        while end > start and self.is_edge(text[end - 1]):
            end -= 1
        while start < end and self.is_edge(text[start]):
            start += 1
        return start, end

    def is_edge(self, mark: str) -> bool:
        """Tell what never belongs to a word at its ends: invisible marks of pasted text, and punctuation."""
        return unicodedata.category(mark) == "Cf" or (self.drop_punctuation and mark in EDGE_PUNCTUATION)

    def normalised(self, piece: str) -> str:
        """Return a piece of text as a vocabulary would write it: straight apostrophes, composed accents, lower case."""
        word = piece.translate(CURLY_APOSTROPHES)
        if len(word) > LONGEST_WORD:
            return word
        word = unicodedata.normalize("NFC", word)
        return word.lower() if self.lowercase else word

    def cut_after_apostrophes(self, text: str, start: int, end: int) -> list[tuple[str, int, int]]:
        """Cut text[start:end] behind every apostrophe: l'animal -> l', animal."""
        parts = []
        for match in re.finditer(r"[^']*'|[^']+", text[start:end].translate(CURLY_APOSTROPHES)):
            parts.append((self.normalised(match[0]), start + match.start(), start + match.end()))
        return parts

    def as_typed(self, word: str, written: str) -> str:
        """Return an unknown word as it was written, where that is read as this word alone: not so in a contraction."""
        return written if self.normalised(written) == word else word

    def join(self, words: Sequence[str]) -> str:
        """Write words as one text that is cut into the same words: no blank where an apostrophe cuts."""
        text = " ".join(words)
        return BEHIND_APOSTROPHE.sub("", text) if self.after_apostrophe else text

    def places(self, word: str, written: str) -> list[tuple[int, int]]:
        """Return for each character of a normalised word its (start, end) in the piece of text that was written so.

        What became more or fewer characters shares one place: an accent joined to its letter does.
        Every character of a contraction's words has the whole contraction as its place.
        """
        whole = [(0, len(written))] * len(word)
        if self.normalised(written) != word:
            return whole
        if len(written) > LONGEST_WORD:  # nobody changed it
            return [(i, i + 1) for i in range(len(word))]
        starts = [i for i, mark in enumerate(written) if i == 0 or not unicodedata.combining(mark)]
        places: list[tuple[int, int]] = []
        for start, end in pairwise([*starts, len(written)]):
            n = len(self.normalised(written[start:end]))
            places += [(i, i + 1) for i in range(start, end)] if n == end - start else [(start, end)] * n
        return places if len(places) == len(word) else whole

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the contents of a run's `vocab.*.json`."""
        return {
            "lowercase": self.lowercase,
            "drop_punctuation": self.drop_punctuation,
            "after_apostrophe": self.after_apostrophe,
            "contractions": dict(self.contractions),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Normalisation":
        """Read what `to_dict` wrote; a ValueError names a key that is missing, unknown or of the wrong type."""
        kinds = {
            "lowercase": bool,
            "drop_punctuation": bool,
            "after_apostrophe": bool,
            "contractions": dict,
        }
        check_keys("normalisation", values, kinds)
        for word, words in values["contractions"].items():
            if not isinstance(words, str):
                raise ValueError(
                    f"normalisation: the contraction {reprlib.repr(word)} must be a text, not {reprlib.repr(words)}"
                )
        return cls(**values)
