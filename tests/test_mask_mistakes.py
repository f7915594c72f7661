"""The classic mistakes: each does what is said of it, its line of code makes it, the right masks pass every check."""

import math
from typing import Any

import pytest
import torch

from models import BOS, KINDS, LACKING, sentence, tiny_model
from transformer.heads import blocks_of
from transformer.studies.mask_lab import MISTAKES, Outcome, caught, half_precision, hide_row, make_mistake

SOME = [*KINDS[::7], *LACKING[::3]]  # every position kind, score and norm placement, and every part left out
SRC = sentence(5, seed=1)
TGT = [BOS, *sentence(6, seed=2, vocab_size=13)]


def outcome(name: str, fill: str = "inf", **changes: Any) -> Outcome:
    return make_mistake(tiny_model(**changes), SRC, TGT, MISTAKES[name], fill)


@pytest.mark.parametrize("changes", SOME)
@pytest.mark.parametrize("name", MISTAKES)
def test_the_right_masks_pass_every_check(name: str, changes: dict[str, Any]) -> None:
    for check, values in outcome(name, **changes).checks.items():
        assert values is not None
        if changes.get("causal", True) or check not in ("later", "last_word"):
            assert values[0] < 1e-4, check
        else:
            assert values[0] > 0, "this model looks at later words as it is"


# Which checks notice which mistake, whatever the model.
NOTICED = {
    "rows": {"padding", "alone", "row_sum"},
    "no_padding": {"padding", "alone"},
    "no_causal": {"later", "last_word"},
    "turned": {"later", "last_word"},
    "swapped": {"padding", "alone", "row_sum"},
    "after_softmax": {"row_sum"},
    "big_negative": set(),
}


@pytest.mark.parametrize("name", ["no_causal", "turned"])
def test_a_mask_that_the_model_lacks_cannot_be_wrong(name: str) -> None:
    found = outcome(name, causal=False)
    assert not [check for check, values in found.checks.items() if caught(values)]
    assert all(change == (0.0, 0, 0, 0) for change in found.changes().values())


@pytest.mark.parametrize("name", MISTAKES)
def test_the_checks_notice_what_they_should(name: str) -> None:
    found = {check for check, values in outcome(name).checks.items() if caught(values)}
    assert found >= NOTICED[name]
    if name in ("no_padding", "no_causal", "turned", "big_negative"):
        assert found == NOTICED[name]


def test_the_mistakes_change_the_masks_that_they_name() -> None:
    kinds = blocks_of(tiny_model())
    for name, mistake in MISTAKES.items():
        for block, (right, wrong) in outcome(name).masks.items():
            changed = not torch.equal(right, wrong)
            assert changed == (kinds[block] in mistake.masks and name not in ("after_softmax", "big_negative")), name


def test_big_numbers_change_nothing_until_a_row_is_hidden() -> None:
    found = outcome("big_negative")
    for name, tensor in found.right.items():
        if name.endswith(".weights") or name == "logits":
            assert torch.equal(tensor, found.wrong[name]), name


def test_nothing_but_minus_infinity_says_that_a_row_is_hidden() -> None:
    loud, silent = outcome("swapped", "inf"), outcome("swapped", "big")
    assert bool(loud.wrong["logits"].isnan().any())
    assert loud.written[1].stop == "nan"
    assert not bool(silent.wrong["logits"].isnan().any())
    last = silent.wrong["decoder.0.self_attn.weights"][0, :, -1]  # it may look at nothing: the same everywhere
    torch.testing.assert_close(last, torch.full_like(last, 1 / last.size(-1)))


def test_the_change_found_is_the_largest() -> None:
    for name in ("no_causal", "no_padding", "after_softmax"):
        found = outcome(name)
        for block, (change, head, row, col) in found.changes().items():
            both = found.wrong[f"{block}.weights"][0] - found.right[f"{block}.weights"][0]
            assert change == pytest.approx(float(both[head, row, col]))
            assert abs(change) == pytest.approx(float(both.abs().max()))


def test_the_model_stays_as_it_is() -> None:
    model = tiny_model()
    before = [value.clone() for value in model.state_dict().values()]
    for mistake in MISTAKES.values():
        make_mistake(model, SRC, TGT, mistake)
    hide_row(model, SRC, TGT, "decoder.0.cross_attn", 2)
    assert all(torch.equal(old, new) for old, new in zip(before, model.state_dict().values(), strict=True))


