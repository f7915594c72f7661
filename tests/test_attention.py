"""Attention: the explicit road and the fused one against PyTorch's own and against float64 numpy; then its laws."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models import TOLERANCE, padded_batch, shake
from paper_in_numpy import SCORES_IN_NUMPY, softmax
from torch_twins import twin_of_attention
from transformer import SCORES
from transformer.attention import MultiHeadAttention, ScaledDot, attend, attend_fused
from transformer.masks import causal_mask, pad_mask, target_mask
from transformer.tap import OFF, Recorder

BATCH, HEADS, QUERIES, D_K = 4, 3, 7, 8


def masks() -> dict[str, Tensor | None]:
    src, tgt_in = padded_batch()  # src (4, 6), tgt_in (4, 7)
    return {
        "none": None,
        "causal": causal_mask(QUERIES),
        "padding": pad_mask(tgt_in, 0),
        "both": target_mask(tgt_in, 0),
        "cross": pad_mask(src, 0),  # keys are fewer than queries
        "cross_none": torch.ones(1, 1, 1, 6, dtype=torch.bool),
    }


def random_qkv(mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    keys = QUERIES if mask is None else mask.size(-1)
    q, k, v = (torch.randn(BATCH, HEADS, n, D_K) for n in (QUERIES, keys, keys))
    return q, k, v


def attend_in_numpy(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, score: str = "scaled_dot") -> np.ndarray:
    allowed = np.broadcast_to(True if mask is None else mask.numpy(), (q.size(0), q.size(1), q.size(2), k.size(2)))
    context = np.zeros((*q.shape[:-1], v.size(-1)))
    for b in range(q.size(0)):
        scores = list(SCORES_IN_NUMPY[score](q[b].double().numpy(), k[b].double().numpy()).values())[-1]
        context[b] = softmax(np.where(allowed[b], scores, -np.inf)) @ v[b].double().numpy()
    return context


@pytest.mark.parametrize("kind", masks())
def test_attend_is_scaled_dot_product_attention(kind: str) -> None:
    mask = masks()[kind]
    q, k, v = random_qkv(mask)
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    torch.testing.assert_close(attend(q, k, v, mask, ScaledDot()), expected, **TOLERANCE)
    torch.testing.assert_close(attend_fused(q, k, v, mask), expected, **TOLERANCE)


def test_the_registry_of_scores_has_its_oracles() -> None:
    assert "scaled_dot" in SCORES
    assert set(SCORES_IN_NUMPY) == set(SCORES), "a new score function needs its row in paper_in_numpy.py"


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("kind", masks())
def test_both_roads_agree_with_float64_numpy(kind: str, score: str) -> None:
    mask = masks()[kind]
    q, k, v = random_qkv(mask)
    expected = attend_in_numpy(q, k, v, mask, score)
    np.testing.assert_allclose(attend(q, k, v, mask, SCORES[score]()).numpy(), expected, **TOLERANCE)
    if SCORES[score].fusable:
        np.testing.assert_allclose(attend_fused(q, k, v, mask).numpy(), expected, **TOLERANCE)


@pytest.mark.parametrize("score", [name for name in SCORES if SCORES[name].fusable])
@pytest.mark.parametrize("kind", masks())
def test_both_roads_have_the_same_gradients(kind: str, score: str) -> None:
    mask = masks()[kind]
    qkv = random_qkv(mask)
    upstream = torch.randn(BATCH, HEADS, QUERIES, D_K)
    gradients = []
    for road in (lambda q, k, v: attend(q, k, v, mask, SCORES[score]()), lambda q, k, v: attend_fused(q, k, v, mask)):
        leaves = [x.clone().requires_grad_() for x in qkv]
        (road(*leaves) * upstream).sum().backward()
        gradients.append([leaf.grad for leaf in leaves])
    for explicit, fused in zip(*gradients, strict=True):
        assert explicit is not None
        torch.testing.assert_close(explicit, fused, **TOLERANCE)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("kind", masks())
def test_weights_are_shares_of_what_may_be_seen(kind: str, score: str) -> None:
    mask = masks()[kind]
    q, k, v = random_qkv(mask)
    tap = Recorder()
    attend(10 * q, k, v, mask, SCORES[score](), tap=tap)  # large scores: the masked ones must still stay at exactly 0
    weights = tap.tensors["weights"]
    assert weights.shape == (BATCH, HEADS, QUERIES, k.size(2))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(BATCH, HEADS, QUERIES), atol=1e-6, rtol=0)
    assert bool((weights >= 0).all())
    if mask is not None:
        allowed = mask.expand_as(weights)
        assert torch.equal(weights[~allowed], torch.zeros(int((~allowed).sum())))
        assert bool(tap.tensors["scores.masked"][~allowed].eq(-math.inf).all())
        assert bool(tap.tensors["scores.masked"][allowed].isfinite().all())


def test_equal_keys_share_the_attention_equally() -> None:
    q, v = torch.randn(1, 1, 2, D_K), torch.randn(1, 1, 5, D_K)
    k = torch.randn(1, 1, 1, D_K).expand(1, 1, 5, D_K)
    mean = v.mean(dim=2, keepdim=True).expand(1, 1, 2, D_K)
    torch.testing.assert_close(attend(q, k, v, None, ScaledDot()), mean, **TOLERANCE)


def test_a_key_like_the_query_gets_the_attention() -> None:
    k = 10 * torch.eye(D_K)[None, None]
    v = torch.randn(1, 1, D_K, D_K)
    torch.testing.assert_close(attend(k, k, v, None, ScaledDot()), v, **TOLERANCE)


def test_the_score_is_divided_by_the_root_of_d_k() -> None:
    q, tap = torch.ones(1, 1, 1, 16), Recorder()
    ScaledDot()(q, q, tap)
    assert tap.tensors["scores.raw"].item() == 16.0
    assert tap.tensors["scores.scaled"].item() == 4.0


@pytest.mark.parametrize("kind", masks())
def test_dropout_comes_after_the_weights_that_are_shown(kind: str) -> None:
    mask = masks()[kind]
    q, k, _ = random_qkv(mask)
    n_keys = k.size(2)
    v = torch.eye(n_keys).expand(BATCH, HEADS, n_keys, n_keys)  # with these values, the context is the used weights
    tap = Recorder()
    used = attend(q, k, v, mask, ScaledDot(), dropout=0.5, tap=tap)
    weights = tap.tensors["weights"]
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(BATCH, HEADS, QUERIES), atol=1e-6, rtol=0)
    kept = used != 0
    torch.testing.assert_close(used[kept], 2 * weights[kept], **TOLERANCE)
    assert 0.3 < kept[weights > 0].double().mean() < 0.7


def attention(n_heads: int = HEADS, score: str = "scaled_dot", dropout: float = 0.0) -> MultiHeadAttention:
    module = MultiHeadAttention(24, n_heads, score, dropout)
    shake(module)
    return module.eval()


@pytest.mark.parametrize("n_heads", [1, 3, 24])
@pytest.mark.parametrize("kind", masks())
def test_multi_head_attention_is_pytorchs_in_every_head(kind: str, n_heads: int) -> None:
    ours, mask = attention(n_heads), masks()[kind]
    x_q = torch.randn(BATCH, QUERIES, 24)
    x_kv = x_q if mask is None or mask.size(-1) == QUERIES else torch.randn(BATCH, mask.size(-1), 24)
    keys = x_kv.size(1)
    allowed = torch.ones(BATCH, 1, QUERIES, keys, dtype=torch.bool) if mask is None else mask
    forbidden = ~allowed.expand(BATCH, n_heads, QUERIES, keys).reshape(-1, QUERIES, keys)  # PyTorch: True = forbidden
    expected, expected_weights = twin_of_attention(ours)(
        x_q, x_kv, x_kv, attn_mask=forbidden, need_weights=True, average_attn_weights=False
    )
    tap = Recorder()
    torch.testing.assert_close(ours(x_q, x_kv, mask, tap), expected, **TOLERANCE)
    torch.testing.assert_close(tap.tensors["weights"], expected_weights, **TOLERANCE)
    torch.testing.assert_close(ours(x_q, x_kv, mask), expected, **TOLERANCE)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("kind", masks())
def test_watching_multi_head_attention_changes_nothing(kind: str, score: str) -> None:
    module, mask = attention(score=score).double(), masks()[kind]  # float64: gradients may cancel to 0
    x_q = torch.randn(BATCH, QUERIES, 24).double()
    x_kv = torch.randn(BATCH, QUERIES if mask is None else mask.size(-1), 24).double()
    results = []
    for tap in (OFF, Recorder()):
        inputs = [x_q.clone().requires_grad_(), x_kv.clone().requires_grad_()]
        output = module(*inputs, mask, tap)
        results.append([output, *torch.autograd.grad(output.square().sum(), [*inputs, *module.parameters()])])
    for untraced, traced in zip(*results, strict=True):
        torch.testing.assert_close(traced, untraced, atol=1e-10, rtol=1e-10)


def test_heads_own_neighbouring_features() -> None:
    module = attention()
    x = torch.arange(2 * 5 * 24.0).reshape(2, 5, 24)
    heads = module.split_heads(x)
    assert heads.shape == (2, 3, 5, 8)
    for head in range(3):
        assert torch.equal(heads[:, head], x[:, :, head * 8 : (head + 1) * 8])
    assert torch.equal(module.merge_heads(heads), x)


def test_the_order_of_the_keys_does_not_matter() -> None:
    module = attention()
    x_q, x_kv, order = torch.randn(1, 4, 24), torch.randn(1, 6, 24), [5, 2, 0, 4, 1, 3]
    plain, shuffled = Recorder(), Recorder()
    torch.testing.assert_close(module(x_q, x_kv[:, order], None, shuffled), module(x_q, x_kv, None, plain), **TOLERANCE)
    torch.testing.assert_close(shuffled.tensors["weights"], plain.tensors["weights"][..., order], **TOLERANCE)


def test_dropout_acts_in_training_only() -> None:
    module, x = attention(dropout=0.5), torch.randn(1, 6, 24)
    assert torch.equal(module(x, x, None), module(x, x, None))
    module.train()
    assert not torch.equal(module(x, x, None), module(x, x, None))
