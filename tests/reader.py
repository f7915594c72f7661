"""A reader of Explore: what a person does there, what a person sees, and what Python says it should be.

Tests get readers as fixtures from desk.py.
"""

import base64
import contextlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Dialog, Locator, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from serving import Server, Visitor
from transformer.runs import Run
from transformer.tasks import TASKS
from transformer.trace import Trace
from ui import i18n
from ui.answers import unit_of

RUN = "fr"
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}

# Every canvas remembers what was written on it since it was last emptied: the digits of a matrix are pixels otherwise.
REMEMBER_WRITING = """
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  (this.canvas.writing ??= []).push({ text, x, y, font: this.font, fill: this.fillStyle });
  return write.call(this, text, x, y, ...rest);
};
const width = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width');
Object.defineProperty(HTMLCanvasElement.prototype, 'width', {
  ...width,
  set(value) { this.writing = []; width.set.call(this, value); },
});
"""

SEEN = """(lab) => {
  const at = (selector) => [...lab.querySelectorAll(selector)];
  const words = (side) => at(`[data-side=${side}] [data-token]`)
    .sort((a, b) => a.dataset.token - b.dataset.token).map((node) => (node.querySelector('.text') ?? node).textContent);
  const here = (side) => at(`[data-side=${side}] .here`).map((node) => Number(node.dataset.token))[0] ?? null;
  return {
    sentence: words('src'),
    output: words('tgt'),
    block: at('.map-boxes .here').map((node) => node.dataset.block).join(),
    title: lab.querySelector('[data-part=title]').textContent,
    tensor: lab.querySelector('[data-part=title]').title,
    head: at('[data-part=heads] [aria-current]').map((node) => Number(node.dataset.head))[0],
    shown: at('[data-part=heads] [aria-pressed=true]').map((node) => Number(node.dataset.head)),
    picture: at('[data-part=pictures] [aria-pressed=true]').map((node) => node.dataset.picture).join(),
    bare: lab.querySelector('.toggle').getAttribute('aria-pressed') === 'true',
    row: here('tgt') ?? here('src'),
    projector: lab.dataset.mode === 'projector',
    lang: lab.lang,
  };
}"""

# Where a mouse must go to hit a part of the page, and whether it would hit it there or something that lies above.
SPOT = """(lab, selector) => {
  const parts = [...lab.querySelectorAll(selector)].filter((part) => part.getClientRects().length);
  if (parts.length !== 1) return `there are ${parts.length} of it`;
  const { x, y, width, height } = parts[0].getBoundingClientRect();
  const [left, top] = [x + width / 2, y + height / 2];
  const hit = lab.getRootNode().elementFromPoint(left, top);
  const mine = parts[0].contains(hit) || hit === parts[0].closest('button');
  return mine ? [left, top] : `${hit?.outerHTML.slice(0, 80)} lies above it`;
}"""

TABLE = """(table) => ({
  caption: table.querySelector('caption').textContent,
  columns: [...table.querySelectorAll('thead th')].slice(1).map((cell) => cell.textContent),
  rows: [...table.querySelectorAll('tbody th')].map((cell) => cell.textContent),
  cells: [...table.querySelectorAll('tbody tr')].map((row) => [...row.cells].slice(1).map((cell) => cell.textContent)),
})"""


class Table(NamedTuple):
    """The table twin as it is written on the page."""

    caption: str
    columns: list[str]
    rows: list[str]
    cells: list[list[str]]


