"""What every task is: examples with everything known about their right answer. The registry is in `__init__.py`.

A task is deterministic by seed, and what it tests on has never been in training.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from transformer.vocab import BOS, EOS, Vocabulary

Split = Literal["train", "valid", "test"]
SPLITS = ("train", "valid", "test")
ENOUGH_MISSES = 10_000  # so many draws without a new example: there are no more
Cells = list[tuple[int, int]]  # (target token, source token), both counted from 0


@dataclass(frozen=True, slots=True)
class Example:
    """One pair of texts with its gold; positions count the tokens of the task's own vocabularies from 0.

    A target position is that of the decoder row which writes the token: `<s>` is read by row 0 and not counted.
    """

    src: str
    tgt: str
    alignment: Cells  # which source token each target token comes from; several for one, where several decide it
    referent: tuple[int, int] | None = None  # (target row that writes a pronoun, source noun that it stands for)
    relations: dict[str, Cells] = field(default_factory=dict)  # what else a row needs, by name, such as "carry"
    watch: int | None = None  # the target row that a page points at first; None: the page chooses


class Flip(NamedTuple):
    """A source token with another that could stand in its place and changes the answer in a telling way."""

    position: int
    words: list[str]  # the two tokens, always in the same order
    chosen: int  # which of the two stands in the text
    partner: str  # the text with the other one


class Task(ABC):
    """What a model can be trained to do. `flip` and `known_words` may be left as they are."""

    name: str
    languages: tuple[str, str]  # string keys of what is read and what is written
    example: str  # the text that a page opens with

    @abstractmethod
    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield examples, the same ones for the same seed. train: endless. valid, test: distinct, never in training.

        Raises ValueError for another split.
        """

    @abstractmethod
    def vocabularies(self) -> tuple[Vocabulary, Vocabulary]:
        """Return the source and the target vocabulary."""

    @abstractmethod
    def answer(self, text: str) -> Example | None:
        """Return what is right for a typed text; None if it is not one of the task's texts."""

    @abstractmethod
    def nearest(self, text: str) -> str | None:
        """Return a text of the task close to a typed one (itself, if it is one); None if nothing of it is known."""

    @abstractmethod
    def chips(self) -> list[str]:
        """Return the example texts that a page offers, the most telling first."""

    def known_words(self) -> dict[str, list[str]]:
        """Return what may be typed, by kind; a kind is the end of a string key."""
        return {}

    def flip(self, text: str) -> Flip | None:
        """Return the token of a text that is worth switching; None if there is none."""
        return None

    def id_rows(self, seed: int, n: int) -> tuple[list[list[int]], list[list[int]]]:
        """Return the first n training examples as ids: sources, and targets from BOS to EOS.

        A task whose examples can be drawn without a loop over them may override this.
        """
        src_vocab, tgt_vocab = self.vocabularies()
        src, tgt = [], []
        for _, example in zip(range(n), self.examples(seed, "train"), strict=False):
            src.append(src_vocab.encode(example.src).ids)
            tgt.append([BOS, *tgt_vocab.encode(example.tgt).ids, EOS])
        return src, tgt


def require_split(split: str) -> None:
    """Raise ValueError unless this is the name of a split."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")
