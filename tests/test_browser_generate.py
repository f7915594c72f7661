"""Generate in a real browser: a beam that beats greedy, draws, forced words, filters, the decoder, training.

Pages are loaded seldom: most tests take back by hand what the one before them has done, which is a test of its own.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import torch
from playwright.sync_api import BrowserContext, Locator, expect

from guest import Guest, sitting
from serving import Server
from standin import Asked, stand_in
from transformer import runs
from transformer.runs import load_run
from transformer.trace import trace_pair
from transformer.vocab import BOS, EOS, PAD
from transformer.writing import Filters, beam_search, filter_logits, sample
from ui import i18n, pass_payload
from ui.chapters.generate import EXAMPLES, answer
from ui.pack import pack
from walking import own_run

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

RUN = load_run("fr")
TEXT = RUN.example
BEATS = dict(EXAMPLES["fr"])["generate.example.beats"]
SRC = RUN.encode(BEATS)
TREE = beam_search(RUN.model, SRC, 4)
BEST = TREE.hypotheses()[0]
GREEDY = beam_search(RUN.model, SRC, 1).hypotheses()[0]
SAY = i18n.words("en")

CELLS = "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
SMALLEST = """(lab) => Math.min(...[...lab.querySelectorAll('.generate *')]
  .filter((node) => node.getClientRects().length &&
    [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""


OVERLAPS = """(tree) => {
  const texts = [...tree.querySelectorAll('[data-node] text')]
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom - 6 <= b.top || b.bottom - 6 <= a.top;
  return texts.flatMap(([word, a], i) => texts.slice(i + 1).filter(([, b]) => !apart(a, b)).map((b) => [word, b[0]]));
}"""
# How far the frame of the row that is looked at reaches into the rows beside it, where rows are low.
REACH = """(heat) => {
  const [edge, cells] = ['.row-edge', '.heat-cells'].map((part) => heat.querySelector(part).getBoundingClientRect());
  const names = [...heat.querySelectorAll('.heat-rows text')];
  const high = cells.height / names.length;
  const top = cells.top + names.findIndex((name) => name.matches('.strong')) * high;
  return high < 24 ? Math.max(top - edge.top, edge.bottom - top - high) : NaN;
}"""
CROSS = "decoder.1.cross_attn"
CORNERS = """(lab) => [...lab.querySelectorAll('.generate-write > *, .generate-main > *, .guess')].map((node) => {
  const { x, y, width, height } = node.getBoundingClientRect();
  return node.matches('.generate-door, .tooltip') ? null : [x, y, width, height].map(Math.round);
})"""


class Writer(Guest):
    """One person on the page Generate."""

    def open(self, **query: str) -> "Writer":
        self.goto("/generate?" + urlencode({"run": "fr", "s": BEATS, **query}))
        self.lab.locator(".generate:not(.waiting)").locator("visible=true").wait_for()
        return self

    def begin(self, row: int = 0) -> "Writer":
        """Stand at a word of the sentence where the beam beats greedy, a beam of 4, nothing forced, filters open."""
        box = self.page.get_by_role("textbox").first
        on_the_desk = box.is_visible() and self.lab.get_attribute("data-mode") is None
        if "/generate?" not in self.page.url or "run=fr" not in self.page.url or not on_the_desk:
            return self.open(o_i=str(row))
        self.tab("write")
        self.press("b")
        if box.input_value() != BEATS:
            box.fill(BEATS)
            box.press("Enter")
        elif self.part("release").is_visible():
            self.part("release").click()
        by = 4 - int(self.part("width").inner_text().split()[-1])
        for _ in range(abs(by)):
            self.part("wider" if by > 0 else "fewer").click()
        for slider, value in (("alpha", "0"), ("temperature", "1"), ("top-k", "99999"), ("top-p", "1")):
            self.slide(slider, value)
        expect(self.ends_line()).to_contain_text(RUN.tgt_vocab.decode(BEST.ids))
        expect(self.part("width")).to_have_text("width 4")
        self.press("Home", *["ArrowRight"] * row)
        expect(self.part("count")).to_have_text(f"word {row + 1} of {len(BEST.ids)}")
        return self

    def tab(self, name: str) -> "Writer":
        self.lab.locator(f"[data-part=tabs] [data-tab={name}]").click()
        self.lab.locator(f".generate-{name}:not(.waiting)").locator("visible=true").wait_for()
        return self

    def ends_line(self, nth: int = 0) -> Locator:
        return self.part("ends").locator("tbody tr").nth(nth)

    def address_with(self, name: str, value: str) -> dict[str, str]:
        """Wait until the address, which follows a moment later, says this; return all of it."""
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, value]
        )
        return self.address()

    def ends(self) -> list[list[str]]:
        return self.part("ends").locator("tbody tr").evaluate_all(CELLS)

    def bars(self) -> dict[str, str]:
        words = (
            self.part("bars")
            .locator("button")
            .evaluate_all("(all) => all.map((one) => [one.children[0].textContent, one.children[2].textContent])")
        )
        return dict(words)

    def slide(self, part: str, *values: str) -> None:
        """Slide to a value, over others: without any rest between them."""
        self.part(part).evaluate(
            """(input, values) => { for (const value of values) {
              input.value = value; input.dispatchEvent(new Event('input', { bubbles: true })); } }""",
            values,
        )

    def draw_is_that_of(self, u: float, word: int, p: torch.Tensor) -> None:
        """The line from 0 to 1 is cut at the sums of p, the mark stands at u, and the word there is the one written."""
        expect(self.part("draw-says")).to_contain_text(f"u = {u:.4f} falls on “{RUN.tgt_vocab.token(word)}”")
        draw = self.part("draw")
        hit = draw.locator(".draw-slices [data-here]")
        expect(hit).to_have_attribute("data-word", str(word))
        wide = draw.locator("svg").evaluate("(svg) => svg.viewBox.baseVal.width") - 2
        ranked = p.argsort(descending=True, stable=True).tolist()
        start = float(p[ranked[: ranked.index(word)]].sum())
        x, width = hit.locator("rect").evaluate("(rect) => [rect.x.baseVal.value - 1, rect.width.baseVal.value]")
        assert x / wide == pytest.approx(start, abs=1e-3)
        assert width / wide == pytest.approx(float(p[word]), abs=max(1e-3, 3 / wide))
        mark = draw.locator(".draw-mark").get_attribute("d") or ""
        assert (float(mark[1:].split(",")[0]) - 1) / wide == pytest.approx(u, abs=1e-3)

    def fits(self, width: int, least: int, height: int = 900) -> None:
        """In every view no text is smaller than this, and nothing is wider than the window."""
        self.page.set_viewport_size({"width": width, "height": height})
        for tab in ("write", "stack", "modes"):
            self.tab(tab)
            assert self.lab.evaluate(SMALLEST) >= least
            assert self.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            assert self.lab.evaluate("(lab) => lab.scrollWidth <= lab.clientWidth + 1")

    def nodes(self, state: str) -> Locator:
        return self.part("tree").locator(f"[data-state={state}]")

    def quiet(self) -> None:
        self.requests.clear()
        self.frames.clear()

    def is_quiet(self) -> bool:
        return not [url for url in self.requests if "/lab/" in url] and set(self.frames) <= {"app_heartbeat"}


@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Writer]:
    with sitting(Writer, desk, server) as writer:
        yield writer


