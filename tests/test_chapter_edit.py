"""What the page Edit asks of the server: both passes, one tensor, the story, and hostile questions."""

import copy
import dataclasses
import threading

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from asking import Answered, ask_chapter
from transformer.gold import groups_of
from transformer.heads import blocks_of
from transformer.interventions import FromSentence, PaintMask, Written, read, write, write_under
from transformer.interventions.surgery import as_edit
from transformer.roads import without_road
from transformer.runs import load_run
from transformer.trace import trace_pair
from transformer.vocab import BOS
from ui import i18n, pass_payload, services
from ui.chapters import edit

pytest_plugins = ["clients"]

RUN = load_run("fr")
TEXT = RUN.example
SRC = RUN.encode(TEXT)
OUT = RUN.decode(SRC)
TGT_IN = [BOS, *OUT[:-1]]


def ask(client: TestClient, status: int = 200, run: str = "fr", s: str = TEXT, **question: str) -> Answered:
    return ask_chapter(client, "edit", status, run=run, s=s, **question)


def forget() -> None:
    """Let the server compute the next answer anew, however often the same was asked before."""
    with services.payloads.lock:
        services.payloads.results.clear()
        services.payloads.size = 0


def test_one_request_brings_both_passes(client: TestClient) -> None:
    e = "1-zero.d0c.0-weight.d1c.1.3.2.500-positions.tgt"
    header, tensors = ask(client, ask="pass", e=e)
    before = trace_pair(RUN.model, SRC, TGT_IN)
    after = trace_pair(RUN.model, SRC, TGT_IN, edit=as_edit(RUN.model, read(e)))
    for block in blocks_of(RUN.model):
        np.testing.assert_array_equal(tensors[f"before.{block}"], before[f"{block}.weights"])
        np.testing.assert_array_equal(tensors[f"after.{block}"], after[f"{block}.weights"])
    for t, row in enumerate(header["rows"]):
        for side, trace in (("before", before), ("after", after)):
            best = int(trace["logits"][t].argmax())
            assert row[side][0][0] == RUN.tgt_vocab.token(best)
            assert row[side] == sorted(row[side], key=lambda one: -one[1])
        assert row["flipped"] == (row["before"][0][0] != row["after"][0][0])
    written = write_under(RUN.model, SRC, as_edit(RUN.model, read(e)), len(TGT_IN) + 8)
    assert header["written"][1]["words"] == [RUN.tgt_vocab.token(token) for token in written.ids]
    assert header["written"][1]["p"] == pytest.approx(written.p)
    assert header["written"][0]["words"] == [RUN.tgt_vocab.token(token) for token in OUT]
    assert header["asleep"] == []
    for name, change in header["changes"].items():
        with np.errstate(invalid="ignore"):
            difference = np.nan_to_num(after[name] * 1.0 - before[name] * 1.0, nan=0.0, posinf=0.0, neginf=0.0)
        assert change == pytest.approx(float(np.abs(difference).max()), abs=1e-6), name


def test_without_edits_nothing_changes(client: TestClient) -> None:
    header, tensors = ask(client, ask="pass")
    assert not any(header["changes"].values())
    assert not any(row["flipped"] for row in header["rows"])
    assert header["written"][0] == header["written"][1]
    for block in blocks_of(RUN.model):
        np.testing.assert_array_equal(tensors[f"before.{block}"], tensors[f"after.{block}"])


def test_undo_restores_the_same_digits(client: TestClient) -> None:
    first = ask(client, ask="pass", e="")[0]
    ask(client, ask="pass", e="1-zero.d1c.2")
    forget()
    assert ask(client, ask="pass", e="")[0] == first


def test_any_tensor_of_both_passes(client: TestClient) -> None:
    e = "1-residual.d0f-mask.d0s.all.15.15.aaam"
    for name in ("memory", "decoder.0.ffn.residual", "decoder.0.self_attn.scores.masked", "logits"):
        _, tensors = ask(client, ask="tensor", e=e, name=name)
        np.testing.assert_array_equal(tensors["before"], trace_pair(RUN.model, SRC, TGT_IN)[name])
        after = trace_pair(RUN.model, SRC, TGT_IN, edit=as_edit(RUN.model, read(e)))[name]
        np.testing.assert_array_equal(tensors["after"], after)


def test_what_a_painting_closes_is_no_unchanged_tensor(client: TestClient) -> None:
    e = write([PaintMask("decoder.1.cross_attn", None, len(OUT), len(SRC), (2, 5))])
    header, _ = ask(client, ask="pass", e=e)
    name = "decoder.1.cross_attn.scores.masked"
    assert header["closed"].pop(name) == 2 * RUN.model.config.n_heads
    assert header["changes"][name] == 0, "a cell that is closed has no number that could have changed"
    assert not any(header["closed"].values())
    assert not any(ask(client, ask="pass", e="1-zero.d1c.2")[0]["closed"].values())


