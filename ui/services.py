"""What all visitors share: loaded runs and finished payloads, computed once. The only file that caches across visitors.

Models here are read only: nothing that a visitor does may change them.
"""

import functools
import threading
from collections import OrderedDict

from transformer.runs import Run, RunEntry, find_run, list_runs, load_run

PAYLOADS_KEPT_BYTES = 64 * 1024 * 1024
FIRST_RUN = "fr"


@functools.cache
def runs() -> list[RunEntry]:
    """List the run folders once per server; a damaged one carries its error."""
    return sorted(list_runs(), key=lambda entry: (entry.name != FIRST_RUN, entry.name))


@functools.lru_cache(maxsize=16)
def _load(name: str) -> Run:
    return load_run(find_run(name))


_loading = threading.Lock()


def run(name: str) -> Run:
    """Load a run by its name, once for all visitors. RunError says what is wrong with it."""
    with _loading:
        return _load(name)


class Kept:
    """Keep the latest results up to a number of bytes, so that a class that types one sentence computes it once."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.results: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        with self.lock:
            if key in self.results:
                self.results.move_to_end(key)
            return self.results.get(key)

    def put(self, key: tuple[str, ...], result: bytes) -> None:
        with self.lock:
            self.size += len(result) - len(self.results.pop(key, b""))
            self.results[key] = result
            while self.size > self.limit:
                self.size -= len(self.results.popitem(last=False)[1])


payloads = Kept(PAYLOADS_KEPT_BYTES)
