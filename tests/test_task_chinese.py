"""What the task zh says about its sentences is true, and what it tests on was never in training."""

import doctest
import time
from itertools import islice, pairwise
from random import Random
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models
from transformer.tasks import TASKS, ChineseTask, Example, Split, chinese
from transformer.tasks.chinese_grammar import pairs_of
from transformer.tasks.chinese_reading import parse
from transformer.tasks.chinese_words import EXAMPLE, NOUNS, TIMES, VERBS
from transformer.tasks.chinese_writing import compose
from transformer.vocab import UNK

ZH = cast(ChineseTask, TASKS["zh"])
MEASURES = {noun.measure for noun in NOUNS}
MANY, ONE = {"two", "three", "four", "these", "those"}, {"a", "an", "this", "that"}
PLURALS = {noun.plural: noun.english for noun in NOUNS if noun.plural} | {"cups": "cup"}

# Written by hand, each for what stands behind it.
PAIRS = {
    "我爱你": "i love you",
    "汤姆追逐杰瑞": "tom chases jerry",  # the s of the third person
    "我是学生": "i am a student",
    "我昨天在公园看见一只猫": "i saw a cat in the park yesterday",  # time and place before the verb
    "昨天我在公园看见了一只猫": "i saw a cat in the park yesterday",  # time first, and with 了
    "我看见了两只老鼠": "i saw two mice",  # no time word: 了 alone says that it is past
    "她买了一把旧伞": "she bought an old umbrella",  # a measure word, and an before a vowel
    "她在吃一个鸡蛋": "she is eating an egg",  # 在 for what goes on
    "现在汤姆在厨房喝两杯茶": "tom is drinking two cups of tea in the kitchen now",  # the measure word of English
    "他们每天在图书馆看书": "they read books in the library every day",
    "杰瑞每天画一朵花": "jerry draws a flower every day",
    "那个孩子明天会帮助我": "that child will help me tomorrow",  # 会, and "me" where Chinese has 我 again
    "我们下周在商店买三顶帽子": "we will buy three hats in the shop next week",  # 下周 alone is the future
    "汤姆上周没找到这本书": "tom did not find this book last week",  # 没 in the past
    "这两个学生不喝咖啡": "these two students do not drink coffee",  # 不 otherwise
    "她明天不会看我的信": "she will not read my letter tomorrow",
    "你喜欢那只小狗吗": "do you like that small dog",  # 吗 turns the sentence around
    "他喜欢桌子上的苹果": "he likes the apple on the table",  # 的 turns it around
    "桌子上有两本书": "there are two books on the table",
    "床下没有老鼠": "there are no mice under the bed",
    "书在椅子上": "the book is on the chair",
    "汤姆在家吗": "is tom at home",
    "我们不在公园里": "we are not in the park",
    "汤姆没有伞": "tom does not have an umbrella",
    "他们是我的老师": "they are my teachers",
    "你是医生吗": "are you a doctor",
    "猫追逐老鼠": "cats chase mice",  # all of them
    "你好": "hello",
}


def some(split: Split, n: int, seed: int = 3) -> list[Example]:
    return list(islice(ZH.examples(seed, split), n))


def sources(example: Example, row: int) -> str:
    """Give the characters that an English word comes from."""
    return "".join(example.src[at] for t, at in example.alignment if t == row)


def test_docstrings() -> None:
    failed, tried = doctest.testmod(chinese)
    assert failed == 0 and tried >= 6


@pytest.mark.parametrize(("source", "target"), PAIRS.items())
def test_sentences_written_by_hand(source: str, target: str) -> None:
    found = ZH.answer(source)
    assert found is not None and (found.src, found.tgt) == (source, target)
    assert ZH.nearest(source) == source


@pytest.mark.parametrize("split", ["train", "test"])
def test_vocabulary_holds_every_word(split: Split) -> None:
    src_vocab, tgt_vocab = ZH.vocabularies()
    characters: set[str] = set()
    words: set[str] = set()
    for example in some(split, 6000 if split == "train" else 1500):
        src, tgt = src_vocab.encode(example.src), tgt_vocab.encode(example.tgt)
        assert src.surfaces == list(example.src) and tgt.surfaces == example.tgt.split()
        assert UNK not in src.ids and UNK not in tgt.ids
        characters.update(src.surfaces)
        words.update(tgt.surfaces)
    if split == "train":  # and nothing in it for nothing
        assert set(src_vocab.tokens[4:]) == characters and set(tgt_vocab.tokens[4:]) == words


