"""A person's own pairs as a task like any other: what the loop trains on, and what the pages ask."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from random import Random

from transformer.corpus.cleaning import Pair
from transformer.corpus.corpus import Corpus
from transformer.corpus.keys import key_of, units_of
from transformer.corpus.vocabularies import maker
from transformer.tasks.base import Example, Split, Task, require_split
from transformer.vocab import Vocabulary

N_CHIPS = 6
READABLE = (2, 60)  # characters of an example text that a page can show well
MOST_UNITS = 60  # words of a typed text that are looked for


class OwnTask(Task):
    """Translate as somebody's own pairs do. What belongs to what is not known: `alignment` is empty.

    >>> pairs = [Pair(f"{word} {animal}.", f"{mot} {animal}") for word, mot in [("my", "mon"), ("your", "ton")]
    ...          for animal in ["lion", "tigre", "panda", "koala", "python", "lama", "zébu", "puma", "gnou", "okapi"]]
    >>> task = OwnTask(Corpus(pairs))
    >>> task.answer("My lion!")
    Example(src='my lion', tgt='mon lion', alignment=[], referent=None, relations={}, watch=None)
    >>> task.nearest("their koala")
    'my koala'
    """

    name = "own"
    languages: tuple[str, str] = ("corpus.side.src", "corpus.side.tgt")

    def __init__(self, corpus: Corpus, vocabulary: str = "task", size: int = 0, shared: bool = False) -> None:
        """vocabulary: a kind, or "task" for one that suits each side, in its usual size.

        size: the most tokens of a chosen kind, 0 for the usual   shared: one vocabulary for both sides
        Raises CorpusError, a ValueError, where no such vocabulary can be made
        """
        self.corpus = corpus
        size = 0 if vocabulary == "task" else size
        train = corpus.split("train")
        src, tgt = [pair.src for pair in train], [pair.tgt for pair in train]
        if shared:
            both = maker(vocabulary, src + tgt).make(size)
            self._vocabularies = both, both
        else:
            self._vocabularies = maker(vocabulary, src).make(size), maker(vocabulary, tgt).make(size)

    @classmethod
    def with_vocabularies(cls, corpus: Corpus, vocabularies: tuple[Vocabulary, Vocabulary]) -> "OwnTask":
        """Return the task of a run that has its vocabularies already."""
        task = cls.__new__(cls)
        task.corpus, task._vocabularies = corpus, vocabularies
        return task

    @cached_property
    def example(self) -> str:  # type: ignore[override]
        """Return the text that a page opens with."""
        return self.chips()[0]

    @property
    def n_train(self) -> int:
        """Count the different pairs to learn from."""
        return len(self.corpus.split("train"))

    def vocabularies(self) -> tuple[Vocabulary, Vocabulary]:
        """Return the source and the target vocabulary, made from the pairs that are learned."""
        return self._vocabularies

    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield the pairs. train: endless, all of them in a new order each time. valid, test: each once."""
        require_split(split)
        pairs, random = list(self.corpus.split(split)), Random(f"{self.name} {split} {seed}")
        while True:
            random.shuffle(pairs)
            yield from map(self._example, pairs)
            if split != "train":
                return

    def _example(self, pair: Pair) -> Example:
        """Write a pair as the vocabularies read it, so that a page compares like with like."""
        src_vocab, tgt_vocab = self._vocabularies
        src, tgt = src_vocab.encode(pair.src), tgt_vocab.encode(pair.tgt)
        return Example(src_vocab.join(src.surfaces), tgt_vocab.join(tgt.surfaces), [])

    # -- what a page asks ---------------------------------------------------------------------------------------------

    def answer(self, text: str) -> Example | None:
        """Return the pair with this source, however it is written; None if there is none."""
        pair = self.corpus.find(text)
        return None if pair is None else self._example(pair)

    def nearest(self, text: str) -> str | None:
        """Return the source that shares most with a typed text and has least besides; None if no word is known."""
        known = self.corpus.find(text)
        if known is not None:
            return self._example(known).src
        shared: Counter[int] = Counter()
        for unit in dict.fromkeys(units_of(key_of(text))[:MOST_UNITS]):
            shared.update(self._places.get(unit, ()))
        if not shared:
            return None
        most = max(shared.values())
        best = min((i for i, n in shared.items() if n == most), key=lambda i: (len(self.corpus.pairs[i].src), i))
        return self._example(self.corpus.pairs[best]).src

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Return for each word of the sources the pairs that it stands in."""
        places: dict[str, list[int]] = defaultdict(list)
        for key, i in self.corpus.by_key.items():
            for unit in set(units_of(key)):
                places[unit].append(i)
        return dict(places)

    def chips(self) -> list[str]:
        """Return example texts: one that was learned, then some from the exam, of middle length."""
        train, test = (by_length(self.corpus.split(split)) for split in ("train", "test"))
        chosen = [train[len(train) // 2], *test[:: max(1, len(test) // (N_CHIPS - 1))][: N_CHIPS - 1]]
        return list(dict.fromkeys(self._example(pair).src for pair in chosen))


def by_length(pairs: tuple[Pair, ...]) -> list[Pair]:
    """Return the pairs whose source a page can show well, the shortest first; all if there are none."""
    low, high = READABLE
    readable = [pair for pair in pairs if low <= len(pair.src) <= high] or pairs
    return sorted(readable, key=lambda pair: (len(pair.src), pair.src))
