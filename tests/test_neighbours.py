"""Cosines and the plane agree with slow, plain computations, and the picture of a table never depends on chance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transformer.runs import load_run
from transformer.studies.neighbours import cosines, nearest, plane

TABLE = load_run("fr").model.src_embed.tokens.weight.detach().numpy()


def random_table(seed: int, rows: int = 40, width: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)


def cosine_by_hand(a: list[float], b: list[float]) -> float:
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))


# -- cosines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [TABLE, random_table(1)], ids=["fr", "random"])
@pytest.mark.parametrize("token_id", [0, 5, 39])
def test_cosines_are_those_computed_by_hand(table: np.ndarray, token_id: int) -> None:
    rows = [[float(value) for value in row] for row in table]
    by_hand = [cosine_by_hand(row, rows[token_id]) for row in rows]
    np.testing.assert_allclose(cosines(table, token_id), by_hand, atol=1e-12)


@pytest.mark.parametrize("token_id", range(0, len(TABLE), 7))
def test_the_nearest_are_those_of_a_full_sort(token_id: int) -> None:
    rows = [[float(value) for value in row] for row in TABLE]
    others = [i for i in range(len(rows)) if i != token_id]
    best = sorted(others, key=lambda i: -cosine_by_hand(rows[i], rows[token_id]))[:8]
    found = nearest(TABLE, token_id)
    assert [one.token_id for one in found] == best
    assert [one.cosine for one in found] == sorted((one.cosine for one in found), reverse=True)


@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 50))
def test_the_length_of_a_row_does_not_matter(scale: float, seed: int) -> None:
    table = random_table(seed)
    longer = table.astype(np.float64)
    longer[3] *= scale
    np.testing.assert_allclose(cosines(longer, 3), cosines(table, 3), atol=1e-9)


def test_equal_rows_are_nearest_and_the_lower_id_comes_first() -> None:
    table = random_table(2)
    table[[7, 20]] = table[11]
    assert [one.token_id for one in nearest(table, 11, 2)] == [7, 20]
    assert nearest(table, 11, 1)[0].cosine == pytest.approx(1.0)


def test_a_row_of_zeros_is_near_to_nobody() -> None:
    table = random_table(3, rows=5)
    table[2] = 0
    assert 2 not in [one.token_id for one in nearest(table, 0)]
    assert nearest(table, 2) == []


def test_a_small_table_has_few_neighbours() -> None:
    assert len(nearest(random_table(4, rows=3), 0)) == 2
    assert nearest(random_table(4, rows=1), 0) == []


@pytest.mark.parametrize("token_id", [-1, 40, 10**9])
def test_a_row_that_is_not_there(token_id: int) -> None:
    with pytest.raises(IndexError, match="the table has rows 0 to 39"):
        nearest(random_table(5), token_id)


# -- the plane ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [TABLE, random_table(6), random_table(7, 200, 3)], ids=["fr", "random", "narrow"])
def test_the_plane_is_that_of_the_covariance(table: np.ndarray) -> None:
    """Numpy's eigenvectors of the covariance matrix are an independent road to the same axes."""
    rows = table.astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    flat = plane(table)
    for axis in range(2):
        direction = vectors[:, -1 - axis]
        direction = direction * np.sign(direction[np.abs(direction).argmax()])
        np.testing.assert_allclose(flat.points[:, axis], (rows - rows.mean(0)) @ direction, atol=1e-8)
        assert flat.shares[axis] == pytest.approx(values[-1 - axis] / values.sum())


def test_the_axes_are_uncorrelated_and_the_first_is_the_longer() -> None:
    flat = plane(TABLE)
    np.testing.assert_allclose(flat.points.mean(axis=0), 0, atol=1e-10)
    assert abs(flat.points[:, 0] @ flat.points[:, 1]) < 1e-8
    assert 1 > flat.shares[0] >= flat.shares[1] > 0


def test_a_flat_table_loses_nothing() -> None:
    """Distances in the plane are the distances of the table, if the table has two directions only."""
    rng = np.random.default_rng(8)
    table = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 9))
    flat = plane(table)
    assert sum(flat.shares) == pytest.approx(1.0)
    far = np.linalg.norm(table[:, None] - table[None], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(flat.points[:, None] - flat.points[None], axis=-1), far, atol=1e-10)


@given(order=st.permutations(range(12)))
def test_the_order_of_the_rows_does_not_turn_the_picture(order: list[int]) -> None:
    table = random_table(9, rows=12)
    np.testing.assert_allclose(plane(table[order]).points, plane(table).points[order], atol=1e-8)


def test_moving_the_table_does_not_change_the_picture() -> None:
    np.testing.assert_allclose(plane(TABLE.astype(np.float64) + 5.0).points, plane(TABLE).points, atol=1e-8)


@pytest.mark.parametrize("shape", [(1, 8), (2, 8), (9, 1), (5, 2)])
def test_the_smallest_tables(shape: tuple[int, int]) -> None:
    flat = plane(random_table(10, *shape))
    assert flat.points.shape == (shape[0], 2)
    assert np.isfinite(flat.points).all()
    assert sum(flat.shares) == pytest.approx(0.0 if shape[0] == 1 else 1.0)


def test_equal_rows_lie_on_one_point() -> None:
    flat = plane(np.ones((6, 4), np.float32))
    assert flat.shares == (0.0, 0.0)
    assert not flat.points.any()
