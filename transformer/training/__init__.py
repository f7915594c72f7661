"""Train a model on a task: section 5 of the paper. The command is `python -m transformer.train`; what is in which file:

recipe      everything that can be chosen        recipes     what was chosen for each task
schedules   the learning rate, step by step      memory      what a training will need, said beforehand
batches     the sentences as rows of ids         vocabularies   how they are cut into tokens
loop        one step after the other             measure     how good the model is by now
watch       has it gone wrong? which was best?   film        what its heads look at while it learns
state       all that a resumed training needs    session     all of this put together
start       begin a training, or resume one      bar         what a person reads meanwhile
wishes      pause, or stop and keep              worker      a process that trains one job
live        gradients, speed, what it says       births      when a head was born
pace        how long it will take                subject     which task: one of ours, or a person's own pairs
ranks       one training on several processes    follow      what all but the first of them do
"""

from transformer.training.batches import Batch, Pool, lesson_plan, rows_of
from transformer.training.births import Event, births
from transformer.training.loop import DivergedError, Taken, loss_of, optimiser_for, training_steps
from transformer.training.measure import N_TEST, N_VALID
from transformer.training.memory import Estimate, estimate
from transformer.training.recipe import OWN, TOKENIZERS, Recipe
from transformer.training.recipes import RECIPES, TRIED, quick
from transformer.training.schedules import SCHEDULES
from transformer.training.start import resume, train
from transformer.training.subject import task_of
from transformer.training.vocabularies import vocabularies_of
from transformer.training.wishes import FileWishes, Wish, Wishes

__all__ = [
    "N_TEST",
    "N_VALID",
    "OWN",
    "RECIPES",
    "SCHEDULES",
    "TOKENIZERS",
    "TRIED",
    "Batch",
    "DivergedError",
    "Estimate",
    "Event",
    "FileWishes",
    "Pool",
    "Recipe",
    "Taken",
    "Wish",
    "Wishes",
    "births",
    "estimate",
    "lesson_plan",
    "loss_of",
    "optimiser_for",
    "quick",
    "resume",
    "rows_of",
    "task_of",
    "train",
    "training_steps",
    "vocabularies_of",
]
