"""Whatever is typed or linked is shown literally: never obeyed, never lost, never a message in the console."""

import csv
import io
import json
import random
import re
import unicodedata
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from models import counts, in_ci
from reader import Reader, say
from test_browser_looks import screens_of
from transformer.runs import Run
from ui.limits import MOST_CHARACTERS

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

MARK = "pwned"  # what every attack tries to bring about: an element or a variable of this name, or a dialog
ATTACKS = [
    f"<script>window.{MARK}=1;alert(1)</script>",
    f"<img id={MARK} src=x onerror=window.{MARK}=1>",
    f"<svg/onload=window.{MARK}=1 id={MARK}>",
    f'"><b id={MARK}>the</b> animal',
    f"'-window.{MARK}=1-'",
    f"<iframe id={MARK} srcdoc='<script>alert(1)</script>'></iframe>",
    f"</span></div><style>*{{display:none}}</style><i id={MARK}>",
    f"javascript:window.{MARK}=1",
    f"<a id={MARK} href=https://example.org>the</a> [the](https://example.org) ![x](https://example.org/x.png)",
    f"<link id={MARK} rel=stylesheet href=https://example.org/x.css>",
    "**bold** _it_ :red[the] :material/home: `code` # head",
    "$x^2$ \\(y\\) $$\\frac{1}{2}$$ \\href{https://example.org}{x}",
    "&lt;b&gt; &amp; &#x3c;script&#x3e; &nbsp;the",
    "{typed} {word} {0} %s %(x)s ${1+1} #{2} {{3}}",
    "__proto__ constructor toString hasOwnProperty the",
    "<s> </s> <pad> <unk> <s>the</s>",
    "the \u202eanimal\u202c did \u2066not\u2069 cross",
    "\ufeffthe an\u200bi\u200dmal \u00adstreet",
    "שלום the مرحبا animal",
    "🐈 did 👩\u200d👩\u200d👧\u200d👧 not 🏳️\u200d🌈 cross 🇫🇷",
    "e\u0301" * 40 + " z" + "\u0336\u0353\u035a" * 30 + " the",
    "这只动物 没有 过马路 ﷺ ﷽ ﷺ",
    "the\tanimal\u2028did\u2029not \u0085 \x1b[31mred\x7f",
    "a" * 1500,
    "the " * 300,
    "x" * 13 + " " + "y" * 14 + " " + "z" * 15 + " 🐈" + "é" * 20,
    "=1+1 +cmd|' /C calc'!A0 @SUM(A1) -2 ,\"; the",
    "../../etc/passwd \\\\host\\share C:\\ NUL ~ | & ; `id`",
    "' OR 1=1 -- \" ); DROP TABLE",
    '{"a": [1, null]} null undefined NaN true',
    "\ufffd\ufffe\uffff \U0001f4a9 \U0010ffff the",
    "▁the ▁ ·a …b the₁ the₂ the the",
]
PIECES = [*(word for attack in ATTACKS for word in attack.split(" ") if len(word) < 60), "the", "animal", "it", "tired"]
# Characters without a shape of their own, or which change the shape of others. Those that join an emoji may stay.
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2067\ufeff]")
STANDING: dict[str, tuple[float, float]] = {}  # how high the strip is and where the map begins, whatever is shown
OWN = str.maketrans("", "", "\u2068\u2069")  # the page isolates right-to-left words with these two


def attacks(count: int, seed: int) -> list[str]:
    """Give so many hostile texts: of those above, then mixtures of their pieces and of any characters at all."""
    dice = random.Random(seed)
    made = [
        "".join(
            dice.choice(PIECES) + dice.choice((" ", " ", "", "\u00a0"))
            if dice.random() < 0.8
            else chr(dice.choice((dice.randrange(1, 0xD800), dice.randrange(0xE000, 0x30000))))
            for _ in range(dice.randrange(1, 14))
        )
        for _ in range(200)
    ]
    if count >= len(ATTACKS):
        return [*ATTACKS, *made][:count]
    return dice.sample(ATTACKS, count)


