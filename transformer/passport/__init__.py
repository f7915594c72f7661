"""A passport for every head: what it looks at, what it copies, and what goes wrong without it. Shown on Heads."""

from transformer.passport.alignment_error import aer, links_of
from transformer.passport.measure import N_SENTENCES, Passport, Progress, passport, work_per_sentence
from transformer.passport.pruning import prune

__all__ = ["N_SENTENCES", "Passport", "Progress", "aer", "links_of", "passport", "prune", "work_per_sentence"]
