"""Encoder and Decoder in a real browser: what their views show is what the model computes, in every run."""

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect

from models import in_ci
from serving import Visitor
from transformer.runs import Run, load_run
from transformer.trace import Trace, trace_pair
from transformer.vocab import BOS, EOS

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

VIEWS = {"encoder": ["stream", "norm", "units"]}
VIEWS["decoder"] = ["sources", "shifted", "dictionary", *VIEWS["encoder"]]
KINDS = {"fr": "post norm, ReLU", "addition": "pre norm, GELU", "copy": "one layer"}  # runs that differ in kind


def go(visitor: Visitor, page: str, view: str, **more: str) -> Page:
    visitor.goto(f"/{page}?" + "&".join(f"{key}={value}" for key, value in {"v": view, **more}.items()))
    expect(visitor.page.locator(f'[data-view="{view}"]')).to_be_visible()
    return visitor.page


def module(page: Page, name: str) -> str:
    """Find the address under which the page has loaded one of our modules, to call what the page calls."""
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    return next(address for address in loaded if f"/chapters/{name}.js" in address)


def numbers(text: str) -> list[float]:
    """Read the numbers of a text, with its true minus."""
    return [float(number.replace("\u2212", "-")) for number in re.findall("[\u2212-]?\\d+(?:\\.\\d+)?", text)]


def wrong(visitor: Visitor) -> list[str]:
    return [line for line in visitor.console if "404" not in line]


@pytest.fixture(scope="module")
def french() -> Run:
    return load_run("fr")


@pytest.fixture(scope="module")
def trace(french: Run) -> Trace:
    return french.trace(french.example)


@pytest.mark.parametrize(("page", "name"), in_ci([("encoder", "copy"), ("decoder", "addition")], product(VIEWS, KINDS)))
def test_every_view_of_every_kind_of_model_is_drawn_and_has_a_table(here: Visitor, page: str, name: str) -> None:
    here.page.set_viewport_size({"width": 1100, "height": 900})
    seen = go(here, page, VIEWS[page][0], run=name)
    for view in VIEWS[page]:
        seen.locator(f'[data-tab="{view}"]').first.click()
        expect(seen.locator(f'[data-view="{view}"]')).to_be_visible()
        wide = seen.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], f"{view} is too wide"
        seen.locator(".lab").focus()
        seen.keyboard.press("t")
        expect(seen.locator('[data-part="twin"] tbody tr').first).to_be_visible()
        seen.keyboard.press("t")
    assert not wrong(here)


def test_the_stream_shows_the_lengths_and_the_angle_of_every_addition(here: Visitor, trace: Trace) -> None:
    page = go(here, "encoder", "stream")
    page.wait_for_function(
        "() => new URL(location.href).searchParams.has('q')"
    )  # the address is written a little later
    row = page.evaluate("() => Number(new URL(location.href).searchParams.get('q'))")
    shown = [numbers(text)[-5:] for text in page.locator(".moves tbody tr").all_inner_texts()]
    x = trace["src_embed.sum"]
    for n, place in enumerate(f"encoder.{n}.{part}" for n in range(2) for part in ("self_attn", "ffn")):
        added, after, out = (trace[f"{place}.{end}"][row] for end in ("output", "residual", "norm"))
        cosine = x[row] @ added / (np.linalg.norm(x[row]) * np.linalg.norm(added))
        expected = [np.linalg.norm(v) for v in (x[row], added)], cosine, [np.linalg.norm(v) for v in (after, out)]
        assert shown[n] == pytest.approx([*expected[0], expected[1], *expected[2]], abs=0.0051)
        x = trace[f"{place}.norm"]


