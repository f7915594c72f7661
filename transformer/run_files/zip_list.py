"""The list at the end of a zip file, read as something that somebody may have written to do harm.

Python's own reader is made to open what others made of the format in forty years. This one accepts one layout only:
files one after the other from the first byte on, then the list, then the end. So there is no room for two files in one
place, for a file that the list hides, for a path, a link, a password or a second disk. What is unpacked: archive.py.
"""

import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from transformer.run_files.sealed import MANIFEST, MAX_FILES, TRAINER, RunError, limit

MB = 1024 * 1024
MOST_BYTES = 20 * MB  # of an archive
MOST_UNPACKED = 40 * MB  # of all its files together
MOST_RATIO = 12  # so many times larger than the archive may the files be together,
SMALL = MB  # unless they are small
MOST_LIST = 512 * 1024  # bytes of the list at the end

END = struct.Struct("<4s4H2LH")  # mark, disk, its first, files here, files, bytes and offset of the list, comment
LISTED = struct.Struct("<4s6H3L5H2L")  # mark, made by, needs, flags, method, time, date, crc, packed, size, name, ...
LOCAL = struct.Struct("<4s5H3L2H")  # mark, needs, flags, method, time, date, crc, packed, size, name, extra
END_MARK, LIST_MARK, FILE_MARK, BIG_END_MARK = b"PK\5\6", b"PK\1\2", b"PK\3\4", b"PK\6\7"
UTF_8_FLAG, STORED, DEFLATED = 0x800, 0, 8
REGULAR_FILE = 0o100000


class ArchiveError(RunError):
    """Say why a file is not accepted as the archive of a run: in one word for the page, in a sentence for people."""

    def __init__(self, why: str, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.why, self.values = why, values


class Member(NamedTuple):
    """One file of an archive, as the list at its end describes it."""

    name: str
    method: int
    crc: int
    packed: int  # bytes in the archive
    size: int  # bytes of the file
    start: int  # where its own head begins, then its data


def members_of(file: BinaryIO) -> list[Member]:
    """Read the list of an archive and check everything that can be checked before unpacking; ArchiveError if it fails.

    file: can be sought; nothing but its list and the heads of its files is read
    """
    total = file.seek(0, os.SEEK_END)
    if total > MOST_BYTES:
        raise ArchiveError("large", f"the archive has {total:,} bytes, more than the limit of {MOST_BYTES:,}")
    count, at, length = _end_of(file, total)
    file.seek(at)
    members = list(_listed(file.read(length), count))
    if not members or members[0].name != MANIFEST:
        raise ArchiveError("foreign", f"the archive does not begin with {MANIFEST}, so it holds no run")
    _require_small(members, total)
    return _opened(file, members, at)


def _end_of(file: BinaryIO, total: int) -> tuple[int, int, int]:
    """Read the last bytes: how many files there are, where their list begins and how long it is."""
    tail = _at(file, max(0, total - END.size - 20), END.size + 20)
    if len(tail) < END.size or tail[-END.size :][:4] != END_MARK:
        raise unusual() if _at(file, 0, 4) == FILE_MARK else ArchiveError("no_zip", "this is not a zip file")
    mark = tail[: -END.size][:4]
    _, disk, first, here, count, length, at, comment = END.unpack(tail[-END.size :])
    if mark == BIG_END_MARK or disk or first or here != count or comment:
        raise unusual()
    if count > MAX_FILES or length > MOST_LIST:
        raise ArchiveError("many", f"the archive lists more than {MAX_FILES} files")
    if at + length + END.size != total:
        raise unusual()
    return count, at, length


def _listed(data: bytes, count: int) -> Iterator[Member]:
    """Read the list: names that belong in a run, each once, stored or deflated, not encrypted, no links."""
    seen, at = set(), 0
    for _ in range(count):
        if at + LISTED.size > len(data):
            raise unusual()
        mark, _, _, flags, method, _, _, crc, packed, size, *rest = LISTED.unpack_from(data, at)
        name_length, extra, comment, disk, _, attributes, start = rest
        name = _name(data[at + LISTED.size : at + LISTED.size + name_length])
        at += LISTED.size + name_length + extra + comment
        if mark != LIST_MARK or at > len(data) or disk:
            raise unusual()
        if flags & ~UTF_8_FLAG or method not in (STORED, DEFLATED) or (attributes >> 28) not in (0, REGULAR_FILE >> 12):
            raise unusual()
        if name in seen:
            raise ArchiveError("foreign", f"the archive holds {name} twice")
        if method == STORED and packed != size:
            raise unusual()
        seen.add(name)
        yield Member(name, method, crc, packed, size, start)
    if at != len(data):
        raise unusual()


def _name(data: bytes) -> str:
    """Read a name: one that a run folder may hold, letter by letter, or none."""
    name = data.decode("ascii", errors="replace")
    if name == TRAINER or limit(name) is None:
        shown = repr(name if len(name) <= 60 else name[:57] + "...")
        raise ArchiveError("foreign", f"the archive holds {shown}, which is no part of a packed run", name=name[:60])
    return name


def _require_small(members: list[Member], total: int) -> None:
    unpacked = sum(member.size for member in members)
    if unpacked > MOST_UNPACKED or any(member.size > (limit(member.name) or 0) for member in members):
        raise ArchiveError(
            "large", f"its files would have {unpacked:,} bytes, more than a run that is carried may have"
        )
    if unpacked > max(SMALL, MOST_RATIO * total):
        raise ArchiveError("bomb", f"{total:,} bytes would become {unpacked:,}: no run can be packed so tightly")


def _opened(file: BinaryIO, members: list[Member], end: int) -> list[Member]:
    """Compare the head of each file with the list, let no byte belong to two files or to none, and find the data."""
    expected, opened = 0, []
    for member in members:
        data = _at(file, member.start, LOCAL.size)
        if member.start != expected or len(data) < LOCAL.size:
            raise unusual()
        mark, _, flags, method, _, _, crc, packed, size, name_length, extra = LOCAL.unpack(data)
        name = file.read(name_length).decode("ascii", errors="replace")
        here = (mark, flags & ~UTF_8_FLAG, name, method, crc, packed, size)
        if here != (FILE_MARK, 0, member.name, member.method, member.crc, member.packed, member.size):
            raise unusual()
        start = member.start + LOCAL.size + name_length + extra
        opened.append(member._replace(start=start))
        expected = start + packed
    if expected != end:
        raise unusual()
    return opened


def unusual() -> ArchiveError:
    """Say that this is no archive as we pack it."""
    return ArchiveError("unusual", "the file is damaged, or was packed in a way that no run is packed")


def _at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
