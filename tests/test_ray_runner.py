"""Trainings on a real Ray cluster of two nodes keep the laws that trainings on this machine keep."""

import importlib.util
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runner_laws as laws
from job_tools import ANNA, BERT, until
from ray_cluster import ENVIRONMENT, RayCluster, ray_cluster
from runner_laws import LONG, SHORT, Desk, step_of, workers_in
from ui.jobs.choice import ChoiceError, chosen_runner, require_runner
from ui.jobs.office import Jobs, Wanted
from ui.jobs.ray_runner import RayRunner
from ui.jobs.runner import Runner, wish_in
from ui.jobs.workers import LocalRunner

ROOT = Path(__file__).resolve().parent.parent
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install -r requirements-cluster.txt"
)
LAG = 0.3  # seconds: here all processes see the same disk


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with ray_cluster() as found:
        yield found


@pytest.fixture(params=["local", pytest.param("ray", marks=needs_ray)])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    make: Callable[[], Runner] = lambda: LocalRunner(tmp_path / "workers.log")  # noqa: E731
    if request.param == "ray":
        make = ray_runner(request.getfixturevalue("cluster"), tmp_path, monkeypatch)
    found = Desk(make, tmp_path)
    yield found
    found.close()


def ray_runner(cluster: RayCluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], RayRunner]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return lambda: RayRunner(folder / "workers.log", cluster.address, lag=LAG)


@pytest.fixture
def ray_desk(cluster: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    found = Desk(ray_runner(cluster, tmp_path, monkeypatch), tmp_path)
    yield found
    found.close()


def agent_of(desk: Desk) -> int:
    assert isinstance(desk.runner, RayRunner)
    assert desk.runner.agent is not None
    return desk.runner.agent.process.pid


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


# --- what holds for both ---------------------------------------------------------------------------------------------


def test_however_it_is_interrupted_it_ends_in_the_same_run(desk: Desk) -> None:
    laws.however_it_is_interrupted_it_ends_in_the_same_run(desk)


@pytest.mark.parametrize(  # on this machine full: test_jobs_kills.py kills servers in CI, with workers that are quick
    "desk", [pytest.param("local", marks=pytest.mark.full), pytest.param("ray", marks=needs_ray)], indirect=True
)
def test_work_goes_on_without_its_server_and_hears_the_next_one(desk: Desk) -> None:
    laws.work_goes_on_without_its_server_and_hears_the_next_one(desk)


def test_what_cannot_be_done_is_said(desk: Desk) -> None:
    laws.what_cannot_be_done_is_said(desk)


# --- the choice ------------------------------------------------------------------------------------------------------


def test_without_a_word_trainings_run_here(tmp_path: Path) -> None:
    for environment in ({}, {"ATTENTION_LAB_RUNNER": ""}, {"ATTENTION_LAB_RUNNER": "local", "RAY_ADDRESS": "x:1"}):
        assert isinstance(chosen_runner(tmp_path / "log", environment), LocalRunner)


def test_ray_is_chosen_by_name_and_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    environment = {"ATTENTION_LAB_RUNNER": "ray", "RAY_ADDRESS": "host:6379"}
    runner = chosen_runner(tmp_path / "log", environment)
    assert isinstance(runner, RayRunner)
    assert runner.command[-1] == "host:6379"
    assert runner.slots == 0, "until it was reached"
    for address in ("", "local", "ray://host:10001", "http://host"):
        with pytest.raises(ChoiceError, match="RAY_ADDRESS"):
            require_runner(environment | {"RAY_ADDRESS": address})
    with pytest.raises(ChoiceError, match="must be local or ray, got 'slurm'"):
        require_runner({"ATTENTION_LAB_RUNNER": "slurm"})


def test_where_ray_is_missing_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ChoiceError, match=r"pip install -r requirements-cluster\.txt"):
        require_runner({"ATTENTION_LAB_RUNNER": "ray", "RAY_ADDRESS": "host:6379"})


def test_a_server_never_imports_ray() -> None:
    """Not even one whose trainings run there: it speaks with a process that does."""
    code = "import sys, ui.jobs.office, ui.jobs.ray_runner; sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


# --- a cluster that is not there -------------------------------------------------------------------------------------


