"""The classic mistakes with masks, each really made on one sentence and measured. Shown on the Masks page.

The sentence stands in a batch beside a longer one, so it is padded at its end; only then can padding do any harm.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.studies.mask_lab.hidden_row import BIG_NEGATIVE
from transformer.studies.mask_lab.remask import Remask, Written, record, rows_of, write
from transformer.vocab import BOS, UNK

N_PADDING = 3  # the longer sentence of the batch has so many words more
FILLS = {"inf": -math.inf, "big": BIG_NEGATIVE}
TOLERANCE = 1e-4  # a check has caught a mistake from here on; rounding stays a hundred times below


@dataclass(frozen=True)
class Mistake:
    """Say what is done wrong: which mask each kind of block uses instead, or how a closed cell is written.

    masks: kind ("encoder", "decoder", "cross") -> wrong mask, made of the right one, (batch, head, query, key) bool
    home: the kind of block where it is seen best   wrong, right: the line of code that makes the mistake, and the cure
    """

    home: str
    wrong: str
    right: str
    masks: dict[str, Callable[[Tensor], Tensor]]
    fill: str | None = None  # a key of FILLS; None = whichever one chooses
    after_softmax: bool = False

    def edit(self, kinds: dict[str, str], fill: str) -> Remask:
        """Make the edit for one pass. kinds: block -> kind, fill: a key of FILLS"""

        def change(block: str, mask: Tensor) -> Tensor | None:
            wrong = self.masks.get(kinds[block])
            return None if wrong is None else wrong(mask)

        return Remask(change, FILLS[self.fill or fill], self.after_softmax)


@dataclass(frozen=True)
class Outcome:
    """Hold the same pass with the right masks and with the wrong ones.

    right, wrong: every tensor by name, with a batch axis of 1   masks: block -> (right, wrong), (query, key) bool
    written: what the model writes freely   checks: name -> (right, wrong), None where there is nothing to check
    n_padding: how many columns of the source are padding
    """

    right: dict[str, Tensor]
    wrong: dict[str, Tensor]
    masks: dict[str, tuple[Tensor, Tensor]]
    written: tuple[Written, Written]
    checks: "dict[str, tuple[float, float] | None]"
    n_padding: int

    def changes(self) -> dict[str, tuple[float, int, int, int]]:
        """Find in each block the largest change of any weight: (change, head, row, column), NaN if one is no number."""
        found = {}
        for block in self.masks:
            change = (self.wrong[f"{block}.weights"] - self.right[f"{block}.weights"])[0]  # (head, query, key)
            at = int(change.abs().nan_to_num(nan=2.0).argmax())  # 2: more than any change of a number can be
            head, rest = divmod(at, change.size(1) * change.size(2))
            row, col = divmod(rest, change.size(2))
            found[block] = (float(change[head, row, col]), head, row, col)
        return found


def make_mistake(
    model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], mistake: Mistake, fill: str = "inf"
) -> Outcome:
    """Make one mistake on one sentence. src_ids: (src,), tgt_in: (tgt,) from BOS on, both without padding

    fill: what is written into closed cells, "inf" or "big" (KeyError for another)
    A sentence that fills the model's max_len gets less padding, or none.
    """
    kinds = blocks_of(model)
    n_padding = min(N_PADDING, model.config.max_len - len(src_ids))
    src, tgt = rows_of(src_ids, n_padding, model.config.pad_id), rows_of(tgt_in)
    edit = mistake.edit(kinds, fill)
    right, wrong = record(model, src, tgt), record(model, src, tgt, edit)
    masks = {}
    for block in kinds:
        own = ~right[f"{block}.scores.masked"].isneginf()  # (1, head, query, key)
        masks[block] = (own[0, 0], edit.masks.get(block, own)[0, 0])
    most = len(tgt_in) + N_PADDING
    written = (write(model, src, most), write(model, src, most, mistake.edit(kinds, fill)))
    checked = [_checks(model, src_ids, src, tgt, tensors, make) for tensors, make in (
        (right, lambda: None),
        (wrong, lambda: mistake.edit(kinds, fill)),
    )]  # fmt: skip
    checks = {name: _both(checked[0][name], checked[1][name]) for name in checked[0]}
    return Outcome(right, wrong, masks, written, checks, n_padding)


def _both(right: float | None, wrong: float | None) -> tuple[float, float] | None:
    return None if right is None or wrong is None else (right, wrong)


# --- how to notice it: five checks that any implementation can be put to ----------------------------------------------


def _checks(
    model: Transformer,
    src_ids: Sequence[int],
    src: Tensor,
    tgt: Tensor,
    tensors: dict[str, Tensor],
    make: Callable[[], Remask | None],
) -> dict[str, float | None]:
    """Put one implementation to every check; a number near 0 is good, NaN is not, None means nothing to check.

    later: the largest weight on a later word   padding: the largest weight that a word puts on padding
    row_sum: how far a row of weights is from 1   last_word: how far any probability of the rows before it changes when
    the last word read is another   alone: the same when the sentence has no padding beside it
    """
    weights = {block: tensors[f"{block}.weights"][0] for block in blocks_of(model)}  # (head, query, key)
    kinds = blocks_of(model)
    n, n_tgt = len(src_ids), tgt.size(1)
    later = [w.triu(1).max() for block, w in weights.items() if kinds[block] == "decoder"]
    words = [w[:, :n] if kinds[block] == "encoder" else w for block, w in weights.items()]  # rows that are words
    padding = [
        w[..., n:].max() for w, block in zip(words, kinds, strict=True) if kinds[block] != "decoder" and n < src.size(1)
    ]
    p = tensors["logits"][0].softmax(dim=-1)  # (tgt, tgt_vocab)
    other = tgt.clone()
    other[0, -1] = _another_word(int(tgt[0, -1]), model.config.tgt_vocab_size)
    changed = record(model, src, other, make())["logits"][0].softmax(dim=-1)
    alone = record(model, rows_of(src_ids), tgt, make())["logits"][0].softmax(dim=-1)
    return {
        "later": _largest(later) if n_tgt > 1 else None,
        "padding": _largest(padding) if padding else None,
        "row_sum": _largest([(w.sum(dim=-1) - 1).abs().max() for w in words]),
        "last_word": _largest([(changed - p)[:-1].abs().max()]) if n_tgt > 1 else None,
        "alone": _largest([(alone - p).abs().max()]) if padding else None,
    }


def _largest(values: Sequence[Tensor]) -> float:
    return float(torch.stack(list(values)).max())  # NaN if one of them is


def _another_word(word: int, vocab_size: int) -> int:
    return UNK + 1 if word != UNK + 1 and vocab_size > UNK + 1 else BOS


def caught(values: tuple[float, float] | None) -> bool:
    """Tell whether a check that the right masks pass has failed with the wrong ones.

    A model without the causal mask looks at later words as it is: there the checks for that can catch nobody.
    """
    return values is not None and values[0] <= TOLERANCE and not values[1] <= TOLERANCE


# --- the gallery ------------------------------------------------------------------------------------------------------


def _all_open(mask: Tensor) -> Tensor:
    return torch.ones_like(mask)


def _turned(mask: Tensor) -> Tensor:
    """Give (query, key) as (key, query)."""
    return mask.transpose(-2, -1)


def _opposite(mask: Tensor) -> Tensor:
    return ~mask


def _as_it_is(mask: Tensor) -> Tensor:
    return mask


EVERYWHERE = ("encoder", "decoder", "cross")

MISTAKES: dict[str, Mistake] = {
    "rows": Mistake(
        home="encoder",
        wrong="mask = (src != pad_id)[:, None, :, None]",
        right="mask = (src != pad_id)[:, None, None, :]",
        masks={"encoder": _turned, "cross": _all_open},  # the rows of cross attention are target words: none is padding
    ),
    "no_padding": Mistake(
        home="encoder",
        wrong="mask = None",
        right="mask = (src != pad_id)[:, None, None, :]",
        masks={"encoder": _all_open, "cross": _all_open},
    ),
    "no_causal": Mistake(
        home="decoder",
        wrong="mask = torch.ones(n, n, dtype=torch.bool)",
        right="mask = torch.ones(n, n, dtype=torch.bool).tril()",
        masks={"decoder": _all_open},
    ),
    "turned": Mistake(
        home="decoder",
        wrong="mask = torch.ones(n, n, dtype=torch.bool).triu()",
        right="mask = torch.ones(n, n, dtype=torch.bool).tril()",
        masks={"decoder": _turned},
    ),
    "swapped": Mistake(
        home="decoder",
        wrong="scores.masked_fill(mask, -math.inf)",
        right="scores.masked_fill(~mask, -math.inf)",
        masks=dict.fromkeys(EVERYWHERE, _opposite),
    ),
    "after_softmax": Mistake(
        home="decoder",
        wrong="scores.softmax(dim=-1) * mask",
        right="scores.masked_fill(~mask, -math.inf).softmax(dim=-1)",
        masks=dict.fromkeys(EVERYWHERE, _as_it_is),
        after_softmax=True,
    ),
    "big_negative": Mistake(
        home="decoder",
        wrong="scores.masked_fill(~mask, -1e9)",
        right="scores.masked_fill(~mask, -math.inf)",
        masks=dict.fromkeys(EVERYWHERE, _as_it_is),
        fill="big",
    ),
}
