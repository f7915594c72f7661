"""A person who walks through the pass: what they press there, and what they see. For the tests of step pages."""

from typing import Any
from urllib.parse import urlencode

import torch
from playwright.sync_api import BrowserContext

from models import shake, tiny_config
from reader import Reader
from serving import Server
from standin import Asked, stand_in
from transformer import Transformer, load_run, runs, save_run
from transformer.runs import Run
from transformer.vocab import SPECIALS, UNK, WordVocabulary
from ui import pass_payload
from ui.pack import pack

# Which place, stage and cell are shown; what is said of the cell; what stands on the strip. What training learned at a
# place comes a moment later: until then its trail has no number.
STATE = """async (lab) => {
  const at = (selector) => lab.querySelector(selector);
  const end = performance.now() + 20000;
  while (at('[data-part=trail]')?.dataset.trail === 'waits' && performance.now() < end) {
    await new Promise((done) => setTimeout(done, 5));
  }
  const cell = at('[data-part=trail]')?.dataset.cell ?? '';
  const index = cell.includes('[') ? cell.slice(cell.indexOf('[') + 1, -1).split(', ').map(Number) : [];
  return {
    place: at('[data-part=place]').value,
    stage: at('.stage-card[aria-current]')?.dataset.stage ?? '',
    tensor: at('[data-part=name]').textContent,
    index,
    count: at('[data-part=count]').textContent,
    head: Number(at('[data-part=heads] [aria-pressed=true]')?.dataset.head ?? -1),
    here: [...lab.querySelectorAll('[data-part=formula] .here')].map((node) => node.textContent).join(''),
    value: at('[data-part=trail] .number')?.title ?? '',
    legend: at('[data-part=legend]').textContent,
    bar: at('.passbar [aria-current]')?.dataset.at ?? '',
  };
}"""
CARDS = """(lab) => [...lab.querySelectorAll('.stage-card')].map((card) => ({
  name: card.dataset.stage,
  missing: card.dataset.missing === 'true',
  text: card.textContent,
  tensors: [...card.querySelectorAll('canvas')].map((canvas) => canvas.dataset.tensor),
}))"""
TWIN = """(twin) => ({
  caption: twin.querySelector('caption').textContent,
  columns: [...twin.querySelectorAll('thead th')].slice(1).map((cell) => cell.textContent),
  rows: [...twin.querySelectorAll('tbody th')].map((cell) => cell.textContent),
  cells: [...twin.querySelectorAll('tbody tr')].map((row) => [...row.cells].slice(1).map((cell) => cell.textContent)),
})"""


class Walker(Reader):
    """One person on a step page."""

    def step(self, page: str, **query: str) -> "Walker":
        """Open a step page, and wait for its picture."""
        self.goto(f"/{page}?{urlencode(query)}")
        return self

    def state(self) -> dict[str, Any]:
        return self.lab.evaluate(STATE)

    def cards(self) -> list[dict[str, Any]]:
        """Read the strip: its stages, which are crossed out, and whose miniatures they show."""
        return self.lab.evaluate(CARDS)

    def twin(self) -> dict[str, Any]:
        """Read the table twin of what is shown, and go back to the picture."""
        self.press("t")
        read = self.lab.locator("[data-part=twin]").evaluate(TWIN)
        self.press("t")
        return read

    def written(self) -> list[dict[str, Any]]:
        """List what is written on the matrix: text, x and y."""
        return self.lab.locator(".heat:visible canvas[data-part=heat]").evaluate("(canvas) => canvas.writing ?? []")

    def complaints(self) -> list[str]:
        """Streamlit looks for its server below every page's own address first, and its 404 there is no complaint."""
        return [line for line in super().complaints() if "the server responded with a status of 404" not in line]

    def show_own(self, run: Run, text: str) -> None:
        """Answer as if the server had this model: its pass and its parameters."""
        packed = pass_payload._pack(run, text, "")

        def parameters(asked: Asked) -> None:
            at = asked.url.split("at=")[1].split("&")[0]
            asked.say(pack(pass_payload._parameters(run, at)))

        stand_in(self, {"*/lab/pass*": lambda asked: asked.say(packed), "*/lab/parameters*": parameters})


def open_walker(context: BrowserContext, server: Server) -> Walker:
    return Walker(context.new_page(), server)


def own_run(name: str, **changes: Any) -> Run:
    """Save a small untrained model among a person's own runs, and load it."""
    sizes = {"src_vocab_size": 11, "tgt_vocab_size": 13, **changes}
    words = {
        side: WordVocabulary([*SPECIALS, *(f"{side}{n}" for n in range(sizes[size] - UNK - 1))])
        for side, size in (("s", "src_vocab_size"), ("t", "tgt_vocab_size"))
    }
    torch.manual_seed(0)
    model = Transformer(tiny_config(**sizes))
    shake(model)
    save_run(model.eval(), (words["s"], words["t"]), runs.OWN_RUNS / name)
    return load_run(name)


def percent(p: float) -> str:
    """Write a probability as the pages do."""
    if p > 0.9999:
        return ">\u202f99.99\u202f%"
    return "<\u202f0.01\u202f%" if 0 < p < 0.0001 else f"{p * 100:.2f}\u202f%"
