"""The film as it travels: every byte is that of the run, every label that of its sentence, and nothing else is sent."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from transformer import runs
from transformer.run_files.sealed import entry_of
from transformer.tasks import TASKS
from transformer.training import Recipe, train, vocabularies_of
from transformer.training.film import probes_of
from transformer.vocab import BOS
from ui import film
from ui.jobs.events import events_of, looks_of
from ui.jobs.progress import Logs, frames
from ui.pack import RefusedError

OWN = "the animal is too tired"
TINY = Recipe(
    steps=12, batch=8, pool=64, warmup=4, d_model=16, heads=2, encoder_layers=1, decoder_layers=1, d_ff=16, probe=OWN
)


def opened(parcel: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a parcel as the browser does."""
    (length,) = struct.unpack("<I", parcel[:4])
    header, body = json.loads(parcel[4 : 4 + length]), parcel[4 + length :]
    arrays = {}
    for name, place in header["tensors"].items():
        assert place["dtype"] == "u1"
        size = int(np.prod(place["shape"]))
        arrays[name] = np.frombuffer(body, np.uint8, size, place["offset"]).reshape(place["shape"])
    return header, arrays


def packed(run: Path, first: int = 0, most: int = 8) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return opened(film.film_parcel(run, Logs(), first, most))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("film") / "tiny"
    train(TINY, run)
    return run


@pytest.fixture
def copied(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "run"))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_film_of_a_shipped_run_is_sent_byte_by_byte(name: str) -> None:
    run = runs.SHIPPED_RUNS / name
    steps = frames(run)
    header, arrays = packed(run, 0, 32)
    assert [frame["step"] for frame in header["frames"]] == steps[:32]
    assert (header["total"], header["next"]) == (len(steps), len(header["frames"]))
    for number, step in enumerate(steps[:32]):
        saved = load_file(run / f"snapshots/{step:06d}.safetensors")
        sent = {key.split(".", 1)[1]: array for key, array in arrays.items() if key.startswith(f"{number}.")}
        assert sent.keys() == saved.keys()
        for key in saved:
            np.testing.assert_array_equal(sent[key], saved[key])
    for key, array in arrays.items():
        _, probe, block, *_ = key.split(".")
        words = header["probes"][int(probe)]
        rows, columns = array.shape[1:]
        assert rows == len(words["src"] if block == "encoder" else words["tgt_out"])
        assert columns == len(words["tgt_in"] if ".self_attn" in key and block == "decoder" else words["src"])
        assert array.shape[0] == header["n_heads"]


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_words_are_those_of_the_probes(name: str) -> None:
    header, _ = packed(runs.SHIPPED_RUNS / name, 0, 1)
    task = TASKS[name]
    vocabularies = vocabularies_of(Recipe(task=name))
    for words, probe in zip(header["probes"], probes_of(task, vocabularies), strict=True):
        src, tgt = vocabularies
        assert probe.tgt is not None
        assert words["src"] == [src.tokens[i] for i in probe.src]
        assert words["tgt_out"] == [tgt.tokens[i] for i in probe.tgt]
        assert words["tgt_in"] == [tgt.tokens[i] for i in [BOS, *probe.tgt[:-1]]]
        assert words["tgt_out"][-1] == "</s>"


def test_a_film_is_sent_piece_by_piece_without_a_gap(tiny: Path) -> None:
    _, whole = packed(tiny, 0, 32)
    found, first = {}, 0
    while True:
        header, arrays = packed(tiny, first, 3)
        assert header["first"] == first
        found |= arrays
        first = header["next"]
        if first == header["total"]:
            break
        assert len(header["frames"]) == 3
    assert found.keys() == whole.keys()
    assert all((found[key] == whole[key]).all() for key in whole)
    header, arrays = packed(tiny, first + 100, 3)
    assert (header["frames"], arrays, header["next"]) == ([], {}, first + 100)


def test_a_large_film_is_sent_in_bounded_pieces(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "MOST_BYTES", 100)
    header, _ = packed(tiny, 0, 32)
    assert (len(header["frames"]), header["next"]) == (1, 1)