class Reader(Visitor):
    """One person with Explore in front of them. Every step is a step that a person can take."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.dialogs: list[str] = []
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Let somebody use this window, which is empty before and after; there may be nothing to complain about."""
        self.page.bring_to_front()
        self.forget()
        yield
        complaints = self.complaints()
        self.server_again()
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESK["viewport"])
        self.page.goto("about:blank")
        assert not complaints

    def forget(self) -> None:
        """Start listening anew."""
        for heard in (self.requests, self.frames, self.console, self.dialogs):
            heard.clear()
        self.received = 0

    # -- doing -----------------------------------------------------------------------------------------------------

    def open(self, **query: str) -> "Reader":
        """Follow a link, and wait for the picture."""
        try:
            self.goto("/?" + urlencode(query, errors="surrogatepass") if query else "/")
        except PlaywrightTimeout:
            state = self.page.evaluate("() => [document.readyState, document.body.innerText, window.__lab]")
            raise AssertionError(f"no picture: {state} {self.console} {self.requests[-3:]} {self.frames}") from None
        return self

    def spot(self, selector: str) -> tuple[float, float]:
        """Say where the middle of a part of the picture is; an AssertionError if a mouse would not hit it there."""
        found = self.lab.evaluate(SPOT, selector)
        assert isinstance(found, list), f"{selector}: {found}"
        return found[0], found[1]

    def click(self, selector: str) -> None:
        """Click a part of the picture with the mouse."""
        self.page.mouse.click(*self.spot(selector))

    def hover(self, selector: str) -> None:
        """Put the mouse on a part of the picture."""
        self.page.mouse.move(*self.spot(selector))

    def press(self, *keys: str) -> None:
        """Press keys on the picture, one after the other."""
        if not self.lab.evaluate("(lab) => lab.contains(lab.getRootNode().activeElement)"):
            self.lab.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self, text: str) -> None:
        """Type a sentence into the box in place of what is there, and press Enter."""
        self.box.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text) if text else self.page.keyboard.press("Delete")
        self.page.keyboard.press("Enter")

    def translate(self, text: str) -> None:
        """Enter a sentence and wait for its picture."""
        drawn = self.drawn()
        self.enter(text)
        self.wait_drawn(drawn + 1)

    def rest(self) -> None:
        """Put the mouse where it points at nothing."""
        self.page.mouse.move(2, 2)

    def go(self, block: str) -> None:
        """Click a block on the map."""
        self.click(f'.map-boxes [data-block="{block}"] > span')

    def show(self, picture: str) -> None:
        """Click one of the views: lines, joined, table."""
        self.click(f"[data-part=pictures] [data-picture={picture}]")

    def point_at(self, row: int) -> None:
        """Put the mouse on a query of the lines."""
        self.hover(f'.query[data-row="{row}"]')

    def hide_specials(self) -> None:
        """Click the switch of the special tokens."""
        self.click(".toggle")

    def save(self, form: str) -> bytes:
        """Save what is seen, and read the file that the browser writes."""
        self.part("save").locator("summary").click()
        with self.page.expect_download() as download:
            self.part("save").locator(f"[data-save={form}]").click()
        assert download.value.suggested_filename.endswith("." + form)
        return download.value.path().read_bytes()

    # -- seeing ----------------------------------------------------------------------------------------------------

    @property
    def lab(self) -> Locator:
        return self.page.locator(".lab")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox")

    def part(self, name: str) -> Locator:
        return self.lab.locator(f"[data-part={name}]")

    def seen(self) -> dict[str, Any]:
        """Read from the page what it shows: sentence, block, heads, row, view."""
        return self.lab.evaluate(SEEN)

    def table(self) -> Table:
        """Read the table twin."""
        return Table(**self.part("table").locator("table").evaluate(TABLE))

    def bitmap(self, part: str) -> np.ndarray:
        """Read the pixels of a canvas, (row, column, rgb)."""
        address = self.lab.locator(f"canvas[data-part={part}]").evaluate("(canvas) => canvas.toDataURL()")
        image = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
        return np.asarray(image.convert("RGB")).astype(int)

    def wait_painted(self, part: str, before: np.ndarray) -> None:
        """Wait until a canvas shows something else than before."""
        self.until(lambda: (self.bitmap(part) != before).any(), f"{part} is still the same")

    def tooltip(self) -> list[str]:
        """Read the tooltip, line by line; nothing if it is hidden."""
        read = "(node) => node.hidden ? [] : [...node.children].map((line) => line.textContent)"
        return self.lab.locator(".tooltip").evaluate(read)

    def address(self) -> dict[str, str]:
        """Read the address bar."""
        return dict(self.page.evaluate("() => [...new URLSearchParams(location.search)]"))

    def wait_sentence(self, words: list[str]) -> None:
        """Wait until these source words are shown."""
        expect(self.part("src").locator(".token .text")).to_have_text(words)

    def wait_address(self, **wanted: str | None) -> None:
        """Wait until the address says so; None: until it does not mention the key."""
        asks = "(w) => Object.entries(w).every(([k, v]) => new URLSearchParams(location.search).get(k) === v)"
        self.page.wait_for_function(asks, arg=wanted)

    def boxes(self) -> dict[str, list[float]]:
        """Measure where every region stands: left, top, width, height."""
        measure = """(lab) => Object.fromEntries([...lab.querySelectorAll('[data-part]')].map((node) => {
          const { x, y, width, height } = node.getBoundingClientRect();
          return [node.dataset.part, [x, y, width, height]];
        }))"""
        return self.lab.evaluate(measure)

    # -- listening -------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing may travel in this block. A sentence entered after it shows that everything before has been heard."""
        self.hush()
        requests, frames, received = len(self.requests), len(self.frames), self.received
        yield
        assert self.received == received, "the server said something"
        self.translate("thanks")
        assert [url.split("?")[0] for url in self.requests[requests:]] == [self.server.url + "/lab/trace"]
        assert [kind for kind in self.frames[frames:] if kind != "app_heartbeat"] == ["rerun_script"]

    def complaints(self) -> list[str]:
        """List all that must never happen: console messages, dialogs, requests that leave our server.

        A browser writes a line to its console for every refused request. A sentence without any word is refused with
        422, so that line alone is no complaint.
        """
        console = [line for line in self.console if "the server responded with a status of 422" not in line]
        return [*console, *self.dialogs, *self.outside()]


