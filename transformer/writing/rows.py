"""The decoder reads a sentence in two ways: all rows at once, as in training, or word by word. Shown on Generate.

Section 3.1. In training the right answer is there, so every row can be computed at once: row t reads the words up to t,
and the causal mask hides the rest. While the model writes, row t can only be computed when word t is there. Both give
the same rows, if the mask does its work; `serial_and_parallel` measures it. What differs is *what is read*: in training
the right words, while writing the model's own, errors included. `free_and_forced` finds where that begins to matter.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer.decode import greedy_ids
from transformer.model import Transformer
from transformer.tap import Edit, Recorder
from transformer.vocab import EOS, shifted_right

Weights = dict[str, Tensor]  # block of the decoder -> (head, tgt, key)


class Rows(NamedTuple):
    """What the rows of the decoder made of the words they read.

    logits: (tgt, tgt_vocab)   weights: block -> (head, tgt, key), the keys of self-attention are the words read; a key
    that was not there when a row was computed has weight 0
    """

    logits: Tensor
    weights: Weights


class Agreement(NamedTuple):
    """The same words read serially and in parallel. logits, weights: (tgt,) the largest difference in each row"""

    serial: Rows
    parallel: Rows
    logits: Tensor
    weights: Tensor

    @property
    def largest(self) -> float:
        """Give the largest difference of any number."""
        return float(torch.stack([self.logits.max(), self.weights.max()]).max())


class Parting(NamedTuple):
    """Two roads through one sentence: free reads its own words, forced reads the right ones.

    gold, free: ids with EOS   forced: what each row writes when it reads the right words before it, as long as gold
    step: the first step at which the free road writes another word than gold; from the next step on the two roads read
    different words. None if it writes exactly gold.
    """

    gold: list[int]
    free: list[int]
    forced: list[int]
    step: int | None


@torch.no_grad()
def serial_and_parallel(
    model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], edit: Edit | None = None
) -> Agreement:
    """Read tgt_in twice, row by row and all at once, and compare every row. tgt_in: ids from BOS on, without padding

    Without the causal mask (`causal=False`) the two differ: a row of the parallel pass sees the words after it.
    RuntimeError for a model in training mode, ValueError for ids that the model cannot read.
    """
    serial, parallel = _serial(model, src_ids, tgt_in, edit), _parallel(model, src_ids, tgt_in, edit)
    logits = (serial.logits - parallel.logits).abs().amax(dim=-1)  # (tgt,)
    by_block = [(serial.weights[name] - parallel.weights[name]).abs().amax(dim=(0, 2)) for name in serial.weights]
    return Agreement(serial, parallel, logits, torch.stack(by_block).amax(dim=0))


@torch.no_grad()
def rows_of(model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], edit: Edit | None = None) -> Rows:
    """Give the rows as they are while the model writes. With the causal mask one parallel pass gives them all.

    tgt_in: ids from BOS on, without padding. Errors as in `serial_and_parallel`.
    """
    read = _parallel if model.config.causal else _serial
    return read(model, src_ids, tgt_in, edit)


def free_and_forced(model: Transformer, src_ids: Sequence[int], gold: Sequence[int]) -> Parting:
    """Let the model write freely, and let it read the right answer; say where the two part.

    gold: the right words, EOS last   ->  up to and with `step` both write the same words, for they read the same.
    A model without the causal mask reads gold serially too: it may not see the words that it has to write.
    ValueError if gold is empty, does not end in EOS, or is too long; RuntimeError for a model in training mode.
    """
    gold = list(gold)
    if not gold or gold[-1] != EOS:
        raise ValueError("the right answer must end in EOS")
    logits = rows_of(model, src_ids, shifted_right(gold)).logits.clone()  # (tgt, tgt_vocab)
    logits[:, model.config.pad_id] = -torch.inf  # padding is never written
    free = greedy_ids(model, src_ids)
    step = next((t for t, (own, right) in enumerate(zip(free, gold, strict=False)) if own != right), None)
    return Parting(gold, free, logits.argmax(dim=-1).tolist(), step)


def _parallel(model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], edit: Edit | None) -> Rows:
    recorder = _recorder(model, edit)
    logits = model(torch.tensor([src_ids]), torch.tensor([tgt_in]), recorder)[0]  # (tgt, tgt_vocab)
    return Rows(logits, {name: weights[0] for name, weights in _weights(recorder).items()})


def _serial(model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], edit: Edit | None) -> Rows:
    """Compute each row when its word has come, and keep the last row of every pass: it is the new one."""
    recorder = _recorder(model, edit)
    memory, src_mask = model.encode(torch.tensor([src_ids]), recorder)
    logits, found = [], []
    for n in range(1, len(tgt_in) + 1):  # copies: a view of the last row would keep all rows of its pass alive
        logits.append(model.decode(torch.tensor([tgt_in[:n]]), memory, src_mask, recorder)[0, -1].clone())
        found.append({name: weights[0, :, -1].clone() for name, weights in _weights(recorder).items()})  # (head, key)
    weights = {}
    for name in found[0]:
        longest = found[-1][name].size(-1)
        rows = [torch.nn.functional.pad(row[name], (0, longest - row[name].size(-1))) for row in found]
        weights[name] = torch.stack(rows, dim=1)  # (head, tgt, key)
    return Rows(torch.stack(logits), weights)


def _recorder(model: Transformer, edit: Edit | None) -> Recorder:
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout changes what is seen: call model.eval() first")
    return Recorder(edit)


def _weights(recorder: Recorder) -> Weights:
    names = [name for name in recorder.tensors if name.startswith("decoder.") and name.endswith(".weights")]
    return {name.removesuffix(".weights"): recorder.tensors[name] for name in names}
