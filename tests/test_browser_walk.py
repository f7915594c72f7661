"""The walker in a real browser: through the whole pass by keys, and every number on the way is the trace's."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from models import in_ci
from reader import RUN, Expected, expected
from transformer import runs
from transformer.runs import Run
from walking import Walker, own_run, percent

pytest_plugins = ["windows", "desk", "walkers"]
pytestmark = pytest.mark.browser

ATTENTION = ["x", "qkv", "raw", "scaled", "masked", "weights", "context", "concat", "output", "add"]
STAGES = {"self_attn": ATTENTION, "cross_attn": ATTENTION, "ffn": ["x", "hidden", "output", "add"]}
EMBED = ["tokens", "scaled", "position", "sum"]


@pytest.fixture(scope="module")
def famous(run: Run) -> Expected:
    return expected(run, run.example)


@pytest.fixture
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path)


def the_way(run: Run) -> list[tuple[str, str]]:
    """List every place and stage of a post-norm model with sinusoids, as the paper has them."""
    config = run.model.config
    way = [("src_embed", stage) for stage in EMBED]
    for n in range(config.n_encoder_layers):
        way += [(f"encoder.{n}.{part}", stage) for part in ("self_attn", "ffn") for stage in STAGES[part]]
    way += [("memory", "memory"), *(("tgt_embed", stage) for stage in EMBED)]
    for n in range(config.n_decoder_layers):
        way += [(f"decoder.{n}.{part}", stage) for part in ("self_attn", "cross_attn", "ffn") for stage in STAGES[part]]
    return way + [("output", stage) for stage in ("decoder_output", "logits", "p")]


def shown(value: float) -> str:
    """Write a number as a table does."""
    return ("−" if value < 0 else "") + f"{abs(value):.3f}"


def close(text: str, value: float) -> bool:
    """Does the table say this number? The last digit may be off by one: JavaScript rounds a tie the other way."""
    return abs(float(text.replace("−", "-")) - value) <= 0.00051


def test_the_arrow_key_alone_walks_from_text_to_the_probability_of_explore(
    walker: Walker, run: Run, famous: Expected
) -> None:
    walker.step("tokens", b="src_embed")
    walker.hush()
    start, frames = len(walker.requests), len(walker.frames)
    way = the_way(run)
    for place, stage in way:
        seen = walker.state()
        assert (seen["place"], seen["stage"], seen["bar"]) == (place, stage, place)
        assert seen["here"], f"no part of the formula of {place} stands for {stage}"
        if (place, stage) != way[-1]:
            walker.press("ArrowRight")
    walker.press("ArrowRight")
    last = walker.state()
    assert (last["place"], last["stage"]) == way[-1], "after the probability there is nothing"
    _, col = last["index"]
    row = last["index"][0]
    assert run.tgt_vocab.token(col) == famous.writes[row].rstrip("₀₁₂₃₄₅₆₇₈₉")
    p = torch.from_numpy(famous.trace["logits"].copy()).softmax(-1)[row, col].item()
    assert float(last["value"]) == pytest.approx(p, abs=1e-6)
    asked = [urlsplit(url) for url in walker.requests[start:]]
    assert {url.path for url in asked} <= {"/lab/parameters"}
    at = [parse_qs(url.query)["at"][0] for url in asked]
    assert len(at) == len(set(at)), "the parameters of a place come once"
    assert not [kind for kind in walker.frames[frames:] if kind != "app_heartbeat"]
    for place, stage in reversed(way[-12:-1]):
        walker.press("ArrowLeft")
        seen = walker.state()
        assert (seen["place"], seen["stage"]) == (place, stage)
    assert len(walker.requests) == start + len(asked), "what came once stays"
    walker.open(q=str(row), b="decoder.1.cross_attn")
    assert percent(float(last["value"])) in walker.lab.locator(".box.softmax").inner_text()


@pytest.mark.parametrize("name", in_ci(["copy"], ["copy", "addition", "fr"]))
@pytest.mark.full
def test_every_matrix_is_the_tensor_of_the_trace(walker: Walker, name: str) -> None:
    model = runs.load_run(name)
    truth = expected(model, model.example)
    walker.step("tokens", run=name, b="src_embed")
    checked = set()
    for _ in range(400):
        seen = walker.state()
        tensor, head = seen["tensor"], max(seen["head"], 0)
        if tensor != "p" and tensor not in checked:
            matrix = truth.trace[tensor]
            spec = truth.trace.spec(tensor)
            matrix = matrix[head] if spec.axes[0] == "head" else matrix
            twin = walker.twin()
            assert len(twin["rows"]) == len(matrix)
            columns = twin["columns"] if spec.axes[-1] == "vocab" else None
            assert_same(twin["cells"], matrix, columns, model)
            checked.add(tensor)
        if seen["stage"] == "p":
            break
        walker.press("n") if tensor not in checked or has_more(walker) else walker.press("ArrowRight")
    everything = set(truth.trace.names()) - {"src_mask", "tgt_mask"}
    assert checked == everything, f"never shown: {sorted(everything - checked)}"


def has_more(walker: Walker) -> bool:
    """Is there another tensor of this stage to the right of the one that is shown?"""
    chosen = walker.lab.locator("[data-part=tensors] button")
    pressed = [button.get_attribute("aria-pressed") for button in chosen.all()]
    return "true" in pressed and pressed.index("true") < len(pressed) - 1


def assert_same(cells: list[list[str]], matrix: np.ndarray, columns: list[str] | None, run: Run) -> None:
    """The table says every number of the matrix; a masked cell says so in words."""
    order = list(range(matrix.shape[1]))
    if columns is not None:  # the words that are written stand first, and no word is left out
        names = [run.tgt_vocab.token(i).removeprefix("▁") for i in order]
        assert sorted(columns) == sorted(names)
        order = [names.index(name) for name in columns]
    hidden = matrix == -np.inf
    for texts, row, gone in zip(cells, matrix[:, order], hidden[:, order], strict=True):
        for text, value, shut in zip(texts, row, gone, strict=True):
            assert text == "masked" if shut else (text == "masked" and value == 0) or close(text, float(value))


def test_the_digits_in_the_cells_are_those_of_the_trace(walker: Walker, famous: Expected) -> None:
    walker.step("attention", b="decoder.1.cross_attn", g="weights", f="1", j="0")
    weights = famous.map("decoder.1.cross_attn")[1]
    lines: dict[float, list[str]] = {}
    for entry in walker.written():
        lines.setdefault(entry["y"], []).append(entry["text"])
    written = [[text for text in lines[y] if text] for y in sorted(lines)]
    for row, texts in zip(weights, written, strict=True):
        assert texts == ["1.0" if w >= 0.995 else f".{round(float(w) * 100 + 1e-9):02d}" for w in row if w >= 0.01]


def test_a_miniature_is_a_true_picture_of_its_matrix(walker: Walker, famous: Expected) -> None:
    place = "decoder.1.cross_attn"
    walker.step("attention", b=place, g="x", f="2")
    read = """(canvas) => {
      const { width, height } = canvas;
      return { width, height, data: [...canvas.getContext('2d').getImageData(0, 0, width, height).data] };
    }"""
    weights = famous.map(place)[2]
    image = walker.lab.locator(f'canvas[data-tensor="{place}.weights"]').evaluate(read)
    pixels = np.array(image["data"]).reshape(image["height"], image["width"], 4)[..., :3].sum(-1)
    rows, cols = weights.shape
    y = ((np.arange(rows) + 0.4) * image["height"] / rows).astype(int)
    x = ((np.arange(cols) + 0.4) * image["width"] / cols).astype(int)
    darkness = -pixels[np.ix_(y, x)].astype(float)
    order = np.argsort(weights, axis=None)
    assert (np.diff(darkness.ravel()[order]) >= 0).all(), "a larger weight is never paler"
    assert len(set(darkness.ravel())) > 10


def test_forbidden_cells_are_hatched_and_nothing_else_is(walker: Walker, famous: Expected) -> None:
    place = "decoder.0.self_attn"
    n = len(famous.writes)
    walker.step("attention", b=place, g="scaled", f="0", q="3", j="6")
    assert len(walker.written()) == n * n, "before the mask every score is there"
    before = walker.state()["legend"]
    walker.press("ArrowRight")
    assert len(walker.written()) == n * (n + 1) // 2
    assert walker.state()["legend"] == before, "scores share one scale"
    cells = walker.twin()["cells"]
    assert all((cells[i][j] == "masked") == (j > i) for i in range(n) for j in range(n))
    walker.press("ArrowRight")
    assert walker.state()["legend"].endswith("01"), "weights run from 0 to 1"
    assert all(text.startswith((".", "1")) or text == "" for text in (entry["text"] for entry in walker.written()))
    walker.press("]")
    assert "nothing hidden" in next(card["text"] for card in walker.cards() if card["name"] == "masked")


def test_a_step_that_the_model_does_not_do_is_crossed_out_with_its_reason(walker: Walker, own_runs: None) -> None:
    plain = own_run("plain", position="none", score="dot", scale_embeddings=False)
    walker.show_own(plain, "s1 s2 s0")
    walker.step("tokens", b="src_embed")
    missing = {card["name"]: card["text"] for card in walker.cards() if card["missing"]}
    assert sorted(missing) == ["position", "scaled"]
    assert "no positions" in missing["position"]
    assert "does not scale" in missing["scaled"]
    walker.press("ArrowRight")
    assert walker.state()["stage"] == "sum", "the walk leaves out what the model leaves out"
    walker.press("ArrowRight")
    assert [card["name"] for card in walker.cards() if card["missing"]] == ["scaled"]
    assert "√" not in walker.lab.locator("[data-part=formula]").inner_text()


@pytest.mark.parametrize(
    ("position", "stage", "tensors"),
    [
        ("rotary", "rotated", {"q.rotated", "k.rotated"}),
        pytest.param("alibi", "biased", {"scores.biased"}, marks=pytest.mark.full),
    ],
)
def test_a_step_of_later_papers_has_a_stage_of_its_own(
    walker: Walker, own_runs: None, position: str, stage: str, tensors: set[str]
) -> None:
    walker.show_own(own_run(position, position=position, norm_first=True, score="cosine"), "s1 s2 s0")
    walker.step("attention", b="encoder.1.self_attn", g=stage)
    cards = {card["name"]: card["tensors"] for card in walker.cards()}
    assert {name.removeprefix("encoder.1.self_attn.") for name in cards[stage]} == tensors
    assert list(cards)[:2] == ["x", "norm"], "in pre norm the norm comes first"
    assert walker.state()["here"]
    assert stage not in {card["name"] for card in walker.step("attention", b="decoder.0.cross_attn").cards()}


def test_keys_move_head_row_column_tensor_and_place(walker: Walker, run: Run, famous: Expected) -> None:
    walker.step("attention", b="encoder.0.self_attn", g="raw", f="0", q="2", j="3")
    assert walker.state()["index"] == [0, 2, 3]
    walker.hush()
    requests = len(walker.requests)
    assert walker.state()["index"] == [0, 2, 3]
    walker.press("ArrowDown", ".", ".", "ArrowUp", "ArrowUp", ",")
    assert walker.state()["index"] == [0, 1, 4]
    walker.press("3")
    assert walker.state()["index"] == [2, 1, 4]
    walker.press("9", "0")
    assert walker.state()["index"] == [2, 1, 4]
    walker.press(*["ArrowUp"] * 5, *[","] * 9)
    assert walker.state()["index"] == [2, 0, 0], "before the first there is none"
    walker.press(*["ArrowDown"] * 40, *["."] * 40)
    n = len(famous.src) - 1
    assert walker.state()["index"] == [2, n, n]
    assert len(walker.requests) == requests
    walker.press("ArrowLeft")
    for letter in "qkvq":
        assert walker.state()["tensor"] == f"encoder.0.self_attn.{letter}"
        walker.press("n")
    for place in ("encoder.0.ffn", "encoder.1.self_attn", "encoder.1.ffn", "memory"):
        walker.press("]")
        assert walker.state()["place"] == place
    walker.press("[")
    assert walker.state()["place"] == "encoder.1.ffn"
    walker.page.locator("[data-part=place]").select_option("decoder.0.cross_attn")
    walker.press("ArrowRight")
    assert (walker.state()["place"], walker.state()["stage"]) == ("decoder.0.cross_attn", "qkv")


def test_enter_shows_the_lines_of_our_own_source(walker: Walker) -> None:
    walker.step("attention", b="encoder.0.self_attn", g="weights")
    walker.press("Enter")
    here = walker.part("source").locator("li.here")
    number = int(here.locator("i").inner_text())
    source = Path(__file__).parent.parent / "transformer" / "attention.py"
    assert source.read_text(encoding="utf-8").splitlines()[number - 1].strip() == here.locator("span").inner_text()
    assert 'tap("weights"' in here.inner_text()
    walker.press("Enter")
    assert walker.part("source").is_hidden()


def test_a_reload_keeps_the_place(walker: Walker) -> None:
    walker.step("attention", b="decoder.1.cross_attn", g="weights", f="2", q="4", j="5")
    walker.press("ArrowRight", "ArrowDown", "r")
    before = walker.state()
    walker.wait_address(g="context", q="5", o_rows="one")
    walker.page.reload()
    walker.wait_drawn()
    assert walker.state() == before
    assert walker.part("row-view").is_visible()


def test_one_row_alone_tells_the_same_numbers(walker: Walker, famous: Expected) -> None:
    place, head, row = "decoder.0.self_attn", 1, 4
    walker.step("attention", b=place, g="weights", f=str(head), q=str(row), o_rows="one")
    lines = walker.lab.locator(".key-row")
    assert lines.count() == len(famous.reads)
    for j, line in enumerate(lines.all()):
        texts = [cell.inner_text() for cell in line.locator(":scope > span").all()]
        score, weight = famous.trace[f"{place}.scores.raw"][head, row, j], famous.map(place)[head, row, j]
        assert texts[0] == famous.reads[j]
        assert close(texts[1], float(score))
        assert texts[-1] == ("masked" if j > row else shown(float(weight)))
        assert texts[-2] == "−∞" if j > row else close(texts[-2], float(score) / 4)


@pytest.mark.full
def test_a_long_text_is_drawn_in_windows_that_say_so(walker: Walker, own_runs: None) -> None:
    run = own_run("long", max_len=256, d_model=48, n_heads=1)
    text = " ".join(f"s{n % 7}" for n in range(200))
    walker.show_own(run, text)
    walker.step("attention", b="encoder.0.self_attn", g="weights", q="150", j="190")
    said = walker.lab.locator(".pager:visible").all_inner_texts()
    assert [re.findall(r"\d+", text) for text in said] == [["129", "192", "200"], ["129", "192", "200"]]
    assert walker.state()["index"] == [0, 150, 190]
    walker.press(*["ArrowDown"] * 50)
    assert walker.state()["index"] == [0, 199, 190]
    assert "193–200 of 200" in walker.lab.locator(".pager:visible").first.inner_text()


def test_play_walks_by_itself_and_a_step_stops_it(walker: Walker) -> None:
    walker.step("attention", b="encoder.0.self_attn", g="x")
    walker.press(" ")
    expect(walker.lab.locator(".stage-card[data-stage=qkv]")).to_have_attribute("aria-current", "step")
    walker.press("ArrowRight")
    assert walker.part("play").get_attribute("aria-pressed") == "false"


def test_nothing_moves_while_a_person_walks(walker: Walker) -> None:
    walker.step("attention", b="encoder.0.self_attn", g="x")
    fixed = ("box", "strip", "scrubber", "formula", "passbar", "guess")
    boxes = walker.boxes()
    before = {part: boxes[part][:2] for part in fixed}
    for _ in range(12):
        walker.press("ArrowRight")
        boxes = walker.boxes()
        assert {part: boxes[part][:2] for part in fixed} == before


def test_the_wall_shows_it_large(walker: Walker) -> None:
    walker.page.set_viewport_size({"width": 1280, "height": 720})
    walker.step("attention", run=RUN, b="decoder.1.cross_attn", g="weights", projector="true")
    walker.press("PageDown")
    assert walker.state()["stage"] == "context"
