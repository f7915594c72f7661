"""What people wait for when they train from the page: the first point, the stop, the queue, the others' clicks.

A server of its own on an empty folder of runs, asked over HTTP as the page asks it; its workers are the real ones.
"""

import asyncio
import contextlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
from websockets import Subprotocol
from websockets.asyncio.client import connect

from benchmarks.crowd import Reader, own_sentences, wait_until_warm
from benchmarks.figures import Figure, percentile
from tests.serving import ROOT, Server, serve
from transformer.training import quick

HOUSE = ("app.py", "ui", "pages", "transformer", "assets", ".streamlit")
TIMEOUT = 900.0
STARTS = 5  # of one job after the other, for the first point and for the stop
CLASS = 60
CLICKS = 60  # of another visitor, while as many jobs run as there are cores
SMALL = {"task": "copy", "steps": 40, "target": 0.0, "batch": 8, "d_model": 16, "d_ff": 16}
LONG = {"task": "reverse", "steps": 20_000, "target": 0.0}
OWN_PAGE = {"X-Lab": "1"}


@contextlib.contextmanager
def fresh_server() -> Iterator[Server]:
    """Start a copy of the app that has no jobs and no runs but the shipped ones; wait until it is warm."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in HOUSE:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, root / name)
        with serve(root) as server:
            wait_until_warm(server)
            with Asker(server) as first:
                first.ask("POST", "/lab/plan", {"recipe": SMALL})
                time.sleep(12)  # until a worker is warm too
            yield server
            with Asker(server, {"X-Lab-Key": (root / "runs/.jobs/teacher.key").read_text()}) as teacher:
                teacher.stop_all()


class Asker(contextlib.AbstractContextManager["Asker"]):
    """One visitor, as the page speaks for them."""

    def __init__(self, server: Server, headers: dict[str, str] | None = None) -> None:
        self.http = httpx2.Client(base_url=server.url, headers={**OWN_PAGE, **(headers or {})}, timeout=TIMEOUT)
        self.ask("GET", "/lab/train")
        self.n = 0

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def ask(self, method: str, road: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask and insist on an answer."""
        answer = self.http.request(method, road, json=body)
        answer.raise_for_status()
        return answer.json()

    def start(self, **recipe: Any) -> str:
        """Press Start; give the job's id."""
        self.n += 1
        body = {"recipe": recipe, "token": f"benchmark-{self.n:04d}"}
        return self.ask("POST", "/lab/jobs", body)["id"]

    def wish(self, job: str, wish: str) -> None:
        """Press Pause, Resume or Stop."""
        self.ask("POST", f"/lab/jobs/{job}", {"wish": wish})

    def wait(self, job: str, until: Any) -> dict[str, Any]:
        """Follow a job as the page does, until something can be seen in an answer."""
        lines = 0
        while True:
            answer = self.ask("GET", f"/lab/jobs/{job}?line={lines}&wait=1")
            lines += len(answer["lines"])
            if until(answer):
                return answer

    def stop_all(self) -> None:
        """Stop what still runs, so that no training outlives the benchmark."""
        while active := [job for job in self.ask("GET", "/lab/jobs")["jobs"] if job["state"] in ("waiting", "running")]:
            for job in active:
                with contextlib.suppress(httpx2.HTTPStatusError):
                    self.wish(job["id"], "stop")
            time.sleep(0.5)


def is_over(answer: dict[str, Any]) -> bool:
    """Say whether a job is neither waiting nor running any more."""
    return answer["job"]["state"] not in ("waiting", "running")


def jobs() -> list[Figure]:
    """Measure all of it on one server."""
    with fresh_server() as server:
        return [*first_points_and_stops(server), *clicks_meanwhile(server), *reverse(server), *sixty_starts(server)]


def first_points_and_stops(server: Server) -> list[Figure]:
    """Start and stop one job after the other: to the first loss that the page can draw, and to "stopped" on it."""
    starts, stops, kept = [], [], []
    with Asker(server) as visitor:
        for seed in range(STARTS):
            began = time.perf_counter()
            job = visitor.start(**quick_values("reverse"), seed=seed)
            visitor.wait(job, lambda answer: any("loss" in line for line in answer["lines"]))
            starts.append(time.perf_counter() - began)
            time.sleep(4)  # the person looks; meanwhile another worker warms up
            began = time.perf_counter()
            visitor.wish(job, "stop")
            visitor.wait(job, lambda answer: answer["job"]["heard"] or is_over(answer))
            stops.append(time.perf_counter() - began)
            visitor.wait(job, is_over)
            kept.append(time.perf_counter() - began)
            time.sleep(6)
    what = f"{STARTS} times, reverse; from the POST to the answer that tells it; "
    later = f"; measured and kept after {statistics.median(kept):.2f} s, {spread(kept)}"
    return [
        figure("Start to first live point, warm worker, median", starts, 2.5, 1.0, what + spread(starts)),
        figure("stop to stopped on screen, median", stops, 1.0, 0.3, what + spread(stops) + later),
    ]


