"""On which road the decoder learns which noun its pronoun stands for: hop by hop, measured, and tried by closing it.

A row of attention reads other positions, and what it reads there was itself gathered by the layer below. So a road may
have several hops: the pronoun's row reads the adjective, and the encoder brought the noun to the adjective before. Or
the row reads twice: in one layer the adjective, and in a later one, now knowing what it looks for, the noun.
Shown on Explore.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from transformer.gold import Group, cell_mask, hop_mask
from transformer.model import Transformer
from transformer.tap import OFF, Edit, Recorder, Tap

N_ROADS = 10
LONGEST_ROAD = 3  # hops
READ_BEFORE = 0.5  # mean weight from which a row counts as having read a word
GOALS = ("referent", "written_referent")

# Who may look at whom on a road, (row, key), in each kind of attention. The roles are those of `Known.roles`.
CROSS_HOPS = [(row, key) for row in ("pronoun", "before") for key in ("referent", "it", "adjective")]
ENCODER_HOPS = [("it", "referent"), ("it", "adjective"), ("adjective", "referent")]
DECODER_HOPS = [("pronoun", "written_referent"), ("pronoun", "before")]
HOPS = {"cross": CROSS_HOPS, "encoder": ENCODER_HOPS, "decoder": DECODER_HOPS}

Score = dict[str, float]  # {"mean", "argmax"}
Scores = dict[str, dict[tuple[str, str], list[Score]]]  # block -> hop -> one score per head
Hop = dict[str, Any]  # {"block", "head", "from", "to", "mean", "argmax"}


def find_roads(scores: Scores) -> list[dict[str, Any]]:
    """List the roads from the pronoun's row to its noun, best first: [{"hops": [...], "score"}, ...].

    scores: blocks in the order of the pass. A road starts in any block; each further hop starts from the key that the
    last one read, in a lower layer. It ends at the noun, in the source or as already written. Its score is the product
    of the mean weights of its hops. Where the pronoun's row has read the adjective in a lower layer before it reads
    the noun, and with more than half of its weight, that hop is the road's "first".
    """
    roads = []
    for hops in _roads_from("pronoun", list(reversed(scores)), scores):
        score = math.prod(hop["mean"] for hop in hops)
        roads.append({"hops": hops, "score": round(score, 4), "first": _read_before(hops[0], scores)})
    return sorted(roads, key=lambda road: -road["score"])[:N_ROADS]


def _roads_from(role: str, below: list[str], scores: Scores, length: int = 0) -> Iterator[list[Hop]]:
    """Yield every way on from a role through the blocks `below`, the highest first."""
    if role in GOALS:
        yield []
    elif length < LONGEST_ROAD:
        for n, block in enumerate(below):
            for (start, end), heads in scores[block].items():
                if start == role:
                    ways_on = list(_roads_from(end, _reachable(block, below[n + 1 :]), scores, length + 1))
                    for head, score in enumerate(heads):
                        hop = {"block": block, "head": head, "from": start, "to": end, **score}
                        yield from ([hop, *way] for way in ways_on)


def _read_before(hop: Hop, scores: Scores) -> Hop | None:
    """Find the head by which a row that looks for a noun has learned, in a layer below, which kind of noun to find."""
    if hop["to"] != "referent" or ".cross_attn" not in hop["block"]:
        return None
    below = list(scores)[: list(scores).index(hop["block"])]
    found = [
        {"block": block, "head": head, "from": "pronoun", "to": "adjective", **score}
        for block in below
        for head, score in enumerate(scores[block].get(("pronoun", "adjective"), []))
        if score["mean"] > READ_BEFORE
    ]
    return max(found, key=lambda first: first["mean"], default=None)


def _reachable(block: str, below: list[str]) -> list[str]:
    """Leave only the encoder after cross attention: its keys are places in the encoder's output."""
    return [name for name in below if name.startswith("encoder.")] if "cross" in block else below


# --- knock-outs ------------------------------------------------------------------------------------------------------

GroupEdit = Callable[[Group], Edit]  # an edit that may depend on where the roles stand in each sentence


