"""Heads in a real browser: from the atlas to the head that finds the noun, its passport, pruning, explanations."""

import json
import re
import struct
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from guest import Guest, sitting
from serving import PATIENCE, Server
from transformer.interventions import PaintMask, ZeroHead, read
from transformer.runs import load_run
from ui import i18n

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

RUN = load_run("fr")
TEXT = RUN.example
SRC = RUN.encode(TEXT)
TGT_OUT = RUN.decode(SRC)
ROW = next(row for row, token in enumerate(TGT_OUT) if RUN.tgt_vocab.token(token) == "il")
SAY = i18n.words("en")
LONG = 3000 * PATIENCE  # milliseconds: measuring takes seconds, on a busy machine more


class Measurer(Guest):
    """One person on the page Heads."""

    def open(self, wait: str = "order", **query: str) -> "Measurer":
        self.goto("/heads?" + urlencode({"run": "fr", "s": TEXT, **query}))
        self.part(wait).first.wait_for(timeout=LONG)
        return self

    def chapter(self, **question: str) -> tuple[Any, bytes]:
        """Ask the server what the page asks: the header of its answer, and the bytes."""
        query = urlencode({"page": "heads", "run": "fr", "s": "", **question})
        with urllib.request.urlopen(f"{self.server.url}/lab/chapter?{query}", timeout=PATIENCE) as answer:
            body = answer.read()
        (length,) = struct.unpack_from("<I", body)
        return json.loads(body[4 : 4 + length]), body

    def passport(self) -> Any:
        return self.chapter(ask="passport")[0]["passport"]

    def first(self) -> Locator:
        return self.part("order").locator("button").first

    def option(self, name: str) -> str | None:
        return parse_qs(urlsplit(self.page.url).query).get(name, [None])[0]


@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Measurer]:
    with sitting(Measurer, desk, server) as guest:
        yield guest


@pytest.fixture
def guest(window: Measurer) -> Iterator[Measurer]:
    with window.used():
        yield window


def percent(rate: float) -> str:
    """Say a share as the page does: 100 % only if it was all."""
    rounded = int(100 * rate + 0.5)
    return (">\u202f99" if rounded == 100 and rate < 1 else str(rounded)) + "\u202f%"


def test_a_bar_says_how_far_the_measurement_is(guest: Measurer) -> None:
    """The server is made to say that it is not ready, until that was seen; then it answers itself, ready or not."""
    said = {"error": "heads.measuring", "values": {"share": 0.37}}
    told, measuring = [], ["still"]

    def not_yet(route: Any) -> None:
        told.append(route.request.url)
        if measuring:
            route.fulfill(status=202, json=said)
        else:
            route.continue_()

    guest.page.route(re.compile("ask=passport"), not_yet)
    guest.open("measuring")
    bar = guest.lab.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "37")
    expect(guest.part("measuring")).to_contain_text(SAY["heads.wait.title"])
    measuring.clear()
    expect(guest.part("order")).to_be_visible(timeout=LONG)  # the real one has come
    expect(guest.part("measuring")).to_have_count(0)
    assert len(told) >= 2


def test_the_head_that_resolves_it_is_found_and_knocked_out(guest: Measurer) -> None:
    guest.open()
    passport = guest.passport()
    heads = {
        (block, n): head["measures"].get("referent")
        for block, of_block in passport["blocks"].items()
        for n, head in enumerate(of_block)
    }
    block, n = max((place for place in heads if heads[place]), key=lambda place: heads[place]["value"])
    expect(guest.first()).to_have_attribute("data-block", block)
    expect(guest.first()).to_have_attribute("data-head", str(n))
    expect(guest.first()).to_contain_text(percent(heads[block, n]["value"]))
    guest.first().click()
    expect(guest.part("says")).to_contain_text(f"in {percent(heads[block, n]['value'])} of sentences")
    without = passport["blocks"][block][n]["measures"]["pronoun"]["value"]
    expect(guest.part("cost")).to_contain_text(f"{percent(without)} of {passport['n_pronouns']} pronouns stay right")

    guest.part("open-passport").click()
    expect(guest.part("measures").locator("tr[data-measure=pronoun]")).to_contain_text(percent(without))
    needed = next(one for one in passport["pruning"]["needed"] if (one["block"], one["head"]) == (block, n))
    trials = guest.part("together").locator("tbody tr")
    rates = [
        without,
        passport["together"][-1]["pronoun"]["value"],
        needed["pronoun"]["value"],
        passport["closed"]["value"],
    ]
    for trial, rate in zip(trials.all(), rates, strict=True):
        expect(trial.locator("td").first).to_have_text(percent(rate))
    lost = passport["pruning"]["pronoun"]["value"] - needed["pronoun"]["value"]
    expect(guest.part("road")).to_contain_text(f"it costs {percent(lost)} of the pronouns")
    gone = [(step["block"], step["head"]) for step in passport["pruning"]["steps"][1 : passport["pruning"]["stop"] + 1]]
    guest.part("together").locator("tr[data-trial=spare] button").click()
    guest.page.wait_for_url(re.compile("/edit"))
    acts = [ZeroHead(*place) for place in [*gone, (block, n)]]
    assert read(guest.option("o_e") or "") == acts
    assert (guest.option("b"), guest.option("f")) == (block, str(n))
    expect(guest.page.get_by_role("textbox").first).to_have_value(needed["wrong"][0])

    guest.rest_still()
    guest.page.go_back()
    guest.rest_still()
    guest.part("together").locator("tr[data-trial=closed] button").click()
    guest.page.wait_for_url(re.compile("/edit"))
    cell = passport["closed_wrong"][0]
    at = (cell["row"] * cell["columns"] + cell["noun"],)
    cross = [block for block in passport["blocks"] if block.endswith("cross_attn")]
    assert read(guest.option("o_e") or "") == [PaintMask(b, None, cell["rows"], cell["columns"], at) for b in cross]
    assert (guest.option("b"), guest.option("q")) == (cross[-1], str(cell["row"]))
    expect(guest.page.get_by_role("textbox").first).to_have_value(cell["text"])


