"""The roads of jobs over HTTP: who may do what, what is refused and how, and a class that presses Start at once.

The server is a real one in a thread; the workers learn nothing (fake_worker.py).
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

import asgi
from job_tools import office, until
from transformer import runs
from transformer.tasks import TASKS
from transformer.training import quick
from ui import i18n, jobs, roads, visitors
from ui.jobs.office import Jobs

OWN_PAGE = {"X-Lab": "1"}
SMALL = {"task": "copy", "steps": 30}


class Serving:
    """A server on a port of this machine, its office, and its visitors."""

    def __init__(self, address: str, found: Jobs) -> None:
        self.address, self.jobs = address, found
        self.clients: list[httpx2.Client] = []

    def visitor(self, **headers: str) -> httpx2.Client:
        """Give a new visitor, who has opened a page and so has a cookie."""
        client = self.stranger(**headers)
        assert client.get("/lab/train").status_code == 200
        return client

    def stranger(self, **headers: str) -> httpx2.Client:
        client = httpx2.Client(base_url=self.address, headers={**OWN_PAGE, **headers}, timeout=60)
        self.clients.append(client)
        return client


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    monkeypatch.setenv("FAKE_STEP", "0.002")
    with office(tmp_path, slots=2) as found:
        monkeypatch.setitem(jobs._offices, tmp_path, found)
        config = uvicorn.Config(
            Starlette(routes=roads.routes, middleware=roads.middleware), port=0, log_level="error", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        serving = Serving(f"http://127.0.0.1:{port}", found)
        yield serving
        for client in serving.clients:
            client.close()
        server.should_exit = True
        thread.join()


def start(client: httpx2.Client, token: str = "", **values: Any) -> httpx2.Response:
    token = token or f"token-{time.monotonic_ns()}"
    return client.post("/lab/jobs", json={"recipe": {**SMALL, **values}, "token": token})


def refused(answer: httpx2.Response, status: int, key: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["error"]) == (status, key), answer.text
    for language in i18n.LANGUAGES:
        i18n.say(language, key, **answer.json()["values"])
    return answer.json()["values"]


def followed(client: httpx2.Client, job: str) -> tuple[dict[str, Any], list[int]]:
    """Follow a job to its end as the page does; give it, and the steps that it told of."""
    steps: list[int] = []
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = client.get(f"/lab/jobs/{job}", params={"line": len(steps), "wait": 1}).json()
        steps += [line["step"] for line in answer["lines"]]
        if answer["job"]["state"] not in ("waiting", "running") and not answer["lines"]:
            return answer["job"], steps
    raise AssertionError("it does not end")


# --- what is offered -------------------------------------------------------------------------------------------------


def test_what_can_be_trained_is_told_with_an_example_and_a_recipe_that_works(serving: Serving) -> None:
    client = serving.visitor()
    told = client.get("/lab/train").json()
    assert [task["name"] for task in told["tasks"]] == list(TASKS)
    assert told["visitor_has"] == {"waiting": None, "running": None, "paused": [], "last": None}
    for task in told["tasks"]:
        answer = TASKS[task["name"]].answer(task["example"]["src"])
        assert answer is not None
        assert answer.tgt == task["example"]["tgt"]
        for name, value in task["recipe"].items():
            if name in told["limits"]:
                least, most = told["limits"][name]
                assert least <= value <= most, name
            if name in told["choices"]:
                assert value in told["choices"][name]
    plan = client.post("/lab/plan", json={"recipe": {"task": "copy"}}).json()
    assert plan["steps"] == quick("copy").steps
    assert min(plan["parameters"], plan["bytes"], plan["seconds"]) > 0
    assert (plan["place"], plan["wait_s"]) == (1, 0.0)


# --- one visitor -----------------------------------------------------------------------------------------------------


def test_from_start_to_done_over_the_roads_alone(serving: Serving) -> None:
    serving.jobs.open()
    client = serving.visitor()
    begun = start(client, seed=5).json()
    assert begun["mine"]
    assert (begun["state"], begun["recipe"]["seed"], begun["recipe"]["batch"]) == ("waiting", 5, quick("copy").batch)
    job, steps = followed(client, begun["id"])
    assert steps == list(range(1, 31))
    assert (job["state"], job["run"], job["step"]) == ("done", job["label"], 30)
    assert [each["id"] for each in client.get("/lab/jobs").json()["jobs"]] == [begun["id"]]
    assert client.get("/lab/train").json()["visitor_has"]["last"] == begun["id"]
    answer = client.get(f"/lab/jobs/{begun['id']}", params={"line": 10_000, "frame": 2}).json()
    assert (answer["lines"], answer["line"], answer["frames"]) == ([], 10_000, [20, 30])


def test_pause_resume_and_stop(serving: Serving) -> None:
    serving.jobs.open()
    client = serving.visitor()
    job = start(client, steps=20_000).json()["id"]
    until(lambda: client.get(f"/lab/jobs/{job}").json()["job"]["step"] > 10)
    assert client.post(f"/lab/jobs/{job}", json={"wish": "pause"}).json()["wish"] in ("pause", "go")
    paused, _ = followed(client, job)
    assert (paused["state"], paused["run"]) == ("paused", None)
    assert client.post(f"/lab/jobs/{job}", json={"wish": "resume"}).status_code == 200
    until(lambda: client.get(f"/lab/jobs/{job}").json()["job"]["step"] > paused["step"])
    assert client.post(f"/lab/jobs/{job}", json={"wish": "stop"}).status_code == 200
    stopped, steps = followed(client, job)
    assert stopped["state"] == "stopped"
    assert steps == list(range(1, stopped["step"] + 1))
    refused(client.post(f"/lab/jobs/{job}", json={"wish": "stop"}), 409, "jobs.refuse.state")
    refused(client.post(f"/lab/jobs/{job}", json={"wish": "fly"}), 422, "jobs.refuse.wish")
    refused(client.post(f"/lab/jobs/{job}", json={"wish": ["stop"]}), 422, "jobs.refuse.wish")


def test_a_long_poll_answers_when_there_is_news(serving: Serving) -> None:
    client = serving.visitor()
    job = start(client).json()["id"]
    before = time.monotonic()
    answer = client.get(f"/lab/jobs/{job}", params={"wait": 1}).json()
    assert answer["job"]["state"] == "waiting"
    assert time.monotonic() - before >= 0.9, "nothing was new"
    serving.jobs.open()
    answer = client.get(f"/lab/jobs/{job}", params={"wait": 1}).json()
    assert answer["job"]["state"] != "waiting" or answer["lines"]


# --- strangers, teachers, forgers ------------------------------------------------------------------------------------


def test_a_stranger_sees_a_job_and_cannot_wish(serving: Serving) -> None:
    serving.jobs.open()
    anna, bert = serving.visitor(), serving.visitor()
    job = start(anna, steps=20_000).json()["id"]
    until(lambda: anna.get(f"/lab/jobs/{job}").json()["job"]["step"] > 10)
    seen = bert.get(f"/lab/jobs/{job}").json()
    assert (seen["job"]["mine"], seen["job"]["state"]) == (False, "running")
    assert seen["lines"]
    assert bert.get("/lab/jobs").json() == {"jobs": [], "teacher": False}
    for wish in ("pause", "resume", "stop"):
        refused(bert.post(f"/lab/jobs/{job}", json={"wish": wish}), 403, "jobs.refuse.stranger")
    nobody = serving.stranger()
    refused(nobody.post(f"/lab/jobs/{job}", json={"wish": "stop"}), 403, "jobs.refuse.stranger")
    assert anna.get(f"/lab/jobs/{job}").json()["job"]["state"] == "running"


def test_the_teacher_sees_all_and_can_stop_any(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    serving.jobs.open()
    jobs_of = [start(serving.visitor(), steps=20_000).json()["id"] for _ in range(3)]
    file = serving.jobs.folders.root / visitors.KEY_FILE
    assert visitors.where_key_lies(serving.jobs.folders.root) == str(file)
    assert file.stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"
    teacher = serving.visitor(**{"X-Lab-Key": file.read_text()})
    told = teacher.get("/lab/jobs").json()
    assert told["teacher"]
    assert {each["id"] for each in told["jobs"]} == set(jobs_of)
    refused(teacher.post(f"/lab/jobs/{jobs_of[0]}", json={"wish": "pause"}), 403, "jobs.refuse.stranger")
    for job in jobs_of:
        assert teacher.post(f"/lab/jobs/{job}", json={"wish": "stop"}).status_code == 200
        assert followed(teacher, job)[0]["state"] == "stopped"
    for wrong in ("", "x", file.read_text() + "x", file.read_text()[:-1], "%D0%BA"):
        refused(serving.stranger(**{"X-Lab-Key": wrong}).get("/lab/jobs"), 403, "jobs.refuse.key")
    monkeypatch.setenv(visitors.KEY_VARIABLE, "chosen")
    refused(teacher.get("/lab/jobs"), 403, "jobs.refuse.key")
    assert serving.stranger(**{"X-Lab-Key": "chosen"}).get("/lab/jobs").json()["teacher"]
    assert visitors.where_key_lies(serving.jobs.folders.root) == visitors.KEY_VARIABLE


def test_a_page_of_another_site_can_do_nothing(serving: Serving) -> None:
    anna = serving.visitor()
    job = start(anna).json()["id"]
    posts = [("/lab/jobs", {"recipe": SMALL, "token": "token-other"}), (f"/lab/jobs/{job}", {"wish": "stop"})]
    posts += [("/lab/plan", {"recipe": SMALL})]
    for address, body in posts:
        for headers in ({"X-Lab": ""}, {"X-Lab": "0"}, {"Origin": "null"}, {"Origin": "http://evil.example"}):
            refused(anna.post(address, json=body, headers=headers), 403, "jobs.refuse.page")
        own = {"Origin": serving.address}
        assert anna.post(address, json=body, headers=own).status_code in (200, 429)
    assert anna.get(f"/lab/jobs/{job}").headers["cache-control"] == "no-store"


def test_who_keeps_no_cookie_cannot_start_and_is_told_so(serving: Serving) -> None:
    refused(start(serving.stranger()), 403, "jobs.refuse.cookie")
    for forged in ("x", "0" * 31, "0" * 33, "A" * 32, '"' + "0" * 32 + '"; x', "../../etc", "%00" * 10):
        client = serving.stranger(Cookie=f"{visitors.COOKIE}={forged}")
        answer = client.get("/lab/train")
        assert answer.status_code == 200
        assert visitors.COOKIE in answer.headers.get("set-cookie", ""), "it gets one of ours"
        refused(start(client), 403, "jobs.refuse.cookie")
    assert not serving.jobs.store.jobs()


def test_the_cookie_is_given_once_hidden_and_never_with_what_a_cache_may_keep(serving: Serving) -> None:
    client = serving.stranger()
    kept = client.get(f"/lab/components/{roads.VERSION}/net.js")
    assert kept.status_code == 200
    assert "set-cookie" not in kept.headers
    assert "set-cookie" not in client.get("/lab/strings", params={"v": roads.VERSION}).headers
    given = client.get("/lab/train").headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    assert "Path=/" in given
    assert "set-cookie" not in client.get("/lab/train").headers
    value = client.cookies[visitors.COOKIE]
    start(client)
    everything = b"".join(file.read_bytes() for file in serving.jobs.folders.root.rglob("*") if file.is_file())
    assert value.encode() not in everything, "the index cannot tell how to be somebody else"
    assert str(visitors.visitor_id(value)).encode() in everything


@pytest.mark.parametrize("odd", ["x", "0" * 11, "0" * 13, "A" * 12, "..%2f..%2fx", "%00" * 12, "’" * 12, "0" * 4000])
def test_forged_ids_are_not_there(serving: Serving, odd: str) -> None:
    client = serving.visitor()
    for answer in (
        client.get(f"/lab/jobs/{odd}"),
        client.get(f"/lab/jobs/{odd}?wait=1"),
        client.post(f"/lab/jobs/{odd}", json={"wish": "stop"}),
        client.get("/lab/film", params={"job": odd}),
        client.get("/lab/film", params={"run": odd}),
        client.get("/lab/history", params={"run": odd}),
        client.post("/lab/jobs", json={"recipe": SMALL, "token": "token-text", "text": odd}),
    ):
        assert answer.status_code in (404, 422), answer.text
    refused(client.get(f"/lab/jobs/{'0' * 12}"), 404, "jobs.refuse.job")
    refused(client.get("/lab/film", params={"job": "0" * 12}), 404, "jobs.refuse.job")


def test_odd_bodies_are_refused_before_anything_is_done(serving: Serving) -> None:
    client = serving.visitor()
    for body in (b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 30_000, b'"' + b"x" * 100 + b'"'):
        refused(client.post("/lab/jobs", content=body), 400, "jobs.refuse.request")
    refused(client.post("/lab/jobs", content=b" " * 200_000), 413, "jobs.refuse.body")

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1000

    refused(client.post("/lab/jobs", content=endless()), 413, "jobs.refuse.body")
    for token in (None, "", "short", "x" * 65, "no spaces here", 12345678, ["token-one"]):
        body = {"recipe": SMALL, "token": token}
        refused(client.post("/lab/jobs", json=body), 422, "jobs.refuse.token")
    for query in ("line=-1", "line=x", "line=1e9&frame=%00", "line=" + "9" * 400, "frame=٣"):
        job = start(client, "token-one").json()["id"]
        assert client.get(f"/lab/jobs/{job}?{query}").status_code == 200, "an odd link is adjusted"
    assert len(serving.jobs.store.jobs()) == 1


def test_one_s_own_pairs_are_copied_when_the_job_is_accepted(serving: Serving) -> None:
    anna, bert = serving.visitor(), serving.visitor()
    pairs = "\n".join(f"word {n} here\tmot {n} ici" for n in range(60))
    text = anna.post("/lab/texts", json={"paste": pairs}).json()
    assert text["ready"], text
    body = {"recipe": {"task": "own", "steps": 30}, "text": text["id"], "token": "token-own"}
    plan = anna.post("/lab/plan", json=body).json()
    assert plan["steps"] == 30
    assert bert.post("/lab/jobs", json=body).status_code == 404, "nobody trains on another's texts"
    refused(anna.post("/lab/jobs", json={**body, "recipe": {"task": "copy"}}), 422, "jobs.refuse.not_own")
    refused(anna.post("/lab/jobs", json={**body, "text": None}), 422, "jobs.refuse.own")
    job = anna.post("/lab/jobs", json=body).json()
    assert (job["task"], job["text"]) == ("own", text["id"])
    assert anna.post("/lab/jobs", json=body).json()["id"] == job["id"]
    assert anna.post(f"/lab/texts/{text['id']}", json={"delete": True}).status_code == 200
    copied = serving.jobs.folders.of(job["id"]) / "corpus.tsv"
    assert len(copied.read_text().splitlines()) >= 60
    assert serving.jobs.folders.corpus_of(serving.jobs.get(job["id"])) == copied
    serving.jobs.open()
    assert followed(anna, job["id"])[0]["state"] == "done"
    assert not copied.exists(), "the run has its own"


def test_one_s_own_pairs_are_planned_to_the_last_and_in_sizes_that_work(serving: Serving) -> None:
    """A model must read the longest of all pairs, wherever it stands; a vocabulary is refused with what it can be."""
    anna = serving.visitor()
    long = "one two three four five six seven eight nine ten"
    pairs = [*(f"word {n}\tmot {n}" for n in range(2300)), f"{long}\t{long}"]
    text = anna.post("/lab/texts", json={"paste": "\n".join(pairs)}).json()["id"]

    def plan(**recipe: Any) -> Any:
        return anna.post("/lab/plan", json={"recipe": {"task": "own", "vocabulary": "char", **recipe}, "text": text})

    least = len(long) + 1
    told = refused(plan(max_len=least - 1), 422, "jobs.refuse.length")
    assert told == {"least": least, "value": least - 1}
    assert plan(max_len=least).status_code == 200
    told = refused(plan(vocabulary="bpe", vocabulary_size=5, max_len=99), 422, "corpus.refused.size")
    assert plan(vocabulary="bpe", vocabulary_size=told["smallest"], max_len=99).status_code == 200


# --- recipes ---------------------------------------------------------------------------------------------------------

odd_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.integers(), max_size=2),
    st.sampled_from([0, -1, 1, 2, 3, 7, 16, 64, 513, 2**31, 2**63, 10**400, 1e308, -0.0, 0.5, 1e-300]),
    st.sampled_from(["none", "rotary", "own", "word", "bpe", "fr", "\x00", "<b>", "a\ud800", "../../x"]),
)  # fmt: skip
fields = st.sampled_from([*vars(quick("copy")), "nothing", "__class__", ""])
changes = st.dictionaries(fields, odd_values, min_size=1, max_size=3)
FUZZ = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def check_recipes_never_break_anything(serving: Serving, count: int) -> None:
    client = serving.visitor()

    @settings(max_examples=count, **FUZZ)
    @given(st.sampled_from(["copy", "reverse", "fr"]), changes)
    def check(task: str, changed: dict[str, Any]) -> None:
        body = json.dumps({"recipe": {"task": task, **changed}}).encode()
        answer = client.post("/lab/plan", content=body)
        if answer.status_code == 200:
            assert answer.json()["bytes"] > 0
        else:
            assert answer.status_code == 422, answer.text
            refused(answer, 422, answer.json()["error"])

    check()
    assert not serving.jobs.store.jobs()
    assert not serving.jobs.runner.children  # pyright: ignore[reportAttributeAccessIssue]
    assert serving.jobs.runner.warm is None, "no process was started"  # pyright: ignore[reportAttributeAccessIssue]


def test_five_hundred_recipes_never_break_anything(serving: Serving) -> None:
    check_recipes_never_break_anything(serving, 500)


@pytest.mark.full
def test_five_thousand_recipes_never_break_anything(serving: Serving) -> None:
    check_recipes_never_break_anything(serving, 5000)


@pytest.mark.parametrize(
    ("values", "key", "told"),
    [
        ({"d_model": 50, "heads": 4}, "split", {"nearest": 48}),
        ({"d_model": 33, "heads": 1, "position": "sinusoidal"}, "even_sinusoidal", {"nearest": 32}),
        ({"d_model": 36, "heads": 12, "position": "rotary"}, "even_rotary", {"nearest": 48}),
        ({"heads": 0}, "range", {"least": 1, "most": 16, "value": "0"}),
        ({"learning_rate": 5}, "range", {"field": "learning_rate"}),
        ({"steps": 10.5}, "whole", {"field": "steps"}),
        ({"position": "left"}, "choice", {"value": "left", "field_key": "jobs.field.position"}),
        ({"norm_first": 1}, "switch", {"field": "norm_first"}),
        ({"seed": True}, "number", {"value": "True"}),
        ({"colour": "red"}, "unknown", {"name": "colour"}),
        ({"max_len": 4}, "length", {"value": 4}),
        ({"probe": "x" * 600}, "probe", {}),
        ({"probe": "\x00"}, "probe", {}),
        ({"task": "fr", "tie_embeddings": True}, "tie", {}),
        ({"task": "fr", "vocabulary": "bpe", "vocabulary_size": 8000}, "pieces", {"size": 8000}),
        ({"task": "own"}, "own", {}),
    ],
)
def test_every_refusal_names_what_would_work(serving: Serving, values: Any, key: str, told: dict[str, Any]) -> None:
    client = serving.visitor()
    found = refused(client.post("/lab/plan", json={"recipe": {"task": "copy", **values}}), 422, f"jobs.refuse.{key}")
    assert told.items() <= found.items()
    if "nearest" in found:
        again = {"task": "copy", **values, "d_model": found["nearest"]}
        assert client.post("/lab/plan", json={"recipe": again}).status_code == 200


def test_a_model_too_large_for_the_memory_is_refused_with_the_nearest_that_fits(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.jobs import plan

    monkeypatch.setattr(plan, "memory_of_one", lambda slots: 400 << 20)
    plan._plan.cache_clear()
    client = serving.visitor()
    large = {"task": "copy", "batch": 500, "d_model": 128, "d_ff": 512}
    found = refused(client.post("/lab/plan", json={"recipe": large}), 422, "jobs.refuse.memory")
    assert float(found["needs"]) > float(found["most"]) == 0.39
    small = {**large, found["field"]: found["nearest"]}
    assert client.post("/lab/plan", json={"recipe": small}).json()["bytes"] <= 400 << 20
    refused(client.post("/lab/jobs", json={"recipe": large, "token": "token-one"}), 422, "jobs.refuse.memory")
    assert not serving.jobs.store.jobs()
    plan._plan.cache_clear()


# --- a class ---------------------------------------------------------------------------------------------------------


async def press_start(address: str, n: int, begin: float) -> tuple[float, dict[str, Any], httpx2.Cookies]:
    async with httpx2.AsyncClient(base_url=address, headers=OWN_PAGE, timeout=60) as client:
        await client.get("/lab/train")
        await asyncio.sleep(max(0.0, begin + n / 60 - time.monotonic()))
        pressed = time.monotonic()
        body = {"recipe": {**SMALL, "seed": n}, "token": f"token-{n:04d}"}
        answer = await client.post("/lab/jobs", json=body)
        return time.monotonic() - pressed, answer.json(), client.cookies


def test_sixty_press_start_within_a_second(serving: Serving) -> None:
    """All see their place, all end; how soon is a figure of benchmarks/jobs.py."""

    async def together() -> list[tuple[float, dict[str, Any], httpx2.Cookies]]:
        begin = time.monotonic() + 3.0
        return await asyncio.gather(*(press_start(serving.address, n, begin) for n in range(60)))

    serving.visitor().post("/lab/plan", json={"recipe": SMALL})
    serving.jobs.open()
    pressed = asgi.run(together())
    assert len({str(cookies) for *_, cookies in pressed}) == 60
    for _, job, _ in pressed:
        assert job["mine"]
        assert job["place"] is not None or job["state"] != "waiting"
        for language in i18n.LANGUAGES:
            assert i18n.say(language, job["says"]["key"], **job["says"]["values"])
    until(lambda: not serving.jobs.store.in_state("waiting", "running"), 120)
    ends = [serving.jobs.get(job["id"]) for _, job, _ in pressed]
    assert [job.state for job in ends] == ["done"] * 60
    assert len({job.name for job in ends}) == 60
    assert sorted(job.name for job in ends) == sorted(run.name for run in serving.jobs.folders.runs.glob("copy-*"))


def test_sixty_who_look_at_one_job_do_not_hold_it_up(serving: Serving) -> None:
    serving.jobs.open()
    job = start(serving.visitor(), steps=200).json()["id"]

    async def look() -> int:
        steps = 0
        async with httpx2.AsyncClient(base_url=serving.address, timeout=60) as client:
            while True:
                found = (await client.get(f"/lab/jobs/{job}", params={"line": steps, "wait": 1})).json()
                assert not found["job"]["mine"]
                steps += len(found["lines"])
                if found["job"]["state"] not in ("waiting", "running") and not found["lines"]:
                    return steps

    async def together() -> list[int]:
        return await asyncio.gather(*(look() for _ in range(60)))

    assert asgi.run(together()) == [200] * 60


def test_nothing_of_a_job_is_left_in_the_way_of_the_runs(serving: Serving) -> None:
    from ui import services

    serving.jobs.open()
    client, other = serving.visitor(), serving.visitor()
    job, _ = followed(client, start(client).json()["id"])
    running = start(other, steps=20_000).json()["id"]
    until(lambda: other.get(f"/lab/jobs/{running}").json()["job"]["step"] > 10)
    names = [run.name for run in services.runs()]
    assert job["run"] in names
    assert not [name for name in names if name.startswith(".")]
    own = [run.name for run in services.runs_for(client.cookies[visitors.COOKIE])]
    assert job["run"] in own
    assert job["run"] not in [run.name for run in services.runs_for(other.cookies[visitors.COOKIE])]
    assert job["run"] in [run.name for run in services.runs_for(None, job["run"])], "a link shows it to anybody"
    serving.jobs.runs.name_run(job["run"], "Anna's first")
    assert services.label(job["run"]) == "Anna's first"
    assert client.get(f"/lab/jobs/{job['id']}").json()["job"]["label"] == "Anna's first"
