"""Measure a model on sentences that it has never seen: on the way, to know when to stop, and at the end."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from transformer.alignment import on_tokens
from transformer.decode import exact_match
from transformer.heads import N_SENTENCES, measure_heads
from transformer.model import Transformer
from transformer.tasks import TASKS, Example, Task
from transformer.training.batches import Pool, rows_of
from transformer.training.recipe import Recipe, Vocabularies
from transformer.vocab import PAD

N_TEST = 1000  # distinct sentences for the exact match that a run reports
N_VALID = 100  # sentences for the exact match on the way
N_CONFIRM = 1000  # sentences that must agree before a training stops early
SIDE_BY_SIDE = 100  # sentences of one batch


class Told(NamedTuple):
    """What a model knows when the right words before each word are given to it (teacher forcing)."""

    accuracy: float  # share of the words that are the most probable ones
    loss: float  # mean cross entropy of a word, in nats


@torch.no_grad()
def tell(model: Transformer, pool: Pool) -> Told:
    """Measure a model, in evaluation mode, on sentences whose right translation it is told word by word."""
    right, loss, words = 0, 0.0, 0
    for start in range(0, len(pool.lengths), SIDE_BY_SIDE):
        batch = pool.batch(list(range(start, min(start + SIDE_BY_SIDE, len(pool.lengths)))))
        logits, real = model(batch.src, batch.tgt_in), batch.tgt_out != PAD  # (batch, tgt, tgt_vocab), (batch, tgt)
        right += int(((logits.argmax(dim=-1) == batch.tgt_out) & real).sum())
        loss += float(F.cross_entropy(logits.transpose(1, 2), batch.tgt_out, ignore_index=PAD, reduction="sum"))
        words += int(real.sum())
    return Told(right / words, loss / words)


def unseen(task: Task, split: Any, n: int) -> list[Example]:
    """Return the first n examples of a held-out split, or all if there are fewer."""
    return list(islice(task.examples(0, split), n))


class Exam:
    """The examples that a training is measured on: some on the way ("valid"), others when it is over ("test")."""

    def __init__(self, recipe: Recipe, vocabularies: Vocabularies) -> None:
        task = TASKS[recipe.task]
        self.task, self.vocabularies, self.target = task, vocabularies, recipe.target
        self.valid = unseen(task, "valid", N_CONFIRM if recipe.target else N_VALID)
        self.test = unseen(task, "test", N_TEST)
        self.few = Pool(rows_of(self.valid[:N_VALID], vocabularies))
        self.longest = max(Pool(rows_of(found, vocabularies)).longest for found in (self.valid, self.test))

    def exact(self, model: Transformer, examples: Iterable[Example]) -> float:
        """Return the share of examples that the model, in evaluation mode, writes exactly right."""
        return exact_match(model, examples, *self.vocabularies)

    def on_the_way(self, model: Transformer, generate: bool) -> dict[str, float]:
        """Return what a line of metrics says: the loss on unseen sentences and, if it is to generate, exact match."""
        facts = {"valid_loss": tell(model.eval(), self.few).loss}
        return facts | ({"valid_exact_match": self.exact(model, self.valid[:N_VALID])} if generate else {})

    def passed(self, model: Transformer, share: float) -> bool:
        """Say whether a share of N_VALID exact sentences reaches the target, and so does that of all N_CONFIRM."""
        return 0.0 < self.target <= share and self.exact(model.eval(), self.valid) >= self.target

    def results(self, model: Transformer) -> dict[str, Any]:
        """Return what a run reports about its finished model."""
        told = tell(model.eval(), Pool(rows_of(self.test, self.vocabularies)))
        return {
            "exact_match": self.exact(model, self.test),
            "n_test": len(self.test),
            "token_accuracy": told.accuracy,
        }

    def heads(self, model: Transformer) -> dict[str, Any] | None:
        """Return what the heads of the finished model do, measured on test sentences; None if it can read none."""
        own = self.task.vocabularies()
        examples = [on_tokens(example, own, self.vocabularies) for example in self.test[:N_SENTENCES]]
        try:
            return measure_heads(model.eval(), examples, *self.vocabularies)
        except ValueError:  # no test sentence is written in these vocabularies: words, where no words are parted
            return None
