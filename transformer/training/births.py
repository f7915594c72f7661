"""When was a head born? The events of a training, read from its metrics: what a page marks on the curve.

An event is measured, never guessed: a head aligns from the first picture on from which its largest weight lies on the
gold word in at least BORN of the rows, in that picture and in all later ones. While a training goes on, "all later
ones" means those so far.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

BORN = 0.8  # share of the rows, as in the badges of Explore
MARKS = (0.5, 0.99)  # shares of exact sentences that are worth a mark
SCORES = ("alignment", "referent")


class Event(NamedTuple):
    """Something that became true at a step; of a head, that has stayed so."""

    step: int
    kind: str  # "alignment" or "referent": of a head; "exact": of the whole model
    value: float  # what was measured at this step
    block: str | None = None  # such as "decoder.1.cross_attn"
    head: int | None = None  # from 0 on
    mark: float | None = None  # the share of exact sentences that was reached: one of MARKS


def births(lines: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Return the events of a training in the order of their steps. lines: those of metrics.jsonl, in their order"""
    since: dict[tuple[str, str, int], Event] = {}
    exact: dict[float, Event] = {}
    for line in lines:
        step = line["step"]
        for kind in SCORES:
            for block, rates in (line.get(kind) or {}).items():
                for head, rate in enumerate(rates):
                    place = (kind, block, head)
                    if rate < BORN:
                        since.pop(place, None)
                    else:
                        since.setdefault(place, Event(step, kind, rate, block, head))
        share = line.get("valid_exact_match")
        if share is not None:
            for mark in MARKS:
                if share >= mark:
                    exact.setdefault(mark, Event(step, "exact", share, mark=mark))
    return sorted([*since.values(), *exact.values()], key=lambda event: event.step)
