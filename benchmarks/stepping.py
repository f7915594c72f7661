"""What stepping through a whole pass costs: bytes once, milliseconds per step, and messages to the server: none."""

import statistics
from urllib.parse import urlencode

from benchmarks.figures import Figure, percentile
from tests.serving import Visitor, browser, serve
from transformer.runs import load_run
from ui.pass_payload import pass_payload

SHIPPED = "fr"
STEPS = 120
LENGTHS = (20, 64)
FRAME = 1000 / 60  # milliseconds

# Of every key: how long the page's own code ran (its listener stands on the same element, before the second one here),
# and how long until the frame that shows its effect was painted.
CLOCK = """
(lab) => {
  window.__keys = { code: [], painted: [] };
  let started = 0;
  addEventListener('keydown', () => { started = performance.now(); }, true);
  lab.addEventListener('keydown', (event) => {
    window.__keys.code.push(performance.now() - started);
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.__keys.painted.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  });
}
"""


def whole_pass() -> list[Figure]:
    """Count the bytes of all activations of a pass of 20 x 20 tokens, which travel once."""
    packed = pass_payload(SHIPPED, *sentence_of(20))
    note = "every tensor of it; what one exact operation makes from the rest is made in the browser"
    return [Figure("all activations of a 20 x 20 pass, 2+2 layers", len(packed) / 1000, "KB", 600, 450, note)]


def sentence_of(n: int) -> tuple[str, str]:
    """Give a source of n words, and n - 1 words for the decoder to read after BOS."""
    words = load_run(SHIPPED).example.split()
    return " ".join((words * n)[:n]), " ".join(["la"] * (n - 1))


def stepping() -> list[Figure]:
    """Walk through the pass by keys: first to have every sublayer's parameters, then to count and to measure."""
    figures = []
    with serve() as server, browser() as chromium:
        for n in LENGTHS:
            visitor = Visitor(chromium.new_page(viewport={"width": 1440, "height": 900}), server)
            src, said = sentence_of(n)
            visitor.goto("/tokens?" + urlencode({"s": src, "o_t": said}))
            visitor.page.wait_for_timeout(2000)
            visitor.page.locator(".lab").focus()
            entering = walk(visitor, "ArrowRight")
            visitor.page.locator(".lab").evaluate(CLOCK)
            again = walk(visitor, "ArrowLeft")
            figures += [*figures_of(visitor, n), messages_of(n, entering, again)]
            visitor.page.close()
    return figures


def walk(visitor: Visitor, key: str) -> list[str]:
    """Press a key through the whole pass; give what travelled to the server meanwhile."""
    requests, frames = len(visitor.requests), len(visitor.frames)
    for _ in range(STEPS):
        visitor.page.keyboard.press(key)
        visitor.page.wait_for_timeout(40)
    visitor.page.wait_for_timeout(1000)
    return [*visitor.requests[requests:], *(kind for kind in visitor.frames[frames:] if kind != "app_heartbeat")]


def figures_of(visitor: Visitor, n: int) -> list[Figure]:
    """Read the clock of the page."""
    code, painted = (visitor.page.evaluate(f"() => window.__keys.{what}") for what in ("code", "painted"))
    p95 = percentile(code, 0.95)
    note = (
        f"{len(code)} steps through the whole pass; median {statistics.median(code):.1f} ms; key to painted: "
        f"median {statistics.median(painted):.0f} ms, p95 {percentile(painted, 0.95):.0f} ms"
    )
    most = FRAME if n == LENGTHS[0] else 100.0
    return [Figure(f"one step at {n} x {n} tokens, the page's own code, p95", p95, "ms", most, most, note)]


def messages_of(n: int, entering: list[str], again: list[str]) -> Figure:
    """Count what travelled, except that each place's parameters may be fetched once."""
    parameters = [message for message in entering if "/lab/parameters" in message]
    others = [message for message in [*entering, *again] if message not in parameters]
    note = f"the first walk fetched the parameters of {len(parameters)} places, each once; the second walk said nothing"
    note = note if not others else "; ".join(sorted({message.split("?")[0] for message in others}))
    repeated = len(parameters) - len(set(parameters))
    return Figure(f"messages to the server while stepping, {n} tokens", len(others) + repeated, "", 0, 0, note)
