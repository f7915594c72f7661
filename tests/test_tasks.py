"""What every task promises, whatever it is about: the laws that training, the tests of a run and the pages rely on."""

import doctest
import importlib
import time
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transformer.tasks import TASKS, Example, Split, Task
from transformer.vocab import BOS, EOS, UNK

NAMES = list(TASKS)
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=NAMES)
every_split = pytest.mark.parametrize("split", ["train", "valid", "test"])

HOSTILE = ["<b>", "</s>", "<pad>", "\u202e", "\ud800", "\x00", "e\u0301", "٣", "三", "🦊", " ", "\u3000", "+", "-", "/"]


def some(task: Task, split: Split, n: int, seed: int = 3) -> list[Example]:
    return list(islice(task.examples(seed, split), n))


def lengths(task: Task, example: Example) -> tuple[int, int]:
    src_vocab, tgt_vocab = task.vocabularies()
    return len(src_vocab.encode(example.src).ids), len(tgt_vocab.encode(example.tgt).ids)


def joined(task: Task, text: str) -> str:
    """Write a text as the pages do after the vocabulary has read it."""
    src_vocab = task.vocabularies()[0]
    return src_vocab.join(src_vocab.encode(text).surfaces)


def test_each_task_stands_under_its_name() -> None:
    assert all(task.name == name for name, task in TASKS.items())
    assert all(len(task.languages) == 2 for task in TASKS.values())


@every_task
def test_worked_example(task: Task) -> None:
    """The class or its base shows in its docstring what the task does, and it is true."""
    module = importlib.import_module(type(task).__module__)
    found = doctest.DocTestFinder().find(type(task), globs=vars(module))
    runner = doctest.DocTestRunner(verbose=False)
    for test in found:
        runner.run(test)
    assert runner.tries > 0 and runner.failures == 0


@every_task
@every_split
def test_the_seed_decides(task: Task, split: Split) -> None:
    assert some(task, split, 200) == some(task, split, 200)
    assert some(task, split, 200) != some(task, split, 200, seed=4)


@every_task
def test_unknown_split(task: Task) -> None:
    with pytest.raises(ValueError, match="train, valid, test, not 'dev'"):
        task.examples(0, "dev")  # type: ignore[arg-type]


@every_task
def test_held_out_is_never_in_training(task: Task) -> None:
    valid, test = ({example.src for example in some(task, split, 1000)} for split in ("valid", "test"))
    assert len(valid) == len(test) == 1000  # distinct, and enough for the exact match of a run
    other = {example.src for example in some(task, "test", 1000, seed=9)}
    assert valid.isdisjoint(test | other)  # whatever the seeds
    trained = {example.src for seed in (0, 1) for example in some(task, "train", 5000, seed)}
    assert trained.isdisjoint(valid | test | other)


@every_task
@every_split
def test_vocabularies_hold_everything(task: Task, split: Split) -> None:
    src_vocab, tgt_vocab = task.vocabularies()
    for example in some(task, split, 1000):
        src, tgt = src_vocab.encode(example.src), tgt_vocab.encode(example.tgt)
        assert src.ids and tgt.ids and UNK not in src.ids and UNK not in tgt.ids
        assert tgt_vocab.decode(tgt.ids) == example.tgt
        assert src_vocab.join(src.surfaces) == example.src


@every_task
def test_gold_lies_inside(task: Task) -> None:
    for example in some(task, "train", 1000):
        src_len, tgt_len = lengths(task, example)
        for cells in (example.alignment, *example.relations.values()):
            assert len(set(cells)) == len(cells)
            assert all(0 <= row < tgt_len and 0 <= place < src_len for row, place in cells)
        assert example.watch is None or 0 <= example.watch < tgt_len
        if example.referent is not None:
            assert 0 <= example.referent[0] < tgt_len and 0 <= example.referent[1] < src_len


@every_task
@every_split
def test_answer_and_nearest_know_the_examples(task: Task, split: Split) -> None:
    for example in some(task, split, 300):
        assert task.answer(example.src) == example
        assert task.nearest(example.src) == example.src


