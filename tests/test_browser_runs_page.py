"""The Runs page in a real browser: the list and what can be done with it, two models side by side, a class."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Route, expect
from safetensors.numpy import load_file

from archives import rezip
from models import in_ci
from reader import DESK, REMEMBER_WRITING, Reader, say
from test_archive import make_run
from test_browser_looks import assert_large, assert_readable
from transformer import runs
from transformer.config import ModelConfig
from transformer.run_files.archive import pack_run
from transformer.runs import load_run
from ui import i18n

if TYPE_CHECKING:
    from ownserver import Lab

pytest_plugins = ["windows", "ownserver"]
pytestmark = pytest.mark.browser

Person = Callable[..., Reader]
JSON = {"X-Lab": "1", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def window(chromium: Browser, lab: "Lab") -> Iterator[Reader]:
    """One person with one window for most tests: our files are fetched once, and it is opened once."""
    context = chromium.new_context(**DESK)
    context.add_init_script(REMEMBER_WRITING)
    yield Reader(context.new_page(), lab.server)
    context.close()


@pytest.fixture
def anna(window: Reader) -> Iterator[Reader]:
    """Sit down at this window; at the end there may be nothing to complain about."""
    window.page.bring_to_front()  # a window behind another one draws a frame a second
    window.forget()
    yield window
    complaints = [line for line in window.complaints() if "status of 4" not in line]
    window.page.emulate_media(color_scheme="light")
    window.page.set_viewport_size(DESK["viewport"])
    assert not complaints


def look(reader: Reader, **query: str) -> Reader:
    reader.goto("/runs?" + "&".join(f"{key}={value}" for key, value in {"lang": "en", **query}.items()))
    return reader


def compare(reader: Reader, a: str, b: str, **query: str) -> Reader:
    """Open a comparison by its link, and wait for both films."""
    look(reader, v="compare", a=a, b=b, **query)
    expect(reader.part("pair")).to_be_visible()
    return reader


def show(reader: Reader, tab: str) -> None:
    reader.part("tabs").locator(f"[data-tab={tab}]").click()
    expect(reader.lab).to_have_attribute("data-tab", tab)


def row(reader: Reader, name: str) -> Any:
    return reader.lab.locator(f'[data-run="{name}"]')


def menu(reader: Reader, name: str, what: str) -> None:
    row(reader, name).locator("summary").click()
    row(reader, name).locator(".menu").get_by_text(say(what), exact=True).click()


def bring(reader: Reader, data: bytes, file: str = "run.zip") -> None:
    content: Any = {"name": file, "mimeType": "application/zip", "buffer": data}
    reader.part("file").set_input_files(content)


def brought(reader: Reader, data: bytes) -> str:
    """Bring a run in as this visitor, without the mouse; whoever comes for the first time gets a cookie first."""
    reader.page.request.get(reader.server.url)
    answer = reader.page.request.post(f"{reader.server.url}/lab/archive", data=data, headers={"X-Lab": "1"})
    assert answer.ok, answer.text()
    return answer.json()["name"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return pack_run(make_run(tmp_path_factory.mktemp("packed") / "fr-12ab"))


# --- the list --------------------------------------------------------------------------------------------------------

LINES = """(lab) => Object.fromEntries([...lab.querySelectorAll('[data-run]')].map((line) => [line.dataset.run, {
  label: line.querySelector('.label').textContent,
  exact: line.querySelector('.of-exact b').textContent,
  says: line.textContent,
  remove: line.querySelector('.menu').lastElementChild.checkVisibility({ visibilityProperty: true }),
}]))"""


@pytest.mark.parametrize("lang", in_ci(["en"], i18n.LANGUAGES))
def test_the_list_says_of_each_run_what_is_true(anna: Reader, lang: str) -> None:
    look(anna, lang=lang, run="fr")
    lines = anna.lab.evaluate(LINES)
    for path in runs.SHIPPED_RUNS.iterdir():
        info, line = json.loads((path / "config.json").read_text()), lines[path.name]
        config, results = ModelConfig.from_dict(info["model"]), info["results"]
        assert line["label"] == i18n.words(lang)[f"run.{path.name}"]
        assert f"{config.n_encoder_layers}+{config.n_decoder_layers}" in line["says"]
        assert f"d {config.d_model}" in line["says"]
        assert f"{config.n_parameters:,}" in line["says"]
        assert f"{results['steps_done']:,}" in line["says"]
        exact = round(100 * results["exact_match"])
        assert line["exact"] == (">99%" if exact == 100 > 100 * results["exact_match"] else f"{exact}%")
        assert not line["remove"], "what came with the app stays"
    assert not re.search(r"\bruns\.[a-z]|undefined|NaN", anna.lab.inner_text())
    if lang == "en":
        row(anna, "reverse").get_by_text(say("runs.act.explore"), exact=True).click()
        anna.page.wait_for_url(re.compile(r"/\?.*run=reverse"))
        expect(anna.box).to_have_value(load_run("reverse").example)


def test_a_run_is_brought_in_named_carried_away_deleted_and_brought_back(
    person: Person, packed: bytes, lab: "Lab"
) -> None:
    anna = look(person())
    expect(anna.lab.locator("[data-part=list]")).to_contain_text(say("runs.none_yet"))
    bring(anna, packed)
    line = anna.lab.locator(".run.here")
    expect(line).to_be_visible()
    name = str(line.get_attribute("data-run"))
    expect(anna.lab.locator(".toast")).to_have_text(say("runs.bring.done", name=name))

    menu(anna, name, "runs.act.rename")
    field = line.locator("input")
    expect(field).to_be_focused()
    field.fill("<b>bold</b>")
    anna.page.keyboard.press("Enter")
    expect(anna.part("message")).to_have_text(say("runs.refuse.label", most=40))
    expect(field).to_be_visible()
    field.fill("Seed (2)")
    anna.page.keyboard.press("Enter")
    expect(line.locator(".label")).to_have_text("Seed (2)")
    expect(line.locator(".of-name .under")).to_contain_text(name)
    expect(anna.part("message")).to_have_text("")

    row(anna, name).locator("summary").click()
    with anna.page.expect_download() as download:
        row(anna, name).get_by_text(say("runs.act.carry"), exact=True).click()
    assert download.value.suggested_filename == f"{name}.zip"
    assert download.value.path().read_bytes() == packed

    before = line.bounding_box()
    menu(anna, name, "runs.act.remove")
    expect(line).to_contain_text(say("runs.gone"))
    after = line.bounding_box()
    assert before and after and (before["y"], before["height"]) == (after["y"], after["height"]), "nothing jumps"
    assert not (lab.runs / name).exists()
    line.get_by_role("button", name=say("runs.undo")).click()
    expect(line.locator(".label")).to_have_text("Seed (2)")
    expect(line).not_to_contain_text(say("runs.gone"))
    assert (lab.runs / name / "manifest.json").exists()

    menu(anna, name, "runs.act.remove")
    expect(line).to_contain_text(say("runs.gone"))
    look(anna)
    thrown = anna.lab.locator(".thrown", has_text="Seed (2)")
    thrown.get_by_role("button", name=say("runs.undo")).click()
    expect(row(anna, name).locator(".label")).to_have_text("Seed (2)")


def test_what_is_no_run_is_refused_in_a_sentence(anna: Reader, packed: bytes, tmp_path: Path) -> None:
    look(anna)
    for data, key in (
        (b"step,loss", "no_zip"),
        (packed[:-100], "unusual"),
        (rezip(packed, lambda files: files.update({"../x": b"?"})), "foreign"),
    ):
        bring(anna, data)
        expect(anna.part("message")).to_have_text(say(f"runs.archive.{key}", most=20))
    bring(anna, rezip(packed, lambda files: files.update({"config.json": b"{}"})))
    why = say("runs.why.damaged", file="config.json")
    expect(anna.part("message")).to_have_text(say("runs.archive.no_run", said=why))
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate((20 << 20) + 1)
    anna.part("file").set_input_files(tmp_path / "large.zip")
    expect(anna.part("message")).to_have_text(say("runs.archive.large", most=20))
    expect(anna.lab.locator(".run.here")).to_have_count(0)


def test_what_is_heard_of_an_earlier_file_does_not_hide_the_word_about_the_last(anna: Reader, tmp_path: Path) -> None:
    """The first answer is held back until the second file is refused, and the list that follows it until the end."""
    look(anna)
    held: list[Route] = []
    anna.page.route("**/lab/archive", lambda route: held.append(route))
    with anna.page.expect_request("**/lab/archive"):
        bring(anna, b"step,loss")
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate((20 << 20) + 1)
    anna.part("file").set_input_files(tmp_path / "large.zip")
    expect(anna.part("message")).to_have_text(say("runs.archive.large", most=20))
    with anna.page.expect_response("**/lab/runs"):  # after a refusal the page looks again at what there is
        held[0].continue_()
    anna.page.unroute_all()
    expect(anna.part("message")).to_have_text(say("runs.archive.large", most=20))
    anna.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(anna.part("message")).to_have_text(say("runs.archive.large", most=20))


def test_two_windows_delete_the_same_run(anna: Reader, person: Person, packed: bytes) -> None:
    name = brought(anna, packed)
    look(anna)
    second = look(person(anna))
    for window in (anna, second):
        window.page.bring_to_front()
        menu(window, name, "runs.act.remove")
        expect(row(window, name)).to_contain_text(say("runs.gone"))
        expect(window.part("message")).to_have_text("")
    for window in (second, anna):
        window.page.bring_to_front()
        row(window, name).get_by_role("button", name=say("runs.undo")).click()
        expect(row(window, name)).not_to_contain_text(say("runs.gone"))
    menu(anna, name, "runs.act.rename")
    second.page.bring_to_front()
    menu(second, name, "runs.act.remove")
    expect(row(second, name)).to_contain_text(say("runs.gone"))
    anna.page.bring_to_front()
    anna.page.keyboard.press("Enter")
    expect(anna.part("message")).to_have_text(say("runs.refuse.gone", name=name))
    expect(row(anna, name)).to_have_count(0)


@pytest.mark.full
def test_a_run_that_is_deleted_while_it_is_open_in_explore(anna: Reader, person: Person) -> None:
    name = brought(anna, pack_run(runs.SHIPPED_RUNS / "copy"))
    window = person(anna)
    window.goto(f"/?run={name}&lang=en")
    anna.page.bring_to_front()
    look(anna)
    menu(anna, name, "runs.act.remove")
    expect(row(anna, name)).to_contain_text(say("runs.gone"))
    window.page.bring_to_front()
    window.enter("hello")
    expect(window.page.locator("body")).to_contain_text(re.compile("no run named|not here"))
    window.goto("/?lang=en")
    expect(window.part("src")).to_be_visible()


@pytest.fixture
def broken(lab: "Lab") -> Iterator[None]:
    """A folder may hold anything."""
    folder = make_run(lab.runs / "by-hand")
    told = json.loads((folder / "config.json").read_text())
    told["task"] = "<img src=x onerror=alert(1)> **b** \u202eabc"
    (folder / "config.json").write_text(json.dumps(told))
    yield
    shutil.rmtree(folder)


@pytest.mark.usefixtures("broken")
def test_names_and_reasons_are_text(anna: Reader) -> None:
    """It is shown as it is written, in the reader's language, and never obeyed."""
    for lang in i18n.LANGUAGES:
        line = row(look(anna, lang=lang), "by-hand")
        expect(line).to_contain_text(say("runs.broken", lang))
        expect(line).to_contain_text(say("runs.why.damaged", lang, file="config.json"))
        expect(line).to_contain_text("<img src=x onerror=alert(1)>")
        expect(line).to_contain_text("U+202E")
        expect(line).to_contain_text(say("runs.nobodys", lang))
        assert anna.lab.locator("img").count() == 0