def test_what_does_not_fit_sleeps_and_says_why(client: TestClient) -> None:
    header, _ = ask(client, ask="pass", e="1-zero.d9c.0-zero.d1c.9-mask.d0s.0.3.3.q-weight.d0s.0.1.2.5-zero.d0c.0")
    assert [(one["n"], one["key"]) for one in header["asleep"]] == [
        (0, "edit.unfit.place"),
        (1, "edit.unfit.head"),
        (2, "edit.unfit.shape"),
        (3, "edit.unfit.later"),
    ]
    for one in header["asleep"]:
        for language in i18n.LANGUAGES:
            i18n.say(language, one["key"], **one["values"])
    assert header["changes"]["decoder.0.cross_attn.context"] > 0, "those that fit are made"


def test_what_a_painting_covers_sleeps_and_says_why(client: TestClient) -> None:
    size = (len(OUT), len(SRC))
    paintings = [PaintMask("decoder.1.cross_attn", head, *size, (3,)) for head in (1, None)]
    header, tensors = ask(client, ask="pass", e=write(paintings) + "-weight.d1c.2.0.3.500")
    assert [(one["n"], one["key"]) for one in header["asleep"]] == [
        (0, "edit.unfit.painted_over"),
        (2, "edit.unfit.closed"),
    ]
    for one in header["asleep"]:
        for language in i18n.LANGUAGES:
            i18n.say(language, one["key"], **one["values"])
    assert not tensors["after.decoder.1.cross_attn"][:, 0, 3].any()


ASKED = [{"ask": "pass"}, {"ask": "tensor", "name": "decoder.0.ffn.output"}, {"ask": "story"}]


