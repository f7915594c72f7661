"""A run comes back as it was saved, or it is refused with one clear sentence: nothing in between."""

import dataclasses
import errno
import hashlib
import json
import os
import pickle
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load as arrays_from_bytes
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

import models
from transformer import runs
from transformer.model import Transformer
from transformer.run_files import sealed
from transformer.run_files.sealed import RunError
from transformer.runs import RunWriter, find_run, list_runs, load_run, save_run
from transformer.vocab import SPECIALS, WordVocabulary

WORDS = [*SPECIALS, *"abcdefgh"]
VOCABULARIES = (WordVocabulary(WORDS), WordVocabulary(WORDS))
HEADS = {
    "blocks": {
        block: [{"entropy": 0.5}] * 2
        for block in ("encoder.0.self_attn", "decoder.0.self_attn", "decoder.0.cross_attn")
    }
}
SRC, TGT_IN = torch.tensor([[4, 5, 6], [7, 8, 0]]), torch.tensor([[1, 4], [1, 5]])


def tiny_model(seed: int = 0, **changes: Any) -> Transformer:
    sizes = {"src_vocab_size": 12, "tgt_vocab_size": 12, "n_heads": 2, "d_model": 8, "d_ff": 8, "max_len": 8}
    return models.tiny_model(seed, **{**sizes, "n_encoder_layers": 1, "n_decoder_layers": 1, **changes})


