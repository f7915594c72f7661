"""Compare in a real browser: the minimal pair, two heads, two models, two moments; links, keys, tables, every look."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect

from guest import Guest, sitting
from models import in_ci
from test_archive import make_run
from transformer.heads import blocks_of
from transformer.interventions import notation
from transformer.interventions.patterns import FromSentence
from transformer.model import Transformer
from transformer.run_files.archive import pack_run
from transformer.runs import load_run, save_run
from transformer.studies.sentence_pairs import divergence
from transformer.trace import trace_pair
from transformer.vocab import BOS
from ui import i18n

if TYPE_CHECKING:
    from ownserver import Lab

pytest_plugins = ["windows", "desk", "ownserver"]
pytestmark = pytest.mark.browser

RUN = load_run("fr")
TEXT = RUN.example
WIDE = TEXT.replace("tired", "wide")
BLOCK, HEAD = "decoder.1.cross_attn", 2
SAY = i18n.words("en")


def weights_of(text: str, run: str = "fr") -> dict[str, np.ndarray]:
    model = load_run(run)
    src = model.encode(text)
    trace = trace_pair(model.model, src, [BOS, *model.decode(src)[:-1]])
    return {block: trace[f"{block}.weights"] for block in blocks_of(model.model)}


ONE, OTHER = weights_of(TEXT), weights_of(WIDE)


class Comparer(Guest):
    """One person on the page Compare."""

    def open(self, answered: str = WIDE, **query: str) -> "Comparer":
        self.goto("/compare?" + urlencode({"run": "fr", "s": TEXT, **query}))
        self.answered(answered)
        return self

    def answered(self, what: str) -> None:
        """Wait until the answer about this is drawn."""
        self.lab.locator(f'.compare[data-answered="{what}"]').locator("visible=true").wait_for()

    def line(self, strip: str, side: str) -> list[str]:
        return self.part(strip).locator(f"[data-line={side}] td b").all_text_contents()

    def odd(self, strip: str, side: str) -> list[str]:
        return self.part(strip).locator(f"[data-line={side}] td[data-odd] b").all_text_contents()

    def heads(self) -> list[tuple[str, int]]:
        buttons = self.part("ranking").locator("[data-block]")
        found = buttons.evaluate_all("(all) => all.map(({ dataset }) => [dataset.block, Number(dataset.head)])")
        return [(block, head) for block, head in found]

    def here(self) -> tuple[str | None, str | None]:
        button = self.part("ranking").locator("[data-block][aria-pressed=true]")
        return button.get_attribute("data-block"), button.get_attribute("data-head")

    def asked(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def pins(self) -> list[tuple[str | None, ...]]:
        """Say where the outlined cell is in each map that is seen."""
        return [
            tuple(pin.get_attribute(name) for name in ("x", "y", "width", "height"))
            for pin in self.lab.locator(".cell-pin").locator("visible=true").all()
        ]


@pytest.fixture(scope="module")
def window(desk: BrowserContext, lab: "Lab") -> Iterator[Comparer]:
    with sitting(Comparer, desk, lab.server) as guest:
        yield guest


@pytest.fixture
def guest(window: Comparer) -> Iterator[Comparer]:
    with window.used():
        yield window


# --- two sentences --------------------------------------------------------------------------------------------------


def test_the_minimal_pair(guest: Comparer) -> None:
    guest.open()
    assert len([url for url in guest.requests if "/lab/chapter" in url]) == 1, "one request brings both sides"
    assert (guest.odd("reads", "a"), guest.odd("reads", "b")) == (["tired"], ["wide"])
    assert (guest.odd("writes", "a"), guest.odd("writes", "b")) == (["il", "fatigué"], ["elle", "large"])
    expect(guest.part("ranking").locator("[data-block][aria-pressed=true]")).to_have_attribute("data-block", BLOCK)
    assert guest.here() == (BLOCK, str(HEAD))
    finding = guest.part("finding")
    for words in ("“il” becomes “elle”", "D2 cross, head 3", "on “animal”", "on “street”"):
        expect(finding).to_contain_text(words)
    before, after = ONE[BLOCK][HEAD, 10, 6], OTHER[BLOCK][HEAD, 10, 6]
    expect(guest.part("note")).to_contain_text(f"{before:.3f} → {after:.3f} (+{after - before:.3f})")
    mean = {
        (block, head): float(np.abs(OTHER[block][head] - ONE[block][head]).sum(-1).mean() / 2)
        for block in ONE
        for head in range(RUN.model.config.n_heads)
    }
    assert guest.heads() == sorted(mean, key=lambda one: -mean[one])
    guest.part("order").locator("[data-name=pass]").click()
    expect(guest.part("order").locator("[data-name=pass]")).to_have_attribute("aria-pressed", "true")
    assert guest.heads() == list(mean)


def test_three_maps_lie_on_one_grid(guest: Comparer) -> None:
    guest.open()
    boxes = [guest.part(f"map-{name}").bounding_box() or {} for name in "abd"]
    assert len({(box["y"], box["width"], box["height"]) for box in boxes}) == 1
    assert boxes[0]["width"] >= 20 * len(TEXT.split())
    names = guest.lab.locator(".heat-rows text").locator("visible=true").all_text_contents()
    assert (names[10], len(names)) == ("il / elle", ONE[BLOCK].shape[1]), "the rows are named once"
    cell = (boxes[1]["width"] / 12, boxes[1]["height"] / 15)
    guest.part("map-b").hover(position={"x": 1.5 * cell[0], "y": 3.5 * cell[1]})
    a, b = ONE[BLOCK][HEAD, 3, 1], OTHER[BLOCK][HEAD, 3, 1]
    expect(guest.part("note")).to_contain_text(f"“a” on “animal”: {a:.3f} → {b:.3f}")
    assert len(guest.pins()) == 3
    assert len(set(guest.pins())) == 1
    guest.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("o_at") == ["3.1"])
    changes = np.abs(OTHER[BLOCK] - ONE[BLOCK])[HEAD]
    row, col = np.unravel_index(changes.argmax(), changes.shape)
    guest.part("writes").locator(f'[data-at="{row}"]').first.click()
    expect(guest.part("note")).to_contain_text(f"“il / elle” on “{TEXT.split()[col]}”")


def test_the_page_opens_at_the_head_that_turns_with_the_first_flip(guest: Comparer) -> None:
    guest.open("351+467", run="addition", s="358+467")
    before, after = weights_of("358+467", "addition"), weights_of("351+467", "addition")
    change = {block: np.abs(after[block] - before[block])[:, 1].sum(-1) for block in before if "cross" in block}
    block = max(change, key=lambda one: change[one].max())
    expect(guest.part("ranking").locator(f'[data-block="{block}"][aria-pressed=true]')).to_have_attribute(
        "data-head", str(change[block].argmax())
    )
    guest.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("o_at", [""])[0].startswith("1."))  # its row


def test_another_sentence_is_typed_aligned_and_linked(guest: Comparer) -> None:
    guest.open()
    typed = "the animal was not tired"
    guest.part("other").fill(typed)
    guest.part("other").press("Enter")
    guest.answered(typed)
    assert [word for word in guest.line("reads", "b") if word != "·"] == typed.split()
    assert [word for word in guest.line("reads", "a") if word != "·"] == TEXT.split()
    guest.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("o_other") == [typed])
    gone = guest.part("reads").locator("[data-line=b] td:has-text('·')").first.get_attribute("data-at")
    word = guest.part("reads").locator(f'[data-line=a] td[data-at="{gone}"]').inner_text()
    guest.part("reads").locator(f'[data-line=a] td[data-at="{gone}"]').click()
    expect(guest.part("note")).to_contain_text(f"B has no “{word}")
    expect(guest.part("lack")).to_be_visible()
    guest.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query)["o_at"][0].endswith(f".{gone}"))
    seen = [guest.part(name).inner_text() for name in ("writes", "finding", "note")]
    guest.page.reload()
    guest.answered(typed)
    assert [guest.part(name).inner_text() for name in ("writes", "finding", "note")] == seen
    columns = guest.lab.locator("[data-map=d] .heat-columns text").locator("visible=true")
    x, beside = columns.evaluate_all("(all) => all.map((one) => one.transform.baseVal[0].matrix.e).slice(0, 2)")
    size = float(columns.first.get_attribute("font-size") or "")
    assert (beside - x) * np.sin(np.radians(48)) >= 1.1 * size, "slanted names side by side do not touch"
    guest.part("other").fill("   ")
    guest.part("other").press("Enter")
    guest.answered(WIDE)
    expect(guest.part("other")).to_have_value(WIDE)
    guest.page.wait_for_url(lambda url: "o_other" not in url)


def test_hostile_links_are_shown_or_ignored(guest: Comparer) -> None:
    other = "<b>x</b> \U0001f642 \u0645\u0631\u062d\u0628\u0627 \u202e " + "street " * 80
    hostile = {"o_other": other, "o_at": "9999.<b>", "o_show": "<i>", "o_order": "x" * 900, "o_c": "../", "o_t": "la"}
    guest.goto("/compare?" + urlencode({"run": "fr", "s": TEXT, **hostile}))
    expect(guest.part("reads").locator("[data-line=b]")).to_contain_text("<b>x</b>")
    expect(guest.part("note")).to_contain_text("on “")
    expect(guest.part("finding")).to_contain_text("never seen: <b>x</b>")
    expect(guest.part("reads").locator("td[data-unknown]").first).to_have_text("<b>x</b>")
    guest.press("n", "]", ".", "t", "t", "ArrowRight", "v")
    guest.lab.locator('.compare[data-answered*="~"]').locator("visible=true").wait_for()  # o_c names no head


def test_keys_a_table_and_a_prediction(guest: Comparer) -> None:
    guest.open()
    guest.press("ArrowRight")
    expect(guest.part("ranking").locator("[data-block][aria-pressed=true]")).to_have_attribute(
        "data-head", str(HEAD + 1)
    )
    guest.press("ArrowUp", "t")
    cells = guest.part("twin").locator("tbody tr").nth(4).locator("td").all_text_contents()
    change = (OTHER["decoder.1.self_attn"] - ONE["decoder.1.self_attn"])[HEAD + 1, 4]
    assert [float(text.replace("−", "-")) for text in cells[:5]] == pytest.approx(change[:5].tolist(), abs=6e-4)
    assert not any(cells[5:]), "what the mask closes has no number"
    guest.press("t")
    guess = guest.part("guess")
    guess.get_by_role("button", name=SAY["compare.guess.yes"], exact=True).click()
    expect(guess).to_contain_text("A changed map is not yet a changed word")


# --- heads, models, moments -----------------------------------------------------------------------------------------


def test_two_heads_and_their_nearest(guest: Comparer) -> None:
    a = ONE[BLOCK][HEAD]
    cross = [(block, head) for block in ONE if "cross" in block for head in range(4) if (block, head) != (BLOCK, HEAD)]
    near = sorted(cross, key=lambda one: divergence(a, ONE[one[0]][one[1]]).mean())
    guest.open(f"{BLOCK}~{HEAD} {near[0][0]}~{near[0][1]}", v="heads")
    assert guest.heads() == near
    block, head = near[-1]
    guest.part("ranking").locator("[data-block]").last.click()
    guest.answered(f"{BLOCK}~{HEAD} {block}~{head}")
    expect(guest.part("finding")).to_contain_text(f"{divergence(a, ONE[block][head]).mean():.2f} bits apart")
    guest.press("x")
    guest.answered(f"{block}~{head} {BLOCK}~{HEAD}")
    tops = ONE[block][head].argmax(-1)
    rest = [one for one in [*cross, (BLOCK, HEAD)] if one != (block, head)]
    found = sum((ONE[name][n].argmax(-1) == tops).mean() > 0.5 for name, n in rest)
    right = ("none", "one", "more")[min(found, 2)]
    guest.part("guess").get_by_role("button", name=SAY[f"compare.guess.{right}"], exact=True).click()
    expect(guest.part("guess")).to_contain_text(f"Here it is {found} of {len(rest)}")
    guest.part("head-b").select_option("encoder.0.self_attn~0")
    guest.answered(f"{block}~{head} encoder.0.self_attn~0")
    expect(guest.lab.locator(".compare-none").locator("visible=true")).to_have_text(SAY["compare.other_words"])


def test_two_models_on_one_word(guest: Comparer) -> None:
    guest.open("copy", run="reverse", s="abcde", v="models")
    assert [word for word in guest.line("writes", "a") if word != "·"] == [*"edcba", "</s>"]
    assert [word for word in guest.line("writes", "b") if word != "·"] == [*"abcde", "</s>"]
    guest.part("guess").get_by_role("button", name=SAY["compare.guess.no"], exact=True).click()
    expect(guest.part("guess")).to_contain_text("have their match in the same place")
    guest.part("run").select_option("sort")
    guest.answered("sort")
    expect(guest.part("finding")).to_contain_text("Sort letters")
    guest.lab.locator("[data-tab=heads]").click()
    expect(guest.part("guess")).to_contain_text(SAY["compare.guess.heads_single"])


def test_models_of_ones_own(guest: Comparer, tmp_path: Path) -> None:
    """A smaller model of the same words is compared; one of other words is refused, and so is one that was deleted."""
    lean = make_run(tmp_path / "fr-lean")
    assert load_run(lean).src_vocab.tokens == RUN.src_vocab.tokens
    letters = load_run("reverse")
    odd = save_run(letters.model, (letters.src_vocab, letters.tgt_vocab), tmp_path / "fr-odd", task="fr")
    guest.page.request.get(guest.server.url)  # gives the window its cookie
    own = {"X-Lab": "1", "Content-Type": "application/zip"}
    small = load_run(lean)
    unmasked = Transformer(dataclasses.replace(small.model.config, causal=False)).eval()
    seeing = save_run(unmasked, (small.src_vocab, small.tgt_vocab), tmp_path / "fr-seeing", task="fr")
    names = []
    for path in (lean, odd, seeing):
        answer = guest.page.request.post(f"{guest.server.url}/lab/archive", data=pack_run(path), headers=own)
        names.append(answer.json()["name"])
    guest.goto("/compare?" + urlencode({"run": "fr", "s": TEXT, "v": "models"}))
    guest.part("run").select_option(names[0])
    guest.answered(names[0])
    assert len(guest.heads()) == len(ONE) * RUN.model.config.n_heads
    matched = guest.part("ranking").locator(".compare-names em").all_text_contents()
    assert {text[:2] + text[2:].split()[0] for text in matched} == {"→ E1", "→ D1"}, (
        "the small one has one layer of each"
    )
    cut = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).length"
    assert guest.part("ranking").locator(".compare-names em").evaluate_all(cut) == 0
    guest.part("run").select_option(names[2])
    guest.answered(names[2])
    assert guest.part("writes").locator("th").all_text_contents() == [SAY["compare.writes_a"], SAY["compare.answer_b"]]
    expect(guest.part("finding")).to_contain_text("Shown the same words")
    guest.part("run").select_option(names[1])
    expect(guest.part("trouble")).to_contain_text("another vocabulary")
    answer = guest.page.request.post(
        f"{guest.server.url}/lab/runs/{names[0]}", data={"delete": True}, headers={"X-Lab": "1"}
    )
    assert answer.ok
    guest.goto("/compare?" + urlencode({"run": "fr", "s": TEXT, "v": "models", "o_run": names[0]}))
    expect(guest.lab.locator(".compare-empty").locator("visible=true")).to_contain_text(names[0])
    expect(guest.part("box")).to_have_css("opacity", "1")
    options = guest.part("run").locator("option")
    expect(options.and_(guest.lab.locator(f"[value='{names[1]}']"))).to_have_count(1)
    expect(options.and_(guest.lab.locator(f"[value='{names[0]}']"))).to_have_count(0)  # only what is there
    guest.console[:] = [text for text in guest.console if "status of 4" not in text]  # the refusals stand on the page


def test_two_moments_and_the_way_to_runs(guest: Comparer) -> None:
    guest.open("0 1200", v="moments")
    expect(guest.part("finding")).to_contain_text("From step 0 to step 1,200")
    guest.part("moment-a").focus()
    guest.part("moment-a").press("End")
    guest.answered("1200 1200")
    guest.part("moment-a").press("Home")
    guest.answered("0 1200")
    guest.part("open-runs").click()
    guest.lab.locator("[data-part=compare]").wait_for()
    asked = guest.asked()
    assert [asked[name] for name in ("v", "a", "b", "as", "ah")] == ["compare", "fr", "fr", "0", f"{BLOCK}~{HEAD}"]


# --- looks ----------------------------------------------------------------------------------------------------------

SMALLEST = """(lab) => Math.min(...[...lab.querySelectorAll('.compare *')]
  .filter((node) => node.getClientRects().length &&
    [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""
VIEWS = {"sentences": WIDE, "heads": f"{BLOCK}~{HEAD} decoder.1.cross_attn~0", "moments": "0 1200"}


@pytest.mark.parametrize(("width", "language"), in_ci([(1100, "zh")], [(1440, "en"), (1100, "zh")]))
def test_nothing_is_too_small_or_too_wide(guest: Comparer, width: int, language: str) -> None:
    guest.page.set_viewport_size({"width": width, "height": 900})
    guest.open(lang=language)
    for n, answered in enumerate(VIEWS.values()):
        guest.press(*["v"] * (1 if n == 1 else 2 if n == 2 else 0))
        guest.answered(answered)
        assert guest.lab.evaluate(SMALLEST) >= 13
        assert guest.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert guest.lab.evaluate("(lab) => lab.scrollWidth <= lab.clientWidth + 1")
        assert "{" not in guest.part("finding").inner_text()


def test_on_the_projector_side_by_side_or_one_large_map(guest: Comparer) -> None:
    guest.page.set_viewport_size({"width": 1280, "height": 720})
    guest.open()
    guest.press("p")
    guest.page.locator('.lab[data-mode="projector"]').wait_for()
    for name in "abd":
        expect(guest.part(f"map-{name}")).to_be_visible()
    names = guest.lab.locator(".heat-rows text").locator("visible=true").all_text_contents()
    assert len(names) == ONE[BLOCK].shape[1], "every row is seen"
    assert guest.lab.evaluate(SMALLEST) >= 20
    small = guest.part("map-a").bounding_box() or {}
    guest.part("show").locator("[data-name=a]").click()
    expect(guest.part("map-d")).to_have_count(0)
    assert (guest.part("map-a").bounding_box() or {})["width"] > 1.5 * small["width"]
    guest.press("p")
    guest.page.locator('.lab:not([data-mode="projector"])').wait_for()


def test_a_pair_is_tried_out_on_the_page_edit(guest: Comparer) -> None:
    guest.open()
    guest.part("to-edit").click()
    guest.page.wait_for_url("**/edit?**")
    asked = guest.asked()
    assert notation.read(asked["o_e"]) == [FromSentence(BLOCK, HEAD, WIDE)]
    assert (asked["b"], asked["f"], asked["s"]) == (BLOCK, str(HEAD), TEXT)
