"""Trainings on the machines of a Ray cluster: the second implementation of `Runner` (runner.py), an optional one.

    ATTENTION_LAB_RUNNER=ray RAY_ADDRESS=host:6379 streamlit run app.py

The folder of runs lies on storage that all machines see under the same path; everything else is as on one machine: the
wish file, `ended.json`, the saves, the page. A worker that dies, alone or with its machine, is missed here, and its job
goes on from its last save on another one. As many jobs run at the same time as the cluster has CPUs.

Ray itself is only met by a process of its own (ray_agent.py): the server lives when the cluster does not, and never
waits for it. While the cluster cannot be reached there are no slots, jobs wait, and those that were at work are taken
to be at it still, for a while.
"""

import contextlib
import json
import logging
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ui.jobs.runner import Alive, State, Work, ended_in
from ui.jobs.workers import AFTER_START, HOUSE, MOST_LOG, PAUSES, SECRETS

COMMAND = (sys.executable, "-m", "ui.jobs.ray_agent")
LAG = 2.0  # seconds after which what was written on another machine can be read here: only then a job is lost
SILENT = 60.0  # seconds without a word after which the agent is started anew,
UNKNOWN = 120.0  # and after which jobs are given up that nobody knows anything about
LEAVING = 5.0  # seconds that an agent may take to end
log = logging.getLogger("attention_lab")


class Report(NamedTuple):
    """How the cluster stood when the agent last looked."""

    done: int  # number of the last order that was carried out by then
    slots: int
    alive: frozenset[str]  # names of all workers


class Agent:
    """The process that speaks with Ray, and two threads that speak with it, so that nobody else waits."""

    def __init__(self, command: Sequence[str], log_file: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
        log_file.parent.mkdir(parents=True, exist_ok=True)
        how = "wb" if log_file.exists() and log_file.stat().st_size > MOST_LOG else "ab"
        with log_file.open(how) as errors:
            self.process = subprocess.Popen(
                list(command),
                cwd=HOUSE,
                env=environment | {"RAY_USAGE_STATS_ENABLED": "0"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self.report: Report | None = None
        self.heard = time.monotonic()
        self.number = 0
        self.orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        for task in (self._read, self._write):
            threading.Thread(target=task, name=f"ray agent {task.__name__}", daemon=True).start()

    def order(self, **what: str) -> int:
        """Send an order, without waiting for anything; return its number."""
        self.number += 1
        self.orders.put((json.dumps({"n": self.number} | what) + "\n").encode())
        return self.number

    def close(self, patience: float = LEAVING) -> None:
        """Let it end, by itself if it can: it gives back the workers that have nothing to do."""
        self.orders.put(b"")
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _write(self) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError), pipe:
            while line := self.orders.get():
                pipe.write(line)
                pipe.flush()

    def _read(self) -> None:
        pipe = self.process.stdout
        assert pipe is not None
        with pipe:
            for line in pipe:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._understand(json.loads(line))
        self.orders.put(b"")  # it has ended: nobody reads what is written

    def _understand(self, found: dict[str, Any]) -> None:
        self.heard = time.monotonic()
        if "said" in found:
            log.warning("%s", found["said"])
        else:
            self.report = Report(found["done"], found["slots"], frozenset(found["alive"]))


class RayRunner:
    """Run every training in a worker of a Ray cluster, with one CPU for itself."""

    def __init__(self, log_file: Path, address: str, command: Sequence[str] = COMMAND, lag: float = LAG) -> None:
        self.log_file, self.command, self.lag = log_file, [*command, address], lag
        self.agent: Agent | None = None
        self.died, self.next_agent = 0, 0.0
        self.warm, self.warm_order = "", 0  # a worker without work, and which order it was made by
        self.warm_died, self.next_warm = 0, 0.0
        self.placed: dict[str, int] = {}  # by which order each work was begun
        self.missed: dict[str, float] = {}  # since when those are missed that should be at work
        self.known = time.monotonic()  # when the cluster was last heard of

    @property
    def slots(self) -> int:
        """Count the CPUs of the cluster; none while it is out of reach."""
        report = self.agent and self.agent.report
        return report.slots if report else 0

    def start(self, work: Work, claim: Callable[[str], None]) -> None:
        """Give the work to the warm worker, or to a new one; OSError while the cluster is out of reach."""
        agent = self.agent
        if agent is None or agent.report is None:
            raise OSError("the Ray cluster is out of reach")
        name = self.warm or self._make(agent)
        claim(name)  # if it refuses, the worker stays warm
        self.warm, self.next_warm = "", time.monotonic() + AFTER_START
        self.placed[name] = agent.order(work=name, line=work.line())

    def poll(self, folder: Path, handle: str) -> State:
        """Say how it stands: what the worker wrote last counts more than whether it still lives."""
        gone = self._is_gone(handle)
        ended = ended_in(folder)
        if ended or gone:
            self.placed.pop(handle, None)
            self.missed.pop(handle, None)
        return ended or (Alive.LOST if gone else Alive.WORKING)

    def kill(self, handle: str) -> None:
        """End a worker that does not listen."""
        if self.agent is not None:
            self.agent.order(kill=handle)

    def idle(self, wanted: bool) -> None:
        """Keep the agent alive, and one worker warm while one is wanted and a CPU is free."""
        agent, now = self.agent, time.monotonic()
        if agent is not None and agent.process.poll() is None and now - agent.heard > SILENT:
            log.warning("the Ray cluster does not answer")
            agent.process.kill()
        elif agent is not None and agent.process.poll() is not None:
            self._forget_agent(now)
        elif agent is None and now >= self.next_agent:
            self.agent = Agent(self.command, self.log_file)
        elif agent is not None and agent.report is not None:
            self.known, self.died = agent.heard, 0
            self._keep_warm(agent, agent.report, wanted, now)

    def close(self) -> None:
        """Let the agent go, and with it the warm worker; those at work go on."""
        if self.agent is not None:
            self.agent.close()
            self._forget_agent(time.monotonic())

    def _is_gone(self, handle: str) -> bool:
        """Say whether a worker has been missing for so long that all it wrote can be read by now."""
        report, now = self.agent and self.agent.report, time.monotonic()
        if report is None:
            return now - self.known > UNKNOWN
        if report.done < self.placed.get(handle, 0) or handle in report.alive:
            self.missed.pop(handle, None)
            return False
        return now - self.missed.setdefault(handle, now) >= self.lag

    def _make(self, agent: Agent) -> str:
        self.warm = f"trainer-{secrets.token_hex(6)}"
        self.warm_order = agent.order(make=self.warm)
        return self.warm

    def _keep_warm(self, agent: Agent, report: Report, wanted: bool, now: float) -> None:
        if self.warm and report.done >= self.warm_order:
            if self.warm not in report.alive:
                self.warm, self.warm_died = "", self.warm_died + 1
                self.next_warm = now + PAUSES[min(self.warm_died, len(PAUSES) - 1)]
            elif not wanted:
                agent.order(kill=self.warm)
                self.warm = ""
        elif not self.warm and wanted and now >= self.next_warm and len(report.alive) < report.slots:
            self._make(agent)

    def _forget_agent(self, now: float) -> None:
        """Begin anew: what was ordered last may not have been done, and the warm worker ends by itself."""
        self.agent, self.warm = None, ""
        self.placed.clear()
        self.missed.clear()
        self.next_agent = now + PAUSES[min(self.died, len(PAUSES) - 1)]
        self.died += 1
