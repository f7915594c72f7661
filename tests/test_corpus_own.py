"""A person's pairs keep the promises of every task, whatever language and vocabulary; only a gold they cannot have."""

import doctest
from functools import cache
from itertools import islice

import pytest

import brought
import transformer.corpus.own
from transformer.corpus import Corpus, CorpusError, OwnTask, Pair
from transformer.corpus.facts import vocabulary_facts
from transformer.corpus.limits import MOST_TOKENS
from transformer.corpus.vocabularies import KINDS, Maker, usual_kind
from transformer.tasks import Example
from transformer.vocab import UNK
from transformer.vocab.learning import readable

LANGUAGES = ["zh", "fr", "ru"]
every_corpus = pytest.mark.parametrize("language", LANGUAGES)
every_kind = pytest.mark.parametrize("kind", ["task", *KINDS])


@cache
def corpus(language: str) -> Corpus:
    n = 35 if language == "ru" else 150
    dirt = [Pair("Hello,  World!", "Bonjour (le) monde"), Pair("Don't!", "C'est </s> l’été <unk>")]
    return Corpus([*(Pair(*pair) for pair in brought.pairs(language, n)), *dirt])


@cache
def task(language: str, kind: str = "task", size: int = 0) -> OwnTask:
    return OwnTask(corpus(language), kind, size)


def test_worked_example() -> None:
    assert doctest.testmod(transformer.corpus.own).failed == 0


@every_kind
@every_corpus
def test_examples_of_every_split(language: str, kind: str) -> None:
    own = task(language, kind)
    assert own.name == "own"
    known: dict[str, list[Example]] = {}
    for split in ("train", "valid", "test"):
        n = len(own.corpus.split(split))
        known[split] = list(islice(own.examples(0, split), n))
        assert len({example.src for example in known[split]}) == n
        assert known[split] == list(islice(own.examples(0, split), n))
        assert known[split] != list(islice(own.examples(1, split), n)) or n < 4
        assert {example.src for example in own.examples(7, "test")} == {e.src for e in own.examples(0, "test")}
        for example in known[split]:
            assert example.alignment == [] and example.referent is None and example.relations == {}
            assert own.answer(example.src) == example and own.nearest(example.src) == example.src
            assert own.flip(example.src) is None
    sources = [{example.src for example in examples} for examples in known.values()]
    assert sources[0].isdisjoint(sources[1] | sources[2]) and sources[1].isdisjoint(sources[2])
    assert own.n_train == len(sources[0])


def test_training_goes_on_in_new_orders() -> None:
    own = task("fr")
    drawn = list(islice(own.examples(3, "train"), 3 * own.n_train))
    rounds = [drawn[i * own.n_train : (i + 1) * own.n_train] for i in range(3)]
    assert {e.src for e in rounds[0]} == {e.src for e in rounds[1]} == {e.src for e in rounds[2]}
    assert rounds[0] != rounds[1] != rounds[2]


def test_unknown_split() -> None:
    with pytest.raises(ValueError, match="train, valid, test, not 'dev'"):
        next(task("fr").examples(0, "dev"))  # type: ignore[arg-type]


@every_kind
@every_corpus
def test_texts_are_written_as_they_are_read(language: str, kind: str) -> None:
    own = task(language, kind)
    for pair in own.corpus.pairs:
        example = own.answer(pair.src)
        assert example is not None
        for vocabulary, text, raw in zip(own.vocabularies(), (example.src, example.tgt), pair, strict=True):
            ids = vocabulary.encode(raw).ids
            assert ids and vocabulary.encode(text).ids == ids
            if UNK not in ids:
                assert vocabulary.decode(ids) == text


@every_kind
@every_corpus
def test_what_is_learned_is_known(language: str, kind: str) -> None:
    """All training texts are made of known tokens when the vocabulary has its usual size."""
    own = task(language, kind)
    for pair in own.corpus.split("train"):
        for vocabulary, text in zip(own.vocabularies(), pair, strict=True):
            assert UNK not in vocabulary.encode(text).ids or "<" in text  # a special token cannot be typed


@every_corpus
def test_chips_are_readable_and_known(language: str) -> None:
    own = task(language)
    chips = own.chips()
    assert chips[0] == own.example and len(set(chips)) == len(chips) >= 3
    assert all(own.answer(chip) is not None for chip in chips)
    test = {example.src for example in own.examples(0, "test")}
    assert chips[0] not in test and set(chips[1:]) <= test


def test_nearest() -> None:
    own = OwnTask(
        Corpus([Pair(f"the {a} {b}", f"{a} {b}") for a in "ABCDE" for b in ("cat", "dog", "cow", "owl", "ant")])
    )
    assert own.nearest("E cat!!") == "the e cat"
    assert own.nearest("a big dog of c") in {"the a dog", "the c dog"}
    assert own.nearest("zebra") is None and own.nearest("") is None and own.nearest("\ud800") is None
    assert own.answer("zebra") is None
    chinese = task("zh")
    assert "猫" in (chinese.nearest("猫") or "")


