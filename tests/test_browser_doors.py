"""From Explore into the pass and back: every door leads where it says, and nothing is lost on the way."""

import json
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from models import in_ci
from reader import Reader
from serving import SOON
from ui import i18n
from ui.navigation import PAGES, after

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

SENTENCE = "the dog did not cross the street because it was too wide"
CHAPTERS = [name for name, entry in PAGES.items() if entry.section == "learn"]


def here(reader: Reader) -> str | None:
    """Wait for a step page, and say which place of the pass it marks."""
    reader.lab.locator(".passbar button").first.wait_for()
    marked = reader.lab.locator(".passbar [aria-current]")
    return marked.get_attribute("data-at") if marked.count() else None


def page_of(reader: Reader) -> str:
    return reader.page.evaluate("() => location.pathname").strip("/")


def keeps_the_sentence(reader: Reader, sentence: str = SENTENCE) -> None:
    expect(reader.page.get_by_role("textbox").first).to_have_value(sentence)


def back_on_explore(reader: Reader) -> None:
    reader.page.go_back()
    reader.lab.locator(".map").wait_for(timeout=SOON)
    assert page_of(reader) == ""
    keeps_the_sentence(reader)


def test_one_steps_into_the_block_the_head_and_the_row_that_are_shown(reader: Reader) -> None:
    reader.open(s=SENTENCE)
    reader.go("decoder.0.self_attn")
    reader.press("2")
    reader.point_at(3)
    reader.wait_address(q="3")
    reader.click("[data-part=step]")
    assert here(reader) == "decoder.0.self_attn"
    assert page_of(reader) == "attention"
    reader.wait_address(b="decoder.0.self_attn", f="1", q="3", s=SENTENCE)
    keeps_the_sentence(reader)
    back_on_explore(reader)
    expect(reader.part("title")).to_contain_text("Decoder layer 1")


@pytest.mark.full
def test_the_sentence_that_was_switched_to_goes_along(reader: Reader) -> None:
    reader.open(s=SENTENCE)
    reader.press("x")
    reader.wait_address(x="1")
    switched = SENTENCE.replace("wide", "tired")
    reader.press("Enter")
    here(reader)
    reader.wait_address(s=switched)
    keeps_the_sentence(reader, switched)


@pytest.mark.full
def test_enter_steps_in_as_well(reader: Reader) -> None:
    reader.open(s=SENTENCE)
    reader.press("ArrowLeft", "Enter")
    assert here(reader) == "decoder.1.self_attn"


DOORS = [
    {"page": "encoder", "b": "encoder.1.ffn"},
    {"page": "tokens", "b": "tgt_embed", "g": "position"},
    {"page": "attention", "b": "decoder.0.cross_attn", "g": "add"},
    {"page": "encoder", "b": "memory"},
    {"page": "output", "b": "output", "g": "p"},
]


@pytest.mark.parametrize("door", in_ci(DOORS[:1], DOORS))
def test_every_box_of_the_map_is_a_door(reader: Reader, door: dict[str, str]) -> None:
    page = door["page"]
    reader.open(s=SENTENCE)
    doors = [
        json.loads(d) for d in reader.lab.locator("[data-door]").evaluate_all("(all) => all.map((d) => d.dataset.door)")
    ]
    assert door in doors
    reader.lab.locator("[data-door]").nth(doors.index(door)).click()
    assert here(reader) == door["b"]
    assert page_of(reader) == page
    reader.wait_address(**{key: value for key, value in door.items() if key != "page"})
    back_on_explore(reader)


@pytest.mark.parametrize("language", in_ci(["zh"], i18n.LANGUAGES))
def test_the_menu_and_the_way_on_keep_sentence_and_language(reader: Reader, language: str) -> None:
    words = i18n.words(language)
    reader.open(s=SENTENCE, lang=language)
    reader.page.get_by_test_id("stSidebar").get_by_text(words["page.tokens"], exact=True).click()
    for page in CHAPTERS[:3]:
        here(reader)
        expect(reader.page.get_by_role("heading", level=1)).to_have_text(words[f"page.{page}"])
        assert page_of(reader) == page
        keeps_the_sentence(reader)
        expect(reader.lab).to_have_attribute("lang", {"en": "en", "zh": "zh-CN"}[language])
        following = after(page)
        assert following is not None
        way_on = i18n.say(language, "lesson.next", page=words[f"page.{following}"])
        reader.page.get_by_role("link", name=way_on).click()
        reader.page.wait_for_url(f"**/{following}?**")


@pytest.mark.parametrize("page", in_ci(["attention"], CHAPTERS))
def test_a_link_opens_a_page_for_the_projector(reader: Reader, page: str) -> None:
    reader.page.goto(f"{reader.server.url}/{page}?{urlencode({'s': SENTENCE, 'projector': 'true'})}")
    reader.wait_drawn()
    expect(reader.lab).to_have_attribute("data-mode", "projector")
    expect(reader.page.get_by_test_id("stSidebar")).to_be_hidden()
    reader.press("p")
    expect(reader.page.get_by_test_id("stSidebar")).to_be_visible()
    keeps_the_sentence(reader)


LOST = [
    {"b": "encoder.99.ffn"},
    {"q": "63", "f": "99"},
    {"b": "<b>", "g": "x" * 500, "f": "-1", "q": "1e9", "j": "٣", "n": "x", "v": "none"},
    {"o_t": "<script>", "o_": "", "o_x": "y" * 5000},
]


@pytest.mark.parametrize("asked", in_ci(LOST[2:], LOST))
def test_a_link_that_asks_for_what_is_not_there_opens_all_the_same(reader: Reader, asked: dict[str, str]) -> None:
    reader.page.goto(f"{reader.server.url}/attention?{urlencode({'s': SENTENCE, **asked})}")
    reader.wait_drawn()
    assert here(reader) is not None
    lost = [name for name in asked if not name.startswith("o_")]
    if lost:
        expect(reader.part("message")).to_contain_text(lost[0])
