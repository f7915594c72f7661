"""A run is a folder: a model with everything needed to use it, to retell its training and to resume it.

    config.json          {"format", "name", "task", "model", "training", "results", "example"}
    vocab.src.json       vocab.tgt.json
    metrics.jsonl        one JSON object per line, written while the training goes on
    snapshots/000100.safetensors   the film: attention of fixed probe sentences after training step 100
    heads.json           what each head does, measured once (heads.py)
    model.safetensors    the weights, float32
    trainer.safetensors  optimiser and generators, for resuming, where a training keeps them; never shipped
    manifest.json        size and SHA-256 of every file above (sealed.py)

Everybody reads runs with `load_run`; `run_writer.py` writes them. Weights are safetensors, never pickle, which would
run whatever program somebody hid in the file. Everything read is compared with what our own config demands before it
is used. Shown on the Runs page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from torch import Tensor

from transformer.config import ModelConfig
from transformer.decode import greedy_ids
from transformer.model import Transformer
from transformer.run_writer import RunWriter, save_run
from transformer.sealed import FORMAT, RunError, parse_json, read_sealed
from transformer.tasks import TASKS, Task
from transformer.trace import Trace, trace_pair
from transformer.vocab import BOS, UNK, VOCABULARIES, Vocabulary

__all__ = ["Run", "RunEntry", "RunError", "RunWriter", "find_run", "list_runs", "load_run", "save_run"]

ROOT = Path(__file__).resolve().parent.parent
SHIPPED_RUNS = ROOT / "assets" / "runs"
OWN_RUNS = ROOT / "runs"
NAME = re.compile(r"[\w-]{1,40}")
SPARE = 1 << 20  # bytes: a model as small as this is built before its shapes are compared
LARGEST = {  # what a config may ask for before any memory is set aside for it
    "src_vocab_size": 200_000,
    "tgt_vocab_size": 200_000,
    "d_model": 4096,
    "n_heads": 256,
    "n_encoder_layers": 64,
    "n_decoder_layers": 64,
    "d_ff": 16384,
    "max_len": 8192,
}


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


def _load(folder: Path) -> Run:
    files = read_sealed(folder)
    for name in ("config.json", "vocab.src.json", "vocab.tgt.json"):
        if name not in files:
            raise RunError(f"{name} is missing")
    if "model.safetensors" not in files:
        raise RunError("it has no weights yet: its training has not saved any")
    info = parse_json("config.json", files["config.json"])
    config = _read_config(info)
    src_vocab = _read_vocabulary("vocab.src.json", files["vocab.src.json"], config.src_vocab_size)
    tgt_vocab = _read_vocabulary("vocab.tgt.json", files["vocab.tgt.json"], config.tgt_vocab_size)
    model = _read_model(config, files["model.safetensors"])
    heads = _read_heads(files["heads.json"], config) if "heads.json" in files else None
    task = TASKS.get(info["task"]) if isinstance(info.get("task"), str) else None
    example = info["example"] if isinstance(info.get("example"), str) else ""
    if not src_vocab.encode(example).ids:
        example = task.example if task else " ".join(src_vocab.tokens[UNK + 1 : UNK + 6])
    return Run(folder.name, folder, model, src_vocab, tgt_vocab, info, heads, task, example)


def _read_config(info: dict[str, Any]) -> ModelConfig:
    if info.get("format") != FORMAT:
        raise RunError(f"config.json has format {info.get('format')!r}, this program reads format {FORMAT}")
    for key in ("model", "training", "results"):
        if not isinstance(info.get(key), dict):
            raise RunError(f"config.json has no {key!r} object")
    for name, most in LARGEST.items():
        value = info["model"].get(name)
        if isinstance(value, int) and value > most:
            raise RunError(f"config.json asks for {name}={value}, more than the limit of {most}")
    try:
        return ModelConfig.from_dict(info["model"])
    except (ValueError, TypeError) as error:
        raise RunError(f"config.json describes no model: {error}") from error


def _read_vocabulary(name: str, data: bytes, size: int) -> Vocabulary:
    values = parse_json(name, data)
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in VOCABULARIES:
        raise RunError(f"{name} is a vocabulary of kind {kind!r}, known are {sorted(VOCABULARIES)}")
    try:
        vocabulary = VOCABULARIES[kind].from_dict(values)
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(f"{name} describes no vocabulary: {error}") from error
    if len(vocabulary) != size:
        raise RunError(f"{name} has {len(vocabulary)} tokens, but the model was made for {size}")
    return vocabulary


def _read_model(config: ModelConfig, data: bytes) -> Transformer:
    """Build the model that the config describes and fill it; the file has no say in names, shapes or types."""
    try:
        tensors = tensors_from_bytes(data)
    except (SafetensorError, ValueError, OverflowError, KeyError) as error:
        raise RunError("model.safetensors is not a readable safetensors file") from error
    wanted = 4 * config.n_parameters  # bytes of float32
    if wanted > 2 * len(data) + SPARE:  # a lie about sizes costs no memory
        raise RunError(f"model.safetensors holds {len(data):,} bytes, the config needs {wanted:,}")
    with torch.random.fork_rng(devices=[]):  # the starting values are thrown away: leave the generator untouched
        model = Transformer(config)
    _compare({name: tuple(p.shape) for name, p in model.named_parameters()}, tensors)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    return model.eval().requires_grad_(False)


def _compare(expected: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor]) -> None:
    for problem, names in (
        ("lacks", expected.keys() - tensors.keys()),
        ("also holds", tensors.keys() - expected.keys()),
    ):
        if names:
            raise RunError(f"model.safetensors {problem} {min(names)[:60]!r}")
    for name, shape in expected.items():
        tensor = tensors[name]
        if tuple(tensor.shape) != shape:
            raise RunError(f"model.safetensors holds {name} of shape {tuple(tensor.shape)}, the config needs {shape}")
        if tensor.dtype != torch.float32:
            raise RunError(f"model.safetensors holds {name} as {tensor.dtype}, not as torch.float32")
        if not bool(tensor.isfinite().all()):
            raise RunError(f"model.safetensors holds numbers in {name} that are not finite")


def _read_heads(data: bytes, config: ModelConfig) -> dict[str, Any]:
    heads = parse_json("heads.json", data)
    expected = {f"encoder.{n}.self_attn" for n in range(config.n_encoder_layers)}
    for n in range(config.n_decoder_layers):
        expected |= {f"decoder.{n}.self_attn", f"decoder.{n}.cross_attn"}
    blocks = heads.get("blocks")
    if not isinstance(blocks, dict) or blocks.keys() != expected:
        raise RunError("heads.json describes the heads of another model")
    if any(not isinstance(of_block, list) or len(of_block) != config.n_heads for of_block in blocks.values()):
        raise RunError("heads.json describes the heads of another model")
    return heads
