"""The roads of the Train page: what can be trained, what it would need, and the jobs that people started.

    GET  /lab/train            tasks with their examples and quick recipes, choices, limits
    POST /lab/plan             what a recipe would need: parameters, bytes, seconds
    POST /lab/jobs             start            GET /lab/jobs          one's own (with the teacher's key: all)
    POST /lab/jobs/ID          a wish           GET /lab/jobs/ID       how it goes: only what is new
    GET  /lab/film, /lab/history    the heads as they formed, and what was measured on the way

Anybody may look at a job whose link he has; only its owner may wish, and the teacher.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.asking import number_in, refused, road
from ui.jobs import jobs
from ui.jobs.job import ACTIVE, JOB_ID, TOKEN
from ui.jobs.progress import frames
from ui.kept import parcel
from ui.pack import RefusedError
from ui.visitors import is_teacher, require_known, visitor_of

if TYPE_CHECKING:
    from pathlib import Path

    from ui.jobs.office import Jobs

MOST_LINES, MOST_FRAMES, FAR = 2000, 500, 10_000_000
PATIENCE, LOOK_EVERY = 1.0, 0.04  # seconds of a long poll, and between two looks of it


def office(request: Request) -> "Jobs":
    """Give the jobs, and take note of who asks."""
    found = jobs()
    found.notice(visitor_of(request))
    return found


def job_in(request: Request) -> str:
    """Read the id of a job from the address; RefusedError 404 for what is none."""
    job_id = request.path_params["job"]
    if not JOB_ID.fullmatch(job_id):
        raise RefusedError(404, "jobs.refuse.job")
    return job_id


def train(request: Request, body: None) -> dict[str, Any]:
    """GET /lab/train : what can be trained here, and how much of it."""
    from ui.jobs.menu import menu

    found = office(request)
    queue = found.store.in_state("waiting"), found.store.in_state("running")
    now = {"waiting": len(queue[0]), "running": len(queue[1]), "visitor_has": found.has(visitor_of(request))}
    return {**menu(found.runner.slots), **now}


def plan(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST /lab/plan : what a recipe would need, and where it would stand in the queue."""
    from ui.jobs.plan import plan_of

    found, visitor = office(request), visitor_of(request)
    recipe, corpus, _ = wanted_in(body, visitor)
    needed = plan_of(recipe, corpus)
    place, wait = found.would_wait(visitor, needed.seconds)
    return {**needed.told(), "place": place, "wait_s": round(wait, 1)}


