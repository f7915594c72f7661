"""The recipe of each task: the defaults of the training command, and what the shipped runs are made with."""

from typing import Any

from transformer.training.recipe import Recipe

# Letters, sums and dates follow a sharp rule: nothing is dropped while learning it, and fresh examples cost nothing.
RULE: dict[str, Any] = {"pool": 100_000, "pronouns_from": 0.0, "dropout": 0.0, "norm_first": True, "max_len": 32}
# A single head has to do all the reading of its layer, and draws a clear picture of it.
ONE_HEAD: dict[str, Any] = {**RULE, "d_model": 48, "heads": 1, "d_ff": 96, "batch": 48}
# Where places must be found by counting, a learned table is quicker than sinusoids.
LEARNED: dict[str, Any] = {"position": "learned", "activation": "gelu", "weight_decay": 0.1}

VALUES: dict[str, dict[str, Any]] = {  # what differs from the recipe of fr, by task
    "copy": {**RULE, "steps": 600, "heads": 2, "encoder_layers": 1, "decoder_layers": 1},
    "reverse": {**ONE_HEAD, **LEARNED, "steps": 1200, "learning_rate": 5e-3},
    "sort": {**ONE_HEAD, "steps": 1800, "seed": 1},
    "addition": {**RULE, **LEARNED, "steps": 2400},
    "dates": {**RULE, "steps": 1200, "heads": 2, "decoder_layers": 1, "position": "learned", "max_len": 48},
    "fr": {},
    "zh": {
        "seed": 3,
        "steps": 1800,
        "batch": 32,
        "pool": 40_000,
        "pronouns_from": 0.0,
        "label_smoothing": 0.1,
        "max_len": 32,
    },
}

# How many trainings each shipped run was chosen from.
TRIED = {"copy": 9, "reverse": 59, "sort": 19, "addition": 18, "dates": 9, "fr": 132, "zh": 34}

RECIPES: dict[str, Recipe] = {name: Recipe(task=name, **values) for name, values in VALUES.items()}
