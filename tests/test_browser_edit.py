"""Edit in a real browser: the story, every act, dragging and typing weights, painting, links, undo, both languages."""

import json
import random
import struct
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from guest import Guest, sitting
from lists_of_edits import fitting_list, random_list
from models import in_ci
from serving import PATIENCE, Server
from standin import stand_in
from transformer.heads import blocks_of
from transformer.interventions import (
    Aids,
    FromSentence,
    Intervened,
    Intervention,
    PaintMask,
    SetWeight,
    ZeroHead,
    intervene,
    mean_contexts,
    pattern_reader,
    read,
    write,
)
from transformer.runs import load_run
from transformer.vocab import BOS
from ui import i18n
from ui.roads import VERSION

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

RUN = load_run("fr")
assert RUN.task is not None
assert RUN.heads is not None
TEXT = RUN.example
SRC = RUN.encode(TEXT)
TGT_IN = [BOS, *RUN.decode(SRC)[:-1]]
N, M = len(TGT_IN), len(SRC)
START = RUN.heads["start"]
SHORT = "d1c"
BLOCK = "decoder.1.cross_attn"
MEANS = mean_contexts(RUN.model, RUN.task.examples(0, "test"), RUN.src_vocab, RUN.tgt_vocab)
AIDS = Aids(lambda: MEANS, pattern_reader(RUN.model, RUN.encode))
SAY = i18n.words("en")


LONG = 3000 * PATIENCE  # milliseconds: measuring a passport takes seconds, on a busy machine more


def of(text: str, sentence: str = TEXT) -> Intervened:
    src = RUN.encode(sentence)
    return intervene(RUN.model, src, [BOS, *RUN.decode(src)[:-1]], read(text), AIDS)


def without(*spots: tuple[str, int]) -> str:
    return write([ZeroHead(block, head) for block, head in spots])


def percent(rate: float) -> str:
    """Say a share as the page does: 100 % only if it was all."""
    rounded = int(100 * rate + 0.5)
    return (">\u202f99" if rounded == 100 and rate < 1 else str(rounded)) + "\u202f%"


def stated(measure: dict[str, float]) -> str:
    """Say a rate with its interval, as the page does."""
    low, high = (percent(measure[end]) for end in ("low", "high"))
    return f"{percent(measure['value'])} ({low.removesuffix(chr(0x202F) + '%')}–{high})"


def words(ids: Sequence[int]) -> list[str]:
    return [RUN.tgt_vocab.token(int(token)) for token in ids]


class Editor(Guest):
    """One person on the page Edit."""

    def open(self, e: str = "", **query: str) -> "Editor":
        asked = {"run": "fr", "s": TEXT, **({"o_e": e} if e else {}), **query}
        self.goto("/edit?" + urlencode(asked))
        if query.get("v") != "difference":
            self.answered(e)
            self.lab.locator(".edit-told p:not(:empty)").locator("visible=true").wait_for()
        return self

    def answered(self, e: str) -> None:
        """Wait until the answer for these edits is drawn."""
        self.lab.locator(f'.edit[data-answered="{e}"]').wait_for()

    def act(self, e: str, where: Locator) -> None:
        where.click()
        self.answered(e)

    def cell(self, row: int, col: int, rows: int = N, cols: int = M) -> tuple[float, float]:
        box = self.part("matrix").bounding_box()
        assert box is not None
        return box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows

    def line(self, name: str) -> list[str]:
        cells = self.part("written").locator(f"[data-line={name}] td b")
        return [text for text in cells.all_text_contents() if text]

    def passport(self) -> Any:
        """Wait until the page has the passport, and ask for it ourselves."""
        self.lab.locator("[data-part=rate][data-measured]").wait_for(timeout=LONG)
        query = urlencode({"page": "heads", "run": "fr", "s": "", "ask": "passport"})
        with urllib.request.urlopen(f"{self.server.url}/lab/chapter?{query}", timeout=PATIENCE) as answer:
            body = answer.read()
        (length,) = struct.unpack_from("<I", body)
        return json.loads(body[4 : 4 + length])["passport"]

    def states(self, *rates: str) -> None:
        for rate in rates:
            expect(self.part("rate")).to_contain_text(rate)

    def asked(self) -> list[str]:
        return [url for url in self.requests if "/lab/chapter?page=edit" in url]

    def strip(self) -> str:
        return self.part("written").inner_text()

    def edits(self) -> list[str]:
        return self.lab.locator("[data-part=edits] li > span").all_text_contents()

    def note_at(self, row: int, col: int) -> str:
        self.page.mouse.move(*self.cell(row, col))
        return self.part("note").inner_text()


