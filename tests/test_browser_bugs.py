"""Models that lack a part of the paper, on every page: what is not done is crossed out, and nothing else is claimed."""

from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from models import in_ci
from reader import say
from standin import Asked, stand_in
from transformer import runs
from transformer.runs import Run
from ui import i18n, payload
from ui.chapters import CHAPTERS
from ui.pack import RefusedError, pack
from walking import Walker, own_run

pytest_plugins = ["windows", "desk", "walkers"]
pytestmark = pytest.mark.browser

TEXT = "s1 s2 s0 s3 s1"
LACKS: dict[str, dict[str, Any]] = {
    "residual": {"residual": False},
    "residual-pre": {"residual": False, "norm_first": True},
    "norm": {"layer_norm": False},
    "norm-pre": {"layer_norm": False, "norm_first": True},
    "causal": {"causal": False},
    "all": {"residual": False, "layer_norm": False, "causal": False},
}
PAGES = ("tokens", "positions", "masks", "attention", "encoder", "decoder", "output", "glossary")
PLACES = ("encoder.0.self_attn", "decoder.1.self_attn", "decoder.1.cross_attn", "decoder.1.ffn")
ENDS = {  # what the strip shows from the output on, crossed out in brackets; in pre norm a norm stands at the beginning
    "residual": ["output", "(add)", "norm"],
    "residual-pre": ["output", "(add)"],
    "norm": ["output", "add", "(norm)"],
    "norm-pre": ["output", "add"],
    "causal": ["output", "add"],
    "all": ["output", "(add)", "(norm)"],
}


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)


def show(walker: Walker, case: str, layers: int = 2) -> Run:
    """Answer every question of the pages as if the server had an untrained model of this kind."""
    run = own_run(case, **LACKS[case], n_encoder_layers=layers, n_decoder_layers=layers)
    walker.show_own(run, TEXT)
    trace = payload._pack(run, TEXT)

    def chapter(asked: Asked) -> None:
        told = dict(parse_qsl(urlsplit(asked.url).query))
        question = {key: value for key, value in told.items() if key not in ("page", "run", "s", "v")}
        try:
            asked.say(pack(CHAPTERS[told["page"]](run, TEXT, question)))
        except RefusedError:
            asked.say(pack(CHAPTERS["encoder"](run, TEXT, {"what": "units", "at": "encoder.0.ffn"})))

    stand_in(walker, {"*/lab/trace*": lambda asked: asked.say(trace), "*/lab/chapter*": chapter})
    return run


def strip(walker: Walker) -> list[str]:
    return [f"({card['name']})" if card["missing"] else card["name"] for card in walker.cards()]


@pytest.mark.parametrize("case", in_ci(["residual"], LACKS))
def test_what_is_not_done_is_crossed_out_and_walked_past(walker: Walker, case: str) -> None:
    run = show(walker, case, layers=1)
    walker.step("attention", b="decoder.0.self_attn", g="x")
    names = strip(walker)
    assert names[names.index("output") :] == ENDS[case]
    assert ("(norm)" in names[:2]) == (case == "norm-pre")
    assert ("norm" in names[:2]) == (case == "residual-pre")
    assert ("(causal)" in names) == (not run.model.config.causal)
    seen = [walker.state()]
    while (seen[-1]["place"], seen[-1]["stage"]) != ("output", "p"):
        walker.press("ArrowRight")
        seen.append(walker.state())
        assert seen[-1]["value"], f"{seen[-1]['place']}, {seen[-1]['stage']}: there is no number"
        assert len(seen) < 80
    stages = [state["stage"] for state in seen if state["place"] == "decoder.0.self_attn"]
    assert stages == [name for name in names if not name.startswith("(")]
    assert all(state["here"] for state in seen), "the formula says where we are"


@pytest.mark.parametrize(("lang", "places"), in_ci([("en", PLACES)], [("en", PLACES), ("zh", PLACES[1:2])]))
def test_the_reason_stands_on_the_card(walker: Walker, lang: str, places: tuple[str, ...]) -> None:
    show(walker, "all")
    walker.step("attention", b=places[0], lang=lang)
    for place in places:
        walker.part("place").select_option(place)
        missing = {card["name"]: card["text"] for card in walker.cards() if card["missing"]}
        parts = {"add": "residual", "norm": "layer_norm"} | (
            {"causal": "causal"} if place == "decoder.1.self_attn" else {}
        )
        assert sorted(missing) == sorted(parts)
        for name, part in parts.items():
            assert say(f"bugs.missing.{part}", lang) in missing[name]
    space = " " if lang == "en" else ""
    many = say("unit.word.many", lang)
    notices = space.join(say(f"bugs.notice.{part}", lang, tgts=many) for part in ("residual", "layer_norm", "causal"))
    expect(walker.part("message")).to_have_text(notices)


