"""Explore in a real browser: every head, block and view, the numbers that they show, and silence towards the server."""

import csv
import io
import itertools
import json
import re
import struct
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from models import in_ci
from reader import DESK, Expected, Pair, Reader, blocks_of, expected, numbers, open_window, say
from serving import Server
from transformer.runs import Run

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

PICTURES = ("lines", "joined", "table")
ROUNDED = 0.0005 + 1e-6  # three decimals are shown
# The ramp of the weights and the ground of masked cells, from the design specification, light theme.
RAMP = np.array([[0xFA, 0xF8, 0xFD], [0xDD, 0xD0, 0xF1], [0xB3, 0x97, 0xDF], [0x7E, 0x50, 0xC2], [0x3B, 0x16, 0x75]])
HATCH_GROUND = [0xE9, 0xEB, 0xF0]


@pytest.fixture
def famous(run: Run) -> Expected:
    return expected(run, run.example)


@pytest.fixture(params=["a block of each kind", pytest.param("all blocks", marks=pytest.mark.full)])
def blocks(request: pytest.FixtureRequest, run: Run) -> list[str]:
    found = blocks_of(run)
    return found if request.param == "all blocks" else [found[0], found[-2], found[-1]]


# -- 1. looking around says nothing to the server ------------------------------------------------------------------


def test_every_block_view_and_head_is_shown_without_a_word_to_the_server(
    reader: Reader, run: Run, blocks: list[str]
) -> None:
    heads = range(run.model.config.n_heads)
    reader.open()
    with reader.silence():
        for block in blocks:
            reader.go(block)
            for picture in PICTURES:
                reader.show(picture)
                for bare in (True, False):
                    reader.hide_specials()
                    seen = reader.seen()
                    assert (seen["block"], seen["tensor"]) == (block, f"{block}.weights")
                    assert (seen["picture"], seen["bare"]) == (picture, bare)
                for head in heads:
                    reader.press(str(head + 1))
                    assert reader.seen()["head"] == head


@pytest.mark.full
def test_every_thumbnail_of_the_map_leads_to_its_head_alone(reader: Reader, run: Run) -> None:
    reader.open()
    with reader.silence():
        for block, head in itertools.product(blocks_of(run), range(run.model.config.n_heads)):
            reader.click(f'[data-thumb="{block}"][data-head="{head}"] canvas')
            seen = reader.seen()
            assert (seen["block"], seen["head"], seen["shown"]) == (block, head, [head])


@pytest.mark.full
def test_every_row_of_every_block_is_pointed_at_without_a_word_to_the_server(
    reader: Reader, blocks: list[str], famous: Expected
) -> None:
    reader.open()
    with reader.silence():
        for block in blocks:
            reader.go(block)
            for row in range(len(famous.rows(block))):
                reader.point_at(row)
                assert reader.seen()["row"] == row
            for col in range(len(famous.columns(block))):
                reader.hover(f'.key[data-key="{col}"]')
                assert reader.lab.locator(f'.key.strong[data-key="{col}"]').count() == 1


def test_words_of_the_strip_point_at_their_rows(reader: Reader, run: Run, famous: Expected) -> None:
    reader.open(b=blocks_of(run)[-1])
    with reader.silence():
        for row in range(len(famous.writes)):
            reader.hover(f'[data-part=tgt] [data-token="{row}"]')
            assert reader.seen()["row"] == row
        reader.go(blocks_of(run)[0])
        for row in range(len(famous.src)):
            reader.hover(f'[data-part=src] [data-token="{row}"]')
            assert reader.seen()["row"] == row