@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Editor]:
    with sitting(Editor, desk, server) as editor:
        yield editor


@pytest.fixture
def editor(window: Editor) -> Iterator[Editor]:
    with window.used():
        yield window


# --- the story ------------------------------------------------------------------------------------------------------


def test_the_story_is_walked_and_undone(editor: Editor) -> None:
    """One head gone: nothing. The spare ones: nothing. That one as well: the pronoun flips. Each rate is stated."""
    measuring = ["still"]
    waiting = {"error": "heads.measuring", "values": {"share": 0.37}}
    stand_in(editor, {"*ask=passport*": lambda a: a.say_json(waiting, 202) if measuring else a.ask_server()})
    editor.open()
    editor.states("37")
    measuring.clear()  # the page goes on by itself
    passport = editor.passport()
    editor.server_again()
    pruning, (block, head) = passport["pruning"], (START["block"], START["head"])
    gone = [(step["block"], step["head"]) for step in pruning["steps"][1 : pruning["stop"] + 1]]
    alone, spare, both = without((block, head)), without(*gone), without(*gone, (block, head))
    last = next(one for one in pruning["needed"] if (one["block"], one["head"]) == (block, head))
    here = editor.lab.locator(".edit-thumb[aria-current]")
    assert (here.get_attribute("data-block"), here.get_attribute("data-head")) == (block, str(head))
    editor.states(stated(passport["pronoun"]), stated(passport["exact"]))
    guess = editor.part("guess")
    guess.get_by_role("button", name="elle", exact=True).click()
    expect(guess).to_contain_text(SAY["edit.guess.stays"])
    first = editor.strip()
    editor.act(alone, editor.part("story-act"))
    expect(editor.part("story")).to_contain_text("“il” stays")
    measures = passport["blocks"][block][head]["measures"]
    editor.states(stated(measures["pronoun"]), f"{100 * measures['drop']['value']:.1f}\u202f% (")
    editor.act("", editor.part("undo"))
    assert editor.strip() == first
    editor.act(alone, editor.part("redo"))
    editor.act(spare, editor.part("story-act"))
    assert editor.line("free") == words(of("").written_after.ids)
    editor.states(str(pruning["n"]), stated(pruning["steps"][pruning["stop"]]["exact"]))
    assert editor.edits() == [SAY["edit.list.heads"].format(n=len(gone))]
    editor.part("story-act").click()
    sentence = last["wrong"][0]
    expect(editor.page.get_by_role("textbox").first).to_have_value(sentence)
    editor.lab.locator(f'[data-part=story-act][data-next="{both}"]').wait_for()
    assert editor.line("rows") == words(of(spare, sentence).after["logits"].argmax(-1))
    before = editor.strip()
    editor.act(both, editor.part("story-act"))
    outcome = of(both, sentence)
    assert editor.line("rows") == words(outcome.after["logits"].argmax(-1))
    assert editor.line("free") == words(outcome.written_after.ids)
    pronouns = {"il", "elle", "ils", "elles"}
    assert pronouns & set(editor.part("written").locator("[data-line=rows] [data-flipped] b").all_text_contents())
    expect(editor.part("story")).to_contain_text("becomes")
    editor.states(str(pruning["n"]), stated(last["pronoun"]), stated(last["exact"]))
    editor.act(spare, editor.part("undo"))
    assert editor.strip() == before, "undo restores the same digits"
    editor.act(both, editor.part("redo"))
    editor.act(spare, editor.part("story-act"))
    assert editor.strip() == before
    editor.act(without(*gone[:2], *gone[3:]), editor.part("edits").locator("[data-remove]").nth(3))
    expect(editor.part("rate")).to_have_text(SAY["edit.rate.none"])
    for e in (spare, alone, ""):
        editor.act(e, editor.part("undo"))
    assert editor.line("before") == editor.line("free")


