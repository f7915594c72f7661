"""kill -9 of workers and of the server at any moment: every job is listed again, goes on, and ends as it would have.

CI kills ten with workers that learn nothing; `pytest -m full` kills a hundred of them, and a hundred real ones.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_worker import SAVE_EVERY
from job_tools import FAKE, PATIENCE, recipe, until
from transformer.training import Recipe
from ui.jobs.folders import Folders
from ui.jobs.job import ACTIVE, RESTARTS, Job
from ui.jobs.office import Jobs, Wanted
from ui.jobs.progress import pace
from ui.jobs.workers import COMMAND, LocalRunner, is_alive

HOUSE = Path(__file__).parent.parent
MOST_LOST = 5.0  # seconds of work
REAL = vars(
    Recipe(
        task="copy", steps=1500, batch=8, pool=400, warmup=10, pronouns_from=0.0, d_model=16, heads=2,
        encoder_layers=1, decoder_layers=1, d_ff=16, max_len=32, learning_rate=1e-2,
    )
)  # fmt: skip
TIMINGS = ("seconds", "tokens")


class Killing:
    """A server in a process of its own, and an office that only looks on and asks."""

    def __init__(self, runs: Path, command: tuple[str, ...]) -> None:
        self.runs, self.command = runs, command
        self.office = Jobs(runs, LocalRunner(runs / "none.log", 2, ()))
        self.server: subprocess.Popen[bytes] | None = None
        self.n_jobs = 0

    def serve(self) -> None:
        arguments = [sys.executable, str(HOUSE / "tests" / "job_server.py"), str(self.runs), "2", *self.command]
        paths = os.pathsep.join([str(HOUSE), str(HOUSE / "tests")])
        self.server = subprocess.Popen(
            arguments,
            cwd=HOUSE,
            env={**os.environ, "PYTHONPATH": paths, "FAKE_STEP": "0.004", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.server.stdout is not None
        assert self.server.stdout.readline() == b"open\n"

    def kill_server(self) -> None:
        assert self.server is not None
        self.server.kill()
        self.server.wait()
        for pipe in (self.server.stdin, self.server.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.server = None

    def ask(self, values: dict[str, Any]) -> Job:
        self.n_jobs += 1
        owner = f"{self.n_jobs:064x}"
        return self.office.start(owner, Wanted(values, 1000, 1 << 30, 1.0), f"token-{self.n_jobs:04d}")

    def running(self) -> list[Job]:
        return [job for job in self.office.store.in_state("running") if is_alive(job.handle)]

    def end(self) -> None:
        for job in self.office.store.in_state("running"):
            self.office.runner.kill(job.handle)
        if self.server is not None:
            self.kill_server()
        self.office.store.close()


@pytest.fixture
def killing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Killing]:
    found = Killing(tmp_path, request.param)
    found.serve()
    yield found
    found.end()


def chain(run: Path) -> list[dict[str, Any]]:
    """Give the log of a run without its timings, and what the model is."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in TIMINGS} for line in lines]


def kill_one(killing: Killing, dice: random.Random, lost: list[tuple[float, int]]) -> None:
    """Kill the server or a worker; note how much work that cost."""
    listed = {job.id for job in killing.office.store.jobs()}
    able = [job for job in killing.running() if job.restarts < RESTARTS]
    if able and dice.random() < 0.7:
        job = dice.choice(able)
        run = killing.office.folders.run_of(job)
        at = pace(run)
        os.kill(int(job.handle.split(":")[0]), signal.SIGKILL)
        again = until(lambda: _went_on(killing.office, job))
        lost.append((at.seconds - again[1], at.step - again[0]))
    else:
        killing.kill_server()
        until(lambda: {job.id for job in killing.office.store.jobs()} == listed)
        killing.serve()
    assert {job.id for job in killing.office.store.jobs()} == listed, "every job is listed again"


