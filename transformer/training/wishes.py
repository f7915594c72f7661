"""What a person wants of a training that is going on: go on, pause, or stop and keep what is there.

A training asks after every step, so a wish costs a person the wait for one step. The page writes it into a file.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

HEARD = "heard"
Wish = Literal["go", "pause", "stop"]
Wishes = Callable[[], Wish]


def go() -> Wish:
    """Wish that it goes on: what nobody watches goes on."""
    return "go"


class FileWishes:
    """Read the wish from a file that somebody else writes; no file, or anything else in it, means: go on.

    As soon as a wish to pause or to stop is heard, a file `heard` appears beside it: measuring a model that was stopped
    may take seconds, and whoever waits shall know at once that no more steps are taken.
    seconds: after so many the wish is to stop, whatever the file says, and `timed_out` says so; None: never
    """

    def __init__(self, path: Path, seconds: float | None = None) -> None:
        self.path = path
        self.until = None if seconds is None else time.monotonic() + seconds
        self.timed_out = False
        self.told: Wish | None = None  # by the machine itself, as when it is about to shut down

    def __call__(self) -> Wish:
        found = self.told or self.read()
        if found == "go" and self.until is not None and time.monotonic() >= self.until:
            self.timed_out, found = True, "stop"
        if found != "go":
            with contextlib.suppress(OSError):
                self.path.with_name(HEARD).touch()
        return found

    def read(self) -> Wish:
        """Read what the file says."""
        try:
            text = self.path.read_bytes()[:16].strip()
        except OSError:
            return "go"
        return "pause" if text == b"pause" else "stop" if text == b"stop" else "go"
