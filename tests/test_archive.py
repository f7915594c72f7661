"""A run travels as one file: the same bytes each time, the same run when it is back, and nothing else ever comes in."""

import io
import json
import random
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import models
from archives import WAYS, rezip, spoil
from damage import ACCIDENTS, damage, edit_json, reseal, tree_of
from transformer import load_run, runs
from transformer.model import Transformer
from transformer.run_files import archive
from transformer.run_files.archive import pack_run, sweep_incoming, unpack_run
from transformer.run_files.sealed import MANIFEST, TRAINER
from transformer.run_files.zip_list import MOST_BYTES, MOST_UNPACKED, ArchiveError, members_of
from transformer.runs import RunError, RunWriter
from transformer.training import Recipe, vocabularies_of

MB = 1024 * 1024


def make_run(path: Path, **trainer: torch.Tensor) -> Path:
    """Write a finished run with every file that a run may have."""
    recipe = Recipe(d_model=8, heads=2, encoder_layers=1, decoder_layers=1, d_ff=8)
    vocabularies = vocabularies_of(recipe)
    torch.manual_seed(0)
    model = Transformer(recipe.config(vocabularies)).eval()
    writer = RunWriter(path, "fr", model.config, vocabularies, {"seed": 1})
    writer.metric({"step": 1, "loss": 2.5})
    for step in (0, 1):
        picture = torch.full((2, 3, 3), 85, dtype=torch.uint8).numpy()
        writer.snapshot(step, {"0.decoder.0.cross_attn.weights": picture})
    blocks = ("encoder.0.self_attn", "decoder.0.self_attn", "decoder.0.cross_attn")
    heads = {"blocks": {block: [{"entropy": 0.5}] * 2 for block in blocks}}
    writer.finish(model, {"exact_match": 0.5}, heads, trainer or None)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("whole") / "fr-12ab")


@pytest.fixture(scope="module")
def packed(whole: Path) -> bytes:
    return pack_run(whole)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """An empty folder of runs, in which nothing half done may be left."""
    place = tmp_path / "runs"
    place.mkdir()
    yield place
    left = list((place / archive.INCOMING).glob("*"))
    assert not left, "something was left in the hidden folder"
    assert {path.name for path in tmp_path.iterdir()} == {"runs"}, "something came out of the folder of runs"


def refused(data: bytes, root: Path) -> ArchiveError:
    """Give the refusal of an archive; nothing may have come of it."""
    with pytest.raises(ArchiveError) as caught:
        unpack_run(io.BytesIO(data), root)
    assert [path for path in root.iterdir() if path.name != archive.INCOMING] == []
    return caught.value


# --- packing ---------------------------------------------------------------------------------------------------------


def test_the_archive_is_an_ordinary_zip_of_the_run(whole: Path, packed: bytes) -> None:
    """The oracle is Python's own reader."""
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.testzip() is None
        assert opened.namelist()[0] == MANIFEST
        files = {name: opened.read(name) for name in opened.namelist()}
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
    assert files.keys() == tree_of(whole).keys()
    assert {name: data for name, data in files.items() if name != MANIFEST} == {
        name: data for name, data in tree_of(whole).items() if name != MANIFEST
    }
    assert json.loads(files[MANIFEST])["files"] == json.loads((whole / MANIFEST).read_bytes())["files"]


def test_the_same_run_gives_the_same_bytes(whole: Path, packed: bytes, tmp_path: Path) -> None:
    copy = shutil.copytree(whole, tmp_path / "later")
    for path in copy.rglob("*"):
        path.touch()
    assert pack_run(copy) == packed


def test_what_only_resuming_needs_stays_at_home(packed: bytes, tmp_path: Path) -> None:
    run = make_run(tmp_path / "fr-12ab", generator=torch.zeros(3, dtype=torch.uint8))
    assert (run / TRAINER).exists()
    assert pack_run(run) == packed


