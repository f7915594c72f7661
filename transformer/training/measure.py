"""Measure a model on sentences that it has never seen: on the way, to know when to stop, and at the end.

A model writes a sentence exactly right if, told the right words before each word, it finds every word most probable:
greedy writing then meets these very words. So one pass that is told the answers counts what free writing would write
right, and no sentence needs to be written. Only a decoder without its causal mask escapes this: it sees the answer
that it is told, so it has to write.
"""

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer.alignment import on_tokens
from transformer.decode import exact_match
from transformer.heads import N_SENTENCES, measure_heads
from transformer.model import Transformer
from transformer.tap import OFF, Recorder, Tap
from transformer.tasks import Example, Task
from transformer.training.batches import Pool, rows_of
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.subject import task_of
from transformer.vocab import PAD, UNK

N_TEST = 1000  # distinct sentences for the exact match that a run reports
N_VALID = 100  # sentences for the exact match on the way
N_CONFIRM = 1000  # sentences that must agree before a training stops early
SIDE_BY_SIDE = 100  # sentences of one batch
ROUNDING = 1e-9  # 0.99 * 1000 is a little more than 990


class Told(NamedTuple):
    """What a model knows when the right words before each word are given to it (teacher forcing)."""

    accuracy: float  # share of the words that are the most probable ones
    loss: float  # mean cross entropy of a word, in nats
    exact: float  # share of the sentences of which every word is


@torch.no_grad()
def tell(model: Transformer, pool: Pool, tap: Tap = OFF) -> Told:
    """Measure a model, in evaluation mode, on sentences whose right translation it is told word by word."""
    right, exact, loss, words = 0, 0, 0.0, 0
    for start in range(0, len(pool.lengths), SIDE_BY_SIDE):
        batch = pool.batch(list(range(start, min(start + SIDE_BY_SIDE, len(pool.lengths)))))
        logits, real = (
            model(batch.src, batch.tgt_in, tap),
            batch.tgt_out != PAD,
        )  # (batch, tgt, tgt_vocab), (batch, tgt)
        loss += float(F.cross_entropy(logits.transpose(1, 2), batch.tgt_out, ignore_index=PAD, reduction="sum"))
        logits[..., PAD] = -torch.inf  # it is no word, so it is never written
        found = (logits.argmax(dim=-1) == batch.tgt_out) & (batch.tgt_out != UNK)  # (batch, tgt)
        right += int((found & real).sum())
        exact += int((found | ~real).all(dim=-1).sum())
        words += int(real.sum())
    return Told(right / words, loss / words, exact / len(pool.lengths))


def unseen(task: Task, split: Any, n: int) -> list[Example]:
    """Return the first n examples of a held-out split, or all if there are fewer."""
    return list(islice(task.examples(0, split), n))


class Gold(NamedTuple):
    """Which cells of a cross-attention map are the right ones: (sentence, query, key) bool."""

    alignment: Tensor
    referent: Tensor

    def rates(self, tensors: dict[str, Tensor]) -> dict[str, dict[str, list[float]]]:
        """Say how often the largest weight of a row lies in a right cell, by score, block and head.

        tensors: of one pass over all sentences. A score that no sentence has is left out.
        """
        found: dict[str, dict[str, list[float]]] = {}
        for name, right in self._asdict().items():
            rows = right.any(dim=-1)  # (sentence, query)
            n_rows = int(rows.sum())
            for full_name, weights in tensors.items() if n_rows else ():
                if full_name.endswith(".cross_attn.weights"):  # (sentence, head, query, key)
                    winner = weights.argmax(dim=-1, keepdim=True)
                    hits = right[:, None].expand_as(weights).gather(-1, winner).sum(dim=(0, 2, 3))
                    block = full_name.removesuffix(".weights")
                    found.setdefault(name, {})[block] = [round(n / n_rows, 4) for n in hits.tolist()]
        return found


