"""The whole passport of a shipped run: what it must hold, how it tells its progress, what it refuses."""

import dataclasses
import json
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from transformer import Transformer, load_run
from transformer.gold import groups_of
from transformer.heads import blocks_of
from transformer.interventions import PaintMask, intervene
from transformer.passport import knockout, passport
from transformer.roads import pronoun_accuracy, without_head, without_road
from transformer.vocab import shifted_right


@cache
def found(name: str, n: int) -> tuple[Any, Any, list[float]]:
    run, told = load_run(name), []
    assert run.task is not None
    examples = list(islice(run.task.examples(0, "test"), n))
    return run, passport(run.model, examples, run.src_vocab, run.tgt_vocab, told.append), told


def test_every_head_has_its_passport_and_all_of_it_is_json() -> None:
    run, measured, _ = found("fr", 40)
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured
    assert list(measured["blocks"]) == list(blocks_of(run.model))
    for heads in measured["blocks"].values():
        assert len(heads) == run.model.config.n_heads
        for head in heads:
            assert {"drop", "dearer", "pronoun", "entropy", "distance"} <= head["measures"].keys()
            assert 1 <= len(head["says"]) <= 2


def test_pronouns_without_a_head_are_those_of_roads() -> None:
    run, measured, _ = found("fr", 40)
    examples = islice(run.task.examples(0, "test"), 40)
    groups = groups_of(examples, run.src_vocab, run.tgt_vocab)
    for block, head in (("decoder.1.cross_attn", 2), ("encoder.1.self_attn", 0)):
        expected = pronoun_accuracy(run.model, groups, without_head(block, head))
        assert measured["blocks"][block][head]["measures"]["pronoun"]["value"] == pytest.approx(expected, abs=1e-4)
    assert measured["n_pronouns"] == sum(known.referent is not None for group in groups for known in group.sentences)
    assert measured["together"][0]["places"][0] == ["decoder.1.cross_attn", 2]  # the head that finds the noun


def test_the_closed_road_is_that_of_roads_and_names_its_sentences() -> None:
    run, measured, _ = found("fr", 40)
    groups = groups_of(islice(run.task.examples(0, "test"), 40), run.src_vocab, run.tgt_vocab)
    cross = [block for block, kind in blocks_of(run.model).items() if kind == "cross"]
    heads = [(block, head) for block in cross for head in range(run.model.config.n_heads)]
    edit = without_road([{"block": b, "head": h, "from": "pronoun", "to": "referent"} for b, h in heads])
    closed, wrong = measured["closed"]["value"], measured["closed_wrong"]
    assert closed == pytest.approx(pronoun_accuracy(run.model, groups, edit), abs=1e-4)
    assert len(wrong) == min(6, round((1 - closed) * measured["n_pronouns"]))
    texts = [run.src_vocab.encode(one["text"]).ids for one in wrong]
    for example in islice(run.task.examples(0, "test"), 40):
        alone = groups_of([example], run.src_vocab, run.tgt_vocab)
        if run.src_vocab.encode(example.src).ids in texts:
            assert pronoun_accuracy(run.model, alone, edit) == 0
            texts.remove(run.src_vocab.encode(example.src).ids)
    assert not texts
    for one in wrong:  # and whoever paints that cell on Edit sees it while the model writes
        src, cells = run.src_vocab.encode(one["text"]).ids, (one["row"] * one["columns"] + one["noun"],)
        edits = [PaintMask(block, None, one["rows"], one["columns"], cells) for block in cross]
        gold = run.task.answer(one["text"])
        assert run.translate(one["text"]) == gold.tgt
        outcome = intervene(run.model, src, shifted_right(run.decode(src)), edits)
        before, after = outcome.written_before.ids, outcome.written_after.ids
        assert before[: one["row"]] == after[: one["row"]]
        assert before[one["row"]] != after[one["row"]]


def test_a_head_that_is_needed_says_so_among_its_measures() -> None:
    _, measured, _ = found("fr", 40)
    assert measured["pruning"]["stop"] > 0
    needed = {(one["block"], one["head"]): one for one in measured["pruning"]["needed"]}
    for block, heads in measured["blocks"].items():
        for n, head in enumerate(heads):
            assert head["exact"]["value"] + head["measures"]["drop"]["value"] == pytest.approx(
                measured["exact"]["value"]
            )
            left = needed.get((block, n))
            assert head["measures"].get("spare_exact") == (left and left["exact"])
            assert head["measures"].get("spare_pronoun") == (left and left["pronoun"])


def test_a_task_without_pronouns_says_nothing_of_them() -> None:
    _, measured, _ = found("copy", 30)
    assert measured["pronoun"] is None
    assert measured["closed"] is None
    assert measured["together"] == measured["closed_wrong"] == []
    assert all(one["pronoun"] is None for one in measured["pruning"]["needed"])
    for heads in measured["blocks"].values():
        assert all(head["measures"]["pronoun"] is None for head in heads)


def test_progress_never_goes_back_and_ends_at_one() -> None:
    for name, n in (("fr", 40), ("copy", 30)):
        _, _, told = found(name, n)
        assert told == sorted(told)
        assert told[0] > 0
        assert told[-1] == 1


def test_a_passport_in_small_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run("copy")
    assert run.task is not None
    examples = list(islice(run.task.examples(0, "test"), 5))
    whole = passport(run.model, examples, run.src_vocab, run.tgt_vocab)
    monkeypatch.setattr(knockout, "CELLS", 1)  # one sentence and one trial at a time
    parts = passport(run.model, examples, run.src_vocab, run.tgt_vocab)
    assert parts["similar"].keys() == whole["similar"].keys()
    for kind, found in whole["similar"].items():
        assert np.allclose(parts["similar"][kind]["matrix"], found["matrix"], atol=1e-5)
    for block, heads in whole["blocks"].items():
        for head, part in zip(heads, parts["blocks"][block], strict=True):
            for name, one in head["measures"].items():
                assert part["measures"][name] == (one and pytest.approx(one, abs=1e-4)), (block, name)
    assert [one["exact"] for one in parts["pruning"]["steps"]] == [one["exact"] for one in whole["pruning"]["steps"]]


def test_sentences_too_long_for_the_model_are_left_out() -> None:
    """A model may read fewer tokens than its task writes; it is measured on those sentences that fit."""
    run = load_run("copy")
    assert run.task is not None
    torch.manual_seed(0)
    model = Transformer(dataclasses.replace(run.model.config, max_len=6, position="sinusoidal")).eval()
    examples = list(islice(run.task.examples(0, "test"), 60))
    short = [one for one in examples if len(run.tgt_vocab.encode(one.tgt).ids) < 6]
    assert 2 <= len(short) < len(examples)
    assert passport(model, examples, run.src_vocab, run.tgt_vocab)["n_sentences"] == len(short)


def test_what_cannot_be_measured_is_refused() -> None:
    run = load_run("copy")
    with pytest.raises(ValueError, match="too few"):
        passport(run.model, [], run.src_vocab, run.tgt_vocab)
    training = load_run("copy")
    training.model.train()
    with pytest.raises(RuntimeError, match="training mode"):
        passport(training.model, [], run.src_vocab, run.tgt_vocab)
