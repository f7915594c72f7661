"""Batches hold the sentences and nothing else, in an order that follows from the seed alone."""

import dataclasses
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
import torch

from transformer.corpus import Corpus, OwnTask, Pair
from transformer.tasks import TASKS, Example, Split
from transformer.training import OWN, RECIPES, Batch, Pool, Recipe, lesson_plan, rows_of, vocabularies_of
from transformer.vocab import BOS, EOS, PAD

TINY = Recipe(steps=12, batch=8, pool=64, warmup=4)
TASK = TASKS["fr"]
VOCABULARIES = TASK.vocabularies()


def examples(n: int) -> list[Example]:
    return list(islice(TASK.examples(TINY.seed, "train"), n))


def test_a_batch_holds_the_sentences_and_nothing_else() -> None:
    found = examples(30)
    batch = Pool(rows_of(found, VOCABULARIES)).batch([3, 7, 11, 2])
    for row, i in enumerate([3, 7, 11, 2]):
        src = VOCABULARIES[0].encode(found[i].src).ids
        tgt = VOCABULARIES[1].encode(found[i].tgt).ids
        assert [x for x in batch.src[row].tolist() if x != PAD] == src
        assert [x for x in batch.tgt_in[row].tolist() if x != PAD] == [BOS, *tgt]
        assert [x for x in batch.tgt_out[row].tolist() if x != PAD] == [*tgt, EOS]
    assert bool((batch.src[:, -1] != PAD).any())  # no column of padding only
    assert bool((batch.tgt_out[:, -1] != PAD).any())


def test_an_epoch_takes_each_sentence_once_in_batches_of_like_lengths() -> None:
    pool = Pool(rows_of(examples(64), VOCABULARIES))
    seen = list(islice(pool.batches(8, Random(1)), 8))
    rows = sorted(tuple(x for x in row.tolist() if x != PAD) for batch in seen for row in batch.src)
    assert rows == sorted(tuple(VOCABULARIES[0].encode(example.src).ids) for example in examples(64))
    padding = sum(int((batch.src == PAD).sum()) for batch in seen) / sum(batch.src.numel() for batch in seen)
    assert padding < 0.15


def test_pronouns_join_in_when_the_recipe_says() -> None:
    recipe = dataclasses.replace(TINY, steps=10, pronouns_from=0.4)
    it = VOCABULARIES[0].index["it"]
    itself = VOCABULARIES[0].index["itself"]
    plain = [
        bool(((batch.src == it).any(1) & ~(batch.src == itself).any(1)).any())
        for batch in islice(lesson_plan(recipe, VOCABULARIES), 12)
    ]
    assert plain[:4] == [False] * 4 and any(plain[4:])
    always = dataclasses.replace(recipe, pronouns_from=0.0)
    assert any(bool((batch.src == it).any()) for batch in islice(lesson_plan(always, VOCABULARIES), 4))


@pytest.mark.parametrize("name", RECIPES)
def test_rows_drawn_at_once_are_those_of_the_examples(name: str) -> None:
    """A task may draw its rows without a loop; a training must not be able to tell."""
    recipe = dataclasses.replace(RECIPES[name], steps=9, batch=8, pool=64, pronouns_from=0.0)
    vocabularies = vocabularies_of(recipe)
    rows = rows_of(list(islice(TASKS[name].examples(recipe.seed, "train"), 64)), vocabularies)
    expected = Pool(rows).batches(8, Random(recipe.seed))
    for batch, other in zip(islice(lesson_plan(recipe, vocabularies), 20), expected, strict=False):
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


@pytest.mark.parametrize("done", [0, 1, 4, 8, 21])
def test_a_plan_goes_on_where_another_stopped(done: int) -> None:
    recipe = dataclasses.replace(TINY, steps=30)
    whole = list(islice(lesson_plan(recipe, VOCABULARIES), 30))
    rest = list(islice(lesson_plan(recipe, VOCABULARIES, done), 30 - done))
    for batch, other in zip(whole[done:], rest, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


def test_a_sentence_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="max_len must be at least"):
        lesson_plan(dataclasses.replace(TINY, max_len=3), VOCABULARIES)


# --- drawn while training --------------------------------------------------------------------------------------------

DRAWN = dataclasses.replace(TINY, steps=40, pool=50, draw=20, pronouns_from=0.0)


def sources(batches: list[Batch]) -> list[tuple[int, ...]]:
    return [tuple(x for x in row.tolist() if x != PAD) for batch in batches for row in batch.src]


def test_every_pass_takes_each_drawn_sentence_once() -> None:
    """Handfuls of 20, 20 and 10: three, three and two batches of at most 8."""
    plan = lesson_plan(DRAWN, VOCABULARIES)
    expected = sorted(tuple(VOCABULARIES[0].encode(example.src).ids) for example in examples(50))
    for _ in range(3):
        assert sorted(sources(list(islice(plan, 8)))) == expected


def test_the_passes_differ_and_the_seed_decides() -> None:
    first, again, other = (
        sources(list(islice(lesson_plan(dataclasses.replace(DRAWN, seed=seed), VOCABULARIES), 24)))
        for seed in (DRAWN.seed, DRAWN.seed, DRAWN.seed + 1)
    )
    assert first == again != other
    assert first[:50] != first[50:100] != first[100:150]


@pytest.mark.parametrize("done", [0, 1, 3, 7, 8, 13, 39])
def test_a_drawn_plan_goes_on_where_another_stopped(done: int) -> None:
    whole = list(islice(lesson_plan(DRAWN, VOCABULARIES), 40))
    for batch, other in zip(whole[done:], lesson_plan(DRAWN, VOCABULARIES, done), strict=False):
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


def test_the_first_batch_waits_for_one_handful_only() -> None:
    drawn: list[Example] = []

    class Watched(type(TASK)):  # type: ignore[misc]
        def examples(self, seed: int, split: Split) -> Iterator[Example]:
            for example in super().examples(seed, split):
                drawn.append(example)
                yield example

    recipe = dataclasses.replace(DRAWN, pool=20_000, steps=10_000)
    next(lesson_plan(recipe, VOCABULARIES, task=Watched()))
    assert len(drawn) == DRAWN.draw


def test_own_pairs_are_drawn_once_however_large_the_pool_is() -> None:
    corpus = Corpus([Pair(f"word w{i}", f"mot m{i}") for i in range(60)])
    for draw in (0, 16):
        recipe = dataclasses.replace(DRAWN, task=OWN, pool=10_000, steps=200, draw=draw, vocabulary_size=0)
        task = OwnTask(corpus)
        n_batches = sum(-(-n // 8) for n in ((16, 16, 16, task.n_train - 48) if draw else (task.n_train,)))
        found = sources(list(islice(lesson_plan(recipe, task.vocabularies(), task=task), n_batches)))
        assert len(found) == len(set(found)) == task.n_train


def test_a_drawn_sentence_that_is_too_long_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="max_len must be at least"):
        lesson_plan(dataclasses.replace(DRAWN, max_len=3), VOCABULARIES)
