"""How one field of an intervention stands in a link: letters, digits and a dot, nothing that an address must escape.

A coder reads exactly what it writes: there is one text for each value, so that a link can be compared with another.
"""

import re
from collections.abc import Callable
from dataclasses import field
from typing import Any, NamedTuple

FIVE_BITS = "abcdefghijklmnopqrstuvwxyz234567"
LONGEST_TEXT = 600  # bytes of another sentence
PARTS = {"s": "self_attn", "c": "cross_attn", "f": "ffn"}
STACKS = {"e": "encoder", "d": "decoder"}
PLACE = re.compile(r"([ed])(0|[1-9]\d?)([scf])", re.ASCII)
NUMBER = re.compile(r"0|[1-9]\d{0,3}", re.ASCII)
SIDES = ("src", "tgt", "both")


class NotationError(ValueError):
    """A text is no list of interventions; `reason` is one word that says why."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Coder(NamedTuple):
    """Turn a text into a value, NotationError if it is none, and a value into its text."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]


def coded(coder: Coder) -> Any:
    """Make a field of an intervention that a link can hold."""
    return field(metadata={"coder": coder})


def _refuse(what: str, text: str) -> NotationError:
    return NotationError("field", f"{text[:40]!r} is no {what}")


def read_place(text: str) -> str:
    """Read the short name of a sublayer.

    >>> read_place("d1c")
    'decoder.1.cross_attn'
    """
    found = PLACE.fullmatch(text)
    if found is None or found[1] + found[3] == "ec":
        raise _refuse("sublayer", text)
    return f"{STACKS[found[1]]}.{found[2]}.{PARTS[found[3]]}"


def write_place(place: str) -> str:
    """Shorten the name of a sublayer: `decoder.1.cross_attn` is d1c."""
    stack, layer, part = place.split(".")
    letter = next(letter for letter, name in PARTS.items() if name == part)
    return f"{stack[0]}{layer}{letter}"


def read_block(text: str) -> str:
    """Read the short name of an attention block, which a feed-forward is not."""
    if text.endswith("f"):
        raise _refuse("attention block", text)
    return read_place(text)


def read_number(text: str) -> int:
    """Read a whole number of at most four digits."""
    if NUMBER.fullmatch(text) is None:
        raise _refuse("number", text)
    return int(text)


def _read_head(text: str) -> int | None:
    return None if text == "all" else read_number(text)


def _read_share(text: str) -> float:
    n = read_number(text)
    if n > 1000:
        raise _refuse("weight between 0 and 1000 thousandths", text)
    return n / 1000


MOST_FACTOR = 4.0


def _read_factor(text: str) -> float:
    n = read_number(text.removeprefix("m")) * (-1 if text.startswith("m") else 1)
    if abs(n) > 100 * MOST_FACTOR or text == "m0":
        raise _refuse("factor between m400 and 400 hundredths", text)
    return n / 100


def _write_factor(factor: float) -> str:
    n = round(100 * factor)
    return f"m{-n}" if n < 0 else str(n)


def _read_side(text: str) -> str:
    if text not in SIDES:
        raise _refuse("side", text)
    return text


def write_bits(flags: list[bool]) -> str:
    """Write yes and no, five to a letter; the noes at the end are left out.

    >>> write_bits([True, False, False, False, False, True])
    'qq'
    """
    signs = ""
    for start in range(0, len(flags), 5):
        five = [*flags[start : start + 5], *[False] * 5][:5]
        signs += FIVE_BITS[sum(bit << (4 - i) for i, bit in enumerate(five))]
    return signs.rstrip("a")


def read_bits(text: str) -> list[bool]:
    """Read what `write_bits` wrote."""
    if any(sign not in FIVE_BITS for sign in text):
        raise _refuse("row of bits", text)
    return [bool(FIVE_BITS.index(sign) >> (4 - i) & 1) for sign in text for i in range(5)]


def _read_cells(text: str) -> tuple[int, ...]:
    cells = tuple(at for at, painted in enumerate(read_bits(text)) if painted)
    if not cells or text.endswith("a"):
        raise _refuse("painting", text)
    return cells


def _write_cells(cells: tuple[int, ...]) -> str:
    painted = set(cells)
    return write_bits([at in painted for at in range(max(painted) + 1)])


def _read_text(text: str) -> str:
    bits = read_bits(text)
    n = len(bits) // 8
    whole = bytes(sum(bits[8 * i + j] << (7 - j) for j in range(8)) for i in range(n))
    try:
        said = whole.decode()
    except UnicodeDecodeError:
        raise _refuse("text", text) from None
    if not said.strip() or len(whole) > LONGEST_TEXT or _write_text(said) != text:
        raise _refuse("text", text)
    return said


def _write_text(said: str) -> str:
    bits = [bool(byte >> (7 - j) & 1) for byte in said.encode() for j in range(8)]
    letters = -(-len(bits) // 5)
    return write_bits(bits).ljust(letters, "a")


BLOCK = Coder(read_block, write_place)
SUBLAYER = Coder(read_place, write_place)
NUMBERED = Coder(read_number, str)  # heads, rows and columns count from 0, as in names and addresses
HEADS = Coder(_read_head, lambda head: "all" if head is None else str(head))
SHARE = Coder(_read_share, lambda share: str(round(1000 * share)))
FACTOR = Coder(_read_factor, _write_factor)
SIDE = Coder(_read_side, str)
CELLS = Coder(_read_cells, _write_cells)
TEXT = Coder(_read_text, _write_text)
