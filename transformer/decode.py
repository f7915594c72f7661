"""Write a translation one word at a time: section 3.1, "the model is auto-regressive". Shown on the Generate page.

The encoder reads the source once. Then the decoder reads what it has written so far, BOS first, and its last row gives
the logits of the next word; greedy decoding takes the most probable one, until that is EOS.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.vocab import BOS, EOS, UNK, Vocabulary

BATCH = 128  # sentences that are decoded side by side


class Step(NamedTuple):
    """One step: row `row` of the decoder read the words before it and wrote `ids[row]`."""

    row: int
    ids: list[int]  # everything written so far, without BOS; after the last step EOS is among them
    logits: Tensor  # (tgt_vocab,)
    probabilities: Tensor  # (tgt_vocab,) softmax of the logits


class Pair(Protocol):
    """A sentence with its right translation, such as `tasks.Example`."""

    @property
    def src(self) -> str: ...
    @property
    def tgt(self) -> str: ...


@torch.no_grad()
def greedy(model: Transformer, src_ids: Sequence[int], max_len: int | None = None) -> Iterator[Step]:
    """Write the most probable word, again and again, until EOS or until max_len words are there.

    src_ids: source ids without padding   max_len: at most model.config.max_len, which is the default
    Padding is never written, however probable. RuntimeError for a model in training mode, where dropout would decide;
    ValueError for a source that is empty, too long or holds an unknown id.
    """
    _require_eval(model)
    memory, src_mask = model.encode(torch.tensor([src_ids], dtype=torch.long))
    ids: list[int] = []
    for row in range(_limit(model, max_len)):
        logits = model.decode(torch.tensor([[BOS, *ids]]), memory, src_mask)[0, -1]  # (tgt_vocab,)
        ids.append(int(_most_probable(logits, model)))
        yield Step(row, list(ids), logits, logits.softmax(dim=-1))
        if ids[-1] == EOS:
            return


def greedy_ids(model: Transformer, src_ids: Sequence[int], max_len: int | None = None) -> list[int]:
    """Give all that greedy decoding writes; EOS comes last unless max_len stopped it."""
    return greedy_batch(model, [src_ids], max_len)[0]


@torch.no_grad()
def greedy_batch(model: Transformer, sources: Sequence[Sequence[int]], max_len: int | None = None) -> list[list[int]]:
    """Decode many sources side by side; the answers, in the order given, are those of `greedy` one by one.

    sources: lists of source ids without padding   ->  lists of ids, EOS last unless max_len stopped it
    """
    _require_eval(model)
    written: list[list[int]] = [[] for _ in sources]
    by_length = sorted(range(len(sources)), key=lambda i: len(sources[i]))  # equal lengths together: little padding
    for start in range(0, len(by_length), BATCH):
        batch = by_length[start : start + BATCH]
        for i, ids in zip(
            batch,
            _decode_batch(model, [sources[i] for i in batch], max_len),
            strict=True,
        ):
            written[i] = ids
    return written


def _decode_batch(model: Transformer, sources: list[Sequence[int]], max_len: int | None) -> list[list[int]]:
    longest = max(len(source) for source in sources)
    pad = model.config.pad_id
    src = torch.tensor(
        [[*source, *[pad] * (longest - len(source))] for source in sources],
        dtype=torch.long,
    )
    memory, src_mask = model.encode(src)
    written: list[list[int]] = [[] for _ in sources]
    going = torch.arange(len(sources))  # the sentences that have not come to EOS
    tgt_in = torch.full((len(sources), 1), BOS)
    for _ in range(_limit(model, max_len)):
        mask = None if src_mask is None else src_mask[going]
        words = _most_probable(model.decode(tgt_in, memory[going], mask)[:, -1], model)  # (going,)
        for i, word in zip(going.tolist(), words.tolist(), strict=True):
            written[i].append(word)
        unfinished = words != EOS
        going = going[unfinished]
        tgt_in = torch.cat([tgt_in, words[:, None]], dim=1)[unfinished]
        if len(going) == 0:
            break
    return written


def _most_probable(logits: Tensor, model: Transformer) -> Tensor:
    """logits: (..., tgt_vocab) -> (...) ids; padding is no word, so it cannot be chosen"""
    padding = torch.tensor([model.config.pad_id])
    return logits.index_fill(-1, padding, -math.inf).argmax(dim=-1)


def _require_eval(model: Transformer) -> None:
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout decides what it writes: call model.eval()")


def _limit(model: Transformer, max_len: int | None) -> int:
    if max_len is not None and max_len < 1:
        raise ValueError(f"max_len must be at least 1, got {max_len}")
    return min(max_len or model.config.max_len, model.config.max_len)


def exact_match(
    model: Transformer,
    examples: Iterable[Pair],
    src_vocab: Vocabulary,
    tgt_vocab: Vocabulary,
) -> float:
    """Give the share of examples that the model translates exactly, writing freely from BOS on.

    Right means: the ids before EOS equal the gold ids. An output without EOS is wrong, and so is every output where the
    right answer holds a word that the vocabulary does not know. ValueError for no examples.
    """
    examples = list(examples)
    if not examples:
        raise ValueError("exact match needs at least one example")
    gold = [[*tgt_vocab.encode(example.tgt).ids, EOS] for example in examples]
    sources = [src_vocab.encode(example.src).ids for example in examples]
    # One word more than the longest gold sentence decides every case: who has not stopped by then is wrong.
    outputs = greedy_batch(model, sources, max_len=max(len(ids) for ids in gold))
    right = (output == ids and UNK not in ids for output, ids in zip(outputs, gold, strict=True))
    return sum(right) / len(examples)
