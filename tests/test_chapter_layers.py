"""What the layer pages ask for: what excites each hidden unit, over the road that the browser takes."""

from itertools import islice
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from asking import Tensors, ask_chapter
from transformer.gold import groups_of
from transformer.runs import load_run
from transformer.studies.units import measure_units
from transformer.tasks import TASKS
from ui.chapters.encoder import N_SENTENCES

pytest_plugins = ["clients"]


def ask(client: TestClient, page: str, run: str, **question: str) -> tuple[dict[str, Any], Tensors]:
    return ask_chapter(client, page, run=run, s="", **question)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("page", ["encoder", "decoder"])
def test_every_run_tells_what_excites_its_units(client: TestClient, page: str, name: str) -> None:
    run = load_run(name)
    at = f"{page}.0.ffn"
    header, tensors = ask(client, page, name, what="units", at=at)
    assert run.task is not None
    groups = groups_of(islice(run.task.examples(0, "test"), N_SENTENCES), run.src_vocab, run.tgt_vocab)
    facts = measure_units(run.model, groups, at)
    assert (header["n_sentences"], header["n_tokens"]) == (N_SENTENCES, sum(map(len, facts.sentences)))
    np.testing.assert_allclose(tensors["activation"], facts.activation, rtol=1e-6)
    np.testing.assert_allclose(tensors["share"], facts.share, rtol=1e-6)
    vocabulary = run.src_vocab if page == "encoder" else run.tgt_vocab
    for unit in (0, run.model.config.d_ff - 1):
        for rank, word in enumerate(facts.words[unit]):
            token = vocabulary.token(int(word))
            assert header["words"][str(int(tensors["word"][unit, rank]))] == token
            quoted = header["sentences"][int(tensors["sentence"][unit, rank])]
            assert quoted[int(tensors["position"][unit, rank])] == token, "the quotation does not hold its word"


@pytest.mark.parametrize(
    ("page", "question"),
    [
        ("encoder", {}),
        ("encoder", {"what": "everything"}),
        ("encoder", {"what": "units"}),
        ("encoder", {"what": "units", "at": "encoder.9.ffn"}),
        ("encoder", {"what": "units", "at": "decoder.0.ffn"}),
        ("encoder", {"what": "units", "at": "../" * 2000}),
        ("decoder", {"what": "units", "at": "encoder.0.ffn"}),
        ("decoder", {"what": "units", "at": "decoder.0.self_attn"}),
        ("decoder", {"what": "units", "at": "decoder.-1.ffn"}),
    ],
)
def test_what_is_not_there_is_refused_in_words(client: TestClient, page: str, question: dict[str, str]) -> None:
    answer = client.get("/lab/chapter", params={"page": page, "run": "fr", "s": "", **question})
    assert answer.status_code == 404
    assert answer.json()["error"] in ("error.question", "error.place")
    assert len(answer.text) < 300
