"""Trainings that people start from the page: a queue, workers, and folders that outlive both.

job        what a job is, and which state may follow which      line       the queue: order, places, waits
runner     the one interface behind which work is done          workers    processes of this machine
folders    where everything lies                                store      the index, written again if it is lost
scheduler  the thread that brings jobs and workers together     sweeping   what becomes of the old and the forgotten
limits     how much anybody may take                            progress   how far a run has come
names      whose a run is, and what it is called                office     all that the pages may ask: `jobs()`
choice     where trainings run: here, or on a cluster           ray_runner, ray_agent     the cluster's workers
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.jobs.office import Jobs

_offices: dict[Path, "Jobs"] = {}
_lock = threading.Lock()


def jobs() -> "Jobs":
    """Give the jobs of the folder of runs, the same ones to everybody in this server."""
    from transformer import runs  # imports torch, which must not delay the server's start
    from ui.jobs.office import Jobs

    with _lock:
        root = runs.OWN_RUNS
        if root not in _offices:
            _offices[root] = Jobs(root)
        return _offices[root]


def close() -> None:
    """Stop scheduling: the server ends. The trainings go on."""
    with _lock:
        for office in _offices.values():
            office.close()
        _offices.clear()