@pytest.fixture
def writer(window: Writer) -> Iterator[Writer]:
    with window.used():
        yield window


def probability(p: float) -> str:
    if 0 < p < 0.0005:
        return "<.001"
    return ">.999" if 0.9995 < p < 1 else f"{p:.3f}"


def log_p(value: float) -> str:
    return f"{value:.4f}".replace("-", "−")


def short(weight: float) -> str:
    return "1.0" if weight >= 0.995 else f"{weight:.2f}"[1:]


def logits_along(ids: list[int], row: int, src: list[int] = SRC) -> torch.Tensor:
    return torch.tensor(trace_pair(RUN.model, src, [BOS, *ids[:-1]])["logits"][row])


# --- Show 2: beam search beats greedy, and both are shown -----------------------------------------------------------


def test_a_sentence_where_beam_search_beats_greedy_and_both_are_shown(writer: Writer) -> None:
    assert BEST.log_p > GREEDY.log_p + 0.5
    writer.open(s=TEXT)
    with writer.page.expect_response(lambda answer: "ask=tree" in answer.url):
        writer.part("examples").get_by_role("button", name=SAY["generate.example.beats"]).click()
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(BEST.ids))
    rows = writer.ends()
    by_text = {row[1]: row for row in rows}
    assert rows[0][2] == log_p(BEST.log_p)
    assert rows[0][4] == probability(2.718281828459045**BEST.log_p)
    greedy = next(row for text, row in by_text.items() if text.startswith(RUN.tgt_vocab.decode(GREEDY.ids)))
    assert "greedy" in greedy[1]
    assert greedy[2] == log_p(GREEDY.log_p)
    finding = writer.part("finding")
    expect(finding).to_contain_text("Greedy and beam disagree")
    expect(finding).to_contain_text(log_p(BEST.log_p))
    expect(finding).to_contain_text(log_p(GREEDY.log_p))


