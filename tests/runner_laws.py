"""What holds for every runner, wherever the work is done: a job is a folder, which outlives its worker and its server.

test_ray_runner.py holds both runners to it.
"""

import contextlib
import dataclasses
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transformer import load_run
from transformer.training import Recipe, train
from ui.jobs.runner import ENDED_FILE, RUN_FOLDER, Alive, Ended, Runner, Work, wish_in

PATIENCE = 120.0  # seconds; a shared machine may be slow
SIZES = {"d_model": 16, "heads": 2, "encoder_layers": 1, "decoder_layers": 1, "d_ff": 16}
SHORT = Recipe(task="copy", steps=300, batch=8, pool=600, warmup=10, pronouns_from=0.0, **SIZES)
LONG = dataclasses.replace(SHORT, steps=20_000)
MEMORY, SECONDS = 1 << 30, 300.0


class Desk:
    """A runner, as the scheduler uses it: claims, polls, quiet moments."""

    def __init__(self, make: Callable[[], Runner], root: Path) -> None:
        self.make, self.root = make, root
        self.runner = make()
        self.before: list[Runner] = []  # of servers that have ended
        self.begun: list[str] = []  # handles

    def folder(self, name: str) -> Path:
        (self.root / name).mkdir(exist_ok=True)
        return self.root / name

    def begin(self, folder: Path, recipe: Recipe) -> str:
        """Begin some work, or go on with it; give its handle."""
        self.until(lambda: self.runner.slots)
        (folder / ENDED_FILE).unlink(missing_ok=True)
        wish_in(folder, "go")
        goes_on = (folder / RUN_FOLDER / "manifest.json").exists()
        values = None if goes_on else dataclasses.asdict(recipe)
        n_begun = len(self.begun)
        self.runner.start(Work(folder, values, None, MEMORY, SECONDS), self.begun.append)
        assert len(self.begun) == n_begun + 1, "a handle is claimed once, and before anybody works"
        assert self.begun[-1] not in self.begun[:-1], "no two works have the same handle"
        return self.begun[-1]

    def until(self, is_so: Callable[[], Any]) -> Any:
        """Let the runner have its quiet moments until something is so."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.runner.idle(True)
            if found := is_so():
                return found
            time.sleep(0.02)
        raise AssertionError(f"it did not become so in {PATIENCE} s")

    def outcome(self, folder: Path, handle: str) -> Ended:
        """Wait until some work says how it ended."""
        found = self.until(lambda: (state := self.runner.poll(folder, handle)) is not Alive.WORKING and state)
        assert isinstance(found, Ended), found
        return found

    def lost(self, folder: Path, handle: str) -> None:
        """Wait until nobody works there any more, and nobody has said why."""
        assert (
            self.until(lambda: (state := self.runner.poll(folder, handle)) is not Alive.WORKING and state) is Alive.LOST
        )

    def anew(self) -> None:
        """The server ends, and another one starts."""
        self.runner.close()
        self.before.append(self.runner)
        self.runner = self.make()

    def close(self) -> None:
        """Leave nobody at work."""
        for handle in self.begun:
            self.runner.kill(handle)
        self.runner.idle(False)
        self.runner.close()
        for runner in (*self.before, self.runner):
            for child in getattr(runner, "children", {}).values():  # of a local one
                child.wait()


def step_of(folder: Path) -> int:
    """Say how far the work in a folder is by its log."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(json.loads((folder / RUN_FOLDER / "metrics.jsonl").read_text().splitlines()[-1])["step"])
    return 0


def workers_in(folder: Path) -> list[int]:
    """Give the ids of the processes that hold the lock of a job, wherever they come from."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == str(folder / "lock"):
                found.append(int(link.parts[2]))
    return sorted(set(found))


def weights_of(run: Path) -> bytes:
    return (run / "model.safetensors").read_bytes()


def however_it_is_interrupted_it_ends_in_the_same_run(desk: Desk) -> None:
    """Paused; its worker killed by the machine; killed by the server; and then left alone."""
    train(SHORT, desk.root / "alone", ship=True)
    folder = desk.folder("job")
    handle = desk.begin(folder, SHORT)
    desk.until(lambda: step_of(folder) >= 10)
    first = workers_in(folder)
    assert len(first) == 1
    assert desk.runner.poll(folder, handle) is Alive.WORKING
    wish_in(folder, "pause")
    assert desk.outcome(folder, handle).status == "paused"
    paused_at = step_of(folder)
    assert paused_at < SHORT.steps

    handle = desk.begin(folder, SHORT)
    (second,) = desk.until(lambda: set(workers_in(folder)) - set(first))
    os.kill(second, signal.SIGKILL)
    desk.lost(folder, handle)

    handle = desk.begin(folder, SHORT)
    desk.until(lambda: set(workers_in(folder)) - {*first, second})
    desk.runner.kill(handle)
    desk.lost(folder, handle)
    desk.runner.kill(handle)  # it is gone already, and that is no error

    handle = desk.begin(folder, SHORT)
    assert desk.outcome(folder, handle) == Ended("done", "", SHORT.steps)
    assert step_of(folder) == SHORT.steps
    assert weights_of(folder / RUN_FOLDER) == weights_of(desk.root / "alone")
    assert desk.runner.poll(folder, handle) == Ended("done", "", SHORT.steps), "it can be asked again"


def work_goes_on_without_its_server_and_hears_the_next_one(desk: Desk) -> None:
    folder = desk.folder("job")
    handle = desk.begin(folder, LONG)
    desk.until(lambda: step_of(folder) >= 10)
    desk.anew()
    assert desk.runner.poll(folder, handle) is Alive.WORKING, "a new server knows nothing yet, and takes nothing back"
    desk.until(lambda: desk.runner.slots)
    before = step_of(folder)
    desk.until(lambda: step_of(folder) > before)
    assert desk.runner.poll(folder, handle) is Alive.WORKING
    wish_in(folder, "stop")
    ended = desk.outcome(folder, handle)
    assert ended.status == "stopped"
    assert before < ended.kept_step < LONG.steps
    assert load_run(folder / RUN_FOLDER).info["results"]["steps_done"] == ended.kept_step


def what_cannot_be_done_is_said(desk: Desk) -> None:
    folder, refusal = desk.folder("taken back"), KeyError("somebody else has it")

    def refuse(handle: str) -> None:
        raise refusal

    desk.until(lambda: desk.runner.slots)
    with pytest.raises(KeyError):
        desk.runner.start(Work(folder, dataclasses.asdict(SHORT), None, MEMORY, SECONDS), refuse)
    assert not list(folder.iterdir()), "what was not claimed is not begun"
    for handle in ("", "x", "1:2:3", "99999999:1:elsewhere", "trainer-000000000000"):
        desk.runner.kill(handle)
        desk.lost(folder, handle)
    odd = desk.folder("impossible")
    handle = desk.begin(odd, dataclasses.replace(SHORT, d_model=15))
    ended = desk.outcome(odd, handle)
    assert ended.status == "refused"
    assert "d_model" in ended.message
    assert not list(folder.iterdir())
