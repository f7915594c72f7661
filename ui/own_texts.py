"""Where people's texts lie, whose they are, and how long they stay.

    runs/.texts/<id>/raw              the bytes as they came
    runs/.texts/<id>/text.json        whose it is, what was chosen, and what came of it: the page's TEXT
    runs/.texts/<id>/pairs-<x>.tsv    the cleaned pairs that text.json speaks of; absent as long as they cannot be used
    runs/.texts/incoming-<x>          what is just arriving

Each file is written beside its place and moved there at once, so that no reader meets half of one. Ids are drawn here;
nothing that a person sends becomes a path.
"""

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ui.pack import RefusedError

MOST_PER_VISITOR = 5  # texts; one more replaces the oldest
MOST_BYTES_IN_ALL = 1 << 30
KEPT_S, ARRIVING_S = 7 * 24 * 3600, 3600  # seconds without use
ID, INCOMING = re.compile(r"[0-9a-f]{12}"), "incoming-"
RAW, TEXT = "raw", "text.json"


def root() -> Path:
    """Give the folder of all texts."""
    from transformer import runs  # imports torch, which must not delay the server's start

    return runs.OWN_RUNS / ".texts"


def incoming() -> Path:
    """Give a place for bytes that are just arriving; RefusedError if the disk has given enough to texts."""
    place = root()
    place.mkdir(parents=True, exist_ok=True)
    if sum(file.stat().st_size for file in place.glob(f"*/{RAW}")) > MOST_BYTES_IN_ALL:
        raise RefusedError(507, "corpus.refused.disk")
    return place / f"{INCOMING}{secrets.token_hex(8)}"


def create(arrived: Path, owner: str) -> str:
    """Take over a file that has arrived; give the id of the new text. owner: the SHA-256 of a visitor"""
    text_id = secrets.token_hex(6)
    folder = root() / text_id
    folder.mkdir()
    os.replace(arrived, folder / RAW)
    write_json(folder, {"owner": owner, "created": int(time.time()), "text": {}, "pairs": None})
    return text_id


def folder_of(text_id: str, owner: str) -> Path:
    """Give the folder of a text; RefusedError 404 for what is none, or belongs to somebody else."""
    if ID.fullmatch(text_id):
        kept = read_json(root() / text_id)
        if kept is not None and hmac.compare_digest(str(kept.get("owner")), owner):
            return root() / text_id
    raise RefusedError(404, "corpus.refused.unknown")


def settle(folder: Path, text: dict[str, Any], pairs: bytes | None) -> None:
    """Write down what came of a text. pairs: the cleaned ones; None if they cannot be used"""
    kept = read_json(folder) or {}
    name = None
    if pairs is not None:
        name = f"pairs-{hashlib.sha256(pairs).hexdigest()[:16]}.tsv"
        replace(folder / name, pairs)
    write_json(folder, {**kept, "text": text, "pairs": name})
    for file in folder.glob("pairs-*.tsv"):
        if file.name != name:
            file.unlink(missing_ok=True)


def pairs_of(folder: Path) -> Path:
    """Give the file of the cleaned pairs; RefusedError 409 if they cannot be used."""
    kept = read_json(folder) or {}
    name = kept.get("pairs")
    if not isinstance(name, str) or not (folder / name).is_file():
        raise RefusedError(409, "corpus.refused.not_ready")
    with contextlib.suppress(OSError):
        os.utime(folder / TEXT)  # in use: it stays for another week
    return folder / name


def texts_of(owner: str) -> list[tuple[Path, dict[str, Any]]]:
    """List the texts of a visitor with what is kept about them, newest first."""
    found = [(folder, kept) for folder in folders() if (kept := read_json(folder)) and kept.get("owner") == owner]
    return sorted(found, key=lambda entry: (entry[1]["created"], entry[0].name), reverse=True)


def folders() -> Iterator[Path]:
    """Give the folders of all texts."""
    place = root()
    for folder in sorted(place.iterdir()) if place.is_dir() else []:
        if ID.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
            yield folder


def remove(folder: Path) -> None:
    """Forget a text."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(owner: str) -> None:
    """Forget what nobody has used for a week, what never arrived, and a visitor's oldest texts where they are many."""
    now = time.time()
    for file in root().glob(f"{INCOMING}*"):
        if age(file, now) > ARRIVING_S:
            file.unlink(missing_ok=True)
    for folder in folders():
        if age(folder / TEXT if (folder / TEXT).exists() else folder, now) > KEPT_S:
            remove(folder)
    for folder, _ in texts_of(owner)[MOST_PER_VISITOR:]:
        remove(folder)


def age(path: Path, now: float) -> float:
    """Give the seconds since a file was written; 0 if it is gone."""
    try:
        return now - path.stat().st_mtime
    except OSError:
        return 0.0


def read_json(folder: Path) -> dict[str, Any] | None:
    """Read what is kept about a text; None if there is nothing readable."""
    try:
        found = json.loads((folder / TEXT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("created"), int) else None


def write_json(folder: Path, values: dict[str, Any]) -> None:
    """Write what is kept about a text."""
    replace(folder / TEXT, json.dumps(values, ensure_ascii=False).encode("utf-8", errors="replace"))


def replace(file: Path, data: bytes) -> None:
    """Write a file, whole or not at all; RefusedError if the disk is full."""
    staged = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    try:
        with staged.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(staged, file)
    except OSError:
        staged.unlink(missing_ok=True)
        raise RefusedError(507, "corpus.refused.disk") from None
