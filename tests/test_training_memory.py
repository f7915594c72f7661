"""What a training is said to need is what it needs, and it is said before anything is allocated."""

import dataclasses
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import growth
import models
from transformer.model import Transformer
from transformer.training import Recipe, estimate, memory, vocabularies_of
from transformer.training.memory import activation_bytes, free_bytes, kept_bytes, require_memory


@pytest.mark.parametrize("kind", models.ANY)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_tensor_without_numbers_counts_as_much_as_one_with(kind: dict, dropout: float) -> None:
    """The oracle: the real forward pass of a batch with padding, on tensors that are really there."""
    model = Transformer(models.tiny_config(**kind, dropout=dropout)).train()
    src, tgt_in = models.padded_batch()
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = model(src, tgt_in)
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), tgt_in.flatten(), ignore_index=0)
    expected = sum(storage.nbytes() for place, storage in kept.items() if place not in weights)
    with torch.device("meta"):
        found = sum(kept_bytes(Transformer(model.config), src.to("meta"), tgt_in.to("meta")))
    assert found == pytest.approx(expected, rel=0.02)


def test_parameters_are_counted_with_all_that_is_kept_about_them() -> None:
    found = estimate(Recipe())
    model = Transformer(Recipe().config(vocabularies_of(Recipe())))
    assert found.n_parameters == sum(parameter.numel() for parameter in model.parameters())
    assert found.parameter_bytes == 5 * 4 * found.n_parameters
    assert found.n_bytes == found.parameter_bytes + found.activation_bytes + found.pool_bytes


def test_activations_grow_with_the_batch() -> None:
    config = models.tiny_config()
    one, two = (activation_bytes(config, batch, 6, 7) - memory.ALWAYS for batch in (10, 20))
    assert two == pytest.approx(2 * one, rel=0.02)


GROWING: list[dict] = [
    {"d_model": 256, "heads": 8, "d_ff": 1024, "batch": 8},  # weights
    {"batch": 300, "score": "additive", "heads": 2},  # activations
    {"batch": 400, "d_ff": 1024, "norm_first": True, "dropout": 0.0},
    {"batch": 600, "position": "rotary"},
]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc how large a process is")
@models.counts(len(GROWING), ci=2)
def test_what_is_said_is_what_a_process_grows_by(count: int) -> None:
    recipes = GROWING[:count]
    words = [sys.executable, str(Path(growth.__file__)), *map(json.dumps, recipes)]
    home = {**os.environ, "PYTHONPATH": str(Path(growth.__file__).parents[1])}
    lines = subprocess.run(words, capture_output=True, text=True, check=True, env=home).stdout.split()
    for changes, grown in zip(recipes, lines, strict=True):
        said = estimate(dataclasses.replace(growth.FEW, **changes))
        assert said.parameter_bytes + said.activation_bytes == pytest.approx(int(grown), rel=0.3, abs=64 << 20), changes


def test_what_does_not_fit_is_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe()
    needed = estimate(recipe)
    monkeypatch.setattr(memory, "free_bytes", lambda: needed.n_bytes)
    require_memory(needed, recipe)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1 << 20)
    with pytest.raises(ValueError, match=r"needs about 0\.\d GiB .* 0\.0 GiB are free; make batch \(64\), d_ff"):
        require_memory(needed, recipe)
    monkeypatch.setattr(memory, "free_bytes", lambda: None)  # the machine does not say
    require_memory(needed, recipe)


def test_a_huge_training_is_judged_at_once() -> None:
    recipe = Recipe(d_model=4096, heads=64, d_ff=16384, encoder_layers=6, decoder_layers=6, batch=10**6, pool=10**6)
    estimate(Recipe())  # imports
    before = time.thread_time()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert estimate(recipe).n_bytes > 1 << 40
    assert time.thread_time() - before < 5.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 200 * 1024  # kilobytes


def test_the_machine_says_what_is_free() -> None:
    free = free_bytes()
    assert free is None or 0 <= free < 1 << 50
