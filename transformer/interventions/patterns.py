"""Move the attention of a head: set one weight, paint a mask, or lay another pattern in its place.

weights: (batch, head, query, key), every row sums to 1 before and after. Cells are counted in the sentence on which the
intervention was made; while the model writes freely its text may be shorter or longer, and each class says what then.
Shown on the Edit page.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from transformer.config import ModelConfig
from transformer.heads import blocks_of
from transformer.interventions.base import (
    SCORES_BEFORE_MASK,
    Intervention,
    Pass,
    Scope,
    UnfitError,
    open_cells,
    scores_before_mask,
)
from transformer.interventions.codes import BLOCK, CELLS, HEADS, NUMBERED, SHARE, TEXT, coded
from transformer.interventions.heads import OfHead
from transformer.studies.mask_lab import HiddenRowError, Painting, own_mask
from transformer.studies.mask_lab.painting import check, fitted

NOTHING = 1e-12  # a row of weights below it has nothing that could be shared out in proportion
ROUNDING = 1e-6  # a row of weights whose sum is so close to 1 has lost nothing


class OfPattern(OfHead):
    """Act on where one head looks. What its mask closes stays exactly 0, painted or not."""

    def taps(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.weights"]

    def reads(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.scores.masked"]


@dataclass(frozen=True)
class SetWeight(OfPattern):
    """Set one weight; the others of its row grow or shrink in proportion, so that the row sums to 1 again.

    Others that are all 0 share equally what is left for them; a row that may look at one key only keeps its 1. A cell
    that the mask closes cannot be set, and one that a painted mask opens can (see `fitting`).
    While the model writes, the weight stands as soon as its row and its column are there; no other row is touched.
    """

    word = "weight"
    row: int = coded(NUMBERED)
    col: int = coded(NUMBERED)
    weight: float = coded(SHARE)

    def fit(self, scope: Scope) -> None:
        super().fit(scope)
        rows, cols = scope.size_of(self.block)
        if self.row >= rows or self.col >= cols:
            raise UnfitError("cell", f"there is no row {self.row} with a column {self.col} in {self.block}")
        ahead = self.col > self.row and _is_target(self.block) and scope.config.causal
        if ahead:
            raise UnfitError("later", f"column {self.col} comes later than row {self.row}, which may not look there")

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        if self.row < x.size(-2) and self.col < x.size(-1):
            opened = open_cells(self.block, here)[:, self.head, self.row]  # (batch, key)
            own = x[:, self.head, self.row]
            changed = with_weight(own, opened, self.col, self.weight)
            x[:, self.head, self.row] = torch.where(opened[:, self.col, None], changed, own)
        return x


def with_weight(row: Tensor, opened: Tensor, col: int, weight: float) -> Tensor:
    """Set one weight of a row and renormalise the others. row, opened: (batch, key), same shape out, sums to 1"""
    others, free = row.clone(), opened.clone()
    others[:, col], free[:, col] = 0.0, False
    total, n = others.sum(dim=-1, keepdim=True), free.sum(dim=-1, keepdim=True)
    share = torch.where(total > NOTHING, others / total.clamp_min(NOTHING), free / n.clamp_min(1))
    alone = (total <= NOTHING) & (n == 0)  # (batch, 1)
    changed = share * (1.0 - weight)
    changed[:, col] = torch.where(alone, 1.0, weight)[:, 0]
    return changed


@dataclass(frozen=True)
class PaintMask(Intervention):
    """Paint who may look at whom; softmax then shares out the row over what is open.

    cells: which ones differ from the model's own mask, row * cols + column, ascending   head None = every head
    Every row must keep an open cell, in the decoder's self-attention one that is there while the row is written.
    In a longer text a further row sees what the model lets it see, but no column that the painting closed to every row.
    Of two paintings of one head the later in the list counts alone: what the earlier painted there is painted over.
    """

    word = "mask"
    block: str = coded(BLOCK)
    head: int | None = coded(HEADS)
    rows: int = coded(NUMBERED)
    cols: int = coded(NUMBERED)
    cells: tuple[int, ...] = coded(CELLS)

    def __post_init__(self) -> None:
        if not self.cells or not 0 <= self.cells[0] <= self.cells[-1] < self.rows * self.cols:
            raise ValueError(f"these cells do not lie in {self.rows} rows and {self.cols} columns")

    def fit(self, scope: Scope) -> None:
        scope.need_head(self.block, self.head)
        own = own_mask(scope.model, self.block, scope.n_src, scope.n_tgt)
        if tuple(own.shape) != (self.rows, self.cols):
            raise UnfitError("shape", "this mask was painted on another sentence", rows=self.rows, columns=self.cols)
        try:
            check(scope.model, Painting(self.block, self.head, self._painted(own)), own)
        except HiddenRowError as hidden:
            raise UnfitError("hidden_row", str(hidden), row=hidden.row + 1) from None

    def taps(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.scores.masked"]

    def reads(self, config: ModelConfig) -> list[str]:
        return [f"{self.block}.scores.masked", *(f"{self.block}.{part}" for part in SCORES_BEFORE_MASK)]

    def heads(self, config: ModelConfig) -> range:
        """Tell for which heads it is painted."""
        return range(config.n_heads) if self.head is None else range(self.head, self.head + 1)

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        own = _own(here, self.block, self.rows, self.cols)
        mask = ~x.isneginf()  # (batch, head, query, key)
        heads = slice(None) if self.head is None else slice(self.head, self.head + 1)
        mask[:, heads] = fitted(self._painted(own), own, ~here.made[name][0, 0].isneginf())
        return scores_before_mask(self.block, here).masked_fill(~mask, -math.inf)

    def _painted(self, own: Tensor) -> Tensor:
        flat = own.flatten().clone()
        flat[list(self.cells)] ^= True
        return flat.view(own.shape)


def _own(here: Pass, block: str, rows: int, cols: int) -> Tensor:
    """Give the model's own mask of a block as it was where somebody painted: (query, key)."""
    if _is_target(block):
        return own_mask(here.model, block, 1, rows)
    return own_mask(here.model, block, cols, rows)


