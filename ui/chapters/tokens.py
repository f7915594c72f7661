"""What the page Tokens asks for beside the pass: four cuts of a text, how pieces grow, and how the rows of a table lie.

Everything in a question is foreign text. Pieces are really learnt, one vocabulary at a time on the whole server, from
a bounded number of sentences (transformer/studies/cuts.py), and kept. Read by assets/components/chapters/tokens*.js.
"""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from threading import RLock
from typing import Any, NamedTuple

import numpy as np

from transformer.runs import Run
from transformer.studies.cuts import (
    CUTS,
    LONGEST_LADDER,
    MOST,
    PIECE_CUTS,
    Corpus,
    Count,
    Side,
    bounds,
    corpus_of,
    count,
    ladder,
    learn,
)
from transformer.studies.neighbours import nearest, plane
from transformer.tasks import TASKS
from transformer.vocab import UNK, BpeVocabulary, Encoding, Vocabulary
from transformer.vocab.pieces import WORD_START
from ui.limits import within_limit
from ui.pack import Answer, RefusedError
from ui.reading import read, written

NEAREST = 8
MOST_ROWS = 20_000  # of a table that is flattened
MOST_TOKENS = 2000  # of one cut that travel
MOST_WORDS = 60  # whose growth is told
VOCABULARIES_KEPT = 512


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one question of the page; RefusedError says what is wrong with it."""
    what, side = question.get("what", ""), question.get("side", "src")
    if what not in ANSWERS or side not in ("src", "tgt"):
        raise RefusedError(404, "error.question")
    return ANSWERS[what](run, text, side, question)


# -- cuts -------------------------------------------------------------------------------------------------------------


class Source(NamedTuple):
    """What vocabularies are made from: a side of a task; both: for a model that ties its embeddings."""

    task: str
    side: Side
    both: bool


class Learnt(NamedTuple):
    """A vocabulary, what it makes of held-out sentences, and the seconds that learning it took."""

    vocabulary: Vocabulary
    held_out: Count
    seconds: float


def _cuts(run: Run, text: str, side: Side, question: Mapping[str, str]) -> Answer:
    """Cut one text in four ways. ?size= : pieces to learn; without it what the model has, or the middle."""
    text = _text_of(run, text, side)
    source, own = _source_of(run, side), _own(run, side)
    header: dict[str, Any] = {"side": side, "text": text, "unknown": UNK, "task": source.task if source else None}
    header |= {"own": {"kind": own.kind, "size": len(own)}, "most": MOST}
    if source is None:
        cuts = [_cut_of(kind, own if kind == own.kind else None, text) for kind in CUTS]
        return Answer({**header, "bounds": None, "size": None, "cuts": cuts}, {})
    limits = {kind: _bounds(source, kind) for kind in PIECE_CUTS}
    size = _size_of(question, own, limits)
    chosen = "size" in question
    corpus = _corpus(source)
    header |= {"bounds": limits, "size": size, "n_lines": len(corpus.lines), "n_held_out": len(corpus.held_out)}
    cuts = []
    for kind in CUTS:
        asked = _clamped(size, limits[kind]) if kind in limits else 0
        if kind == own.kind and not (kind in limits and chosen and asked != len(own)):
            cuts.append(_cut_of(kind, own, text, count(own, corpus.held_out)))
        else:
            learnt = _learnt(source, kind, asked)
            cuts.append({**_cut_of(kind, learnt.vocabulary, text, learnt.held_out), "seconds": learnt.seconds})
        cuts[-1]["own"] = kind == own.kind and cuts[-1]["seconds"] is None
    return Answer({**header, "cuts": cuts}, {})


def _cut_of(kind: str, vocabulary: Vocabulary | None, text: str, held_out: Count | None = None) -> dict[str, Any]:
    """Tell one cut of a text; None for a vocabulary that nobody can make, because nobody knows the sentences."""
    encoding = vocabulary.encode(text) if vocabulary else Encoding([], [], [])
    return {
        "kind": kind,
        "there": vocabulary is not None,
        "own": vocabulary is not None,
        "size": len(vocabulary) if vocabulary else None,
        "seconds": None,
        "n": len(encoding.ids),
        "n_unknown": encoding.ids.count(UNK),
        "ids": encoding.ids[:MOST_TOKENS],
        "tokens": encoding.surfaces[:MOST_TOKENS],
        "spans": [place for span in encoding.spans[:MOST_TOKENS] for place in span],
        "held_out": held_out._asdict() if held_out else None,
    }


def _merges(run: Run, text: str, side: Side, question: Mapping[str, str]) -> Answer:
    """Tell for each word of the text how byte pairs put it together as the vocabulary grows."""
    source = _source_of(run, side)
    if source is None:
        raise RefusedError(422, "tokens.error.no_task")
    largest = _bounds(source, "bpe")[1]
    vocabulary = _learnt(source, "bpe", largest).vocabulary
    assert isinstance(vocabulary, BpeVocabulary)
    words = []
    for word, start, end in _words(run, side, _text_of(run, text, side))[:MOST_WORDS]:
        rungs = ladder(vocabulary, WORD_START + word) if len(word) < LONGEST_LADDER else []
        words.append({"word": word, "span": [start, end], "rungs": rungs})
    return Answer({"side": side, "most": largest, "words": words}, {})


def _text_of(run: Run, text: str, side: Side) -> str:
    """Give what is cut: the typed text, or what the model writes for it. RefusedError if there is nothing to read."""
    ids = _ids_of(run, text, side)
    return within_limit(text)[0] if side == "src" else run.tgt_vocab.decode(ids)


def _ids_of(run: Run, text: str, side: Side) -> list[int]:
    """Give what the model reads of a text, or what it is shown to write. RefusedError if there is nothing to read."""
    encoding, _ = read(run, within_limit(text)[0])
    if side == "src":
        return encoding.ids
    return written(run, encoding)


def _words(run: Run, side: Side, text: str) -> list[tuple[str, int, int]]:
    """Give the words that pieces are cut from, with their places."""
    source = _source_of(run, side)
    if source is None:
        return []
    return _corpus(source).rules.pieces(text.replace(WORD_START, " "))


def _own(run: Run, side: Side) -> Vocabulary:
    return run.src_vocab if side == "src" else run.tgt_vocab


def _source_of(run: Run, side: Side) -> Source | None:
    """Name the sentences that a run was trained on; None for a model that came without one of our tasks."""
    return Source(run.task.name, side, run.model.config.tie_embeddings) if run.task else None


def _size_of(question: Mapping[str, str], own: Vocabulary, limits: Mapping[str, tuple[int, int]]) -> int:
    """Read how many pieces are asked for; without it the model's own number, or the middle of what can be had."""
    smallest, largest = min(low for low, _ in limits.values()), max(high for _, high in limits.values())
    if "size" not in question:
        middle = round((smallest * largest) ** 0.5, -1)  # of the proportions: the first pieces change the most
        return _clamped(len(own) if own.kind in limits else int(middle), (smallest, largest))
    text = question["size"]
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and smallest <= int(text) <= largest):
        raise RefusedError(422, "tokens.error.size", size=text[:20], smallest=smallest, largest=largest)
    return int(text)


