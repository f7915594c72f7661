"""Ways to spoil the archive of a run: by accident, or by somebody who wants it to do harm."""

import io
import random
import struct
import zipfile
from collections.abc import Callable

NAMES = (
    "../config.json",
    "/etc/passwd",
    "a\\b",
    "snapshots/../x",
    "CON",
    "config.json ",
    "配置.json",
    "x" * 300,
    "",
)
MARKS = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\7")


def rezip(data: bytes, change: Callable[[dict[str, bytes]], object] = lambda files: None, **how: int) -> bytes:
    """Pack the files of an archive anew with Python's own zipfile, changed, in any of its ways."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, how.get("method", zipfile.ZIP_DEFLATED))
    return buffer.getvalue()


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 30))):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def spoil_the_list(data: bytes, rng: random.Random) -> bytes:
    """Overwrite a byte where it hurts: in the list, in its end, in the head of a file."""
    spoilt, (at,) = bytearray(data), struct.unpack_from("<L", data, len(data) - 6)
    place = rng.randrange(at, len(data)) if rng.random() < 0.8 else rng.randrange(30)
    spoilt[place] = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
    return bytes(spoilt)


def spoil_a_number(data: bytes, rng: random.Random) -> bytes:
    """Overwrite one of the numbers of the list with a hostile one."""
    spoilt, (at,) = bytearray(data), struct.unpack_from("<L", data, len(data) - 6)
    entry = at + 46 * rng.randrange(2)
    number = rng.choice((0, 1, 2**16 - 1, 2**31 - 1, 2**32 - 1, rng.randrange(2**32)))
    struct.pack_into("<L", spoilt, rng.choice((entry + 16, entry + 20, entry + 24, entry + 42, len(data) - 10)), number)
    return bytes(spoilt)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def lengthen(data: bytes, rng: random.Random) -> bytes:
    junk = rng.randbytes(rng.randrange(1, 2000))
    return junk + data if rng.random() < 0.5 else data + junk


def move_a_piece(data: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.sample(range(len(data)), 2))
    piece, place = data[start:end][:5000], rng.randrange(len(data))
    return data[:place] + piece + data[place + rng.choice((0, len(piece))) :]


def repeat_a_mark(data: bytes, rng: random.Random) -> bytes:
    spoilt, place = bytearray(data), rng.randrange(len(data) - 4)
    spoilt[place : place + 4] = rng.choice(MARKS)
    return bytes(spoilt)


def rename_a_file(data: bytes, rng: random.Random) -> bytes:
    def change(files: dict[str, bytes]) -> None:
        name = rng.choice(sorted(files))
        files[rng.choice(NAMES) or "empty"] = files.pop(name)

    return rezip(data, change)


def drop_or_add_a_file(data: bytes, rng: random.Random) -> bytes:
    def change(files: dict[str, bytes]) -> None:
        if rng.random() < 0.5:
            files.pop(rng.choice(sorted(files)))
        else:
            files[rng.choice(("snapshots/999999.safetensors", "trainer.safetensors", "run.py", "x/"))] = b"?"

    return rezip(data, change)


def swap_files(data: bytes, rng: random.Random) -> bytes:
    def change(files: dict[str, bytes]) -> None:
        one, other = rng.sample(sorted(files), 2)
        files[one], files[other] = files[other], files[one]

    return rezip(data, change)


def pack_otherwise(data: bytes, rng: random.Random) -> bytes:
    """Do no harm at all, or use a way of packing that we do not accept."""
    return rezip(
        data, method=rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    )


WAYS = (
    flip_bits,
    spoil_the_list,
    spoil_a_number,
    cut,
    lengthen,
    move_a_piece,
    repeat_a_mark,
    rename_a_file,
    drop_or_add_a_file,
    swap_files,
    pack_otherwise,
)


def spoil(data: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Spoil an archive in one way and say which."""
    way = rng.choice(WAYS)
    return way(data, rng), way.__name__
