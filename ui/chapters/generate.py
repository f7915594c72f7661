"""What the page Generate asks for beside the pass: a beam as a tree, samples, any one road, training against inference.

    ask=tree&width=4&force=12,7      the whole tree of a beam search, and the rows of the sentences that it ends with
    ask=path&ids=12,7,3              the rows of one road, finished or not, such as a hypothesis that was dropped
    ask=sample&seed=1&temperature=1.2&k=5&p=0.95&force=12      one sentence drawn word by word
    ask=modes&t=...                  the rows of training and of inference side by side, and where two roads part
    ask=errs                         sentences on which this model errs, found once for each run

A road travels with the logits of every row, so that the browser can filter them, and with every head's weights.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transformer.decode import greedy_ids
from transformer.runs import Run
from transformer.vocab import EOS, PAD, Encoding, shifted_right
from transformer.writing import (
    BeamTree,
    Filters,
    Hypothesis,
    Search,
    beam_search,
    find_errors,
    free_and_forced,
    rows_of,
    sample,
    serial_and_parallel,
)
from ui import services
from ui.pack import Answer, RefusedError
from ui.pass_payload import require_room
from ui.reading import read, right_answer, told

WIDEST = 6
LARGEST_SEED = 999_999
MOST_BYTES = 400_000  # of rows with a tree; the others are asked for one by one
MOST_SENTENCES = 2048  # that are read until the model errs, fewer if it is a large one:
MOST_WORK = 26_000_000_000  # parameters times tokens, which is a second or two
# Sentences worth a look: string key of what is to be seen, and the text. Tests hold what the keys say.
EXAMPLES = {"fr": [("generate.example.beats", "the quiet because does not worry the mouse road it is so slippery")]}
NUMBER = re.compile(r"\d{1,3}(\.\d{1,4})?", re.ASCII)


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one of five questions, as above. RefusedError says what is wrong."""
    kinds = {"tree": _tree, "path": _path, "sample": _sample, "modes": _modes, "errs": _errs}
    if question.get("ask") not in kinds:
        raise RefusedError(404, "error.question")
    encoding, _ = read(run, text)
    try:
        return kinds[question["ask"]](run, encoding, question)
    except FloatingPointError:  # a training that ran away leaves a model that knows no most probable word
        raise RefusedError(422, "error.not_finite") from None


def _tree(run: Run, source: Encoding, question: Mapping[str, str]) -> Answer:
    width = _whole(question.get("width", "4"), 1, WIDEST, "generate.refused.width")
    force = _ids(run, question.get("force", ""))
    tree = beam_search(run.model, source.ids, width, prefix=force)
    hypotheses = tree.hypotheses()
    kept = tree.greedy()
    greedy = kept or beam_search(run.model, source.ids, 1, prefix=force, dropped=0).hypotheses()[0]
    roads = _Roads(run, source.ids)
    for ids in [hypotheses[0].ids, greedy.ids, *(one.ids for one in hypotheses[1:])]:
        roads.add(ids)
    header = {
        "width": width,
        "force": force,
        "nodes": _nodes(tree),
        "ends": [_end(run, one) for one in hypotheses],
        "greedy": _end(run, greedy) | ({} if kept else {"node": None}),
        "paths": roads.told,
        "examples": [{"key": key, "text": text} for key, text in EXAMPLES.get(run.name, [])],
    }
    return Answer(header, roads.tensors)


def _end(run: Run, one: Hypothesis) -> dict[str, Any]:
    text = run.tgt_vocab.decode(one.ids)
    return {"node": one.node, "ids": one.ids, "text": text, "log_p": one.log_p, "finished": one.finished}


def _nodes(tree: BeamTree) -> dict[str, list[Any]]:
    """List the nodes column by column, which is half the size; the place in a column is the node's id."""
    columns = ("parent", "step", "word", "log_p", "total", "rank", "state", "forced")
    return {column: [getattr(node, column) for node in tree.nodes] for column in columns}


def _path(run: Run, source: Encoding, question: Mapping[str, str]) -> Answer:
    ids = _ids(run, question.get("ids", ""))
    if not ids:
        raise RefusedError(422, "error.question")
    roads = _Roads(run, source.ids)
    roads.add(ids)
    return Answer({"paths": roads.told}, roads.tensors)


def _sample(run: Run, source: Encoding, question: Mapping[str, str]) -> Answer:
    seed = _whole(question.get("seed", "1"), 0, LARGEST_SEED, "generate.refused.seed")
    force = _ids(run, question.get("force", ""))
    u, ids = [], []
    for draw in sample(run.model, source.ids, _filters(run, question), seed, prefix=force):
        u, ids = [*u, draw.u], draw.ids
    roads = _Roads(run, source.ids)
    roads.add(ids)
    return Answer({"seed": seed, "force": force, "u": u, "paths": roads.told}, roads.tensors)


