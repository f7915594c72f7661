"""A sealed folder: files that change together or not at all, and that cannot be damaged unseen.

`manifest.json` is the seal: it lists every file with its size and SHA-256. A save makes three moves:

    1. write each new file beside the old one, as NAME.new, and wait until the disk has it
    2. replace manifest.json: this is the moment of the save
    3. rename each NAME.new to NAME

A process killed before move 2 leaves the old files in force, a process killed after it the new ones: whoever finds
that NAME is not what the manifest promises looks at NAME.new. What the manifest does not list is never read.
Nothing here knows what the files mean; `runs.py` does. Shown on the Runs page.
"""

import hashlib
import json
import os
import re
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"
STAGED = ".new"
LOG = "metrics.jsonl"  # the one file that grows in place between two saves
CORPUS = "corpus.tsv"  # the sentence pairs of a person's own training; no other run has it
TRAINER = "trainer.safetensors"  # for resuming only; it is never shipped, so it may be absent
FILM = "snapshots"
KB, MB = 1024, 1024 * 1024
SNAPSHOT, SNAPSHOT_LIMIT = re.compile(r"snapshots/[0-9]{1,9}\.safetensors"), 8 * MB
LIMITS = {  # the files that may lie in a run folder, and the most bytes of each
    MANIFEST: MB,
    "config.json": MB,
    "vocab.src.json": 4 * MB,
    "vocab.tgt.json": 4 * MB,
    "heads.json": 4 * MB,
    LOG: 64 * MB,
    CORPUS: 16 * MB,
    "model.safetensors": 512 * MB,
    TRAINER: 2048 * MB,
}
LEFT_BY_FILE_MANAGERS = {".DS_Store", "Thumbs.db", "desktop.ini"}
MAX_FILES = 2000
ATTEMPTS = 20  # a reader that meets a save in progress looks again

Entry = dict[str, Any]  # {"sha256": hexadecimal digits, "bytes": size}


class RunError(ValueError):
    """Say in one clear sentence why a run cannot be loaded or saved."""


def limit(name: str) -> int | None:
    """Give the most bytes that a file of this name may have; None if no such file belongs in a run."""
    return SNAPSHOT_LIMIT if SNAPSHOT.fullmatch(name) else LIMITS.get(name)