def plain(shown: str) -> str:
    """Read a shown word back: the page writes an invisible character as its number."""
    return re.sub(r"U\+(10[0-9A-F]{4}|[0-9A-F]{4,5})", lambda found: chr(int(found[1], 16)), shown.translate(OWN))


def assert_shown_literally(reader: Reader, run: Run, text: str) -> None:
    surfaces = run.src_vocab.encode(text[:MOST_CHARACTERS]).surfaces[: run.model.config.max_len]
    message = reader.part("message")
    if surfaces:
        titles = reader.lab.evaluate(
            "(lab) => [...lab.querySelectorAll('[data-side=src] .token')].map((t) => [t.title, t.textContent])"
        )
        unknown = say("explore.token.unknown", word="")
        seen = {surface: surfaces.count(surface) for surface in surfaces}
        for surface, (title, shown) in zip(surfaces, titles, strict=False):
            word = title.removesuffix(unknown)
            if seen[surface] > 1:
                assert word[-1] in "₀₁₂₃₄₅₆₇₈₉", "equal words are told apart"
                word = word.rstrip("₀₁₂₃₄₅₆₇₈₉") if surface[-1] not in "₀₁₂₃₄₅₆₇₈₉" else surface
            assert plain(word) == surface
            assert plain(shown.rstrip("…₀₁₂₃₄₅₆₇₈₉"))[:3] == surface.rstrip("…₀₁₂₃₄₅₆₇₈₉")[:3]
            assert not INVISIBLE.search(title + shown), "every character can be seen"
        assert len(titles) >= len(surfaces) - 1, "one of them may be the word to flip"
    else:
        expect(message).to_have_text(say("error.empty"))
    assert_unhurt(reader)


def assert_unhurt(reader: Reader) -> None:
    """Nothing of the text has become a part of the page, and the page stands as it stood."""
    found = reader.lab.evaluate(
        """(lab, mark) => ({
          made: [...document.querySelectorAll('#' + mark), ...lab.querySelectorAll('#' + mark)].length,
          set: mark in window,
          foreign: [...lab.querySelectorAll('script, img, iframe, style, link, form, object, embed, a')].length,
          wide: document.documentElement.scrollWidth > innerWidth,
          strip: lab.querySelector('[data-part=strip]').getBoundingClientRect().height,
          map: lab.querySelector('[data-part=map]').getBoundingClientRect().top,
        })""",
        MARK,
    )
    strip, top = found.pop("strip"), found.pop("map")
    assert found == {"made": 0, "set": False, "foreign": 0, "wide": False}
    assert (strip, top) == STANDING.setdefault("desk", (strip, top)), "a foreign sentence moves nothing"
    assert not reader.complaints()


@counts(200, ci=8)
def test_hostile_text_in_the_box_is_shown_literally(reader: Reader, run: Run, count: int) -> None:
    reader.open()
    for text in attacks(count, seed=1):
        drawn = reader.drawn()
        reader.box.fill(text)
        received = reader.box.input_value()  # a text box leaves out line breaks
        assert unicodedata.normalize("NFC", received) == unicodedata.normalize("NFC", re.sub(r"[\r\n]", "", text))
        reader.box.press("Enter")
        if run.src_vocab.encode(received[:MOST_CHARACTERS]).ids:
            reader.wait_drawn(drawn + 1)
        assert_shown_literally(reader, run, received)


@counts(200, ci=3)  # each of them opens the page
def test_hostile_text_in_a_link_is_shown_literally(reader: Reader, run: Run, count: int) -> None:
    for text in attacks(count, seed=2):
        if run.src_vocab.encode(text[:MOST_CHARACTERS]).ids:
            reader.open(s=text)
            assert_shown_literally(reader, run, text)


@pytest.mark.parametrize("keys", [["run"], ["lang", "projector"], ["b", "f", "h", "q", "view", "x", "sp", "nothing"]])
def test_hostile_values_of_a_link_are_left_out(reader: Reader, keys: list[str]) -> None:
    attack = f'"><img id={MARK} src=x onerror=alert(1)> **b** $x$ [a](https://example.org) \u202e__proto__'
    reader.open(**dict.fromkeys(keys, attack))
    assert_unhurt(reader)
    assert "example.org](" not in reader.page.inner_text("body")
    elsewhere = "() => [...document.querySelectorAll('a[href]')].filter((a) => a.host !== location.host).length"
    assert reader.page.evaluate(elsewhere) == 0
    assert reader.seen()["sentence"]