# --- two models ------------------------------------------------------------------------------------------------------

TWIN = """(lab) => [...lab.querySelectorAll('.twins > :first-child tbody tr')]
  .map((row) => [...row.cells].map((cell) => cell.textContent))"""


def film(run: str, step: int) -> dict[str, np.ndarray]:
    arrays = load_file(runs.SHIPPED_RUNS / run / "snapshots" / f"{step:06d}.safetensors")
    return {name: array.astype(float) / 255 for name, array in arrays.items()}


def numbers(reader: Reader) -> list[tuple[float, ...]]:
    """Read the table twin: A, B, difference of every cell, which stand after its query and key."""
    return [tuple(float(cell.replace("\u2212", "-")) for cell in cells[2:]) for cells in reader.lab.evaluate(TWIN)]


def test_a_difference_is_the_difference_of_the_films(anna: Reader) -> None:
    compare(
        anna,
        "reverse",
        "reverse",
        **{"as": "0"},
        bh="decoder.1.cross_attn~0",
        ah="decoder.1.cross_attn~0",
    )
    steps = sorted(int(path.stem) for path in (runs.SHIPPED_RUNS / "reverse" / "snapshots").iterdir())
    before, after = (film("reverse", step)["0.decoder.1.cross_attn.weights"][0] for step in (steps[0], steps[-1]))
    anna.press("t")
    expect(anna.lab.locator(".twins")).to_be_visible()
    seen = numbers(anna)
    assert len(seen) == before.size
    wanted = sorted((after - before).reshape(-1), key=abs, reverse=True)
    np.testing.assert_allclose([one[2] for one in seen], wanted, atol=0.0051)
    for one, other, difference in seen:
        assert abs(other - one - difference) < 0.011
    np.testing.assert_allclose(sorted(one[0] for one in seen), sorted(before.reshape(-1)), atol=0.0051)
    anna.press("t")
    row_at, col_at = np.unravel_index(np.abs(after - before).argmax(), before.shape)
    a, b = before[row_at, col_at], after[row_at, col_at]
    expect(anna.part("said")).to_contain_text(f"A {a:.2f}, B {b:.2f}")


