"""What is computed once for all visitors: by whom it waits, and which state of a run it belongs to."""

import shutil
import threading
from pathlib import Path

import pytest
import torch

from transformer import load_run, runs, save_run
from transformer.runs import Run
from ui import services
from ui.chapters import chapter_payload
from walking import own_run

PATIENCE = 30  # seconds, of which none are needed


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    own_run("mine")
    return services.run("mine")


def saved_again(run: Run) -> None:
    """Save the run with other weights, as a training does."""
    other = load_run(run.path)
    with torch.no_grad():
        for parameter in other.model.parameters():
            parameter.mul_(0.5)
    save_run(other.model, (other.src_vocab, other.tgt_vocab), run.path)


def weight(run: Run) -> float:
    return float(next(run.model.parameters()).sum())


def test_what_is_measured_belongs_to_the_state_that_was_measured(mine: Run) -> None:
    """It is measured while the run is saved again: who loads the new state is not told of the old one."""

    def measured(run: Run) -> float:
        return services.of_run(run, "weight", lambda: weight(run))

    def slowly() -> float:
        saved_again(mine)
        return weight(mine)

    old = services.of_run(mine, "weight", slowly)
    assert services.state_of(mine) != services.stamp("mine")
    new = services.run("mine")
    assert measured(new) == pytest.approx(old / 2, rel=1e-5)
    assert measured(mine) == old, "each keeps its own"


def test_others_go_on_while_something_is_computed(mine: Run) -> None:
    """The computation itself waits for what the others do: if they waited for it, nobody would ever come to an end."""
    done = threading.Event()

    def others() -> None:
        services.run("mine")
        services.of_run(mine, "short", lambda: 1)
        services.runs()
        done.set()

    def long() -> bool:
        threading.Thread(target=others, daemon=True).start()
        return done.wait(PATIENCE)

    assert services.of_run(mine, "long", long)


def test_who_asks_for_the_same_waits_and_it_is_computed_once(mine: Run) -> None:
    begun, times, found = threading.Event(), [], []

    def make() -> int:
        times.append(1)
        begun.set()
        second.start()
        second.join(0.05)  # the other one has asked by now, and may not have an answer
        assert not found
        return 7

    second = threading.Thread(target=lambda: found.append(services.of_run(mine, "once", make)))
    assert services.of_run(mine, "once", make) == 7
    second.join(PATIENCE)
    assert (found, times) == ([7], [1])


def test_what_failed_is_tried_again(mine: Run) -> None:
    def fail() -> int:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            services.of_run(mine, "fails", fail)
    assert services.of_run(mine, "fails", lambda: 3) == 3
    assert not services._making


def test_an_answer_about_another_run_does_not_outlive_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    shutil.copytree(runs.SHIPPED_RUNS / "copy", tmp_path / "mine")
    asked = ("compare", "copy", load_run("copy").example, {"ask": "runs", "other": "mine"})
    before = chapter_payload(*asked)
    assert chapter_payload(*asked) is before, "nothing has changed, so it is kept"
    saved_again(load_run("mine"))
    assert chapter_payload(*asked) != before
