"""What the page Positions is told: the run's own numbers, laws that hold, any kind of model, a no to wrong asking."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from asking import unpack
from transformer import POSITIONS, Transformer
from transformer.runs import Run, load_run
from transformer.studies.position_facts import sinusoid
from ui.chapters.positions import answer
from ui.pack import Answer, RefusedError, pack

pytest_plugins = ["clients"]

VIEWS = ["table", "distance", "shift", "kinds", "swap"]
MOST_BYTES = 400_000


def ask(client: TestClient, run: str = "fr", text: str | None = None, **question: str) -> Any:
    text = load_run(run).example if text is None else text
    return client.get("/lab/chapter", params={"page": "positions", "run": run, "s": text, **question})


def own_run(**changes: Any) -> Run:
    """Give a run with a model of another shape, untrained, and the words of a shipped one."""
    run = load_run("addition")
    torch.manual_seed(5)
    config = dataclasses.replace(run.model.config, **changes)
    return dataclasses.replace(run, model=Transformer(config).eval())


@pytest.mark.parametrize("run", ["fr", "addition", "sort"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_answered_in_few_bytes(client: TestClient, run: str, view: str) -> None:
    reply = ask(client, run, view=view)
    assert reply.status_code == 200
    assert len(reply.content) < MOST_BYTES


def test_the_table_is_what_the_pass_adds(client: TestClient) -> None:
    for name in ("fr", "addition"):
        run = load_run(name)
        added = run.trace(run.example)["src_embed.position"]
        header, arrays = unpack(ask(client, name, view="table").content)
        np.testing.assert_array_equal(arrays["table"][: len(added)], added)
        assert (header["n"], header["width"], header["first"]) == (run.model.config.max_len, 64, 0)
        assert header["sines"] == (name == "fr")


def test_a_learned_table_can_be_compared_with_the_sinusoid_of_its_size(client: TestClient) -> None:
    header, arrays = unpack(ask(client, "addition", view="table", source="sinusoid").content)
    np.testing.assert_array_equal(arrays["table"], sinusoid(header["n"], header["width"]).float().numpy())
    assert header["sines"]
    assert len(header["wavelengths"]) == header["width"] // 2


def test_distance_tells_every_product_and_how_far_the_law_holds(client: TestClient) -> None:
    header, arrays = unpack(ask(client, view="distance").content)
    table = sinusoid(64, 64).float().numpy()
    np.testing.assert_allclose(arrays["products"], table @ table.T, atol=1e-4)
    np.testing.assert_array_equal(arrays["lines"], arrays["products"][header["anchors"]])
    assert header["at_zero"] == 32
    assert header["spread64"]["value"] < 1e-9
    assert 0 < header["spread32"]["value"] < 1e-3
    learned, _ = unpack(ask(client, "addition", view="distance").content)
    assert learned["spread64"] is None
    assert learned["spread32"]["value"] > 1


def test_shift_tells_the_error_of_every_k(client: TestClient) -> None:
    header, arrays = unpack(ask(client, view="shift").content)
    assert len(header["errors64"]) == len(arrays["errors32"]) == header["most"] + 1 == 64
    assert max(header["errors64"]) < 1e-9
    assert arrays["errors32"].max() < 1e-5


def test_swap_compares_both_roads(client: TestClient) -> None:
    header, arrays = unpack(ask(client, view="swap").content)
    assert (header["i"], header["j"]) == (1, 6), "animal and street both follow the same word"
    order = list(range(header["n"]))
    order[1], order[6] = order[6], order[1]
    np.testing.assert_allclose(arrays["without.after"][order], arrays["without.before"], atol=1e-5)
    assert header["without"]["largest"] < 1e-5 < header["with"]["largest"]
    assert header["without"]["before"] == header["without"]["after"]
    run = load_run("fr")
    assert header["with"]["before"]["text"] == run.translate(run.example)
    swapped = run.example.replace("animal", "?").replace("street", "animal").replace("?", "street")
    assert header["with"]["after"]["text"] == run.translate(swapped)
    np.testing.assert_array_equal(arrays["with.before"], run.trace(run.example)["memory"][:, : header["features"]])


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"view": "nothing"},
        {"view": "<b>"},
        {"view": "swap", "i": "12"},
        {"view": "swap", "j": "-1"},
        {"view": "swap", "i": "²"},
        {"view": "swap", "i": "1.5"},
        {"view": "swap", "j": "9" * 400},
        {"view": "table", "from": "64"},
        {"view": "table", "from": "x"},
    ],
)
def test_a_wrong_question_is_refused_in_words(client: TestClient, question: dict[str, str]) -> None:
    reply = ask(client, **question)
    assert reply.status_code in (404, 422)
    assert reply.json()["error"].startswith("positions.error.")


@pytest.mark.parametrize("text", ["a", "xyz", "the", "猫 🐈", "word " * 300])
def test_any_text_that_can_be_read_can_be_swapped(client: TestClient, text: str) -> None:
    header, _ = unpack(ask(client, text=text, view="swap").content)
    assert 0 <= header["i"] < header["n"]
    assert 0 <= header["j"] < header["n"]


def test_nothing_to_read_is_said(client: TestClient) -> None:
    assert ask(client, text=" ", view="swap").json()["error"] == "error.empty"


SHAPES = [
    *({"position": position} for position in POSITIONS),
    {"position": "learned", "d_model": 27, "n_heads": 3},
    {"position": "none", "d_model": 27, "n_heads": 3},
    {"position": "rotary", "n_heads": 1},
    {"position": "alibi", "n_heads": 16},
    {"position": "sinusoidal", "max_len": 512, "d_model": 512, "n_heads": 8},
    {"position": "learned", "max_len": 1, "d_model": 1, "n_heads": 1},
    {"position": "learned", "max_len": 700, "d_model": 8, "n_heads": 1},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("view", VIEWS)
def test_a_model_of_any_shape_is_shown(shape: dict[str, Any], view: str) -> None:
    run = own_run(**shape)
    told = answer(run, "12+34", {"view": view})
    assert len(pack(told)) < MOST_BYTES
    json.dumps(told.header, allow_nan=False)
    if view == "kinds":
        assert [kind["name"] for kind in told.header["kinds"] if kind["own"]] == [shape["position"]]
        refused = [kind["name"] for kind in told.header["kinds"] if kind["refusal"]]
        assert refused == (["sinusoidal", "rotary"] if run.model.config.d_model % 2 else [])
    elif view == "table":
        assert told.header["source"] == ("own" if shape["position"] in ("sinusoidal", "learned") else "sinusoid")


def test_a_large_table_comes_in_windows_that_leave_nothing_out() -> None:
    run = own_run(position="sinusoidal", max_len=512, d_model=512, n_heads=8)
    rows, windows = 0, []
    while rows < 512:
        told: Answer = answer(run, "1", {"view": "table", "from": str(rows)})
        assert told.header["first"] == rows
        windows.append(told.tensors["table"])
        rows += told.header["rows"]
    np.testing.assert_array_equal(np.concatenate(windows), run.model.src_embed.position.embed(512).numpy())  # type: ignore[union-attr]


def test_a_place_beyond_the_sentence_says_how_long_it_is() -> None:
    with pytest.raises(RefusedError) as refused:
        answer(load_run("addition"), "12+34", {"view": "swap", "i": "5"})
    assert refused.value.values == {"place": "5", "most": 4}