def test_roads_can_be_closed_and_turned(editor: Editor) -> None:
    editor.open(without((START["block"], START["head"])))
    passport = editor.passport()
    closed = editor.part("story-more").get_attribute("data-next") or ""
    editor.act(closed, editor.part("story-more"))
    editor.states(stated(passport["closed"]))
    turned = editor.part("story-act").get_attribute("data-next") or ""
    editor.act(turned, editor.part("story-act"))
    expect(editor.part("story")).to_contain_text("“il” becomes “elle”")
    expect(editor.part("rate")).to_have_text(SAY["edit.rate.none"])
    outcome = of(turned)
    assert editor.line("rows") == words(outcome.after["logits"].argmax(-1))
    assert editor.line("free") == words(outcome.written_after.ids)


# --- acts -----------------------------------------------------------------------------------------------------------

ACTS = [
    ("acts-head", "zero", f"1-zero.{SHORT}.2"),
    ("acts-head", "mean", f"1-mean.{SHORT}.2"),
    ("acts-head", "uniform", f"1-mean.{SHORT}.2-uniform.{SHORT}.2"),
    ("acts-head", "only", f"1-mean.{SHORT}.2-uniform.{SHORT}.2-only.{SHORT}.2"),
    ("acts-block", "residual", f"1-mean.{SHORT}.2-uniform.{SHORT}.2-only.{SHORT}.2-residual.{SHORT}"),
    (
        "acts-model",
        "positions.src",
        f"1-mean.{SHORT}.2-uniform.{SHORT}.2-only.{SHORT}.2-residual.{SHORT}-positions.src",
    ),
]


def test_every_act_is_one_click_and_one_request(editor: Editor) -> None:
    editor.open()
    e = ""
    for part, name, e in ACTS:
        editor.requests.clear()
        editor.act(e, editor.part(part).locator(f'[data-name="{name}"]'))
        assert len(editor.asked()) == 1
        outcome = of(e)
        assert editor.line("rows") == words(outcome.after["logits"].argmax(-1))
        assert editor.line("free") == words(outcome.written_after.ids)
        expect(editor.part(part).locator(f'[data-name="{name}"]')).to_have_attribute("aria-pressed", "true")
    editor.act(e.removesuffix("-positions.src"), editor.part("acts-model").locator('[data-name="positions.src"]'))
    editor.part("edits").locator("[data-remove]").first.click()
    editor.answered(f"1-uniform.{SHORT}.2-only.{SHORT}.2-residual.{SHORT}")
    editor.act("", editor.part("clear"))


def test_a_feed_forward_can_be_removed(editor: Editor) -> None:
    editor.open()
    editor.lab.locator('[data-place="decoder.0.ffn"]').click()
    expect(editor.lab.locator(".edit-none")).to_be_visible()
    editor.act("1-sublayer.d0f", editor.part("acts-block").locator('[data-name="sublayer"]'))
    assert editor.line("free") == words(of("1-sublayer.d0f").written_after.ids)


def test_loudness_and_borrowed_patterns(editor: Editor) -> None:
    editor.open()
    editor.part("factor").fill("-50")
    e = f"1-scale.{SHORT}.2.m50"
    editor.answered(e)
    editor.part("borrow").select_option("d0c.1")
    e += f"-from.{SHORT}.2.d0c.1"
    editor.answered(e)
    np.testing.assert_array_equal(of(e).after[f"{BLOCK}.weights"][2], of("").before["decoder.0.cross_attn.weights"][1])
    assert "looks like head 2" in editor.edits()[1]
    expected = of(e).after[f"{BLOCK}.weights"][2, 3]
    assert f"→ {expected[4]:.3f}" in editor.note_at(3, 4)
    wide = TEXT.replace("tired", "wide")
    editor.part("other").fill(" ")
    expect(editor.part("patch")).to_be_disabled()
    editor.part("other").fill(wide)
    e = f"1-scale.{SHORT}.2.m50-" + write([FromSentence(BLOCK, 2, wide)]).removeprefix("1-")
    editor.act(e, editor.part("patch"))
    assert f"→ {of(e).after[f'{BLOCK}.weights'][2, 10, 6]:.3f}" in editor.note_at(10, 6)
    assert wide in editor.edits()[1]