def test_any_measure_colours_and_sorts(guest: Measurer) -> None:
    guest.open()
    passport = guest.passport()
    before = guest.part("atlas").locator("button").first.get_attribute("style")
    guest.part("measure").select_option("spare_pronoun")
    needed = passport["pruning"]["needed"]
    expect(guest.part("order").locator("button")).to_have_count(len(needed))
    worst = min(needed, key=lambda one: one["pronoun"]["value"])
    expect(guest.first()).to_contain_text(percent(worst["pronoun"]["value"]))
    spare = guest.part("atlas").get_by_text(SAY["heads.atlas.spare"], exact=True)
    expect(spare).to_have_count(passport["pruning"]["stop"])
    guest.part("measure").select_option("entropy")
    values = sorted((h["measures"]["entropy"]["value"] for of in passport["blocks"].values() for h in of), reverse=True)
    expect(guest.part("order").locator("button")).to_have_count(len(values))
    shown = [text.strip() for text in guest.part("order").locator("button > .num").all_inner_texts()]
    assert [float(text) for text in shown] == pytest.approx(values, abs=0.0051)
    assert guest.part("atlas").locator("button").first.get_attribute("style") != before
    guest.page.wait_for_function("() => new URLSearchParams(location.search).get('o_m') === 'entropy'")
    guest.requests.clear()
    guest.part("atlas").locator("[data-block='encoder.1.self_attn'][data-head='2']").click()
    expect(guest.part("order").locator("[aria-pressed=true]")).to_have_attribute("data-block", "encoder.1.self_attn")
    assert not [url for url in guest.requests if "/lab/" in url], "pointing is free"
    guest.page.wait_for_function("() => new URLSearchParams(location.search).get('b') === 'encoder.1.self_attn'")
    link = guest.page.url
    guest.page.goto("about:blank")
    guest.page.goto(link)
    expect(guest.part("atlas").locator("[aria-pressed=true]")).to_have_attribute("data-block", "encoder.1.self_attn")
    expect(guest.part("measure")).to_have_value("entropy")


def test_the_passport_of_a_head(guest: Measurer) -> None:
    guest.open("measures", v="passport", b="decoder.0.self_attn", f="1")
    passport = guest.passport()
    own = passport["blocks"]["decoder.0.self_attn"][1]["measures"]
    rows = guest.part("measures").locator("tr[data-measure]")
    shown = {row.get_attribute("data-measure") for row in rows.all()}
    assert shown == {name for name, found in own.items() if found and not name.endswith(".share")}
    expect(rows.locator("xpath=self::*[@data-measure='special']")).to_contain_text(percent(own["special"]["value"]))
    places = passport["similar"]["decoder"]["places"]
    matrix = passport["similar"]["decoder"]["matrix"]
    at = places.index(["decoder.0.self_attn", 1])
    alike = sorted((n for n in range(len(places)) if n != at), key=lambda n: -matrix[at][n])[0]
    first = guest.part("similar").locator("button").first
    expect(first).to_have_attribute("data-block", places[alike][0])
    expect(first).to_have_attribute("data-head", str(places[alike][1]))
    expect(guest.part("together").locator("[data-trial=closed]")).to_have_count(0)  # it looks at no noun
    title = guest.lab.locator(".heads-name .heads-mark").locator("visible=true")
    guest.press("ArrowRight")
    expect(title).to_contain_text("head 3")
    guest.press("ArrowDown")
    expect(title).to_contain_text("cross-attention")
    guest.press("t")
    expect(guest.part("twin")).to_contain_text(SAY["heads.measure.copy.name"])
    guest.press("t")
    first.click()
    guest.page.wait_for_url(re.compile("/compare"))
    assert (guest.option("v"), guest.option("b"), guest.option("f")) == ("heads", "decoder.0.cross_attn", "2")
    assert (guest.option("o_c") or "").endswith(".cross_attn")


