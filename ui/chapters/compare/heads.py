"""Two heads on one sentence: in how many rows they agree, and which head is most like a given one."""

import re
from collections.abc import Mapping

import numpy as np

from transformer.heads import blocks_of
from transformer.runs import Run
from transformer.studies.sentence_pairs import divergence
from ui.chapters.compare.side import Side
from ui.pack import Answer, RefusedError

NUMBER = re.compile(r"\d{1,4}", re.ASCII)


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Compare head f of block b with head g of block c; without c, with the one that is most like it.

    header: js and correlation, None where the two look from or at other words; order: all heads of a's kind, by js
    tops: for each of order, in how many rows its largest weight lies on the same word as a's
    tensors: a, b (query, key)
    """
    side, kinds = Side(run, text), blocks_of(run.model)
    block, head = _spot(run, question.get("b", ""), question.get("f", ""))
    a = side.weights[block][head]
    apart = {name: divergence(a[None], side.weights[name]) for name in kinds if kinds[name] == kinds[block]}
    order = _by_likeness(apart, (block, head))
    if question.get("c"):
        other, n = _spot(run, question["c"], question.get("g", ""))
    else:
        other, n = order[0][:2] if order else (block, head)
    b = side.weights[other][n]
    alike = kinds[other] == kinds[block]
    causal = kinds[block] == "decoder" and run.model.config.causal
    header = {
        "sides": [side.told(), side.told()],
        "a": {"block": block, "head": head},
        "b": {"block": other, "head": n},
        "js": [float(bits) for bits in apart[other][n]] if alike else None,
        "correlation": _correlation(a, b, causal) if alike else None,
        "same": _same_tops(a, b) if alike else None,
        "order": order,
        "tops": [_same_tops(a, side.weights[name][n]) for name, n, _ in order],
    }
    return Answer(header, {"a": a, "b": b})


def _spot(run: Run, block: str, head: str) -> tuple[str, int]:
    if block not in blocks_of(run.model) or not NUMBER.fullmatch(head) or int(head) >= run.model.config.n_heads:
        raise RefusedError(404, "error.question")
    return block, int(head)


def _by_likeness(apart: Mapping[str, np.ndarray], one: tuple[str, int]) -> list[tuple[str, int, float]]:
    """List every other head with its mean divergence in bits, the most alike first. apart: block -> (head, query)"""
    found = [(block, n, float(row.mean())) for block, heads in apart.items() for n, row in enumerate(heads)]
    return sorted((head for head in found if head[:2] != one), key=lambda head: head[2])


def _same_tops(first: np.ndarray, second: np.ndarray) -> int:
    """Count the rows whose largest weight lies on the same key. first, second: (query, key)"""
    return int((first.argmax(axis=-1) == second.argmax(axis=-1)).sum())


def _correlation(first: np.ndarray, second: np.ndarray, causal: bool) -> float | None:
    """Correlate two heads over the cells that may be read; None where all weights of one are equal (Pearson)."""
    read = np.tril(np.ones(first.shape, dtype=bool)) if causal else np.ones(first.shape, dtype=bool)
    a, b = (weights[read].astype(np.float64) for weights in (first, second))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1e-12 else None