def start(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST /lab/jobs : let a training join the queue."""
    import dataclasses

    from ui.jobs.office import Wanted
    from ui.jobs.plan import plan_of

    visitor, found = require_known(request), office(request)
    token = body.get("token")
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise RefusedError(422, "jobs.refuse.token")
    recipe, corpus, text = wanted_in(body, visitor)
    needed = plan_of(recipe, corpus)
    values = dataclasses.asdict(recipe)
    wanted = Wanted(values, needed.parameters, needed.n_bytes, needed.seconds, text, corpus)
    return found.told(found.start(visitor, wanted, token), visitor)


def wanted_in(body: Mapping[str, Any], visitor: str) -> "tuple[Any, Path | None, str]":
    """Read what is to be trained: recipe, the file of one's own pairs, and their id."""
    from ui.jobs.plan import pairs_in, stamp_of
    from ui.jobs.wanted import recipe_from

    text = body.get("text")
    if text is None:
        return recipe_from(body.get("recipe")), None, ""
    from ui.own_data import corpus_of

    if not isinstance(text, str) or not JOB_ID.fullmatch(text):
        raise RefusedError(404, "jobs.refuse.text_id")
    corpus = corpus_of(text, visitor)
    stamp = stamp_of(corpus)
    return recipe_from(body.get("recipe"), pairs_in(stamp) if stamp else None), corpus, text


def listing(request: Request, body: None) -> dict[str, Any]:
    """GET /lab/jobs : one's own jobs, or all of them for the teacher."""
    found, visitor = office(request), visitor_of(request)
    teacher = is_teacher(request)
    listed = found.store.jobs(None if teacher else visitor)
    return {"jobs": [found.told(job, visitor, teacher) for job in listed], "teacher": teacher}


def wish(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST /lab/jobs/ID : pause, resume or stop."""
    found, visitor = office(request), visitor_of(request)
    job, asked = found.get(job_in(request)), body.get("wish")
    teacher = is_teacher(request)
    if job.owner != visitor and not (teacher and asked == "stop"):
        raise RefusedError(403, "jobs.refuse.stranger")
    if not isinstance(asked, str):
        raise RefusedError(422, "jobs.refuse.wish")
    return found.told(found.ask(job, asked), visitor, teacher)


def progress(request: Request, body: None) -> dict[str, Any]:
    """Tell what is new about a job since line `line` and frame `frame`."""
    from ui.jobs.events import events_of

    found, visitor = office(request), visitor_of(request)
    job = found.get(job_in(request))
    line, frame = number_in(request, "line", 0, FAR), number_in(request, "frame", 0, FAR)
    run, told = found.folders.run_of(job), found.told(job, visitor)  # first: of one that is over, nothing more is asked
    lines, steps = found.logs.lines(run, line, MOST_LINES), frames(run)[frame : frame + MOST_FRAMES]
    return {"job": told, "line": line, "lines": lines, "frame": frame, "frames": steps, "events": events_of(run)}


async def follow(request: Request) -> Response:
    """GET /lab/jobs/ID : how it goes; with wait=1 the answer comes when there is news, or after a second."""
    if request.query_params.get("wait") == "1" and JOB_ID.fullmatch(request.path_params["job"]):
        try:
            await wait_for_news(request, request.path_params["job"])
        except RefusedError as refusal:
            return refused(refusal)
    return await road(progress)(request)


async def wait_for_news(request: Request, job_id: str) -> None:
    """Wait until a job has something to tell that the asker, who has so many lines and frames, does not know."""
    found, until = await run_in_threadpool(jobs), time.monotonic() + PATIENCE
    line, frame = number_in(request, "line", 0, FAR), number_in(request, "frame", 0, FAR)
    before = await run_in_threadpool(found.news, job_id)
    run = found.folders.run_of(before.job)
    if before.job.state not in ACTIVE or found.logs.lines(run, line, 1) or frames(run)[frame:]:
        return
    while time.monotonic() < until and found.news(job_id) == before:
        await asyncio.sleep(LOOK_EVERY)


def film(request: Request, body: None) -> bytes | Response:
    """GET /lab/film?job=|run=&frame=&most= : attention maps as they formed."""
    from ui.film import MOST_FRAMES_SENT, film_parcel

    found = office(request)
    run, over = run_in(request, found)
    first, most = number_in(request, "frame", 0, FAR), max(1, number_in(request, "most", 8, MOST_FRAMES_SENT))
    if over:
        return parcel(request, film_parcel(run, found.logs, first, most))
    job = request.query_params["job"]
    packed = found.read_run(job, lambda place: film_parcel(place, found.logs, first, most))
    return Response(packed, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


def history(request: Request, body: None) -> dict[str, Any]:
    """GET /lab/history?run=&line= : what was measured while a run was trained."""
    from ui.film import facts_of
    from ui.jobs.events import events_of

    found = office(request)
    run, _ = run_in(request, found)
    facts, line = facts_of(run), number_in(request, "line", 0, FAR)
    lines = found.logs.lines(run, line, MOST_LINES)
    return {**facts, "line": line, "lines": lines, "frames": frames(run), "events": events_of(run)}


def run_in(request: Request, found: "Jobs") -> "tuple[Path, bool]":
    """Find the run that the address names, by its job or by its name, and whether it will change no more."""
    from transformer.runs import RunError, find_run

    asked = request.query_params
    if "job" in asked:
        if not JOB_ID.fullmatch(asked["job"]):
            raise RefusedError(404, "jobs.refuse.job")
        job = found.get(asked["job"])
        return found.folders.run_of(job), job.kept
    try:
        return find_run(asked.get("run", "")), True
    except RunError:
        raise RefusedError(404, "error.run", name=asked.get("run", "")[:40]) from None


routes = [
    Route("/lab/train", road(train)),
    Route("/lab/plan", road(plan), methods=["POST"]),
    Route("/lab/jobs", road(start), methods=["POST"]),
    Route("/lab/jobs", road(listing), methods=["GET"]),
    Route("/lab/jobs/{job}", road(wish), methods=["POST"]),
    Route("/lab/jobs/{job}", follow, methods=["GET"]),
    Route("/lab/film", road(film)),
    Route("/lab/history", road(history)),
]
