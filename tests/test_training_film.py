"""A film has a picture often where much happens, and follows the sentence that a person chose."""

import dataclasses
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from transformer import load_run
from transformer.tasks import TASKS
from transformer.training import Recipe, train, vocabularies_of
from transformer.training.film import FEWEST_FRAMES, N_PROBES, Film, frame_steps, probes_of
from transformer.vocab import BOS, EOS

TINY = Recipe(steps=6, batch=8, pool=64, warmup=4, d_model=16, heads=2, encoder_layers=1, decoder_layers=1, d_ff=16)
TASK = TASKS["fr"]
VOCABULARIES = TASK.vocabularies()


@pytest.mark.parametrize("steps", [1, 2, 3, 16, 17, 40, 60, 100, 130, 400, 1200, 100_000, 1_000_000])
def test_frames_are_spread_by_doublings(steps: int) -> None:
    frames = frame_steps(steps)
    assert frames == sorted(set(frames)) and frames[0] >= 1 and frames[-1] == steps
    assert min(FEWEST_FRAMES, steps) <= len(frames) <= 90
    for before, after in pairwise(frames):
        assert after <= 2 * before or after - before <= max(1, steps / FEWEST_FRAMES + 1)


def test_a_film_of_usual_length_stays_small_and_one_that_ends_early_is_a_film() -> None:
    frames = frame_steps(1200)
    assert len(frames) <= 30
    assert sum(step <= 300 for step in frames) >= FEWEST_FRAMES


def test_the_probes_are_those_of_the_task_then_the_person_s_own() -> None:
    probes = probes_of(TASK, VOCABULARIES, "the whale was too tired")
    assert len(probes) == N_PROBES + 1 and probes[-1].tgt is None
    for probe, text in zip(probes[:N_PROBES], TASK.chips(), strict=False):
        answer = TASK.answer(text)
        assert answer is not None and probe.tgt == [*VOCABULARIES[1].encode(answer.tgt).ids, EOS]
    with pytest.raises(ValueError, match="no word in the probe"):
        probes_of(TASK, VOCABULARIES, " \u200b")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "own"
    train(dataclasses.replace(TINY, probe="The whale was too tired."), path)
    return path


def test_the_film_follows_a_person_s_own_sentence(run: Path) -> None:
    """Its answer is what the model writes by then: the picture has a row for each word of it."""
    loaded = load_run(run)
    lines = {line["step"]: line for line in map(json.loads, (run / "metrics.jsonl").read_text().splitlines())}
    src = loaded.encode("The whale was too tired.")
    for file in (run / "snapshots").iterdir():
        pictures, said = load_file(file), lines[int(file.stem)]["probe_ids"]
        assert pictures[f"{N_PROBES}.decoder.0.cross_attn.weights"].shape == (2, len(said), len(src))
        assert pictures[f"{N_PROBES}.decoder.0.self_attn.weights"].shape == (2, len(said), len(said))
        assert pictures[f"{N_PROBES}.encoder.0.self_attn.weights"].shape == (2, len(src), len(src))
    last = lines[TINY.steps]
    assert last["probe_ids"] == loaded.decode(src)[: len(last["probe_ids"])]
    own = last["outputs"][-1]
    assert own["said"] == loaded.tgt_vocab.decode(last["probe_ids"]) and own["right"] is None and own["tgt"] == ""


def test_a_picture_is_the_pass_that_reads_what_was_said(run: Path) -> None:
    loaded = load_run(run)
    said = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["probe_ids"]
    src = loaded.encode("The whale was too tired.")
    from transformer import trace_pair

    trace = trace_pair(loaded.model, src, [BOS, *said[:-1]])
    picture = load_file(run / "snapshots" / f"{TINY.steps:06d}.safetensors")
    for block in ("encoder.0.self_attn", "decoder.0.self_attn", "decoder.0.cross_attn"):
        np.testing.assert_allclose(
            picture[f"{N_PROBES}.{block}.weights"] / 255, trace[f"{block}.weights"], atol=1 / 500
        )


def test_a_sentence_with_a_known_answer_is_judged(tmp_path: Path) -> None:
    train(dataclasses.replace(TINY, steps=1, probe="thanks"), tmp_path / "x")
    own = json.loads((tmp_path / "x" / "metrics.jsonl").read_text().splitlines()[-1])["outputs"][-1]
    assert own["tgt"] == TASK.answer("thanks").tgt and own["right"] is False  # type: ignore[union-attr]


def test_a_probe_that_the_model_cannot_read_is_refused(tmp_path: Path) -> None:
    recipe = dataclasses.replace(TINY, probe="thanks " * 60, max_len=32)
    with pytest.raises(ValueError, match="max_len must be at least 60"):
        train(recipe, tmp_path / "x")
    with pytest.raises(ValueError, match="at most 500 characters"):
        dataclasses.replace(TINY, probe="x" * 501)
    assert not (tmp_path / "x").exists()


def test_every_task_has_probes() -> None:
    for name, task in TASKS.items():
        vocabularies = vocabularies_of(Recipe(task=name))
        assert Film(probes_of(task, vocabularies)).longest <= 40