def test_layer_norm_and_batch_norm_are_those_of_torch(here: Visitor, french: Run, trace: Trace) -> None:
    """The page's own arithmetic, called as the page calls it, against the two functions of torch."""
    page = go(here, "encoder", "norm")
    name, at = "encoder.1.ffn", "encoder.1.around_ffn.norm"
    before = trace[f"{name}.residual"]
    gamma, beta = (french.model.state_dict()[f"{at}.{end}"] for end in ("weight", "bias"))
    found = page.evaluate(
        """async ([base, rows, gamma, beta]) => {
          const m = await import(base);
          return { layer: rows.map((x) => m.layerNorm(x, gamma, beta, 1e-5).after),
                   batch: rows.map((x) => m.batchNorm(x, rows, gamma, beta, 1e-5).after),
                   shifts: m.shiftsOf(rows, 2, gamma, beta, 1e-5),
                   alone: m.batchNorm(rows[0], [rows[0]], gamma, beta, 1e-5).after };
        }""",
        [module(page, "encodermath"), before.tolist(), gamma.tolist(), beta.tolist()],
    )
    x = torch.tensor(before)
    np.testing.assert_allclose(found["layer"], F.layer_norm(x, (x.size(1),), gamma, beta, 1e-5), atol=1e-5)
    np.testing.assert_allclose(found["layer"], trace[f"{name}.norm"], atol=1e-5)
    batch = F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5)
    np.testing.assert_allclose(found["batch"], batch, atol=1e-4)
    np.testing.assert_allclose(found["alone"], beta, atol=1e-6)
    rows = before.astype(float)
    for n, shift in enumerate(found["shifts"]):
        rest = np.delete(rows, n, axis=0)
        unit = [(rows[2] - some.mean(axis=0)) / np.sqrt(some.var(axis=0) + 1e-5) for some in (rest, rows)]
        moved = np.linalg.norm(gamma.double().numpy() * (unit[0] - unit[1]))
        assert shift == pytest.approx(0 if n == 2 else moved, abs=1e-6)


def test_leaving_a_word_out_moves_batch_norm_only(here: Visitor) -> None:
    page = go(here, "encoder", "norm")
    result = page.locator(".sum-line b")
    expect(result).to_be_visible()
    layer = result.inner_text()
    page.locator('[data-choice="kind"] [data-value="batch"]').click()
    batch = result.inner_text()
    page.locator("[data-leave]").nth(0).click()
    assert len({layer, batch, result.inner_text()}) == 3
    page.locator('[data-choice="kind"] [data-value="layer"]').click()
    assert result.inner_text() == layer
    assert not wrong(here)


def test_the_plane_is_that_of_the_singular_value_decomposition(here: Visitor) -> None:
    rows = np.random.default_rng(3).normal(size=(40, 12)) * np.linspace(3, 0.5, 12)
    page = go(here, "encoder", "stream")
    found: dict[str, Any] = page.evaluate(
        """async ([base, rows]) => {
          const m = await import(base);
          const plane = m.principalPlane(rows);
          return { ...plane, points: rows.map((row) => m.projected(plane, row)) };
        }""",
        [module(page, "encoderplane"), rows.tolist()],
    )
    centred = rows - rows.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(found["share"], (sizes**2 / (sizes**2).sum())[:2], atol=1e-4)
    assert np.abs(np.sum(np.array(found["axes"]) * axes[:2], axis=1)) == pytest.approx([1, 1], abs=1e-3)
    np.testing.assert_allclose(found["points"], centred @ np.array(found["axes"]).T, atol=1e-9)


def test_the_six_token_input_of_the_textbooks_can_be_read(here: Visitor) -> None:
    """Figure: the decoder input "<s> i am eating an apple", shifted right, typed on the page."""
    run, text = load_run("zh"), "我正在吃一个苹果"
    page = go(here, "decoder", "shifted", run="zh", s=text)
    drawn = here.drawn()
    page.locator('[data-choice="said"]').fill("i am eating an apple")
    page.keyboard.press("Enter")
    here.wait_drawn(drawn + 1)
    reads = page.locator("svg.shifted g > g > text:nth-child(2)").all_text_contents()
    assert reads == ["<s>", "i", "am", "eating", "an", "apple"]
    writes = page.locator("svg.shifted g > g > text:nth-child(3)").all_text_contents()
    assert [word.removeprefix("→ ") for word in writes] == ["i", "am", "eating", "an", "apple", "</s>"]
    ids = run.tgt_vocab.encode("i am eating an apple").ids
    logits = torch.tensor(trace_pair(run.model, run.encode(text), [BOS, *ids])["logits"], dtype=torch.float64)
    p = logits.softmax(-1)[torch.arange(6), torch.tensor([*ids, EOS])]
    shown = [numbers(t)[0] for t in page.locator("svg.shifted g > g > text:nth-child(4)").all_text_contents()]
    assert shown == pytest.approx((100 * p).tolist(), abs=0.0051)
    assert not wrong(here)