@every_task
def test_chips(task: Task) -> None:
    chips = task.chips()
    assert chips[0] == task.example and len(set(chips)) == len(chips)
    for text in chips:
        known = task.answer(text)
        assert known is not None and known.src == text == task.nearest(text)


@every_task
def test_known_words_can_be_read(task: Task) -> None:
    src_vocab = task.vocabularies()[0]
    known = task.known_words()
    assert known and all(words for words in known.values())
    assert all(UNK not in src_vocab.encode(text).ids for words in known.values() for text in words)


@every_task
def test_flip_goes_there_and_back(task: Task) -> None:
    """The two texts differ in the named token and nowhere else, and so do their answers somewhere."""
    src_vocab = task.vocabularies()[0]
    for example in (*some(task, "test", 300), *filter(None, map(task.answer, task.chips()))):
        flip = task.flip(example.src)
        if flip is None:
            continue
        surfaces = src_vocab.encode(example.src).surfaces
        assert surfaces[flip.position] == flip.words[flip.chosen]
        surfaces[flip.position] = flip.words[1 - flip.chosen]
        assert src_vocab.join(surfaces) == flip.partner
        partner, back = task.answer(flip.partner), task.flip(flip.partner)
        assert partner is not None and partner.tgt != example.tgt
        assert back == (flip.position, flip.words, 1 - flip.chosen, example.src)


@every_task
def test_id_rows_are_training_examples(task: Task) -> None:
    """Each row is a pair that the task itself calls right, and none is held out."""
    src_vocab, tgt_vocab = task.vocabularies()
    sources, targets = task.id_rows(5, 2000)
    assert len(sources) == len(targets) == 2000
    assert task.id_rows(5, 50) == (sources[:50], targets[:50])
    assert task.id_rows(6, 50) != (sources[:50], targets[:50])
    held_out = {example.src for split in ("valid", "test") for example in some(task, split, 1000)}
    for src, tgt in zip(sources, targets, strict=True):
        text = src_vocab.join([src_vocab.token(i) for i in src])
        known = task.answer(text)
        assert known is not None and known.src == text and text not in held_out
        assert src_vocab.encode(text).ids == src
        assert tgt == [BOS, *tgt_vocab.encode(known.tgt).ids, EOS]


@every_task
def test_id_rows_are_the_examples(task: Task) -> None:
    """They are the same examples in the same order, so a training by ids is a training by texts."""
    src_vocab, tgt_vocab = task.vocabularies()
    drawn = some(task, "train", 1500, seed=7)  # more than one block
    sources, targets = task.id_rows(7, 1500)
    assert sources == [src_vocab.encode(example.src).ids for example in drawn]
    assert targets == [[BOS, *tgt_vocab.encode(example.tgt).ids, EOS] for example in drawn]


@every_task
@given(data=st.data())
def test_hostile_texts(task: Task, data: st.DataObject) -> None:
    """Whatever is typed: an answer is about the text itself, and what is nearest can be answered."""
    known = [text for words in task.known_words().values() for text in words]
    piece = st.one_of(st.text(max_size=6), st.sampled_from([*HOSTILE, *known, *task.chips()]))
    text = data.draw(st.sampled_from(["", " "])).join(data.draw(st.lists(piece, max_size=8)))
    text = joined(task, text)
    answer, nearest, flip = task.answer(text), task.nearest(text), task.flip(text)
    if answer is not None:
        assert joined(task, answer.src) == answer.src == text
    if nearest is not None:
        assert task.answer(nearest) is not None and task.nearest(nearest) == nearest
    if flip is not None:
        assert answer is not None and task.answer(flip.partner) is not None


@every_task
def test_long_texts(task: Task) -> None:
    """Not a figure, a guard: a page is open to anyone, so no time here may grow with the square of the text."""
    start = time.thread_time()
    for piece in ("9", "a", "+", "9+", "may ", "the ", "/", "\u00e9", "\u0301"):
        text = piece * (5000 // len(piece))
        assert task.answer(text) is None and task.flip(text) is None
        nearest = task.nearest(text)
        assert nearest is None or task.answer(nearest) is not None
    assert time.thread_time() - start < 2.0