# --- by hand --------------------------------------------------------------------------------------------------------


def test_a_weight_is_dragged_and_its_row_renormalises_live(editor: Editor) -> None:
    editor.open()
    mouse = editor.page.mouse
    x, y = editor.cell(10, 6)
    mouse.move(x, y)
    editor.requests.clear()
    mouse.down()
    mouse.move(x, y - 30)
    mouse.move(x, y - 60)
    expect(editor.part("note")).to_contain_text("→ 0.500")
    assert not editor.asked(), "the row follows the hand, not the server"
    mouse.up()
    e = write([SetWeight(BLOCK, 2, 10, 6, 0.5)])
    editor.answered(e)
    assert len(editor.asked()) == 1
    row = of(e).after[f"{BLOCK}.weights"][2, 10]
    for col in (1, 4, 6):
        assert f"→ {row[col]:.3f}" in editor.note_at(10, col)
    editor.act("", editor.part("undo"))


def test_a_weight_is_typed_and_nudged(editor: Editor) -> None:
    editor.open()
    editor.page.mouse.move(2, 2)
    editor.part("weight").fill("0.25")
    editor.part("weight").press("Enter")
    editor.answered(f"1-weight.{SHORT}.2.10.1.250")
    editor.lab.focus()
    editor.press("+")
    editor.answered(f"1-weight.{SHORT}.2.10.1.350")
    editor.press("ArrowDown", "-", "z")
    editor.answered(f"1-weight.{SHORT}.2.10.1.350-weight.{SHORT}.2.11.1.0-zero.{SHORT}.2")
    editor.press("u", "u", "u", "u")
    editor.answered("")
    editor.press("r")
    editor.answered(f"1-weight.{SHORT}.2.10.1.250")


def test_what_cannot_be_set_says_so(editor: Editor) -> None:
    editor.open(b="decoder.0.self_attn")
    editor.page.mouse.click(*editor.cell(3, 8, N, N))
    expect(editor.part("note")).to_contain_text("comes later")
    editor.page.mouse.click(*editor.cell(0, 0, N, N))
    expect(editor.part("note")).to_contain_text("one place only")
    editor.part("mode").locator("[data-name=mask]").click()
    editor.page.mouse.click(*editor.cell(0, 0, N, N))
    expect(editor.part("note")).to_contain_text("must keep one open cell")
    assert editor.edits() == []


def test_a_stroke_paints_cells_and_one_undo_takes_it_back(editor: Editor) -> None:
    editor.open(o_mode="mask_all")
    mouse = editor.page.mouse
    mouse.move(*editor.cell(10, 1))
    mouse.down()
    for col in (2, 3):
        mouse.move(*editor.cell(10, col))
    mouse.up()
    e = write([PaintMask(BLOCK, None, N, M, (10 * M + 1, 10 * M + 2, 10 * M + 3))])
    editor.answered(e)
    row = of(e).after[f"{BLOCK}.weights"][2, 10]
    assert f"→ {row[6]:.3f}" in editor.note_at(10, 6)
    assert row[1] == 0.0
    editor.part("mode").locator("[data-name=weight]").click()
    editor.page.mouse.click(*editor.cell(10, 2))
    expect(editor.part("note")).to_contain_text("closes this cell")
    editor.act("", editor.part("undo"))


# --- the link -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", in_ci([0], range(2)))
def test_a_link_holds_any_edits(editor: Editor, seed: int) -> None:
    drawn: list[Intervention] = fitting_list(random.Random(seed + 40), RUN.model, M, N, [TEXT], AIDS)
    e = write(drawn)
    editor.open(e)
    assert len(editor.edits()) == len(drawn)
    outcome = of(e)
    assert editor.line("rows") == words(outcome.after["logits"].argmax(-1))
    assert editor.line("free") == words(outcome.written_after.ids)
    address = dict(editor.page.evaluate("() => [...new URLSearchParams(location.search)]"))
    assert address["o_e"] == e
    editor.act(write(drawn[:-1]), editor.part("undo"))  # its steps are not known: the last edit is taken back
    editor.act(e, editor.part("redo"))