def entry_of(data: bytes) -> Entry:
    """Describe a file's content as the manifest does."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def parse_json(name: str, data: bytes) -> dict[str, Any]:
    """Read a JSON object; RunError for anything else, NaN, half characters and endless nesting included."""
    try:
        values = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        to_json(values)  # refuses 1e999, which is infinite, and half of a surrogate pair, which cannot be shown
    except (ValueError, RecursionError):
        raise RunError(f"{name} is not readable JSON") from None
    if not isinstance(values, dict):
        raise RunError(f"{name} must hold a JSON object, not {type(values).__name__}")
    return values


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def to_json(values: Mapping[str, Any]) -> bytes:
    """Write a JSON object for people to read; ValueError for NaN and infinity, which are not JSON."""
    return (json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8")


# --- reading ---------------------------------------------------------------------------------------------------------


def read_sealed(folder: Path, *also: str) -> dict[str, bytes]:
    """Read every file that the manifest lists, each compared with its checksum; RunError names the first that fails.

    also: TRAINER, for whoever wants it and has the time
    """
    try:
        for _ in range(ATTEMPTS):
            manifest, present = _read_manifest(folder), _files_in(folder)
            try:
                return _read_all(folder, manifest, present, also)
            except (RunError, OSError):
                if (_read_manifest(folder), _files_in(folder)) == (manifest, present):
                    raise  # nobody saved meanwhile: the damage is real
    except OSError as error:
        raise RunError(f"it could not be read ({error.strerror or type(error).__name__})") from error
    raise RunError("it is being saved again and again; try once more")


def _read_all(folder: Path, manifest: bytes, present: set[str], also: tuple[str, ...]) -> dict[str, bytes]:
    entries = _check_manifest(parse_json(MANIFEST, manifest))
    wanted = {name: entry for name, entry in entries.items() if name != TRAINER or name in also}
    return {name: _read(folder, name, entry, present) for name, entry in wanted.items()}


def _read_manifest(folder: Path) -> bytes:
    if not folder.is_dir():
        raise RunError("there is no such folder")
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise RunError(f"the folder holds no {MANIFEST}, so it is not a run")
    data = _read_at_most(path, LIMITS[MANIFEST] + 1)
    if len(data) > LIMITS[MANIFEST]:
        raise RunError(f"{MANIFEST} is larger than {LIMITS[MANIFEST]} bytes")
    return data


def _files_in(folder: Path) -> set[str]:
    """List the files of the folder and of its film; RunError for a link or a name that does not belong here."""
    found: set[str] = set()
    if (folder / FILM).is_symlink():
        raise RunError(f"{FILM} is a link, and links are not followed")
    for prefix, place in (("", folder), (f"{FILM}/", folder / FILM)):
        for item in _items_in(place):
            name = prefix + item.name
            if item.is_symlink():
                raise RunError(f"{_quoted(name)} is a link, and links are not followed")
            if item.name in LEFT_BY_FILE_MANAGERS or (name == FILM and item.is_dir()):
                continue
            if limit(name.removesuffix(STAGED)) is None or not item.is_file(follow_symlinks=False):
                raise RunError(f"{_quoted(name)} does not belong in a run folder")
            found.add(name)
            if len(found) > MAX_FILES:
                raise RunError(f"the folder holds more than {MAX_FILES} files")
    return found


def _items_in(place: Path) -> list[os.DirEntry[str]]:
    if not place.is_dir():
        return []
    with os.scandir(place) as items:
        return list(items)


def _quoted(name: str) -> str:
    """Show a foreign file name safely and in few characters."""
    return repr(name if len(name) <= 60 else name[:57] + "...")


def _check_manifest(manifest: dict[str, Any]) -> dict[str, Entry]:
    if manifest.get("format") != FORMAT:
        raise RunError(
            f"{MANIFEST} has format {reprlib.repr(manifest.get('format'))}, this program reads format {FORMAT}"
        )
    entries = manifest.get("files")
    if not isinstance(entries, dict):
        raise RunError(f"{MANIFEST} lists no files")
    for name, entry in entries.items():
        most = limit(name)
        if most is None or name == MANIFEST:
            raise RunError(f"{MANIFEST} lists {_quoted(name)}, which does not belong in a run folder")
        if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise RunError(f"{MANIFEST} gives no checksum for {name}")
        size = entry.get("bytes")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise RunError(f"{MANIFEST} gives no size for {name}")
        if size > most:
            raise RunError(f"{name} has {size} bytes, more than the limit of {most}")
    return entries


def _read(folder: Path, name: str, entry: Entry, present: set[str]) -> bytes:
    """Read one file as the manifest promises it: NAME, or NAME.new after an interrupted save."""
    for candidate in (name, name + STAGED):
        if candidate in present:
            data = _read_at_most(folder / candidate, entry["bytes"] + (name != LOG))
            if entry_of(data) == {"sha256": entry["sha256"], "bytes": entry["bytes"]}:
                return data
    if name not in present:
        raise RunError(f"{name} is missing")
    raise RunError(f"{name} is damaged: it is not the file that {MANIFEST} describes")


def _read_at_most(path: Path, n_bytes: int) -> bytes:
    """Read the first n_bytes of a file: of the log all that was sealed, of another file one more, to see it grow."""
    with path.open("rb") as file:
        return file.read(n_bytes)


# --- writing ---------------------------------------------------------------------------------------------------------


def seal(folder: Path, files: Mapping[str, bytes], kept: Mapping[str, Entry]) -> dict[str, Entry]:
    """Save `files` and keep those that `kept` describes, as one change that happens or does not; return all entries.

    Files that are in neither are removed. RunError if the disk refuses: the folder is then as it was before.
    """
    for name, data in files.items():
        most = limit(name)
        if most is None or len(data) > most:
            raise RunError(f"{_quoted(name)} with {len(data)} bytes cannot be kept in a run folder")
    entries = {**kept, **{name: entry_of(data) for name, data in files.items()}}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_run_or_empty(folder)
        _finish_last_save(folder)
        for name, data in files.items():
            _write_through(folder / (name + STAGED), data)
        _write_through(folder / (MANIFEST + STAGED), to_json({"format": FORMAT, "files": entries}))
        os.replace(folder / (MANIFEST + STAGED), folder / MANIFEST)
        _sync_folders(folder, [MANIFEST, *files])
        _finish_last_save(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RunError(f"it could not be saved ({reason}); the save before this one is kept") from error
    return entries


def settle(folder: Path) -> None:
    """Bring a save to its end that was killed between its second and its third move; else change nothing."""
    try:
        _finish_last_save(folder)
    except OSError as error:
        raise RunError(f"it could not be saved ({error.strerror or type(error).__name__})") from error


def _require_run_or_empty(folder: Path) -> None:
    """Never write among the files of somebody else."""
    if not (folder / MANIFEST).exists() and any(not name.endswith(STAGED) for name in _files_in(folder)):
        raise RunError("the folder holds files that are no run; choose an empty one")


def _finish_last_save(folder: Path) -> None:
    """Make the third move: put NAME.new in its place where the manifest asks for it, and sweep what it lists not."""
    if not (folder / MANIFEST).is_file():
        return
    entries, changed = _check_manifest(parse_json(MANIFEST, _read_manifest(folder))), []
    for name in sorted(_files_in(folder) - {MANIFEST}):
        path = folder / name
        promised = entries.get(name.removesuffix(STAGED))
        if name.endswith(STAGED) and promised is not None and entry_of(path.read_bytes()) == promised:
            os.replace(path, folder / name.removesuffix(STAGED))
        elif name.endswith(STAGED) or promised is None:
            path.unlink()
        else:
            continue
        changed.append(name)
    _sync_folders(folder, changed)


def _write_through(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk, not only in memory."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folders(folder: Path, names: Iterable[str]) -> None:
    """Wait until the names of these files are on the disk too. Windows cannot, and needs not, be asked to."""
    for place in sorted({(folder / name).parent for name in names}) if os.name == "posix" else []:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
