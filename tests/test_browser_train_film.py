"""The film of a finished training: it shows what was measured, moves without the server, and everybody can read it."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect
from safetensors.numpy import load_file

from reader import DESK, say
from serving import Server
from test_browser_looks import VOICE, assert_large, assert_readable
from trainee import Trainee, steps_of, written_by
from transformer.runs import find_run, load_run
from transformer.tasks import TASKS
from transformer.training import Recipe
from ui import i18n
from ui.own_data import MOST_MB

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

RUN = "fr"
BLOCK, HEAD = "decoder.1.cross_attn", 2
RAMP = [(0xFA, 0xF8, 0xFD), (0xDD, 0xD0, 0xF1), (0xB3, 0x97, 0xDF), (0x7E, 0x50, 0xC2), (0x3B, 0x16, 0x75)]

# What the cursor and the button say while the film is played, one after the other: each for less than half a second.
REMEMBER_PLAYING = """(lab) => {
  const [slider, play] = ['slider', 'play'].map((part) => lab.querySelector(`[data-part=${part}]`));
  const look = () => [Number(slider.getAttribute('aria-valuenow')), play.textContent];
  window.walked = [];
  const note = () => String(window.walked.at(-1)) === String(look()) || window.walked.push(look());
  new MutationObserver(note).observe(lab, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def opened(desk: BrowserContext, server: Server) -> Iterator[Trainee]:
    trainee = Trainee(desk.new_page(), server)
    trainee.train(run=RUN, h=f"{BLOCK}.{HEAD}").wait_film()
    yield trainee
    trainee.page.close()


@pytest.fixture
def trainee(opened: Trainee) -> Iterator[Trainee]:
    """Sit down before the last picture of a shipped run; at the end there may be nothing to complain about."""
    opened.page.bring_to_front()
    if opened.tried_again():
        opened.train(run=RUN, h=f"{BLOCK}.{HEAD}").wait_film()
    opened.forget()
    opened.press("End")
    yield opened
    assert not opened.complaints()


@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Trainee]:
    trainee = Trainee(desk.new_page(), server)
    yield trainee
    trainee.page.close()


@pytest.fixture
def newcomer(window: Trainee) -> Iterator[Trainee]:
    """Sit down before an empty window."""
    window.forget()
    window.expected.clear()
    yield window
    complaints = window.complaints()
    window.page.set_viewport_size(DESK["viewport"])
    assert not complaints


def pixels(trainee: Trainee, selector: str) -> np.ndarray:
    """Read the bitmap of a canvas, (row, column, rgb)."""
    read = """(canvas) => {
      const { width, height } = canvas;
      return [height, width, [...canvas.getContext('2d').getImageData(0, 0, width, height).data]];
    }"""
    height, width, values = trainee.lab.locator(selector).evaluate(read)
    return np.array(values).reshape(height, width, 4)[..., :3]


def colours(weights: np.ndarray) -> np.ndarray:
    """Give the violet of each weight, from the five colours of the design."""
    at = np.linspace(0, 1, len(RAMP))
    return np.stack([np.interp(weights, at, [stop[i] for stop in RAMP]) for i in range(3)], axis=-1)


def test_the_page_opens_with_the_film_of_the_shipped_run(trainee: Trainee) -> None:
    steps, results = steps_of(RUN), load_run(RUN).info["results"]
    assert trainee.cursor() == steps[-1]
    frames = trainee.strip()
    assert len(frames) == 11
    assert set(frames) <= set(steps)
    assert (frames[0], frames[-1]) == (steps[0], steps[-1])
    expect(trainee.part("sentence")).to_contain_text(f"{results['steps_done']:,}")
    assert trainee.deeds() == ["start", "explore"]


@pytest.mark.parametrize("block", ["encoder.0.self_attn", "decoder.1.self_attn", BLOCK])
def test_each_cell_has_the_colour_of_its_weight_and_the_mask_is_hatched(trainee: Trainee, block: str) -> None:
    step = steps_of(RUN)[-4]
    trainee.part("frames").locator(f'[data-step="{step}"]').click()
    maps = load_file(find_run(RUN) / "snapshots" / f"{step:06d}.safetensors")[f"0.{block}.weights"] / 255
    for head, weights in enumerate(maps):
        picture = pixels(trainee, f'[data-block="{block}"][data-head="{head}"] canvas')
        rows, cols = weights.shape
        y = ((np.arange(rows) + 0.5) * picture.shape[0] / rows).astype(int)
        x = ((np.arange(cols) + 0.5) * picture.shape[1] / cols).astype(int)
        seen = picture[np.ix_(y, x)]
        allowed = np.tri(rows, cols, dtype=bool) if block == "decoder.1.self_attn" else np.ones((rows, cols), bool)
        assert np.abs(seen - colours(weights))[allowed].max() <= 2
        hatched = picture[: y[0] + 1, x[2] :].reshape(-1, 3)  # the first row of a masked map may look at one word
        if not allowed.all():
            assert not (hatched[:, 2] > hatched[:, 1] + 24).any(), "no violet where the mask forbids"


def test_scrubbing_moves_all_pictures_together_and_asks_nobody(trainee: Trainee) -> None:
    steps = steps_of(RUN)
    before = trainee.messages()
    trainee.press("ArrowLeft")
    trainee.wait_cursor(steps[-2])
    expect(trainee.part("heads").locator("h3")).to_have_text(say("train.heads.title", n=24, step=steps[-2]))
    expect(trainee.part("says").locator("h3")).to_have_text(say("train.says.title", step=steps[-2]))
    said = {line["step"]: [one["said"] for one in line["outputs"]] for line in written_by(RUN) if "outputs" in line}
    for step in trainee.strip()[-3:]:
        trainee.part("frames").locator(f'[data-step="{step}"]').click()
        trainee.wait_cursor(step)
        expect(trainee.part("says").locator("li .said")).to_have_text(said[step])
    trainee.press("Home")
    trainee.wait_cursor(0)
    expect(trainee.part("heads").locator(".badge")).to_have_text(say("train.heads.random"))
    box = trainee.part("slider").bounding_box()
    assert box
    trainee.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert trainee.cursor() in steps
    assert 0 < trainee.cursor() < steps[-1]
    trainee.press("3", "ArrowUp", "ArrowDown", "t", "t")
    expect(trainee.part("twin")).to_be_hidden()
    assert trainee.messages() == before


def test_play_walks_to_the_last_picture_and_stops(trainee: Trainee) -> None:
    steps = steps_of(RUN)
    trainee.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    trainee.lab.evaluate(REMEMBER_PLAYING)
    trainee.press(" ")
    trainee.wait_cursor(steps[-1])
    expect(trainee.part("play")).to_have_text(say("train.strip.play"))
    walked = trainee.page.evaluate("() => window.walked")
    assert walked == [
        *([step, say("train.strip.pause")] for step in steps[-4:-1]),
        [steps[-1], say("train.strip.play")],
    ]


def test_the_table_holds_the_numbers_of_the_run(trainee: Trainee) -> None:
    trainee.press("t")
    expect(trainee.part("twin")).to_be_visible()
    rows, written = trainee.part("twin").locator("tbody tr").all_inner_texts(), written_by(RUN)
    assert len(rows) == len(written)
    for row, line in zip(rows, written, strict=True):
        cells = row.split("\t")
        assert cells[0] == f"{line['step']:,}"
        assert cells[1] == (f"{line['valid_loss']:.3f}" if "valid_loss" in line else "")
    trainee.press("t")


def test_only_settings_that_can_work_are_offered(trainee: Trainee) -> None:
    """Whatever is chosen from the lists makes a model: d_model over heads comes out even, positions get their pairs."""
    vocabularies = TASKS[RUN].vocabularies()
    values = "(select) => [...select.options].map((option) => option.value)"
    for position in trainee.field("position").evaluate(values):
        trainee.field("position").select_option(position)
        for heads in trainee.field("heads").evaluate(values):
            trainee.field("heads").select_option(heads)
            for width in trainee.field("d_model").evaluate(values):
                recipe = Recipe(task=RUN, position=position, heads=int(heads), d_model=int(width))
                recipe.config(vocabularies)
    for name, value in (("position", "sinusoidal"), ("heads", "4"), ("d_model", "64")):
        trainee.field(name).select_option(value)


def test_a_number_that_cannot_be_says_which_can_and_the_old_one_stays(trainee: Trainee) -> None:
    before = trainee.field("steps").input_value()
    for wrong in ("-3", "1.5", "many", "99999999", ""):
        trainee.type_in("steps", wrong)
        expect(trainee.part("news")).to_contain_text(say("train.field.steps"))
        expect(trainee.field("steps")).to_have_value(before)
    trainee.type_in("learning_rate", "0,004")
    expect(trainee.field("learning_rate")).to_have_value("0.004")
    trainee.wait_address(r_learning_rate="0.004")
    trainee.type_in("learning_rate", Recipe().learning_rate)


def test_a_link_says_what_is_looked_at_and_what_is_chosen(newcomer: Trainee) -> None:
    steps = steps_of("copy")
    link = {"film": "copy", "at": str(steps[5]), "h": "encoder.0.self_attn.1", "c": "rate", "p": "1"}
    newcomer.train(task="copy", r_heads="4", r_seed="77", r_batch="bad", bugs="no_positions,nonsense", **link)
    newcomer.wait_cursor(steps[5])
    pressed = newcomer.part("heads").locator("[aria-pressed=true]")
    expect(pressed).to_have_attribute("data-block", "encoder.0.self_attn")
    expect(pressed).to_have_attribute("data-head", "1")
    expect(newcomer.part("pictures").locator("[aria-pressed=true]")).to_have_attribute("data-picture", "rate")
    expect(newcomer.part("probes").locator("[aria-pressed=true]")).to_have_attribute("data-probe", "1")
    expect(newcomer.part("tasks").locator("[aria-pressed=true]")).to_have_attribute("data-task", "copy")
    assert newcomer.field("heads").input_value() == "4"
    assert newcomer.field("seed").input_value() == "77"
    newcomer.wait_address(at=str(steps[5]), r_seed="77", bugs="no_positions", r_batch=None)


def test_an_unknown_training_is_said_and_the_page_is_not_empty(newcomer: Trainee) -> None:
    newcomer.expected.append("404")
    newcomer.train(run=RUN, job="ffffffffffff")
    expect(newcomer.part("news")).to_have_text(say("jobs.refuse.job"))
    newcomer.wait_film()


FOLDS = ("more", "bugs")


def look_around(trainee: Trainee, check: Callable[[str], None]) -> None:
    """Go through what the page can show of a finished training; a panel that covers others is checked alone."""
    check("")
    trainee.part("pictures").locator("[data-picture=gradient]").click()
    for fold in FOLDS:
        trainee.part(fold).locator("summary").click()
    check("")
    for fold in FOLDS:
        trainee.part(fold).locator("summary").click()
    trainee.press("t")
    expect(trainee.part("twin")).to_be_visible()
    check("")
    trainee.press("t", "?")
    expect(trainee.part("help")).to_be_visible()
    check("[data-part=help]")
    trainee.press("Escape")
    trainee.lab.locator("[data-task=own]").click()
    expect(trainee.part("pairs")).to_contain_text(str(MOST_MB))
    check("")


DARK = pytest.param("dark", marks=pytest.mark.full)  # the colours of both grounds are counted in test_browser_looks


@pytest.mark.parametrize("scheme", ["light", DARK])
def test_every_text_is_large_enough_and_can_be_read_on_its_ground(newcomer: Trainee, scheme: Any) -> None:
    newcomer.page.emulate_media(color_scheme=scheme)
    newcomer.train(run="copy").wait_film()
    expect(newcomer.part("before")).to_contain_text("MB")

    def check(within: str) -> None:
        assert_large(newcomer, 13)
        assert_readable(newcomer, within)

    look_around(newcomer, check)
    newcomer.page.emulate_media(color_scheme="light")


def test_on_the_projector_one_thing_is_shown_and_no_text_is_smaller_than_20_pixels(newcomer: Trainee) -> None:
    newcomer.page.set_viewport_size({"width": 1280, "height": 720})
    newcomer.train(run="reverse", projector="true").wait_film()
    for screen in newcomer.part("screens").locator("[data-screen-name]").all():
        screen.click()
        assert_large(newcomer, 20)
        fits = newcomer.lab.evaluate("(lab) => lab.getBoundingClientRect().bottom <= innerHeight + 1")
        assert fits, screen.inner_text()
    newcomer.press("?")
    expect(newcomer.part("help")).to_be_visible()
    assert_large(newcomer, 20)


def test_nothing_is_wider_than_the_window(newcomer: Trainee) -> None:
    newcomer.train(run=RUN).wait_film()
    for width, shape in ((1440, "wide"), (1100, "narrow")):
        newcomer.page.set_viewport_size({"width": width, "height": 900})
        expect(newcomer.lab).to_have_attribute("data-shape", shape)
        assert newcomer.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        outside = newcomer.lab.evaluate("""(lab) => [...lab.querySelectorAll('*')]
          .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1).length""")
        assert outside == 0


def test_a_chinese_page_is_in_chinese(newcomer: Trainee) -> None:
    chinese, english = i18n.words("zh"), i18n.words("en")
    examples = [example for task in TASKS.values() if (example := task.answer(task.chips()[0]))]
    kept = [*chinese.values(), *(f"{one.src} {one.tgt}" for one in examples), *load_run("copy").src_vocab.tokens]
    kept += [field.name for field in dataclasses.fields(Recipe)]
    for line in written_by("copy"):
        answers = [text for one in line.get("outputs", []) for text in (one["src"], one["tgt"], one["said"])]
        kept += [line.get("probe", ""), *answers]
    kept += ["head query key weights language english esc pagedown pageup space home end mb hello attention"]
    allowed = set(re.findall(r"[a-z]{2,}", re.sub(r"\{\w+\}", " ", " ".join(kept)).lower()))
    foreign = {text for key, text in english.items() if chinese[key] != text and len(text) > 5 and "{" not in text}
    foreign -= {*i18n.LANGUAGES.values(), *chinese.values()}

    def check(_: str) -> None:
        for said in newcomer.lab.evaluate(VOICE):
            assert said not in foreign
            assert not set(re.findall(r"[a-z]{2,}", said.lower())) - allowed, said

    newcomer.train(run="copy", lang="zh").wait_film()
    look_around(newcomer, check)
