"""What the page Output asks for beside the pass: what every depth would write, and the task's right answer as tokens.

ids=7,12,3,2     what the decoder's rows write, as the pass says it
"""

from collections.abc import Mapping

import numpy as np

from transformer.runs import Run
from transformer.studies.lens import BEST, read_depths
from transformer.trace import trace_pair
from transformer.vocab import PAD, shifted_right
from ui.pack import Answer, RefusedError
from ui.reading import read, right_answer


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Read the decoder at every depth. header: names of the depths, ids of the right answer or None.

    tensors, float32: ids, p (depth, tgt, best); written (depth, tgt) probability, rank (depth, tgt) of the written word
    """
    tgt_out = _ids(run, question.get("ids", ""))
    encoding, _ = read(run, text)
    trace = trace_pair(run.model, encoding.ids, shifted_right(tgt_out))
    lens = read_depths(run.model, trace, tgt_out, best=BEST)
    tensors: dict[str, np.ndarray] = {"ids": lens.ids, "p": lens.p, "written": lens.written, "rank": lens.rank}
    return Answer({"names": lens.names, "right": right_answer(run, encoding)}, tensors)


def _ids(run: Run, said: str) -> list[int]:
    """Read the ids of a question; whatever no pass of this model could have written is refused."""
    parts = said.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        raise RefusedError(422, "error.question")
    ids, config = [int(part) for part in parts], run.model.config
    fits = len(ids) <= config.max_len and all(token_id < config.tgt_vocab_size for token_id in ids)
    if not fits or PAD in ids[:-1]:
        raise RefusedError(422, "error.question")
    return ids