def test_what_cannot_be_carried_says_so(whole: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(whole, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"?")
    with pytest.raises(RunError, match="damaged"):
        pack_run(damaged)
    recipe = Recipe(d_model=8, heads=2, encoder_layers=1, decoder_layers=1, d_ff=8)
    vocabularies = vocabularies_of(recipe)
    RunWriter(tmp_path / "young", "fr", recipe.config(vocabularies), vocabularies, {})
    with pytest.raises(ArchiveError, match="no weights yet"):
        pack_run(tmp_path / "young")
    large = shutil.copytree(whole, tmp_path / "large")
    with (large / "metrics.jsonl").open("ab") as file:
        file.truncate(MOST_BYTES)
    with pytest.raises(ArchiveError, match="an archive may have") as caught:
        pack_run(large)
    assert caught.value.why == "large_run"


# --- and back --------------------------------------------------------------------------------------------------------


def test_there_and_back_is_the_same_run(whole: Path, packed: bytes, root: Path) -> None:
    name = unpack_run(io.BytesIO(packed), root)
    assert name == "fr-12ab"
    assert pack_run(root / name) == packed
    before, after = load_run(whole), load_run(root / name)
    for one, other in zip(before.model.parameters(), after.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert (before.info, before.heads, before.src_vocab.tokens) == (after.info, after.heads, after.src_vocab.tokens)


def test_a_name_that_is_taken_gets_another_one(packed: bytes, root: Path) -> None:
    names = [unpack_run(io.BytesIO(packed), root) for _ in range(5)]
    assert len(set(names)) == 5
    assert names[0] == "fr-12ab"
    assert all(re.fullmatch(r"fr-[0-9a-f]{4}", name) for name in names)


def test_a_shipped_name_is_taken(root: Path) -> None:
    shipped = pack_run(runs.SHIPPED_RUNS / "reverse")
    assert re.fullmatch(r"reverse-[0-9a-f]{4}", unpack_run(io.BytesIO(shipped), root))


def test_packed_by_another_program_it_is_the_same_run(packed: bytes, root: Path) -> None:
    other = rezip(packed)
    assert len(other) < len(packed)
    assert pack_run(root / unpack_run(io.BytesIO(other), root)) == packed


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/x",
        "a/b",
        "CON",
        "nul",
        "com1",
        "",
        ".",
        "..",
        ".hidden",
        "a" * 300,
        "🐈",
        "Fr-1",
        None,
        7,
        [],
        {},
        "x\n",
    ],
    ids=repr,
)
def test_a_run_may_not_choose_where_it_lies(
    whole: Path, root: Path, tmp_path_factory: pytest.TempPathFactory, name: object
) -> None:
    copy = shutil.copytree(whole, tmp_path_factory.mktemp("named") / "copy")
    edit_json(copy / "config.json", lambda info: info.update(name=name))
    reseal(copy)
    given = unpack_run(io.BytesIO(pack_run(copy)), root)
    assert re.fullmatch(r"fr-[0-9a-f]{4}", given)
    assert load_run(root / given).info["name"] == name


def test_a_task_may_not_choose_it_either(whole: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = shutil.copytree(whole, tmp_path_factory.mktemp("tasked") / "copy")
    edit_json(copy / "config.json", lambda info: info.update(name="..", task="../../x"))
    reseal(copy)
    assert re.fullmatch(r"run-[0-9a-f]{4}", unpack_run(io.BytesIO(pack_run(copy)), root))


# --- hostile ---------------------------------------------------------------------------------------------------------


def with_flags(data: bytes, flags: int) -> bytes:
    """Set flags of the first file in both places."""
    spoilt, (at,) = bytearray(data), struct.unpack_from("<L", data, len(data) - 6)
    struct.pack_into("<H", spoilt, 6, flags)
    struct.pack_into("<H", spoilt, at + 8, flags)
    return bytes(spoilt)


def with_attributes(data: bytes, mode: int) -> bytes:
    spoilt, (at,) = bytearray(data), struct.unpack_from("<L", data, len(data) - 6)
    struct.pack_into("<L", spoilt, at + 38, mode << 16)
    return bytes(spoilt)


def twice(data: bytes) -> bytes:
    buffer = io.BytesIO(data)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(buffer, "a") as opened:
        opened.writestr("config.json", b"{}")
    return buffer.getvalue()


def one_on_the_other(data: bytes) -> bytes:
    """Let every entry of the list point at the first file, as bombs of overlapping files do."""
    spoilt, (at,) = bytearray(data), struct.unpack_from("<L", data, len(data) - 6)
    while spoilt[at : at + 4] == b"PK\1\2":
        struct.pack_into("<L", spoilt, at + 42, 0)
        at += 46 + sum(struct.unpack_from("<3H", spoilt, at + 28))
    return bytes(spoilt)


def big(data: bytes) -> bytes:
    """Add the end of a zip of more than 4 GB, which says where another list lies."""
    return data[:-22] + struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1) + data[-22:]


def with_comment(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 4) + b"PK\5\6"


