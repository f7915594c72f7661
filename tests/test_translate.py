"""The command line: a translation on standard output, or one line on standard error and exit code 2."""

from pathlib import Path

import numpy as np
import pytest
import torch

from transformer.config import ModelConfig
from transformer.model import Transformer
from transformer.runs import load_run, save_run
from transformer.translate import main
from transformer.vocab import SPECIALS, WordVocabulary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vocabulary = WordVocabulary([*SPECIALS, *"abcdefgh"])
    torch.manual_seed(0)
    config = ModelConfig(12, 12, d_model=8, n_heads=2, n_encoder_layers=1, n_decoder_layers=1, d_ff=8, max_len=8)
    return save_run(Transformer(config), (vocabulary, vocabulary), tmp_path / "x")


def test_it_prints_the_translation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--run", str(folder), "a b c"]) == 0
    out, err = capsys.readouterr()
    assert out == load_run(folder).translate("a b c") + "\n" and err == ""


def test_the_archive_holds_every_tensor(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.archive"
    assert main(["--run", str(folder), "--trace", str(out), "a b c"]) == 0
    trace = load_run(folder).trace("a b c")
    with np.load(out, allow_pickle=False) as archive:
        assert set(archive.files) == {*trace.names(), "src_tokens", "tgt_tokens"}
        for name in trace.names():
            np.testing.assert_array_equal(archive[name], trace[name])
        assert archive["src_tokens"].tolist() == ["a", "b", "c"]
        assert archive["tgt_tokens"].tolist() == trace.tgt_tokens


@pytest.mark.parametrize(
    ("text", "words"), [("", "no word"), (" \u200b", "no word"), ("a " * 9, "9 words"), ("...", "no word")]
)
def test_a_text_without_a_translation(folder: Path, capsys: pytest.CaptureFixture[str], text: str, words: str) -> None:
    assert main(["--run", str(folder), text]) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err and err.count("\n") == 1


@pytest.mark.parametrize("run", ["nobody", "../x", "", "x" * 5000, "a\x00b", "\udcff"])
def test_an_unknown_run(capsys: pytest.CaptureFixture[str], run: str) -> None:
    assert main(["--run", run, "a"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("translate: ") and err.count("\n") == 1


def test_a_trace_that_cannot_be_written(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--run", str(folder), "--trace", str(tmp_path / "nowhere" / "out.npz"), "a"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--run"], ["--beam", "3", "a"]])
def test_a_wrong_command_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage" in capsys.readouterr().err
