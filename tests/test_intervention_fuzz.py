"""Random lists of interventions: no exception, no NaN, the shared model untouched, other people's pictures the same."""

import hashlib
import random
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from lists_of_edits import fitting_list
from models import ANY, BOS, counts, sentence, tiny_model
from transformer.interventions import Aids, intervene, mean_contexts, pattern_reader, read, write
from transformer.model import Transformer
from transformer.runs import load_run
from transformer.trace import Trace, trace_pair

SHIPPED = ("fr", "zh", "copy", "addition", "dates")


class Subject(NamedTuple):
    """A model with what is to be tried on it."""

    model: Transformer
    src: Sequence[int]
    tgt_in: Sequence[int]
    texts: list[str]
    aids: Aids


def checksum(model: Transformer) -> str:
    return hashlib.sha256(b"".join(x.numpy().tobytes() for x in model.state_dict().values())).hexdigest()


def random_subject(seed: int) -> Subject:
    """Build one of the kinds of models that there are, with the parts that it may lack."""
    changes = ANY[seed % len(ANY)].values[0]
    model = tiny_model(seed, **changes)  # pyright: ignore[reportCallIssue]
    draw = random.Random(seed)
    src = sentence(draw.randint(1, 9), seed)
    tgt_in = [BOS, *sentence(draw.randint(0, 9), seed + 1, vocab_size=13)]
    return Subject(
        model,
        src,
        tgt_in,
        ["four", "sixsix"],
        Aids(patterns=pattern_reader(model, lambda text: sentence(len(text), seed=5))),
    )


def shipped_subject(name: str) -> Callable[[int], Subject]:
    run = load_run(name)
    task = run.task
    assert task is not None
    means = mean_contexts(run.model, task.examples(0, "test"), run.src_vocab, run.tgt_vocab)
    patterns = pattern_reader(run.model, run.encode)
    texts = [example.src for example, _ in zip(task.examples(1, "test"), range(20), strict=False)]

    def subject(seed: int) -> Subject:
        src = run.encode(texts[seed % len(texts)])
        return Subject(run.model, src, [BOS, *run.decode(src)[:-1]], texts[:4], Aids(lambda: means, patterns))

    return subject


def try_one(subject: Subject, seed: int) -> None:
    model, src, tgt_in, texts, aids = subject
    drawn = fitting_list(random.Random(seed), model, len(src), len(tgt_in), texts, aids)
    edits = read(write(drawn))  # through a link
    outcome = intervene(model, src, tgt_in, edits, aids)
    for name in outcome.after:
        assert not np.isnan(outcome.after[name]).any(), (name, edits)
        if name.endswith(".weights"):
            closed = np.isneginf(outcome.after[name.replace(".weights", ".scores.masked")])
            assert not outcome.after[name][closed].any(), (name, edits)
            np.testing.assert_allclose(outcome.after[name].sum(axis=-1), 1.0, atol=1e-5, err_msg=str(edits))
    assert outcome.written_after.ids and all(0 <= p <= 1 for p in outcome.written_after.p)
    same(outcome.before, trace_pair(model, src, tgt_in))


def same(one: Trace, other: Trace) -> None:
    for name in other:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@counts(500)
def test_random_models(count: int) -> None:
    for seed in range(count):
        subject = random_subject(seed)
        before = checksum(subject.model)
        try_one(subject, seed)
        assert checksum(subject.model) == before


@pytest.mark.parametrize("name", SHIPPED)
@counts(100)
def test_shipped_models(name: str, count: int) -> None:
    subject = shipped_subject(name)
    model = subject(0).model
    before = checksum(model)
    for seed in range(count):
        try_one(subject(seed), seed)
    assert checksum(model) == before


def test_while_one_visitor_edits_the_others_see_what_they_saw() -> None:
    subject = shipped_subject("fr")
    model, src, tgt_in, _, _ = subject(0)
    alone = trace_pair(model, src, tgt_in)
    stop, faults = threading.Event(), []

    def watch() -> None:
        seen = 0
        while not stop.is_set() or seen < 3:
            now = trace_pair(model, src, tgt_in)
            seen += 1
            if any(not np.array_equal(now[name], alone[name]) for name in alone):
                faults.append("another picture")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for seed in range(5):
            try_one(subject(seed), seed)
    finally:
        stop.set()
        watcher.join()
    assert not faults
