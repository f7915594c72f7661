"""Glossary in a real browser: every tensor of a pass, its true shape and numbers, and the way to its place."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from models import in_ci
from serving import PATIENCE, Server, Visitor
from transformer import Trace
from transformer.runs import load_run
from ui import i18n

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

RUNS = in_ci(["addition"], ["fr", "zh", "addition"])
ROWS = """(table) => [...table.querySelectorAll('tr[data-kind=tensor]')].map((row) => ({
  name: row.dataset.name,
  symbol: row.querySelector('.symbol').textContent,
  shape: row.querySelector('.shape b').textContent,
  axes: row.querySelector('.shape .quiet').textContent,
  numbers: row.querySelector('.numbers').innerText.split('\\n'),
  source: row.querySelector('.source').textContent,
  section: row.querySelector('.section').textContent,
}))"""


@pytest.fixture(scope="module")
def window(chromium: Browser, server: Server) -> Iterator[Visitor]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield Visitor(context.new_page(), server)
    context.close()


def show(window: Visitor, **query: str) -> Page:
    window.goto("/glossary?" + urlencode(query))
    return window.page


def spelled(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def numbers_of(trace: Trace, name: str) -> list[float]:
    """Give the smallest, largest and mean number of a tensor, without what a mask has closed."""
    values = trace[name].astype(np.float64)
    values = values[np.isfinite(values)]
    return [values.min(), values.max(), values.mean()]


@pytest.mark.parametrize("name", RUNS)
def test_every_tensor_of_the_pass_is_listed_with_its_shape_and_numbers(window: Visitor, name: str) -> None:
    run = load_run(name)
    trace = run.trace(run.example)
    page = show(window, run=name, s=run.example)
    rows = page.locator("[data-part=tensors]").evaluate(ROWS)
    assert [row["name"] for row in rows] == trace.names()
    for row in rows:
        spec = trace.spec(row["name"])
        assert row["shape"] == spelled(trace[row["name"]].shape)
        assert len(row["axes"].split(" × ")) == len(spec.axes)
        assert row["section"] == spec.section
        assert row["source"].split(":")[0].endswith(".py")
        shown = [float(part) for part in row["numbers"][0].replace("−", "-").split(" … ")]
        mean = float(row["numbers"][1].replace("−", "-").split(",")[0].split()[-1])
        np.testing.assert_allclose([*shown, mean], numbers_of(trace, row["name"]), atol=6e-4)


def test_symbols_are_in_the_letters_of_the_paper(window: Visitor) -> None:
    page = show(window, run="fr")
    symbol = page.locator("tr[data-name='encoder.0.self_attn.scores.scaled'] .symbol")
    assert symbol.text_content() == "QKT / √dk"
    assert symbol.locator("sup").text_content() == "T"
    assert symbol.locator("sub").text_content() == "k"
    colours = symbol.locator("span.letter").evaluate_all("(all) => all.map((one) => getComputedStyle(one).color)")
    assert len(set(colours[:2])) == 2, "Q and K have colours of their own"


def test_search_place_and_order_narrow_the_list_without_the_server(window: Visitor) -> None:
    run = load_run("fr")
    trace = run.trace(run.example)
    page = show(window, run="fr", s=run.example)
    names = page.locator("tr[data-kind=tensor]")
    window.hush()
    window.requests.clear()
    window.frames.clear()
    page.locator("[data-part=search]").fill("SCORES.masked attn")
    found = [name for name in trace.names() if name.endswith("scores.masked")]
    expect(names).to_have_count(len(found))
    assert names.evaluate_all("(all) => all.map((row) => row.dataset.name)") == found
    page.locator("[data-part=search]").fill("<b>no such thing</b>")
    expect(names).to_have_count(0)
    page.locator("[data-part=search]").fill("")
    page.locator("[data-part=place]").select_option(i18n.say("en", "step.place.decoder_cross_attn", layer=2))
    assert all(
        "decoder.1.cross_attn." in name for name in names.evaluate_all("(all) => all.map((r) => r.dataset.name)")
    )
    page.locator("[data-part=place]").select_option("")
    page.locator("[data-part=order]").select_option("size")
    shown = names.evaluate_all("(all) => all.map((row) => row.dataset.name)")
    sizes = [trace[name].size for name in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert len(shown) == len(trace.names())
    assert not window.messages()


@pytest.mark.full
def test_guessing_a_shape_tells_the_truth_and_counts(window: Visitor) -> None:
    run = load_run("fr")
    trace = run.trace(run.example)
    page = show(window, run="fr", s=run.example, o_quiz="1")
    right = 0
    for n, name in enumerate(trace.names()[:24], start=1):
        row = page.locator(f"tr[data-name='{name}']")
        choices = row.locator("[data-guess]")
        texts = choices.all_text_contents()
        truth = spelled(trace[name].shape)
        assert len(set(texts)) == 3
        assert texts.count(truth) == 1
        choices.nth(n % 3).click()
        right += texts[n % 3] == truth
        expect(row.locator("[data-guess]")).to_have_count(0)
        assert (row.locator(".shape b").text_content() or "").startswith(truth)
        expect(page.locator("[data-part=score]")).to_have_text(i18n.say("en", "glossary.score", right=right, n=n))


def test_a_click_on_a_tensor_leads_to_where_it_is_made(window: Visitor) -> None:
    page = show(window, run="fr")
    page.locator("[data-go='decoder.1.cross_attn.weights']").click()
    page.wait_for_url("**/attention?*", timeout=PATIENCE * 1000)
    page.wait_for_function("() => new URLSearchParams(location.search).get('g') === 'weights'", timeout=PATIENCE * 1000)
    asked = parse_qs(page.evaluate("() => location.search.slice(1)"))
    assert asked["b"] == ["decoder.1.cross_attn"]


@pytest.mark.parametrize("language", in_ci(["zh"], ["en", "zh"]))
def test_the_words_are_all_there_in_both_languages(window: Visitor, language: str) -> None:
    page = show(window, run="fr", lang=language, v="words")
    entries = page.locator("[data-part=terms] [data-term]")
    expect(entries).to_have_count(24)
    for text in entries.all_text_contents():
        assert "glossary." not in text
    box = page.locator("[data-part=box]").bounding_box()
    last = entries.last.bounding_box()
    assert box is not None and last is not None
    assert last["y"] + last["height"] <= box["y"] + box["height"] + 1, "all words fit into the box"


def test_the_table_twin_lists_all_tensors(window: Visitor) -> None:
    run = load_run("addition")
    page = show(window, run="addition", s=run.example)
    page.locator(".lab").focus()
    page.keyboard.press("t")
    expect(page.locator("[data-part=twin] tbody tr")).to_have_count(len(run.trace(run.example).names()))
