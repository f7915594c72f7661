"""Draw each word by its probability: the simplest way to write that is not always the same. Shown on Generate."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.tap import Edit
from transformer.vocab import EOS
from transformer.writing.filters import Filters, Stage, filter_logits
from transformer.writing.pen import Pen


class Draw(NamedTuple):
    """One step of sampling: row `row` of the decoder read the words before it, and `ids[row]` was drawn."""

    row: int
    ids: list[int]  # everything written so far, without BOS; after the last step EOS is among them
    logits: Tensor  # (tgt_vocab,)
    stages: list[Stage]  # the distribution behind each filter; the word was drawn from the last one
    u: float  # the number between 0 and 1 that decided
    forced: bool  # was this word given, not drawn?


def sample(
    model: Transformer,
    src_ids: Sequence[int],
    filters: Filters | None = None,
    seed: int = 0,
    *,
    prefix: Sequence[int] = (),
    max_len: int | None = None,
    edit: Edit | None = None,
) -> Iterator[Draw]:
    """Draw word after word until EOS or until max_len words are there. The same seed draws the same words.

    prefix: ids that the model is made to begin with   edit: as for `Pen`
    Each step uses one number u, also where a word is forced: so forcing a word to what it was changes nothing. The
    generator is this call's own; torch's global one, which other visitors may be using, is neither read nor moved.
    Raises as `Pen` does, and ValueError for a prefix that no model could have written.
    """
    pen = Pen(model, src_ids, edit)
    limit = pen.limit(max_len)
    forced = pen.checked(prefix, limit)
    filters = filters or Filters()
    generator = torch.Generator().manual_seed(seed)
    ids: list[int] = []
    for row in range(limit):
        logits = pen.next_logits([ids])[0]  # (tgt_vocab,)
        stages = filter_logits(logits, filters, never=model.config.pad_id)
        u = float(torch.rand((), generator=generator, dtype=torch.float64))
        ids.append(forced[row] if row < len(forced) else pick(stages[-1].p, u))
        yield Draw(row, list(ids), logits, stages, u, row < len(forced))
        if ids[-1] == EOS:
            return


def pick(p: Tensor, u: float) -> int:
    """Lay the words side by side on a line from 0 to 1, the most probable first, each as wide as its p: which holds u?

    p: (tgt_vocab,) sums to 1   u: 0 <= u < 1   ->  an id whose p is not 0
    """
    ranked = p.argsort(descending=True, stable=True)
    ends = p[ranked].cumsum(0)
    at = int(torch.searchsorted(ends, torch.tensor(u, dtype=ends.dtype), right=True))
    last = int((p > 0).sum()) - 1  # the last end may be 1 - 1e-16, and u beyond it
    return int(ranked[min(at, last)])
