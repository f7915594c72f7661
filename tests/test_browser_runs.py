"""Every run in a real browser: it opens on its story, takes a text of one's own, and says what it knows."""

import re
from itertools import product

import pytest
from playwright.sync_api import expect

from models import in_ci
from reader import Reader, blocks_of, expected, say
from test_browser_looks import assert_large, assert_readable, screens_of
from transformer.runs import SHIPPED_RUNS, Run, load_run
from ui import i18n

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

NAMES = sorted(folder.name for folder in SHIPPED_RUNS.iterdir())  # whatever people have trained here
ON_THE_WALL = [("addition", "en"), ("zh", "zh")]
EVERY = [("addition", "en"), ("zh", "zh")]
UNKNOWN = "ж"  # no task knows it, and it is no punctuation

# Every text on the page, with the titles and labels of our own part.
SAID = """(lab) => [...lab.querySelectorAll('*')].flatMap((node) => [
  ...[...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.textContent),
  ...['title', 'aria-label'].map((name) => node.getAttribute(name)),
]).filter(Boolean)"""


@pytest.fixture
def any_run(request: pytest.FixtureRequest) -> Run:
    return load_run(request.param)


def of_every_run(chosen: str) -> pytest.MarkDecorator:
    """Test what holds for all shipped runs; CI with the chosen one: test_browser_explore.py reads fr."""
    return pytest.mark.parametrize("any_run", in_ci([chosen], NAMES), indirect=True)


def task_of(run: Run) -> str:
    assert run.task is not None
    return run.task.name


def gold_of(run: Run, text: str) -> list[tuple[int, int]]:
    """List the cells that the task aligns, if this run writes the right answer and has the task's own tokens."""
    assert run.task is not None
    gold = run.task.answer(text)
    own = [vocabulary.to_dict() for vocabulary in run.task.vocabularies()]
    same = own == [run.src_vocab.to_dict(), run.tgt_vocab.to_dict()]
    return gold.alignment if gold and same and run.translate(text) == gold.tgt else []


@pytest.mark.parametrize(("name", "lang"), in_ci(EVERY, product(NAMES, i18n.LANGUAGES)))
def test_a_run_opens_on_its_story(reader: Reader, name: str, lang: str) -> None:
    run = load_run(name)
    task = task_of(run)
    known = expected(run, run.example)
    reader.open(run=run.name, lang=lang)
    seen = reader.seen()
    assert (seen["sentence"], seen["output"]) == (known.src, known.writes)
    assert run.heads is not None
    start = run.heads["start"]
    assert (seen["block"], seen["head"]) == (start["block"], start["head"]), "it opens where measuring found most"
    gold = gold_of(run, run.example)
    if gold:
        expect(reader.part("verdict")).to_contain_text(say(f"task.right.{sentences_or_any(task)}", lang))
        expect(reader.lab.locator(".matrix-title")).to_contain_text(say("explore.matrix.gold", lang))
    if not run.heads["road"]:
        assert_findings(reader, run, lang)
    expect(reader.part("pair").locator(".frame:visible").first).to_be_visible()
    said = reader.lab.evaluate(SAID)
    for text in said:
        assert not re.search(r"\b(?:explore|task|unit|lab|language)\.[a-z_]+", text), f"a key without a text: {text}"
        assert "undefined" not in text
    button = say(f"task.button.{task}", lang)
    expect(reader.page.get_by_role("button", name=button, exact=True)).to_be_visible()
    assert_large(reader, 13)
    assert_readable(reader)


@pytest.mark.parametrize(("name", "lang"), in_ci(ON_THE_WALL, product(NAMES, i18n.LANGUAGES)))
def test_a_run_on_the_projector_is_large_enough(reader: Reader, name: str, lang: str) -> None:
    reader.page.set_viewport_size({"width": 1280, "height": 720})
    reader.open(run=name, lang=lang, projector="true")
    for screen in screens_of(reader):
        reader.click(screen)
        assert_large(reader, 20)


@pytest.mark.full
def test_the_chooser_opens_every_run_on_its_own_example_and_head(reader: Reader) -> None:
    reader.open(b="encoder.0.self_attn", f="1")
    for name in [*NAMES[1:], NAMES[0]]:
        drawn = reader.drawn()
        reader.page.get_by_role("combobox").first.click()
        label = i18n.words("en").get(f"run.{name}", name)
        reader.page.get_by_role("option", name=label, exact=True).click()
        reader.wait_drawn(drawn + 1)
        run = load_run(name)
        expect(reader.box).to_have_value(run.example)
        if len(NAMES) > 1 and run.heads is not None:
            seen = reader.seen()
            assert {"block": seen["block"], "head": seen["head"]} == run.heads["start"]
            assert seen["sentence"] == expected(run, run.example).src