def gold_of(examples: Sequence[Example], own: Vocabularies, chosen: Vocabularies, pool: Pool) -> Gold:
    """Mark the gold of the examples that a pool holds. own: the vocabularies in which the task counts positions"""
    shape = (len(pool.lengths), pool.tgt.size(1) - 1, pool.src.size(1))
    alignment, referent = (torch.zeros(shape, dtype=torch.bool) for _ in range(2))
    for n, example in enumerate(examples):
        example = on_tokens(example, own, chosen)
        for row, key in example.alignment:
            alignment[n, row, key] = True
        if example.referent is not None:
            referent[n, example.referent[0], example.referent[1]] = True
    return Gold(alignment, referent)


class Exam:
    """The examples that a training is measured on: some on the way ("valid"), others when it is over ("test")."""

    def __init__(self, recipe: Recipe, vocabularies: Vocabularies, task: Task | None = None) -> None:
        self.task = task = task or task_of(recipe)
        self.vocabularies, self.target = vocabularies, recipe.target
        self.valid = unseen(task, "valid", N_CONFIRM if recipe.target else N_VALID)
        self.test = unseen(task, "test", N_TEST)
        if not self.valid or not self.test:
            raise ValueError("there are too few sentence pairs to measure the model on unseen ones")
        self.few = Pool(rows_of(self.valid[:N_VALID], vocabularies))
        parts = [self.valid[start : start + SIDE_BY_SIDE] for start in range(0, len(self.valid), SIDE_BY_SIDE)]
        self.many, self.last = (
            [Pool(rows_of(part, vocabularies)) for part in parts],
            Pool(rows_of(self.test, vocabularies)),
        )
        self.longest = max(pool.longest for pool in (*self.many, self.last))
        self.gold = gold_of(self.valid[:N_VALID], task.vocabularies(), vocabularies, self.few)

    def tell(self, model: Transformer, pool: Pool, tap: Tap = OFF) -> Told:
        """Measure a model, in evaluation mode, on a pool of sentences; see `tell`."""
        return tell(model, pool, tap)

    def on_the_way(self, model: Transformer, heads: bool) -> dict[str, Any]:
        """Return what a line of metrics says about unseen sentences. heads: look at its heads, too"""
        tap = Recorder() if heads else OFF
        told = self.tell(model.eval(), self.few, tap)
        exact = told.exact if model.config.causal else exact_match(model, self.valid[:N_VALID], *self.vocabularies)
        facts = {"valid_loss": told.loss, "valid_exact_match": exact, "valid_accuracy": told.accuracy}
        return facts | (self.gold.rates(tap.tensors) if isinstance(tap, Recorder) else {})

    def passed(self, model: Transformer, share: float) -> bool:
        """Say whether a share of N_VALID exact sentences reaches the target, and so does that of all N_CONFIRM."""
        if not 0.0 < self.target <= share:
            return False
        if not model.eval().config.causal:
            return exact_match(model, self.valid, *self.vocabularies) >= self.target
        may_fail = len(self.valid) - math.ceil(self.target * len(self.valid) - ROUNDING)
        for pool in self.many:  # a few hundred decide already that it is too early
            may_fail -= len(pool.lengths) - round(self.tell(model, pool).exact * len(pool.lengths))
            if may_fail < 0:
                return False
        return True

    def results(self, model: Transformer, haste: bool = False) -> dict[str, Any]:
        """Return what a run reports about its finished model; it writes the test sentences freely.

        haste: count what it would write right without writing it, since a person waits
        """
        told = tell(model.eval(), self.last)
        known = haste and model.config.causal
        return {
            "exact_match": told.exact if known else exact_match(model, self.test, *self.vocabularies),
            "n_test": len(self.test),
            "token_accuracy": told.accuracy,
        }

    def heads(self, model: Transformer, haste: bool = False) -> dict[str, Any] | None:
        """Return what the heads of the finished model do, measured on test sentences; None if it can read none.

        haste: measure on a fifth of the sentences, since a person waits
        """
        own, n = self.task.vocabularies(), -(-N_SENTENCES // 5) if haste else N_SENTENCES
        examples = [on_tokens(example, own, self.vocabularies) for example in self.test[:n]]
        try:
            return measure_heads(model.eval(), examples, *self.vocabularies)
        except ValueError:  # no test sentence is written in these vocabularies: words, where no words are parted
            return None
