"""Masks to play with, shown on the Masks page: a padded batch, a mask painted by hand, and the classic mistakes.

Everything here is an edit of one traced pass (tap.py). The model that all visitors share is never changed.
"""

from transformer.studies.mask_lab.batch import PaddedBatch, alone_and_together, pad_batch
from transformer.studies.mask_lab.hidden_row import HiddenRow, half_precision, hide_row
from transformer.studies.mask_lab.mistakes import FILLS, MISTAKES, Mistake, Outcome, caught, make_mistake
from transformer.studies.mask_lab.painting import HiddenRowError, Painted, Painting, own_mask, paint

__all__ = [
    "FILLS",
    "MISTAKES",
    "HiddenRow",
    "HiddenRowError",
    "Mistake",
    "Outcome",
    "PaddedBatch",
    "Painted",
    "Painting",
    "alone_and_together",
    "caught",
    "half_precision",
    "hide_row",
    "make_mistake",
    "own_mask",
    "pad_batch",
    "paint",
]
