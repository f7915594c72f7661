"""English to French: the sentence of the famous picture, and what a person may type. The grammar: french_grammar.py."""

from collections.abc import Iterator
from random import Random
from zlib import crc32

from transformer.tasks.base import ENOUGH_MISSES, Example, Flip, Split, Task, require_split
from transformer.tasks.french_grammar import (
    French,
    compose,
    cut,
    every_word,
    nearest_story,
    opposites,
    parse,
    short_sentences,
)
from transformer.tasks.french_words import (
    ADJECTIVES,
    DEGREES,
    FAMOUS,
    MEALS,
    NEGATIONS,
    NOUNS,
    REASONS,
    SMALL_TALK,
    VERBS,
)
from transformer.vocab import SPECIALS, Normalisation, WordVocabulary

CONTRACTIONS = {
    "didn't": "did not",
    "doesn't": "does not",
    "don't": "do not",
    "wasn't": "was not",
    "isn't": "is not",
    "can't": "can not",
    "cannot": "can not",
    "couldn't": "could not",
    "won't": "will not",
    "hasn't": "has not",
    "it's": "it is",
    "i'm": "i am",
    "we're": "we are",
}


class FrenchTask(Task):
    """Translate English into French, where "it" is "il" or "elle" and only the last adjective tells which.

    >>> task = FrenchTask()
    >>> example = task.answer("The animal didn't cross the street because it was too tired.")
    >>> example.src
    'the animal did not cross the street because it was too tired'
    >>> example.tgt
    "l'animal n'a pas traversé la rue parce qu'il était trop fatigué"
    >>> example.referent  # row 10 writes "il", which stands for source word 1, "animal"
    (10, 1)
    >>> task.answer("the animal did not cross the street because it was too wide").tgt
    "l'animal n'a pas traversé la rue parce qu'elle était trop large"
    >>> task.answer("the animal did not cross the street because it itself was too wide").tgt
    "l'animal n'a pas traversé la rue parce que la rue elle-même était trop large"
    """

    name = "fr"
    languages: tuple[str, str] = ("language.en", "language.fr")
    example = FAMOUS

    def __init__(self, grammar: French | None = None) -> None:
        self.grammar = grammar or French()
        self.short = short_sentences()
        src_words, tgt_words = every_word()
        for example in self.short.values():
            src_words.update(example.src.split())
            tgt_words.update(cut(example.tgt))
        self.src_vocab = WordVocabulary([*SPECIALS, *sorted(src_words)], Normalisation(contractions=CONTRACTIONS))
        self.tgt_vocab = WordVocabulary([*SPECIALS, *sorted(tgt_words)], Normalisation(after_apostrophe=True))

    def vocabularies(self) -> tuple[WordVocabulary, WordVocabulary]:
        """Return the source and the target vocabulary: every word that the grammar can write, in alphabetical order."""
        return self.src_vocab, self.tgt_vocab

    # -- sentences to learn from and to be tested on -----------------------------------------------------------------

    def examples(self, seed: int, split: Split) -> Iterator[Example]:
        """Yield sentence pairs, the same ones for the same seed.

        train: endless, never with a held-out pair. valid, test: each sentence once, each with a held-out pair of two
        nouns or of a noun and an adjective, and no sentence in both.
        """
        require_split(split)
        random = Random(f"{self.name} {split} {seed}")
        return self._train(random) if split == "train" else self._held_out(random, split)

    def _train(self, random: Random) -> Iterator[Example]:
        short = list(self.short.values())
        while True:
            if random.random() < self.grammar.short_share:
                yield random.choice(short)
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
        """Return the words of a typed text as the model reads them."""
        return self.src_vocab.encode(text).surfaces

    def answer(self, text: str) -> Example | None:
        """Return what the grammar says about a typed text, or None if it is not one of its sentences."""
        words = self.read(text)
        short = self.short.get(" ".join(words))
        if short is not None:
            return short
        story = parse(words)
        return None if story is None else compose(story)

    def flip(self, text: str) -> Flip | None:
        """Return the word that decides what "it" stands for, with its opposite: [of the animal, of the place]."""
        words = self.read(text)
        story = parse(words)
        if story is None:
            return None
        pair = opposites(story.reason)
        index = pair.index(story.reason.english)
        return Flip(len(words) - 1, pair, index, " ".join([*words[:-1], pair[1 - index]]))

    def nearest(self, text: str) -> str | None:
        """Return a sentence of the grammar close to a typed text, or None if no word of it is known."""
        words = self.read(text)
        if not any(word in self.src_vocab.index for word in words):
            return None
        short = max(self.short, key=lambda known: overlap(known.split(), words))
        long = compose(nearest_story(words)).src
        return max(long, short, key=lambda known: overlap(known.split(), words))

    def known_words(self) -> dict[str, list[str]]:
        """Return the source words by kind, for a person who wonders what may be typed."""
        return {
            "animals": [noun.english for noun in NOUNS["animal"]],
            "places": [noun.english for noun in NOUNS["place"]],
            "animal_verbs": [verb.base for verb in VERBS["animal"]],
            "place_verbs": [verb.base for verb in VERBS["place"]],
            "animal_reasons": [adjective.english for adjective in REASONS["animal"]],
            "place_reasons": [adjective.english for adjective in REASONS["place"]],
            "adjectives": [adjective.english for kind in ADJECTIVES.values() for adjective in kind],
            "degrees": list(DEGREES),
            "negations": list(NEGATIONS),
            "phrases": [*SMALL_TALK, "i am a student", *(f"i am {doing} an apple" for doing in MEALS)],
        }

    def chips(self) -> list[str]:
        """Return the example sentences that a page offers."""
        return [
            FAMOUS,
            "the animal did not cross the street because it was too wide",
            "the street did not stop the animal because it was too tired",
            "the black dog likes the quiet park because it is very hungry",
            "the mouse never crosses the bridge because it itself is too narrow",
            "i am a student",
            "i am eating an apple",
            "thanks",
        ]


def overlap(known: list[str], words: list[str]) -> tuple[int, int]:
    """Rank a known sentence by how many of its words were typed, then by how few were not."""
    shared = len(set(known) & set(words))
    return shared, shared - len(known)
