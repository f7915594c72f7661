"""Follow a training that another rank leads: take the same steps, without a look at the model and without a run."""

import contextlib

import torch

from transformer.model import Transformer
from transformer.tasks import Task
from transformer.training.batches import lesson_plan
from transformer.training.loop import DivergedError, training_steps
from transformer.training.ranks import Ranks
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.state import Progress


def follow(
    recipe: Recipe,
    task: Task,
    vocabularies: Vocabularies,
    model: Transformer,
    optimiser: torch.optim.Optimizer,
    progress: Progress,
    ranks: Ranks,
) -> None:
    """Take all steps that rank 0 takes. What makes it give up is the same on every rank: loss, gradient and watch."""
    batches = lesson_plan(recipe, vocabularies, progress.step, task)
    if ranks.agree(False):
        return
    with contextlib.suppress(DivergedError):
        for taken in training_steps(model, recipe, batches, optimiser, progress.step, ranks):
            progress.watch.add(taken.loss.item())
            if ranks.agree(False):
                return
