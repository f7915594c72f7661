"""One thread that brings jobs and workers together; of several servers on one folder, only one does it.

It holds a lock on `runs/.jobs/lock`, which the system gives back when the server dies, however it dies. Every step can
be interrupted anywhere: what it had in mind follows anew from the index, the folders and the processes that live.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ui.jobs.folders import Folders, Named
from ui.jobs.job import RESTARTS, Job
from ui.jobs.limits import GRACE, LIMITS_CHECKED_EVERY, TIME_LIMIT
from ui.jobs.line import startable
from ui.jobs.progress import pace
from ui.jobs.runner import Alive, Ended, Runner, Work
from ui.jobs.store import Store

try:
    import fcntl
except ImportError:  # a system without it runs one server
    fcntl = None

TICK = 0.1  # seconds between two looks at the workers, while there is something to look at
REST = 0.5  # seconds else
LOCK = "lock"
log = logging.getLogger("attention_lab")


class Claim:
    """The right to schedule: a locked file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: IO[str] | None = None

    def held(self) -> bool:
        """Hold the lock, taking it if it is free."""
        if self.file is not None and fcntl is None:
            return True
        if self.file is not None and self._is_still_there():
            return True
        self.release()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self.file = file
        return self._is_still_there()

    def _is_still_there(self) -> bool:
        """Somebody may have removed the file, and another server locked a new one."""
        with contextlib.suppress(OSError):
            return self.file is not None and os.fstat(self.file.fileno()).st_ino == os.stat(self.path).st_ino
        return False

    def release(self) -> None:
        """Let another server take it."""
        if self.file is not None:
            self.file.close()
        self.file = None


