"""One text under four cuts: characters, words, and the two kinds of pieces, learnt from a task's sentences.

The paper cuts into pieces (section 5.1, byte-pair encoding). What a cut costs can be counted: how many ids a sentence
becomes, how many rows the embedding table needs, and how much of new sentences it does not know. Shown on Tokens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

from transformer.tasks import Task
from transformer.training.vocabularies import N_SENTENCES
from transformer.vocab import SPECIALS, UNK, BpeVocabulary, Normalisation, Vocabulary, make_vocabulary, piece_sizes

Side = Literal["src", "tgt"]
CUTS = ("char", "word", "bpe", "unigram")  # from the finest to the coarsest, then the two between
PIECE_CUTS = ("bpe", "unigram")
N_HELD_OUT = 300  # test sentences, never in training
MOST = 1000  # pieces; a bound for the time that learning them takes, where the sentences would give more
LONGEST_LADDER = 40  # characters of a word


@dataclass(frozen=True)
class Corpus:
    """The sentences of one side of a task, and how their spelling is made alike before they are cut."""

    lines: list[str]
    held_out: list[str]
    rules: Normalisation


class Count(NamedTuple):
    """What a vocabulary makes of some sentences."""

    n_sentences: int
    n_tokens: int
    n_unknown: int


class Rung(NamedTuple):
    """How a word is cut from one vocabulary size on, up to the next rung."""

    size: int
    pieces: list[str]


def corpus_of(task: Task, side: Side, both: bool = False) -> Corpus:
    """Collect the training sentences that the training command makes vocabularies from, and held-out ones.

    both: learn from both sides, as a model does that ties its embeddings; held out is the given side alone
    """
    sides: tuple[Side, ...] = ("src", "tgt") if both else (side,)
    train = list(islice(task.examples(0, "train"), N_SENTENCES))
    held_out = [getattr(example, side) for example in islice(task.examples(0, "test"), N_HELD_OUT)]
    rules = getattr(task.vocabularies()[0 if both or side == "src" else 1], "normalisation", None)
    return Corpus(
        [getattr(example, one) for one in sides for example in train],
        held_out,
        rules if isinstance(rules, Normalisation) else Normalisation(),
    )


def bounds(corpus: Corpus, kind: str) -> tuple[int, int]:
    """Return the fewest and the most pieces that may be asked for: what the sentences give, and never above MOST.

    Raises ValueError for a kind that is not of pieces, and for sentences without a word.
    """
    smallest, largest = piece_sizes(kind, corpus.lines, corpus.rules)
    return smallest, max(smallest, min(largest, MOST))


def learn(corpus: Corpus, kind: str, size: int = 0) -> Vocabulary:
    """Make a vocabulary of one kind from the training sentences. size: of pieces; ValueError outside their bounds."""
    return make_vocabulary(kind, corpus.lines, size, corpus.rules)


def count(vocabulary: Vocabulary, sentences: Iterable[str]) -> Count:
    """Count the tokens of sentences, and those among them that the vocabulary does not know.

    >>> count(make_vocabulary("word", ["a cat"]), ["a cat", "a whale"])
    Count(n_sentences=2, n_tokens=4, n_unknown=1)
    """
    ids = [vocabulary.encode(sentence).ids for sentence in sentences]
    return Count(len(ids), sum(map(len, ids)), sum(row.count(UNK) for row in ids))


def ladder(vocabulary: BpeVocabulary, word: str) -> list[Rung]:
    """Tell how a word grows together as a vocabulary of byte pairs grows: its cut at each size that changes it.

    vocabulary: as `learn` makes it, the larger the more rungs; the smaller ones are its beginning, since byte pairs are
    joined one after the other and none is ever given up   word: as the vocabulary writes it, with its word start

    The first rung is the size where characters alone are pieces. ValueError above LONGEST_LADDER characters.
    """
    if len(word) > LONGEST_LADDER:
        raise ValueError(f"a word of {len(word)} characters is too long; at most {LONGEST_LADDER}")
    ranks = joins(vocabulary)
    smallest = len(vocabulary) - len(ranks)
    inside = {word[i:j] for i in range(len(word)) for j in range(i + 2, len(word) + 1)}
    rungs = [Rung(smallest, list(word))]
    for rank in sorted(ranks[piece] for piece in inside & ranks.keys()):
        pieces = joined(word, ranks, rank)
        if pieces != rungs[-1].pieces:
            rungs.append(Rung(smallest + rank + 1, pieces))
    return rungs


def joins(vocabulary: BpeVocabulary) -> dict[str, int]:
    """Return the pieces that were joined from others, each with its number in the order of joining, from 0."""
    return {piece: rank for rank, piece in enumerate(p for p in vocabulary.tokens[len(SPECIALS) :] if len(p) > 1)}


def joined(word: str, ranks: dict[str, int], latest: int) -> list[str]:
    """Join the characters of a word as byte-pair encoding does, with the pieces up to one number and no later ones."""
    pieces = list(word)
    while True:
        pairs = [(ranks.get(pieces[i] + pieces[i + 1], latest + 1), i) for i in range(len(pieces) - 1)]
        rank, at = min(pairs, default=(latest + 1, 0))
        if rank > latest:
            return pieces
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
