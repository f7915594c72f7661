"""What the page Tokens asks of the server: four cuts, real retraining within bounds, neighbours, hostile questions."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from asking import Answered, ask_chapter
from models import in_ci
from transformer.runs import Run, load_run
from transformer.studies.cuts import CUTS, MOST, PIECE_CUTS, corpus_of, count, learn
from transformer.studies.neighbours import nearest, plane
from transformer.tasks import TASKS
from transformer.vocab import UNK, Vocabulary, make_vocabulary
from ui.chapters import tokens
from ui.limits import MOST_CHARACTERS
from ui.pack import RefusedError

pytest_plugins = ["clients"]

FAMOUS = TASKS["fr"].example
HOSTILE = [
    "the whale 🐈‍⬛ did not",
    "<img src=x onerror=alert(1)> </s> <pad>",
    "هذا \u202ethe\u202c animal",
    "e\u0301" * 50,
    "▁the▁cat",
    "the\x00animal\r\nit",
    "a" * 2000,
    "the animal " * 180,
    "zzzz qqqq",
    "这只动物",
    "didn't",
]


def ask(client: TestClient, status: int = 200, run: str = "fr", s: str = FAMOUS, **question: str) -> Answered:
    return ask_chapter(client, "tokens", status, run=run, s=s, **question)


def expected(run: Run, side: str, kind: str, size: int) -> Vocabulary:
    assert run.task is not None
    return learn(corpus_of(run.task, "src" if side == "src" else "tgt"), kind, size)


# -- cuts -------------------------------------------------------------------------------------------------------------


SIDES = list(product(["fr", "zh", "dates"], ["src", "tgt"]))


@pytest.mark.parametrize(("name", "side"), in_ci([SIDES[0], SIDES[3], SIDES[5]], SIDES))
def test_every_cut_is_that_of_a_vocabulary_learnt_here(client: TestClient, name: str, side: str) -> None:
    run = load_run(name)
    assert run.task is not None
    text = run.task.example if side == "src" else run.translate(run.task.example)
    header, _ = ask(client, run=name, s=run.task.example, what="cuts", side=side, size="90" if name == "fr" else "130")
    own = run.src_vocab if side == "src" else run.tgt_vocab
    assert header["text"] == text
    assert [cut["kind"] for cut in header["cuts"]] == [*CUTS]
    assert [cut["kind"] for cut in header["cuts"] if cut["own"]] == [own.kind]
    for cut in header["cuts"]:
        vocabulary = own if cut["own"] else expected(run, side, cut["kind"], cut["size"])
        encoding = vocabulary.encode(text)
        assert (cut["ids"], cut["tokens"]) == (encoding.ids, encoding.surfaces)
        assert cut["spans"] == [place for span in encoding.spans for place in span]
        assert (cut["n"], cut["size"]) == (len(encoding.ids), len(vocabulary))
        held_out = corpus_of(run.task, "src" if side == "src" else "tgt").held_out
        assert cut["held_out"] == count(vocabulary, held_out)._asdict()


def test_the_slider_learns_anew(client: TestClient) -> None:
    bounds = ask(client, what="cuts")[0]["bounds"]
    smallest, largest = bounds["bpe"]
    lengths = []
    for size in (smallest, 60, 100, 200, largest):
        header, _ = ask(client, what="cuts", size=str(size))
        sizes = {cut["kind"]: cut["size"] for cut in header["cuts"]}
        assert sizes["bpe"] == size
        assert sizes["unigram"] == min(size, bounds["unigram"][1]), "where the sentences give no more, it says so"
        lengths.append(next(cut["n"] for cut in header["cuts"] if cut["kind"] == "bpe"))
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == len(FAMOUS.replace(" ", "")) + 12, "characters and word starts"
    assert lengths[-1] == 12, "every word whole"


@pytest.mark.parametrize("name", TASKS)
def test_every_task_opens_within_bounds(client: TestClient, name: str) -> None:
    header, _ = ask(client, run=name, s=TASKS[name].example, what="cuts")
    for kind in PIECE_CUTS:
        low, high = header["bounds"][kind]
        assert low < high <= MOST
    assert min(low for low, _ in header["bounds"].values()) <= header["size"] <= MOST


@pytest.mark.parametrize("size", ["29", "745", "0", "-1", "1e3", "", "９０", "9" * 40, "<b>", "100 "])
def test_a_size_that_cannot_be_had_is_refused_with_the_sizes_that_can(client: TestClient, size: str) -> None:
    said, _ = ask(client, 422, what="cuts", size=size)
    assert said["error"] == "tokens.error.size"
    assert (said["values"]["smallest"], said["values"]["largest"]) == (30, 744)


def test_what_an_unknown_word_becomes(client: TestClient) -> None:
    header, _ = ask(client, s="the whale", what="cuts")
    lost = {cut["kind"]: cut["n_unknown"] for cut in header["cuts"]}
    assert lost == {"char": 0, "word": 1, "bpe": 0, "unigram": 0}
    words = next(cut for cut in header["cuts"] if cut["kind"] == "word")
    assert (words["ids"][1], words["tokens"][1], words["spans"][2:]) == (UNK, "whale", [4, 9])


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["fr", "zh"])
def test_hostile_text_is_cut_like_any_other(client: TestClient, name: str, text: str) -> None:
    header, _ = ask(client, run=name, s=text, what="cuts")
    for cut in header["cuts"]:
        assert len(cut["ids"]) == len(cut["tokens"]) == len(cut["spans"]) // 2 == min(cut["n"], tokens.MOST_TOKENS)
        for start, end in zip(cut["spans"][::2], cut["spans"][1::2], strict=True):
            assert 0 <= start <= end <= len(header["text"])
    merges, _ = ask(client, run=name, s=text, what="merges")
    assert all(rungs == [] or "".join(rungs[0][1]) == "▁" + word for word, rungs in map(grown, merges["words"]))


def grown(word: dict[str, Any]) -> tuple[str, list[Any]]:
    return word["word"], word["rungs"]


@pytest.mark.parametrize("text", ["", "   ", "...", "\u200b"])
@pytest.mark.parametrize("what", ["cuts", "merges", "near"])
def test_nothing_to_cut_is_said(client: TestClient, text: str, what: str) -> None:
    assert ask(client, 422, s=text, what=what)[0]["error"] == "error.empty"


def test_a_long_text_is_read_up_to_the_limit(client: TestClient) -> None:
    header, _ = ask(client, s="the animal " * 400, what="cuts")
    assert len(header["text"]) == MOST_CHARACTERS


def test_merges_end_as_the_largest_vocabulary_cuts(client: TestClient) -> None:
    header, _ = ask(client, what="merges")
    largest = expected(load_run("fr"), "src", "bpe", header["most"])
    assert [word["word"] for word in header["words"]] == FAMOUS.split()
    for word in header["words"]:
        assert word["rungs"][-1][1] == largest.encode(word["word"]).surfaces
        assert FAMOUS[slice(*word["span"])] == word["word"]


# -- models of other kinds --------------------------------------------------------------------------------------------


def without_task() -> Run:
    return replace(load_run("fr"), task=None)


def test_a_run_without_a_task_shows_its_own_cut_and_says_why_no_other() -> None:
    header = tokens.answer(without_task(), FAMOUS, {"what": "cuts"}).header
    assert header["bounds"] is None
    assert {cut["kind"]: cut["there"] for cut in header["cuts"]} == {kind: kind == "word" for kind in CUTS}
    with pytest.raises(RefusedError) as refusal:
        tokens.answer(without_task(), FAMOUS, {"what": "merges"})
    assert refusal.value.key == "tokens.error.no_task"


@pytest.mark.parametrize("kind", PIECE_CUTS)
def test_a_model_of_pieces_opens_with_its_own(kind: str) -> None:
    """Its own pieces are shown at its own size; at any other size they are learnt anew, and no longer its own."""
    run = load_run("fr")
    assert run.task is not None
    own = make_vocabulary(kind, corpus_of(run.task, "src").lines[:800], 77, corpus_of(run.task, "src").rules)
    run = replace(run, src_vocab=own)
    for question, is_own in (({}, True), ({"size": "77"}, True), ({"size": "78"}, False)):
        header = tokens.answer(run, FAMOUS, {"what": "cuts", **question}).header
        cut = next(cut for cut in header["cuts"] if cut["kind"] == kind)
        assert cut["own"] == is_own
        assert (cut["tokens"] == own.encode(FAMOUS).surfaces) or not is_own
        assert header["size"] == int(question.get("size", 77))
    assert not any(cut["own"] for cut in header["cuts"])


# -- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["src", "tgt"])
def test_neighbours_and_map_are_those_of_the_model(client: TestClient, side: str) -> None:
    model = load_run("fr").model
    embed = model.src_embed if side == "src" else model.tgt_embed
    table = embed.tokens.weight.detach().numpy()
    header, _ = ask(client, what="near", side=side, id="17")
    assert [tuple(one) for one in header["near"]] == [tuple(one) for one in nearest(table, 17)]
    assert header["length"] == pytest.approx(float(np.linalg.norm(table[17])), rel=1e-6)
    header, tensors = ask(client, what="plane", side=side)
    np.testing.assert_allclose(tensors["points"], plane(table).points, atol=1e-6)
    assert header["shares"] == pytest.approx(plane(table).shares)


def test_without_an_id_the_closest_pair_of_the_sentence_is_shown(client: TestClient) -> None:
    run = load_run("fr")
    table = run.model.src_embed.tokens.weight.detach().numpy()
    header, _ = ask(client, what="near")
    best = {i: nearest(table, i, 1)[0].cosine for i in run.encode(FAMOUS)}
    assert header["near"][0][1] == max(best.values())
    assert header["id"] in best
    assert ask(client, s="zzzz", what="near")[0]["id"] == UNK


@pytest.mark.parametrize("token", ["130", "-1", "1.0", "", "x", "9" * 30, "²"])
def test_a_row_that_is_not_there_is_refused(client: TestClient, token: str) -> None:
    assert ask(client, 422, what="near", id=token)[0]["error"] == "tokens.error.id"


@pytest.mark.parametrize("question", [{}, {"what": "all"}, {"what": "cuts", "side": "both"}, {"what": "__class__"}])
def test_other_questions_are_refused(client: TestClient, question: dict[str, str]) -> None:
    assert ask(client, 404, **question)[0]["error"] == "error.question"


# -- many at once -----------------------------------------------------------------------------------------------------


def test_one_vocabulary_is_learnt_at_a_time_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, learnt = 0, 0, []

    def watched(*what: Any) -> Vocabulary:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.005)
        learnt.append(what[1:])
        vocabulary = learn(*what)
        running -= 1
        return vocabulary

    monkeypatch.setattr(tokens, "learn", watched)
    tokens._known.cache_clear()
    run = load_run("fr")
    sizes = [str(40 + n % 6) for n in range(24)]
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda size: tokens.answer(run, FAMOUS, {"what": "cuts", "size": size}), sizes)]
    assert most == 1
    assert len(learnt) == len(set(learnt)) == 1 + 2 * 6, "characters once, and two kinds of pieces per size"
    for size, answer in zip(sizes, answers, strict=True):
        assert next(cut["size"] for cut in answer.header["cuts"] if cut["kind"] == "bpe") == int(size)
