"""The roads of people's own sentence pairs: bring a text, see how it is understood, choose, and train on it.

    POST /lab/texts                   the bytes of a file, or {paste}                  -> TEXT
    GET  /lab/texts                   one's own texts                                  -> {texts, limits, kinds}
    POST /lab/texts/ID                {encoding, delimiter, header, src, tgt, longest} -> TEXT, or {delete: true}
    GET  /lab/texts/ID                                                                 -> TEXT
    GET  /lab/texts/ID/vocabulary?kind=&size=    what a vocabulary would make of it
    GET  /lab/texts/ID/pairs.csv      the cleaned pairs for a spreadsheet

A text arrives as a stream that is broken off at the limit, and goes to the disk piece by piece: it is never held in
memory before its first bytes and its size have been looked at. One text is read at a time, in a thread of its own, so
that the pictures of all others go on.
"""

import asyncio
import errno
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui import own_texts
from ui.asking import NOT_KEPT, answer_to, json_from, number_in, refused, road
from ui.pack import RefusedError
from ui.visitors import require_known, require_own_page, visitor_of

MOST_MB = 5
MOST_BYTES = MOST_MB << 20
START = 4096  # bytes that tell a text from what is none
PATIENCE = 60.0  # seconds for a text to arrive
MOST_WAITING = 200  # questions about texts that wait for their turn; a class of sixty may bring theirs at once
TURN = 5e-5  # seconds: reading is Python alone, and a picture takes hundreds of turns; it cannot wait 5 ms for each
_reader = ThreadPoolExecutor(1, "texts", lambda: sys.setswitchinterval(TURN))
_waiting: set[int] = set()


async def bring(request: Request) -> Response:
    """POST /lab/texts : take in a text and say how it is understood."""
    place: Path | None = None
    try:
        require_own_page(request)
        owner = require_known(request)
        place = await run_in_threadpool(own_texts.incoming)
        async with asyncio.timeout(PATIENCE):
            await receive(request, place)
        pasted = request.headers.get("content-type", "").startswith("application/json")
        return JSONResponse(await in_turn(_take, place, owner, pasted), headers=NOT_KEPT)
    except TimeoutError:
        return refused(RefusedError(408, "corpus.refused.slow"))
    except OSError as error:
        return answer_to(told(error))
    except Exception as error:
        return answer_to(error)
    finally:
        if place is not None:
            place.unlink(missing_ok=True)


async def receive(request: Request, place: Path) -> None:
    """Write a body to the disk as it comes; RefusedError as soon as it is too large, or begins like no text."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 12 or int(said) > MOST_BYTES):
        raise RefusedError(413, "corpus.refused.too_large", limit=MOST_MB)
    size, start, checked = 0, b"", False
    with place.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BYTES:
                raise RefusedError(413, "corpus.refused.too_large", limit=MOST_MB)
            file.write(chunk)
            start += chunk[: START - len(start)]
            if not checked and len(start) == START:
                checked = True
                await run_in_threadpool(_check_start, start)


def _check_start(start: bytes) -> None:
    from ui.own_reading import check_start

    check_start(start)


def _take(place: Path, owner: str, pasted: bool) -> dict[str, Any]:
    from ui.own_reading import take

    if pasted:
        paste = json_from(place.read_bytes()).get("paste")
        text = paste if isinstance(paste, str) else ""
        place.write_bytes(text.encode("utf-8", errors="replace"))
    return take(place, owner)


def change(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST /lab/texts/ID : read it as somebody chose, or forget it."""
    from ui.own_reading import change as changed

    text_id, owner = request.path_params["text"], visitor_of(request)
    if body.get("delete") is True:
        own_texts.remove(own_texts.folder_of(text_id, owner))
        return {"deleted": True}
    return changed(text_id, owner, body)


def show(request: Request, body: None) -> dict[str, Any]:
    """GET /lab/texts/ID : what came of a text."""
    from ui.own_reading import text_in

    return text_in(own_texts.folder_of(request.path_params["text"], visitor_of(request)))


def listing(request: Request, body: None) -> dict[str, Any]:
    """GET /lab/texts : one's own texts."""
    from ui.own_reading import listed

    return listed(visitor_of(request))


def vocabulary(request: Request, body: None) -> dict[str, Any]:
    """GET /lab/texts/ID/vocabulary : what a vocabulary would make of it."""
    from ui.own_reading import vocabulary as facts

    kind, size = request.query_params.get("kind", "task"), number_in(request, "size", 0, 1_000_000)
    return facts(request.path_params["text"], visitor_of(request), kind, size)


def pairs(request: Request, body: None) -> Response:
    """GET /lab/texts/ID/pairs.csv : the cleaned pairs."""
    from ui.own_reading import spreadsheet

    data = spreadsheet(request.path_params["text"], visitor_of(request))
    headers = {**NOT_KEPT, "Content-Disposition": 'attachment; filename="pairs.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def corpus_of(text_id: str, owner: str) -> Path:
    """Give the file of a text's cleaned pairs, as Corpus.from_tsv reads it.

    owner: the SHA-256 of a visitor   RefusedError 404 for a text that is not theirs, 409 for one that is not ready
    """
    return own_texts.pairs_of(own_texts.folder_of(text_id, owner))


# -- answering --------------------------------------------------------------------------------------------------------


async def in_turn(act: Callable[..., Any], *given: Any) -> Any:
    """Do something with a text when all those before it are done; RefusedError 503 if too many wait."""
    if len(_waiting) >= MOST_WAITING:
        raise RefusedError(503, "corpus.refused.busy")
    ticket = id(given)
    _waiting.add(ticket)
    try:
        return await asyncio.get_running_loop().run_in_executor(_reader, lambda: act(*given))
    except OSError as error:
        raise told(error) from error
    finally:
        _waiting.discard(ticket)


def told(error: OSError) -> Exception:
    """Turn a full disk into words; anything else stays what it is."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return RefusedError(507, "corpus.refused.disk") if full else error


routes = [
    Route("/lab/texts", bring, methods=["POST"]),
    Route("/lab/texts", road(listing), methods=["GET"]),
    Route("/lab/texts/{text}", road(change, in_turn), methods=["POST"]),
    Route("/lab/texts/{text}", road(show), methods=["GET"]),
    Route("/lab/texts/{text}/vocabulary", road(vocabulary, in_turn), methods=["GET"]),
    Route("/lab/texts/{text}/pairs.csv", road(pairs, in_turn), methods=["GET"]),
]
