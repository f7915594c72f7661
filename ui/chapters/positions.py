"""What the Positions page asks: the table of a run, its laws measured, all kinds side by side, two words swapped.

Everything in a question is foreign text. An answer stays below 400 KB: what is too large comes in windows, or its first
features only, and the header says so. Read by assets/components/chapters/positions*.js.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from transformer.positions import Sinusoidal
from transformer.runs import Run
from transformer.studies.position_facts import (
    Spread,
    even_width,
    largest_spread,
    product_at,
    products,
    shift_errors,
    sinusoid,
    wavelengths,
)
from transformer.studies.position_kinds import kinds_beside
from transformer.studies.word_order import Swap, swap_words, telling_pair
from transformer.vocab import EOS
from ui.pack import Answer, RefusedError
from ui.reading import read

MOST_NUMBERS = 64 * 1024  # of a table in one answer
MOST_POSITIONS = 64  # in a matrix of positions
MOST_SHIFT = 64
KINDS_POSITIONS, KINDS_FEATURES, KINDS_HEADS = 48, 64, 8
MOST_WRITTEN = 64  # words of a translation
MEMORY_FEATURES, MEMORY_NUMBERS = 64, 4096  # of the encoder's output


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one question of the page; RefusedError says what is wrong with it."""
    view = question.get("view", "")
    if view not in ANSWERS:
        raise RefusedError(404, "positions.error.question", name=view[:40])
    return ANSWERS[view](run, text, question)


def _table_of(run: Run, question: Mapping[str, str]) -> tuple[str, Tensor]:
    """Give the run's own table of the encoder, or the sinusoid of its size: "own" or "sinusoid", (max_len, width)."""
    config = run.model.config
    table = run.model.src_embed.position.embed(config.max_len)
    if table is not None and question.get("source", "own") == "own":
        return "own", table.detach()
    width = even_width(config.d_model)
    return "sinusoid", Sinusoidal(width, config.n_heads, config.max_len).table


def _about(run: Run, source: str, table: Tensor) -> dict[str, Any]:
    config = run.model.config
    sines = source == "sinusoid" or config.position == "sinusoidal"
    return {
        "source": source,
        "kind": config.position,
        "sines": sines,
        "additive": run.model.src_embed.position.embed(1) is not None,
        "n": len(table),
        "width": table.size(1),
        "wavelengths": wavelengths(table.size(1)).tolist() if sines else None,
    }


def _table(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """One window of the table, from the position that is asked for."""
    source, table = _table_of(run, question)
    rows = max(1, min(len(table), MOST_NUMBERS // table.size(1)))
    first = _whole(question.get("from", "0"), len(table)) // rows * rows
    header = {**_about(run, source, table), "first": first, "rows": min(rows, len(table) - first)}
    return Answer(header, {"table": table[first : first + rows].numpy()})


def _distance(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """PE(p) . PE(q): the matrix of the first positions, a line for several p, and how far the law holds."""
    source, table = _table_of(run, question)
    about = _about(run, source, table)
    alike = products(table)
    n = len(table)
    anchors = sorted({0, n // 3, 2 * n // 3, n - 1})
    exact = sinusoid(n, table.size(1)) if about["sines"] else None
    header = {
        **about,
        "shown": min(n, MOST_POSITIONS),
        "anchors": anchors,
        "spread32": _spread(largest_spread(table)),
        "spread64": _spread(largest_spread(exact)) if exact is not None else None,
        "at_zero": product_at(table.size(1), 0) if about["sines"] else None,
    }
    shown = alike[:MOST_POSITIONS, :MOST_POSITIONS]
    return Answer(header, {"products": shown.numpy(), "lines": alike[anchors].numpy()})


def _spread(spread: Spread) -> dict[str, Any]:
    return spread._asdict()


def _shift(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """How exactly one matrix moves all positions by k, for every k: only sines promise that."""
    _, table = _table_of(run, {"source": "sinusoid"})
    most = min(len(table) - 1, MOST_SHIFT)
    exact = shift_errors(sinusoid(len(table), table.size(1)), most)
    header = {**_about(run, "sinusoid", table), "most": most, "errors64": exact.tolist()}
    return Answer(header, {"errors32": shift_errors(table, most).numpy()})


def _kinds(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Every kind with the sizes of this run, its first positions and features."""
    config = run.model.config
    n = min(config.max_len, KINDS_POSITIONS)
    kinds, tensors = [], {}
    for kind in kinds_beside(run.model, n):
        entry = {"name": kind.name, "place": kind.place, "own": kind.own, "refusal": kind.refusal is not None}
        entry |= {"parameters": kind.n_parameters, "width": None, "slopes": None}
        if kind.vectors is not None:
            entry["width"] = kind.vectors.size(-1)
            tensors[f"{kind.name}.vectors"] = kind.vectors[:, :KINDS_FEATURES].numpy()
        if kind.alike is not None:
            tensors[f"{kind.name}.alike"] = kind.alike.numpy()
        if kind.bias is not None:
            entry["slopes"] = (-kind.bias[:, 0, 1]).tolist() if n > 1 else None
            tensors[f"{kind.name}.bias"] = kind.bias[:KINDS_HEADS].numpy()
        kinds.append(entry)
    sizes = {"n": n, "max_len": config.max_len, "features": KINDS_FEATURES}
    return Answer({**sizes, "kinds": kinds}, tensors)


def _swap(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Two words of the sentence swapped, with the encoder's positions and without them."""
    encoding, notices = read(run, text)
    n = len(encoding.ids)
    chosen = telling_pair(encoding.surfaces) or (0, n - 1)
    i, j = (_whole(question.get(name, str(place)), n) for name, place in zip(("i", "j"), chosen, strict=True))
    features = max(1, min(MEMORY_FEATURES, MEMORY_NUMBERS // n))
    header: dict[str, Any] = {"i": i, "j": j, "n": n, "notices": notices, "kind": run.model.config.position}
    header |= {"equal": encoding.ids[i] == encoding.ids[j], "features": features}
    header["width"] = run.model.config.d_model
    tensors: dict[str, np.ndarray] = {}
    for name, positions in (("with", True), ("without", False)):
        swap = swap_words(run.model, encoding.ids, i, j, positions, MOST_WRITTEN)
        header[name] = {"largest": swap.largest, "before": _said(run, swap, 0), "after": _said(run, swap, 1)}
        tensors[f"{name}.change"] = swap.change.numpy()
        tensors[f"{name}.before"] = swap.before.memory[:, :features].numpy()
        tensors[f"{name}.after"] = swap.after.memory[:, :features].numpy()
    return Answer(header, tensors)


def _said(run: Run, swap: Swap, which: int) -> dict[str, Any]:
    written = (swap.before, swap.after)[which].written
    return {"text": run.tgt_vocab.decode(written), "finished": written[-1] == EOS}


def _whole(text: str, size: int) -> int:
    """Read a place in a list of some size; RefusedError for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) < size):
        raise RefusedError(422, "positions.error.place", place=text[:20], most=size - 1)
    return int(text)


ANSWERS: dict[str, Callable[[Run, str, Mapping[str, str]], Answer]] = {
    "table": _table,
    "distance": _distance,
    "shift": _shift,
    "kinds": _kinds,
    "swap": _swap,
}
