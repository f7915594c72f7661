"""The address holds the whole view: reload, Back, wrong values, two windows, and answers that come late or broken."""

import contextlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Route, expect

from models import counts, in_ci
from reader import Pair, Reader, expected, say
from transformer.runs import Run

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser


# -- the state is in the address -----------------------------------------------------------------------------------


def read_one_head_in_a_table(reader: Reader, run: Run) -> None:
    reader.go("encoder.0.self_attn")
    reader.press("3", "s")
    reader.point_at(4)
    reader.rest()
    reader.press("t")
    reader.wait_address(b="encoder.0.self_attn", f="2", h="2", q="4", view="table")


def flip_and_hide(reader: Reader, run: Run) -> None:
    reader.go("decoder.0.cross_attn")
    reader.press("1")
    reader.click('[data-part=heads] [data-head="1"]')
    reader.click('[data-part=heads] [data-head="1"]')
    reader.press("x", "j")
    reader.hide_specials()
    reader.wait_address(x="1", view="joined", sp="1")


def type_a_sentence_in_chinese(reader: Reader, run: Run) -> None:
    reader.page.get_by_text("中文").click()
    expect(reader.lab).to_have_attribute("lang", "zh-CN")
    reader.translate("i am a student")
    reader.point_at(0)
    reader.wait_address(s="i am a student", lang="zh", q="0")


def walk_to_a_screen_of_the_projector(reader: Reader, run: Run) -> None:
    drawn = reader.drawn()
    reader.press("p")
    reader.wait_drawn(drawn + 1)
    reader.press("2", "x")
    reader.wait_address(projector="true", f="1", x="1")


WAYS = [read_one_head_in_a_table, flip_and_hide, type_a_sentence_in_chinese, walk_to_a_screen_of_the_projector]


@pytest.mark.parametrize("do", in_ci(WAYS[1:3], WAYS))
def test_a_view_survives_a_reload(reader: Reader, run: Run, pair: Pair, do: Callable[[Reader, Run], None]) -> None:
    reader.open(s=pair.texts[0])
    do(reader, run)
    before, box = reader.seen(), reader.box.input_value()
    reader.page.reload()
    reader.wait_drawn()
    assert reader.seen() == before
    expect(reader.box).to_have_value(box)


@counts(7, ci=3)
def test_a_wrong_value_falls_back_and_is_named(reader: Reader, run: Run, count: int) -> None:
    wrong = {"b": "encoder.99", "h": "9z", "q": "1e9", "f": "-1", "view": "x", "x": "7", "sp": "<b>"}
    reader.open()
    usual = reader.seen()
    for key, value in list(wrong.items())[:count]:
        reader.open(**{key: value})
        assert reader.seen() == usual
        expect(reader.part("message")).to_contain_text(say("explore.notice.link", names=key))
        reader.wait_address(b=usual["block"], view=None)
        assert value not in reader.address().values(), "the address says what is shown"


def test_a_link_that_is_wrong_in_every_way_still_opens(reader: Reader) -> None:
    reader.open()
    usual = reader.seen()
    reader.open(run="../x", b="encoder.99", f="-1", q="1e9", view="x", lang="<b>", projector="maybe", __proto__="1")
    assert reader.seen() == usual
    message = reader.part("message")
    for key in ("b", "f", "q", "view"):
        expect(message).to_contain_text(key)
    warning = reader.page.get_by_text(say("frame.unknown_run", name="")[:12])
    expect(warning.first).to_be_visible()


def test_the_notice_of_a_wrong_link_leaves_when_the_reader_goes_on(reader: Reader) -> None:
    reader.open(b="encoder.99")
    reader.press("2")
    expect(reader.part("message")).not_to_contain_text(say("explore.notice.link", names="b"))


def test_back_undoes_a_change_of_language_and_forward_repeats_it(reader: Reader) -> None:
    reader.open()
    reader.go("encoder.0.self_attn")
    reader.wait_address(b="encoder.0.self_attn")
    before = reader.seen()
    reader.page.get_by_text("中文").click()
    expect(reader.lab).to_have_attribute("lang", "zh-CN")
    reader.page.go_back()
    expect(reader.lab).to_have_attribute("lang", "en")
    assert reader.seen() == before
    expect(reader.box).to_have_value(" ".join(before["sentence"]).replace("₁", "").replace("₂", ""))
    reader.page.go_forward()
    expect(reader.lab).to_have_attribute("lang", "zh-CN")
    assert reader.seen()["sentence"] == before["sentence"]
    assert not reader.lab.locator(".message.alarm").count()


def test_back_returns_to_the_page_as_it_was_left(reader: Reader) -> None:
    reader.open()
    reader.translate("i am a student")
    reader.go("encoder.1.self_attn")
    reader.press("2")
    reader.wait_address(s="i am a student", b="encoder.1.self_attn", f="1")
    before = reader.seen()
    reader.page.goto("about:blank")
    reader.page.go_back()
    reader.wait_drawn()
    assert reader.seen() == before
    expect(reader.box).to_have_value("i am a student")


@pytest.mark.full
def test_two_windows_of_one_person_do_not_disturb_each_other(readers: Callable[[], Reader], run: Run) -> None:
    one, two = readers().open(s="thanks"), readers().open(b="encoder.0.self_attn", f="1")
    before = one.seen()
    two.press("ArrowRight", "3", "s", "t")
    two.translate("i am a student")
    assert one.seen() == before
    assert one.box.input_value() == "thanks"
    assert two.seen()["sentence"] == expected(run, "i am a student").src
    one.press("1")
    one.translate("i am eating an apple")
    assert two.seen()["sentence"] == expected(run, "i am a student").src
    assert two.seen()["head"] == 2


