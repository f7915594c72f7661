"""What a training will need, said before it begins: numbers to learn, bytes, seconds. Nothing is set aside for it yet.

The model is built on torch's meta device (training/memory.py). A class asks the same thing sixty times, so answers are
kept; the seed is no part of the question.
"""

import dataclasses
import functools
import math
import threading
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from transformer.corpus import Corpus, CorpusError
from transformer.run_files.reader import require_size
from transformer.tasks import TASKS, Task
from transformer.tasks.base import Split
from transformer.training import Recipe, estimate, quick
from transformer.training.batches import rows_of
from transformer.training.film import probes_of
from transformer.training.pace import Calibration, calibrate, seconds
from transformer.training.recipe import OWN, Vocabularies
from transformer.training.subject import task_of
from transformer.training.vocabularies import vocabularies_of
from ui.jobs.limits import memory_of_one
from ui.jobs.workers import cores
from ui.pack import RefusedError

N_SAMPLED = 1000  # examples of each split that tell how long the texts of an endless task are
GIB = 1 << 30
Stamp = tuple[str, int]  # where a person's own pairs lie, and when they were written
_tasks_in_turn, _own_in_turn = threading.RLock(), threading.RLock()  # sixty who ask at once wait for one answer


class Plan(NamedTuple):
    """What a training will need."""

    parameters: int
    n_bytes: int
    seconds: float
    steps: int

    def told(self) -> dict[str, Any]:
        """Write it as the page reads it."""
        seconds = round(self.seconds, 1)
        return {"parameters": self.parameters, "bytes": self.n_bytes, "seconds": seconds, "steps": self.steps}


def plan_of(recipe: Recipe, corpus: Path | None = None) -> Plan:
    """Say what a training will need; RefusedError, with what would work, for one that cannot be or needs too much."""
    if (recipe.task == OWN) != (corpus is not None):
        raise RefusedError(422, "jobs.refuse.own" if recipe.task == OWN else "jobs.refuse.not_own")
    with _own_in_turn if corpus else _tasks_in_turn:
        return _plan(dataclasses.replace(recipe, seed=0), stamp_of(corpus))


def warm_up() -> None:
    """Find out beforehand what the first visitor will ask: how fast this machine is, and the plan of every task."""
    for task in TASKS:
        plan_of(quick(task))


def stamp_of(corpus: Path | None) -> Stamp | None:
    """Tell one state of a file of pairs from the next."""
    return None if corpus is None else (str(corpus), corpus.stat().st_mtime_ns)


@functools.lru_cache(maxsize=2)
def pairs_in(stamp: Stamp) -> Corpus:
    """Read a person's own pairs once for all questions about them."""
    try:
        return Corpus.from_tsv(Path(stamp[0]).read_bytes())
    except (OSError, ValueError):
        raise RefusedError(404, "jobs.refuse.text_id") from None


@functools.lru_cache(maxsize=256)
def _plan(recipe: Recipe, stamp: Stamp | None) -> Plan:
    texts = _texts_of(recipe, stamp)
    task, vocabularies = texts.task, texts.vocabularies
    try:
        require_size(recipe.config(vocabularies))
    except (ValueError, OverflowError):
        raise RefusedError(422, "jobs.refuse.size") from None
    _require_room(recipe, texts)
    needed = estimate(recipe, vocabularies, task)
    if needed.n_bytes > memory_of_one(cores()):
        raise _too_large(recipe, task, vocabularies)
    expected = seconds(recipe, calibration(), vocabularies, task)
    return Plan(needed.n_parameters, needed.n_bytes, expected, recipe.steps)


@functools.lru_cache(maxsize=1)
def calibration() -> Calibration:
    """Measure once how fast this machine is."""
    return calibrate()


class Texts(NamedTuple):
    """What a training is about, and how it is cut into tokens."""

    task: Task
    vocabularies: Vocabularies
    longest: int  # tokens, of what was sampled


def _texts_of(recipe: Recipe, stamp: Stamp | None) -> Texts:
    sized = recipe.task == OWN or recipe.vocabulary in ("bpe", "unigram")
    size = recipe.vocabulary_size if sized else Recipe.vocabulary_size
    plain = Recipe(
        task=recipe.task,
        vocabulary=recipe.vocabulary,
        vocabulary_size=size,
        tie_embeddings=recipe.tie_embeddings,
    )
    try:
        return (_own_texts if recipe.task == OWN else _task_texts)(plain, stamp)
    except CorpusError as error:
        raise RefusedError(422, f"corpus.refused.{error.reason}", **error.values) from None
    except ValueError:
        key = "jobs.refuse.pieces" if sized else "jobs.refuse.tie" if recipe.tie_embeddings else "jobs.refuse.recipe"
        raise RefusedError(422, key, size=recipe.vocabulary_size) from None


def _read_texts(recipe: Recipe, stamp: Stamp | None) -> Texts:
    task = task_of(recipe, None if stamp is None else pairs_in(stamp))
    vocabularies = vocabularies_of(recipe, task)
    splits: tuple[Split, ...] = ("train", "valid", "test")
    most = N_SAMPLED if stamp is None else len(pairs_in(stamp).pairs)  # one's own are read to the last
    examples = [example for split in splits for example in islice(task.examples(0, split), most)]
    src, tgt = rows_of(examples, vocabularies)
    return Texts(task, vocabularies, max(max(map(len, src)), max(map(len, tgt)) - 1))


_task_texts = functools.lru_cache(maxsize=64)(_read_texts)
_own_texts = functools.lru_cache(maxsize=4)(_read_texts)  # these are large


def _require_room(recipe: Recipe, texts: Texts) -> None:
    """Refuse a model that could not read the texts of its task, or the person's own sentence."""
    if texts.longest > recipe.max_len:
        raise RefusedError(422, "jobs.refuse.length", least=texts.longest, value=recipe.max_len)
    if recipe.probe:
        try:
            n = max(len(probe.src) for probe in probes_of(texts.task, texts.vocabularies, recipe.probe))
        except ValueError:
            raise RefusedError(422, "jobs.refuse.no_word") from None
        if n > recipe.max_len:
            raise RefusedError(422, "jobs.refuse.probe_long", most=recipe.max_len, value=n)


def _too_large(recipe: Recipe, task: Task, vocabularies: Vocabularies) -> RefusedError:
    """Find a number to make smaller, and the largest value that fits: memory grows with each in a straight line."""
    most = memory_of_one(cores())
    now = estimate(recipe, vocabularies, task)
    needs, allowed = math.ceil(100 * now.n_bytes / GIB) / 100, math.floor(100 * most / GIB) / 100
    values = {"needs": f"{needs:.2f}", "most": f"{allowed:.2f}", "parameters": now.n_parameters}
    names = ("batch", "d_ff", "encoder_layers", "decoder_layers")
    for name in ("pool", *names) if now.pool_bytes > now.n_bytes / 2 else names:
        high = getattr(recipe, name)
        least = _bytes_with(recipe, name, 1, task, vocabularies)
        if high == 1 or least > most:
            continue
        nearest = 1 + int((most - least) / (now.n_bytes - least) * (high - 1))
        while nearest > 1 and _bytes_with(recipe, name, nearest, task, vocabularies) > most:
            nearest = nearest * 9 // 10
        return RefusedError(422, "jobs.refuse.memory", field=name, nearest=nearest, **values)
    return RefusedError(422, "jobs.refuse.memory_any", **values)


def _bytes_with(recipe: Recipe, name: str, value: int, task: Task, vocabularies: Vocabularies) -> int:
    return estimate(dataclasses.replace(recipe, **{name: value}), vocabularies, task).n_bytes
