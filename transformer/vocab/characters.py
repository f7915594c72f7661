"""One id per character: the vocabulary of letters, sums and dates, and of Chinese. Shown on Tokens."""

import reprlib
import unicodedata
from collections.abc import Sequence
from typing import Any

from transformer.vocab.base import SPECIALS, UNK, Encoding, check_kind, check_tokens
from transformer.vocab.normalisation import EDGE_PUNCTUATION

SPACE = "\u2423"  # how the token of a blank is written: an open box
SHORT = 256  # characters; the spans of texts up to this length are made once
PLACES = [(i, i + 1) for i in range(SHORT)]


class CharacterVocabulary:
    """One id per character. Ids 0 to 3 are the special tokens; a character that is not in the list is `<unk>`.

    >>> vocabulary = CharacterVocabulary(["<pad>", "<s>", "</s>", "<unk>", *"0123456789+"])
    >>> vocabulary.encode("3 + \uff14").surfaces
    ['3', '+', '4']
    >>> vocabulary.encode("3 + 4.").surfaces
    ['3', '+', '4']
    >>> vocabulary.encode("3-4").ids
    [7, 3, 8]
    >>> vocabulary.decode([1, 7, 14, 8, 2])
    '3+4'
    """

    kind = "char"

    def __init__(self, tokens: list[str], lowercase: bool = True, keep_spaces: bool = False) -> None:
        """tokens: all of them in the order of their ids, the four specials first; ValueError if that is not so.

        keep_spaces: blanks are read as one token, which must be in the list; otherwise nobody reads them
        """
        self.lowercase = lowercase
        self.keep_spaces = keep_spaces
        self._check(tokens)
        self._tokens = list(tokens)
        self.index = {token: i for i, token in enumerate(tokens) if i > UNK}  # the specials cannot be typed
        # Characters that mean themselves wherever they stand: a text of nothing else needs no second look.
        self._plain = {token: i for token, i in self.index.items() if token != SPACE and not is_accent(token)}

    def _check(self, tokens: list[str]) -> None:
        check_tokens("character", tokens)
        if self.keep_spaces != (SPACE in tokens):
            raise ValueError(f"a vocabulary must hold {SPACE} if it keeps spaces, and only then")
        for token in tokens[len(SPECIALS) :]:
            if token != SPACE and (len(token) != 1 or self.read(token) != token):
                raise ValueError(f"a vocabulary of characters can never read {reprlib.repr(token)}")

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def tokens(self) -> list[str]:
        """Every token in the order of its id, as the pages write it."""
        return self._tokens

    def token(self, i: int) -> str:
        """Return the text of one id."""
        return self._tokens[i]

    def read(self, mark: str) -> str:
        """Return a character as the vocabulary would write it: narrow, lower case; SPACE for a blank, "" for nothing.

        What has no such form of one character, as \u0130 has no lower case of one, stays as it is.
        """
        if mark.isspace() or mark == SPACE:  # an open box that is typed is a blank: `join` writes it as one
            return SPACE
        if is_invisible(mark):
            return ""
        if unicodedata.decomposition(mark).startswith(("<wide>", "<narrow>")):
            narrow = unicodedata.normalize("NFKC", mark)
            mark = narrow if len(narrow) == 1 else mark  # U+FFE3 alone would become two: a blank with a bar above
        composed = unicodedata.normalize("NFC", mark)
        mark = composed if len(composed) == 1 else mark
        small = mark.lower() if self.lowercase else mark
        return small if len(small) == 1 else mark

    def encode(self, text: str) -> Encoding:
        """Turn any text into ids; no BOS or EOS is added. Never raises: what is not known is an unknown piece."""
        ids = list(map(self._plain.get, text))
        if len(ids) <= SHORT and None not in ids:
            return Encoding(ids, list(text), PLACES[: len(ids)])  # type: ignore[arg-type]
        return self.encode_with_care(text)

    def encode_with_care(self, text: str) -> Encoding:
        """Do what `encode` does, for any text: drop, compose and compare its characters one after the other."""
        marks, spans = self.cut(text)
        ids = [self.index.get(mark, UNK) for mark in marks]
        surfaces = [
            mark if i != UNK else text[start:end] for mark, i, (start, end) in zip(marks, ids, spans, strict=True)
        ]
        return Encoding(ids, surfaces, spans)

    def cut(self, text: str) -> tuple[list[str], list[tuple[int, int]]]:
        """Cut a text into characters as the vocabulary writes them, known or not, each with its place."""
        marks: list[str] = []
        spans: list[tuple[int, int]] = []
        for at, typed in enumerate(text):
            mark = typed if typed in self._plain else self.read(typed)
            if not mark or (mark == SPACE and not self.keep_spaces):
                continue
            last = marks[-1] if marks else SPACE  # a text begins as if after a blank
            if mark == SPACE == last:  # several blanks are one, and none at the beginning
                spans[-1:] = [(start, at + 1) for start, _ in spans[-1:]]
                continue
            joined = unicodedata.normalize("NFC", last + mark) if is_accent(mark) and last != SPACE else ""
            if len(joined) == 1:  # e and an accent: one letter
                marks[-1], spans[-1] = joined, (spans[-1][0], at + 1)
                continue
            marks.append(mark)
            spans.append((at, at + 1))
        start, end = 0, len(marks)
        while end > start and self.is_edge(marks[end - 1]):
            end -= 1
        while start < end and self.is_edge(marks[start]):
            start += 1
        return marks[start:end], spans[start:end]

    def is_edge(self, mark: str) -> bool:
        """Tell what is left out at both ends of a text: a blank, and punctuation that the vocabulary does not know."""
        return mark == SPACE or (mark in EDGE_PUNCTUATION and mark not in self.index)

    def decode(self, ids: Sequence[int]) -> str:
        """Turn ids into text: the characters without the special tokens, blanks as blanks."""
        return self.join([self._tokens[i] for i in ids if i >= UNK])

    def join(self, surfaces: Sequence[str]) -> str:
        """Write the surfaces of an encoding as one text: characters with nothing between them, blanks as blanks."""
        return "".join(surfaces).replace(SPACE, " ")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the contents of a run's `vocab.*.json`."""
        return {
            "kind": self.kind,
            "characters": list(self._tokens),
            "lowercase": self.lowercase,
            "keep_spaces": self.keep_spaces,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "CharacterVocabulary":
        """Read what `to_dict` wrote; a ValueError says exactly what is wrong with it."""
        check_kind(cls.kind, values, {"characters": list, "lowercase": bool, "keep_spaces": bool})
        return cls(values["characters"], values["lowercase"], values["keep_spaces"])


def is_accent(mark: str) -> bool:
    """Tell a mark that may become one letter with the character before it."""
    return unicodedata.combining(mark) != 0


def is_invisible(mark: str) -> bool:
    """Tell what takes no place: control characters, zero-width marks, and marks that choose how emoji look."""
    return unicodedata.category(mark) in ("Cc", "Cf") or "\ufe00" <= mark <= "\ufe0f"
