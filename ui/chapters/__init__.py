"""What single pages ask for beside the pass: one file per page, each with `answer(run, text, question) -> Answer`.

GET /lab/chapter?page=tokens&run=fr&s=thanks&...     everything after s is the page's own question
"""

from collections.abc import Callable, Mapping

from transformer.runs import Run
from ui import services
from ui.chapters import decoder, encoder, masks, output, positions, tokens
from ui.limits import within_limit
from ui.pack import Answer, RefusedError, pack

CHAPTERS: dict[str, Callable[[Run, str, Mapping[str, str]], Answer]] = {
    "tokens": tokens.answer,
    "positions": positions.answer,
    "masks": masks.answer,
    "encoder": encoder.answer,
    "decoder": decoder.answer,
    "output": output.answer,
}


def chapter_payload(page: str, name: str, text: str, question: Mapping[str, str]) -> bytes:
    """Pack what a page asks about one text and one run. RefusedError says why there is no answer."""
    if page not in CHAPTERS:
        raise RefusedError(404, "error.question")
    text, _ = within_limit(text)
    asked = ("chapter", page, text, tuple(sorted(question.items())))
    return services.packed(name, asked, lambda run: pack(CHAPTERS[page](run, text, question)))
