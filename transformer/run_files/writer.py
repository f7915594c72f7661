"""Write a run: a finished model at once, or a training as it goes on. What a run is made of: runs.py.

Kill the process at any moment: the last save stands, whole (sealed.py). Used by the training command and by `save_run`.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from safetensors.numpy import save as arrays_to_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from transformer.alignment import on_tokens
from transformer.config import ModelConfig
from transformer.heads import N_SENTENCES, measure_heads
from transformer.model import Transformer
from transformer.run_files.reader import require_size
from transformer.run_files.sealed import (
    CORPUS,
    FILM,
    FORMAT,
    LOG,
    TRAINER,
    Entry,
    RunError,
    entry_of,
    parse_json,
    read_sealed,
    seal,
    to_json,
)
from transformer.tasks import TASKS
from transformer.vocab import Vocabulary

Vocabularies = tuple[Vocabulary, Vocabulary]  # source, target


def save_run(
    model: Transformer,
    vocabularies: Vocabularies,
    path: str | Path,
    *,
    task: str | None = None,
    example: str = "",
    training: Mapping[str, Any] | None = None,
    results: Mapping[str, Any] | None = None,
    heads: Mapping[str, Any] | None = None,
) -> Path:
    """Save a model of your own as a run, replacing one that is there; under `runs/` the pages will find it.

    vocabularies: (source, target)   example: a source sentence to open with   ->  the run's folder
    task: the name in TASKS of what the model has learned: the pages then know right answers, and what its heads do is
    measured on that task's test sentences, unless `heads` brings it
    Raises RunError if the model is too large for a run or has numbers that are not finite, or the folder holds
    anything but a run.
    """
    folder = Path(path)
    _require_readable(model.config)
    info = _info(folder, task, model.config, training or {}, example) | {"results": dict(results or {})}
    files = _first_files(info, vocabularies)
    files["model.safetensors"] = _weights_of(model)
    heads = heads or _heads_of(model, vocabularies, task)
    if heads is not None:
        files["heads.json"] = to_json(heads)
    seal(folder, files, kept={})
    return folder


def _require_readable(config: ModelConfig) -> None:
    try:
        require_size(config)
    except ValueError as error:
        raise RunError(f"the model was not saved: {error}") from error


def _heads_of(model: Transformer, vocabularies: Vocabularies, task: str | None) -> Mapping[str, Any] | None:
    """Measure what the heads do on a known task; None where nothing is known, or no sentence of it can be read."""
    known = TASKS.get(task or "")
    if known is None:
        return None
    examples = [
        on_tokens(example, known.vocabularies(), vocabularies)
        for example in islice(known.examples(0, "test"), N_SENTENCES)
    ]
    was_training = model.training
    try:
        return measure_heads(model.eval(), examples, *vocabularies)
    except ValueError:  # no sentence of the task is written in the words of these vocabularies
        return None
    finally:
        model.train(was_training)


class RunWriter:
    """Write a run while its training goes on. Kill the process at any moment: the last save stands, whole.

    writer = RunWriter("runs/x", "fr", model.config, (src_vocab, tgt_vocab), {"seed": 1, "steps": 3000})
    writer.metric({"step": 100, "loss": 2.1})              as often as you like: one line, at once
    writer.snapshot(100, {"0.encoder.0.self_attn.weights": array})     one picture of the film
    writer.save(model, trainer_state)                      the weights so far; trainer_state for resuming
    writer.finish(model, {"exact_match": 0.998, "n_test": 1000}, heads)

    corpus: a person's own sentence pairs, as bytes, kept in the run
    A folder that holds a run already is refused with RunError, unless `replace` is set; a folder that holds anything
    else is always refused. Every method raises RunError if the disk refuses.
    """

    def __init__(
        self,
        path: str | Path,
        task: str | None,
        config: ModelConfig,
        vocabularies: Vocabularies,
        training: Mapping[str, Any],
        *,
        replace: bool = False,
        corpus: bytes | None = None,
    ) -> None:
        self.path, self.last_step = Path(path), -1  # of the lines of metrics
        if (self.path / "config.json").exists() and not replace:
            raise RunError(f"{self.path.name!r} is a run already; choose another name")
        self._info = _info(self.path, task, config, training)
        self._log_hash, self._log_bytes = hashlib.sha256(), 0
        files = {**_first_files(self._info, vocabularies), LOG: b""} | ({} if corpus is None else {CORPUS: corpus})
        self._entries = seal(self.path, files, kept={})

    @classmethod
    def reopen(cls, path: str | Path, step: int) -> Self:
        """Go on with a run whose last save was after training step `step`: what was written later is taken out.

        step: -1 if nothing was saved yet
        """
        writer = cls.__new__(cls)
        writer.path = Path(path)
        files = read_sealed(writer.path, TRAINER)
        lines = [line for line in files.pop(LOG, b"").splitlines(keepends=True) if _step_of(line) <= step]
        log, writer.last_step = b"".join(lines), _step_of(lines[-1]) if lines else -1
        writer._info = parse_json("config.json", files["config.json"])
        writer._log_hash, writer._log_bytes = hashlib.sha256(log), len(log)
        later = {name for name in files if name.startswith(FILM) and int(Path(name).stem) > step}
        kept = {name: entry_of(data) for name, data in files.items() if name not in later}
        writer._entries = seal(writer.path, {LOG: log}, kept)
        return writer

    def metric(self, values: Mapping[str, Any]) -> None:
        """Append one line of metrics. JSON knows no NaN and no infinity: a number that is not finite becomes null."""
        line = (json.dumps({key: _finite(value) for key, value in values.items()}, allow_nan=False) + "\n").encode()
        try:
            with (self.path / LOG).open("r+b") as file:
                file.truncate(self._log_bytes)  # what a full disk may have left of the line before
                file.seek(self._log_bytes)
                file.write(line)
        except OSError as error:
            raise RunError(f"the metrics could not be written ({error.strerror})") from error
        self._log_hash.update(line)
        self._log_bytes += len(line)
        self.last_step = values.get("step", self.last_step)

    def snapshot(self, step: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Add one picture to the film: named arrays as they were after training step `step`."""
        data = arrays_to_bytes({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        self._seal({f"snapshots/{step:06d}.safetensors": data})

    def save(self, model: Transformer, trainer: Mapping[str, Tensor] | None = None) -> None:
        """Save the weights, and with them everything a resumed training needs: named tensors, generators included."""
        self._seal(self._model_files(model, trainer))

    def finish(
        self,
        model: Transformer,
        results: Mapping[str, Any],
        heads: Mapping[str, Any] | None = None,
        trainer: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Make the last save, with the results and the facts about the heads; without `trainer` it can be shipped."""
        files = self._model_files(model, trainer)
        self._entries.pop(TRAINER, None)
        files["config.json"] = to_json(self._info | {"results": dict(results)})
        if heads is not None:
            files["heads.json"] = to_json(heads)
        self._seal(files)

    def _model_files(self, model: Transformer, trainer: Mapping[str, Tensor] | None) -> dict[str, bytes]:
        files = {"model.safetensors": _weights_of(model)}
        if trainer is not None:
            files[TRAINER] = tensors_to_bytes(_copies(trainer))
        return files

    def _seal(self, files: dict[str, bytes]) -> None:
        log: Entry = {"sha256": self._log_hash.hexdigest(), "bytes": self._log_bytes}
        self._entries = seal(self.path, files, kept={**self._entries, LOG: log})


def _info(
    folder: Path,
    task: str | None,
    config: ModelConfig,
    training: Mapping[str, Any],
    example: str = "",
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": folder.name,
        "task": task,
        "model": config.to_dict(),
        "training": dict(training),
        "results": {},
        "example": example,
    }


def _first_files(info: Mapping[str, Any], vocabularies: Vocabularies) -> dict[str, bytes]:
    src_vocab, tgt_vocab = vocabularies
    for side, vocabulary in (("src", src_vocab), ("tgt", tgt_vocab)):
        size = info["model"][f"{side}_vocab_size"]
        if len(vocabulary) != size:
            raise RunError(f"the {side} vocabulary has {len(vocabulary)} tokens, but the model was made for {size}")
    return {
        "config.json": to_json(info),
        "vocab.src.json": to_json(src_vocab.to_dict()),
        "vocab.tgt.json": to_json(tgt_vocab.to_dict()),
    }


def _weights_of(model: Transformer) -> bytes:
    """Write each parameter once, as float32: tied embeddings are one parameter under two names."""
    tensors = {name: tensor.float() for name, tensor in _copies(dict(model.named_parameters())).items()}
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise RunError(f"the model was not saved: {name} holds numbers that are not finite")
    return tensors_to_bytes(tensors)


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def _step_of(line: bytes) -> int:
    step = parse_json(LOG, line).get("step")
    if not isinstance(step, int):
        raise RunError(f"{LOG} holds a line without a step")
    return step


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
