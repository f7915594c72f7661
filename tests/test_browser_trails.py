"""The number trail of any cell in a real browser: the numbers of Python, and PyTorch lines that give them again."""

import ast
import base64
import io
import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page

from models import counts, in_ci, shake, tiny_config
from serving import Server, Visitor
from transformer import Trace, Transformer, load_run, runs, save_run, trace_pair
from transformer.runs import Run
from transformer.vocab import BOS, SPECIALS, UNK, WordVocabulary
from ui import i18n, pass_payload, services
from ui.pack import pack

pytest_plugins = ["windows"]
pytestmark = pytest.mark.browser

# Shipped models, and small ones for whatever else a config can ask for.
SHIPPED = {"fr": None, "zh": None, "addition": None, "dates": None}
OWN: dict[str, dict[str, Any]] = {
    "rotary-cosine": {"position": "rotary", "score": "cosine", "norm_first": True},
    "alibi-additive": {"position": "alibi", "score": "additive", "activation": "gelu"},
    "none-dot": {"position": "none", "score": "dot", "scale_embeddings": False, "final_norm": True},
    "wide-learned": {"position": "learned", "norm_first": True, "final_norm": False, "d_model": 66},
    "alibi-six-heads": {"position": "alibi", "norm_first": True, "d_model": 48, "n_heads": 6},
    "no-residual": {"residual": False},
    "no-residual-pre": {"residual": False, "norm_first": True, "position": "rotary"},
    "no-norm": {"layer_norm": False, "score": "cosine"},
    "no-norm-pre": {"layer_norm": False, "norm_first": True, "activation": "gelu"},
    "neither": {"residual": False, "layer_norm": False},
    "no-causal": {"causal": False, "position": "alibi"},
    "rotary-scaled": {"position": "rotary", "tie_embeddings": True, "tgt_vocab_size": 11},
}
CASES = [*SHIPPED, *OWN]
OWN_TEXT = "s1 s2 s0 s3 s1 s5"

OPEN = """async ([base, name, whole, parts]) => {
  const modules = ['pass', 'parcel', 'trail', 'trailtable', 'trailbox'].map((file) => import(`${base}step/${file}.js`));
  window.trails ??= Object.assign({ passes: {} }, ...(await Promise.all(modules)));
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
  const { Pass, openParcel } = window.trails;
  const learned = Object.fromEntries(Object.entries(parts).map(([at, text]) => [at, openParcel(bytes(text)).tensors]));
  const pass = new Pass(openParcel(bytes(whole)));
  window.trails.passes[name] = { pass, parameters: (at) => learned[at] ?? null };
  const { ownerOf } = window.trails;
  return Object.keys(learned).every((at) => at === ownerOf(at + '.q') || at === ownerOf(at));
}"""
TRAILS = """([name, cells]) => {
  const { passes, trailOf, shorten } = window.trails;
  return cells.map(([tensor, index]) => {
    const trail = trailOf(passes[name], tensor, index);
    if (!trail) return null;
    const into = (room) => trail.blocks.map((block) => (block.kind === 'table' ? shorten(block, room) : block));
    const short = [2, 3, 6, 9, 40].map(into);
    return { ...trail, short };
  });
}"""
VALUES = """([name, cells]) => cells.map(([tensor, index]) => {
  const { kind, waits, result } = window.trails.trailOf(window.trails.passes[name], tensor, index);
  return [kind, waits, result?.value, result?.model, result?.agrees];
})"""


