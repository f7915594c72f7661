"""Attention: the explicit road and the fused one against PyTorch's own and against float64 numpy; then its laws."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models import TOLERANCE, padded_batch, shake
from paper_in_numpy import SCORES_IN_NUMPY, softmax
from torch_twins import twin_of_attention
from transformer import SCORES
from transformer.attention import MANY, SHORT, MultiHeadAttention, attend, attend_fused, attend_keys_first
from transformer.masks import causal_mask, pad_mask, target_mask
from transformer.positions import Alibi
from transformer.scores import Additive, Cosine, Dot, ScaledDot, Score
from transformer.tap import OFF, Recorder, Tap

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


def score_of(name: str) -> Score:
    """Build a score function for the heads here, with random numbers in what it learns."""
    score = SCORES[name](HEADS, D_K)
    with torch.no_grad():
        for parameter in score.parameters():
            parameter += torch.randn(parameter.shape)
    return score.requires_grad_(False)


def attend_in_numpy(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, name: str, score: Score, bias: Tensor | None = None
) -> np.ndarray:
    learned = {key: value.double().numpy() for key, value in score.state_dict().items()}
    allowed = np.broadcast_to(True if mask is None else mask.numpy(), (q.size(0), q.size(1), q.size(2), k.size(2)))
    context = np.zeros((*q.shape[:-1], v.size(-1)))
    for b in range(q.size(0)):
        scores = list(SCORES_IN_NUMPY[name](q[b].double().numpy(), k[b].double().numpy(), learned).values())[-1]
        scores = scores if bias is None else scores + bias[0].double().numpy()
        context[b] = softmax(np.where(allowed[b], scores, -np.inf)) @ v[b].double().numpy()
    return context


@pytest.mark.parametrize("kind", masks())
def test_attend_is_scaled_dot_product_attention(kind: str) -> None:
    mask = masks()[kind]
    q, k, v = random_qkv(mask)
    score = ScaledDot(HEADS, D_K)
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    torch.testing.assert_close(attend(q, k, v, mask, score), expected, **TOLERANCE)
    torch.testing.assert_close(attend_fused(*score.as_dot(q, k), v, mask), expected, **TOLERANCE)


def test_the_registry_of_scores_has_its_oracles() -> None:
    assert list(SCORES) == ["scaled_dot", "dot", "cosine", "additive"]
    assert set(SCORES_IN_NUMPY) == set(SCORES), "a new score function needs its row in paper_in_numpy.py"


def biases(mask: Tensor | None) -> list[Tensor | None]:
    """ALiBi's bias beside none, where queries and keys are the same words."""
    return [None, *([Alibi(24, HEADS, 16).bias(QUERIES)] if mask is None or mask.size(-1) == QUERIES else [])]


Road = Callable[[Tensor, Tensor, Tensor], Tensor]


def roads(score: Score, mask: Tensor | None, bias: Tensor | None) -> list[Road]:
    """Give the explicit road, and the two faster ones where the score function is a dot product of something."""
    found: list[Road] = [lambda q, k, v: attend(q, k, v, mask, score, bias)]
    if score.as_dot(torch.zeros(1, HEADS, 1, D_K), torch.zeros(1, HEADS, 1, D_K)) is not None:
        for fast in (attend_fused, attend_keys_first):
            found.append(lambda q, k, v, fast=fast: fast(*(score.as_dot(q, k) or (q, k)), v, mask, bias))
    return found


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("kind", masks())
def test_all_roads_agree_with_float64_numpy(kind: str, name: str) -> None:
    mask = masks()[kind]
    q, k, v = random_qkv(mask)
    score = score_of(name)
    for bias in biases(mask):
        expected = attend_in_numpy(q, k, v, mask, name, score, bias)
        for road in roads(score, mask, bias):
            np.testing.assert_allclose(road(q, k, v).numpy(), expected, **TOLERANCE)


def test_every_score_but_the_additive_one_has_its_faster_roads() -> None:
    assert {name: len(roads(score_of(name), None, None)) for name in SCORES} == {
        "scaled_dot": 3,
        "dot": 3,
        "cosine": 3,
        "additive": 1,
    }


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("kind", masks())
def test_all_roads_have_the_same_gradients(kind: str, name: str) -> None:
    mask = masks()[kind]
    qkv = random_qkv(mask)
    score = score_of(name).requires_grad_()
    upstream = torch.randn(BATCH, HEADS, QUERIES, D_K)
    for bias in biases(mask):
        gradients = []
        for road in roads(score, mask, bias):
            leaves = [x.clone().requires_grad_() for x in qkv]
            gradients.append(torch.autograd.grad((road(*leaves) * upstream).sum(), [*leaves, *score.parameters()]))
        for explicit, *fast in zip(*gradients, strict=True):
            for other in fast:
                torch.testing.assert_close(other, explicit, **TOLERANCE)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("kind", masks())
