"""Every kind of damage has a sentence in the reader's language, and names the file that it is about."""

import random
import shutil
from pathlib import Path

import pytest

from damage import damage
from models import counts
from test_archive import make_run
from test_damage import refusal
from ui import i18n
from ui.runs_reasons import LONGEST, REASONS, reason_of


@counts(1000)
def test_whatever_is_damaged_has_a_sentence(tmp_path: Path, count: int) -> None:
    rng, whole, copy, ways = random.Random(count), make_run(tmp_path / "whole"), tmp_path / "copy", set()
    for _ in range(count):
        shutil.copytree(whole, copy)
        damage(copy, rng)
        if said := refusal(copy):
            found = reason_of(said)
            assert found["why"] != "runs.why.other", said
            for language in i18n.LANGUAGES:
                i18n.say(language, found["why"], **found)
                assert found["file"] or "{file}" not in i18n.words(language)[found["why"]], said
            ways.add(found["why"])
        shutil.rmtree(copy)
    assert len(ways) > 3


@pytest.mark.parametrize(
    ("said", "why", "file"),
    [
        ("it has no weights yet: its training has not saved any", "no_weights", ""),
        ("its name may have 1 to 40 letters, digits, _ and -, and nothing else", "folder", ""),
        ("run 'x': model.safetensors is missing", "gone", "model.safetensors"),
        ("config.json has format 7, this program reads format 1", "newer", "config.json"),
        ("model.safetensors has 99999999 bytes, more than the limit of 5", "large", "model.safetensors"),
        ("config.json describes no model: d_model=99999 is more than the limit of 512", "large_model", "config.json"),
        ("it could not be read (Input/output error)", "disk", ""),
        ("model.safetensors holds numbers in memory that are not finite", "not_finite", "model.safetensors"),
        ("model.safetensors lacks 'src_embed.weight'", "other_model", "model.safetensors"),
        ("vocab.src.json has 7 tokens, but the model was made for 9", "other_model", "vocab.src.json"),
        ("corpus.tsv holds no sentence pairs: it is empty", "unreadable", "corpus.tsv"),
        ("something that nobody has thought of", "other", ""),
        ("", "other", ""),
    ],
)
def test_a_reason_is_told_by_its_kind(said: str, why: str, file: str) -> None:
    found = reason_of(said)
    assert (found["why"], found["file"]) == (f"runs.why.{why}", file)


def test_a_long_sentence_is_cut_and_no_kind_is_without_words() -> None:
    assert len(reason_of("x" * 9999)["said"]) == LONGEST
    for language in i18n.LANGUAGES:
        assert all(f"runs.why.{name}" in i18n.words(language) for name in [*REASONS, "other"])