def test_the_tree_shows_what_was_kept_and_what_was_dropped(writer: Writer) -> None:
    writer.begin()
    first = [node for node in TREE.nodes if node.step == 1]
    shown = (
        writer.part("tree")
        .locator("[data-node]")
        .evaluate_all(
            "(all) => all.map((g) => [Number(g.dataset.node), g.dataset.state, g.querySelector('.tree-p').textContent])"
        )
    )
    for node in first:
        assert [node.id, node.state, probability(2.718281828459045**node.log_p)] in shown
    chosen = (
        writer.part("tree")
        .locator("[data-chosen][data-node]")
        .evaluate_all("(all) => all.map((g) => Number(g.dataset.node))")
    )
    assert set(chosen) <= {node.id for node in TREE.path(BEST.node)}
    assert len(chosen) == writer.part("tree").locator(".tree-steps text").count() >= 6


def test_no_word_or_number_of_the_tree_lies_on_another(writer: Writer) -> None:
    """At the width of 4 that the page opens with, and at the widest, where numbers stand beside words: none is cut."""
    writer.begin(4)
    assert writer.part("tree").evaluate(OVERLAPS) == []
    for _ in range(2):
        writer.part("wider").click()
    expect(writer.part("ends").locator("tbody tr")).to_have_count(6)
    assert writer.part("tree").evaluate(OVERLAPS) == []
    assert "…" not in writer.part("tree").inner_text()
    assert writer.part("tree").evaluate("(tree) => tree.scrollWidth <= tree.clientWidth")


def test_a_dropped_hypothesis_can_be_looked_at(writer: Writer) -> None:
    writer.begin(1)
    dropped = next(node for node in TREE.nodes if node.step == 2 and node.state == "dropped")
    with writer.page.expect_response(lambda answer: "ask=path" in answer.url):
        writer.part("tree").locator(f"[data-node='{dropped.id}']").click()
    expect(writer.part("finding")).to_contain_text("The beam dropped this one")
    words = [RUN.tgt_vocab.token(word) for word in TREE.ids(dropped.id)]
    assert writer.part("written").locator("button").all_text_contents() == words
    expect(writer.part("bars").locator("[aria-current]")).to_contain_text(words[-1])
    writer.quiet()
    writer.press("1")
    expect(writer.part("count")).to_contain_text(f"of {len(BEST.ids)}")
    writer.part("tree").locator(f"[data-node='{dropped.id}']").click()
    expect(writer.part("finding")).to_contain_text("The beam dropped this one")
    assert writer.is_quiet(), "asked once, then known"


def test_pointing_at_a_node_says_it_exactly(writer: Writer) -> None:
    writer.begin(1)
    node = next(node for node in TREE.nodes if node.step == 2 and node.state == "kept")
    writer.quiet()
    writer.page.mouse.move(5, 5)
    writer.part("tree").locator(f"[data-node='{node.id}']").hover()
    tip = writer.lab.locator(".tooltip").locator("visible=true")
    expect(tip).to_contain_text(log_p(node.total))
    expect(tip).to_contain_text(" ".join(RUN.tgt_vocab.token(word) for word in TREE.ids(node.id)))
    assert writer.is_quiet()
    writer.page.mouse.move(5, 5)


