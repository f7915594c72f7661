"""How long a browser may keep an answer in bytes: a minute what is said of shipped runs, all else until it asks anew.

Anybody's own run may be deleted, brought back or trained on at any moment, and no page may show it from a browser's
cache after that. To ask anew costs one short answer, 304, as long as nothing has changed.
"""

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

A_MINUTE = "private, max-age=60"
ASK_ANEW = "private, no-cache"


def parcel(request: Request, body: bytes) -> Response:
    """Give what /lab/... answered to this request, or 304 if the browser has these very bytes."""
    kind = "application/octet-stream"
    if _of_shipped_runs(request.query_params):
        return Response(body, media_type=kind, headers={"Cache-Control": A_MINUTE})
    seal = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": ASK_ANEW, "ETag": seal}
    if seal in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _of_shipped_runs(asked: Mapping[str, str]) -> bool:
    """Say whether an answer speaks of nothing but what came with the app; a comparison of models lists everybody's."""
    from transformer.runs import RunError, find_run
    from ui.runs_list import is_shipped

    try:
        return "run" in asked and asked.get("ask") != "runs" and is_shipped(find_run(asked["run"]))
    except RunError:  # gone this very moment
        return False