def test_a_broken_link_is_refused_in_a_sentence(editor: Editor) -> None:
    editor.open("1-<b>x</b>.d1c")
    expect(editor.part("trouble")).to_contain_text("Nothing was applied")
    expect(editor.part("box")).to_have_css("opacity", "1")
    editor.part("clear").click()
    expect(editor.lab.locator("[data-part=trouble]")).to_be_hidden()
    editor.answered("")
    editor.console[:] = [text for text in editor.console if "422" not in text]  # the refusal stands on the page


def test_a_full_list_takes_no_more_and_says_so(editor: Editor) -> None:
    """Forty edits of which none fits this sentence; the forty-first is refused before it reaches the link."""
    e = "-".join(["1", *(f"weight.{SHORT}.0.{row}.90.5" for row in range(39)), f"zero.{SHORT}.9"])
    editor.open(e)
    expect(editor.part("story")).to_have_text(SAY["edit.story.asleep"].format(text="sentence"))
    editor.part("acts-head").locator('[data-name="uniform"]').click()
    expect(editor.part("trouble")).to_have_text(SAY["edit.full"].format(n=40, most="2,000"))
    assert len(editor.edits()) == 40
    editor.part("edits").locator("[data-remove]").first.click()
    expect(editor.lab.locator("[data-part=trouble]")).to_be_hidden()
    editor.part("acts-head").locator('[data-name="uniform"]').click()
    expect(editor.part("edits").locator("li")).to_have_count(40)


def test_edits_that_fit_another_sentence_sleep(editor: Editor) -> None:
    e = f"1-mask.d0s.all.3.3.i-weight.{SHORT}.0.40.1.5-zero.{SHORT}.0"
    editor.open(f"1{f'-zero.{SHORT}.0' * 3}")
    assert len(editor.edits()) == 3, "the same head three times over is not three heads"
    editor.open(e)
    texts = editor.edits()
    assert SAY["edit.unfit.shape"].format(rows=3, columns=3) in texts[0]
    assert SAY["edit.unfit.cell"] in texts[1]
    assert editor.lab.locator("[data-asleep]").count() == 2
    assert editor.line("rows") == words(of(f"1-zero.{SHORT}.0").after["logits"].argmax(-1))
    editor.states(stated(editor.passport()["blocks"][BLOCK][0]["measures"]["pronoun"]))


def test_the_browser_writes_what_python_reads(editor: Editor) -> None:
    editor.open()
    texts = [write(random_list(random.Random(seed), at_least=1)) for seed in range(60)]
    sentences = ["", "a", "été 🙂", "我爱你", "<b>&", TEXT]
    found = editor.page.evaluate(
        """async ([version, texts, sentences]) => {
          const module = await import(`/lab/components/${version}/notation.js`);
          const again = texts.map((text) => module.writeActs(module.readActs(text)));
          const bits = texts.flatMap((text) => module.readActs(text)).filter(({ word }) => word === 'mask')
            .map(({ fields }) => [fields[4], module.writeBits(module.readBits(fields[4]))]);
          return [again, bits, sentences.map(module.writeText),
            sentences.map((one) => module.readText(module.writeText(one)))];
        }""",
        [VERSION, texts, sentences],
    )
    assert found[0] == texts
    assert found[1] and all(one == other for one, other in found[1])
    assert found[3] == sentences
    for said, written in list(zip(sentences, found[2], strict=True))[1:]:
        assert read(f"1-other.d0c.0.{written}") == [FromSentence("decoder.0.cross_attn", 0, said)]


# --- the difference -------------------------------------------------------------------------------------------------


def number(text: str) -> float:
    """Read a number as the page writes it: −1.7×10⁻⁴."""
    plain = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789", "\u202f "))
    return float(plain.replace("×10", "e"))