def test_the_length_penalty_ranks_anew_without_the_server(writer: Writer) -> None:
    orders = {a / 10: [one.ids for one in TREE.hypotheses(a / 10)] for a in range(21)}
    alpha = next(a for a in orders if orders[a] != orders[0.0])
    writer.begin()
    writer.quiet()
    writer.slide("alpha", str(alpha))
    ranked = TREE.hypotheses(alpha)
    expect(writer.ends_line().locator("td").nth(3)).to_have_text(log_p(ranked[0].score))
    rows = writer.ends()[: len(ranked)]
    assert [row[3] for row in rows] == [log_p(one.score) for one in ranked]
    assert [row[2] for row in rows] == [log_p(one.log_p) for one in ranked]
    assert writer.is_quiet()


def test_the_width_of_the_beam(writer: Writer) -> None:
    writer.begin()
    writer.part("wider").click()
    expect(writer.part("width")).to_have_text("width 5")
    five = [one.ids for one in beam_search(RUN.model, SRC, 5).hypotheses()]
    expect(writer.part("ends").locator("tbody tr")).to_have_count(len(five) + (GREEDY.ids not in five))
    for _ in range(4):
        writer.part("fewer").click()
    expect(writer.part("fewer")).to_be_disabled()
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(GREEDY.ids))


# --- word by word ---------------------------------------------------------------------------------------------------


def test_word_by_word_forwards_and_backwards_without_the_server(writer: Writer) -> None:
    writer.begin()
    labels = [RUN.tgt_vocab.token(word) for word in BEST.ids]
    writer.quiet()
    for row in range(len(labels)):
        expect(writer.part("count")).to_have_text(f"word {row + 1} of {len(labels)}")
        expect(writer.part("written").locator("[aria-current]")).to_contain_text(labels[row])
        expect(writer.part("written").locator("[data-later]")).to_have_count(len(labels) - row - 1)
        writer.press("ArrowRight")
    expect(writer.part("next")).to_be_disabled()
    writer.part("back").click()
    expect(writer.part("count")).to_have_text(f"word {len(labels) - 1} of {len(labels)}")
    writer.part("first").click()
    expect(writer.part("count")).to_have_text(f"word 1 of {len(labels)}")
    assert writer.is_quiet(), "stepping is free"


def test_every_head_s_row_is_the_model_s_in_every_block_without_the_server(writer: Writer) -> None:
    row = 4
    writer.begin(row)
    trace = trace_pair(RUN.model, SRC, [BOS, *BEST.ids[:-1]])
    writer.quiet()
    for button in writer.part("blocks").locator("button").all():
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        block = button.get_attribute("data-name") or ""
        expect(writer.lab.locator(".passbar [aria-current]")).to_have_attribute("data-at", block)
        cells = (
            writer.part("looks")
            .locator("tbody tr")
            .evaluate_all("(rows) => rows.map((tr) => [...tr.querySelectorAll('td')].map((td) => td.title))")
        )
        for titles, weights in zip(cells, trace[f"{block}.weights"][:, row], strict=True):
            shown = [float(re.sub(r"^.*\s", "", title)) for title in titles if title]
            assert shown == [pytest.approx(float(w), abs=6e-4) for w in weights[: len(shown)]]
            assert len(shown) == (row + 1 if "self" in block else len(SRC))
    assert writer.is_quiet()


def test_a_head_s_number_leads_to_edit_and_to_its_passport_and_nothing_jumps(writer: Writer) -> None:
    writer.begin(4)
    writer.part("blocks").locator(f"[data-name='{CROSS}']").click()
    number = writer.part("looks").locator("[data-head='2']")
    before = writer.lab.evaluate(CORNERS)
    number.click()
    door = writer.part("door")
    expect(door).to_contain_text("Layer 2 cross, head 3")
    assert writer.lab.evaluate(CORNERS) == before
    writer.page.keyboard.press("Escape")
    expect(door).to_be_hidden()
    expect(number).to_be_focused()
    for part, page, wanted in (
        ("door-edit", "/edit?", {"b": CROSS, "f": "2", "o_e": "1-zero.d1c.2"}),
        ("door-heads", "/heads?", {"b": CROSS, "f": "2", "v": "passport"}),
    ):
        number.click()
        drawn = writer.drawn()
        writer.part(part).click()
        writer.page.wait_for_url(lambda url, page=page: page in url)
        assert wanted.items() <= writer.address_with("b", CROSS).items()
        writer.wait_drawn(drawn + 1)
        writer.open(o_i="4", b=CROSS)