def test_one_s_own_sentence_has_at_every_frame_the_words_that_the_model_wrote(tiny: Path) -> None:
    header, arrays = packed(tiny, 0, 32)
    src, tgt = vocabularies_of(TINY)
    assert header["probes"][-1] == {
        "src": [src.tokens[i] for i in src.encode(OWN).ids],
        "tgt_in": None,
        "tgt_out": None,
    }
    own = str(len(header["probes"]) - 1)
    said = {line["step"]: line["probe_ids"] for line in looks_of(tiny) if "probe_ids" in line}
    assert said
    for number, frame in enumerate(header["frames"]):
        rows = arrays[f"{number}.{own}.decoder.0.cross_attn.weights"].shape[1]
        words = frame["probes"][own]
        assert len(words["tgt_in"]) == len(words["tgt_out"]) == rows
        if frame["step"] in said:
            assert words["tgt_out"] == [tgt.tokens[i] for i in said[frame["step"]]]
            assert words["tgt_in"] == [tgt.tokens[i] for i in [BOS, *said[frame["step"]][:-1]]]


def reseal(run: Path, name: str, data: bytes) -> None:
    """Write a file into a run, and into its manifest, as somebody would who means harm."""
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_bytes(data)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"][name] = entry_of(data)
    (run / "manifest.json").write_text(json.dumps(manifest))


def test_words_that_do_not_fit_their_maps_are_numbers(copied: Path) -> None:
    """A wrong label is worse than none."""
    config = json.loads((copied / "config.json").read_text())
    config["training"]["probe"] = "the"
    reseal(copied, "config.json", json.dumps(config).encode())
    header, arrays = packed(copied, 0, 1)
    own = len(header["probes"]) - 1
    rows = arrays[f"0.{own}.encoder.0.self_attn.weights"].shape[1]
    assert header["probes"][own]["src"] == [str(i + 1) for i in range(rows)]
    config["task"] = None
    reseal(copied, "config.json", json.dumps(config).encode())
    header, arrays = packed(copied, 0, 1)
    for n, words in enumerate(header["probes"]):
        assert words["src"] == [str(i + 1) for i in range(len(words["src"]))]
        assert len(words["src"]) == arrays[f"0.{n}.encoder.0.self_attn.weights"].shape[1]


HARM = {
    "a picture that is none": lambda run: reseal(run, "snapshots/000001.safetensors", b"no"),
    "a foreign tensor": lambda run: reseal(run, "snapshots/000001.safetensors", save({"x": np.zeros(3, np.uint8)})),
    "another number of heads": lambda run: reseal(
        run, "snapshots/000001.safetensors", save({"0.encoder.0.self_attn.weights": np.zeros((7, 2, 2), np.uint8)})
    ),
    "a changed byte": lambda run: (run / "snapshots/000001.safetensors").write_bytes(b"x" * 100),
    "no such picture": lambda run: (run / "snapshots/000001.safetensors").unlink(),
    "a manifest that is none": lambda run: (run / "manifest.json").write_text("[]"),
    "a manifest without files": lambda run: (run / "manifest.json").write_text("{}"),
    "entries that are none": lambda run: (run / "manifest.json").write_text(
        '{"files": {"config.json": 7, "vocab.src.json": null, "snapshots/000001.safetensors": []}}'
    ),
    "another vocabulary": lambda run: reseal(run, "vocab.src.json", b"{}"),
    "no manifest": lambda run: (run / "manifest.json").unlink(),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_film_that_was_tampered_with_is_refused(copied: Path, harm: str) -> None:
    HARM[harm](copied)
    with pytest.raises(RefusedError) as caught:
        film.film_parcel(copied, Logs(), 0, 32)
    assert caught.value.status == 404


def test_odd_numbers_in_a_film_are_cut_to_what_a_byte_can_say(copied: Path) -> None:
    weights = {f"0.{block}.weights": np.full((2, 3, 3), odd, np.float32) for block, odd in ODD.items()}
    reseal(copied, "snapshots/000001.safetensors", save(weights))
    header, arrays = packed(copied, 1, 1)
    assert header["frames"][0]["step"] == 1
    for block, value in {"encoder.0.self_attn": 0, "decoder.0.self_attn": 255, "decoder.0.cross_attn": 0}.items():
        assert (arrays[f"1.0.{block}.weights"] == value).all()


ODD = {"encoder.0.self_attn": np.nan, "decoder.0.self_attn": 1e9, "decoder.0.cross_attn": -5.0}


def test_what_a_run_says_about_itself(tiny: Path) -> None:
    facts = film.facts_of(tiny)
    assert (facts["task"], facts["recipe"]["probe"], facts["results"]["steps_done"]) == ("fr", OWN, 12)
    assert facts["model"]["n_heads"] == 2
    assert isinstance(events_of(tiny), list)
    with pytest.raises(RefusedError):
        film.facts_of(tiny / "nowhere")
