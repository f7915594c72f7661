"""Positions: the sinusoids are the paper's, with the three properties for which the paper chose them."""

import math

import numpy as np
import pytest
import torch

from models import TOLERANCE, tiny_config, tiny_model
from paper_in_numpy import POSITIONS_IN_NUMPY, sinusoid
from transformer import POSITIONS
from transformer.positions import Sinusoidal


def table(n: int, d_model: int) -> np.ndarray:
    return Sinusoidal(d_model, n).embed(n).double().numpy()


def test_entries_computed_by_hand() -> None:
    pe = table(201, 4)  # d_model = 4: wavelengths 2 pi and 2 pi * 10000^(2/4) = 2 pi * 100
    np.testing.assert_allclose(pe[0], [0.0, 1.0, 0.0, 1.0], atol=1e-7)
    np.testing.assert_allclose(pe[1], [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004], atol=1e-7)
    np.testing.assert_allclose(pe[3], [0.1411200081, -0.9899924966, 0.0299955002, 0.9995500337], atol=1e-7)
    np.testing.assert_allclose(pe[200], [math.sin(200), math.cos(200), math.sin(2), math.cos(2)], atol=1e-6)


@pytest.mark.parametrize(("n", "d_model"), [(1, 2), (7, 6), (64, 24), (300, 128)])
def test_the_table_is_the_formula(n: int, d_model: int) -> None:
    np.testing.assert_allclose(table(n, d_model), sinusoid(n, d_model), atol=1e-6)


def test_wavelengths_run_from_2_pi_towards_10000_times_2_pi() -> None:
    n, d_model = 5000, 16
    pe = table(n, d_model)
    phase = np.unwrap(np.arctan2(pe[:, 0::2], pe[:, 1::2]), axis=0)  # (position, pair): the angle of each clock hand
    wavelengths = 2 * np.pi * (n - 1) / (phase[-1] - phase[0])
    np.testing.assert_allclose(wavelengths, [2 * np.pi * 10000 ** (i / 8) for i in range(8)], rtol=1e-4)
    assert (np.diff(wavelengths) > 0).all()
    assert wavelengths[-1] < 10000 * 2 * np.pi


def test_how_alike_two_positions_are_depends_on_their_distance_only() -> None:
    pe = table(60, 32)
    alike = pe @ pe.T
    np.testing.assert_allclose(np.diag(alike), 16.0, atol=1e-5)  # d_model / 2 pairs, each sin^2 + cos^2
    for distance in range(60):
        np.testing.assert_allclose(np.diag(alike, distance), alike[0, distance], atol=1e-5)
    assert alike[0, 1] > alike[0, 2] > alike[0, 3], "neighbours should be more alike than others"


@pytest.mark.parametrize("shift", [1, 5, 17])
def test_a_shift_is_one_linear_map_for_all_positions(shift: int) -> None:
    """PE(pos + k) = M_k PE(pos): the paper's reason to think that relative positions are easy to learn."""
    n, d_model = 40, 12
    shift_map = np.zeros((d_model, d_model))
    for i in range(d_model // 2):  # turn each (sin, cos) pair by k times its frequency
        angle = shift / 10000 ** (2 * i / d_model)
        shift_map[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [
            [math.cos(angle), math.sin(angle)],
            [-math.sin(angle), math.cos(angle)],
        ]
    pe = table(n + shift, d_model)
    np.testing.assert_allclose(pe[shift:], pe[:n] @ shift_map.T, atol=1e-5)


def test_no_two_positions_share_a_vector() -> None:
    pe = table(512, 24)
    distances = np.linalg.norm(pe[:, None] - pe[None], axis=-1) + 10 * np.eye(512)
    assert distances.min() > 0.1


def test_a_longer_table_starts_like_a_shorter_one() -> None:
    np.testing.assert_array_equal(table(64, 8)[:10], table(10, 8))


def test_an_odd_width_has_no_pairs() -> None:
    with pytest.raises(ValueError, match="d_model=27"):
        Sinusoidal.check(27, 3)
    Sinusoidal.check(24, 3)


def test_the_registry_holds_what_the_menu_shows() -> None:
    assert {"none", "sinusoidal"} <= set(POSITIONS)
    assert set(POSITIONS_IN_NUMPY) == set(POSITIONS), "a new position kind needs its row in paper_in_numpy.py"


@pytest.mark.parametrize("name", POSITIONS)
def test_every_kind_embeds_the_same_way_each_time(name: str) -> None:
    position = POSITIONS[name](24, 16)
    for n in (1, 5, 16):
        embedded = position.embed(n)
        if embedded is None:
            continue
        assert embedded.shape == (n, 24)
        assert embedded.dtype == torch.float32
        again = position.embed(n)
        assert again is not None
        torch.testing.assert_close(again, embedded, atol=0, rtol=0)


def test_what_is_computed_is_not_saved_with_the_weights() -> None:
    assert not POSITIONS["sinusoidal"](24, 16).state_dict()
    assert not list(POSITIONS["sinusoidal"](24, 16).parameters())


@pytest.mark.parametrize("name", POSITIONS)
def test_only_a_model_with_positions_knows_the_order_of_words(name: str) -> None:
    model = tiny_model(position=name)
    src, order = torch.tensor([[4, 5, 6, 7, 8]]), [3, 0, 4, 1, 2]
    with torch.no_grad():
        memory, shuffled = model.encode(src)[0][:, order], model.encode(src[:, order])[0]
    if name == "none":
        torch.testing.assert_close(shuffled, memory, **TOLERANCE)
    else:
        assert (shuffled - memory).abs().max() > 0.01


@pytest.mark.parametrize("name", POSITIONS)
def test_every_kind_works_up_to_max_len(name: str) -> None:
    config = tiny_config(position=name)
    model = tiny_model(position=name)
    ids = torch.full((1, config.max_len), 5)
    assert bool(model(ids, ids).isfinite().all())
    with pytest.raises(ValueError, match="max_len=16"):
        model(torch.full((1, config.max_len + 1), 5), ids)
