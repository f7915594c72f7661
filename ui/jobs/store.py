"""The index of all jobs: one SQLite file that any number of threads and servers may use at once.

It is a convenience, not the truth: that lies in the folders (folders.py), each written before its line here. An index
that is lost, damaged or emptied, even while the server runs, is put aside and written again from them.

Every change is one transaction that first looks whether it is still possible: of two who press at once, one wins.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ui.jobs.folders import Folders, Named
from ui.jobs.job import ACTIVE, FOLLOWS, Job, JobState, new_name

INDEX = "index.sqlite"
PATIENCE = 10.0  # seconds to wait for another server's transaction
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, state TEXT NOT NULL, token TEXT,
    name TEXT NOT NULL UNIQUE, created REAL NOT NULL, queued REAL NOT NULL, job TEXT NOT NULL,
    UNIQUE (owner, token)
);
CREATE INDEX IF NOT EXISTS by_state ON jobs (state, queued);
CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, owner TEXT NOT NULL, label TEXT NOT NULL);
"""
COLUMNS = ("id", "owner", "state", "token", "name", "created", "queued", "job")
ENTER = f"INSERT INTO jobs ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
REPLACING = f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])}"
UNREADABLE = (sqlite3.Error, OSError)  # what anything here may raise if the disk refuses
Result = TypeVar("Result")


