"""The bugs: each takes away one thing, from a normal training that has it, and says so in both languages."""

import dataclasses
import itertools

import pytest
import torch

from transformer import Transformer
from transformer.training import Recipe, vocabularies_of
from transformer.training.recipes import RECIPES
from ui import i18n
from ui.experiments import BUGS, compared, menu

# What a person may have chosen before: the values that a bug would take away, and others of the same kind.
CHOSEN = [
    {},
    {"position": "none", "score": "dot", "heads": 1, "warmup": 0, "label_smoothing": 0.0, "norm_first": True},
    {"position": "learned", "score": "cosine", "heads": 2, "warmup": 7, "label_smoothing": 0.2, "norm_first": False},
    {"residual": False, "layer_norm": False, "causal": False},
]


@pytest.mark.parametrize("task", ["reverse", "fr"])
@pytest.mark.parametrize("name", BUGS)
def test_two_trainings_differ_in_one_field_only(name: str, task: str) -> None:
    for chosen in CHOSEN:
        normal, bugged = (
            dataclasses.asdict(one) for one in compared(dataclasses.replace(RECIPES[task], **chosen), name)
        )
        differing = [field for field in normal if normal[field] != bugged[field]]
        assert differing == list(BUGS[name].removes), chosen
        assert len(differing) == 1


@pytest.mark.parametrize("name", BUGS)
def test_what_is_not_lacking_stays_as_it_was_chosen(name: str) -> None:
    chosen = {"position": "rotary", "heads": 2, "warmup": 9, "label_smoothing": 0.3, "norm_first": name != "no_warmup"}
    recipe = dataclasses.replace(Recipe(), **chosen)
    normal, _ = compared(recipe, name)
    assert normal == recipe


def test_scores_that_are_scaled_otherwise_have_no_scaling_to_lose() -> None:
    normal, bugged = compared(dataclasses.replace(Recipe(), score="cosine"), "no_scaling")
    assert (normal.score, bugged.score) == ("scaled_dot", "dot")


@pytest.mark.parametrize("name", BUGS)
def test_a_model_with_the_bug_can_be_built_and_starts_from_the_same_numbers(name: str) -> None:
    """A learned table of positions draws numbers of its own, so there the others start elsewhere; nothing else does."""
    weights = []
    for recipe in compared(dataclasses.replace(RECIPES["reverse"], heads=2, position="sinusoidal"), name):
        torch.manual_seed(recipe.seed)
        model = Transformer(recipe.config(vocabularies_of(recipe)))
        weights.append(model.state_dict())
    normal, bugged = weights
    assert set(bugged) <= set(normal)
    for key in bugged:
        assert torch.equal(normal[key], bugged[key]), key


def test_a_bug_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        compared(Recipe(), "no_luck")


def test_the_menu_says_what_a_page_needs_and_the_words_are_there() -> None:
    entries = menu()
    assert [entry["name"] for entry in entries] == list(BUGS)
    for entry, lang, what in itertools.product(entries, i18n.LANGUAGES, ("title", "says", "watch")):
        text = i18n.say(lang, f"bugs.{entry['name']}.{what}")
        assert text[-1] in "。." or what == "title"


def test_other_words_are_for_texts_that_there_are() -> None:
    """Where a model lacks a part, `bugs.instead.PART.KEY` stands for KEY, with no more placeholders than that has."""
    words = i18n.words("en")
    for key, text in words.items():
        if key.startswith("bugs.instead."):
            part, _, of = key.removeprefix("bugs.instead.").partition(".")
            assert part in ("residual", "layer_norm", "causal")
            assert of in words
            left = text
            for name in ("layer", "n", "row", "reads", "writes", "tgt", "tgts", "sublayer", "word", "length"):
                left = left.replace("{" + name + "}", "") if "{" + name + "}" in words[of] + "{tgt}{tgts}" else left
            assert "{" not in left, key