@pytest.fixture(scope="module")
def page(chromium: Browser, server: Server) -> Iterator[Page]:
    """A window of the app, for its modules: the picture itself is not asked for anything."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    opened.goto(server.url)
    opened.wait_for_function(f"() => {BASE_OF}")
    yield opened
    context.close()


BASE_OF = (
    "performance.getEntriesByType('resource').map((entry) => entry.name)"
    ".find((name) => name.endsWith('/explore.js'))?.replace('explore.js', '')"
)


def own_model(name: str, folder: Path) -> Run:
    """Save a small model under a name that load_run finds."""
    changes = {"src_vocab_size": 11, "tgt_vocab_size": 13, **OWN[name]}
    words = {
        side: WordVocabulary([*SPECIALS, *(f"{side}{n}" for n in range(changes[size] - UNK - 1))])
        for side, size in (("s", "src_vocab_size"), ("t", "tgt_vocab_size"))
    }
    torch.manual_seed(0)
    model = Transformer(tiny_config(**changes))
    shake(model)
    save_run(model.eval(), (words["s"], words["t"]), folder / name)
    return load_run(name)


class Bench:
    """Runs with their traces in Python, and the same passes opened in the browser."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.base = page.evaluate(BASE_OF)
        self.traces: dict[str, Trace] = {}
        for name in OWN:
            own_model(name, folder)

    def trace(self, case: str, text: str | None = None, said: str = "") -> Trace:
        """Open one sentence under a name in the browser, once, and trace the same in Python."""
        if case in self.traces:
            return self.traces[case]
        run = load_run(case.split("/")[0])
        text = text or (run.example if case in SHIPPED else OWN_TEXT)
        packed = pass_payload._pack(run, text, said)
        src_ids = run.encode(text)
        tgt_ids = [BOS, *(run.tgt_vocab.encode(said).ids if said else run.decode(src_ids)[:-1])]
        trace = trace_pair(run.model, src_ids, tgt_ids, run.src_vocab, run.tgt_vocab)
        parts = {at: encoded(pack(pass_payload._parameters(run, at))) for at in places_of(run)}
        assert self.page.evaluate(OPEN, [self.base, case, encoded(packed), parts])
        self.traces[case] = trace
        return trace

    def ask(self, case: str, cells: list[Any]) -> list[dict[str, Any]]:
        trails = self.page.evaluate(TRAILS, [case, cells])
        for (name, index), trail in zip(cells, trails, strict=True):
            assert trail is not None
            assert (trail["name"], trail["index"]) == (name, index)
            assert trail["waits"] is None
        return trails


@pytest.fixture(scope="module")
def bench(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "OWN_RUNS", folder)
        yield Bench(page, folder)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def places_of(run: Run) -> list[str]:
    config = run.model.config
    layers = [(f"encoder.{n}", ("self_attn", "ffn")) for n in range(config.n_encoder_layers)]
    layers += [(f"decoder.{n}", ("self_attn", "cross_attn", "ffn")) for n in range(config.n_decoder_layers)]
    sublayers = [f"{layer}.{part}" for layer, parts in layers for part in parts]
    return ["src_embed", "tgt_embed", *sublayers, "memory", "output"]


def kind_of(name: str) -> str:
    """One tensor of a kind is made like another: neither layer nor side matters."""
    short = re.sub(r"^(encoder|decoder)\.\d+\.", "", name)
    return re.sub(r"^(?:src|tgt)_(?=embed)|^(?:self|cross)_(?=attn)", "", short)


def value_of(trace: Trace, name: str, index: list[int]) -> float:
    """Look a cell up in Python's own trace; p is the softmax that nobody has traced."""
    if name == "p":
        return float(torch.tensor(trace["logits"][index[0]]).double().softmax(-1)[index[1]])
    return float(trace[name][tuple(index)])


def random_cell(trace: Trace, name: str, chance: random.Random) -> list[int]:
    return [chance.randrange(size) for size in trace["logits" if name == "p" else name].shape]


def executed(code: str) -> float:
    """Run a snippet as it stands, as a person does who has pasted it, and give what its last line says."""
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {}
    exec(compile(tree, "snippet", "exec"), names)
    return float(eval(compile(ast.Expression(last.value), "snippet", "eval"), names))


def unit_of(shown: str) -> float:
    """The worth of one unit in the last digit of `-0.9592`, `2.13e-5` or `417`."""
    digits, _, power = shown.partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


