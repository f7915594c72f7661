"""Masks: True = may look, no row is ever hidden whole."""

import pytest
import torch
import torch.nn.functional as F

from models import padded_batch
from transformer.masks import causal_mask, pad_mask, target_mask


def test_pad_mask_by_hand() -> None:
    mask = pad_mask(torch.tensor([[5, 6, 0], [7, 0, 0]]), pad_id=0)
    assert mask.dtype == torch.bool
    assert mask.shape == (2, 1, 1, 3)
    assert mask[:, 0, 0].tolist() == [[True, True, False], [True, False, False]]


def test_pad_mask_hides_the_given_id_and_no_other() -> None:
    assert pad_mask(torch.tensor([[0, 9, 1]]), pad_id=9)[0, 0, 0].tolist() == [True, False, True]


@pytest.mark.parametrize("ids", [[[0, 0, 0]], [[1, 2], [0, 0]], [[0]]])
def test_a_sentence_of_padding_is_refused(ids: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="nothing but padding"):
        pad_mask(torch.tensor(ids), pad_id=0)


def test_causal_mask_by_hand() -> None:
    mask = causal_mask(3)
    assert mask.dtype == torch.bool
    assert mask.shape == (1, 1, 3, 3)
    assert mask[0, 0].tolist() == [[True, False, False], [True, True, False], [True, True, True]]


@pytest.mark.parametrize("n", [1, 2, 17])
def test_a_causal_row_sees_exactly_itself_and_what_came_before(n: int) -> None:
    mask = causal_mask(n)[0, 0]
    for query in range(n):
        for key in range(n):
            assert bool(mask[query, key]) is (key <= query)


def test_target_mask_by_hand() -> None:
    mask = target_mask(torch.tensor([[1, 4, 0]]), pad_id=0)
    assert mask.dtype == torch.bool
    assert mask.shape == (1, 1, 3, 3)
    assert mask[0, 0].tolist() == [[True, False, False], [True, True, False], [True, True, False]]


def test_without_causality_only_padding_is_hidden() -> None:
    mask = target_mask(torch.tensor([[1, 4, 0], [1, 4, 5]]), pad_id=0, causal=False)
    assert mask.shape == (2, 1, 3, 3)
    assert mask[0, 0].tolist() == [[True, True, False]] * 3
    assert mask[1, 0].tolist() == [[True] * 3] * 3
    with pytest.raises(ValueError, match="padding"):
        target_mask(torch.tensor([[0, 4]]), pad_id=0, causal=False)


@pytest.mark.parametrize("ids", [[[0, 4, 5]], [[1, 4], [0, 5]], [[0, 0]], [[0]]])
def test_a_target_that_starts_with_padding_is_refused(ids: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="padding"):
        target_mask(torch.tensor(ids), pad_id=0)


def test_no_row_is_ever_hidden_whole() -> None:
    for seed in range(200):
        generator = torch.Generator().manual_seed(seed)
        ids = torch.randint(0, 3, (4, 1 + seed % 9), generator=generator)  # a third of the ids is padding
        ids[:, 0] = 1
        assert bool(target_mask(ids, pad_id=0).any(dim=-1).all())
        assert bool(pad_mask(ids, pad_id=0).any(dim=-1).all())


def test_true_means_may_look_as_in_scaled_dot_product_attention() -> None:
    _, tgt_in = padded_batch()
    mask = target_mask(tgt_in, pad_id=0)  # (batch, 1, tgt, tgt)
    n = tgt_in.size(1)
    scores = torch.zeros(tgt_in.size(0), 1, n, n)
    identity = torch.eye(n).expand(tgt_in.size(0), 1, n, n)  # with these values, the output is the weights
    weights = F.scaled_dot_product_attention(scores, scores, identity, attn_mask=mask)
    torch.testing.assert_close(weights, mask / mask.sum(dim=-1, keepdim=True))
