"""A person may pause a training, go on with it, or stop it and keep what is there; nothing is lost or changed by it."""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from models import in_ci
from test_resume import TINY, same
from transformer import load_run
from transformer.runs import load_saved
from transformer.training import FileWishes, Wish, measure, resume, session, train
from transformer.training.measure import Exam

LONGER = dataclasses.replace(TINY, steps=23, target=0.9)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on few sentences; save only when somebody wishes it."""
    for name, count in {"N_TEST": 6, "N_VALID": 4, "N_CONFIRM": 6, "N_SENTENCES": 2}.items():
        monkeypatch.setattr(measure, name, count)
    monkeypatch.setattr(session, "SAVE_EVERY", 1e9)
    monkeypatch.setattr(session, "SAVE_LATEST", 1e9)


def after(steps: int, wish: Wish) -> Callable[[], Wish]:
    """Wish something once so many steps are taken."""
    asked: list[int] = []

    def wishes() -> Wish:
        asked.append(1)
        return wish if len(asked) == steps else "go"

    return wishes


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "x"
    with pytest.MonkeyPatch.context() as patch:
        for name, count in {"N_TEST": 6, "N_VALID": 4, "N_CONFIRM": 6, "N_SENTENCES": 2}.items():
            patch.setattr(measure, name, count)
        train(LONGER, path)
    return path


@pytest.mark.parametrize("steps", in_ci([2, 22], [1, 2, 7, 22]))
def test_a_pause_changes_nothing(steps: int, whole: Path, tmp_path: Path) -> None:
    paused = train(LONGER, tmp_path / "x", wishes=after(steps, "pause"))
    assert paused == {"stopped": "paused", "steps_done": steps, "kept_step": steps}
    saved = load_saved(tmp_path / "x")
    assert not saved.info["results"] and int(saved.trainer["step"]) == steps
    torch.manual_seed(999)
    resume(tmp_path / "x")
    same(tmp_path / "x", whole)


def test_a_training_can_be_paused_after_every_step(whole: Path, tmp_path: Path) -> None:
    results = train(LONGER, tmp_path / "x", wishes=after(1, "pause"))
    for _ in range(LONGER.steps):
        if results["stopped"] != "paused":
            break
        results = resume(tmp_path / "x", wishes=after(2, "pause"))  # the first question comes before the first step
    assert results["stopped"] == "steps"
    same(tmp_path / "x", whole)


def test_a_wish_to_pause_at_the_last_step_comes_too_late(whole: Path, tmp_path: Path) -> None:
    assert train(LONGER, tmp_path / "x", wishes=after(LONGER.steps, "pause"))["stopped"] == "steps"
    same(tmp_path / "x", whole)


@pytest.mark.parametrize("steps", [1, 6, 11])
def test_what_is_stopped_is_a_finished_run(steps: int, tmp_path: Path) -> None:
    results = train(LONGER, tmp_path / "x", wishes=after(steps, "stop"))
    assert results["stopped"] == "stopped" and results["steps_done"] == results["kept_step"] == steps
    run = load_run(tmp_path / "x")
    assert run.info["results"] == results and run.heads is not None
    lines = [json.loads(line) for line in (tmp_path / "x" / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] == steps and lines[-1]["ended"] == "stopped" and lines[-1]["outputs"]
    assert (tmp_path / "x" / "snapshots" / f"{steps:06d}.safetensors").exists()  # its film has an end
    assert resume(tmp_path / "x") == results
    train(LONGER, tmp_path / "again" / "x", wishes=after(steps, "stop"))
    same(tmp_path / "x", tmp_path / "again" / "x")


@pytest.mark.parametrize("steps", [3, 12])
def test_what_is_paused_can_be_stopped_without_another_step(steps: int, tmp_path: Path) -> None:
    train(LONGER, tmp_path / "x", wishes=after(steps, "pause"))
    weights = (tmp_path / "x" / "model.safetensors").read_bytes()
    results = resume(tmp_path / "x", wishes=lambda: "stop")
    assert results["stopped"] == "stopped" and results["steps_done"] == steps
    assert (tmp_path / "x" / "model.safetensors").read_bytes() == weights
    assert load_run(tmp_path / "x").heads is not None
    steps_told = [json.loads(line)["step"] for line in (tmp_path / "x" / "metrics.jsonl").read_text().splitlines()]
    assert steps_told == sorted(set(steps_told)) and steps_told[-1] == steps


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("wish", ["go", "stop"])
def test_one_that_dies_while_it_is_measured_is_only_measured_again(
    wish: Wish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stopped a training does not find it going on because the machine died meanwhile."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Exam, "results", die)
        with pytest.raises(Killed):
            train(LONGER, tmp_path / "killed" / "x", wishes=after(5, wish))
    train(LONGER, tmp_path / "x", wishes=after(5, wish))
    monkeypatch.setattr(session, "training_steps", die)
    resume(tmp_path / "killed" / "x")
    same(tmp_path / "killed" / "x", tmp_path / "x")


# --- the file of the wish --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wish"),
    [("pause", "pause"), ("stop\n", "stop"), ("go", "go"), ("", "go"), ("stopp", "go"), ("x" * 10**6, "go")],
)
def test_a_wish_is_read_from_a_file(text: str, wish: str, tmp_path: Path) -> None:
    wishes = FileWishes(tmp_path / "wish")
    assert wishes() == "go"
    (tmp_path / "wish").write_text(text)
    assert wishes() == wish
    assert (tmp_path / "heard").exists() == (wish != "go")  # whoever waits need not wait for the measuring
    (tmp_path / "wish").unlink()
    assert wishes() == "go"


def test_time_that_is_up_is_a_wish_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    wishes = FileWishes(tmp_path / "wish", seconds=5.0)
    assert wishes() == "go" and not wishes.timed_out
    now[0] = 105.0
    assert wishes() == "stop" and wishes.timed_out
    (tmp_path / "wish").write_text("pause")
    assert wishes() == "pause"  # a person goes first
