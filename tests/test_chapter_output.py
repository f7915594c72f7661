"""What the page Output is told: the logit lens of this very pass, the right answer, a no to every wrong question."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from asking import unpack
from transformer.runs import load_run
from transformer.studies.lens import read_depths
from transformer.vocab import EOS, PAD

pytest_plugins = ["clients"]

RUNS = ["fr", "zh", "addition"]
WRONG_IDS = ["", ",", "1,", "-1", "x", "1.5", "²", "٣", "99999", "1e3", f"5,{PAD},6", "9" * 400, ",".join(["5"] * 500)]


def ask(client: TestClient, run: str, text: str, ids: str) -> Any:
    return client.get("/lab/chapter", params={"page": "output", "run": run, "s": text, "ids": ids})


@pytest.mark.parametrize("name", RUNS)
def test_the_answer_is_the_lens_of_the_very_pass(client: TestClient, name: str) -> None:
    run = load_run(name)
    trace, written = run.trace(run.example), run.decode(run.encode(run.example))
    reply = ask(client, name, run.example, ",".join(map(str, written)))
    assert reply.status_code == 200
    assert len(reply.content) < 400_000
    header, arrays = unpack(reply.content)
    lens = read_depths(run.model, trace, written)
    assert header["names"] == lens.names
    assert arrays.keys() == {"ids", "p", "written", "rank"}
    for key, array in arrays.items():
        np.testing.assert_array_equal(array, getattr(lens, key).astype("<f4"))
    np.testing.assert_array_equal(arrays["ids"][-1, :, 0], written)  # greedy: the end's best word is the written one
    assert run.task is not None
    right = run.task.answer(run.example)
    assert right is not None
    assert header["right"] == [*run.tgt_vocab.encode(right.tgt).ids, EOS]


def test_other_words_are_read_than_the_model_s_own(client: TestClient) -> None:
    run = load_run("fr")
    said = [*run.tgt_vocab.encode("elle").ids, EOS]
    header, arrays = unpack(ask(client, "fr", run.example, ",".join(map(str, said))).content)
    assert arrays["written"].shape == (len(header["names"]), 2)


def test_a_text_that_the_task_does_not_know_has_no_right_answer(client: TestClient) -> None:
    header, _ = unpack(ask(client, "fr", "because because", "5,6,2").content)
    assert header["right"] is None


@pytest.mark.parametrize("ids", WRONG_IDS)
def test_ids_that_no_pass_could_have_written_are_refused(client: TestClient, ids: str) -> None:
    reply = ask(client, "fr", "thanks", ids)
    assert reply.status_code == 422
    assert reply.json()["error"] == "error.question"


def test_an_empty_text_and_an_unknown_run_are_refused(client: TestClient) -> None:
    assert ask(client, "fr", " ", "5,2").json()["error"] == "error.empty"
    assert ask(client, "nope", "thanks", "5,2").status_code == 404
