"""Trainings as processes of this machine. The only file that starts processes.

One idle worker is kept warm: it has imported everything and waits for one line on its standard input, so that Start
means a line and not three seconds of imports. A worker stands in a session of its own: it goes on when the server dies,
and a server that is started again finds it by its process id, together with the moment of its birth, since ids come
round again. A worker that was never given work ends with its server: its input ends.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ui.jobs.runner import Alive, State, Work, ended_in

HOUSE = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "transformer.training.worker")
NICE = 10
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
SECRETS = ("ATTENTION_LAB_KEY",)  # which no worker needs to know
AFTER_START = 1.5  # seconds in which a job that has just begun has the cores for itself
PAUSES = (0.0, 1.0, 5.0, 20.0, 60.0)  # seconds before the next warm worker, if the last ones died idle
MOST_LOG = 1 << 20  # bytes of what workers complained about


def cores() -> int:
    """Count the cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class LocalRunner:
    """Run every training in a process of its own, with a low priority and one thread."""

    def __init__(self, log: Path, slots: int | None = None, command: Sequence[str] = COMMAND) -> None:
        self.slots = slots or cores()
        self.log, self.command = log, list(command)
        self.warm: subprocess.Popen[bytes] | None = None
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.died, self.next_warm = 0, 0.0  # warm workers that died idle, one after the other; when to try again

    def start(self, work: Work, claim: Callable[[str], None]) -> None:
        """Hand the work to the warm worker, or to a fresh one, which reads it as soon as it is ready."""
        worker = self._take()
        handle = handle_of(worker.pid)
        try:
            claim(handle)
        except BaseException:
            self._dismiss(worker)
            raise
        self.children[handle] = worker
        self.next_warm = time.monotonic() + AFTER_START
        with contextlib.suppress(OSError):  # it died this moment: then nobody answers, and the job is begun again
            pipe = worker.stdin
            if pipe is not None:
                pipe.write(work.line().encode())
                pipe.close()

    def poll(self, folder: Path, handle: str) -> State:
        """Say how it stands: what the worker wrote last counts more than whether it still lives."""
        alive = is_alive(handle)
        return ended_in(folder) or (Alive.WORKING if alive else Alive.LOST)

    def kill(self, handle: str) -> None:
        """End a worker that does not listen."""
        if is_alive(handle):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(handle.split(":")[0]), signal.SIGKILL)

    def idle(self, wanted: bool) -> None:
        """Reap the dead, and keep one worker warm as long as one is wanted."""
        for handle, child in list(self.children.items()):
            if child.poll() is not None:
                _close(self.children.pop(handle))
        if self.warm is not None and self.warm.poll() is not None:
            _close(self.warm)
            self.warm, self.died = None, self.died + 1
            self.next_warm = time.monotonic() + PAUSES[min(self.died, len(PAUSES) - 1)]
        if not wanted:
            self.close()
        elif self.warm is None and time.monotonic() >= self.next_warm:
            self.warm = self._spawn()

    def close(self) -> None:
        """Let the warm worker go; those at work go on."""
        if self.warm is not None:
            self._dismiss(self.warm)
            self.warm = None

    def _take(self) -> subprocess.Popen[bytes]:
        worker, self.warm = self.warm, None
        if worker is not None and worker.poll() is None:
            self.died = 0
            return worker
        if worker is not None:
            _close(worker)
        return self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
        self.log.parent.mkdir(parents=True, exist_ok=True)
        how = "wb" if self.log.exists() and self.log.stat().st_size > MOST_LOG else "ab"
        with self.log.open(how) as log:
            worker = subprocess.Popen(
                self.command,
                cwd=HOUSE,
                env=environment | dict.fromkeys(THREADS, "1"),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,  # it says when it is ready; nobody need wait for that
                stderr=log,
                start_new_session=True,
            )
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, NICE)  # its imports shall not slow down the pages
        return worker

    def _dismiss(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker that has no work: its input ends, and should it not listen, it is killed."""
        if worker.stdin is not None:
            with contextlib.suppress(OSError):
                worker.stdin.close()
        worker.kill()
        worker.wait()


def _close(worker: subprocess.Popen[bytes]) -> None:
    if worker.stdin is not None:
        with contextlib.suppress(OSError):
            worker.stdin.close()


def handle_of(pid: int) -> str:
    """Name a process so that no later one is taken for it: id, birth in clock ticks, and which run of the system."""
    return f"{pid}:{_birth(pid) or 0}:{_boot()}"


def is_alive(handle: str) -> bool:
    """Say whether the very process lives that a handle names; one that is dead and not yet reaped does not."""
    try:
        pid, birth, boot = handle.split(":")
        number, born = int(pid), int(birth)
    except ValueError:
        return False
    if boot != _boot() or number <= 1:
        return False
    if born or _birth(os.getpid()):
        return _birth(number) == born
    try:  # a system without /proc
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _birth(pid: int) -> int | None:
    """Read when a process was born, in clock ticks since the system started; None if there is none, or a dead one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")[:12]
    except OSError:
        return "here"
