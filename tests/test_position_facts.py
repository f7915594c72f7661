"""The sinusoids keep what the paper says of them: exactly in float64, to rounding in the float32 that a model adds."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_in_numpy import sinusoid as sinusoid_in_numpy
from transformer.positions import Learned, Sinusoidal
from transformer.studies.position_facts import (
    even_width,
    frequencies,
    largest_spread,
    product_at,
    products,
    shift_errors,
    shift_matrix,
    shifted,
    sinusoid,
    wavelengths,
)

EXACT = 1e-9  # float64
SINGLE = 1e-5  # float32, sums of a hundred products of numbers up to 1
SIZES = [(1, 2), (7, 6), (64, 64), (300, 128)]
widths = st.integers(1, 40).map(lambda pairs: 2 * pairs)


@pytest.mark.parametrize(("n", "d_model"), SIZES)
def test_the_table_is_the_formula_and_what_the_model_adds_is_its_float32(n: int, d_model: int) -> None:
    table = sinusoid(n, d_model)
    np.testing.assert_allclose(table, sinusoid_in_numpy(n, d_model), atol=1e-11)
    assert torch.equal(table.float(), Sinusoidal(d_model, 1, n).table)


@pytest.mark.parametrize("d_model", [2, 6, 64])
def test_a_wavelength_is_a_whole_turn(d_model: int) -> None:
    np.testing.assert_allclose(wavelengths(d_model) * frequencies(d_model), 2 * math.pi, rtol=1e-12)
    np.testing.assert_allclose(wavelengths(d_model)[0], 2 * math.pi)
    assert wavelengths(d_model)[-1] < 10000 * 2 * math.pi


@pytest.mark.parametrize("d_model", [-2, 0, 1, 27])
def test_a_width_without_pairs_is_refused(d_model: int) -> None:
    with pytest.raises(ValueError, match=f"d_model={d_model}"):
        frequencies(d_model)
    assert even_width(d_model) % 2 == 0
    frequencies(even_width(d_model))


@given(d_model=widths, p=st.integers(0, 600), q=st.integers(0, 600))
@settings(max_examples=60, deadline=None)
def test_the_product_of_two_positions_knows_their_distance_only(d_model: int, p: int, q: int) -> None:
    table = sinusoid(max(p, q) + 1, d_model)
    assert abs(float(table[p] @ table[q]) - product_at(d_model, p - q)) < EXACT
    assert product_at(d_model, 0) == d_model / 2


@pytest.mark.parametrize(("n", "d_model"), SIZES)
def test_the_spread_at_equal_distance_is_rounding(n: int, d_model: int) -> None:
    assert largest_spread(sinusoid(n, d_model)).value < EXACT
    assert largest_spread(sinusoid(n, d_model).float()).value < 2 * SINGLE * math.sqrt(d_model)


def test_a_spread_names_the_pairs_it_was_found_at() -> None:
    torch.manual_seed(3)
    table = torch.randn(9, 5, dtype=torch.float64)
    found = largest_spread(table)
    by_hand = {}
    for distance in range(9):
        values = [float(table[p] @ table[p + distance]) for p in range(9 - distance)]
        by_hand[distance] = max(values) - min(values)
    assert found.distance == max(by_hand, key=lambda distance: by_hand[distance])
    assert found.value == pytest.approx(by_hand[found.distance])
    (p, q), (r, s) = found.high, found.low
    assert q - p == s - r == found.distance
    assert float(table[p] @ table[q] - table[r] @ table[s]) == pytest.approx(found.value)


def test_a_learned_table_promises_nothing() -> None:
    table = Learned(24, 3, 16).table.detach()
    table.normal_(generator=torch.Generator().manual_seed(1))
    assert largest_spread(table).value > 1.0


@given(d_model=widths, k=st.integers(-300, 300), position=st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_one_matrix_moves_every_position_by_k(d_model: int, k: int, position: int) -> None:
    matrix = shift_matrix(d_model, k)
    angle = (position + k) * frequencies(d_model)
    there = torch.stack([torch.sin(angle), torch.cos(angle)], dim=-1).flatten()
    assert float((matrix @ sinusoid(position + 1, d_model)[position] - there).abs().max()) < EXACT


@pytest.mark.parametrize("k", [0, 1, 5, 31])
def test_a_shift_is_a_turn_of_pairs(k: int) -> None:
    matrix = shift_matrix(12, k)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(12, dtype=torch.float64), atol=1e-12, rtol=0)
    torch.testing.assert_close(matrix @ shift_matrix(12, 7), shift_matrix(12, k + 7), atol=1e-12, rtol=0)
    torch.testing.assert_close(shift_matrix(12, -k), matrix.T)
    outside = torch.block_diag(*[torch.ones(2, 2)] * 6) == 0
    assert bool((matrix[outside] == 0).all()), "a pair must be moved by itself alone"


def test_by_blocks_is_by_matrix() -> None:
    table = sinusoid(20, 12)
    torch.testing.assert_close(shifted(table, 3), table @ shift_matrix(12, 3).T, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("n", "d_model"), [(7, 6), (64, 64), (300, 128)])
def test_the_error_of_every_shift_is_rounding(n: int, d_model: int) -> None:
    exact, single = shift_errors(sinusoid(n, d_model), n - 1), shift_errors(sinusoid(n, d_model).float(), n - 1)
    assert exact.shape == single.shape == (n,)
    assert float(exact.max()) < EXACT
    assert 0 < float(single.max()) < SINGLE


def test_the_error_sees_a_table_that_is_no_sinusoid() -> None:
    table = sinusoid(20, 12)
    table[13, 4] += 0.5
    errors = shift_errors(table, 9)
    assert float(errors[0]) < EXACT, "moved by nothing, a position is where it is"
    assert float(errors[1:].min()) > 0.3


def test_products_are_all_pairs() -> None:
    table = sinusoid(5, 6)
    alike = products(table)
    assert alike.shape == (5, 5)
    assert float(alike[1, 4]) == pytest.approx(float(table[1] @ table[4]))