def test_alignment() -> None:
    """All characters of a word belong to its translation; a measure word to none, but for the cup."""
    meaning = {verb.chinese: {verb.base, verb.third, verb.past, verb.doing} for verb in VERBS}
    meaning |= {noun.chinese: {noun.english, noun.plural} for noun in NOUNS}
    seen: set[str] = set()
    for example in some("train", 2500):
        assert all(0 <= t < len(example.tgt.split()) and 0 <= s < len(example.src) for t, s in example.alignment)
        used = {at for _, at in example.alignment}
        for at, character in enumerate(example.src):
            counted = at > 0 and example.src[at - 1] in "一两三四这那"
            if character in MEASURES and counted:
                assert (at in used) == (character == "杯"), example
            elif character not in "的了会在里吗":
                assert at in used, (example, character)
        for row, word in enumerate(example.tgt.split()):
            chinese_word = sources(example, row).removesuffix("了")
            if chinese_word in meaning:
                seen.add(chinese_word)
                assert word in meaning[chinese_word], example
            elif word in ("cup", "cups", "of"):
                assert chinese_word == "杯", example
            elif not chinese_word:
                assert word in ("the", "a", "an", "am", "is", "are", "will"), example
    assert seen == set(meaning)


def test_number_decides_the_ending() -> None:
    plural = 0
    for example in some("train", 2500):
        words = example.tgt.split()
        for row, at in example.relations.get("number", ()):
            assert example.src[at] in "一两三四"
            many = words[row] in PLURALS or words[row] in ("are", "these", "those")
            assert many == (example.src[at] != "一"), example
            plural += many
        for word, after in pairwise(words):
            if word in MANY and after in PLURALS.values():
                pytest.fail(f"{word} {after} in {example}")
            if word in ONE:
                assert after not in PLURALS, example
            if word in ("a", "an"):
                assert (word == "an") == (after[0] in "aeiou"), example
    assert plural > 500


def test_time_decides_the_tense() -> None:
    seen: set[str] = set()
    tense_of = {time: tense for tense, times in TIMES.items() for time in times if time}
    verbs = {verb.past for verb in VERBS} | {"did"}
    present = {form for verb in VERBS for form in (verb.base, verb.third)}
    for example in some("train", 3000):
        cells = example.relations.get("time", [])
        time = next((word for word in tense_of if word in example.src), None)
        assert bool(cells) == (time is not None)
        if time is None:
            continue
        seen.add(time)
        assert "".join(example.src[at] for _, at in cells) == time
        word = example.tgt.split()[cells[0][0]]
        tense = tense_of[time]
        assert word in {"past": verbs, "now": {"am", "is", "are"}, "future": {"will"}, "habit": present}[tense], example
    assert seen == set(tense_of)


def test_subject_and_verb_agree() -> None:
    third = {verb.third for verb in VERBS if verb.third} | {"is", "does", "has"}
    plain = {verb.base for verb in VERBS if verb.base != "read"} | {"are", "am", "do", "have"}
    for example in some("train", 2500):
        words = example.tgt.split()
        if words[0] in ("he", "she", "tom", "jerry"):
            assert words[1] not in plain, example
        if words[0] in ("i", "you", "we", "they"):
            assert words[1] not in third and (words[1] == "am") <= (words[0] == "i"), example


def test_watched_row_reads_far_back() -> None:
    """The row that a page points at shows best how the order changes."""
    famous = ZH.answer(EXAMPLE)
    assert famous is not None and famous.watch == 7
    assert famous.tgt.split()[7] == "yesterday" and sources(famous, 7) == "昨天"
    for example in some("test", 500):
        if example.watch is not None:
            assert sources(example, example.watch), example


@models.counts(50_000)
def test_held_out_is_never_in_training(count: int) -> None:
    held = ZH.grammar.held_pairs
    tested = set()
    for split in ("valid", "test"):
        found = some(split, 1000)
        texts = {example.src for example in found}
        assert len(texts) == 1000 and tested.isdisjoint(texts)  # distinct, and in one split only
        for text in texts:
            story = parse(text)
            assert story is not None and not held.isdisjoint(pairs_of(story))
        tested |= texts
    for n, example in enumerate(islice(ZH.examples(11, "train"), count)):
        assert example.src not in tested
        if n % 10 == 0:  # to read is slower than to write
            story = parse(example.src)
            assert story is not None and held.isdisjoint(pairs_of(story)), example


