"""How long a training will take on this machine, said before it begins. Shown on the Train page.

The work of a step follows from its shapes: what its matrix products cost, what moves through memory, and what every
call costs however small it is. How fast this machine does such work, two short trainings tell (`calibrate`): a tiny
one, which is nothing but calls, and one of ordinary size.
"""

import time
from itertools import islice
from typing import NamedTuple

import torch

from transformer.config import ModelConfig
from transformer.model import Transformer
from transformer.tasks import Task
from transformer.training.batches import Batch, rows_of
from transformer.training.film import frame_steps
from transformer.training.live import N_SHOWN
from transformer.training.loop import training_steps
from transformer.training.measure import N_CONFIRM, N_TEST, N_VALID
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.session import CHECK_EVERY
from transformer.training.subject import task_of
from transformer.training.vocabularies import vocabularies_of

N_LENGTHS = 200  # training examples that tell how long the texts of a task are
MOST_SECONDS = 0.25  # that each of the two short trainings may take
TINY = Recipe(d_model=16, heads=2, d_ff=32, encoder_layers=1, decoder_layers=1, batch=4, dropout=0.0)
USUAL = Recipe(dropout=0.0)
PER_PRODUCT, PER_NUMBER, PER_LOGIT, PER_PARAMETER = 44.0, 21.5, 13.8, 21.4  # weights of the parts of `Work`, fitted
A_PASS = 0.35  # of a step: the way forward, without the way back and the optimiser
PER_HEAD = 8.0  # looks at the model that it takes to measure it without one of its heads
PER_EXAMPLE = 60e-6  # seconds to draw an example and to cut it into tokens, about


class Calibration(NamedTuple):
    """How fast a machine is, one thread of it."""

    per_call: float  # seconds of what every layer costs, however small
    per_work: float  # seconds of a unit of size


class Work(NamedTuple):
    """What one step costs: units that mean nothing but beside each other."""

    calls: float
    size: float

    def seconds(self, calibration: Calibration) -> float:
        """Return how long a machine needs for it."""
        return self.calls * calibration.per_call + self.size * calibration.per_work


def work_of(config: ModelConfig, batch: int, src_len: float, tgt_len: float) -> Work:
    """Return the work of one training step from its shapes. src_len, tgt_len: tokens, padding included"""
    d, d_ff, heads, vocab = config.d_model, config.d_ff, config.n_heads, config.tgt_vocab_size
    src, tgt = batch * src_len, batch * tgt_len
    encoder = src * (8 * d * d + 4 * d * d_ff + 4 * src_len * d)  # multiplications and additions of a layer
    decoder = tgt * (12 * d * d + 4 * d * d_ff + 4 * (src_len + tgt_len) * d) + src * 4 * d * d
    products = config.n_encoder_layers * encoder + config.n_decoder_layers * decoder + 2 * tgt * d * vocab
    moved = config.n_encoder_layers * src * (8 * d + 2 * d_ff + 3 * heads * src_len)
    moved += config.n_decoder_layers * tgt * (12 * d + 2 * d_ff + 3 * heads * (src_len + tgt_len))
    size = PER_PRODUCT * 3 * products / 1e9 + PER_NUMBER * moved / 1e6  # 3: forward, and back to inputs and weights
    size += PER_LOGIT * tgt * vocab / 1e6 + PER_PARAMETER * config.n_parameters / 1e6
    return Work(6 + 5 * config.n_encoder_layers + 8 * config.n_decoder_layers, size)


def calibrate() -> Calibration:
    """Measure how fast this machine is, in less than a second; its random generator stays as it was."""
    lengths = 12, 14
    with torch.random.fork_rng(devices=[]):
        measured = [(work_of(config_of(r), r.batch, *lengths), step_seconds(r, *lengths)) for r in (TINY, USUAL)]
    (tiny, short), (usual, long) = measured
    det = tiny.calls * usual.size - usual.calls * tiny.size
    per_call = (short * usual.size - long * tiny.size) / det
    per_work = (tiny.calls * long - usual.calls * short) / det
    if per_call <= 0.0 or per_work <= 0.0:  # a hiccup of the machine: take the usual step as the measure of both
        per_call = per_work = long / (usual.calls + usual.size)
    return Calibration(per_call, per_work)


def config_of(recipe: Recipe) -> ModelConfig:
    """Return the model of one of the two short trainings."""
    return recipe.config(vocabularies_of(recipe))


def step_seconds(recipe: Recipe, src_len: int, tgt_len: int) -> float:
    """Time training steps on random ids; return how long one takes that nothing disturbs."""
    config = config_of(recipe)
    src = torch.randint(4, config.src_vocab_size, (recipe.batch, src_len))
    tgt = torch.randint(4, config.tgt_vocab_size, (recipe.batch, tgt_len))
    steps = training_steps(Transformer(config), recipe, iter(lambda: Batch(src, tgt, tgt), None))
    until, found = time.perf_counter() + MOST_SECONDS, []
    next(steps)
    while len(found) < 3 or (time.perf_counter() < until and len(found) < 30):
        before = time.perf_counter()
        next(steps)
        found.append(time.perf_counter() - before)
    return sorted(found)[len(found) // 4]


def seconds(
    recipe: Recipe, calibration: Calibration, vocabularies: Vocabularies | None = None, task: Task | None = None
) -> float:
    """Say how long a training by this recipe takes if it takes all its steps; one with a target may end earlier.

    With all that belongs to it: drawing examples, looking at the model on the way, measuring it at the end.
    vocabularies: those of the recipe, if they have been made already   task: None for the one that the recipe names
    ValueError for a recipe that describes no model.
    """
    task = task or task_of(recipe)
    vocabularies = vocabularies or vocabularies_of(recipe, task)
    config = recipe.config(vocabularies)
    examples = list(islice(task.examples(0, "train"), N_LENGTHS))
    rows = rows_of(examples, vocabularies)
    src_len, tgt_len = (min(sum(map(len, side)) / len(side), recipe.max_len) for side in rows)
    step = work_of(config, recipe.batch, src_len, tgt_len).seconds(calibration)
    look = A_PASS * work_of(config, N_VALID, max(map(len, rows.src)), max(map(len, rows.tgt))).seconds(calibration)
    word = A_PASS * work_of(config, N_SHOWN, src_len, tgt_len).seconds(calibration)
    frames, checks = len(frame_steps(recipe.steps)), recipe.steps // CHECK_EVERY if recipe.target else 0
    n_examples = recipe.n_pool + N_TEST + (N_CONFIRM if recipe.target else N_VALID)
    on_the_way = frames * (2 * look + tgt_len * word) + checks * look
    at_the_end = N_TEST / N_VALID * look * (1 + tgt_len / 2)
    if any(example.referent for example in examples):  # each head is switched off once
        at_the_end += PER_HEAD * look * config.n_heads * (config.n_encoder_layers + 2 * config.n_decoder_layers)
    return recipe.steps * step + on_the_way + at_the_end + n_examples * PER_EXAMPLE