# -- answers that come late, broken or not at all ------------------------------------------------------------------


def test_of_sentences_sent_quickly_the_newest_wins(reader: Reader, run: Run) -> None:
    reader.open()
    reader.enter("i am a student")
    reader.enter("thanks")
    reader.enter("i am eating an apple")
    reader.wait_sentence(expected(run, "i am eating an apple").src)
    reader.translate("i am a student")
    assert reader.seen()["sentence"] == expected(run, "i am a student").src


def test_an_answer_that_comes_too_late_is_thrown_away(reader: Reader, run: Run) -> None:
    late: list[Route] = []
    reader.open()
    reader.page.route("**/lab/trace?*student*", lambda route: late.append(route))
    with reader.page.expect_request("**/lab/trace?*student*"):
        reader.enter("i am a student")
    reader.translate("thanks")
    for route in late:
        with contextlib.suppress(Error):  # the browser may have dropped the request already
            route.continue_()
    reader.translate("i am eating an apple")
    reader.page.unroute("**/lab/trace?*student*")
    assert reader.seen()["sentence"] == expected(run, "i am eating an apple").src
    assert reader.box.input_value() == "i am eating an apple"


def test_while_an_answer_is_on_its_way_the_old_picture_stays_paler(reader: Reader) -> None:
    late: list[Route] = []
    reader.open()
    before = reader.seen()
    reader.page.route("**/lab/trace?*student*", lambda route: late.append(route))
    reader.enter("i am a student")
    expect(reader.lab).to_have_attribute("aria-busy", "true")
    assert reader.seen() == before
    expect(reader.part("strip")).to_have_css("opacity", "0.6")
    reader.until(lambda: late)
    late[0].continue_()
    expect(reader.lab).to_have_attribute("aria-busy", "false")
    expect(reader.part("strip")).to_have_css("opacity", "1")


def test_a_lost_answer_is_asked_for_again_and_the_page_says_so(reader: Reader, run: Run) -> None:
    reader.open()
    before = reader.seen()
    reader.page.route("**/lab/trace?*", lambda route: route.abort("connectionrefused"))
    reader.enter("i am a student")
    expect(reader.part("message")).to_have_text(say("explore.reconnecting"))
    assert reader.seen() == before, "the old picture stays"
    reader.press("2", "t")
    assert (reader.seen()["head"], reader.seen()["picture"]) == (1, "table"), "and goes on working"
    expect(reader.part("message")).to_have_text(say("explore.reconnecting"))
    reader.page.unroute("**/lab/trace?*")
    reader.wait_drawn(2)
    assert reader.seen()["sentence"] == expected(run, "i am a student").src
    assert reader.seen()["head"] == 1
    assert all("Failed to load resource" in line for line in reader.console)
    reader.console.clear()


def answer_with(status: int, body: bytes) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body)


BROKEN = [
    (500, b'{"error": "error.unexpected", "values": {"id": "0123abcd"}}', say("error.unexpected", id="0123abcd")),
    (502, b"<html>Bad Gateway</html>", say("explore.error.server", status=502)),
    (200, b"", say("explore.error.damaged", where="header")),
    (200, b"\xff\xff\xff\xff" + bytes(100), say("explore.error.damaged", where="header")),
    (200, b"\x0f\x00\x00\x00" + b'{"version":999}', say("explore.error.damaged", where="version")),
    (200, b"\x04\x00\x00\x00nope", say("explore.error.browser")),
]


@counts(len(BROKEN), ci=3)
def test_a_broken_answer_is_said_and_the_old_picture_stays(reader: Reader, count: int) -> None:
    reader.open()
    alarm = reader.lab.locator(".message.alarm")
    for status, body, message in BROKEN[:count]:
        before = reader.seen()
        reader.page.route("**/lab/trace?*", answer_with(status, body))
        reader.enter("i am a student")
        expect(alarm).to_have_text(message)
        assert reader.seen() == before
        reader.press("2" if before["head"] != 1 else "1")
        assert reader.seen()["head"] != before["head"], "the old picture goes on working"
        reader.page.unroute_all()
        reader.translate("thanks")
        expect(alarm).to_have_count(0)
    reader.console.clear()  # a browser reports refused answers by itself


def test_numbers_that_do_not_add_up_are_not_drawn(reader: Reader) -> None:
    reader.open()
    before = reader.seen()

    def spoil(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[-8:] = b"\x00\x00\x80\x3f\x00\x00\x80\x3f"  # two weights of 1 in a row
        route.fulfill(status=200, body=bytes(body))

    reader.page.route("**/lab/trace?*", spoil)
    reader.enter("i am a student")
    expect(reader.lab.locator(".message.alarm")).to_contain_text(say("explore.error.damaged", where="decoder")[:28])
    assert reader.seen() == before
    reader.page.unroute("**/lab/trace?*")


# -- light and dark ------------------------------------------------------------------------------------------------


def test_the_picture_follows_when_the_system_turns_dark_and_light_again(reader: Reader, run: Run) -> None:
    reader.open(b="decoder.0.cross_attn")
    before, light = reader.seen(), reader.bitmap("matrix")
    reader.page.emulate_media(color_scheme="dark")
    expect(reader.lab).to_have_attribute("data-theme", "dark")
    reader.wait_painted("matrix", light)
    dark = reader.bitmap("matrix")
    assert dark.mean() < light.mean() - 100
    assert reader.seen() == before
    reader.page.emulate_media(color_scheme="light")
    expect(reader.lab).to_have_attribute("data-theme", "light")
    reader.wait_painted("matrix", dark)
    assert (reader.bitmap("matrix") == light).all()
    assert reader.seen() == before
