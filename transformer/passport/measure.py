"""A passport for every head: what it looks at, what it hands on, what goes wrong without it. Shown on the Heads page.

Everything is measured on sentences that were never in training, each number with a 95 % interval (intervals.py says
which kind for what). The measures of looking are counts.py's, as heads.py defines them; here a knock-out counts whole
sentences that are written exactly right, and pronouns.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch

from transformer.gold import Group, Sentence, groups_of
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.passport.copying import copies
from transformer.passport.counts import Counts, count
from transformer.passport.intervals import Measure, Resamples, measure, paired_drop
from transformer.passport.knockout import Outcome, rate_of, rows_of_a_batch, try_without
from transformer.passport.pronouns import pronoun_roads
from transformer.passport.pruning import CHOOSE_EVERY, most_work, prune
from transformer.passport.saying import says
from transformer.passport.similarity import Similarity
from transformer.tap import Recorder
from transformer.vocab import Vocabulary

N_SENTENCES = 500
LOOKED, TRIED = 0.1, 0.35  # shares of the work: the looks, then each head alone; the rest is the pruning
KEPT = 8  # a pass that is looked at keeps its tensors: as much as so many of the largest
Progress = Callable[[float], None]
Passport = dict[str, Any]


def passport(
    model: Transformer,
    examples: Iterable[Sentence],
    src_vocab: Vocabulary,
    tgt_vocab: Vocabulary,
    progress: Progress = lambda share: None,
) -> Passport:
    """Measure every head on the given sentences; all values are JSON.

    progress(share): called again and again with the share of the work that is done, 0..1

    {"n_sentences", "n_pronouns", "exact": measure, "pronoun": measure or None,
     "blocks": {block: [{"measures": {name: measure or None}, "says": [...], "exact": measure}, ...]},
     "similar": {kind: {"places": [[block, head], ...], "matrix": [[0..1]]}},
     "together": [{"places", "pronoun": measure, ...}, ...], "closed": measure or None, "closed_wrong": [cell, ...],
     "pruning": {..., "needed": [...]}}

    A measure is {"value", "low", "high"}. Heads stand in for each other, and one alone may cost nothing. So "together"
    switches off, one after another, the heads that look from a pronoun to its noun, the keenest first; "closed" is the
    share of right pronouns that is left when no cross head may look from the pronoun's row to its noun, "closed_wrong"
    are sentences in which it is wrong then, each with the cell that was closed (pronouns.py); and "pruning" says what
    each head that it leaves is worth without the spare ones (pruning.py), which also stands among the measures of that
    head as "spare_exact" and "spare_pronoun", if any head is spare.
    RuntimeError for a model in training mode, ValueError with fewer than two usable sentences.
    """
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout changes what is measured: call model.eval()")
    groups = groups_of(examples, src_vocab, tgt_vocab, longest=model.config.max_len)
    if sum(len(group.sentences) for group in groups) < 2:
        raise ValueError("there are too few sentences to measure the heads on")
    return _measured(model, groups, src_vocab, progress)


def work_per_sentence(model: Transformer) -> float:
    """Count the passes of one sentence at most, times the parameters: how a passport's cost grows with the model.

    Each head is tried alone, at a step of the curve and once more at the stop; and one sentence in CHOOSE_EVERY
    chooses, where all heads that are left are tried at each step, half of all on average.
    """
    n_heads = model.config.n_heads * len(blocks_of(model))
    n_passes = n_heads * (3 + n_heads / (2 * CHOOSE_EVERY))
    return n_passes * sum(parameter.numel() for parameter in model.parameters())


def _measured(model: Transformer, groups: Sequence[Group], src_vocab: Vocabulary, progress: Progress) -> Passport:
    """Look, switch each head off, close roads, prune: `passport` without its checks."""
    sentences = [known for group in groups for known in group.sentences]
    groups = in_pieces(groups, rows_of_a_batch(model, sentences, KEPT))
    places = [(block, head) for block in blocks_of(model) for head in range(model.config.n_heads)]
    blocks, similar = look_at_all(model, groups, lambda share: progress(LOOKED * share))
    whole = len(sentences) * len(places)
    alone = try_without(model, sentences, [[], *([one] for one in places)], done=_Work(whole, LOOKED, TRIED, progress))
    for n, (block, head) in enumerate(places):
        blocks[block][head] |= cost_of(alone, n + 1)
    exact = {place: rate_of(alone.exact[n]) for n, place in enumerate(places, start=1)}
    roads = pronoun_roads(model, groups, blocks, src_vocab)
    work = _Work(most_work(len(sentences), len(places)), TRIED, 1.0, progress)
    pruning = prune(model, sentences, places, src_vocab, work)
    for one in pruning["needed"] if pruning["stop"] else []:
        blocks[one["block"]][one["head"]] |= {"spare_exact": one["exact"], "spare_pronoun": one["pronoun"]}
    progress(1.0)
    return {
        "n_sentences": len(sentences),
        "n_pronouns": alone.pronoun.size(1),
        "exact": rate_of(alone.exact[0]),
        "pronoun": rate_of(alone.pronoun[0]),
        "blocks": {
            block: [{"measures": of, "says": says(of), "exact": exact[block, n]} for n, of in enumerate(heads)]
            for block, heads in blocks.items()
        },
        "similar": similar,
        **roads,
        "pruning": pruning,
    }


class _Work:
    """Turn pieces of work into a share between `start` and `end`, which is approached and never passed."""

    def __init__(self, whole: int, start: float, end: float, progress: Progress) -> None:
        self.whole, self.start, self.end, self.progress, self.done = whole, start, end, progress, 0

    def __call__(self, piece: int) -> None:
        self.done += piece
        self.progress(self.start + (self.end - self.start) * min(1.0, self.done / self.whole))


def in_pieces(groups: Sequence[Group], most: int) -> list[Group]:
    """Cut groups of many sentences, so that all tensors of a pass over one fit into memory; their order stays."""
    return [
        Group(group.sentences[at : at + most], group.src[at : at + most], group.tgt_in[at : at + most])
        for group in groups
        for at in range(0, len(group.sentences), most)
    ]


@torch.no_grad()
def look_at_all(
    model: Transformer, groups: Sequence[Group], progress: Progress = lambda share: None
) -> tuple[dict[str, list[dict[str, Measure | None]]], dict[str, Any]]:
    """Run every sentence once: the measures of each head, block by block, and which heads of a kind look alike."""
    kinds, n_heads = blocks_of(model), model.config.n_heads
    counts = {block: Counts(n_heads) for block in kinds}
    families = {kind: [block for block in kinds if kinds[block] == kind] for kind in dict.fromkeys(kinds.values())}
    alike = {kind: Similarity() for kind in families}
    for n, group in enumerate(groups):
        recorder = Recorder()
        model(group.src, group.tgt_in, recorder)
        weights = {block: recorder.tensors[f"{block}.weights"].double().numpy() for block in kinds}
        for block, kind in kinds.items():
            looked = count(kind, model.config.causal, weights[block], group)
            copied = copies(model, block, kind, recorder.tensors, group)
            counts[block].add([*looked, *copied], len(group.sentences))
        for kind, blocks in families.items():
            first = 1 if kind == "decoder" and model.config.causal else 0  # row 0 of it sees one key: all heads agree
            alike[kind].add(np.concatenate([weights[block] for block in blocks], axis=1)[:, :, first:])
        progress((n + 1) / len(groups))
    resamples = Resamples(sum(len(group.sentences) for group in groups))
    similar = {
        kind: {"places": [[b, h] for b in blocks for h in range(n_heads)], "matrix": alike[kind].matrix()}
        for kind, blocks in families.items()
    }
    measures = {block: counts[block].measures(resamples) for block in kinds}
    for kind, blocks in families.items():
        for n, nearest in enumerate(alike[kind].nearest(resamples)):
            measures[blocks[n // n_heads]][n % n_heads]["alike"] = nearest
    return measures, similar


def cost_of(alone: Outcome, trial: int) -> dict[str, Measure | None]:
    """Say what goes wrong in a trial against trial 0, the whole model.

    "drop": how much of the exact match is lost   "pronoun": the share of right pronouns that is left
    "dearer": how much the loss of a word grows, in nats, over the sentences
    """
    whole, without = alone.exact[0].numpy(), alone.exact[trial].numpy()
    more = (alone.loss[trial] - alone.loss[0]).double().numpy()
    error = 1.96 * more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else 0.0
    return {
        "drop": paired_drop(whole, without),
        "dearer": measure(more.mean(), more.mean() - error, more.mean() + error),
        "pronoun": rate_of(alone.pronoun[trial]),
    }
