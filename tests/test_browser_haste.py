"""Step pages under people in haste, slow answers, foreign links and models that nobody trained well."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import torch
from playwright.sync_api import Locator, Route, expect

from models import in_ci
from reader import say
from transformer import runs
from ui import i18n
from walking import Walker, own_run

pytest_plugins = ["windows", "desk", "walkers"]
pytestmark = pytest.mark.browser

REFUSED = '{"error": "error.question", "values": {}}'


def passes(walker: Walker) -> list[dict[str, list[str]]]:
    """List what was asked of /lab/pass, question by question."""
    asked = [urlsplit(url) for url in walker.requests]
    return [parse_qs(url.query) for url in asked if url.path == "/lab/pass"]


def box_of(walker: Walker) -> Locator:
    return walker.lab.locator("[data-part=box]")


def test_scores_that_are_very_large_are_no_damage(
    walker: Walker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    run = own_run("huge")
    with torch.no_grad():
        for parameter in run.model.parameters():
            parameter *= 60
    walker.show_own(run, "s0 s1 s2 s1")
    walker.step("attention", b="decoder.1.self_attn", g="scaled")
    seen = walker.state()
    assert (seen["place"], seen["stage"]) == ("decoder.1.self_attn", "scaled")
    expect(walker.part("message")).not_to_contain_class("alarm")
    trace = run.trace("s0 s1 s2 s1")
    scaled = trace["decoder.1.self_attn.scores.scaled"][tuple(seen["index"])]
    assert float(seen["value"].replace("−", "-").split()[0]) == pytest.approx(float(scaled), rel=1e-6)


def test_words_for_the_decoder_that_are_too_many_for_a_link_are_named(walker: Walker) -> None:
    walker.step("decoder", run="fr", o_t="la rue " * 300)
    expect(walker.part("message")).to_contain_text(say("explore.notice.link", names="o_t"))
    assert [question.get("t") for question in passes(walker)] == [None]


def test_words_for_the_decoder_stay_with_the_model_that_knows_them(walker: Walker) -> None:
    walker.step("decoder", run="fr", o_t="la rue")
    assert passes(walker)[-1]["t"] == ["la rue"]
    drawn = walker.drawn()
    walker.page.get_by_role("combobox").first.click()
    walker.page.get_by_role("option", name=i18n.words("en")["run.addition"], exact=True).click()
    walker.wait_drawn(drawn + 1)
    walker.wait_address(run="addition", o_t=None)
    assert passes(walker)[-1]["run"] == ["addition"]
    assert "t" not in passes(walker)[-1]


def test_nothing_is_learnt_for_a_model_without_sentences(
    walker: Walker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)
    run = own_run("bare")
    walker.show_own(run, "s0 s1")
    walker.page.route("**/lab/chapter*", lambda route: route.fulfill(status=422, body=REFUSED))
    walker.step("tokens", v="pieces")
    walker.hush()
    assert not [url for url in walker.requests if "what=merges" in url]
    walker.console.clear()  # the refusal above is a line in the console


@pytest.mark.parametrize(
    ("page", "tab"),
    in_ci(
        [("positions", "swap")],
        [("masks", "mistakes"), ("masks", "batch"), ("positions", "swap")],
    ),
)
def test_the_picture_of_another_sentence_is_paler_until_its_own_comes(walker: Walker, page: str, tab: str) -> None:
    walker.step(page, run="fr", v=tab)
    walker.hush()
    expect(box_of(walker)).to_have_class("step-box")
    held: list[Route] = []
    walker.page.route("**/lab/chapter*", lambda route: held.append(route))
    walker.enter("thanks")
    expect(box_of(walker)).to_have_class("step-box busy")
    walker.until(lambda: held)
    for route in held:
        route.continue_()
    walker.page.unroute("**/lab/chapter*")
    expect(box_of(walker)).to_have_class("step-box")
    walker.page.route("**/lab/chapter*", lambda route: route.fulfill(status=422, body=REFUSED))
    walker.enter("the animal")
    expect(box_of(walker)).to_have_class("step-box stale")
    expect(box_of(walker)).to_contain_text(say("error.question"))
    walker.console.clear()
