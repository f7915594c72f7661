"""The events of a training are those that its metrics show, whatever else stands in them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from transformer import load_run
from transformer.training.births import BORN, MARKS, births

BLOCK = "decoder.0.cross_attn"


def lines_of(rates: list[float]) -> list[dict]:
    return [{"step": 10 * n, "alignment": {BLOCK: [rate, 0.0]}} for n, rate in enumerate(rates)]


def test_a_head_is_born_where_it_begins_to_stay() -> None:
    found = births(lines_of([0.1, 0.85, 0.2, 0.8, 0.9, 1.0]))
    assert [(event.step, event.kind, event.block, event.head, event.value) for event in found] == [
        (30, "alignment", BLOCK, 0, 0.8)
    ]
    assert births(lines_of([0.9, 0.9, 0.79])) == []


@given(st.lists(st.floats(0, 1), max_size=30))
def test_by_its_definition(rates: list[float]) -> None:
    stays = [n for n in range(len(rates)) if all(rate >= BORN for rate in rates[n:])]
    assert [event.step for event in births(lines_of(rates))] == [10 * n for n in stays[:1]]


def test_exact_match_is_marked_once_at_each_mark() -> None:
    shares = [0.0, 0.4, 0.6, 0.3, 0.995, 0.98, 1.0]
    found = births({"step": n, "valid_exact_match": share} for n, share in enumerate(shares))
    assert [(event.step, event.mark, event.value) for event in found] == [(2, MARKS[0], 0.6), (4, MARKS[1], 0.995)]


def test_events_come_in_the_order_of_their_steps_and_a_score_apart() -> None:
    lines = [
        {"step": 1, "loss": 2.0},
        {"step": 2, "referent": {BLOCK: [0.9]}, "valid_exact_match": 0.1},
        {"step": 3, "referent": {BLOCK: [0.9]}, "alignment": {BLOCK: [0.9]}, "valid_exact_match": 0.5},
    ]
    assert [(event.step, event.kind) for event in births(lines)] == [(2, "referent"), (3, "alignment"), (3, "exact")]
    assert json.loads(json.dumps([event._asdict() for event in births(lines)]))[0]["head"] == 0


def test_the_shipped_run_has_the_head_that_its_story_tells_of() -> None:
    run = load_run("fr")
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    events = births(lines)
    assert [event.mark for event in events if event.kind == "exact"] == list(MARKS)
    finds = [(event.block, event.head) for event in events if event.kind == "referent"]
    assert (run.heads["start"]["block"], run.heads["start"]["head"]) in finds


def test_a_run_without_scores_of_heads_has_the_events_of_the_whole_model() -> None:
    lines = [{"step": 1, "valid_exact_match": 0.2}, {"step": 2, "valid_exact_match": 0.6}]
    assert [(event.step, event.kind, event.mark) for event in births(lines)] == [(2, "exact", MARKS[0])]