def test_a_run_reads_its_task_without_learning_again() -> None:
    own = task("fr", "bpe", 150)
    again = OwnTask.with_vocabularies(own.corpus, own.vocabularies())
    assert again.example == own.example and again.chips() == own.chips()
    assert list(again.examples(0, "test")) == list(own.examples(0, "test"))


def test_one_vocabulary_for_both_sides() -> None:
    src, tgt = OwnTask(corpus("fr"), "word", 0, shared=True).vocabularies()
    assert src is tgt and {"animal", "rue"} & set(src.tokens)


# -- vocabularies -----------------------------------------------------------------------------------------------------


def test_the_usual_kind_suits_the_language() -> None:
    assert [v.kind for v in task("zh").vocabularies()] == ["char", "word"]
    assert [v.kind for v in task("fr").vocabularies()] == ["word", "word"]
    assert usual_kind(["".join(p) for p in brought.large(3000).decode().split()]) == "char"
    assert usual_kind([line.split("\t")[0] for line in brought.large(3000).decode().splitlines()]) == "bpe"


def test_french_is_cut_behind_its_apostrophes_and_english_is_not() -> None:
    tgt = task("fr", "word").vocabularies()[1]
    assert "l'" in tgt.tokens and not any(t.startswith("l'") and len(t) > 2 for t in tgt.tokens)
    english = Maker("word", ["I don't know", "it's him", "they're late", "d'accord"] * 5).make()
    assert "don't" in english.tokens


@pytest.mark.parametrize("kind", KINDS)
def test_every_size_within_the_bounds_can_be_made(kind: str) -> None:
    texts = [pair.src for pair in corpus("fr").split("train")]
    maker = Maker(kind, texts)
    assert 5 <= maker.smallest <= maker.largest <= MOST_TOKENS
    middle = (maker.smallest + maker.largest) // 2
    for size in (maker.smallest, middle, maker.largest):
        assert len(maker.make(size)) == size
    assert len(maker.make(MOST_TOKENS)) == maker.largest  # the texts give no more
    for size in (1, 2, maker.smallest - 1, MOST_TOKENS + 1, -3):
        with pytest.raises(CorpusError, match=f"{maker.smallest} to {MOST_TOKENS} tokens here, not {size}$"):
            maker.make(size)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_texts_give_the_same_vocabulary(kind: str) -> None:
    first, second = (OwnTask(corpus("zh"), kind).vocabularies() for _ in range(2))
    assert [v.to_dict() for v in first] == [v.to_dict() for v in second]


@pytest.mark.parametrize("kind", ["word", "char"])
def test_the_most_frequent_stay(kind: str) -> None:
    texts = ["b b b a a c"] * 20
    tokens = Maker(kind, texts).make(6).tokens[4:]
    assert tokens == (["a", "b"] if kind == "word" else ["b", "\u2423"])  # the blank is a character, too


def test_texts_that_give_no_pieces() -> None:
    with pytest.raises(CorpusError, match="no word in these texts"):
        Maker("bpe", ["?", "▁", "<s>"])
    hanzi = ["".join(chr(0x4E00 + 90 * i + j) for j in range(90)) for i in range(100)]
    with pytest.raises(CorpusError, match="9001 different characters"):
        Maker("unigram", hanzi)
    with pytest.raises(CorpusError, match="no value of vocabulary"):
        Maker("bytes", hanzi)
    assert len(Maker("char", hanzi).make()) == MOST_TOKENS


@every_kind
def test_facts_are_true(kind: str) -> None:
    facts = vocabulary_facts(corpus("fr"), kind, 0)
    own = OwnTask(corpus("fr"), kind, 0 if kind == "task" else facts["size"])
    lengths = []
    for side, vocabulary in zip(("src", "tgt"), own.vocabularies(), strict=True):
        texts = [getattr(pair, side) for pair in corpus("fr").pairs]
        counts = [len(vocabulary.encode(text).ids) for text in texts]
        lengths += counts
        assert facts[side]["longest"] == max(counts)
        assert facts[side]["mean"] == pytest.approx(sum(counts) / len(counts), abs=0.01)
        assert facts[side]["size"] == len(vocabulary) <= facts["largest"]
        assert facts[side]["sample"][0] == vocabulary.encode(texts[0]).surfaces
    assert facts["max_len"] == max(lengths) + 1
    assert facts["smallest"] <= facts["size"] <= facts["largest"]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_pieces_are_learned_from_the_words_as_they_are_read(kind: str) -> None:
    """Word by word, each once, gives what the whole texts give."""
    texts = [
        "Hello,  (world)! ▁ok ??",
        "l'été «chaud»",
        "<unk> x</s>y  \u200b z",
        *(p.src for p in corpus("ru").pairs),
    ] * 2
    maker = Maker(kind, texts)
    assert maker.lines == [" ".join(line.split()) for line in readable(kind, texts, maker.normalisation)]
