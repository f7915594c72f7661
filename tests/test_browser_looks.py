"""What the eye meets: nothing moves but data, nothing is too small or too pale, and a Chinese page is in Chinese."""

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from models import in_ci
from reader import Reader, blocks_of, say
from transformer.runs import Run
from ui import i18n

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

WHALE = "the whale did not cross the street because it was too tired"
LONG = "the animal did not cross the street because it was too tired " * 8

# Every text that can be seen: what it says, where it stands, how large, in which colour. Text fields count as text.
TEXTS = """(lab, within) => {
  const found = [];
  const known = new Map(); // of every node that holds text: where it may be seen, and how pale it is
  const around = (node) => {
    if (!node) return { left: -1e9, top: -1e9, right: innerWidth, bottom: innerHeight, opacity: 1 };
    if (!known.has(node)) {
      const outer = around(node.parentElement ?? node.getRootNode().host);
      const { overflow, opacity } = getComputedStyle(node);
      const box = overflow === 'visible' ? outer : node.getBoundingClientRect();
      known.set(node, {
        left: Math.max(outer.left, box.left), top: Math.max(outer.top, box.top),
        right: Math.min(outer.right, box.right), bottom: Math.min(outer.bottom, box.bottom),
        opacity: outer.opacity * opacity,
      });
    }
    return known.get(node);
  };
  const ways = { visibilityProperty: true, opacityProperty: true };
  const seen = (node) => node.checkVisibility(ways) && !node.closest('.spoken');
  const clip = (rect, node) => {
    const room = around(node);
    const [left, top] = [Math.max(rect.left, room.left), Math.max(rect.top, room.top)];
    const [right, bottom] = [Math.min(rect.right, room.right), Math.min(rect.bottom, room.bottom)];
    const whole = (right - left) * (bottom - top) > 0.6 * rect.width * rect.height;
    return whole && right > left && bottom > top ? [left, top, right, bottom] : null;
  };
  const add = (text, node, rect) => {
    const style = getComputedStyle(node);
    const box = clip(rect, node);
    const { opacity } = around(node);
    const colour = node instanceof SVGElement ? style.fill : style.color;
    if (box) found.push({ text, box, size: parseFloat(style.fontSize), colour, opacity });
  };
  const walk = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.shadowRoot) walk(node.shadowRoot);
      if (/^(style|script|title|noscript)$/i.test(node.localName) || !seen(node)) continue;
      if (node.type === 'text' && node.value) add(node.value, node, node.getBoundingClientRect());
      for (const child of node.childNodes) {
        if (child.nodeType !== Node.TEXT_NODE || !child.textContent.trim()) continue;
        const range = document.createRange();
        range.selectNodeContents(child);
        for (const rect of range.getClientRects()) add(child.textContent.trim(), node, rect);
      }
    }
  };
  walk(within ? lab.querySelector(within) : document);
  return found;
}"""

HIDE_TEXT = """(lab, hide) => {
  const none = 'transparent !important';
  const rule = `*, *::before, *::after { color: ${none}; -webkit-text-fill-color: ${none} } svg text { fill: ${none} }`;
  for (const root of [document.head, lab.getRootNode()]) {
    root.querySelector('.no-text')?.remove();
    if (!hide) continue;
    const sheet = document.createElement('style');
    sheet.className = 'no-text';
    sheet.textContent = rule;
    root.append(sheet);
  }
}"""

# Every text that can be read, and what our own part says to a pointer or a screen reader.
VOICE = """(lab) => {
  const read = (root) => [...root.querySelectorAll('*')]
    .filter((node) => !/^(style|script|title|noscript)$/i.test(node.localName) && node.checkVisibility())
    .filter((node) => node.dataset?.testid !== 'stIconMaterial')
    .flatMap((node) => [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE))
    .map((child) => child.textContent);
  const said = [...lab.querySelectorAll('*')].filter((node) => node.checkVisibility())
    .flatMap((node) => ['title', 'aria-label', 'placeholder', 'alt'].map((name) => node.getAttribute(name)));
  return [...read(document), ...read(lab), ...said].filter(Boolean);
}"""


# -- nothing moves but data ----------------------------------------------------------------------------------------

# Regions whose boxes are the same whatever they hold. The matrix grows with its words and the title with its name.
FIXED = ("strip", "src", "tgt", "message", "map", "road", "pictures", "heads", "save", "lines", "pair")


def test_pointing_choosing_and_flipping_move_nothing(reader: Reader) -> None:
    reader.open(b="decoder.1.cross_attn")
    before = reader.boxes()

    def unmoved(what: str) -> None:
        now = reader.boxes()
        moved = {part: (before[part], now[part]) for part in before if before[part] != now[part]}
        assert not moved, what

    for row in (0, 5, 10, 14):
        reader.point_at(row)
        unmoved(f"query {row}")
    reader.hover('.key[data-key="4"]')
    unmoved("a key")
    reader.hover('[data-part=tgt] [data-token="3"]')
    unmoved("a word")
    reader.part("matrix").hover(position={"x": 40, "y": 40})
    unmoved("a cell")
    reader.rest()
    for keys in (["x"], ["x"], ["1"], ["2"], ["3"], ["4"], ["Escape"], ["ArrowDown"], ["?", "Escape"], ["s"], ["a"]):
        reader.press(*keys)
        unmoved(str(keys))
    reader.click('[data-part=heads] [data-head="0"]')
    unmoved("a head")
    for _ in range(2):
        reader.part("save").locator("summary").click()
    unmoved("the menu")


