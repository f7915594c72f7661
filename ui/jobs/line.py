"""The queue as people see it: which place a job has, and how long until it begins.

First come, first served, but nobody runs two at once: a visitor's second job waits until the first has ended, and lets
others pass meanwhile. Pure functions of what is in the index.
"""

import heapq
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ui.jobs.job import Job


class Place(NamedTuple):
    """Where a waiting job stands."""

    place: int  # 1 is the next to begin
    of: int  # how many wait
    wait: float  # expected seconds until it begins


def in_order(waiting: Sequence[Job]) -> list[Job]:
    """Put the waiting jobs in the order in which they may begin: a job that is only to be stopped is quickly done."""
    return sorted(waiting, key=lambda job: (job.wish != "stop", job.queued, job.created, job.id))


def startable(waiting: Sequence[Job], running: Sequence[Job], slots: int) -> list[Job]:
    """Choose the jobs that may begin now."""
    owners, chosen = {job.owner for job in running}, []
    for job in in_order(waiting):
        if len(running) + len(chosen) >= slots:
            break
        if job.owner not in owners:
            owners.add(job.owner)
            chosen.append(job)
    return chosen


def places(waiting: Sequence[Job], running: Sequence[Job], slots: int, left: Mapping[str, float]) -> dict[str, Place]:
    """Say where every waiting job stands, by playing the queue through.

    left: for each job, running or waiting, the seconds of work that it is expected to need from now on
    """
    slots = max(1, slots)  # a cluster that cannot be reached has none; it will have some again
    free = [0.0] * (slots - len(running)) + sorted(left.get(job.id, 0.0) for job in running)[-slots:]
    heapq.heapify(free)  # when each slot becomes free
    until = {job.owner: left.get(job.id, 0.0) for job in running}  # until when each visitor has one running
    queue, now, found = in_order(waiting), 0.0, {}
    while queue:
        now = max(now, heapq.heappop(free))
        able = [job for job in queue if until.get(job.owner, 0.0) <= now]
        if not able:  # everybody who waits has one running: the slot stays free until the first of these ends
            heapq.heappush(free, min(until[job.owner] for job in queue))
            continue
        job = able[0]
        queue.remove(job)
        found[job.id] = Place(len(found) + 1, len(waiting), now)
        until[job.owner] = now + left.get(job.id, 0.0)
        heapq.heappush(free, until[job.owner])
    return found
