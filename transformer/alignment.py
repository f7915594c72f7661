"""Carry a task's gold over to a model that cuts the same texts into other tokens.

A task says which target token comes from which source token, both counted in its own vocabularies. A model that was
trained on characters or on pieces of words has other tokens; but both know from which characters of the text each of
their tokens comes, and tokens that share a character mean each other.
"""

import dataclasses
from collections.abc import Sequence

from transformer.tasks import Example
from transformer.vocab import Vocabulary

Span = tuple[int, int]  # characters of the text, from the first to one past the last
Vocabularies = tuple[Vocabulary, Vocabulary]  # source, target


def on_tokens(example: Example, own: Vocabularies, chosen: Vocabularies) -> Example:
    """Return the example with all its positions counted in tokens of the chosen vocabularies instead of its own.

    A pair of tokens becomes every pair of chosen tokens that share characters with them. The pronoun's row, its noun
    and the row to watch stay single: each becomes the first token that shares characters with it. What no chosen
    token shares a character with is left out.
    """
    if all(_same(*both) for both in zip(own, chosen, strict=True)):
        return example
    src = _places(own[0], chosen[0], example.src)
    tgt = _places(own[1], chosen[1], example.tgt)

    def cells(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        return sorted({(row, key) for t, j in pairs for row in tgt[t] for key in src[j]})

    pronoun, watch = example.referent, example.watch
    known = pronoun is not None and tgt[pronoun[0]] and src[pronoun[1]]
    return dataclasses.replace(
        example,
        alignment=cells(example.alignment),
        referent=(tgt[pronoun[0]][0], src[pronoun[1]][0]) if pronoun is not None and known else None,
        relations={name: cells(pairs) for name, pairs in example.relations.items()},
        watch=tgt[watch][0] if watch is not None and tgt[watch] else None,
    )


def _same(own: Vocabulary, chosen: Vocabulary) -> bool:
    """Say whether two vocabularies cut every text alike, as far as it can be told without one."""
    return own is chosen or own.to_dict() == chosen.to_dict()


def _places(own: Vocabulary, chosen: Vocabulary, text: str) -> list[list[int]]:
    """List, for each own token of a text and for the end behind them, the chosen tokens that share characters."""
    spans = chosen.encode(text).spans
    places = [[i for i, span in enumerate(spans) if _overlap(span, mine)] for mine in own.encode(text).spans]
    return [*places, [len(spans)]]


def _overlap(a: Span, b: Span) -> bool:
    return max(a[0], b[0]) < min(a[1], b[1])
