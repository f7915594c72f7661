"""Train a model on a task: section 5 of the paper, small enough for one CPU core and a minute of patience.

    python -m transformer.train --task fr --out runs/mine           train a model and write it as a run
    python -m transformer.train --resume runs/mine                  go on where it was killed or stopped
    python -m transformer.train --task all --out assets/runs --replace      make every shipped run again
    python -m transformer.train --task own --corpus pairs.tsv --out runs/mine       learn your own sentence pairs

A run is a folder: the weights, the metrics, and a film of the attention of a few fixed sentences while the model learns
(runs.py). The same command on the same machine gives the same run, bit for bit, killed and resumed or not. Every flag
has the value that the shipped run of its task was made with; `--help` lists them. The page Train starts this very
command. Its exit status: 0 it is done, 2 refused, 3 the training diverged and its best weights are kept, 130 stopped.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch

from transformer.config import ACTIVATIONS
from transformer.corpus import Corpus, read_pairs
from transformer.positions import POSITIONS
from transformer.run_files.sealed import MANIFEST
from transformer.runs import RunError
from transformer.scores import SCORES
from transformer.tasks import TASKS
from transformer.training import OWN, RECIPES, SCHEDULES, TOKENIZERS, TRIED, Recipe, quick, resume, train
from transformer.training.ranks import ALONE, Ranks, leads_here, ranks_here

ALL = "all"
DONE, REFUSED, DIVERGED, STOPPED = 0, 2, 3, 130
CHOICES = {
    "task": [*TASKS, OWN, ALL],
    "schedule": SCHEDULES,
    "vocabulary": TOKENIZERS,
    "position": POSITIONS,
    "score": SCORES,
    "activation": ACTIVATIONS,
}
Values = dict[str, Any]


class Arguments(argparse.ArgumentParser):
    """A command line whose refusal is one line, whatever is wrong with it."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"error: {message}\n")


def arguments() -> argparse.ArgumentParser:
    """Build the command line from the recipe, so that the two cannot differ. Only what was given is in its result."""
    parser = Arguments(
        prog="python -m transformer.train",
        usage="%(prog)s (--out RUN | --resume RUN) [--task TASK] [--replace] [--ship] [choices of the recipe]",
        description="Train a small Transformer and write it as a run.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--out", metavar="RUN", help="folder of the run, such as runs/mine; of all runs for --task all")
    parser.add_argument("--resume", metavar="RUN", help="go on with an interrupted training; takes no other flag")
    parser.add_argument("--replace", action="store_true", help="replace a run that is there already")
    parser.add_argument(
        "--corpus", metavar="FILE", help="sentence pairs for --task own, two columns with a tab between"
    )
    parser.add_argument("--ship", action="store_true", help="leave out what only a resumed training would need")
    recipe = parser.add_argument_group("the recipe, with the default of each task where it is not that of fr")
    for field in dataclasses.fields(Recipe):
        flag, default = "--" + field.name.replace("_", "-"), field.default
        if isinstance(default, bool):
            recipe.add_argument(flag, action=argparse.BooleanOptionalAction, help=defaults_of(field.name))
        else:
            kind: Any = type(default)
            recipe.add_argument(flag, type=kind, metavar=kind.__name__.upper(), help=defaults_of(field.name))
    return parser