# --- filters and draws ----------------------------------------------------------------------------------------------


def test_bars_before_and_after_the_filters_without_the_server(writer: Writer) -> None:
    writer.begin()
    logits = logits_along(BEST.ids, 0)
    for part, value, filters in (
        ("temperature", "2.5", Filters(2.5)),
        ("top-k", "3", Filters(2.5, 3)),
        ("top-p", "0.6", Filters(2.5, 3, 0.6)),
    ):
        writer.quiet()
        writer.slide(part, value)
        after = filter_logits(logits, filters, never=PAD)[-1].p
        kept = int((after > 0).sum())
        expect(writer.part("kept")).to_contain_text("One of" if kept == 1 else f"{kept} of")
        for word, number in writer.bars().items():
            p = float(after[RUN.tgt_vocab.tokens.index(word)])
            assert number == (probability(p) if p else "cut")
        assert writer.is_quiet()
    widths = (
        writer.part("bars")
        .locator(".bar i:last-child")
        .evaluate_all("(all) => all.map((one) => parseFloat(one.style.width))")
    )
    before = logits.double().softmax(-1).sort(descending=True).values[: len(widths)]
    assert widths == [pytest.approx(100 * float(p), abs=0.01) for p in before]


def test_a_draw_is_shown_and_the_seed_in_the_link_draws_it_again(writer: Writer) -> None:
    filters = Filters(2.5, 40, 0.95)
    writer.open(o_m="sample", o_seed="3", o_temp="2.5", o_k="40", o_p="0.95", o_i="0")
    drawn = {seed: list(sample(RUN.model, SRC, filters, seed)) for seed in (3, 4)}
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(drawn[3][-1].ids))
    for draw in drawn[3]:
        writer.draw_is_that_of(draw.u, draw.ids[-1], draw.stages[-1].p)
        writer.press("ArrowRight")
    with writer.page.expect_response(lambda answer: "seed=4" in answer.url):
        writer.part("again").click()
    expect(writer.ends_line(0)).to_contain_text(RUN.tgt_vocab.decode(drawn[4][-1].ids))
    expect(writer.ends_line(1)).to_contain_text(RUN.tgt_vocab.decode(drawn[3][-1].ids))
    expect(writer.part("seed")).to_have_text("seed 4")
    writer.address_with("o_seed", "4")
    writer.quiet()
    with writer.page.expect_response(lambda answer: "temperature=0.5" in answer.url):
        writer.slide("temperature", "2", "1.5", "0.5")
    cold = list(sample(RUN.model, SRC, Filters(0.5, 40, 0.95), 4))[-1].ids
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(cold))
    assert len([url for url in writer.requests if "ask=sample" in url]) == 1, "drawn when the slider rests"


def test_of_many_clicks_the_last_one_counts(writer: Writer) -> None:
    writer.begin()
    before = writer.lab.evaluate(CORNERS)
    writer.part("wider").evaluate("(button) => { for (let n = 0; n < 40; n++) button.click(); }")
    expect(writer.part("width")).to_have_text("width 6")
    assert writer.lab.evaluate(CORNERS) == before
    writer.press("s")
    writer.slide("temperature", "2.5")
    seed = int(writer.part("seed").inner_text().split()[-1])
    writer.part("again").evaluate("(button) => { for (let n = 0; n < 12; n++) button.click(); }")
    expect(writer.part("seed")).to_have_text(f"seed {seed + 12}")
    last = list(sample(RUN.model, SRC, Filters(2.5), seed + 12))[-1].ids
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(last))


# --- forced words ---------------------------------------------------------------------------------------------------


