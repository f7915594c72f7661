"""The roads of people's own texts: what arrives is bounded, read, kept for its owner and nobody else, and forgotten."""

import asyncio
import os
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import asgi
import brought
from asgi import HOST, STRANGER, Desk, Said
from transformer import runs
from transformer.corpus import Corpus, OwnTask
from transformer.corpus.choices import DELIMITERS
from transformer.corpus.cleaning import REASONS
from transformer.corpus.encodings import ENCODINGS
from transformer.corpus.limits import MOST_BYTES
from transformer.corpus.refusals import REFUSALS
from transformer.corpus.vocabularies import KINDS
from ui import own_data, own_texts
from ui.pack import RefusedError
from ui.visitors import visitor_id

ZH = brought.pairs("zh", 60)
GOOD = brought.tsv(ZH).encode()
STRINGS = Path(__file__).parent.parent / "assets" / "strings"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path / "runs")
    return tmp_path / "runs" / ".texts"


@pytest.fixture
def desk(place: Path) -> Desk:
    return Desk(own_data.routes)


def owner_of(desk: Desk) -> str:
    owner = visitor_id(desk.visitor)
    assert owner
    return owner


def refusal(said: Said, status: int, key: str) -> dict[str, Any]:
    assert (said.status, said.json["error"]) == (status, key), said
    return said.json["values"]


def left(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


# -- bringing a text --------------------------------------------------------------------------------------------------


def test_a_file_is_read_and_ready(desk: Desk, place: Path) -> None:
    text = desk.post("/lab/texts", GOOD).json
    assert text["ready"] and text["refusal"] is None and text["bytes"] == len(GOOD)
    assert text["look"]["encoding"] == "utf-8" and text["look"]["delimiter"] == "tab"
    assert text["look"]["rows"][0] == {"line": 1, "cells": list(ZH[0])}
    assert text["preview"] == [{"src": src, "tgt": tgt} for src, tgt in ZH[:5]]
    assert text["split"] == {"train": 54, "valid": 3, "test": 3}
    assert text["report"] == {"lines": 60, "header": 0, "kept": 60, "kept_lines": 60, "skipped": []}
    assert desk.get(f"/lab/texts/{text['id']}").json == text
    assert left(place) == [text["id"]]
    corpus = Corpus.from_tsv(own_data.corpus_of(text["id"], owner_of(desk)).read_bytes())
    assert corpus.pairs == ZH and OwnTask(corpus).answer(ZH[0][0]) is not None


def test_pasted_pairs(desk: Desk) -> None:
    text = desk.post("/lab/texts", {"paste": GOOD.decode() + "\ud800\tx\n"}).json
    assert text["ready"] and text["report"]["lines"] == 61
    for wrong in ([], "x", None):
        assert desk.post("/lab/texts", wrong).status == 400
    assert desk.post("/lab/texts", b"{" * 9000, content_type="application/json").status == 400
    for wrong in ({"paste": 5}, {"paste": None}, {}, {"paste": "  "}, {"paste": ["a"]}):
        refusal(desk.post("/lab/texts", wrong), 422, "corpus.refused.empty")


def test_too_few_pairs_are_kept_with_their_report(desk: Desk) -> None:
    text = desk.post("/lab/texts", brought.tsv(ZH[:19]).encode() + b"bad line\n").json
    assert not text["ready"] and text["split"] is None
    assert text["refusal"] == {"error": "corpus.refused.few_pairs", "values": {"needed": 20, "found": 19}}
    assert text["report"]["kept"] == 19 and text["report"]["skipped"][0]["reason"] == "columns"
    with pytest.raises(RefusedError) as refused:
        own_data.corpus_of(text["id"], owner_of(desk))
    assert (refused.value.status, refused.value.key) == (409, "corpus.refused.not_ready")
    refusal(desk.get(f"/lab/texts/{text['id']}/vocabulary"), 409, "corpus.refused.not_ready")


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"", 422, "empty"),
        (b"PK\x03\x04" + GOOD, 415, "is_archive"),
        (b"\x89PNG" + GOOD, 415, "is_picture"),
        (b"%PDF-1.4" + GOOD, 415, "is_document"),
        (b"a\x00b" + GOOD, 415, "is_binary"),
        (b"a," * 100_000, 422, "many_columns"),
        (b"a " * 100_000, 422, "long_line"),
        (b"a\tb\n" * 50_001, 422, "many_rows"),
    ],
)
def test_what_is_refused_leaves_nothing(desk: Desk, place: Path, data: bytes, status: int, reason: str) -> None:
    refusal(desk.post("/lab/texts", data), status, f"corpus.refused.{reason}")
    assert left(place) == []


