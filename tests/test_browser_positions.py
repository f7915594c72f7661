"""The page Positions in a real browser: its numbers are Python's, its snippets give them again, clicks stay there."""

import math
import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, expect

from models import in_ci
from serving import Visitor
from transformer import load_run
from transformer.studies.position_facts import shift_matrix, sinusoid
from ui import i18n

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

VIEWS = ["waves", "distance", "shift", "kinds", "swap"]
NAMES = {"torch": torch, "sinusoid": sinusoid, "shift_matrix": shift_matrix}

TOO_WIDE = """(box) => [...box.querySelectorAll('.positions *')]
  .filter((node) => node.getClientRects().length && !node.closest('svg') && !node.closest('.tokens'))
  .filter((node) => node.getBoundingClientRect().right > box.getBoundingClientRect().right + 1)
  .map((node) => node.className)"""
SMALLEST = """(box) => Math.min(...[...box.querySelectorAll('.positions *')]
  .filter((node) => node.getClientRects().length)
  .filter((node) => [...node.childNodes].some((kid) => kid.nodeType === 3 && kid.data.trim()))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""


@pytest.fixture
def open_at(here: Visitor) -> Iterator[Callable[..., Visitor]]:
    """Open the page with a view and options; at the end nobody may have complained."""

    def arrive(view: str = "waves", run: str = "fr", width: int = 1440, height: int = 900, **more: str) -> Visitor:
        here.page.set_viewport_size({"width": width, "height": height})
        options = "".join(f"&{name}={value}" for name, value in more.items())
        here.goto(f"/positions?run={run}&v={view}{options}")
        expect(box(here).locator(f"[data-part={view}]")).to_be_visible()
        return here

    yield arrive
    assert not [text for text in here.console if "404" not in text]  # Streamlit looks below its pages' addresses


def box(visitor: Visitor) -> Locator:
    return visitor.page.locator("[data-part=box]")


def trail(visitor: Visitor) -> tuple[float, str]:
    """Give the result of the trail that is shown, and its snippet."""
    shown = box(visitor).locator("[data-part=trail]:visible")
    result = shown.locator(".trail-result")
    expect(result).not_to_be_empty()
    return number(result.inner_text()), shown.locator(".trail-code").inner_text()


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def worked_out(code: str, **names: Any) -> float:
    return float(eval(code, {**NAMES, **names}))  # our own snippet, as a person would run it


@pytest.mark.parametrize(
    ("run", "language"),
    in_ci([("fr", "zh")], product(["fr", "addition"], i18n.LANGUAGES)),
)
def test_every_view_is_drawn_and_says_nothing_in_keys(open_at: Callable[..., Visitor], run: str, language: str) -> None:
    visitor = open_at(run=run, lang=language)
    for view in VIEWS:
        visitor.page.locator(f"button[data-tab={view}]").click()
        expect(box(visitor).locator(f"[data-part={view}]")).to_be_visible()
        visitor.hush()
        assert not re.search(r"positions\.\w|undefined|NaN|\{\w+\}", box(visitor).inner_text())


def test_a_cell_tells_where_its_number_comes_from_without_the_server(open_at: Callable[..., Visitor]) -> None:
    visitor = open_at()
    trail(visitor)
    visitor.hush()
    before = len(visitor.messages())
    canvas = box(visitor).locator("[data-part=waves] [data-part=heat]")
    size = canvas.bounding_box()
    assert size
    table = sinusoid(64, 64)
    for row, col in ((0, 1), (19, 0), (63, 7), (40, 62)):
        where = {"x": (col + 0.5) * size["width"] / 64, "y": (row + 0.5) * size["height"] / 64}
        canvas.click(position=where)  # type: ignore[arg-type]
        expect(box(visitor).locator("[data-part=trail]:visible .trail-title")).to_contain_text(f"PE({row}, {col})")
        value, code = trail(visitor)
        assert value == pytest.approx(float(table[row, col]), abs=0.51e-4)
        assert worked_out(code) == pytest.approx(value, abs=0.51e-4)
    assert len(visitor.messages()) == before


def test_a_learned_number_is_the_models_own(open_at: Callable[..., Visitor]) -> None:
    visitor = open_at(run="addition", o_pos="7", o_feature="10")
    value, code = trail(visitor)
    run = load_run("addition")
    assert value == pytest.approx(run.trace("1234567+1")["src_embed.position"][7, 10], abs=1e-4)
    assert worked_out(code, run=run) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(("p", "q"), in_ci([(20, 22)], [(3, 5), (20, 22), (63, 0)]))
def test_a_product_is_a_sum_of_cosines(open_at: Callable[..., Visitor], p: int, q: int) -> None:
    visitor = open_at("distance", o_p=str(p), o_q=str(q))
    value, code = trail(visitor)
    table = sinusoid(64, 64)
    assert value == pytest.approx(float(table[p] @ table[q]), abs=0.51e-3)
    assert worked_out(code) == pytest.approx(value, abs=0.51e-3)
    line = box(visitor).locator("[data-part=trail]:visible .trail-lines > div").nth(1).inner_text()
    terms = [number(term) for term in re.findall(r"[−]?\d+\.\d{4}", line.replace("− ", "−"))]
    assert sum(terms) == pytest.approx(value, abs=0.003)


def test_the_matrix_takes_every_position_k_further(open_at: Callable[..., Visitor]) -> None:
    visitor = open_at("shift", o_k="5", o_pos="7", o_feature="11")
    value, code = trail(visitor)
    assert value == pytest.approx(float(sinusoid(64, 64)[12, 11]), abs=0.51e-4)
    assert worked_out(code) == pytest.approx(value, abs=0.51e-4)
    visitor.page.locator(".lab").focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(box(visitor).locator("[data-part=shift] .trail-title")).to_contain_text("k = 6")
    assert trail(visitor)[0] == pytest.approx(float(sinusoid(64, 64)[13, 11]), abs=0.51e-4)


def test_a_slider_moves_what_is_looked_at(open_at: Callable[..., Visitor]) -> None:
    visitor = open_at()
    trail(visitor)
    slider = box(visitor).locator("[data-part=waves] input[type=range]").first
    slider.fill("30")
    expect(box(visitor).locator("[data-part=waves] .trail-title")).to_contain_text("PE(30, ")


@pytest.mark.full
def test_two_clicks_swap_two_words(open_at: Callable[..., Visitor]) -> None:
    visitor = open_at("swap")
    words = box(visitor).locator("[data-part=swap-words]")
    with_after = box(visitor).locator("[data-road=with] [data-said=after]")
    run = load_run("fr")
    swapped = run.example.replace("animal", "?").replace("street", "animal").replace("?", "street")
    expect(with_after).to_have_text(f"→ {run.translate(swapped)}")
    words.locator("[data-token='11']").click()
    assert words.locator(".here").all_inner_texts() == ["tired"]
    words.locator("[data-token='1']").click()
    swapped = run.example.replace("animal", "?").replace("tired", "animal").replace("?", "tired")
    expect(with_after).to_have_text(f"→ {run.translate(swapped)}")
    for said in box(visitor).locator("[data-road=without] [data-said]").all_inner_texts():
        assert said == box(visitor).locator("[data-road=without] [data-said=before]").inner_text()


@pytest.mark.parametrize("view", in_ci(["swap"], ["waves", "distance", "swap"]))
def test_the_table_twin_has_the_same_numbers(open_at: Callable[..., Visitor], view: str) -> None:
    visitor = open_at(view)
    visitor.hush()
    visitor.page.locator(".lab").focus()
    visitor.page.keyboard.press("t")
    twin = visitor.page.locator("[data-part=twin]")
    expect(twin.locator("tbody tr").first).to_be_visible()
    shown = [
        [number(cell) for cell in row.split("\t")[1:] if "×" not in cell]
        for row in twin.locator("tbody").inner_text().splitlines()
    ]
    if view == "swap":
        assert [len(row) for row in shown] == [1] * 12
        assert shown[1][0] == max(row[0] for row in shown), "the animal moved most"
    else:
        table = sinusoid(64, 64)
        expected = table if view == "waves" else table @ table.T
        np.testing.assert_allclose(np.array(shown[19]), expected[19], atol=6e-3)


def test_a_guess_is_answered(open_at: Callable[..., Visitor]) -> None:
    visitor = open_at("distance")
    guess = visitor.page.locator("[data-part=guess]")
    guess.locator("[data-choice='0']").click()
    expect(guess.locator("[data-right]")).to_have_attribute("data-choice", "2")
    product = float(torch.cos(2 * torch.exp(torch.arange(0, 64, 2) * (-math.log(10000.0) / 64))).sum())
    expect(guess.locator(".guess-said")).to_contain_text(f"{product:.2f}")


@pytest.mark.parametrize(("width", "height", "more"), [(1100, 800, {}), (1280, 720, {"projector": "true"})])
def test_it_fits(open_at: Callable[..., Visitor], width: int, height: int, more: dict[str, str]) -> None:
    visitor = open_at(width=width, height=height, **more)
    for view in VIEWS:
        visitor.page.locator(f"button[data-tab={view}]").click()
        expect(box(visitor).locator(f"[data-part={view}]")).to_be_visible()
        visitor.hush()
        visitor.until(lambda: box(visitor).evaluate(TOO_WIDE) == [], view)  # it is drawn anew when its width settles
        assert visitor.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), view
        assert box(visitor).evaluate(SMALLEST) >= (20 if more else 13), view
