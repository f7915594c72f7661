"""What a person types: by Enter and by the button, known and unknown, empty and too long, right and wrong."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from models import counts
from reader import Reader, expected, say
from serving import Visitor
from transformer.runs import Run
from ui.limits import MOST_CHARACTERS

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

AS_WRITTEN = "The animal didn't cross the street because it was too tired."
NOTHING = ["", "   ", "\u200b\u200d", "\u00a0\u2003", "?! …"]


def test_a_sentence_is_typed_letter_by_letter_and_sent_with_enter(reader: Reader, run: Run) -> None:
    reader.open()
    drawn = reader.drawn()
    reader.box.click()
    reader.page.keyboard.press("ControlOrMeta+a")
    reader.page.keyboard.type("i am a student")
    assert reader.drawn() == drawn, "nothing happens before Enter"
    reader.page.keyboard.press("Enter")
    reader.wait_drawn(drawn + 1)
    known = expected(run, "i am a student")
    assert (reader.seen()["sentence"], reader.seen()["output"]) == (known.src, known.writes)
    assert reader.drawn() == drawn + 1, "and it is drawn once"


def test_a_sentence_typed_before_the_style_sheets_are_there_is_drawn(visitor: Callable[..., Visitor], run: Run) -> None:
    """Two calls then wait for the same sheets, and the older one must not take the later turn."""
    hasty = visitor()
    held: list[Route] = []
    hasty.page.route("**/explore.css*", lambda route: held.append(route))
    hasty.page.goto(hasty.server.url + "/?run=fr", wait_until="commit")  # the sheet that is held may hold up the rest
    box = hasty.page.get_by_role("textbox")
    box.fill("i am a student")
    hasty.page.locator(".lab").wait_for(state="attached")
    box.press("Enter")
    hasty.page.wait_for_url("**s=i+am+a+student*")
    hasty.hush()
    assert held, "the sheet was asked for, and has not come yet"
    for route in held:
        route.continue_()
    written = hasty.page.locator(".lab [data-part=tgt]")
    expect(written).to_contain_text(expected(run, "i am a student").writes[0])


def test_the_button_sends_what_is_in_the_box(reader: Reader, run: Run) -> None:
    reader.open()
    reader.box.click()
    reader.page.keyboard.press("ControlOrMeta+a")
    reader.page.keyboard.type("i am eating an apple")
    reader.page.get_by_role("button", name=say("task.button.fr")).click()
    reader.wait_sentence(expected(run, "i am eating an apple").src)


@counts(99, ci=3)
def test_every_example_chip_shows_its_sentence_and_fills_the_box(reader: Reader, run: Run, count: int) -> None:
    task = run.task
    assert task is not None
    reader.open(s="thanks")
    chips = reader.lab.locator(".chips [data-ask]")
    texts = [str(chip.get_attribute("data-ask")) for chip in chips.all()]
    assert texts == task.chips()
    for text in texts[:count]:
        drawn = reader.drawn()
        reader.lab.locator(f'.chips [data-ask="{text}"]').click()
        reader.wait_drawn(drawn + 1)
        assert reader.seen()["sentence"] == expected(run, text).src
        expect(reader.box).to_have_value(text)
        pressed = reader.lab.locator(".chips [aria-pressed=true]")
        expect(pressed).to_have_attribute("data-ask", text)
        reader.wait_address(s=text)


def test_the_famous_sentence_is_read_as_people_write_it(reader: Reader, run: Run) -> None:
    reader.open(s="thanks")
    reader.translate(AS_WRITTEN)
    known = expected(run, run.example)
    assert reader.seen()["sentence"][: len(known.src) - 1] == known.src[:-1]
    assert reader.seen()["output"] == known.writes
    expect(reader.part("reading")).to_have_text(say("explore.reading", typed=AS_WRITTEN))
    assert not reader.lab.locator(".unknown").count()
    reader.translate(AS_WRITTEN.upper().replace("'", "’") + "!!")
    assert reader.seen()["output"] == known.writes


def test_an_unknown_word_is_dashed_and_the_page_offers_what_it_knows(reader: Reader, run: Run) -> None:
    task = run.task
    assert task is not None
    reader.open()
    text = "the whale did not cross the street because it was too tired"
    reader.translate(text)
    unknown = reader.lab.locator(".token.unknown")
    expect(unknown).to_have_text("whale")
    expect(unknown).to_have_css("outline-style", "dashed")
    expect(reader.part("message")).to_contain_text(say("explore.unknown.one", word="whale"))
    reader.lab.locator("[data-known]").click()
    panel = reader.part("known")
    for words in task.known_words().values():
        expect(panel).to_contain_text(", ".join(words))
    expect(panel).not_to_contain_text("explore.known.")
    reader.press("Escape")
    expect(panel).to_be_hidden()
    nearest = reader.lab.locator("[data-nearest]")
    offered = str(nearest.get_attribute("data-ask"))
    assert offered == task.nearest(text)
    drawn = reader.drawn()
    nearest.click()
    reader.wait_drawn(drawn + 1)
    assert reader.seen()["output"] == expected(run, offered).writes
    assert not reader.lab.locator(".unknown").count()
    expect(reader.box).to_have_value(offered)


def test_a_sentence_of_unknown_words_only_is_shown_all_the_same(reader: Reader, run: Run) -> None:
    reader.open()
    reader.translate("zebra xylophone 42")
    known = expected(run, "zebra xylophone 42")
    assert reader.seen()["output"] == known.writes
    assert reader.lab.locator(".token.unknown").all_text_contents() == ["zebra", "xylophone", "42"]
    assert reader.lab.locator("[data-nearest]").count() == 0, "nothing comes near"


@counts(len(NOTHING), ci=3)
def test_nothing_to_read_is_said_and_the_old_picture_stays(reader: Reader, count: int) -> None:
    reader.open(s="i am a student")
    alarm = reader.lab.locator(".message.alarm")
    for text in NOTHING[:count]:
        before = reader.seen()
        reader.enter(text)
        expect(alarm).to_have_text(say("error.empty"))
        assert reader.seen() == before
        reader.press("2" if before["head"] != 1 else "1")
        assert reader.seen()["head"] != before["head"], "the old picture goes on working"
        reader.translate("thanks")
        expect(alarm).to_have_count(0)


def test_a_link_without_any_word_says_so(reader: Reader) -> None:
    reader.page.goto(reader.server.url + "/?s=%20%20")
    expect(reader.page.get_by_text(say("error.empty"))).to_be_visible()
    reader.enter("thanks")
    reader.wait_drawn()
    assert reader.seen()["sentence"] == ["thanks"]


def test_a_sentence_too_long_is_cut_and_says_how_much(reader: Reader, run: Run) -> None:
    most, n = run.model.config.max_len, 150
    reader.open()
    reader.translate("the animal " * (n // 2))
    message = reader.part("message")
    expect(message).to_contain_text(say("notice.cut", shown=most, all=n))
    assert str(most) in str(message.text_content()) and str(n) in str(message.text_content())
    expect(reader.lab.locator(".cut")).to_contain_text(str(n - most))
    assert len(reader.seen()["sentence"]) == most
    reader.press("t")
    assert len(reader.table().columns) == most


def test_more_than_a_link_can_carry_is_cut_and_says_so(reader: Reader) -> None:
    reader.open()
    n = MOST_CHARACTERS + 400
    reader.translate("a" * n)
    expect(reader.part("message")).to_contain_text(say("notice.characters", shown=MOST_CHARACTERS, all=n))


def test_what_was_typed_in_one_language_of_the_page_is_kept_in_the_other(reader: Reader, run: Run) -> None:
    reader.open()
    reader.translate("i am a student")
    reader.page.get_by_text("中文").click()
    expect(reader.lab).to_have_attribute("lang", "zh-CN")
    expect(reader.box).to_have_value("i am a student")
    assert reader.seen()["sentence"] == expected(run, "i am a student").src