def quick_values(task: str) -> dict[str, Any]:
    """Give the recipe that the page proposes, as it sends it."""
    values = dict(vars(quick(task)))
    values.pop("seed")
    return values


def spread(seconds: list[float]) -> str:
    """Say between which times all lay."""
    return f"{min(seconds):.2f} to {max(seconds):.2f} s"


def figure(what: str, seconds: list[float], at_least: float, aim: float, note: str) -> Figure:
    """Make a figure of a median."""
    return Figure(what, statistics.median(seconds), "s", at_least, aim, note)


def clicks_meanwhile(server: Server) -> list[Figure]:
    """Let one visitor type sentences on Explore while as many trainings run as there are cores."""
    with contextlib.ExitStack() as stack:
        cores = Asker(server).ask("GET", "/lab/train")["cores"]
        visitors = [stack.enter_context(Asker(server)) for _ in range(cores)]
        at_work = [visitor.start(**LONG, seed=n) for n, visitor in enumerate(visitors)]
        for visitor, job in zip(visitors, at_work, strict=True):
            visitor.wait(job, lambda answer: answer["job"]["step"] > 10)
        reader = asyncio.run(click(server))
        for visitor, job in zip(visitors, at_work, strict=True):
            visitor.wish(job, "stop")
            visitor.wait(job, is_over)
    median = statistics.median(reader.seconds) * 1000
    note = f"{len(reader.seconds)} sentences, Enter to the last byte of the trace; median {median:.0f} ms"
    note += f"; {len(reader.errors)} errors"
    what = f"another visitor's click while {cores} jobs train, p95"
    return [Figure(what, percentile(reader.seconds, 0.95) * 1000, "ms", 150, 60, note)]


async def click(server: Server) -> Reader:
    """Read one sentence after the other, without haste."""
    async with httpx2.AsyncClient(timeout=60) as http:
        reader, sentences = Reader(server, http), own_sentences()
        address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
        async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
            await reader.rerun(socket)
            await reader.fetch()
            for sentence in [sentence for _ in range(CLICKS // 4) for sentence in next(sentences)]:
                await asyncio.sleep(0.5)
                started = time.perf_counter()
                await reader.enter(socket, sentence)
                reader.seconds.append(time.perf_counter() - started)
    return reader


def reverse(server: Server) -> list[Figure]:
    """Train reverse as the page proposes, alone on the machine: from the POST to the line that says 99 %."""
    seconds = []
    with Asker(server) as visitor:
        for seed in (1, 2, 3):
            time.sleep(6)
            began = time.perf_counter()
            job = visitor.start(**quick_values("reverse"), seed=seed)
            found = visitor.wait(job, is_over)
            seconds.append(time.perf_counter() - began if found["job"]["state"] == "target" else float("inf"))
    note = f"seeds 1, 2, 3; from the POST to the end of the job, 1,000 unseen examples asked; {spread(seconds)}"
    return [figure("reverse to 99 % exact from the page, one core, wall", seconds, 40.0, 15.0, note)]


def sixty_starts(server: Server) -> list[Figure]:
    """Let a class press Start within a second: how long until each has seen a place, and how many came to an end."""
    seconds, states = asyncio.run(press_together(server))
    why = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    note = f"within a second; from the POST to the answer with the place; median {statistics.median(seconds):.2f} s"
    ended = sum(state not in ("waiting", "running") for state in states)
    return [
        Figure(f"{CLASS} Start clicks: the slowest sees its place", max(seconds), "s", 2.0, 2.0, note),
        Figure(f"{CLASS} Start clicks: finished, or said why not", ended, "", CLASS, CLASS, why),
    ]


async def press_together(server: Server) -> tuple[list[float], list[str]]:
    """Press Start sixty times, then follow all jobs to their ends; give the times and the last states."""
    begin = time.perf_counter() + 4.0
    return_values = await asyncio.gather(*(press(server, n, begin) for n in range(CLASS)))
    return [seconds for seconds, _ in return_values], [state for _, state in return_values]


async def press(server: Server, n: int, begin: float) -> tuple[float, str]:
    """Be one of the class."""
    async with httpx2.AsyncClient(base_url=server.url, headers=OWN_PAGE, timeout=TIMEOUT) as http:
        (await http.get("/lab/train")).raise_for_status()
        await asyncio.sleep(max(0.0, begin + n / CLASS - time.perf_counter()))
        pressed = time.perf_counter()
        body = {"recipe": {**SMALL, "seed": n}, "token": f"class-{n:06d}"}
        answer = await http.post("/lab/jobs", json=body)
        taken, job = time.perf_counter() - pressed, answer.json()
        if answer.status_code != 200 or job["says"]["key"] == "":
            return taken, f"refused: {json.dumps(job)[:60]}"
        while job["state"] in ("waiting", "running") and time.perf_counter() < begin + TIMEOUT:
            await asyncio.sleep(2.0)
            job = (await http.get(f"/lab/jobs/{job['id']}", params={"line": 9999})).json()["job"]
        return taken, job["state"]
