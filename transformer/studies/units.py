"""Find out what the hidden units of a feed-forward sublayer react to: section 3.3, shown on Encoder and Decoder.

FFN(x) = max(0, x W_1 + b_1) W_2 + b_2 is a sum: unit u of a token adds its activation times row u of W_2 to the stream.
So it is worth asking on which tokens a unit fires. It is measured on sentences with their right translation as decoder
input, as heads are. A unit that fires on a word is not "the unit of that word": most units fire on many words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from transformer.gold import Group
from transformer.model import Transformer
from transformer.tap import Recorder


@dataclass(frozen=True)
class UnitFacts:
    """Hold what excites every unit of one sublayer. `words` and what follows lists the best words of a unit first.

    sentences: the token ids of the side that the sublayer reads, one list per sentence
    share: (d_ff,) share of all tokens on which the unit fires, which is: its activation is above 0
    words: (d_ff, best) ids, each word once   activation: (d_ff, best) the largest activation on that word
    places: (d_ff, best, 2) sentence and position where that was
    count, fired: (d_ff, best) how often the word was read, and on what share of these the unit fired
    """

    sentences: list[list[int]]
    share: np.ndarray
    words: np.ndarray
    activation: np.ndarray
    places: np.ndarray
    count: np.ndarray
    fired: np.ndarray


def measure_units(model: Transformer, groups: Sequence[Group], place: str, best: int = 8) -> UnitFacts:
    """Measure every hidden unit of a feed-forward sublayer on the given sentences.

    place: such as "encoder.0.ffn"   best: how many words are kept of each unit
    RuntimeError for a model in training mode, ValueError for no sentences, KeyError for a place that does not exist.
    """
    if model.training:
        raise RuntimeError("the model is in training mode, where dropout changes what is measured: call model.eval()")
    if not groups:
        raise ValueError("there is no sentence to measure the units on")
    sentences, hidden = _read_all(model, groups, place)
    ids = np.concatenate([np.asarray(sentence) for sentence in sentences])  # (token,)
    starts = np.cumsum([0, *map(len, sentences)])
    words, which = np.unique(ids, return_inverse=True)
    largest = np.full((len(words), hidden.shape[1]), -np.inf, dtype=hidden.dtype)
    np.maximum.at(largest, which, hidden)
    count = np.bincount(which)  # (word,)
    fires = hidden > 0
    fired = np.stack([fires[which == w].mean(axis=0) for w in range(len(words))])  # (word, d_ff)
    order = np.argsort(-largest, axis=0, kind="stable")[:best].T  # (d_ff, best)
    units = np.arange(hidden.shape[1])[:, None]
    activation = largest[order, units]
    return UnitFacts(
        sentences,
        fires.mean(axis=0),
        words[order],
        activation,
        _places(hidden, which, order, activation, starts),
        count[order],
        fired[order, units],
    )


@torch.no_grad()
def _read_all(model: Transformer, groups: Sequence[Group], place: str) -> tuple[list[list[int]], np.ndarray]:
    """Run every sentence once: the ids that the side reads, and the activations of all of them, (token, d_ff)."""
    sentences: list[list[int]] = []
    rows = []
    for group in groups:
        recorder = Recorder()
        model(group.src, group.tgt_in, recorder)
        read = group.src if place.startswith("encoder.") else group.tgt_in
        sentences += read.tolist()
        rows.append(recorder.tensors[f"{place}.hidden"].flatten(0, 1).numpy())
    return sentences, np.concatenate(rows)


def _places(
    hidden: np.ndarray, which: np.ndarray, order: np.ndarray, activation: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Find where each word excited each unit most, the first time: (d_ff, best, 2) sentence and position."""
    places = np.zeros((*order.shape, 2), dtype=np.int64)
    for unit, (own, values) in enumerate(zip(order, activation, strict=True)):
        for rank, (word, value) in enumerate(zip(own, values, strict=True)):
            token = int(np.flatnonzero((which == word) & (hidden[:, unit] == value))[0])
            sentence = int(np.searchsorted(starts, token, side="right")) - 1
            places[unit, rank] = sentence, token - starts[sentence]
    return places