def endless(first: bytes = b"") -> Iterator[bytes]:
    """Send 500 MB in pieces as a network does."""
    yield first
    for _ in range(8000):
        yield b"hello\tworld\n" * 5461


def test_a_stream_is_broken_off_at_the_limit(desk: Desk, place: Path) -> None:
    said = desk.post("/lab/texts", endless())
    assert refusal(said, 413, "corpus.refused.too_large") == {"limit": 5}
    assert said.taken <= MOST_BYTES // 65_532 + 3
    said = desk.post("/lab/texts", endless(), content_length=str(500 << 20))
    assert refusal(said, 413, "corpus.refused.too_large") == {"limit": 5} and said.taken == 0
    said = desk.post("/lab/texts", endless(), content_length="9" * 50)
    assert said.status == 413 and said.taken == 0
    assert left(place) == []


def test_an_archive_is_refused_at_its_first_bytes(desk: Desk, place: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", b"a\tb\n" * 3_000_000)
    said = desk.post("/lab/texts", endless(bomb.read_bytes()))
    refusal(said, 415, "corpus.refused.is_archive")
    assert said.taken <= 2 and left(place) == []


def test_a_text_that_never_arrives(desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(request: object, place: Path) -> None:
        place.write_bytes(b"half")
        await asyncio.sleep(60)

    monkeypatch.setattr(own_data, "PATIENCE", 0.01)
    monkeypatch.setattr(own_data, "receive", never)
    refusal(desk.post("/lab/texts", GOOD), 408, "corpus.refused.slow")
    assert left(place) == []


def test_a_full_disk(desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_texts, "MOST_BYTES_IN_ALL", len(GOOD) - 1)
    assert desk.post("/lab/texts", GOOD).status == 200
    refusal(desk.post("/lab/texts", GOOD), 507, "corpus.refused.disk")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.undo()
    monkeypatch.setattr(runs, "OWN_RUNS", place.parent)
    monkeypatch.setattr(os, "fsync", full)
    refusal(desk.post("/lab/texts", GOOD), 507, "corpus.refused.disk")


def test_many_at_once_wait_and_too_many_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_data, "MOST_WAITING", 0)
    refusal(desk.post("/lab/texts", GOOD), 503, "corpus.refused.busy")


def test_a_fault_has_an_id_and_no_details(desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(own_data, "_take", fault)
    said = desk.post("/lab/texts", GOOD)
    assert len(refusal(said, 500, "jobs.refuse.fault")["id"]) == 8 and b"secret" not in said.body
    assert left(place) == []


# -- choosing ---------------------------------------------------------------------------------------------------------


def test_another_encoding_is_seen_at_once(desk: Desk) -> None:
    data = "".join(f"café {i}\tcoffee {i}\n" for i in range(30)).encode("cp1252")
    text = desk.post("/lab/texts", data).json
    assert text["refusal"] == {"error": "corpus.refused.encoding", "values": {"line": 1}}
    assert text["look"]["encodings"] and "cp1252" in text["look"]["encodings"] and not text["ready"]
    text = desk.post(f"/lab/texts/{text['id']}", {"encoding": "cp1252"}).json
    assert text["ready"] and text["preview"][0] == {"src": "café 0", "tgt": "coffee 0"}
    assert text["choices"]["encoding"] == "cp1252"
    text = desk.post(f"/lab/texts/{text['id']}", {"encoding": "utf-8"}).json
    assert text["refusal"]["error"] == "corpus.refused.undecodable" and not text["ready"]
    with pytest.raises(RefusedError):
        own_data.corpus_of(text["id"], owner_of(desk))


def test_columns_are_chosen(desk: Desk) -> None:
    text = desk.post("/lab/texts", GOOD).json
    text = desk.post(f"/lab/texts/{text['id']}", {"src": 1, "tgt": 0, "header": True, "longest": 100}).json
    assert text["preview"][0] == {"src": ZH[1][1], "tgt": ZH[1][0]}
    assert text["report"]["header"] == 1 and text["look"]["names"] == list(ZH[0])
    for wrong in ({"src": 1, "tgt": 1}, {"src": "a"}, {"delimiter": {}}, {"encoding": "../x"}, {"unknown": 1}):
        said = desk.post(f"/lab/texts/{text['id']}", wrong)
        assert said.status == 422 and said.json["error"].startswith("corpus.refused.")
    assert desk.get(f"/lab/texts/{text['id']}").json == text  # nothing has changed


def test_what_a_vocabulary_would_be(desk: Desk) -> None:
    text_id = desk.post("/lab/texts", GOOD).json["id"]
    facts = desk.get(f"/lab/texts/{text_id}/vocabulary").json
    assert facts["src"]["kind"] == "char" and facts["tgt"]["kind"] == "word"
    facts = desk.get(f"/lab/texts/{text_id}/vocabulary?kind=bpe&size=300").json
    assert facts["size"] == 300 and facts["smallest"] < facts["largest"]
    values = refusal(desk.get(f"/lab/texts/{text_id}/vocabulary?kind=bpe&size=5"), 422, "corpus.refused.size")
    assert values["size"] == 5 and values["smallest"] > 5
    refusal(desk.get(f"/lab/texts/{text_id}/vocabulary?kind=../../x"), 422, "corpus.refused.choice")


def test_pairs_for_a_spreadsheet(desk: Desk) -> None:
    text_id = desk.post("/lab/texts", GOOD + b"=1+1\tzwei\n").json["id"]
    said = desk.get(f"/lab/texts/{text_id}/pairs.csv")
    assert said.headers["content-type"].startswith("text/csv") and "attachment" in said.headers["content-disposition"]
    assert '"\'=1+1","zwei"\r\n' in said.body.decode()


# -- whose it is, and how long ----------------------------------------------------------------------------------------


def test_a_text_belongs_to_its_owner(desk: Desk) -> None:
    text_id = desk.post("/lab/texts", GOOD).json["id"]
    stranger = Desk(own_data.routes, STRANGER)
    assert stranger.get("/lab/texts").json["texts"] == []
    for said in (
        stranger.get(f"/lab/texts/{text_id}"),
        stranger.post(f"/lab/texts/{text_id}", {"header": True}),
        stranger.post(f"/lab/texts/{text_id}", {"delete": True}),
        stranger.get(f"/lab/texts/{text_id}/vocabulary"),
        stranger.get(f"/lab/texts/{text_id}/pairs.csv"),
    ):
        refusal(said, 404, "corpus.refused.unknown")
    with pytest.raises(RefusedError):
        own_data.corpus_of(text_id, owner_of(stranger))
    assert [text["id"] for text in desk.get("/lab/texts").json["texts"]] == [text_id]
    assert desk.post(f"/lab/texts/{text_id}", {"delete": True}).json == {"deleted": True}
    refusal(desk.get(f"/lab/texts/{text_id}"), 404, "corpus.refused.unknown")


@pytest.mark.parametrize("text_id", ["..", "%2e%2e", "../../etc", "0" * 12, "A" * 12, "0" * 13, "x", "'", "\u202e"])
def test_no_path_comes_from_a_person(desk: Desk, text_id: str) -> None:
    assert desk.get(f"/lab/texts/{text_id}").status == 404
    for wrong in (text_id, "", "\x00", "/etc/passwd"):
        with pytest.raises(RefusedError):
            own_data.corpus_of(wrong, owner_of(desk))


def test_only_pages_of_ours_may_ask(desk: Desk, place: Path) -> None:
    refusal(desk.post("/lab/texts", GOOD, x_lab=""), 403, "jobs.refuse.page")
    refusal(desk.post("/lab/texts", GOOD, origin="http://elsewhere.test"), 403, "jobs.refuse.page")
    refusal(Desk(own_data.routes, None).post("/lab/texts", GOOD), 403, "jobs.refuse.cookie")
    assert left(place) == []
    assert desk.post("/lab/texts", GOOD, origin=f"http://{HOST}").status == 200


def test_a_visitor_keeps_a_few(desk: Desk, place: Path) -> None:
    other = Desk(own_data.routes, STRANGER).post("/lab/texts", GOOD).json["id"]
    ids = []
    for i in range(7):
        ids.append(desk.post("/lab/texts", GOOD + f"word {i}\tmot\n".encode()).json["id"])
        kept = own_texts.read_json(place / ids[-1])
        assert kept
        own_texts.write_json(place / ids[-1], {**kept, "created": kept["created"] - 100 + i})
    listed = desk.get("/lab/texts").json["texts"]
    assert [text["id"] for text in listed] == ids[:1:-1][:5]
    assert listed[0]["pairs"] == 61 and listed[0]["ready"] and listed[0]["first"] == {"src": ZH[0][0], "tgt": ZH[0][1]}
    assert other in left(place)


def test_what_nobody_uses_is_forgotten(desk: Desk, place: Path) -> None:
    old, used = (desk.post("/lab/texts", GOOD).json["id"] for _ in range(2))
    stump = place / "incoming-0123"
    stump.write_bytes(b"half")
    for path in (place / old / own_texts.TEXT, place / used / own_texts.TEXT, stump):
        long_ago = path.stat().st_mtime - own_texts.KEPT_S - 60
        os.utime(path, (long_ago, long_ago))
    own_data.corpus_of(used, owner_of(desk))
    new = desk.post("/lab/texts", GOOD).json["id"]
    assert left(place) == sorted([used, new])


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"created": "x"}', b"\xff", b"[" * 100_000])
def test_a_damaged_note_is_no_text(desk: Desk, place: Path, damage: bytes) -> None:
    text_id = desk.post("/lab/texts", GOOD).json["id"]
    (place / text_id / own_texts.TEXT).write_bytes(damage)
    refusal(desk.get(f"/lab/texts/{text_id}"), 404, "corpus.refused.unknown")
    assert desk.get("/lab/texts").json["texts"] == [] and desk.post("/lab/texts", GOOD).status == 200


def test_the_pairs_and_the_note_always_agree(desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the two writes: the note still speaks of the pairs that it was written with."""
    text_id = desk.post("/lab/texts", GOOD).json["id"]
    before = own_data.corpus_of(text_id, owner_of(desk)).read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(own_texts, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        own_texts.settle(place / text_id, {}, b"other\tpairs\n")
    assert own_data.corpus_of(text_id, owner_of(desk)).read_bytes() == before
    monkeypatch.undo()
    monkeypatch.setattr(runs, "OWN_RUNS", place.parent)
    desk.post(f"/lab/texts/{text_id}", {})
    assert len(list((place / text_id).glob("pairs-*"))) == 1


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_words_for_everything(language: str) -> None:
    texts = tomllib.loads((STRINGS / language / "corpus.toml").read_text(encoding="utf-8"))["corpus"]
    roads = {"unknown", "not_ready", "slow", "disk", "busy"}
    assert set(texts["refused"]) == set(REFUSALS) | roads
    assert set(texts["reason"]) == set(REASONS) and set(texts["delimiter"]) == set(DELIMITERS)
    assert set(texts["encoding"]) == {*ENCODINGS, "found"} and set(texts["kind"]) == {"task", *KINDS}
    for reason, english in REFUSALS.items():
        named = set(re.findall(r"\{(\w+)\}", texts["refused"][reason]))
        assert named <= set(re.findall(r"\{(\w+)\}", english)), reason


def test_the_limits_are_said_once() -> None:
    assert own_data.MOST_BYTES == MOST_BYTES


def test_a_class_brings_its_texts_at_once(place: Path) -> None:
    async def all_of_them() -> list[Said]:
        desks = [Desk(own_data.routes, f"{i:032x}") for i in range(60)]
        texts = [GOOD + f"canary {i}\tcanary\n".encode() for i in range(60)]
        asked = [desk.asked("/lab/texts", [text], {"x-lab": "1"}) for desk, text in zip(desks, texts, strict=True)]
        return await asyncio.gather(*asked)

    answers = asgi.run(all_of_them())
    assert {said.status for said in answers} == {200} and len({said.json["id"] for said in answers}) == 60
    for i, said in enumerate(answers):
        file = own_data.corpus_of(said.json["id"], visitor_id(f"{i:032x}") or "")
        assert Corpus.from_tsv(file.read_bytes()).pairs[-1].src == f"canary {i}"
