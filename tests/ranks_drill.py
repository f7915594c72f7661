"""Trainings that test_ranks.py has torchrun start on two ranks: what each rank knows when it is over lands in a file.

    torchrun --standalone --nproc-per-node 2 tests/ranks_drill.py FOLDER

The test runs `drill` once more in its own process, alone, to have something to compare with.
"""

import contextlib
import dataclasses
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from transformer.model import Transformer
from transformer.train import arguments, run_command
from transformer.training import Recipe, Wish, measure, resume, session, start, train, watch
from transformer.training.measure import Exam
from transformer.training.ranks import ranks_here

SIZES = {"d_model": 16, "heads": 2, "encoder_layers": 1, "decoder_layers": 1, "d_ff": 16}
# 46 sentences in batches of 15: the shares of a batch are unequal, and of the last batch one rank gets nothing
ODD = Recipe(task="fr", steps=36, batch=15, pool=46, warmup=4, dropout=0.0, label_smoothing=0.1, **SIZES)
SHORT = dataclasses.replace(ODD, steps=12, dropout=0.2)  # which falls anew on every rank
LOST = dataclasses.replace(SHORT, steps=20, learning_rate=0.9, warmup=1, norm_first=True, schedule="constant")
FEW = {"N_TEST": 6, "N_VALID": 4, "N_CONFIRM": 6, "N_SENTENCES": 2}
TARGET_AFTER, STOP_AFTER, PAUSE_AFTER = 2, 7, 5


class Wisher:
    """Wish something after so many steps."""

    def __init__(self, wish: Wish, after: int) -> None:
        self.wish, self.left = wish, after

    def __call__(self) -> Wish:
        self.left -= 1
        return self.wish if self.left <= 0 else "go"


def flags(recipe: Recipe) -> list[str]:
    """Write a recipe as the flags of the command."""
    found = []
    for name, value in dataclasses.asdict(recipe).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            found.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            found += [f"--{flag}", str(value)]
    return found


@contextlib.contextmanager
def quick() -> Iterator[list[Transformer]]:
    """Measure on few sentences, tell every step but write few pictures, and collect the models that are made."""
    made: list[Transformer] = []

    def make(*arguments: Any) -> Transformer:
        made.append(Transformer(*arguments))
        return made[-1]

    with contextlib.ExitStack() as stack:
        for name, count in FEW.items():
            stack.enter_context(mock.patch.object(measure, name, count))
        stack.enter_context(mock.patch.object(session, "METRICS_EVERY", 1))
        stack.enter_context(mock.patch.object(session, "frame_steps", lambda steps: [steps]))
        stack.enter_context(mock.patch.object(session, "CHECK_EVERY", 3))
        stack.enter_context(mock.patch.object(watch, "FOR_LONG", 6))
        stack.enter_context(mock.patch.object(start, "Transformer", make))
        yield made


def fingerprint(model: Transformer) -> str:
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(parameter.detach().numpy().tobytes())
    return digest.hexdigest()


def drill(out: Path) -> dict[str, Any]:
    """Train in every way that there is to end; say for each what came back, and what the weights were."""
    told: dict[str, Any] = {}
    with quick() as made, ranks_here() as ranks:

        def tell(name: str, answer: Any) -> None:
            told[name] = {"answer": answer, "weights": fingerprint(made[-1])}
            ranks.agree(True)  # until here the first one may still be writing the end of a run that is read next

        told["rank"] = [ranks.rank, ranks.n]
        values = vars(arguments().parse_args([*flags(ODD), "--out", str(out / "command")]))
        tell("command", run_command(values, ranks))
        tell("whole", train(SHORT, out / "whole", ranks=ranks))
        tell("paused", train(SHORT, out / "paused", wishes=Wisher("pause", PAUSE_AFTER), ranks=ranks))
        made.clear()  # a resumed model is read from the run
        told["resumed"] = {"answer": resume(out / "paused", ranks=ranks)}
        ranks.agree(True)
        told["again"] = {"answer": resume(out / "paused", ranks=ranks)}
        tell("stopped", train(SHORT, out / "stopped", wishes=Wisher("stop", STOP_AFTER), ranks=ranks))
        tell("diverged", train(LOST, out / "diverged", ranks=ranks))
        with mock.patch.object(Exam, "passed", side_effect=[False] * TARGET_AFTER + [True]):
            tell("target", train(dataclasses.replace(SHORT, target=0.5), out / "target", ranks=ranks))
        try:
            train(dataclasses.replace(SHORT, batch=1), out / "narrow", ranks=ranks)
        except ValueError as error:
            told["narrow"] = str(error)
    return told


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    found = drill(folder)
    (folder / f"rank{found['rank'][0]}.json").write_text(json.dumps(found))
