"""Ways to write with one model: beam search, sampling, forced beginnings. Shown on the Generate page.

All of them ask the same question again and again, "which word comes next?", and differ only in what they do with the
answer. `decode.greedy` takes the most probable word; here are the others, and the proof that training, which asks all
the questions at once, gets the same answers.
"""

from transformer.writing.beam import BeamTree, Hypothesis, Node, beam_search, length_penalty
from transformer.writing.errors import Erring, Search, find_errors, first_errors
from transformer.writing.filters import STAGES, Filters, Stage, filter_logits
from transformer.writing.pen import Pen
from transformer.writing.rows import Agreement, Parting, Rows, free_and_forced, rows_of, serial_and_parallel
from transformer.writing.sampling import Draw, sample

__all__ = [
    "STAGES",
    "Agreement",
    "BeamTree",
    "Draw",
    "Erring",
    "Filters",
    "Hypothesis",
    "Node",
    "Parting",
    "Pen",
    "Rows",
    "Search",
    "Stage",
    "beam_search",
    "filter_logits",
    "find_errors",
    "first_errors",
    "free_and_forced",
    "length_penalty",
    "rows_of",
    "sample",
    "serial_and_parallel",
]
