"""The bytes that the browser draws are the tensors of the model, for every kind of text that a person may send."""

import dataclasses
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asking import Tensors, header_of, tensors_of
from models import tiny_model
from transformer import Transformer, load_run, save_run, trace_pair
from transformer.decode import greedy_ids
from transformer.vocab import BOS, EOS, SPECIALS, UNK, WordVocabulary
from ui import payload, services
from ui.limits import MOST_CHARACTERS, within_limit
from ui.pack import RefusedError
from ui.payload import explore_payload

FAMOUS = "the animal did not cross the street because it was too tired"
HOSTILE = [
    "<script>alert(1)</script>",
    "<b>the</b> animal",
    "![x](http://x) $\\href{}$ :red[x]",
    "\u202ethe animal\u202c",
    "שלום the animal",
    "😀 👨‍👩‍👧 🇫🇷",
    "e\u0301te\u0301 n\u0303",
    "ＴＨＥ animal",
    "the\x00animal",
    "\ud800 the",
    "<s> </s> <unk> <pad>",
    "我爱你",
    "the " * 500,
    "x" * 10_000,
    "the\nanimal\tdid",
    "'''",
    "l'l'l'",
]


def unpack(packed: bytes) -> tuple[dict[str, Any], list[Tensors]]:
    header, numbers = header_of(packed)
    return header, [tensors_of(sentence, numbers) for sentence in header["traces"]]


def test_every_map_is_the_model_s_own_tensor() -> None:
    run = services.run("fr")
    header, maps = unpack(explore_payload("fr", FAMOUS))
    for sentence, arrays in zip(header["traces"], maps, strict=True):
        src = run.src_vocab.encode(sentence["read"]).ids
        tgt_in = [BOS, *run.decode(src)[:-1]]
        trace = trace_pair(run.model, src, tgt_in, run.src_vocab, run.tgt_vocab)
        assert set(arrays) == {name for name in trace.names() if name.endswith(".weights")}
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, trace[name])
            rows, columns = trace.labels(name)[1:]
            assert rows == (sentence["src"] if name.startswith("encoder") else sentence["tgt_in"])
            assert columns == (sentence["tgt_in"] if "decoder" in name and "self" in name else sentence["src"])


def test_the_famous_sentence_and_its_flip_partner() -> None:
    header, _ = unpack(explore_payload("fr", "The animal didn't cross the street because it was too tired."))
    tired, wide = header["traces"]
    assert tired["read"] == FAMOUS
    assert tired["output"] == tired["answer"] == "l'animal n'a pas traversé la rue parce qu'il était trop fatigué"
    assert wide["output"] == "l'animal n'a pas traversé la rue parce qu'elle était trop large"
    assert tired["tgt_out"][tired["roles"]["pronoun"][0]] == "il" and wide["tgt_out"][wide["watch"]] == "elle"
    assert (
        tired["src"][tired["roles"]["referent"][0]] == "animal"
        and wide["src"][wide["roles"]["referent"][0]] == "street"
    )
    assert tired["flip"]["words"][tired["flip"]["index"]] == "tired"
    assert wide["flip"]["words"][wide["flip"]["index"]] == "wide"


def test_probabilities_are_those_of_the_logits() -> None:
    run = services.run("fr")
    header, _ = unpack(explore_payload("fr", FAMOUS))
    sentence = header["traces"][0]
    logits = run.trace(FAMOUS)["logits"].astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    best = expected.max(-1)
    np.testing.assert_allclose(sentence["p"], best, rtol=1e-9)
    for row, candidates in enumerate(sentence["top"]):
        assert candidates[0] == [sentence["tgt_out"][row], pytest.approx(best[row])]
        assert [p for _, p in candidates] == sorted((p for _, p in candidates), reverse=True)


@pytest.mark.parametrize("told", ["", "t1 t2"])
def test_what_a_model_lacks_is_said_before_anything_else(told: str, tmp_path: Path) -> None:
    """What stands there after the words is one pass over them all; without a causal mask each row saw fewer."""
    lacks = {"residual": False, "layer_norm": False, "causal": False}
    words = [WordVocabulary([*SPECIALS, *(f"{side}{n}" for n in range(9))]) for side in "st"]
    model = tiny_model(src_vocab_size=13, tgt_vocab_size=13, **lacks)
    run = load_run(save_run(model, (words[0], words[1]), tmp_path / "bare"))
    header, maps = unpack(payload._pack(run, "s1 s2"))
    assert {part: header["model"][part] for part in lacks} == lacks
    notices = [notice["key"] for notice in header["traces"][0]["notices"]]
    assert notices == [f"bugs.notice.{part}" for part in lacks]
    trace = run.trace("s1 s2")
    np.testing.assert_array_equal(maps[0]["decoder.0.self_attn.weights"], trace["decoder.0.self_attn.weights"])
    said = payload.left_out(run, bool(told))[-1]["key"]
    assert said == ("bugs.notice.causal_told" if told else "bugs.notice.causal")
    assert payload.left_out(services.run("fr")) == []


