"""What the page Compare asks of the server: two sentences, two heads, two models, and hostile questions."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from asking import Answered, ask_chapter
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.runs import SHIPPED_RUNS, load_run, save_run
from transformer.studies.sentence_pairs import align
from transformer.trace import trace_pair
from transformer.vocab import BOS, CharacterVocabulary

pytest_plugins = ["clients"]

RUN = load_run("fr")
TEXT = RUN.example
WIDE = TEXT.replace("tired", "wide")
BLOCK = "decoder.1.cross_attn"


def ask(client: TestClient, status: int = 200, run: str = "fr", s: str = TEXT, **question: str) -> Answered:
    return ask_chapter(client, "compare", status, run=run, s=s, **question)


def names(ids: list[int]) -> list[str]:
    return [RUN.tgt_vocab.token(token) for token in ids]


# --- two sentences --------------------------------------------------------------------------------------------------


def test_the_first_visit_compares_the_minimal_pair(client: TestClient) -> None:
    header, _ = ask(client, ask="sentences")
    assert header["other"] == WIDE
    out = [names(RUN.decode(RUN.encode(text))) for text in (TEXT, WIDE)]
    assert [[row["word"] for row in side["rows"]] for side in header["sides"]] == out
    flipped = [[out[0][i], out[1][j]] for i, j, kind in header["pairs"]["tgt"] if kind == "replaced"]
    assert flipped == [["il", "elle"], ["fatigué", "large"]]
    assert header["flips"] == 2
    assert header["turn"]["block"] == BLOCK
    assert (header["turn"]["head"], out[0][header["turn"]["first"]]) == (2, "il")


def test_maps_and_differences_are_those_of_two_passes(client: TestClient) -> None:
    other = "the street was wide"
    header, tensors = ask(client, ask="sentences", other=other)
    traces = []
    for text in (TEXT, other):
        src = RUN.encode(text)
        traces.append(trace_pair(RUN.model, src, [BOS, *RUN.decode(src)[:-1]]))
    for block in blocks_of(RUN.model):
        for side, trace in zip("ab", traces, strict=True):
            np.testing.assert_allclose(tensors[f"{side}.{block}"], trace[f"{block}.weights"], atol=1e-6)
    rows = [(i, j) for i, j, _ in header["pairs"]["tgt"] if i is not None and j is not None]
    before, after = (trace[f"{BLOCK}.weights"][1] for trace in traces)
    share = [
        sum(
            abs((0 if q is None else after[j, q]) - (0 if k is None else before[i, k]))
            for k, q, _ in header["pairs"]["src"]
        )
        / 2
        for i, j in rows
    ]
    told = header["changes"][BLOCK][1]
    assert told["mean"] == pytest.approx(np.mean(share), abs=1e-6)
    assert (told["most"], told["row"]) == (pytest.approx(max(share), abs=1e-6), np.argmax(share))


def test_attention_that_leaves_a_word_that_is_gone_is_counted(client: TestClient) -> None:
    """Without "too", a head that looked at it has to look elsewhere: all of its attention moves, not one half."""
    header, tensors = ask(client, ask="sentences", other=TEXT.replace("too ", ""))
    before = tensors[f"a.{BLOCK}"][1, :, TEXT.split().index("too")]
    assert before.max() > 0.95
    assert header["changes"][BLOCK][1]["most"] > 0.95
    assert header["changes"][BLOCK][1]["row"] == before.argmax()
    assert header["most"]["moved"] > 0.95


def test_where_the_passes_part_is_counted_from_the_differences(client: TestClient) -> None:
    header, tensors = ask(client, ask="sentences")  # of a minimal pair every word has its partner at the same place
    share = {block: np.abs(tensors[f"b.{block}"] - tensors[f"a.{block}"]).sum(-1) / 2 for block in blocks_of(RUN.model)}
    begins = next(block for block in share if share[block].max() >= 0.1)
    assert header["first"]["block"] == begins
    assert header["first"]["moved"] == pytest.approx(share[begins].max(), abs=1e-6)
    assert header["most"]["moved"] == pytest.approx(max(x.max() for x in share.values()), abs=1e-6)
    still = header["still"]
    assert still["same"]
    assert header["sides"][0]["rows"][still["first"]]["word"] == header["sides"][1]["rows"][still["second"]]["word"]


def test_a_sentence_beside_itself_differs_nowhere(client: TestClient) -> None:
    header, tensors = ask(client, ask="sentences", other=TEXT)
    assert (header["flips"], header["first"], header["most"], header["turn"]) == (0, None, None, None)
    assert all(np.array_equal(tensors[f"a.{block}"], tensors[f"b.{block}"]) for block in blocks_of(RUN.model))
    assert all(head["most"] == 0 for heads in header["changes"].values() for head in heads)


@pytest.mark.parametrize("run", ["reverse", "addition", "dates", "zh", "copy", "sort"])
def test_every_model_has_a_second_sentence(client: TestClient, run: str) -> None:
    header, _ = ask(client, run=run, s=load_run(run).example, ask="sentences")
    assert header["sides"][0]["text"] != header["other"]


@pytest.mark.parametrize("question", [{"ask": "sentences"}, {"ask": "heads", "b": "encoder.0.self_attn", "f": "0"}])
def test_a_text_without_room_is_refused_before_anything_is_computed(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: dict[str, str]
) -> None:
    one = load_run("reverse")
    sizes = {"n_encoder_layers": 2, "n_heads": 16, "d_model": 16, "d_ff": 8, "max_len": 512}
    model = Transformer(dataclasses.replace(one.model.config, **sizes)).eval()
    monkeypatch.setattr("transformer.runs.OWN_RUNS", tmp_path)
    save_run(model, (one.src_vocab, one.tgt_vocab), tmp_path / "wide", task="reverse")

    def never(*_: object) -> None:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(Transformer, "encode", never)
    refusal, _ = ask(client, 422, run="wide", s="a" * 512, **question)
    assert refusal["error"] == "error.too_large"


@pytest.mark.parametrize("other", ["<b>x</b>", "ñ 🙂", "a " * 900, "\u202ex", "x" * 5000])
def test_hostile_sentences_are_compared_or_refused(client: TestClient, other: str) -> None:
    header, _ = ask(client, ask="sentences", other=other)
    assert len(header["sides"][1]["src"]) <= RUN.model.config.max_len


# --- two heads ------------------------------------------------------------------------------------------------------


def test_two_heads_by_hand(client: TestClient) -> None:
    header, tensors = ask(client, ask="heads", b=BLOCK, f="2", c="decoder.0.cross_attn", g="1")
    weights = RUN.trace(TEXT)
    a, b = weights[f"{BLOCK}.weights"][2], weights["decoder.0.cross_attn.weights"][1]
    np.testing.assert_allclose(tensors["a"], a, atol=1e-6)
    np.testing.assert_allclose(tensors["b"], b, atol=1e-6)
    assert header["correlation"] == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-5)
    mean = (a + b) / 2
    bits = [
        sum(x * np.log2(x / m) for x, m in zip(row, middle, strict=True) if x > 0)
        for row, middle in zip(a, mean, strict=True)
    ]
    back = [
        sum(x * np.log2(x / m) for x, m in zip(row, middle, strict=True) if x > 0)
        for row, middle in zip(b, mean, strict=True)
    ]
    assert header["js"] == pytest.approx((np.array(bits) + back) / 2, abs=1e-5)
    assert header["same"] == (a.argmax(-1) == b.argmax(-1)).sum()


def test_at_first_the_head_most_like_it(client: TestClient) -> None:
    header, _ = ask(client, ask="heads", b=BLOCK, f="2")
    sizes = [js for _, _, js in header["order"]]
    assert sizes == sorted(sizes)
    assert len(sizes) == 7
    assert [header["b"]["block"], header["b"]["head"]] == header["order"][0][:2]
    assert np.mean(header["js"]) == pytest.approx(sizes[0])
    weights = RUN.trace(TEXT)
    tops = [weights[f"{block}.weights"][head].argmax(-1) for block, head, _ in [(BLOCK, 2, 0), *header["order"]]]
    assert header["tops"] == [(other == tops[0]).sum() for other in tops[1:]]


def test_heads_of_other_words_are_not_subtracted(client: TestClient) -> None:
    header, tensors = ask(client, ask="heads", b=BLOCK, f="2", c="encoder.0.self_attn", g="1")
    assert (header["js"], header["correlation"]) == (None, None)
    assert set(tensors) == {"a", "b"}


# --- two models -----------------------------------------------------------------------------------------------------


def test_two_models_read_the_same_words(client: TestClient) -> None:
    header, tensors = ask(client, run="reverse", s="abcde", ask="runs")
    assert (header["known"], header["name"]) == (["copy", "sort"], "copy")
    assert [header["sides"][0]["written"], header["alone"]["written"]] == ["edcba", "abcde"]
    one, other = load_run("reverse"), load_run("copy")
    src = one.encode("abcde")
    tgt_in = [BOS, *one.decode(src)[:-1]]
    a, b = trace_pair(one.model, src, tgt_in), trace_pair(other.model, src, tgt_in)
    assert header["flips"] == (a["logits"].argmax(-1) != b["logits"].argmax(-1)).sum()
    for match in header["match"]:
        block, (to, n) = match["block"], match["to"]
        like = [name for name, kind in blocks_of(other.model).items() if kind == blocks_of(one.model)[block]]
        apart = {
            (name, head): float(np.abs(weights - a[f"{block}.weights"][match["head"]]).sum(-1).mean() / 2)
            for name in like
            for head, weights in enumerate(b[f"{name}.weights"])
        }
        assert match["moved"] == pytest.approx(min(apart.values()), abs=1e-6)
        assert apart[to, n] == pytest.approx(match["moved"], abs=1e-6)
        np.testing.assert_allclose(tensors[f"b.{to}"][n], b[f"{to}.weights"][n], atol=1e-6)
    assert header["pairs"]["tgt"] == [list(pair) for pair in align([*"edcba", "</s>"], [*"abcde", "</s>"])]


def test_without_a_causal_mask_the_right_answer_is_given_and_not_written(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are those of the right answer; what a model writes is what it decodes on its own."""
    one = load_run("copy")
    monkeypatch.setattr("transformer.runs.OWN_RUNS", tmp_path)
    model = Transformer(dataclasses.replace(one.model.config, causal=False)).eval()
    run = save_run(model, (one.src_vocab, one.tgt_vocab), tmp_path / "open", task="copy")
    own = load_run(run)
    written = own.tgt_vocab.decode(own.decode(own.encode("abcde")))
    assert written != "abcde"
    header, _ = ask(client, run="open", s="abcde", ask="sentences", other="abcda")
    for side, text in zip(header["sides"], ("abcde", "abcda"), strict=True):
        assert (side["given"], side["causal"]) == (True, False)
        assert [row["word"] for row in side["rows"]] == [*text, "</s>"]
    assert header["sides"][0]["written"] == written
    header, _ = ask(client, run="copy", s="abcde", ask="runs", other="open")
    told = [(side["given"], side["causal"], side["written"]) for side in (header["sides"][0], header["alone"])]
    assert told == [(False, True, "abcde"), (True, False, written)]
    assert header["sides"][1]["given"] is False, "it reads what the other one wrote"