def _went_on(office: Jobs, job: Job) -> tuple[int, float] | None:
    """Give what the log said when the new worker had taken it over; None while it has not."""
    now = office.get(job.id)
    if now.state == "running" and now.handle != job.handle and is_alive(now.handle):
        saved = office.folders.run_of(now) / "manifest.json"
        with contextlib.suppress(OSError, ValueError):
            text = json.loads(saved.read_text())
            if "step" in text:
                return text["step"], 0.0
        at = pace(office.folders.run_of(now))
        return at.step, at.seconds
    return (now.step, now.worked) if now.state not in ACTIVE and now.kept else None  # it had just ended by itself


def go_through(killing: Killing, kills: int, values: dict[str, Any], pause: float) -> tuple[list[Job], list[Any]]:
    dice, lost, jobs = random.Random(kills), [], []
    for _ in range(kills):
        while len(killing.office.store.in_state(*ACTIVE)) < 3:
            jobs.append(killing.ask(values))
        until(lambda: [job for job in killing.running() if job.restarts < RESTARTS])
        time.sleep(dice.random() * pause)
        kill_one(killing, dice, lost)
    until(lambda: not killing.office.store.in_state(*ACTIVE), PATIENCE + kills * 10)
    return [killing.office.get(job.id) for job in jobs], lost


@pytest.mark.parametrize("killing", [FAKE], indirect=True)
@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.full)])
def test_kill_anything_at_any_moment(killing: Killing, kills: int) -> None:
    whole = killing.ask(recipe(steps=150))
    until(lambda: killing.office.get(whole.id).state == "done")
    jobs, lost = go_through(killing, kills, recipe(steps=150), 0.4)
    expected = chain(killing.runs / whole.name)
    for job in jobs:
        assert (job.state, job.kept) == ("done", True), job
        assert chain(killing.runs / job.name) == expected, "as if nothing had happened"
        model = (killing.runs / job.name / "model.safetensors").read_text()
        assert model == expected[-1]["link"]
    assert all(steps <= SAVE_EVERY for _, steps in lost), lost
    assert not list(killing.runs.glob(".jobs/*/twice")), "never two workers in one folder"
    assert not [place for place in killing.office.folders.folders() if (place / "run").exists()]


@pytest.mark.full
@pytest.mark.parametrize("killing", [COMMAND], indirect=True)
def test_kill_real_trainings_at_any_moment(killing: Killing) -> None:
    whole = killing.ask(REAL)
    until(lambda: killing.office.get(whole.id).state == "done", 600)
    jobs, lost = go_through(killing, 100, REAL, 6.0)
    expected = chain(killing.runs / whole.name)
    model = (killing.runs / whole.name / "model.safetensors").read_bytes()
    for job in jobs:
        assert (job.state, job.kept) == ("done", True), job
        assert chain(killing.runs / job.name) == expected, "as if nothing had happened"
        assert (killing.runs / job.name / "model.safetensors").read_bytes() == model
    assert all(seconds <= MOST_LOST for seconds, _ in lost), lost


@pytest.mark.full  # in CI the workers above learn nothing, and test_ray_runner.py kills those that do
@pytest.mark.parametrize("killing", [COMMAND], indirect=True)
def test_a_real_training_goes_on_when_worker_and_server_are_killed(killing: Killing) -> None:
    values = {**REAL, "steps": 400}  # enough that it is still at work when its server has been killed
    job = killing.ask(values)
    until(lambda: pace(killing.office.folders.run_of(killing.office.get(job.id))).step > 20)
    killing.kill_server()
    (adopted,) = killing.running()
    assert adopted.id == job.id, "the training goes on without its server"
    killing.serve()
    os.kill(int(adopted.handle.split(":")[0]), signal.SIGKILL)
    until(lambda: killing.office.get(job.id).state == "done")
    after = killing.office.get(job.id)
    assert (after.kept, after.step) == (True, 400)
    steps = [line["step"] for line in chain(killing.runs / after.name)]
    assert steps == sorted(set(steps)), "no step is told twice"
    assert Folders(killing.runs).has_model(after)
