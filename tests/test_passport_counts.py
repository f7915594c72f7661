"""What heads look at: the same numbers as heads.py finds, the copy score against whole logits, likeness by hand."""

from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from tests.models import tiny_model
from transformer import load_run
from transformer.gold import Group, Known, groups_of
from transformer.heads import blocks_of, measure_heads
from transformer.passport.copying import copies, output_slices
from transformer.passport.counts import SHARE, count
from transformer.passport.intervals import Resamples
from transformer.passport.measure import look_at_all
from transformer.passport.saying import says
from transformer.passport.similarity import Similarity, divergences
from transformer.tap import Recorder
from transformer.vocab import BOS, EOS

RATES = ("entropy", "previous", "next", "same", "first")


@cache
def measured(name: str) -> tuple[Any, Any]:
    """Measure a few sentences of a shipped run here and by heads.py."""
    run = load_run(name)
    assert run.task is not None
    examples = list(islice(run.task.examples(0, "test"), 40))
    groups = groups_of(examples, run.src_vocab, run.tgt_vocab)
    return look_at_all(run.model, groups)[0], measure_heads(run.model, examples, run.src_vocab, run.tgt_vocab)["blocks"]


@pytest.mark.parametrize("name", ["fr", "addition"])
def test_the_measures_are_those_of_heads(name: str) -> None:
    mine, theirs = measured(name)
    for block, heads in theirs.items():
        for head, facts in enumerate(heads):
            own = mine[block][head]
            for rate in RATES:
                if facts[rate] is not None:
                    assert own[rate]["value"] == pytest.approx(facts[rate], abs=1e-4), (block, head, rate)
            scores = {"alignment": facts["alignment"], "referent": facts["referent"]} | facts["relations"]
            for score, found in scores.items():
                if found and ".self_attn" not in block:
                    key = score if score in ("alignment", "referent") else f"relation.{score}"
                    assert own[key]["value"] == pytest.approx(found["argmax"], abs=1e-4)
                    assert own[key + SHARE]["value"] == pytest.approx(found["mean"], abs=1e-4)


def test_every_interval_holds_its_value() -> None:
    mine, _ = measured("fr")
    for heads in mine.values():
        for measures in heads:
            for name, one in measures.items():
                if one is not None:
                    assert one["low"] - 1e-9 <= one["value"] <= one["high"] + 1e-9, name


def one_sentence(src: list[int], tgt: list[int], alignment: list[tuple[int, int]]) -> Group:
    known = Known(src, [*tgt, EOS], alignment, None, {})
    return Group([known], torch.tensor([src]), torch.tensor([[BOS, *tgt]]))


def test_distance_and_special_by_hand() -> None:
    """Three rows under the causal mask; row 0 has no choice and is left out."""
    weights = np.array([[[[1.0, 0, 0], [0.75, 0.25, 0], [0.5, 0, 0.5]]]])
    group = one_sentence([4, 5, 6], [7, 8], [])
    found = {one.name: one for one in count("decoder", True, weights, group)}
    assert found["distance"].numerator[0, 0] / found["distance"].denominator[0] == pytest.approx(
        (0.75 * 1 + 0.5 * 2) / 2
    )
    assert found["special" + SHARE].numerator[0, 0] / 2 == pytest.approx((0.75 + 0.5) / 2)  # BOS is key 0
    assert "next" not in found
    assert not [name for name in found if name.startswith("aer")]


def test_a_sentence_without_links_has_no_alignment_error() -> None:
    """Whatever its neighbours of the same lengths are: alone it would not be counted either."""
    linked, bare = (one_sentence([4, 5], [7, 8], links) for links in ([(0, 0), (1, 1)], []))
    weights = np.tile(np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), (2, 1, 1, 1))
    both = Group([*linked.sentences, *bare.sentences], linked.src.repeat(2, 1), linked.tgt_in.repeat(2, 1))
    for reading in ("aer.written", "aer.read"):
        apart, together = (
            {one.name: one for one in count("cross", True, weights[: len(group.sentences)], group)}[reading]
            for group in (linked, both)
        )
        assert together.numerator.tolist() == [*apart.numerator.tolist(), [0.0]]
        assert together.denominator.tolist() == [*apart.denominator.tolist(), 0.0]


def test_a_source_without_special_tokens_has_no_share_of_them() -> None:
    weights = np.full((1, 2, 3, 3), 1 / 3)
    assert "special" not in {one.name for one in count("encoder", True, weights, one_sentence([4, 5, 6], [7, 8], []))}