def shown_value(shown: str) -> float:
    return float(shown == "True") if shown in ("True", "False") else float(shown)


def assert_close(value: float, expected: float, where: Any) -> None:
    near = math.isclose(value, expected, rel_tol=1e-5, abs_tol=1e-5) or (math.isnan(value) and math.isnan(expected))
    assert near, f"{where}: {value}, but the model says {expected}"


def assert_adds_up(blocks: list[dict[str, Any]], where: Any) -> None:
    """Products are products and sums are sums, whichever rows are shown."""
    for block in blocks:
        if block["kind"] not in ("table", "operands"):
            continue
        columns = (
            [row["values"] for row in block["rows"]]
            if block["kind"] == "operands"
            else [[row["cells"][n] for row in block["rows"]] for n in range(len(block["columns"]))]
        )
        if block["times"]:
            for left, right, product in zip(*(columns[n] for n in block["times"]), strict=True):
                if left is not None and right is not None:
                    assert math.isclose(left * right, product, rel_tol=1e-12, abs_tol=1e-15), where
        if block["adds"] is not None:
            added = [value for value in columns[block["adds"]] if value is not None]
            size = sum(map(abs, added))
            assert math.isclose(sum(added), block["total"], rel_tol=0, abs_tol=1e-12 * (1 + size)), where


@counts(600, 30)
def test_a_trail_gives_the_model_s_number_and_its_snippet_gives_it_again(bench: Bench, count: int) -> None:
    chance = random.Random(count)
    where: dict[str, list[tuple[str, str]]] = {}
    for case in CASES:
        for name in [*bench.trace(case), "p"]:
            where.setdefault(kind_of(name), []).append((case, name))
    kinds = sorted(where)
    assert len(kinds) >= 29, "there are fewer kinds of tensors than this test was made for"
    for n in range(count):
        case, name = chance.choice(where[kinds[n % len(kinds)]])
        trace = bench.trace(case)
        cell = (name, random_cell(trace, name, chance))
        (trail,) = bench.ask(case, [list(cell)])
        result, here = trail["result"], (case, *cell)
        assert trail["kind"] != "unknown", here
        assert result["agrees"], here
        assert_close(result["value"], value_of(trace, *cell), here)
        if result["model"] is not None:
            assert result["model"] == pytest.approx(value_of(trace, *cell), rel=2e-7, abs=0, nan_ok=True), here
            apart = abs(result["model"] - result["value"]) if result["model"] != result["value"] else 0
            assert result["difference"] == apart, here
        for blocks in (trail["blocks"], *trail["short"]):
            assert_adds_up(blocks, here)
        code = "\n".join([*trail["setup"], *trail["code"]])
        assert trail["code"][-1].endswith(f"# {result['code']}")
        assert re.search(r"float32|float64|bool", "\n".join(trail["code"])), f"{here}: no dtype is said"
        got, shown = executed(code), shown_value(result["code"])
        assert got == shown or abs(got - shown) <= unit_of(result["code"]) * (1 + 1e-9), (here, got, result["code"])


@pytest.mark.parametrize("case", CASES)
def test_cells_without_number_are_recomputed_to_the_model_s_own(bench: Bench, case: str) -> None:
    chance = random.Random(1)
    trace = bench.trace(case)
    cells = [[name, random_cell(trace, name, chance)] for name in [*trace, "p"] for _ in range(12)]
    for (name, index), (kind, waits, value, model, agrees) in zip(
        cells, bench.page.evaluate(VALUES, [case, cells]), strict=True
    ):
        expected = value_of(trace, name, index)
        assert (kind != "unknown", waits, agrees) == (True, None, True), (name, index)
        assert_close(value, expected, (case, name, index))
        assert model is None or model == pytest.approx(expected, rel=2e-7, abs=0)


