"""People's own texts over the real server: hostile ones cost it little, and a large honest one freezes nobody."""

import contextlib
import json
import socket
import statistics
import struct
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from benchmarks.figures import Figure, cpu_seconds, percentile
from tests.brought import large
from tests.serving import Server, serve
from transformer.corpus import Corpus, clean_pairs, look
from transformer.tasks import TASKS

PIECE = 64 * 1024
TIMEOUT = 60.0  # seconds
HEADERS = {"X-Lab": "1", "Cookie": f"lab_visitor={'b' * 32}", "Content-Type": "application/octet-stream"}
PAUSE = 0.05  # seconds between two clicks of somebody else


def hostile_texts() -> list[Figure]:
    """Send what no server should swallow, and say by how much its memory grew at the highest point."""
    with serve() as server:
        with contextlib.suppress(KeyError):  # the first text imports what reads it
            forget(server, bring(server, [b"word\ttext\n" * 30])["id"])
        grown = {name: growth(server, pieces) for name, pieces in hostile().items()}
    most = max(grown, key=lambda name: grown[name])
    note = ", ".join(f"{name} {mb:.1f}" for name, mb in grown.items())
    return [Figure("hostile texts refused, extra memory of the server", grown[most], "MB", 50, 20, f"MB: {note}")]


def hostile() -> dict[str, Iterable[bytes]]:
    """Give the three that the promise names."""
    squeezed = zlib.compress(b"a\tb\n" * 32_000_000)
    sizes = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(squeezed) - 6, 128_000_000, 5, 0)
    bomb = sizes + b"a.txt" + squeezed[2:-4]  # as the archive itself begins; nobody should look further
    return {
        "1 row of 2,000,000 columns": [b"a," * 2_000_000],
        "500 MB": (b"hello\tworld\n" * (PIECE // 12) for _ in range(500 * 16)),
        "a zip bomb": [bomb],
    }


def growth(server: Server, pieces: Iterable[bytes]) -> float:
    """Send a text that must be refused; give the MB by which the server's memory grew at most."""
    Path(f"/proc/{server.pid}/clear_refs").write_text("5", encoding="ascii")  # forget the highest use so far
    before = memory(server, "VmRSS")
    answer = bring(server, pieces)
    if "error" not in answer:
        raise RuntimeError(f"the server took it: {answer}")
    return memory(server, "VmHWM") - before


def memory(server: Server, name: str) -> float:
    """Read one line of what the system knows about the server's memory, in MB."""
    lines = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def bring(server: Server, pieces: Iterable[bytes]) -> dict[str, Any]:
    """Send a text piece by piece, as somebody would who cares for no limit; give the answer."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=TIMEOUT) as line:
        lines = [
            f"POST /lab/texts HTTP/1.1\r\nHost: {address.netloc}\r\nTransfer-Encoding: chunked\r\nConnection: close"
        ]
        lines += [f"{name}: {value}" for name, value in HEADERS.items()]
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        with contextlib.suppress(OSError):  # the server has answered and closed the door
            for piece in chunks(pieces):
                line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            line.sendall(b"0\r\n\r\n")
        answer = bytearray()
        with contextlib.suppress(OSError):
            while received := line.recv(PIECE):
                answer += received
    body = bytes(answer).partition(b"\r\n\r\n")[2]
    return json.loads(body) if body else {"error": "the connection was broken off"}


def chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut pieces as a network does."""
    for piece in pieces:
        for start in range(0, len(piece), PIECE):
            yield piece[start : start + PIECE]


def forget(server: Server, text_id: str) -> None:
    """Delete a text."""
    httpx2.post(f"{server.url}/lab/texts/{text_id}", json={"delete": True}, headers=HEADERS, timeout=TIMEOUT)


def real_text() -> list[Figure]:
    """Read and clean 29,000 lines: the time it takes by itself, and what somebody else feels of it on the server."""
    data = large()
    times = [cpu_seconds(lambda: read_all(data)) for _ in range(3)]
    with serve() as server:
        quiet, waits = clicks(server, data)
    return [
        Figure("29,000 pairs read, cleaned and split", statistics.median(times), "s", 5, 2, "CPU, one thread"),
        Figure(
            "another visitor's click while they are read, p95",
            percentile(waits, 0.95) * 1000,
            "ms",
            150,
            60,
            f"{len(waits)} traces; {percentile(quiet, 0.95) * 1000:.0f} ms before",
        ),
    ]


def read_all(data: bytes) -> None:
    """Do what the page asks for when a text arrives."""
    look(data)
    Corpus(clean_pairs(data).pairs).to_tsv()


def clicks(server: Server, data: bytes) -> tuple[list[float], list[float]]:
    """Click every 50 ms as somebody else, first alone, then while a large text is read and its vocabulary learned."""
    done = threading.Event()

    def somebody() -> None:
        with contextlib.suppress(KeyError):
            text_id = bring(server, [data])["id"]
            for kind in ("task", "unigram"):
                asked = f"{server.url}/lab/texts/{text_id}/vocabulary"
                httpx2.get(asked, params={"kind": kind}, headers=HEADERS, timeout=TIMEOUT)
            forget(server, text_id)
        done.set()

    sentences = iter([example.src for _, example in zip(range(3000), TASKS["fr"].examples(7, "test"), strict=False)])
    with httpx2.Client(timeout=TIMEOUT) as http:
        alone = [click(server, http, next(sentences)) for _ in range(40)]
        thread = threading.Thread(target=somebody)
        thread.start()
        waits = []
        while not done.is_set():
            waits.append(click(server, http, next(sentences)))
            time.sleep(PAUSE)
        thread.join()
    return alone[10:], waits


def click(server: Server, http: httpx2.Client, sentence: str) -> float:
    """Ask for one new sentence as Explore does; give the seconds until it is there."""
    started = time.perf_counter()
    http.get(f"{server.url}/lab/trace", params={"run": "fr", "s": sentence}).raise_for_status()
    return time.perf_counter() - started
