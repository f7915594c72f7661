"""A person's pairs are trained on like any task, whatever encoding they came in, and the run knows them again."""

import codecs
from functools import partial
from pathlib import Path

import pytest

import brought
from transformer.corpus import Corpus, OwnTask, read_pairs
from transformer.runs import load_run
from transformer.training import Recipe, train

LOVE = [("我爱你", "i love you"), ("我爱茶", "i love tea"), ("你爱我", "you love me")]
PAIRS = [*LOVE, *brought.pairs("zh", 40)]
WAYS = {
    "gb18030": lambda text: text.encode("gb18030"),
    "utf-16": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
}
small = partial(
    Recipe, task="own", d_model=16, heads=2, encoder_layers=1, decoder_layers=1, d_ff=32, batch=16, pronouns_from=0.0
)


@pytest.mark.parametrize("way", WAYS)
def test_pairs_in_any_encoding_train_and_read_well(way: str, tmp_path: Path) -> None:
    corpus = read_pairs(WAYS[way](brought.tsv(PAIRS)))
    assert corpus.pairs[0] == LOVE[0]
    train(small(steps=3), tmp_path / "own", corpus=corpus)
    run = load_run(tmp_path / "own")
    assert isinstance(run.task, OwnTask) and run.task.corpus == corpus
    known = run.task.answer("我爱你！")
    assert known is not None and (known.src, known.tgt) == ("我爱你", "i love you")
    assert run.src_vocab.encode("我爱你").surfaces == ["我", "爱", "你"]
    assert run.task.nearest("我爱") in {"我爱你", "我爱茶"} and run.example == run.task.example
    assert Corpus.from_tsv((tmp_path / "own" / "corpus.tsv").read_bytes()) == corpus


@pytest.mark.parametrize("kind", ["char", "bpe", "unigram"])
def test_a_vocabulary_of_a_visible_size(kind: str, tmp_path: Path) -> None:
    corpus = read_pairs(brought.tsv(brought.pairs("fr", 60)).encode())
    train(small(steps=2, vocabulary=kind, vocabulary_size=90, max_len=200), tmp_path / "own", corpus=corpus)
    run = load_run(tmp_path / "own")
    assert run.src_vocab.kind == kind and len(run.src_vocab) <= 90
    assert run.task is not None and run.task.answer(run.example) is not None


@pytest.mark.full
def test_a_small_corpus_is_learned(tmp_path: Path) -> None:
    corpus = read_pairs(brought.tsv(PAIRS).encode("gb18030"))
    recipe = small(d_model=32, d_ff=64, steps=400, warmup=20, learning_rate=0.01)
    train(recipe, tmp_path / "own", corpus=corpus)
    run = load_run(tmp_path / "own")
    right = [run.translate(pair.src) == run.task.answer(pair.src).tgt for pair in corpus.split("train")]  # type: ignore[union-attr]
    assert sum(right) >= 0.9 * len(right)
