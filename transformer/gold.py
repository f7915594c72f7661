"""What is known about a sentence pair before any model sees it: its ids, its gold, and who plays which role in it.

`heads.py` and `roads.py` measure with it: a mask over (sentence, query, key) says which cells of an attention map are
the right ones. Sentences of equal lengths are kept together, so that a batch holds no padding.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from transformer.vocab import EOS, UNK, Vocabulary, shifted_right


class Sentence(Protocol):
    """A sentence pair with what is known about it, such as `tasks.Example`."""

    @property
    def src(self) -> str: ...
    @property
    def tgt(self) -> str: ...
    @property
    def alignment(self) -> list[tuple[int, int]]: ...
    @property
    def referent(self) -> tuple[int, int] | None: ...
    @property
    def relations(self) -> dict[str, list[tuple[int, int]]]: ...


class Known(NamedTuple):
    """One sentence pair as ids, with its gold: which rows and keys matter."""

    src: list[int]
    tgt: list[int]  # with EOS: what the rows write
    alignment: list[tuple[int, int]]
    referent: tuple[int, int] | None
    relations: dict[str, list[tuple[int, int]]]

    def roles(self) -> dict[str, list[int]]:
        """Say where each role stands: source words by source position, target words by the row that reads them.

        "pronoun"   the row that writes the pronoun; "before" is the row above it, which writes the word before
        "referent"  the source noun that the pronoun stands for
        "it"        the source word that the pronoun translates
        "adjective" the source word that the last target word translates: it tells which noun is meant
        "written_referent"  the rows that read the translated noun and the word before it, its article
        """
        if self.referent is None:
            return {}
        row, noun = self.referent
        last = max(t for t, _ in self.alignment) if self.alignment else row
        written = [t for t, j in self.alignment if j == noun and t < row]
        roles = {
            "pronoun": [row],
            "before": [row - 1],
            "referent": [noun],
            "it": [j for t, j in self.alignment if t == row],
            "adjective": [j for t, j in self.alignment if t == last and last > row],
            "written_referent": [key for t in written for key in (t, t + 1) if key > 0],  # row 0 reads BOS
        }
        return {role: places for role, places in roles.items() if places and min(places) >= 0}


class Group(NamedTuple):
    """Sentences of equal lengths on both sides: one batch without any padding."""

    sentences: list[Known]
    src: Tensor  # (sentence, src)
    tgt_in: Tensor  # (sentence, tgt)


def groups_of(
    examples: Iterable[Sentence], src_vocab: Vocabulary, tgt_vocab: Vocabulary, longest: int | None = None
) -> list[Group]:
    """Sort sentences by their two lengths; those with a word that a vocabulary does not know are left out.

    longest: leave out a pair with a side of more tokens, such as a model with this `max_len` cannot read
    """
    by_lengths: dict[tuple[int, int], list[Known]] = {}
    for example in examples:
        src, tgt = src_vocab.encode(example.src).ids, [*tgt_vocab.encode(example.tgt).ids, EOS]
        short = longest is None or max(len(src), len(tgt)) <= longest
        if src and short and UNK not in src and UNK not in tgt:
            known = Known(src, tgt, list(example.alignment), example.referent, dict(example.relations))
            by_lengths.setdefault((len(src), len(tgt)), []).append(known)
    groups = []
    for sentences in by_lengths.values():
        src = torch.tensor([known.src for known in sentences])
        tgt_in = torch.tensor([shifted_right(known.tgt) for known in sentences])
        groups.append(Group(sentences, src, tgt_in))
    return groups


def hop_mask(sentences: Sequence[Known], hop: tuple[str, str], n_queries: int, n_keys: int) -> np.ndarray:
    """Mark where a row of role hop[0] looks at a key of role hop[1]: (sentence, query, key) bool."""
    cells = []
    for sentence in sentences:
        roles = sentence.roles()
        rows, keys = roles.get(hop[0], []), roles.get(hop[1], [])
        cells.append([(row, key) for row in rows for key in keys])
    return cell_mask(cells, n_queries, n_keys)


def cell_mask(cells: Sequence[Sequence[tuple[int, int]]], n_queries: int, n_keys: int) -> np.ndarray:
    """Mark the given (query, key) cells of each sentence: (sentence, query, key) bool."""
    mask = np.zeros((len(cells), n_queries, n_keys), dtype=bool)
    for s, pairs in enumerate(cells):
        for row, key in pairs:
            mask[s, row, key] = True
    return mask