def test_the_difference_of_any_tensor(editor: Editor) -> None:
    e = f"1-scale.e0s.1.300-zero.{SHORT}.2"
    names = ["memory", "decoder.1.cross_attn.weights", "logits"]
    editor.open(e, v="difference", o_tensor=names[0], f="1")
    for name in names:
        editor.part("tensor").select_option(name)
        the_difference_is_true(editor, e, name)


def the_difference_is_true(editor: Editor, e: str, name: str) -> None:
    legend = editor.lab.locator(".edit-difference .heat-legend .num")
    outcome = of(e)
    difference = outcome.after[name] - outcome.before[name]
    largest = float(np.abs(difference).max())
    digits = 0 if largest >= 100 else 1 if largest >= 10 else 2
    expect(legend.first).to_have_text(f"−{largest:.{digits}f}")
    expect(legend.last).to_have_text(f"+{largest:.{digits}f}")
    editor.press("t")
    cells = editor.part("twin").locator("tbody tr").nth(2).locator("td").all_text_contents()
    editor.press("t")
    row = difference[1, 2] if difference.ndim == 3 else difference[2]
    for text, value in list(zip(cells, row, strict=False))[:12]:
        assert number(text) == pytest.approx(float(value), rel=0.05, abs=6e-4)


def test_unchanged_tensors_are_named(editor: Editor) -> None:
    editor.open(f"1-zero.{SHORT}.2", v="difference", o_tensor="memory")
    expect(editor.part("note")).to_have_text(SAY["edit.difference.nothing"])
    options = editor.part("tensor").locator("option")
    expect(options.filter(has_text="memory").first).to_contain_text("unchanged")
    for block in blocks_of(RUN.model):
        assert options.filter(has_text=f"{block}.weights").count() == 1


def test_a_closed_cell_is_no_unchanged_number(editor: Editor) -> None:
    name = f"{BLOCK}.scores.masked"
    cells = PaintMask(BLOCK, None, N, M, (10 * M + 1, 10 * M + 2))
    editor.open(write([cells]), v="difference", o_tensor=name)
    closed = 2 * RUN.model.config.n_heads
    expect(editor.part("note")).to_have_text(SAY["edit.difference.closed"].format(n=closed))
    option = SAY["edit.difference.option_closed"].format(name=name, n=closed)
    expect(editor.part("tensor").locator("option", has_text=name)).to_have_text(option)
    editor.press("t")
    row = editor.part("twin").locator("tbody tr").nth(10).locator("td")
    assert row.all_text_contents()[:4] == ["0", "−∞", "−∞", "0"]
    editor.press("t")


# --- looks ----------------------------------------------------------------------------------------------------------

