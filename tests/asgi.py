"""Ask the HTTP roads without a server: a request goes straight into them, its body in pieces as networks send it."""

import asyncio
import json
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.routing import BaseRoute

HOST = "lab.test"
VISITOR, STRANGER = "0" * 32, "f" * 32


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, in a thread of its own: in this one a browser's loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Said(NamedTuple):
    """An answer, and how many pieces of the body were taken before it came."""

    status: int
    headers: dict[str, str]
    body: bytes
    taken: int

    @property
    def json(self) -> Any:
        """Read the answer as JSON."""
        return json.loads(self.body)


class Desk:
    """One browser in front of some roads."""

    def __init__(self, routes: Iterable[BaseRoute], visitor: str | None = VISITOR) -> None:
        self.app, self.visitor = Starlette(routes=list(routes)), visitor

    def get(self, path: str, **headers: str) -> Said:
        """GET a path with its question."""
        return self.ask("GET", path, [], headers)

    def post(self, path: str, body: Any = b"", **headers: str) -> Said:
        """POST bytes, pieces of bytes, or anything else as JSON."""
        if isinstance(body, bytes):
            body = [body]
        elif isinstance(body, dict | list | str | int | None):
            body, headers = [json.dumps(body).encode()], {"content_type": "application/json", **headers}
        return self.ask("POST", path, body, {"x_lab": "1", **headers})

    def ask(self, method: str, path: str, pieces: Iterable[bytes], headers: dict[str, str]) -> Said:
        """Send a request and wait for its answer; `_` in a header's name means `-`."""
        return run(self._exchange(self._scope(method, path, headers), iter(pieces)))

    async def asked(self, path: str, pieces: Iterable[bytes], headers: dict[str, str]) -> Said:
        """POST beside others who ask at the same time."""
        return await self._exchange(self._scope("POST", path, headers), iter(pieces))

    def _scope(self, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
        sent = {
            "host": HOST,
            **({"cookie": f"lab_visitor={self.visitor}"} if self.visitor else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        path, _, query = path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
            "client": ("127.0.0.1", 1),
            "server": (HOST, 80),
            "root_path": "",
        }

    async def _exchange(self, scope: dict[str, Any], pieces: Iterator[bytes]) -> Said:
        taken, answer, body = 0, {}, bytearray()

        async def receive() -> dict[str, Any]:
            nonlocal taken
            piece = next(pieces, None)
            taken += piece is not None
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in answer["headers"]}
        return Said(answer["status"], headers, bytes(body), taken)
