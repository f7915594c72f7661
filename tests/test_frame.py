"""The frame around the pages and the HTTP roads of the browser: switches, headers, bytes, and hostile requests."""

import time
import tomllib
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import connect

from asking import header_of, tensors_of
from models import TOLERANCE, counts
from serving import ROOT, Server, serve
from transformer.runs import load_run
from transformer.tasks import TASKS
from ui import i18n, payload, roads, services

pytest_plugins = ["clients", "windows"]

RUN = "fr"
FAMOUS = TASKS[RUN].example
COMPONENTS = ROOT / "assets" / "components"

# What a person may type or paste, and what a person who means harm may send.
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<b>the</b> animal",
    "**bold** _it_ :red[x] $x^2$ [a](b) `c`",
    "{placeholder} %s %(x)s {0}",
    "the \u202eanimal\u202c did not",
    "\ufeffthe animal",
    "e\u0301" * 50,
    "🐈 did 👩‍👩‍👧‍👧 not",
    "the\x00animal",
    "the\r\nanimal\x1b[31m",
    "<s> the </s> <pad> <unk>",
    "这只动物没有过马路",
    "ﷺ" * 30,
    "a" * 2000,
    "the animal " * 150,
    "../../etc/passwd",
    "' OR 1=1 --",
]
NOTHING = ["", " ", "\t\n", "\u200b\u200d", "\u00a0\u2003", "...", "?!", "\ufeff", "\u202e\u202c"]
WRONG_RUNS = [
    "nope",
    "",
    "../fr",
    "fr/../fr",
    "fr\x00",
    "/etc",
    "FR",
    "fr ",
    "a" * 5000,
    "<b>",
    "🐈",
    ".",
    "..",
    "%2e%2e",
]


# -- the hidden switch ---------------------------------------------------------------------------------------------


def test_our_configuration_turns_the_collection_after_every_script_off() -> None:
    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert written["runner"]["postScriptGC"] is False
    assert config.get_option("runner.postScriptGC") is False, "Streamlit does not read what our config.toml says"


# A script that counts the full collections so far; nothing but Streamlit itself can ask for one.
COUNTS_COLLECTIONS = """
import gc
import streamlit as st
gc.disable()
st.text(gc.get_stats()[2]["collections"])
"""


@pytest.mark.parametrize("switch", ["true", "false"])
def test_streamlit_still_obeys_the_hidden_switch(switch: str, tmp_path: Path) -> None:
    """A full collection costs every visitor about 90 ms with torch loaded: a switch without effect must not pass."""
    (tmp_path / "app.py").write_text(COUNTS_COLLECTIONS)
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        f"runner.postScriptGC = {switch}\nbrowser.gatherUsageStats = false\nserver.headless = true\n"
    )
    with serve(tmp_path) as server:
        texts = texts_of_runs(server, 60 if switch == "true" else 3)
    assert (int(texts[-1]) > int(texts[0])) == (switch == "true")


def texts_of_runs(server: Server, most: int) -> list[str]:
    """Run the script, as one visitor's browser does, until st.text shows something else than at first."""
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    message = BackMsg()
    message.rerun_script.SetInParent()
    texts = []
    with connect(address, subprotocols=[Subprotocol("streamlit")]) as socket:
        while len(texts) < most and len({*texts}) < 2:
            socket.send(message.SerializeToString())
            kind = None
            while kind != "script_finished":
                received = ForwardMsg.FromString(bytes(socket.recv(timeout=20, decode=False)))
                kind = received.WhichOneof("type")
                if received.delta.new_element.HasField("text"):
                    texts.append(received.delta.new_element.text.body)
            time.sleep(0.2)  # the collection comes after the message
    return texts


# -- headers -------------------------------------------------------------------------------------------------------

EVERYWHERE = [
    "/",
    "/no/such/page",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/nothing",
    "/static/nothing.js",
    f"/lab/trace?run={RUN}&s=thanks",
    "/lab/trace?run=nope&s=thanks",
    "/lab/trace",
    "/lab/strings?lang=en",
    f"/lab/components/{roads.VERSION}/explore.js",
    f"/lab/components/{roads.VERSION}/nothing.js",
    "/lab/nothing",
]


def ask(url: str, method: str = "GET") -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_of_the_server_carries_the_security_headers(server: Server, path: str, method: str) -> None:
    status, headers = ask(server.url + path, method)
    assert status < 500
    assert headers.get_all("content-security-policy") == [roads.CSP]
    assert headers.get_all("x-content-type-options") == ["nosniff"]


def test_the_policy_names_no_other_server() -> None:
    directives = dict(part.split(" ", 1) for part in roads.CSP.split("; "))
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == "'self'"
    allowed = {"'self'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:", "ws:", "wss:"}
    for name, sources in directives.items():
        assert set(sources.split()) <= allowed, name


