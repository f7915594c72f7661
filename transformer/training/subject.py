"""What a training is about: one of our tasks, or the sentence pairs that a person brought."""

from transformer.corpus import Corpus, OwnTask
from transformer.tasks import TASKS, Task
from transformer.training.recipe import OWN, Recipe, Vocabularies


def task_of(recipe: Recipe, corpus: Corpus | None = None, vocabularies: Vocabularies | None = None) -> Task:
    """Return what a recipe trains; ValueError if it needs sentence pairs and there are none, or the other way round.

    corpus: the pairs of a recipe whose task is "own"   vocabularies: theirs, if they have been made already
    """
    if recipe.task != OWN:
        if corpus is not None:
            raise ValueError(f"task {recipe.task!r} makes its own sentences: choose task {OWN!r} to train on a corpus")
        return TASKS[recipe.task]
    if corpus is None:
        raise ValueError(f"task {OWN!r} needs a corpus of sentence pairs")
    if vocabularies is not None:
        return OwnTask.with_vocabularies(corpus, vocabularies)
    return OwnTask(corpus, recipe.vocabulary, recipe.vocabulary_size, recipe.tie_embeddings)


def n_different(recipe: Recipe, task: Task) -> int:
    """Count the training examples that are drawn: no more than a person's own pairs are."""
    return min(recipe.n_pool, task.n_train) if isinstance(task, OwnTask) else recipe.n_pool
