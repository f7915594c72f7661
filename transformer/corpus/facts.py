"""What a vocabulary would make of some pairs: told before a training, so that nobody pays for a wrong size."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from transformer.corpus.corpus import Corpus
from transformer.corpus.limits import MOST_TOKENS
from transformer.corpus.vocabularies import Maker, maker
from transformer.vocab import UNK, CharacterVocabulary, Vocabulary

CUT = 3  # texts whose cut is shown


def makers_of(corpus: Corpus, kind: str) -> list[Maker]:
    """Return what makes the source and the target vocabularies of some pairs. kind: as in OwnTask"""
    return [maker(kind, [pair[side] for pair in corpus.split("train")]) for side in range(2)]


def vocabulary_facts(corpus: Corpus, kind: str, size: int, makers: list[Maker] | None = None) -> dict[str, Any]:
    """Make both vocabularies and say how large they can be, how they cut, and what they do not know.

    kind, size: as in OwnTask   makers: from `makers_of`, if somebody has them
    Gives plain JSON values; CorpusError if no such vocabulary can be made.
    """
    size = 0 if kind == "task" else size
    makers = makers or makers_of(corpus, kind)
    held_out = [*corpus.split("valid"), *corpus.split("test")]
    vocabularies = [found.make(size) for found in makers]
    src, tgt = (
        side_facts(vocabulary, [pair[side] for pair in corpus.pairs], [pair[side] for pair in held_out])
        for side, vocabulary in enumerate(vocabularies)
    )
    return {
        "kind": kind,
        "size": size or max(map(len, vocabularies)),
        "smallest": max(found.smallest for found in makers),
        "largest": min(MOST_TOKENS, max(found.largest for found in makers)),
        "src": src,
        "tgt": tgt,
        "max_len": max(src["longest"], tgt["longest"]) + 1,
    }


def side_facts(vocabulary: Vocabulary, texts: Sequence[str], held_out: Sequence[str]) -> dict[str, Any]:
    """Say how one vocabulary cuts the texts of its side."""
    count = counter(vocabulary)
    lengths = [count(text).tokens for text in texts]
    unseen = [count(text) for text in held_out]
    n_unseen = sum(counts.tokens for counts in unseen)
    return {
        "kind": vocabulary.kind,
        "size": len(vocabulary),
        "longest": max(lengths),
        "mean": round(sum(lengths) / len(lengths), 2),
        "unknown": round(sum(counts.unknown for counts in unseen) / max(1, n_unseen), 4),
        "sample": [vocabulary.encode(text).surfaces for text in texts[:CUT]],
    }


class Counts(NamedTuple):
    """How many tokens a text has, and how many of them are unknown."""

    tokens: int
    unknown: int


def counter(vocabulary: Vocabulary) -> Callable[[str], Counts]:
    """Return what counts the tokens of a text. Words and pieces never reach over a blank: each word is cut once."""

    def counted(text: str) -> Counts:
        ids = vocabulary.encode(text).ids
        return Counts(len(ids), ids.count(UNK))

    word = cache(counted)

    def summed(text: str) -> Counts:
        found = [word(part) for part in text.split()]
        return Counts(sum(counts.tokens for counts in found), sum(counts.unknown for counts in found))

    return counted if vocabulary.kind == CharacterVocabulary.kind else summed