def test_each_word_of_a_held_out_pair_is_trained() -> None:
    """What is tested is a new combination, never a new word; and the example of the page is one of them."""
    held = ZH.grammar.held_pairs
    stories = [parse(example.src) for example in some("train", 6000)]
    trained = {word for story in stories if story for pair in pairs_of(story) for word in pair}
    assert {word for pair in held for word in pair} <= trained
    story = parse(EXAMPLE)
    assert story is not None and not held.isdisjoint(pairs_of(story))


def test_more_than_100_000_sentences() -> None:
    """Counted in two parts of the grammar alone: who read what and where, and who drew what."""
    subjects = 8 + 2 * (4 + 4) * 4  # persons; this, that, these two, my ... with four kinds of people
    counted = 4 * 4  # numbers and animals without an adjective
    where, when, drawn = 1 + 2 + 2 + 1, 2 + 1 + 2 * 2 + 1, 3 * 4 * 4 + counted
    assert subjects * when * where * drawn > 100_000
    assert len({example.src for example in some("train", 20_000)}) > 10_000


def test_drawn_stories_are_read_back() -> None:
    random = Random(8)
    for _ in range(1500):
        story = ZH.grammar.draw(random)
        assert parse(compose(story).src) == story
    for text in (
        "",
        "猫",
        "猫我",
        EXAMPLE + "猫",
        "我吃书",
        "我昨天在公园看见一本猫",
        "我明天看见了一只猫",
        "我爱我",
        "两",
    ):
        assert ZH.answer(text) is None


def test_flip() -> None:
    assert ZH.flip(EXAMPLE) == (8, ["一", "两"], 0, "我昨天在公园看见两只猫")
    assert ZH.flip("她每天喝三杯茶") == (1, ["每", "明"], 0, "她明天喝三杯茶")
    assert ZH.flip("帽子在桌子上") == (5, ["上", "下"], 0, "帽子在桌子下")
    for example in some("test", 500):
        found = ZH.flip(example.src)
        if found is None:
            continue
        assert example.src[found.position] == found.words[found.chosen]
        other, back = ZH.answer(found.partner), ZH.flip(found.partner)
        assert other is not None and other.tgt != example.tgt
        assert back is not None and back.partner == example.src and back.chosen == 1 - found.chosen
    assert ZH.flip("我爱你") is None and ZH.flip("zebra") is None


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("zebra <b> \u202e🦊", None),
        ("", None),
        ("我看见一个猫", "我看见了一只猫"),  # the wrong measure word
        ("我昨天在公园看见一只大象", "我昨天在公园看见一只大猫"),
        ("汤姆吃了两个桥", "汤姆吃了两个苹果"),
        ("桌子上有三本书和猫", "桌子上有三只猫"),
        ("你好吗", "你好"),
        ("桌子", "桌子上有一只猫"),
        ("汤姆追逐愛", "汤姆追逐杰瑞"),  # a traditional character is an unknown one
    ],
)
def test_nearest(typed: str, nearest: str | None) -> None:
    assert ZH.nearest(typed) == nearest


JUNK = st.one_of(
    st.text(max_size=4),
    st.sampled_from([*ZH.src_vocab.tokens, *PAIRS, *(word for kind in ZH.known_words().values() for word in kind)]),
    st.sampled_from(["看見", "隻", "Tom", "<b>", "\u202e", "🦊", "。", "\ud800"]),
)


@given(st.lists(JUNK, max_size=12).map("".join))
def test_whatever_is_typed_gets_an_answer_that_holds(text: str) -> None:
    answer, nearest, flip = ZH.answer(text), ZH.nearest(text), ZH.flip(text)
    if answer is not None:
        assert answer.src == "".join(ZH.read(text)) == nearest
    if nearest is not None:
        assert ZH.answer(nearest) is not None
    if flip is not None:
        assert answer is not None and ZH.answer(flip.partner) is not None


def test_drawing_is_fast_enough() -> None:
    """Not a figure, a guard: a training draws its whole pool before the first step."""
    start = time.thread_time()
    some("train", 5000)
    assert time.thread_time() - start < 5.0
