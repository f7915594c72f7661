"""How long it takes to learn each task from nothing, on one thread."""

import dataclasses
import statistics
import time
from itertools import islice

import torch

from benchmarks.figures import Figure
from transformer import Transformer
from transformer.decode import exact_match
from transformer.tasks import TASKS
from transformer.training import N_TEST, Recipe, lesson_plan, quick, training_steps, vocabularies_of

# Task -> (the most CPU seconds that it may take, the aim). Each learns by the recipe that the page begins with.
BARS = {
    "reverse": (30, 10),
    "copy": (30, 10),
    "sort": (45, 20),
    "addition": (180, 60),
    "dates": (120, 60),
    "fr": (30, 10),
    "zh": (60, 20),
}
SEEDS = (1, 2, 3)
GOAL = 0.99
LOOK_EVERY = 20  # steps


def time_to_exact() -> list[Figure]:
    """Train each task with a few seeds until a thousand unseen examples are 99 % exact; the median CPU time counts."""
    torch.set_num_threads(1)
    return [time_of(task, *bars) for task, bars in BARS.items()]


def time_of(task: str, at_least: float, aim: float) -> Figure:
    """Train one task."""
    recipe = quick(task)
    outcomes = [train_to_goal(dataclasses.replace(recipe, seed=seed)) for seed in SEEDS]
    found = ", ".join(f"{seconds:.1f} s ({step} steps)" for seconds, step in outcomes)
    sizes = f"{recipe.encoder_layers}+{recipe.decoder_layers} layers, d {recipe.d_model}, batch {recipe.batch}"
    note = f"making the examples included, looking at the test not; seeds {SEEDS}: {found}; {sizes}"
    what = f"{task} from scratch to 99 % exact on {N_TEST:,} unseen examples, CPU seconds, one thread"
    return Figure(what, statistics.median(seconds for seconds, _ in outcomes), "s", at_least, aim, note)


def train_to_goal(recipe: Recipe) -> tuple[float, int]:
    """Train by a recipe; give the CPU seconds and the steps after which the goal was reached, infinite if never."""
    vocabularies = vocabularies_of(recipe)
    test = list(islice(TASKS[recipe.task].examples(0, "test"), N_TEST))
    torch.manual_seed(recipe.seed)
    started = time.process_time()
    model = Transformer(recipe.config(vocabularies))
    looking = 0.0
    for step, *_ in training_steps(model, recipe, lesson_plan(recipe, vocabularies)):
        if step % LOOK_EVERY and step != recipe.steps:
            continue
        stopped = time.process_time()
        model.eval()
        # a hundred first: as long as these are not right, the others need not be asked
        if all(exact_match(model, some, *vocabularies) >= GOAL for some in (test[:100], test)):
            return stopped - started - looking, step
        looking += time.process_time() - stopped
    return float("inf"), recipe.steps