class Scheduler:
    """Start what waits, notice what has ended, and begin again what has lost its worker."""

    def __init__(self, store: Store, folders: Folders, runner: Runner, wanted: Callable[[], bool]) -> None:
        self.store, self.folders, self.runner, self.wanted = store, folders, runner, wanted
        self.claim = Claim(folders.root / LOCK)
        self.news, self.stopping = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None
        self.sweep: Callable[[], Any] = lambda: None
        self.swept = float("-inf")

    # --- the thread --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start the thread, once."""
        if self.thread is None:
            self.thread = threading.Thread(target=self._loop, name="scheduler", daemon=True)
            self.thread.start()

    def wake(self) -> None:
        """Say that something has changed, so that it is seen at once."""
        self.news.set()

    def end(self) -> None:
        """Stop scheduling; workers go on."""
        self.stopping.set()
        self.news.set()
        if self.thread is not None:
            self.thread.join(10)
        self.runner.close()
        self.claim.release()

    def _loop(self) -> None:
        while not self.stopping.is_set():
            busy = False
            try:
                busy = self.tick()
            except Exception:  # whatever it was, the next look may go well, and nobody else would look
                log.exception("the scheduler could not do its work this time")
                self.stopping.wait(1.0)
            self.news.wait(TICK if busy else REST)
            self.news.clear()

    def tick(self) -> bool:
        """Do all there is to do now; say whether anything runs or waits."""
        if not self.claim.held():
            return False
        for job in self.store.in_state("running"):
            self._look_at(job)
        busy = self._fill()
        self.runner.idle(self.wanted())
        if time.monotonic() - self.swept > LIMITS_CHECKED_EVERY:
            self.swept = time.monotonic()
            self.sweep()
        return busy

    # --- starting ----------------------------------------------------------------------------------------------------

    def _fill(self) -> bool:
        waiting, running = self.store.in_state("waiting"), self.store.in_state("running")
        for job in startable(waiting, running, self.runner.slots):
            try:
                self._start(job)
            except OverError:
                continue
            except OSError as error:
                log.error("job %s could not be started: %s", job.id, error)
                break
        return bool(waiting or running)

    def _start(self, job: Job) -> None:
        goes_on = self.folders.begin(job)
        corpus = None if goes_on else self.folders.corpus_of(job)
        seconds = max(1.0, TIME_LIMIT - job.worked)
        work = Work(self.folders.of(job.id), None if goes_on else job.recipe, corpus, job.memory, seconds)

        def claim(handle: str) -> None:
            now = time.time()
            if self.store.change(job.id, ("waiting",), state="running", handle=handle, started=now) is None:
                raise OverError  # its owner has taken it back this moment

        self.runner.start(work, claim)

    # --- ending ------------------------------------------------------------------------------------------------------

    def _look_at(self, job: Job) -> None:
        state = self.runner.poll(self.folders.of(job.id), job.handle)
        if isinstance(state, Ended):
            self.finish(job, state)
        elif state is Alive.LOST:
            self._lost(job)
        elif job.seconds(time.time()) > TIME_LIMIT + GRACE:
            log.error("job %s does not end by itself: its worker is killed", job.id)
            self.runner.kill(job.handle)
            self.store.change(job.id, ("running",), restarts=RESTARTS)

    def _lost(self, job: Job) -> None:
        """Let a job whose worker died go on from its last save, unless that has happened too often."""
        worked = self._worked(job)
        if job.restarts < RESTARTS:
            again = {"state": "waiting", "restarts": job.restarts + 1, "message": "jobs.note.resumed"}
            self.store.change(job.id, ("running",), worked=worked, handle="", **again)
            return
        log.error("job %s lost its worker %d times", job.id, job.restarts + 1)
        self._end(job, "failed", "jobs.ended.died", worked)

    def finish(self, job: Job, ended: Ended) -> None:
        """Enter into the index how a worker says that its work ended; keep the run if it has a model.

        One that has paused, while its owner already wished that it stopped, waits for a worker to measure it.
        """
        worked = self._worked(job)
        if ended.status == "paused":
            stops = job.wish == "stop"
            wished: dict[str, Any] = {"state": "waiting"} if stops else {"state": "paused", "wish": "go"}
            self.store.change(job.id, ("running",), **wished, handle="", worked=worked, message="")
        elif ended.status in ("refused", "failed"):
            log.error("job %s %s: %s", job.id, ended.status, ended.message)
            self._end(job, "failed", cause(ended), worked)
        else:
            self._end(job, ended.status, "" if ended.status == "done" else f"jobs.ended.{ended.status}", worked)

    def _end(self, job: Job, state: str, message: str, worked: float) -> None:
        facts: dict[str, Any] = {"step": pace(self.folders.run_of(job)).step or job.step, "name": job.name}
        if state != "failed":
            try:
                facts["name"] = self.folders.keep(job) or job.name
                facts["kept"] = self.folders.runs.joinpath(facts["name"]).is_dir()
            except OSError as error:
                log.error("the run of job %s could not be moved: %s", job.id, error)
                state, message = "failed", "jobs.ended.disk"  # it stays where it is, and can be resumed from there
        if facts["name"] != job.name:
            self.store.name(Named(facts["name"], job.owner, ""))
        over = {"state": state, "message": message, "worked": worked, "handle": "", "wish": "go", "ended": time.time()}
        self.store.change(job.id, ("running",), **facts, **over)

    def _worked(self, job: Job) -> float:
        """Count what was really worked: what the log says, if the worker is gone since long before."""
        told = pace(self.folders.run_of(job)).seconds
        return max(job.worked, told) if told else min(job.seconds(time.time()), TIME_LIMIT)


class OverError(Exception):
    """Say that a job waits no longer."""


# What the message of a worker begins with -> the sentence.
CAUSES = {"memory": "jobs.ended.memory", "disk": "jobs.ended.disk", "room": "jobs.ended.room"}


def cause(ended: Ended) -> str:
    """Choose the sentence for a training that could not go on."""
    reason = ended.message.partition(":")[0]
    if reason in CAUSES:
        return CAUSES[reason]
    return "jobs.ended.refused" if ended.status == "refused" else "jobs.ended.failed"