def test_the_cards_hold_the_models_scores_and_weights(here: Visitor, trace: Trace) -> None:
    page = go(here, "decoder", "dictionary", b="decoder.1.cross_attn", f="2", q="5", o_clayer="1")
    place = "decoder.1.cross_attn"
    scores = [numbers(text)[0] for text in page.locator(".cards .score").all_inner_texts()]
    assert scores == pytest.approx(trace[f"{place}.scores.masked"][2, 5].tolist(), abs=0.00051)
    weights = [numbers(text)[0] for text in page.locator(".cards .weight b").all_inner_texts()]
    assert weights == pytest.approx(trace[f"{place}.weights"][2, 5].tolist(), abs=0.00051)
    page.locator('[data-choice="order"] [data-value="weight"]').click()
    sorted_weights = [numbers(text)[0] for text in page.locator(".cards .weight b").all_inner_texts()]
    assert sorted_weights == sorted(weights, reverse=True)


def test_a_unit_says_what_it_adds_to_the_logits(here: Visitor, french: Run, trace: Trace) -> None:
    """Take what the unit adds through the last norm in Python, with the spread that the row has."""
    page = go(here, "decoder", "units", b="decoder.1.ffn", q="10", o_layer="decoder.1.ffn")
    unit = int(numbers(page.locator(".pane-unit h3").inner_text())[0])
    expect(page.locator(".excites tbody tr").first).to_be_visible()
    expect(page.locator(".pushes .num").first).to_be_visible()
    state = {key: value.double().numpy() for key, value in french.model.state_dict().items()}
    before = trace["decoder.1.ffn.residual"][10].astype(float)
    added = trace["decoder.1.ffn.hidden"][10, unit] * state["decoder.1.ffn.w_2.weight"][:, unit]
    direction = state["decoder.1.around_ffn.norm.weight"] * (added - added.mean()) / np.sqrt(before.var() + 1e-5)
    pushed = state["generator.weight"] @ direction
    target = french.decode(french.encode(french.example))[10]
    shown = page.locator(".pushes .num").all_inner_texts()
    gains = [numbers(text)[0] for text in shown[:4]]
    assert gains == pytest.approx(sorted(pushed, reverse=True)[:4], abs=0.0051)
    told = numbers(page.locator(".pushes").inner_text().split("written, it adds")[1])[0]
    assert told == pytest.approx(pushed[target], abs=0.0051)


def test_a_click_on_the_sources_leads_into_the_step(here: Visitor) -> None:
    page = go(here, "decoder", "sources")
    page.locator('.mini[data-tensor$="cross_attn.k"]').click()
    expect(page.locator('[data-tab="step"][aria-pressed="true"]')).to_be_visible()
    page.wait_for_function("() => /b=decoder\\.\\d\\.cross_attn&?.*g=qkv/.test(decodeURIComponent(location.search))")


def test_looking_around_says_nothing_to_the_server(here: Visitor) -> None:
    page = go(here, "decoder", "stream")
    here.hush()
    before = len(here.messages())
    for value in ("x", "added", "cosine", "arrows"):
        page.locator(f'[data-choice="measure"] [data-value="{value}"]').click()
    for key in ("ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    page.locator('[data-choice="plane"] button').nth(1).click()
    for tab in ("shifted", "dictionary", "sources"):
        page.locator(f'[data-tab="{tab}"]').first.click()
    assert len(here.messages()) == before
    assert not wrong(here)
