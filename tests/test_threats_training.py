"""Hostile corpora, settings, checkpoints and trainings: what the tests of the single modules leave open."""

import dataclasses
import io
import itertools
import json
import os
import pickle
import random
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

import brought
import growth
from archives import rezip
from damage import reseal
from models import counts
from test_archive import make_run
from test_pages import check_unhurt, component, open_page
from test_resume import same
from test_training_worker import TINY, job
from transformer import ModelConfig, Transformer, load_run
from transformer.corpus import Choices, Corpus, OwnTask, clean_pairs
from transformer.corpus.limits import MOST_MB
from transformer.corpus.vocabularies import KINDS
from transformer.positions import POSITIONS
from transformer.run_files.archive import pack_run, unpack_run
from transformer.run_files.zip_list import ArchiveError
from transformer.runs import load_saved
from transformer.training import OWN, Recipe, estimate, lesson_plan, loss_of, measure, memory, start, train
from transformer.training.pace import Calibration
from transformer.training.worker import RUN, WISH, memory_of, outcome_of, part_from_server
from transformer.vocab import BOS, SPECIALS, CharacterVocabulary
from ui import i18n
from ui.jobs import plan
from ui.jobs.limits import NUMBERS
from ui.jobs.plan import plan_of
from ui.jobs.runner import Ended
from ui.jobs.scheduler import cause
from ui.jobs.wanted import recipe_from
from ui.pack import RefusedError

