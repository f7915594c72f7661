"""What the tests of jobs share: an office with workers that learn nothing, and patience."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ui.jobs.job import Job
from ui.jobs.office import Jobs, Wanted
from ui.jobs.workers import LocalRunner

FAKE = (sys.executable, str(Path(__file__).parent / "fake_worker.py"))
PATIENCE = 60.0  # seconds; a shared machine may be slow
ANNA, BERT, CARL = ("a" * 64, "b" * 64, "c" * 64)  # visitors


def recipe(**values: Any) -> dict[str, Any]:
    """Give what a fake worker needs to know."""
    return {"task": "copy", "steps": 40, "seed": 1, **values}


def wanted(**values: Any) -> Wanted:
    """Give a training that passed all checks."""
    return Wanted(recipe(**values), 1000, 1 << 28, 1.0)


@contextlib.contextmanager
def office(runs: Path, slots: int = 2, command: tuple[str, ...] = FAKE) -> Iterator[Jobs]:
    """Open an office with fake workers; none of them is left when it closes."""
    jobs = Jobs(runs, LocalRunner(runs / ".jobs" / "workers.log", slots, command))
    try:
        yield jobs
    finally:
        jobs.close()
        for job in jobs.store.in_state("running"):
            jobs.runner.kill(job.handle)
        for child in getattr(jobs.runner, "children", {}).values():
            child.kill()
            child.wait()
            if child.stdin is not None:
                with contextlib.suppress(OSError):
                    child.stdin.close()
        jobs.store.close()


def until(is_so: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until something is so, and give it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := is_so():
            return found
        time.sleep(0.01)
    raise AssertionError(f"it did not become so in {patience} s")


def ended(jobs: Jobs, job: Job) -> Job:
    """Wait until a job is over, or rests."""
    until(lambda: jobs.get(job.id).state not in ("waiting", "running"))
    return jobs.get(job.id)
