"""What the roads of jobs, runs and texts share: reading a request, and answering it in JSON or with a refusal.

The work is done in a thread, so that nobody else waits for it. A body is read as a stream and broken off at its limit.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ui.faults import log_fault
from ui.pack import RefusedError
from ui.visitors import require_own_page

MOST_BYTES = 64 * 1024  # of a JSON body
NOT_KEPT = {"Cache-Control": "no-store"}
Act = Callable[[Request, Any], Any]
Road = Callable[[Request], Awaitable[Response]]


def road(act: Act, within: Callable[..., Awaitable[Any]] = run_in_threadpool) -> Road:
    """Make a road of a function of a request and its JSON body (None for GET) that gives JSON, bytes or a Response.

    within: where the function is called, as `within(act, request, body)`
    """

    async def answer(request: Request) -> Response:
        try:
            body = None
            if request.method == "POST":
                require_own_page(request)
                body = json_from(await body_of(request))
            found = await within(act, request, body)
        except Exception as error:
            return answer_to(error)
        if isinstance(found, Response):
            return found
        if isinstance(found, bytes):
            return Response(found, media_type="application/octet-stream", headers=NOT_KEPT)
        return JSONResponse(found, headers=NOT_KEPT)

    return answer


def answer_to(error: Exception) -> Response:
    """Say what went wrong: a refusal with its words, a fault with an id."""
    if isinstance(error, RefusedError):
        return refused(error)
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    return JSONResponse({"error": "jobs.refuse.fault", "values": {"id": log_fault(error)}}, status_code=500)


def refused(refusal: RefusedError) -> JSONResponse:
    """Answer with a string key and its values; the name of a setting is told by a key of its own."""
    values = refusal.values
    if "field" in values:
        values = {**values, "field_key": f"jobs.field.{values['field']}"}
    answer = {"error": refusal.key, "values": values}
    return JSONResponse(answer, status_code=refusal.status, headers=NOT_KEPT)


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """Read a body, at most so many bytes; RefusedError 413 as soon as there are more."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said) < 20 and int(said) > most:
        raise RefusedError(413, "jobs.refuse.body", most=most // 1024)
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > most:
            raise RefusedError(413, "jobs.refuse.body", most=most // 1024)
    return bytes(found)


def json_from(data: bytes) -> Mapping[str, Any]:
    """Read a JSON object; RefusedError 400 for anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise RefusedError(400, "jobs.refuse.request") from None
    if not isinstance(found, dict):
        raise RefusedError(400, "jobs.refuse.request")
    return found


def number_in(request: Request, name: str, default: int, most: int) -> int:
    """Read a number of the address, cut to what is possible: an odd link is adjusted and not refused."""
    text = request.query_params.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 10 else default