HOUSE = Path(__file__).parent.parent
OLD = HOUSE / "tests" / "golden" / "run-of-format-1.zip"
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs processes that can be copied, and their limits")
WIDTHS = [-8, 0, *range(1, 34), 48, 64, 66, 96, 255, 256, 511, 512, 513]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on few sentences; wait neither for the disk nor for a calibration: nobody pulls the plug here."""
    monkeypatch.setattr(os, "fsync", lambda *_: None)
    monkeypatch.setattr(plan, "calibration", lambda: Calibration(1e-4, 1e-4))
    for name, count in {"N_TEST": 6, "N_VALID": 4, "N_CONFIRM": 6, "N_SENTENCES": 2}.items():
        monkeypatch.setattr(measure, name, count)


def refusal(act: Callable[[], Any]) -> RefusedError:
    """Give the refusal of something, which must be a sentence in every language."""
    with pytest.raises(RefusedError) as caught:
        act()
    for language in i18n.LANGUAGES:
        assert i18n.say(language, caught.value.key, **caught.value.values)
    return caught.value


class Copy:
    """A copy of this process that does something, where limits may be set that no test shall feel."""

    def __init__(self, act: Callable[[], Any]) -> None:
        reading, writing = os.pipe()
        self.process, self.answer = os.fork(), reading
        if self.process == 0:  # it never returns to the tests
            status = 1
            with suppress(BaseException):
                os.write(writing, json.dumps(act()).encode())
                status = 0
            os._exit(status)
        os.close(writing)

    def wait(self) -> Any:
        """Wait until it has ended, and give what it said."""
        with os.fdopen(self.answer, "rb") as file:
            said = file.read()
        assert os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]) == 0
        return json.loads(said)


# --- corpora ---------------------------------------------------------------------------------------------------------


def test_the_upload_road_of_the_frame_takes_no_more_than_ours() -> None:
    """Nobody uses it, but it answers: Streamlit breaks a body off at this limit."""
    server = tomllib.loads((HOUSE / ".streamlit" / "config.toml").read_text())["server"]
    assert server["maxUploadSize"] == MOST_MB
    assert not server["enableStaticServing"]


# What real texts hold between their sentences, and stranger things: nothing but marks, or nothing at all.
NOT_READ = ["* * *", "—", "— — —", "--", "-", "·", "[…]", "/", "#", "¡", "ʼ", "▁", "▁ ▁▁", "‿", "\U000e0001"]
ODD = [("喵", "miaou"), ("3 + 4 = 7", "sept"), ("(￣▽￣)", "😀"), ("½", "½"), ("C'", "c’"), ("▁the ▁cat", "<s> x")]


def test_whatever_is_kept_can_be_read_by_every_vocabulary() -> None:
    """A source without a token would be a row of nothing but padding, and end a training in its middle."""
    good = [*brought.pairs("fr", 40), *ODD]
    bad = [pair for n, text in enumerate(NOT_READ) for pair in ((text, f"x{n}"), (f"y{n}", text))]
    reading = clean_pairs(brought.tsv([*good, *bad]).encode(), Choices(header=False))
    assert len(reading.pairs) == len(good)
    assert reading.report.skipped["empty_side"].lines == len(bad)
    corpus = Corpus(reading.pairs)
    for kind in ("task", *KINDS):
        recipe = dataclasses.replace(TINY, task=OWN, vocabulary=kind, vocabulary_size=0, max_len=200)
        task = OwnTask(corpus, kind)
        for pair in corpus.pairs:
            for text, vocabulary in zip(pair, task.vocabularies(), strict=True):
                assert vocabulary.encode(text).ids, (kind, text)
        model = Transformer(recipe.config(task.vocabularies()))
        for batch in islice(lesson_plan(recipe, task.vocabularies(), task=task), 12):
            assert bool(loss_of(model, batch).isfinite())


def test_every_character_there_is_can_be_read() -> None:
    """U+FFE3, which becomes two when it is made narrow, once did harm."""
    vocabulary = CharacterVocabulary([*SPECIALS, "a"])
    for number in itertools.chain(range(0, 0xD800, 7), range(0xF900, 0x10000), range(0x10000, sys.maxunicode + 1, 101)):
        encoding = vocabulary.encode(f"a{chr(number)}a")
        assert len(encoding.ids) == len(encoding.spans) >= 2, hex(number)


@linux
@counts(29_000)
def test_a_large_text_is_trained_within_the_memory_that_was_planned(tmp_path: Path, count: int) -> None:
    """Lines as people share them, from the bytes to a run, in a process that may take no more than the page said."""
    reading = clean_pairs(brought.large(count))
    corpus, file = Corpus(reading.pairs), tmp_path / "corpus.tsv"
    assert reading.report.lines == count
    file.write_bytes(corpus.to_tsv())
    small = {"task": OWN, "steps": 3, "d_model": 32, "heads": 2, "d_ff": 32, "target": 0.0}
    recipe = recipe_from(small, corpus)
    asked = job(tmp_path, recipe, corpus=str(file), memory=plan_of(recipe, file).n_bytes)

    def act() -> dict[str, Any]:
        part_from_server(0, memory_of(asked, tmp_path))
        return outcome_of(asked, tmp_path)

    assert Copy(act).wait() == {"status": "done", "message": "", "kept_step": 3}
    run = load_run(tmp_path / RUN)
    assert run.task is not None
    assert run.task.answer(corpus.pairs[7].src) is not None


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", POSITIONS)
def test_a_width_is_taken_if_and_only_if_its_heads_make_a_model(position: str) -> None:
    """The oracle is the model's own config; what is refused names a width that is taken."""
    for d_model, heads in itertools.product(WIDTHS, [-1, *range(18)]):
        values = {"task": "copy", "d_model": d_model, "heads": heads, "position": position}
        allowed = 2 <= d_model <= 512 and 1 <= heads <= 16
        with suppress(ValueError, ZeroDivisionError):
            ModelConfig(11, 13, d_model=d_model, n_heads=heads, position=position)
            if allowed:
                assert recipe_from(values).d_model == d_model
                continue
        refused = refusal(lambda values=values: recipe_from(values))
        if allowed:
            assert recipe_from(values | {"d_model": refused.values["nearest"]}).heads == heads
        else:
            assert refused.key == "jobs.refuse.range"