def _is_target(block: str) -> bool:
    return block.startswith("decoder.") and block.endswith(".self_attn")


@dataclass(frozen=True)
class FromHead(OfPattern):
    """Give a head the pattern of another head of the same kind of block, as it is in the pass without any edit.

    What a painted mask closes to the head is left out of it, and each row is renormalised (`laid`).
    """

    word = "from"
    other_block: str = coded(BLOCK)
    other_head: int = coded(NUMBERED)

    def fit(self, scope: Scope) -> None:
        super().fit(scope)
        scope.need_head(self.other_block, self.other_head)
        kinds = blocks_of(scope.model)
        if kinds[self.block] != kinds[self.other_block]:
            raise UnfitError("kind", f"the rows and columns of {self.other_block} are not those of {self.block}")

    def borrows(self, config: ModelConfig) -> list[str]:
        return [f"{self.other_block}.weights"]

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        pattern = here.clean(f"{self.other_block}.weights")[:, self.other_head]  # (batch, query, key)
        x[:, self.head] = laid(pattern, open_cells(self.block, here)[:, self.head], x[:, self.head])
        return x


def laid(pattern: Tensor, opened: Tensor, own: Tensor) -> Tensor:
    """Lay a pattern over the cells that are open, and let its rows sum to 1 again; (batch, query, key) all three.

    A row of which nothing is left keeps its own; one that loses nothing is the pattern to the bit.
    """
    left = pattern * opened
    total = left.sum(dim=-1, keepdim=True)
    whole = (total - 1.0).abs() < ROUNDING
    return torch.where(total > NOTHING, left / torch.where(whole, 1.0, total.clamp_min(NOTHING)), own)


@dataclass(frozen=True)
class FromSentence(OfPattern):
    """Give a head the pattern that it has while the model translates another sentence (patching).

    Row i takes row i of the other pattern as far as both have columns and its mask is open, and is renormalised to sum
    to 1. A row that the other pattern does not have, or of which nothing is left, keeps its own.
    """

    word = "other"
    text: str = coded(TEXT)

    def fit(self, scope: Scope) -> None:
        super().fit(scope)
        try:
            if scope.aids.patterns is None:
                raise ValueError("nobody can read it")
            scope.aids.patterns(self.text)
        except ValueError as error:
            raise UnfitError("sentence", f"the other sentence cannot be used: {error}") from None

    def act(self, name: str, x: Tensor, here: Pass) -> Tensor:
        if here.aids.patterns is None:  # then it did not fit
            return x
        pattern = here.aids.patterns(self.text)[self.block][self.head]  # (query, key) of the other sentence
        rows, cols = min(pattern.size(0), x.size(-2)), min(pattern.size(1), x.size(-1))
        own = x[:, self.head, :rows]  # (batch, row, key)
        part = torch.zeros_like(own)
        part[:, :, :cols] = pattern[:rows, :cols]
        x[:, self.head, :rows] = laid(part, open_cells(self.block, here)[:, self.head, :rows], own)
        return x