def test_without_a_causal_mask_the_decoder_reads_the_right_answer_as_in_training() -> None:
    """What it writes by itself is said beside it, and is not called right or wrong: these are not its own words."""
    shipped = services.run("fr")
    model = Transformer(dataclasses.replace(shipped.model.config, causal=False)).eval()
    model.load_state_dict(shipped.model.state_dict())
    run = dataclasses.replace(shipped, model=model)
    header, maps = unpack(payload._pack(run, FAMOUS))
    for sentence, arrays in zip(header["traces"], maps, strict=True):
        written = greedy_ids(model, run.encode(sentence["read"]))
        right = run.tgt_vocab.encode(sentence["answer"]).ids
        assert sentence["tgt_out"] == [run.tgt_vocab.token(i) for i in [*right, EOS]]
        assert (sentence["agrees"], sentence["output"]) == (None, run.tgt_vocab.decode(written))
        (notice,) = sentence["notices"]
        assert notice["key"] == "bugs.notice.causal_answer"
        assert notice["values"]["said"] in (sentence["output"], run.tgt_vocab.token(written[-1]))
        trace = trace_pair(model, run.encode(sentence["read"]), [BOS, *right])
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, trace[name])
        assert sentence["alignment"], "the words are the right ones, so what belongs to what is known"
    unknown = unpack(payload._pack(run, "zebra zebra"))[0]["traces"][0]
    assert unknown["answer"] is None
    assert [notice["key"] for notice in unknown["notices"]] == ["bugs.notice.causal"]


def test_gold_is_shown_only_where_the_model_wrote_it() -> None:
    run = services.run("fr")
    assert run.task is not None
    for example in islice(run.task.examples(3, "test"), 20):
        sentence = unpack(explore_payload("fr", example.src))[0]["traces"][0]
        assert sentence["answer"] == example.tgt
        assert sentence["agrees"] == (sentence["output"] == example.tgt)
        assert (sentence["alignment"] is not None) == sentence["agrees"]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "\u200b\u2060 ", "...", "?!"])
def test_nothing_to_read_is_refused_before_any_forward_pass(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "greedy_batch", lambda *_: pytest.fail("a forward pass was run"))
    with pytest.raises(RefusedError) as refusal:
        explore_payload("fr", text)
    assert (refusal.value.status, refusal.value.key) == (422, "error.empty")


@pytest.mark.parametrize("name", ["", "nothing-here", "../fr", "/etc", "fr/..", "a" * 500, "\x00"])
def test_an_unknown_run_is_refused(name: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        explore_payload(name, FAMOUS)
    assert (refusal.value.status, refusal.value.key) == (404, "error.run")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_as_words(text: str) -> None:
    check_any_text(text)


def check_any_text(text: str) -> None:
    """Whatever was typed: a refusal that says so, or a whole picture with sane numbers."""
    run = services.run("fr")
    kept, too_long = within_limit(text)
    encoding = run.src_vocab.encode(kept)
    if not encoding.ids:
        with pytest.raises(RefusedError, match=r"error\.empty"):
            explore_payload("fr", text)
        return
    header, maps = unpack(explore_payload("fr", text))
    sentence = header["traces"][0]
    shown = min(len(encoding.ids), run.model.config.max_len)
    assert len(sentence["src"]) == len(sentence["unknown"]) == shown
    assert sentence["unknown"] == [token_id == UNK for token_id in encoding.ids[:shown]]
    assert all(token_id >= UNK for token_id in encoding.ids), "typed text became a special token"
    cut = {"key": "notice.cut", "values": {"shown": shown, "all": len(encoding.ids)}}
    assert sentence["notices"] == too_long + ([cut] if shown < len(encoding.ids) else [])
    for arrays in maps:
        for array in arrays.values():
            assert np.isfinite(array).all()
            np.testing.assert_allclose(array.sum(-1), 1.0, atol=1e-5)


ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from([*FAMOUS.split(), "wide", "<b>", "😀", "\u200f", "didn't"]), max_size=90).map(" ".join),
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(ANY_TEXT)
def test_generated_text(text: str) -> None:
    check_any_text(text)


@pytest.mark.full
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(ANY_TEXT)
def test_much_generated_text(text: str) -> None:
    check_any_text(text)


def test_a_text_too_long_for_an_address_is_cut_and_says_so() -> None:
    text = "the animal " * 1000
    header, _ = unpack(explore_payload("fr", text))
    notices = header["traces"][0]["notices"]
    assert notices[0] == {"key": "notice.characters", "values": {"shown": MOST_CHARACTERS, "all": len(text)}}
    assert notices[1]["key"] == "notice.cut"


def test_only_so_many_payloads_are_kept() -> None:
    kept = services.Kept(limit=10)
    kept.put(("a",), b"12345")
    kept.put(("b",), b"12345")
    assert kept.get(("a",)) == b"12345"  # used last, so b is the one to go
    kept.put(("c",), b"1")
    assert kept.get(("b",)) is None and kept.get(("a",)) is not None and kept.size == 6
    kept.put(("a",), b"1")
    assert kept.size == 2


def test_a_finished_sentence_ends_with_eos() -> None:
    sentence = unpack(explore_payload("fr", FAMOUS))[0]["traces"][0]
    run = services.run("fr")
    assert sentence["finished"] and sentence["tgt_out"][-1] == run.tgt_vocab.token(EOS)