def test_digits_are_shown_as_they_are_coded(bench: Bench) -> None:
    chance = random.Random(2)
    trace = bench.trace("fr")
    cells = [[name, random_cell(trace, name, chance)] for name in trace for _ in range(3)]
    for trail in bench.ask("fr", cells):
        result = trail["result"]
        assert result["text"].replace("−", "-").replace("∞", "inf") == result["code"]
        if result["code"][-1].isdigit():
            assert abs(shown_value(result["code"]) - result["value"]) <= 0.5000001 * unit_of(result["code"])


def test_a_forbidden_cell_says_that_it_is_forbidden_and_why(bench: Bench) -> None:
    bench.trace("fr")
    block = "decoder.0.self_attn"
    masked, weight, mask, allowed = bench.ask(
        "fr",
        [
            [f"{block}.scores.masked", [0, 2, 5]],
            [f"{block}.weights", [0, 2, 5]],
            ["tgt_mask", [2, 5]],
            [f"{block}.scores.masked", [0, 5, 2]],
        ],
    )
    assert (masked["kind"], masked["result"]["value"], masked["result"]["code"]) == ("masked_later", -math.inf, "-inf")
    assert (weight["kind"], weight["result"]["value"], weight["result"]["code"]) == ("weights_shut", 0, "0")
    assert (mask["kind"], mask["result"]["code"]) == ("tgt_mask_later", "False")
    assert allowed["kind"] == "masked_open"
    (table,) = [block for block in weight["blocks"] if block["kind"] == "table"]
    assert [row.get("shut") for row in table["rows"]] == [key > 2 for key in range(len(table["rows"]))]


def test_the_snippet_of_another_reading_names_the_ids(bench: Bench) -> None:
    """A sentence that the decoder was made to read cannot be had from `run.trace`."""
    run = services.run("fr")
    trace = bench.trace("fr/said", run.example, "il était fatigué")
    cells = [["decoder.0.self_attn.weights", [0, 2, 1]], ["decoder.1.ffn.hidden", [1, 3]]]
    for (name, index), trail in zip(cells, bench.ask("fr/said", cells), strict=True):
        got = executed("\n".join([*trail["setup"], *trail["code"]]))
        assert got == pytest.approx(value_of(trace, name, index), abs=1e-5)


UNKNOWN = """([name]) => {
  const { passes, trailOf } = window.trails;
  const { pass } = passes[name];
  const tensor = 'encoder.0.self_attn.surprise';
  const made = Object.create(pass);
  made.names = [...pass.names, tensor];
  const specs = { ...pass.header.specs, 'self_attn.surprise': { symbol: 'S', axes: ['query', 'd_k'] } };
  made.header = { ...pass.header, specs };
  made.sent = new Map([...pass.sent, [tensor, { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5.5, 6) }]]);
  const scene = { pass: made, parameters: () => null };
  const wrong = [[0, 10000], [0], [0, -1], [0.5, 0]].map((index) => ['logits', index]);
  const gone = [['encoder.9.ffn.output', [0, 0]], ...wrong];
  return {
    found: trailOf(scene, tensor, [1, 1]),
    waits: trailOf(scene, 'encoder.0.ffn.hidden', [1, 1]).waits,
    free: trailOf(scene, 'encoder.0.self_attn.weights', [0, 1, 1]).waits,
    gone: gone.map((cell) => trailOf(scene, ...cell)),
  };
}"""


def test_a_tensor_that_nobody_knows_has_a_trail_too(bench: Bench) -> None:
    bench.trace("fr")
    seen = bench.page.evaluate(UNKNOWN, ["fr"])
    assert seen["found"]["kind"] == "unknown"
    assert seen["found"]["result"]["value"] == 5.5
    assert seen["found"]["code"] == ['trace["encoder.0.self_attn.surprise"][1, 1]  # 5.5000']
    assert seen["waits"] == "encoder.0.ffn", "a trail says whose parameters it waits for"
    assert seen["free"] is None, "what needs no parameters does not wait"
    assert seen["gone"] == [None] * 5


