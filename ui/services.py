"""What all visitors share: loaded runs and finished payloads, computed once. The only file that caches across visitors.

Models here are read only: nothing that a visitor does may change them.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from transformer import Transformer
from transformer.runs import Run, RunEntry, RunError, error_of, find_run, load_run, run_folders
from transformer.tasks import TASKS
from ui.jobs import jobs
from ui.pack import RefusedError
from ui.visitors import visitor_id

PAYLOADS_KEPT_BYTES = 64 * 1024 * 1024
FIRST_RUN = "fr"
Stamp = tuple[str, int]  # a run's folder, and when its manifest was written


def runs() -> list[RunEntry]:
    """List the run folders in the order of the menu; a damaged one carries its error. Only what changed is read again.

    The shipped ones come first: FIRST_RUN, then as TASKS has them. Then one's own, by name.
    """
    entries = [RunEntry(folder.name, folder, _problem(_stamp(folder))) for folder in run_folders()]
    order = [FIRST_RUN, *TASKS]  # a shipped run has the name of its task, and no other run may have it
    return sorted(entries, key=lambda run: (order.index(run.name) if run.name in order else len(order), run.name))


def runs_for(cookie: str | None, *named: str | None) -> list[RunEntry]:
    """List what a visitor may choose from: shipped runs, the visitor's own, and those that somebody put there by hand.

    cookie: what the browser sent under visitors.COOKIE   named: runs of others that a link asks for
    """
    owners, visitor = jobs().runs.owners(), visitor_id(cookie)
    return [run for run in runs() if owners.get(run.name) in (None, visitor) or run.name in named]


def label(name: str) -> str:
    """Give what people call a run of their own; its name if nobody has called it anything."""
    return jobs().runs.label(name) or name


def _problem(stamp: Stamp) -> str | None:
    with _one_at_a_time:
        return _checked(stamp)


@functools.lru_cache(maxsize=256)
def _checked(stamp: Stamp) -> str | None:
    return error_of(Path(stamp[0]))


def stamp(name: str) -> Stamp:
    """Tell one saved state of a run from the next. RunError if there is no such run."""
    return _stamp(find_run(name))


def stamps() -> tuple[Stamp, ...]:
    """Tell one state of all runs together from the next: for answers that speak of other runs too."""
    return tuple(_stamp(folder) for folder in run_folders())


def _stamp(folder: Path) -> Stamp:
    try:
        return str(folder), (folder / "manifest.json").stat().st_mtime_ns
    except OSError:  # not there, or gone this very moment
        return str(folder), 0


_one_at_a_time = threading.RLock()  # of many visitors who want the same run, one loads it


def run(name: str) -> Run:
    """Load a run by its name, once for all visitors. RunError says what is wrong with it."""
    with _one_at_a_time:
        return _load(stamp(name))


@functools.lru_cache(maxsize=16)
def _load(stamp: Stamp) -> Run:
    loaded = load_run(Path(stamp[0]))
    _states[loaded.model] = stamp
    return loaded


_states: WeakKeyDictionary[Transformer, Stamp] = WeakKeyDictionary()


def state_of(run: Run) -> Stamp:
    """Tell which saved state of a run this is; a training may have saved another one since it was loaded."""
    return _states.get(run.model) or _stamp(run.path)


_of_runs: OrderedDict[tuple[Hashable, ...], Any] = OrderedDict()
_making: dict[tuple[Hashable, ...], threading.RLock] = {}  # what is being computed at this moment
OF_RUNS_KEPT = 200


def of_run(run: Run, what: str, make: Callable[[], Any]) -> Any:
    """Compute something about a run once for all visitors; `what` names it. Read it, never change it.

    Who asks for the same waits, everybody else goes on.
    """
    key = (state_of(run), what)
    with _one_at_a_time:
        if key in _of_runs:
            _of_runs.move_to_end(key)
            return _of_runs[key]
        turn = _making.setdefault(key, threading.RLock())
    with turn:
        try:
            with _one_at_a_time:
                if key in _of_runs:
                    return _of_runs[key]
            made = make()
            with _one_at_a_time:
                _of_runs[key] = made
                while len(_of_runs) > OF_RUNS_KEPT:
                    _of_runs.popitem(last=False)
            return made
        finally:
            with _one_at_a_time:
                _making.pop(key, None)


class Kept:
    """Keep the latest results up to a number of bytes, so that a class that types one sentence computes it once."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.results: OrderedDict[tuple[Hashable, ...], bytes] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: tuple[Hashable, ...]) -> bytes | None:
        with self.lock:
            if key in self.results:
                self.results.move_to_end(key)
            return self.results.get(key)

    def put(self, key: tuple[Hashable, ...], result: bytes) -> None:
        with self.lock:
            self.size += len(result) - len(self.results.pop(key, b""))
            self.results[key] = result
            while self.size > self.limit:
                self.size -= len(self.results.popitem(last=False)[1])


payloads = Kept(PAYLOADS_KEPT_BYTES)


def packed(name: str, question: tuple[Hashable, ...], make: Callable[[Run], bytes]) -> bytes:
    """Answer a question about a run in bytes, kept for the next who asks. RefusedError if there is no such run."""
    try:
        key = (stamp(name), *question)
        answer = payloads.get(key)
        if answer is None:
            answer = make(run(name))
            payloads.put(key, answer)
        return answer
    except RunError:
        raise RefusedError(404, "error.run", name=name[:40]) from None
