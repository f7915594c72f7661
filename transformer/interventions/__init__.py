"""Interventions: take a part of the model away, move it or replace it, and see what it writes without it.

Every one is an edit of one traced pass (tap.py), never a change to the model that all visitors share. A list of them
can be written into a link (notation.py), composed into one edit (surgery.py) and tried on a sentence (intervene.py).
What reads a text wrongly or does not fit a sentence is refused in one sentence. Shown on the Edit page.
"""

from transformer.interventions.base import Aids, Intervention, Scope, UnfitError
from transformer.interventions.borrowed import mean_contexts, pattern_reader
from transformer.interventions.codes import NotationError
from transformer.interventions.heads import MeanHead, OnlyHead, ScaleHead, UniformHead, ZeroHead
from transformer.interventions.intervene import Intervened, Written, agreed, intervene, write_under
from transformer.interventions.notation import INTERVENTIONS, read, write
from transformer.interventions.parts import RemovePositions, RemoveResidual, RemoveSublayer
from transformer.interventions.patterns import FromHead, FromSentence, PaintMask, SetWeight
from transformer.interventions.surgery import Surgery, as_edit, fitting, unfit

__all__ = [
    "INTERVENTIONS",
    "Aids",
    "FromHead",
    "FromSentence",
    "Intervened",
    "Intervention",
    "MeanHead",
    "NotationError",
    "OnlyHead",
    "PaintMask",
    "RemovePositions",
    "RemoveResidual",
    "RemoveSublayer",
    "ScaleHead",
    "Scope",
    "SetWeight",
    "Surgery",
    "UnfitError",
    "UniformHead",
    "Written",
    "ZeroHead",
    "agreed",
    "as_edit",
    "fitting",
    "intervene",
    "mean_contexts",
    "pattern_reader",
    "read",
    "unfit",
    "write",
    "write_under",
]
