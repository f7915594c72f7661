"""Deleted runs wait a day in a hidden folder before they are gone, so that a click can be taken back.

`runs/.trash/<name>@<milliseconds since 1970>`: deleting and bringing back are one rename each, so a run is there, or in
the trash, and never half of both. Shown on the Runs page.
"""

import os
import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple

TRASH = ".trash"  # below the folder of runs; a hidden folder is no run
KEPT_FOR = 24 * 3600.0  # seconds
THROWN = re.compile(r"([\w-]{1,40})@(\d{1,15})")


class Thrown(NamedTuple):
    """A run in the trash: its name, where it lies, and when it came there, in seconds since 1970."""

    name: str
    path: Path
    when: float


def throw_away(root: Path, name: str, now: float | None = None) -> bool:
    """Move a run below `root` to the trash; False if there is none. OSError if the disk refuses."""
    place = root / TRASH
    place.mkdir(parents=True, exist_ok=True)
    moment = int(1000 * (time.time() if now is None else now))
    while os.path.lexists(place / f"{name}@{moment}"):
        moment += 1
    try:
        os.rename(root / name, place / f"{name}@{moment}")
    except FileNotFoundError:  # somebody else was faster
        return False
    return True


def thrown_away(root: Path) -> list[Thrown]:
    """List what lies in the trash, the newest first."""
    try:
        names = [path.name for path in (root / TRASH).iterdir()]
    except OSError:
        return []
    found = [match for match in map(THROWN.fullmatch, names) if match]
    thrown = [Thrown(match[1], root / TRASH / match[0], int(match[2]) / 1000) for match in found]
    return sorted(thrown, key=lambda one: one.when, reverse=True)


def bring_back(root: Path, name: str) -> bool:
    """Put the run of this name that was deleted last back in its place; False if it is gone, or its place is taken."""
    for thrown in thrown_away(root):
        if thrown.name == name and not os.path.lexists(root / name):
            try:
                os.rename(thrown.path, root / name)
            except OSError:  # somebody else brought it back, or swept it, this very moment
                return False
            return True
    return False


def sweep(root: Path, now: float | None = None) -> list[str]:
    """Remove for good what has lain in the trash for longer than KEPT_FOR; return the names of these runs."""
    limit = (time.time() if now is None else now) - KEPT_FOR
    old = [thrown for thrown in thrown_away(root) if thrown.when < limit]
    for thrown in old:
        shutil.rmtree(thrown.path, ignore_errors=True)
    return [thrown.name for thrown in old]
