"""What the roads of the Runs page do: who may, and then one rename, one line in the index, one archive.

Nothing that a person sends becomes a path: a name is looked up among the names that are there. RefusedError says why
something cannot be done.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from starlette.requests import Request
from starlette.responses import Response

from transformer import runs
from transformer.run_files.archive import pack_run, sweep_incoming, unpack_run
from transformer.run_files.trash import bring_back, sweep, throw_away, thrown_away
from transformer.run_files.zip_list import MB, MOST_BYTES, ArchiveError
from transformer.runs import RunError, find_run, run_folders
from ui.jobs import jobs
from ui.pack import RefusedError
from ui.runs_list import Shelf, is_shipped, label_of, listing
from ui.runs_reasons import reason_of
from ui.visitors import is_teacher, require_known, require_own_page, visitor_of

MOST_RUNS, MOST_OWN_RUNS = 400, 40  # on this server, and of one visitor
SWEEP_EVERY = 600.0  # seconds
_one_archive = threading.Lock()  # packing and checking take memory: one at a time
_swept = {"at": 0.0}


def shelf() -> Shelf:
    """Give the index of runs."""
    return jobs().runs


def listed(request: Request) -> dict[str, Any]:
    """List the runs for whoever asks."""
    _sweep()
    return listing(shelf(), visitor_of(request), is_teacher(request))


def _sweep() -> None:
    """Now and then, remove for good what was deleted a day ago, and what broken uploads left."""
    now = time.time()
    if now - _swept["at"] < SWEEP_EVERY:
        return
    _swept["at"] = now
    sweep_incoming(runs.OWN_RUNS, now - SWEEP_EVERY)
    gone, left = sweep(runs.OWN_RUNS), {thrown.name for thrown in thrown_away(runs.OWN_RUNS)}
    for name in gone:
        if name not in left and not (runs.OWN_RUNS / name).exists():
            shelf().forget(name)


def changed(request: Request, name: str, question: dict[str, Any]) -> dict[str, Any]:
    """Rename a run, delete it or bring it back; the question says which, and nothing else."""
    require_own_page(request)
    index = shelf()
    match question:
        case {"label": text}:
            label = label_of(text)
            _require_mine(request, index, name, _folder(name))
            index.name_run(name, label)
            return {"name": name, "label": label}
        case {"delete": True}:
            return _delete(request, index, name)
        case {"undo": True}:
            return _undo(request, index, name)
    raise RefusedError(422, "runs.refuse.question")


def _is_thrown(name: str) -> bool:
    return any(one.name == name for one in thrown_away(runs.OWN_RUNS))


def _folder(name: str) -> Path:
    try:
        return find_run(name)
    except RunError:
        raise RefusedError(404, "runs.refuse.gone", name=name[:40]) from None


def _require_mine(request: Request, index: Any, name: str, folder: Path | None) -> None:
    """Only whoever made or brought a run may change it, and the teacher; nobody may change a shipped one."""
    if folder is not None and is_shipped(folder):
        raise RefusedError(403, "runs.refuse.shipped")
    if not is_teacher(request) and index.owners().get(name) != visitor_of(request):
        raise RefusedError(403, "runs.refuse.stranger")


def _delete(request: Request, index: Any, name: str) -> dict[str, Any]:
    """Move a run to the trash. Deleting it twice, as from two windows, is deleting it once.

    It moves from its place to the trash: whoever looks in this order does not miss it on its way.
    """
    try:
        folder = _folder(name)
    except RefusedError:
        if not _is_thrown(name):
            raise
        folder = None
    _require_mine(request, index, name, folder)
    if name in index.writing():
        raise RefusedError(409, "runs.refuse.writing")
    if folder is not None:
        try:
            throw_away(runs.OWN_RUNS, name)
        except OSError as error:
            raise RefusedError(507, "runs.refuse.disk", why=error.strerror or "") from error
    return {"name": name}


def _undo(request: Request, index: Any, name: str) -> dict[str, Any]:
    thrown = _is_thrown(name)  # first: it moves from there to its place
    if not thrown:
        _folder(name)  # brought back already, or gone
    _require_mine(request, index, name, None)
    if thrown and not bring_back(runs.OWN_RUNS, name):
        _folder(name)
    return {"name": name}


def packed(name: str) -> Response:
    """Give a run as a file to keep. Whoever may look at a run may carry it away."""
    folder = _folder(name)
    with _one_archive:
        data = _told(lambda: pack_run(folder))
    ascii_name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
    headers = {"Content-Disposition": f'attachment; filename="{ascii_name}.zip"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/zip", headers=headers)


def bringer(request: Request) -> str:
    """Say who brings a run; RefusedError if there is no room for another one."""
    require_own_page(request)
    visitor = require_known(request)  # without a cookie the run would be nobody's
    if jobs().disk.is_full():
        raise RefusedError(507, "jobs.refuse.disk")
    here = {folder.name for folder in run_folders() if folder.parent == runs.OWN_RUNS}
    own = [name for name, owner in shelf().owners().items() if owner == visitor and name in here]
    for count, most in ((len(here), MOST_RUNS), (0 if is_teacher(request) else len(own), MOST_OWN_RUNS)):
        if count >= most:
            raise RefusedError(409, "runs.refuse.full", most=most)
    return visitor


def brought(file: BinaryIO, visitor: str) -> dict[str, Any]:
    """Make an archive that has arrived a run of whoever brought it."""
    with _one_archive:
        name = _told(lambda: unpack_run(file, runs.OWN_RUNS))
    shelf().adopt(name, visitor, "")
    return {"name": name}


def _told(act: Callable[[], Any]) -> Any:
    """Turn what the archive says into what the page says."""
    try:
        return act()
    except ArchiveError as error:
        reason = reason_of(str(error.values["said"])) if "said" in error.values else {}
        values = {"most": MOST_BYTES // MB, **error.values, **reason}
        raise RefusedError(422, f"runs.archive.{error.why}", **values) from error
    except RunError as error:
        raise RefusedError(422, "runs.archive.no_run", **reason_of(str(error))) from error