def _modes(run: Run, source: Encoding, question: Mapping[str, str]) -> Answer:
    """Compare training with inference on the right answer: one's own (t), else the task's, else what the model says."""
    gold, whose = _gold(run, source, question)
    require_room(run, len(source.ids), len(gold))
    agreement = serial_and_parallel(run.model, source.ids, shifted_right(gold))
    parting = free_and_forced(run.model, source.ids, gold)
    serial, parallel = (rows.logits.double().softmax(dim=-1) for rows in (agreement.serial, agreement.parallel))
    header = {
        "whose": whose,
        "gold": gold,
        "free": parting.free,
        "forced": parting.forced,
        "step": parting.step,
        "p": [[float(p[t, word]) for t, word in enumerate(gold)] for p in (serial, parallel)],
        "difference": {"logits": agreement.logits.tolist(), "weights": agreement.weights.tolist()},
    }
    weights = {
        f"{kind}.{name}": block.numpy()
        for kind, rows in (("serial", agreement.serial), ("parallel", agreement.parallel))
        for name, block in rows.weights.items()
    }
    return Answer(header, weights)


def _gold(run: Run, source: Encoding, question: Mapping[str, str]) -> tuple[list[int], str]:
    said, _ = told(run, question.get("t", ""))
    if said:
        return said, "told"
    ids = right_answer(run, source)
    if ids and len(ids) <= run.model.config.max_len:
        return ids, "task"
    own = greedy_ids(run.model, source.ids)
    return own if own[-1] == EOS else [*own[:-1], EOS], "own"


def _errs(run: Run, source: Encoding, question: Mapping[str, str]) -> Answer:
    """Tell where this model errs, whatever the sentence: it is looked for once."""
    if run.task is None:
        return Answer(Search([], 0, 0)._asdict(), {})
    task, vocabs = run.task, (run.src_vocab, run.tgt_vocab)
    each = run.model.config.max_len * sum(weights.numel() for weights in run.model.parameters())
    n = max(8, min(MOST_SENTENCES, MOST_WORK // each))
    search = services.of_run(run, "where it errs", lambda: find_errors(run.model, task, vocabs, n))
    return Answer(search._asdict() | {"found": [one._asdict() for one in search.found]}, {})


class _Roads:
    """Collect roads with their rows: each once, and not more than travels lightly."""

    def __init__(self, run: Run, src: list[int]) -> None:
        self.run, self.src = run, src
        self.told: list[dict[str, Any]] = []
        self.tensors: dict[str, np.ndarray] = {}
        self.bytes = 0

    def add(self, ids: list[int]) -> None:
        """Add a road if there is room; the first one always has it."""
        if any(road["ids"] == ids for road in self.told) or (self.told and self.bytes + self._size(ids) > MOST_BYTES):
            return
        require_room(self.run, len(self.src), len(ids), passes=1)
        rows = rows_of(self.run.model, self.src, shifted_right(ids))
        nth = len(self.told)
        log_p = rows.logits.double().log_softmax(dim=-1)
        self.told.append(
            {
                "ids": ids,
                "text": self.run.tgt_vocab.decode(ids),
                "log_p": [float(log_p[t, word]) for t, word in enumerate(ids)],
            }
        )
        self.tensors[f"{nth}.logits"] = rows.logits.numpy()
        self.tensors |= {f"{nth}.{name}": weights.numpy() for name, weights in rows.weights.items()}
        self.bytes += self._size(ids)

    def _size(self, ids: Sequence[int]) -> int:
        config, n = self.run.model.config, len(ids)
        return 4 * n * (config.tgt_vocab_size + config.n_decoder_layers * config.n_heads * (n + len(self.src)))


# --- reading a question -----------------------------------------------------------------------------------------------


def _whole(text: str, least: int, most: int, refusal: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not least <= int(text) <= most:
        raise RefusedError(422, refusal, least=least, most=most)
    return int(text)


def _filters(run: Run, question: Mapping[str, str]) -> Filters:
    temperature, share = question.get("temperature", "1"), question.get("p", "1")
    if not NUMBER.fullmatch(temperature) or not NUMBER.fullmatch(share):
        raise RefusedError(422, "generate.refused.filters")
    if not 0.05 <= float(temperature) <= 10 or not 0 < float(share) <= 1:
        raise RefusedError(422, "generate.refused.filters")
    top_k = _whole(question.get("k", "0"), 0, 999_999, "generate.refused.filters")
    return Filters(float(temperature), min(top_k, run.model.config.tgt_vocab_size), float(share))


def _ids(run: Run, said: str) -> list[int]:
    """Read words by their ids; whatever this model could not have written is refused."""
    config, parts = run.model.config, said.split(",") if said else []
    if not all(re.fullmatch(r"\d{1,6}", part, re.ASCII) for part in parts):
        raise RefusedError(422, "generate.refused.force")
    ids = [int(part) for part in parts]
    if len(ids) > config.max_len or PAD in ids or EOS in ids[:-1] or any(i >= config.tgt_vocab_size for i in ids):
        raise RefusedError(422, "generate.refused.force")
    return ids
