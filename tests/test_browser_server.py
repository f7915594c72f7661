"""A server of its own, for what would disturb others: untrained and damaged runs beside the shipped one, a restart."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import BrowserContext, expect

from reader import Reader, blocks_of, expected, numbers, open_window, say
from serving import ROOT, Server, free_port, serve
from transformer import ModelConfig, Transformer, load_run, save_run
from transformer.runs import Run

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

HOUSE = ("app.py", "ui", "pages", "transformer", "assets", ".streamlit")


class House:
    """A copy of the app with two more runs, on a port that stays its own when the server stops and starts again."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, free_port()
        self.life = contextlib.ExitStack()
        self.server: Server | None = None

    def start(self) -> Server:
        """Give the server that runs, or start one."""
        self.server = self.server or self.life.enter_context(serve(self.root, self.port))
        return self.server

    def stop(self) -> None:
        self.server = None
        self.life.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Iterator[House]:
    root = tmp_path_factory.mktemp("house")
    for name in HOUSE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    torch.manual_seed(0)
    vocabularies = (run.src_vocab, run.tgt_vocab)
    save_run(Transformer(run.model.config).eval(), vocabularies, root / "runs" / "untrained", task="fr")
    sizes = {"d_model": 36, "n_heads": 9, "n_encoder_layers": 3, "n_decoder_layers": 1, "d_ff": 16, "norm_first": True}
    changes = {**sizes, "final_norm": True, "position": "alibi"}
    other = Transformer(ModelConfig.from_dict({**run.model.config.to_dict(), **changes})).eval()
    save_run(other, vocabularies, root / "runs" / "other", example="thanks")
    shutil.copytree(root / "runs" / "untrained", root / "runs" / "damaged")
    (root / "runs" / "damaged" / "model.safetensors").write_bytes(b"not a model")
    house = House(root)
    yield house
    house.stop()


@pytest.fixture
def visitor_of_house(desk: BrowserContext, house: House) -> Iterator[Reader]:
    """Open a window on the house."""
    reader = open_window(desk, house.start())
    yield reader
    reader.page.close()


def choose(reader: Reader, name: str) -> None:
    """Choose a run in the sidebar."""
    drawn = reader.drawn()
    reader.page.get_by_role("combobox").first.click()
    reader.page.get_by_role("option", name=name).click()
    reader.wait_drawn(drawn + 1)


def test_wrong_answers_other_shapes_and_a_damaged_run(visitor_of_house: Reader, house: House, run: Run) -> None:
    reader = visitor_of_house
    task = run.task
    assert task is not None
    gold = task.answer(run.example)
    assert gold is not None

    reader.open()
    expect(reader.part("verdict")).to_contain_text(say("task.right.fr"))
    expect(reader.page.get_by_test_id("stSidebar")).to_contain_text(say("frame.damaged_run", name="damaged"))

    choose(reader, "untrained")
    assert reader.seen()["output"] != expected(run, run.example).writes
    expect(reader.part("verdict")).to_contain_text(say("task.wrong.fr"))
    expect(reader.part("answer")).to_have_text(say("explore.answer.is", answer=gold.tgt))

    choose(reader, "other")
    other = load_run(house.root / "runs" / "other")
    known = expected(other, "thanks")
    assert reader.seen()["output"] == known.writes
    assert reader.lab.locator("[data-part=heads] [data-head]").count() == 9
    assert not str(reader.part("verdict").text_content()).strip(), "no grammar, no verdict"
    expect(reader.lab.locator(".map-boxes .note")).to_have_text([say("explore.map.positions_alibi")] * 2)
    assert reader.lab.locator(".map-boxes").get_by_text(say("explore.map.positions"), exact=True).count() == 0
    expect(reader.part("road")).to_contain_text(say("explore.findings.none"))
    reader.show("table")
    for block in blocks_of(other):
        box = reader.lab.locator(f'.map-boxes [data-block="{block}"]')
        box.click(position={"x": 8, "y": 8})  # a tall map scrolls
        assert reader.seen()["block"] == block
        for head in (0, 7):
            reader.press(str(head + 1))
            said = numbers(reader.table().cells)
            seen = ~np.isnan(said)
            np.testing.assert_allclose(said[seen], known.map(block)[head][seen], atol=0.0006, rtol=0)
    choose(reader, say("run.fr"))
    assert reader.seen()["sentence"] == expected(run, run.example).src
    assert not reader.complaints()


def test_a_server_that_goes_away_and_comes_back_costs_nothing(visitor_of_house: Reader, house: House, run: Run) -> None:
    reader = visitor_of_house
    reader.open()
    reader.translate("i am a student")
    before = reader.seen()
    house.stop()
    lost = reader.page.get_by_text(say("frame.lost"))
    expect(lost).to_be_visible()
    expect(reader.page.get_by_role("dialog")).to_have_count(0)
    assert reader.seen() == before
    reader.click('.map-boxes [data-block="encoder.0.self_attn"] > span')
    reader.press("2", "t")
    seen = reader.seen()
    assert (seen["block"], seen["head"], seen["picture"]) == ("encoder.0.self_attn", 1, "table"), "the picture works on"
    expect(reader.box).to_have_value("i am a student")
    house.start()
    expect(reader.box).to_be_enabled()
    expect(lost).to_be_hidden()
    assert reader.seen() == seen
    expect(reader.box).to_have_value("i am a student")
    reader.translate("i am eating an apple")
    assert reader.seen()["sentence"] == expected(run, "i am eating an apple").src
    assert reader.seen()["block"] == "encoder.0.self_attn"
    assert not reader.dialogs
    assert not reader.outside()