def test_the_keyboard_alone_reaches_everything(reader: Reader, run: Run, famous: Expected) -> None:
    blocks, n_heads = blocks_of(run), run.model.config.n_heads
    reader.open(b=blocks[0])
    with reader.silence():
        for block in blocks[1:]:
            reader.press("ArrowRight")
            assert reader.seen()["block"] == block
        reader.press("ArrowRight")
        assert reader.seen()["block"] == blocks[-1], "past the last block there is none"
        for block in reversed(blocks[:-1]):
            reader.press("ArrowLeft")
            assert reader.seen()["block"] == block
        reader.press(*["ArrowUp"] * len(famous.src))
        for row in range(len(famous.src)):
            assert reader.seen()["row"] == row
            reader.press("ArrowDown")
        assert reader.seen()["row"] == len(famous.src) - 1, "below the last row there is none"
        for head in range(n_heads):
            reader.press(str(head + 1), "s")
            assert reader.seen()["shown"] == [head]
            reader.press("s")
            assert reader.seen()["shown"] == list(range(n_heads))
        reader.press("s", "a")
        assert reader.seen()["shown"] == list(range(n_heads))
        for key, picture in (
            ("j", "joined"),
            ("t", "table"),
            ("j", "joined"),
            ("j", "lines"),
            ("t", "table"),
            ("t", "lines"),
        ):
            reader.press(key)
            assert reader.seen()["picture"] == picture
        reader.press("?")
        expect(reader.part("help")).to_be_visible()
        reader.press("Escape")
        expect(reader.part("help")).to_be_hidden()
        before = reader.seen()["output"]
        reader.press("x")
        assert reader.seen()["output"] != before
        reader.press("x", "Escape")
        assert (reader.seen()["output"], reader.seen()["row"]) == (before, None)


def test_a_row_stays_when_the_view_changes_under_a_resting_mouse(reader: Reader) -> None:
    reader.open(b="decoder.0.cross_attn")
    for row in (4, 9):
        reader.point_at(row)
        for key in ("t", "t", "j", "j"):
            reader.press(key)
            reader.lab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert reader.seen()["row"] == row, key


@pytest.mark.full
def test_the_tab_key_comes_to_the_queries_and_the_arrows_walk_on_from_there(reader: Reader, run: Run) -> None:
    reader.open(b=blocks_of(run)[-1])
    with reader.silence():
        reader.lab.focus()
        for _ in range(80):
            reader.page.keyboard.press("Tab")
            if reader.lab.evaluate("(lab) => lab.getRootNode().activeElement?.classList.contains('query')"):
                break
        focused = reader.lab.locator(".query:focus")
        row = reader.seen()["row"]
        expect(focused).to_have_attribute("data-row", str(row))
        reader.press("ArrowUp", "ArrowUp")
        expect(focused).to_have_attribute("data-row", str(row - 2))
        assert reader.seen()["row"] == row - 2


def test_a_screen_reader_is_told_what_the_arrow_keys_point_at(reader: Reader, run: Run, famous: Expected) -> None:
    block = blocks_of(run)[-1]
    reader.open(b=block, f="0", q="3")
    for row in (4, 5):
        reader.press("ArrowDown")
        col = int(famous.map(block)[0, row].argmax())
        told = str(reader.lab.locator("[aria-live]").text_content())
        assert famous.rows(block)[row] in told
        assert famous.src[col] in told
        assert f"{famous.map(block)[0, row, col]:.3f}" in told


def test_keys_typed_into_the_sentence_box_are_letters(reader: Reader) -> None:
    reader.open()
    before = reader.seen()
    reader.box.click()
    reader.page.keyboard.type("xjtsa12?p")
    assert reader.seen() == before
    assert "xjtsa12?p" in reader.box.input_value()


def test_shortcuts_of_the_browser_stay_with_the_browser(reader: Reader) -> None:
    reader.open()
    before = reader.seen()
    reader.press("Control+a", "Control+j", "Alt+x", "Meta+s")
    assert reader.seen() == before


