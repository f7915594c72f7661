"""Who asks: a visitor is a random number in a cookie; the teacher is whoever holds the key of the server.

The cookie comes with the first page, and nobody needs to log in. What is kept of it is its SHA-256, so that the index
tells no one how to be somebody else. Scripts of a page cannot read it, and a page from elsewhere can make no request
that changes anything: such a request must carry a header of ours and, where the browser names one, our own origin.
"""

import hashlib
import hmac
import os
import re
import secrets
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import Scope

from ui.pack import RefusedError

COOKIE = "lab_visitor"
LASTS = 400 * 24 * 3600  # seconds, the most that browsers allow
FORM = re.compile(r"[0-9a-f]{32}")
OWN_HEADER, KEY_HEADER = "x-lab", "x-lab-key"
KEY_FILE, KEY_VARIABLE = "teacher.key", "ATTENTION_LAB_KEY"


def cookie_in(header: str | None) -> str | None:
    """Find the visitor's number in a Cookie header; None if there is none of the right form."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header or "")
    except CookieError:
        return None
    value = jar[COOKIE].value if COOKIE in jar else ""
    return value if FORM.fullmatch(value) else None


def visitor_id(cookie: str | None) -> str | None:
    """Give the name under which the index knows the bearer of a cookie; None for what is no cookie of ours."""
    return hashlib.sha256(cookie.encode()).hexdigest() if isinstance(cookie, str) and FORM.fullmatch(cookie) else None


def new_cookie() -> str:
    """Draw a number for a new visitor."""
    return secrets.token_hex(16)


def set_cookie(value: str, secure: bool) -> bytes:
    """Write the header that gives a browser its number.

    Lax and not Strict: coming from a link on another site, a Strict cookie would stay behind, the visitor would look
    like a new one, and the new number would replace the one that all the visitor's runs belong to.
    """
    flags = "; Secure" if secure else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={LASTS}; HttpOnly; SameSite=Lax{flags}".encode()


def greet(scope: Scope) -> str | None:
    """Note in a request who sends it; give the number to set if it is somebody new."""
    header = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    known = cookie_in(header)
    value = known or new_cookie()
    scope["lab_visitor"], scope["lab_known"] = visitor_id(value), known is not None
    return None if known else value


def visitor_of(request: Request) -> str:
    """Give the SHA-256 of the cookie that a request carries, or that its answer will set."""
    if "lab_visitor" not in request.scope:
        greet(request.scope)
    return request.scope["lab_visitor"]


def require_known(request: Request) -> str:
    """Give the visitor; RefusedError for one who came without a cookie, and could never ask for what is begun here."""
    visitor = visitor_of(request)
    if not request.scope["lab_known"]:
        raise RefusedError(403, "jobs.refuse.cookie")
    return visitor


def require_own_page(request: Request) -> None:
    """Refuse a request that a page of another site may have sent in a visitor's name."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if request.headers.get(OWN_HEADER) != "1" or foreign:
        raise RefusedError(403, "jobs.refuse.page")


def key_of(folder: Path) -> str:
    """Give the teacher's key: from the environment, else from its file, which is made at the first start."""
    chosen = os.environ.get(KEY_VARIABLE, "").strip()
    return chosen or _key_in(folder / KEY_FILE)


def where_key_lies(folder: Path) -> str:
    """Say where whoever runs the server finds the key; the key itself is never printed."""
    key_of(folder)
    return KEY_VARIABLE if os.environ.get(KEY_VARIABLE, "").strip() else str(folder / KEY_FILE)


def _key_in(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if key := file.read_text(encoding="ascii", errors="replace").strip():
            return key
        file.unlink()  # emptied, or its writing was cut off
        return _key_in(file)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(key := secrets.token_urlsafe(18))
    return key


def is_teacher(request: Request) -> bool:
    """Say whether the teacher asks; RefusedError for a wrong key, so that a mistyped one is noticed."""
    from ui.jobs import jobs  # imports torch, which must not delay the server's start

    given = request.headers.get(KEY_HEADER)
    if given is None:
        return False
    if not hmac.compare_digest(given.encode("utf-8", "replace"), key_of(jobs().folders.root).encode()):
        raise RefusedError(403, "jobs.refuse.key")
    return True
