"""Output in a real browser: every probability, loss and depth is what torch makes of the model's logits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Browser, Page, expect

from models import in_ci
from serving import Server, Visitor
from standin import stand_in
from transformer import ModelConfig, Transformer, save_run
from transformer.runs import Run, load_run
from transformer.studies.lens import read_depths
from transformer.vocab import SPECIALS, WordVocabulary
from ui import i18n, pass_payload
from ui.chapters import output
from ui.pack import pack

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

RUNS = ["fr", "zh", "addition"]
WORDS_OF_A_LARGE_MODEL = 8000
FEW_NODES = 1500
MATH = """async (cases) => {
  const entry = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/chapters/output.js'));
  const math = await import(entry.name.replace('output.js', 'outputmath.js'));
  return cases.map(([logits, target, epsilon]) => {
    const steps = math.softmaxSteps(logits);
    const { loss, entropy } = math.lossOf(logits, target, epsilon);
    return { p: steps.p, loss, entropy, gradient: math.gradientOf(steps, target, epsilon), best: math.best(logits, 3),
      rank: math.rankOf(logits, target) };
  });
}"""
ROWS = "(table) => [...table.querySelectorAll('tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
CELLS = """(body) => [...body.querySelectorAll('tr')].map((row) => [...row.querySelectorAll('td button')]
  .map((cell) => [...cell.children].map((part) => part.textContent)))"""


@pytest.fixture(scope="module")
def window(chromium: Browser, server: Server) -> Iterator[Visitor]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield Visitor(context.new_page(), server)
    context.close()


def show(window: Visitor, tab: str, **query: str) -> Page:
    """Open one view of the page and wait for its picture."""
    window.goto("/output?" + urlencode({"v": tab, **query}))
    return window.page


def logits_of(run: Run, text: str) -> tuple[np.ndarray, list[int]]:
    return run.trace(text)["logits"], run.decode(run.encode(text))


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def percent(p: Any) -> str:
    if p > 0.9999:
        return "> 99.99 %"
    return "< 0.01 %" if 0 < p < 0.0001 else f"{p * 100:.2f} %"


def plain(text: str | None) -> str:
    return (text or "").replace("\u202f", " ").replace("−", "-")


def test_the_arithmetic_of_the_browser_is_that_of_torch(window: Visitor) -> None:
    page = show(window, "words", run="fr")
    generator = torch.Generator().manual_seed(3)
    cases: list[list[Any]] = []
    for n, scale in ((2, 1.0), (7, 30.0), (133, 5.0), (133, 0.0), (900, 80.0)):
        for epsilon in (0.0, 0.1, 0.5):
            logits = torch.randn(n, generator=generator, dtype=torch.float64) * scale
            cases.append([logits.tolist(), int(torch.randint(n, (1,), generator=generator)), epsilon])
    for (numbers, target, epsilon), found in zip(cases, page.evaluate(MATH, cases), strict=True):
        logits = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        loss = F.cross_entropy(logits, torch.tensor(target), label_smoothing=epsilon)
        loss.backward()
        assert logits.grad is not None
        p = logits.detach().softmax(-1)
        assert found["loss"] == pytest.approx(loss.item(), rel=1e-12, abs=1e-14)
        assert found["entropy"] == pytest.approx(F.cross_entropy(logits, torch.tensor(target)).item(), abs=1e-12)
        np.testing.assert_allclose(found["p"], p.numpy(), atol=1e-14)
        np.testing.assert_allclose(found["gradient"], logits.grad.numpy(), atol=1e-14)
        assert found["best"] == torch.sort(logits.detach(), descending=True, stable=True).indices[:3].tolist()
        assert found["rank"] == 1 + sum(number > numbers[target] for number in numbers)


@pytest.mark.parametrize("name", in_ci(["fr"], RUNS))
def test_words_and_probabilities_are_the_softmax_of_the_logits(window: Visitor, name: str) -> None:
    run = load_run(name)
    logits, written = logits_of(run, run.example)
    page = show(window, "words", run=name, s=run.example)
    window.hush()
    window.requests.clear()
    window.frames.clear()
    for row in range(len(written)):
        page.locator(f"[data-part=rows] [data-row='{row}']").click()
        p, best = softmax(logits[row]), np.argsort(-logits[row], kind="stable")
        lines = page.locator("[data-part=words]").evaluate(ROWS)[1:]
        *shown, rest, total = lines
        assert plain(shown[0][6]) == percent(p[written[row]])
        for rank, (line, token_id) in enumerate(zip(shown, best[: len(shown)], strict=True), start=1):
            assert line[0] == str(rank)
            assert float(plain(line[2])) == pytest.approx(logits[row][token_id], abs=6e-5)
            assert plain(line[6]) == percent(p[token_id])
        others = len(p) - len(shown)
        assert str(others) in rest[1]
        assert plain(rest[6]) == percent(float(p[best[len(shown) :]].sum()))
        assert total[4] == "1.000000"
    page.locator("[data-part=top-k]").fill("3")
    assert len(page.locator("[data-part=words]").evaluate(ROWS)) == 1 + 3 + 2
    assert not window.messages(), "looking at rows and words is free"


def test_a_word_that_is_not_among_the_best_is_shown_with_its_rank(window: Visitor) -> None:
    run = load_run("fr")
    page = show(window, "words", run="fr", s=run.example, o_t="elle", q="0")
    written = page.locator("[data-part=words] tr.written")
    expect(written).to_have_count(1)
    assert "elle" in (written.text_content() or "")
    assert int(written.locator("td").first.text_content() or 0) > 1


@pytest.mark.parametrize("name", in_ci(["fr"], RUNS))
def test_the_lens_shows_what_python_reads_at_every_depth(window: Visitor, name: str) -> None:
    run = load_run(name)
    written = run.decode(run.encode(run.example))
    lens = read_depths(run.model, run.trace(run.example), written)
    page = show(window, "lens", run=name, s=run.example)
    body = page.locator("[data-part=lens] tbody")
    expect(body.locator("tr")).to_have_count(len(lens.names))
    cells = body.evaluate(CELLS)
    assert len(cells[0]) == len(written)
    for depth, line in enumerate(cells):
        for row, (word, p) in enumerate(line):
            token = run.tgt_vocab.token(int(lens.ids[depth, row, 0]))
            assert token.startswith(word.removesuffix("…").removeprefix("·")) or token.lstrip("▁") == word
            assert float(p) == pytest.approx(lens.p[depth, row, 0], abs=0.0051)
    button = body.locator("tr").nth(2).locator("button").first
    button.click()
    expect(page.locator("[data-part=detail] tr")).to_have_count(5)
    last = page.locator("[data-part=detail] td.num").all_text_contents()
    assert [plain(text) for text in last] == [percent(p) for p in lens.p[2, 0]]
    tensor = body.locator("tr").nth(2).get_attribute("data-tensor")
    assert tensor == lens.names[2]


LOSSES = [("fr", 0.25), ("addition", 0.1), ("fr", 0.0), ("zh", 0.1)]


@pytest.mark.parametrize(("name", "epsilon"), in_ci(LOSSES[:2], LOSSES))
def test_the_loss_is_that_of_torch_down_to_the_digits(window: Visitor, name: str, epsilon: float) -> None:
    run = load_run(name)
    logits, written = logits_of(run, run.example)
    wanted = F.cross_entropy(torch.tensor(logits).double(), torch.tensor(written), label_smoothing=epsilon)
    each = F.cross_entropy(
        torch.tensor(logits).double(), torch.tensor(written), label_smoothing=epsilon, reduction="none"
    )
    asked = {} if epsilon == run.info["training"]["label_smoothing"] else {"o_eps": str(epsilon)}
    page = show(window, "loss", run=name, s=run.example, **asked)
    for row, loss in enumerate(each.tolist()):
        shown = page.locator(f"[data-part=rows] [data-row='{row}'] .num")
        assert number(shown.text_content()) == pytest.approx(loss, abs=6e-7)
    mean = page.locator("[data-part=mean-loss]").text_content() or ""
    assert f"{wanted.item():.6f}" in mean or wanted.item() < 5e-7
    values = [number(text) for text in page.locator("[data-part=loss] td:last-child").all_text_contents()]
    logit, log_sum, entropy, _, share, rest, loss = values
    assert entropy == pytest.approx(log_sum - logit, abs=2e-6)
    assert loss == pytest.approx(share + rest, abs=2e-6)


def number(text: str | None) -> float:
    """Read a number as it is written on the page: 0.0012, 3.1×10⁻⁷, 99.96 %."""
    written = plain(text).replace("%", "").strip("<> ")
    if "×10" not in written:
        return float(written)
    digits, power = written.split("×10")
    return float(digits) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def test_any_word_of_the_vocabulary_can_be_asked_for(window: Visitor) -> None:
    run = load_run("fr")
    logits, _ = logits_of(run, run.example)
    page = show(window, "loss", run="fr", s=run.example, q="3")
    page.locator("[data-part=target-search]").fill("elle")
    page.locator("[data-part=target] [data-id]", has_text="elle").first.click()
    elle = run.tgt_vocab.encode("elle").ids[0]
    wanted = F.cross_entropy(torch.tensor(logits[3]).double(), torch.tensor(elle)).item()
    values = page.locator("[data-part=loss] tr.result td").all_text_contents()
    assert number(values[0]) == pytest.approx(wanted, abs=6e-7)
    assert f"torch.tensor({elle})" in (page.locator(".output-code:visible").text_content() or "")


@pytest.mark.parametrize(
    ("text", "said", "row", "why"),
    [
        ("because because", "", "0", "unknown"),
        ("the animal did not cross the street because it was too tired", "elle est", "1", "left"),
    ],
)
def test_where_no_word_is_right_the_page_says_why(window: Visitor, text: str, said: str, row: str, why: str) -> None:
    page = show(window, "loss", run="fr", s=text, q=row, **({"o_t": said} if said else {}))
    button = page.locator("[data-part=target] [data-target=right]")
    expect(button).to_be_disabled()
    key = i18n.say("en", f"output.target.why.{why}", tgt="word")
    expect(button).to_have_attribute("title", key)


def test_every_view_has_a_table_twin_and_a_question(window: Visitor) -> None:
    page = show(window, "words", run="fr", lang="zh")
    for tab in ("words", "lens", "loss"):
        page.locator(f"[data-part=tabs] [data-tab={tab}]").click()
        if tab == "lens":
            expect(page.locator("[data-part=lens] tbody tr")).not_to_have_count(0)
        page.locator("[data-part=guess] [data-choice='0']").click()
        expect(page.locator("[data-part=guess] [data-right]")).to_have_count(1)
        page.locator(".lab").focus()
        page.keyboard.press("t")
        expect(page.locator("[data-part=twin] tbody tr").nth(3)).to_be_visible()
        page.keyboard.press("t")


def large_run(folder: Path) -> Run:
    torch.manual_seed(0)
    config = ModelConfig(
        src_vocab_size=20, tgt_vocab_size=WORDS_OF_A_LARGE_MODEL, d_model=16, n_heads=2, d_ff=16, max_len=16
    )
    src = WordVocabulary([*SPECIALS, *(f"s{n}" for n in range(20 - len(SPECIALS)))])
    tgt = WordVocabulary([*SPECIALS, *(f"t{n}" for n in range(WORDS_OF_A_LARGE_MODEL - len(SPECIALS)))])
    save_run(Transformer(config).eval(), (src, tgt), folder / "large")
    return load_run(folder / "large")


@pytest.mark.full
def test_a_large_vocabulary_is_never_drawn_word_by_word(window: Visitor, tmp_path: Path) -> None:
    run = large_run(tmp_path)
    text = "s1 s2 s3"
    bytes_of = {"pass": pass_payload._pack(run, text, "")}
    ids = ",".join(map(str, run.decode(run.encode(text))))
    bytes_of["chapter"] = pack(output.answer(run, text, {"ids": ids}))

    stand_in(window, {f"*/lab/{kind}*": lambda asked, kind=kind: asked.say(bytes_of[kind]) for kind in bytes_of})
    try:
        for tab in ("words", "lens", "loss"):
            page = show(window, tab, run="fr", s=text)
            if tab == "loss":
                page.locator("[data-part=target-search]").fill("t7")
                expect(page.locator("[data-part=target] [data-id]")).to_have_count(6)
            assert page.locator(".lab").evaluate("(lab) => lab.querySelectorAll('*').length") < FEW_NODES
    finally:
        window.server_again()
