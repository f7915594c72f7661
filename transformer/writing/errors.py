"""Find sentences on which a model errs: there training and inference part. Shown on the Generate page.

Most shipped models write what was held out from training without an error, so what is more unusual is tried after it:
two held-out sentences cut in two and put together crosswise, where the task still knows the right answer.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

import torch

from transformer.decode import greedy_batch
from transformer.model import Transformer
from transformer.tasks import Example, Task
from transformer.vocab import EOS, UNK, Vocabulary, shifted_right

BATCH = 128  # sentences that are read side by side
PORTION = 256  # sentences that are read before it is asked whether there was an error
Pair = tuple[list[int], list[int]]  # source ids, the right answer with EOS


class Erring(NamedTuple):
    """A sentence on which a model errs."""

    text: str
    step: int  # of the first wrong word, counted from 0
    held_out: bool  # is it one of the task's held-out sentences, or was it put together of two?


class Search(NamedTuple):
    """What a search came to. held_out, crossed: how many sentences of each kind were read until an error was found"""

    found: list[Erring]
    held_out: int
    crossed: int


def find_errors(
    model: Transformer, task: Task, vocabs: tuple[Vocabulary, Vocabulary], n: int = 2048, most: int = 3
) -> Search:
    """Read held-out sentences until the model errs; if it never does in n of them, up to n / 2 that are put together.

    Of the sentences found the `most` shortest are told: they are the easiest to look at.
    RuntimeError for a model in training mode.
    """
    own = list(islice(task.examples(0, "test"), n))
    found, held_out = _search(model, own, vocabs, n)
    if found:
        return Search([Erring(text, step, True) for text, step in found[:most]], held_out, 0)
    found, read = _search(model, crossed(task, own[: n // 2]), vocabs, n // 2)
    return Search([Erring(text, step, False) for text, step in found[:most]], held_out, read)


def _search(
    model: Transformer, examples: Iterable[Example], vocabs: tuple[Vocabulary, Vocabulary], n: int
) -> tuple[list[tuple[str, int]], int]:
    """Read portion after portion until one has errors in it: return those, the shortest first, and the number read."""
    waiting, read = iter(examples), 0
    while read < n and (portion := list(islice(waiting, min(PORTION, n - read)))):
        read += len(portion)
        known = _readable(model, portion, vocabs)
        steps = first_errors(model, [pair for _, pair in known])
        found = [(one.src, step) for (one, _), step in zip(known, steps, strict=True) if step is not None]
        if found:
            return sorted(found, key=lambda pair: len(pair[0])), read
    return [], read


def crossed(task: Task, examples: Sequence[Example]) -> Iterator[Example]:
    """Put the beginning of one source and the end of the next together, wherever the task knows the right answer.

    >>> from transformer.tasks import ReverseTask
    >>> task = ReverseTask()
    >>> [one.src for one in crossed(task, [task.answer("abc"), task.answer("xyz")])]
    ['ayz', 'abz', 'abcxyz']
    """
    src_vocab, _ = task.vocabularies()
    seen = {one.src for one in examples}
    for one, other in pairwise(examples):
        begin, end = (src_vocab.encode(example.src).surfaces for example in (one, other))
        cuts = [(cut, cut - len(begin)) for cut in range(1, len(begin)) if len(begin) - cut < len(end)]
        for cut, rest in [*cuts, (len(begin), -len(end))]:  # as long as the first was; at last both of them whole
            made = task.answer(src_vocab.join([*begin[:cut], *end[rest:]]))
            if made is not None and made.src not in seen:
                seen.add(made.src)
                yield made


def _readable(
    model: Transformer, examples: Iterable[Example], vocabs: tuple[Vocabulary, Vocabulary]
) -> list[tuple[Example, Pair]]:
    """Turn examples into ids, without those that are too long for this model or hold a word that it does not know."""
    src_vocab, tgt_vocab = vocabs
    made = ((one, (src_vocab.encode(one.src).ids, [*tgt_vocab.encode(one.tgt).ids, EOS])) for one in examples)
    longest = model.config.max_len
    return [(one, (s, t)) for one, (s, t) in made if 0 < len(s) <= longest >= len(t) and UNK not in [*s, *t]]


@torch.no_grad()
def first_errors(model: Transformer, pairs: Sequence[Pair]) -> list[int | None]:
    """Say for each pair at which step free writing leaves the right answer; None where it writes exactly that.

    Up to this step it has written the right words, so it reads what training reads: one pass over the right answers
    finds it, and nothing has to be written. Without the causal mask that is not so, and the words are written.
    RuntimeError for a model in training mode.
    """
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout decides what it writes: call model.eval()")
    if not model.config.causal:
        written = greedy_batch(model, [src for src, _ in pairs])
        return [_first(own, gold) for own, (_, gold) in zip(written, pairs, strict=True)]
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)  # of equal lengths, so no padding is needed
    for n, (src, gold) in enumerate(pairs):
        alike[len(src), len(gold)].append(n)
    steps: list[int | None] = [None] * len(pairs)
    for places in alike.values():
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            tgt_in = torch.tensor([shifted_right(pairs[n][1]) for n in batch])
            logits = model(torch.tensor([pairs[n][0] for n in batch]), tgt_in)  # (batch, tgt, tgt_vocab)
            logits[..., model.config.pad_id] = -math.inf  # padding is never written
            for n, words in zip(batch, logits.argmax(dim=-1).tolist(), strict=True):
                steps[n] = _first(words, pairs[n][1])
    return steps


def _first(written: Sequence[int], gold: Sequence[int]) -> int | None:
    return next((t for t, (own, right) in enumerate(zip(written, gold, strict=False)) if own != right), None)