def test_a_forced_word_stands_and_the_rest_changes(writer: Writer) -> None:
    writer.begin(1)
    other = next(node for node in TREE.nodes if node.step == 2 and node.word != BEST.ids[1])
    word = RUN.tgt_vocab.token(other.word)
    force = [BEST.ids[0], other.word]
    writer.part("search").fill("xyz")
    expect(writer.part("none")).to_have_text(SAY["generate.bars.none"].format(tgts="words", typed="xyz"))
    writer.part("search").fill(word)
    with writer.page.expect_response(lambda answer: "force=" in answer.url):
        writer.part("bars").locator(f"[data-word='{other.word}']").click()
    expect(writer.part("written").locator("[aria-current]")).to_have_text(word)
    expect(writer.part("written").locator("[data-forced]")).to_have_count(2)
    forced = beam_search(RUN.model, SRC, 4, prefix=force).hypotheses()[0]
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(forced.ids))
    address = writer.address_with("o_force", ",".join(map(str, force)))
    writer.page.goto("about:blank")
    writer.goto("/generate?" + urlencode(address))
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(forced.ids))
    writer.part("release").click()
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(BEST.ids))


def test_any_word_of_the_vocabulary_can_be_forced(writer: Writer) -> None:
    writer.begin(2)
    last = max(range(4, len(RUN.tgt_vocab)), key=lambda word: -float(logits_along(BEST.ids, 2)[word]))
    token = RUN.tgt_vocab.token(last)
    writer.part("search").fill(token)
    with writer.page.expect_response(lambda answer: "force=" in answer.url):
        writer.part("bars").locator(f"[data-word='{last}']").click()
    expect(writer.part("written").locator("button").nth(2)).to_have_text(token)
    expect(writer.part("search")).to_have_value("")


def test_another_sentence_forgets_what_was_forced(writer: Writer) -> None:
    writer.begin(1)
    writer.part("bars").locator("button").nth(3).click()
    expect(writer.part("release")).to_be_visible()
    box = writer.page.get_by_role("textbox").first
    box.fill("thanks")
    box.press("Enter")
    expect(writer.part("release")).to_be_hidden()
    expect(writer.ends_line()).to_contain_text(RUN.translate("thanks"))


def test_a_broken_link_breaks_nothing(writer: Writer) -> None:
    numbers = {"o_w": "1e9", "o_i": "-3", "o_temp": "x", "o_k": "1e9", "o_p": "0.30000000000000004", "o_seed": "?"}
    words = {"o_h": "1,2", "o_m": "magic", "o_a": "NaN", "b": "nowhere", "o_panel": "<i>", "o_ph": "77"}
    writer.open(**numbers, **words, o_force="<b>", o_r="-1")
    expect(writer.part("width")).to_have_text("width 6")
    best = beam_search(RUN.model, SRC, 6).hypotheses()[0]
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(best.ids))
    expect(writer.ends_line()).to_have_attribute("aria-current", "true")
    writer.press("s")
    expect(writer.part("draw-says")).to_be_visible()


@pytest.mark.parametrize("query", [{"o_force": f"{EOS},5"}, {"o_force": "5,99999"}], ids=str)
def test_words_that_cannot_be_forced_are_said_and_taken_out(writer: Writer, query: dict[str, str]) -> None:
    writer.goto("/generate?" + urlencode({"run": "fr", "s": BEATS, **query}))
    expect(writer.part("trouble")).to_have_text(SAY["generate.refused.force"])
    writer.part("without").click()
    expect(writer.ends_line()).to_contain_text(RUN.tgt_vocab.decode(BEST.ids))
    expect(writer.part("without")).to_be_hidden()
    writer.console[:] = [text for text in writer.console if "422" not in text]


# --- the decoder at work --------------------------------------------------------------------------------------------


def test_the_arrow_keys_drive_a_word_through_the_decoder(writer: Writer) -> None:
    writer.begin().tab("stack")
    writer.quiet()
    says, n = writer.part("says"), len(BEST.ids)
    expect(says).to_contain_text("“<s>” is read")
    for layer in range(2):
        for part in ("self_attn", "cross_attn", "ffn"):
            writer.press("ArrowRight")
            expect(says).to_contain_text(f"Layer {layer + 1}.")
            expect(writer.part("stack").locator(".stack-bands [data-here]")).to_have_attribute(
                "data-band", f"{layer}.{part}"
            )
    writer.press("ArrowRight")
    expect(says).to_contain_text("Linear and softmax")
    writer.press("ArrowRight")
    word = RUN.tgt_vocab.token(BEST.ids[0])
    expect(says).to_contain_text(f"“{word}")
    expect(says).to_contain_text("is written")
    expect(writer.part("written")).to_contain_text(word)
    expect(writer.lab.locator(".stack-feed")).to_have_attribute("visibility", "visible")
    writer.press("ArrowRight")
    expect(says).to_contain_text("Step 2")
    for _ in range(n):
        writer.press("ArrowDown")
    for _ in range(8):
        writer.press("ArrowRight")
    expect(says).to_contain_text("the output is finished")
    expect(writer.part("next")).to_be_disabled()
    assert writer.is_quiet(), "the whole way is free"


