"""What a figure is, how two competitors are timed fairly, and which machine it was."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

Action = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, the value, what it should reach at least, and what it aims at.

    A finding of which nothing was promised has neither bar: at_least = aim = None.
    """

    what: str
    value: float
    unit: str
    at_least: float | None
    aim: float | None
    note: str = ""

    def reached(self) -> str:
        """Say "aim", "at least" or "missed", "–" without bars. Where the aim is the smaller number, small is good."""
        if self.at_least is None or self.aim is None:
            return "–"
        small_is_good = self.aim <= self.at_least and self.unit != "x"
        for bar, word in ((self.aim, "aim"), (self.at_least, "at least")):
            if self.value <= bar if small_is_good else self.value >= bar:
                return word
        return "**missed**"

    def row(self) -> list[str]:
        """Give the cells of the table."""
        unit = f" {self.unit}" if self.unit not in ("x", "") else ""
        numbers = (self.at_least, self.aim, self.value)
        cells = ["–" if number is None else f"{short(number)}{unit}" for number in numbers]
        return [self.what, cells[0], cells[1], f"**{cells[2]}**", self.reached(), self.note]


def short(number: float) -> str:
    """Write a number with three digits: 0, 0.85, 12.3, 148."""
    if number == int(number):
        return str(int(number))
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def table(figures: Sequence[Figure]) -> str:
    """Lay the figures out as one Markdown table."""
    rows = [
        ["what", "at least", "aim", "measured", "reached", "how"],
        ["---"] * 6,
        *(figure.row() for figure in figures),
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def paired(ours: Action, peer: Action, rounds: int, warm_up: int = 4) -> tuple[float, float, float]:
    """Time two actions in turn, so that a busy machine slows both: (seconds of ours, of the peer, peer / ours).

    CPU seconds of this process, one thread; all three are medians, the third over the rounds' own ratios.
    """
    for _ in range(warm_up):
        ours()
        peer()
    times = [(cpu_seconds(ours), cpu_seconds(peer)) for _ in range(rounds)]
    ratios = [theirs / mine for mine, theirs in times]
    return (
        statistics.median(mine for mine, _ in times),
        statistics.median(theirs for _, theirs in times),
        statistics.median(ratios),
    )


def cpu_seconds(action: Action) -> float:
    """Count the CPU seconds of this process that an action takes."""
    started = time.process_time()
    action()
    return time.process_time() - started


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which this share of the values lies: the nearest one that was measured."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def machine() -> str:
    """Name the machine in one line: what the figures depend on."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        cores = os.cpu_count() or 1
    capability = torch.backends.cpu.get_cpu_capability()
    load = f", load {os.getloadavg()[0]:.1f} before the start" if hasattr(os, "getloadavg") else ""
    return (
        f"{processor()}, {cores} cores, {capability}, {platform.system()}, Python {platform.python_version()}, "
        f"torch {torch.__version__}{load}"
    )


def processor() -> str:
    """Name the processor as the system knows it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
