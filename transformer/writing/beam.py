"""Beam search, and every road that it did not take. Section 6.1 uses a beam of 4; shown as a tree on the Generate page.

Greedy decoding takes the best word now and may regret it later. A beam goes on with several hypotheses at once, and
drops one only when `width` others of the same length are more probable. It is still no guarantee: a hypothesis that is
dropped early can never come back, however well it would have gone on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.tap import Edit
from transformer.vocab import BOS, EOS
from transformer.writing.pen import Pen

DROPPED = 3  # of every step so many dropped hypotheses are remembered, the best ones
State = Literal["kept", "dropped", "finished"]


@dataclass(frozen=True)
class Node:
    """One word that was considered after the words of its parent."""

    id: int  # its place in `BeamTree.nodes`
    parent: int | None  # None for the root, which is BOS
    step: int  # how many words stand on the way to it, itself included: 0 for the root
    word: int
    log_p: float  # log P(word | the words before it)
    total: float  # log P of all words up to here
    rank: int  # among all candidates of its step, from 0
    state: State
    forced: bool = False


class Hypothesis(NamedTuple):
    """A sentence that the search ended with."""

    node: int
    ids: list[int]  # without BOS; EOS comes last if it is finished
    log_p: float
    score: float  # log P divided by the length penalty: what decides the order
    finished: bool  # did it come to EOS, or was it stopped by the longest length?


@dataclass
class BeamTree:
    """Hold every hypothesis that a search kept, finished or nearly kept. The root, node 0, is BOS.

    logits: of the word that follows a node, (tgt_vocab,) float32, for every node that the search went on from
    """

    width: int
    nodes: list[Node] = field(default_factory=lambda: [Node(0, None, 0, BOS, 0.0, 0.0, 0, "kept")])
    logits: dict[int, Tensor] = field(default_factory=dict)

    def path(self, node: int) -> list[Node]:
        """List the nodes from the first word to this one; the root is left out."""
        found, at = [], self.nodes[node]
        while at.parent is not None:
            found.append(at)
            at = self.nodes[at.parent]
        return found[::-1]

    def ids(self, node: int) -> list[int]:
        """Give the words from the first one to this node."""
        return [one.word for one in self.path(node)]

    def ends(self) -> list[Node]:
        """List the finished nodes, and those that were still kept when the longest length was reached."""
        return [node for node in self.nodes if node.state == "finished" or self._was_stopped(node)]

    def _was_stopped(self, node: Node) -> bool:
        return node.state == "kept" and node.id not in self.logits

    def greedy(self) -> Hypothesis | None:
        """Give the sentence that greedy decoding writes, if the beam kept it to its end; None if it was dropped."""
        at = self.nodes[0]
        while at.id in self.logits:
            children = [node for node in self.nodes if node.parent == at.id]  # if any is here, the most probable is
            forced = [node for node in children if node.forced]
            best = max(forced or children, key=lambda node: node.log_p, default=None)
            if best is None or best.state == "dropped":
                return None
            at = best
        return Hypothesis(at.id, self.ids(at.id), at.total, at.total, at.state == "finished")

    def hypotheses(self, alpha: float = 0.0) -> list[Hypothesis]:
        """List what the search ended with, best score first: log P / lp(length), lp as in `length_penalty`."""
        found = []
        for node in self.ends():
            score = node.total / length_penalty(node.step, alpha)
            found.append(Hypothesis(node.id, self.ids(node.id), node.total, score, node.state == "finished"))
        return sorted(found, key=lambda one: -one.score)


def length_penalty(length: int, alpha: float) -> float:
    """Give lp(Y) = (5 + |Y|)^alpha / (5 + 1)^alpha, from Wu et al. 2016, "Google's Neural Machine Translation", eq. 14.

    Every further word makes a sentence less probable, so a search by log P alone likes short ones. A log P, which is
    negative, is divided by lp: with alpha above 0 that helps the longer sentence. `length` counts EOS.
    """
    return ((5 + length) / 6) ** alpha


def beam_search(
    model: Transformer,
    src_ids: Sequence[int],
    width: int = 4,
    *,
    prefix: Sequence[int] = (),
    max_len: int | None = None,
    dropped: int = DROPPED,
    edit: Edit | None = None,
) -> BeamTree:
    """Go on with the `width` most probable hypotheses at once, until all have ended or max_len words are there.

    In every step each live hypothesis is continued by every word. Of all these candidates the most probable stay, as
    many as the beam has places; one that ends in EOS is finished and keeps its place, so the beam gets narrower. All
    live hypotheses are equally long, so no length penalty could change this order: it only decides between the
    sentences at the end, in `BeamTree.hypotheses`. A beam of 1 is greedy decoding.

    prefix: ids that the model is made to begin with; those steps have one candidate that stays
    dropped: how many of the best candidates that did not stay are remembered in each step   edit: as for `Pen`
    Raises as `Pen` does, and ValueError for a width below 1 or a prefix that no model could have written.
    """
    if width < 1:
        raise ValueError(f"a beam is at least 1 wide, got {width}")
    pen = Pen(model, src_ids, edit)
    limit = pen.limit(max_len)
    forced = pen.checked(prefix, limit)
    tree = BeamTree(width)
    live, places = [tree.nodes[0]], width
    for step in range(1, limit + 1):
        force = forced[step - 1] if step <= len(forced) else None
        kept = _grow(tree, pen, live, places if force is None else 1, force, dropped)
        live = [node for node in kept if node.state == "kept"]
        places -= len(kept) - len(live)
        if not live:
            break
    return tree


def _grow(tree: BeamTree, pen: Pen, live: list[Node], places: int, force: int | None, dropped: int) -> list[Node]:
    """Continue every live hypothesis by every word, add the best candidates to the tree, and return those that stay.

    A candidate is the place of its cell in the table of totals, (live, tgt_vocab). Of equals the first is better.
    """
    logits = pen.next_logits([tree.ids(node.id) for node in live])  # (live, tgt_vocab)
    tree.logits |= {node.id: row for node, row in zip(live, logits, strict=True)}
    log_p = pen.log_p(logits)
    totals = log_p + torch.tensor([[node.total] for node in live], dtype=torch.float64)
    ranked = totals.flatten().argsort(descending=True, stable=True)[: int(totals.isfinite().sum())].tolist()
    stay = ranked[:places] if force is None else [force]  # a forced beginning has one live hypothesis: row 0
    lost = [candidate for candidate in ranked[: places + dropped] if candidate not in stay][:dropped]
    kept = []
    for candidate in stay + lost:
        row, word = divmod(candidate, logits.size(-1))
        state: State = "dropped" if candidate in lost else "finished" if word == EOS else "kept"
        node = Node(
            id=len(tree.nodes),
            parent=live[row].id,
            step=live[row].step + 1,
            word=word,
            log_p=float(log_p[row, word]),
            total=float(totals[row, word]),
            rank=ranked.index(candidate),
            state=state,
            forced=force == word and state != "dropped",
        )
        tree.nodes.append(node)
        kept += [node] if state != "dropped" else []
    return kept