# A box on the bare page, as a chapter draws it.
DRAW = """async ([base, name, cell, lang, wall, size, waits]) => {
  const { readPalette } = await import(base + 'theme.js');
  const { readStrings } = await import(base + 'strings.js');
  const { passes, trailOf, TrailBox } = window.trails;
  document.body.replaceChildren();
  const load = (sheet) => new Promise((done) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: base + sheet, onload: done });
    document.head.append(link);
  });
  if (!window.trails.dressed) await Promise.all((window.trails.dressed = ['lab.css', 'step/trail.css']).map(load));
  const root = document.createElement('div');
  root.className = 'lab';
  if (wall) root.dataset.mode = 'projector';
  document.body.append(root);
  const { say, sayWith } = await readStrings(lang);
  const scene = { ...passes[name], palette: readPalette(root), look: { projector: wall }, say, sayWith };
  if (waits) scene.parameters = () => null;
  const box = new TrailBox();
  root.append(box.node);
  box.draw(scene, cell && trailOf(scene, ...cell), size);
  const isText = (node) => !node.children.length && node.textContent.trim() && node.getClientRects().length;
  const leaves = [...box.node.querySelectorAll('*')].filter(isText);
  const parts = [...box.node.querySelectorAll('table, .code, .chips, .operands')];
  return {
    width: box.node.offsetWidth,
    height: box.node.offsetHeight,
    over: box.node.scrollHeight - box.node.clientHeight,
    wide: parts.filter((node) => node.getBoundingClientRect().right > box.node.getBoundingClientRect().right).length,
    text: box.node.innerText,
    smallest: Math.min(...leaves.map((node) => parseFloat(getComputedStyle(node).fontSize))),
    rows: box.node.querySelectorAll('tbody tr').length,
    result: box.node.querySelector('.number')?.textContent ?? null,
  };
}"""


BOXES = [
    (wall, size, lang)
    for wall, size in ((False, (452, 386)), (False, (452, 640)), (True, (540, 470)))
    for lang in i18n.LANGUAGES
]


@pytest.mark.parametrize(("wall", "size", "lang"), in_ci([BOXES[0], BOXES[-1]], BOXES))
def test_a_trail_stays_in_its_box(bench: Bench, lang: str, wall: bool, size: tuple[int, int]) -> None:
    chance = random.Random(3)
    for case in ("fr", "alibi-additive", "rotary-cosine", "addition"):
        trace = bench.trace(case)
        by_kind = {kind_of(name): name for name in [*trace, "p"]}
        for name in by_kind.values():
            cell = [name, random_cell(trace, name, chance)]
            place = {"width": size[0], "height": size[1]}
            seen = bench.page.evaluate(DRAW, [bench.base, case, cell, lang, wall, place])
            assert (seen["width"], seen["height"]) == size
            assert (seen["over"], seen["wide"]) == (0, 0), (case, cell, seen)
            assert seen["smallest"] >= (20 if wall else 13), (case, cell, seen)
            assert not wall or seen["rows"] <= 6
            assert not re.search(r"trail\.[a-z_.]+|undefined|NaN|\[object|\{\w+\}", seen["text"]), seen["text"]
            assert seen["result"]


@pytest.mark.parametrize("lang", in_ci(["zh"], i18n.LANGUAGES))
def test_before_a_click_the_box_says_what_to_do(bench: Bench, lang: str) -> None:
    bench.trace("fr")
    seen = bench.page.evaluate(DRAW, [bench.base, "fr", None, lang, False, {"width": 452, "height": 386}])
    assert i18n.say(lang, "trail.empty.title") in seen["text"]
    assert (seen["width"], seen["height"], seen["result"]) == (452, 386, None)


@pytest.mark.parametrize("lang", in_ci(["zh"], i18n.LANGUAGES))
@pytest.mark.parametrize("wall", [False, True])
def test_while_the_parameters_are_on_their_way_the_box_says_so(bench: Bench, lang: str, wall: bool) -> None:
    bench.trace("fr")
    place, cell = {"width": 452, "height": 386}, ["encoder.0.ffn.hidden", [1, 1]]
    seen = bench.page.evaluate(DRAW, [bench.base, "fr", cell, lang, wall, place, True])
    assert i18n.say(lang, "trail.waits.lead", place="encoder.0.ffn") in seen["text"]
    assert (seen["width"], seen["height"], seen["over"], seen["result"]) == (452, 386, 0, None)