def logits(model: Transformer) -> torch.Tensor:
    with torch.no_grad():
        return model(SRC, TGT_IN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run with every kind of file in it but the trainer's."""
    writer = RunWriter(tmp_path / "x", None, tiny_model().config, VOCABULARIES, {"seed": 1})
    writer.metric({"step": 1, "loss": 2.5})
    writer.snapshot(1, {"0.decoder.0.cross_attn.weights": np.eye(3, dtype=np.float16)})
    writer.finish(tiny_model(), {"exact_match": 0.5}, HEADS)
    return tmp_path / "x"


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def reseal(folder: Path) -> None:
    """Forge the manifest so that every checksum fits: what is refused now is refused for what it says."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}
    files.pop("manifest.json", None)
    entries = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "files": entries}))


def edit_json(path: Path, change: Callable[[dict], None]) -> None:
    values = json.loads(path.read_text("utf-8"))
    change(values)
    path.write_text(json.dumps(values), "utf-8")


def refused(folder: Path, words: str) -> None:
    """The run is refused with one sentence that holds these words, names the run and shows no path of the machine."""
    with pytest.raises(RunError, match=words) as caught:
        load_run(folder)
    message = str(caught.value)
    assert folder.name in message and str(folder.parent) not in message and "\n" not in message


# --- round trip ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"norm_first": True},
        {"tie_embeddings": True},
        {"position": "none", "activation": "gelu"},
        *({part: False} for part in models.PARTS),
        {**dict.fromkeys(models.PARTS, False), "norm_first": True},
    ],
    ids=lambda settings: "-".join(settings) or "paper",
)
def test_a_saved_model_gives_the_same_logits(tmp_path: Path, settings: dict) -> None:
    model = tiny_model(3, **settings)
    run = load_run(save_run(model, VOCABULARIES, tmp_path / "x"))
    assert torch.equal(logits(run.model), logits(model))
    assert run.model.config == model.config


def test_a_loaded_run_has_everything_that_was_written(folder: Path) -> None:
    run = load_run(folder)
    assert (run.name, run.path, run.task, run.heads) == ("x", folder, None, HEADS)
    assert run.info["results"] == {"exact_match": 0.5} and run.info["training"] == {"seed": 1}
    assert run.src_vocab.tokens == WORDS and run.tgt_vocab.tokens == WORDS
    assert json.loads((folder / "metrics.jsonl").read_text()) == {"step": 1, "loss": 2.5}
    film = arrays_from_bytes((folder / "snapshots" / "000001.safetensors").read_bytes())
    np.testing.assert_array_equal(film["0.decoder.0.cross_attn.weights"], np.eye(3))


def test_a_loaded_model_is_for_looking_only(folder: Path) -> None:
    model = load_run(folder).model
    assert not model.training and not any(p.requires_grad for p in model.parameters())


def test_loading_leaves_the_random_generator_alone(folder: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_run(folder)
    assert torch.equal(torch.rand(3), expected)


def test_translate_and_trace_agree(folder: Path) -> None:
    run = load_run(folder)
    ids = run.decode(run.encode("a b c"))
    assert run.translate("a b c") == run.tgt_vocab.decode(ids)
    trace = run.trace("a b c")
    assert trace.src_tokens == ["a", "b", "c"]
    words = trace["logits"][:, 1:].argmax(axis=-1) + 1  # padding, id 0, is never written
    assert words.tolist() == ids  # row t of the one traced pass writes word t


@pytest.mark.parametrize(("text", "words"), [("", "no word"), ("  \u200b . ", "no word"), ("a " * 9, "9 words")])
def test_a_text_that_cannot_be_read(folder: Path, text: str, words: str) -> None:
    run = load_run(folder)
    for method in (run.translate, run.trace):
        with pytest.raises(ValueError, match=words):
            method(text)


def test_the_example_is_a_sentence_of_the_model(tmp_path: Path) -> None:
    assert load_run(save_run(tiny_model(), VOCABULARIES, tmp_path / "x", example="b a")).example == "b a"
    assert load_run(save_run(tiny_model(), VOCABULARIES, tmp_path / "y")).example == "a b c d e"


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_run_in_training_is_written_step_by_step(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    writer = RunWriter(folder, "no such task", tiny_model().config, VOCABULARIES, {})
    refused(folder, "no weights yet")
    writer.metric({"step": 1, "loss": 1.0})
    writer.save(tiny_model(1), {"adam.step": torch.tensor(7)})
    writer.metric({"step": 2, "loss": float("nan")})
    run = load_run(folder)  # the second line is not sealed yet, and that is no damage
    assert torch.equal(logits(run.model), logits(tiny_model(1)))
    assert int(tensors_from_bytes((folder / "trainer.safetensors").read_bytes())["adam.step"]) == 7
    writer.finish(tiny_model(2), {"exact_match": 1.0})
    run = load_run(folder)
    assert torch.equal(logits(run.model), logits(tiny_model(2))) and run.info["results"] == {"exact_match": 1.0}
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert lines == [{"step": 1, "loss": 1.0}, {"step": 2, "loss": None}]


def test_a_shipped_run_has_no_trainer(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "x", None, tiny_model().config, VOCABULARIES, {})
    writer.finish(tiny_model(), {}, trainer={"rng": torch.get_rng_state()})
    (tmp_path / "x" / "trainer.safetensors").unlink()
    load_run(tmp_path / "x")


def test_a_run_is_not_overwritten_unless_asked_for(folder: Path) -> None:
    with pytest.raises(RunError, match="a run already"):
        RunWriter(folder, None, tiny_model().config, VOCABULARIES, {})
    writer = RunWriter(folder, None, tiny_model().config, VOCABULARIES, {}, replace=True)
    writer.finish(tiny_model(9), {})
    assert torch.equal(logits(load_run(folder).model), logits(tiny_model(9)))
    assert not list((folder / "snapshots").iterdir()) and not (folder / "heads.json").exists()


@pytest.mark.parametrize("names", [["thesis.txt"], ["config.json"], ["manifest.json", "thesis.txt"]])
def test_other_people_s_files_are_never_touched(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("mine")
    with pytest.raises(RunError):
        save_run(tiny_model(), VOCABULARIES, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(names, "mine")


def test_a_model_that_no_reader_would_take_is_not_saved(tmp_path: Path) -> None:
    model = tiny_model()
    model.config = dataclasses.replace(model.config, max_len=9000)
    with pytest.raises(RunError, match="max_len=9000 is more than the limit"):
        save_run(model, VOCABULARIES, tmp_path / "x")


def test_a_model_that_diverged_is_not_saved(folder: Path) -> None:
    before, model = files_of(folder), tiny_model()
    with torch.no_grad():
        model.generator.bias[0] = float("inf")
    with pytest.raises(RunError, match=r"generator\.bias.*not finite"):
        save_run(model, VOCABULARIES, folder)
    assert files_of(folder) == before
    load_run(folder)


def test_vocabularies_of_another_model_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="tgt vocabulary has 4 tokens, but the model was made for 12"):
        save_run(tiny_model(), (VOCABULARIES[0], WordVocabulary([*SPECIALS])), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_full_disk_keeps_the_save_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        path.write_bytes(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sealed, "_write_through", full)
    with pytest.raises(RunError, match=r"No space left on device.*is kept"):
        save_run(tiny_model(9), VOCABULARIES, folder)
    monkeypatch.undo()
    assert torch.equal(logits(load_run(folder).model), logits(tiny_model()))
    save_run(tiny_model(9), VOCABULARIES, folder)
    assert torch.equal(logits(load_run(folder).model), logits(tiny_model(9)))


class Killed(BaseException):
    """The process ends here: no handler runs."""


def kill_at(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Let the n-th operation on the disk (a write cut in half, a rename, a removal) be the last one."""
    count = iter(range(1_000_000))

    def dying(operation: Callable) -> Callable:
        def replacement(*arguments: object) -> object:
            if next(count) == n:
                raise Killed
            return operation(*arguments)

        return replacement

    def half_written(path: Path, data: bytes) -> None:
        if next(count) == n:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data[: len(data) // 2])
            raise Killed
        write(path, data)

    write = sealed._write_through
    monkeypatch.setattr(sealed, "_write_through", half_written)
    monkeypatch.setattr(os, "replace", dying(os.replace))
    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))


