"""Start the app as people do, and watch what a real browser says to it. Tests get these as fixtures from windows.py."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from google.protobuf.message import DecodeError
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebSocket, expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds; a shared machine may be slow, and waiting longer than needed costs nothing
SOON = 1000 * PATIENCE  # milliseconds
expect.set_options(timeout=SOON)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STILL = """() => document.fonts.ready.then(
  () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null)))))"""


class Server(NamedTuple):
    """A running app: where it answers, which process it is, and what it has written so far."""

    url: str
    pid: int
    started: float  # time.perf_counter() just before the process was started
    log: Path


@contextlib.contextmanager
def serve(root: Path = ROOT, port: int | None = None, **environment: str) -> Iterator[Server]:
    """Run `streamlit run app.py` on a port of this machine, by default a free one, until the block ends."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "server.log"
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=root,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            server = Server(f"http://127.0.0.1:{port}", process.pid, started, log)
            wait_until_healthy(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    while time.perf_counter() - server.started < PATIENCE:
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5).close()
            return
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start:\n{server.log.read_text(errors='replace')}")


def chromium_path() -> str | None:
    """Find the browser: the environment variable CHROMIUM, else one on the search path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start a headless Chromium that asks nobody for anything."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


@dataclass
class Visitor:
    """One person with one browser window, and everything that the window says to servers and to its console."""

    page: Page
    server: Server
    requests: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)  # what each websocket message to the server was
    received: int = 0  # bytes that came back over the websocket
    console: list[str] = field(default_factory=list)  # warnings and errors
    standing_in: list[Callable[[], None]] = field(default_factory=list)  # what ends each (standin.py)
    test: str = ""  # the last one that used this window

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SOON)
        self.page.on("request", self._request)
        self.page.on("websocket", self._websocket)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        """Streamlit looks for its server below a page's own address first: its 404 there is no complaint."""
        looking = "status of 404" in message.text and re.search(r"/\w+/_stcore/", message.location.get("url", ""))
        if message.type in ("warning", "error") and not looking:
            where = f" {message.location.get('url', '')}" if "server responded" in message.text else ""
            self.console.append(message.text + where)

    def _request(self, request: Request) -> None:
        """Keep the address; a browser fetches a font of Streamlit's whenever it meets a letter of it first."""
        if not request.url.startswith(f"{self.server.url}/static/media/"):
            self.requests.append(request.url)

    def _websocket(self, websocket: WebSocket) -> None:
        websocket.on("framesent", self._sent)
        websocket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        try:
            kind = BackMsg.FromString(frame).WhichOneof("type") if isinstance(frame, bytes) else None
        except DecodeError:  # a lone surrogate is no UTF-8, yet a browser sends it
            kind = "broken"
        self.frames.append(str(kind))

    def _received(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def goto(self, address: str = "/", pictures: int = 1) -> None:
        """Open an address of the app and wait for the picture."""
        self.page.bring_to_front()  # a window behind another one of its profile draws a frame a second
        self.page.goto(self.server.url + address)
        self.wait_drawn(pictures)

    def server_again(self) -> None:
        """Let the server answer everything, and nobody else."""
        while self.standing_in:
            self.standing_in.pop()()
        self.page.unroute_all(behavior="ignoreErrors")

    def _heard(self) -> int:
        return len(self.requests) + len(self.frames) + self.received

    def drawn(self) -> int:
        """Say how many pictures this window has drawn since it was opened."""
        return self.page.evaluate("() => window.__lab?.drawn ?? 0")

    def wait_drawn(self, pictures: int = 1) -> None:
        self.page.wait_for_function(f"() => (window.__lab?.drawn ?? 0) >= {pictures}", timeout=PATIENCE * 1000)

    def until(self, holds: Callable[[], object], why: str = "it never became so") -> None:
        """Ask again and again until it holds: for what comes a moment later without an attribute to wait for."""
        end = time.monotonic() + SOON / 1000
        while not holds():
            assert time.monotonic() < end, why
            self.page.wait_for_timeout(30)  # lets the browser speak meanwhile

    def tried_again(self) -> bool:
        """Say whether a test uses this window for the second time: its first try may have left it in any state."""
        before, self.test = self.test, os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        return before == self.test

    def hush(self) -> None:
        """Wait until all is said that comes by itself: the page's script has ended, and nothing came for a moment."""
        self.page.locator("[data-test-script-state=notRunning]").wait_for()
        before, now = -1, self._heard()
        while before != now:
            self.page.evaluate(STILL)  # the page itself has had its turn
            self.page.wait_for_timeout(150)
            before, now = now, self._heard()

    def rest_still(self) -> None:
        """Wait until the script has ended, which pales what it may change, and two frames have been painted since."""
        self.page.locator("[data-test-script-state=notRunning]").wait_for()
        self.page.evaluate(STILL)

    def messages(self) -> list[str]:
        """List what went to the server: every request, and every websocket message but keep-alives."""
        return [*self.requests, *(kind for kind in self.frames if kind != "app_heartbeat")]

    def outside(self) -> list[str]:
        """List the requests that left our own server."""
        own = (self.server.url, self.server.url.replace("http", "ws", 1), "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]
