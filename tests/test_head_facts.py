"""heads.json from anywhere: what was measured is read, and whatever could not be drawn is refused."""

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from transformer.config import ModelConfig
from transformer.run_files.head_facts import are_facts
from transformer.run_files.reader import read_heads
from transformer.run_files.sealed import RunError
from transformer.runs import load_run
from transformer.tasks import TASKS

RUN = load_run("fr")
CONFIG: ModelConfig = RUN.model.config
HEADS: dict[str, Any] = RUN.heads or {}
BLOCK = "decoder.1.cross_attn"


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    heads = copy.deepcopy(HEADS)
    change(heads)
    return heads


@pytest.mark.parametrize("name", TASKS)
def test_what_the_shipped_runs_say_is_read(name: str) -> None:
    run = load_run(name)
    assert run.heads is not None
    assert are_facts(run.heads, list(run.heads["blocks"]), run.model.config.n_heads)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["blocks"][BLOCK].__setitem__(0, {}),
        lambda h: h["blocks"][BLOCK].__setitem__(0, {"entropy": 0.5}),
        lambda h: h["blocks"][BLOCK][0].update(entropy=None, badge=None, knockout=None),
        lambda h: h.pop("road"),
        lambda h: h.pop("n_sentences"),
        lambda h: h.update(road=[]),
    ],
)
def test_a_fact_may_be_absent(change: Callable[[dict[str, Any]], object]) -> None:
    heads = changed(change)
    assert read_heads(json.dumps(heads).encode(), CONFIG) == heads


BAD_NUMBERS: list[Any] = ["0.5", True, [], {}, 1.5, -0.5, 1e300, 10**400]


@pytest.mark.parametrize("value", BAD_NUMBERS)
@pytest.mark.parametrize(
    "put",
    [
        lambda h, value: h["blocks"][BLOCK][0].update(entropy=value),
        lambda h, value: h["blocks"][BLOCK][0].update(next=value),
        lambda h, value: h["blocks"][BLOCK][0].update(alignment={"mean": value, "argmax": 0.5}),
        lambda h, value: h["blocks"][BLOCK][0].update(pronoun={"it": {"mean": 0.5, "argmax": value}}),
        lambda h, value: h["blocks"][BLOCK][0].update(relations={"carry": {"mean": value, "argmax": 1}}),
        lambda h, value: h["blocks"][BLOCK][0].update(knockout={"pronoun": value}),
        lambda h, value: h["road"][0].update(alone=value),
        lambda h, value: h["road"][0]["hops"][0].update(mean=value),
        lambda h, value: h.update(pronoun_accuracy=value),
    ],
)
def test_what_is_no_rate_is_refused(put: Callable[[dict[str, Any], Any], object], value: Any) -> None:
    heads = changed(lambda h: put(h, value))
    with pytest.raises(RunError, match="never measured"):
        read_heads(json.dumps(heads).encode(), CONFIG)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["blocks"][BLOCK].__setitem__(0, None),
        lambda h: h["blocks"][BLOCK].__setitem__(0, "mixed"),
        lambda h: h["blocks"][BLOCK][0].update(badge="<b>"),
        lambda h: h["blocks"][BLOCK][0].update(badge=7),
        lambda h: h["blocks"][BLOCK][0].update(alignment=0.5),
        lambda h: h["blocks"][BLOCK][0].update(alignment={"mean": 0.5}),
        lambda h: h["blocks"][BLOCK][0].update(relations={"../x": None}),
        lambda h: h["blocks"][BLOCK][0].update(relations=[1]),
        lambda h: h.update(road={}),
        lambda h: h.update(road=[None]),
        lambda h: h["road"][0].update(hops=[]),
        lambda h: h["road"][0].update(hops=h["road"][0]["hops"] * 21),
        lambda h: h["road"][0]["hops"][0].update(block="decoder.9.cross_attn"),
        lambda h: h["road"][0]["hops"][0].update(block=[]),
        lambda h: h["road"][0]["hops"][0].update(head=99),
        lambda h: h["road"][0]["hops"][0].update(head=True),
        lambda h: h["road"][0]["hops"][0].update({"from": "x" * 41}),
        lambda h: h["road"][0].update(first={}),
        lambda h: h.update(road=h["road"] * 101),
        lambda h: h.update(n_sentences=-1),
        lambda h: h.update(n_sentences=1.5),
    ],
)
def test_what_could_not_be_drawn_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RunError, match="never measured"):
        read_heads(json.dumps(changed(change)).encode(), CONFIG)


def test_numbers_that_are_none_are_no_facts() -> None:
    for value in (math.nan, math.inf):
        heads = changed(lambda h, value=value: h["blocks"][BLOCK][0].update(entropy=value))
        assert not are_facts(heads, list(HEADS["blocks"]), CONFIG.n_heads)
