"""What can be chosen about a training: the learning rate step by step, the vocabulary, and what is refused."""

import dataclasses
from itertools import islice

import pytest

from transformer.tasks import TASKS
from transformer.training import RECIPES, SCHEDULES, TRIED, Recipe, vocabularies_of
from transformer.vocab import UNK

TINY = Recipe(steps=200, warmup=20)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_learning_rate_rises_in_a_straight_line_to_its_top(name: str) -> None:
    recipe = dataclasses.replace(TINY, schedule=name, steps=100_000)  # so long that nothing falls meanwhile
    rates = [recipe.learning_rate_at(step) for step in range(recipe.warmup)]
    for n, rate in enumerate(rates, 1):
        assert rate == pytest.approx(recipe.learning_rate * n / recipe.warmup, rel=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_learning_rate_never_rises_again(name: str) -> None:
    recipe = dataclasses.replace(TINY, schedule=name)
    rates = [recipe.learning_rate_at(step) for step in range(recipe.warmup - 1, recipe.steps)]
    assert rates == sorted(rates, reverse=True) and 0 < rates[-1] <= rates[0] <= recipe.learning_rate * (1 + 1e-9)


def test_the_cosine_ends_at_a_twentieth() -> None:
    assert TINY.learning_rate_at(TINY.steps) == pytest.approx(0.05 * TINY.learning_rate)
    assert TINY.learning_rate_at(TINY.steps // 2) == pytest.approx(0.525 * TINY.learning_rate)


def test_the_paper_s_schedule_is_equation_3() -> None:
    """The paper: lrate = d_model^-0.5 min(step^-0.5, step warmup^-1.5), but for the factor that makes its top ours."""
    recipe = dataclasses.replace(TINY, schedule="paper", d_model=512, learning_rate=(512 * 20) ** -0.5)
    for step in range(1, 201):
        expected = 512**-0.5 * min(step**-0.5, step * 20**-1.5)
        assert recipe.learning_rate_at(step - 1) == pytest.approx(expected)


def test_every_task_has_a_recipe() -> None:
    assert list(RECIPES) == list(TASKS) and all(recipe.task == name for name, recipe in RECIPES.items())
    assert RECIPES["fr"] == Recipe()
    assert TRIED.keys() <= TASKS.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_comes_back_as_it_was_written(name: str) -> None:
    recipe = RECIPES[name]
    assert Recipe.from_dict(dataclasses.asdict(recipe) | {"torch": "2.13.0", "threads": 1}) == recipe


@pytest.mark.parametrize("kind", ["char", "word", "bpe", "unigram"])
@pytest.mark.parametrize("task", TASKS)
def test_a_vocabulary_made_from_sentences_knows_them(task: str, kind: str) -> None:
    recipe = dataclasses.replace(RECIPES[task], vocabulary=kind, vocabulary_size=60)
    found = list(islice(TASKS[task].examples(0, "train"), 200))
    try:
        src_vocab, tgt_vocab = vocabularies_of(recipe)
    except ValueError:  # so few figures, or so many characters, give no 60 pieces
        with pytest.raises(ValueError, match=rf"{kind} pieces: these sentences give \d+ to \d+ pieces, not 60"):
            vocabularies_of(recipe)
        return
    assert src_vocab.kind == tgt_vocab.kind == kind
    for example in found:
        src, tgt = src_vocab.encode(example.src).ids, tgt_vocab.encode(example.tgt).ids
        assert src and tgt and UNK not in src and UNK not in tgt
        assert tgt_vocab.encode(tgt_vocab.decode(tgt)).ids == tgt


def test_a_tied_model_has_one_vocabulary() -> None:
    src_vocab, tgt_vocab = vocabularies_of(Recipe(vocabulary="bpe", tie_embeddings=True))
    assert src_vocab is tgt_vocab and len(src_vocab) == Recipe.vocabulary_size
    assert UNK not in src_vocab.encode("the animal l'animal était").ids
    both = vocabularies_of(dataclasses.replace(RECIPES["copy"], tie_embeddings=True))  # the same letters on both sides
    assert both[0].tokens == both[1].tokens
    with pytest.raises(ValueError, match="task 'fr' has two"):
        vocabularies_of(Recipe(tie_embeddings=True))


def test_making_a_vocabulary_again_gives_the_same_one() -> None:
    for kind in ("bpe", "unigram", "char", "word"):
        first, again = (vocabularies_of(Recipe(vocabulary=kind)) for _ in range(2))
        assert [vocabulary.to_dict() for vocabulary in first] == [vocabulary.to_dict() for vocabulary in again]


@pytest.mark.parametrize(("name", "value"), [("clip", float("inf")), ("steps", 1_000_001), ("steps", 10**30)])
def test_what_no_run_could_hold_is_refused_before_the_training(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be"):
        dataclasses.replace(TINY, **{name: value})
