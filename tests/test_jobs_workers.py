"""Processes of this machine: told apart from later ones with the same number, warm when needed, gone when not."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from job_tools import FAKE, recipe, until
from ui.jobs.runner import Alive, Ended, Work
from ui.jobs.workers import LocalRunner, handle_of, is_alive


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[LocalRunner]:
    found = LocalRunner(tmp_path / "workers.log", 2, FAKE)
    yield found
    found.close()
    for child in found.children.values():
        child.kill()
        child.wait()
    found.idle(wanted=False)


def work(folder: Path, **values: object) -> Work:
    folder.mkdir(exist_ok=True)
    return Work(folder, recipe(**values), None, 1 << 28, 60.0)


def nothing(handle: str) -> None:
    """Take note of nothing."""


def test_a_process_is_told_from_every_other() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        handle = handle_of(process.pid)
        assert is_alive(handle)
        number, birth, boot = handle.split(":")
        for other in (
            f"{number}:{int(birth) + 1}:{boot}",
            f"{number}:{birth}:another",
            f"{os.getpid()}:{birth}:{boot}",
        ):
            assert not is_alive(other)
        process.kill()
        until(lambda: not is_alive(handle))  # dead, though nobody has reaped it yet
        process.wait()
        assert not is_alive(handle)
    for odd in ("", "x", "1:2", "1:2:3:4", "-1:0:x", "0:0:here", "99999999:1:here", "1:x:y"):
        assert not is_alive(odd)


def test_one_worker_is_kept_warm_while_one_is_wanted(runner: LocalRunner) -> None:
    runner.idle(wanted=True)
    warm = runner.warm
    assert warm is not None
    runner.idle(wanted=True)
    assert runner.warm is warm
    assert os.getsid(warm.pid) == warm.pid, "in a session of its own"
    assert os.getpriority(os.PRIO_PROCESS, warm.pid) == 10
    runner.idle(wanted=False)
    assert runner.warm is None
    assert warm.poll() is not None


def test_a_warm_worker_that_dies_is_replaced_with_patience(runner: LocalRunner) -> None:
    runner.idle(wanted=True)
    for _ in range(3):
        assert runner.warm is not None
        runner.warm.kill()
        runner.warm.wait()
        runner.idle(wanted=True)
        assert runner.warm is None, "not at once: if it cannot live, it is not tried again and again"
        runner.next_warm = 0.0
        runner.idle(wanted=True)
    assert runner.died == 3


def test_the_warm_worker_gets_the_work_and_the_handle_comes_first(runner: LocalRunner, tmp_path: Path) -> None:
    runner.idle(wanted=True)
    assert runner.warm is not None
    pid, handles, folder = runner.warm.pid, [], tmp_path / "job"
    job = work(folder)

    def claim(handle: str) -> None:
        assert not (folder / "run").exists(), "nothing is done yet"
        handles.append(handle)

    runner.start(job, claim)
    assert handles[0].startswith(f"{pid}:")
    assert runner.warm is None
    ended = until(lambda: isinstance(found := runner.poll(folder, handles[0]), Ended) and found)
    assert ended == Ended("done", "", 40)
    until(lambda: (runner.idle(wanted=False), not runner.children)[1])


def test_work_that_was_taken_back_is_not_begun(runner: LocalRunner, tmp_path: Path) -> None:
    def refuse(handle: str) -> None:
        raise KeyError(handle)

    runner.idle(wanted=True)
    warm = runner.warm
    assert warm is not None
    with pytest.raises(KeyError):
        runner.start(work(tmp_path / "job"), refuse)
    assert warm.poll() is not None
    assert not list((tmp_path / "job").iterdir())


def test_a_lost_worker_is_seen_and_one_that_was_killed_leaves_its_folder(runner: LocalRunner, tmp_path: Path) -> None:
    handles: list[str] = []
    folder = tmp_path / "job"
    runner.start(work(folder, steps=100_000), handles.append)
    until(lambda: (folder / "run" / "metrics.jsonl").exists())
    assert runner.poll(folder, handles[0]) is Alive.WORKING
    runner.kill(handles[0])
    until(lambda: runner.poll(folder, handles[0]) is Alive.LOST)
    runner.kill(handles[0])
    assert (folder / "run").exists()


def test_two_workers_never_work_in_one_folder(runner: LocalRunner, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    runner.start(work(folder, steps=100_000), nothing)
    until(lambda: (folder / "run" / "metrics.jsonl").exists())
    handles: list[str] = []
    runner.start(work(folder), handles.append)
    until(lambda: runner.poll(folder, handles[0]) is Alive.LOST)
    assert (folder / "twice").exists(), "it saw the other and went away"


def test_secrets_stay_with_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENTION_LAB_KEY", "k-4711")
    spy = (sys.executable, "-c", f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(str(dict(os.environ)))")
    runner = LocalRunner(tmp_path / "workers.log", 1, spy)
    runner.idle(wanted=True)
    assert runner.warm is not None
    runner.warm.wait()
    text = (tmp_path / "seen").read_text()
    assert "k-4711" not in text
    assert "'OMP_NUM_THREADS': '1'" in text
    runner.idle(wanted=False)


def test_a_command_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    runner = LocalRunner(tmp_path / "workers.log", 1, ("/no/such/program",))
    with pytest.raises(OSError, match="program"):
        runner.start(work(tmp_path / "job"), nothing)
    with contextlib.suppress(OSError):
        runner.idle(wanted=True)
