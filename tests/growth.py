"""Measure by how much a process grows when it trains: `python growth.py '{"batch": 600}' ...` prints bytes.

Each recipe is trained for two steps in a fresh copy of this process, which itself has trained nothing.
"""

import dataclasses
import json
import os
import resource
import sys
from itertools import islice
from pathlib import Path

import torch

from transformer.model import Transformer
from transformer.training import Recipe, lesson_plan, training_steps, vocabularies_of

FEW = Recipe(pool=1500, pronouns_from=0.0)


def growth_of(recipe: Recipe) -> int:
    """Train for two steps on the longest sentences; return the bytes by which this process has grown at its peak."""
    vocabularies = vocabularies_of(recipe)
    epoch = islice(lesson_plan(recipe, vocabularies), max(1, recipe.n_pool // recipe.batch))
    largest = max(epoch, key=lambda batch: batch.src.numel() + batch.tgt_in.numel())
    before = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    model = Transformer(recipe.config(vocabularies))
    best = [parameter.detach().clone() for parameter in model.parameters()]
    for _ in training_steps(model, dataclasses.replace(recipe, steps=2), iter([largest, largest])):
        pass
    assert best
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before


if __name__ == "__main__":
    torch.set_num_threads(1)
    for changes in sys.argv[1:]:
        if (process := os.fork()) == 0:
            print(growth_of(dataclasses.replace(FEW, **json.loads(changes))), flush=True)
            os._exit(0)
        os.waitpid(process, 0)