SMALLEST = """(lab) => Math.min(...[...lab.querySelectorAll('.edit *')]
  .filter((node) => node.getClientRects().length &&
    [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""
WRITTEN = "(canvas) => canvas.writing.map(({ text }) => text)"
EDITS = f"1-zero.{SHORT}.2-weight.d0c.1.4.2.700-sublayer.e1f-residual.d0f-other.d1s.0.mfra"
# The first word that is seen begins where the names of the lines end, and the last one ends at the edge.
CUT = """(strip) => {
  const box = strip.getBoundingClientRect();
  const names = strip.querySelector('[data-line=before] th').getBoundingClientRect();
  const cells = [...strip.querySelectorAll('[data-line=before] td')].map((cell) => cell.getBoundingClientRect());
  const seen = cells.filter(({ left, right }) => right > names.right + 1 && left < box.right - 1);
  return Math.max(names.right - seen[0].left, seen.at(-1).right - box.right);
}"""
# How far the mark of the row reaches out of the row.
OUT = """(heat) => {
  const [edge, text] = ['.row-edge', '.heat-rows .strong'].map((part) => heat.querySelector(part));
  const mark = edge.getBoundingClientRect();
  const rows = [...heat.querySelectorAll('.heat-rows text')];
  const field = heat.querySelector('.heat-cells').getBoundingClientRect();
  const top = field.top + (rows.indexOf(text) * field.height) / rows.length;
  return Math.max(top - mark.top, mark.bottom - top - field.height / rows.length);
}"""


@pytest.mark.parametrize(("width", "language"), in_ci([(1100, "zh")], [(1440, "en"), (1100, "zh")]))
def test_nothing_is_too_small_or_too_wide(editor: Editor, width: int, language: str) -> None:
    editor.page.set_viewport_size({"width": width, "height": 900})
    editor.open(EDITS, lang=language)
    assert editor.lab.evaluate(SMALLEST) >= 13
    assert editor.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert editor.lab.evaluate("(lab) => lab.scrollWidth <= lab.clientWidth + 1")
    assert "{" not in "".join(editor.edits())
    assert editor.part("written").evaluate(CUT) <= 1
    assert editor.lab.locator(".heat").locator("visible=true").evaluate(OUT) <= 1
    assert ".97" in editor.part("matrix").evaluate(WRITTEN), "two digits at every width, even where nobody reads them"
    editor.page.set_viewport_size({"width": 1060, "height": 900})
    editor.until(lambda: {"1", ".5"} <= {*editor.part("matrix").evaluate(WRITTEN)}, "one digit where two have no room")


def test_on_the_projector_text_is_large_and_heads_are_chosen(editor: Editor) -> None:
    editor.page.set_viewport_size({"width": 1280, "height": 720})
    editor.open()
    editor.press("p")
    editor.page.locator('.lab[data-mode="projector"]').wait_for()
    expect(editor.part("matrix")).to_be_visible()
    tiles = editor.part("map").locator(".edit-thumb").locator("visible=true")
    expect(tiles).to_have_text(["1", "2", "3", "4"])
    tiles.nth(3).click()
    editor.act(f"1-zero.{SHORT}.3", editor.part("acts-head").locator('[data-name="zero"]'))
    editor.part("block").select_option("decoder.0.cross_attn")
    editor.act(f"1-zero.{SHORT}.3-uniform.d0c.3", editor.part("acts-head").locator('[data-name="uniform"]'))
    assert editor.lab.evaluate(SMALLEST) >= 20
    assert editor.part("written").evaluate(CUT) <= 1
    assert editor.part("written").evaluate("(box) => box.offsetHeight - box.firstElementChild.offsetHeight") >= 11, (
        "a scroll bar has room below the lines"
    )
    assert editor.lab.locator(".heat-rows text").locator("visible=true").count() >= 7
    editor.press("p")
    editor.page.locator('.lab:not([data-mode="projector"])').wait_for()


def test_back_to_another_model_brings_its_sentence_and_its_edits_back(editor: Editor) -> None:
    e = without((BLOCK, START["head"]), (BLOCK, 0))
    editor.open(e)
    said, box = editor.edits(), editor.page.get_by_role("textbox").first
    editor.page.get_by_role("combobox").first.click()
    editor.page.get_by_role("option", name=SAY["run.reverse"]).click()
    editor.answered("")
    expect(box).to_have_value(load_run("reverse").example)
    box.fill("abcde")
    box.press("Enter")
    editor.page.wait_for_function("() => new URLSearchParams(location.search).get('s') === 'abcde'")
    editor.page.evaluate("history.back()")  # one step for each thing that was done, faster than any answer comes
    editor.page.wait_for_function("() => new URLSearchParams(location.search).get('s') !== 'abcde'")
    editor.page.evaluate("history.back()")
    editor.answered(e)
    expect(box).to_have_value(TEXT)
    assert editor.edits() == said
    assert editor.address()["o_e"] == e
    editor.page.go_forward()
    editor.answered("")
    expect(box).to_have_value(load_run("reverse").example)
    assert editor.address()["run"] == "reverse"
    assert "o_e" not in editor.address()
    editor.page.go_forward()
    expect(box).to_have_value("abcde")


def test_back_to_what_is_seen_already_keeps_the_link_alive(editor: Editor) -> None:
    """No answer need come then: the page must not wait for one for ever before it writes into the address again."""
    editor.open()
    editor.page.evaluate("history.pushState({}, '', location.href)")
    editor.page.evaluate("history.back()")
    part, name, e = ACTS[0]
    editor.act(e, editor.part(part).locator(f'[data-name="{name}"]'))
    editor.until(lambda: editor.address().get("o_e") == e, "the edit is in the link")
