"""Read the files of a run and compare each with what our own config demands; a file has no say in names or shapes.

What is refused here is refused although its checksum fits: somebody wrote it so. What a run is made of: runs.py.
"""

import re
import reprlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from torch import Tensor

from transformer.config import ModelConfig
from transformer.model import Transformer
from transformer.run_files.head_facts import are_facts
from transformer.run_files.sealed import FILM, FORMAT, LIMITS, RunError, parse_json
from transformer.vocab import VOCABULARIES, Vocabulary

WEIGHTS = "model.safetensors"
FILMED = (torch.uint8, torch.float16, torch.float32)  # how a picture may write its weights
LONGEST_QUOTE = 200  # characters
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


class Parts(NamedTuple):
    """What every run begins with, read and checked."""

    info: dict[str, Any]  # config.json
    config: ModelConfig
    vocabularies: tuple[Vocabulary, Vocabulary]


def read_parts(files: Mapping[str, bytes]) -> Parts:
    """Read config and vocabularies; RunError says which of them is wrong, and how."""
    for name in ("config.json", "vocab.src.json", "vocab.tgt.json"):
        if name not in files:
            raise RunError(f"{name} is missing")
    info = parse_json("config.json", files["config.json"])
    config = _read_config(info)
    src_vocab = _read_vocabulary("vocab.src.json", files["vocab.src.json"], config.src_vocab_size)
    tgt_vocab = _read_vocabulary("vocab.tgt.json", files["vocab.tgt.json"], config.tgt_vocab_size)
    return Parts(info, config, (src_vocab, tgt_vocab))


def _read_config(info: dict[str, Any]) -> ModelConfig:
    if info.get("format") != FORMAT:
        raise RunError(f"config.json has format {reprlib.repr(info.get('format'))}, this program reads format {FORMAT}")
    for key in ("model", "training", "results"):
        if not isinstance(info.get(key), dict):
            raise RunError(f"config.json has no {key!r} object")
    try:
        _require_small(info["model"])
        return ModelConfig.from_dict(info["model"])
    except (ValueError, TypeError) as error:
        raise RunError(f"config.json describes no model: {_short(error)}") from error


def _require_small(values: Mapping[str, Any]) -> None:
    for name, most in LARGEST.items():
        value = values.get(name)
        if isinstance(value, int) and value > most:
            raise ValueError(f"{name}={value} is more than the limit of {most}")


def require_size(config: ModelConfig) -> None:
    """Raise ValueError if no run can hold a model of this config."""
    _require_small(config.to_dict())
    if (wanted := 4 * config.n_parameters) > LIMITS[WEIGHTS]:
        raise ValueError(f"the weights would need {wanted:,} bytes, more than the limit of {LIMITS[WEIGHTS]:,}")


def _read_vocabulary(name: str, data: bytes, size: int) -> Vocabulary:
    values = parse_json(name, data)
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in VOCABULARIES:
        raise RunError(f"{name} is a vocabulary of kind {reprlib.repr(kind)}, known are {sorted(VOCABULARIES)}")
    try:
        vocabulary = VOCABULARIES[kind].from_dict(values)
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(f"{name} describes no vocabulary: {_short(error)}") from error
    if len(vocabulary) != size:
        raise RunError(f"{name} has {len(vocabulary)} tokens, but the model was made for {size}")
    return vocabulary


def read_model(config: ModelConfig, data: bytes) -> Transformer:
    """Build the model that the config describes and fill it; the file has no say in names, shapes or types."""
    tensors = read_tensors(WEIGHTS, data)
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


def read_tensors(name: str, data: bytes) -> dict[str, Tensor]:
    """Read a safetensors file; RunError for one that is none."""
    try:
        return tensors_from_bytes(data)
    except (SafetensorError, ValueError, OverflowError, KeyError) as error:
        raise RunError(f"{name} is not a readable safetensors file") from error


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


def read_heads(data: bytes, config: ModelConfig) -> dict[str, Any]:
    """Read heads.json; RunError if it tells of other heads than this model has, or what no measurement says."""
    heads = parse_json("heads.json", data)
    blocks, known = heads.get("blocks"), _blocks(config)
    start = heads.get("start", {"block": known[-1], "head": 0})  # where a page begins to look
    if (
        not isinstance(blocks, dict)
        or sorted(blocks) != sorted(known)
        or any(not isinstance(facts, list) or len(facts) != config.n_heads for facts in blocks.values())
        or not isinstance(start, dict)
        or start.get("block") not in known
        or start.get("head") not in range(config.n_heads)
    ):
        raise RunError("heads.json describes the heads of another model")
    if not are_facts(heads, known, config.n_heads):
        raise RunError("heads.json says something of a head that was never measured so")
    return heads


def check_film(files: Mapping[str, bytes], config: ModelConfig) -> None:
    """Raise RunError for a picture of the film that shows no attention of this model."""
    names = re.compile(rf"\d+\.(?:{'|'.join(map(re.escape, _blocks(config)))})\.weights")
    for file in files:
        if file.startswith(FILM):
            for name, tensor in read_tensors(file, files[file]).items():
                if not names.fullmatch(name) or tensor.dtype not in FILMED:
                    raise RunError(f"{file} holds {name[:60]!r} as {tensor.dtype}, which is no picture of this model")
                if not bool(tensor.isfinite().all()):
                    raise RunError(f"{file} holds numbers in {name} that are not finite")


def _short(error: Exception) -> str:
    """Quote an error that quotes the file: what stands there may be long, and of several lines."""
    text = " ".join(str(error).split())
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "..."


def _blocks(config: ModelConfig) -> list[str]:
    decoder = [f"decoder.{n}.{kind}_attn" for n in range(config.n_decoder_layers) for kind in ("self", "cross")]
    return [f"encoder.{n}.self_attn" for n in range(config.n_encoder_layers)] + decoder
