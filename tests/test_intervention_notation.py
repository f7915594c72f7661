"""Interventions in a link: what is written is read again, and a damaged link is refused and never misread."""

import random
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

import pytest

from lists_of_edits import random_list
from models import counts
from transformer.interventions import (
    INTERVENTIONS,
    FromSentence,
    NotationError,
    PaintMask,
    RemovePositions,
    ScaleHead,
    SetWeight,
    ZeroHead,
    read,
    write,
)
from transformer.interventions.notation import MOST_CHARACTERS, MOST_INTERVENTIONS


def test_a_link_can_be_read_by_people() -> None:
    edits = [
        ZeroHead("decoder.1.cross_attn", 2),
        SetWeight("decoder.1.cross_attn", 0, 10, 6, 0.75),
        ScaleHead("encoder.0.self_attn", 3, -1.5),
        PaintMask("decoder.0.self_attn", None, 15, 15, (16, 17)),
        FromSentence("decoder.0.cross_attn", 1, "ab"),
        RemovePositions("src"),
    ]
    text = "1-zero.d1c.2-weight.d1c.0.10.6.750-scale.e0s.3.m150-mask.d0s.all.15.15.aaam-other.d0c.1.mfra-positions.src"
    assert write(edits) == text
    assert read(text) == edits
    assert read("") == [] and write([]) == ""


@counts(1000)
def test_what_is_written_is_read_again(count: int) -> None:
    for seed in range(count):
        edits = random_list(random.Random(seed))
        text = write(edits)
        assert read(text) == edits
        assert write(read(text)) == text
        assert f"e={text}" == urlencode({"e": text}), "an address holds it as it is"
        assert parse_qs(f"e={text}").get("e", [""]) == [text]


def _cut(text: str, draw: random.Random) -> str:
    return text[: text.rindex(".")]


def _another_version(text: str, draw: random.Random) -> str:
    return draw.choice(["0", "2", "9", "01", "", "v1"]) + text[1:]


def _foreign_sign(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text) + 1)
    return text[:at] + draw.choice("~*_ %+/\\<>&=#\"'é爱\0\n٣１\u202e") + text[at:]


def _unknown_word(text: str, draw: random.Random) -> str:
    return f"{text}-{draw.choice(['none', 'Zero', 'zeros', 'eval', '', '__class__'])}.d0c.1"


def _field_too_many(text: str, draw: random.Random) -> str:
    return text + "." + draw.choice(["0", "", "d0c", "a", "all"])


def _doubled_sign(text: str, draw: random.Random) -> str:
    at = draw.choice([i for i, sign in enumerate(text) if sign in ".-"])
    return text[:at] + text[at] + text[at:]


def _number_too_large(text: str, draw: random.Random) -> str:
    return f"{text}-{draw.choice(['zero.d1c.10000', 'weight.d1c.0.1.1.1001', 'scale.d1c.0.401', 'zero.d100c.0'])}"


def _nonsense(text: str, draw: random.Random) -> str:
    return f"{text}-" + draw.choice(
        [
            "zero.e0c.0",  # an encoder has no cross attention
            "zero.d0f.0",  # a feed-forward has no heads
            "zero.d1c.-1",
            "zero.d1c.007",
            "scale.d1c.0.m0",
            "scale.d1c.0.1e3",
            "weight.d1c.0.1.1.nan",
            "mask.d0s.all.3.3.",  # nothing painted
            "mask.d0s.all.3.3.a",
            "mask.d0s.all.3.3.qa",  # a letter that says nothing
            "mask.d0s.all.3.3.aaq",  # a cell below the last row
            "mask.d0s.all.0.0.q",
            "other.d0c.1.",
            "other.d0c.1.77",  # no UTF-8
            "other.d0c.1.mfrb",  # bits behind the last byte
            "other.d0c.1.ea",  # a space
            "positions.everywhere",
            "residual.d1",
        ]
    )


def _too_long(text: str, draw: random.Random) -> str:
    return text + "-zero.d1c.0" * (MOST_INTERVENTIONS if draw.random() < 0.5 else MOST_CHARACTERS)


DAMAGES: list[Callable[[str, random.Random], str]] = [
    _cut,
    _another_version,
    _foreign_sign,
    _unknown_word,
    _field_too_many,
    _doubled_sign,
    _number_too_large,
    _nonsense,
    _too_long,
]


@counts(1000)
def test_a_damaged_link_is_refused(count: int) -> None:
    for seed in range(count):
        draw = random.Random(seed)
        text = write(random_list(draw, at_least=1))
        damage = DAMAGES[seed % len(DAMAGES)]
        with pytest.raises(NotationError) as refused:
            print(damage.__name__, read(damage(text, draw)))
        assert refused.value.reason in ("field", "fields", "long", "many", "version", "word")


@counts(10_000)
def test_whatever_is_read_is_what_would_be_written(count: int) -> None:
    """A link that lost or changed a sign by accident is refused, or says plainly what it says."""
    signs = "abcdefghijklmnopqrstuvwxyz0123456789.-"
    for seed in range(count):
        draw = random.Random(seed)
        text = list(write(random_list(draw, at_least=1)))
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(text))
            text[at : at + draw.randint(0, 2)] = draw.choice(signs) * draw.randint(0, 1)
        try:
            edits = read("".join(text))
        except NotationError:
            continue
        assert write(edits) == "".join(text)


def test_too_much_cannot_be_written() -> None:
    with pytest.raises(NotationError):
        write([ZeroHead("decoder.0.cross_attn", 0)] * (MOST_INTERVENTIONS + 1))
    with pytest.raises(NotationError):
        write([FromSentence("decoder.0.cross_attn", 0, "x" * 500)] * 4)


def test_every_kind_is_drawn() -> None:
    draw = random.Random(0)
    words = {one.word for _ in range(200) for one in random_list(draw)}
    assert words == set(INTERVENTIONS)