@pytest.mark.parametrize("question", ASKED)
def test_too_much_to_send_is_refused_first(
    client: TestClient, question: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    of_source = 2 * 4 * RUN.model.config.n_heads * RUN.model.config.n_encoder_layers * len(SRC) ** 2
    monkeypatch.setattr(pass_payload, "MOST_BYTES", 2 * of_source)
    assert ask(client, 422, **question)[0]["error"] == "error.too_large", "both sides are too much"
    monkeypatch.setattr(pass_payload, "MOST_BYTES", of_source)
    monkeypatch.setattr(edit, "_alone", lambda *_: pytest.fail("written before there is room"))
    assert ask(client, 422, **question)[0]["error"] == "error.too_large", "the source alone is too much"


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("writes", [True, False])
def test_what_is_not_finite_is_refused(
    client: TestClient, question: dict[str, str], writes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = copy.deepcopy(RUN.model)
    with torch.no_grad():
        model.get_submodule("decoder.0.ffn.w_2").get_parameter("weight").fill_(float("inf"))
    forget()
    monkeypatch.setattr(services, "run", lambda _: dataclasses.replace(RUN, model=model))
    if not writes:
        monkeypatch.setattr(edit, "_alone", lambda *_: Written(OUT, [1.0] * len(OUT), "end"))
    assert ask(client, 422, **question)[0]["error"] == "error.not_finite"


def test_the_story_is_true(client: TestClient) -> None:
    """Without its best head the pronoun stays; what does change it is named with its outcome."""
    story, _ = ask(client, ask="story")
    assert RUN.heads is not None
    assert story["start"] == RUN.heads["start"]
    assert RUN.tgt_vocab.token(OUT[story["row"]]) == "il"
    weights = trace_pair(RUN.model, SRC, TGT_IN)[f"{story['start']['block']}.weights"]
    assert story["looks"]["weight"] == pytest.approx(float(weights[story["start"]["head"], story["row"]].max()))
    assert [act["name"] for act in story["acts"]] == ["head", "close", "turn", "sublayer", "blind"]
    assert not story["acts"][0]["flipped"]
    assert story["acts"][2]["flipped"]
    for act in story["acts"]:
        header, _ = ask(client, ask="pass", e=act["e"])
        assert header["asleep"] == []
        row = header["rows"][story["row"]]
        assert row["flipped"] == act["flipped"]
        assert row["after"][0][0] == act["best"][0][0]
        assert sum(one["flipped"] for one in header["rows"]) == act["flips"]


def test_the_closed_road_is_that_of_the_passport(client: TestClient) -> None:
    """The page states the passport's rate for it, so on this sentence both must close the very same cells."""
    story, _ = ask(client, ask="story")
    text = next(act["e"] for act in story["acts"] if act["name"] == "close")
    cross = [block for block, kind in blocks_of(RUN.model).items() if kind == "cross"]
    hops = [
        {"block": block, "head": head, "from": "pronoun", "to": "referent"}
        for block in cross
        for head in range(RUN.model.config.n_heads)
    ]
    assert RUN.task is not None
    example = RUN.task.answer(TEXT)
    assert example is not None
    (group,) = groups_of([example], RUN.src_vocab, RUN.tgt_vocab)
    road = trace_pair(RUN.model, SRC, TGT_IN, edit=without_road(hops)(group))
    painted = trace_pair(RUN.model, SRC, TGT_IN, edit=as_edit(RUN.model, read(text)))
    for name in [f"{block}.weights" for block in cross] + ["logits"]:
        np.testing.assert_allclose(painted[name], road[name], atol=1e-5, rtol=1e-5)
    assert painted[f"{cross[0]}.weights"][:, story["row"], story["looks"]["col"]].max() == 0.0


@pytest.mark.parametrize("run", ["copy", "addition", "zh", "dates"])
def test_every_run_has_a_story(client: TestClient, run: str) -> None:
    story, _ = ask(client, run=run, s=load_run(run).example, ask="story")
    assert story["acts"][0]["name"] == "head"
    header, _ = ask(client, run=run, s=load_run(run).example, ask="pass", e=story["acts"][0]["e"] + "-mean.d0c.0")
    assert header["asleep"] == []


HOSTILE = [
    {"ask": "no"},
    {"ask": "tensor", "name": "__class__"},
    {"ask": "tensor", "name": "decoder.9.cross_attn.weights"},
    {"ask": "pass", "e": "2-zero.d1c.2"},
    {"ask": "pass", "e": "1-zero.d1c.2" * 300},
    {"ask": "pass", "e": "<script>alert(1)</script>"},
    {"ask": "pass", "e": "1-eval.d1c.2"},
    {"ask": "pass", "e": "1-weight.d1c.0.1.1.nan"},
    {"ask": "pass", "e": "1-zero.d1c.2" + "-zero.d1c.2" * 40},
    {"ask": "pass", "e": "1-zero.d1c"},
    {"ask": "pass", "s": ""},
    {"ask": "story", "s": " "},
]


@pytest.mark.parametrize("question", HOSTILE, ids=lambda question: str(question)[:40])
def test_hostile_questions_are_refused(client: TestClient, question: dict[str, str]) -> None:
    answer = client.get("/lab/chapter", params={"page": "edit", "run": "fr", "s": TEXT, **question})
    assert answer.status_code in (404, 422), answer.text[:200]
    assert answer.json()["error"] in i18n.words("en")


def test_a_link_that_was_cut_off_holds_too_little_not_too_much(client: TestClient) -> None:
    answer = client.get("/lab/chapter", params={"page": "edit", "run": "fr", "s": TEXT, "ask": "pass", "e": "1"})
    assert (answer.status_code, answer.json()["error"]) == (422, "edit.refused.fields")


def test_another_sentence_in_a_link_is_only_text(client: TestClient) -> None:
    for text in ("<b>&amp;", "\u202e" + TEXT, "x " * 100, TEXT):
        e = write([FromSentence("decoder.1.cross_attn", 0, text)])
        header, _ = ask(client, ask="pass", e=e)
        assert all(one["key"] == "edit.unfit.sentence" for one in header["asleep"])


def test_words_of_another_sentence_that_nobody_knows_are_named(client: TestClient) -> None:
    for text, unseen in (("the quantum cat, the quantum dog", ["quantum", "cat"]), (TEXT, [])):
        header, _ = ask(client, ask="pass", e=write([FromSentence("decoder.1.cross_attn", 0, text)]))
        assert header["unseen"] == {text: unseen}


def test_while_one_visitor_edits_another_gets_the_same_bytes(client: TestClient) -> None:
    question = {"run": "fr", "s": TEXT}
    first = client.get("/lab/trace", params=question).content
    model = services.run("fr").model  # the very one that the server edits passes of
    alone = trace_pair(model, SRC, TGT_IN)
    faults: list[str] = []

    def watch() -> None:
        for _ in range(4):
            now = trace_pair(model, SRC, TGT_IN)
            if any(not np.array_equal(now[name], alone[name]) for name in alone):
                faults.append("another picture")
            forget()
            if client.get("/lab/trace", params=question).content != first:
                faults.append("other bytes")

    watcher = threading.Thread(target=watch)
    watcher.start()
    for n in range(4):
        ask(client, ask="pass", e=f"1-zero.d1c.{n}-only.d0c.{n}")
    watcher.join()
    assert not faults
