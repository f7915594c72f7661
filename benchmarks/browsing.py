"""What a person waits for in the browser: headless Chromium against a server that was started as people start it."""

import statistics
import time
from itertools import islice

from benchmarks.figures import Figure, percentile
from tests.serving import Visitor, browser, serve
from transformer.tasks import TASKS

SENTENCES = 40
COLD_STARTS = 5
BOX = "[data-testid=stTextInput] input"

# Time from an event to the frame that shows its effect: the effect is known by a counter of the component, and a
# message posted in an animation frame arrives right after that frame has been painted.
CLOCK = """
() => {
  window.__times = { key: [], point: [] };
  const painted = (done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    const before = window.__lab.drawn;
    const wait = () => window.__lab.drawn > before
      ? painted((now) => window.__times.key.push(now - event.timeStamp))
      : requestAnimationFrame(wait);
    wait();
  }, true);
  addEventListener('pointermove', (event) => {
    const before = window.__lab.points;
    setTimeout(() => {
      if (window.__lab.points > before) painted((now) => window.__times.point.push(now - event.timeStamp));
    });
  }, true);
}
"""


def in_the_browser() -> list[Figure]:
    """Type sentences, then point at and click everything, and count what travels to the server meanwhile."""
    with serve() as server, browser() as chromium:
        visitor = Visitor(chromium.new_page(viewport={"width": 1440, "height": 900}), server)
        visitor.goto()
        visitor.page.wait_for_timeout(2000)  # until Streamlit has settled
        visitor.page.evaluate(CLOCK)
        typed = type_sentences(visitor)
        messages, actions = look_everywhere(visitor)
        pointed = visitor.page.evaluate("() => window.__times.point")
    return [
        Figure(
            "sentence entered to drawn, in the browser, p95",
            percentile(typed, 0.95),
            "ms",
            300,
            100,
            f"{len(typed)} new sentences, Enter to painted; median {statistics.median(typed):.0f} ms",
        ),
        Figure(
            "head, layer, view, hover: messages to the server",
            len(messages),
            "",
            0,
            0,
            f"{actions} clicks, keys and movements of the pointer; {', '.join(messages) or 'keep-alives not counted'}",
        ),
        Figure(
            "hover to drawn, p95",
            percentile(pointed, 0.95),
            "ms",
            50,
            17,
            f"{len(pointed)} movements, event to painted; median {statistics.median(pointed):.0f} ms",
        ),
    ]


def type_sentences(visitor: Visitor) -> list[float]:
    """Type sentences that nobody has typed before; give the milliseconds from Enter to the painted picture."""
    box = visitor.page.locator(BOX).first
    for example in islice(TASKS["fr"].examples(1, "test"), SENTENCES):
        drawn = visitor.drawn()
        box.fill(example.src)
        box.press("Enter")
        visitor.wait_drawn(drawn + 1)
        visitor.page.wait_for_timeout(150)
    return visitor.page.evaluate("() => window.__times.key")


def look_everywhere(visitor: Visitor) -> tuple[list[str], int]:
    """Visit every block, head, view and token; give what travelled to the server and how many things were done."""
    page = visitor.page
    page.wait_for_timeout(1000)
    before, actions = len(visitor.messages()), 0
    for picture in ("joined", "table", "lines"):
        actions += click_all(visitor, f"[data-picture={picture}]")
        actions += click_all(visitor, "[data-part=map] [data-block]")
        actions += click_all(visitor, "[data-part=map] [data-thumb]")
        actions += click_all(visitor, "[data-part=heads] [data-head]")
    for place in ("[data-side=src] [data-token]", "[data-side=tgt] [data-token]", "[data-row]", "[data-key]"):
        for node in page.locator(f"{place}:visible").all():
            node.hover(force=True)
            actions += 1
    actions += sweep(visitor, "[data-part=matrix]")
    for key in ("ArrowUp", "ArrowLeft", "1", "2", "s", "a", "x", "j", "j", "t", "t"):
        page.keyboard.press(key)
        actions += 1
    page.wait_for_timeout(1000)
    return visitor.messages()[before:], actions


def click_all(visitor: Visitor, selector: str) -> int:
    """Click everything that can be seen and matches; give how many that was."""
    count = visitor.page.locator(f"{selector}:visible").count()
    for n in range(count):
        visitor.page.locator(f"{selector}:visible").nth(n).click()
    return count


def sweep(visitor: Visitor, selector: str, steps: int = 60) -> int:
    """Lead the pointer from cell to cell across a picture, a frame or two apart."""
    box = visitor.page.locator(selector).bounding_box()
    if box is None:
        raise RuntimeError(f"{selector} is not to be seen")
    for n in range(steps):
        across, down = (n * 7 % steps) / steps, n / steps
        visitor.page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        visitor.page.wait_for_timeout(25)
    return steps


def cold_start() -> list[Figure]:
    """Start the server afresh and open the page at once; the browser runs already and has an empty cache."""
    with browser() as chromium:
        seconds = []
        for _ in range(COLD_STARTS):
            with serve() as server:
                page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
                Visitor(page, server).goto()
                seconds.append(time.perf_counter() - server.started)
                page.context.close()
    note = f"from starting the process; {COLD_STARTS} starts, the slowest {max(seconds):.1f} s"
    return [Figure("cold start of the server to first picture", statistics.median(seconds), "s", 6, 3.5, note)]
