"""Ways to damage a run folder: by accident, so that a checksum fails, or on purpose, with checksums that fit."""

import hashlib
import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

GROWING = "metrics.jsonl"


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def reseal(folder: Path) -> None:
    """Forge the manifest so that every checksum fits: what is refused now is refused for what it says."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}
    files.pop("manifest.json", None)
    entries = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "files": entries}))


def edit_json(path: Path, change: Callable[[dict], object]) -> None:
    values = json.loads(path.read_text("utf-8"))
    change(values)
    path.write_text(json.dumps(values), "utf-8")


# --- by accident -----------------------------------------------------------------------------------------------------


def any_file(folder: Path, rng: random.Random) -> Path:
    return rng.choice(files_of(folder))


def flip_a_bit(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def overwrite(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    data = bytearray(path.read_bytes())
    start = rng.randrange(len(data))
    data[start : start + 64] = rng.randbytes(min(64, len(data) - start))
    path.write_bytes(data)


def truncate(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def extend(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    # a log may grow, and white space at the end of JSON is no change: there it is the beginning that is another
    before = b"x" if path.name in (GROWING, "manifest.json") else b""
    path.write_bytes(before + path.read_bytes() + rng.randbytes(rng.randrange(1, 100)))


def remove(folder: Path, rng: random.Random) -> None:
    any_file(folder, rng).unlink()


def swap(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    others = [other.read_bytes() for other in files_of(folder)]
    path.write_bytes(rng.choice([data for data in others if data != path.read_bytes()]))


def add_a_foreign_file(folder: Path, rng: random.Random) -> None:
    stem = "".join(rng.choice("abcXYZ019._- é中\u202e") for _ in range(rng.randrange(1, 40))).strip(". ") or "x"
    place = rng.choice((folder, folder / "snapshots"))
    (place / (stem + rng.choice((".pkl", ".pt", ".json", ".safetensors", ".py", "")))).write_bytes(b"?")


def turn_into_a_link(folder: Path, rng: random.Random) -> None:
    path, target = any_file(folder, rng), folder.parent / f"elsewhere{rng.random()}"
    path.rename(target)
    path.symlink_to(target)


def replace_by_a_folder(folder: Path, rng: random.Random) -> None:
    path = any_file(folder, rng)
    path.unlink()
    path.mkdir()


def edit_the_manifest(folder: Path, rng: random.Random) -> None:
    def change(manifest: dict) -> None:
        name = rng.choice(sorted(manifest["files"]))
        entry = manifest["files"][name]
        nothing = {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0}
        rng.choice(
            [
                lambda: entry.update(bytes=rng.choice((-1, True, None, "7", 2.5, 10**30, entry["bytes"] + 1))),
                lambda: entry.update(sha256=rng.choice((None, 7, "", entry["sha256"].upper() + "0"))),
                lambda: entry.pop(rng.choice(("sha256", "bytes"))),
                lambda: manifest.update(format=rng.choice((None, 0, 2, "1", [], "x" * 5000))),
                lambda: manifest.update(files=rng.choice((None, [], "x", 7))),
                lambda: manifest["files"].update({name: rng.choice((None, [], 7))}),
                lambda: manifest["files"].update({rng.choice(("../x", "/etc/passwd", "", "a\\b", "CON")): nothing}),
                lambda: [
                    manifest["files"].pop(part) for part in ("config.json", "vocab.src.json")[: rng.choice((1, 2))]
                ],
            ]
        )()

    edit_json(folder / "manifest.json", change)


# --- on purpose: every checksum fits ---------------------------------------------------------------------------------


def forge_weights(folder: Path, rng: random.Random) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    name = rng.choice(sorted(tensors))
    tensor = tensors[name]
    spoilt = tensor.clone()
    spoilt.view(-1)[rng.randrange(tensor.numel())] = rng.choice((torch.nan, torch.inf, -torch.inf))
    wrong: list[dict[str, Any]] = [
        {name: spoilt},
        {name: tensor.to(rng.choice((torch.float64, torch.float16, torch.bfloat16, torch.int32)))},
        {name: torch.cat([tensor, tensor])},
        {name: tensor[:-1].contiguous()},
        {name: tensor[None]},
        {name + "x": tensor},
        {rng.choice(("extra", "__class__", "src_embed.position.table")): torch.zeros(rng.randrange(3))},
    ]
    tensors.update(rng.choice(wrong))
    if rng.random() < 0.1:
        tensors.pop(name, None)
        tensors.pop(name + "x", None)
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, path)


def forge_a_header(folder: Path, rng: random.Random) -> None:
    """Declare huge, negative or overlapping tensors in few bytes."""
    path = rng.choice([file for file in files_of(folder) if file.suffix == ".safetensors"])
    n = rng.choice((2**31, 2**40, 2**63, -1))
    entry = {"dtype": rng.choice(("F32", "F64", "U8")), "shape": [n], "data_offsets": [0, rng.choice((0, 4, 4 * n))]}
    header = json.dumps({"generator.bias": entry, "b": entry}).encode()
    length = rng.choice((len(header), 2**63, 2**32, len(header) - 1))
    path.write_bytes(struct.pack("<Q", length) + header + rng.randbytes(rng.choice((0, 4))))


def forge_the_config(folder: Path, rng: random.Random) -> None:
    counts = ("d_model", "d_ff", "n_encoder_layers", "n_decoder_layers", "src_vocab_size", "tgt_vocab_size")

    def change(info: dict) -> None:
        model, count = info["model"], rng.choice(counts)
        rng.choice(
            [
                lambda: model.update(
                    {count: rng.choice((0, -1, 2**40, 10**30, model[count] + 2, "8", 8.0, None, [8]))}
                ),
                lambda: model.update(n_heads=model["n_heads"] * 1000 + 1),
                lambda: model.update(max_len=rng.choice((0, -3, 10**12, "64"))),
                lambda: model.update(position=rng.choice(("klingon", None, ["none"], 3))),
                lambda: model.update(score=rng.choice(("klingon", "", {}))),
                lambda: model.update(activation=rng.choice(("eval", None))),
                lambda: model.update(dropout=rng.choice((1.0, -0.1, None, "0"))),
                lambda: model.update({rng.choice(("__class__", "surprise", "", "x" * 10_000, "a\nb")): 1}),
                lambda: model.pop(rng.choice(("src_vocab_size", "tgt_vocab_size"))),
                lambda: info.update(format=rng.choice((0, 2, None, "1", "x" * 5000, [[[]] * 900]))),
                lambda: info.pop(rng.choice(("model", "training", "results"))),
                lambda: info.update({rng.choice(("model", "training", "results")): rng.choice(([], None, "x"))}),
            ]
        )()

    edit_json(folder / "config.json", change)


def forge_a_vocabulary(folder: Path, rng: random.Random) -> None:
    def change(values: dict) -> None:
        tokens = next(value for value in values.values() if isinstance(value, list))
        i = rng.randrange(4, len(tokens))
        rng.choice(
            [
                lambda: tokens.append("\u2603"),
                lambda: tokens.pop(i),
                lambda: tokens.__setitem__(i, tokens[4] if i > 4 else tokens[5]),
                lambda: tokens.__setitem__(i, rng.choice((7, None, [], {}))),
                lambda: tokens.__setitem__(rng.randrange(4), "stop"),
                lambda: values.update(kind=rng.choice(("klingon", None, [], "", "x" * 5000))),
                lambda: values.update({rng.choice(("surprise", "__init__")): 1}),
                lambda: values.pop(rng.choice(sorted(values))),
            ]
        )()

    edit_json(folder / f"vocab.{rng.choice(('src', 'tgt'))}.json", change)


def forge_the_heads(folder: Path, rng: random.Random) -> None:
    def change(heads: dict) -> None:
        block = rng.choice(sorted(heads["blocks"]))
        rng.choice(
            [
                lambda: heads["blocks"].pop(block),
                lambda: heads["blocks"][block].append({}),
                lambda: heads["blocks"].update({block: rng.choice((None, {}, []))}),
                lambda: heads["blocks"].update({"encoder.99.self_attn": [{}]}),
                lambda: heads.update(blocks=rng.choice(([], None, "x"))),
                lambda: heads.update(start=rng.choice((None, {}, {"block": block, "head": 99}, {"block": []}))),
            ]
        )()

    edit_json(folder / "heads.json", change)


def forge_the_film(folder: Path, rng: random.Random) -> None:
    path = rng.choice(sorted((folder / "snapshots").iterdir()))
    arrays = load_file(path)
    name = sorted(arrays)[0]
    wrong = {
        "0.encoder.99.self_attn.weights": arrays[name],
        "weights": arrays[name],
        "../../x": arrays[name],
        name: arrays[name].to(rng.choice((torch.float64, torch.int64, torch.int8))),
    }
    if rng.random() < 0.3:
        spoilt = arrays[name].float()
        spoilt.view(-1)[0] = rng.choice((torch.nan, torch.inf))
        wrong = {name: spoilt}
    chosen = rng.choice(sorted(wrong))
    save_file({**arrays, chosen: wrong[chosen].clone()}, path)


NO_JSON = ("", "[]", "7", "{", '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 100_000, "\x00", "\ufeff{}")


def write_no_json(folder: Path, rng: random.Random) -> None:
    names = [path for path in files_of(folder) if path.suffix == ".json" and path.name != "manifest.json"]
    rng.choice(names).write_text(rng.choice(NO_JSON))


def write_no_manifest(folder: Path, rng: random.Random) -> None:
    (folder / "manifest.json").write_text(rng.choice(NO_JSON))


ACCIDENTS = (
    flip_a_bit,
    overwrite,
    truncate,
    extend,
    remove,
    swap,
    add_a_foreign_file,
    turn_into_a_link,
    replace_by_a_folder,
    edit_the_manifest,
    write_no_manifest,
)
FORGERIES = (
    forge_weights,
    forge_a_header,
    forge_the_config,
    forge_a_vocabulary,
    forge_the_heads,
    forge_the_film,
    write_no_json,
)


def damage(folder: Path, rng: random.Random) -> str:
    """Damage a run in one way and say which."""
    way = rng.choice(ACCIDENTS + FORGERIES)
    way(folder, rng)
    if way in FORGERIES:
        reseal(folder)
    return way.__name__


def tree_of(folder: Path) -> dict[str, bytes | str]:
    """Give the content of a folder, links as where they point to."""
    return {
        path.relative_to(folder).as_posix(): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }
