"""How long a training is said to take grows with everything that makes it longer, and hangs on the machine alone."""

import dataclasses
import random
from typing import Any

import pytest
import torch

from transformer.corpus import Corpus, OwnTask, Pair
from transformer.tasks import TASKS
from transformer.training import OWN, RECIPES, Recipe, pace, quick
from transformer.training.pace import Calibration, calibrate, seconds, work_of

MACHINE = Calibration(per_call=2e-4, per_work=2e-4)
LARGER: list[dict[str, Any]] = [
    {"steps": 2400},
    {"batch": 128},
    {"encoder_layers": 3},
    {"decoder_layers": 3},
    {"d_model": 128},
    {"d_ff": 256},
    {"target": 0.99},
    {"pool": 40_000},
    {"heads": 8},
]


@pytest.mark.parametrize("changes", LARGER)
@pytest.mark.parametrize("task", ["fr", "reverse"])
def test_whatever_is_larger_takes_longer(task: str, changes: dict[str, Any]) -> None:
    base = dataclasses.replace(RECIPES[task], steps=1200, batch=64, pool=20_000, d_model=64, heads=4, d_ff=128)
    larger = dataclasses.replace(base, **changes)
    assert seconds(larger, MACHINE) > seconds(base, MACHINE)


def test_twice_the_steps_take_about_twice_as_long() -> None:
    short, long = (seconds(dataclasses.replace(RECIPES["reverse"], steps=n), MACHINE) for n in (5000, 10_000))
    assert 1.8 < long / short < 2.05


def test_a_machine_of_half_the_speed_takes_twice_as_long() -> None:
    slow = Calibration(2 * MACHINE.per_call, 2 * MACHINE.per_work)
    work = work_of(Recipe().config(TASKS["fr"].vocabularies()), 64, 12, 14)
    assert work.seconds(slow) == pytest.approx(2 * work.seconds(MACHINE))
    assert 1.5 < seconds(RECIPES["fr"], slow) / seconds(RECIPES["fr"], MACHINE) <= 2.0


def test_work_never_falls_when_a_size_grows() -> None:
    rng = random.Random(0)
    recipe, vocabularies = Recipe(), TASKS["fr"].vocabularies()
    for _ in range(200):
        sizes = {"d_model": 16 * rng.randint(1, 16), "d_ff": rng.randint(1, 600), "heads": rng.choice((1, 2, 4, 8))}
        sizes |= {"encoder_layers": rng.randint(1, 6), "decoder_layers": rng.randint(1, 6)}
        batch, src_len, tgt_len = rng.randint(1, 200), rng.uniform(1, 60), rng.uniform(1, 60)
        base = work_of(dataclasses.replace(recipe, **sizes).config(vocabularies), batch, src_len, tgt_len)
        name = rng.choice([*sizes])
        sizes[name] *= 2
        larger = work_of(dataclasses.replace(recipe, **sizes).config(vocabularies), batch, src_len, tgt_len)
        assert larger.calls >= base.calls and larger.size >= base.size, name


def test_a_calibration_leaves_the_generator_alone_and_fits_this_machine() -> None:
    before = torch.get_rng_state()
    found = calibrate()
    assert torch.equal(torch.get_rng_state(), before)
    assert 0 < found.per_call < 1 and 0 < found.per_work < 1
    times = [seconds(quick(task), found) for task in RECIPES]
    assert all(0 < time < 24 * 3600 for time in times)


def test_a_hiccup_of_the_machine_gives_no_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small step seems slower than the usual one, or costs nothing beside it."""
    for times in ([0.05, 0.01], [1e-9, 0.05]):
        it = iter(times)
        monkeypatch.setattr(pace, "step_seconds", lambda *_, it=it: next(it))
        found = pace.calibrate()
        assert found.per_call > 0 and found.per_work > 0


def test_own_pairs_have_a_time_too() -> None:
    corpus = Corpus([Pair(f"word {i}", f"mot {i}") for i in range(60)])
    recipe = quick(OWN, corpus)
    task = OwnTask(corpus)
    assert (
        0
        < seconds(recipe, MACHINE, task.vocabularies(), task)
        < seconds(dataclasses.replace(recipe, steps=4000), MACHINE, task.vocabularies(), task)
    )