def test_what_is_said_of_a_head_is_the_model_s_and_predict_first(writer: Writer) -> None:
    row = 3
    writer.begin().tab("stack")
    guess = writer.part("guess")
    guess.get_by_role("button", name=str(len(BEST.ids)), exact=True).click()
    expect(guess).to_contain_text("Right")
    writer.press("Home", *["ArrowDown"] * row, *["ArrowRight"] * 5)
    weights = trace_pair(RUN.model, SRC, [BOS, *BEST.ids[:-1]])["decoder.1.cross_attn.weights"][:, row]
    head, key = divmod(int(weights.argmax()), len(SRC))
    expect(writer.part("says")).to_contain_text(f"Head {head + 1} puts {short(float(weights.max()))}")
    expect(writer.part("says")).to_contain_text(RUN.src_vocab.token(SRC[key]))


# --- training and inference -----------------------------------------------------------------------------------------


def test_serial_and_parallel_rows_agree_on_the_page_and_another_right_answer_can_be_typed(writer: Writer) -> None:
    """Show 3, on the page: the largest difference that was measured is there, below the bar. All runs: test_chapter."""
    writer.begin().tab("modes")
    rows = writer.part("modes").locator("tbody tr").evaluate_all(CELLS)
    differences = [number(row[5]) for row in rows if row[5]]
    assert len(rows) == len(RUN.decode(SRC))
    assert 0 < max(differences) <= 1e-5
    assert all(row[3] == row[4] for row in rows)
    largest = next(row[5] for row in rows if row[5] and number(row[5]) == max(differences))
    expect(writer.part("verdicts")).to_contain_text(f"is {largest}; the bar is 10⁻⁵")
    expect(writer.part("gauge").locator(".gauge-dot:not([data-over])")).to_be_visible()
    for heat in writer.lab.locator(".heat").locator("visible=true").all():
        assert heat.evaluate(REACH) <= 1
    writer.part("said").fill("la souris")
    writer.part("said").press("Enter")
    expect(writer.part("modes-caption")).to_have_text(SAY["generate.modes.whose_told"])
    expect(writer.part("modes").locator("tbody tr").nth(1).locator("td").nth(2)).to_have_text("souris")
    writer.address_with("o_t", "la souris")
    writer.lab.get_by_role("button", name=SAY["generate.modes.reset"]).click()
    expect(writer.part("modes-caption")).to_have_text(SAY["generate.modes.whose_own"].format(text="sentence"))
    writer.part("said").fill("la souris " * 10)
    writer.part("said").press("Enter")
    expect(writer.part("modes").locator("tbody tr").nth(20).locator("td").nth(1)).to_have_text("souris")
    after = writer.lab.get_by_role("button", name=SAY["step.after"]).locator("visible=true")
    expect(after).to_have_count(2)
    shown = [writer.lab.locator(".heat .pager span").locator("visible=true").nth(n) for n in range(2)]
    for button in (after.first, writer.lab.get_by_role("button", name=SAY["step.before"]).locator("visible=true").last):
        seen = shown[0].inner_text()
        button.click()
        expect(shown[0]).not_to_have_text(seen)
        expect(shown[1]).to_have_text(shown[0].inner_text())
    column = writer.lab.locator(".modes-columns").bounding_box()
    last = after.last.bounding_box()
    assert column
    assert last
    assert last["y"] + last["height"] <= column["y"] + column["height"], "the pager is not cut"


