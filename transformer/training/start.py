"""Start a training, or go on with one that was interrupted. Refused is what cannot work, before it costs anything."""

import dataclasses
from pathlib import Path
from typing import Any, TextIO

import torch

from transformer.corpus import Corpus
from transformer.model import Transformer
from transformer.run_files.reader import require_size
from transformer.run_files.sealed import settle
from transformer.runs import RunError, RunWriter, Saved, load_saved
from transformer.tasks import Task
from transformer.training.bar import Bar
from transformer.training.follow import follow
from transformer.training.live import layers_of
from transformer.training.loop import optimiser_for
from transformer.training.memory import NoRoomError, estimate, require_memory
from transformer.training.ranks import ALONE, Ranks
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.session import Session
from transformer.training.state import Progress, restore
from transformer.training.subject import task_of
from transformer.training.vocabularies import vocabularies_of
from transformer.training.wishes import Wishes, go


def train(
    recipe: Recipe,
    out: str | Path,
    *,
    replace: bool = False,
    ship: bool = False,
    bar: TextIO | None = None,
    wishes: Wishes = go,
    corpus: Corpus | None = None,
    ranks: Ranks = ALONE,
) -> dict[str, Any]:
    """Train a model by a recipe, write the run folder `out`, and return its results.

    replace: write over a run that is there   ship: leave out what only a resumed training would need
    bar: where progress and remarks are written, None for nowhere
    wishes: asked after every step; on "stop" the run is finished with what is there, on "pause" it is saved and left
    without results: {"stopped": "paused", "steps_done", "kept_step"}
    corpus: the sentence pairs of a recipe whose task is "own"; they are kept in the run
    ranks: the processes that train together; all but the first return nothing
    Raises ValueError for a recipe that cannot work, before anything is allocated, and RunError for a folder that
    cannot be written.
    """
    task = task_of(recipe, corpus)
    vocabularies = vocabularies_of(recipe, task)
    require_possible(recipe, vocabularies, task)
    ranks.require(recipe.batch)
    torch.manual_seed(recipe.seed)
    model = Transformer(recipe.config(vocabularies))
    optimiser = optimiser_for(model, recipe)
    ranks.meet(model)
    if not ranks.leads:
        follow(recipe, task, vocabularies, model, optimiser, Progress(), ranks)
        return {}
    session = Session(recipe, task, vocabularies, model, optimiser, Progress(), Bar(bar), wishes, ranks)
    facts = dataclasses.asdict(recipe) | versions() | {"layers": list(layers_of(model))}
    data = None if corpus is None else corpus.to_tsv()
    writer = RunWriter(out, recipe.task, model.config, vocabularies, facts, replace=replace, corpus=data)
    return session.run(writer, ship)


def resume(
    out: str | Path,
    *,
    ship: bool = False,
    bar: TextIO | None = None,
    wishes: Wishes = go,
    ranks: Ranks = ALONE,
) -> dict[str, Any]:
    """Go on with a training that was interrupted, and return its results; those of a finished one at once.

    ship, bar, wishes, ranks: as in `train`
    Raises RunError for a run that is damaged, or that no training of this program has left behind; NoRoomError.
    """
    saved, lines, name = load_saved(out), Bar(bar), Path(out).name
    if saved.info["results"]:
        if ranks.leads:
            settle(Path(out))  # it may have been killed within its very last save
        lines.say(f"run {name!r} is finished: there is nothing to resume")
        return saved.info["results"]
    try:
        recipe, task, vocabularies = recipe_of(saved)
        torch.manual_seed(recipe.seed)
        model = saved.model or Transformer(recipe.config(vocabularies))
        optimiser = optimiser_for(model, recipe)
        progress = restore(saved.trainer, model, optimiser) if saved.model else Progress()
        if not 0 <= progress.step <= recipe.steps:
            raise ValueError(f"trainer.safetensors says that {progress.step} of {recipe.steps} steps are done")
        ranks.require(recipe.batch)
        ranks.meet(model)
        if not ranks.leads:
            follow(recipe, task, vocabularies, model, optimiser, progress, ranks)
            return {}
        session = Session(recipe, task, vocabularies, model, optimiser, progress, lines, wishes, ranks)
    except NoRoomError:
        raise
    except ValueError as error:
        raise RunError(f"run {name!r} cannot be resumed: {error}") from error
    say_versions(saved, lines)
    return session.run(RunWriter.reopen(out, progress.step if saved.model else -1), ship)


def say_versions(saved: Saved, lines: Bar) -> None:
    """Say what has changed since a training was interrupted, if that changes its bits."""
    for key, now in versions().items():
        if (then := saved.info["training"].get(key)) != now:
            lines.say(f"{key} is {now!r} now and was {then!r} before: the last digits of the numbers may differ")


def recipe_of(saved: Saved) -> tuple[Recipe, Task, Vocabularies]:
    """Return recipe, task and vocabularies of an interrupted training; ValueError if they are not those of the run."""
    if saved.model and not saved.trainer:
        raise ValueError("it holds no trainer.safetensors, the state of its optimiser")
    recipe = Recipe.from_dict(saved.info["training"])
    task = task_of(recipe, saved.corpus, saved.vocabularies)
    vocabularies = vocabularies_of(recipe, task)
    require_possible(recipe, vocabularies, task)
    if [vocabulary.to_dict() for vocabulary in vocabularies] != [found.to_dict() for found in saved.vocabularies]:
        raise ValueError("its vocabularies are not those of its recipe")
    if recipe.config(vocabularies).to_dict() != saved.info["model"] or recipe.task != saved.info.get("task"):
        raise ValueError("its model is not that of its recipe")
    return recipe, task, vocabularies


def require_possible(recipe: Recipe, vocabularies: Vocabularies, task: Task) -> None:
    """Raise ValueError, before anything is allocated, for a model that is impossible, too large or too much."""
    require_size(recipe.config(vocabularies))
    require_memory(estimate(recipe, vocabularies, task), recipe)


def versions() -> dict[str, Any]:
    """Say what else decides the bits of a run."""
    return {"torch": torch.__version__, "threads": torch.get_num_threads()}