def test_the_pruning_curve_has_its_stop(guest: Measurer) -> None:
    guest.open("pruning", v="pruning")
    curve = guest.passport()["pruning"]
    expect(guest.part("knock-out-spare")).to_have_text(SAY["heads.pruning.out"].format(stop=curve["stop"]))
    expect(guest.part("stop")).to_contain_text(f"{curve['stop']} of 24 heads can go")
    gone = guest.part("order").locator("li")
    expect(gone).to_have_count(len(curve["steps"]) - 1)
    if curve["stop"]:
        expect(gone.nth(curve["stop"] - 1)).to_have_attribute("data-stop", SAY["heads.pruning.stop"])
    last = curve["steps"][-1]
    expect(gone.last).to_contain_text(percent(last["exact"]["value"]))
    guest.press("t")
    expect(guest.part("twin").locator("tbody tr")).to_have_count(len(curve["steps"]))
    guest.press("t")


def test_five_explanations_and_how_far_they_agree(guest: Measurer) -> None:
    guest.open("explanations", v="explain", b="decoder.1.cross_attn", q=str(ROW))
    header, _ = guest.chapter(s=TEXT, ask="explain", row=str(ROW), b="decoder.1.cross_attn", f="all")
    expect(guest.part("explanations").locator("tbody tr")).to_have_count(len(SRC))
    cells = guest.part("agreement").locator("td:not(:empty)")
    expect(cells).to_have_count(10)
    expected = [header["agreement"][i][j] for i in range(1, 5) for j in range(i)]
    shown = [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
    assert shown == pytest.approx(expected, abs=0.0051)
    words = guest.part("explanations").locator("tbody th").all_inner_texts()
    assert words[1] == "animal"
    with guest.page.expect_response(re.compile("ask=explain.*row=0")):
        guest.part("rows").locator("[data-row='0']").click()
    with guest.page.expect_response(re.compile("f=2")):
        guest.part("heads").locator("[data-head='2']").click()
    guest.page.wait_for_function("() => new URLSearchParams(location.search).get('o_eh') === '2'")


def test_in_chinese_and_on_a_narrow_page(guest: Measurer) -> None:
    guest.page.set_viewport_size({"width": 1100, "height": 900})
    chinese = i18n.words("zh")
    guest.open(lang="zh", b="decoder.1.cross_attn", q=str(ROW))
    expect(guest.lab.locator("[data-tab=pruning]")).to_have_text(chinese["heads.tab.pruning"])
    shown = {"atlas": "order", "passport": "together", "pruning": "pruning", "explain": "explanations"}
    for view, wait in shown.items():
        guest.lab.locator(f"[data-tab={view}]").click()
        guest.part(wait).first.wait_for()
        text = guest.part("box").inner_text()
        assert "heads." not in text
        assert not re.search(r"[A-Za-z]{4,} [a-z]{3,} [a-z]{3,}", text), "an English sentence"
        assert guest.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        titles = guest.lab.locator(".heads h3").locator("visible=true")
        assert titles.evaluate_all("(all) => all.every((one) => one.scrollWidth <= one.clientWidth)"), "a title is cut"


def test_on_the_projector_a_class_sees_the_road_and_what_the_weights_do_not_explain(guest: Measurer) -> None:
    guest.page.set_viewport_size({"width": 1280, "height": 720})
    guest.open("measures", projector="true", v="passport", b="decoder.1.cross_attn", f="2", q=str(ROW))
    for shown, hidden in (("measures", "together"), ("similar", "measures"), ("together", "similar")):
        expect(guest.part(shown)).to_be_visible()
        expect(guest.part(hidden)).to_be_hidden()
        guest.press("a")
    guest.part("panels").locator("[data-name=road]").click()
    expect(guest.part("road")).to_contain_text("every spare head is gone")
    guest.lab.locator("[data-tab=explain]").click()
    finding = guest.lab.locator(".heads-line .heads-about")
    expect(finding).to_contain_text("Most weight lies on animal")
    rows, sizes = (
        guest.part("explanations").locator("tbody tr"),
        "(node) => parseFloat(getComputedStyle(node).fontSize)",
    )
    expect(rows).to_have_count(len(SRC))
    assert finding.evaluate(sizes) >= 22
    scroll = guest.lab.locator(".heads-scroll").locator("visible=true")
    assert scroll.evaluate("(node) => node.scrollHeight <= node.clientHeight"), "every word of the source is seen"
    guest.press("a")
    expect(guest.part("agreement")).to_be_visible()
    expect(guest.part("explanations")).to_be_hidden()
