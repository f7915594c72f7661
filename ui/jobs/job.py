"""What a job is: its states, which of them may follow which, and how it travels as JSON between index and folder.

    waiting -> running -> done, target, stopped, diverged, timeout      it has a model, and its run lies in `runs/`
       ^          |
       |          +-> paused -> waiting                                 its run lies in the job's folder
       |          +-> failed -> waiting                                 the same, or there is nothing to keep
       +----------+   a dead worker's job waits again by itself, RESTARTS times

Pausing gives the slot free; resuming means to queue again.
"""

import dataclasses
import re
import secrets
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from ui.jobs.runner import Wish

JobState = Literal["waiting", "running", "paused", "done", "target", "stopped", "diverged", "failed", "timeout"]
STATES: tuple[JobState, ...] = get_args(JobState)
FOLLOWS: dict[JobState, tuple[JobState, ...]] = {
    "waiting": ("running", "paused", "stopped", "failed"),
    "running": ("waiting", "paused", "done", "target", "stopped", "diverged", "failed", "timeout"),
    "paused": ("waiting", "stopped"),
    "failed": ("waiting", "stopped"),
}
ACTIVE: tuple[JobState, ...] = ("waiting", "running")
KEPT: tuple[JobState, ...] = ("done", "target", "stopped", "diverged", "timeout")  # with a model worth keeping
RESTARTS = 3  # how often a job goes on by itself after its worker died
JOB_ID = re.compile(r"[0-9a-f]{12}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True)
class Job:
    """One training that somebody asked for."""

    id: str
    owner: str  # SHA-256 of the visitor's cookie
    name: str  # of the run that it will be
    recipe: dict[str, Any]
    created: float  # seconds since 1970
    queued: float  # since when it waits: the order of the queue
    token: str = ""  # the same wish to start, sent twice, is one job
    text: str = ""  # id of the person's own pairs, a copy of which lies in the job's folder
    parameters: int = 0
    memory: int = 0  # bytes
    expected: float = 0.0  # seconds of work, as far as one could say beforehand
    state: JobState = "waiting"
    wish: Wish = "go"
    handle: str = ""  # finds the worker again
    started: float = 0.0  # when the present worker began
    worked: float = 0.0  # seconds before that
    ended: float = 0.0
    restarts: int = 0
    step: int = 0
    message: str = ""  # string key of what there is to say
    kept: bool = False  # its run lies in `runs/`

    @property
    def steps(self) -> int:
        return int(self.recipe["steps"])

    def seconds(self, now: float) -> float:
        """Give the seconds of work so far."""
        return self.worked + (max(0.0, now - self.started) if self.state == "running" else 0.0)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Read what `to_dict` wrote; ValueError for anything else, so that a damaged file is seen."""
        if not isinstance(values, dict) or not isinstance(values.get("recipe"), dict):
            raise ValueError("not a job")
        found = {}
        for field in dataclasses.fields(cls):
            required = field.default is dataclasses.MISSING
            if required and field.name not in values:
                raise ValueError(f"a job without {field.name}")
            value = values.get(field.name, field.default)
            known = KINDS.get(field.name, str)
            if not isinstance(value, known) or (isinstance(value, bool) and known is not bool):
                raise ValueError(f"a job whose {field.name} is {type(value).__name__}")
            found[field.name] = value
        job = cls(**found)
        sound = JOB_ID.fullmatch(job.id) and job.state in STATES and job.wish in get_args(Wish)
        if not sound or not isinstance(job.recipe.get("steps"), int):
            raise ValueError("not a job")
        return job


KINDS: dict[str, Any] = {
    "recipe": dict,
    "kept": bool,
    **dict.fromkeys(("created", "queued", "expected", "started", "worked", "ended"), (int, float)),
    **dict.fromkeys(("parameters", "memory", "restarts", "step"), int),
}


def new_id() -> str:
    """Draw an id that nobody can guess and nobody has."""
    return secrets.token_hex(6)


def new_name(task: str) -> str:
    """Make up the name of a run; whoever uses it looks whether it is free."""
    return f"{task}-{secrets.token_hex(2)}"
