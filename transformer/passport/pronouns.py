"""On which road does a pronoun find its noun, and in which sentences is it lost when the road is closed?

Heads stand in for each other: the one that looks at the noun most may be missed by nobody while others look there too.
So more and more is closed. Shown on Heads; Edit opens at the sentences that go wrong.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from transformer.gold import Group, Known
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.passport.counts import SHARE
from transformer.passport.intervals import Measure, wilson
from transformer.passport.knockout import Place, rate_of, right_words, try_without
from transformer.roads import without_road
from transformer.tap import OFF, Recorder
from transformer.vocab import Vocabulary

KEEN = 0.1  # mean weight on the noun from which a head counts as looking there
MOST_WRONG = 6


def pronoun_roads(
    model: Transformer,
    groups: Sequence[Group],
    blocks: dict[str, list[dict[str, Measure | None]]],
    src_vocab: Vocabulary,
) -> dict[str, Any]:
    """Measure what is left of the pronouns when more is closed than one head; nothing where no sentence has one.

    "closed_wrong" says of some sentences that go wrong only then which cell of every cross attention was closed:
    [{"text", "row" of the pronoun, "noun": its column, "rows", "columns": the shape of the map}, ...]
    """
    if not any(known.referent for group in groups for known in group.sentences):
        return {"together": [], "closed": None, "closed_wrong": []}
    closed, wrong = close_road(model, groups)
    together = close_together(model, groups, blocks)
    return {"together": together, "closed": closed, "closed_wrong": _cells_of(wrong, src_vocab)}


def _cells_of(sentences: Sequence[Known], src_vocab: Vocabulary) -> list[dict[str, Any]]:
    by_text = {tuple(known.src): known for known in sentences if known.referent}
    found = []
    for text in texts_of(by_text.values(), src_vocab):
        known = by_text[tuple(src_vocab.encode(text).ids)]
        if known.referent:
            row, noun = known.referent
            found.append({"text": text, "row": row, "noun": noun, "rows": len(known.tgt), "columns": len(known.src)})
    return found


def close_together(
    model: Transformer, groups: Sequence[Group], blocks: dict[str, list[dict[str, Measure | None]]]
) -> list[dict[str, Any]]:
    """Switch off the cross heads that look from a pronoun to its noun, one after another, the keenest first.

    Only heads with at least KEEN of the weight of these rows on the noun.
    ->  [{"places": [[block, head], ...], "share": of its weight on the noun, "pronoun", "exact": measures}, ...]
    """
    keen: list[tuple[float, Place]] = []
    for block, heads in blocks.items():
        for head, found in enumerate(heads):
            share = found.get("referent" + SHARE)
            if share is not None and share["value"] >= KEEN:
                keen.append((share["value"], (block, head)))
    if not keen:
        return []
    keen.sort(key=lambda one: -one[0])
    trials = [[place for _, place in keen[: n + 1]] for n in range(len(keen))]
    sentences = [known for group in groups for known in group.sentences if known.referent]
    outcome = try_without(model, sentences, trials)
    return [
        {
            "places": [list(place) for place in trial],
            "share": keen[n][0],
            "pronoun": rate_of(outcome.pronoun[n]),
            "exact": rate_of(outcome.exact[n]),
        }
        for n, trial in enumerate(trials)
    ]


@torch.no_grad()
def close_road(model: Transformer, groups: Sequence[Group]) -> tuple[Measure, list[Known]]:
    """Let no cross head of any layer look from a pronoun's row to its noun.

    ->  the share of pronouns that stay right, the words before them told, and the sentences in which they do not, but
    which the whole model writes exactly right. ValueError without any pronoun.
    """
    cross = [block for block, kind in blocks_of(model).items() if kind == "cross"]
    heads = [(block, head) for block in cross for head in range(model.config.n_heads)]
    edit = without_road([{"block": block, "head": head, "from": "pronoun", "to": "referent"} for block, head in heads])
    n, right, wrong = 0, 0, []
    for group in groups:
        if not any(known.referent for known in group.sentences):
            continue
        gold = torch.tensor([known.tgt for known in group.sentences])
        whole, closed = (
            right_words(model(group.src, group.tgt_in, tap), gold, model.config.pad_id)  # (sentence, tgt)
            for tap in (OFF, Recorder(edit(group)))
        )
        for s, known in enumerate(group.sentences):
            if known.referent:
                n, right = n + 1, right + int(closed[s, known.referent[0]])
                if whole[s].all() and not closed[s, known.referent[0]]:
                    wrong.append(known)
    return wilson(right, n), wrong


def texts_of(sentences: Iterable[Known], src_vocab: Vocabulary) -> list[str]:
    """Write some sources as a person would type them, the shortest first: at most MOST_WRONG different ones.

    A text that the vocabulary would not cut into the same ids again is left out.
    """
    by_length = sorted((tuple(known.src) for known in sentences), key=len)
    written = {ids: src_vocab.decode(ids) for ids in dict.fromkeys(by_length)}
    return [text for ids, text in written.items() if tuple(src_vocab.encode(text).ids) == ids][:MOST_WRONG]
