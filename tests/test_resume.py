"""A training that is killed, wherever that may be, is resumed to the very run that it would have become."""

import dataclasses
import functools
import io
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import models
from damage import edit_json, reseal
from transformer import load_run
from transformer.runs import RunError, RunWriter
from transformer.train import main
from transformer.training import Recipe, measure, resume, session, start, train, watch
from transformer.training.live import TIMINGS
from transformer.training.measure import Exam

SIZES = {"d_model": 16, "heads": 2, "encoder_layers": 1, "decoder_layers": 1, "d_ff": 16}
TINY = Recipe(task="fr", steps=9, batch=4, pool=24, warmup=4, **SIZES)
ENDS = {
    "steps": TINY,
    "target": dataclasses.replace(TINY, target=0.5),
    "diverged": dataclasses.replace(TINY, steps=20, learning_rate=0.9, warmup=1, norm_first=True, schedule="constant"),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on few sentences, and save after every step."""
    for name, count in {"N_TEST": 6, "N_VALID": 4, "N_CONFIRM": 6, "N_SENTENCES": 2}.items():
        monkeypatch.setattr(measure, name, count)
    monkeypatch.setattr(session, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(session, "SAVE_SHARE", 1e9)
    monkeypatch.setattr(session, "CHECK_EVERY", 5)
    monkeypatch.setattr(watch, "FOR_LONG", 6)
    reached = 0.007  # a model that is hardly trained is never exact: let a weight decide instead, as arbitrary as it is
    monkeypatch.setattr(Exam, "passed", lambda self, model, _: self.target and model.generator.bias[2] > reached)


def content(folder: Path) -> dict[str, object]:
    """Give all that a run holds, but for the seconds that it took."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name == "manifest.json":  # which has the checksums of the seconds
            continue
        if name == "metrics.jsonl":
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            found[name] = [{key: value for key, value in line.items() if key not in TIMINGS} for line in lines]
        elif name == "trainer.safetensors":
            tensors = {key: tensor.tolist() for key, tensor in load_file(path).items() if key != "seconds"}
            found[name] = json.dumps(tensors)
        else:
            found[name] = path.read_bytes()
    return found


def same(one: Path, other: Path) -> None:
    a, b = content(one), content(other)
    assert a.keys() == b.keys()
    assert [name for name in a if a[name] != b[name]] == []


# --- interrupted between two steps -----------------------------------------------------------------------------------


results = Exam.results


class Killed(BaseException):
    """The process ends here: no handler runs."""


def killed_after(n_saves: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the training die after so many saves, some lines of metrics later."""
    done, save, metric = [], RunWriter.save, RunWriter.metric

    def counted(self: RunWriter, *arguments: object) -> None:
        save(self, *arguments)  # type: ignore[arg-type]
        done.append(1)

    def last_words(self: RunWriter, *arguments: object) -> None:
        metric(self, *arguments)  # type: ignore[arg-type]
        if len(done) >= n_saves:
            raise Killed

    monkeypatch.setattr(RunWriter, "save", counted)
    monkeypatch.setattr(RunWriter, "metric", last_words)


@functools.cache
def whole(end: str, folder: Path) -> Path:
    train(ENDS[end], folder / end / "x")
    return folder / end / "x"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole")


TIMES = [("steps", 1), ("steps", 4), ("target", 0), ("target", 2), ("diverged", 0), ("diverged", 4)]


@pytest.mark.parametrize(("end", "n_saves"), models.in_ci(TIMES, itertools.product(ENDS, (0, 1, 2, 4))))
def test_a_resumed_training_ends_as_if_nothing_had_been(
    end: str, n_saves: int, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(end, shelf)
    assert load_run(expected).info["results"]["stopped"] == end
    with monkeypatch.context() as patch:
        killed_after(n_saves, patch)
        with pytest.raises(Killed):
            train(ENDS[end], tmp_path / "x")
    torch.manual_seed(12345)  # another process has another generator
    resume(tmp_path / "x")
    same(tmp_path / "x", expected)


def test_a_training_that_dies_while_it_is_measured_is_resumed(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    for end in ENDS:
        with monkeypatch.context() as patch:
            patch.setattr(Exam, "heads", die)
            with pytest.raises(Killed):
                train(ENDS[end], tmp_path / end / "x")
        resume(tmp_path / end / "x")
        same(tmp_path / end / "x", whole(end, shelf))


def test_a_training_that_dies_within_its_last_save_is_whole_after_all(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(*places: Path) -> None:
        replace(*places)
        if places[1].name == "manifest.json" and "results" in (tmp_path / "x" / "config.json.new").read_text():
            raise Killed  # the manifest promises what still has another name

    replace = os.replace
    with monkeypatch.context() as patch:
        patch.setattr(Exam, "results", lambda *_: patch.setattr(os, "replace", renamed) or results(*_))
        with pytest.raises(Killed):
            train(TINY, tmp_path / "x")
    assert list((tmp_path / "x").glob("*.new")) and load_run(tmp_path / "x").info["results"]
    resume(tmp_path / "x")
    same(tmp_path / "x", whole("steps", shelf))


def test_the_seconds_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        killed_after(4, patch)
        with pytest.raises(Killed):
            train(TINY, tmp_path / "x")
    resume(tmp_path / "x")
    seconds = [json.loads(line)["seconds"] for line in (tmp_path / "x" / "metrics.jsonl").read_text().splitlines()]
    assert seconds == sorted(seconds)


# --- killed for real -------------------------------------------------------------------------------------------------


def command(*arguments: object) -> int:
    """Start the training command in a copy of this process, which has imported everything; return its process id."""
    process = os.fork()
    if process == 0:  # the copy: it never returns to the tests
        status = 99
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            status = main([str(argument) for argument in arguments])
        finally:
            os._exit(status)
    return process


def status_of(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def flags(recipe: Recipe) -> list[object]:
    given = {name: getattr(recipe, name) for name in ("task", "steps", "batch", "pool", "warmup", *SIZES)}
    return [part for name, value in given.items() for part in ("--" + name.replace("_", "-"), value)]


def readable(folder: Path) -> bool:
    """The run can be used, or says that nothing was trained yet; whether it can be resumed."""
    said = ""
    try:
        load_run(folder)
    except RunError as error:
        said = str(error)
    begun = (folder / "manifest.json").exists()
    assert not said if begun and "no weights yet" not in said else said, said
    return begun


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be copied")
@models.counts(300, ci=5)
def test_a_training_that_is_killed_at_any_moment(tmp_path: Path, count: int) -> None:
    expected, again = tmp_path / "whole" / "x", tmp_path / "again" / "x"
    assert status_of(command("--out", expected, *flags(TINY))) == 0
    process = command("--out", again, *flags(TINY))
    until_begun(again)
    before = time.perf_counter()
    assert status_of(process) == 0
    work = time.perf_counter() - before
    same(again, expected)
    rng, folder, kills = random.Random(count), tmp_path / "killed" / "x", 0
    while kills < count:
        begun = False
        for _ in range(rng.choice((1, 1, 1, 2, 3))):  # a resumed training may be killed again
            process = command("--resume", folder) if begun else command("--out", folder, *flags(TINY))
            if rng.random() < 0.9:  # else while it gets ready
                until_begun(folder)
            time.sleep(rng.uniform(0.0, work))
            os.kill(process, signal.SIGKILL)
            kills += status_of(process) == -signal.SIGKILL
            begun = readable(folder)
        assert status_of(command("--resume", folder) if begun else command("--out", folder, *flags(TINY))) == 0
        same(folder, expected)
        shutil.rmtree(folder)


def until_begun(folder: Path) -> None:
    """Wait for the first save of a training."""
    until = time.perf_counter() + 60
    while not (folder / "manifest.json").exists() and time.perf_counter() < until:
        time.sleep(0.002)


def test_the_command_itself_is_killed_and_resumed(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "transformer.train"]
    recipe = [*flags(TINY), "--steps", 60]
    process = subprocess.Popen([*words, "--out", str(tmp_path / "x"), *map(str, recipe)], stderr=subprocess.DEVNULL)
    until_begun(tmp_path / "x")
    process.kill()
    process.wait()
    assert readable(tmp_path / "x")
    done = subprocess.run([*words, "--resume", str(tmp_path / "x")], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "done after 60 steps" in done.stdout
    assert load_run(tmp_path / "x").info["results"]["steps_done"] == 60


# --- what cannot be resumed ------------------------------------------------------------------------------------------


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with monkeypatch.context() as patch:
        killed_after(5, patch)
        with pytest.raises(Killed):
            train(TINY, tmp_path / "x")
    return tmp_path / "x"


def test_a_finished_run_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(TINY, tmp_path / "x")
    before = (tmp_path / "x" / "manifest.json").read_bytes()
    assert main(["--resume", str(tmp_path / "x")]) == 0
    assert "run 'x' is finished: there is nothing to resume" in capsys.readouterr().err
    assert (tmp_path / "x" / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("also", "sentence"),
    [
        (["--steps", "7"], "error: --resume takes no --steps: it goes on with the recipe of the run"),
        (["--out", "y", "--d-model", "8"], "error: --resume takes no --out, --d-model"),
        (["--replace"], "error: --resume takes no --replace"),
    ],
)
def test_a_resumed_training_has_its_recipe_already(
    interrupted: Path, also: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--resume", str(interrupted), *also]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def change_trainer(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(folder / "trainer.safetensors")
    change(tensors)
    save_file(tensors, folder / "trainer.safetensors")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "trainer.safetensors").write_bytes(b"?"), "trainer.safetensors is damaged"),
        (lambda f: (f / "trainer.safetensors").unlink(), "trainer.safetensors is missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"?"), "model.safetensors is damaged"),
        (lambda f: (f / "manifest.json").unlink(), "no manifest"),
        (shutil.rmtree, "no such folder"),
    ],
)
def test_a_damaged_run_is_not_resumed(
    interrupted: Path, damage: Callable, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(interrupted)
    assert main(["--resume", str(interrupted)]) == 2
    said = capsys.readouterr().err
    assert words in said and said.startswith("error: ") and said.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.clear(), "no trainer.safetensors"),
        (lambda t: t.pop("step"), "'step' does not fit"),
        (lambda t: t.update(extra=torch.zeros(1)), "'extra' does not fit"),
        (lambda t: t.update(step=torch.tensor(1.0)), "'step' does not fit"),
        (lambda t: t.update(step=torch.tensor(-1)), "says that -1 of 9 steps are done"),
        (lambda t: t.update(step=torch.tensor(10)), "says that 10 of 9 steps are done"),
        (lambda t: t.update(generator=torch.zeros(7, dtype=torch.uint8)), "'generator' does not fit"),
        (lambda t: t["generator"].fill_(255), "no state of a random generator"),
        (lambda t: t.update({"watch.high": torch.zeros(3)}), "'watch.high' does not fit"),
        (lambda t: t["optimiser.generator.bias.exp_avg"].fill_(torch.nan), "not finite"),
        (lambda t: t.update({"optimiser.generator.bias.exp_avg": torch.zeros(2)}), "does not fit"),
        (lambda t: t.update({"best.weights.generator.bias": torch.zeros(2)}), "does not fit"),
    ],
)
def test_a_forged_state_is_not_resumed(interrupted: Path, change: Callable, words: str) -> None:
    change_trainer(interrupted, change)
    reseal(interrupted)
    with pytest.raises(RunError, match=words):
        resume(interrupted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["training"].pop("steps"), "says nothing about steps"),
        (lambda c: c["training"].update(steps="9"), "steps must be int, got '9'"),
        (lambda c: c["training"].update(steps=0), "steps must be at least 1"),
        (lambda c: c["training"].update(heads=4), "not that of its recipe"),
        (lambda c: c["training"].update(task="copy"), "vocabularies are not those of its recipe"),
        (lambda c: c["training"].update(task="klingon"), "no task 'klingon'"),
        (lambda c: c.update(task="copy"), "not that of its recipe"),
        (lambda c: c.update(training={}), "says nothing about task"),
    ],
)
def test_a_run_of_another_recipe_is_not_resumed(interrupted: Path, change: Callable, words: str) -> None:
    edit_json(interrupted / "config.json", change)
    reseal(interrupted)
    with pytest.raises(RunError, match=f"run 'x' cannot be resumed: .*{words}"):
        resume(interrupted)


def test_another_version_of_torch_is_mentioned(interrupted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "versions", lambda: {"torch": "99.0", "threads": torch.get_num_threads()})
    said = io.StringIO()
    resume(interrupted, bar=said)
    assert "torch is '99.0' now and was" in said.getvalue() and "threads" not in said.getvalue()
