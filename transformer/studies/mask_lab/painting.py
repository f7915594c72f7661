"""A mask painted by hand on one attention block, and what the model then reads and writes. Shown on the Masks page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transformer.heads import blocks_of
from transformer.masks import causal_mask
from transformer.model import Transformer
from transformer.studies.mask_lab.remask import Remask, Written, record, rows_of, write

SPARE = 8  # so many words more than it had may a translation get, then it is stopped


class HiddenRowError(ValueError):
    """A row would have nothing left to look at; `row` says which."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row} would have nothing to look at, and softmax over nothing has no meaning")
        self.row = row


@dataclass(frozen=True)
class Painting:
    """Say who may look at whom in one block: mask (query, key) bool, True = may look; head None = every head of it."""

    block: str
    head: int | None
    mask: Tensor


@dataclass(frozen=True)
class Painted:
    """Hold one pass before and after: weights (head, query, key) of the block, logits (tgt, tgt_vocab).

    Both passes were given the same decoder input, so their rows compare; `written` is what the model writes freely.
    """

    weights_before: np.ndarray
    weights_after: np.ndarray
    logits_before: np.ndarray
    logits_after: np.ndarray
    written: Written


def paint(model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], painting: Painting) -> Painted:
    """Run a sentence with the painted mask and without it.

    src_ids: (src,)   tgt_in: (tgt,) from BOS on, both without padding
    KeyError for a block that the model does not have, ValueError for a head or a shape that does not fit,
    HiddenRowError for a row without an open cell. A row of the decoder's self-attention needs one among the words up
    to its own: later ones are not there yet while it is written.
    """
    own = own_mask(model, painting.block, len(src_ids), len(tgt_in))
    check(model, painting, own)
    src, tgt = rows_of(src_ids), rows_of(tgt_in)
    before = record(model, src, tgt)
    after = record(model, src, tgt, _edit(painting, own))
    weights = f"{painting.block}.weights"
    return Painted(
        before[weights][0].numpy(),
        after[weights][0].numpy(),
        before["logits"][0].numpy(),
        after["logits"][0].numpy(),
        write(model, src, len(tgt_in) + SPARE, _edit(painting, own)),
    )


def own_mask(model: Transformer, block: str, n_src: int, n_tgt: int) -> Tensor:
    """Give the mask that the model itself uses in a block: (query, key) bool. KeyError as in `paint`."""
    kinds = blocks_of(model)
    if block not in kinds:
        raise KeyError(f"no attention block {block!r} in this model; it has {', '.join(kinds)}")
    if kinds[block] == "decoder":
        mask = causal_mask(n_tgt)[0, 0]
        return mask if model.config.causal else torch.ones_like(mask)
    rows = n_src if kinds[block] == "encoder" else n_tgt
    return causal_mask(1)[0, 0].expand(rows, n_src).clone()  # everybody may look at every word


def check(model: Transformer, painting: Painting, own: Tensor) -> None:
    """Raise what `paint` says for a painting that cannot be used. own: the model's mask of the block, (query, key)"""
    if painting.head is not None and not 0 <= painting.head < model.config.n_heads:
        raise ValueError(f"there is no head {painting.head} among {model.config.n_heads}")
    if painting.mask.shape != own.shape:
        raise ValueError(f"this mask is {tuple(painting.mask.shape)}, the block needs {tuple(own.shape)}")
    decoder = ".cross_attn" not in painting.block and painting.block.startswith("decoder.")
    # While a row is written, later words are not there, whatever the model's own mask says of them.
    reachable = painting.mask & causal_mask(own.size(0))[0, 0] if decoder else painting.mask
    hidden = (~reachable.any(dim=-1)).nonzero().flatten().tolist()
    if hidden:
        raise HiddenRowError(hidden[0])


def _edit(painting: Painting, own: Tensor) -> Remask:
    heads = slice(None) if painting.head is None else slice(painting.head, painting.head + 1)

    def change(block: str, mask: Tensor) -> Tensor | None:
        if block != painting.block:
            return None
        mask[:, heads] = fitted(painting.mask, own, mask[0, 0])
        return mask

    return Remask(change)


def fitted(painted: Tensor, own: Tensor, mask: Tensor) -> Tensor:
    """Lay a painted mask over the model's own for a text that is shorter or longer than the painted one.

    painted, own: (painted rows, painted columns)   mask: the model's own now, (query, key)  ->  (query, key)
    While the model writes freely it may write more rows than were painted. Such a row sees what the model lets it see,
    but no column that the painting closed to every row that could look at it.
    """
    fit = mask.clone()
    rows, cols = min(painted.size(0), mask.size(0)), min(painted.size(1), mask.size(1))
    fit[:rows, :cols] = painted[:rows, :cols]
    closed = ~(painted & own).any(dim=0)  # (painted columns,)
    fit[painted.size(0) :, :cols] &= ~closed[:cols]
    return fit
