"""Intervals: Wilson's ends solve his equation, a drop mirrors a rise, resamples agree with the textbook."""

import numpy as np
import pytest

from transformer.passport.intervals import Resamples, Z, paired_drop, wilson


@pytest.mark.parametrize(("right", "n"), [(0, 7), (1, 9), (30, 100), (499, 500), (500, 500)])
def test_the_ends_of_wilson_solve_his_equation(right: int, n: int) -> None:
    """At either end p of the interval the rate lies exactly Z standard errors of p away."""
    found = wilson(right, n)
    assert 0 <= found["low"] <= found["value"] == round(right / n, 7) <= found["high"] <= 1
    for p in (found["low"], found["high"]):
        assert abs(right / n - p) == pytest.approx(Z * np.sqrt(p * (1 - p) / n), abs=1e-5)


def test_never_wrong_is_not_surely_never_wrong() -> None:
    assert wilson(500, 500)["low"] < 1
    everything = np.ones(500, dtype=bool)
    assert paired_drop(everything, everything)["high"] > 0
    assert paired_drop(everything, everything)["value"] == 0


def test_a_drop_is_a_rise_looked_at_from_the_other_side() -> None:
    random = np.random.default_rng(3)
    before, after = random.random(80) < 0.9, random.random(80) < 0.4
    down, up = paired_drop(before, after), paired_drop(after, before)
    assert down["value"] == pytest.approx(before.mean() - after.mean())
    assert (up["value"], up["low"], up["high"]) == (-down["value"], -down["high"], -down["low"])
    assert down["low"] < down["value"] < down["high"]


def test_only_cases_that_change_count() -> None:
    """By hand: 4 of 10 lost, 1 won: (4 - 1) / 12 +- Z sqrt(4 + 1 + 1 - 9 / 12) / 12."""
    before = np.array([True] * 6 + [False] * 4)
    after = np.array([False] * 4 + [True] * 2 + [True] + [False] * 3)
    found = paired_drop(before, after)
    assert found["value"] == pytest.approx(0.3)
    half = Z * np.sqrt(6 - 9 / 12) / 12
    assert (found["low"], found["high"]) == pytest.approx((0.25 - half, 0.25 + half), abs=1e-6)


def test_resamples_agree_with_the_standard_error() -> None:
    random = np.random.default_rng(1)
    values = random.normal(2.0, 1.0, (400, 1))
    (found,) = Resamples(400).ratios(values, np.ones(400))
    assert found is not None
    error = values.std() / 20
    assert found["value"] == pytest.approx(values.mean())
    assert found["high"] - found["low"] == pytest.approx(2 * Z * error, rel=0.1)


def test_rows_of_one_sentence_are_one_case() -> None:
    """Ten equal rows in each sentence make it no surer than one row."""
    random = np.random.default_rng(2)
    hits = (random.random((100, 1)) < 0.5).astype(float)
    once = Resamples(100).ratios(hits, np.ones(100))
    ten = Resamples(100).ratios(10 * hits, np.full(100, 10.0))
    assert once == ten


def test_what_is_in_no_sentence_is_not_measured() -> None:
    assert Resamples(5).ratios(np.zeros((5, 2)), np.zeros(5)) == [None, None]
    rare = Resamples(5).ratios(np.array([[1.0], [0], [0], [0], [0]]), np.array([1.0, 0, 0, 0, 0]))
    assert rare == [{"value": 1.0, "low": 1.0, "high": 1.0}]


def test_no_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="same cases"):
        paired_drop(np.ones(2, dtype=bool), np.ones(3, dtype=bool))
