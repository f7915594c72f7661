"""What the page Masks asks of the server: a batch, a painted mask, the mistakes, and hostile questions."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from asking import Answered, ask_chapter
from transformer.runs import load_run
from transformer.studies.mask_lab import MISTAKES
from ui import i18n

pytest_plugins = ["clients"]

RUN = "fr"
TEXT = load_run(RUN).example


# --- the batch ------------------------------------------------------------------------------------------------------


def ask(client: TestClient, status: int = 200, run: str = RUN, s: str = TEXT, **question: str) -> Answered:
    return ask_chapter(client, "masks", status, run=run, s=s, **question)


@pytest.mark.parametrize("run", ["fr", "zh", "copy", "addition"])
def test_a_batch_has_sentences_of_several_lengths(client: TestClient, run: str) -> None:
    header, tensors = ask(client, run=run, s=load_run(run).example, ask="batch")
    sentences = header["sentences"]
    assert 3 <= len(sentences) <= 4
    assert len({one["words"]["src"] for one in sentences}) > 1
    for n, one in enumerate(sentences):
        pads = [token_id == header["pad_id"] for token_id in one["src_ids"]]
        assert [not pad for pad in pads] == tensors["src_padding"][n].astype(bool).tolist()
        assert pads.count(False) == one["words"]["src"]
        assert all(token == "<pad>" for token, pad in zip(one["src"], pads, strict=True) if pad)
    np.testing.assert_array_equal(tensors["why_decoder"] == 0, tensors["combined"])
    assert max(header["alone"]) < 1e-4


def test_the_causal_triangle_of_i_love_you(client: TestClient) -> None:
    header, tensors = ask(client, run="zh", s="我爱你", ask="batch", t="i love")
    assert header["sentences"][0]["tgt"][:3] == ["<s>", "i", "love"]
    assert tensors["causal"][:3, :3].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


# --- painting -------------------------------------------------------------------------------------------------------


def bits(rows: int, cols: int, cells: list[tuple[int, int]]) -> str:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    flags = [False] * (-(-rows * cols // 6) * 6)
    for row, col in cells:
        flags[row * cols + col] = True
    text = "".join(
        signs[sum(flag << (5 - i) for i, flag in enumerate(flags[at : at + 6]))] for at in range(0, len(flags), 6)
    )
    return f"{rows}.{cols}.{text}"


def test_an_unpainted_mask_is_the_model_itself(client: TestClient) -> None:
    trace = load_run(RUN).trace(TEXT)
    header, tensors = ask(client, ask="paint", block="decoder.0.self_attn")
    np.testing.assert_array_equal(tensors["before"], trace["decoder.0.self_attn.weights"])
    np.testing.assert_array_equal(tensors["after"], tensors["before"])
    assert header["written"][1]["text"] == load_run(RUN).translate(TEXT)
    assert header["written"][1]["same"]
    assert not any(row["flipped"] for row in header["rows"])


def test_the_painted_cells_are_closed(client: TestClient) -> None:
    n = len(load_run(RUN).trace(TEXT).tgt_tokens)
    _, tensors = ask(client, ask="paint", block="decoder.0.self_attn", mask=bits(n, n, [(3, 0), (3, 2), (5, 5)]))
    after = tensors["after"]
    assert not after[:, 3, [0, 2]].any()
    assert not after[:, 5, 5].any()
    np.testing.assert_allclose(after.sum(-1), 1, atol=1e-5)


def test_one_head_may_be_painted(client: TestClient) -> None:
    n = len(load_run(RUN).trace(TEXT).tgt_tokens)
    _, tensors = ask(client, ask="paint", block="decoder.0.self_attn", head="2", mask=bits(n, n, [(3, 0)]))
    assert not tensors["after"][2, 3, 0]
    np.testing.assert_array_equal(tensors["after"][:2], tensors["before"][:2])


def test_a_hidden_row_is_refused_with_its_number(client: TestClient) -> None:
    n = len(load_run(RUN).trace(TEXT).tgt_tokens)
    said, _ = ask(client, 422, ask="paint", block="decoder.0.self_attn", mask=bits(n, n, [(0, 0)]))
    assert said == {"error": "masks.refused.row", "values": {"row": 1}}


def test_a_mask_of_another_sentence_is_refused(client: TestClient) -> None:
    said, _ = ask(client, 422, ask="paint", block="decoder.0.self_attn", mask="3.3.A")
    assert said["error"] == "masks.refused.shape"


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ask": ""},
        {"ask": "everything"},
        {"ask": "paint"},
        {"ask": "paint", "block": "encoder.9.self_attn"},
        {"ask": "paint", "block": "encoder.0.ffn"},
        {"ask": "paint", "block": "../../etc"},
        {"ask": "paint", "block": "encoder.0.self_attn", "head": "4"},
        {"ask": "paint", "block": "encoder.0.self_attn", "head": "-1"},
        {"ask": "paint", "block": "encoder.0.self_attn", "head": "٣"},
        {"ask": "paint", "block": "encoder.0.self_attn", "mask": "12.12"},
        {"ask": "paint", "block": "encoder.0.self_attn", "mask": "12.12.<b>"},
        {"ask": "paint", "block": "encoder.0.self_attn", "mask": "12.12." + "A" * 7000},
        {"ask": "paint", "block": "encoder.0.self_attn", "mask": "12.12." + "_" * 25},
        {"ask": "mistake"},
        {"ask": "mistake", "name": "nope"},
        {"ask": "mistake", "name": "rows", "fill": "zero"},
        {"ask": "mistake", "name": "rows", "block": "decoder.0.ffn"},
        {"ask": "mistake", "name": "__class__"},
    ],
)
def test_a_wrong_question_is_refused_with_a_sentence(client: TestClient, question: dict[str, Any]) -> None:
    ask(client, 404, **question)


@pytest.mark.parametrize("text", ["", " ", "\u200b"])
@pytest.mark.parametrize("kind", ["batch", "paint", "gallery", "mistake"])
def test_nothing_to_read_is_refused(client: TestClient, text: str, kind: str) -> None:
    ask(client, 422, s=text, ask=kind, name="rows", block="encoder.0.self_attn")


HOSTILE = [
    "<script>alert(1)</script>",
    "the\x00animal",
    "<pad> <s> </s>",
    "🐈 did 👩‍👩‍👧‍👧",
    "a" * 2000,
    "the animal " * 150,
    "thanks",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "question", [{"ask": "batch"}, {"ask": "paint", "block": "encoder.0.self_attn"}, {"ask": "mistake", "name": "rows"}]
)
def test_any_text_is_answered(client: TestClient, text: str, question: dict[str, Any]) -> None:
    ask(client, s=text, **question)


@pytest.mark.parametrize("said", ["je", "<b>", "\u200b", "l'animal " * 300])
def test_the_decoder_may_be_made_to_read_anything(client: TestClient, said: str) -> None:
    ask(client, ask="batch", t=said)
    ask(client, ask="paint", block="decoder.0.self_attn", t=said)
    ask(client, ask="mistake", name="no_causal", t=said)


# --- mistakes -------------------------------------------------------------------------------------------------------


def test_the_gallery_has_every_mistake(client: TestClient) -> None:
    header, _ = ask(client, ask="gallery")
    lines = {line["name"]: line for line in header["mistakes"]}
    assert list(lines) == list(MISTAKES)
    assert lines["swapped"]["nan"] > 0
    assert lines["big_negative"] == {"name": "big_negative", "nan": 0, "flipped": 0, "moved": 0.0, "caught": []}
    assert lines["no_causal"]["moved"] > 0


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("run", ["fr", "copy"])
def test_a_mistake_is_told_in_numbers(client: TestClient, run: str, name: str) -> None:
    header, tensors = ask(client, run=run, s=load_run(run).example, ask="mistake", name=name)
    assert header["name"] == name
    assert header["n_padding"] == 3
    heads, rows, cols = tensors["right"].shape
    assert tensors["wrong"].shape == (heads, rows, cols)
    assert tensors["right_mask"].shape == tensors["wrong_mask"].shape == (rows, cols)
    assert not tensors["right"][:, tensors["right_mask"] == 0].any()
    np.testing.assert_allclose(tensors["right"].sum(-1), 1, atol=1e-5)
    assert (header["hidden"] is None) == (name != "big_negative")
    assert [check["name"] for check in header["checks"]] == ["later", "padding", "row_sum", "last_word", "alone"]
    for language in i18n.LANGUAGES:
        assert {f"masks.mistake.{name}.{part}" for part in ("name", "about", "notice")} <= i18n.words(language).keys()


def test_the_fill_decides_between_nan_and_a_lie(client: TestClient) -> None:
    loud, _ = ask(client, ask="mistake", name="rows", fill="inf")
    silent, tensors = ask(client, ask="mistake", name="rows", fill="big")
    assert loud["hides"]
    assert loud["nan"] == len(loud["rows"])
    assert silent["nan"] == 0
    padding = tensors["wrong"][:, -1]
    np.testing.assert_allclose(padding, 1 / padding.shape[-1], atol=1e-6)


def test_a_long_sentence_leaves_no_room_for_padding(client: TestClient) -> None:
    header, _ = ask(client, s="the animal " * 40, ask="mistake", name="no_padding")
    assert header["n_padding"] == 0
    assert [check["right"] for check in header["checks"] if check["name"] in ("padding", "alone")] == [None, None]