def without_head(block: str, head: int) -> GroupEdit:
    """Switch one head off: what it read becomes 0 before W_O mixes the heads."""

    def edit(name: str, x: Tensor) -> Tensor:
        if name != f"{block}.context":
            return x
        x = x.clone()  # (sentence, head, query, d_k)
        x[:, head] = 0.0
        return x

    return lambda group: edit


def without_road(hops: Sequence[Hop]) -> GroupEdit:
    """Close every hop of a road: the row may no longer look at that key; its other weights grow to sum to 1 again."""

    def for_group(group: Group) -> Edit:
        def edit(name: str, x: Tensor) -> Tensor:
            for hop in hops:
                if name == f"{hop['block']}.scores.masked":
                    cells = hop_mask(group.sentences, (hop["from"], hop["to"]), x.size(-2), x.size(-1))
                    x = x.clone()  # (sentence, head, query, key)
                    x[:, hop["head"]] = x[:, hop["head"]].masked_fill(torch.from_numpy(cells), -math.inf)
            return x

        return edit

    return for_group


def only_hop(hop: Hop) -> GroupEdit:
    """Close every way to the noun but one: what is left of the pronouns then came through this head alone.

    No other head may look from the pronoun's row to the noun, the row may not look at the rows written before it, and
    in the encoder no other word may gather the noun beforehand.
    """

    def for_group(group: Group) -> Edit:
        def edit(name: str, x: Tensor) -> Tensor:
            if not name.endswith(".scores.masked"):
                return x
            cells = torch.from_numpy(_ways_to_the_noun(name, group, x.size(-2), x.size(-1)))
            closed = cells[:, None].repeat(1, x.size(1), 1, 1)
            if name.startswith(hop["block"]):
                closed[:, hop["head"]] = False
            return x.masked_fill(closed, -math.inf)  # (sentence, head, query, key)

        return edit

    return for_group


def _ways_to_the_noun(name: str, group: Group, n_queries: int, n_keys: int) -> np.ndarray:
    """Mark the cells by which the noun can come to the pronoun's row: (sentence, query, key) bool."""
    cells: list[list[tuple[int, int]]] = []
    for known in group.sentences:
        row, noun = known.referent or (None, None)
        if row is None or noun is None:
            cells.append([])
        elif name.startswith("encoder."):
            cells.append([(other, noun) for other in range(n_queries) if other != noun])
        elif ".cross_attn." in name:
            cells.append([(row, noun)])
        else:
            cells.append([(row, before) for before in range(row)])
    return cell_mask(cells, n_queries, n_keys)


@torch.no_grad()
def pronoun_accuracy(model: Transformer, groups: Sequence[Group], edit: GroupEdit | None = None) -> float | None:
    """Give the share of pronouns that the model writes rightly, the words before them given; None without pronouns."""
    right, n = 0, 0
    for group in groups:
        places = [(s, known.referent[0]) for s, known in enumerate(group.sentences) if known.referent]
        if places:
            tap: Tap = OFF if edit is None else Recorder(edit(group))
            words = model(group.src, group.tgt_in, tap).argmax(dim=-1)  # (sentence, tgt)
            right += sum(int(words[s, row]) == group.sentences[s].tgt[row] for s, row in places)
            n += len(places)
    return round(right / n, 4) if n else None


def close_each_way(model: Transformer, groups: Sequence[Group], kinds: dict[str, str]) -> list[dict[str, Any]]:
    """Close one way after another, such as pronoun to referent, in every head and layer; count the pronouns left.

    kinds: block -> kind   ->  [{"from", "to", "pronoun_accuracy"}, ...], the way that costs most first; [] where no
    sentence has a pronoun
    """
    closed = []
    for kind, ways in HOPS.items():
        places = [(block, head) for block in kinds for head in range(model.config.n_heads) if kinds[block] == kind]
        for start, end in ways:
            hops = [{"block": block, "head": head, "from": start, "to": end} for block, head in places]
            left = pronoun_accuracy(model, groups, without_road(hops))
            closed.append({"from": start, "to": end, "pronoun_accuracy": left})
    return sorted(
        (way for way in closed if way["pronoun_accuracy"] is not None), key=lambda way: way["pronoun_accuracy"]
    )