def test_heads_are_chosen_hidden_and_shown_alone_with_the_mouse(reader: Reader, run: Run) -> None:
    n_heads = run.model.config.n_heads
    every = list(range(n_heads))
    reader.open(f="0")

    def square(head: int) -> Locator:
        return reader.part("heads").locator(f'[data-head="{head}"]')

    with reader.silence():
        square(1).click()
        assert (reader.seen()["head"], reader.seen()["shown"]) == (1, every)
        square(1).click()
        assert 1 not in reader.seen()["shown"], "a click on the outlined head hides it"
        square(1).click()
        assert (reader.seen()["head"], reader.seen()["shown"]) == (1, every)
        square(2).dblclick()
        assert (reader.seen()["head"], reader.seen()["shown"]) == (2, [2])
        square(2).click()
        assert reader.seen()["shown"] == [2], "at least one head stays"
        square(2).dblclick()
        assert reader.seen()["shown"] == every
        for head in every:
            reader.click(f'[data-part=facts] tr[data-head="{head}"]')
            assert reader.seen()["head"] == head


@pytest.mark.full
def test_a_finger_does_what_a_mouse_does(chromium: Browser, server: Server, run: Run, famous: Expected) -> None:
    context = chromium.new_context(**DESK, has_touch=True, device_scale_factor=2)
    reader = open_window(context, server).open(b=blocks_of(run)[-1])
    with reader.silence():
        for row in (0, 4, len(famous.writes) - 1):
            reader.lab.locator(f'.query[data-row="{row}"]').tap()
            assert reader.seen()["row"] == row
            reader.part("tgt").locator('[data-token="2"]').tap()
            assert reader.seen()["row"] == 2
        reader.part("heads").locator('[data-head="1"]').tap()
        assert reader.seen()["head"] == 1
        row, col = 3, 2
        cell = cell_centre(reader, famous, blocks_of(run)[-1], row, col)
        reader.part("matrix").tap(position=cell)
        assert reader.seen()["row"] == row
        assert_tooltip(reader, famous, blocks_of(run)[-1], 1, row, col)
        before = reader.seen()["output"]
        reader.lab.locator("[data-flip]:not([data-token])").tap()
        assert reader.seen()["output"] != before
        reader.lab.locator(f'.map-boxes [data-block="{blocks_of(run)[0]}"] span').tap()
        assert reader.seen()["block"] == blocks_of(run)[0]
    assert not reader.complaints()
    context.close()


def test_the_screens_of_the_projector_are_walked_without_a_word_to_the_server(reader: Reader) -> None:
    reader.open(projector="true")
    buttons = reader.part("screens").locator("[data-screen-name]")
    names = [str(button.get_attribute("data-screen-name")) for button in buttons.all()]
    parts = {name: "strip" if name == "sentence" else name for name in names}
    assert {"sentence", "map", "lines", "matrix", "facts", "pair", "road", "joined"} <= set(names)
    with reader.silence():
        for name in names:
            reader.click(f"[data-screen-name={name}]")
            visible = [screen for screen, part in parts.items() if reader.part(part).is_visible()]
            assert visible == [name], "one thing per screen"
        for key, step in (("PageDown", 1), ("ArrowRight", 1), ("PageUp", -1), ("ArrowLeft", -1)):
            for _ in names:
                before = str(reader.lab.get_attribute("data-screen"))
                reader.press(key)
                after = names[(names.index(before) + step) % len(names)]
                assert reader.lab.get_attribute("data-screen") == after
        reader.press("b")
        expect(reader.lab.locator(".blank")).to_be_visible()
        reader.press("b")
        expect(reader.lab.locator(".blank")).to_be_hidden()


def test_projector_mode_is_entered_and_left_with_a_key_and_keeps_the_view(reader: Reader, run: Run) -> None:
    reader.open(b=blocks_of(run)[1], f="1", s="i am a student")
    before = reader.seen()
    for on in (True, False):
        drawn = reader.drawn()
        reader.press("p")
        reader.wait_drawn(drawn + 1)
        assert reader.seen() == {**before, "projector": on}


# -- 2. the numbers are the model's --------------------------------------------------------------------------------


