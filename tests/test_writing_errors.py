"""Where a model errs: one pass over the right answers against writing freely, and what a search tells."""

import copy
from itertools import islice

import pytest

import models
from transformer.decode import greedy_ids
from transformer.runs import load_run
from transformer.tasks import TASKS
from transformer.vocab import EOS
from transformer.writing import find_errors, first_errors, free_and_forced
from transformer.writing.errors import PORTION, crossed

ADDITION = load_run("addition")
TASK = TASKS["addition"]
VOCABS = ADDITION.src_vocab, ADDITION.tgt_vocab


@pytest.mark.parametrize("causal", [True, False])
def test_the_first_error_is_where_free_writing_leaves_the_right_answer(causal: bool) -> None:
    found = []
    for seed in range(2):
        model = models.tiny_model(seed, causal=causal)
        pairs = []
        for n in range(12):
            src = models.sentence(2 + n % 3, seed=n)
            right = [word for word in greedy_ids(model, src)[: 2 + n % 4] if word != EOS]
            pairs.append((src, [*right[: n % 5], *models.sentence(n % 3, seed=50 + n), EOS]))
        steps = first_errors(model, pairs)
        assert steps == [free_and_forced(model, src, gold).step for src, gold in pairs]
        found += steps
    assert len(set(found)) > 3


def test_what_is_found_is_held_out_and_the_model_errs_on_it() -> None:
    search = find_errors(ADDITION.model, TASK, VOCABS)
    assert search.found
    assert 0 < search.held_out <= PORTION
    assert search.crossed == 0
    held_out = {one.src for one in islice(TASK.examples(0, "test"), search.held_out)}
    for text, step, is_held_out in search.found:
        right = TASK.answer(text)
        assert right is not None
        gold = [*ADDITION.tgt_vocab.encode(right.tgt).ids, EOS]
        own = greedy_ids(ADDITION.model, ADDITION.encode(text))
        assert is_held_out
        assert text in held_out
        assert own[:step] == gold[:step]
        assert own[step] != gold[step]


def test_where_held_out_sentences_are_written_without_an_error_others_are_put_together() -> None:
    run = load_run("reverse")
    search = find_errors(run.model, TASKS["reverse"], (run.src_vocab, run.tgt_vocab), n=128)
    assert (search.held_out, search.crossed) == (128, 64)
    assert all(not one.held_out for one in search.found)
    assert [len(one.text) for one in search.found] == sorted(len(one.text) for one in search.found)


@pytest.mark.parametrize("name", ["fr", "zh", "dates", "reverse"])
def test_what_is_put_together_is_right_and_new(name: str) -> None:
    task = TASKS[name]
    own = list(islice(task.examples(0, "test"), 60))
    made = list(islice(crossed(task, own), 20))
    assert made
    assert len({one.src for one in made}) == len(made)
    for one in made:
        assert one.src not in {example.src for example in own}
        assert one == task.answer(one.src)


def test_a_beginning_and_an_end_stand_side_by_side() -> None:
    task = TASKS["reverse"]
    pair = [one for one in (task.answer("abc"), task.answer("xyz")) if one]
    assert [one.src for one in crossed(task, pair)] == ["ayz", "abz", "abcxyz"]


def test_what_a_model_cannot_read_is_left_out() -> None:
    search = find_errors(models.tiny_model(max_len=4, src_vocab_size=20, tgt_vocab_size=20), TASK, VOCABS, n=64)
    assert all(len(one.text) <= 4 for one in search.found)


def test_a_model_in_training_mode_is_refused() -> None:
    with pytest.raises(RuntimeError, match="training mode"):
        find_errors(copy.deepcopy(ADDITION.model).train(), TASK, VOCABS, n=8)