@pytest.mark.parametrize(
    "rate", [0, -1, -1e-9, 0.0, 1, 10, 1e6, 1e308, float("nan"), float("inf"), 10**400, "0.1", True, None]
)
def test_a_learning_rate_that_would_ruin_the_weights_is_refused(rate: Any) -> None:
    refused = refusal(lambda: recipe_from({"task": "copy", "learning_rate": rate}))
    assert refused.values["field"] == "learning_rate"
    if isinstance(rate, bool | str | None):
        assert refused.key == "jobs.refuse.number"
    else:
        assert refused.key == "jobs.refuse.range"
        assert (refused.values["least"], refused.values["most"]) == NUMBERS["learning_rate"]


MANY_SIZES: list[dict[str, Any]] = [
    {"batch": batch, "d_model": d_model, "d_ff": d_ff, "norm_first": norm_first}
    for (batch, d_model), (d_ff, norm_first) in itertools.product(
        ((64, 64), (256, 64), (512, 128), (32, 256)), ((64, False), (1024, True))
    )
] + [
    {"batch": 512, "encoder_layers": 4, "decoder_layers": 1},
    {"batch": 256, "encoder_layers": 1, "decoder_layers": 5, "heads": 8},
    {"batch": 400, "position": "alibi"},
    {"batch": 400, "position": "learned", "dropout": 0.3},
    {"batch": 300, "score": "cosine"},
    {"batch": 400, "label_smoothing": 0.1, "activation": "gelu"},
    {"batch": 400, "residual": False},
    {"batch": 400, "layer_norm": False},
    {"batch": 300, "vocabulary": "char", "max_len": 128},
    {"batch": 300, "vocabulary": "bpe", "tie_embeddings": True},
    {"d_model": 512, "heads": 8, "d_ff": 2048, "batch": 16},
    {"batch": 1, "d_ff": 2048},
]  # fmt: skip


@linux
@pytest.mark.full
def test_what_the_page_says_is_what_twenty_trainings_take() -> None:
    words = [sys.executable, str(Path(growth.__file__)), *map(json.dumps, MANY_SIZES)]
    home = {**os.environ, "PYTHONPATH": str(HOUSE)}
    grown = subprocess.run(words, capture_output=True, text=True, check=True, env=home).stdout.split()
    assert len(grown) == 20
    for changes, found in zip(MANY_SIZES, grown, strict=True):
        said = estimate(dataclasses.replace(growth.FEW, **changes))
        expected = said.parameter_bytes + said.activation_bytes
        assert expected == pytest.approx(int(found), rel=0.3, abs=64 << 20), changes


# --- checkpoints -----------------------------------------------------------------------------------------------------


class Canary:
    """What a pickle runs when somebody opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def pickles(canary: Path) -> Iterator[bytes]:
    """Give ways to write it: all protocols of pickle, and what torch saves, in the new form and the old one."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.dumps(Canary(canary), protocol)
    for zipped in (True, False):
        buffer = io.BytesIO()
        torch.save({"weights": Canary(canary)}, buffer, _use_new_zipfile_serialization=zipped)
        yield buffer.getvalue()


def test_no_pickle_is_ever_opened(tmp_path: Path) -> None:
    """In the place of any file of a run, with a seal that fits: refused, and what it would do is not done."""
    whole, canary, n_ways = make_run(tmp_path / "fr-12ab"), tmp_path / "canary", 0
    names = ["config.json", "vocab.src.json", "vocab.tgt.json", "heads.json", "model.safetensors", "corpus.tsv"]
    for name, data in itertools.product([*names, "snapshots/000001.safetensors"], pickles(canary)):
        forged = shutil.copytree(whole, tmp_path / f"forged{n_ways}")
        (forged / name).write_bytes(data)
        reseal(forged)
        with pytest.raises(ArchiveError) as caught:
            unpack_run(io.BytesIO(pack_run(forged)), tmp_path / "runs")
        assert caught.value.why == "no_run"
        n_ways += 1
    assert n_ways >= 50
    assert not canary.exists()


