"""Find out what each attention head does, by measuring: which words it looks at, and what fails without it.

The paper's appendix shows heads that "have clearly learned to perform different tasks"; this file puts numbers on it.
Everything is measured on sentences with their right translation as decoder input, so row t is the row that writes the
t-th word of it. A fact is a mean weight (how much of the head's attention goes there) or an argmax rate (how often
the largest weight of the row lies there). Attention is not an explanation: a head that looks at a word need not use
it. That is what the knock-outs are for: they switch a head, or a road, off and count the pronouns that go wrong.

The numbers stand in a run's `heads.json`; Explore shows them beside each head.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from transformer.gold import Group, Known, Sentence, cell_mask, groups_of, hop_mask
from transformer.model import Transformer
from transformer.roads import (
    HOPS,
    Score,
    close_each_way,
    find_roads,
    only_hop,
    pronoun_accuracy,
    without_head,
    without_road,
)
from transformer.tap import Recorder
from transformer.vocab import Vocabulary

N_SENTENCES = 300
BADGE_RATE = 0.8  # a head is named after what at least four rows in five do
LOOKS = ("previous", "next", "same", "first")  # key i-1, i+1, i, 0 of row i
Facts = dict[str, Any]


def measure_heads(
    model: Transformer, examples: Iterable[Sentence], src_vocab: Vocabulary, tgt_vocab: Vocabulary
) -> Facts:
    """Measure every head on the given sentences and return the contents of `heads.json`.

    {"n_sentences", "pronoun_accuracy", "blocks": {block: [facts of head 0, ...]}, "start": {"block", "head"},
     "road": [{"hops": [{"block", "head", "from", "to", "mean", "argmax"}], "score", "first", ...}, ...],
     "closed": [{"from", "to", "pronoun_accuracy"}, ...]}

    A head's "knockout" is the pronoun accuracy that is left without it, a road's "pronoun_accuracy" what is left when
    each of its hops is closed, its "alone" what is left when it is the only open way to the noun (None unless it is
    one hop to the source noun). Heads stand in for each other, so "closed" tells more: what is left when no head of
    any layer may look from one role to another, the worst loss first. RuntimeError for a model in training mode,
    ValueError if no sentence can be used.
    """
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout changes what is measured: call model.eval()")
    groups = groups_of(examples, src_vocab, tgt_vocab)
    if not groups:
        raise ValueError("there is no sentence to measure the heads on")
    tallies = look_at_all(model, groups)
    heads = range(model.config.n_heads)
    blocks = {block: [tally.facts(head) for head in heads] for block, tally in tallies.items()}
    for block, facts in blocks.items():
        for head in heads:
            facts[head]["knockout"] = {"pronoun": pronoun_accuracy(model, groups, without_head(block, head))}
    roads = find_roads({block: tally.hop_scores(len(heads)) for block, tally in tallies.items()})
    for road in roads:
        road["pronoun_accuracy"] = pronoun_accuracy(model, groups, without_road(road["hops"]))
        direct = len(road["hops"]) == 1 and road["hops"][0]["to"] == "referent"
        road["alone"] = pronoun_accuracy(model, groups, only_hop(road["hops"][0])) if direct else None
    return {
        "n_sentences": sum(len(group.sentences) for group in groups),
        "pronoun_accuracy": pronoun_accuracy(model, groups),
        "blocks": blocks,
        "start": find_start(blocks),
        "road": roads,
        "closed": close_each_way(model, groups, blocks_of(model)),
    }


@torch.no_grad()
def look_at_all(model: Transformer, groups: Sequence[Group]) -> "dict[str, BlockTally]":
    """Run every sentence once and count what each head looks at, block by block."""
    causal = model.config.causal
    tallies = {block: BlockTally(kind, causal) for block, kind in blocks_of(model).items()}
    for group in groups:
        recorder = Recorder()
        model(group.src, group.tgt_in, recorder)
        for block, tally in tallies.items():
            tally.add(recorder.tensors[f"{block}.weights"].double().numpy(), group.sentences)
    return tallies


def blocks_of(model: Transformer) -> dict[str, str]:
    """List the attention blocks in the order of the pass, each with its kind."""
    blocks = {f"encoder.{n}.self_attn": "encoder" for n in range(model.config.n_encoder_layers)}
    for n in range(model.config.n_decoder_layers):
        blocks |= {f"decoder.{n}.self_attn": "decoder", f"decoder.{n}.cross_attn": "cross"}
    return blocks


def find_start(blocks: dict[str, list[Facts]]) -> Facts:
    """Choose the head that the page opens with: the cross head whose largest weight finds the referent most often.

    Equals are told apart by the mean weight. Where no sentence has a referent it is the head that aligns best, and
    where nothing is known about right answers the one with the lowest entropy, the most decided one.
    """

    def rank(place: tuple[str, int]) -> tuple[float, ...]:
        facts = blocks[place[0]][place[1]]
        score = facts["referent"] or facts["alignment"]
        if score is None:
            return (-1.0, -1.0 if facts["entropy"] is None else -facts["entropy"])
        return (score["argmax"], score["mean"])

    cross = [(block, head) for block, facts in blocks.items() if "cross" in block for head in range(len(facts))]
    block, head = max(cross, key=rank)
    return {"block": block, "head": head}


# --- what one block of heads looks at --------------------------------------------------------------------------------


@dataclass
class Tally:
    """Collect how much and how often each head looks at the right keys."""

    n: int = 0  # rows that have a right key
    weight: Any = 0.0  # (head,) sum of the weight on the right keys
    hits: Any = 0  # (head,) rows whose largest weight lies on a right key

    def add(self, weights: np.ndarray, right: np.ndarray) -> None:
        """Count the rows that have a right key. weights: (sentence, head, query, key), right: (sentence, query, key)"""
        rows = right.any(axis=-1)  # (sentence, query)
        self.n += int(rows.sum())
        self.weight = self.weight + np.einsum("shqk,sqk->h", weights, right)
        winner = weights.argmax(axis=-1, keepdims=True)  # (sentence, head, query, 1)
        hit = np.take_along_axis(right[:, None], winner, axis=-1)
        self.hits = self.hits + hit.sum(axis=(0, 2, 3))

    def of(self, head: int) -> Score | None:
        """Give {"mean", "argmax"} of one head, None if no row was counted."""
        if self.n == 0:
            return None
        return {"mean": _short(self.weight[head] / self.n), "argmax": _short(self.hits[head] / self.n)}


@dataclass
class BlockTally:
    """Collect all facts of the heads of one attention block, over groups of sentences of equal lengths.

    kind: "encoder", "decoder" or "cross"   causal: are the words after a row's own hidden from it in "decoder"?
    Entropy and looks skip rows that may look at one key only: they have no choice. The entropy of a row is given as a
    share of the largest that is possible, log of the keys to choose from.
    """

    kind: str
    causal: bool = True
    n_rows: int = 0
    entropy: Any = 0.0  # (head,) sum over the rows
    looks: dict[str, Tally] = field(default_factory=lambda: {look: Tally() for look in LOOKS})
    alignment: Tally = field(default_factory=Tally)
    relations: dict[str, Tally] = field(default_factory=dict)
    hops: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def add(self, weights: np.ndarray, sentences: Sequence[Known]) -> None:
        """Count one group of sentences. weights: (sentence, head, query, key)"""
        n_queries, n_keys = weights.shape[-2:]
        n_choices = np.arange(n_queries) + 1 if self.looks_back else np.full(n_queries, n_keys)
        free = n_choices > 1  # (query,)
        if free.any():
            share = row_entropy(weights[:, :, free]) / np.log(n_choices[free])  # (sentence, head, query)
            self.entropy = self.entropy + share.sum(axis=(0, 2))
            self.n_rows += len(sentences) * int(free.sum())
        if self.kind == "cross":
            gold = cell_mask([sentence.alignment for sentence in sentences], n_queries, n_keys)
            self.alignment.add(weights, gold)
            self.add_relations(weights, sentences)
        else:
            self.add_looks(weights, free)
        for hop in HOPS[self.kind]:
            self.hops.setdefault(hop, Tally()).add(weights, hop_mask(sentences, hop, n_queries, n_keys))

    @property
    def looks_back(self) -> bool:
        """Tell whether a row may look at itself and the words before it only."""
        return self.kind == "decoder" and self.causal

    def add_relations(self, weights: np.ndarray, sentences: Sequence[Known]) -> None:
        """Count what else a row needs beside its gold, such as the carry. weights: (sentence, head, query, key)"""
        for name in sorted({name for sentence in sentences for name in sentence.relations}):
            cells = [sentence.relations.get(name, []) for sentence in sentences]
            self.relations.setdefault(name, Tally()).add(weights, cell_mask(cells, *weights.shape[-2:]))

    def add_looks(self, weights: np.ndarray, free: np.ndarray) -> None:
        """Count where the rows of self-attention look, by position. weights: (sentence, head, n, n), free: (n,)"""
        n = len(free)
        row, key = np.indices((n, n))
        right = {"previous": key == row - 1, "next": key == row + 1, "same": key == row, "first": key == 0}
        if self.looks_back:
            right.pop("next")  # that word is hidden; without the mask it is the answer, and well worth a look
        for look, cells in right.items():
            cells = cells & free[:, None]
            self.looks[look].add(weights, np.broadcast_to(cells, (len(weights), n, n)))

    def hop_scores(self, n_heads: int) -> dict[tuple[str, str], list[Score]]:
        """Give the score of every head on every hop; a hop that no sentence has gets an empty list."""
        return {
            hop: [score for head in range(n_heads) if (score := tally.of(head))] for hop, tally in self.hops.items()
        }

    def facts(self, head: int) -> Facts:
        """Give everything about one head as JSON values."""
        hop = {hop: tally.of(head) for hop, tally in self.hops.items()}
        reads = {role: hop[("pronoun", role)] for role in ("it", "adjective")} if self.kind == "cross" else None
        looks = {look: tally.of(head) for look, tally in self.looks.items()}
        facts = {
            "entropy": _short(self.entropy[head] / self.n_rows) if self.n_rows else None,
            **{look: score["argmax"] if score else None for look, score in looks.items()},
            "alignment": self.alignment.of(head),
            "referent": hop.get(("pronoun", "referent")),
            "pronoun": reads,
            "relations": {name: tally.of(head) for name, tally in self.relations.items() if tally.n},
        }
        return {**facts, "badge": badge(facts)}


def row_entropy(weights: np.ndarray) -> np.ndarray:
    """Measure how widely each row spreads its attention: H = -sum of w ln w over the last axis, in nats."""
    return -(weights * np.log(np.where(weights > 0, weights, 1.0))).sum(axis=-1)


def badge(facts: Facts) -> str:
    """Name a head after what it does in at least four rows of five, the rarest skill first; else it is "mixed"."""
    skills = {"referent": facts["referent"], **facts["relations"], "alignment": facts["alignment"]}
    for name, score in skills.items():
        if score is not None and score["argmax"] >= BADGE_RATE:
            return name
    for name in LOOKS:
        if facts[name] is not None and facts[name] >= BADGE_RATE:
            return name
    return "mixed"


def _short(x: Any) -> float:
    return round(float(x), 4)