@pytest.mark.full
def test_blocks_views_and_sentences_leave_the_regions_where_they_are(reader: Reader, run: Run) -> None:
    reader.open()
    before = reader.boxes()

    def unmoved(what: str, parts: tuple[str, ...] = FIXED) -> None:
        now = reader.boxes()
        moved = {part: (before[part], now[part]) for part in parts if before[part] != now[part]}
        assert not moved, what
        assert now["facts"][:2] == before["facts"][:2] or "facts" not in parts
        assert now["title"][:2] == before["title"][:2]

    for block in blocks_of(run):
        reader.go(block)
        unmoved(block)
        reader.hide_specials()
        unmoved(f"{block} without special tokens")
        reader.hide_specials()
    for picture in ("joined", "table", "lines"):
        reader.show(picture)
        unmoved(picture, ("strip", "src", "tgt", "message", "map", "road", "pictures", "heads", "save"))
    for text in ("thanks", WHALE, LONG):
        reader.translate(text)
        unmoved(text, ("strip", "message", "map", "road", "pictures", "heads", "save", "lines", "pair"))


@pytest.mark.parametrize("lang", in_ci(["zh"], i18n.LANGUAGES))
def test_nothing_needs_to_be_scrolled_sideways(reader: Reader, lang: str) -> None:
    reader.open(lang=lang)
    for width in (1440, 1280, 1100):
        reader.page.set_viewport_size({"width": width, "height": 900})
        for picture in ("lines", "joined", "table"):
            reader.show(picture)
            wide = """(lab) => [document.scrollingElement, document.querySelector('[data-testid=stMain]'), lab]
              .map((node) => node.scrollWidth - node.clientWidth)"""
            reader.page.wait_for_function(
                "(lab) => new Promise((done) => requestAnimationFrame(() => done(lab.scrollWidth <= lab.clientWidth)))",
                arg=reader.lab.element_handle(),
            )
            assert reader.lab.evaluate(wide) == [0, 0, 0], (width, picture)
            for part, (x, _, w, h) in reader.boxes().items():
                scrolls = part in ("matrix", "joined")  # inside a box of its own
                assert scrolls or not h or (x >= 0 and x + w <= width), (width, picture, part)
        reader.show("lines")


@pytest.mark.full
def test_the_main_idea_stands_above_the_fold(reader: Reader) -> None:
    reader.open()
    boxes = reader.boxes()
    for part in ("strip", "map", "lines", "matrix", "facts", "pair"):
        _, y, _, height = boxes[part]
        assert y + height <= 900, part


# -- large enough, dark enough -------------------------------------------------------------------------------------


def texts(reader: Reader, within: str = "") -> list[dict[str, Any]]:
    reader.rest_still()
    return reader.lab.evaluate(TEXTS, within)


def assert_large(reader: Reader, floor: float) -> None:
    small = {(one["text"][:40], one["size"]) for one in texts(reader) if one["size"] < floor}
    written = reader.lab.evaluate(
        """(lab) => [...lab.querySelectorAll('canvas')].filter((canvas) => canvas.checkVisibility())
          .flatMap((canvas) => canvas.writing ?? []).map(({ text, font }) => [text, font.match(/[\\d.]+(?=px)/)[0]])"""
    )
    small |= {(text, float(size)) for text, size in written if float(size) < floor}
    assert not small


def luminance(colour: np.ndarray) -> float:
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colour_of(css: str) -> np.ndarray:
    """Read rgb(r, g, b) or rgba(r, g, b, a)."""
    values = [float(value) for value in re.findall(r"[\d.]+", css)]
    return np.array([*values, 1.0][:4])


def assert_readable(reader: Reader, within: str = "") -> None:
    """Compare the colour of every text with the pixels that are left behind it when all text is made transparent."""
    found = texts(reader, within)
    assert found
    reader.lab.evaluate(HIDE_TEXT, True)
    pixels = np.asarray(Image.open(io.BytesIO(reader.page.screenshot())).convert("RGB")).astype(int)
    picture = pixels @ [1 << 16, 1 << 8, 1]  # a number for each colour
    reader.lab.evaluate(HIDE_TEXT, False)
    pale = {}
    for one in found:
        left, top, right, bottom = (round(edge) for edge in one["box"])
        ground = picture[top : max(bottom, top + 1), left : max(right, left + 1)]
        colours, count = np.unique(ground, return_counts=True)
        most = int(colours[count.argmax()])
        behind = np.array([most >> 16, most >> 8 & 255, most & 255])
        *rgb, alpha = colour_of(one["colour"])
        alpha *= one["opacity"]
        seen = alpha * np.array(rgb) + (1 - alpha) * behind
        if contrast(seen, behind) < 4.5:
            pale[one["text"][:40]] = (round(contrast(seen, behind), 2), one["colour"], behind.tolist())
    assert not pale


