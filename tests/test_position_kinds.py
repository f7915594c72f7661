"""All kinds of positions beside each other: what is shown is what the classes do inside a model."""

from typing import Any

import pytest
import torch

from models import TOLERANCE, sentence, tiny_model
from transformer import POSITIONS, trace_pair
from transformer.positions import alibi_slopes
from transformer.studies.position_kinds import Kind, first_of_pairs, kinds_beside

PLACES = {
    "none": "nowhere",
    "sinusoidal": "embedding",
    "learned": "embedding",
    "rotary": "query_key",
    "alibi": "scores",
}


def kinds(n: int = 7, **changes: Any) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds_beside(tiny_model(**changes), n)}


def test_every_kind_says_where_it_acts() -> None:
    assert {name: kind.place for name, kind in kinds().items()} == PLACES
    assert list(kinds()) == list(POSITIONS)


@pytest.mark.parametrize("own", POSITIONS)
def test_one_kind_is_the_models_own(own: str) -> None:
    assert [name for name, kind in kinds(position=own).items() if kind.own] == [own]


@pytest.mark.parametrize("position", ["sinusoidal", "learned"])
def test_the_own_table_is_what_the_pass_adds(position: str) -> None:
    model = tiny_model(position=position)
    trace = trace_pair(model, sentence(7, seed=1), [1])
    own = next(kind for kind in kinds_beside(model, 7) if kind.own)
    assert own.vectors is not None
    torch.testing.assert_close(own.vectors, torch.tensor(trace["src_embed.position"]))
    assert not own.vectors.requires_grad


def test_a_learned_table_that_nobody_trained_is_random_and_the_same_every_time() -> None:
    one, other = kinds()["learned"].vectors, kinds()["learned"].vectors
    assert one is not None
    assert other is not None
    assert torch.equal(one, other)
    assert 0.5 < float(one.std()) < 0.9  # 0.5 ** 0.5 = 0.71, as large as sines and cosines
    assert kinds()["learned"].n_parameters == 16 * 24


def test_rotary_turns_the_first_of_each_pair_by_the_angle_of_its_position() -> None:
    rotary = kinds()["rotary"]
    assert rotary.vectors is not None
    assert rotary.alike is not None
    angle = torch.arange(7.0)[:, None] / 10000 ** (torch.arange(0, 8, 2) / 8)
    torch.testing.assert_close(rotary.vectors, torch.stack([angle.cos(), angle.sin()], dim=-1).flatten(-2))
    distance = torch.arange(7.0)[:, None] - torch.arange(7.0)
    torch.testing.assert_close(rotary.alike, torch.cos(distance[..., None] * angle[1]).sum(-1), **TOLERANCE)
    assert first_of_pairs(2, 4)[0, 0].tolist() == [[1, 0, 1, 0]] * 2


def test_alibi_adds_the_same_at_equal_distance() -> None:
    bias = kinds()["alibi"].bias
    assert bias is not None
    for slope, head in zip(alibi_slopes(3), bias, strict=True):
        assert head[2, 5] == head[5, 2] == pytest.approx(-3 * slope)


def test_without_positions_nothing_is_added_anywhere() -> None:
    none = kinds()["none"]
    assert none.vectors is none.bias is none.alike is none.refusal is None


def test_a_kind_that_cannot_work_says_why() -> None:
    odd = kinds(d_model=27, position="learned")
    assert "d_model=27" in (odd["sinusoidal"].refusal or "")
    assert "9" in (odd["rotary"].refusal or "")
    assert odd["learned"].refusal is odd["alibi"].refusal is None


def test_asking_leaves_the_random_generator_and_the_model_alone() -> None:
    model = tiny_model(position="learned")
    table = model.src_embed.position.embed(16)
    assert table is not None
    before, state = table.detach().clone(), torch.get_rng_state()
    kinds_beside(model, 16)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(table, before)
