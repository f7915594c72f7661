"""The process that trains a job says what became of it, whatever happens, and outlives whoever started it."""

import contextlib
import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from test_resume import content, same
from transformer import load_run
from transformer.corpus import Corpus, Pair
from transformer.runs import RunError
from transformer.training import Recipe, measure, train, worker
from transformer.training.worker import ENDED, LOCK, RUN, STATUSES, WISH, main, outcome_of

TINY = Recipe(
    task="copy", steps=12, batch=4, pool=48, warmup=4, pronouns_from=0.0, d_model=16, heads=2, encoder_layers=1,
    decoder_layers=1, d_ff=16, max_len=32,
)  # fmt: skip
LONG = dataclasses.replace(TINY, steps=100_000)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc how large a process is")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in {"N_TEST": 6, "N_VALID": 4, "N_CONFIRM": 6, "N_SENTENCES": 2}.items():
        monkeypatch.setattr(measure, name, count)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir()
    return tmp_path / "job"


@pytest.fixture(autouse=True)
def deaf() -> Iterator[None]:
    """Give the signals back that a job takes over."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def job(folder: Path, recipe: Recipe | None, **more: Any) -> dict[str, Any]:
    values = None if recipe is None else dataclasses.asdict(recipe)
    return {"job": str(folder), "recipe": values, "corpus": None, "nice": 0, "memory": None, "seconds": 600, **more}


def lines(folder: Path) -> list[dict]:
    path = folder / RUN / "metrics.jsonl"
    whole = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in whole if line.endswith("\n")]


# --- what becomes of a job -------------------------------------------------------------------------------------------


def test_a_job_is_done(folder: Path) -> None:
    assert outcome_of(job(folder, TINY), folder) == {"status": "done", "message": "", "kept_step": 12}
    assert load_run(folder / RUN).info["results"]["stopped"] == "steps"
    assert not (folder / RUN / "trainer.safetensors").exists()  # what is finished need not be resumed


def test_a_job_that_is_asked_again_goes_on(folder: Path, tmp_path: Path) -> None:
    (folder / WISH).write_text("pause")
    assert outcome_of(job(folder, TINY), folder) == {"status": "paused", "message": "", "kept_step": 1}
    (folder / WISH).unlink()
    assert outcome_of(job(folder, TINY), folder)["status"] == "done"  # the recipe does no harm
    train(TINY, tmp_path / "whole" / RUN, ship=True)
    same(folder / RUN, tmp_path / "whole" / RUN)
    assert outcome_of(job(folder, None), folder)["status"] == "done"  # nor does asking for what is finished


def test_a_job_is_stopped(folder: Path) -> None:
    (folder / WISH).write_text("stop")
    assert outcome_of(job(folder, TINY), folder) == {"status": "stopped", "message": "", "kept_step": 1}
    assert load_run(folder / RUN).info["results"]["stopped"] == "stopped"


def test_a_job_whose_time_is_up_is_a_run_all_the_same(folder: Path) -> None:
    outcome = outcome_of(job(folder, LONG, seconds=0.0), folder)
    assert outcome == {"status": "timeout", "message": "", "kept_step": 1}
    assert load_run(folder / RUN).info["results"]["stopped"] == "stopped"


def test_a_job_that_diverges_says_so(folder: Path) -> None:
    wild = dataclasses.replace(TINY, steps=400, learning_rate=0.9, warmup=0, schedule="constant", norm_first=True)
    outcome = outcome_of(job(folder, wild), folder)
    assert outcome["status"] == "diverged" and outcome["message"].startswith("the training diverged: ")
    assert load_run(folder / RUN).info["results"]["kept_step"] == outcome["kept_step"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 5}, "d_model=16 cannot be split over n_heads=5"),
        ({"max_len": 3}, "max_len must be at least"),
        ({"task": "klingon"}, "there is no task 'klingon'"),
        ({"steps": "12"}, "steps must be int, got '12'"),
        ({"task": "own"}, "task 'own' needs a corpus"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict, message: str, folder: Path) -> None:
    asked = job(folder, TINY)
    asked["recipe"] |= changes
    outcome = outcome_of(asked, folder)
    assert outcome["status"] == "refused" and message in outcome["message"] and outcome["kept_step"] == 0
    assert not (folder / RUN).exists()


def test_too_little_free_memory_at_the_start_is_no_fault_of_the_settings(folder: Path) -> None:
    """It may work later, so it is a failure that can be resumed, whether it was to begin or to go on."""
    many = dataclasses.replace(TINY, batch=10**9, pool=10**9, steps=10**6)
    outcome = outcome_of(job(folder, many), folder)
    assert outcome["status"] == "failed"
    assert outcome["message"].startswith("room: ")
    assert "GiB are free" in outcome["message"]
    assert not (folder / RUN).exists()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "memory: "),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory: "),
        (RunError("it could not be saved (No space left on device); the save before this one is kept"), "disk: "),
        (OSError(28, "No space left on device"), "disk: No space left on device"),
        (ZeroDivisionError("a mistake of ours"), "ZeroDivisionError: a mistake of ours"),
    ],
)
def test_what_goes_wrong_is_said(error: Exception, message: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(worker, "train", fail)
    outcome = outcome_of(job(folder, TINY), folder)
    assert outcome["status"] == "failed" and outcome["message"].startswith(message) and outcome["kept_step"] is None


def test_a_run_that_is_damaged_is_not_resumed(folder: Path) -> None:
    (folder / WISH).write_text("pause")
    outcome_of(job(folder, TINY), folder)
    (folder / RUN / "trainer.safetensors").write_bytes(b"?")
    outcome = outcome_of(job(folder, None), folder)
    assert outcome["status"] == "failed" and "trainer.safetensors is damaged" in outcome["message"]


def test_every_outcome_is_one_that_the_page_knows() -> None:
    assert {"done", "target", "stopped", "paused", "diverged", "refused", "failed", "timeout"} == set(STATUSES)


# --- own pairs -------------------------------------------------------------------------------------------------------

CORPUS = Corpus([Pair(f"{a} {b}", f"{b}-{a}") for a in ("red", "blue", "green", "old") for b in "abcdefghijkl"])
OWN = dataclasses.replace(TINY, task="own", vocabulary_size=0, draw=16, max_len=32, probe="red zebra")


def test_own_pairs_are_trained_resumed_and_read_like_any_task(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "corpus.tsv"
    file.write_bytes(CORPUS.to_tsv())
    (folder / WISH).write_text("pause")
    assert outcome_of(job(folder, OWN, corpus=str(file)), folder)["status"] == "paused"
    file.unlink()  # the run has its own
    (folder / WISH).unlink()
    assert outcome_of(job(folder, None), folder)["status"] == "done"
    train(OWN, tmp_path / "whole" / RUN, ship=True, corpus=CORPUS)
    same(folder / RUN, tmp_path / "whole" / RUN)
    run = load_run(folder / RUN)
    assert run.task is not None and run.task.name == "own" and run.info["task"] == "own"
    assert run.task.answer("red a") is not None and (folder / RUN / "corpus.tsv").read_bytes() == CORPUS.to_tsv()
    assert "alignment" not in lines(folder)[-1] and lines(folder)[-1]["outputs"][-1]["src"] == "red zebra"
    assert run.heads is not None


# --- the process -----------------------------------------------------------------------------------------------------


def started(line: dict[str, Any] | None) -> int:
    """Start a worker in a copy of this process, which is warm already; return its process id.

    line: the job that stands in its input; None for an input that is closed
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:  # the copy: it never returns to the tests
        status = 99
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.close(writing)
            sys.stdin, sys.stdout = os.fdopen(reading), open(os.devnull, "w")  # noqa: SIM115
            sys.stderr = sys.stdout
            worker.warm_up = lambda: None
            status = main()
        finally:
            os._exit(status)
    os.close(reading)
    if line is not None:
        os.write(writing, (json.dumps(line) + "\n").encode())
    os.close(writing)
    return process


