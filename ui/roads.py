"""What the browser asks for without a Streamlit rerun: component files, words, traces as bytes; jobs, runs and texts.

Everything that answers passes here: it gets the security headers, and a new visitor a cookie (visitors.py).
"""

import contextlib
import hashlib
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui import i18n, jobs, visitors
from ui.faults import log_fault
from ui.kept import parcel
from ui.own_data import routes as text_routes
from ui.runs_roads import routes as runs_routes
from ui.training_roads import routes as training_routes

ASSETS = Path(__file__).parent.parent / "assets"
COMPONENTS = ASSETS / "components"
FOREVER = "public, max-age=31536000, immutable"
CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src blob:",
        "frame-ancestors 'self'",
    )
)


def _version() -> str:
    """Name this version of everything the browser keeps: files under it may be cached for ever."""
    seal = hashlib.sha256()
    for path in sorted([*COMPONENTS.rglob("*.*"), *i18n.STRINGS.rglob("*.toml")]):
        seal.update(path.relative_to(ASSETS).as_posix().encode() + path.read_bytes())
    return seal.hexdigest()[:12]


VERSION = _version()


async def trace(request: Request) -> Response:
    """GET /lab/trace?run=&s= : one sentence through one model, as ui/payload.py packs it."""
    asked = request.query_params
    return await _answer(request, "explore", asked.get("run", ""), asked.get("s", ""))


async def whole_pass(request: Request) -> Response:
    """GET /lab/pass?run=&s=&t= : every tensor of one forward pass, as ui/pass_payload.py packs it."""
    asked = request.query_params
    return await _answer(request, "pass", asked.get("run", ""), asked.get("s", ""), asked.get("t", ""))


async def parameters(request: Request) -> Response:
    """GET /lab/parameters?run=&at= : what training learned at one place of a model."""
    asked = request.query_params
    return await _answer(request, "parameters", asked.get("run", ""), asked.get("at", ""))


async def chapter(request: Request) -> Response:
    """GET /lab/chapter?page=&run=&s=&... : what one page asks beside the pass, as its file in ui/chapters/ answers."""
    asked = dict(request.query_params)
    page, run, text = (asked.pop(key, "") for key in ("page", "run", "s"))
    return await _answer(request, "chapter", page, run, text, asked)


async def _answer(request: Request, kind: str, *question: Any) -> Response:
    try:
        return await run_in_threadpool(_told, request, kind, *question)
    except Exception as error:
        return JSONResponse({"error": "error.unexpected", "values": {"id": log_fault(error)}}, status_code=500)


def _told(request: Request, kind: str, *question: Any) -> Response:
    status, body = _packed(kind, *question)
    return parcel(request, body) if isinstance(body, bytes) else JSONResponse(body, status_code=status)


def _packed(kind: str, *question: Any) -> tuple[int, bytes | dict[str, Any]]:
    # These import torch, which must not delay the server's start.
    from ui.chapters import chapter_payload
    from ui.pack import RefusedError
    from ui.pass_payload import parameters_payload, pass_payload
    from ui.payload import explore_payload

    packers = {
        "explore": explore_payload,
        "pass": pass_payload,
        "parameters": parameters_payload,
        "chapter": chapter_payload,
    }
    try:
        return 200, packers[kind](*question)
    except RefusedError as refusal:
        return refusal.status, {"error": refusal.key, "values": refusal.values}


async def strings(request: Request) -> Response:
    """GET /lab/strings?lang=&v= : every text of a language, by key."""
    texts = i18n.words(request.query_params.get("lang", i18n.FIRST))
    return JSONResponse(
        texts,
        headers={"Cache-Control": FOREVER if request.query_params.get("v") == VERSION else "no-cache"},
    )


class Headers:
    """Add the security headers to every answer, lasting caching to the components of this version, cookies to visitors.

    A new visitor's cookie comes with the page itself, or with the first answer that nobody may keep: what a cache
    between us and many browsers might keep must carry nobody's cookie.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lasting = scope["path"].startswith(f"/lab/components/{VERSION}/")
        new = visitors.greet(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    *message["headers"],
                    (b"content-security-policy", CSP.encode()),
                ]
                headers.append((b"x-content-type-options", b"nosniff"))
                if lasting and message["status"] == 200:
                    headers.append((b"cache-control", FOREVER.encode()))
                if new is not None and _is_personal(message["headers"]):
                    headers.append((b"set-cookie", visitors.set_cookie(new, scope.get("scheme") == "https")))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _is_personal(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    found = dict(headers)
    return found.get(b"content-type", b"").startswith(b"text/html") or found.get(b"cache-control") == b"no-store"


def _warm(closing: threading.Event) -> None:
    """Import torch and run the first sentence, so that the first visitor does not wait for it; then open the jobs."""
    from ui import services

    with contextlib.suppress(Exception):  # a run that cannot be loaded says so on the page
        import torch

        torch.set_num_threads(1)  # many visitors, few cores: one thread each
        _packed("explore", services.FIRST_RUN, services.run(services.FIRST_RUN).example)
    if not closing.is_set():
        root = jobs.jobs().open()
        print(f"  The teacher's key: {visitors.where_key_lies(root)}", flush=True)
        from ui.jobs.plan import warm_up

        warm_up()


@contextlib.asynccontextmanager
async def warm(app: Any) -> AsyncIterator[None]:
    """Start warming up when the server starts, beside it, so that it answers at once. Trainings outlive its end."""
    closing = threading.Event()
    threading.Thread(target=_warm, args=(closing,), daemon=True).start()
    yield
    closing.set()
    await run_in_threadpool(jobs.close)


routes = [
    Route("/lab/trace", trace),
    Route("/lab/pass", whole_pass),
    Route("/lab/parameters", parameters),
    Route("/lab/chapter", chapter),
    Route("/lab/strings", strings),
    *training_routes,
    *runs_routes,
    *text_routes,
    Mount(f"/lab/components/{VERSION}", StaticFiles(directory=COMPONENTS)),
]
middleware = [Middleware(Headers)]
