"""What a beam costs: computed on the server, and from a click that forces a word to the tree that it changes."""

import copy
import statistics
import time
from urllib.parse import urlencode

import torch

from benchmarks.figures import Figure, percentile
from tests.serving import Visitor, browser, serve
from transformer.runs import Run, load_run
from transformer.vocab import EOS, SPECIALS
from transformer.writing import beam_search

SHIPPED = "fr"
TEXT = "the road never worried the mouse because it itself was really wide"
TOKENS, WIDTH, ROW = 20, 4, 8
ROUNDS, WARM_UP = 25, 3
AT_MOST, AIM = 300.0, 120.0  # milliseconds from the click to the drawn tree

# Click a candidate, and wait until the tree, the sentence and the bars show it and a frame of that was painted.
CLOCK = """
(lab, word) => new Promise((done) => {
  const started = performance.now();
  lab.querySelector(`[data-part=bars] [data-word="${word}"]`).click();
  const look = () => {
    const drawn = lab.querySelector(`[data-part=bars] [aria-current][data-word="${word}"]`)
      && lab.querySelector('[data-part=tree] [data-forced]');
    if (!drawn) return requestAnimationFrame(look);
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - started);
    requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  requestAnimationFrame(look);
})
"""


def beam() -> list[Figure]:
    """Search with a beam of 4 over 20 tokens, in this process and through a browser."""
    run = load_run(SHIPPED)
    return [computed(run), drawn(run)]


def computed(run: Run) -> Figure:
    """Time the search alone, with a copy of the model that never ends a sentence: 20 steps of 4 hypotheses."""
    model, src, times = copy.deepcopy(run.model), run.encode(TEXT), []
    with torch.no_grad():
        model.generator.bias[EOS] = -1e4
    for _ in range(ROUNDS + WARM_UP):
        started = time.perf_counter()
        beam_search(model, src, WIDTH, max_len=TOKENS)
        times.append(1000 * (time.perf_counter() - started))
    p95 = percentile(times[WARM_UP:], 0.95)
    note = f"{ROUNDS} searches, 2+2 layers; median {statistics.median(times[WARM_UP:]):.0f} ms"
    return Figure(f"beam {WIDTH} over {TOKENS} tokens, computed, p95", p95, "ms", 100, 60, note)


def words_to_force(run: Run) -> list[int]:
    """Choose words that, forced at ROW, make a tree of 20 words or more: each is a new question to the server."""
    src = run.encode(TEXT)
    before = beam_search(run.model, src, WIDTH).hypotheses()[0].ids
    others = [word for word in range(len(SPECIALS), len(run.tgt_vocab)) if word != before[ROW]]
    trees = {word: beam_search(run.model, src, WIDTH, prefix=[*before[:ROW], word]) for word in others}
    long = [word for word, tree in trees.items() if tree.nodes[-1].step >= TOKENS]
    return long[: ROUNDS + WARM_UP]


def drawn(run: Run) -> Figure:
    """Force one word after another; time the click until the new tree is drawn."""
    words, times = words_to_force(run), []
    with serve() as server, browser() as chromium:
        visitor = Visitor(chromium.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce"), server)
        visitor.goto("/generate?" + urlencode({"run": run.name, "s": TEXT}))
        lab = visitor.page.locator(".lab")
        lab.locator(".generate-write:not(.waiting)").wait_for()
        for word in words:
            lab.locator("[data-part=written] [data-row]").nth(ROW).click()
            lab.locator("[data-part=search]").fill(run.tgt_vocab.token(word))
            lab.locator(f"[data-part=bars] [data-word='{word}']").wait_for()
            times.append(lab.evaluate(CLOCK, word))
            lab.locator("[data-part=release]").click()
            lab.locator("[data-part=release]").wait_for(state="hidden")
    p95 = percentile(times[WARM_UP:], 0.95)
    note = f"{len(times) - WARM_UP} forced words, each a new tree; median {statistics.median(times[WARM_UP:]):.0f} ms"
    return Figure(f"beam {WIDTH} over {TOKENS} tokens, click to drawn tree, p95", p95, "ms", AT_MOST, AIM, note)