def test_a_sentence_without_room_gets_no_padding() -> None:
    model = tiny_model()
    found = make_mistake(model, sentence(16, seed=3), TGT, MISTAKES["no_padding"])
    assert found.n_padding == 0
    assert found.checks["padding"] is None
    assert found.checks["alone"] is None


def test_one_word_is_enough() -> None:
    for mistake in MISTAKES.values():
        found = make_mistake(tiny_model(), SRC[:1], TGT[:1], mistake)
        assert found.checks["later"] is None
        assert found.checks["last_word"] is None


def test_an_unknown_fill_is_refused() -> None:
    with pytest.raises(KeyError):
        make_mistake(tiny_model(), SRC, TGT, MISTAKES["rows"], "zero")


# --- the lines of code that the page shows ------------------------------------------------------------------------


def run_line(line: str, **names: object) -> torch.Tensor:
    """Run a line as the page prints it; an assignment gives what it assigns."""
    scope = {"torch": torch, "math": math, **names}
    expression = line.removeprefix("mask = ")
    return eval(expression, scope)


@pytest.mark.parametrize("name", ["no_causal", "turned"])
def test_the_lines_about_triangles_make_these_masks(name: str) -> None:
    right, wrong = outcome(name).masks["decoder.0.self_attn"]
    assert torch.equal(run_line(MISTAKES[name].right, n=7), right)
    assert torch.equal(run_line(MISTAKES[name].wrong, n=7), wrong)


def test_the_lines_about_padding_make_these_masks() -> None:
    src = torch.tensor([[*SRC, 0, 0, 0]])
    right, wrong = outcome("rows").masks["encoder.0.self_attn"]
    made = [
        run_line(line, src=src, pad_id=0).expand(1, 1, 8, 8)[0, 0]
        for line in (MISTAKES["rows"].right, MISTAKES["rows"].wrong)
    ]
    assert torch.equal(made[0], right)
    assert torch.equal(made[1], wrong)
    assert MISTAKES["no_padding"].wrong == "mask = None"


@pytest.mark.parametrize("name", ["swapped", "after_softmax", "big_negative"])
def test_the_lines_about_scores_make_these_weights(name: str) -> None:
    found, block = outcome(name), "decoder.0.self_attn"
    scores, mask = found.right[f"{block}.scores.scaled"], found.masks[block][0]
    for side, line in (("right", MISTAKES[name].right), ("wrong", MISTAKES[name].wrong)):
        made = run_line(line, scores=scores, mask=mask)
        made = made if "softmax" in line else made.softmax(dim=-1)
        expected = (found.right if side == "right" else found.wrong)[f"{block}.weights"]
        torch.testing.assert_close(made, expected, equal_nan=True)


# --- a hidden row ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", SOME)
def test_three_roads_answer_three_things(changes: dict[str, Any]) -> None:
    found = hide_row(tiny_model(**changes), SRC, TGT, "decoder.0.cross_attn", 3)
    assert bool(found.weights["inf"].isnan().all())
    torch.testing.assert_close(found.weights["big"], torch.full((3, 5), 0.2))
    assert not found.weights["fused"].any()
    assert found.fused_context == (None if changes["score"] == "additive" else 0.0)
    assert bool(found.logits["inf"][3].isnan().all())
    assert bool(found.logits["inf"].isnan().all()), (
        "0 x NaN is NaN: it passes the mask of the layer above, backwards too"
    )
    assert not bool(found.logits["big"].isnan().any())


@pytest.mark.parametrize(
    ("block", "row"), [("nope", 0), ("encoder.0.ffn", 0), ("decoder.0.self_attn", 7), ("decoder.0.self_attn", -1)]
)
def test_a_row_that_is_not_there_is_refused(block: str, row: int) -> None:
    with pytest.raises(KeyError):
        hide_row(tiny_model(), SRC, TGT, block, row)


def test_half_precision_cannot_hold_the_big_number() -> None:
    found = half_precision()
    assert found["largest"] == 65504
    assert found["becomes"] == -math.inf
    assert found["refused"] is True
