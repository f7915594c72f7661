"""How it stands with a job, as one whole sentence: a string key and its values."""

import math
from typing import Any

from ui.jobs.job import Job
from ui.jobs.limits import TIME_LIMIT
from ui.jobs.line import Place
from ui.jobs.progress import Pace

A_MOMENT = 2.0  # seconds
IN_SECONDS = 90  # up to here a time is told in seconds, beyond it in minutes

Sentence = dict[str, Any]


def says(job: Job, at: Pace, place: Place | None, left: float, heard: bool) -> Sentence:
    """Say how it stands.

    at: how far it is   place: where it waits   left: seconds of work that it still needs
    heard: whether its worker has stopped learning already, as somebody wished
    """
    if job.state == "running":
        return _running(job, at, left, heard)
    if job.state == "waiting":
        if job.wish == "stop":
            return _sentence("jobs.says.stopping")
        if place is None or (place.place == 1 and place.wait < A_MOMENT):
            return _sentence("jobs.says.next")
        return _timed("jobs.says.waiting_", place.wait, place=place.place, of=place.of)
    if job.state == "paused":
        return _sentence("jobs.says.paused", step=at.step, steps=job.steps)
    if job.message:
        return _sentence(job.message, **ending(job, at))
    return _sentence("jobs.says.done", steps=job.steps)


def _running(job: Job, at: Pace, left: float, heard: bool) -> Sentence:
    if heard and job.wish == "stop":
        return _sentence("jobs.says.measuring")
    if job.wish != "go":
        return _sentence("jobs.says.pausing" if job.wish == "pause" else "jobs.says.stopping")
    if not at.step:
        return _sentence("jobs.says.reading" if job.text else "jobs.says.starting")
    return _timed("jobs.says.running_", left, step=at.step, steps=job.steps)


def ending(job: Job, at: Pace) -> Sentence:
    """Give the values of all sentences that tell how a job ended."""
    return {"step": at.step or job.step, "minutes": round(TIME_LIMIT / 60)}


def _timed(key: str, seconds: float, **values: Any) -> Sentence:
    """Tell a time as people do: 7 s, 40 s, 2 min."""
    if seconds > IN_SECONDS:
        return _sentence(key + "minutes", minutes=math.ceil(seconds / 60), **values)
    told = math.ceil(seconds) if seconds <= 10 else 5 * math.ceil(seconds / 5)
    return _sentence(key + "seconds", seconds=told, **values)


def _sentence(key: str, **values: Any) -> Sentence:
    return {"key": key, "values": values}
