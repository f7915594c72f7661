"""What an intervention costs: from the click on an act, or the release of a dragged weight, to the edited picture."""

import statistics

from playwright.sync_api import Page

from benchmarks.figures import Figure, percentile
from tests.serving import Visitor, browser, serve

CLICKS = 40
ACTS = ("zero", "mean", "uniform", "only")

# Milliseconds from an event to the frame that was painted after its answer was drawn.
CLOCK = """
(view, [e, button]) => new Promise((done) => {
  const started = performance.now();
  const finish = () => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - started);
    channel.port2.postMessage(0);
  });
  const observer = new MutationObserver(() => {
    if (view.getAttribute('data-answered') === e) { observer.disconnect(); finish(); }
  });
  observer.observe(view, { attributes: true });
  view.querySelector(button).click();
})
"""


def interventions() -> list[Figure]:
    """Click on acts of head after head, each for the first time, so that the server must compute every answer."""
    with serve() as server, browser() as chromium:
        visitor = Visitor(chromium.new_page(viewport={"width": 1440, "height": 900}), server)
        visitor.goto("/edit?run=fr")
        page = visitor.page
        page.locator('.edit[data-answered=""]').wait_for()
        page.locator("[data-part=rate][data-measured]").wait_for(
            timeout=120_000
        )  # else the passport is measured meanwhile
        times = [time for n in range(CLICKS // len(ACTS)) for time in clicks(page, n)]
    note = f"{len(times)} acts on the heads of the French run, each new; median {statistics.median(times):.0f} ms"
    return [Figure("an intervention from click to drawn, p95", percentile(times, 0.95), "ms", 300, 120, note)]


def clicks(page: Page, n: int) -> list[float]:
    """Do every act to one head, and take it back without counting that."""
    thumb = page.locator(".edit-thumb").nth(n)
    thumb.click()
    times: list[float] = []
    for name in ACTS:
        button = page.locator(f'[data-part="acts-head"] [data-name="{name}"]')
        e = f"1-{button.get_attribute('data-act')}"
        times.append(page.locator(".edit").first.evaluate(CLOCK, [e, f'[data-part="acts-head"] [data-name="{name}"]']))
        page.locator('[data-part="clear"]').click()
        page.locator('.edit[data-answered=""]').wait_for()
    return times
