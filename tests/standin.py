"""Answer some of a page's requests in the server's place, and let the browser keep its cache meanwhile.

`page.route` switches the cache of the whole page off, so that every page opened under it fetches and compiles all our
modules again, which takes four times as long. Here only the addresses named are paused.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from playwright.sync_api import CDPSession

from serving import Visitor

BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Asked:
    """One request that waits for its answer: give it exactly one."""

    session: CDPSession
    event: dict[str, Any]

    @property
    def url(self) -> str:
        return self.event["request"]["url"]

    @property
    def method(self) -> str:
        return self.event["request"]["method"]

    @property
    def sent(self) -> Any:
        """Read the JSON that came with it; {} where there is none."""
        return json.loads(self.event["request"].get("postData") or "{}")

    def say(self, body: bytes = b"", status: int = 200, content_type: str = BYTES) -> None:
        """Answer with bytes."""
        told = {"responseCode": status, "responseHeaders": [{"name": "Content-Type", "value": content_type}]}
        self._end("fulfillRequest", **told, body=base64.b64encode(body).decode())

    def say_json(self, told: Any, status: int = 200) -> None:
        """Answer with JSON."""
        self.say(json.dumps(told).encode(), status, "application/json")

    def ask_server(self, url: str | None = None) -> None:
        """Let the server answer, another question if one is given."""
        self._end("continueRequest", **({"url": url} if url else {}))

    def break_off(self) -> None:
        """Let the line break."""
        self._end("failRequest", errorReason="ConnectionFailed")

    def _end(self, how: str, **told: Any) -> None:
        self.session.send(f"Fetch.{how}", {"requestId": self.event["requestId"], **told})


def stand_in(visitor: Visitor, answers: dict[str, Callable[[Asked], None]]) -> None:
    """Answer the addresses that fit a pattern, until `visitor.server_again()`.

    answers: pattern, in which `*` is anything -> what answers; the first that fits counts
    """
    session = visitor.page.context.new_cdp_session(visitor.page)

    def paused(event: dict[str, Any]) -> None:
        asked = Asked(session, event)
        for pattern, answer in answers.items():
            if fnmatchcase(asked.url, pattern):
                return answer(asked)
        return asked.ask_server()

    session.on("Fetch.requestPaused", paused)
    session.send("Fetch.enable", {"patterns": [{"urlPattern": pattern} for pattern in answers]})
    visitor.standing_in.append(session.detach)