def adding(name: str, content: bytes = b"?") -> Callable[[bytes], bytes]:
    return lambda data: rezip(data, lambda files: files.update({name: content}))


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda data: b"", "no_zip"),
    "its first half": (lambda data: data[: len(data) // 2], "unusual"),
    "text": (lambda data: b"step,loss\n1,2\n" * 100, "no_zip"),
    "a picture": (lambda data: b"\x89PNG\r\n\x1a\n" + bytes(500), "no_zip"),
    "an empty zip": (lambda data: b"PK\5\6" + bytes(18), "foreign"),
    "a path upwards": (adding("../../x"), "foreign"),
    "a path from the root": (adding("/etc/x"), "foreign"),
    "a path of Windows": (adding("..\\x"), "foreign"),
    "a folder": (adding("snapshots/"), "foreign"),
    "a program": (adding("run.py"), "foreign"),
    "pickled weights": (adding("model.pt"), "foreign"),
    "a state for resuming": (adding(TRAINER), "foreign"),
    "a name that is not ours": (adding("模型.json"), "foreign"),
    "a file that no manifest lists": (adding("snapshots/000009.safetensors"), "foreign"),
    "no manifest": (lambda data: rezip(data, lambda files: files.pop(MANIFEST)), "foreign"),
    "the manifest last": (
        lambda data: rezip(data, lambda files: files.update({MANIFEST: files.pop(MANIFEST)})),
        "foreign",
    ),
    "a file twice": (twice, "foreign"),
    "a file missing": (lambda data: rezip(data, lambda files: files.pop("config.json")), "no_run"),
    "a password": (lambda data: with_flags(data, 1), "unusual"),
    "sizes after the data": (lambda data: with_flags(data, 8), "unusual"),
    "a link": (lambda data: with_attributes(data, 0o120777), "unusual"),
    "a device": (lambda data: with_attributes(data, 0o060777), "unusual"),
    "another way of packing": (lambda data: rezip(data, method=zipfile.ZIP_LZMA), "unusual"),
    "files in one place": (one_on_the_other, "unusual"),
    "a second list": (big, "unusual"),
    "a comment": (with_comment, "unusual"),
    "something before it": (lambda data: b"#!/bin/sh\n" + data, "unusual"),
    "something after it": (lambda data: data + b"\n", "unusual"),
    "a changed byte": (lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], "unusual"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_run_is_refused_with_its_reason(packed: bytes, root: Path, what: str) -> None:
    spoil_it, why = HOSTILE[what]
    said = refused(spoil_it(packed), root)
    assert said.why == why, said
    assert "\n" not in str(said)
    assert str(root) not in str(said)


def bomb(name: str, size: int, **more: bytes) -> bytes:
    """Pack a file of zeros, a thousandth of its size, behind a manifest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for first, content in {MANIFEST: b"{}", **more}.items():
            opened.writestr(first, content)
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        with opened.open(info, "w") as file:
            for _ in range(size // MB):
                file.write(bytes(MB))
    return buffer.getvalue()


def lying(data: bytes, size: int) -> bytes:
    """Let the last file of an archive say that it is small."""
    spoilt, (at,) = bytearray(data), struct.unpack_from("<L", data, len(data) - 6)
    start = 0
    while spoilt[at : at + 4] == b"PK\1\2":
        entry, (start,) = at, struct.unpack_from("<L", spoilt, at + 42)
        at += 46 + sum(struct.unpack_from("<3H", spoilt, at + 28))
    struct.pack_into("<L", spoilt, entry + 24, size)
    struct.pack_into("<L", spoilt, start + 22, size)
    flags = spoilt[start + 6]
    spoilt[start + 6] = spoilt[entry + 8] = flags & ~8
    return bytes(spoilt)


def test_bombs_are_refused_before_they_grow(root: Path) -> None:
    assert refused(bomb("metrics.jsonl", 39 * MB), root).why == "bomb"
    assert refused(bomb("metrics.jsonl", 60 * MB), root).why == "large"
    assert refused(bomb("config.json", 2 * MB), root).why == "large"
    assert refused(lying(bomb("metrics.jsonl", 39 * MB), 1000), root).why in ("bomb", "unusual")
    many = {f"snapshots/{n:06d}.safetensors": b"" for n in range(3000)}
    assert refused(bomb("config.json", 0, **many), root).why == "many"
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, 2**31, 2**31, 0)
    assert refused(bytes(100) + tail, root).why == "many"


def test_an_archive_that_is_too_large_is_not_read(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("large") / "large.zip"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with path.open("rb") as file, pytest.raises(ArchiveError) as caught:
        unpack_run(file, root)
    assert caught.value.why == "large"
    assert MOST_UNPACKED >= MOST_BYTES


BOMBS = """
import io, resource, sys
from pathlib import Path
from transformer.run_files.archive import unpack_run
from transformer.run_files.zip_list import ArchiveError
root, *names = map(Path, sys.argv[1:])
for n, path in enumerate(names):
    with path.open("rb") as file:
        try:
            unpack_run(file, root)
            assert n == 0, path
        except ArchiveError:
            assert n > 0, path
    if n == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_refusing_bombs_takes_no_memory(packed: bytes, root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Measured in a process of its own, after an honest run has been brought in: less than 20 MB more."""
    place = tmp_path_factory.mktemp("bombs")
    noise = random.Random(0).randbytes(3 * MB)  # so that the whole does not look like a bomb
    bombs = [
        packed,
        bomb("metrics.jsonl", 39 * MB),
        huge := bomb("metrics.jsonl", 60 * MB),
        lying(huge, 1000),
        lying(bomb("model.safetensors", 50 * MB, **{"snapshots/000001.safetensors": noise}), 30 * MB),
        one_on_the_other(bomb("config.json", 0, **{f"snapshots/{n:06d}.safetensors": noise for n in range(5)})),
        bomb("config.json", 0, **{f"snapshots/{n:09d}.safetensors": b"" for n in range(4000)}),
    ]
    paths = [place / f"{n}.zip" for n in range(len(bombs))]
    for path, data in zip(paths, bombs, strict=True):
        path.write_bytes(data)
    command = [sys.executable, "-c", BOMBS, str(root), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False)
    assert done.returncode == 0, done.stderr
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 20 * MB


@models.counts(1000)
def test_a_thousand_spoilt_archives(packed: bytes, root: Path, count: int) -> None:
    """Each is refused, or harmless: then it is the very run that was packed."""
    rng, ways, accepted, said = random.Random(count), set(), 0, []
    for n in range(count):
        data, way = spoil(packed, rng)
        ways.add(way)
        try:
            name = unpack_run(io.BytesIO(data), root)
        except ArchiveError as error:  # and no other error
            said.append(str(error))
            continue
        assert pack_run(root / name) == packed, f"number {n} changed the run: {way}"
        shutil.rmtree(root / name)
        accepted += 1
    assert ways == {way.__name__ for way in WAYS}
    assert 0 < accepted < count // 2
    assert not [text for text in said if "\n" in text or len(text) > 400 or str(root) in text]
    assert {path.name for path in root.iterdir()} <= {archive.INCOMING}


@models.counts(300)
def test_damaged_runs_do_not_come_in(
    whole: Path, root: Path, tmp_path_factory: pytest.TempPathFactory, count: int
) -> None:
    """What load_run refuses of a folder, unpack_run refuses of an archive."""
    rng, copy = random.Random(count), tmp_path_factory.mktemp("damaged") / "copy"
    for _ in range(count):
        shutil.copytree(whole, copy)
        damage(copy, rng)
        files = {name: data for name, data in tree_of(copy).items() if isinstance(data, bytes)}
        order = sorted(files, key=lambda name: (name != MANIFEST, name))
        shutil.rmtree(copy)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
            for name in order:
                opened.writestr(zipfile.ZipInfo(name), files[name])
        try:
            name = unpack_run(buffer, root)
        except ArchiveError:
            continue
        assert load_run(root / name)
        shutil.rmtree(root / name)
    assert ACCIDENTS


def test_the_list_is_read_without_the_files(packed: bytes) -> None:
    class Counting(io.BytesIO):
        total = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.total += len(data)
            return data

    file = Counting(packed)
    assert members_of(file)[0].name == MANIFEST
    assert file.total < 4000


def test_a_disk_that_is_full_leaves_nothing(packed: bytes, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    said = refused(packed, root)
    assert (said.why, "No space left" in str(said)) == ("disk", True)


def test_what_a_killed_server_left_is_swept(root: Path) -> None:
    left = root / archive.INCOMING / "abc" / "run"
    left.mkdir(parents=True)
    (left / "config.json").write_text("{}")
    moment = (root / archive.INCOMING / "abc").stat().st_mtime
    sweep_incoming(root, moment - 10)
    assert left.exists()
    sweep_incoming(root, moment + 10)
    assert not left.exists()
