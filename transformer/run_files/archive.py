"""A run as one file that can be carried away and brought back: a zip, as plain as a zip can be.

    manifest.json                  first, so that whoever opens the file meets the seal before what it seals
    config.json, heads.json, ...   the other files of a run folder, by name; what only resuming needs stays at home

`pack_run` stores the files as they are, with no time and no owner: the same run gives the same bytes on any machine.

`unpack_run` believes nothing. Names and sizes are compared with what a run may hold before anything is unpacked
(zip_list.py) and enforced while it is; the files go into a hidden folder, are read there as any run is read
(`load_run`), and one rename makes them a run. Shown on the Runs page.
"""

import io
import os
import re
import secrets
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from transformer import runs
from transformer.run_files.reader import WEIGHTS
from transformer.run_files.sealed import FORMAT, MANIFEST, TRAINER, entry_of, parse_json, read_sealed, to_json
from transformer.run_files.zip_list import (
    DEFLATED,
    MOST_BYTES,
    MOST_LIST,
    REGULAR_FILE,
    ArchiveError,
    Member,
    members_of,
    unusual,
)
from transformer.runs import Run, load_run
from transformer.tasks import TASKS

CHUNK = 64 * 1024
INCOMING = ".incoming"  # below the folder of runs; a hidden folder is no run
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)")  # Windows keeps these names for itself

# --- packing ---------------------------------------------------------------------------------------------------------


def pack_run(folder: Path) -> bytes:
    """Pack a run; RunError for one that is damaged, has no weights yet, or is too large to be carried."""
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != TRAINER)
    if total > MOST_BYTES - MOST_LIST:
        raise ArchiveError("large_run", f"the run has {total:,} bytes, an archive may have {MOST_BYTES:,}", size=total)
    files = read_sealed(folder)
    if WEIGHTS not in files:
        raise ArchiveError("no_weights", "it has no weights yet: its training has not saved any")
    entries = {name: entry_of(files[name]) for name in sorted(files)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [(MANIFEST, to_json({"format": FORMAT, "files": entries})), *sorted(files.items())]:
            info = zipfile.ZipInfo(name)  # of the year 1980
            info.create_system, info.external_attr = 3, (REGULAR_FILE | 0o644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


# --- unpacking -------------------------------------------------------------------------------------------------------


def unpack_run(file: BinaryIO, root: Path) -> str:
    """Bring an archive back as a run below `root` and return its name; if it is none, ArchiveError, and nothing stays.

    The run keeps its name if that is free, and is given another one if not.
    """
    members = members_of(file)
    incoming = root / INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(dir=incoming))
    try:
        for member in members:
            _unpack(file, member, place / "run")
        return _move_in(_checked(place / "run", members), root)
    except OSError as error:
        raise ArchiveError("disk", f"it could not be saved ({error.strerror or type(error).__name__})") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unpack(file: BinaryIO, member: Member, folder: Path) -> None:
    """Write one file, and not a byte more than was declared."""
    file.seek(member.start)
    target, size, crc = folder / member.name, 0, 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as output:
        for piece in _pieces(file, member):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if size > member.size:
                raise ArchiveError("bomb", f"{member.name} is larger than the archive says")
            output.write(piece)
        output.flush()
        os.fsync(output.fileno())
    if (size, crc) != (member.size, member.crc):
        raise ArchiveError("unusual", f"{member.name} is damaged in the archive")


def _pieces(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Read a file of the archive in pieces of at most CHUNK bytes, inflated if need be."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == DEFLATED else None
    left = member.packed
    try:
        while left:
            data = file.read(min(CHUNK, left))
            left -= len(data)
            if not data:
                return  # cut off: the size will tell
            while inflate and data:
                yield inflate.decompress(data, CHUNK)
                data = inflate.unconsumed_tail
                if inflate.unused_data or (inflate.eof and left):
                    raise unusual()
            if not inflate:
                yield data
        while inflate and not inflate.eof:
            data = inflate.decompress(b"", CHUNK)
            if not data:
                raise unusual()
            yield data
    except zlib.error:
        raise unusual() from None


def _checked(folder: Path, members: list[Member]) -> Run:
    """Read what was unpacked as any run is read, and let the seal list exactly what came."""
    try:
        run = load_run(folder)
        sealed = parse_json(MANIFEST, (folder / MANIFEST).read_bytes())["files"]
    except ValueError as error:  # a RunError, or what a hostile text made of its readers
        said = str(error.__cause__ or error)
        raise ArchiveError("no_run", f"the archive holds no whole run: {said}", said=said) from error
    if set(sealed) != {member.name for member in members} - {MANIFEST}:
        raise ArchiveError("foreign", "the archive holds other files than its manifest lists")
    return run


def _move_in(run: Run, root: Path) -> str:
    """Make an unpacked folder a run, in one rename, under a name that nothing else has."""
    wanted, task = run.info.get("name"), run.info.get("task")
    if not isinstance(wanted, str) or not PLAIN_NAME.fullmatch(wanted) or DEVICES.fullmatch(wanted):
        wanted = new_name(task)
    for _ in range(100):
        if not is_taken(root, wanted):
            try:
                os.rename(run.path, root / wanted)
                return wanted
            except OSError:
                if not is_taken(root, wanted):
                    raise
        wanted = new_name(task)
    raise ArchiveError("disk", "no free name was found for it")


def new_name(task: Any) -> str:
    """Make up a name for a run: its task and four hexadecimal digits."""
    known = isinstance(task, str) and (task in TASKS or task == "own")
    return f"{task if known else 'run'}-{secrets.token_hex(2)}"


def is_taken(root: Path, name: str) -> bool:
    """Say whether a run, shipped or own, or anything else on the disk has this name."""
    return (runs.SHIPPED_RUNS / name).exists() or os.path.lexists(root / name)


def sweep_incoming(root: Path, older_than: float) -> None:
    """Remove what uploads left behind that a killed server never ended: all that was begun before a moment."""
    try:
        left = [path for path in (root / INCOMING).iterdir() if path.stat().st_mtime < older_than]
    except OSError:
        return
    for path in left:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
