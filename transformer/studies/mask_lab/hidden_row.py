"""A row that may look at nothing: what three implementations of attention answer. Shown on the Masks page.

`masks.py` forbids such a row. Here one is made on purpose, on a real row of a real sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from transformer.attention import MultiHeadAttention, attend_fused
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.studies.mask_lab.remask import Remask, record, rows_of
from transformer.tap import Recorder

BIG_NEGATIVE = -1e9


@dataclass(frozen=True)
class HiddenRow:
    """Hold what becomes of one row by three roads: "inf" (softmax of -inf), "big" (softmax of -1e9), "fused".

    weights: road -> (head, key), not numbers under "inf", all equal under "big", all 0 under "fused"
    logits: road -> (tgt, tgt_vocab) of the whole pass
    fused_context: the largest number that fused attention itself gave, None where a score function has no fused road
    """

    weights: dict[str, Tensor]
    logits: dict[str, Tensor]
    fused_context: float | None


def hide_row(model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], block: str, row: int) -> HiddenRow:
    """Hide a whole row of one attention block, in every head. KeyError for a block or a row that is not there."""
    if block not in blocks_of(model):
        raise KeyError(f"no attention block {block!r} in this model")
    src, tgt = rows_of(src_ids), rows_of(tgt_in)
    right = record(model, src, tgt)
    n_rows = right[f"{block}.weights"].size(-2)
    if not 0 <= row < n_rows:
        raise KeyError(f"no row {row} among {n_rows}")

    def change(name: str, mask: Tensor) -> Tensor | None:
        if name != block:
            return None
        mask[:, :, row] = False
        return mask

    roads = {
        "inf": Remask(change),
        "big": Remask(change, fill=BIG_NEGATIVE),
        "fused": _Zero(block, row),  # what fused attention answers, see `fused_context`
    }
    weights, logits = {}, {}
    for road, edit in roads.items():
        recorder = Recorder(edit)
        with torch.no_grad():
            model(src, tgt, recorder)
        weights[road] = recorder.tensors[f"{block}.weights"][0, :, row]
        logits[road] = recorder.tensors["logits"][0]
    return HiddenRow(weights, logits, _fused(model, right, block, row))


class _Zero:
    """Edit one row of weights to 0: a context of 0, whatever the values."""

    def __init__(self, block: str, row: int) -> None:
        self.name, self.row = f"{block}.weights", row

    def __call__(self, name: str, x: Tensor) -> Tensor:
        if name == self.name:
            x[:, :, self.row] = 0.0
        return x


@torch.no_grad()
def _fused(model: Transformer, right: dict[str, Tensor], block: str, row: int) -> float | None:
    """Ask fused attention itself: the largest number in the context of the hidden row."""
    q, k, v = (right.get(f"{block}.{part}.rotated", right[f"{block}.{part}"]) for part in "qkv")
    attention = model.get_submodule(block)
    pair = attention.score.as_dot(q, k) if isinstance(attention, MultiHeadAttention) else None
    if pair is None:
        return None
    mask = ~right[f"{block}.scores.masked"].isneginf()
    mask[:, :, row] = False
    return float(attend_fused(*pair, v, mask)[0, :, row].abs().max())


def half_precision() -> dict[str, float | bool]:
    """Say what -1e9 becomes in float16: its largest number, what -1e9 is read as, and whether a fill is refused."""
    try:
        torch.zeros(1, dtype=torch.float16).masked_fill(torch.ones(1, dtype=torch.bool), BIG_NEGATIVE)
        refused = False
    except RuntimeError:
        refused = True
    half = torch.tensor(BIG_NEGATIVE).to(torch.float16)
    return {"largest": torch.finfo(torch.float16).max, "becomes": float(half), "refused": refused}
