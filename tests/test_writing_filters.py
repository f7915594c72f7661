"""What temperature, top-k and top-p may do to a distribution, against a slow recomputation in plain Python."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from transformer.writing import STAGES, Filters, filter_logits

# Ties on purpose: small models of few words have them, and a sort that is not stable would break them by chance.
LOGITS = st.lists(
    st.sampled_from([-9.0, -2.5, -1.0, 0.0, 0.0, 0.25, 3.0, 7.5]) | st.floats(-20, 20, width=32),
    min_size=1,
    max_size=30,
)
TEMPERATURES = st.floats(0.05, 5)
SHARES = st.floats(0.01, 1)


def last(logits: Tensor, filters: Filters, never: int | None = None) -> Tensor:
    return filter_logits(logits, filters, never)[-1].p


def by_hand(logits: list[float], filters: Filters) -> list[float]:
    """The definition, word by word: scale, rank, cut to k, add up until the share is reached."""
    scaled = [logit / filters.temperature for logit in logits]
    exps = [math.exp(one - max(scaled)) for one in scaled]
    ranked = sorted(range(len(logits)), key=lambda i: (-scaled[i], i))
    kept = ranked[: filters.top_k] if filters.top_k else ranked
    total = sum(exps[i] for i in kept)
    nucleus, reached = [], 0.0
    for i in kept:
        if filters.top_p < 1 and reached >= filters.top_p:
            break
        nucleus.append(i)
        reached += exps[i] / total
    total = sum(exps[i] for i in nucleus)
    return [exps[i] / total if i in nucleus else 0.0 for i in range(len(logits))]


@given(LOGITS, TEMPERATURES, st.integers(0, 40), SHARES)
def test_every_stage_is_a_distribution_in_the_order_of_the_logits(
    values: list[float], temperature: float, top_k: int, top_p: float
) -> None:
    logits = torch.tensor(values)
    stages = filter_logits(logits, Filters(temperature, top_k, top_p))
    assert [stage.name for stage in stages] == list(STAGES)
    for stage in stages:
        assert float(stage.p.sum()) == pytest.approx(1, abs=1e-12)
        for i, one in enumerate(values):
            for j, other in enumerate(values):
                assert one < other or stage.p[i] >= stage.p[j] or stage.p[i] == 0
                assert not (one > other and stage.p[i] == 0 and stage.p[j] > 0), "a less probable word outlived"


@given(LOGITS, TEMPERATURES, st.integers(0, 40), SHARES)
def test_the_filters_do_what_they_are_defined_to_do(
    values: list[float], temperature: float, top_k: int, top_p: float
) -> None:
    filters = Filters(temperature, top_k, top_p)
    values = torch.tensor(values).tolist()  # as float32 has them
    found, expected = last(torch.tensor(values), filters), by_hand(values, filters)
    sums = torch.tensor(by_hand(values, Filters(temperature, top_k))).sort(descending=True).values.cumsum(0)
    assume(bool(((sums - top_p).abs() > 1e-9).all()))  # there the last digit decides
    assert found.tolist() == pytest.approx(expected, abs=1e-12)


@given(LOGITS, st.integers(1, 40))
def test_top_k_keeps_k_words(values: list[float], top_k: int) -> None:
    p = filter_logits(torch.tensor(values), Filters(top_k=top_k))[1].p
    assert int((p > 0).sum()) == min(top_k, len(values))


@given(LOGITS, SHARES.filter(lambda share: share < 1))
def test_top_p_is_the_smallest_set_that_reaches_the_share(values: list[float], top_p: float) -> None:
    before, *_, after = filter_logits(torch.tensor(values), Filters(top_p=top_p))
    kept = before.p[after.p > 0]
    assert float(kept.sum()) >= top_p - 1e-12
    assert float(kept.sum() - kept.min()) < top_p + 1e-12, (
        "without its least probable word it would not reach the share"
    )


@given(LOGITS)
def test_without_filters_it_is_softmax(values: list[float]) -> None:
    logits = torch.tensor(values)
    assert last(logits, Filters()).tolist() == pytest.approx(logits.double().softmax(-1).tolist(), abs=1e-15)


@given(LOGITS, TEMPERATURES)
def test_a_lower_temperature_makes_the_first_word_more_probable(values: list[float], temperature: float) -> None:
    logits = torch.tensor(values)
    warm, cool = last(logits, Filters(temperature)), last(logits, Filters(temperature * 0.7))
    assert float(cool.max()) >= float(warm.max()) - 1e-12


def test_top_k_of_one_is_greedy_at_any_temperature() -> None:
    logits = torch.tensor([0.0, 3.0, 3.0, -1.0])
    for temperature in (0.05, 1.0, 50.0):
        assert last(logits, Filters(temperature, 1)).tolist() == [0, 1, 0, 0], "of equals the first"


def test_a_word_that_may_never_be_drawn_has_no_share() -> None:
    p = last(torch.tensor([9.0, 1.0, 1.0]), Filters(temperature=2.0), never=0)
    assert p.tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 0.0},
        {"temperature": math.inf},
        {"temperature": math.nan},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
    ],
)
def test_filters_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Filters(**wrong)  # pyright: ignore[reportArgumentType]
