"""Every state of a training as a person sees it, told one by one: who may do what, and what the sentence says."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from reader import say
from serving import Server
from trainee import BLACK, ID, RUN, Told, Trainee
from transformer.training import Recipe
from ui.experiments import BUGS, compared

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

LEARNED = {"key": "jobs.ended.target", "values": {"step": 1200, "minutes": 30, "times": 0}}


@pytest.fixture
def trainee(desk: BrowserContext, server: Server) -> Iterator[Trainee]:
    trainee = Trainee(desk.new_page(), server)
    yield trainee
    complaints = trainee.complaints()
    trainee.page.close()
    assert not complaints


@pytest.fixture
def watch(trainee: Trainee) -> Callable[[Told], Trainee]:
    """Open the page on a training that is told."""

    def opened(told: Told, **query: str) -> Trainee:
        trainee.page.route("**/lab/**", told.answer)
        return trainee.train(run=RUN, job=ID, **query)

    return opened


# State -> what its job says beside it, the buttons, the black one.
STATES: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "waiting": ({"place": 3, "of": 5, "wait_s": 40.0}, ["stop"], "stop"),
    "running": ({}, ["pause", "stop"], "pause"),
    "paused": ({}, ["resume", "stop"], "resume"),
    "failed": ({"left_s": None}, ["resume", "stop"], "resume"),
    "done": ({"run": RUN}, ["explore", "start"], "explore"),
    "target": ({"run": RUN, "message": LEARNED}, ["explore", "start"], "explore"),
    "stopped": ({"run": RUN}, ["explore", "start"], "explore"),
    "diverged": ({"run": RUN}, ["explore", "start"], "explore"),
    "timeout": ({"run": RUN}, ["explore", "start"], "explore"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_state_has_its_buttons_and_one_of_them_is_black(watch: Callable[..., Trainee], state: str) -> None:
    change, deeds, black = STATES[state]
    trainee = watch(Told(state=state, change=change))
    expect(trainee.deed(black)).to_have_class("black")
    assert trainee.deeds() == deeds
    assert trainee.lab.locator(BLACK).count() == 1
    told = trainee.part("sentence").inner_text()
    assert told
    assert not told.startswith(("train.", "jobs.")), "a key is no sentence"
    if change.get("message"):
        expect(trainee.part("news")).to_have_text(say(LEARNED["key"], **LEARNED["values"]))


def test_somebody_elses_training_has_no_controls(watch: Callable[..., Trainee]) -> None:
    trainee = watch(Told(mine=False))
    expect(trainee.part("news")).to_have_text(say("train.note.stranger"))
    assert trainee.deeds() == ["start"]
    expect(trainee.part("frames").locator("[data-step]").last).to_be_visible()


def test_states_follow_each_other_without_a_box_that_moves(watch: Callable[..., Trainee]) -> None:
    told = Told(state="waiting", until=-1, change=STATES["waiting"][0])
    trainee = watch(told)
    before = trainee.boxes()
    for until, state in ((64, "running"), (724, "running"), (1200, "target")):
        told.until, told.state, told.change = until, state, STATES[state][0]
        expect(trainee.part("slider")).to_have_attribute("aria-valuenow", str(until))
        now = trainee.boxes()
        kept = ("controls", "chart", "slider", "strip", "frames", "events", "heads", "says", "before")
        assert {part: now[part] for part in kept} == {part: before[part] for part in kept}, (until, state)


def test_the_cursor_follows_until_a_person_scrubs_and_again_when_asked(watch: Callable[..., Trainee]) -> None:
    told = Told(until=64)
    trainee = watch(told)
    trainee.wait_cursor(64)
    told.until = 128
    trainee.wait_cursor(128)
    expect(trainee.part("follow")).to_be_hidden()
    trainee.press("ArrowLeft", "ArrowLeft")
    trainee.wait_cursor(64)
    told.until = 256
    expect(trainee.part("frames").locator('[data-step="256"]')).to_be_visible()
    assert trainee.cursor() == 64, "whoever looks at something is left alone"
    trainee.part("follow").click()
    trainee.wait_cursor(256)
    told.until = 512
    trainee.wait_cursor(512)


def test_it_asks_only_while_a_training_works_and_only_for_what_is_new(watch: Callable[..., Trainee]) -> None:
    told = Told(until=128)
    trainee = watch(told)
    trainee.wait_cursor(128)
    told.until, told.state, told.change = 1200, "target", {"run": RUN}
    expect(trainee.deed("explore")).to_be_visible()
    trainee.wait_film()
    lines = [url.split("line=")[1].split("&")[0] for url in trainee.requests if f"/lab/jobs/{ID}" in url]
    assert lines == sorted(lines, key=int)
    assert lines[0] == "0"
    assert int(lines[-1]) >= sum(line["step"] <= 128 for line in told.lines)
    trainee.page.wait_for_timeout(700)
    asked = len(trainee.requests)
    trainee.page.wait_for_timeout(1500)
    assert len(trainee.requests) == asked, "what is over is not asked about"


def test_a_lost_line_is_said_and_nothing_is_lost(trainee: Trainee) -> None:
    told = Told(until=128)
    trainee.page.route("**/lab/**", told.answer)
    trainee.train(run=RUN, job=ID)
    trainee.wait_cursor(128)
    told.lost = True
    expect(trainee.part("news")).to_have_text(say("train.lost"))
    trainee.press("ArrowLeft")
    trainee.wait_cursor(91)
    told.lost, told.until = False, 256
    expect(trainee.part("frames").locator('[data-step="256"]')).to_be_visible()
    expect(trainee.part("news")).not_to_have_text(say("train.lost"))
    trainee.console = [line for line in trainee.console if "ERR_" not in line]


def test_pausing_and_stopping_are_asked_once_and_said(watch: Callable[..., Trainee]) -> None:
    told = Told(until=64)
    trainee = watch(told)
    trainee.wait_cursor(64)
    trainee.deed("pause").dblclick()
    told.state, told.change = "paused", {"says": {"key": "jobs.says.paused", "values": {"step": 64, "steps": 1200}}}
    expect(trainee.deed("resume")).to_be_visible()
    assert told.posted[0] == (f"/lab/jobs/{ID}", {"wish": "pause"})
    expect(trainee.part("sentence")).to_have_text(say("jobs.says.paused", step=64, steps=1200))
    trainee.press(" ")
    expect(trainee.deed("resume")).to_be_enabled()
    assert told.posted[-1][1] == {"wish": "resume"}


def test_a_refusal_is_a_sentence_and_the_next_click_is_heard(trainee: Trainee) -> None:
    told = Told(refuses={"/lab/jobs": (429, "jobs.refuse.busy", {})})
    trainee.page.route("**/lab/**", told.answer)
    trainee.train(run=RUN)
    expect(trainee.deed("start")).to_be_enabled()
    trainee.deed("start").click()
    expect(trainee.part("news")).to_have_text(say("jobs.refuse.busy"))
    expect(trainee.deed("start")).to_be_enabled()
    trainee.console = [line for line in trainee.console if "429" not in line]


def test_what_cannot_be_trained_says_so_before_start(trainee: Trainee) -> None:
    values = {"needs": "1.4", "most": "1.0", "field": "batch", "nearest": 48}
    told = Told(refuses={"/lab/plan": (422, "jobs.refuse.memory", values)})
    trainee.page.route("**/lab/**", told.answer)
    trainee.train(run=RUN)
    named = {**values, "field": say("train.field.batch")}
    expect(trainee.part("before")).to_contain_text(say("jobs.refuse.memory", **named))
    expect(trainee.deed("start")).to_be_disabled()


def test_every_bug_is_trained_beside_the_normal_one_of_the_same_seed(trainee: Trainee) -> None:
    told = Told(state="target", change={"run": RUN})
    trainee.page.route("**/lab/**", told.answer)
    trainee.train(run=RUN)
    known = [field.name for field in dataclasses.fields(Recipe)]
    trainee.part("bugs").locator("summary").click()
    for bug in BUGS:
        trainee.lab.locator(f"[data-bug={bug}]").check()
        expect(trainee.part("bugs")).to_contain_text(say(f"bugs.{bug}.watch"))
        told.posted.clear()
        with trainee.page.expect_response(lambda answer: answer.request.method == "POST" and len(told.posted) == 2):
            trainee.deed("start").click()
        bugged, normal = ({name: sent["recipe"][name] for name in known} for _, sent in told.posted)
        assert compared(Recipe(**normal), bug) == (Recipe(**normal), Recipe(**bugged))
        assert told.posted[0][1]["token"] != told.posted[1][1]["token"]
        trainee.lab.locator(f"[data-bug={bug}]").uncheck()