def test_models_of_other_sizes(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers, heads and lengths may differ; a model that is too short, or reads a text in another way, is refused."""
    one = load_run("reverse")
    monkeypatch.setattr("transformer.runs.OWN_RUNS", tmp_path)
    words = CharacterVocabulary(one.src_vocab.tokens, lowercase=False)
    sizes = {"n_encoder_layers": 1, "n_decoder_layers": 3, "n_heads": 2, "d_model": 8, "d_ff": 8}
    for name, changes, src in (
        ("lean", sizes, one.src_vocab),
        ("short", {**sizes, "max_len": 4}, one.src_vocab),
        ("long", {**sizes, "max_len": 40}, one.src_vocab),
        ("strict", sizes, words),
    ):
        model = Transformer(dataclasses.replace(one.model.config, **changes)).eval()
        save_run(model, (src, one.tgt_vocab), tmp_path / name, task="reverse")
    header, tensors = ask(client, run="reverse", s="abcde", ask="runs", other="lean")
    assert len(header["match"]) == sum(len(tensors[f"a.{block}"]) for block in blocks_of(one.model))
    assert all(head < len(tensors[f"b.{block}"]) for block, head in (match["to"] for match in header["match"]))
    refusal, _ = ask(client, 422, run="reverse", s="abcde", ask="runs", other="short")
    assert refusal == {"error": "compare.refused.long", "values": {"most": 4}}
    refusal, _ = ask(client, 422, run="strict", s="Abc", ask="runs", other="reverse")
    assert refusal["error"] == "compare.refused.reads"
    header, _ = ask(client, run="reverse", s="abc" * 15, ask="runs", other="long")
    words = [side["src"] for side in (*header["sides"], header["alone"])]
    assert words == [[*"abc" * 15][: one.model.config.max_len]] * 3, "both read what the first one can read"


def test_another_vocabulary_is_refused_in_a_sentence(client: TestClient) -> None:
    refusal, _ = ask(client, 422, ask="runs", other="reverse")
    assert refusal == {"error": "compare.refused.words", "values": {"name": "reverse"}}


def test_a_model_without_company_says_so(client: TestClient) -> None:
    header, tensors = ask(client, ask="runs")
    assert (header["known"], header["name"], tensors) == ([], None, {})


# --- what a browser may keep ----------------------------------------------------------------------------------------


def test_a_browser_keeps_shipped_runs_a_minute_and_asks_anew_about_what_can_be_deleted(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformer.runs.OWN_RUNS", tmp_path)
    mine = shutil.copytree(SHIPPED_RUNS / "copy", tmp_path / "mine")
    chapter, sentence = {"page": "compare", "s": "abc"}, {"ask": "sentences"}
    kept = client.get("/lab/chapter", params={**chapter, **sentence, "run": "copy"})
    assert kept.headers["cache-control"] == "private, max-age=60"
    questions = {
        "/lab/chapter": [
            {**chapter, **sentence, "run": "mine"},
            {**chapter, "ask": "runs", "run": "copy", "other": "mine"},
            {**chapter, "ask": "runs", "run": "mine", "other": "copy"},
        ],
        "/lab/pass": [{"run": "mine", "s": "abc"}],
        "/lab/trace": [{"run": "mine", "s": "abc"}],
        "/lab/film": [{"run": "mine"}],
    }
    asked = [(road, params) for road, all_of_it in questions.items() for params in all_of_it]
    for road, params in asked:
        answer = client.get(road, params=params)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache"), (road, params)
        again = client.get(road, params=params, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        old = client.get(road, params=params, headers={"If-None-Match": '"another"'})
        assert (old.status_code, old.content) == (200, answer.content)
        params["tag"] = answer.headers["etag"]
    shutil.rmtree(mine)
    for road, params in asked:
        answer = client.get(road, params=params, headers={"If-None-Match": params.pop("tag")})
        gone = "compare.refused.gone" if params.get("other") == "mine" else "error.run"
        assert (answer.status_code, answer.json()["error"]) == (404, gone), (road, params)


# --- hostile questions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "question"),
    [
        (404, {}),
        (404, {"ask": "everything"}),
        (404, {"ask": "heads"}),
        (404, {"ask": "heads", "b": BLOCK, "f": "4"}),
        (404, {"ask": "heads", "b": BLOCK, "f": "²"}),
        (404, {"ask": "heads", "b": "decoder.9.cross_attn", "f": "0"}),
        (404, {"ask": "heads", "b": BLOCK, "f": "0", "c": "../x", "g": "0"}),
        (404, {"ask": "heads", "b": BLOCK, "f": "0", "c": BLOCK, "g": "-1"}),
        (404, {"ask": "runs", "other": "../../etc/passwd"}),
        (404, {"ask": "runs", "other": "no_such_run"}),
        (404, {"ask": "runs", "other": "x" * 3000}),
        (422, {"ask": "sentences", "s": "   "}),
    ],
)
def test_hostile_questions_are_refused_in_a_sentence(client: TestClient, status: int, question: dict[str, str]) -> None:
    ask(client, status, **question)
