"""Another mask than the model's own, for one pass: section 3.2.3, shown on the Masks page."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.tap import Recorder
from transformer.vocab import EOS
from transformer.writing import Pen

# (block, mask as the model uses it) -> the mask to use instead, both (batch, head, query, key) bool; None = as it is
Change = Callable[[str, Tensor], Tensor | None]


class Remask:
    """Edit the scores of a pass as if attention had been given another mask. Make a new one for every pass.

    change: which mask each block uses instead   fill: what is written into the score of a closed cell
    after_softmax: let every score through, and set the closed weights to 0 afterwards
    `masks[block]` is the mask that a changed block used, (batch, head, query, key) bool, True = may look.
    """

    def __init__(self, change: Change, fill: float = -math.inf, after_softmax: bool = False) -> None:
        self.change, self.fill, self.after_softmax = change, fill, after_softmax
        self.masks: dict[str, Tensor] = {}
        self._scores: Tensor | None = None  # of the block that the pass is in, before its mask

    def __call__(self, name: str, x: Tensor) -> Tensor:
        block, scores, part = name.partition(".scores.")
        if scores and part == "masked":
            return self._masked(block, x)
        if scores:
            self._scores = x
        elif self.after_softmax and name.endswith(".weights"):
            mask = self.masks.get(name.removesuffix(".weights"))
            return x if mask is None else x * mask
        return x

    def _masked(self, block: str, masked: Tensor) -> Tensor:
        """Give the scores under the other mask. masked: (batch, head, query, key), closed cells at -inf"""
        mask = self.change(block, ~masked.isneginf())
        if mask is None or self._scores is None:
            return masked
        self.masks[block] = mask
        return self._scores if self.after_softmax else self._scores.masked_fill(~mask, self.fill)


class Written(NamedTuple):
    """What a model wrote word by word: ids, and why it stopped: "end" (it wrote EOS), "limit" or "nan"."""

    ids: list[int]
    stop: str


@torch.no_grad()
def record(model: Transformer, src: Tensor, tgt_in: Tensor, edit: Remask | None = None) -> dict[str, Tensor]:
    """Run one traced pass and give every named tensor. src: (batch, src) ids, tgt_in: (batch, tgt) ids

    RuntimeError for a model in training mode.
    """
    _require_eval(model)
    recorder = Recorder(edit)
    model(src, tgt_in, recorder)
    return recorder.tensors


def write(model: Transformer, src: Tensor, most: int, edit: Remask | None = None) -> Written:
    """Write the most probable word again and again under an edit, as `decode.greedy` does without one.

    src: (1, src) ids, padding allowed   most: stop after so many words
    It stops where the probabilities are not numbers: among those there is no largest. Padding is never written.
    """
    pen = Pen(model, src[0].tolist(), edit)
    ids: list[int] = []
    for _ in range(pen.limit(most)):
        try:
            logits = pen.next_logits([ids])[0]  # (tgt_vocab,)
        except FloatingPointError:
            return Written(ids, "nan")
        logits[model.config.pad_id] = -math.inf
        ids.append(int(logits.argmax()))
        if ids[-1] == EOS:
            return Written(ids, "end")
    return Written(ids, "limit")


def rows_of(ids: Sequence[int], n_padding: int = 0, pad_id: int = 0) -> Tensor:
    """Lay ids as a batch of one sentence, padded at the end: (1, n + n_padding)."""
    return torch.tensor([[*ids, *[pad_id] * n_padding]], dtype=torch.long)


def _require_eval(model: Transformer) -> None:
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout changes what is seen: call model.eval() first")
