"""One sentence with and without interventions: both passes over the same words, and what is written each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from transformer.interventions.base import Aids, Intervention, Scope
from transformer.interventions.patterns import PaintMask
from transformer.interventions.surgery import as_edit, fitting
from transformer.model import Transformer
from transformer.tap import Edit
from transformer.trace import Trace, trace_pair
from transformer.vocab import EOS
from transformer.writing import Pen

SPARE = 8  # so many words more than it had may an edited sentence get, then it is stopped


class Written(NamedTuple):
    """What was written word by word: ids, the probability of each, and why it stopped: "end" (with EOS) or "limit"."""

    ids: list[int]
    p: list[float]
    stop: str


@dataclass(frozen=True)
class Intervened:
    """Hold the same sentence before and after. The rows of both traces were given the same words, so they compare."""

    before: Trace
    after: Trace
    written_before: Written
    written_after: Written


def intervene(
    model: Transformer,
    src_ids: Sequence[int],
    tgt_in: Sequence[int],
    interventions: Sequence[Intervention],
    aids: Aids | None = None,
) -> Intervened:
    """Run a sentence with interventions and without them.

    src_ids: (src,)   tgt_in: (tgt,) from BOS on, both without padding. Shown on the Edit page.
    UnfitError for an intervention that has nothing to act on (`fitting`), RuntimeError for a model in training mode,
    FloatingPointError as `write_under` says.
    """
    aids = aids or Aids()
    scope = Scope(model, len(src_ids), len(tgt_in), aids)
    for reason in fitting(interventions, scope):
        if reason is not None:
            raise reason
    most = len(tgt_in) + SPARE
    return Intervened(
        trace_pair(model, src_ids, tgt_in),
        trace_pair(model, src_ids, tgt_in, edit=as_edit(model, interventions, aids)),
        write_under(model, src_ids, None, most),
        write_under(model, src_ids, as_edit(model, interventions, aids), most),
    )


def unchanged(name: str, x: Tensor) -> Tensor:
    """Edit nothing: the pass still takes the road that edited ones take, so both agree to the last bit."""
    return x


def write_under(
    model: Transformer, src_ids: Sequence[int], edit: Edit | None, most: int, begin: Written | None = None
) -> Written:
    """Write the most probable word again and again under an edit, as `decode.greedy` does without one.

    src_ids: (src,) without padding   most: stop after so many words   begin: what is known (`agreed`)
    Padding is never written. RuntimeError for a model in training mode, FloatingPointError where the numbers of the
    model grow so large that a row has no probabilities.
    """
    ids, p, stop = begin or Written([], [], "limit")
    if stop == "end":
        return Written(ids, p, stop)
    ids, p, pen = list(ids), list(p), Pen(model, src_ids, edit or unchanged)
    for _ in range(len(ids), pen.limit(most)):
        probabilities = pen.next_logits([ids])[0].softmax(dim=-1)  # (tgt_vocab,)
        probabilities[model.config.pad_id] = -1.0
        ids.append(int(probabilities.argmax()))
        p.append(float(probabilities[ids[-1]]))
        if ids[-1] == EOS:
            return Written(ids, p, "end")
    return Written(ids, p, "limit")


def agreed(edited: Trace, tgt_out: Sequence[int], interventions: Sequence[Intervention]) -> Written | None:
    """Read off an edited pass how its own writing begins: up to the first row that no longer writes tgt_out's word.

    tgt_out: (tgt,) what the model wrote without edits, which the rows of the pass were given to read
    By the prefix law row t says what the model writes after t words. None where that law does not hold: in a model
    without the causal mask, and under a painted mask, which may open words that are not there yet while one writes.
    """
    if not edited.config.causal or any(isinstance(one, PaintMask) for one in interventions):
        return None
    rows = torch.from_numpy(edited["logits"].copy()).softmax(dim=-1)  # (tgt, tgt_vocab)
    rows[:, edited.config.pad_id] = -1.0
    best = rows.argmax(dim=-1).tolist()
    n = next((t + 1 for t, (word, own) in enumerate(zip(best, tgt_out, strict=True)) if word != own), len(best))
    return Written(best[:n], [float(rows[t, best[t]]) for t in range(n)], "end" if best[n - 1] == EOS else "limit")
