"""From the head that is looked at to Edit, its passport and Compare, on each older page, with sentence and language."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from models import in_ci
from reader import Reader, blocks_of
from transformer.interventions import PaintMask, ZeroHead, read, write
from transformer.runs import Run
from ui import i18n
from ui.roads import VERSION

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

SENTENCE = "the dog did not cross the street because it was too wide"
PARTNER = SENTENCE.replace("wide", "tired")
DOORS = """async ([address, spots]) => {
  const { doorsOf } = await import(address);
  return spots.map(([block, head]) => doorsOf({ block, head }, { task: 'fr', partner: 'a b' }));
}"""
TAKEN_AWAY = {"decoder.0.cross_attn": "1-zero.d0c.1", "encoder.0.self_attn": "1-zero.e0s.1"}


def stand(reader: Reader, page: str = "", **query: str) -> None:
    """Open a page at the second head of a block, in Chinese."""
    asked = {"run": "fr", "s": SENTENCE, "lang": "zh", "b": "decoder.0.cross_attn", "f": "1", **query}
    reader.goto(f"/{page}?{urlencode(asked)}")


def go(reader: Reader, to: str) -> None:
    """Click on the way to a page, wherever it stands."""
    reader.lab.locator(f"[data-part=doors] [data-to={to}]").locator("visible=true").first.click()


def lands(reader: Reader, page: str, **wanted: str | None) -> None:
    """Wait until a page has drawn what it was asked for: it then writes its own address, with the stage g."""
    reader.page.wait_for_url(f"**/{page}?**")
    reader.page.wait_for_function("() => new URLSearchParams(location.search).has('g')")
    reader.wait_address(lang="zh", f="1", **wanted)
    expect(reader.lab).to_have_attribute("lang", "zh-CN")


def takes_away(reader: Reader, block: str, text: str | None = SENTENCE) -> None:
    """Edit is open at this head, and has taken it away."""
    lands(reader, "edit", b=block, o_e=TAKEN_AWAY[block])
    expect(reader.lab.locator("[data-part=edits] li > span")).to_have_count(1)
    expect(reader.lab.locator(f'.edit[data-answered="{TAKEN_AWAY[block]}"]')).to_have_count(1)
    if text:
        expect(reader.page.get_by_role("textbox").first).to_have_value(text)


def test_a_door_says_what_python_reads(reader: Reader, run: Run) -> None:
    """Every head of the model: the link takes that head away and no other."""
    spots = [(block, head) for block in blocks_of(run) for head in range(run.model.config.n_heads)]
    stand(reader)
    address = f"{reader.server.url}/lab/components/{VERSION}/doors.js"
    for (block, head), doors in zip(spots, reader.page.evaluate(DOORS, [address, spots]), strict=True):
        here = {"b": block, "f": str(head)}
        assert read(doors[0]["view"]["o_e"]) == [ZeroHead(block, head)]
        assert doors == [
            {"page": "edit", "view": {**here, "o_e": write([ZeroHead(block, head)])}},
            {"page": "heads", "view": {**here, "v": "passport"}},
            {"page": "compare", "view": {**here, "o_other": "a b"}},
        ]


def test_explore_leads_on_and_says_nothing_before(reader: Reader) -> None:
    stand(reader)
    reader.hush()
    heard = len(reader.messages())
    doors = reader.lab.locator("[data-part=doors]").locator("visible=true")
    expect(doors).to_have_count(2)
    for door in doors.locator("button").all():
        door.hover()
    reader.press("j", "t", "t")
    assert len(reader.messages()) == heard
    go(reader, "edit")
    takes_away(reader, "decoder.0.cross_attn")
    reader.page.go_back()
    reader.lab.locator(".map").wait_for()
    reader.press("x")
    go(reader, "compare")
    lands(reader, "compare", b="decoder.0.cross_attn", s=PARTNER, o_other=SENTENCE)
    expect(reader.lab.locator("[data-part=other]").first).to_have_value(SENTENCE)


def test_a_head_of_the_walk_leads_on_and_other_places_lead_nowhere(reader: Reader) -> None:
    stand(reader, "encoder", b="encoder.0.ffn")
    expect(reader.lab.locator("[data-part=doors] button")).to_have_count(0)
    reader.lab.locator(".passbar [data-at='encoder.0.self_attn']").click()
    reader.wait_address(b="encoder.0.self_attn")
    reader.hush()
    left = reader.page.url
    go(reader, "edit")
    takes_away(reader, "encoder.0.self_attn")
    reader.page.go_back()
    reader.lab.locator(".passbar [data-at='encoder.0.self_attn'][aria-current]").wait_for()
    assert reader.page.url == left, "one step back leads to what was seen"


VIEWS = [
    ("decoder", {"v": "dictionary", "o_clayer": "0"}),
    ("decoder", {"v": "sources"}),
    ("attention", {"v": "heads"}),
    ("attention", {"v": "temperature"}),
    ("masks", {"v": "paint"}),
]


@pytest.mark.parametrize(("page", "view"), in_ci(VIEWS[:1], VIEWS))
def test_a_key_leads_on_from_every_view_of_one_head(reader: Reader, page: str, view: dict[str, str]) -> None:
    stand(reader, page, **view)
    reader.press("e")
    takes_away(reader, "decoder.0.cross_attn")


def test_a_painted_mask_becomes_an_edit(reader: Reader, run: Run) -> None:
    stand(reader, "masks", v="paint", o_scope="one")
    keep = reader.part("keep")
    expect(keep).to_be_disabled()
    reader.press("ArrowRight", "Enter")
    expect(keep).to_be_enabled()
    keep.click()
    lands(reader, "edit", b="decoder.0.cross_attn")
    (painted,) = read(reader.address()["o_e"])
    rows, cols = len(run.decode(run.encode(SENTENCE))), len(run.encode(SENTENCE))
    assert isinstance(painted, PaintMask)
    assert (painted.block, painted.head, painted.rows, painted.cols) == ("decoder.0.cross_attn", 1, rows, cols)
    assert painted.cells == (cols + 1,)
    expect(reader.lab.locator("[data-part=edits] li > span")).to_contain_text("1")


@pytest.mark.full
def test_a_finished_training_leads_on_at_its_last_step(reader: Reader) -> None:
    stand(reader, "train", h="encoder.0.self_attn.1")
    doors = reader.lab.locator("[data-part=heads] [data-part=doors] button")
    expect(doors).to_have_count(2)
    expect(reader.lab.locator("[data-part=film]")).to_have_attribute("aria-busy", "false")
    reader.press("ArrowLeft")
    expect(doors.first).to_be_hidden()
    reader.press("End")
    go(reader, "edit")
    reader.page.wait_for_url("**/edit?**o_e=1-zero.**")


@pytest.mark.full
def test_a_model_among_the_runs_leads_on(reader: Reader) -> None:
    stand(reader, "runs", v="compare")
    reader.lab.locator(".pair-frame.of-b [data-to=heads]").click()
    reader.page.wait_for_url("**/heads?**v=passport**")
    expect(reader.lab.locator("[data-part=tabs] [aria-pressed=true]")).to_have_text(
        i18n.words("zh")["heads.tab.passport"]
    )