def screens_of(reader: Reader) -> list[str]:
    """List the buttons of the projector's screens."""
    names = "(all) => all.map((button) => `[data-screen-name=${button.dataset.screenName}]`)"
    return reader.part("screens").locator("[data-screen-name]").evaluate_all(names)


def look_around(reader: Reader, check: Callable[[str], None]) -> None:
    """Go through what the page can show, and check each of it; a panel that covers others is checked alone."""
    check("")
    reader.press("Escape", "s")
    reader.hide_specials()
    check("")
    reader.hide_specials()
    reader.press("a", "t", "ArrowDown")
    check("")
    reader.press("t", "j")
    check("")
    reader.press("j", "?")
    check("[data-part=help]")
    reader.press("Escape")
    reader.click("[data-known]")
    check("[data-part=known]")
    reader.press("Escape")
    reader.part("save").locator("summary").click()
    check("[data-part=save]")
    reader.part("save").locator("summary").click()
    reader.part("matrix").hover(position={"x": 40, "y": 40})
    check(".tooltip")
    reader.rest()
    for text in (WHALE, LONG):
        reader.translate(text)
        check("")


@pytest.mark.parametrize("lang", in_ci(["zh"], i18n.LANGUAGES))
def test_no_text_is_smaller_than_13_pixels(reader: Reader, lang: str) -> None:
    reader.open(lang=lang)
    look_around(reader, lambda _: assert_large(reader, 13))


@pytest.mark.parametrize("text", ["", pytest.param(LONG, marks=pytest.mark.full)], ids=["famous", "long"])
def test_on_the_projector_no_text_is_smaller_than_20_pixels(reader: Reader, text: str) -> None:
    reader.page.set_viewport_size({"width": 1280, "height": 720})
    reader.open(projector="true", **({"s": text} if text else {}))
    for screen in screens_of(reader):
        reader.click(screen)
        assert_large(reader, 20)
    reader.press("?")
    assert_large(reader, 20)


@pytest.mark.parametrize("scheme", in_ci(["dark"], ["light", "dark"]))
def test_every_text_can_be_read_on_its_ground(reader: Reader, scheme: Any) -> None:
    reader.page.emulate_media(color_scheme=scheme)
    reader.open()
    expect(reader.lab).to_have_attribute("data-theme", scheme)
    look_around(reader, lambda within: assert_readable(reader, within))


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.full), "dark"])
def test_on_the_projector_every_text_can_be_read_on_its_ground(reader: Reader, scheme: Any) -> None:
    reader.page.emulate_media(color_scheme=scheme)
    reader.open(projector="true")
    for screen in screens_of(reader):
        reader.click(screen)
        assert_readable(reader)


@pytest.mark.parametrize("scheme", in_ci(["light"], ["light", "dark"]))
def test_digits_can_be_read_in_their_cells(reader: Reader, run: Run, scheme: Any) -> None:
    reader.page.emulate_media(color_scheme=scheme)
    reader.open(s="i am a student")
    for block in blocks_of(run):
        reader.go(block)
        for head in range(run.model.config.n_heads):
            reader.press(str(head + 1))
            picture = reader.bitmap("matrix")
            writing = reader.part("matrix").evaluate("(canvas) => canvas.writing")
            assert writing
            for mark in writing:
                hexadecimal = mark["fill"].lstrip("#")
                ink = np.array([int(hexadecimal[at : at + 2], 16) for at in (0, 2, 4)])
                ground = picture[int(mark["y"]), int(mark["x"]) - 13]
                assert contrast(ink, ground) >= 4.3, (block, head, mark["text"])


# -- Chinese -------------------------------------------------------------------------------------------------------


def test_a_chinese_page_is_in_chinese(reader: Reader, run: Run) -> None:
    chinese, english = i18n.words("zh"), i18n.words("en")
    task = run.task
    assert task is not None
    names = [f"{block}.weights" for block in blocks_of(run)]
    tokens = " ".join((*run.src_vocab.tokens, *run.tgt_vocab.tokens, "whale"))
    kept = " ".join(
        (
            *chinese.values(),
            *names,
            tokens,
            *i18n.LANGUAGES.values(),
            "head query key weights language",
            "esc pagedown pageup",
        )
    )
    allowed = set(re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", " ", kept).lower()))
    foreign = {text for key, text in english.items() if chinese[key] != text and len(text) > 5 and "{" not in text}
    foreign -= {*i18n.LANGUAGES.values(), *chinese.values()}  # names of languages, and words kept as they are

    def check(_: str = "") -> None:
        reader.rest_still()
        for said in reader.lab.evaluate(VOICE):
            assert said not in foreign
            words = re.findall(r"[a-zà-ÿœ]{2,}", said.lower())
            assert not set(words) - allowed, said

    reader.open(lang="zh")
    look_around(reader, check)
    reader.open(lang="zh", projector="true", b="encoder.99")
    for screen in screens_of(reader):
        reader.click(screen)
        check()
    expect(reader.page.get_by_role("button", name=say("task.button.fr", "zh"))).to_be_visible()
