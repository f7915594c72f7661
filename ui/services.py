"""What all visitors share: loaded runs and finished payloads, computed once. The only file that caches across visitors.

Models here are read only: nothing that a visitor does may change them.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path

from transformer.runs import OWN_RUNS, SHIPPED_RUNS, Run, RunEntry, find_run, list_runs, load_run

PAYLOADS_KEPT_BYTES = 64 * 1024 * 1024
FIRST_RUN = "fr"
Stamp = tuple[str, int]  # a run's folder, and when its manifest was written


def runs() -> list[RunEntry]:
    """List the run folders, FIRST_RUN first; a damaged one carries its error. Read again when one of them changes."""
    folders = [folder for place in (SHIPPED_RUNS, OWN_RUNS) if place.is_dir() for folder in place.iterdir()]
    return _list(tuple(sorted(_stamp(folder) for folder in folders)))


@functools.lru_cache(maxsize=1)
def _list(stamps: tuple[Stamp, ...]) -> list[RunEntry]:
    return sorted(list_runs(), key=lambda entry: (entry.name != FIRST_RUN, entry.name))


def stamp(name: str) -> Stamp:
    """Tell one saved state of a run from the next. RunError if there is no such run."""
    return _stamp(find_run(name))


def _stamp(folder: Path) -> Stamp:
    manifest = folder / "manifest.json"
    return str(folder), manifest.stat().st_mtime_ns if manifest.is_file() else 0


_loading = threading.Lock()


def run(name: str) -> Run:
    """Load a run by its name, once for all visitors. RunError says what is wrong with it."""
    with _loading:
        return _load(stamp(name))


@functools.lru_cache(maxsize=16)
def _load(stamp: Stamp) -> Run:
    return load_run(Path(stamp[0]))


class Kept:
    """Keep the latest results up to a number of bytes, so that a class that types one sentence computes it once."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.results: OrderedDict[tuple[Hashable, ...], bytes] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: tuple[Hashable, ...]) -> bytes | None:
        with self.lock:
            if key in self.results:
                self.results.move_to_end(key)
            return self.results.get(key)

    def put(self, key: tuple[Hashable, ...], result: bytes) -> None:
        with self.lock:
            self.size += len(result) - len(self.results.pop(key, b""))
            self.results[key] = result
            while self.size > self.limit:
                self.size -= len(self.results.popitem(last=False)[1])


payloads = Kept(PAYLOADS_KEPT_BYTES)
