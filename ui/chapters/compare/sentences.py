"""Two sentences through one model: what flips in the output, and where the two passes part."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transformer.heads import blocks_of
from transformer.runs import Run
from transformer.studies.sentence_pairs import Pair, align, elsewhere
from ui.answers import flip_of
from ui.chapters.compare.side import Side
from ui.limits import within_limit
from ui.pack import Answer

PARTED = 0.1  # from this share of a row's attention on, two passes count as parted


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Compare two sentences. tensors: a.<block>, b.<block>, each (head, query, key) of its own sentence."""
    other, _ = within_limit(question.get("other", ""))
    first = Side(run, text)
    second = Side(run, other if other.strip() else _partner(run, first.text))
    pairs = {
        "src": align(first.src, second.src),
        "tgt": align(first.tgt_out, second.tgt_out),
        "tgt_in": align(first.tgt_in, second.tgt_in),
    }
    header, tensors = _both(first, second, pairs)
    return Answer({**header, "other": second.text, "asked": bool(other.strip())}, tensors)


def _partner(run: Run, text: str) -> str:
    """Find a second sentence where nobody asked for one: the minimal pair of this one, or another example."""
    flip = flip_of(run, text)
    if flip:
        return flip.partner
    chips = run.task.chips() if run.task else []
    return next((chip for chip in [*chips, run.example] if chip != text), text)


def _both(first: Side, second: Side, pairs: Mapping[str, list[Pair]]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Tell both sides, what flipped, and where the two passes part first and most."""
    changes, tensors, spots = {}, {}, []
    for block, kind in blocks_of(first.run.model).items():
        a, b = first.weights[block], second.weights[block]
        rows = pairs["src"] if kind == "encoder" else pairs["tgt"]
        cols = pairs["tgt_in"] if kind == "decoder" else pairs["src"]
        tensors |= {f"a.{block}": a, f"b.{block}": b}
        share = elsewhere(a, b, rows, cols)  # (head, aligned query)
        changes[block] = [_size(row) for row in share]
        spots += _spots(block, share, [pair for pair in rows if pair.first is not None and pair.second is not None])
    told = [spot for spot in spots if spot["moved"] >= PARTED]
    begins = told[0]["block"] if told else None
    still = [spot for spot in spots if spot["same"] and spot["block"].startswith("decoder.")]
    header = {
        "sides": [first.told(), second.told()],
        "pairs": pairs,
        "changes": changes,
        "first": _largest([spot for spot in told if spot["block"] == begins]),
        "most": _largest(told),
        "still": _largest(still),
        "turn": _turn(spots, pairs["tgt"]),
        "flips": sum(pair.kind != "equal" for pair in pairs["tgt"]),
    }
    return header, tensors


def _size(share: np.ndarray) -> dict[str, Any]:
    """Say how much of its attention a head moves, in the mean of its rows, and in which row most."""
    if not share.size:
        return {"mean": None, "most": None, "row": None}
    return {"mean": float(share.mean()), "most": float(share.max()), "row": int(share.argmax())}


def _spots(block: str, share: np.ndarray, rows: Sequence[Pair]) -> list[dict[str, Any]]:
    """List every aligned row of every head of a block. share: (head, row)"""
    return [
        {
            "block": block,
            "head": head,
            "row": row,
            "first": rows[row].first,
            "second": rows[row].second,
            "same": rows[row].kind == "equal",
            "moved": float(share[head, row]),
        }
        for head, row in np.ndindex(*share.shape)
    ]


def _largest(spots: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return max(spots, key=lambda spot: spot["moved"], default=None)


def _turn(spots: Sequence[dict[str, Any]], rows: Sequence[Pair]) -> dict[str, Any] | None:
    """Find the head of the decoder's cross-attention that moves most where the first word of the output is replaced."""
    turns = next((pair for pair in rows if pair.kind == "replaced"), None)
    return _largest([spot for spot in spots if turns and "cross" in spot["block"] and spot["first"] == turns.first])
