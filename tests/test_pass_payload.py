"""A whole pass travels to the browser: what is sent is the model's own, and the rest can be made again exactly."""

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from asking import unpack
from models import ANY, tiny_model
from test_payload import FAMOUS, HOSTILE
from transformer import Trace, Transformer, save_run, trace_pair
from transformer.runs import Run, load_run
from transformer.tasks import TASKS
from transformer.vocab import BOS, EOS
from ui import pass_payload, payload, roads, services
from ui.chapters import masks, tokens
from ui.pack import Answer, RefusedError, pack
from ui.pass_payload import parameters_payload


def pass_of(run: Run, text: str, said: str = "") -> tuple[dict[str, Any], dict[str, np.ndarray], Trace]:
    header, tensors = unpack(pass_payload._pack(run, text, said))
    ids = header["ids"]
    return header, tensors, trace_pair(run.model, ids["src"], ids["tgt_in"], run.src_vocab, run.tgt_vocab)


def made(name: str, trace: Trace) -> np.ndarray:
    """Make what is not sent, as the browser does."""
    block, config = ".".join(name.split(".")[:3]), trace.config
    if name.endswith("scores.scaled"):
        return trace[f"{block}.scores.raw"] / np.float32(np.sqrt(config.d_k))
    if name.endswith("concat"):
        context = trace[f"{block}.context"]
        return context.transpose(1, 0, 2).reshape(context.shape[1], -1)
    if name.endswith("scores.masked"):
        scores = next(
            trace[f"{block}.scores.{kind}"] for kind in ("biased", "scaled", "raw") if f"{block}.scores.{kind}" in trace
        )
        causal = block.startswith("decoder") and block.endswith("self_attn")
        mask = trace["tgt_mask"] if causal else trace["src_mask"]
        return np.where(mask, scores, -np.inf)
    return trace[incoming(block, trace)] + trace[f"{block}.output"]


def incoming(block: str, trace: Trace) -> str:
    """Name the residual stream that enters a sublayer: what the sublayer before it left."""
    stack, layer, part = block.split(".")
    parts = ["self_attn", "ffn"] if stack == "encoder" else ["self_attn", "cross_attn", "ffn"]
    left = trace.config.leaves
    if part != parts[0]:
        return f"{stack}.{layer}.{parts[parts.index(part) - 1]}.{left}"
    if layer != "0":
        return f"{stack}.{int(layer) - 1}.ffn.{left}"
    return "src_embed.sum" if stack == "encoder" else "tgt_embed.sum"


def check(header: dict[str, Any], tensors: dict[str, np.ndarray], trace: Trace) -> None:
    assert header["names"] == trace.names()
    for name in trace.names():
        if name in tensors:
            np.testing.assert_array_equal(tensors[name], trace[name])
        else:
            np.testing.assert_allclose(made(name, trace), trace[name], rtol=2e-7, atol=0, err_msg=name)


@pytest.mark.parametrize("name", TASKS)
def test_the_whole_pass_of_every_shipped_run_can_be_had(name: str) -> None:
    run = services.run(name)
    header, tensors, trace = pass_of(run, run.example)
    check(header, tensors, trace)
    assert header["ids"]["tgt_in"] == [BOS, *run.decode(run.encode(run.example))[:-1]]
    assert header["vocab"]["tgt"] == [run.tgt_vocab.token(n) for n in range(len(run.tgt_vocab))]
    for key, spec in header["specs"].items():
        assert spec["source"] is not None, key


@pytest.mark.parametrize("kind", ANY)
def test_so_can_that_of_any_model(kind: dict[str, Any], tmp_path: Path) -> None:
    vocabularies = TASKS["copy"].vocabularies()
    model = tiny_model(src_vocab_size=len(vocabularies[0]), tgt_vocab_size=len(vocabularies[1]), **kind)
    save_run(model, vocabularies, tmp_path / "any")
    check(*pass_of(load_run(tmp_path / "any"), "abcab"))


def without_causal_mask(run: Run) -> Run:
    """Give the same weights in a model that lacks the mask."""
    model = Transformer(dataclasses.replace(run.model.config, causal=False)).eval()
    model.load_state_dict(run.model.state_dict())
    return dataclasses.replace(run, model=model)


def test_without_a_causal_mask_every_page_reads_the_right_answer_as_in_training() -> None:
    """Explore, the pass, its masks and its tokens show one sentence, and other words only where they are asked for."""
    run = without_causal_mask(services.run("fr"))
    header, tensors, trace = pass_of(run, FAMOUS)
    check(header, tensors, trace)
    assert trace["tgt_mask"].all()
    right = [*run.tgt_vocab.encode(header["sentence"]["answer"]).ids, EOS]
    assert header["ids"]["tgt_out"] == right
    assert [notice["key"] for notice in header["sentence"]["notices"]] == ["bugs.notice.causal_answer"]
    shown = payload._pack(run, FAMOUS)
    assert json.loads(shown[4 : 4 + struct.unpack_from("<I", shown)[0]])["traces"][0]["tgt_out"] == [
        run.tgt_vocab.token(token_id) for token_id in right
    ]
    assert tokens._ids_of(run, FAMOUS, "tgt") == right
    batch = masks.answer(run, FAMOUS, {"ask": "batch"})
    assert batch.header["sentences"][0]["tgt_ids"][: len(right)] == [BOS, *right[:-1]]
    assert batch.tensors["causal"].all()
    told, _, _ = pass_of(run, FAMOUS, "le chien")
    assert [notice["key"] for notice in told["sentence"]["notices"]] == ["bugs.notice.causal_told"]


