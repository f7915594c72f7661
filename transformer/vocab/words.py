"""One id per word: the vocabulary of a task that writes its own sentences. Shown on Tokens."""

from collections.abc import Sequence
from typing import Any

from transformer.vocab.base import UNK, Encoding, check_kind, check_tokens
from transformer.vocab.normalisation import Normalisation


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
        check_tokens("word", words)
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
            surfaces.append(word if i != UNK else self.normalisation.as_typed(word, text[start:end]))
            spans.append((start, end))
        return Encoding(ids, surfaces, spans)

    def decode(self, ids: Sequence[int]) -> str:
        """Turn ids into text: the words without the special tokens, no space behind an apostrophe."""
        text = " ".join(self.words[i] for i in ids if i >= UNK)
        return text.replace("' ", "'")

    def join(self, surfaces: Sequence[str]) -> str:
        """Write the surfaces of an encoding as one text: words with a space between them, none where they were cut."""
        return self.normalisation.join(surfaces)

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
        check_kind(cls.kind, values, {"words": list, "normalisation": dict})
        return cls(values["words"], Normalisation.from_dict(values["normalisation"]))