class NoPlaceError(Exception):
    """Say that a job cannot join: string key and values, as in ui/pack.py."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Store:
    """Open the index below a folder of runs; write it again from the folders if it cannot be used."""

    def __init__(self, folders: Folders) -> None:
        self.folders, self.path = folders, folders.root / INDEX
        self.lock = threading.RLock()
        self.base: sqlite3.Connection | None = None
        self.inode = 0

    # --- asking ------------------------------------------------------------------------------------------------------

    def get(self, job_id: str) -> Job | None:
        """Give one job."""
        found = self._jobs("WHERE id = ?", job_id)
        return found[0] if found else None

    def jobs(self, owner: str | None = None, most: int = 200) -> list[Job]:
        """List the jobs of one visitor, or all, the newest first."""
        if owner is None:
            return self._jobs("ORDER BY created DESC LIMIT ?", most)
        return self._jobs("WHERE owner = ? ORDER BY created DESC LIMIT ?", owner, most)

    def in_state(self, *states: JobState) -> list[Job]:
        """List the jobs in some states, in the order in which they queued."""
        marks = ", ".join("?" * len(states))
        return self._jobs(f"WHERE state IN ({marks}) ORDER BY queued, created, id", *states)

    def _jobs(self, where: str, *values: Any) -> list[Job]:
        def ask(base: sqlite3.Connection) -> list[Job]:
            rows = base.execute(f"SELECT job FROM jobs {where}", values).fetchall()
            return [_read(row) for row in rows]

        return self._with(ask)

    # --- changing ----------------------------------------------------------------------------------------------------

    def add(self, job: Job, most_waiting: int, most_own: int) -> Job:
        """Let a job join the queue; the one that the same token has started before is given back instead.

        NoPlaceError if its owner has one waiting already or most_own runs and resting jobs, or the queue is full.
        """

        def join(base: sqlite3.Connection) -> Job:
            same = base.execute("SELECT job FROM jobs WHERE owner = ? AND token = ?", (job.owner, job.token)).fetchone()
            if job.token and same:
                return _read(same)
            self._require_place(base, job.owner, most_waiting)
            if base.execute("SELECT count(*) FROM runs WHERE owner = ?", (job.owner,)).fetchone()[0] >= most_own:
                raise NoPlaceError("jobs.refuse.runs", most=most_own)
            named = job
            while self._is_taken(base, named.name):
                named = replace(named, name=new_name(job.recipe["task"]))
            self._write(base, named)
            self._name(base, Named(named.name, named.owner, ""))
            return named

        return self._change(join)

    def _is_taken(self, base: sqlite3.Connection, name: str) -> bool:
        known = "SELECT 1 FROM jobs WHERE name = ?1 UNION SELECT 1 FROM runs WHERE name = ?1"
        return base.execute(known, (name,)).fetchone() is not None or (self.folders.runs / name).exists()

    def _require_place(self, base: sqlite3.Connection, owner: str, most_waiting: int) -> None:
        waiting = base.execute("SELECT owner FROM jobs WHERE state = 'waiting'").fetchall()
        if any(row[0] == owner for row in waiting):
            raise NoPlaceError("jobs.refuse.busy")
        if len(waiting) >= most_waiting:
            raise NoPlaceError("jobs.refuse.full", waiting=len(waiting))

    def change(self, job_id: str, states: Iterable[JobState], most_waiting: int = 0, **values: Any) -> Job | None:
        """Change a job that is in one of these states; None if it is not, or not any more.

        ValueError for a state that cannot follow. most_waiting: above 0, NoPlaceError as in `add` where it queues
        """

        def alter(base: sqlite3.Connection) -> Job | None:
            row = base.execute("SELECT job FROM jobs WHERE id = ?", (job_id,)).fetchone()
            job = _read(row) if row else None
            if job is None or job.state not in states:
                return None
            after = replace(job, **values)
            if after.state != job.state and after.state not in FOLLOWS.get(job.state, ()):
                raise ValueError(f"{after.state} cannot follow {job.state}")
            if most_waiting and after.state == "waiting" != job.state:
                self._require_place(base, job.owner, most_waiting)
            self._write(base, after)
            return after

        return self._change(alter)

    def forget(self, job_id: str) -> None:
        """Forget a job that is over, with its folder."""

        def remove(base: sqlite3.Connection) -> None:
            marks = ", ".join("?" * len(ACTIVE))
            base.execute(f"DELETE FROM jobs WHERE id = ? AND state NOT IN ({marks})", (job_id, *ACTIVE))
            if base.execute("SELECT changes()").fetchone()[0]:
                self.folders.drop(job_id)

        self._change(remove)

    def _write(self, base: sqlite3.Connection, job: Job) -> None:
        self.folders.remember(job)  # the folder first: it is the truth
        base.execute(ENTER + REPLACING, _row(job))

    # --- whose a run is ----------------------------------------------------------------------------------------------

    def named(self) -> list[Named]:
        """List whose all runs are and what people call them."""
        return self._with(lambda base: [Named(*row) for row in base.execute("SELECT name, owner, label FROM runs")])

    def name(self, named: Named) -> None:
        """Say whose a run is and what it is called."""
        self._change(lambda base: self._name(base, named))

    def _name(self, base: sqlite3.Connection, named: Named) -> None:
        self.folders.name(named)
        base.execute("INSERT OR REPLACE INTO runs (name, owner, label) VALUES (?, ?, ?)", named)

    def unname(self, name: str) -> None:
        """Forget whose a run was."""

        def remove(base: sqlite3.Connection) -> None:
            self.folders.unname(name)
            base.execute("DELETE FROM runs WHERE name = ?", (name,))

        self._change(remove)

    # --- the file ----------------------------------------------------------------------------------------------------

    def _change(self, act: Callable[[sqlite3.Connection], Result]) -> Result:
        def transaction(base: sqlite3.Connection) -> Result:
            base.execute("BEGIN IMMEDIATE")
            try:
                result = act(base)
            except BaseException:
                if base.in_transaction:  # a full disk may have ended it already
                    base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")
            return result

        return self._with(transaction)

    def _with(self, act: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do something with the index; if it turns out to be damaged, write it again and do it once more."""
        with self.lock:
            try:
                return act(self._opened())
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._put_aside()
                return act(self._opened())

    def _opened(self) -> sqlite3.Connection:
        try:
            inode = os.stat(self.path).st_ino
        except OSError:
            inode = 0
        if self.base is None or inode != self.inode:  # at first, and when somebody took the file away
            self.close()
            self.base = self._open()
            self.inode = os.stat(self.path).st_ino
        return self.base

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if Path(f"{self.path}-wal").exists() and self.path.is_file() and not self.path.stat().st_size:
            self._put_aside()  # emptied: SQLite would wait for whoever has it open
        base = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            if base.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("the index is damaged")
            if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
                self._rebuild(base)
        except BaseException:
            base.close()
            raise
        return base

    def _rebuild(self, base: sqlite3.Connection) -> None:
        base.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";"):
            base.execute(statement)
        for job in self.folders.remembered():
            base.execute(ENTER + " ON CONFLICT DO NOTHING", _row(job))
        for named in self.folders.named():
            base.execute("INSERT OR IGNORE INTO runs (name, owner, label) VALUES (?, ?, ?)", named)
        base.execute("COMMIT")

    def _put_aside(self) -> None:
        self.close()
        aside = self.path.with_name(f"{INDEX}.damaged-{int(time.time())}")
        for ending in ("", "-wal", "-shm"):
            part = Path(f"{self.path}{ending}")
            if part.exists():
                os.replace(part, f"{aside}{ending}")

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            if self.base is not None:
                self.base.close()
            self.base = None


def _row(job: Job) -> tuple[Any, ...]:
    text = json.dumps(job.to_dict())
    return job.id, job.owner, job.state, job.token or None, job.name, job.created, job.queued, text


def _read(row: tuple[str]) -> Job:
    try:
        return Job.from_dict(json.loads(row[0]))
    except (ValueError, TypeError, RecursionError) as error:
        raise sqlite3.DatabaseError("a line of the index is damaged") from error


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell a damaged index from one that is busy, and from a disk that is full."""
    if isinstance(error, sqlite3.OperationalError):
        return any(words in str(error) for words in ("no such", "malformed", "disk I/O"))
    return not isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError)