def test_a_save_that_is_killed_anywhere_leaves_the_old_run_or_the_new(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, seen = logits(tiny_model()), logits(tiny_model(9)), []
    for n in range(100):
        copy = shutil.copytree(folder, tmp_path / f"copy{n}")
        with monkeypatch.context() as patch:
            kill_at(patch, n)
            try:
                save_run(tiny_model(9), VOCABULARIES, copy)
            except Killed:
                killed = True
            else:
                killed = False
        found = logits(load_run(copy).model)
        assert torch.equal(found, old) or torch.equal(found, new)
        seen.append(torch.equal(found, new))
        save_run(tiny_model(5), VOCABULARIES, copy)  # and the next save goes well
        assert torch.equal(logits(load_run(copy).model), logits(tiny_model(5)))
        assert not list(copy.rglob("*.new"))
        if not killed:
            break
    assert seen == sorted(seen) and not seen[0] and seen[-1] and seen.count(True) > 3  # one moment decides


def test_a_reader_meets_whole_runs_only_while_another_saves(folder: Path) -> None:
    saved = [tiny_model(seed) for seed in range(2)]
    expected, stop = [logits(model) for model in saved], threading.Event()

    def save_again_and_again() -> None:
        n = 0
        while not stop.is_set():
            save_run(saved[n % 2], VOCABULARIES, folder)
            n += 1

    writer = threading.Thread(target=save_again_and_again)
    writer.start()
    try:
        for _ in range(40):
            found = logits(load_run(folder).model)
            assert any(torch.equal(found, logits_) for logits_ in expected)
    finally:
        stop.set()
        writer.join()


# --- damage ----------------------------------------------------------------------------------------------------------


def mutate(folder: Path, rng: random.Random) -> str:
    """Damage one file of a run and say how."""
    path = rng.choice(files_of(folder))
    data = bytearray(path.read_bytes())
    kind = rng.choice(("flip", "bytes", "cut", "grow", "remove", "swap"))
    if kind == "flip":
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == "bytes":
        start = rng.randrange(len(data))
        data[start : start + 64] = rng.randbytes(min(64, len(data) - start))
    elif kind == "cut":
        del data[rng.randrange(len(data)) :]
    elif kind == "grow":
        if path.name in (
            "metrics.jsonl",
            "manifest.json",
        ):  # a log may grow; white space at the end of JSON is no change
            data[:0] = b"x"
        data += rng.randbytes(rng.randrange(1, 100))
    elif kind == "remove":
        path.unlink()
        return f"removed {path.name}"
    else:
        other = rng.choice([p for p in files_of(folder) if p.read_bytes() != bytes(data)])
        data = other.read_bytes()
    path.write_bytes(data)
    return f"{kind} {path.name}"


@models.counts(1000)
def test_damage_is_found_out(folder: Path, count: int) -> None:
    rng, copy = random.Random(count), folder.parent / "copy"
    for _ in range(count):
        shutil.copytree(folder, copy)
        damage = mutate(copy, rng)
        try:
            load_run(copy)
        except RunError:
            pass
        else:
            pytest.fail(f"not found out: {damage}")
        shutil.rmtree(copy)


def test_every_cut_of_the_weights_is_found_out(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    for length in range(0, len(data), 97):
        (folder / "model.safetensors").write_bytes(data[:length])
        refused(folder, r"model\.safetensors is damaged")


def test_the_weights_of_another_run_are_found_out(folder: Path, tmp_path: Path) -> None:
    other = save_run(tiny_model(9), VOCABULARIES, tmp_path / "y")
    shutil.copy(other / "model.safetensors", folder / "model.safetensors")
    refused(folder, r"model\.safetensors is damaged")


@pytest.mark.parametrize(
    "name", ["config.json", "vocab.src.json", "heads.json", "metrics.jsonl", "snapshots/000001.safetensors"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, f"{name} is missing")


@pytest.mark.parametrize("name", ["config.json", "vocab.src.json", "vocab.tgt.json", "model.safetensors"])
def test_a_run_needs_its_parts(folder: Path, name: str) -> None:
    (folder / name).unlink()
    reseal(folder)
    refused(folder, "is missing|no weights yet")


def test_heads_are_optional(folder: Path) -> None:
    (folder / "heads.json").unlink()
    reseal(folder)
    assert load_run(folder).heads is None


@pytest.mark.parametrize(
    "name",
    [
        "virus.pkl",
        "model.pt",
        "snapshots/x.safetensors",
        "snapshots/1/2.safetensors",
        "a/b",
        "notes\u202e.txt",
        "x" * 200,
        "config.json.new.new",
    ],
)
def test_a_foreign_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"?")
    refused(folder, "does not belong in a run folder")


def test_what_file_managers_leave_is_no_damage(folder: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"?")
    (folder / "snapshots" / ".DS_Store").write_bytes(b"?")
    load_run(folder)
    save_run(tiny_model(9), VOCABULARIES, folder)
    assert (folder / "snapshots" / ".DS_Store").exists()


def test_a_file_that_the_manifest_does_not_list_is_not_read(folder: Path) -> None:
    edit_json(folder / "manifest.json", lambda manifest: manifest["files"].pop("heads.json"))
    assert load_run(folder).heads is None


@pytest.mark.parametrize("name", ["model.safetensors", "manifest.json", "heads.json", "other.txt", "snapshots"])
def test_links_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "elsewhere"
    if (folder / name).exists():
        shutil.move(folder / name, target)  # the same bytes, but somewhere else
    (folder / name).symlink_to(target)
    refused(folder, "is a link|holds no manifest")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_make_the_reader_wait(folder: Path) -> None:
    (folder / "heads.json").unlink()
    os.mkfifo(folder / "heads.json")
    refused(folder, "does not belong")


BAD_NAMES = [
    "../x.json",
    "../../config.json",
    "/etc/hostname",
    "snapshots/../config.json",
    "snapshots/../../x.safetensors",
    "snapshots\\1.safetensors",
    "CON",
    "C:\\x",
    "x" * 300,
    "\U0001f600",
    "",
    ".",
    "manifest.json",
    "config.json.new",
    "config.json\n",
    "snapshots/١.safetensors",
    "Config.json",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_manifest_cannot_lead_anywhere_else(folder: Path, name: str) -> None:
    entry = {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0}
    edit_json(folder / "manifest.json", lambda manifest: manifest["files"].update({name: entry}))
    refused(folder, "does not belong in a run folder")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"sha256": "0"},
        {"bytes": 0},
        {"sha256": 5, "bytes": 0},
        {"sha256": "0", "bytes": -1},
        {"sha256": "0", "bytes": True},
        {"sha256": "0", "bytes": 1.5},
        {"sha256": "0", "bytes": 10**18},
    ],
)
def test_a_manifest_must_be_complete(folder: Path, entry: object) -> None:
    edit_json(folder / "manifest.json", lambda manifest: manifest["files"].update({"heads.json": entry}))
    refused(folder, "gives no|more than the limit")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"null",
        b'{"format": 1}',
        b'{"format": 2, "files": {}}',
        b'{"format": 1, "files": []}',
        b"[" * 100_000,
        b" " * 2**21,
        b'{"format": 1e999}',
    ],
)
def test_a_manifest_that_is_none(folder: Path, text: bytes) -> None:
    (folder / "manifest.json").write_bytes(text)
    refused(folder, "manifest.json")


