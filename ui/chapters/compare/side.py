"""One side of a comparison. Every kind of comparison lays two of them, or two heads of one, beside each other."""

from typing import Any

import numpy as np

from transformer.decode import greedy_ids
from transformer.heads import blocks_of
from transformer.runs import Run
from transformer.trace import trace_pair
from transformer.vocab import UNK, shifted_right
from ui.pack import RefusedError
from ui.pass_payload import require_room
from ui.reading import as_in_training, read

BEST = 4  # words that a row came closest to


class Side:
    """One sentence through one model: the words that it reads and writes, and every map of attention.

    out: ids that the decoder's rows are to write   given: are they the right answer, which the decoder is shown?
    weights: block -> (head, query, key)   p: (row, target word)
    RefusedError: no words, too many of them, or numbers that are not finite
    """

    def __init__(self, run: Run, text: str, tgt_out: list[int] | None = None) -> None:
        self.run = run
        encoding, _ = read(run, text)
        self.text = run.src_vocab.join(encoding.surfaces)
        require_room(run, len(encoding.ids), 1)  # to write word by word is dear: not for a text that is refused anyway
        right = None if tgt_out else as_in_training(run, encoding)
        self.given = right is not None
        self.out = out = tgt_out or right or greedy_ids(run.model, encoding.ids)
        tgt_in = shifted_right(out)
        require_room(run, len(encoding.ids), len(out))
        self.own = greedy_ids(run.model, encoding.ids) if self.given else out
        trace = trace_pair(run.model, encoding.ids, tgt_in)
        self.weights = {block: trace[f"{block}.weights"] for block in blocks_of(run.model)}
        if not all(np.isfinite(weights).all() for weights in self.weights.values()):
            raise RefusedError(422, "error.not_finite")
        logits = trace["logits"].astype(np.float64)
        p = np.exp(logits - logits.max(axis=-1, keepdims=True))
        self.p = p / p.sum(axis=-1, keepdims=True)
        self.src = encoding.surfaces
        self.unknown = [token_id == UNK for token_id in encoding.ids]
        self.tgt_in, self.tgt_out = ([run.tgt_vocab.token(token) for token in ids] for ids in (tgt_in, out))

    def told(self) -> dict[str, Any]:
        rows = [
            {
                "word": word,
                "p": float(p[token]),
                "best": [[self.run.tgt_vocab.token(int(j)), float(p[j])] for j in np.argsort(-p)[:BEST]],
            }
            for word, token, p in zip(self.tgt_out, self.out, self.p, strict=True)
        ]
        words = {"src": self.src, "unknown": self.unknown, "tgt_in": self.tgt_in, "rows": rows}
        kind = {"given": self.given, "causal": self.run.model.config.causal}
        return {**words, **kind, "text": self.text, "written": self.run.tgt_vocab.decode(self.own)}
