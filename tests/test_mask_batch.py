"""A padded batch and its masks: every closed cell has its reason, and padding changes nothing."""

from typing import Any

import pytest
import torch

from models import BOS, KINDS, LACKING, PAD, sentence, tiny_model
from transformer.masks import causal_mask, pad_mask, target_mask
from transformer.studies.mask_lab import PaddedBatch, alone_and_together, pad_batch
from transformer.studies.mask_lab.batch import LATER, OPEN, PADDING

SOME = [*KINDS[::7], *LACKING[::3]]  # every position kind, score and norm placement, and every part left out
SOURCES = [sentence(n, seed=n) for n in (4, 2, 6)]
TARGETS = [[BOS, *sentence(n, seed=20 + n, vocab_size=13)] for n in (2, 5, 0)]


def batch() -> PaddedBatch:
    return pad_batch(SOURCES, TARGETS, PAD)


def test_a_batch_by_hand() -> None:
    small = pad_batch([[5, 6], [7]], [[1], [1, 8]], pad_id=0)
    assert small.src.tolist() == [[5, 6], [7, 0]]
    assert small.tgt_in.tolist() == [[1, 0], [1, 8]]
    assert small.why_encoder()[1].tolist() == [[OPEN, PADDING], [OPEN, PADDING]]
    assert small.why_decoder()[0].tolist() == [[OPEN, PADDING + LATER], [OPEN, PADDING]]
    assert small.why_cross()[1].tolist() == [[OPEN, PADDING], [OPEN, PADDING]]


def test_the_masks_are_those_of_the_model() -> None:
    ours = batch()
    assert torch.equal(ours.src_padding, pad_mask(ours.src, PAD)[:, 0, 0])
    assert torch.equal(ours.causal, causal_mask(6)[0, 0])
    assert torch.equal(ours.combined, target_mask(ours.tgt_in, PAD)[:, 0])
    assert torch.equal(ours.combined, ours.tgt_padding[:, None, :] & ours.causal)


def test_a_model_without_a_causal_mask_closes_no_later_word() -> None:
    ours = pad_batch(SOURCES, TARGETS, PAD, hides_later=False)
    assert bool(ours.causal.all())
    assert torch.equal(ours.combined, target_mask(ours.tgt_in, PAD, causal=False)[:, 0])
    assert set(ours.why_decoder().unique().tolist()) == {OPEN, PADDING}
    assert torch.equal(ours.why_decoder() == OPEN, ours.combined)
    assert max(alone_and_together(tiny_model(causal=False), ours)) < 1e-4


def test_a_cell_is_open_exactly_where_no_reason_stands() -> None:
    ours = batch()
    assert torch.equal(ours.why_decoder() == OPEN, ours.combined)
    assert torch.equal(ours.why_encoder() == OPEN, ours.src_padding[:, None, :].expand(-1, 6, -1))
    assert torch.equal(ours.why_cross() == OPEN, ours.src_padding[:, None, :].expand(-1, 6, -1))
    assert bool((ours.why_decoder() == OPEN).any(dim=-1).all()), "a row of padding may still look at words"


@pytest.mark.parametrize("changes", SOME)
def test_a_sentence_alone_is_the_sentence_in_the_batch(changes: dict[str, Any]) -> None:
    differences = alone_and_together(tiny_model(**changes), batch())
    assert len(differences) == len(SOURCES)
    assert max(differences) < 1e-4


def test_without_a_mask_it_would_not_be() -> None:
    """The measurement can fail: a batch whose padding is taken for words is told apart."""
    model, ours = tiny_model(), batch()
    blind = PaddedBatch(ours.src.masked_fill(ours.src == PAD, 5), ours.tgt_in, PAD)
    with torch.no_grad():
        together = model(blind.src, blind.tgt_in)[1, :6]
        alone = model(ours.src[1, :2][None], ours.tgt_in[1][None])[0]
    assert float((together - alone).abs().max()) > 1e-3


@pytest.mark.parametrize(
    ("sources", "targets"), [([], []), ([[5]], []), ([[]], [[1]]), ([[5, 0]], [[1]]), ([[5]], [[0]])]
)
def test_what_is_no_batch_is_refused(sources: list[list[int]], targets: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"batch|word"):
        pad_batch(sources, targets)