# --- forged, with fitting checksums ----------------------------------------------------------------------------------


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    tensors = tensors_from_bytes((folder / "model.safetensors").read_bytes())
    change(tensors)
    (folder / "model.safetensors").write_bytes(tensors_to_bytes(tensors))
    reseal(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t["generator.bias"].fill_(float("nan")), "not finite"),
        (lambda t: t["generator.bias"].__setitem__(3, float("-inf")), "not finite"),
        (lambda t: t.update({"generator.bias": torch.zeros(13)}), r"shape \(13,\), the config needs \(12,\)"),
        (lambda t: t.update({"generator.weight": t["generator.weight"].t().contiguous()}), "shape"),
        (lambda t: t.update({"generator.bias": t["generator.bias"].double()}), "torch.float64"),
        (lambda t: t.update({"generator.bias": t["generator.bias"].half()}), "torch.float16"),
        (lambda t: t.update({"generator.bias": torch.zeros(12, dtype=torch.int64)}), "torch.int64"),
        (lambda t: t.pop("generator.bias"), "lacks 'generator.bias'"),
        (lambda t: t.update({"extra": torch.zeros(1)}), "also holds 'extra'"),
        (lambda t: t.update({"src_embed.position.table": torch.zeros(8, 8)}), "also holds"),
        (lambda t: t.clear(), "lacks"),
    ],
)
def test_weights_must_fit_the_config(folder: Path, change: Callable, words: str) -> None:
    change_weights(folder, change)
    refused(folder, words)