def sentences_or_any(task: str) -> str:
    return task if f"task.right.{task}" in i18n.words("en") else "any"


def assert_findings(reader: Reader, run: Run, lang: str) -> None:
    """The findings are measured numbers, the alignment first; each is one head, and the best of all."""
    assert run.heads is not None
    road = reader.part("road")
    expect(road).to_contain_text(say("explore.findings.title", lang))
    lines = road.locator("[data-hop]")
    assert 1 <= lines.count() <= 4
    aligned = {
        (block, head): fact["alignment"]["argmax"]
        for block, facts in run.heads["blocks"].items()
        for head, fact in enumerate(facts)
        if fact["alignment"]
    }
    place = (lines.first.get_attribute("data-hop"), int(str(lines.first.get_attribute("data-head"))))
    assert aligned[place] == max(aligned.values())
    assert str(round(100 * aligned[place])).replace("100", "99") in str(lines.first.text_content()).replace("100", "99")


@of_every_run("zh")
def test_looking_at_a_run_says_nothing_to_the_server(reader: Reader, any_run: Run) -> None:
    run = any_run
    known = expected(run, run.example)
    reader.open(run=run.name)
    with reader.silence():
        for line in reader.part("road").locator("[data-hop]").all():
            line.click()
            place = (reader.seen()["block"], reader.seen()["head"])
            assert place == (line.get_attribute("data-hop"), int(str(line.get_attribute("data-head"))))
        block = blocks_of(run)[-1]
        reader.go(block)
        for row in (0, len(known.writes) - 1):
            reader.point_at(row)
            assert reader.seen()["row"] == row
        reader.press("t")
        assert reader.table().rows == known.rows(block)
        reader.press("t", "j", "j", "x", "x")
        reader.click("[data-known]")
        expect(reader.part("known")).not_to_contain_text("explore.known.")
        reader.press("Escape")


@of_every_run("zh")
def test_the_gold_cells_are_framed_and_told(reader: Reader, any_run: Run) -> None:
    run = any_run
    gold = gold_of(run, run.example)
    if not gold:
        pytest.skip("this run does not write the right answer to its own example, or reads other tokens")
    known = expected(run, run.example)
    block = next(name for name in blocks_of(run) if "cross" in name)
    reader.open(run=run.name, b=block)
    box = reader.part("matrix").bounding_box()
    assert box is not None
    told = []
    n_rows, n_cols = len(known.writes), len(known.src)
    for row, col in {*gold[:3], *gold[-3:], (0, n_cols - 1)}:
        place = {"x": (col + 0.5) * box["width"] / n_cols, "y": (row + 0.5) * box["height"] / n_rows}
        reader.part("matrix").hover(position=place)  # type: ignore[arg-type]
        told.append(((row, col) in gold, say("explore.cell.gold") in reader.tooltip()))
    assert all(is_gold == is_told for is_gold, is_told in told)


@of_every_run("addition")
def test_a_run_takes_a_text_of_one_s_own_and_says_what_it_knows(reader: Reader, any_run: Run) -> None:
    run, task = any_run, any_run.task
    assert task is not None
    reader.open(run=run.name)
    example = next(task.examples(11, "test"))
    reader.translate(example.src)
    known = expected(run, example.src)
    assert (reader.seen()["sentence"], reader.seen()["output"]) == (known.src, known.writes)

    reader.translate(UNKNOWN + example.src)
    expect(reader.lab.locator(".token.unknown").first).to_contain_text(UNKNOWN)
    expect(reader.part("message")).to_contain_text(UNKNOWN)
    offered = reader.lab.locator("[data-nearest]")
    text = str(offered.get_attribute("data-ask"))
    drawn = reader.drawn()
    offered.click()
    reader.wait_drawn(drawn + 1)
    expect(reader.box).to_have_value(text)
    assert reader.lab.locator(".token.unknown").count() == 0
    assert reader.seen()["output"] == expected(run, text).writes

    reader.translate(UNKNOWN)
    assert task.nearest(UNKNOWN) is None
    reader.lab.locator("[data-part=message] [data-known]").click()
    for words in task.known_words().values():
        expect(reader.part("known")).to_contain_text(words[0])
    reader.press("Escape")
