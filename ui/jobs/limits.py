"""How much one visitor, one job and all jobs together may take: said here, and shown on the Train page."""

import os
import shutil
import time
from pathlib import Path

TIME_LIMIT = 30 * 60.0  # seconds of work of one job; then it stops and keeps its best weights
GRACE = 120.0  # seconds after that in which a worker measures and saves, before it is killed
MOST_WAITING = 120  # jobs in the queue
MOST_RUNS = 60  # runs and resting jobs of one visitor
LEAST_FREE = 512 << 20  # bytes that stay free on the disk
MOST_ON_DISK = 8 << 30  # bytes of all runs together
LEAST_MEMORY, MOST_MEMORY = 256 << 20, 2 << 30  # bytes of one job
SERVER_MEMORY = 1 << 30  # bytes that are left to the server and its pages
LIMITS_CHECKED_EVERY = 60.0  # seconds
ABSENT = 3600.0  # seconds: a waiting job whose owner has not been seen for so long steps aside
RESTING = 3 * 24 * 3600.0  # seconds: a paused job of that age is measured and kept as it is
REMEMBERED = 30 * 24 * 3600.0  # seconds: then the list forgets a job that is over; its run stays
COLD = 30 * 60.0  # seconds: no worker is kept warm when nobody has asked for so long

# Each number of a recipe: the least and the most that a page may ask for.
NUMBERS: dict[str, tuple[float, float]] = {
    "seed": (0, 2**53 - 1),  # what a browser can count
    "steps": (1, 20_000),
    "target": (0.0, 1.0),
    "batch": (1, 512),
    "pool": (1, 200_000),
    "draw": (0, 200_000),
    "pronouns_from": (0.0, 0.95),
    "learning_rate": (1e-7, 0.9),
    "warmup": (0, 20_000),
    "weight_decay": (0.0, 0.9),
    "clip": (1e-6, 1e6),
    "label_smoothing": (0.0, 0.9),
    "vocabulary_size": (0, 8_000),
    "d_model": (2, 512),
    "heads": (1, 16),
    "encoder_layers": (1, 6),
    "decoder_layers": (1, 6),
    "d_ff": (1, 2048),
    "dropout": (0.0, 0.9),
    "max_len": (4, 512),
    "tried": (1, 1),
}
LONGEST_PROBE = 200  # characters of a person's own sentence


def memory_of_one(slots: int) -> int:
    """Say how many bytes one job may take, so that all of them together and the server fit into the machine."""
    try:
        every = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return LEAST_MEMORY
    share = (min([every, *_of_the_container()]) - SERVER_MEMORY) // max(1, slots)
    return max(LEAST_MEMORY, min(MOST_MEMORY, share))


def _of_the_container() -> list[int]:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return [int(Path("/sys/fs/cgroup", name).read_text())]
        except (OSError, ValueError):  # not there, or "max"
            continue
    return []


class Disk:
    """Know whether there is room for more; how much the runs take is counted once a minute."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.counted, self.taken = float("-inf"), 0

    def is_full(self) -> bool:
        """Say whether another job must not begin."""
        self.runs.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.runs).free < LEAST_FREE:
            return True
        if time.monotonic() - self.counted > LIMITS_CHECKED_EVERY:
            self.counted, self.taken = time.monotonic(), size_of(self.runs)
        return self.taken > MOST_ON_DISK


def size_of(folder: Path) -> int:
    """Add up the bytes of all files below a folder; what vanishes meanwhile does not count."""
    total = 0
    for place, _, names in os.walk(folder, onerror=lambda _: None):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return total
