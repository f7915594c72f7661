"""The training data as a model reads it: rows of ids, cut into batches of about equal lengths.

Where sentences of like length stand together, a batch holds little padding, and padding costs as much as words do.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from transformer.tasks import Example, Task
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.subject import n_different, task_of
from transformer.vocab import BOS, EOS, PAD


class Batch(NamedTuple):
    """Sentences of about equal length, padded at the end."""

    src: Tensor  # (batch, src) ids
    tgt_in: Tensor  # (batch, tgt) ids, BOS first
    tgt_out: Tensor  # (batch, tgt) ids, EOS last


class Rows(NamedTuple):
    """Sentence pairs as ids."""

    src: list[list[int]]
    tgt: list[list[int]]  # from BOS to EOS


class Pool:
    """All training sentences as ids, from which every epoch cuts new batches of equal lengths."""

    def __init__(self, rows: Rows) -> None:
        self.lengths = [(len(s), len(t)) for s, t in zip(*rows, strict=True)]
        self.src, self.tgt = padded(rows.src), padded(rows.tgt)

    @property
    def longest(self) -> int:
        """Give the most tokens that a model must be able to read on either side."""
        return max(max(src_len, tgt_len - 1) for src_len, tgt_len in self.lengths)

    def orders(self, size: int, random: Random, which: Sequence[int] | None = None) -> Iterator[list[int]]:
        """Yield the positions of the sentences of one batch after the other, without end.

        Each epoch shuffles, sorts by length, cuts, and shuffles the batches. which: what to take; None for all
        """
        while True:
            order = list(range(len(self.lengths)) if which is None else which)
            random.shuffle(order)
            order.sort(key=self.lengths.__getitem__)  # sorting is stable: equal lengths stay shuffled
            starts = list(range(0, len(order), size))
            random.shuffle(starts)
            for start in starts:
                yield order[start : start + size]

    def batches(self, size: int, random: Random) -> Iterator[Batch]:
        """Yield batches of all sentences without end."""
        return map(self.batch, self.orders(size, random))

    def batch(self, chosen: list[int]) -> Batch:
        """Return the chosen sentences, no more padded than the longest of them needs."""
        src_len = max(self.lengths[i][0] for i in chosen)
        tgt_len = max(self.lengths[i][1] for i in chosen)
        src, tgt = self.src[chosen, :src_len], self.tgt[chosen, :tgt_len]
        # beside a longer sentence the EOS of a shorter one stands among the inputs; nothing follows it: padding
        return Batch(src, tgt[:, :-1].masked_fill(tgt[:, :-1] == EOS, PAD), tgt[:, 1:])


def padded(rows: list[list[int]]) -> Tensor:
    """Write lists of ids below each other, padded at the end: (len(rows), longest)."""
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def rows_of(examples: Sequence[Example], vocabularies: Vocabularies) -> Rows:
    """Turn examples into ids."""
    src_vocab, tgt_vocab = vocabularies
    return Rows(
        [src_vocab.encode(example.src).ids for example in examples],
        [[BOS, *tgt_vocab.encode(example.tgt).ids, EOS] for example in examples],
    )


def lesson_plan(recipe: Recipe, vocabularies: Vocabularies, done: int = 0, task: Task | None = None) -> Iterator[Batch]:
    """Plan the batches of a training, without end: first sentences that have no pronoun to resolve, then all of them.

    A model that meets "it" from the first step on resolves it by many small hints spread over all its heads. One that
    has first learned to find a noun and repeat it ("it itself", "l'animal lui-même") uses the head that it has for
    this; which can be seen, and is the same for every noun.

    done: steps that were taken already; their batches are drawn again, but not made
    task: what to draw from; None for the task that the recipe names
    ValueError if a sentence has more tokens than the recipe lets the model read.
    """
    task, easy = task or task_of(recipe), None
    if recipe.draw:
        return Draws(recipe, vocabularies, task).batches(done)
    if recipe.pronouns_from == 0.0 and recipe.vocabulary == "task":
        rows = Rows(
            *task.id_rows(recipe.seed, n_different(recipe, task))
        )  # a task may be able to draw these without a loop
    else:
        examples = list(islice(task.examples(recipe.seed, "train"), n_different(recipe, task)))
        rows = rows_of(examples, vocabularies)
        easy = [i for i, example in enumerate(examples) if example.referent is None]
    pool, random = Pool(rows), Random(recipe.seed)
    require_room(recipe, pool.longest)
    n_easy = round(recipe.pronouns_from * recipe.steps) if easy else 0
    orders = chain(
        islice(pool.orders(recipe.batch, random, easy), n_easy),
        pool.orders(recipe.batch, random),
    )
    return map(pool.batch, islice(orders, done, None))


class Draws:
    """The training sentences in handfuls of `recipe.draw`, each drawn when it is first needed.

    One pass goes through all handfuls, the later ones in an order of their own; within a handful a pass shuffles,
    sorts by length and cuts as `Pool` does. So the first step waits for one handful only, and a resumed training
    leaves out what is behind it without looking.
    """

    def __init__(self, recipe: Recipe, vocabularies: Vocabularies, task: Task) -> None:
        self.recipe, self.vocabularies = recipe, vocabularies
        n = n_different(recipe, task)
        self.sizes = [min(recipe.draw, n - start) for start in range(0, n, recipe.draw)]
        self.source = task.examples(recipe.seed, "train")
        self.drawn: list[list[Example]] = []
        self.pools: dict[int, Pool] = {}

    def pool(self, n: int) -> Pool:
        """Return the n-th handful as ids, drawing it and those before it if that has not happened."""
        while len(self.drawn) <= n:
            self.drawn.append(list(islice(self.source, self.sizes[len(self.drawn)])))
        if n not in self.pools:
            self.pools[n] = Pool(rows_of(self.drawn[n], self.vocabularies))
            require_room(self.recipe, self.pools[n].longest)
        return self.pools[n]

    def visits(self) -> Iterator[tuple[int, Random]]:
        """Yield which handful comes next, with the chance that orders it, without end."""
        for turn in count():
            random = Random(f"{self.recipe.seed} {turn}")
            order = list(range(len(self.sizes)))
            if turn:
                random.shuffle(order)
            for n in order:
                yield n, Random(f"{self.recipe.seed} {turn} {n}")

    def batches(self, done: int) -> Iterator[Batch]:
        """Yield the batches without end, but for the first `done`; ValueError, at once, for a sentence too long."""
        self.pool(0)
        return self._batches(done)

    def _batches(self, done: int) -> Iterator[Batch]:
        size = self.recipe.batch
        for n, random in self.visits():
            n_batches = -(-self.sizes[n] // size)
            if done >= n_batches:
                done -= n_batches
                continue
            pool = self.pool(n)
            yield from map(pool.batch, islice(pool.orders(size, random), done, n_batches))
            done = 0


def require_room(recipe: Recipe, longest: int) -> None:
    """Raise ValueError if the model could not read so many tokens."""
    if longest > recipe.max_len:
        raise ValueError(f"max_len must be at least {longest} for the sentences of this task, got {recipe.max_len}")