def header_only(header: dict) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 8,
        b"\xff" * 64,
        (2**63).to_bytes(8, "little") + b"{}",
        header_only({"generator.bias": {"dtype": "F32", "shape": [2**33], "data_offsets": [0, 2**35]}}),
        header_only({"generator.bias": {"dtype": "F32", "shape": [2**40, 0], "data_offsets": [0, 0]}}),
        header_only({"generator.bias": {"dtype": "F32", "shape": [2**63, 2**63], "data_offsets": [0, 0]}}),
        header_only({"generator.bias": {"dtype": "F99", "shape": [0], "data_offsets": [0, 0]}}),
        header_only({"generator.bias": {"dtype": "F8_E4M3", "shape": [0], "data_offsets": [0, 0]}}),
        header_only({"generator.bias": {}}),
        header_only({"__metadata__": {"a": "b"}}),
    ],
)
def test_weights_that_are_no_safetensors(folder: Path, data: bytes) -> None:
    (folder / "model.safetensors").write_bytes(data)
    reseal(folder)
    refused(folder, "not a readable safetensors file|lacks")


def test_a_pickle_is_not_opened(folder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for data in (pickle.dumps(Canary(canary)), b"PK\x03\x04" + pickle.dumps(Canary(canary))):
        for name in ("model.safetensors", "config.json", "snapshots/000001.safetensors", "heads.json"):
            broken = shutil.copytree(folder, tmp_path / "copy")
            (broken / name).write_bytes(data)
            reseal(broken)
            if not name.startswith("snapshots"):
                refused(broken, "not a readable|not readable JSON")
            shutil.rmtree(broken)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(format=2), "format 2"),
        (lambda c: c.pop("format"), "format None"),
        (lambda c: c.pop("model"), "no 'model' object"),
        (lambda c: c.update(training=[]), "no 'training' object"),
        (lambda c: c["model"].update(d_model=2**40), "limit of 4096"),
        (lambda c: c["model"].update(n_encoder_layers=10**9), "limit of 64"),
        (lambda c: c["model"].update(max_len=10**12), "limit of 8192"),
        (lambda c: c["model"].update(d_model=4096), "bytes, the config needs"),
        (lambda c: c["model"].update(n_decoder_layers=64), "lacks"),
        (lambda c: c["model"].update(n_heads=3), "cannot be split"),
        (lambda c: c["model"].update(d_model="8"), "describes no model"),
        (lambda c: c["model"].update(dropout=None), "describes no model"),
        (lambda c: c["model"].update(position=["none"]), "describes no model"),
        (lambda c: c["model"].update(surprise=1), "surprise"),
        (lambda c: c["model"].pop("src_vocab_size"), "src_vocab_size"),
        (lambda c: c["model"].update(src_vocab_size=13), "has 12 tokens, but the model was made for 13"),
    ],
)
def test_a_config_must_describe_the_model(folder: Path, change: Callable, words: str) -> None:
    edit_json(folder / "config.json", change)
    reseal(folder)
    refused(folder, words)