def _clamped(size: int, limits: tuple[int, int]) -> int:
    return max(limits[0], min(limits[1], size))


# -- what is made once for all visitors ---------------------------------------------------------------------------

_one_at_a_time = RLock()  # however many move the slider, the server learns one vocabulary at a time


@lru_cache(maxsize=32)
def _corpus(source: Source) -> Corpus:
    return corpus_of(TASKS[source.task], source.side, source.both)


@lru_cache(maxsize=64)
def _known_bounds(source: Source, kind: str) -> tuple[int, int]:
    return bounds(_corpus(source), kind)


@lru_cache(maxsize=VOCABULARIES_KEPT)
def _known(source: Source, kind: str, size: int) -> Learnt:
    corpus = _corpus(source)
    start = time.perf_counter()
    vocabulary = learn(corpus, kind, size)
    seconds = time.perf_counter() - start
    return Learnt(vocabulary, count(vocabulary, corpus.held_out), seconds)


def _bounds(source: Source, kind: str) -> tuple[int, int]:
    with _one_at_a_time:
        return _known_bounds(source, kind)


def _learnt(source: Source, kind: str, size: int) -> Learnt:
    with _one_at_a_time:
        return _known(source, kind, size)


# -- the embedding table ------------------------------------------------------------------------------------------


def _near(run: Run, text: str, side: Side, question: Mapping[str, str]) -> Answer:
    """Name the rows nearest to the row of ?id= ; without it, to that row of the text which has the nearest one."""
    table = _table(run, side)
    asked = question.get("id")
    if asked is None:
        known = [i for i in _ids_of(run, text, side) if i > UNK] or [UNK]
        token_id = max(known, key=lambda i: max((one.cosine for one in nearest(table, i, 1)), default=-1.0))
    elif asked.isascii() and asked.isdigit() and len(asked) <= 7 and int(asked) < len(table):
        token_id = int(asked)
    else:
        raise RefusedError(422, "tokens.error.id", id=asked[:20], most=len(table) - 1)
    length = float(np.linalg.norm(table[token_id].astype(np.float64)))
    near = nearest(table, token_id, NEAREST)
    return Answer({"side": side, "id": token_id, "length": length, "n": len(table), "near": near}, {})


def _plane(run: Run, text: str, side: Side, question: Mapping[str, str]) -> Answer:
    """Flatten the table to two axes: all its rows, or the first of very many."""
    table = _table(run, side)
    flat = plane(table[:MOST_ROWS])
    header = {"side": side, "shares": flat.shares, "n": len(table), "shown": len(flat.points)}
    return Answer(header, {"points": flat.points})


def _table(run: Run, side: Side) -> np.ndarray:
    embed = run.model.src_embed if side == "src" else run.model.tgt_embed
    return embed.tokens.weight.detach().numpy()


ANSWERS: dict[str, Callable[[Run, str, Side, Mapping[str, str]], Answer]] = {
    "cuts": _cuts,
    "merges": _merges,
    "near": _near,
    "plane": _plane,
}
