"""A padded batch and its masks: who may look at whom, and why not. Sections 3.1 and 3.2.3, shown on the Masks page."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from transformer.masks import causal_mask, pad_mask, target_mask
from transformer.model import Transformer
from transformer.studies.mask_lab.remask import record, rows_of

OPEN, PADDING, LATER = 0, 1, 2  # why a cell is closed; PADDING + LATER where both are true


@dataclass(frozen=True)
class PaddedBatch:
    """Hold sentences of several lengths, padded at the end to the longest, with every mask made of them.

    src: (batch, src) ids   tgt_in: (batch, tgt) ids. Masks are bool, True = may look; `why` says OPEN, PADDING, LATER
    or both. encoder, cross and decoder are one sentence's mask by the rows and columns of that attention.
    hides_later: False for a model without the causal mask, in which no cell is closed because its word comes later
    """

    src: Tensor
    tgt_in: Tensor
    pad_id: int
    hides_later: bool = True

    @property
    def src_padding(self) -> Tensor:
        """Give the padding mask of the sources, one row per sentence: (batch, src)."""
        return pad_mask(self.src, self.pad_id)[:, 0, 0]

    @property
    def tgt_padding(self) -> Tensor:
        """Give the padding mask of the targets: (batch, tgt)."""
        return pad_mask(self.tgt_in, self.pad_id)[:, 0, 0]

    @property
    def causal(self) -> Tensor:
        """Give the causal mask, the same for every sentence; all open in a model without one: (tgt, tgt)."""
        mask = causal_mask(self.tgt_in.size(1))[0, 0]
        return mask if self.hides_later else torch.ones_like(mask)

    @property
    def combined(self) -> Tensor:
        """Give the mask of the decoder's self-attention, padding and causal: (batch, tgt, tgt)."""
        return target_mask(self.tgt_in, self.pad_id, self.hides_later)[:, 0]

    def why_encoder(self) -> Tensor:
        """Say why each cell of the encoder's self-attention is closed: (batch, src, src)."""
        closed = PADDING * (~self.src_padding).long()
        return closed[:, None, :].expand(-1, self.src.size(1), -1)

    def why_decoder(self) -> Tensor:
        """Say why each cell of the decoder's self-attention is closed: (batch, tgt, tgt)."""
        return PADDING * (~self.tgt_padding).long()[:, None, :] + LATER * (~self.causal).long()

    def why_cross(self) -> Tensor:
        """Say why each cell of cross attention is closed: rows target, columns source, (batch, tgt, src)."""
        closed = PADDING * (~self.src_padding).long()
        return closed[:, None, :].expand(-1, self.tgt_in.size(1), -1)


def pad_batch(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], pad_id: int = 0, hides_later: bool = True
) -> PaddedBatch:
    """Pad sentences to the longest of each side. sources: ids, targets: decoder input ids from BOS on, none empty

    ValueError for no sentence, for an empty one, and for one that holds padding already.
    """
    for ids in (*sources, *targets):
        if not ids or pad_id in ids:
            raise ValueError("every sentence needs a word, and none may hold padding before it is padded")
    if not sources or len(sources) != len(targets):
        raise ValueError(f"a batch needs pairs of sentences, got {len(sources)} sources and {len(targets)} targets")
    return PaddedBatch(_padded(sources, pad_id), _padded(targets, pad_id), pad_id, hides_later)


def _padded(sentences: Sequence[Sequence[int]], pad_id: int) -> Tensor:
    longest = max(len(ids) for ids in sentences)
    return torch.cat([rows_of(ids, longest - len(ids), pad_id) for ids in sentences])


def alone_and_together(model: Transformer, batch: PaddedBatch) -> list[float]:
    """Measure for each sentence how far any logit of its words differs alone and in the batch: nothing but rounding."""
    together = record(model, batch.src, batch.tgt_in)["logits"]  # (batch, tgt, tgt_vocab)
    differences = []
    for n, (src_words, tgt_words) in enumerate(zip(batch.src_padding, batch.tgt_padding, strict=True)):
        alone = record(model, batch.src[n, src_words][None], batch.tgt_in[n, tgt_words][None])["logits"][0]
        differences.append(float((together[n, tgt_words] - alone).abs().max()))
    return differences