def test_weights_are_shares_of_what_may_be_seen(kind: str, name: str) -> None:
    mask = masks()[kind]
    q, k, v = random_qkv(mask)
    for bias in biases(mask):
        tap = Recorder()
        attend(10 * q, k, v, mask, score_of(name), bias, tap=tap)  # large scores: masked ones must stay at exactly 0
        weights = tap.tensors["weights"]
        assert weights.shape == (BATCH, HEADS, QUERIES, k.size(2))
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(BATCH, HEADS, QUERIES), atol=1e-6, rtol=0)
        assert bool((weights >= 0).all())
        if mask is not None:
            allowed = mask.expand_as(weights)
            assert torch.equal(weights[~allowed], torch.zeros(int((~allowed).sum())))
            assert bool(tap.tensors["scores.masked"][~allowed].eq(-math.inf).all())
            assert bool(tap.tensors["scores.masked"][allowed].isfinite().all())


def test_the_dot_product_is_not_divided() -> None:
    q, tap = torch.ones(1, 1, 1, 16), Recorder()
    assert Dot(1, 16)(q, q, tap).item() == 16.0
    assert list(tap.tensors) == ["scores.raw"]


def test_the_cosine_does_not_care_how_long_its_vectors_are() -> None:
    score, q, k = Cosine(2, 8), torch.randn(1, 2, 3, 8), torch.randn(1, 2, 5, 8)
    tap = Recorder()
    torch.testing.assert_close(score(7 * q, 0.3 * k, tap), score(q, k), **TOLERANCE)
    assert tap.tensors["scores.raw"].abs().max() <= 1 + 1e-6
    torch.testing.assert_close(score(q, q).diagonal(dim1=-2, dim2=-1), torch.full((1, 2, 3), 10.0), **TOLERANCE)


def test_each_head_has_a_factor_of_its_own() -> None:
    score, q = Cosine(2, 8), torch.randn(1, 2, 3, 8)
    with torch.no_grad():
        score.gain.copy_(torch.tensor([1.0, 3.0]))
    diagonal = score(q, q).diagonal(dim1=-2, dim2=-1)
    torch.testing.assert_close(diagonal, torch.tensor([[[1.0] * 3, [3.0] * 3]]), **TOLERANCE)


def test_the_additive_score_by_hand() -> None:
    score = Additive(1, 2)
    with torch.no_grad():
        score.v.copy_(torch.tensor([[2.0, -1.0]]))
    q, k = torch.tensor([[[[0.5, 0.0]]]]), torch.tensor([[[[0.5, 1.0], [-0.5, 0.0]]]])
    by_hand = [2 * math.tanh(1.0) - math.tanh(1.0), 0.0]
    torch.testing.assert_close(score(q, k)[0, 0, 0], torch.tensor(by_hand), **TOLERANCE)


def test_what_a_score_function_learns_is_counted() -> None:
    for name, kind in SCORES.items():
        assert sum(p.numel() for p in score_of(name).parameters()) == kind.n_parameters(HEADS, D_K), name


def test_equal_keys_share_the_attention_equally() -> None:
    q, v = torch.randn(1, 1, 2, D_K), torch.randn(1, 1, 5, D_K)
    k = torch.randn(1, 1, 1, D_K).expand(1, 1, 5, D_K)
    mean = v.mean(dim=2, keepdim=True).expand(1, 1, 2, D_K)
    torch.testing.assert_close(attend(q, k, v, None, ScaledDot(HEADS, D_K)), mean, **TOLERANCE)


def test_a_key_like_the_query_gets_the_attention() -> None:
    k = 10 * torch.eye(D_K)[None, None]
    v = torch.randn(1, 1, D_K, D_K)
    torch.testing.assert_close(attend(k, k, v, None, ScaledDot(HEADS, D_K)), v, **TOLERANCE)


def test_the_score_is_divided_by_the_root_of_d_k() -> None:
    q, tap = torch.ones(1, 1, 1, 16), Recorder()
    ScaledDot(1, 16)(q, q, tap)
    assert tap.tensors["scores.raw"].item() == 16.0
    assert tap.tensors["scores.scaled"].item() == 4.0


@pytest.mark.parametrize("kind", masks())
def test_dropout_comes_after_the_weights_that_are_shown(kind: str) -> None:
    mask = masks()[kind]
    q, k, _ = random_qkv(mask)
    n_keys = k.size(2)
    v = torch.eye(n_keys).expand(BATCH, HEADS, n_keys, n_keys)  # with these values, the context is the used weights
    tap = Recorder()
    used = attend(q, k, v, mask, ScaledDot(HEADS, D_K), dropout=0.5, tap=tap)
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


@pytest.mark.parametrize("n", [MANY - 1, MANY])
@pytest.mark.parametrize("n_keys", [SHORT, SHORT + 1])
def test_however_many_sentences_are_read_at_once_each_is_read_alike(n: int, n_keys: int) -> None:
    module, x_q, x_kv = attention().eval(), torch.randn(n, 5, 24), torch.randn(n, n_keys, 24)
    mask = (torch.arange(n_keys) < torch.arange(1, n + 1)[:, None])[:, None, None, :]
    together = module(x_q, x_kv, mask)
    for s in range(n):
        torch.testing.assert_close(together[s : s + 1], module(x_q[s : s + 1], x_kv[s : s + 1], mask[s : s + 1]))
        torch.testing.assert_close(together[s : s + 1], module(x_q[s : s + 1], x_kv[s : s + 1], mask[s : s + 1], Tap()))


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
