"""One training on two processes is the training that one process does, with the whole of every batch."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ranks_drill import ODD, PAUSE_AFTER, SHORT, STOP_AFTER, drill
from transformer.training.batches import Batch
from transformer.training.ranks import ALONE, leads_here, ranks_here

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds
Told = dict[str, Any]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Told]]:
    """Let torchrun start the drill on two ranks."""
    folder = tmp_path_factory.mktemp("two")
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = subprocess.Popen(
        [sys.executable, *command, str(ROOT / "tests/ranks_drill.py"), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        complaints = process.communicate(timeout=PATIENCE)[1]
    finally:
        process.terminate()  # torchrun then ends its ranks, too
        process.communicate()
    assert process.returncode == 0, complaints[-3000:]
    return folder, [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(2)]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """Do the drill in this process."""
    folder = tmp_path_factory.mktemp("one")
    return folder, drill(folder)


def lines_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_two_ranks_learn_along_the_curve_of_one(one: tuple[Path, Told], two: tuple[Path, list[Told]]) -> None:
    alone, together = (lines_of(folder / "command") for folder in (one[0], two[0]))
    assert [line["step"] for line in alone] == [line["step"] for line in together]
    for key in ("loss", "grad_norm", "valid_loss"):
        pairs = [(a[key], b[key]) for a, b in zip(alone, together, strict=True) if key in a]
        assert len(pairs) >= (2 if key == "valid_loss" else ODD.steps)
        for a, b in pairs:
            assert b == pytest.approx(a, rel=1e-3 if key == "grad_norm" else 1e-5)  # which is written with four digits
    assert [line.get("tokens", 0) > 0 for line in alone] == [line.get("tokens", 0) > 0 for line in together]


def test_two_ranks_end_with_the_weights_of_one(one: tuple[Path, Told], two: tuple[Path, list[Told]]) -> None:
    a, b = (load_file(folder / "command" / "model.safetensors") for folder in (one[0], two[0]))
    assert a.keys() == b.keys()
    for name in a:
        # The gradient of a key's bias is 0 but for rounding: it moves all scores of a row alike, and softmax does not
        # see it. Adam makes steps of full length of such noise.
        if not name.endswith("w_k.bias"):
            torch.testing.assert_close(a[name], b[name], atol=1e-5, rtol=1e-4, msg=name)


def test_the_run_is_the_work_of_the_first_rank(one: tuple[Path, Told], two: tuple[Path, list[Told]]) -> None:
    folder, ranks = two
    assert [told["rank"] for told in ranks] == [[0, 2], [1, 2]]
    assert one[1]["rank"] == [0, 1]
    for name in ("whole", "paused", "resumed", "stopped", "diverged", "target"):
        assert ranks[0][name]["answer"].keys() == one[1][name]["answer"].keys(), name
        assert ranks[1][name]["answer"] == {}, name
    files = {path.relative_to(folder / "command").as_posix() for path in (folder / "command").rglob("*")}
    assert files == {path.relative_to(one[0] / "command").as_posix() for path in (one[0] / "command").rglob("*")}


@pytest.mark.parametrize("how", ["command", "whole", "paused", "stopped", "target"])
def test_all_ranks_stop_after_the_same_step_with_the_same_weights(how: str, two: tuple[Path, list[Told]]) -> None:
    first, second = two[1]
    assert first[how]["weights"] == second[how]["weights"]


def test_they_stop_for_the_reason_that_the_first_rank_has(two: tuple[Path, list[Told]]) -> None:
    first = two[1][0]
    reasons = {name: first[name]["answer"]["stopped"] for name in ("whole", "paused", "stopped", "diverged", "target")}
    assert reasons == {
        "whole": "steps", "paused": "paused", "stopped": "stopped", "diverged": "diverged", "target": "target",
    }  # fmt: skip
    assert first["stopped"]["answer"]["steps_done"] == STOP_AFTER
    assert first["paused"]["answer"]["steps_done"] == PAUSE_AFTER
    assert first["target"]["answer"]["steps_done"] < SHORT.steps
    assert first["diverged"]["answer"]["kept_step"] < 20


def test_two_ranks_that_were_interrupted_end_in_the_same_run(two: tuple[Path, list[Told]]) -> None:
    """Dropout included: on the second rank it follows from the step, on the first from what was saved."""
    folder, ranks = two
    a, b = (load_file(folder / name / "model.safetensors") for name in ("whole", "paused"))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert ranks[0]["resumed"]["answer"]["stopped"] == "steps"
    assert ranks[0]["again"]["answer"] == ranks[0]["resumed"]["answer"]  # it is finished: nothing is done again


def test_a_batch_needs_a_sentence_for_every_rank(one: tuple[Path, Told], two: tuple[Path, list[Told]]) -> None:
    assert all("batch must be at least 2" in told["narrow"] for told in two[1])
    assert not (two[0] / "narrow").exists()
    assert "narrow" not in one[1]


def test_dropout_falls_otherwise_on_each_rank_and_learning_goes_on(two: tuple[Path, list[Told]]) -> None:
    losses = [line["loss"] for line in lines_of(two[0] / "whole") if "loss" in line]
    assert losses[-1] < losses[0]


def test_alone_nothing_is_done() -> None:
    batch = Batch(*(torch.ones(3, 2, dtype=torch.long) for _ in range(3)))
    model, loss = nn.Linear(2, 2), torch.tensor(1.5)
    before, state = [parameter.clone() for parameter in model.parameters()], torch.get_rng_state()
    ALONE.meet(model)
    assert ALONE.share(batch, 1, 1) is batch
    assert ALONE.average(model, loss, batch) is loss
    assert ALONE.agree(True) and not ALONE.agree(False)
    ALONE.require(1)
    assert all(map(torch.equal, before, model.parameters()))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("environment", [{}, {"WORLD_SIZE": "2"}, {"MASTER_ADDR": "127.0.0.1", "WORLD_SIZE": "1"}])
def test_whoever_was_not_started_by_torchrun_is_alone(environment: dict[str, str]) -> None:
    with ranks_here(environment) as ranks:
        assert ranks is ALONE
    assert leads_here(environment)
    assert not leads_here({"RANK": "1"})
    assert ODD.batch > ALONE.n
