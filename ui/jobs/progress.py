"""How far a job has come, read from the files of its run as they grow; nothing is read twice.

A line of the metrics that is still being written has no end yet, and is left for the next time.
"""

import contextlib
import json
import re
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

LOG, FILM = "metrics.jsonl", "snapshots"
SNAPSHOT = re.compile(r"([0-9]{1,9})\.safetensors")
MOST_LINES = 2000  # of one answer
LONGEST_LINE = 64 * 1024  # bytes
TAIL = 16 * 1024  # bytes in which the last line lies
KEPT_RUNS = 64


class Pace(NamedTuple):
    """How far a training is, by its last line."""

    step: int = 0
    seconds: float = 0.0  # of work, as the worker counts them


class Logs:
    """Know where the lines of many logs begin, so that line 5,000 is found without reading the 4,999 before it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.starts: OrderedDict[Path, list[int]] = OrderedDict()  # of each line, and where the next one will be

    def lines(self, run: Path, first: int, most: int = MOST_LINES) -> list[dict[str, Any]]:
        """Read whole lines from number `first` on; none if the log is not that long, or not there."""
        path = run / LOG
        with self.lock, contextlib.suppress(OSError), path.open("rb") as file:
            starts = self._starts(path, file)
            wanted = starts[first : first + most + 1]
            if len(wanted) < 2:
                return []
            file.seek(wanted[0])
            data = file.read(wanted[-1] - wanted[0])
            return [line for line in map(parsed, data.splitlines()) if line is not None]
        return []

    def _starts(self, path: Path, file: Any) -> list[int]:
        size = file.seek(0, 2)
        starts = self.starts.setdefault(path, [0])
        self.starts.move_to_end(path)
        while starts[-1] > size:  # a resumed training has taken back what it had not saved
            starts.pop()
        starts = self.starts[path] = starts or [0]
        if starts[-1] and not _ends_line(file, starts[-1]):  # it was written anew
            del starts[1:]
        file.seek(starts[-1])
        for line in file:
            if not line.endswith(b"\n"):
                break
            starts.append(starts[-1] + len(line))
        while len(self.starts) > KEPT_RUNS:
            self.starts.popitem(last=False)
        return starts


def _ends_line(file: Any, place: int) -> bool:
    file.seek(place - 1)
    return file.read(1) == b"\n"


def parsed(line: bytes) -> dict[str, Any] | None:
    """Read one line of metrics; None for what is none."""
    if len(line) <= LONGEST_LINE:
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(line)
            if isinstance(found, dict) and isinstance(found.get("step"), int):
                return found
    return None


def pace(run: Path) -> Pace:
    """Read from the end of a log how far a training is; step 0 if it has not begun."""
    with contextlib.suppress(OSError), (run / LOG).open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - TAIL))
        for line in reversed(file.read().splitlines(keepends=True)):
            found = parsed(line) if line.endswith(b"\n") else None
            if found is not None:
                seconds = found.get("seconds")
                return Pace(found["step"], float(seconds) if isinstance(seconds, int | float) else 0.0)
    return Pace()


def frames(run: Path) -> list[int]:
    """List the steps of which a run has a picture, in order."""
    with contextlib.suppress(OSError):
        found = (SNAPSHOT.fullmatch(place.name) for place in (run / FILM).iterdir())
        return sorted(int(match[1]) for match in found if match)
    return []


def mark(run: Path) -> tuple[int, int]:
    """Tell cheaply whether there is news: the bytes of the log, and when the film last changed."""
    marks = []
    for place in (run / LOG, run / FILM):
        try:
            found = place.stat()
            marks.append(found.st_size if place.name == LOG else found.st_mtime_ns)
        except OSError:
            marks.append(0)
    return marks[0], marks[1]