def test_a_run_of_every_version_can_be_read_for_ever(tmp_path: Path) -> None:
    """Written by this program on 21 November 2026, before it knew own pairs, bugs and live numbers."""
    run = load_run(tmp_path / unpack_run(io.BytesIO(OLD.read_bytes()), tmp_path))
    assert run.translate("mon 3 may 2021") == "8"
    with torch.no_grad():
        logits = run.model(torch.tensor([run.encode("mon 3 may 2021")]), torch.tensor([[BOS]]))[0, 0]
    expected = [0.0994, -1.5094, 0.7882, -0.6104, -1.34, -0.458, -0.0224, -1.5095, -0.1503, -0.5889, 0.1784]
    torch.testing.assert_close(logits[:11], torch.tensor(expected), atol=1e-4, rtol=0.0)
    assert run.heads is not None
    assert Recipe.from_dict(run.info["training"]).residual


OWN_PAIRS = Corpus(clean_pairs(brought.tsv(brought.pairs("fr", 40)).encode()).pairs)
OWN_RECIPE = dataclasses.replace(TINY, task=OWN, steps=2, vocabulary_size=0, draw=16, max_len=64)


def test_own_pairs_travel_with_their_run_and_hostile_ones_do_not(tmp_path: Path) -> None:
    train(OWN_RECIPE, tmp_path / "own-1", ship=True, corpus=OWN_PAIRS)
    packed = pack_run(tmp_path / "own-1")
    run = load_run(tmp_path / "runs" / unpack_run(io.BytesIO(packed), tmp_path / "runs"))
    assert run.task is not None
    assert run.task.answer(OWN_PAIRS.pairs[3].src) is not None
    good = OWN_PAIRS.to_tsv()
    for n, data in enumerate(
        (b"", good[:-1], good * 2, good + b"\xff\t\n", b"a\tb\n", b"\x1f\x8b" + good, b"x\ty\n" * 60_000)
    ):
        forged = shutil.copytree(tmp_path / "own-1", tmp_path / f"forged{n}")
        (forged / "corpus.tsv").write_bytes(data)
        reseal(forged)
        with pytest.raises(ArchiveError, match=r"corpus\.tsv holds no sentence pairs") as caught:
            unpack_run(io.BytesIO(pack_run(forged)), tmp_path / "runs")
        assert caught.value.why == "no_run"
    with pytest.raises(ArchiveError) as caught:
        unpack_run(io.BytesIO(rezip(packed, lambda files: files.update({"corpus.csv": good}))), tmp_path / "runs")
    assert caught.value.why == "foreign"


def test_whoever_follows_the_sizes_that_are_said_gets_a_vocabulary(tmp_path: Path) -> None:
    """Each side of the pairs may ask for a size of its own, so it is said twice at most."""
    file = tmp_path / "corpus.tsv"
    file.write_bytes(OWN_PAIRS.to_tsv())
    for kind, size in itertools.product(("word", "bpe"), (2, 8000)):
        recipe = recipe_from({"task": OWN, "vocabulary": kind, "vocabulary_size": size, "max_len": 200}, OWN_PAIRS)
        for _ in range(2):
            with suppress(RefusedError):
                plan_of(recipe, file)
                break
            refused = refusal(lambda recipe=recipe: plan_of(recipe, file))
            assert refused.key == "corpus.refused.size", (kind, size)
            assert recipe.vocabulary_size < refused.values["smallest"] <= refused.values["largest"]
            recipe = dataclasses.replace(recipe, vocabulary_size=refused.values["smallest"])
        assert plan_of(recipe, file).parameters > 0


# --- trainings -------------------------------------------------------------------------------------------------------