@pytest.mark.parametrize("name", ["config.json", "vocab.src.json", "vocab.tgt.json", "heads.json"])
@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{", '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 100_000, '{"a": ' * 100_000]
)
def test_json_that_is_none(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    reseal(folder)
    refused(folder, name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v["words"].append("i"), "has 13 tokens"),
        (lambda v: v["words"].__setitem__(5, "a"), "repeated"),
        (lambda v: v["words"].__setitem__(5, 7), "must be a text"),
        (lambda v: v["words"].__setitem__(2, "stop"), "must begin with"),
        (lambda v: v.update(kind="pieces"), "kind 'pieces'"),
        (lambda v: v.update(kind=[]), "kind"),
        (lambda v: v.pop("normalisation"), "normalisation"),
    ],
)
def test_a_vocabulary_must_fit(folder: Path, change: Callable, words: str) -> None:
    edit_json(folder / "vocab.src.json", change)
    reseal(folder)
    refused(folder, words)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.clear(),
        lambda h: h.update(blocks=[]),
        lambda h: h["blocks"].pop("encoder.0.self_attn"),
        lambda h: h["blocks"].update({"encoder.1.self_attn": [{}, {}]}),
        lambda h: h["blocks"].update({"encoder.0.self_attn": [{}]}),
        lambda h: h["blocks"].update({"encoder.0.self_attn": None}),
    ],
)
def test_heads_must_be_those_of_the_model(folder: Path, change: Callable) -> None:
    edit_json(folder / "heads.json", change)
    reseal(folder)
    refused(folder, "heads of another model")


def test_oversized_files_are_refused_before_they_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sealed.LIMITS, "model.safetensors", 1000)
    refused(folder, r"model\.safetensors has \d+ bytes, more than the limit of 1000")
    monkeypatch.undo()
    monkeypatch.setattr(sealed, "MAX_FILES", 3)
    refused(folder, "more than 3 files")


# --- finding and listing ---------------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    monkeypatch.setattr(runs, "SHIPPED_RUNS", shipped)
    monkeypatch.setattr(runs, "OWN_RUNS", own)
    save_run(tiny_model(1), VOCABULARIES, shipped / "fr")
    save_run(tiny_model(2), VOCABULARIES, own / "mine")
    return shipped, own


def test_a_run_is_found_by_its_name(places: tuple[Path, Path]) -> None:
    shipped, own = places
    assert find_run("fr") == shipped / "fr" and find_run("mine") == own / "mine"
    assert torch.equal(logits(load_run("fr").model), logits(tiny_model(1)))
    assert torch.equal(logits(load_run("mine").model), logits(tiny_model(2)))
    assert load_run(str(own / "mine")).name == "mine"  # a programmer may give a path


@pytest.mark.parametrize(
    "name",
    [
        *BAD_NAMES,
        "..",
        "fr/",
        "./fr",
        "../shipped/fr",
        "fr\n",
        "fr\x00",
        "x" * 41,
        "nobody",
        "~",
        "%2e%2e",
        "fr ",
        "\ud800",
    ],
)
def test_a_name_from_a_url_never_leaves_the_two_folders(places: tuple[Path, Path], name: str) -> None:
    with pytest.raises(RunError, match="there is no run named"):
        find_run(name)
    with pytest.raises(RunError):
        load_run(name) if name != "fr/" else find_run(name)


def test_a_run_that_is_a_link_is_not_found(places: tuple[Path, Path], folder: Path) -> None:
    (places[1] / "link").symlink_to(folder)
    with pytest.raises(RunError, match="no run named 'link'"):
        find_run("link")
    assert {entry.name: entry.error for entry in list_runs()}["link"] is not None


def test_the_list_names_what_is_damaged_and_goes_on(places: tuple[Path, Path]) -> None:
    shipped, own = places
    for name in ("fr", "damaged", "two words", "empty"):
        save_run(tiny_model(3), VOCABULARIES, own / name)
    (own / "damaged" / "model.safetensors").write_bytes(b"?")
    shutil.rmtree(own / "empty")
    (own / "empty").mkdir()
    (own / "note.txt").write_text("not a run")
    found = {entry.path: entry.error for entry in list_runs()}
    assert next(iter(found)) == shipped / "fr"
    assert {path.name for path, error in found.items() if error is None} == {"fr", "mine"}
    assert "damaged" in (found[own / "damaged"] or "")
    assert "shipped run" in (found[own / "fr"] or "")
    assert "letters" in (found[own / "two words"] or "")
    assert "manifest" in (found[own / "empty"] or "")
    assert len(found) == 6


def test_the_list_is_empty_where_there_are_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SHIPPED_RUNS", tmp_path / "none")
    monkeypatch.setattr(runs, "OWN_RUNS", tmp_path / "none either")
    assert list_runs() == []


def test_a_misspelt_name_is_answered_with_the_known_ones(places: tuple[Path, Path]) -> None:
    with pytest.raises(RunError, match=r"no run named 'frr'; there are: fr, mine$"):
        load_run("frr")


@pytest.mark.parametrize("path", ["", ".", "nowhere", "a\x00b", "x" * 5000])
def test_a_path_that_is_no_run(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError):
        load_run(path)
    with pytest.raises(RunError):
        load_run(Path(path))
