"""What the page Decoder asks for beside the pass: what excites the hidden units of its feed-forward sublayers."""

from collections.abc import Mapping

from transformer.runs import Run
from ui.chapters.encoder import units_answer
from ui.pack import Answer


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Tell what excites the units of ?what=units&at=decoder.0.ffn; a unit is excited by the word that a row reads."""
    return units_answer(run, "decoder", question)
