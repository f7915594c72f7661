"""How many heads does the model need? Take away the least important one, again and again. Shown on Heads.

After Michel, Levy and Neubig, "Are Sixteen Heads Really Better than One?" (2019), who rank all heads once, by
gradients, and take them away in that order. Here every head that is left is tried anew at each step, because heads
stand in for each other: what was spare while its twin was there is needed afterwards. It is a greedy search, so a
better set of heads may exist. Where it stops, each head that is left is tried once more: now nobody takes its place.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from transformer.gold import Known
from transformer.model import Transformer
from transformer.passport.knockout import Outcome, Place, Trial, rate_of, try_without
from transformer.passport.pronouns import texts_of
from transformer.vocab import Vocabulary

CHOOSE_EVERY = 10  # one sentence in ten chooses the heads; the others measure what is left
MAY_LOSE = 0.01  # the stop: the curve has left the plateau when more of the exact sentences are lost
SHOWN_UNTIL = 0.5  # of the whole model's exact match: below it, nothing is left to see


class Cut(NamedTuple):
    """One step: the head that went, and what it cost on the sentences that chose it."""

    place: Place
    exact: float
    loss: float


def prune(
    model: Transformer,
    sentences: Sequence[Known],
    places: Sequence[Place],
    src_vocab: Vocabulary,
    done: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Take away the least important head until half of the exact match is lost or no head is left.

    sentences: at least two   places: all heads   done: called again and again with the work since, as in `try_without`
    ->  {"n", "n_pronouns", "n_choose", "may_lose", "steps": [{"block", "head", "exact": measure, "loss"}, ...], "stop",
         "pronoun": measure or None, at the stop, "needed": as `needed_at` gives it}

    Least important is the head without which the most of the choosing sentences stay exactly right; equals are told
    apart by the loss, which moves before any word turns wrong. Step 0 is the whole model. "stop" is the last step
    before the exact match has, for the first time, fallen by more than MAY_LOSE; 0 if there is no more than that to
    lose. ValueError for fewer sentences.
    """
    if len(sentences) < 2:
        raise ValueError("pruning needs at least two sentences: one to choose by, one to measure")
    choose, held = sentences[::CHOOSE_EVERY], [k for i, k in enumerate(sentences) if i % CHOOSE_EVERY]
    cuts = list(greedy_cuts(model, choose, places, done))
    gone: list[Trial] = [[cut.place for cut in cuts[:n]] for n in range(len(cuts) + 1)]
    outcome = try_without(model, held, gone, done=done)
    stop = stop_of(outcome.exact.double().mean(dim=-1).numpy())
    left = [place for place in places if place not in gone[stop]]
    return {
        "n": len(held),
        "n_pronouns": outcome.pronoun.size(1),
        "n_choose": len(choose),
        "may_lose": MAY_LOSE,
        "steps": [_step(trial, outcome, n) for n, trial in enumerate(gone)],
        "stop": stop,
        "pronoun": rate_of(outcome.pronoun[stop]),
        "needed": needed_at(model, held, gone[stop], left, src_vocab, done),
    }


def _step(gone: Trial, outcome: Outcome, n: int) -> dict[str, Any]:
    """Say which head went last, and what is right in trial n, where all of `gone` are missing."""
    block, head = gone[-1] if gone else (None, None)
    loss = round(float(outcome.loss[n].mean()), 7)
    return {"block": block, "head": head, "exact": rate_of(outcome.exact[n]), "loss": loss}


def needed_at(
    model: Transformer,
    sentences: Sequence[Known],
    gone: Trial,
    left: Sequence[Place],
    src_vocab: Vocabulary,
    done: Callable[[int], None] | None = None,
) -> list[dict[str, Any]]:
    """Switch off each head that is left beside those that are gone: with no other to stand in, what is it worth?

    ->  [{"block", "head", "exact": measure, "pronoun": measure or None, "wrong": [text, ...]}, ...], a row for each of
    `left`, none where none is left. "wrong" are sources whose pronoun turns wrong with the head, the shortest first.
    """
    if not left:
        return []
    outcome = try_without(model, sentences, [[], *([place] for place in left)], gone, done)
    with_pronoun = [known for known in sentences if known.referent]
    found = []
    for n, (block, head) in enumerate(left, start=1):
        lost = (outcome.pronoun[0] & ~outcome.pronoun[n]).nonzero().flatten().tolist()
        found.append(
            {
                "block": block,
                "head": head,
                "exact": rate_of(outcome.exact[n]),
                "pronoun": rate_of(outcome.pronoun[n]),
                "wrong": texts_of((with_pronoun[s] for s in lost), src_vocab),
            }
        )
    return found


def greedy_cuts(
    model: Transformer, sentences: Sequence[Known], places: Sequence[Place], done: Callable[[int], None] | None = None
) -> Iterator[Cut]:
    """Yield the heads in the order in which they go, until less than half of the first exact match is left.

    Nothing of a model that writes no sentence right: there is nothing by which its heads could be told apart.
    """
    left, gone = list(places), []
    whole = float(try_without(model, sentences, [()]).exact.float().mean())
    while left and whole > 0:
        outcome = try_without(model, sentences, [[place] for place in left], gone, done)
        exact, loss = outcome.exact.float().mean(dim=-1).tolist(), outcome.loss.mean(dim=-1).tolist()
        best = min(range(len(left)), key=lambda n: (-exact[n], loss[n]))
        yield Cut(left[best], exact[best], loss[best])
        if exact[best] < SHOWN_UNTIL * whole:
            return
        gone.append(left.pop(best))


def most_work(n_sentences: int, n_places: int) -> int:
    """Count the sentences times trials of a pruning that takes every head away: most end before that."""
    n_choose = len(range(0, n_sentences, CHOOSE_EVERY))
    return n_choose * (n_places * (n_places + 1) // 2 + 1) + (n_sentences - n_choose) * (n_places + 1)


def stop_of(exact: np.ndarray) -> int:
    """Find the last step before the exact match has fallen by more than MAY_LOSE. exact: (step,), the first is whole

    Step 0 where there is no more than that to lose: of a model that gets nothing right, no head is known to be spare.
    """
    if exact[0] <= MAY_LOSE:
        return 0
    fallen = np.flatnonzero(exact < exact[0] - MAY_LOSE)
    return int(fallen[0]) - 1 if len(fallen) else len(exact) - 1