def status_of(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def ended(folder: Path) -> dict[str, Any]:
    return json.loads((folder / ENDED).read_text())


def test_who_has_no_job_goes_home() -> None:
    assert status_of(started(None)) == 0


def test_a_job_is_paused_resumed_and_stopped_by_a_file(folder: Path) -> None:
    process = started(job(folder, LONG))
    until(lambda: len(lines(folder)) > 3)
    (folder / WISH).write_text("pause")
    assert status_of(process) == 0
    paused = ended(folder)
    assert paused["status"] == "paused" and lines(folder)[-1]["step"] <= paused["kept_step"]
    (folder / WISH).unlink()
    process = started(job(folder, None))
    until(lambda: lines(folder)[-1]["step"] > paused["kept_step"])
    (folder / WISH).write_text("stop")
    assert status_of(process) == 0
    assert ended(folder)["status"] == "stopped" and lines(folder)[-1]["ended"] == "stopped"
    load_run(folder / RUN)


def test_a_machine_that_shuts_down_pauses_its_jobs(folder: Path) -> None:
    process = started(job(folder, LONG))
    until(lambda: len(lines(folder)) > 3)
    os.kill(process, signal.SIGINT)  # a key that somebody presses in the server's terminal
    os.kill(process, signal.SIGHUP)
    os.kill(process, signal.SIGTERM)
    assert status_of(process) == 0 and ended(folder)["status"] == "paused"


def test_two_workers_never_train_one_job(folder: Path) -> None:
    with (folder / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert status_of(started(job(folder, TINY))) == 0
    assert sorted(path.name for path in folder.iterdir()) == [LOCK]
    assert status_of(started(job(folder, TINY))) == 0 and ended(folder)["status"] == "done"


def test_a_worker_belongs_to_nobody_s_session(folder: Path) -> None:
    process = started(job(folder, LONG))
    until(lambda: len(lines(folder)) > 1)
    assert os.getsid(process) == process != os.getsid(0)
    os.kill(process, signal.SIGKILL)
    assert status_of(process) == -signal.SIGKILL


def test_a_job_that_takes_more_memory_than_it_may_says_so(folder: Path) -> None:
    greedy = dataclasses.replace(TINY, d_model=512, d_ff=4096, encoder_layers=6, decoder_layers=6, heads=8)
    assert status_of(started(job(folder, greedy, memory=64 << 20))) == 0
    outcome = ended(folder)
    assert outcome["status"] in ("failed", "refused") and ("memory" in outcome["message"])


def test_a_killed_job_is_resumed_to_the_same_run(folder: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(TINY, steps=60)
    process = started(job(folder, recipe))
    until(lambda: len(lines(folder)) > 3)
    os.kill(process, signal.SIGKILL)
    status_of(process)
    assert status_of(started(job(folder, recipe))) == 0 and ended(folder)["status"] == "done"
    train(recipe, tmp_path / "whole" / RUN, ship=True)
    same(folder / RUN, tmp_path / "whole" / RUN)
    assert content(folder / RUN)


def test_the_command_itself(folder: Path) -> None:
    words = [sys.executable, "-m", "transformer.training.worker"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(json.dumps(job(folder, dataclasses.replace(LONG, target=0.0))) + "\n")
    process.stdin.close()
    process.stdout.close()  # whoever listened is gone
    until(lambda: len(lines(folder)) > 3)
    (folder / WISH).write_text("stop")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(60)
    assert process.returncode == 0 and ended(folder)["status"] == "stopped"