# -- components and words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(path for path in COMPONENTS.rglob("*") if path.is_file()), ids=lambda p: p.name)
def test_component_files_are_served_as_they_are_and_may_be_kept(client: TestClient, path: Path) -> None:
    answer = client.get(f"/lab/components/{roads.VERSION}/{path.relative_to(COMPONENTS).as_posix()}")
    assert answer.status_code == 200
    assert answer.content == path.read_bytes()
    assert answer.headers["cache-control"] == roads.FOREVER
    kind = answer.headers["content-type"].split(";")[0]
    assert kind == {".js": "text/javascript", ".css": "text/css"}.get(path.suffix, kind)


@pytest.mark.parametrize(
    "path",
    [
        f"/lab/components/{roads.VERSION}/../roads.py",
        f"/lab/components/{roads.VERSION}/%2e%2e/strings/en.toml",
        f"/lab/components/{roads.VERSION}/..%2f..%2fapp.py",
        f"/lab/components/{roads.VERSION}/....//app.py",
        f"/lab/components/{roads.VERSION}/%00",
        f"/lab/components/{roads.VERSION}/{'a' * 3000}",
        f"/lab/components/{roads.VERSION}/",
        f"/lab/components/{roads.VERSION}//etc/passwd",
        "/lab/components/000000000000/explore.js",
        "/lab/components/explore.js",
    ],
)
def test_nothing_but_component_files_is_served_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_strings_gives_every_text_of_a_language(client: TestClient, language: str) -> None:
    answer = client.get("/lab/strings", params={"lang": language})
    assert answer.json() == i18n.words(language)
    assert answer.headers["cache-control"] == "no-cache"
    kept = client.get("/lab/strings", params={"lang": language, "v": roads.VERSION})
    assert kept.headers["cache-control"] == roads.FOREVER


@pytest.mark.parametrize("language", ["", "fr", "../en", "en\x00", "<b>", "a" * 5000, "EN"])
def test_an_unknown_language_gives_english(client: TestClient, language: str) -> None:
    assert client.get("/lab/strings", params={"lang": language}).json() == i18n.words("en")


# -- the trace as bytes --------------------------------------------------------------------------------------------


def test_trace_is_the_model_own_numbers(client: TestClient) -> None:
    answer = client.get("/lab/trace", params={"run": RUN, "s": FAMOUS})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "private" in answer.headers["cache-control"]
    header, numbers = header_of(answer.content)
    run = load_run(RUN)
    seen = 0
    for entry in header["traces"]:
        trace = run.trace(entry["read"])
        maps = tensors_of(entry, numbers)
        assert sorted(maps) == sorted(name for name in trace.names() if name.endswith(".weights"))
        for name, numbers_of_map in maps.items():
            np.testing.assert_array_equal(numbers_of_map, trace[name], err_msg=name)
            np.testing.assert_allclose(numbers_of_map.sum(-1), 1, **TOLERANCE)
            rows, columns = trace.labels(name)[1:]
            assert rows == (entry["src"] if name.startswith("encoder") else entry["tgt_in"])
            assert columns == (entry["tgt_in"] if name.startswith("decoder") and "self" in name else entry["src"])
            seen += numbers_of_map.nbytes
        assert entry["output"] == run.translate(entry["read"])
        assert entry["tgt_out"][:-1] == entry["tgt_in"][1:]
    assert seen == len(numbers), "every byte belongs to exactly one map"


def test_trace_never_shows_a_later_word(client: TestClient) -> None:
    header, numbers = header_of(client.get("/lab/trace", params={"run": RUN, "s": FAMOUS}).content)
    for entry in header["traces"]:
        for name, weights in tensors_of(entry, numbers).items():
            if name.startswith("decoder") and ".self_attn." in name:
                assert not np.triu(weights, 1).any(), name


def test_trace_tells_probabilities_that_add_up(client: TestClient) -> None:
    header, _ = header_of(client.get("/lab/trace", params={"run": RUN, "s": FAMOUS}).content)
    run = load_run(RUN)
    for entry in header["traces"]:
        logits = run.trace(entry["read"])["logits"].astype(np.float64)
        p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        for row, (word, said, best) in enumerate(zip(entry["tgt_out"], entry["p"], entry["top"], strict=True)):
            assert said == pytest.approx(p[row].max(), abs=1e-6), "greedy writes the most probable word"
            assert best[0] == [word, said]
            assert [share for _, share in best] == sorted((share for _, share in best), reverse=True)


def test_the_famous_sentence_comes_with_its_partner(client: TestClient) -> None:
    header, _ = header_of(client.get("/lab/trace", params={"run": RUN, "s": FAMOUS}).content)
    shown, partner = header["traces"]
    assert header["show"] == 0
    assert shown["flip"]["words"] == partner["flip"]["words"]
    assert {shown["flip"]["index"], partner["flip"]["index"]} == {0, 1}
    for entry in (shown, partner):
        flip = entry["flip"]
        assert entry["src"][flip["position"]] == flip["words"][flip["index"]]


