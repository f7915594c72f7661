"""A run is a folder: a model with everything needed to use it, to retell its training and to resume it.

    config.json          {"format", "name", "task", "model", "training", "results", "example"}
    vocab.src.json       vocab.tgt.json
    metrics.jsonl        one JSON object per line, written while the training goes on
    snapshots/000100.safetensors   the film: attention of fixed probe sentences after training step 100
    corpus.tsv           the sentence pairs of a person's own training; the other tasks make theirs anew
    heads.json           what each head does, measured once (heads.py)
    model.safetensors    the weights, float32
    trainer.safetensors  optimiser, generator and best weights, for resuming (training/state.py); never shipped
    manifest.json        size and SHA-256 of every file above (run_files/sealed.py)

Everybody reads runs with `load_run`; `run_files/writer.py` writes them. Weights are safetensors, never pickle, which
would run whatever program somebody hid in the file. Everything read is compared with what our own config demands before
it is used (run_files/reader.py). Shown on the Runs page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from transformer.corpus import Corpus, OwnTask
from transformer.decode import greedy_ids
from transformer.model import Transformer
from transformer.run_files.reader import WEIGHTS, check_film, read_heads, read_model, read_parts, read_tensors
from transformer.run_files.sealed import CORPUS, TRAINER, RunError, read_sealed
from transformer.run_files.writer import RunWriter, Vocabularies, save_run
from transformer.tasks import TASKS, Task
from transformer.trace import Trace, trace_pair
from transformer.vocab import BOS, UNK, Vocabulary

__all__ = [
    "Run",
    "RunEntry",
    "RunError",
    "RunWriter",
    "Saved",
    "find_run",
    "list_runs",
    "load_run",
    "load_saved",
    "save_run",
]

ROOT = Path(__file__).resolve().parent.parent
SHIPPED_RUNS = ROOT / "assets" / "runs"
OWN_RUNS = ROOT / "runs"
NAME = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True)
class Run:
    """Hold a trained model with its vocabularies. One Run serves all visitors: read it, never change it."""

    name: str
    path: Path
    model: Transformer
    src_vocab: Vocabulary
    tgt_vocab: Vocabulary
    info: dict[str, Any]  # config.json
    heads: dict[str, Any] | None  # heads.json
    task: Task | None  # None for a model that came without one of our tasks
    example: str  # a source sentence that this model understands

    def encode(self, text: str) -> list[int]:
        """Turn a text into source ids; ValueError if it holds no word, or more than the model can read."""
        ids = self.src_vocab.encode(text).ids
        if not ids:
            raise ValueError("there is no word in this text")
        if len(ids) > self.model.config.max_len:
            raise ValueError(f"the text has {len(ids)} words, this model reads at most {self.model.config.max_len}")
        return ids

    def decode(self, src_ids: list[int]) -> list[int]:
        """Write the target for source ids, most probable word by word; EOS comes last unless max_len stopped it."""
        return greedy_ids(self.model, src_ids)

    def translate(self, text: str) -> str:
        """Translate a text; ValueError as in `encode`."""
        return self.tgt_vocab.decode(self.decode(self.encode(text)))

    def trace(self, text: str) -> Trace:
        """Translate a text and keep every tensor of the pass that wrote the whole translation."""
        src_ids = self.encode(text)
        tgt_in = [
            BOS,
            *self.decode(src_ids)[:-1],
        ]  # row t reads tgt_in[t] and writes the word after it
        return trace_pair(self.model, src_ids, tgt_in, self.src_vocab, self.tgt_vocab)


class Saved(NamedTuple):
    """What a training left behind at its last save."""

    info: dict[str, Any]  # config.json
    vocabularies: tuple[Vocabulary, Vocabulary]
    model: Transformer | None  # ready to be trained on; None if no weights were saved yet
    trainer: dict[str, Tensor]  # what `RunWriter.save` was given; empty if it was given nothing
    corpus: Corpus | None  # a person's own sentence pairs


class RunEntry(NamedTuple):
    """One line of the list of runs; `error` says why the run cannot be used, None if it can."""

    name: str
    path: Path
    error: str | None


def load_run(run: str | Path) -> Run:
    """Load a run by its shipped name, its name under `runs/`, or its path; RunError says what is wrong with it."""
    folder = _named(run) if isinstance(run, str) else None
    folder = folder or Path(run)
    if isinstance(run, str) and NAME.fullmatch(run) and not folder.exists():
        raise RunError(f"there is no run named {run!r}; there are: {', '.join(_names()) or 'none'}")
    try:
        return _load(folder)
    except RunError as error:
        raise RunError(f"run {folder.name!r}: {error}") from error


def find_run(name: str) -> Path:
    """Give the folder of a run that somebody named in a URL; never one outside the two folders of runs.

    RunError for a name with other characters than letters, digits, _ and -, and for one that is not there.
    """
    folder = _named(name)
    if folder is None:
        raise RunError(f"there is no run named {name[:60]!r}")
    return folder


def _named(name: str) -> Path | None:
    if not NAME.fullmatch(name):
        return None
    folders = (SHIPPED_RUNS / name, OWN_RUNS / name)
    return next(
        (folder for folder in folders if folder.is_dir() and not folder.is_symlink()),
        None,
    )


def _names() -> list[str]:
    places = [place for place in (SHIPPED_RUNS, OWN_RUNS) if place.is_dir()]
    return [folder.name for place in places for folder in sorted(place.iterdir()) if _named(folder.name) == folder]


def list_runs() -> list[RunEntry]:
    """List all runs, the shipped ones first. Never raises: a run that cannot be used says why in its entry."""
    return [RunEntry(folder.name, folder, error_of(folder)) for folder in run_folders()]


def run_folders() -> list[Path]:
    """Give the folders that may hold a run, the shipped ones first; hidden ones are left out."""
    folders = []
    for place in (SHIPPED_RUNS, OWN_RUNS):
        found = sorted(folder for folder in place.iterdir() if folder.is_dir()) if place.is_dir() else []
        folders += [folder for folder in found if folder.name[0] != "."]
    return folders


def error_of(folder: Path) -> str | None:
    """Say in a sentence why a folder cannot be used as a run, None if it can."""
    try:
        if not NAME.fullmatch(folder.name):
            return "its name may have 1 to 40 letters, digits, _ and -, and nothing else"
        if _named(folder.name) != folder:
            return "it is a link to another folder, or has the name of a shipped run"
        _load(folder)
    except RunError as error:
        return str(error)
    return None


def load_saved(path: str | Path) -> Saved:
    """Load a run in order to train it further; RunError says what is wrong with it."""
    folder = Path(path)
    try:
        files = read_sealed(folder, TRAINER)
        info, config, vocabularies = read_parts(files)
        model = read_model(config, files[WEIGHTS]).requires_grad_(True) if WEIGHTS in files else None
        trainer = read_tensors(TRAINER, files[TRAINER]) if TRAINER in files else {}
        corpus = corpus_in(files)
    except RunError as error:
        raise RunError(f"run {folder.name!r}: {error}") from error
    return Saved(info, vocabularies, model, trainer, corpus)


def corpus_in(files: Mapping[str, bytes]) -> Corpus | None:
    """Read the sentence pairs that a run brings with it; None if it has none, RunError if they cannot be read."""
    if CORPUS not in files:
        return None
    try:
        return Corpus.from_tsv(files[CORPUS])
    except ValueError as error:
        raise RunError(f"{CORPUS} holds no sentence pairs: {error}") from error


def task_in(files: Mapping[str, bytes], info: Mapping[str, Any], vocabularies: Vocabularies) -> Task | None:
    """Return the task of a run, made from its own sentence pairs if it has any; None for one that is not ours."""
    corpus = corpus_in(files)
    if corpus is not None:
        return OwnTask.with_vocabularies(corpus, vocabularies)
    return TASKS.get(info["task"]) if isinstance(info.get("task"), str) else None


def _load(folder: Path) -> Run:
    files = read_sealed(folder)
    if "config.json" in files and WEIGHTS not in files:
        raise RunError("it has no weights yet: its training has not saved any")
    info, config, (src_vocab, tgt_vocab) = read_parts(files)
    model = read_model(config, files[WEIGHTS])
    heads = read_heads(files["heads.json"], config) if "heads.json" in files else None
    check_film(files, config)
    task = task_in(files, info, (src_vocab, tgt_vocab))
    example = info["example"] if isinstance(info.get("example"), str) else ""
    if not src_vocab.encode(example).ids:
        example = task.example if task else src_vocab.join(src_vocab.tokens[UNK + 1 : UNK + 6])
    return Run(folder.name, folder, model, src_vocab, tgt_vocab, info, heads, task, example)
