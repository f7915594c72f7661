"""The Runs page in a real browser: the list and what can be done with it, two models side by side, a class."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect
from safetensors.numpy import load_file

from archives import rezip
from reader import Reader, say
from test_archive import make_run
from test_browser_looks import assert_large, assert_readable
from transformer import runs
from transformer.run_files.archive import pack_run
from transformer.runs import load_run
from ui import i18n

if TYPE_CHECKING:
    from ownserver import Lab

pytest_plugins = ["windows", "ownserver"]
pytestmark = pytest.mark.browser

Person = Callable[..., Reader]
JSON = {"X-Lab": "1", "Content-Type": "application/json"}


def look(reader: Reader, **query: str) -> Reader:
    reader.goto("/runs?" + "&".join(f"{key}={value}" for key, value in {"lang": "en", **query}.items()))
    return reader


def row(reader: Reader, name: str) -> Any:
    return reader.lab.locator(f'[data-run="{name}"]')


def menu(reader: Reader, name: str, what: str) -> None:
    row(reader, name).locator("summary").click()
    row(reader, name).locator(".menu").get_by_text(say(what), exact=True).click()


def bring(reader: Reader, data: bytes, file: str = "run.zip") -> None:
    content: Any = {"name": file, "mimeType": "application/zip", "buffer": data}
    reader.part("file").set_input_files(content)


def brought(reader: Reader, data: bytes) -> str:
    """Bring a run in as this visitor, without the mouse."""
    answer = reader.page.request.post(f"{reader.server.url}/lab/archive", data=data, headers={"X-Lab": "1"})
    assert answer.ok, answer.text()
    return answer.json()["name"]


def texts(reader: Reader, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in reader.lab.locator(selector).all_text_contents()]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return pack_run(make_run(tmp_path_factory.mktemp("packed") / "fr-12ab"))


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_list_says_of_each_run_what_is_true(person: Person, lang: str) -> None:
    anna = look(person(), lang=lang)
    for path in runs.SHIPPED_RUNS.iterdir():
        run, line = load_run(path.name), row(anna, path.name)
        results, config = run.info["results"], run.model.config
        expect(line.locator(".label")).to_have_text(i18n.words(lang)[f"run.{run.name}"])
        expect(line).to_contain_text(f"{config.n_encoder_layers}+{config.n_decoder_layers}")
        expect(line).to_contain_text(f"d {config.d_model}")
        expect(line).to_contain_text(f"{config.n_parameters:,}")
        expect(line).to_contain_text(f"{results['steps_done']:,}")
        exact = round(100 * results["exact_match"])
        expect(line.locator(".of-exact b")).to_have_text(
            ">99%" if exact == 100 > 100 * results["exact_match"] else f"{exact}%"
        )
        expect(line.get_by_text(say("runs.act.remove", lang), exact=True)).to_have_count(1)
        expect(line.get_by_text(say("runs.act.remove", lang), exact=True)).to_be_hidden()
    assert not re.search(r"\bruns\.[a-z]|undefined|NaN", anna.lab.inner_text())


def test_a_run_opens_in_explore(person: Person) -> None:
    anna = look(person(), run="fr")
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


def test_what_is_no_run_is_refused_in_a_sentence(person: Person, packed: bytes, tmp_path: Path) -> None:
    anna = look(person())
    for data, key in (
        (b"step,loss", "no_zip"),
        (packed[:-100], "unusual"),
        (rezip(packed, lambda files: files.update({"../x": b"?"})), "foreign"),
    ):
        bring(anna, data)
        expect(anna.part("message")).to_have_text(say(f"runs.archive.{key}", most=20))
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate((20 << 20) + 1)
    anna.part("file").set_input_files(tmp_path / "large.zip")
    expect(anna.part("message")).to_have_text(say("runs.archive.large", most=20))
    expect(anna.lab.locator(".run.here")).to_have_count(0)


def test_two_windows_delete_the_same_run(person: Person, packed: bytes) -> None:
    anna = look(person())
    name = brought(anna, packed)
    look(anna)
    second = look(person(anna))
    for window in (anna, second):
        menu(window, name, "runs.act.remove")
        expect(row(window, name)).to_contain_text(say("runs.gone"))
        expect(window.part("message")).to_have_text("")
    for window in (second, anna):
        row(window, name).get_by_role("button", name=say("runs.undo")).click()
        expect(row(window, name)).not_to_contain_text(say("runs.gone"))
    stranger = look(person())
    expect(row(stranger, name)).to_have_count(0)


def test_a_run_that_is_deleted_while_it_is_open_in_explore(person: Person) -> None:
    anna = look(person())
    name = brought(anna, pack_run(runs.SHIPPED_RUNS / "copy"))
    look(anna)
    window = person(anna)
    window.goto(f"/?run={name}&lang=en")
    menu(anna, name, "runs.act.remove")
    expect(row(anna, name)).to_contain_text(say("runs.gone"))
    window.enter("hello")
    expect(window.page.locator("body")).to_contain_text(re.compile("no run named|not here"))
    window.goto("/?lang=en")
    expect(window.part("src")).to_be_visible()


def test_names_and_reasons_are_text(person: Person, lab: "Lab") -> None:
    """A folder may hold anything: it is shown as it is written, and never obeyed."""
    folder = make_run(lab.runs / "by-hand")
    told = json.loads((folder / "config.json").read_text())
    told["task"] = "<img src=x onerror=alert(1)> **b** \u202eabc"
    (folder / "config.json").write_text(json.dumps(told))
    anna = look(person())
    line = row(anna, "by-hand")
    expect(line).to_contain_text(say("runs.broken"))
    expect(line).to_contain_text("config.json is damaged")
    expect(line).to_contain_text("<img src=x onerror=alert(1)>")
    expect(line).to_contain_text("U+202E")
    expect(line).to_contain_text(say("runs.nobodys"))
    assert anna.lab.locator("img").count() == 0
    for name in (folder / "snapshots").iterdir():
        name.unlink()


# --- two models ------------------------------------------------------------------------------------------------------


def film(run: str, step: int) -> dict[str, np.ndarray]:
    arrays = load_file(runs.SHIPPED_RUNS / run / "snapshots" / f"{step:06d}.safetensors")
    return {name: array.astype(float) / 255 for name, array in arrays.items()}


def numbers(reader: Reader) -> list[tuple[str, str, float, float, float]]:
    """Read the table twin: query, key, A, B, difference."""
    found = []
    for line in reader.lab.locator(".twins > :first-child tbody tr").all():
        query, key, *values = line.locator("th, td").all_text_contents()
        found.append((query, key, *(float(value.replace("\u2212", "-")) for value in values)))
    return found


def test_a_difference_is_the_difference_of_the_films(person: Person) -> None:
    anna = look(
        person(),
        v="compare",
        a="reverse",
        b="reverse",
        **{"as": "0"},
        bh="decoder.1.cross_attn~0",
        ah="decoder.1.cross_attn~0",
    )
    expect(anna.part("pair")).to_be_visible()
    steps = sorted(int(path.stem) for path in (runs.SHIPPED_RUNS / "reverse" / "snapshots").iterdir())
    before, after = (film("reverse", step)["0.decoder.1.cross_attn.weights"][0] for step in (steps[0], steps[-1]))
    anna.press("t")
    seen = numbers(anna)
    assert len(seen) == before.size
    wanted = sorted((after - before).reshape(-1), key=abs, reverse=True)
    np.testing.assert_allclose([one[4] for one in seen], wanted, atol=0.0051)
    for _, _, one, other, difference in seen:
        assert abs(other - one - difference) < 0.011
    np.testing.assert_allclose(sorted(one[2] for one in seen), sorted(before.reshape(-1)), atol=0.0051)
    anna.press("t")
    row_at, col_at = np.unravel_index(np.abs(after - before).argmax(), before.shape)
    a, b = before[row_at, col_at], after[row_at, col_at]
    expect(anna.part("said")).to_contain_text(f"A {a:.2f}, B {b:.2f}")


def test_comparing_says_nothing_to_the_server(person: Person) -> None:
    anna = look(person(), v="compare", a="fr", b="fr", **{"as": "0"})
    expect(anna.part("pair")).to_be_visible()
    anna.page.wait_for_load_state("networkidle")
    asked, frames = len(anna.requests), [kind for kind in anna.frames if kind != "app_heartbeat"]
    anna.lab.locator('.thumb[data-which="b"]').nth(3).click()
    anna.press("ArrowLeft", "ArrowLeft", ",", ".", ".", "ArrowDown", "x", "n", "t", "t")
    anna.lab.locator("[data-measure]").nth(1).click()
    anna.lab.locator("[data-probe]").nth(1).click()
    anna.wait_address(p="1")
    assert anna.requests[asked:] == []
    assert [kind for kind in anna.frames if kind != "app_heartbeat"] == frames
    assert anna.address()["v"] == "compare"


def test_a_link_opens_the_same_comparison(person: Person) -> None:
    anna = look(
        person(),
        v="compare",
        a="fr",
        b="fr",
        **{"as": "16", "bs": "64"},
        ah="encoder.1.self_attn~2",
        bh="encoder.0.self_attn~1",
        m="loss",
    )
    expect(anna.lab.locator(".side-a .step-of")).to_have_text(say("runs.step_of", step=16, steps="1,200"))
    expect(anna.lab.locator(".side-b .step-of")).to_have_text(say("runs.step_of", step=64, steps="1,200"))
    pressed = anna.lab.locator(".thumb[aria-pressed=true]")
    assert [
        (one.get_attribute("data-which"), one.get_attribute("data-block"), one.get_attribute("data-head"))
        for one in pressed.all()
    ] == [
        ("b", "encoder.0.self_attn", "1"),
        ("a", "encoder.1.self_attn", "2"),
    ]
    expect(anna.lab.locator("[data-measure=loss]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    "query",
    [
        {"a": "../x", "as": "-1", "ah": "x~9"},
        {"a": "nope", "b": "fr"},
        {"as": "99999999999", "ah": "decoder.77.cross_attn~99", "p": "9"},
        {"m": "<b>", "z": "x", "bs": "1e3"},
    ],
)
def test_whatever_a_link_says_something_true_is_shown(person: Person, query: dict[str, str]) -> None:
    anna = look(person(), v="compare", **query)
    expect(anna.lab.locator(".runs-compare")).to_be_visible()
    if query.get("a") == "nope":
        expect(anna.lab.locator(".runs-compare .empty")).not_to_have_text(say("runs.compare.loading"))
    else:
        expect(anna.part("pair")).to_be_visible()


def test_models_that_read_other_sentences_are_not_subtracted(person: Person) -> None:
    anna = look(person(), v="compare", a="reverse", b="fr")
    expect(anna.part("pair")).to_contain_text(say("runs.cannot.read.title"))
    expect(anna.lab.locator(".grid-block").first).to_contain_text(say("runs.heads.cannot"))
    expect(anna.lab.locator(".of-d canvas").first).to_be_hidden()
    anna.press("t")
    assert anna.lab.locator(".twins > :first-child thead th").all_text_contents()[-1] == "B"


def test_the_nearest_head_is_the_nearest(person: Person, packed: bytes) -> None:
    """The same model on both sides: the head of B most like one of A is that very head."""
    anna = person()
    anna.goto("/runs?lang=en")
    name = brought(anna, pack_run(runs.SHIPPED_RUNS / "fr"))
    look(anna, v="compare", a="fr", b=name, ah="decoder.1.cross_attn~2", bh="decoder.0.cross_attn~1")
    expect(anna.part("pair")).to_be_visible()
    anna.press("n")
    anna.wait_address(bh="decoder.1.cross_attn~2")
    expect(anna.lab.locator(".of-d .pair-head")).to_contain_text(say("runs.pair.change", mean="0.000"))


# --- the class -------------------------------------------------------------------------------------------------------


def test_the_class_in_one_list(person: Person, lab: "Lab") -> None:
    student = look(person())
    recipe = {"task": "copy", "steps": 20000}
    body = json.dumps({"recipe": recipe, "token": f"token-{time.monotonic_ns()}"})
    started = student.page.request.post(f"{lab.server.url}/lab/jobs", data=body, headers=JSON)
    assert started.ok, started.text()
    job = started.json()
    look(student)
    expect(student.lab.locator("tr.job .label")).to_have_text(job["label"])

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
    stranger = look(person(), v="class")
    expect(stranger.part("key")).to_be_visible()
    teacher.lab.get_by_role("button", name=say("runs.class.leave")).click()
    expect(teacher.part("key")).to_be_visible()


# --- looks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(person: Person, lang: str, scheme: str) -> None:
    anna = person(color_scheme=scheme)
    for query in (
        {},
        {"v": "compare", "a": "fr", "as": "64"},
        {"v": "compare", "a": "reverse", "b": "fr"},
        {"v": "class"},
    ):
        look(anna, lang=lang, **query)
        if query.get("v") == "compare":
            expect(anna.part("pair")).to_be_visible()
        assert_large(anna, 13)
        assert_readable(anna)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_on_the_wall_it_is_large_enough(person: Person, lang: str) -> None:
    anna = person(viewport={"width": 1280, "height": 720})
    screens = [{"v": "compare", "a": "fr", "as": "64", "z": z} for z in ("heads", "head", "curves")]
    for query in ({}, *screens, {"v": "class"}):
        look(anna, lang=lang, projector="true", **query)
        if "z" in query:
            expect(anna.lab.locator(".runs-compare .body")).to_be_visible()
        assert_large(anna, 20)


WIDE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return [document.documentElement.scrollWidth, main.scrollWidth - main.clientWidth];
}"""


@pytest.mark.parametrize("width", [1100, 1280, 1440])
def test_nothing_scrolls_sideways(person: Person, width: int) -> None:
    anna = person(viewport={"width": width, "height": 800})
    for query in ({}, {"v": "compare"}, {"v": "class"}):
        look(anna, **query)
        wide = anna.page.evaluate(WIDE)
        assert wide[0] <= width and wide[1] <= 0
