"""All that the pages may ask about jobs and of them: start, look, wish. The roads are in ui/training_roads.py.

Nothing here waits for a worker. Whoever asks is known by the SHA-256 of a cookie; a job may be looked at by everybody
who knows its id, and wished for by its owner. The teacher may stop any.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ui.jobs import limits
from ui.jobs.choice import chosen_runner
from ui.jobs.folders import Folders
from ui.jobs.job import ACTIVE, Job, new_id, new_name
from ui.jobs.line import Place, places
from ui.jobs.names import Names
from ui.jobs.progress import Logs, Pace, mark, pace
from ui.jobs.runner import RUN_FOLDER, Runner
from ui.jobs.saying import ending, says
from ui.jobs.scheduler import Scheduler
from ui.jobs.store import NoPlaceError, Store
from ui.jobs.sweeping import sweep
from ui.pack import RefusedError

AS_OLD = 0.5  # seconds for which what was read of the queue may be told again
AS_FRESH = 0.03  # seconds for which several who watch one job are told the same
MOST_WATCHED = 200  # jobs
MOVED_WITHIN, LOOK_AGAIN = 2.0, 0.02  # seconds in which the index hears that a run was moved, and between two looks
OWN_PACE = 2.0  # seconds of work; the first steps warm up and say little of the others
T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """A training that passed all checks and may join the queue."""

    recipe: dict[str, Any]
    parameters: int
    memory: int
    expected: float
    text: str = ""
    corpus: Path | None = None  # the file of these pairs


class News(NamedTuple):
    """What changes when there is something to tell about a job."""

    job: Job
    heard: bool
    mark: tuple[int, int]


class Jobs:
    """The jobs of one folder of runs."""

    def __init__(self, runs: Path, runner: Runner | None = None) -> None:
        self.folders = Folders(runs)
        self.store = Store(self.folders)
        self.runner = runner or chosen_runner(self.folders.root / "workers.log")
        self.runs, self.disk, self.logs = Names(self.store), limits.Disk(runs), Logs()
        self.scheduler = Scheduler(self.store, self.folders, self.runner, self.wanted)
        self.scheduler.sweep = lambda: sweep(self.store, self.folders, self.seen)
        self.asked = time.monotonic()  # when somebody last asked for anything
        self.seen: dict[str, float] = {}  # when each visitor was last seen
        self._queue: tuple[float, dict[str, Place]] = (float("-inf"), {})
        self._lock = threading.Lock()
        self._news: dict[str, tuple[float, News]] = {}

    def open(self) -> Path:
        """Begin to schedule; called when the server has started. Gives the folder in which all of this lies."""
        self.scheduler.begin()
        return self.folders.root

    def close(self) -> None:
        """Stop scheduling; the trainings go on."""
        self.scheduler.end()
        self.store.close()

    def wanted(self) -> bool:
        """Say whether somebody may press Start soon."""
        return time.monotonic() - self.asked < limits.COLD

    def notice(self, visitor: str) -> None:
        """Take note that a visitor is there."""
        self.asked = self.seen[visitor] = time.monotonic()

    # --- start and wishes --------------------------------------------------------------------------------------------

    def start(self, visitor: str, wanted: Wanted, token: str) -> Job:
        """Let a training join the queue. The same token gives the same job. RefusedError if there is no place."""
        if self.disk.is_full():
            raise RefusedError(507, "jobs.refuse.disk")
        now = time.time()
        job = Job(
            id=new_id(),
            owner=visitor,
            name=new_name(wanted.recipe["task"]),
            recipe=wanted.recipe,
            created=now,
            queued=now,
            token=token,
            text=wanted.text,
            parameters=wanted.parameters,
            memory=wanted.memory,
            expected=wanted.expected,
        )
        try:
            if wanted.corpus is not None:
                self.folders.bring(job, wanted.corpus)
            found: Job = self._queued(lambda: self.store.add(job, limits.MOST_WAITING, limits.MOST_RUNS))
        except BaseException:
            self.folders.drop(job.id)
            raise
        if found.id != job.id:
            self.folders.drop(job.id)
        return found

    def ask(self, job: Job, wish: str) -> Job:
        """Pause, resume or stop a job. RefusedError 409 if it is not in a state in which that means something."""
        acts = {"pause": self._pause, "resume": self._resume, "stop": self._stop}
        if wish not in acts:
            raise RefusedError(422, "jobs.refuse.wish")
        after = acts[wish](job)
        if after is None:
            now = self.store.get(job.id) or job
            raise RefusedError(409, "jobs.refuse.state", state=now.state)
        self._changed()
        return after

    def _pause(self, job: Job) -> Job | None:
        if after := self.store.change(job.id, ("waiting",), state="paused", wish="go"):
            return after
        return self.store.change(job.id, ("running",), wish="pause")

    def _resume(self, job: Job) -> Job | None:
        if job.state == "running" and job.wish == "pause":
            return self.store.change(job.id, ("running",), wish="go")  # it has not paused yet, and need not
        again = {"state": "waiting", "wish": "go", "queued": time.time(), "restarts": 0, "message": ""}
        return self._queued(lambda: self.store.change(job.id, ("paused", "failed"), limits.MOST_WAITING, **again))

    def _stop(self, job: Job) -> Job | None:
        """Stop a job. One that rests or waits and has learned something must be measured, which a worker does."""
        if after := self.store.change(job.id, ("running",), wish="stop"):
            return after
        resting = ("waiting", "paused", "failed")
        if (self.folders.of(job.id) / RUN_FOLDER / "manifest.json").is_file() and self.folders.has_model(job):
            return self.store.change(job.id, resting, state="waiting", wish="stop", message="")
        return self.store.change(
            job.id, resting, state="stopped", wish="go", message="jobs.ended.never", ended=time.time()
        )

    def _queued(self, act: Any) -> Any:
        try:
            found = act()
        except NoPlaceError as error:
            raise RefusedError(429, error.key, **error.values) from None
        self._changed()
        return found

    def _changed(self) -> None:
        with self._lock:
            self._queue = (float("-inf"), {})
        self.scheduler.wake()

    # --- looking -----------------------------------------------------------------------------------------------------

    def get(self, job_id: str) -> Job:
        """Give a job; RefusedError 404 if there is none of that id."""
        job = self.store.get(job_id)
        if job is None:
            raise RefusedError(404, "jobs.refuse.job")
        return job

    def read_run(self, job_id: str, read: Callable[[Path], T]) -> T:
        """Read from the run of a job. It moves once, when it is kept; if that is just now, it is read there.

        RefusedError of `read`, if the run has not moved.
        """
        until = time.monotonic() + MOVED_WITHIN
        while True:
            job = self.get(job_id)
            run = self.folders.run_of(job)
            try:
                return read(run)
            except RefusedError:
                if run.exists() or job.state != "running" or time.monotonic() > until:
                    raise
            time.sleep(LOOK_AGAIN)  # the index hears of the move after it

    def news(self, job_id: str) -> "News":
        """Tell cheaply whether there is something new about a job; a whole class that watches it asks this together."""
        when, found = self._news.get(job_id, (float("-inf"), None))
        if found is None or time.monotonic() - when > AS_FRESH:
            job = self.get(job_id)
            found = News(job, self.folders.has_heard(job), mark(self.folders.run_of(job)))
            if len(self._news) > MOST_WATCHED:
                self._news.clear()
            self._news[job_id] = time.monotonic(), found
        return found

    def queue(self) -> dict[str, Place]:
        """Say where every waiting job stands."""
        with self._lock:
            when, found = self._queue
            if time.monotonic() - when > AS_OLD:
                waiting, running = self.store.in_state("waiting"), self.store.in_state("running")
                left = {job.id: self.left(job) for job in (*waiting, *running)}
                found = places(waiting, running, self.runner.slots, left)
                self._queue = (time.monotonic(), found)
            return found

    def would_wait(self, visitor: str, seconds: float) -> tuple[int, float]:
        """Say which place a visitor's next job would have, and how long it would wait."""
        waiting, running = self.store.in_state("waiting"), self.store.in_state("running")
        left = {job.id: self.left(job) for job in (*waiting, *running)}
        next_one = Job("0" * 12, visitor, "", {"steps": 1}, time.time(), time.time())
        place = places([*waiting, next_one], running, self.runner.slots, {**left, next_one.id: seconds})[next_one.id]
        return place.place, place.wait

    def pace(self, job: Job) -> Pace:
        """Say how far a job is: by its log while it has one."""
        return pace(self.folders.run_of(job)) if job.state in (*ACTIVE, "paused") else Pace(job.step, job.worked)

    def left(self, job: Job) -> float:
        """Estimate the seconds of work that a job still needs, from its own pace as soon as it has one."""
        if job.wish == "stop":
            return 2.0
        at = self.pace(job)
        if at.step and at.seconds >= OWN_PACE:
            return at.seconds / at.step * max(0, job.steps - at.step)
        return max(1.0, job.expected - at.seconds)

    def has(self, visitor: str) -> dict[str, Any]:
        """Say which jobs a visitor has at work, waiting and at rest, and which was the last."""
        own = self.store.jobs(visitor)
        first = {state: next((job.id for job in own if job.state == state), None) for state in ACTIVE}
        paused = [job.id for job in own if job.state == "paused"]
        return {**first, "paused": paused, "last": own[0].id if own else None}

    def told(self, job: Job, visitor: str, teacher: bool = False) -> dict[str, Any]:
        """Write a job as the page reads it."""
        place = self.queue().get(job.id) if job.state == "waiting" else None
        if job.state == "waiting" and place is None:
            job = self.store.get(job.id) or job  # it has just begun
        at, now = self.pace(job), time.time()
        seconds = at.seconds or (job.seconds(now) if job.state != "running" else 0.0)
        return {
            "id": job.id,
            "state": job.state,
            "wish": job.wish,
            "heard": self.folders.has_heard(job),
            "place": place and place.place,
            "of": place and place.of,
            "wait_s": place and round(place.wait, 1),
            "mine": job.owner == visitor,
            "teacher": teacher,
            "label": self.runs.label(job.name) or job.name,
            "run": job.name if job.kept else None,
            "task": job.recipe["task"],
            "recipe": job.recipe,
            "text": job.text or None,
            "step": at.step,
            "steps": job.steps,
            "seconds": round(seconds, 1),
            "left_s": round(self.left(job), 1) if job.state in ("running", "paused") else None,
            "limit_s": limits.TIME_LIMIT,
            "parameters": job.parameters,
            "says": says(job, at, place, self.left(job), self.folders.has_heard(job)),
            "message": {"key": job.message, "values": ending(job, at)} if job.message else None,
            "created": job.created,
            "restarts": job.restarts,
        }