def test_a_cluster_out_of_reach_is_tried_again_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    says = """print('{"said": "no Ray cluster answers"}')"""
    runner = RayRunner(tmp_path / "log", "nowhere:1", command=(sys.executable, "-c", says))
    desk = Desk(lambda: runner, tmp_path)
    with caplog.at_level(logging.WARNING, "attention_lab"):
        desk.until(lambda: runner.died >= 2)
    assert "no Ray cluster answers" in caplog.text
    assert runner.slots == 0
    with pytest.raises(OSError, match="out of reach"):
        runner.start(laws.Work(tmp_path, None, None, 1, 1.0), desk.begun.append)
    assert not desk.begun
    assert runner.poll(tmp_path, "trainer-1") is laws.Alive.WORKING, "who knows"
    runner.known -= 1000
    assert runner.poll(tmp_path, "trainer-1") is laws.Alive.LOST, "nobody has known for too long"
    desk.close()


def test_an_agent_that_is_silent_is_started_anew(tmp_path: Path) -> None:
    runner = RayRunner(tmp_path / "log", "x:1", command=(sys.executable, "-c", "import sys; sys.stdin.read()"))
    desk = Desk(lambda: runner, tmp_path)
    first = desk.until(lambda: runner.agent)
    first.heard -= 1000
    desk.until(lambda: runner.agent is not None and runner.agent is not first)
    assert first.process.returncode == -signal.SIGKILL
    desk.close()


# --- a cluster that is ------------------------------------------------------------------------------------------------


@needs_ray
def test_nothing_listens_beyond_this_machine(cluster: RayCluster) -> None:
    assert len(cluster.raylets()) == 2
    assert cluster.listening() == {"127.0.0.1"}


@needs_ray
def test_as_much_runs_at_once_as_the_cluster_has_cpus_on_all_its_nodes(ray_desk: Desk, cluster: RayCluster) -> None:
    folders = [ray_desk.folder(name) for name in ("one", "two")]
    handles = [ray_desk.begin(folder, LONG) for folder in folders]
    assert ray_desk.runner.slots == 2
    ray_desk.until(lambda: all(step_of(folder) >= 1 for folder in folders))
    workers = [workers_in(folder)[0] for folder in folders]
    assert sorted(map(parent_of, workers)) == cluster.raylets(), "one on each node"
    os.kill(agent_of(ray_desk), signal.SIGKILL)  # nobody who works needs the process that speaks with Ray
    ray_desk.until(lambda: not ray_desk.runner.slots)
    ray_desk.until(lambda: ray_desk.runner.slots)
    for folder, handle in zip(folders, handles, strict=True):
        assert ray_desk.runner.poll(folder, handle) is laws.Alive.WORKING
        wish_in(folder, "stop")
        assert ray_desk.outcome(folder, handle).status == "stopped"


@needs_ray
def test_a_folder_that_a_node_does_not_see_is_named(ray_desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "attention_lab"):
        folder = ray_desk.root / "not shared"
        handles: list[str] = []
        ray_desk.until(lambda: ray_desk.runner.slots)
        ray_desk.runner.start(laws.Work(folder, {}, None, 1 << 30, 1.0), handles.append)
        ray_desk.lost(folder, handles[0])
    assert "not shared" in caplog.text


@needs_ray
def test_a_job_whose_node_dies_goes_on_elsewhere(
    cluster: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test of this cluster: afterwards it has one node. What the pages see is as on one machine."""
    office = Jobs(tmp_path / "runs", ray_runner(cluster, tmp_path, monkeypatch)())
    recipe = dict(vars(SHORT)) | {"steps": 1500}
    try:
        office.open()
        office.notice(ANNA)
        jobs = [office.start(who, Wanted(recipe, 1000, 1 << 30, 1.0), f"token-{who}") for who in (ANNA, BERT)]
        folders = {job.id: office.folders.of(job.id) for job in jobs}
        until(lambda: all(step_of(folder) >= 1 for folder in folders.values()), laws.PATIENCE)
        second = cluster.raylets()[1]
        lost = next(name for name, folder in folders.items() if parent_of(workers_in(folder)[0]) == second)
        os.kill(second, signal.SIGKILL)
        until(lambda: office.get(lost).restarts, laws.PATIENCE)
        for job in jobs:
            done = until(lambda job=job: (now := office.get(job.id)).state == "done" and now, laws.PATIENCE)
            assert (done.restarts, done.kept) == (1 if job.id == lost else 0, True)
            told = office.told(done, ANNA)
            assert (told["run"], told["step"], told["mine"]) == (job.name, 1500, job.owner == ANNA)
        assert office.runner.slots == 1
        runs = [(office.folders.runs / job.name / "model.safetensors").read_bytes() for job in jobs]
        assert runs[0] == runs[1], "interrupted or not"
    finally:
        office.close()
