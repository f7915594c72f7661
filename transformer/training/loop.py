"""One training step after the other: section 5 of the paper, small enough for one CPU core."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer.model import Transformer
from transformer.training.batches import Batch
from transformer.training.recipe import Recipe
from transformer.vocab import PAD


class DivergedError(ArithmeticError):
    """Say in half a sentence why a training cannot go on."""


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
) -> Iterator[tuple[int, Tensor]]:
    """Train step by step; yield how many steps are done and the loss of the last one. The caller may look around.

    optimiser: that of a training to go on with   done: the steps it has behind it
    Raises DivergedError before a loss or a gradient that is not finite could spoil the weights.
    """
    optimiser = optimiser or optimiser_for(model, recipe)
    for step in range(done, recipe.steps):
        model.train()
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate_at(step)
        loss = loss_of(model, next(batches), recipe.label_smoothing)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for what, number in (("loss", loss), ("gradient", norm)):
            if not math.isfinite(number.item()):
                raise DivergedError(f"the {what} of step {step + 1} was not finite")
        optimiser.step()
        yield step + 1, loss.detach()
