"""What the task addition says is true, by paper arithmetic of the test's own; test_tasks.py holds what all promise."""

from collections import Counter
from itertools import islice, product
from typing import cast

import pytest

from transformer.tasks import TASKS, AdditionTask, Example, Split

ADDITION = cast(AdditionTask, TASKS["addition"])


def some(split: Split, n: int) -> list[Example]:
    return list(islice(ADDITION.examples(3, split), n))


def by_hand(src: str) -> tuple[str, list[int], list[list[int]]]:
    """Add digit by digit: the sum, the carry into each column, and the places of each column, units first."""
    a, b = src.split("+")
    places = [[*range(len(a))][::-1], [*range(len(a) + 1, len(src))][::-1]]  # units first
    columns = [[number[i] for number in places if i < len(number)] for i in range(max(len(a), len(b)))]
    digits, carries = [], [0]
    for column in columns:
        total = sum(int(src[place]) for place in column) + carries[-1]
        digits.append(total % 10)
        carries.append(total // 10)
    if carries[-1]:
        digits.append(carries[-1])
        columns.append([])
    return "".join(map(str, digits[::-1])), carries[: len(digits)], columns


def test_sums_and_alignment() -> None:
    for example in (*some("train", 3000), *some("test", 1000)):
        tgt, _, columns = by_hand(example.src)
        assert example.tgt == tgt
        for row in range(len(tgt)):
            assert [s for t, s in example.alignment if t == row] == columns[len(tgt) - 1 - row]


def test_carry_names_exactly_what_decides_it() -> None:
    """Change the other lower digits in any way: the carry stays. The named ones are enough, and the last is needed."""
    for src in ("358+467", "95+9", "999+1", "149+58", "445+554", "8+7", "100+23", "1+998"):
        known = ADDITION.answer(src)
        assert known is not None
        n = len(known.tgt)
        for row in range(n):
            column = n - 1 - row
            named = {s for t, s in known.relations["carry"] if t == row}
            _, carries, columns = by_hand(src)
            lower = {place for places in columns[:column] for place in places}
            assert named <= lower and (bool(named) == (column > 0))
            for other in product("059", repeat=len(lower - named)):
                changed = list(src)
                for place, digit in zip(sorted(lower - named), other, strict=True):
                    changed[place] = digit
                _, new_carries, _ = by_hand("".join(changed))
                assert (new_carries[column] if column < len(new_carries) else 0) == carries[column]
            nine = [sum(int(src[place]) for place in places) == 9 for places in columns[:column]][::-1]
            depth = next((i for i, is_nine in enumerate(nine) if not is_nine), column - 1) + 1 if column else 0
            assert named == {place for places in columns[column - depth : column] for place in places}


def test_watch_is_a_row_into_which_a_carry_goes() -> None:
    for example in some("train", 2000):
        _, carries, columns = by_hand(example.src)
        n = len(example.tgt)
        assert example.watch is not None
        column = n - 1 - example.watch
        full = [c for c in range(n) if carries[c] and columns[c]]
        assert column == max(full) if full else example.watch == 0


def test_every_kind_is_common() -> None:
    drawn = some("train", 6000)
    lengths = Counter(len(number) for example in drawn for number in example.src.split("+"))
    assert sorted(lengths) == [1, 2, 3]
    assert min(lengths.values()) > 0.12 * 2 * len(drawn)
    carries = Counter(sum(by_hand(example.src)[1]) for example in drawn)
    assert all(carries[n] > 0.05 * len(drawn) for n in (0, 1, 2, 3))
    runs = [example for example in drawn if len({s for t, s in example.relations["carry"] if t == 0}) > 2]
    assert len(runs) > 0.05 * len(drawn)  # the first digit depends on more than the next column
    numbers = {int(number) for example in some("train", 60_000) for number in example.src.split("+")}
    assert numbers == set(range(1000))


def test_both_orders_are_held_out_together() -> None:
    tested = {example.src for split in ("valid", "test") for example in some(split, 4000)}
    swapped = {"+".join(src.split("+")[::-1]) for src in tested}
    assert (tested | swapped).isdisjoint(example.src for example in some("train", 100_000))


def test_answers_beyond_what_was_trained() -> None:
    known = ADDITION.answer("99999999 + 1")
    assert known is not None and known.tgt == "100000000" and len(known.relations["carry"]) > 30
    assert ADDITION.nearest("99999999 + 1") == "999+1"
    assert ADDITION.answer(" 3 5 8 + 4 6 7 ") == ADDITION.answer("358+467")
    for text in ("", "+", "3+", "+4", "3", "3+4+5", "03+4", "3-4", "3+x", "٣+٤", "1" * 41 + "+1"):
        assert ADDITION.answer(text) is None
    assert ADDITION.answer("0+0") is not None
    assert ADDITION.nearest("007 + 12") == "7+12" and ADDITION.nearest("12") == "12+12"
    assert ADDITION.nearest("3-4") == "3+4" and ADDITION.nearest("x") is None


def test_flip_makes_the_carry_come_or_go() -> None:
    flipped = 0
    for example in some("test", 500):
        flip = ADDITION.flip(example.src)
        if flip is None:
            continue
        flipped += 1
        units = [[*map(int, by_units(src))] for src in (example.src, flip.partner)]
        assert [sum(pair) > 9 for pair in units] in ([True, False], [False, True])
    assert flipped > 400
    flip = ADDITION.flip("358+467")
    assert flip is not None and flip.partner == "351+467"
    assert ADDITION.flip("3") is None and ADDITION.flip("2+2") is None


@pytest.mark.parametrize("digits", list(product("0123456789", repeat=2)), ids="+".join)
def test_flip_of_all_units(digits: tuple[str, str]) -> None:
    text = "+".join(digits)
    flip = ADDITION.flip(text)
    if flip is not None:
        back = ADDITION.flip(flip.partner)
        assert back is not None and back.partner == text and back.position == flip.position


def by_units(src: str) -> list[str]:
    return [number[-1] for number in src.split("+")]
