"""The page Tokens as a person uses it: cuts, the slider, rows and the map show the numbers of the model."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from models import in_ci
from serving import PATIENCE, Server
from transformer.runs import load_run
from transformer.studies.cuts import corpus_of, learn
from transformer.studies.neighbours import nearest
from transformer.tasks import TASKS
from transformer.vocab import UNK
from ui import i18n

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

FAMOUS = TASKS["fr"].example
CORPUS = corpus_of(TASKS["fr"], "src")
HOSTILE = [
    "the <b>whale</b> 🐈‍⬛ did not",
    "هذا \u202ethe\u202c animal",
    "a" * 2000,
    "the animal " * 150,
    "zzzz qqqq",
    "e\u0301" * 40,
]


@pytest.fixture(scope="module")
def window(chromium: Browser, server: Server) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    yield page
    context.close()


@pytest.fixture
def page(window: Page) -> Iterator[Page]:
    """Give the window; nothing in it may complain."""
    complaints: list[str] = []
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.on("console", lambda said: complaints.append(said.text) if "tokens" in said.text else None)
    yield window
    window.goto("about:blank")
    assert not complaints


def show(page: Page, server: Server, tab: str, **address: str) -> None:
    page.goto(f"{server.url}/tokens?{urlencode({'run': 'fr', 'v': tab, **address})}")
    expect(page.locator(f'.lab.step[data-tab="{tab}"]')).to_be_visible()


def bricks(page: Page, kind: int) -> list[tuple[str, int]]:
    """Read a course of the wall: what is written in its bricks."""
    found: Any = page.locator(f'.course[data-course="{kind}"] .brick').evaluate_all(
        "all => all.map((brick) => [brick.children[0].textContent, Number(brick.children[1].textContent)])"
    )
    return [(text, number) for text, number in found]


def shown(tokens: list[str]) -> list[str]:
    return [token.removeprefix("▁") or "▁" for token in tokens]


def test_four_cuts_of_one_sentence(page: Page, server: Server) -> None:
    show(page, server, "pieces", o_size="120")
    expect(page.locator(".size-slider output")).to_have_text("120")
    for course, kind in enumerate(("char", "word", "bpe", "unigram")):
        vocabulary = load_run("fr").src_vocab if kind == "word" else learn(CORPUS, kind, 120)
        expect(page.locator(f'.course[data-course="{course}"] .brick').first).to_be_visible()
        encoding = vocabulary.encode(FAMOUS)
        assert bricks(page, course) == [*zip(shown(encoding.surfaces), encoding.ids, strict=True)]
    expect(page.locator(".course[data-own]")).to_have_count(1)
    expect(page.locator(".course[data-own]")).to_have_attribute("data-course", "1")


def test_every_brick_lies_under_its_characters(page: Page, server: Server) -> None:
    show(page, server, "pieces", o_size="120")
    expect(page.locator('.course[data-course="2"] .brick').first).to_be_visible()
    encoding = learn(CORPUS, "bpe", 120).encode(FAMOUS)
    letters = page.locator(".wall-text span").evaluate_all("all => all.map((one) => one.getBoundingClientRect().x)")
    boxes = page.locator('.course[data-course="2"] .brick').evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().x)"
    )
    for x, (start, end) in zip(boxes, encoding.spans, strict=True):
        if end > start:
            assert x == pytest.approx(letters[start], abs=0.6)


def test_the_slider_retrains_and_the_address_remembers(page: Page, server: Server) -> None:
    show(page, server, "pieces", o_size="120")
    expect(page.locator('.course[data-course="2"] .brick').first).to_be_visible()
    page.locator(".size-slider [data-size=more]").click()
    largest = learn(CORPUS, "bpe", 744).encode(FAMOUS)
    slider = page.locator(".size-slider input")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator('.course[data-course="2"] .brick')).to_have_count(len(largest.ids))
    assert bricks(page, 2) == [*zip(shown(largest.surfaces), largest.ids, strict=True)]
    page.wait_for_function("() => new URL(location.href).searchParams.get('o_size') === '744'")
    page.keyboard.press("Home")
    expect(page.locator(".size-slider output")).to_have_text("30")
    expect(page.locator('.course[data-course="2"] .brick')).to_have_count(len(FAMOUS) + 1)


def test_pointing_at_a_piece_shows_what_it_covers(page: Page, server: Server) -> None:
    show(page, server, "pieces", o_size="120")
    page.locator('.course[data-course="1"] .brick', has_text="animal").click()
    expect(page.locator(".wall-text span.here")).to_have_text([*"animal"])
    expect(page.locator('.course[data-course="0"] .brick.touched')).to_have_count(6)
    expect(page.locator(".tokens-pieces .covers")).to_contain_text("5")
    expect(page.locator(".ladder h3")).to_contain_text("animal")
    page.locator(".ladder button").last.click()
    expect(page.locator(".ladder button").last).to_have_attribute("aria-current", "true")
    expect(page.locator(".size-slider output")).to_have_text("140")


def test_an_unknown_word_is_marked_under_the_cut_that_loses_it(page: Page, server: Server) -> None:
    show(page, server, "pieces", s="the whale was tired")
    unknown = page.locator(".brick.unknown")
    expect(unknown).to_have_count(1)
    expect(unknown).to_contain_text("whale")
    expect(unknown).to_contain_text(str(UNK))
    expect(page.locator(".tokens-pieces .covers")).to_contain_text("<unk>")


@pytest.mark.parametrize("text", in_ci(HOSTILE[:2], HOSTILE))
def test_hostile_text_stays_inside_its_box(page: Page, server: Server, text: str) -> None:
    show(page, server, "map", s=text)
    for tab in ("map", "rows", "pieces"):
        page.locator(f"[data-part=tabs] [data-tab={tab}]").click()
        expect(page.locator(".tokens-" + tab)).to_be_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert not page.locator(".step-box b:text-is('whale')").count()
    expect(page.locator(".brick").first).to_be_visible()


def test_a_long_text_comes_in_windows(page: Page, server: Server) -> None:
    show(page, server, "pieces", s="the animal " * 40)
    expect(page.locator(".window")).to_contain_text("1–160")
    page.locator(".window [data-step='1']").click()
    expect(page.locator(".window")).to_contain_text("161–320")
    expect(page.locator(".wall-text span")).to_have_count(160)


def test_rows_are_those_of_the_table_and_neighbours_are_true(page: Page, server: Server) -> None:
    run = load_run("fr")
    table = run.model.src_embed.tokens.weight.detach().numpy()
    animal = run.src_vocab.encode("animal").ids[0]
    show(page, server, "rows", o_word=str(animal))
    near = nearest(table, animal)
    values = page.locator(".tokens-rows .near li .num:last-child")
    expect(values).to_have_text([f"{one.cosine:.3f}" for one in near])
    words = page.locator(".tokens-rows .near li .word")
    expect(words).to_have_text([run.src_vocab.token(one.token_id) for one in near])
    words.first.click()
    expect(page.locator(".tokens-rows .near h3")).to_contain_text(str(near[0].token_id))
    page.locator(".lab").press("t")
    row = page.locator(".twin tbody tr").nth(1).locator("td").all_text_contents()
    assert row[0] == str(animal)
    np.testing.assert_allclose([float(text.replace("−", "-")) for text in row[1:]], table[animal], atol=5.1e-4)


def test_the_map_follows_a_click_and_the_keys(page: Page, server: Server) -> None:
    show(page, server, "map")
    title = page.locator(".tokens-map .near h3")
    expect(page.locator(".tokens-map .near li")).to_have_count(8)
    before = title.text_content() or ""
    page.locator(".lab").press("ArrowDown")
    expect(title).not_to_have_text(before)
    moved = title.text_content() or ""
    page.locator(".map-tools button").nth(1).click()
    expect(title).to_have_text(moved)
    page.locator('.tokens-map [data-side="tgt"]').click()
    expect(page.locator('.tokens-map [data-side="tgt"]')).to_have_attribute("aria-pressed", "true")
    expect(title).not_to_have_text(moved)


GUESSES = list(product(["pieces", "rows", "map"], ["en", "zh"]))


@pytest.mark.parametrize(("tab", "language"), in_ci([GUESSES[0], GUESSES[5]], GUESSES))
def test_a_guess_is_told_by_true_numbers(page: Page, server: Server, language: str, tab: str) -> None:
    show(page, server, tab, lang=language)
    choices = page.locator("[data-choice]")
    expect(choices.first).to_be_visible()
    choices.first.click()
    expect(page.locator("[data-choice][data-right]")).to_have_count(1)
    right = page.locator("[data-choice][data-right]").text_content() or ""
    said = {i18n.say(language, f"step.guess.{end}", answer=right) for end in ("right", "wrong")}
    assert any((page.locator(".guess-said").text_content() or "").startswith(one) for one in said)
