"""When something was born: measured on the lines of a log as they come, each line read once."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from transformer.training.births import births
from ui.jobs.progress import LOG, Logs

KEPT_RUNS, AT_ONCE = 64, 2000
_seen: OrderedDict[Path, tuple[int, list[dict[str, Any]]]] = OrderedDict()  # lines read, and the looks among them
_logs, _lock = Logs(), threading.Lock()


def events_of(run: Path) -> list[dict[str, Any]]:
    """List what happened in a training so far, as training/births.py finds it."""
    return [event._asdict() for event in births(looks_of(run))]


def looks_of(run: Path) -> list[dict[str, Any]]:
    """Give the lines of a log that tell of a look at the model."""
    with _lock:
        read, looks = _seen.get(run, (0, []))
        if read and not _logs.lines(run, read - 1, 1):  # a resumed training took lines back, or the run is gone
            read, looks = 0, []
        while new := _logs.lines(run, read, AT_ONCE):
            read, looks = read + len(new), looks + [line for line in new if "valid_loss" in line]
        _seen[run] = read, looks
        _seen.move_to_end(run)
        while len(_seen) > KEPT_RUNS:
            _seen.popitem(last=False)
        return looks if (run / LOG).exists() else []