@pytest.mark.parametrize("case", in_ci(["all"], LACKS))
def test_explore_shows_the_whole_pass(walker: Walker, case: str) -> None:
    run = show(walker, case)
    walker.open(s=TEXT, b="decoder.1.self_attn")
    expect(walker.part("message")).not_to_contain_class("alarm")
    config = run.model.config
    for part in ("residual", "layer_norm", "causal"):
        if not getattr(config, part):
            expect(walker.part("message")).to_contain_text(say(f"bugs.notice.{part}", tgts=say("unit.word.many")))
    gone = walker.lab.locator(".map .box.gone")
    crossed = {"residual-pre": 10, "norm-pre": 10, "all": 10}.get(case, 0)
    expect(gone).to_have_count(crossed)
    walker.show("table")
    table, masked = walker.table(), say("explore.masked")
    cells = np.array(table.cells)
    n = len(cells)
    later = np.triu(np.ones((n, n), dtype=bool), 1)
    assert (cells[later] == masked).all() if config.causal else not (cells == masked).any()
    trace = run.trace(TEXT)
    expected = trace["decoder.1.self_attn.weights"][walker.seen()["head"]]
    shown = np.where(cells == masked, "0", cells).astype(float)
    np.testing.assert_allclose(shown, expected, atol=6e-4)
    title = say("explore.block.decoder" if config.causal else "bugs.instead.causal.explore.block.decoder", layer=2)
    assert walker.seen()["title"].startswith(title)
    walker.show("joined")
    if not config.causal:
        unit = i18n.say("en", "unit.word.one")
        text = i18n.say("en", "bugs.instead.causal.explore.joined.decoder_text", tgt=unit)
        expect(walker.lab.get_by_text(text)).to_be_visible()


@pytest.mark.parametrize(
    ("case", "page"),  # the other tests here open the other pages
    in_ci([("all", page) for page in ("masks", "decoder")], product(LACKS, PAGES)),
)
def test_every_view_of_every_page_opens(walker: Walker, case: str, page: str) -> None:
    show(walker, case)
    walker.step(page)
    tabs = walker.lab.locator("[data-tab]").evaluate_all("(tabs) => tabs.map((tab) => tab.dataset.tab)")
    for tab in [name for name in tabs if name]:
        walker.lab.locator(f"[data-part=tabs] [data-tab={tab}]").click()
        expect(walker.part("message")).not_to_contain_class("alarm")
        expect(walker.lab.locator("[data-part=box]")).not_to_contain_class("busy")


@pytest.mark.full
def test_a_page_about_norms_says_that_there_are_none(walker: Walker) -> None:
    show(walker, "norm-pre")
    for page in ("encoder", "decoder"):
        walker.step(page, v="norm")
        expect(walker.part("no_norm")).to_have_text(say("bugs.no_norm"))
        assert walker.lab.locator("[data-view=norm] canvas:visible").count() == 0
    walker.step("output", v="lens")
    expect(walker.lab).to_contain_text(say("output.lens.no_norm"))


@pytest.mark.full
def test_an_output_that_takes_the_place_of_the_stream_is_drawn_so(walker: Walker) -> None:
    run = show(walker, "residual")
    walker.step("encoder", v="stream", b="encoder.1.ffn", q="2")
    trace = run.trace(TEXT)
    x, output = (trace[f"encoder.1.{name}"][2].astype(float) for name in ("self_attn.norm", "ffn.output"))
    row = [cell.strip() for cell in walker.lab.locator(".moves tr.here td").all_inner_texts()]
    cosine = x @ output / (np.linalg.norm(x) * np.linalg.norm(output))
    expected = [np.linalg.norm(x), np.linalg.norm(output), cosine, np.linalg.norm(trace["encoder.1.ffn.norm"][2])]
    np.testing.assert_allclose([float(cell.replace("−", "-")) for cell in row], expected, atol=0.006)
    expect(walker.lab.locator(".arrow-picture .arrows")).to_have_attribute("data-replaces", "true")
    assert walker.lab.locator(".arrow-picture .sum").get_attribute("d") == ""
    expect(walker.lab).to_contain_text(say("bugs.instead.residual.encoder.measure.arrows_long"))


@pytest.mark.full
def test_a_row_without_a_causal_mask_sees_every_word(walker: Walker) -> None:
    run = show(walker, "causal")
    walker.step("decoder", v="shifted", q="1")
    n = len(run.trace(TEXT).tgt_tokens)
    assert walker.lab.locator(".shifted .closed").get_attribute("d") == ""
    expect(walker.lab.locator(".told")).to_contain_text(f"{n} in all")
    walker.step("masks", v="paint", b="decoder.0.self_attn")
    assert walker.lab.locator("[data-heat='0'] [data-masked]").count() == 0
    walker.part("presets").get_by_text("causal", exact=True).click()
    walker.wait_address(o_paint=None)


def test_the_glossary_knows_what_this_model_does_without(walker: Walker) -> None:
    run = show(walker, "all")
    walker.step("glossary")
    listed = walker.lab.locator("[data-part=tensors] tbody [data-name]").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.name)"
    )
    assert listed == run.trace(TEXT).names()
    walker.lab.locator("[data-tab=words]").click()
    lacking = walker.lab.locator("[data-lacks]").evaluate_all("(terms) => terms.map((term) => term.dataset.term)")
    assert lacking == ["causal", "stream", "norm"]
