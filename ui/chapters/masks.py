"""What the page Masks asks for beside the pass: a padded batch, a painted mask, the classic mistakes."""

import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from transformer.decode import greedy_batch, greedy_ids
from transformer.heads import blocks_of
from transformer.runs import Run
from transformer.studies.mask_lab import (
    FILLS,
    MISTAKES,
    HiddenRowError,
    Outcome,
    Painting,
    alone_and_together,
    caught,
    half_precision,
    hide_row,
    make_mistake,
    own_mask,
    pad_batch,
    paint,
)
from transformer.studies.mask_lab.remask import Written
from transformer.vocab import EOS, SPECIALS, shifted_right
from ui import services
from ui.pack import Answer, RefusedError
from ui.reading import as_in_training, read, told

MASK = re.compile(r"(\d{1,4})\.(\d{1,4})\.([\w-]{0,6000})", re.ASCII)
SIX_BITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
COMPANIONS = 3
POOL = 80  # texts of the run's task from which the companions are chosen


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one of four questions: ask=batch, ask=paint, ask=gallery, ask=mistake. RefusedError says what is wrong."""
    kinds = {"batch": _batch, "paint": _paint, "gallery": _gallery, "mistake": _mistake}
    if question.get("ask") not in kinds:
        raise RefusedError(404, "error.question")
    encoding, _ = read(run, text)
    own = greedy_ids(run.model, encoding.ids)
    tgt_out = told(run, question.get("t", ""))[0] or as_in_training(run, encoding) or own
    pair = _Pair(run, encoding.ids, encoding.surfaces, tgt_out, own)
    return kinds[question["ask"]](pair, text, question)


class _Pair:
    """One sentence with what the decoder's rows read and write; `own` is what the model writes by itself."""

    def __init__(self, run: Run, src: list[int], surfaces: list[str], tgt_out: list[int], own: list[int]) -> None:
        self.run, self.src, self.surfaces, self.tgt_out, self.own = run, src, surfaces, tgt_out, own
        self.tgt_in = shifted_right(tgt_out)


# --- a padded batch -----------------------------------------------------------------------------------------------


def _batch(pair: _Pair, text: str, question: Mapping[str, str]) -> Answer:
    run = pair.run
    encodings = [run.src_vocab.encode(other) for other in _companions(run, text, len(pair.src))]
    alone = greedy_batch(run.model, [encoding.ids for encoding in encodings]) if encodings else []
    written = [as_in_training(run, encoding) or ids for encoding, ids in zip(encodings, alone, strict=True)]
    sources = [pair.src, *(encoding.ids for encoding in encodings)]
    surfaces = [pair.surfaces, *(encoding.surfaces for encoding in encodings)]
    targets = [pair.tgt_in, *(shifted_right(ids) for ids in written)]
    batch = pad_batch(sources, targets, run.model.config.pad_id, run.model.config.causal)
    pad = SPECIALS[run.model.config.pad_id] if run.model.config.pad_id < len(SPECIALS) else "<pad>"
    longest = batch.src.size(1)
    sentences = [
        {
            "src": [*surfaces[n], *[pad] * (longest - len(sources[n]))],
            "src_ids": batch.src[n].tolist(),
            "tgt": [run.tgt_vocab.token(int(i)) for i in batch.tgt_in[n]],
            "tgt_ids": batch.tgt_in[n].tolist(),
            "words": {"src": len(sources[n]), "tgt": len(targets[n])},
        }
        for n in range(len(sources))
    ]
    tensors = {
        "src_padding": batch.src_padding,
        "tgt_padding": batch.tgt_padding,
        "causal": batch.causal,
        "combined": batch.combined,
        "why_encoder": batch.why_encoder(),
        "why_decoder": batch.why_decoder(),
        "why_cross": batch.why_cross(),
    }
    header = {"sentences": sentences, "alone": alone_and_together(run.model, batch), "pad_id": batch.pad_id}
    return Answer(header, {name: tensor.numpy() for name, tensor in tensors.items()})


def _companions(run: Run, text: str, n: int) -> list[str]:
    """Choose up to three texts of the run's own beside a typed one of n tokens: shorter, longer, very short."""
    pool: list[tuple[int, str]] = services.of_run(run, "sentences for the masks page", lambda: _pool(run))
    found: list[str] = []
    for wished in (max(1, round(0.6 * n)), n + 2, max(1, round(0.35 * n))):
        open_ = [(abs(size - wished), size, other) for size, other in pool if other != text and other not in found]
        if open_ and len(found) < COMPANIONS:
            found.append(min(open_)[2])
    return found