@pytest.mark.full
def test_broken_bytes_in_a_link_are_shown_as_what_they_are(reader: Reader) -> None:
    for escape in ("the%00animal", "%ED%A0%80 the", "%FF%FE the", "the%0D%0Aanimal", "% the", "%F4%90%80%80 the"):
        reader.goto("/?s=" + escape)
        assert reader.seen()["sentence"]
        assert_unhurt(reader)


NOT_CHARACTERS = [(r"the\ud800animal", "the\ufffdanimal"), (r"\udc00", "\ufffd"), (r"a\u0000b", "aU+0000b")]


@pytest.mark.parametrize(("escape", "word"), in_ci(NOT_CHARACTERS[:1], NOT_CHARACTERS))
def test_what_is_no_character_at_all_is_shown_too(reader: Reader, escape: str, word: str) -> None:
    """Half a surrogate pair is no UTF-8: sent as it is, it would break the connection."""
    reader.open()
    reader.box.click()
    reader.page.keyboard.press("ControlOrMeta+a")
    reader.page.evaluate(f"() => document.execCommand('insertText', false, '{escape}')")
    reader.page.keyboard.press("Enter")
    reader.wait_drawn(2)
    assert reader.seen()["sentence"] == [word]
    assert_unhurt(reader)


def test_every_part_of_the_page_shows_hostile_words_as_words(reader: Reader, run: Run) -> None:
    text = f"the <b>x</b> $y$ {{word}} <img/id={MARK}/src=x/onerror=alert(1)> &amp; it the"
    words = [surface for surface in run.src_vocab.encode(text).surfaces if surface not in ("the", "it")]
    reader.open(s=text, b="encoder.0.self_attn")
    expect(reader.part("message")).to_contain_text(words[0])
    reader.hover('.query[data-row="1"]')
    assert reader.lab.locator('.query[data-row="1"]').get_attribute("aria-label") == "<b>x</b>"
    box = reader.part("matrix").bounding_box()
    assert box is not None
    n = len(run.src_vocab.encode(text).ids)
    reader.part("matrix").hover(position={"x": 1.5 * box["width"] / n, "y": 2.5 * box["height"] / n})
    assert say("explore.cell.query", query="$y$") in reader.tooltip()
    reader.press("t")
    rows = [plain(row).rstrip("…") for row in reader.table().rows][1:-2]
    assert all(word.startswith(row) for word, row in zip(words, rows, strict=True))
    reader.press("j")
    assert_unhurt(reader)
    reader.open(s=text, lang="zh", projector="true")
    for screen in screens_of(reader):
        reader.click(screen)
        assert not reader.complaints()


def test_files_saved_from_a_hostile_sentence_are_whole(reader: Reader, run: Run) -> None:
    text = "=1+1 <b> & \" ' , the \x07 \u202e \ufffe ]]> <!-- @x the"
    surfaces = run.src_vocab.encode(text).surfaces
    reader.open(s=text, b="encoder.0.self_attn")
    for picture in ("lines", "joined"):
        reader.show(picture)
        drawing = ElementTree.fromstring(reader.save("svg"))
        assert any("<b>" in str(node.text) for node in drawing.iter("{http://www.w3.org/2000/svg}text"))
    said = json.loads(reader.save("json"))
    assert [plain(key["token"]) for key in said["keys"]] == surfaces
    lines = list(csv.DictReader(io.StringIO(reader.save("csv").decode("utf-8-sig"), newline="")))
    tokens = [line["key_token"] for line in lines[: len(surfaces)]]
    assert [plain(token.lstrip("'") if token != "'" else token) for token in tokens] == surfaces
    assert not [token for token in tokens if token[0] in "=+-@"], "a spreadsheet must not take a word for a formula"