def test_hostile_words_are_shown_and_never_obeyed(bench: Bench) -> None:
    text = "the <b>animal</b> ${x} \u202eevil"
    trace = bench.trace("fr/hostile", text)
    n_src = len(trace.src_tokens)
    place = {"width": 452, "height": 640}
    for key in range(n_src):
        cell = ["encoder.0.self_attn.weights", [0, 1, key]]
        seen = bench.page.evaluate(DRAW, [bench.base, "fr/hostile", cell, "en", False, place])
        assert bench.page.locator(".trail-box b:not(.number)").count() == 0
        assert "\u202e" not in seen["text"]
    (trail,) = bench.ask("fr/hostile", [["encoder.0.self_attn.weights", [0, 1, 1]]])
    code = "\n".join([*trail["setup"], *trail["code"]])
    assert "\u202e" not in code, "a sign that turns the direction of a text would make the code lie"
    assert executed(code) == pytest.approx(value_of(trace, "encoder.0.self_attn.weights", [0, 1, 1]), abs=1e-6)


def test_copy_takes_all_that_is_needed_to_run_it(bench: Bench) -> None:
    trace = bench.trace("fr")
    cell = ["decoder.1.cross_attn.scores.raw", [3, 2, 1]]
    bench.page.evaluate(DRAW, [bench.base, "fr", cell, "en", False, {"width": 452, "height": 640}])
    bench.page.bring_to_front()
    bench.page.locator(".trail-box .copy").click()
    bench.page.wait_for_function(
        f"() => document.querySelector('.copy').textContent === '{i18n.say('en', 'trail.copied')}'"
    )
    copied = bench.page.evaluate("() => navigator.clipboard.readText()")
    assert executed(io.StringIO(copied, newline=None).read()) == pytest.approx(value_of(trace, *cell), abs=1e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "stage", "n"),
    [("encoder.1.self_attn", "qkv", 1), pytest.param("decoder.1.cross_attn", "raw", 0, marks=pytest.mark.full)],
)
def test_clicking_a_cell_opens_its_trail(visitor: Callable[..., Visitor], place: str, stage: str, n: int) -> None:
    """Click anywhere in a matrix: the number there explains itself, and the server hears nothing of it."""
    run = services.run("fr")
    trace = run.trace(run.example)
    person = visitor()
    person.goto(f"/attention?run=fr&b={place}&g={stage}&n={n}&f=1")
    matrix, box = person.page.locator("[data-part=heat]").first, person.page.locator(".trail-box")
    box.locator(".number").wait_for()  # what training learned here has come
    person.hush()
    person.requests.clear()
    person.frames.clear()
    chance = random.Random(4)
    seen = set()
    for _ in range(6):
        area = matrix.bounding_box()
        assert area is not None
        where = {"x": chance.uniform(0.02, 0.98) * area["width"], "y": chance.uniform(0.02, 0.98) * area["height"]}
        matrix.click(position=where)  # type: ignore[arg-type]
        cell = str(box.get_attribute("data-cell"))
        seen.add(cell)
        found = re.fullmatch(r"([\w.]+)\[([\d, ]+)\]", cell)
        assert found
        value = value_of(trace, found[1], [int(part) for part in found[2].split(", ")])
        shown = box.locator(".number").inner_text().replace("−", "-").replace("∞", "inf")
        assert shown_value(shown) == value or abs(shown_value(shown) - value) <= unit_of(shown), cell
        assert f"# {shown}" in box.locator(".code").inner_text()
    assert len(seen) >= 4, "clicks elsewhere open other trails"
    assert not person.messages()
    assert not [said for said in person.console if "status of 404" not in said]  # Streamlit asks below every address