def test_a_long_sentence_is_cut_and_says_so(client: TestClient) -> None:
    most = load_run(RUN).model.config.max_len
    header, _ = header_of(client.get("/lab/trace", params={"run": RUN, "s": "the animal " * most}).content)
    (entry,) = header["traces"]
    assert len(entry["src"]) == most
    assert {"key": "notice.cut", "values": {"shown": most, "all": 2 * most}} in entry["notices"]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_to_read_is_refused_with_a_sentence(client: TestClient, text: str) -> None:
    answer = client.get("/lab/trace", params={"run": RUN, "s": text})
    assert answer.status_code == 422
    assert answer.json()["error"] in i18n.words("en")


@pytest.mark.parametrize("run", WRONG_RUNS)
def test_a_run_that_is_not_there_is_refused_with_a_sentence(client: TestClient, run: str) -> None:
    answer = client.get("/lab/trace", params={"run": run, "s": "thanks"})
    assert answer.status_code == 404
    assert answer.json()["error"] in i18n.words("en")


def check_answer(client: TestClient, text: str) -> None:
    """Whatever is sent is either refused with a sentence or shown: its own tokens, and numbers that add up."""
    answer = client.get("/lab/trace", params={"run": RUN, "s": text})
    if answer.status_code == 422:
        assert answer.json()["error"] in i18n.words("en")
        return
    assert answer.status_code == 200
    header, numbers = header_of(answer.content)
    for entry in header["traces"]:
        assert len(entry["src"]) == len(entry["unknown"]) >= 1
        assert len(entry["tgt_in"]) == len(entry["tgt_out"]) == len(entry["p"])
        for name, weights in tensors_of(entry, numbers).items():
            np.testing.assert_allclose(weights.sum(-1), 1, **TOLERANCE, err_msg=name)
    assert header["traces"][0]["typed"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_literally(client: TestClient, text: str) -> None:
    check_answer(client, text)


LETTERS = st.text(st.characters(codec="utf-8"), max_size=120)
WORDS = st.lists(
    st.sampled_from(
        sorted({word for words in TASKS[RUN].known_words().values() for text in words for word in text.split()})
    )
    | LETTERS.map(lambda text: text[:8]),
    max_size=40,
).map(" ".join)


@counts(2000, ci=80)
def test_generated_text_never_breaks_the_road(client: TestClient, count: int) -> None:
    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(LETTERS | WORDS)
    def any_text(text: str) -> None:
        check_answer(client, text)

    any_text()


@pytest.mark.parametrize(
    "query",
    [
        f"run={RUN}&s=%FF%FE%00",
        f"run={RUN}&s=%ED%A0%80",
        f"run={RUN}&s=%",
        f"run={RUN}&s=a&s=b",
        f"run={RUN}&run=nope&s=a",
        "s[]=1&run[]=2",
        "&&&===",
        "",
    ],
)
def test_a_broken_address_is_answered(server: Server, query: str) -> None:
    status, _ = ask(f"{server.url}/lab/trace?{query}")
    assert status in (200, 404, 422)


def test_an_address_too_long_for_the_server_does_not_hurt_it(server: Server) -> None:
    status, _ = ask(f"{server.url}/lab/trace?run={RUN}&s={'a' * 100_000}")
    assert status in (200, 400, 414, 431)
    assert ask(f"{server.url}/lab/trace?run={RUN}&s=thanks")[0] == 200


def test_a_fault_of_ours_gives_an_id_and_no_traceback(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, text: str) -> bytes:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(payload, "explore_payload", fail)
    answer = client.get("/lab/trace", params={"run": RUN, "s": "thanks"})
    assert answer.status_code == 500
    assert answer.json()["error"] in i18n.words("en")
    assert len(answer.json()["values"]["id"]) == 8
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_readers_at_the_same_time_get_their_own_sentence(client: TestClient) -> None:
    task = TASKS[RUN]
    examples = task.examples(3, "test")
    texts = [next(examples).src for _ in range(24)]
    alone = {text: header_of(payload.explore_payload(RUN, text)) for text in texts}
    services.payloads.results.clear()
    services.payloads.size = 0

    def fetch(text: str) -> bytes:
        return client.get("/lab/trace", params={"run": RUN, "s": text}).content

    with ThreadPoolExecutor(8) as together:
        for text, packed in zip(texts, together.map(fetch, texts), strict=True):
            assert header_of(packed) == alone[text]


def test_kept_answers_stay_below_their_limit() -> None:
    kept = services.Kept(100)
    for n in range(50):
        kept.put((str(n),), b"x" * 30)
        assert kept.size == sum(map(len, kept.results.values())) <= 100
    assert kept.get(("49",)) == b"x" * 30
    assert kept.get(("0",)) is None
    kept.put(("big",), b"x" * 1000)
    assert kept.size <= 100