def _pool(run: Run) -> list[tuple[int, str]]:
    """List (tokens, text) of what this run was made to read; without a task, beginnings of its own example."""
    texts = {run.example}
    if run.task:
        texts |= {*run.task.chips(), *(one.src for one in itertools.islice(run.task.examples(0, "valid"), POOL))}
    else:
        surfaces = run.src_vocab.encode(run.example).surfaces
        texts |= {run.src_vocab.join(surfaces[: n + 1]) for n in range(len(surfaces))}
    sized = [(len(run.src_vocab.encode(text).ids), text) for text in texts]
    return sorted((size, text) for size, text in sized if 0 < size <= run.model.config.max_len)


# --- a painted mask -----------------------------------------------------------------------------------------------


def _paint(pair: _Pair, text: str, question: Mapping[str, str]) -> Answer:
    model, block = pair.run.model, question.get("block", "")
    try:
        own = own_mask(model, block, len(pair.src), len(pair.tgt_in))
    except KeyError:
        raise RefusedError(404, "error.question") from None
    painting = Painting(block, _head(question.get("head", "all"), model.config.n_heads), own ^ _bits(question, own))
    try:
        painted = paint(model, pair.src, pair.tgt_in, painting)
    except HiddenRowError as hidden:
        raise RefusedError(422, "masks.refused.row", row=hidden.row + 1) from None
    before, after = (torch.from_numpy(logits) for logits in (painted.logits_before, painted.logits_after))
    header = {
        "rows": _rows(pair, before, after),
        "written": [
            _said(pair, Written(pair.own, "end" if pair.own[-1] == EOS else "limit")),
            _said(pair, painted.written),
        ],
    }
    return Answer(header, {"before": painted.weights_before, "after": painted.weights_after})


def _head(text: str, n_heads: int) -> int | None:
    if text == "all":
        return None
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) >= n_heads:
        raise RefusedError(404, "error.question")
    return int(text)


def _bits(question: Mapping[str, str], own: Tensor) -> Tensor:
    """Read which cells were painted over: "rows.cols.bits", six bits to a character, row by row, the rest 0."""
    found = MASK.fullmatch(question.get("mask", f"{own.size(0)}.{own.size(1)}."))
    if not found:
        raise RefusedError(404, "error.question")
    rows, cols, text = int(found[1]), int(found[2]), found[3]
    if (rows, cols) != tuple(own.shape):
        raise RefusedError(422, "masks.refused.shape", rows=rows, columns=cols)
    flags = [bool(SIX_BITS.index(sign) >> (5 - i) & 1) for sign in text for i in range(6)]
    if any(flags[rows * cols :]):
        raise RefusedError(404, "error.question")
    flags = [*flags[: rows * cols], *[False] * (rows * cols - len(flags))]
    return torch.tensor(flags).view(rows, cols)


# --- mistakes -----------------------------------------------------------------------------------------------------


def _gallery(pair: _Pair, text: str, question: Mapping[str, str]) -> Answer:
    """Say of each mistake in one line what it does to this sentence."""
    mistakes = []
    for name, mistake in MISTAKES.items():
        outcome = make_mistake(pair.run.model, pair.src, pair.tgt_in, mistake)
        rows = _rows(pair, outcome.right["logits"][0], outcome.wrong["logits"][0])
        mistakes.append(
            {"name": name, **_summary(rows), "caught": [key for key in outcome.checks if caught(outcome.checks[key])]}
        )
    return Answer({"mistakes": mistakes}, {})


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    moves = [abs(row["after"] - row["before"]) for row in rows if row["after"] != "NaN"]
    return {
        "nan": sum(row["after"] == "NaN" for row in rows),
        "flipped": sum(row["flipped"] for row in rows),
        "moved": max(moves, default=0.0),
    }


