"""The HTTP roads of the Runs page: list, rename, delete and bring back, carry a run away and bring one in.

    GET  /lab/runs                                          -> {runs: [...], trash: [...], teacher}
    POST /lab/runs/NAME {label} | {delete: true} | {undo: true}   -> {name, label} | {name}
    GET  /lab/archive?run=NAME                              -> the run as a zip
    POST /lab/archive, the bytes of such a zip              -> {name}

What was refused says why: a string key and its values. Nothing that a person sends becomes a path: a name is looked up
among the names that are there.
"""

import asyncio
import json
import tempfile
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.faults import log_fault
from ui.pack import RefusedError

MOST_QUESTION = 4096  # bytes of what a POST says
MOST_ARCHIVE = 20 * 1024 * 1024
AT_ONCE = 4  # uploads
PATIENCE = 120.0  # seconds for one of them to arrive
_uploads = threading.BoundedSemaphore(AT_ONCE)


async def listing(request: Request) -> Response:
    """GET /lab/runs : what there is to see for this visitor."""
    return await _answered(lambda: _acts().listed(request))


async def change(request: Request) -> Response:
    """POST /lab/runs/NAME : rename, delete, bring back."""
    try:
        question = await _question(request)
    except RefusedError as refusal:
        return _refused(refusal)
    return await _answered(lambda: _acts().changed(request, request.path_params["name"], question))


async def download(request: Request) -> Response:
    """GET /lab/archive?run= : a run as one file."""
    return await _answered(lambda: _acts().packed(request.query_params.get("run", "")))


async def upload(request: Request) -> Response:
    """POST /lab/archive : read at most MOST_ARCHIVE bytes into a file that nobody sees, then check it there."""
    if not _uploads.acquire(blocking=False):
        return _refused(RefusedError(503, "runs.refuse.busy"))
    try:
        visitor = await run_in_threadpool(lambda: _acts().bringer(request))
        with tempfile.TemporaryFile() as file:
            async with asyncio.timeout(PATIENCE):
                await _receive(request, file)
            return await _answered(lambda: _acts().brought(file, visitor))
    except RefusedError as refusal:
        return _refused(refusal)
    except TimeoutError:
        return _refused(RefusedError(408, "runs.refuse.slow"))
    except ClientDisconnect:
        return Response(status_code=400)
    finally:
        _uploads.release()


async def _answered(act: Callable[[], Response | dict[str, Any]]) -> Response:
    try:
        answer = await run_in_threadpool(act)
    except RefusedError as refusal:
        return _refused(refusal)
    except Exception as error:
        return JSONResponse({"error": "runs.refuse.unexpected", "values": {"id": log_fault(error)}}, status_code=500)
    return answer if isinstance(answer, Response) else JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _refused(refusal: RefusedError) -> Response:
    return JSONResponse({"error": refusal.key, "values": refusal.values}, status_code=refusal.status)


async def _question(request: Request) -> dict[str, Any]:
    """Read the few words of a POST."""
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > MOST_QUESTION:
            raise RefusedError(413, "runs.refuse.question")
    try:
        question = json.loads(data)
    except (ValueError, RecursionError):
        question = None
    if not isinstance(question, dict) or len(question) != 1:
        raise RefusedError(422, "runs.refuse.question")
    return question


async def _receive(request: Request, file: BinaryIO) -> None:
    """Write what comes into a file, and break off where it is too much."""
    declared = request.headers.get("content-length", "0")
    size = int(declared) if declared.isdecimal() and len(declared) < 16 else MOST_ARCHIVE + 1
    if size <= MOST_ARCHIVE:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_ARCHIVE:
                break
            file.write(piece)
    if size > MOST_ARCHIVE:
        raise RefusedError(413, "runs.archive.large", most=MOST_ARCHIVE // (1024 * 1024))


def _acts() -> Any:
    """What is done imports torch, which must not delay the server's start."""
    from ui import runs_acts

    return runs_acts


routes = [
    Route("/lab/runs", listing),
    Route("/lab/runs/{name}", change, methods=["POST"]),
    Route("/lab/archive", download, methods=["GET"]),
    Route("/lab/archive", upload, methods=["POST"]),
]
