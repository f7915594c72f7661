"""Passports that were measured before, on the disk: a server that starts again need not measure again.

    runs/.passports/<name>.json     the name is a checksum of what the passport is about and of what measured it

It is about the files of one saved state of a run, whose own checksums its manifest lists; and it was measured by the
sources of `transformer/` and of ui/passports.py. Should any of them change, the passport is another one. What lies here
may be deleted at any time.
"""

import contextlib
import hashlib
import json
import os
from functools import cache
from pathlib import Path

import transformer
from transformer import runs
from transformer.passport import Passport
from transformer.runs import Run
from ui import services

SHELF = ".passports"
MOST_KEPT = 200
MOST_BYTES = 8 << 20


def put(run: Run, passport: Passport) -> None:
    """Keep a passport, and the latest ones only. What cannot be written is not kept: nobody needs to hear of it."""
    with contextlib.suppress(OSError):
        file = _file(run)
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        staged = file.with_suffix(f".{os.getpid()}.new")
        staged.write_text(json.dumps(passport, allow_nan=False), encoding="utf-8")
        os.replace(staged, file)
        for old in sorted(file.parent.iterdir(), key=lambda other: -other.stat().st_mtime)[MOST_KEPT:]:
            old.unlink(missing_ok=True)


def find(run: Run) -> Passport | None:
    """Give the passport of this very state of a run, None if none is kept or what is kept cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        file = _file(run)
        if file is not None and file.stat().st_size <= MOST_BYTES:
            found = json.loads(file.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None
    return None


def _file(run: Run) -> Path | None:
    """Name the file of a run's passport; None if the run was saved again since it was loaded."""
    manifest = (run.path / "manifest.json").read_bytes()
    if services.stamp(run.name) != services.state_of(run):
        return None
    name = hashlib.sha256(manifest + _sources()).hexdigest()[:32]
    return runs.OWN_RUNS / SHELF / f"{name}.json"


@cache
def _sources() -> bytes:
    """Give one checksum of all that measures."""
    house = Path(transformer.__file__).parent
    measuring = [*sorted(house.rglob("*.py")), Path(__file__).with_name("passports.py")]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in measuring)).digest()