def defaults_of(name: str) -> str:
    """Say what may be chosen, what the recipe of fr chooses, and which tasks choose otherwise."""
    first = getattr(Recipe(), name)
    others = [f"{task} {value}" for task, recipe in RECIPES.items() if (value := getattr(recipe, name)) != first]
    others = [] if name == "task" else others
    choices = f"one of {', '.join(CHOICES[name])}; " if name in CHOICES else ""
    return f"{choices}default: {first}" + (f" ({', '.join(others)})" if others else "")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    values = vars(arguments().parse_args(argv))
    torch.set_num_threads(1)  # faster for models this small, and the same bits every time
    try:
        with ranks_here() as ranks:
            return run_command(values, ranks)
    except (ValueError, RunError) as error:
        if leads_here():  # of several processes one is enough to say it
            print(f"error: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("\nstopped; --resume goes on from the last save", file=sys.stderr)
        return STOPPED


def run_command(values: Values, ranks: Ranks = ALONE) -> int:
    """Resume, train one task or train them all. values: the flags that were given   ranks: who trains together"""
    bar = sys.stderr if ranks.leads else None
    if "resume" in values:
        require_nothing_else(values, "--resume", {"resume"}, "it goes on with the recipe of the run")
        results = resume(values["resume"], bar=bar, ranks=ranks)
        return report(values["resume"], results) if ranks.leads else DONE
    if "out" not in values:
        raise ValueError("say where to write the run with --out, such as --out runs/mine")
    if values.get("task") == ALL:
        require_nothing_else(values, "--task all", {"task", "out", "replace", "ship"}, "each task has its own recipe")
        if ranks.n > 1:
            raise ValueError("--task all trains one small model after the other: start it without torchrun")
        return train_all(Path(values["out"]), values.get("replace", False))
    out, replace, ship = (values.pop(name, None) for name in ("out", "replace", "ship"))
    corpus = corpus_of(values.pop("corpus", None))
    recipe = dataclasses.replace(recipe_for(values.get("task", Recipe.task), corpus), **values)
    results = train(recipe, out, replace=bool(replace), ship=bool(ship), bar=bar, corpus=corpus, ranks=ranks)
    return report(out, results) if ranks.leads else DONE


def recipe_for(task: str, corpus: Corpus | None) -> Recipe:
    """Return the recipe that a command begins with; an unknown task is refused later, by the recipe itself."""
    return quick(OWN, corpus) if task == OWN else RECIPES.get(task, Recipe())


def corpus_of(file: str | None) -> Corpus | None:
    """Read sentence pairs from a file; ValueError if there is none, or nothing in it that can be learned."""
    if file is None:
        return None
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise ValueError(f"--corpus {file!r} could not be read ({error.strerror})") from error
    return read_pairs(data)


def train_all(out: Path, replace: bool) -> int:
    """Train every task into a folder of its own, ready to be shipped; stop at the first that fails."""
    require_places(out, replace)
    for name, recipe in RECIPES.items():
        print(f"{name}:", file=sys.stderr)
        recipe = dataclasses.replace(recipe, tried=TRIED.get(name, recipe.tried))
        status = report(out / name, train(recipe, out / name, replace=replace, ship=True, bar=sys.stderr))
        if status != DONE:
            return status
    return DONE


def require_places(out: Path, replace: bool) -> None:
    """Raise RunError, before the first training, if a run cannot be written where it belongs."""
    if out.is_file() or (out / MANIFEST).exists():
        raise RunError(f"{out.name!r} is no folder of runs but a {'file' if out.is_file() else 'run'}; choose another")
    taken = [name for name in RECIPES if (out / name).exists() and any((out / name).iterdir())]
    foreign = [name for name in taken if not (out / name / MANIFEST).exists()]
    if foreign:
        raise RunError(f"{', '.join(foreign)} in {out.name!r} hold files that are no run; choose another folder")
    if taken and not replace:
        raise RunError(f"{', '.join(taken)} in {out.name!r} are runs already; add --replace to write over them")


def require_nothing_else(values: Values, flag: str, known: set[str], why: str) -> None:
    """Raise ValueError if flags were given that have no meaning beside another one."""
    others = [f"--{name.replace('_', '-')}" for name in values if name not in known]
    if others:
        raise ValueError(f"{flag} takes no {', '.join(others)}: {why}")


def report(out: str | Path, results: Values) -> int:
    """Say in one line how a training ended; return the exit status."""
    why = "the target is reached" if results.get("stopped") == "target" else "done"
    steps = f", {why} after {results['steps_done']:,} steps" if "steps_done" in results else ""
    print(f"{out}: {results['exact_match']:.1%} of {results['n_test']} test sentences exact{steps}")
    return DIVERGED if results.get("stopped") == "diverged" else DONE


if __name__ == "__main__":
    sys.exit(main())