@linux
def test_the_same_seed_is_the_same_model_for_the_whole_class(tmp_path: Path) -> None:
    """Three who train at the same time, in processes of their own as all trainings are: two of them with one seed."""
    seeds = (1, 1, 2)
    recipes = {seed: dataclasses.replace(TINY, seed=seed, dropout=0.2) for seed in seeds}
    for seed, recipe in recipes.items():
        train(recipe, tmp_path / f"alone{seed}" / RUN, ship=True)

    def begin(folder: Path, recipe: Recipe) -> Copy:
        folder.mkdir()
        return Copy(lambda: outcome_of(job(folder, recipe), folder))

    copies = [begin(tmp_path / f"job{n}", recipes[seed]) for n, seed in enumerate(seeds)]
    assert [copy.wait()["status"] for copy in copies] == ["done"] * 3
    for n, seed in enumerate(seeds):
        same(tmp_path / f"job{n}" / RUN, tmp_path / f"alone{seed}" / RUN)


@linux
def test_a_disk_that_is_really_full_keeps_the_save_before_and_the_training_goes_on_later(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    recipe = dataclasses.replace(TINY, d_ff=256)
    asked = job(folder, recipe)
    (folder / WISH).write_text("pause")
    assert outcome_of(asked, folder)["status"] == "paused"
    (folder / WISH).unlink()
    before = (folder / RUN / "model.safetensors").read_bytes()

    def full() -> dict[str, Any]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))
        return outcome_of(asked, folder)

    ended = Copy(full).wait()
    assert (ended["status"], ended["message"].split(":")[0]) == ("failed", "disk"), ended
    assert cause(Ended(ended["status"], ended["message"], 0)) == "jobs.ended.disk"
    assert (folder / RUN / "model.safetensors").read_bytes() == before
    assert int(load_saved(folder / RUN).trainer["step"]) == 1
    assert outcome_of(asked, folder)["status"] == "done"
    train(recipe, tmp_path / "whole" / RUN, ship=True)
    same(folder / RUN, tmp_path / "whole" / RUN)


def test_too_little_memory_at_the_start_is_not_blamed_on_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan had accepted them; it is others who take the memory now."""

    def refused_for_room(recipe: Recipe | None) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(memory, "free_bytes", lambda: 1 << 20)
            ended = outcome_of(job(tmp_path, recipe), tmp_path)
        assert cause(Ended(ended["status"], ended["message"], 0)) == "jobs.ended.room"

    refused_for_room(TINY)
    (tmp_path / WISH).write_text("pause")
    assert outcome_of(job(tmp_path, TINY), tmp_path)["status"] == "paused"
    (tmp_path / WISH).unlink()
    refused_for_room(None)
    assert outcome_of(job(tmp_path, None), tmp_path)["status"] == "done"


@linux
def test_memory_that_runs_out_in_mid_training_is_said_and_costs_only_that_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "require_memory", lambda *_: None)  # whatever was planned
    greedy = dataclasses.replace(TINY, d_model=512, d_ff=2048, heads=8, batch=512, pool=512)

    def act() -> dict[str, Any]:
        part_from_server(0, 128 << 20)
        return outcome_of(job(tmp_path, greedy), tmp_path)

    ended = Copy(act).wait()
    assert ended["status"] == "failed", ended
    assert cause(Ended(ended["status"], ended["message"], 0)) == "jobs.ended.memory"


HOSTILE_LINKS = [
    "-1",
    "99",
    "1e999",
    "%00",
    "../x",
    "\x00",
    "<b>",
    "٣",
    "fr",
    "0123456789ab",
    "decoder.9.cross_attn.9",
    "𝟗" * 99,
]
LINKED = [
    "job",
    "film",
    "at",
    "h",
    "c",
    "p",
    "task",
    "bugs",
    "r_seed",
    "r_heads",
    "v",
    "a",
    "b",
    "as",
    "bs",
    "run",
    "s",
    "lang",
]


@counts(2000, ci=6)
def test_no_link_breaks_the_pages_of_trainings(count: int) -> None:
    dice = random.Random(count)
    for n in range(count):
        names = dice.sample(LINKED, dice.randrange(1, 6))
        page = ("train", "runs")[n % 2]
        app = open_page(page, **{name: dice.choice(HOSTILE_LINKS) for name in names})
        check_unhurt(app)
        assert component(app)["lang"] in i18n.LANGUAGES
