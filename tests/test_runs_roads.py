"""The roads of the Runs page: who sees and may change what, what is refused and how, and two windows at once."""

import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from job_tools import office
from models import counts
from test_archive import bomb, make_run
from transformer import load_run, runs
from transformer.run_files.archive import INCOMING, pack_run
from transformer.run_files.trash import KEPT_FOR, TRASH
from ui import i18n, jobs, roads, runs_acts, runs_list, runs_roads, visitors
from ui.jobs.office import Jobs

OWN_PAGE = {"X-Lab": "1"}


class Class:
    """A server without Streamlit around it, its folder of runs, and people with a browser each."""

    def __init__(self, root: Path, found: Jobs) -> None:
        self.root, self.jobs = root, found
        self.app = Starlette(routes=roads.routes, middleware=roads.middleware)

    def person(self, **headers: str) -> TestClient:
        """Somebody who has opened a page, and so has a cookie."""
        client = TestClient(self.app, headers={**OWN_PAGE, **headers})
        assert client.get("/lab/runs").status_code == 200
        return client

    def teacher(self) -> TestClient:
        return self.person(**{"X-Lab-Key": visitors.key_of(self.jobs.folders.root)})

    def on_disk(self) -> set[str]:
        return {path.name for path in self.root.iterdir() if path.name[0] != "."}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Class]:
    root = tmp_path / "runs"
    root.mkdir()
    monkeypatch.setattr(runs, "OWN_RUNS", root)
    with office(root) as found:
        monkeypatch.setitem(jobs._offices, root, found)
        yield Class(root, found)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return pack_run(make_run(tmp_path_factory.mktemp("packed") / "fr-12ab"))


def bring(person: TestClient, data: bytes) -> str:
    answer = person.post("/lab/archive", content=data)
    assert answer.status_code == 200, answer.text
    return answer.json()["name"]


def ask(person: TestClient, name: str, **wish: Any) -> Any:
    return person.post(f"/lab/runs/{name}", json=wish)


def lines(person: TestClient) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in person.get("/lab/runs").json()["runs"]}


def refused(answer: Any, status: int, key: str) -> dict[str, Any]:
    """A refusal is a key that every language has, with its values."""
    assert (answer.status_code, answer.json().get("error")) == (status, key), answer.text
    for language in i18n.LANGUAGES:
        assert "{" not in i18n.say(language, key, **answer.json()["values"])
    return answer.json()["values"]


# --- the list --------------------------------------------------------------------------------------------------------


def test_everybody_sees_the_shipped_runs_and_may_not_change_them(room: Class) -> None:
    anna = room.person()
    found = lines(anna)
    assert set(found) == {path.name for path in runs.SHIPPED_RUNS.iterdir()}
    for name, line in found.items():
        run = load_run(name)
        assert line["shipped"] and not line["may"] and not line["mine"] and line["error"] is None
        assert line["parameters"] == run.model.config.n_parameters
        assert line["layers"] == [run.model.config.n_encoder_layers, run.model.config.n_decoder_layers]
        assert (line["heads"], line["d_model"]) == (run.model.config.n_heads, run.model.config.d_model)
        assert line["exact_match"] == run.info["results"]["exact_match"]
        assert line["steps"] == run.info["results"]["steps_done"]
        assert line["frames"] == len(list((run.path / "snapshots").iterdir()))
        metrics = [json.loads(text) for text in (run.path / "metrics.jsonl").read_text().splitlines()]
        told = {(one["step"], one["valid_loss"]) for one in metrics if "valid_loss" in one}
        assert {(step, loss) for step, loss, _ in line["curve"]} <= told
        assert max(told) == tuple(line["curve"][-1][:2])
        refused(ask(anna, name, delete=True), 403, "runs.refuse.shipped")
        refused(ask(anna, name, label="mine"), 403, "runs.refuse.shipped")
        refused(ask(room.teacher(), name, delete=True), 403, "runs.refuse.shipped")


def test_a_run_is_seen_by_whoever_brought_it_and_by_the_teacher(room: Class, packed: bytes) -> None:
    anna, bert = room.person(), room.person()
    name = bring(anna, packed)
    assert (lines(anna)[name]["mine"], lines(anna)[name]["may"]) == (True, True)
    assert name not in lines(bert)
    seen = lines(room.teacher())[name]
    assert (seen["mine"], seen["may"]) == (False, True)


