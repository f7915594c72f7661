"""Swap two words and see what a model without positions cannot see: section 3.5, shown on the Positions page.

Attention and feed-forward treat their rows alike, whatever their order. So the encoder without positions gives the same
rows in another order, and cross attention, a sum over them, gives the same translation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.tap import Recorder
from transformer.vocab import BOS, EOS


class Reading(NamedTuple):
    """What became of one sentence."""

    memory: Tensor  # (src, d_model)
    written: list[int]  # ids; EOS last unless `most` stopped it


class Swap(NamedTuple):
    """A sentence and the same with two words swapped, both through the same weights.

    `change` is (src,): how far the row of each word, in the order of the sentence before, moved, as a share of its
    length: |memory'(word) - memory(word)| / |memory(word)|. `largest` is the largest difference of any number.
    """

    before: Reading
    after: Reading
    change: Tensor
    largest: float


class WithoutPositions:
    """Take the encoder's positions away, by an edit of the pass: give back each tensor as it was before they came in.

    Whatever the kind: a sum loses its second part, turned queries and keys turn back, scores lose their bias. The
    weights stay, and the decoder keeps its positions. One object serves one pass.
    """

    def __init__(self) -> None:
        self.seen: dict[str, Tensor] = {}

    def __call__(self, name: str, x: Tensor) -> Tensor:
        before = self._before(name) if name.startswith(("src_embed.", "encoder.")) else None
        self.seen[name] = x if before is None else before
        return self.seen[name]

    def _before(self, name: str) -> Tensor | None:
        if name == "src_embed.sum":
            return self._first("src_embed.scaled", "src_embed.tokens")
        if name.endswith(".rotated"):
            return self.seen[name.removesuffix(".rotated")]
        if name.endswith(".scores.biased"):
            scores = name.removesuffix("biased")
            return self._first(scores + "scaled", scores + "raw")
        return None

    def _first(self, *names: str) -> Tensor:
        return next(self.seen[name] for name in names if name in self.seen)


def swap_words(model: Transformer, src_ids: list[int], i: int, j: int, positions: bool, most: int) -> Swap:
    """Swap words i and j of a sentence and compare what the encoder makes of each word, and what is written.

    src_ids: one sentence without padding   positions: False takes those of the encoder away   most: words written
    RuntimeError for a model in training mode, ValueError for a place outside of the sentence.
    """
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout would move every row: call model.eval() first")
    if not (0 <= i < len(src_ids) and 0 <= j < len(src_ids)):
        raise ValueError(f"words {i} and {j} cannot be swapped: the sentence has words 0..{len(src_ids) - 1}")
    order = list(range(len(src_ids)))
    order[i], order[j] = order[j], order[i]
    before = read(model, src_ids, positions, most)
    after = read(model, [src_ids[place] for place in order], positions, most)
    difference = after.memory[order] - before.memory  # a swap undoes itself: row t holds word t again
    length = before.memory.norm(dim=-1)
    length = torch.where(length > 0, length, 1.0)  # a row of zeros has no length to compare with
    change = difference.norm(dim=-1) / length
    return Swap(before, after, change, float(difference.abs().max()))


@torch.no_grad()
def read(model: Transformer, src_ids: list[int], positions: bool, most: int) -> Reading:
    """Encode one sentence, with or without the encoder's positions, and write its translation greedily."""
    recorder = Recorder(None if positions else WithoutPositions())  # either way the road that is shown elsewhere
    memory, src_mask = model.encode(torch.tensor([src_ids]), recorder)
    ids = [BOS]
    while ids[-1] != EOS and len(ids) <= min(most, model.config.max_len):
        logits = model.decode(torch.tensor([ids]), memory, src_mask)[0, -1]  # (tgt_vocab,)
        logits[model.config.pad_id] = -torch.inf  # padding is no word
        ids.append(int(logits.argmax()))
    return Reading(memory[0], ids[1:])


def telling_pair(tokens: Sequence[str]) -> tuple[int, int] | None:
    """Choose two words that are worth swapping: two that follow the same word, else the two that are farthest apart.

    "the animal did not cross the street": animal and street both follow "the", so each could stand for the other.
    Only a letter changes places with a letter, and a digit with a digit. None if no two different words do.
    """
    words = [token.removeprefix("▁") for token in tokens]
    pairs = [
        (_follow_the_same(words, i, j), j - i, -i)
        for j in range(len(words))
        for i in range(j)
        if words[i] != words[j] and any(is_(words[i]) and is_(words[j]) for is_ in (str.isalpha, str.isdigit))
    ]
    if not pairs:
        return None
    _, distance, i = max(pairs)
    return -i, distance - i


def _follow_the_same(words: Sequence[str], i: int, j: int) -> bool:
    """Between words that says something; letters follow each other in all orders."""
    return i > 0 and words[i - 1] == words[j - 1] and min(len(words[i]), len(words[j])) > 1
