"""What time does to jobs: those that nobody looks after step aside, and what is over for long is forgotten.

Nothing with a model in it is ever lost here: a paused job is measured and kept, and runs in `runs/` are not touched.
"""

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from ui.jobs.folders import JOB_FILE, MANIFEST, Folders
from ui.jobs.job import ACTIVE
from ui.jobs.limits import ABSENT, REMEMBERED, RESTING
from ui.jobs.runner import RUN_FOLDER
from ui.jobs.store import Store

ORPHAN = 3600.0  # seconds: a folder of that age that the index does not know and that holds no run


def sweep(store: Store, folders: Folders, seen: Mapping[str, float]) -> None:
    """Look after all jobs and folders once. seen: when each visitor was last seen, on the monotonic clock"""
    now, clock = time.time(), time.monotonic()
    known = set()
    for job in store.jobs(most=100_000):
        known.add(job.id)
        if job.state == "waiting" and job.wish == "go":
            last = seen.get(job.owner, clock - (now - max(job.queued, _started(clock, now))))
            if clock - last > ABSENT:
                store.change(job.id, ("waiting",), state="paused", message="jobs.note.absent")
        elif job.state == "paused" and now - max(job.queued, job.started) > RESTING and folders.has_model(job):
            store.change(job.id, ("paused",), state="waiting", wish="stop", queued=now)
        elif job.state not in (*ACTIVE, "paused") and now - max(job.ended, job.queued) > REMEMBERED:
            store.forget(job.id)
    for folder in folders.folders():
        if folder.name not in known and _is_orphan(folder, now):
            folders.drop(folder.name)
    _remove_staged(folders.root, now)


_first_clock: list[float] = []


def _started(clock: float, now: float) -> float:
    """Give the time of the first sweep: nobody was absent before the server was there."""
    if not _first_clock:
        _first_clock.append(clock)
    return now - (clock - _first_clock[0])


def _is_orphan(folder: Path, now: float) -> bool:
    with contextlib.suppress(OSError):
        old = now - folder.stat().st_mtime > ORPHAN
        return old and not (folder / JOB_FILE).exists() and not (folder / RUN_FOLDER / MANIFEST).exists()
    return False


def _remove_staged(root: Path, now: float) -> None:
    """Remove what a killed server had half written."""
    for place in (*root.glob("*.new"), *root.glob("*/*.new")):
        with contextlib.suppress(OSError):
            if now - place.stat().st_mtime > ORPHAN:
                os.unlink(place)
