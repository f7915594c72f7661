"""A damaged run is refused with one clear sentence, whether it happened by accident or on purpose."""

import random
import shutil
from pathlib import Path

import pytest
import torch

import models
from damage import ACCIDENTS, FORGERIES, damage, reseal, tree_of
from transformer import load_run, save_run
from transformer.model import Transformer
from transformer.runs import RunError, RunWriter
from transformer.training import Recipe, vocabularies_of

KINDS = ("task", "char", "word", "bpe", "unigram")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A finished run of each kind of vocabulary, with every file in it that a run may have."""
    folder, found = tmp_path_factory.mktemp("whole"), {}
    for kind in KINDS:
        recipe = Recipe(vocabulary=kind, d_model=8, heads=2, encoder_layers=1, decoder_layers=1, d_ff=8)
        vocabularies = vocabularies_of(recipe)
        model = Transformer(recipe.config(vocabularies)).eval()
        writer = RunWriter(folder / kind, "fr", model.config, vocabularies, {"seed": 1})
        writer.metric({"step": 1, "loss": 2.5})
        picture = torch.full((2, 3, 3), 85, dtype=torch.uint8).numpy()
        writer.snapshot(1, {"0.decoder.0.cross_attn.weights": picture})
        blocks = ("encoder.0.self_attn", "decoder.0.self_attn", "decoder.0.cross_attn")
        heads = {"blocks": {block: [{"entropy": 0.5}] * 2 for block in blocks}}
        start = {"block": "decoder.0.cross_attn", "head": 1}
        writer.finish(model, {"exact_match": 0.5}, {**heads, "start": start})
        found[kind] = folder / kind
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_here_is_whole_at_first(whole: dict[str, Path], kind: str) -> None:
    run = load_run(whole[kind])
    assert run.src_vocab.kind == ("word" if kind == "task" else kind)
    assert run.translate("the animal drinks") is not None


def refusal(folder: Path) -> str | None:
    try:
        load_run(folder)
    except RunError as error:  # and no other error
        return str(error)
    return None


@models.counts(1000)
def test_a_thousand_damages(whole: dict[str, Path], tmp_path: Path, count: int) -> None:
    rng, copy, ways = random.Random(count), tmp_path / "copy", set()
    for n in range(count):
        original = whole[rng.choice(KINDS)]
        shutil.copytree(original, copy)
        while tree_of(copy) == tree_of(original):  # a byte may be overwritten by itself
            way = damage(copy, rng)
        before = tree_of(copy)
        said = refusal(copy)
        assert said is not None, f"number {n} was not found out: {way}"
        assert said.startswith("run 'copy': ") and "\n" not in said and len(said) < 300, said
        assert str(tmp_path) not in said
        assert tree_of(copy) == before  # and nobody repairs it in secret
        ways.add(way)
        shutil.rmtree(copy)
    assert ways == {way.__name__ for way in ACCIDENTS + FORGERIES}


def test_a_forged_seal_alone_is_no_damage(whole: dict[str, Path], tmp_path: Path) -> None:
    """So a forgery is refused for what it says, not for how it was sealed."""
    for kind in KINDS:
        reseal(shutil.copytree(whole[kind], tmp_path / kind))
        load_run(tmp_path / kind)


def test_a_vocabulary_of_another_run_is_found_out(whole: dict[str, Path], tmp_path: Path) -> None:
    for kind in KINDS[1:]:
        copy = shutil.copytree(whole["task"], tmp_path / kind)
        shutil.copy(whole[kind] / "vocab.src.json", copy / "vocab.src.json")
        reseal(copy)
        if kind != "word":  # which holds just the same words
            with pytest.raises(RunError, match="tokens, but the model was made for"):
                load_run(copy)


def test_what_was_damaged_can_be_written_again(whole: dict[str, Path], tmp_path: Path) -> None:
    run = load_run(whole["task"])
    copy = shutil.copytree(whole["task"], tmp_path / "copy")
    (copy / "model.safetensors").write_bytes(b"?")
    save_run(run.model, (run.src_vocab, run.tgt_vocab), copy)
    load_run(copy)
