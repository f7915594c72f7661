"""What the tasks on letters say is true, by other means than their own; test_tasks.py holds what all tasks promise."""

from collections import Counter
from itertools import islice
from string import ascii_lowercase
from typing import cast

import numpy as np
import pytest

from transformer.tasks import TASKS, Example, Split
from transformer.tasks.draws import in_split, split_of
from transformer.tasks.letters import LONGEST, SHORTEST, LettersTask

COPY, REVERSE, SORT = (cast(LettersTask, TASKS[name]) for name in ("copy", "reverse", "sort"))
every_task = pytest.mark.parametrize("task", [COPY, REVERSE, SORT], ids=lambda task: task.name)


def some(task: LettersTask, split: Split, n: int) -> list[Example]:
    return list(islice(task.examples(3, split), n))


def test_the_three_answers() -> None:
    assert COPY.answer("Hello").tgt == "hello"  # type: ignore[union-attr]
    assert REVERSE.answer("Hello").tgt == "olleh"  # type: ignore[union-attr]
    assert SORT.answer("Hello").tgt == "ehllo"  # type: ignore[union-attr]


@every_task
def test_alignment_points_at_the_same_letter(task: LettersTask) -> None:
    for example in some(task, "train", 1000):
        assert Counter(example.src) == Counter(example.tgt)
        assert all(example.tgt[row] == example.src[place] for row, place in example.alignment)
        assert {row for row, _ in example.alignment} == set(range(len(example.tgt)))
        assert example.watch == (len(example.src) // 2 if task is COPY else 0)


def test_alignment_of_each() -> None:
    for example in some(COPY, "train", 200):
        assert all(row == place for row, place in example.alignment)
    for example in some(REVERSE, "train", 200):
        assert all(row + place == len(example.src) - 1 for row, place in example.alignment)
    for example in some(SORT, "train", 200):
        assert list(example.tgt) == sorted(example.tgt)
        rows = range(len(example.tgt))
        assert set(example.alignment) == {(t, s) for t in rows for s in rows if example.tgt[t] == example.src[s]}


@every_task
def test_every_length_and_letter_is_equally_common(task: LettersTask) -> None:
    drawn = some(task, "train", 9000)
    by_length = Counter(len(example.src) for example in drawn)
    assert sorted(by_length) == list(range(SHORTEST, LONGEST + 1))
    assert all(900 < n < 1100 for n in by_length.values())
    by_letter = Counter("".join(example.src for example in drawn))
    assert sorted(by_letter) == list(ascii_lowercase)
    assert max(by_letter.values()) < 1.15 * min(by_letter.values())


def test_the_letters_decide_the_split() -> None:
    """One source in 20 is for valid and one for test, in all three tasks the same ones."""
    shares = [in_split(np.arange(100_000), split).mean() for split in ("train", "valid", "test")]
    assert sum(shares) == pytest.approx(1) and shares[1:] == pytest.approx([0.05, 0.05], abs=0.004)
    assert [split_of(key) for key in (0, 1)] == [
        next(split for split in ("train", "valid", "test") if in_split(np.array([0, 1]), split)[i]) for i in (0, 1)
    ]
    tested = {example.src for example in some(COPY, "test", 3000)}
    assert all(tested.isdisjoint(example.src for example in some(task, "train", 20_000)) for task in (REVERSE, SORT))


@every_task
def test_answers_beyond_what_was_trained(task: LettersTask) -> None:
    long = "abcdefghijklmnopqrstuvwxyz"
    known = task.answer(long)
    assert known is not None and sorted(known.tgt) == sorted(long) and len(known.tgt) == 26
    assert task.nearest(long) == long[:LONGEST]
    assert task.answer("ab") is not None and task.nearest("ab") == "abab" and task.nearest("q") == "qqqq"
    assert task.answer("") is None and task.nearest("") is None and task.nearest("123 !") is None
    assert task.answer("abc1") is None and task.nearest("abc1d!") == "abcd"
    assert task.answer("café") is None and task.nearest("café") == "cafe"
    assert task.answer("a" * 101) is None


def test_flip_moves_the_last_letter() -> None:
    flipped = 0
    for example in some(SORT, "test", 500):
        flip = SORT.flip(example.src)
        rest, last = example.src[:-1], example.src[-1]
        other = ascii_lowercase[ascii_lowercase.index(last) - 13]
        if flip is None:
            assert not any(min(last, other) < letter < max(last, other) for letter in rest)
            continue
        flipped += 1
        places = [sorted(rest + letter).index(letter) for letter in flip.words]
        assert flip.position == len(rest) and places[0] < places[1]
    assert flipped > 450
    assert SORT.flip("abcz") is None and SORT.flip("aaaa") is None and SORT.flip("1") is None
    assert COPY.flip("hello") is None and REVERSE.flip("hello") is None
