"""What the page Compare asks for beside the pass: both sides of a comparison in one answer.

ask=sentences&other=...    two sentences through one model      ask=heads&b=&f=&c=&g=    two heads on one sentence
ask=runs&other=...         one sentence through two models

sentences.py, heads.py and runs.py answer one question each; side.py is what all three lay beside each other.
"""

from collections.abc import Mapping

from transformer.runs import Run
from ui.chapters.compare import heads, runs, sentences
from ui.pack import Answer, RefusedError

KINDS = {"sentences": sentences.answer, "heads": heads.answer, "runs": runs.answer}


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one of three questions: ask=sentences, ask=heads, ask=runs. RefusedError says what is wrong."""
    if question.get("ask") not in KINDS:
        raise RefusedError(404, "error.question")
    return KINDS[question["ask"]](run, text, question)