def _mistake(pair: _Pair, text: str, question: Mapping[str, str]) -> Answer:
    model, name, fill = pair.run.model, question.get("name", ""), question.get("fill", "inf")
    if name not in MISTAKES or fill not in FILLS:
        raise RefusedError(404, "error.question")
    mistake, kinds = MISTAKES[name], blocks_of(model)
    outcome = make_mistake(model, pair.src, pair.tgt_in, mistake, fill)
    block = question.get("block") or next(block for block, kind in kinds.items() if kind == mistake.home)
    if block not in kinds:
        raise RefusedError(404, "error.question")
    changes = outcome.changes()
    rows = _rows(pair, outcome.right["logits"][0], outcome.wrong["logits"][0])
    header = {
        "name": name,
        "fill": mistake.fill or fill,
        "block": block,
        "n_padding": outcome.n_padding,
        "code": {"wrong": mistake.wrong, "right": mistake.right},
        "src": [*pair.surfaces, *[SPECIALS[0]] * outcome.n_padding],
        "changes": [
            {"block": key, "change": _plain(change), "head": head, "row": row, "col": col}
            for key, (change, head, row, col) in changes.items()
        ],
        "hides": _hides(outcome),
        "checks": [_check(key, values) for key, values in outcome.checks.items()],
        "rows": rows,
        **_summary(rows),
        "written": [_said(pair, written) for written in outcome.written],
        "hidden": _hidden(pair, question) if name == "big_negative" else None,
    }
    right_mask, wrong_mask = outcome.masks[block]
    tensors = {
        "right": outcome.right[f"{block}.weights"][0].numpy(),
        "wrong": outcome.wrong[f"{block}.weights"][0].numpy(),
        "right_mask": right_mask.numpy(),
        "wrong_mask": wrong_mask.numpy(),
    }
    return Answer(header, tensors)


def _hides(outcome: Outcome) -> bool:
    """Does the wrong mask hide a whole row somewhere?"""
    return any(not bool(wrong.any(dim=-1).all()) for _, wrong in outcome.masks.values())


def _check(name: str, values: tuple[float, float] | None) -> dict[str, Any]:
    right, wrong = (None, None) if values is None else map(_plain, values)
    return {"name": name, "right": right, "wrong": wrong, "caught": caught(values)}


def _hidden(pair: _Pair, question: Mapping[str, str]) -> dict[str, Any]:
    """Hide one row of the first cross attention: what three implementations make of it."""
    row = min(len(pair.tgt_in) // 2, len(pair.tgt_in) - 1)
    asked = question.get("row", "")
    if re.fullmatch(r"\d{1,4}", asked, re.ASCII):
        row = min(int(asked), len(pair.tgt_in) - 1)
    block = "decoder.0.cross_attn"
    hidden = hide_row(pair.run.model, pair.src, pair.tgt_in, block, row)
    roads = []
    for road, weights in hidden.weights.items():
        rows = _rows(pair, hidden.logits[road], hidden.logits[road])
        roads.append(
            {
                "road": road,
                "weight": _plain(weights[0].max()),
                "sum": _plain(weights[0].sum()),
                "word": rows[row]["best"],
                "p": rows[row]["best_p"],
                "nan": sum(one["after"] == "NaN" for one in rows),
            }
        )
    half = {key: _plain(value) for key, value in half_precision().items()}
    return {"block": block, "row": row, "roads": roads, "fused": _plain(hidden.fused_context), "half": half}


# --- what the rows write --------------------------------------------------------------------------------------------


def _rows(pair: _Pair, before: Tensor, after: Tensor) -> list[dict[str, Any]]:
    """Tell of every row its word before and after. before, after: logits (tgt, tgt_vocab)"""
    vocab, rows = pair.run.tgt_vocab, []
    was, now = before.softmax(dim=-1), after.softmax(dim=-1)
    for t, word in enumerate(pair.tgt_out):
        lost = bool(now[t].isnan().any())
        first, best = (int(p[t].argmax()) for p in (was, now))
        rows.append(
            {
                "word": vocab.token(word),
                "before": _plain(was[t, word]),
                "after": _plain(now[t, word]),
                "first": "NaN" if bool(was[t].isnan().any()) else vocab.token(first),
                "first_p": _plain(was[t, first]),
                "best": "NaN" if lost else vocab.token(best),
                "best_p": _plain(now[t, best]),
                "flipped": not lost and best != first,
            }
        )
    return rows


def _said(pair: _Pair, written: Written) -> dict[str, Any]:
    vocab = pair.run.tgt_vocab
    return {"text": vocab.decode(written.ids), "stop": written.stop, "same": written.ids == pair.own}


def _plain(value: Any) -> Any:
    """Give a number as JSON can carry it: what is no number, or is infinite, becomes a text."""
    if value is None or isinstance(value, bool):
        return value
    number = float(value)
    if math.isnan(number):
        return "NaN"
    return number if math.isfinite(number) else ("−∞" if number < 0 else "∞")
