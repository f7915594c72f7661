"""One training step after the other: section 5 of the paper, small enough for one CPU core."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer.model import Transformer
from transformer.training.batches import Batch
from transformer.training.ranks import ALONE, Ranks
from transformer.training.recipe import Recipe
from transformer.vocab import PAD


class DivergedError(ArithmeticError):
    """Say in half a sentence why a training cannot go on."""


class Taken(NamedTuple):
    """A step that was taken. The gradients, clipped, still stand beside the weights."""

    step: int  # counted from 1
    loss: Tensor  # of its batch, before the step
    grad_norm: float  # length of the whole gradient before it was clipped
    n_tokens: int  # of the batch, source and target, without padding


def loss_of(model: Transformer, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
    """Return the mean cross entropy of the words that are to be written; padding does not count.

    label_smoothing: with e above 0 the right word is asked for with probability 1 - e + e / V and each of the other
    V - 1 words with e / V, so that the model need not be infinitely sure (section 5.4). The loss then never reaches 0.
    """
    logits = model(batch.src, batch.tgt_in)  # (batch, tgt, tgt_vocab)
    return F.cross_entropy(
        logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=PAD, label_smoothing=label_smoothing
    )


def optimiser_for(model: Transformer, recipe: Recipe) -> torch.optim.AdamW:
    """Return the optimiser of a recipe: Adam with the paper's second beta and decoupled weight decay."""
    return torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay, fused=True
    )


def training_steps(
    model: Transformer,
    recipe: Recipe,
    batches: Iterator[Batch],
    optimiser: torch.optim.Optimizer | None = None,
    done: int = 0,
    ranks: Ranks = ALONE,
) -> Iterator[Taken]:
    """Train step by step; yield each step when it is taken. The caller may look around.

    optimiser: that of a training to go on with   done: the steps it has behind it
    ranks: the processes that share each batch
    Raises DivergedError before a loss or a gradient that is not finite could spoil the weights.
    """
    optimiser = optimiser or optimiser_for(model, recipe)
    for step in range(done, recipe.steps):
        model.train()
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate_at(step)
        batch = next(batches)
        share = ranks.share(batch, recipe.seed, step)
        loss = loss_of(model, share, recipe.label_smoothing)
        optimiser.zero_grad()
        loss.backward()
        loss = ranks.average(model, loss, share)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip).item()
        for what, number in (("loss", loss.item()), ("gradient", norm)):
            if not math.isfinite(number):
                raise DivergedError(f"the {what} of step {step + 1} was not finite")
        optimiser.step()
        yield Taken(step + 1, loss.detach(), norm, words_in(batch))


def words_in(batch: Batch) -> int:
    """Count the tokens that a batch holds on both sides, padding apart."""
    return int(batch.src.count_nonzero()) + int(batch.tgt_out.count_nonzero())  # PAD is 0
