"""Choose how the texts of a task are cut into tokens: as the task itself does, or by characters, words or pieces."""

from itertools import islice

from transformer.corpus import OwnTask
from transformer.tasks import Task
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.subject import task_of
from transformer.vocab import Normalisation, Vocabulary, make_vocabulary

N_SENTENCES = 2000  # training examples that a vocabulary is made from; always the same ones


def vocabularies_of(recipe: Recipe, task: Task | None = None) -> Vocabularies:
    """Return the source and the target vocabulary of a recipe. task: None for the one that the recipe names

    A model that ties its embeddings has one vocabulary for both sides, made from the texts of both. ValueError if
    the task's own vocabularies are not alike, or if the texts cannot give so many pieces.
    """
    task = task or task_of(recipe)
    own = task.vocabularies()
    if isinstance(task, OwnTask):  # made as the recipe says, from all the pairs that are learned
        return own
    if recipe.vocabulary == "task":
        if recipe.tie_embeddings and own[0].tokens != own[1].tokens:
            raise ValueError(
                f"tie_embeddings needs one vocabulary for both sides, but task {recipe.task!r} has two;"
                " choose the vocabulary char, word, bpe or unigram"
            )
        return own
    examples = list(islice(task.examples(0, "train"), N_SENTENCES))
    src, tgt = [example.src for example in examples], [example.tgt for example in examples]
    if recipe.tie_embeddings:
        both = made_from(src + tgt, recipe, own[0])
        return both, both
    return made_from(src, recipe, own[0]), made_from(tgt, recipe, own[1])


def made_from(texts: list[str], recipe: Recipe, own: Vocabulary) -> Vocabulary:
    """Make a vocabulary of the kind that the recipe names. own: the task's, whose spelling rules are kept"""
    rules = getattr(own, "normalisation", None)
    normalisation = rules if isinstance(rules, Normalisation) else Normalisation()
    return make_vocabulary(recipe.vocabulary, texts, recipe.vocabulary_size, normalisation)
