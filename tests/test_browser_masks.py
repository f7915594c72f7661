"""Masks in a real browser: reasons of cells, painting by mouse and keys, undo, links, the gallery, both languages."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import torch
from playwright.sync_api import BrowserContext, expect

from guest import Guest, sitting
from models import in_ci
from serving import Server
from transformer.runs import load_run
from transformer.studies.mask_lab import MISTAKES, Painting, paint
from transformer.vocab import BOS
from ui import i18n

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

RUN = load_run("fr")
TEXT = RUN.example
SRC = RUN.encode(TEXT)
TGT_IN = [BOS, *RUN.decode(SRC)[:-1]]
WORDS = [RUN.tgt_vocab.token(token) for token in TGT_IN]
N = len(TGT_IN)
BLOCK = "decoder.0.self_attn"
TABS = ("batch", "paint", "mistakes")
SAY = i18n.words("en")


class Painter(Guest):
    """One person on the page Masks."""

    def open(self, **query: str) -> "Painter":
        self.goto("/masks?" + urlencode({"run": "fr", "s": TEXT, **query}))
        self.drawn_whole(query.get("v", "batch"))
        return self

    def tab(self, name: str) -> None:
        self.lab.locator(f"[data-part=tabs] [data-tab={name}]").click()
        self.drawn_whole(name)

    def drawn_whole(self, tab: str) -> None:
        """Wait until the answer of the server is in the picture."""
        self.lab.locator("canvas").locator("visible=true").first.wait_for()
        self.lab.locator(f".masks-{tab} :is(.masks-reason, .masks-free):not(:empty)").wait_for()

    def cell(self, part: str, row: int, col: int, rows: int = N, cols: int = N) -> tuple[float, float]:
        """Say where the middle of a cell is on the screen."""
        box = self.part(part).bounding_box()
        assert box is not None
        return box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows

    def click_cell(self, row: int, col: int) -> None:
        with self.page.expect_response(lambda answer: "ask=paint" in answer.url):
            self.page.mouse.click(*self.cell("heat-after", row, col))

    def address_that_paints(self, other_than: str = "") -> dict[str, str]:
        """Wait until the address, which follows a moment later, holds a painting that is new; return its parts."""
        self.page.wait_for_function(
            "(old) => ![null, old].includes(new URLSearchParams(location.search).get('o_paint'))", arg=other_than
        )
        return self.address()

    def pixels(self, part: str) -> str:
        return self.part(part).evaluate("(canvas) => canvas.toDataURL()")

    def point_at(self, row: int, col: int) -> None:
        self.page.mouse.move(*self.cell("heat-after", row, col))

    def says_at(self, row: int, col: int, text: str) -> None:
        """Point at a cell; its note says so at once, or as soon as the answer is there."""
        self.point_at(row, col)
        expect(self.part("note")).to_contain_text(text)


@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Painter]:
    with sitting(Painter, desk, server) as painter:
        yield painter


@pytest.fixture
def painter(window: Painter) -> Iterator[Painter]:
    with window.used():
        yield window


def words_in(text: str, **values: Any) -> str:
    return SAY[text].format(**values)


# --- the batch ------------------------------------------------------------------------------------------------------


def test_a_cell_says_why(painter: Painter) -> None:
    painter.open(o_mask="combined")
    painter.hush()
    painter.requests.clear()
    painter.frames.clear()
    n = painter.part("batch").locator("tr").first.locator("td").count()
    page, why = painter.page, painter.part("why")
    page.mouse.move(*painter.cell("heat", 1, 4, n, n))
    expect(why).to_contain_text("comes later")
    page.mouse.move(*painter.cell("heat", 4, 1, n, n))
    expect(why).to_contain_text("Nothing speaks against it")
    page.mouse.move(*painter.cell("heat", 2, n - 1, n, n))
    expect(why).to_contain_text("It is padding, and it comes later")
    page.mouse.move(*painter.cell("heat", n - 1, n - 1, n, n))
    expect(why).to_contain_text("is no word")
    expect(why).to_contain_text("The row itself is padding")
    assert not [url for url in painter.requests if "/lab/" in url], "pointing is free"
    assert set(painter.frames) <= {"app_heartbeat"}


def test_the_keyboard_points_too(painter: Painter) -> None:
    painter.open(o_mask="causal")
    painter.press("ArrowDown", "ArrowDown", "ArrowLeft")
    expect(painter.part("why")).to_contain_text("Nothing speaks against it")
    painter.press("m", "m", "m")
    assert painter.lab.locator("[data-kind][aria-pressed=true]").get_attribute("data-kind") == "encoder"


def test_every_sentence_and_mask_can_be_chosen(painter: Painter) -> None:
    painter.open()
    sentences = painter.part("batch").locator("tr")
    assert sentences.count() == 4
    seen = set()
    for nth in range(4):
        sentences.nth(nth).locator("button").click()
        expect(painter.part("alone")).to_contain_text(f"sentence {nth + 1}")
        for kind in ("encoder", "padding", "causal", "combined", "cross"):
            painter.lab.locator(f"[data-kind={kind}]").click()
            seen.add(painter.pixels("heat"))
    assert len(seen) > 10


def test_the_causal_triangle_of_i_love_you(painter: Painter) -> None:
    painter.open(run="zh", s="我爱你", o_t="i love", o_mask="causal")
    rows = painter.part("box").locator(".heat-rows text").locator("visible=true").all_text_contents()
    assert rows[:3] == ["<s>", "i", "love"]
    painter.press("t")
    cells = (
        painter.part("twin")
        .locator("tbody tr")
        .evaluate_all(
            "(rows) => rows.slice(0, 3).map((row) => [...row.cells].slice(1, 4).map((cell) => cell.textContent))"
        )
    )
    assert cells == [["open", "later", "later"], ["open", "open", "later"], ["open", "open", "open"]]
    painter.press("t")


def test_predict_first(painter: Painter) -> None:
    painter.open()
    guess = painter.part("guess")
    expect(guess).to_contain_text(words_in("masks.guess.question", n=N, tgts=SAY["unit.word.many"]))
    guess.get_by_role("button", name=str(N * (N + 1) // 2), exact=True).click()
    expect(guess).to_contain_text("Right")


# --- painting -------------------------------------------------------------------------------------------------------


def painted(cells: list[tuple[int, int]]) -> Any:
    mask = torch.ones(N, N, dtype=torch.bool).tril()
    for row, col in cells:
        mask[row, col] = ~mask[row, col]
    return paint(RUN.model, SRC, TGT_IN, Painting(BLOCK, None, mask))


def test_a_click_closes_a_cell_with_one_question(painter: Painter) -> None:
    painter.open(v="paint", b=BLOCK, f="1")
    painter.hush()
    before = painter.pixels("heat-after")
    painter.requests.clear()
    painter.frames.clear()
    painter.click_cell(6, 2)
    expected = painted([(6, 2)])
    for col in (0, 1, 3, 6):
        old, new = expected.weights_before[1, 6, col], expected.weights_after[1, 6, col]
        painter.says_at(6, col, f"{old:.3f} → {new:.3f}")
    painter.says_at(6, 2, "You closed")
    assert painter.pixels("heat-after") != before
    assert len([url for url in painter.requests if "/lab/" in url]) == 1
    assert set(painter.frames) <= {"app_heartbeat"}, "painting needs no rerun"


def test_undo_and_reset_bring_the_picture_back(painter: Painter) -> None:
    painter.open(v="paint", b=BLOCK, f="0")
    painter.page.mouse.move(2, 2)
    first = painter.pixels("heat-after")
    painter.click_cell(4, 1)
    painter.click_cell(9, 3)
    painter.part("undo").click()
    painter.part("undo").click()
    painter.page.mouse.move(2, 2)
    painter.press(*["ArrowUp"] * 15, "ArrowDown", *["ArrowLeft"] * 15)
    painter.until(lambda: painter.pixels("heat-after") == first)
    painter.part("presets").get_by_text("diagonal off").click()
    painter.until(lambda: painter.pixels("heat-after") != first)
    painter.part("reset").click()
    painter.until(lambda: painter.pixels("heat-after") == first)


def test_a_stroke_paints_many_cells_and_undo_takes_all_of_them(painter: Painter) -> None:
    painter.open(v="paint", b=BLOCK)
    mouse = painter.page.mouse
    mouse.move(*painter.cell("heat-after", 10, 1))
    mouse.down()
    for col in range(2, 6):
        mouse.move(*painter.cell("heat-after", 10, col))
    mouse.up()
    for col in range(1, 6):
        painter.says_at(10, col, "You closed")
    painter.press("u")
    painter.point_at(10, 3)
    expect(painter.part("note")).not_to_contain_text("You closed")


def test_the_last_open_cell_of_a_row_stays_open(painter: Painter) -> None:
    painter.open(v="paint", b=BLOCK)
    painter.page.mouse.click(*painter.cell("heat-after", 0, 0))
    expect(painter.part("note")).to_contain_text("must keep one open cell")
    assert "o_paint" not in painter.address()
    painter.click_cell(0, 3)  # a later word is opened, which is no help: it is not there yet
    painter.page.mouse.click(*painter.cell("heat-after", 0, 0))
    expect(painter.part("note")).to_contain_text("must keep one open cell")


def test_the_link_holds_what_was_painted(painter: Painter) -> None:
    painter.open(v="paint", b=BLOCK, f="2")
    painter.click_cell(5, 4)
    one = painter.address_that_paints()
    painter.click_cell(7, 0)
    address = painter.address_that_paints(other_than=one["o_paint"])
    painter.page.goto("about:blank")
    painter.goto("/masks?" + urlencode(address))
    painter.part("heat-after").wait_for()
    painter.says_at(5, 4, "You closed")
    painter.says_at(7, 0, "You closed")
    expected = painted([(5, 4), (7, 0)])
    painter.says_at(7, 3, f"→ {expected.weights_after[2, 7, 3]:.3f}")


BROKEN = ["15.15." + "_" * 900, "<b>", "3.3.A", "15.15.AAA_", "ñ"]


@pytest.mark.parametrize("broken", in_ci(BROKEN[:2], BROKEN))
def test_a_broken_link_breaks_nothing(painter: Painter, broken: str) -> None:
    painter.open(v="paint", b=BLOCK, o_paint=broken, o_scope="<i>", o_mask="?", o_n="-3")
    expect(painter.part("heat-after")).to_be_visible()
    painter.console[:] = [text for text in painter.console if "422" not in text]  # a refused mask is said on the page


def test_the_keyboard_paints(painter: Painter) -> None:
    painter.open(v="paint", b=BLOCK)
    painter.page.mouse.move(2, 2)
    with painter.page.expect_response(lambda answer: "ask=paint" in answer.url):
        painter.press("ArrowDown", "ArrowDown", "ArrowRight", "Enter")
    expect(painter.part("note")).to_contain_text(f"You closed “{WORDS[3]}")


def test_the_words_written_are_those_of_python(painter: Painter) -> None:
    painter.open(v="paint", b="decoder.1.cross_attn")
    painter.part("presets").get_by_text("causal").click()
    mask = torch.ones(N, len(SRC), dtype=torch.bool).tril()
    found = paint(RUN.model, SRC, TGT_IN, Painting("decoder.1.cross_attn", None, mask))
    best = [RUN.tgt_vocab.token(int(token)) for token in found.logits_after.argmax(-1)]
    painter.press("t")
    rows = painter.part("twin").locator("tbody tr")
    painter.until(lambda: rows.evaluate_all("(rows) => rows.map((row) => row.cells[3].textContent)") == best)
    painter.press("t")
    expect(painter.part("free")).to_contain_text(RUN.tgt_vocab.decode(found.written.ids))


def test_every_block_can_be_painted(painter: Painter) -> None:
    painter.open(v="paint")
    names = painter.part("block").locator("option").evaluate_all("(all) => all.map((one) => one.value)")
    assert len(names) == 6
    for name in names:
        painter.part("block").select_option(name)
        painter.part("presets").get_by_role("button").nth(2).click()
        expect(painter.part("written")).to_be_visible()
        assert painter.lab.locator(".passbar [aria-current]").get_attribute("data-at") == name


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", in_ci(["zh"], i18n.LANGUAGES))
def test_the_gallery_shows_every_mistake(painter: Painter, language: str) -> None:
    say = i18n.words(language)
    painter.open(v="mistakes", lang=language)
    for name, mistake in MISTAKES.items():
        painter.lab.locator(f"[data-mistake={name}]").click()
        expect(painter.part("code")).to_contain_text(mistake.wrong)
        expect(painter.part("code")).to_contain_text(mistake.right)
        expect(painter.lab.locator(f"[data-mistake={name}]")).to_contain_text(say[f"masks.mistake.{name}.name"])
        expect(painter.part("about")).not_to_be_empty()
        expect(painter.part("verdict")).not_to_be_empty()


def test_the_fill_can_be_changed_where_a_row_is_hidden(painter: Painter) -> None:
    painter.open(v="mistakes", o_mistake="rows")
    expect(painter.part("free")).to_contain_text("no probability is a number")
    painter.part("fill").get_by_text("−1e9").click()
    expect(painter.part("free")).not_to_contain_text("no probability is a number")
    painter.lab.locator("[data-mistake=no_causal]").click()
    expect(painter.lab.locator("[data-part=fill]")).to_be_hidden()


def test_the_arrow_keys_walk_the_gallery(painter: Painter) -> None:
    painter.open(v="mistakes")
    painter.press("ArrowRight")
    expect(painter.lab.locator("[data-mistake=no_padding]")).to_have_attribute("aria-pressed", "true")
    painter.press("ArrowLeft", "ArrowLeft")
    expect(painter.lab.locator("[data-mistake=big_negative]")).to_have_attribute("aria-pressed", "true")


# --- looks ----------------------------------------------------------------------------------------------------------

SMALLEST = """(lab) => Math.min(...[...lab.querySelectorAll('.masks *')]
  .filter((node) => node.getClientRects().length &&
    [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""


@pytest.mark.parametrize(
    ("width", "language"), in_ci([(1100, "zh")], [(1440, "en"), (1440, "zh"), (1100, "en"), (1100, "zh")])
)
def test_nothing_is_too_small_or_too_wide(painter: Painter, width: int, language: str) -> None:
    painter.page.set_viewport_size({"width": width, "height": 900})
    painter.open(lang=language)
    for tab in TABS:
        painter.tab(tab)
        painter.rest_still()
        assert painter.lab.evaluate(SMALLEST) >= 13, tab
        assert painter.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), tab
        assert painter.lab.evaluate("(lab) => lab.scrollWidth <= lab.clientWidth + 1"), tab


def test_on_the_projector_text_is_large(painter: Painter) -> None:
    painter.page.set_viewport_size({"width": 1280, "height": 720})
    painter.open()
    painter.press("p")
    painter.page.locator('.lab[data-mode="projector"]').wait_for()
    for tab in TABS:
        painter.tab(tab)
        painter.rest_still()
        assert painter.lab.evaluate(SMALLEST) >= 20, tab
    painter.press("p")
    painter.page.locator('.lab:not([data-mode="projector"])').wait_for()
