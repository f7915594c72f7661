"""Dropout: as torch.nn.Dropout means it."""

import pytest
import torch
from torch import Tensor

from transformer.dropout import Dropout, dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_features_are_kept_at_the_right_rate_and_scaled_so_that_the_mean_stays(p: float) -> None:
    x = torch.rand(1001, 301) + 1.0  # an odd number of features, none of them 0
    y = dropout(x, p)
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    kept = y != 0
    torch.testing.assert_close(y[kept], x[kept] / (1 - p), rtol=2e-4, atol=0)  # p is rounded to a multiple of 2^-16
    assert kept.double().mean().item() == pytest.approx(1 - p, abs=0.005)  # 300,000 features: 5 sigma is 0.005
    assert y.mean().item() == pytest.approx(x.mean().item(), rel=0.05)


def test_rows_and_columns_are_dropped_independently() -> None:
    kept = (dropout(torch.ones(400, 400), 0.5) != 0).double()
    for left, right in ((kept[:-1], kept[1:]), (kept[:, :-1], kept[:, 1:]), (kept[:, :-4], kept[:, 4:])):
        both = (left * right).mean().item()
        assert both == pytest.approx(0.25, abs=0.01)


def test_no_dropout_gives_the_same_tensor_back() -> None:
    x = torch.randn(3, 4)
    assert dropout(x, 0.0) is x
    assert Dropout(0.7).eval()(x) is x
    assert Dropout(0.0).train()(x) is x


@pytest.mark.parametrize("p", [1e-9, 0.9999, 0.999999, 1 - 1e-12])
def test_rates_at_the_border_stay_finite(p: float) -> None:
    assert bool(dropout(torch.randn(100, 100), p).isfinite().all())


def test_the_global_seed_decides_and_two_calls_differ() -> None:
    def twice() -> tuple[Tensor, Tensor]:
        torch.manual_seed(7)
        return dropout(torch.ones(50, 50), 0.3), dropout(torch.ones(50, 50), 0.3)

    first, second = twice(), twice()
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], first[1])


def test_gradients_flow_through_what_was_kept() -> None:
    x = torch.randn(20, 20, requires_grad=True)
    y = dropout(x, 0.5)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(gradient, (y != 0).float() * 2)