def open_window(context: BrowserContext, server: Server) -> Reader:
    return Reader(context.new_page(), server)


# -- what Python knows ---------------------------------------------------------------------------------------------


@dataclass
class Expected:
    """What the page has to show of one sentence, computed in Python."""

    trace: Trace
    src: list[str]
    reads: list[str]
    writes: list[str]

    def map(self, block: str) -> np.ndarray:
        """Give the weights of a block, (head, query, key) float32."""
        return self.trace[block + ".weights"]

    def rows(self, block: str) -> list[str]:
        """Name the rows of a block: what each of them writes, in the decoder after what it reads."""
        if block.startswith("encoder"):
            return self.src
        return [f"{reads} → {writes}" for reads, writes in zip(self.reads, self.writes, strict=True)]

    def columns(self, block: str) -> list[str]:
        return self.reads if block.startswith("decoder") and "self" in block else self.src


def expected(run: Run, text: str) -> Expected:
    """Trace a sentence in Python, and name its tokens as the page must: equal words are told apart by position."""
    trace = run.trace(text)
    last = run.tgt_vocab.token(run.decode(run.encode(text))[-1])
    both = subscripted([*trace.tgt_tokens, last])
    return Expected(trace, subscripted(trace.src_tokens), both[:-1], both[1:])


def subscripted(tokens: list[str]) -> list[str]:
    count, seen = Counter(tokens), Counter()
    names = []
    for token in tokens:
        seen[token] += 1
        small = "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(seen[token]))
        names.append(token + small if count[token] > 1 else token)
    return names


def blocks_of(run: Run) -> list[str]:
    """List the attention blocks in the order in which data passes."""
    config = run.model.config
    blocks = [f"encoder.{n}.self_attn" for n in range(config.n_encoder_layers)]
    for n in range(config.n_decoder_layers):
        blocks += [f"decoder.{n}.self_attn", f"decoder.{n}.cross_attn"]
    return blocks


class Pair(NamedTuple):
    """Two sentences that differ in their last word, so that the model writes `il` for one and `elle` for the other."""

    texts: tuple[str, str]
    pronouns: tuple[str, str]
    rows: tuple[int, int]  # the rows that write the pronouns


def flipped(run: Run, text: str) -> Pair | None:
    task = run.task
    flip = task.flip(text) if task else None
    if not task or not flip:
        return None
    texts = (text, flip.partner)
    golds = [task.answer(one) for one in texts]
    if any(gold is None or gold.referent is None or run.translate(gold.src) != gold.tgt for gold in golds):
        return None
    first, second = (gold.referent[0] for gold in golds if gold and gold.referent)
    one, other = (
        expected(run, text).trace.tgt_tokens[row + 1] for text, row in zip(texts, (first, second), strict=True)
    )
    return Pair(texts, (one, other), (first, second)) if one != other else None


def say(key: str, lang: str = "en", /, task: str = RUN, **values: object) -> str:
    """Give a text of the page, as it says it of a model of this task."""
    return i18n.words(lang)[key].format(**{**names_of(task, lang), **values})


def names_of(task: str, lang: str) -> dict[str, str]:
    """Say what the page calls the tokens and the texts of a task: words of sentences, letters of examples."""
    units = {side: unit_of(own) for side, own in zip(("src", "tgt"), TASKS[task].vocabularies(), strict=True)}
    words = i18n.words(lang)
    names = {side: words[f"unit.{unit}.one"] for side, unit in units.items()}
    names |= {f"{side}s": words[f"unit.{unit}.many"] for side, unit in units.items()}
    names |= {what: words[i18n.task_key(f"task.{what}.", task)] for what in ("text", "texts")}
    return {**names, "Srcs": names["srcs"].capitalize(), "unit": names["src"]}


def numbers(cells: list[list[str]]) -> np.ndarray:
    """Read the cells of a table as numbers; a cell that is no number becomes NaN."""
    return np.array([[float(cell) if cell.replace(".", "").isdigit() else np.nan for cell in row] for row in cells])