def test_a_pass_of_twenty_words_stays_small() -> None:
    words = (FAMOUS + " and the street").split()
    packed = pass_payload._pack(services.run("fr"), " ".join((words * 2)[:20]), " ".join(["la"] * 19))
    header, _ = unpack(packed)
    assert len(header["ids"]["src"]) == len(header["ids"]["tgt_in"]) == 20
    assert len(packed) <= 450_000


def test_the_decoder_can_be_made_to_read_other_words() -> None:
    run = services.run("zh")
    header, tensors, trace = pass_of(run, "我正在吃一个苹果", "I am eating an apple")
    check(header, tensors, trace)
    sentence = header["sentence"]
    assert sentence["tgt_in"] == ["<s>", "i", "am", "eating", "an", "apple"]
    assert sentence["tgt_out"] == ["i", "am", "eating", "an", "apple", "</s>"]
    assert sentence["forced"] is True
    assert header["ids"]["tgt_out"][-1] == EOS
    assert pass_of(run, "我正在吃一个苹果", "  ")[0]["sentence"]["forced"] is False


@pytest.mark.parametrize("said", HOSTILE)
def test_whatever_the_decoder_is_made_to_read(said: str) -> None:
    run = services.run("fr")
    header, tensors, trace = pass_of(run, FAMOUS, said)
    check(header, tensors, trace)
    assert len(header["ids"]["tgt_in"]) <= run.model.config.max_len


def test_more_numbers_than_can_be_sent_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pass_payload, "MOST_BYTES", 1000)
    with pytest.raises(RefusedError, match=r"error\.too_large"):
        pass_payload._pack(services.run("fr"), FAMOUS, "")


def test_a_model_whose_numbers_are_none_is_refused_in_words(tmp_path: Path) -> None:
    vocabularies = TASKS["copy"].vocabularies()
    model = tiny_model(src_vocab_size=len(vocabularies[0]), tgt_vocab_size=len(vocabularies[1]))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 1e12  # finite, so that it can be saved, and too large to be multiplied twice
    save_run(model, vocabularies, tmp_path / "overflow")
    run = load_run(tmp_path / "overflow")
    for ask in (lambda: pass_payload._pack(run, "abc", ""), lambda: payload._pack(run, "abc")):
        with pytest.raises(RefusedError, match=r"error\.not_finite"):
            ask()


@pytest.mark.parametrize("name", ["fr", "addition"])
def test_the_parameters_of_a_place_are_the_model_s_own(name: str) -> None:
    run = services.run(name)
    state = run.model.state_dict()
    config = run.model.config
    places = ["src_embed", "tgt_embed", "memory", "output"]
    places += [f"encoder.{n}.{part}" for n in range(config.n_encoder_layers) for part in ("self_attn", "ffn")]
    places += [
        f"decoder.{n}.{part}" for n in range(config.n_decoder_layers) for part in ("self_attn", "cross_attn", "ffn")
    ]
    seen: set[str] = set()
    for place in places:
        header, tensors = unpack(parameters_payload(name, place))
        assert header["at"] == place
        assert not seen & tensors.keys()
        seen |= tensors.keys()
        for key, values in tensors.items():
            np.testing.assert_array_equal(values, state[key].numpy())
    assert seen == set(state), "every parameter has its place"


@pytest.mark.parametrize(
    "at",
    [
        "",
        "encoder",
        "encoder.0",
        "encoder.9.ffn",
        "encoder.-1.ffn",
        "encoder.0.ffn.w_1",
        "../x",
        "decoder.0.self_attn\n",
        "<b>",
        "x" * 5000,
    ],
)
def test_a_place_that_is_not_there_is_refused(at: str) -> None:
    with pytest.raises(RefusedError, match=r"error\.place") as refusal:
        parameters_payload("fr", at)
    assert refusal.value.status == 404


def test_equal_arrays_travel_once() -> None:
    one = np.arange(100, dtype=np.float32)
    alone, twice = pack(Answer({}, {"a": one})), pack(Answer({}, {"a": one, "b": one.reshape(10, 10)}))
    assert len(twice) < len(alone) + 100
    _, tensors = unpack(twice)
    np.testing.assert_array_equal(tensors["b"], one.reshape(10, 10))


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=roads.routes, middleware=roads.middleware), raise_server_exceptions=False)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_roads_answer_whatever_comes(client: TestClient, text: str) -> None:
    text = text.encode("utf-8", errors="replace").decode()[:1500]
    for road, question in (
        ("pass", {"run": "fr", "s": text}),
        ("pass", {"run": "fr", "s": "thanks", "t": text}),
        ("pass", {"run": text, "s": "thanks"}),
        ("parameters", {"run": "fr", "at": text}),
        ("parameters", {"run": text, "at": "memory"}),
        ("chapter", {"page": text, "run": "fr", "s": "thanks"}),
        ("chapter", {"page": "tokens", "run": text, "s": "thanks"}),
    ):
        answer = client.get(f"/lab/{road}", params=question)
        assert answer.status_code in (200, 404, 422), (road, question)
        if answer.status_code != 200:
            said = answer.json()
            assert said["error"].startswith("error.")
            assert "Traceback" not in answer.text
