"""Two models on one sentence: both read the same words, and each head of one is matched with its like in the other."""

from collections.abc import Mapping
from typing import Any

from transformer.heads import blocks_of
from transformer.runs import Run, RunError
from transformer.studies.sentence_pairs import align, moved
from ui import services
from ui.chapters.compare.side import Side
from ui.pack import Answer, RefusedError

VOCABULARIES = ("vocab.src.json", "vocab.tgt.json")


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Compare two models on one sentence; both decoders read what the first one wrote, so that their rows are the same.

    header: as for sentences, and match: for each head of the first the one of the second that is most like it
    tensors: a.<block>, b.<block>
    """
    known = _readers(run)
    name = question.get("other") or next(iter(known), "")
    if not name:
        return Answer({"known": [], "name": None}, {})
    other = _other(run, name)
    first = Side(run, text)
    if len(first.out) > other.model.config.max_len or len(first.src) > other.model.config.max_len:
        raise RefusedError(422, "compare.refused.long", most=other.model.config.max_len)
    second = Side(other, first.text, first.out)  # what the first could read of a long text
    if second.src != first.src:  # the same words, but another task, which reads a text in its own way
        raise RefusedError(422, "compare.refused.reads", name=name)
    alone = Side(other, first.text)
    header = {
        "name": name,
        "known": known,
        "sides": [first.told(), second.told()],
        "alone": alone.told(),
        "pairs": {"src": align(first.src, second.src), "tgt": align(first.tgt_out, alone.tgt_out)},
        "flips": int((first.p.argmax(axis=-1) != second.p.argmax(axis=-1)).sum()),
        "match": _match(first, second),
    }
    tensors = {f"{side}.{block}": x for side, one in (("a", first), ("b", second)) for block, x in one.weights.items()}
    return Answer(header, tensors)


def _readers(run: Run) -> list[str]:
    """List the other runs open to everybody that read and write the same words: their files of words are the same."""
    return [
        entry.name
        for entry in services.runs_for(None)
        if entry.error is None and entry.name != run.name and all(_same(run, entry, file) for file in VOCABULARIES)
    ]


def _same(run: Run, entry: Any, file: str) -> bool:
    try:
        return (run.path / file).read_bytes() == (entry.path / file).read_bytes()
    except OSError:
        return False


def _other(run: Run, name: str) -> Run:
    try:
        other = services.run(name)
    except RunError:
        raise RefusedError(404, "compare.refused.gone", name=name[:40]) from None
    both = ((run.src_vocab, other.src_vocab), (run.tgt_vocab, other.tgt_vocab))
    if any(one.kind != two.kind or one.tokens != two.tokens for one, two in both):
        raise RefusedError(422, "compare.refused.words", name=name)
    return other


def _match(first: Side, second: Side) -> list[dict[str, Any]]:
    """Find for each head of the first model the head of the second, of the same kind, that looks most alike."""
    ones, others = blocks_of(first.run.model), blocks_of(second.run.model)
    found = []
    for block, kind in ones.items():
        like = [name for name in others if others[name] == kind]
        for head, weights in enumerate(first.weights[block]):
            near = [
                (float(share.mean()), name, n)
                for name in like
                for n, share in enumerate(moved(second.weights[name] - weights))
            ]
            share, name, n = min(near)
            found.append({"block": block, "head": head, "to": [name, n], "moved": share})
    return found
