"""A class at once: 60 readers on Explore, as raw clients that speak Streamlit's own protocol.

Each opens the page as a browser does, then types a sentence of its own every five seconds: a websocket message reruns
the page's script, and when that says which sentence to show, the trace is fetched. What is timed is what a person
waits for: from Enter to the last byte of the trace. Browsers draw on their own machines, so drawing is not in it.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Iterator
from itertools import islice

import httpx2
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.figures import Figure, percentile
from tests.serving import Server, serve
from transformer.tasks import TASKS

READERS = 60
EACH = 4  # sentences of one reader
PAUSE = 5.0  # seconds between two sentences of one reader
TIMEOUT = 20.0


class Reader:
    """One reader: what the page has shown so far, and how long each sentence took."""

    def __init__(self, server: Server, http: httpx2.AsyncClient) -> None:
        self.server, self.http = server, http
        self.widgets: dict[str, WidgetState] = {}
        self.box = ""  # the id of the sentence box
        self.button = ""  # the id of its button
        self.shown: dict[str, str] = {}  # what the page last told the component to draw
        self.seconds: list[float] = []
        self.errors: list[str] = []

    async def read(self, sentences: list[str], begin: float) -> None:
        """Open the page, then enter one sentence after the other."""
        try:
            address = self.server.url.replace("http", "ws", 1) + "/_stcore/stream"
            async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
                await self.rerun(socket)
                await self.fetch()
                for n, sentence in enumerate(sentences):
                    await asyncio.sleep(max(0.0, begin + n * PAUSE - time.perf_counter()))
                    started = time.perf_counter()
                    await self.enter(socket, sentence)
                    self.seconds.append(time.perf_counter() - started)
        except Exception as error:  # whatever goes wrong for a reader is an error of the figure
            self.errors.append(f"{type(error).__name__}: {error}")

    async def enter(self, socket: ClientConnection, sentence: str) -> None:
        """Type a sentence, press Enter, wait for the script and for the trace."""
        self.widgets[self.box].string_value = sentence
        pressed = WidgetState(id=self.button, trigger_value=True)
        await self.rerun(socket, pressed)
        if self.shown.get("s") != sentence:
            raise RuntimeError(f"asked for {sentence!r}, the page shows {self.shown.get('s')!r}")
        await self.fetch()

    async def rerun(self, socket: ClientConnection, *pressed: WidgetState) -> None:
        """Send the state of all widgets, as a browser does, and take what the script sends until it has finished."""
        message = BackMsg()
        message.rerun_script.widget_states.widgets.extend([*self.widgets.values(), *pressed])
        await socket.send(message.SerializeToString())
        async with asyncio.timeout(TIMEOUT):
            while True:
                received = ForwardMsg.FromString(bytes(await socket.recv(decode=False)))
                kind = received.WhichOneof("type")
                if kind == "script_finished":
                    return
                if kind == "delta":
                    self.take(received)

    def take(self, message: ForwardMsg) -> None:
        """Remember what a reader needs of one message: the widgets, and what the component is told to draw."""
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "text_input":
            self.box = element.text_input.id
            self.widgets.setdefault(self.box, WidgetState(id=self.box, string_value=element.text_input.default))
        elif kind == "button":
            self.button = element.button.id
        elif kind == "bidi_component" and element.bidi_component.component_name == "explore":
            self.shown = json.loads(element.bidi_component.json)
        elif kind in ("exception", "alert"):
            self.errors.append(f"the page shows {kind}")

    async def fetch(self) -> None:
        """Fetch the trace that the component would draw."""
        query = {"run": self.shown["run"], "s": self.shown["s"]}
        answer = await self.http.get(f"{self.server.url}/lab/trace", params=query)
        answer.raise_for_status()


def sixty_readers() -> list[Figure]:
    """Let a class read; the figure is the 95th percentile of all sentences, and the errors are another figure."""
    with serve() as server:
        readers = asyncio.run(read_together(server))
    seconds = [taken for reader in readers for taken in reader.seconds]
    errors = [error for reader in readers for error in reader.errors]
    note = f"{len(seconds)} sentences in {EACH * PAUSE:.0f} s, Enter to the last byte; the readers share the cores"
    if seconds:
        note += f"; median {statistics.median(seconds) * 1000:.0f} ms"
    what = f"{READERS} readers on Explore, one new sentence each {PAUSE:.0f} s, p95"
    p95 = percentile(seconds, 0.95) * 1000 if seconds else float("inf")
    return [
        Figure(what, p95, "ms", 500, 150, note),
        Figure("the same, errors", len(errors), "", 0, 0, errors[0] if errors else "none"),
    ]


async def read_together(server: Server) -> list[Reader]:
    """Open the page for all readers one by one, then let each type in its own rhythm."""
    limits = httpx2.Limits(max_connections=READERS, max_keepalive_connections=READERS)
    sentences = own_sentences()
    async with httpx2.AsyncClient(limits=limits, timeout=TIMEOUT) as http:
        await asyncio.to_thread(wait_until_warm, server)
        readers = [Reader(server, http) for _ in range(READERS)]
        begin = time.perf_counter() + 8.0
        shifts = random.Random(0).sample(range(READERS), READERS)
        async with asyncio.TaskGroup() as group:
            for reader, shift in zip(readers, shifts, strict=True):
                group.create_task(reader.read(next(sentences), begin + shift * PAUSE / READERS))
                await asyncio.sleep(0.08)
    return readers


def own_sentences() -> Iterator[list[str]]:
    """Give each reader sentences that nobody else types."""
    sentences = (example.src for example in TASKS["fr"].examples(2, "test"))
    while True:
        yield list(islice(sentences, EACH))


def wait_until_warm(server: Server) -> None:
    """Ask for one trace, so that the figure is about a class that has begun and not about the server's start."""
    httpx2.get(f"{server.url}/lab/trace", params={"run": "fr", "s": TASKS["fr"].example}, timeout=60).raise_for_status()
