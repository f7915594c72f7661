"""What the Train page offers: every task with a worked example and its quick recipe, the choices, the limits."""

import dataclasses
import functools
from typing import Any

from transformer.tasks import TASKS
from transformer.training import quick
from transformer.training.recipe import OWN
from ui import experiments
from ui.jobs.limits import NUMBERS, TIME_LIMIT, memory_of_one
from ui.jobs.wanted import CHOICES, FIELDS


@functools.cache
def menu(slots: int) -> dict[str, Any]:
    """Write all that does not change while the server runs. slots: how many trainings run at once"""
    return {
        "tasks": [_task(name) for name in TASKS],
        "own": dataclasses.asdict(quick(OWN)),
        "choices": CHOICES,
        "limits": {name: list(NUMBERS[name]) for name in FIELDS if name in NUMBERS},
        "memory": memory_of_one(slots),
        "time_s": TIME_LIMIT,
        "cores": slots,
        "bugs": experiments.menu(),
    }


def _task(name: str) -> dict[str, Any]:
    task = TASKS[name]
    answer = task.answer(task.example)
    example = {"src": task.example, "tgt": answer.tgt if answer else ""}
    return {"name": name, "example": example, "recipe": dataclasses.asdict(quick(name))}
