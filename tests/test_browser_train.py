"""Real trainings: from Start to a model that Explore shows, through a reload, before strangers, on own pairs."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from reader import DESK, say, subscripted
from serving import ROOT, Server, serve
from trainee import Trainee

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

HOUSE = ("app.py", "ui", "pages", "transformer", "assets", ".streamlit")
LONG = 120_000  # milliseconds for a training of a few steps on a shared machine
SMALL = {"d_ff": 16, "batch": 8}  # beside the settings that stand in lists
ENGLISH = ("one two three four five six seven eight nine ten", "cat dog fish")
GERMAN = ("eins zwei drei vier fünf sechs sieben acht neun zehn", "Katze Hund Fisch")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A copy of the app: what is trained in a test goes into no folder of ours."""
    root = tmp_path_factory.mktemp("house")
    for name in HOUSE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    with serve(root) as server:
        yield server


@pytest.fixture
def people(chromium: Browser, house: Server) -> Iterator[list[Trainee]]:
    """Two people, each with a browser of their own."""
    contexts = [chromium.new_context(**DESK) for _ in range(2)]
    found = [Trainee(context.new_page(), house) for context in contexts]
    yield found
    complaints = [person.complaints() for person in found]
    for context in contexts:
        context.close()
    assert not any(complaints), complaints


def job_of(person: Trainee) -> str:
    """Read from the address which training is shown."""
    person.page.wait_for_function("() => /job=[0-9a-f]{12}/.test(location.search)")
    return person.address()["job"]


def choose_small(person: Trainee, steps: int) -> None:
    """Choose a model and a training that take a moment."""
    for name, value in (("encoder_layers", "1"), ("decoder_layers", "1"), ("heads", "1"), ("d_model", "16")):
        person.field(name).select_option(value)
    person.part("more").locator("summary").click()
    for name, value in {"steps": steps, **SMALL}.items():
        person.type_in(name, value)
    person.field("target").select_option("0")


def test_from_start_through_a_reload_to_a_model_that_can_be_explored(people: list[Trainee]) -> None:
    person, stranger = people
    person.train(run="reverse")
    choose_small(person, 20_000)  # it is stopped long before
    person.type_in("probe", "hello")
    expect(person.deed("start")).to_be_enabled(timeout=LONG)
    person.deed("start").click()
    expect(person.deed("pause")).to_be_enabled(timeout=LONG)
    job = job_of(person)

    person.page.reload()
    expect(person.deed("pause")).to_be_visible(timeout=LONG)
    assert person.field("probe").input_value() == "hello"
    expect(person.part("frames").locator("[data-step]").nth(1)).to_be_visible(timeout=LONG)

    stranger.expected.append("403")
    stranger.train(job=job)
    expect(stranger.part("news")).to_have_text(say("train.note.stranger"))
    assert stranger.deeds() == ["start"]
    tell = "(job) => fetch('/lab/jobs/' + job, {method: 'POST', body: '{\"wish\": \"stop\"}', headers: HEADERS})"
    headers = "{'X-Lab': '1', 'Content-Type': 'application/json'}"
    status = stranger.page.evaluate(tell.replace("HEADERS", headers) + ".then((answer) => answer.status)", job)
    assert status == 403

    person.deed("stop").click()
    expect(person.deed("explore")).to_be_enabled(timeout=LONG)
    person.wait_film()
    person.press("Home")
    expect(person.part("heads").locator(".badge")).to_have_text(say("train.heads.random"))
    assert person.part("probes").locator("[data-probe]").count() == 3, "two of the task, and one's own"
    person.deed("explore").click()
    person.page.wait_for_function("() => location.pathname === '/'", timeout=LONG)
    person.wait_sentence(subscripted(list("attention")))
    assert person.address()["run"].startswith("reverse-")


def test_people_train_on_pairs_of_their_own(people: list[Trainee]) -> None:
    person, other = people
    pairs = [f"{a} {b}\t{c} {d}" for a, c in words(0) for b, d in words(1)]
    person.train()
    person.lab.locator("[data-task=own]").click()
    person.part("paste").fill("\n".join([*pairs, "no partner", pairs[0]]))
    person.part("read").click()
    expect(person.part("use")).to_be_enabled(timeout=LONG)
    expect(person.part("ready")).to_contain_text(str(len(pairs)))
    expect(person.part("skipped").locator("li")).to_have_count(2)
    person.part("use").click()
    person.wait_address(task="own")
    person.page.reload()
    choose_small(person, 20)
    expect(person.lab.locator("[data-task=own]")).to_contain_text(pairs[0].split("\t")[0])
    expect(person.deed("start")).to_be_enabled(timeout=LONG)
    person.deed("start").click()
    expect(person.deed("explore")).to_be_enabled(timeout=LONG)
    person.wait_film()
    expect(person.part("says").locator("li").first).to_be_visible()
    other.train(job=job_of(person))
    expect(other.part("frames").locator("[data-step]").first).to_be_visible(timeout=LONG)


def words(nth: int) -> list[tuple[str, str]]:
    return list(zip(ENGLISH[nth].split(), GERMAN[nth].split(), strict=True))
