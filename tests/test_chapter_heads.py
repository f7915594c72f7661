"""What the page Heads asks of the server: a passport measured once, beside everything else; five explanations."""

import dataclasses
import os
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from asking import Tensors, unpack
from transformer import runs, save_run
from transformer.explanations import METHODS, explain
from transformer.runs import load_run
from transformer.vocab import BOS
from ui import i18n, passport_shelf, passports, services
from ui.chapters import heads

pytest_plugins = ["clients"]

RUN = "fr"
TEXT = load_run(RUN).example
NUMBERS = count()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let nobody have measured anything yet."""
    start_again(monkeypatch)
    forget(monkeypatch, tmp_path)
    monkeypatch.setattr(passports, "_turn", threading.Lock())


def start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server be a new one, that remembers no passport."""
    monkeypatch.setattr(passports, "WHAT", f"passport {next(NUMBERS)}")
    monkeypatch.setattr(passports, "_going", {})


def forget(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let no passport be kept on the disk."""
    shelf = tmp_path / f"shelf{next(NUMBERS)}"
    monkeypatch.setattr(passport_shelf, "SHELF", str(shelf))
    return shelf


def ask(client: TestClient, run: str = RUN, s: str = TEXT, **question: str) -> tuple[int, Any, Tensors]:
    """Ask; each question is a new one to the cache of finished answers."""
    question |= {"nonce": str(next(NUMBERS))}
    answer = client.get("/lab/chapter", params={"page": "heads", "run": run, "s": s, **question})
    if answer.status_code != 200:
        said = answer.json()
        assert said["error"] in i18n.words("en")
        return answer.status_code, said, {}
    return 200, *unpack(answer.content)


def until_measured(client: TestClient, run: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status, said, _ = ask(client, run, ask="passport")
        if status != 202:
            return status, said
        assert 0 <= said["values"]["share"] <= 1
        time.sleep(0.02)
    pytest.fail("the passport never came")


# --- the passport ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh")
def test_a_passport_comes_when_it_is_measured(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passports, "N_SENTENCES", 30)
    assert ask(client, "copy", ask="passport")[0] == 202
    status, found = until_measured(client, "copy")
    assert status == 200
    assert found["passport"]["n_sentences"] == 30
    assert list(found["passport"]["blocks"]) == ["encoder.0.self_attn", "decoder.0.self_attn", "decoder.0.cross_attn"]
    assert ask(client, "copy", ask="passport")[1] == found  # and now it is there at once


@pytest.mark.usefixtures("fresh")
def test_a_run_is_measured_once_while_others_are_served(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    go, calls = threading.Event(), []

    def slow(*args: Any) -> dict[str, Any]:
        calls.append(args)
        args[-1](0.25)
        assert go.wait(30)
        return {"blocks": {}}

    monkeypatch.setattr(passports, "passport", slow)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: ask(client, ask="passport")[0], range(24)))
    assert answers == [202] * 24
    deadline = time.monotonic() + 30
    while ask(client, ask="passport")[1]["values"]["share"] != 0.25:
        assert time.monotonic() < deadline
    assert ask(client, ask="explain", row="0", f="all")[0] == 200  # nobody else waits for it
    assert ask(client, "copy", ask="passport")[0] == 202  # another run waits for its turn
    assert len(calls) == 1
    go.set()
    assert until_measured(client, RUN) == (200, {"passport": {"blocks": {}}, "tensors": {}})
    assert until_measured(client, "copy")[0] == 200
    assert len(calls) == 2


@pytest.mark.usefixtures("fresh")
def test_what_cannot_be_measured_is_said_and_not_tried_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fails(*args: Any) -> None:
        calls.append(args)
        raise ValueError("too few")

    monkeypatch.setattr(passports, "passport", fails)
    for _ in range(2):
        status, said = until_measured(client, RUN)
        assert (status, said["error"]) == (422, "heads.refused.sentences")
    assert len(calls) == 1


@pytest.mark.usefixtures("fresh")
def test_a_passport_of_no_numbers_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passports, "passport", lambda *args: {"exact": {"value": float("nan")}})
    status, said = until_measured(client, RUN)
    assert (status, said["error"]) == (422, "error.not_finite")


@pytest.mark.usefixtures("fresh")
def test_a_run_without_a_task_has_no_passport(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = dataclasses.replace(load_run(RUN), task=None)
    monkeypatch.setattr(services, "run", lambda name: alone)
    status, said, _ = ask(client, ask="passport")
    assert (status, said["error"]) == (422, "heads.refused.task")


@pytest.mark.usefixtures("fresh")
def test_no_endless_queue(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passports, "_going", {n: passports._Measuring(("elsewhere", n)) for n in range(12)})
    status, said, _ = ask(client, ask="passport")
    assert (status, said["error"]) == (503, "heads.refused.busy")


@pytest.mark.usefixtures("fresh")
def test_a_run_in_training_waits_for_itself_and_for_nobody_else(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one state of it is measured others are saved: each has numbers of its own, and the queue stays free."""
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    mine, go, measured = tmp_path / "mine", threading.Event(), []
    shutil.copytree(load_run("copy").path, mine)

    def bias(name: str) -> float:
        return float(services.run(name).model.generator.bias[0])

    def slow(model: Any, *args: Any) -> dict[str, float]:
        measured.append(float(model.generator.bias[0]))
        assert go.wait(30)
        return {"bias": measured[-1]}

    monkeypatch.setattr(passports, "passport", slow)
    for _ in range(passports.MOST_WAITING):
        assert ask(client, "mine", ask="passport")[0] == 202
        (mine / "manifest.json").touch()
    saved = load_run(mine)
    saved.model.generator.bias.data += 1
    save_run(saved.model, (saved.src_vocab, saved.tgt_vocab), mine, task="copy", heads=saved.heads)
    assert ask(client, "copy", ask="passport")[0] == 202
    go.set()
    assert until_measured(client, "mine")[1]["passport"] == {"bias": bias("mine")}
    assert until_measured(client, "copy")[1]["passport"] == {"bias": bias("copy")}
    assert bias("mine") != bias("copy")
    assert len(measured) == 3  # the first state, the last one, and the other run


@pytest.mark.usefixtures("fresh")
def test_a_refusal_is_of_one_state_only(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    shutil.copytree(load_run("copy").path, tmp_path / "mine")
    monkeypatch.setattr(passports, "passport", lambda *args: {"loss": float("nan")})
    assert until_measured(client, "mine")[0] == 422
    monkeypatch.setattr(passports, "passport", lambda *args: {"loss": 0.5})
    assert until_measured(client, "mine")[0] == 422
    (tmp_path / "mine" / "manifest.json").touch()
    assert until_measured(client, "mine")[0] == 200


@pytest.mark.usefixtures("fresh")
def test_a_large_model_is_measured_on_fewer_sentences_or_not_at_all(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def counted(model: Any, examples: Any, *args: Any) -> dict[str, Any]:
        asked.append(len(list(examples)))
        return {}

    monkeypatch.setattr(passports, "passport", counted)
    for work, n in ((1.0, passports.N_SENTENCES), (passports.WORK / 100, 100), (passports.WORK, passports.FEWEST)):
        start_again(monkeypatch)
        forget(monkeypatch, tmp_path)
        monkeypatch.setattr(passports, "work_per_sentence", lambda model, work=work: work)
        monkeypatch.setattr(passports, "MOST_WORK", passports.FEWEST * passports.WORK)
        assert until_measured(client, "copy")[0] == 200
        assert asked.pop() == n
    start_again(monkeypatch)
    forget(monkeypatch, tmp_path)
    monkeypatch.setattr(passports, "work_per_sentence", lambda model: 1.01 * passports.WORK)
    status, said = until_measured(client, "copy")
    assert (status, said["error"], asked) == (422, "heads.refused.large", [])


@pytest.mark.usefixtures("fresh")
def test_a_server_that_starts_again_does_not_measure_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Unless the run is another one, or was measured in another way, or what was kept is damaged."""
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    mine, shelf = tmp_path / "mine", forget(monkeypatch, tmp_path)
    shutil.copytree(load_run("copy").path, mine)
    measured = iter([{"exact": 0.1 + 0.2}, {"exact": 2.0}, {"exact": 3.0}, {"exact": 4.0}])
    monkeypatch.setattr(passports, "passport", lambda *args: next(measured))

    def at_once() -> Any:
        start_again(monkeypatch)
        status, said, _ = ask(client, "mine", ask="passport")
        return said["passport"]["exact"] if status == 200 else until_measured(client, "mine")[1]["passport"]["exact"]

    assert [at_once(), at_once()] == [0.1 + 0.2] * 2
    (mine / "manifest.json").touch()
    assert at_once() == 0.1 + 0.2, "the same files, saved at another time"
    for damage in (b"", b"[1]", b'{"exact": 9', b"\xff"):
        (file,) = shelf.iterdir()
        whole = file.read_bytes()
        file.write_bytes(damage)
        assert passport_shelf.find(services.run("mine")) is None
        file.write_bytes(whole)
    shutil.rmtree(shelf)
    shelf.write_text("a file where the folder should be")
    assert at_once() == 2.0, "nothing can be kept, and nobody hears of it"
    shelf.unlink()
    saved = load_run(mine)
    saved.model.generator.bias.data += 1
    save_run(saved.model, (saved.src_vocab, saved.tgt_vocab), mine, task="copy", heads=saved.heads)
    assert [at_once(), at_once()] == [3.0] * 2
    monkeypatch.setattr(passport_shelf, "_sources", lambda: b"measured in another way")
    assert [at_once(), at_once()] == [4.0] * 2


@pytest.mark.usefixtures("fresh")
def test_the_latest_passports_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(passport_shelf, "MOST_KEPT", 2)
    shelf, kept = forget(monkeypatch, tmp_path), []
    for n, name in enumerate(("copy", "reverse", "sort")):
        passport_shelf.put(services.run(name), {"n": n})
        (new,) = set(shelf.iterdir()) - set(kept)
        os.utime(new, (n, n))
        kept = [*kept, new][-2:]
    assert sorted(shelf.iterdir()) == sorted(kept)
    assert [passport_shelf.find(services.run(name)) for name in ("copy", "sort")] == [None, {"n": 2}]


# --- explanations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("block", "head"), [("decoder.0.cross_attn", "all"), ("decoder.1.cross_attn", "2")])
def test_five_explanations_of_a_row(client: TestClient, block: str, head: str) -> None:
    run = load_run(RUN)
    src = run.encode(TEXT)
    tgt_out = run.decode(src)
    status, header, tensors = ask(client, ask="explain", row="10", b=block, f=head)
    assert status == 200
    layer, one = int(block.split(".")[1]), None if head == "all" else int(head)
    expected = explain(run.model, src, [BOS, *tgt_out[:-1]], 10, tgt_out[10], layer, one)
    assert header["methods"] == list(METHODS)
    for name in METHODS:
        np.testing.assert_allclose(tensors[name], expected.scores[name], atol=1e-6)
    np.testing.assert_allclose(header["agreement"], np.array(expected.agreement, dtype=float), atol=1e-6)
    assert header["log_p"] == pytest.approx(expected.log_p)


def test_every_word_is_left_out_once_for_all_heads(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dear methods do not depend on the head: who goes from one to the next waits for them once."""
    calls = []

    def counted(*args: Any) -> dict[str, np.ndarray]:
        calls.append(args)
        return {"gradient": np.arange(12.0)}

    monkeypatch.setattr(heads, "whole_model", counted)
    monkeypatch.setattr(services, "payloads", services.Kept(10**6))
    for head in ("all", "0", "1"):
        _, header, tensors = ask(
            client, s="the animal did not cross the street because it was too tired", ask="explain", row="3", f=head
        )
        assert header["methods"] == list(METHODS[:-1])  # too much work: no word was left out
        np.testing.assert_array_equal(tensors["gradient"], np.arange(12.0))
    assert len(calls) == 1
    ask(client, ask="explain", row="4", f="all", s="the animal did not cross the street because it was too tired")
    assert len(calls) == 2


def test_words_that_the_decoder_is_made_to_read(client: TestClient) -> None:
    run = load_run(RUN)
    status, header, tensors = ask(client, ask="explain", row="1", f="all", t="la rue")
    ids = run.tgt_vocab.encode("la rue").ids
    expected = explain(run.model, run.encode(TEXT), [BOS, ids[0]], 1, ids[1])
    assert status == 200
    assert header["log_p"] == pytest.approx(expected.log_p, rel=1e-4)
    np.testing.assert_allclose(tensors["left_out"], expected.scores["left_out"], atol=1e-4)


@pytest.mark.parametrize(
    "question",
    [
        {"ask": "nothing"},
        {"ask": "explain"},
        {"ask": "explain", "row": "99", "f": "all"},
        {"ask": "explain", "row": "-1", "f": "all"},
        {"ask": "explain", "row": "٣", "f": "all"},
        {"ask": "explain", "row": "0", "f": "4"},
        {"ask": "explain", "row": "0", "f": "all", "b": "decoder.2.cross_attn"},
        {"ask": "explain", "row": "0"},
    ],
)
def test_what_is_not_there_is_refused(client: TestClient, question: dict[str, str]) -> None:
    assert ask(client, **question)[0] == 404


def test_an_unknown_block_reads_the_last_layer(client: TestClient) -> None:
    asked = {"ask": "explain", "row": "0", "f": "all"}
    last = ask(client, **asked, b="decoder.1.cross_attn")[2]
    for block in ("encoder.0.self_attn", "../../etc"):
        np.testing.assert_array_equal(ask(client, **asked, b=block)[2]["weights"], last["weights"])


def test_one_spare_head_is_not_several() -> None:
    """Copy has one: "the 1 spare heads" is no English. And what a head aligns with is not always translated."""
    said = i18n.words("en")
    texts = {
        key: text for key, text in said.items() if key.startswith(("heads.", "edit.")) and key != "edit.list.heads"
    }
    assert [
        key for key, text in texts.items() if re.search(r"\{(n|gone|stop|left)\} (other |spare )?heads", text)
    ] == []
    assert "{tgt}" in said["heads.says.alignment"] and "translat" not in said["heads.says.alignment"]
