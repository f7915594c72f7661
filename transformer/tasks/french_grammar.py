"""A little English and French: the sentences of the task `fr`, with everything that is known about them.

    src  the animal did not cross the street because it was too tired
    tgt  l' animal n' a pas traversé la rue parce qu' il était trop fatigué

"it" becomes "il" or "elle" by the gender of the noun that it stands for, and only the last adjective tells which noun
that is: an animal gets tired, a street is wide. Because both nouns are of either gender, and either may come first,
nothing but finding the noun gives the right pronoun. The page Explore shows how a trained model does it.

The grammar: articles and their elision (le, la, l'), adjectives that agree and stand behind their noun, negation
around the verb (ne ... pas, n'a jamais ...), two tenses, emphasis that repeats the noun ("it itself": "l'animal
lui-même"), and a few short sentences ("thanks", "i am a student", "i am eating an apple"). One sentence is a `Story`;
`compose` writes it down in both languages, `parse` reads it. The words are in french_words.py, the task in french.py.
"""

from itertools import product
from random import Random
from typing import NamedTuple

from transformer.tasks.base import Example
from transformer.tasks.french_words import (
    ADJECTIVES,
    DEGREES,
    EMPHATIC,
    FAMOUS_PAIR,
    FOODS,
    MEALS,
    NEGATIONS,
    NOUNS,
    PROFESSIONS,
    PRONOUNS,
    REASONS,
    SMALL_TALK,
    VERBS,
    Adjective,
    Noun,
    Verb,
)

VOWELS = "aeiouyâàéèêëîïôû"
OTHER = {"animal": "place", "place": "animal"}
TENSES = ("past", "present")


class Story(NamedTuple):
    """What one sentence says, in no language yet."""

    subject: Noun
    subject_adjective: Adjective | None
    verb: Verb
    negation: str  # "", "not" or "never"
    tense: str  # "past" or "present"
    object: Noun
    object_adjective: Adjective | None
    degree: str
    reason: Adjective  # its kind says which noun "it" stands for
    referent: Noun
    itself: bool  # "it itself": French repeats the noun, "l'animal lui-même"


class Draft:
    """One sentence pair while it is written: the words of both sides, and which one comes from which."""

    def __init__(self) -> None:
        self.src: list[str] = []
        self.tgt: list[str] = []
        self.alignment: list[tuple[int, int]] = []

    def read(self, word: str) -> int:
        """Add a source word and return its position."""
        self.src.append(word)
        return len(self.src) - 1

    def write(self, word: str, source: int) -> int:
        """Add a target word that translates the source word at `source`, and return its position."""
        self.alignment.append((len(self.tgt), source))
        self.tgt.append(word)
        return len(self.tgt) - 1

    def example(self, referent: tuple[int, int] | None) -> Example:
        """Return the finished pair."""
        return Example(" ".join(self.src), join(self.tgt), self.alignment, referent)


def join(words: list[str]) -> str:
    """Write words as a sentence: no space behind an apostrophe."""
    return " ".join(words).replace("' ", "'")


def elided(word: str, before: str) -> str:
    """Return `le`, `la`, `ne`, `je` or `que` as it stands before a word: with an apostrophe before a vowel."""
    return word[:-1] + "'" if before[0] in VOWELS else word


class French:
    """The grammar: which stories there are, how often each, and which of them are kept out of training.

    adjective_share: how often a noun carries an adjective of its own ("the black dog", "le chien noir")
    itself_share: how often "it" is "it itself", for which French repeats the noun
    short_share: how often a training sentence is one of the short ones
    """

    def __init__(self, adjective_share: float = 0.15, itself_share: float = 0.4, short_share: float = 0.05) -> None:
        self.adjective_share = adjective_share
        self.itself_share = itself_share
        self.short_share = short_share
        self.held_pairs = held_out_pairs()

    def draw(self, random: Random) -> Story:
        """Draw one story: both orders, both referents and every word of a list equally often."""
        kind = random.choice(("animal", "place"))
        subject, object_ = random.choice(NOUNS[kind]), random.choice(NOUNS[OTHER[kind]])
        referent = random.choice((subject, object_))
        return Story(
            subject=subject,
            subject_adjective=self.draw_adjective(random, subject),
            verb=random.choice(VERBS[kind]),
            negation=random.choice(("", *NEGATIONS)),
            tense=random.choice(TENSES),
            object=object_,
            object_adjective=self.draw_adjective(random, object_),
            degree=random.choice(tuple(DEGREES)),
            reason=random.choice(REASONS[referent.kind]),
            referent=referent,
            itself=random.random() < self.itself_share,
        )

    def draw_adjective(self, random: Random, noun: Noun) -> Adjective | None:
        """Draw an adjective that a noun carries of its own, or none."""
        return random.choice(ADJECTIVES[noun.kind]) if random.random() < self.adjective_share else None

    def held_out(self, story: Story) -> bool:
        """True if the story holds a pair of words that training must not see together."""
        pairs = {(story.subject.english, story.object.english), (story.object.english, story.subject.english)}
        pairs.add((story.referent.english, story.reason.english))
        if story.subject_adjective:
            pairs.add((story.subject.english, story.subject_adjective.english))
        if story.object_adjective:
            pairs.add((story.object.english, story.object_adjective.english))
        return not pairs.isdisjoint(self.held_pairs)


