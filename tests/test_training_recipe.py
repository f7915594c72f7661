"""What can be chosen about a training: the learning rate step by step, the vocabulary, and what is refused."""

import dataclasses
from itertools import islice

import pytest

from transformer.corpus import Corpus, Pair
from transformer.tasks import TASKS
from transformer.training import OWN, RECIPES, SCHEDULES, TRIED, Recipe, quick, task_of, vocabularies_of
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


# --- what came later -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEDULES)
def test_without_a_warm_up_the_highest_rate_comes_first(name: str) -> None:
    recipe = dataclasses.replace(TINY, schedule=name, warmup=0)
    rates = [recipe.learning_rate_at(step) for step in range(recipe.steps)]
    assert rates[0] == pytest.approx(recipe.learning_rate) and rates == sorted(rates, reverse=True)


def test_a_recipe_of_before_is_read_with_the_defaults() -> None:
    values = dataclasses.asdict(RECIPES["copy"])
    for name in ("draw", "residual", "layer_norm", "causal", "probe"):
        del values[name]
    assert Recipe.from_dict(values) == RECIPES["copy"]
    with pytest.raises(ValueError, match="causal must be bool, got 0"):
        Recipe.from_dict(values | {"causal": 0})
    with pytest.raises(ValueError, match="says nothing about steps"):
        Recipe.from_dict({name: value for name, value in values.items() if name != "steps"})


@pytest.mark.parametrize("name", ["residual", "layer_norm", "causal"])
def test_what_is_left_out_is_left_out_of_the_model(name: str) -> None:
    config = dataclasses.replace(TINY, **{name: False}).config(vocabularies_of(TINY))
    assert getattr(config, name) is False


@pytest.mark.parametrize(
    ("name", "value"),
    [("warmup", -1), ("draw", -1), ("vocabulary_size", -1), ("probe", "x" * 501), ("probe", "a\ud800")],
)
def test_what_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        dataclasses.replace(TINY, **{name: value})  # type: ignore[arg-type]


def test_sentences_cannot_be_drawn_while_some_have_to_wait() -> None:
    with pytest.raises(ValueError, match="draw must be 0 where pronouns_from is above 0"):
        Recipe(draw=100)


@pytest.mark.parametrize("name", [*TASKS, OWN])
def test_the_page_begins_with_a_recipe_that_ends_when_it_is_exact(name: str) -> None:
    recipe = quick(name)
    assert recipe.task == name and recipe.target == 0.99 and recipe.draw > 0
    assert Recipe.from_dict(dataclasses.asdict(recipe)) == recipe


def test_a_model_of_own_pairs_can_read_the_longest_however_it_is_cut() -> None:
    pairs = [Pair(f"a{i} " + "b c " * (i % 9), f"d{i}") for i in range(40)]
    corpus = Corpus(pairs)
    for kind in ("word", "char", "bpe", "unigram"):
        recipe = dataclasses.replace(quick(OWN, corpus), vocabulary=kind)
        task = task_of(recipe, corpus)
        src_vocab, tgt_vocab = vocabularies_of(recipe, task)
        longest = max(max(len(src_vocab.encode(a).ids), len(tgt_vocab.encode(b).ids) + 1) for a, b in pairs)
        assert longest <= recipe.max_len


def test_a_corpus_belongs_to_its_task() -> None:
    corpus = Corpus([Pair(f"word {i}", f"mot {i}") for i in range(30)])
    assert task_of(quick(OWN), corpus).name == OWN and task_of(RECIPES["fr"]) is TASKS["fr"]
    with pytest.raises(ValueError, match="needs a corpus of sentence pairs"):
        task_of(quick(OWN))
    with pytest.raises(ValueError, match="makes its own sentences"):
        task_of(RECIPES["fr"], corpus)