def assert_table(reader: Reader, known: Expected, block: str, head: int) -> None:
    """The table twin must say what Python says: the same words, the same numbers, and which cells are masked."""
    table, weights = reader.table(), known.map(block)[head]
    assert table.rows == known.rows(block)
    assert table.columns == known.columns(block)
    masked = np.triu(np.ones(weights.shape, dtype=bool), 1) & (".self_attn" in block and block.startswith("decoder"))
    said = numbers(table.cells)
    assert np.array_equal(np.isnan(said), masked), "masked cells have no number, all others have one"
    np.testing.assert_allclose(said[~masked], weights[~masked], atol=ROUNDED, rtol=0)


def test_the_tables_of_all_heads_say_what_python_says(
    reader: Reader, run: Run, blocks: list[str], famous: Expected
) -> None:
    reader.open(view="table")
    for block in blocks:
        reader.go(block)
        for head in range(run.model.config.n_heads):
            reader.press(str(head + 1))
            assert_table(reader, famous, block, head)


def test_another_sentence_brings_its_own_numbers(reader: Reader, run: Run) -> None:
    task = run.task
    assert task is not None
    reader.open(view="table", b=blocks_of(run)[-1], f="0")
    for example in itertools.islice(task.examples(5, "test"), 3):
        reader.translate(example.src)
        known = expected(run, example.src)
        assert reader.seen()["sentence"] == known.src
        assert reader.seen()["output"] == known.writes
        assert_table(reader, known, blocks_of(run)[-1], 0)


def ramp(weights: np.ndarray) -> np.ndarray:
    """Give the colour of weights, as the design specification says: linear between five stops."""
    place = np.clip(weights.astype(np.float64), 0, 1) * (len(RAMP) - 1)
    step = np.minimum(place.astype(int), len(RAMP) - 2)
    return RAMP[step] + (RAMP[step + 1] - RAMP[step]) * (place - step)[..., None]