def test_a_run_from_the_command_line_is_for_all_to_see_and_for_the_teacher_to_change(room: Class) -> None:
    make_run(room.root / "by-hand")
    anna = room.person()
    line = lines(anna)["by-hand"]
    assert (line["nobodys"], line["mine"], line["may"]) == (True, False, False)
    refused(ask(anna, "by-hand", delete=True), 403, "runs.refuse.stranger")
    assert ask(room.teacher(), "by-hand", label="From the shell").status_code == 200
    assert lines(anna)["by-hand"]["label"] == "From the shell"


def test_a_damaged_run_is_listed_with_its_reason_and_can_be_deleted(room: Class, packed: bytes) -> None:
    anna = room.person()
    name = bring(anna, packed)
    (room.root / name / "model.safetensors").write_bytes(b"?")
    (room.root / name / "manifest.json").touch()
    line = lines(anna)[name]
    assert (line["error"]["why"], line["error"]["file"]) == ("runs.why.damaged", "model.safetensors")
    assert line["task"] == "fr"
    refused(anna.get("/lab/archive", params={"run": name}), 422, "runs.archive.no_run")
    assert ask(anna, name, delete=True).status_code == 200
    assert name not in lines(anna)


@pytest.mark.parametrize("spoilt", ["config.json", "manifest.json", "metrics.jsonl"])
@pytest.mark.parametrize(
    "text", ["", "[]", "[" * 9999, '{"step": 1e999, "valid_loss": NaN}', "\x00\xff", '{"files": {"a": 7}}']
)
def test_the_list_survives_whatever_lies_in_a_folder(room: Class, packed: bytes, spoilt: str, text: str) -> None:
    anna = room.person()
    name = bring(anna, packed)
    (room.root / name / spoilt).write_text(text, encoding="latin-1")
    os.utime(room.root / name / "manifest.json")
    line = lines(anna)[name]
    assert line["error"] is not None
    (room.root / "a file").write_text("?")
    (room.root / "a link").symlink_to(runs.SHIPPED_RUNS / "fr")
    (room.root / "empty").mkdir()
    assert lines(anna).keys() >= {name, "empty"}


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Seed two", "Seed two"),
        ("  two   spaces\t", "two spaces"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("我的第一个模型", "我的第一个模型"),
        ("שלום", "שלום"),
        ("हिन्दी", "हिन्दी"),
        ("it's (2) _x-1.", "it's (2) _x-1."),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_name_that_people_can_read_is_taken(room: Class, packed: bytes, text: str, label: str) -> None:
    anna = room.person()
    name = bring(anna, packed)
    assert ask(anna, name, label=text).json() == {"name": name, "label": label}
    assert lines(anna)[name]["label"] == label
    assert room.on_disk() == {name}, "the folder keeps its name"


OTHERS: list[Any] = [
    "",
    " ",
    "x" * 41,
    "x" * 300,
    "<b>bold</b>",
    "🐈",
    "a/b",
    "..\\x",
    "a\u202eb",
    "a\x00b",
    "a\nb\x1b",
]
OTHERS += ["\ud800", "\u0301", "$x$", "{name}", ":red[x]", None, 7, ["x"], {"a": 1}, True]


@pytest.mark.parametrize("text", OTHERS, ids=ascii)
def test_any_other_name_is_refused(room: Class, packed: bytes, text: Any) -> None:
    anna = room.person()
    name = bring(anna, packed)
    body = json.dumps({"label": text}).encode()
    refused(anna.post(f"/lab/runs/{name}", content=body), 422, "runs.refuse.label")
    assert lines(anna)[name]["label"] is None


@counts(2000)
def test_a_label_is_plain_text_or_refused(count: int) -> None:
    @settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    @given(st.text(max_size=60))
    def check(text: str) -> None:
        try:
            label = runs_list.label_of(text)
        except runs_list.RefusedError:
            return
        assert 1 <= len(label) <= 40
        assert runs_list.label_of(label) == label
        assert not set(label) & set('<>&"`$/\\{}[]:*#\n\r\t\x00\u202e\u200b\u2066')

    check()


# --- deleting --------------------------------------------------------------------------------------------------------


def test_deleting_can_be_taken_back(room: Class, packed: bytes) -> None:
    anna, bert = room.person(), room.person()
    name = bring(anna, packed)
    ask(anna, name, label="Mine")
    refused(ask(bert, name, delete=True), 403, "runs.refuse.stranger")
    assert ask(anna, name, delete=True).status_code == 200
    assert room.on_disk() == set()
    told = anna.get("/lab/runs").json()["trash"]
    assert [(line["name"], line["label"]) for line in told] == [(name, "Mine")]
    assert abs(told[0]["until"] - time.time() - KEPT_FOR) < 60
    assert bert.get("/lab/runs").json()["trash"] == []
    refused(ask(bert, name, undo=True), 403, "runs.refuse.stranger")
    assert ask(anna, name, undo=True).status_code == 200
    assert pack_run(room.root / name) == packed
    assert lines(anna)[name]["label"] == "Mine"


def test_two_windows_that_delete_the_same_run_delete_it_once(room: Class, packed: bytes) -> None:
    anna = room.person()
    name = bring(anna, packed)
    for _ in range(20):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ask(anna, name, delete=True), range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(list((room.root / TRASH).iterdir())) == 1
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ask(anna, name, undo=True), range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert pack_run(room.root / name) == packed


def test_after_a_day_it_is_gone(room: Class, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = room.person()
    name = bring(anna, packed)
    ask(anna, name, delete=True)
    (thrown,) = (room.root / TRASH).iterdir()
    thrown.rename(thrown.with_name(f"{name}@{int(1000 * (time.time() - KEPT_FOR - 5))}"))
    monkeypatch.setitem(runs_acts._swept, "at", 0.0)
    assert anna.get("/lab/runs").json()["trash"] == []
    assert not list((room.root / TRASH).iterdir())
    refused(ask(anna, name, undo=True), 404, "runs.refuse.gone")
    refused(ask(anna, name, delete=True), 404, "runs.refuse.gone")
    assert name not in room.jobs.runs.owners()


def test_a_run_that_a_training_writes_is_not_deleted(
    room: Class, packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = room.person()
    name = bring(anna, packed)
    monkeypatch.setattr(room.jobs.runs, "writing", lambda: {name})
    refused(ask(anna, name, delete=True), 409, "runs.refuse.writing")
    assert room.on_disk() == {name}


def test_a_run_that_is_gone_while_it_is_looked_at_says_so(room: Class, packed: bytes) -> None:
    anna = room.person()
    name = bring(anna, packed)
    assert anna.get("/lab/trace", params={"run": name, "s": "the animal"}).status_code == 200
    ask(anna, name, delete=True)
    refused(anna.get("/lab/trace", params={"run": name, "s": "the animal"}), 404, "error.run")
    refused(ask(anna, name, label="x"), 404, "runs.refuse.gone")


def test_a_deleted_run_gives_way_to_one_of_its_name(room: Class, packed: bytes) -> None:
    anna = room.person()
    name = bring(anna, packed)
    ask(anna, name, delete=True)
    assert bring(anna, packed) == name
    assert ask(anna, name, undo=True).status_code == 200, "the one that is there is the answer"
    assert len(list((room.root / TRASH).iterdir())) == 1


# --- archives --------------------------------------------------------------------------------------------------------


def test_a_run_is_carried_away_and_brought_in(room: Class, packed: bytes) -> None:
    anna, bert = room.person(), room.person()
    name = bring(anna, packed)
    answer = bert.get("/lab/archive", params={"run": name})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.zip"'
    assert answer.content == packed
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    other = bring(bert, answer.content)
    assert other != name
    assert lines(bert)[other]["mine"]
    assert bert.get("/lab/archive", params={"run": "fr"}).status_code == 200, "a shipped one too"


@pytest.mark.parametrize("run", ["", "nope", "../fr", "/etc", "fr\x00", ".trash", ".jobs", "a" * 999, "<b>", "%2e%2e"])
def test_only_runs_are_carried_away(room: Class, run: str) -> None:
    refused(room.person().get("/lab/archive", params={"run": run}), 404, "runs.refuse.gone")


def test_what_is_no_archive_is_refused_and_leaves_nothing(room: Class, packed: bytes) -> None:
    anna = room.person()
    refused(anna.post("/lab/archive", content=b""), 422, "runs.archive.no_zip")
    refused(anna.post("/lab/archive", content=packed[: len(packed) // 2]), 422, "runs.archive.unusual")
    refused(anna.post("/lab/archive", content=bomb("metrics.jsonl", 39 << 20)), 422, "runs.archive.bomb")
    files = {"file": ("x.zip", packed, "application/zip")}
    refused(anna.post("/lab/archive", files=files), 422, "runs.archive.no_zip")
    assert room.on_disk() == set()
    assert not list((room.root / INCOMING).glob("*"))


def test_too_much_is_broken_off(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_roads, "MOST_ARCHIVE", 3 << 20)
    anna, sent = room.person(), []

    def endless() -> Iterator[bytes]:
        for n in range(50):
            sent.append(n)
            yield bytes(1 << 20)

    refused(anna.post("/lab/archive", content=endless()), 413, "runs.archive.large")
    declared = anna.post("/lab/archive", content=b"x", headers={"Content-Length": "9" * 30})
    refused(declared, 413, "runs.archive.large")
    assert room.on_disk() == set()


def test_a_full_shelf_and_a_full_disk_say_so(room: Class, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = room.person()
    monkeypatch.setattr(runs_acts, "MOST_OWN_RUNS", 2)
    bring(anna, packed)
    bring(anna, packed)
    refused(anna.post("/lab/archive", content=packed), 409, "runs.refuse.full")
    bring(room.person(), packed)
    monkeypatch.setattr(runs_acts, "MOST_RUNS", 3)
    refused(room.person().post("/lab/archive", content=packed), 409, "runs.refuse.full")
    monkeypatch.setattr(room.jobs.disk, "is_full", lambda: True)
    refused(anna.post("/lab/archive", content=packed), 507, "jobs.refuse.disk")


# --- who may ---------------------------------------------------------------------------------------------------------


def test_another_page_can_change_nothing(room: Class, packed: bytes) -> None:
    anna = room.person()
    name = bring(anna, packed)
    for headers in ({"X-Lab": ""}, {"X-Lab": "0"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
        for wish in ({"delete": True}, {"label": "x"}, {"undo": True}):
            refused(anna.post(f"/lab/runs/{name}", json=wish, headers=headers), 403, "jobs.refuse.page")
        refused(anna.post("/lab/archive", content=packed, headers=headers), 403, "jobs.refuse.page")
    assert room.on_disk() == {name}
    same = anna.post(f"/lab/runs/{name}", json={"label": "x"}, headers={"Origin": "http://testserver"})
    assert same.status_code == 200


def test_without_a_cookie_nothing_is_brought(room: Class, packed: bytes) -> None:
    stranger = TestClient(room.app, headers=OWN_PAGE)
    refused(stranger.post("/lab/archive", content=packed), 403, "jobs.refuse.cookie")


def test_a_wrong_key_is_no_key(room: Class) -> None:
    client = TestClient(room.app, headers={**OWN_PAGE, "X-Lab-Key": "guess"})
    refused(client.get("/lab/runs"), 403, "jobs.refuse.key")


NO_QUESTIONS = [b"", b"[]", b"7", b"{", b'{"delete": 1}', b'{"delete": "yes"}', b'{"undo": false}', b'{"rm": "-rf"}']
NO_QUESTIONS += [b'{"delete": true, "label": "x"}', b"[" * 5000, b"\xff\xfe", b'{"label": ' + b"9" * 4000 + b"}"]


@pytest.mark.parametrize("body", NO_QUESTIONS)
def test_a_question_that_is_none_changes_nothing(room: Class, packed: bytes, body: bytes) -> None:
    anna = room.person()
    name = bring(anna, packed)
    answer = anna.post(f"/lab/runs/{name}", content=body)
    assert answer.status_code in (413, 422)
    assert answer.json()["error"] in ("runs.refuse.question", "runs.refuse.label")
    assert room.on_disk() == {name}


@pytest.mark.parametrize(
    "name", ["nope", "..", "%2e%2e", "..%2f..%2fetc", ".trash", ".jobs", "fr%00", "a" * 3000, "%F0%9F%90%88", "CON"]
)
def test_a_name_that_is_not_there_leads_nowhere(room: Class, name: str) -> None:
    (room.root / TRASH).mkdir()
    for wish in ({"delete": True}, {"undo": True}, {"label": "x"}):
        answer = room.person().post(f"/lab/runs/{name}", json=wish)
        assert answer.status_code in (404, 405), answer.text
    assert (room.root / TRASH).exists()


def test_no_link_is_followed(room: Class, tmp_path: Path) -> None:
    outside = shutil.copytree(runs.SHIPPED_RUNS / "copy", tmp_path / "outside")
    (room.root / "linked").symlink_to(outside)
    teacher = room.teacher()
    for wish in ({"delete": True}, {"label": "x"}):
        refused(ask(teacher, "linked", **wish), 404, "runs.refuse.gone")
    refused(teacher.get("/lab/archive", params={"run": "linked"}), 404, "runs.refuse.gone")
    assert (outside / "config.json").exists()


def test_sixty_bring_a_run_at_once(room: Class, packed: bytes) -> None:
    """Each is told its name, or to try again in a moment; nothing half done is seen."""
    people = [room.person() for _ in range(6)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: people[n % 6].post("/lab/archive", content=packed), range(60)))
    names = [answer.json()["name"] for answer in answers if answer.status_code == 200]
    assert len(names) == len(set(names)) == len(room.on_disk())
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert len(names) >= 4
    for name in names:
        assert pack_run(room.root / name) == packed
