"""The one narrow interface behind which trainings run: here as processes of this machine, elsewhere as a cluster's.

A job is a folder. Whoever runs it writes `folder/run` (a run, runs.py) and at its end `folder/ended.json`; after every
step it obeys the word in `folder/wish`, and touches `folder/heard` when it has stopped learning for its sake. All that
a runner adds is how work is begun, how one sees that it lives, and how it is killed. So a job that has lost its worker,
or its server, is still all there.

    start(work, claim)   begin; call claim(handle) once, BEFORE the first step, with a text that finds the work again
    poll(folder, handle) Working, an Ended, or Lost (nobody works on it any more, and it has not said how it ended)
    kill(handle)         end it now, whatever it does; no error if it is gone
    idle(wanted)         called several times a second: the moment to keep something warm, and to reap what has ended
    close()              the server stops: give back what is idle, leave alone what works

None of them may wait: one thread of the server calls them all. Handles are kept in the index, so that a server which
was restarted, or another one, finds the work again.
"""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

Wish = Literal["go", "pause", "stop"]
WISH_FILE, HEARD_FILE, ENDED_FILE, RUN_FOLDER = "wish", "heard", "ended.json", "run"
STATUSES = ("done", "target", "stopped", "paused", "diverged", "refused", "failed", "timeout")
MOST_BYTES = 64 * 1024  # of an ended.json: its message is a sentence


@dataclass(frozen=True)
class Work:
    """What a runner must know in order to begin."""

    folder: Path  # the job's folder; the run lies in folder / RUN_FOLDER
    recipe: dict[str, Any] | None  # None: go on with the run that is there
    corpus: Path | None  # a person's own pairs, for the task "own"
    memory: int  # bytes that it may take besides what an idle worker has
    seconds: float  # of work, after which it stops by itself and keeps what it has
    nice: int = 10  # how far behind the server it stands

    def line(self) -> str:
        """Write it as the one line of JSON that `python -m transformer.training.worker` reads."""
        corpus = None if self.corpus is None else str(self.corpus)
        values = {"job": str(self.folder), "recipe": self.recipe, "corpus": corpus}
        return json.dumps(values | {"nice": self.nice, "memory": self.memory, "seconds": self.seconds}) + "\n"


class Alive(Enum):
    """What there is to say about work that has not ended."""

    WORKING = "working"
    LOST = "lost"  # nobody works on it, and it did not say how it ended


class Ended(NamedTuple):
    """How work ended, as the worker itself said."""

    status: str  # one of STATUSES
    message: str
    kept_step: int


State = Alive | Ended


class Runner(Protocol):
    """Run work somewhere."""

    @property
    def slots(self) -> int:
        """Say how much may run at the same time."""
        ...

    def start(self, work: Work, claim: Callable[[str], None]) -> None:
        """Begin. OSError if nothing can be begun at present; then `claim` was not called or its handle is dead."""
        ...

    def poll(self, folder: Path, handle: str) -> State:
        """Say how it stands with some work."""
        ...

    def kill(self, handle: str) -> None:
        """End some work at once."""
        ...

    def idle(self, wanted: bool) -> None:
        """Use a quiet moment. wanted: somebody may press Start soon; False when nobody has asked for a long time."""
        ...

    def close(self) -> None:
        """Give back what is idle."""
        ...


def wish_in(folder: Path, wish: Wish) -> None:
    """Leave a wish in a job's folder, whole or not at all; `go` takes back the one before.

    Two at once would take each other's file away: only the index does this, in the transaction that notes the wish.
    """
    if wish == "go":
        (folder / WISH_FILE).unlink(missing_ok=True)
        return
    staged = folder / f"{WISH_FILE}.new"
    staged.write_text(wish, encoding="ascii")
    os.replace(staged, folder / WISH_FILE)


def ended_in(folder: Path) -> Ended | None:
    """Read how the work in a folder ended; None if it has not said so, or nothing that can be understood."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        with (folder / ENDED_FILE).open("rb") as file:
            found = json.loads(file.read(MOST_BYTES))
        if isinstance(found, dict) and found.get("status") in STATUSES:
            kept = found.get("kept_step")
            kept = kept if isinstance(kept, int) and not isinstance(kept, bool) and kept >= 0 else 0
            return Ended(found["status"], str(found.get("message", ""))[:500], kept)
    return None
