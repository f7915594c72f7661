"""Every state of a training as a person sees it, told one by one: who may do what, and what the sentence says."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from reader import say
from serving import Server
from trainee import BLACK, ID, RUN, Told, Trainee, steps_of
from transformer.training import Recipe
from ui.experiments import BUGS, compared

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

STEPS = steps_of(RUN)
EARLY, LATER, LATE, LAST = STEPS[8], STEPS[12], STEPS[18], STEPS[-1]
NO_MEMORY: dict[str, Any] = {"key": "jobs.ended.memory", "values": {"step": EARLY, "minutes": 30, "times": 0}}
LEARNED: dict[str, Any] = {"key": "jobs.ended.target", "values": {"step": LAST, "minutes": 30, "times": 0}}


@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Trainee]:
    trainee = Trainee(desk.new_page(), server)
    yield trainee
    trainee.page.close()


@pytest.fixture
def trainee(window: Trainee) -> Iterator[Trainee]:
    """Sit down before an empty window; at the end there may be nothing to complain about."""
    window.forget()
    window.expected.clear()
    yield window
    complaints = window.complaints()
    window.page.goto("about:blank")
    window.server_again()
    assert not complaints


@pytest.fixture
def watch(trainee: Trainee) -> Callable[[Told], Trainee]:
    """Open the page on a training that is told."""

    def opened(told: Told, **query: str) -> Trainee:
        trainee.hear(told)
        return trainee.train(run=RUN, job=ID, **query)

    return opened


# State -> what its job says beside it, the buttons, the black one.
STATES: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "waiting": ({"place": 3, "of": 5, "wait_s": 40.0}, ["stop"], "stop"),
    "running": ({}, ["pause", "stop"], "pause"),
    "paused": ({}, ["resume", "stop"], "resume"),
    "failed": ({"left_s": None, "message": NO_MEMORY}, ["resume", "stop"], "resume"),
    "done": ({"run": RUN}, ["explore", "start"], "explore"),
    "target": ({"run": RUN, "message": LEARNED}, ["explore", "start"], "explore"),
    "stopped": ({"run": RUN}, ["explore", "start"], "explore"),
    "diverged": ({"run": RUN}, ["explore", "start"], "explore"),
    "timeout": ({"run": RUN}, ["explore", "start"], "explore"),
}


def test_a_state_has_its_buttons_and_one_of_them_is_black(watch: Callable[..., Trainee]) -> None:
    told = Told()
    trainee = watch(told)

    def has_come(state: str) -> bool:
        trainee.come_back()
        return trainee.part("controls").get_attribute("data-state") == state

    for state, (change, deeds, black) in STATES.items():
        told.state, told.change = state, change
        trainee.until(lambda state=state: has_come(state))
        expect(trainee.deed(black)).to_have_class("black")
        assert trainee.deeds() == deeds, state
        assert trainee.lab.locator(BLACK).count() == 1, state
        sentence = trainee.part("sentence").inner_text()
        assert sentence, state
        assert not sentence.startswith(("train.", "jobs.")), "a key is no sentence"
        if message := change.get("message"):
            expect(trainee.part("news")).to_have_text(say(message["key"], **message["values"]))
    told.state, told.change, told.mine = "running", {}, False
    trainee.until(lambda: has_come("running"))
    expect(trainee.part("news")).to_have_text(say("train.note.stranger"))
    assert trainee.deeds() == ["start"], "somebody else's training has no controls"
    expect(trainee.part("frames").locator("[data-step]").last).to_be_visible()


def test_states_follow_each_other_without_a_box_that_moves(watch: Callable[..., Trainee]) -> None:
    told = Told(state="waiting", until=-1, change=STATES["waiting"][0])
    trainee = watch(told)
    before = trainee.boxes()
    for until, state in ((EARLY, "running"), (LATE, "running"), (LAST, "target")):
        told.until, told.state, told.change = until, state, STATES[state][0]
        trainee.wait_cursor(until)
        now = trainee.boxes()
        kept = ("controls", "chart", "slider", "strip", "frames", "events", "heads", "says", "before")
        assert {part: now[part] for part in kept} == {part: before[part] for part in kept}, (until, state)


@pytest.mark.full
def test_the_cursor_follows_until_a_person_scrubs_and_again_when_asked(watch: Callable[..., Trainee]) -> None:
    told = Told(until=EARLY)
    trainee = watch(told)
    trainee.wait_cursor(EARLY)
    told.until = LATER
    trainee.wait_cursor(LATER)
    expect(trainee.part("follow")).to_be_hidden()
    trainee.press("ArrowLeft", "ArrowLeft")
    before = STEPS[STEPS.index(LATER) - 2]
    trainee.wait_cursor(before)
    told.until = LATE
    expect(trainee.part("frames").locator(f'[data-step="{LATE}"]')).to_be_visible()
    assert trainee.cursor() == before, "whoever looks at something is left alone"
    trainee.part("follow").click()
    trainee.wait_cursor(LATE)
    trainee.press("ArrowLeft", "f")
    told.until = LAST
    trainee.wait_cursor(LAST)


def test_it_asks_only_while_a_training_works_and_only_for_what_is_new(watch: Callable[..., Trainee]) -> None:
    told = Told(until=LATER)
    trainee = watch(told)
    trainee.wait_cursor(LATER)
    told.until, told.state, told.change = LAST, "target", {"run": RUN}
    expect(trainee.deed("explore")).to_be_visible()
    trainee.wait_film()
    lines = [url.split("line=")[1].split("&")[0] for url in trainee.requests if f"/lab/jobs/{ID}" in url]
    assert lines == sorted(lines, key=int)
    assert lines[0] == "0"
    assert int(lines[-1]) >= sum(line["step"] <= LATER for line in told.lines)
    roads = ("/lab/jobs/", "/lab/film", "/lab/history")
    asked = [trainee.asked(road) for road in roads]
    trainee.page.wait_for_timeout(1500)  # three times as long as between two questions
    assert [trainee.asked(road) for road in roads] == asked, "what is over is not asked about"


def test_a_lost_line_is_said_and_nothing_is_lost(watch: Callable[..., Trainee]) -> None:
    told = Told(until=LATER)
    trainee = watch(told)
    trainee.wait_cursor(LATER)
    before = STEPS[STEPS.index(LATER) - 1]
    others = trainee.part("frames").locator("[data-step]").nth(1)
    expect(others).to_be_visible()  # the last picture comes before them
    trainee.expected.append("ERR_CONNECTION_FAILED")
    told.lost = True
    expect(trainee.part("news")).to_have_text(say("train.lost"))
    trainee.press("ArrowLeft")
    trainee.wait_cursor(before)
    told.lost, told.until = False, LATE
    expect(trainee.part("frames").locator(f'[data-step="{LATE}"]')).to_be_visible()
    expect(trainee.part("news")).not_to_have_text(say("train.lost"))


def test_pausing_and_stopping_are_asked_once_and_said(watch: Callable[..., Trainee]) -> None:
    told = Told(until=EARLY)
    trainee = watch(told)
    trainee.wait_cursor(EARLY)
    trainee.deed("pause").dblclick()
    values: dict[str, Any] = {"step": EARLY, "steps": LAST}
    told.state, told.change = "paused", {"says": {"key": "jobs.says.paused", "values": values}}
    expect(trainee.deed("resume")).to_be_visible()
    assert told.posted == [(f"/lab/jobs/{ID}", {"wish": "pause"})]
    expect(trainee.part("sentence")).to_have_text(say("jobs.says.paused", **values))
    expect(trainee.deed("resume")).to_be_enabled()
    trainee.press(" ")
    expect(trainee.deed("resume")).to_be_enabled()
    assert told.posted[1:] == [(f"/lab/jobs/{ID}", {"wish": "resume"})]


def test_a_refusal_is_a_sentence_and_the_next_click_is_heard(trainee: Trainee) -> None:
    told = Told(refuses={"/lab/jobs": (429, "jobs.refuse.busy", {})})
    trainee.hear(told)
    trainee.expected.append("429")
    trainee.train(run=RUN)
    trainee.deed("start").click()
    expect(trainee.part("news")).to_have_text(say("jobs.refuse.busy"))
    expect(trainee.deed("start")).to_be_enabled()
    values = {"needs": "1.4", "most": "1.0", "field": "batch", "nearest": 48}
    told.refuses = {"/lab/plan": (422, "jobs.refuse.memory", values)}
    trainee.type_in("seed", 5)
    named = {**values, "field": say("train.field.batch")}
    expect(trainee.part("before")).to_contain_text(say("jobs.refuse.memory", **named))
    expect(trainee.deed("start")).to_be_disabled()


def test_the_same_start_is_that_of_the_training_shown_and_a_new_seed_is_another(watch: Callable[..., Trainee]) -> None:
    told = Told(state="target", change={"run": RUN}, recipe={"seed": 7})
    trainee = watch(told)
    trainee.type_in("seed", 3)
    for deed in ("same", "new"):
        with trainee.page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/lab/jobs")):
            trainee.deed(deed).click()
        expect(trainee.deed("explore")).to_be_enabled()
    same, new = (sent["recipe"]["seed"] for _, sent in told.posted)
    assert same == 7
    assert new not in (3, 7)


FEW = (
    "no_positions",
    "one_head",
    "no_warmup",
)  # one that lacks nothing, one that needs more, one that needs two things


@pytest.mark.parametrize("bugs", [FEW, pytest.param(tuple(BUGS), marks=pytest.mark.full)], ids=["few", "all"])
def test_every_bug_is_trained_beside_the_normal_one_of_the_same_seed(trainee: Trainee, bugs: tuple[str, ...]) -> None:
    told = Told(state="target", change={"run": RUN})
    trainee.hear(told)
    trainee.train(run=RUN)
    known = [field.name for field in dataclasses.fields(Recipe)]
    trainee.part("bugs").locator("summary").click()
    for bug in bugs:
        trainee.lab.locator(f"[data-bug={bug}]").check()
        expect(trainee.part("bugs")).to_contain_text(say(f"bugs.{bug}.watch"))
        told.posted.clear()
        with trainee.page.expect_response(lambda answer: answer.request.method == "POST" and len(told.posted) == 2):
            trainee.deed("start").click()
        bugged, normal = ({name: sent["recipe"][name] for name in known} for _, sent in told.posted)
        assert compared(Recipe(**normal), bug) == (Recipe(**normal), Recipe(**bugged))
        assert told.posted[0][1]["token"] != told.posted[1][1]["token"]
        trainee.lab.locator(f"[data-bug={bug}]").uncheck()
