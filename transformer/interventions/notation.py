"""Interventions as a short text, for the link of the Edit page: `/edit?run=fr&s=...&o_e=1-zero.d1c.2-positions.src`.

    list       = "" | "1" {"-" one}            1 is the version; at most 40 interventions and 2,000 characters
    one        = word {"." field}
    sublayer   = e0s, d1c, d0f, ...            encoder or decoder, layer, self, cross attention or feed-forward
    zero       . block . head                  take a head away            layers, heads, rows, columns count from 0
    mean       . block . head                  its mean context instead
    uniform    . block . head                  equal weights over what the mask leaves open
    only       . block . head                  take the other heads of the block away
    scale      . block . head . hundredths     multiply what it read; m150 is -1.5
    weight     . block . head . row . column . thousandths     the row is renormalised
    mask       . block . head or all . rows . columns . cells  five cells to a letter, row by row, painted over = 1
    from       . block . head . block . head   the pattern of another head
    other      . block . head . sentence       the pattern of another sentence; UTF-8 in base 32, small letters
    positions  . src, tgt or both              remove the positions
    sublayer   . sublayer                      remove a sublayer
    residual   . sublayer                      remove the residual connection around it

Letters, digits, dots and hyphens only, so it may stand in any address and any letter as it is. There is exactly one
text for a list: whatever `read` takes is what `write` gives back. Everything else is refused with NotationError.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from transformer.interventions.base import Intervention
from transformer.interventions.codes import Coder, NotationError
from transformer.interventions.heads import MeanHead, OnlyHead, ScaleHead, UniformHead, ZeroHead
from transformer.interventions.parts import RemovePositions, RemoveResidual, RemoveSublayer
from transformer.interventions.patterns import FromHead, FromSentence, PaintMask, SetWeight

VERSION = "1"
MOST_CHARACTERS = 2000
MOST_INTERVENTIONS = 40


def read(text: str) -> list[Intervention]:
    """Read a list of interventions; NotationError says what is wrong with a text. They may not fit a model yet.

    >>> read("1-zero.d1c.2")
    [ZeroHead(block='decoder.1.cross_attn', head=2)]
    """
    if len(text) > MOST_CHARACTERS:
        raise NotationError("long", f"a list of interventions has at most {MOST_CHARACTERS} characters")
    if not text:
        return []
    version, *parts = text.split("-")
    if version != VERSION:
        raise NotationError("version", f"this list starts with {version[:10]!r} instead of {VERSION!r}")
    if not 1 <= len(parts) <= MOST_INTERVENTIONS:
        raise NotationError("many", f"a list holds 1 to {MOST_INTERVENTIONS} interventions, this one {len(parts)}")
    return [_read_one(part) for part in parts]


def _read_one(text: str) -> Intervention:
    word, *values = text.split(".")
    if word not in INTERVENTIONS:
        raise NotationError("word", f"{word[:20]!r} is no intervention; there are {', '.join(INTERVENTIONS)}")
    kind = INTERVENTIONS[word]
    coders = coders_of(kind)
    if len(values) != len(coders):
        raise NotationError("fields", f"{word} needs {len(coders)} fields, got {len(values)}")
    read_values: list[Any] = [coder.read(value) for coder, value in zip(coders, values, strict=True)]
    try:
        return kind(*read_values)
    except NotationError:
        raise
    except ValueError as error:
        raise NotationError("field", str(error)) from None


def write(interventions: Sequence[Intervention]) -> str:
    """Write a list of interventions; NotationError if it is too long for a link."""
    if not interventions:
        return ""
    text = "-".join([VERSION, *(_write_one(one) for one in interventions)])
    if len(interventions) > MOST_INTERVENTIONS or len(text) > MOST_CHARACTERS:
        raise NotationError("long", f"{len(interventions)} interventions in {len(text)} characters are too many")
    return text


def _write_one(one: Intervention) -> str:
    values = [getattr(one, field.name) for field in fields(one)]  # pyright: ignore[reportArgumentType]
    written = [coder.write(value) for coder, value in zip(coders_of(type(one)), values, strict=True)]
    return ".".join([one.word, *written])


def coders_of(kind: type[Intervention]) -> list[Coder]:
    """Say how each field of an intervention is written."""
    return [field.metadata["coder"] for field in fields(kind)]  # pyright: ignore[reportArgumentType]


INTERVENTIONS: dict[str, type[Intervention]] = {
    kind.word: kind
    for kind in (
        ZeroHead,
        MeanHead,
        UniformHead,
        OnlyHead,
        ScaleHead,
        SetWeight,
        PaintMask,
        FromHead,
        FromSentence,
        RemovePositions,
        RemoveSublayer,
        RemoveResidual,
    )
}
