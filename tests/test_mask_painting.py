"""A mask painted by hand: weights renormalise over the open cells, nothing else changes, and the model never does."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models import BOS, KINDS, LACKING, TOLERANCE, sentence, tiny_model
from transformer.decode import greedy_ids
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.studies.mask_lab import HiddenRowError, Painting, own_mask, paint
from transformer.studies.mask_lab.painting import fitted
from transformer.trace import trace_pair

SOME = [*KINDS[::7], *LACKING[::3]]  # every position kind, score and norm placement, and every part left out
SRC = sentence(5, seed=1)
TGT = [BOS, *sentence(6, seed=2, vocab_size=13)]


def checksum(model: Transformer) -> list[float]:
    return [float(value.double().sum()) for value in model.state_dict().values()]


def random_mask(own: Tensor, seed: int) -> Tensor:
    """Close about half of the open cells, the first of each row never."""
    mask = own & (torch.rand(own.shape, generator=torch.Generator().manual_seed(seed)) < 0.5)
    mask[:, 0] = True
    return mask


@pytest.mark.parametrize("changes", SOME)
def test_the_own_mask_changes_no_bit(changes: dict[str, Any]) -> None:
    model = tiny_model(**changes)
    trace = trace_pair(model, SRC, TGT)
    for block in blocks_of(model):
        painted = paint(model, SRC, TGT, Painting(block, None, own_mask(model, block, len(SRC), len(TGT))))
        np.testing.assert_array_equal(painted.weights_after, painted.weights_before)
        np.testing.assert_array_equal(painted.logits_after, painted.logits_before)
        np.testing.assert_array_equal(painted.weights_before, trace[f"{block}.weights"])
        np.testing.assert_array_equal(painted.logits_before, trace["logits"])
        most = len(TGT) + 8
        assert painted.written.ids == greedy_ids(model, SRC, most)


def test_a_causal_mask_can_be_painted_on_a_model_that_lacks_it() -> None:
    """The prefix law holds under it, and each row still needs a word that is there while it is written."""
    model, block = tiny_model(causal=False, n_decoder_layers=1), "decoder.0.self_attn"
    n = len(TGT)
    own = own_mask(model, block, len(SRC), n)
    assert bool(own.all())
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    painted = paint(model, SRC, TGT, Painting(block, None, causal))
    for t in range(1, n):
        prefix = paint(model, SRC, TGT[:t], Painting(block, None, causal[:t, :t]))
        np.testing.assert_allclose(prefix.logits_after, painted.logits_after[:t], **TOLERANCE)
    later = own.clone()
    later[2, :3] = False  # row 2 may look ahead only
    with pytest.raises(HiddenRowError) as hidden:
        paint(model, SRC, TGT, Painting(block, None, later))
    assert hidden.value.row == 2


@pytest.mark.parametrize("changes", SOME)
def test_rows_sum_to_one_over_the_open_cells(changes: dict[str, Any]) -> None:
    model = tiny_model(**changes)
    before = checksum(model)
    for seed, block in enumerate(blocks_of(model)):
        mask = random_mask(own_mask(model, block, len(SRC), len(TGT)), seed)
        painted = paint(model, SRC, TGT, Painting(block, None, mask))
        assert not painted.weights_after[:, ~mask.numpy()].any(), "a closed cell has exactly no weight"
        np.testing.assert_allclose(painted.weights_after.sum(-1), 1, **TOLERANCE)
        left = painted.weights_before * mask.numpy()
        np.testing.assert_allclose(painted.weights_after, left / left.sum(-1, keepdims=True), atol=1e-5, rtol=1e-4)
    assert checksum(model) == before, "the shared model was changed"


def test_one_head_alone_can_be_painted() -> None:
    model, block = tiny_model(), "encoder.0.self_attn"
    mask = random_mask(own_mask(model, block, len(SRC), len(TGT)), 3)
    painted = paint(model, SRC, TGT, Painting(block, 1, mask))
    for head in (0, 2):
        np.testing.assert_array_equal(painted.weights_after[head], painted.weights_before[head])
    assert not painted.weights_after[1][~mask.numpy()].any()
    assert np.abs(painted.weights_after[1] - painted.weights_before[1]).max() > 0.01


def test_a_later_word_can_be_opened() -> None:
    model, block = tiny_model(), "decoder.0.self_attn"
    painted = paint(model, SRC, TGT, Painting(block, None, torch.ones(7, 7, dtype=torch.bool)))
    assert (painted.weights_after[:, 0, 1:] > 0).all()
    np.testing.assert_allclose(painted.weights_after.sum(-1), 1, **TOLERANCE)
    assert painted.written.stop in ("end", "limit"), "freely written, the words after are not there: nothing is hidden"


@pytest.mark.parametrize("row", [0, 3, 6])
def test_a_row_without_an_open_cell_is_refused(row: int) -> None:
    model = tiny_model()
    mask = torch.ones(7, 7, dtype=torch.bool).tril()
    mask[row] = False
    mask[row, row + 1 :] = True  # only later words: they are not there while this row is written
    with pytest.raises(HiddenRowError) as refused:
        paint(model, SRC, TGT, Painting("decoder.1.self_attn", None, mask))
    assert refused.value.row == row


def test_what_does_not_fit_is_refused() -> None:
    model, mask = tiny_model(), torch.ones(5, 5, dtype=torch.bool)
    with pytest.raises(KeyError):
        paint(model, SRC, TGT, Painting("encoder.7.self_attn", None, mask))
    with pytest.raises(ValueError, match="no head 3"):
        paint(model, SRC, TGT, Painting("encoder.0.self_attn", 3, mask))
    with pytest.raises(ValueError, match="needs"):
        paint(model, SRC, TGT, Painting("encoder.0.self_attn", None, mask[:4]))
    with pytest.raises(RuntimeError, match="training"):
        paint(model.train(), SRC, TGT, Painting("encoder.0.self_attn", None, mask))


def test_a_hidden_column_stays_hidden_in_rows_that_were_not_painted() -> None:
    own = torch.ones(2, 3, dtype=torch.bool)
    painted = own.clone()
    painted[:, 1] = False
    painted[0, 2] = False
    longer = fitted(painted, own, torch.ones(4, 3, dtype=torch.bool))
    assert longer.tolist() == [[True, False, False], [True, False, True], [True, False, True], [True, False, True]]


def test_no_row_is_ever_hidden_while_the_model_writes() -> None:
    for seed in range(50):
        own = torch.ones(6, 6, dtype=torch.bool).tril()
        painted = own & (torch.rand(6, 6, generator=torch.Generator().manual_seed(seed)) < 0.4)
        painted[torch.arange(6), torch.arange(6) // 2] = True
        for n in range(1, 12):
            now = fitted(painted, own, torch.ones(n, n, dtype=torch.bool).tril())
            assert bool((now & torch.ones(n, n, dtype=torch.bool).tril()).any(dim=-1).all())
