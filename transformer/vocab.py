"""Turn text into the ids that a model reads, and ids back into text.

Section 3.4 of the paper, "Embeddings and Softmax", begins with tokens; this file makes them. The page Tokens shows it.
A person may type anything at all: every word that the vocabulary does not know becomes one unknown piece that keeps
its original spelling, and nothing that is typed can ever become a special token.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")

CURLY_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\uff07": "'"})
EDGE_PUNCTUATION = '.,;:!?\u2026"\u201c\u201d\u00ab\u00bb()\u3002\uff0c\uff01\uff1f'
INVISIBLE = ("P", "Z", "Cf")  # Unicode categories that make no word on their own: punctuation, spaces, zero-width
LONGEST_WORD = 100  # characters; nobody knows a longer word, and normalising one can take quadratic time


class Encoding(NamedTuple):
    """A text as the model reads it: three lists of equal length, one entry per token."""

    ids: list[int]
    surfaces: list[str]  # the token as the model reads it; of an unknown one, the piece of text as it was typed
    spans: list[tuple[int, int]]  # characters of the original text that the token comes from


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
        if all(unicodedata.category(mark).startswith(INVISIBLE) for mark in text[start:end]):
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
                raise ValueError(f"normalisation: the contraction {word!r} must be a text, not {words!r}")
        return cls(**values)


class WordVocabulary:
    """One id per word. Ids 0 to 3 are the special tokens; a word that is not in the list is `<unk>`.

    >>> vocabulary = WordVocabulary(["<pad>", "<s>", "</s>", "<unk>", "thanks", "the", "animal"])
    >>> vocabulary.encode("The animal, thanks!").ids
    [5, 6, 4]
    >>> vocabulary.encode("The zebra").surfaces
    ['the', 'zebra']
    >>> vocabulary.decode([1, 5, 6, 2])
    'the animal'
    """

    kind = "word"

    def __init__(self, words: list[str], normalisation: Normalisation | None = None) -> None:
        """words: every token in the order of its id, the four specials first; ValueError if that is not so."""
        if tuple(words[:4]) != SPECIALS:
            raise ValueError(f"a vocabulary must begin with {' '.join(SPECIALS)}, not with {words[:4]}")
        repeated = sorted({word for word in words if words.count(word) > 1}) if len(set(words)) < len(words) else []
        if repeated:
            raise ValueError(f"a vocabulary must hold each word once; repeated: {', '.join(repeated)}")
        self.words = list(words)
        self.normalisation = normalisation or Normalisation()
        self.index = {word: i for i, word in enumerate(words) if i > UNK}  # the specials cannot be typed

    def __len__(self) -> int:
        return len(self.words)

    @property
    def tokens(self) -> list[str]:
        """Every token in the order of its id, as the pages write it."""
        return self.words

    def token(self, i: int) -> str:
        """Return the text of one id."""
        return self.words[i]

    def encode(self, text: str) -> Encoding:
        """Turn any text into ids; no BOS or EOS is added. Never raises: what is not known is an unknown piece."""
        ids, surfaces, spans = [], [], []
        for word, start, end in self.normalisation.pieces(text):
            i = self.index.get(word, UNK)
            ids.append(i)
            surfaces.append(word if i != UNK else text[start:end])
            spans.append((start, end))
        return Encoding(ids, surfaces, spans)

    def decode(self, ids: list[int]) -> str:
        """Turn ids into text: the words without the special tokens, no space behind an apostrophe."""
        text = " ".join(self.words[i] for i in ids if i >= UNK)
        return text.replace("' ", "'")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the contents of a run's `vocab.*.json`."""
        return {
            "kind": self.kind,
            "words": list(self.words),
            "normalisation": self.normalisation.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "WordVocabulary":
        """Read what `to_dict` wrote; a ValueError says exactly what is wrong with it."""
        check_keys("vocabulary", values, {"kind": str, "words": list, "normalisation": dict})
        if values["kind"] != cls.kind:
            raise ValueError(f"vocabulary: kind must be {cls.kind!r}, not {values['kind']!r}")
        if not all(isinstance(word, str) for word in values["words"]):
            raise ValueError("vocabulary: every word must be a text")
        return cls(values["words"], Normalisation.from_dict(values["normalisation"]))


def check_keys(what: str, values: Any, kinds: dict[str, type]) -> None:
    """Raise a ValueError unless `values` is a dict with exactly these keys, each of its kind."""
    if not isinstance(values, dict):
        raise ValueError(f"{what}: expected a JSON object, not {type(values).__name__}")
    for problem, keys in (
        ("missing", kinds.keys() - values.keys()),
        ("unknown", values.keys() - kinds.keys()),
    ):
        if keys:
            raise ValueError(f"{what}: {problem} {', '.join(sorted(map(str, keys)))}")
    for key, kind in kinds.items():
        if not isinstance(values[key], kind):
            raise ValueError(f"{what}: {key} must be of type {kind.__name__}, not {values[key]!r}")


VOCABULARIES = {"word": WordVocabulary}