@pytest.mark.parametrize("kind", ["decoder", "cross"])
def test_the_copy_score_counts_logits_above_the_mean(kind: str) -> None:
    """Oracle: the whole vector of logits that a head makes of one key, word by word."""
    model = tiny_model(3)
    group = one_sentence([4, 5, 6, 7], [8, 9, 10], [(0, 2), (2, 1), (2, 3)])
    recorder = Recorder()
    with torch.no_grad():
        model(group.src, group.tgt_in, recorder)
    block = {"decoder": "decoder.1.self_attn", "cross": "decoder.1.cross_attn"}[kind]
    (found,) = copies(model, block, kind, recorder.tensors, group)
    pairs = [(2, 8), (1, 10), (3, 10)] if kind == "cross" else [(1, 8), (2, 9), (3, 10)]
    assert found.denominator.tolist() == [3]
    for head in range(3):
        raised = 0
        for key, word in pairs:
            context = torch.zeros(1, 3, 1, 8)
            context[0, head, 0] = recorder.tensors[f"{block}.v"][0, head, key]
            attention = model.get_submodule(block)
            output = attention.merge_heads(context) @ attention.w_o.weight.T  # type: ignore[operator, union-attr]
            logits = output[0, 0] @ model.generator.weight.T
            raised += bool(logits[word] > logits.mean())
        assert found.numerator[0, head] == raised


def test_an_encoder_head_has_no_copy_score() -> None:
    group = one_sentence([4, 5], [8], [(0, 0)])
    assert not list(copies(tiny_model(), "encoder.0.self_attn", "encoder", {}, group))
    assert not list(copies(tiny_model(), "decoder.0.cross_attn", "cross", {}, one_sentence([4, 5], [8], [])))
    with pytest.raises(TypeError, match="no attention"):
        output_slices(tiny_model(), "encoder.0.ffn")


def test_likeness_by_hand() -> None:
    """JS([1, 0], [.5, .5]) = H(.75, .25) - (0 + 1) / 2 = 0.8113 - 0.5 bits; no key in common gives 1."""
    weights = np.array([[[[1.0, 0]], [[0.5, 0.5]], [[0.0, 1]], [[1.0, 0]]]])
    apart = divergences(weights)
    assert apart[0, 0] == pytest.approx([0, 0.3112781, 1, 0])
    assert np.array_equal(apart[0], apart[0].T)
    collected = Similarity()
    collected.add(weights)
    collected.add(weights[:, :, ::-1])
    assert collected.matrix()[0][1] == pytest.approx(0.6887, abs=1e-4)
    assert [row[n] for n, row in enumerate(collected.matrix())] == [1, 1, 1, 1]


def test_the_most_similar_head_is_another_one() -> None:
    """Head 0 is like head 3, head 1 like both of them, head 2 like head 1. A single head is like no other."""
    weights = np.array([[[[1.0, 0]], [[0.5, 0.5]], [[0.0, 1]], [[1.0, 0]]]])
    collected = Similarity()
    collected.add(weights)
    collected.add(np.repeat(weights, 2, axis=2))
    nearest = collected.nearest(Resamples(2))
    assert [one["value"] for one in nearest if one] == pytest.approx([1, 0.6887219, 0.6887219, 1], abs=1e-6)
    assert all(one and one["low"] <= one["value"] <= one["high"] for one in nearest)
    alone = Similarity()
    alone.add(weights[:, :1])
    assert alone.nearest(Resamples(1)) == [None]


def test_likeness_covers_all_heads_of_a_kind() -> None:
    run = load_run("fr")
    assert run.task is not None
    groups = groups_of(islice(run.task.examples(0, "test"), 10), run.src_vocab, run.tgt_vocab)
    _, similar = look_at_all(run.model, groups)
    kinds = blocks_of(run.model)
    for kind, found in similar.items():
        places = [[block, head] for block in kinds if kinds[block] == kind for head in range(4)]
        assert found["places"] == places
        assert len(found["matrix"]) == len(places)
        assert np.array_equal(found["matrix"], np.transpose(found["matrix"]))


def one(value: float) -> dict[str, float]:
    return {"value": value, "low": value, "high": value}


def test_a_sentence_claims_the_rarest_skill_first() -> None:
    measures: dict[str, Any] = {"entropy": one(0.2), "previous": one(0.97), "referent": one(0.6), "same": one(0.1)}
    assert says(measures) == [{"look": "referent", "rate": 0.6}, {"look": "previous", "rate": 0.97}]
    measures = {"entropy": one(0.2), "special": one(0.8), "special.share": one(0.9), "first": one(0.8)}
    assert says(measures) == [{"look": "special", "rate": 0.8}]


def test_a_sentence_without_a_skill_tells_how_wide_the_head_looks() -> None:
    assert says({"entropy": one(0.9), "previous": one(0.2)}) == [{"look": "wide", "rate": 0.9}]
    found = says({"entropy": one(0.5), "previous": one(0.2), "same": one(0.4), "alignment": None})
    assert found == [{"look": "mixed", "rate": 0.5}, {"look": "same", "rate": 0.4}]
    assert says({}) == []