def number(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert found, text
    exponent = (found[2] or "0").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(found[1]) * 10 ** int(exponent)


def test_where_a_model_errs_the_two_roads_part(writer: Writer) -> None:
    """Addition is the run that errs soonest; the server finds the sentence, the chip leads to it."""
    writer.open(run="addition", s="12+34", v="modes", o_t="99")
    chip = writer.part("errors").locator("[data-found]").first
    step = int(chip.get_attribute("data-found") or "")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(writer.part("modes-caption")).to_have_text(SAY["generate.modes.whose_task"])
    expect(writer.part("verdicts")).to_contain_text(f"part at step {step + 1}")
    parting = writer.part("modes").locator("[data-parts]")
    right, wrote = (parting.locator("td").nth(i).inner_text() for i in (2, 7))
    assert right != wrote
    expect(writer.part("verdicts")).to_contain_text(f"“{right}” and writes “{wrote}”")
    counts = writer.part("modes").locator("tbody tr").evaluate_all("(rows) => rows.map((row) => row.cells.length)")
    assert counts == [8] * (step + 1) + [9] * (len(counts) - step - 1), "one road up to there, then two"


# --- keys, looks ----------------------------------------------------------------------------------------------------


def test_keys_and_the_table_twin(writer: Writer) -> None:
    writer.begin()
    writer.press("g")
    expect(writer.part("modes").locator("[aria-pressed=true]")).to_have_attribute("data-name", "greedy")
    expect(writer.part("written").locator("[aria-current]")).to_contain_text(RUN.tgt_vocab.token(GREEDY.ids[0]))
    writer.press("b", "2")
    second = TREE.hypotheses()[1]
    expect(writer.part("written").locator("[aria-current]")).to_contain_text(RUN.tgt_vocab.token(second.ids[0]))
    writer.press("t")
    twin = writer.part("twin")
    expect(twin.locator("tbody tr").first).to_contain_text(log_p(BEST.log_p))
    assert twin.locator("tbody tr").count() >= len(TREE.nodes)
    writer.press("t")


def test_nothing_is_too_small_or_too_wide_and_on_the_projector_text_is_large(writer: Writer) -> None:
    writer.begin()
    writer.fits(1440, 13)
    writer.fits(1100, 13)
    writer.page.set_viewport_size({"width": 1280, "height": 720})
    writer.tab("write").press("p")
    writer.page.locator('.lab[data-mode="projector"]').wait_for()
    for panel, shown in (("tree", "tree"), ("ends", "finding"), ("heads", "looks")):
        expect(writer.part("panels").locator("[aria-pressed=true]")).to_have_attribute("data-name", panel)
        expect(writer.part(shown)).to_be_visible()
        assert writer.lab.evaluate(SMALLEST) >= 20
        writer.press("a")
    writer.fits(1280, 20, height=720)
    writer.tab("stack")
    expect(writer.lab.locator(".stack-sources text")).to_have_count(len(SRC))
    writer.press("p")
    writer.page.locator(".lab:not([data-mode])").wait_for()


def test_a_deep_model_without_a_mask_that_never_ends(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its heading, its message and its menu of layers say is true of it."""
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    run = own_run("endless", n_decoder_layers=4, causal=False)
    with torch.no_grad():
        run.model.generator.bias[EOS] = -1e4

    def chapter(asked: Asked) -> None:
        question = {name: value for name, value in parse_qsl(urlsplit(asked.url).query) if name not in ("run", "s")}
        asked.say(pack(answer(run, "s1 s2", question)))

    packed = pass_payload._pack(run, "s1 s2", "")
    stand_in(writer, {"*/lab/pass*": lambda asked: asked.say(packed), "*/lab/chapter*": chapter})
    writer.open(run="endless", s="s1 s2")
    expect(writer.part("message")).to_have_text(SAY["bugs.notice.causal_writing"].format(tgts="words"))
    longest = SAY["generate.ends.stopped"].format(n=run.model.config.max_len, tgts="words")
    expect(writer.part("ends").locator("th").nth(1)).to_contain_text(longest)
    menu = writer.part("blocks-menu")
    expect(menu.locator("option")).to_have_count(8)
    menu.select_option("decoder.0.cross_attn")
    expect(writer.part("looks").locator("thead .word")).to_have_text(["s1", "s2"])
    assert writer.lab.locator(".looks-head").evaluate("(head) => head.scrollWidth <= head.clientWidth")


def test_in_chinese_too(writer: Writer) -> None:
    writer.open(lang="zh")
    writer.fits(1440, 13)
