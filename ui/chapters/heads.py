"""What the page Heads asks for beside the pass: the passport of every head, and five explanations of one word."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from transformer.explanations import METHODS, explain, whole_model
from transformer.runs import Run
from transformer.vocab import shifted_right
from ui import services
from ui.pack import Answer, RefusedError
from ui.passports import passport_of
from ui.reading import read, written

NUMBER = re.compile(r"\d{1,4}", re.ASCII)
PLACE = re.compile(r"decoder\.(\d{1,3})\.cross_attn", re.ASCII)


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one of two questions: ask=passport, of the run; ask=explain, of a row of a text. RefusedError else."""
    match question.get("ask"):
        case "passport":
            return Answer({"passport": passport_of(run)}, {})
        case "explain":
            return _explain(run, text, question)
    raise RefusedError(404, "error.question")


def _explain(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Explain the word that ?row= writes. b: the cross-attention block, f: its head or "all", t: words to be read."""
    encoding, _ = read(run, text)
    tgt_out = written(run, encoding, question.get("t", ""))
    place = PLACE.fullmatch(question.get("b", ""))
    config, row = run.model.config, _number(question.get("row", ""))
    layer = int(place[1]) if place else config.n_decoder_layers - 1
    head = None if question.get("f") == "all" else _number(question.get("f", ""))
    if not (layer < config.n_decoder_layers and row < len(tgt_out) and (head is None or head < config.n_heads)):
        raise RefusedError(404, "error.question")
    src, tgt_in, word = encoding.ids, shifted_right(tgt_out), tgt_out[row]
    found = explain(run.model, src, tgt_in, row, word, layer, head, _whole_model(run, src, tgt_in, row, word))
    if not all(np.isfinite(scores).all() for scores in found.scores.values()):
        raise RefusedError(422, "error.not_finite")
    header = {
        "row": row,
        "methods": list(found.scores),
        "log_p": found.log_p,
        "from_target": found.from_target,
        "agreement": found.agreement,
    }
    return Answer(header, found.scores)


def _whole_model(run: Run, src: Sequence[int], tgt_in: Sequence[int], row: int, word: int) -> dict[str, np.ndarray]:
    """Ask the whole model about a word once for all blocks and heads: a pass for each source word is dear."""
    key = (services.state_of(run), "whole model", tuple(src), tuple(tgt_in), row, word)
    kept = services.payloads.get(key)
    if kept is None:
        asked = whole_model(run.model, src, tgt_in, row, word)
        kept = np.stack([scores.astype(np.float64) for scores in asked.values()]).tobytes()
        services.payloads.put(key, kept)
    return dict(zip(METHODS[-2:], np.frombuffer(kept).reshape(-1, len(src)), strict=False))


def _number(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise RefusedError(404, "error.question")
    return int(text)