def test_comparing_says_nothing_to_the_server(anna: Reader) -> None:
    """Whatever is hidden by a key, the next key is heard: the keyboard is never left on what is not there any more."""
    compare(anna, "fr", "fr", **{"as": "0"})
    anna.hush()
    anna.forget()
    anna.lab.locator('.thumb[data-which="b"]').nth(3).click()
    anna.press("ArrowLeft", "ArrowLeft", ",", ".", ".", "ArrowDown", "x", "n", "t")
    expect(anna.lab.locator(".twins")).to_be_visible()
    expect(anna.lab).to_be_focused()
    anna.page.keyboard.press("t")
    expect(anna.part("heads")).to_be_visible()
    anna.lab.locator("[data-measure]").nth(1).click()
    anna.lab.locator("[data-probe]").nth(1).click()
    anna.wait_address(p="1")
    assert anna.messages() == []
    assert anna.address()["v"] == "compare"


def test_a_link_opens_the_same_comparison(anna: Reader) -> None:
    heads = {"ah": "encoder.1.self_attn~2", "bh": "encoder.0.self_attn~1"}
    compare(anna, "fr", "fr", **{"as": "16", "bs": "64", "m": "loss"}, **heads)
    expect(anna.lab.locator(".side-a .step-of")).to_have_text(say("runs.step_of", step=16, steps="1,200"))
    expect(anna.lab.locator(".side-b .step-of")).to_have_text(say("runs.step_of", step=64, steps="1,200"))
    pressed = anna.lab.locator(".thumb[aria-pressed=true]").all()
    found = {str(one.get_attribute("data-which")) + "h": one for one in pressed}
    assert {
        which: f"{one.get_attribute('data-block')}~{one.get_attribute('data-head')}" for which, one in found.items()
    } == heads
    expect(anna.lab.locator("[data-measure=loss]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    "query",
    [
        {"a": "../x", "as": "-1", "ah": "x~9", "m": "<b>", "z": "x", "bs": "1e3"},
        {"as": "99999999999", "ah": "decoder.77.cross_attn~99", "p": "9"},
        {"a": "nope", "b": "fr"},
    ],
)
def test_whatever_a_link_says_something_true_is_shown(anna: Reader, query: dict[str, str]) -> None:
    look(anna, v="compare", **query)
    if query.get("a") == "nope":
        expect(anna.lab.locator(".runs-compare .empty")).not_to_have_text(say("runs.compare.loading"))
    else:
        expect(anna.part("pair")).to_be_visible()


def test_models_that_read_other_sentences_are_not_subtracted(anna: Reader) -> None:
    compare(anna, "reverse", "fr")
    expect(anna.part("pair")).to_contain_text(say("runs.cannot.read.title"))
    expect(anna.lab.locator(".grid-block").first).to_contain_text(say("runs.heads.cannot"))
    expect(anna.lab.locator(".of-d canvas").first).to_be_hidden()
    anna.press("t")
    expect(anna.lab.locator(".twins > :first-child thead th").last).to_have_text("B")


@pytest.mark.full
def test_the_nearest_head_is_the_nearest(anna: Reader) -> None:
    """The same model on both sides: the head of B most like one of A is that very head."""
    name = brought(anna, pack_run(runs.SHIPPED_RUNS / "fr"))
    compare(anna, "fr", name, ah="decoder.1.cross_attn~2", bh="decoder.0.cross_attn~1")
    anna.press("n")
    anna.wait_address(bh="decoder.1.cross_attn~2")
    expect(anna.lab.locator(".of-d .pair-head")).to_contain_text(say("runs.pair.change", mean="0.000"))


# --- the class -------------------------------------------------------------------------------------------------------


def test_the_class_in_one_list(anna: Reader, person: Person, lab: "Lab") -> None:
    anna.page.request.get(lab.server.url)
    small = {"d_model": 16, "heads": 1, "encoder_layers": 1, "decoder_layers": 1, "d_ff": 16, "batch": 8}
    recipe = {"task": "copy", "steps": 20000, **small}
    body = json.dumps({"recipe": recipe, "token": f"token-{time.monotonic_ns()}"})
    started = anna.page.request.post(f"{lab.server.url}/lab/jobs", data=body, headers=JSON)
    assert started.ok, started.text()
    job = started.json()
    look(anna)
    waiting = anna.lab.locator("tr.job:not([data-job]) .label")
    expect(waiting.filter(has_text=job["label"])).to_be_visible()

    teacher = look(person(), v="class")
    teacher.part("key").fill("not the key")
    teacher.page.keyboard.press("Enter")
    expect(teacher.part("message")).to_have_text(say("jobs.refuse.key"))
    expect(teacher.lab.locator(".class-list")).to_be_hidden()
    teacher.part("key").fill(lab.key())
    teacher.page.keyboard.press("Enter")
    line = teacher.lab.locator(f'[data-job="{job["id"]}"]')
    expect(line.locator(".label")).to_have_text(job["label"])
    expect(teacher.part("message")).to_have_text("")
    assert lab.key() not in teacher.page.url
    assert not [url for url in teacher.requests if lab.key() in url]
    teacher.page.reload()
    teacher.wait_drawn()
    expect(line).to_be_visible()

    line.get_by_role("button", name=say("runs.class.stop"), exact=True).click()
    expect(line).not_to_have_attribute("data-open", "true", timeout=60_000)
    show(anna, "class")
    expect(anna.part("key")).to_be_visible()
    teacher.lab.get_by_role("button", name=say("runs.class.leave")).click()
    expect(teacher.part("key")).to_be_visible()


# --- looks -----------------------------------------------------------------------------------------------------------

LOOKS = [("en", "light"), ("zh", "dark"), ("en", "dark"), ("zh", "light")]


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(("lang", "scheme"), in_ci([("en", "light")], LOOKS))
def test_everything_can_be_read(anna: Reader, lang: str, scheme: Any) -> None:
    anna.page.emulate_media(color_scheme=scheme)
    compare(anna, "fr", "fr", lang=lang, **{"as": "64"})
    expect(anna.lab).to_have_attribute("data-theme", scheme)

    def check() -> None:
        assert_large(anna, 13)
        assert_readable(anna)

    check()
    anna.lab.locator(".side-b select").select_option("reverse")
    expect(anna.part("pair")).to_contain_text(say("runs.cannot.read.title", lang))
    check()
    for tab in ("list", "class"):
        show(anna, tab)
        check()


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.full)])
def test_on_the_wall_it_is_large_enough(anna: Reader, lang: str) -> None:
    anna.page.set_viewport_size({"width": 1280, "height": 720})
    look(anna, v="compare", a="fr", lang=lang, projector="true", **{"as": "64"})
    expect(anna.lab.locator(".runs-compare .body")).to_be_visible()
    for screen in ("heads", "head", "curves"):
        anna.lab.locator(f"[data-screen={screen}]").click()
        anna.wait_address(z=screen)
        assert_large(anna, 20)
    for tab in ("list", "class"):
        show(anna, tab)
        assert_large(anna, 20)


WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return [document.documentElement.scrollWidth, main.scrollWidth - main.clientWidth];
}"""


def test_nothing_scrolls_sideways(anna: Reader) -> None:
    anna.page.set_viewport_size({"width": 1100, "height": 800})
    compare(anna, "fr", "fr")
    for tab in ("compare", "list", "class"):
        show(anna, tab)
        wide = anna.page.evaluate(WIDE)
        assert wide[0] <= 1100 and wide[1] <= 0, tab
