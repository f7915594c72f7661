"""Chinese to English: characters to read, words to write. The grammar: chinese_grammar.py."""

from collections.abc import Iterator
from random import Random
from zlib import crc32

from transformer.tasks.base import ENOUGH_MISSES, Example, Flip, Split, Task, require_split
from transformer.tasks.chinese_grammar import OWNERS, Chinese
from transformer.tasks.chinese_reading import WORDS, nearest_story, parse, words_of
from transformer.tasks.chinese_stories import Talk
from transformer.tasks.chinese_words import (
    ADJECTIVES,
    BE,
    CUP,
    DO,
    EXAMPLE,
    HAVE,
    HOME,
    NOUNS,
    NUMBERS,
    PERSONS,
    PLACES,
    SIDES,
    SMALL_TALK,
    THESE,
    TIMES,
    VERBS,
)
from transformer.tasks.chinese_writing import compose
from transformer.vocab import SPECIALS, CharacterVocabulary, WordVocabulary

# What may be switched in a sentence, the most telling first: the number, the time, the place, the rest.
SWITCHES = (["一", "两"], ["每", "明"], ["上", "下"], ["这", "那"], ["他", "她"])
OTHER_WORDS = "an the will did not there no of at"  # English words that stand in no table of their own


class ChineseTask(Task):
    """Translate Chinese into English: the order changes, and number and tense become endings.

    >>> task = ChineseTask()
    >>> example = task.answer("我昨天在公园看见一只猫")
    >>> example.src, example.tgt
    ('我昨天在公园看见一只猫', 'i saw a cat in the park yesterday')
    >>> example.alignment  # no word comes from character 9, the measure word 只; "the" comes from nothing
    [(0, 0), (1, 6), (1, 7), (2, 8), (3, 10), (4, 3), (6, 4), (6, 5), (7, 1), (7, 2)]
    >>> example.relations  # "cat" has no s because of 一, "saw" is past because of 昨天
    {'time': [(1, 1), (1, 2)], 'number': [(3, 8)]}
    >>> task.answer("我昨天在公园看见两只猫").tgt
    'i saw two cats in the park yesterday'
    >>> task.answer("桌子上有三本书").tgt
    'there are three books on the table'
    >>> task.answer("汤姆现在在喝一杯茶").tgt
    'tom is drinking a cup of tea now'
    """

    name = "zh"
    languages: tuple[str, str] = ("language.zh", "language.en")
    example = EXAMPLE

    def __init__(self, grammar: Chinese | None = None) -> None:
        self.grammar = grammar or Chinese()
        characters = {character for word in WORDS for character in word}
        self.src_vocab = CharacterVocabulary([*SPECIALS, *sorted(characters)])
        self.tgt_vocab = WordVocabulary([*SPECIALS, *sorted(english_words())])

    def vocabularies(self) -> tuple[CharacterVocabulary, WordVocabulary]:
        """Return the source vocabulary, of characters, and the target vocabulary, of words, both sorted."""
        return self.src_vocab, self.tgt_vocab

    # -- sentences to learn from and to be tested on -----------------------------------------------------------------

    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield sentence pairs, the same ones for the same seed.

        train: endless, never with a held-out pair. valid, test: each sentence once, each with a held-out pair of words
        (a verb and its object, a number and a noun, ...), and no sentence in both.
        """
        require_split(split)
        random = Random(f"{self.name} {split} {seed}")
        return self._train(random) if split == "train" else self._held_out(random, split)

    def _train(self, random: Random) -> Iterator[Example]:
        while True:
            if random.random() < self.grammar.talk_share:
                yield compose(self.grammar.draw_talk(random))
                continue
            story = self.grammar.draw(random)
            if not self.grammar.held_out(story):
                yield compose(story)

    def _held_out(self, random: Random, split: Split) -> Iterator[Example]:
        seen: set[str] = set()
        misses = 0
        while misses < ENOUGH_MISSES:
            misses += 1
            story = self.grammar.draw(random)
            if not self.grammar.held_out(story):
                continue
            example = compose(story)
            in_split = split == ("valid", "test")[crc32(example.src.encode()) % 2]  # the sentence itself decides
            if in_split and example.src not in seen:
                seen.add(example.src)
                misses = 0
                yield example

    # -- what a page asks --------------------------------------------------------------------------------------------

    def read(self, text: str) -> list[str]:
        """Return the characters of a typed text as the model reads them."""
        return self.src_vocab.encode(text).surfaces

    def answer(self, text: str) -> Example | None:
        """Return what the grammar says about a typed text, or None if it is not one of its sentences."""
        story = parse(self.read(text))
        return None if story is None else compose(story)

    def nearest(self, text: str) -> str | None:
        """Return a sentence of the grammar close to a typed text, or None if no word of it is known."""
        characters = self.read(text)
        story = parse(characters)
        if story is not None:
            return compose(story).src
        words = words_of(characters)
        if not words:
            return None
        talk = next((word for word in words if word in SMALL_TALK), None)
        return compose(Talk(talk) if talk and len(words) < 3 else nearest_story(words)).src

    def flip(self, text: str) -> Flip | None:
        """Return the character whose switch tells most, such as 一 with [一, 两]: "a cat", "two cats"."""
        characters = self.read(text)
        if parse(characters) is None:
            return None
        for pair in SWITCHES:
            for position, character in enumerate(characters):
                if character not in pair:
                    continue
                index = pair.index(character)
                partner = [*characters[:position], pair[1 - index], *characters[position + 1 :]]
                if parse(partner) is not None:
                    return Flip(position, pair, index, self.src_vocab.join(partner))
        return None

    def known_words(self) -> dict[str, list[str]]:
        """Return the source words by kind, for a person who wonders what may be typed."""
        verbs = [*(verb.chinese for verb in VERBS), "有", "是"]
        places = [*(place.chinese for place in (*PLACES, HOME)), *SIDES]
        return {
            "people": [*(person.chinese for person in PERSONS), *OWNERS],
            "beings": [noun.chinese for noun in NOUNS if noun.kind in ("animal", "person", "child")],
            "things": [noun.chinese for noun in NOUNS if noun.kind in ("text", "thing", "flower")],
            "meals": [noun.chinese for noun in NOUNS if noun.kind in ("food", "drink")],
            "verbs": verbs,
            "times": sorted({time for times in TIMES.values() for time in times if time}),
            "where": places,
            "numbers": [*NUMBERS, *THESE],
            "measures": sorted({noun.measure for noun in NOUNS}),
            "adjectives": list(ADJECTIVES),
            "small_words": list("在没不会了的吗"),
            "phrases": list(SMALL_TALK),
        }

    def chips(self) -> list[str]:
        """Return the example sentences that a page offers."""
        return [
            EXAMPLE,
            "桌子上有两本书",
            "汤姆追逐杰瑞",
            "我爱你",
            "我是学生",
            "那个孩子明天不会吃这个蛋糕",
            "她每天在花园喝三杯茶",
            "你喜欢我的新帽子吗",
        ]


def english_words() -> set[str]:
    """Collect every English word that the grammar can write."""
    words = {*OTHER_WORDS.split(), *CUP, *BE.values(), *DO.values(), *HAVE.values()}
    words |= {*NUMBERS.values(), *SIDES.values(), *ADJECTIVES.values(), *SMALL_TALK.values()}
    words |= {word for these in THESE.values() for word in these}
    words |= {word for times in TIMES.values() for phrase in times.values() for word in phrase.split()}
    words |= {word for person in PERSONS for word in person[1:4]} | {place.english for place in (*PLACES, HOME)}
    words |= {word for noun in NOUNS for word in (noun.english, noun.plural)}
    words |= {word for verb in VERBS for word in (verb.base, verb.third, verb.past, verb.doing)}
    return words - {""}
