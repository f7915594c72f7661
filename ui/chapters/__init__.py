"""What single pages ask for beside the pass: a file or folder per page, with `answer(run, text, question) -> Answer`.

GET /lab/chapter?page=tokens&run=fr&s=thanks&...     everything after s is the page's own question
"""

from collections.abc import Callable, Mapping

from transformer.runs import Run
from ui import services
from ui.chapters import compare, decoder, edit, encoder, generate, heads, masks, output, positions, tokens
from ui.limits import within_limit
from ui.pack import Answer, RefusedError, pack

CHAPTERS: dict[str, Callable[[Run, str, Mapping[str, str]], Answer]] = {
    "tokens": tokens.answer,
    "positions": positions.answer,
    "masks": masks.answer,
    "encoder": encoder.answer,
    "decoder": decoder.answer,
    "output": output.answer,
    "generate": generate.answer,
    "edit": edit.answer,
    "heads": heads.answer,
    "compare": compare.answer,
}
WHOLE_RUN = ("passport", "errs")  # these ask about the model alone: the answer is kept once, whatever the text


def chapter_payload(page: str, name: str, text: str, question: Mapping[str, str]) -> bytes:
    """Pack what a page asks about one text and one run. RefusedError says why there is no answer."""
    if page not in CHAPTERS:
        raise RefusedError(404, "error.question")
    text, _ = within_limit(text)
    ask = question.get("ask")
    others = services.stamps() if ask == "runs" else ()
    asked = ("chapter", page, "" if ask in WHOLE_RUN else text, tuple(sorted(question.items())), others)
    return services.packed(name, asked, lambda run: pack(CHAPTERS[page](run, text, question)))
