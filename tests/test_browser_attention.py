"""The further views of Attention: the heads' shares add up to the output, and T = 1 is the model's own softmax."""

import pytest
import torch
from playwright.sync_api import expect

from models import in_ci
from reader import Expected, expected
from transformer.runs import Run
from walking import Walker

pytest_plugins = ["windows", "desk", "walkers"]
pytestmark = pytest.mark.browser

PLACE = "decoder.1.cross_attn"
SET = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"
ROWS = """(table) => [...table.querySelectorAll('tbody tr')]
  .map((row) => [...row.cells].slice(0, 5).map((cell) => cell.textContent))"""


@pytest.fixture(scope="module")
def famous(run: Run) -> Expected:
    return expected(run, run.example)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.full
def test_the_heads_shares_add_up_to_the_output(walker: Walker, run: Run, famous: Expected) -> None:
    walker.step("attention", b=PLACE, v="heads", q="10")
    expect(walker.part("check")).to_contain_text("add up")
    assert float(walker.part("check").get_attribute("data-difference") or "nan") < 1e-5
    twin = walker.twin()
    n_heads, d_k = run.model.config.n_heads, run.model.config.d_k
    state = run.model.state_dict()
    w_o, bias = state[f"{PLACE}.w_o.weight"].double(), state[f"{PLACE}.w_o.bias"].double()
    context = torch.from_numpy(famous.trace[f"{PLACE}.context"].copy()).double()
    output = torch.from_numpy(famous.trace[f"{PLACE}.output"].copy()).double()
    parts = [context[h] @ w_o[:, h * d_k : (h + 1) * d_k].T for h in range(n_heads)]
    parts.append(bias.expand_as(output))
    for i, cells in enumerate(twin["cells"]):
        shares = [float(part[i] @ output[i] / output[i].square().sum()) for part in parts]
        assert [number(cell) for cell in cells[:-1]] == pytest.approx(shares, abs=6e-4)
        assert number(cells[-1]) == 1
    lengths = walker.part("shares").locator(".share > .num").all_inner_texts()
    true_lengths = [float(part[10].norm()) for part in [*parts, output]]
    assert [float(text.split()[-1]) for text in lengths] == pytest.approx(true_lengths, abs=6e-3)


def test_one_feature_is_told_as_a_sum(walker: Walker, famous: Expected) -> None:
    walker.step("attention", b=PLACE, v="heads", q="3", o_feature="17")
    said = walker.part("sum")
    expect(said).to_contain_text("feature 17")
    value = f"{float(famous.trace[f'{PLACE}.output'][3, 17]):.4f}".replace("-", "−")
    assert said.inner_text().count(value) == 2, "the sum and the model's own number"


def test_at_temperature_one_softmax_is_the_models_own(walker: Walker, famous: Expected) -> None:
    walker.step("attention", b=PLACE, v="temperature", f="2", q="4")
    walker.hush()
    requests = len(walker.requests)
    assert "own" in walker.part("said").inner_text()
    assert float(walker.part("said").get_attribute("data-difference") or "nan") < 1e-5
    rows = walker.part("exps").evaluate(ROWS)
    weights = famous.map(PLACE)[2, 4]
    assert [number(cells[4]) for cells in rows] == pytest.approx(list(weights), abs=6e-4)
    exps = [float(cells[3]) for cells in rows]
    assert max(exps) == 1
    assert f"{sum(exps):.2f}"[:3] in walker.part("rowsum").inner_text()
    assert len(walker.requests) == requests


NOTCHES = [(0, 1 / 16), (16, 1 / 4), (48, 4.0), (64, 16.0)]


@pytest.mark.parametrize(("notch", "temperature"), in_ci([NOTCHES[1]], NOTCHES))
def test_the_slider_divides_the_scores(walker: Walker, famous: Expected, notch: int, temperature: float) -> None:
    walker.step("attention", b=PLACE, v="temperature", f="2", q="4")
    walker.hush()
    requests = len(walker.requests)
    walker.part("temperature").evaluate(SET, str(notch))
    scores = torch.from_numpy(famous.trace[f"{PLACE}.scores.masked"][2].copy()).double()
    cells = walker.twin()["cells"]
    for row, truth in zip(cells, (scores / temperature).softmax(-1).tolist(), strict=True):
        assert [number(cell) for cell in row] == pytest.approx(truth, abs=6e-4)
    assert "Not the model" in walker.part("said").inner_text()
    walker.lab.get_by_role("button", name="T = 1", exact=True).click()
    assert "own" in walker.part("said").inner_text()
    assert len(walker.requests) == requests


def test_forbidden_keys_stay_forbidden_at_every_temperature(walker: Walker, famous: Expected) -> None:
    walker.step("attention", b="decoder.0.self_attn", v="temperature", o_temp="64", q="3")
    cells = walker.twin()["cells"]
    assert all((text == "masked") == (j > i) for i, row in enumerate(cells) for j, text in enumerate(row))
    assert walker.part("exps").locator("tbody tr").count() == 4


def test_the_guess_is_asked_about_the_true_numbers(walker: Walker, famous: Expected) -> None:
    walker.step("attention", b=PLACE, g="qkv", f="1", q="6")
    queries, keys = famous.map(PLACE).shape[1:]
    choices = walker.part("guess").locator("[data-choice]")
    choices.get_by_text(f"{queries} × {keys}", exact=True).click()
    expect(walker.part("guess")).to_contain_text("Right")
    walker.press("ArrowRight", "ArrowRight")
    best = famous.src[int(famous.map(PLACE)[1, 6].argmax())]
    choices.get_by_text(best, exact=True).click()
    expect(walker.part("guess")).to_contain_text("Right")
    expect(walker.part("guess")).to_contain_text(f"{famous.map(PLACE)[1, 6].max():.3f}")
