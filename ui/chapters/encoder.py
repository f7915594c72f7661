"""What the page Encoder asks for beside the pass: what excites the hidden units of a feed-forward sublayer."""

from collections.abc import Mapping
from itertools import islice

import numpy as np

from transformer.gold import groups_of
from transformer.runs import Run
from transformer.studies.units import UnitFacts, measure_units
from ui import services
from ui.pack import Answer, RefusedError

N_SENTENCES = 150  # bounded, so that the answer comes within a second
MOST_BYTES = 400_000
ENTRY_BYTES = 24  # of one word of one unit: six numbers


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Tell what excites the units of ?what=units&at=encoder.0.ffn; the text of the page plays no part in it."""
    return units_answer(run, "encoder", question)


def units_answer(run: Run, side: str, question: Mapping[str, str]) -> Answer:
    """Answer for the encoder or the decoder. RefusedError for another question, or a sublayer that is not there."""
    at = question.get("at", "")
    layers = getattr(run.model.config, f"n_{side}_layers")
    if question.get("what") != "units":
        raise RefusedError(404, "error.question")
    if at not in [f"{side}.{n}.ffn" for n in range(layers)]:
        raise RefusedError(404, "error.place", at=at[:40])
    facts = services.of_run(run, f"units {at}", lambda: _measure(run, at))
    return _packed(run, side, at, facts)


def _measure(run: Run, at: str) -> UnitFacts | None:
    """Measure on sentences that were never in training; None for a model that came without one of our tasks."""
    if run.task is None:
        return None
    groups = groups_of(islice(run.task.examples(0, "test"), N_SENTENCES), run.src_vocab, run.tgt_vocab)
    best = max(1, min(8, MOST_BYTES // (2 * ENTRY_BYTES * run.model.config.d_ff)))
    return measure_units(run.model, groups, at, best) if groups else None


def _packed(run: Run, side: str, at: str, facts: UnitFacts | None) -> Answer:
    """Name the words, and send only the sentences that are quoted. A place is a sentence and a position in it."""
    if facts is None:
        return Answer({"at": at, "n_sentences": 0, "n_tokens": 0, "words": {}, "sentences": []}, {})
    vocabulary = run.src_vocab if side == "encoder" else run.tgt_vocab
    quoted, which = np.unique(facts.places[..., 0], return_inverse=True)
    header = {
        "at": at,
        "n_sentences": len(facts.sentences),
        "n_tokens": sum(map(len, facts.sentences)),
        "words": {int(i): vocabulary.token(int(i)) for i in np.unique(facts.words)},
        "sentences": [[vocabulary.token(i) for i in facts.sentences[n]] for n in quoted],
    }
    tensors = {
        "share": facts.share,
        "word": facts.words,
        "activation": facts.activation,
        "sentence": which.reshape(facts.words.shape),
        "position": facts.places[..., 1],
        "count": facts.count,
        "fired": facts.fired,
    }
    return Answer(header, tensors)