def held_out_pairs() -> set[tuple[str, str]]:
    """Choose one pair in ten, of an animal with a place and of a noun with an adjective, to be kept out of training."""
    random = Random(0)
    noun_pairs = [(animal.english, place.english) for animal, place in product(NOUNS["animal"], NOUNS["place"])]
    held = {FAMOUS_PAIR, *random.sample(noun_pairs, len(noun_pairs) // 10)}
    for kind, nouns in NOUNS.items():
        pairs = [(noun.english, word.english) for noun, word in product(nouns, REASONS[kind] + ADJECTIVES[kind])]
        held.update(random.sample(pairs, len(pairs) // 10))
    return held


# --- writing ---------------------------------------------------------------------------------------------------------


def compose(story: Story) -> Example:
    """Write a story in English and French, with the gold alignment and the referent of the pronoun."""
    draft = Draft()
    subject = noun_phrase(draft, story.subject, story.subject_adjective)
    verb_phrase(draft, story.verb, story.negation, story.tense)
    object_ = noun_phrase(draft, story.object, story.object_adjective)
    because, it = draft.read("because"), draft.read("it")
    itself = draft.read("itself") if story.itself else None
    was = draft.read("was" if story.tense == "past" else "is")
    degree, reason = draft.read(story.degree), draft.read(story.reason.english)

    noun = subject if story.referent is story.subject else object_
    draft.write("parce", because)
    if itself is None:
        draft.write("qu'", because)
        referent = draft.write(PRONOUNS[story.referent.gender], it), noun
    else:
        draft.write("que", because)
        draft.write(article(story.referent), noun)
        draft.write(story.referent.french, noun)
        draft.write(EMPHATIC[story.referent.gender], itself)
        referent = None
    draft.write("était" if story.tense == "past" else "est", was)
    draft.write(DEGREES[story.degree], degree)
    draft.write(story.reason.agree(story.referent), reason)
    return draft.example(referent)


def noun_phrase(draft: Draft, noun: Noun, adjective: Adjective | None) -> int:
    """Write "the black dog", "le chien noir"; return the position of the source noun."""
    the = draft.read("the")
    own = draft.read(adjective.english) if adjective else 0
    at = draft.read(noun.english)
    draft.write(article(noun), the)
    draft.write(noun.french, at)
    if adjective:
        draft.write(adjective.agree(noun), own)
    return at


def article(noun: Noun) -> str:
    """Return le, la or l' as it stands before a noun."""
    return elided("la" if noun.gender == "f" else "le", noun.french)


def verb_phrase(draft: Draft, verb: Verb, negation: str, tense: str) -> None:
    """Write "did not cross", "n' a pas traversé"; "never crosses", "ne traverse jamais"; "crossed", "a traversé"."""
    past = tense == "past"
    if negation == "not":
        helper, no = draft.read("did" if past else "does"), draft.read("not")
        main = draft.read(verb.base)
    else:
        no = draft.read(negation) if negation else 0
        helper = main = draft.read(verb.past if past else verb.third)
    finite = "a" if past else verb.present
    if negation:
        draft.write(elided("ne", finite), no)
    draft.write(finite, helper if past else main)
    if negation:
        draft.write(NEGATIONS[negation], no)
    if past:
        draft.write(verb.participle, main)


def short_sentences() -> dict[str, Example]:
    """Write all the short sentences, by their source: small talk, "i am a student", "i am eating an apple"."""
    examples = [Example(english, french, []) for english, french in SMALL_TALK.items()]
    for english, french in PROFESSIONS.items():
        examples.append(Example(f"i am a {english}", f"je suis {french}", [(0, 0), (1, 1), (2, 3)]))
    for (doing, (i_do, we_do)), (food, french) in product(MEALS.items(), FOODS.items()):
        alignment = [(0, 0), (1, 2), (2, 3), (3, 4)]
        i_eat = join([elided("je", i_do), i_do, french])
        examples.append(Example(f"i am {doing} {food}", i_eat, alignment))
        examples.append(Example(f"we are {doing} {food}", f"nous {we_do} {french}", alignment))
    return {example.src: example for example in examples}


# --- reading ---------------------------------------------------------------------------------------------------------


def parse(words: list[str]) -> Story | None:
    """Read the words of a source sentence back into its story; None if the grammar cannot have written them."""
    guess = nearest_story(words)
    return guess if compose(guess).src == " ".join(words) else None


VERB_WORDS = {"did", "does", *NEGATIONS} | {
    form for verbs in VERBS.values() for verb in verbs for form in (verb.base, verb.third, verb.past)
}


def nearest_story(words: list[str]) -> Story:
    """Read as much as can be read of any words, and take the rest from the famous sentence.

    The first known noun is the subject if it stands before the verb, the next one of the other kind the object. The
    last adjective that can be a reason is the reason. An adjective is a noun's own if it stands right before it.
    """
    nouns = {noun.english: noun for kind in NOUNS.values() for noun in kind}
    verb_at = next((i for i, word in enumerate(words) if word in VERB_WORDS), len(words))
    at = [i for i, word in enumerate(words) if word in nouns]
    subject_at = at[0] if at and at[0] < verb_at else None
    taken = None if subject_at is None else nouns[words[subject_at]].kind
    object_at = next((i for i in at if nouns[words[i]].kind != taken), None)
    if subject_at is not None:
        subject = nouns[words[subject_at]]
    else:  # the first noun of the kind that the object is not
        subject = NOUNS["animal" if object_at is None else OTHER[nouns[words[object_at]].kind]][0]
    object_ = NOUNS[OTHER[subject.kind]][0] if object_at is None else nouns[words[object_at]]

    reasons = {adjective.english: (kind, adjective) for kind, group in REASONS.items() for adjective in group}
    kind, reason = reasons[next((word for word in reversed(words) if word in reasons), "tired")]
    verb, tense = nearest_verb(words, VERBS[subject.kind])
    return Story(
        subject=subject,
        subject_adjective=own_adjective(words, subject_at, subject.kind),
        verb=verb,
        negation=next((word for word in words if word in NEGATIONS), ""),
        tense=tense,
        object=object_,
        object_adjective=own_adjective(words, object_at, object_.kind),
        degree=next((word for word in words if word in DEGREES), "too"),
        reason=reason,
        referent=subject if subject.kind == kind else object_,
        itself="itself" in words,
    )


def nearest_verb(words: list[str], verbs: list[Verb]) -> tuple[Verb, str]:
    """Find a verb among the words, in any form, and its tense; without one it is the first verb, in the past."""
    forms = {form: verb for verb in verbs for form in (verb.base, verb.third, verb.past)}
    verb = next((forms[word] for word in words if word in forms), verbs[0])
    past = {"did", "was", verb.past} & set(words)
    present = {"does", "is", verb.third} & set(words)
    return verb, "present" if present and not past else "past"


def own_adjective(words: list[str], at: int | None, kind: str) -> Adjective | None:
    """Return the adjective that stands right before the noun at a position, if such a noun can carry it."""
    adjectives = {adjective.english: adjective for adjective in ADJECTIVES[kind]}
    return adjectives.get(words[at - 1]) if at else None


def opposites(reason: Adjective) -> list[str]:
    """Return [what an animal is, what a place is], one of which is the reason given: ["tired", "wide"]."""
    pairs = zip(REASONS["animal"], REASONS["place"], strict=True)
    return next([animal.english, place.english] for animal, place in pairs if reason in (animal, place))


def every_word() -> tuple[set[str], set[str]]:
    """Return all source words and all target words of the sentences with "because", by writing enough of them."""
    src: set[str] = set()
    tgt: set[str] = set()
    for kind, tense, negation, itself in product(NOUNS, TENSES, ("", *NEGATIONS), (False, True)):
        for noun, n in product(NOUNS[kind], range(max(map(len, VERBS.values())))):
            other = NOUNS[OTHER[kind]][n % len(NOUNS[OTHER[kind]])]
            own, others = ADJECTIVES[kind], ADJECTIVES[OTHER[kind]]
            verb, degree = VERBS[kind][n % len(VERBS[kind])], list(DEGREES)[n % len(DEGREES)]
            reason = REASONS[kind][n % len(REASONS[kind])]
            story = Story(
                noun,
                own[n % len(own)],
                verb,
                negation,
                tense,
                other,
                others[n % len(others)],
                degree,
                reason,
                noun,
                itself,
            )
            example = compose(story)
            src.update(example.src.split())
            tgt.update(cut(example.tgt))
    return src, tgt


def cut(french: str) -> list[str]:
    """Cut a French sentence into its tokens: behind every space and every apostrophe."""
    return french.replace("'", "' ").split()