def test_the_matrix_paints_the_colour_and_the_digits_of_every_weight(
    reader: Reader, run: Run, blocks: list[str], famous: Expected
) -> None:
    reader.open()
    for block in blocks:
        reader.go(block)
        for head in range(run.model.config.n_heads):
            reader.press(str(head + 1))
            weights = famous.map(block)[head]
            n_rows, n_cols = weights.shape
            picture = reader.bitmap("matrix")
            h, w = picture.shape[0] // n_rows, picture.shape[1] // n_cols
            assert picture.shape == (h * n_rows, w * n_cols, 3)
            colours = picture[h // 2 :: h, ::w]  # at the left edge of each cell, beside its digits
            hidden = np.triu(np.ones((n_rows, n_cols), dtype=bool), 1) & block.startswith("decoder") & ("self" in block)
            assert np.abs(colours - ramp(weights))[~hidden].max() <= 1, (block, head)
            written = {
                (int(mark["y"] // h), int(mark["x"] // w)): mark["text"]
                for mark in reader.part("matrix").evaluate("(canvas) => canvas.writing")
            }
            large = (weights >= 0.1) & ~hidden if w >= 25 else np.zeros_like(hidden)  # smaller cells have no room
            assert set(written) == set(zip(*np.nonzero(large), strict=True)), (block, head)
            for (row, col), digits in written.items():
                assert float(digits) == pytest.approx(weights[row, col], abs=0.005 + 1e-6)


@pytest.mark.full
def test_masked_cells_are_hatched_and_no_other_cell_is(reader: Reader, run: Run, famous: Expected) -> None:
    reader.open(b="decoder.0.self_attn")
    n, picture = len(famous.reads), reader.bitmap("matrix")
    h, w = picture.shape[0] // n, picture.shape[1] // n
    for row, col in itertools.product(range(n), repeat=2):
        cell = picture[row * h : row * h + h - 1, col * w : col * w + w - 1].reshape(-1, 3)
        ground = (cell == HATCH_GROUND).all(axis=1).any()
        assert ground == (col > row), (row, col)
        if col > row:
            assert len(np.unique(cell, axis=0)) > 1, "a hatch has strokes"
            assert not (np.abs(cell - RAMP[0]) <= 1).all(axis=1).any(), "never the colour of a weight 0"


def test_the_joined_square_holds_three_maps_and_two_hatched_parts(reader: Reader, run: Run, famous: Expected) -> None:
    layers = min(run.model.config.n_encoder_layers, run.model.config.n_decoder_layers)
    n_src, n_tgt = len(famous.src), len(famous.reads)
    reader.open(view="joined")
    for layer, head in itertools.product(range(layers), (0, run.model.config.n_heads - 1)):
        reader.go(f"decoder.{layer}.cross_attn")
        reader.press(str(head + 1))
        weights = np.full((n_src + n_tgt, n_src + n_tgt), np.nan)
        weights[:n_src, :n_src] = famous.map(f"encoder.{layer}.self_attn")[head]
        weights[n_src:, :n_src] = famous.map(f"decoder.{layer}.cross_attn")[head]
        written = famous.map(f"decoder.{layer}.self_attn")[head]
        weights[n_src:, n_src:] = np.where(np.tri(n_tgt, dtype=bool), written, np.nan)
        side = float(reader.lab.locator("canvas[data-part=joined]").evaluate("(node) => parseFloat(node.style.width)"))
        gap = 4  # between source and target words
        cell = (side - gap) / (n_src + n_tgt)
        at = [int((i + 0.5) * cell + (gap if i >= n_src else 0)) for i in range(n_src + n_tgt)]
        colours = reader.bitmap("joined")[np.ix_(at, at)]
        seen = ~np.isnan(weights)
        assert np.abs(colours - ramp(np.nan_to_num(weights)))[seen].max() <= 1, (layer, head)
        assert (np.abs(colours - RAMP[0]).max(axis=-1) > 1)[~seen].all(), "a hatched cell never looks like a weight 0"
    expect(reader.lab.locator(".joined-never")).to_have_text(say("explore.joined.never_here"))


def test_a_cross_map_has_target_words_on_its_rows_and_source_words_on_its_columns(
    reader: Reader, famous: Expected
) -> None:
    reader.open(b="decoder.0.cross_attn")
    assert reader.lab.locator(".matrix-rows text").all_text_contents() == famous.writes
    assert reader.lab.locator(".matrix-columns text").all_text_contents() == famous.src
    assert reader.lab.locator(".query .reads").all_text_contents() == famous.reads
    assert reader.lab.locator(".query .writes").all_text_contents() == famous.writes
    assert reader.lab.locator(".key .word").all_text_contents() == famous.src
    axes = reader.lab.locator(".matrix-axes").first
    for key in ("keys_right", "queries_down", "word_written"):
        expect(axes).to_contain_text(say(f"explore.axis.{key}"))
    reader.go("decoder.0.self_attn")
    assert reader.lab.locator(".matrix-rows text").all_text_contents() == famous.writes
    assert reader.lab.locator(".matrix-columns text").all_text_contents() == famous.reads
    reader.go("encoder.0.self_attn")
    assert reader.lab.locator(".matrix-rows text").all_text_contents() == famous.src
    assert reader.lab.locator(".matrix-columns text").all_text_contents() == famous.src


def cell_centre(reader: Reader, known: Expected, block: str, row: int, col: int) -> Any:
    """Where a cell of the matrix lies, measured from the corner of the first one."""
    box = reader.part("matrix").bounding_box()
    assert box is not None
    n_rows, n_cols = known.map(block)[0].shape
    return {"x": (col + 0.5) * box["width"] / n_cols, "y": (row + 0.5) * box["height"] / n_rows}


def assert_tooltip(reader: Reader, known: Expected, block: str, head: int, row: int, col: int) -> None:
    lines = reader.tooltip()
    assert lines[0] == say("explore.cell.weight", weight=f"{known.map(block)[head, row, col]:.3f}")
    assert say("explore.cell.query", query=known.rows(block)[row]) in lines
    assert say("explore.cell.key", key=known.columns(block)[col]) in lines
    assert any(line.startswith(say("explore.cell.head", head=head + 1, block="")) for line in lines)


def test_the_tooltip_of_a_cell_says_query_key_head_and_weight(
    reader: Reader, run: Run, blocks: list[str], famous: Expected
) -> None:
    random = np.random.default_rng(7)
    reader.open()
    with reader.silence():
        for block in blocks:
            reader.go(block)
            n_rows, n_cols = famous.map(block)[0].shape
            for _ in range(4):
                head = int(random.integers(run.model.config.n_heads))
                row, col = int(random.integers(n_rows)), int(random.integers(n_cols))
                reader.press(str(head + 1))
                reader.part("matrix").hover(position=cell_centre(reader, famous, block, row, col))
                assert reader.seen()["row"] == row
                if block.startswith("decoder") and "self" in block and col > row:
                    assert reader.tooltip()[0] == say("explore.masked")
                else:
                    assert_tooltip(reader, famous, block, head, row, col)


def test_a_pinned_cell_keeps_its_tooltip_until_it_is_let_go(reader: Reader, famous: Expected) -> None:
    block = "decoder.0.cross_attn"
    reader.open(b=block, f="0")
    with reader.silence():
        reader.part("matrix").click(position=cell_centre(reader, famous, block, 5, 4))
        reader.page.mouse.move(5, 5)
        assert_tooltip(reader, famous, block, 0, 5, 4)
        reader.press("Escape")
        assert not reader.tooltip()


def test_the_bars_beside_the_keys_name_the_strongest_head(reader: Reader, run: Run, famous: Expected) -> None:
    block = blocks_of(run)[-1]
    weights = famous.map(block)
    reader.open(b=block)
    for row in range(weights.shape[1]):
        reader.point_at(row)
        said = reader.lab.locator(".key").all_text_contents()
        assert len(said) == weights.shape[2]
        for col, text in enumerate(said):
            best = int(weights[:, row, col].argmax())
            weight = weights[best, row, col]
            label = re.search(r"H(\d+) (\.\d\d|1\.0)", text)
            assert bool(label) == (weight > 0.2)
            if label:
                assert int(label[1]) == best + 1
                assert float(label[2]) == pytest.approx(weight, abs=0.005 + 1e-6)
        lines = reader.lab.locator(".lines-live path").count()
        assert lines == np.count_nonzero(weights[:, row] >= 0.04)


@pytest.mark.full
def test_without_special_tokens_each_row_is_divided_by_what_is_left_of_it(
    reader: Reader, blocks: list[str], famous: Expected
) -> None:
    reader.open(view="table")
    for block in blocks:
        reader.go(block)
        reader.press("1")
        reader.hide_specials()
        table, weights = reader.table(), famous.map(block)[0].astype(np.float64)
        assert table.caption == say("explore.table.caption_bare", head=1, title=reader.seen()["title"])
        columns = [j for j, name in enumerate(famous.columns(block)) if name != "<s>"]
        rows = [i for i, name in enumerate(famous.rows(block)) if not name.endswith("</s>")]
        assert table.columns == [famous.columns(block)[j] for j in columns]
        assert table.rows == [famous.rows(block)[i] for i in rows]
        left = 1 - weights[:, [j for j in range(weights.shape[1]) if j not in columns]].sum(axis=1)
        said = numbers(table.cells)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = (weights / left[:, None])[np.ix_(rows, columns)]
        there = ~np.isnan(said)
        np.testing.assert_allclose(said[there], shares[there], atol=ROUNDED, rtol=0)
        reader.hide_specials()
        assert_table(reader, famous, block, 0)


@pytest.mark.full
def test_the_renormalised_tooltip_also_says_the_weight_of_the_model(reader: Reader, famous: Expected) -> None:
    block, row, col = "decoder.0.self_attn", 5, 3
    weights = famous.map(block)[0, row].astype(np.float64)
    reader.open(b=block, f="0")
    reader.hide_specials()
    expect(reader.lab.locator(".matrix-title")).to_contain_text(say("explore.matrix.bare"))
    n_rows, n_cols = len(famous.writes) - 1, len(famous.reads) - 1  # without </s> written and <s> read
    box = reader.part("matrix").bounding_box()
    assert box is not None
    place = {"x": (col - 1 + 0.5) * box["width"] / n_cols, "y": (row + 0.5) * box["height"] / n_rows}
    reader.part("matrix").hover(position=place)  # type: ignore[arg-type]
    lines = reader.tooltip()
    assert lines[0] == say("explore.cell.weight", weight=f"{weights[col] / (1 - weights[0]):.3f}")
    assert any(f"{weights[col]:.3f}" in line for line in lines[1:]), lines


def test_the_strip_says_how_sure_the_model_was_of_each_word(reader: Reader, famous: Expected) -> None:
    logits = famous.trace["logits"].astype(np.float64)
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p = (p / p.sum(-1, keepdims=True)).max(-1)
    reader.open()
    for row, word in enumerate(famous.writes):
        title = reader.part("tgt").locator(f'[data-token="{row}"]').get_attribute("title") or ""
        assert title.startswith(word)
        if p[row] > 0.9999:
            assert "99.99" in title and ">" in title, "certainty is never claimed"
        else:
            percent = float(title.rsplit(" ", 1)[1].split("\u202f")[0])
            assert percent / 100 == pytest.approx(p[row], abs=6e-5)


def test_the_facts_of_the_heads_are_those_that_were_measured(reader: Reader, run: Run) -> None:
    assert run.heads is not None
    reader.open()
    start = run.heads["start"]
    assert (reader.seen()["block"], reader.seen()["head"]) == (start["block"], start["head"])
    for block in blocks_of(run):
        reader.go(block)
        entropies = reader.part("facts").locator("td:has(.level:not([hidden])) span").all_text_contents()
        measured = [fact["entropy"] for fact in run.heads["blocks"][block]]
        np.testing.assert_allclose([float(text) for text in entropies], measured, atol=0.005 + 1e-9, rtol=0)


# -- saving what is seen -------------------------------------------------------------------------------------------


def test_saved_numbers_are_the_tensor(reader: Reader, run: Run, famous: Expected) -> None:
    for block in ("encoder.0.self_attn", "decoder.0.self_attn", blocks_of(run)[-1]):
        weights = famous.map(block)
        hidden = np.triu(np.ones(weights.shape, dtype=bool), 1) & block.startswith("decoder") & ("self" in block)
        reader.open(b=block)
        said = json.loads(reader.save("json"))
        assert said["tensor"] == f"{block}.weights"
        assert said["heads"] == list(range(len(weights)))
        filled = np.array(said["weights"], dtype=np.float64)
        assert np.array_equal(np.isnan(filled), hidden)
        assert np.array_equal(filled[~hidden].astype(np.float32), weights[~hidden]), "not a bit is lost"
        lines = list(csv.DictReader(io.StringIO(reader.save("csv").decode("utf-8-sig"))))
        assert len(lines) == weights.size
        for line in lines:
            place = int(line["head"]), int(line["query"]), int(line["key"])
            assert line["block"] == block
            assert (line["masked"] == "true") == hidden[place] == (line["weight"] == "")
            if line["weight"]:
                assert np.float32(line["weight"]) == weights[place]
            assert line["key_token"] == famous.columns(block)[place[2]].rstrip("₀₁₂₃₄₅₆₇₈₉")


@pytest.mark.full
def test_only_the_heads_that_are_seen_are_saved(reader: Reader, run: Run) -> None:
    reader.open(b=blocks_of(run)[-1])
    reader.press("2", "s")
    assert json.loads(reader.save("json"))["heads"] == [1]
    heads = {line["head"] for line in csv.DictReader(io.StringIO(reader.save("csv").decode("utf-8-sig")))}
    assert heads == {"1"}


@pytest.mark.parametrize("picture", in_ci(PICTURES[:1], PICTURES))
def test_saved_pictures_are_whole_files(reader: Reader, famous: Expected, picture: str) -> None:
    reader.open(view=picture, b="decoder.0.cross_attn")
    drawing = ElementTree.fromstring(reader.save("svg"))
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [node.text for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    for word in {*famous.src, *famous.writes}:
        assert any(word in str(text) for text in texts), word
    assert not {node.tag.split("}")[1] for node in drawing.iter()} - {"svg", "defs", "pattern", "rect", "path", "text"}
    png = reader.save("png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    image = Image.open(io.BytesIO(png))
    image.load()
    assert (
        image.size == (width, height) == tuple(2 * round(float(drawing.attrib[side])) for side in ("width", "height"))
    )
    assert len(image.convert("RGB").getcolors(width * height) or []) > 50, "the picture is not empty"


def test_the_copied_link_is_the_address_of_this_view(
    reader: Reader, readers: Callable[[], Reader], desk: BrowserContext, run: Run
) -> None:
    desk.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.open()
    reader.go(blocks_of(run)[0])
    reader.press("2", "t", "l")
    expect(reader.lab.locator(".toast")).to_have_text(say("explore.save.copied"))
    link = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert link == reader.page.evaluate("() => location.href")
    desk.clear_permissions()
    wanted = reader.seen()
    other = readers()
    other.page.goto(link)
    other.wait_drawn()
    assert other.seen() == wanted


# -- 3. the flip ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["click", "key"])
def test_the_flip_turns_the_pronoun_and_the_reader_stays_on_it(reader: Reader, pair: Pair, how: str) -> None:
    reader.open(s=pair.texts[0], b="decoder.0.cross_attn")
    with reader.silence():
        for index in (1, 0, 1):
            if how == "click":
                reader.click("[data-flip]:not([data-token])")
            else:
                reader.press("x")
            seen = reader.seen()
            assert seen["row"] == pair.rows[index]
            assert seen["output"][seen["row"]].rstrip("₀₁₂₃₄₅₆₇₈₉") == pair.pronouns[index]
            assert seen["sentence"][-1] == pair.texts[index].split()[-1]
    assert set(pair.pronouns) == {"il", "elle"}


def test_the_word_that_is_not_in_the_sentence_is_never_pointed_at(reader: Reader, pair: Pair, run: Run) -> None:
    reader.open(s=pair.texts[0], b=blocks_of(run)[0], q="0")
    assert reader.seen()["row"] == 0
    assert reader.part("src").locator(".here").count() == 1
    assert reader.part("src").locator(".flip .here").count() == 0


@pytest.mark.full
def test_a_reader_on_another_row_stays_there_when_the_word_flips(reader: Reader, pair: Pair) -> None:
    reader.open(s=pair.texts[0], b="decoder.0.cross_attn")
    reader.point_at(2)
    reader.press("x")
    assert reader.seen()["row"] == 2


def test_the_flipped_picture_is_the_picture_of_the_sentence_typed(
    reader: Reader, run: Run, blocks: list[str], pair: Pair
) -> None:
    known = expected(run, pair.texts[1])

    def pictures() -> list[Any]:
        found: list[Any] = []
        for block in blocks:
            reader.go(block)
            reader.point_at(1)
            found.append((reader.seen(), reader.bitmap("matrix").tolist()))
            reader.press("t")
            assert_table(reader, known, block, reader.seen()["head"])
            reader.press("t")
        return found

    reader.open(s=pair.texts[0])
    reader.press("x")
    flipped = pictures()
    reader.translate(pair.texts[1])
    assert pictures() == flipped
