"""A little Chinese: which sentences there are in the task `zh`, and which of them are kept out of training.

    src  我 昨 天 在 公 园 看 见 一 只 猫
    tgt  i saw a cat in the park yesterday

Time and place stand before the verb in Chinese and at the end in English; a number stands with a measure word (一只猫,
两本书) that English does not have, and English has an ending for it that Chinese does not have; a time word alone, or
了, says in which tense the English verb stands. There are five patterns of sentences:

    Act    我昨天在公园看见一只猫   i saw a cat in the park yesterday      我爱你   i love you
    There  桌子上有两本书           there are two books on the table
    At     书在桌子上               the book is on the table
    Have   汤姆没有伞               tom does not have an umbrella
    Be     我是学生                 i am a student

chinese_writing.py writes them down in both languages, chinese_reading.py reads them.

`tell` makes a story by asking for one choice after the other and offers nothing that could not be said: nobody eats a
letter. Who answers by chance draws a sentence; who answers with what a person typed finds the nearest one. The first
option is the answer of somebody who does not know; an option that is there twice is drawn twice as often.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from random import Random
from typing import Protocol, TypeVar

from transformer.tasks.chinese_stories import Act, At, Be, Have, Someone, Spot, Story, Talk, There, Thing
from transformer.tasks.chinese_words import (
    BUY,
    CHASE,
    EXAMPLE_PAIR,
    HOME,
    NAMES,
    NOUNS,
    NUMBERS,
    PERSONS,
    PLACES,
    SMALL_TALK,
    THESE,
    TIMES,
    VERBS,
    Noun,
    Person,
    Place,
    Verb,
)

T = TypeVar("T")
Pair = tuple[str, str]


class Pick(Protocol):
    """Answer a question of `tell`: choose one of the options for a slot."""

    def __call__(self, slot: str, options: Sequence[T], /) -> T: ...


# --- the choices -----------------------------------------------------------------------------------------------------

PATTERNS = (*["act"] * 14, *["there"] * 4, *["at"] * 3, *["have"] * 2, *["be"] * 1)
NUMBER_CHOICES = ("一", "一", "两", "两", "三", "四")
MANY_CHOICES = ("", "", "", "两", "三", "四")  # behind 这 and 那, where one goes without saying
OWNERS = tuple(person.chinese + "的" for person in PERSONS if person.owner)


def tell(pick: Pick) -> Story:
    """Make one story out of the answers to a row of questions."""
    tellers: dict[str, Callable[[Pick], Story]] = {
        "act": tell_act,
        "there": tell_there,
        "at": tell_at,
        "have": tell_have,
        "be": tell_be,
    }
    return tellers[pick("pattern", PATTERNS)](pick)


def tell_act(pick: Pick) -> Act:
    """Choose who does what, when and where."""
    verb = pick("verb", VERBS)
    tense = pick("tense", verb.tenses)
    subject = tell_subject(pick, verb, tense)
    mood = pick("mood", moods(subject, tense))
    time = pick("time", tuple(TIMES[tense]))
    object_ = tell_object(pick, verb, tense, mood, subject)
    placed = isinstance(object_, Thing) and object_.spot is not None
    done = tense == "past" and mood != "not"
    will = tense == "future"
    return Act(
        subject=subject,
        verb=verb,
        tense=tense,
        mood=mood,
        time=time,
        time_first=bool(time) and pick("time_first", (False, False, False, True)),
        spot=None if tense == "plain" or placed else pick("spot", rooms(verb)),
        object=object_,
        done=done and (not (verb.found and time) or pick("done", (True, False))),
        will=will and (not time or mood == "not" or pick("will", (True, False))),
    )


def moods(subject: Someone, tense: str) -> tuple[str, ...]:
    """Say whether a sentence may deny or ask: nobody asks what he does himself."""
    if tense in ("now", "habit"):
        return ("",)
    if tense != "plain":
        return ("", "", "", "not")
    own = isinstance(subject, Person) and subject.chinese[0] == "我"
    return ("", "", "", "not") if own else ("", "", "", "not", "asks")


@cache
def rooms(verb: Verb) -> tuple[Spot | None, ...]:
    """List where an act takes place; half of all sentences do not say it."""
    found = [Spot(place, side) for place in (*PLACES, HOME) if place.chinese in verb.rooms for side in sides(place)]
    return (*[None] * max(1, len(found) // 2), *found)


def sides(place: Place) -> tuple[str, ...]:
    """Say what may stand behind a room: 在公园 or 在公园里, but 在家 alone."""
    return ("", "", "里") if place.holds else ("",)


def tell_subject(pick: Pick, verb: Verb, tense: str) -> Someone:
    """Choose who acts: a person as a rule, animals where it is about a chase."""
    if verb.chinese == CHASE:
        forms = ("person", "determined", "owned", *(["generic"] if tense == "plain" else []))
        persons, nouns = NAMES, nouns_of(("animal",))
    else:
        forms = ("person", "person", "person", "person", "determined", "owned")
        persons, nouns = PERSONS, nouns_of(("person", "child"))
    form = pick("subject.form", forms)
    return pick("subject.person", persons) if form == "person" else tell_thing(pick, "subject", form, nouns)


def tell_object(pick: Pick, verb: Verb, tense: str, mood: str, subject: Someone) -> Someone:
    """Choose what an act is about: something new (一只猫) only where it really is done, all of a kind as a habit."""
    form = pick("object.form", object_forms(verb, tense, mood))
    if form == "person":
        return pick("object.person", others(subject, NAMES if verb.chinese == CHASE else PERSONS))
    return tell_thing(pick, "object", form, nouns_of(verb.objects))


@cache
def object_forms(verb: Verb, tense: str, mood: str) -> tuple[str, ...]:
    """List the forms that an object may take; `tell_thing` knows them."""
    if tense == "plain":  # 我喜欢这本书; but a meal is plain only as a habit, 我不吃鸡蛋
        forms = ["generic", "generic", "determined", "owned", "placed"] if verb.persons else ["generic"]
    elif tense == "habit":
        forms = ["counted", "counted", "generic"]
    else:
        forms = (
            ["determined", "owned", "placed"] if mood == "not" else ["counted"] * 3 + ["determined", "owned", "placed"]
        )
    if verb.chinese == BUY:  # nobody buys what is his own, or what lies about on a table
        forms = [form for form in forms if form not in ("owned", "placed")]
    if not any(furniture(kind) for kind in verb.objects):
        forms = [form for form in forms if form != "placed"]
    return (*forms, "person", "person") if verb.persons else tuple(forms)


@cache
def others(subject: Someone, persons: tuple[Person, ...]) -> tuple[Person, ...]:
    """List the persons who can be the object: not those who are the subject already."""
    me = subject.chinese.removesuffix("们") if isinstance(subject, Person) else "-"
    return tuple(person for person in persons if not person.chinese.startswith(me))


@cache
def nouns_of(kinds: tuple[str, ...]) -> tuple[Noun, ...]:
    """List the nouns of some kinds."""
    return tuple(noun for noun in NOUNS if noun.kind in kinds)


def tell_thing(pick: Pick, role: str, form: str, nouns: tuple[Noun, ...]) -> Thing:
    """Choose a noun and what stands before it, in one of the forms.

    counted 一只猫 · determined 这两只猫 · owned 我的猫 · placed 桌子上的猫 · generic, bare and known 猫
    """
    if form == "placed":  # on or under a piece of furniture
        nouns = tuple(noun for noun in nouns if furniture(noun.kind))
    noun = pick(f"{role}.noun", nouns)
    if form in ("generic", "bare", "known"):
        return Thing(noun, article={"generic": "", "bare": "a", "known": "the"}[form])
    determiner, number, spot = "", "", None
    if form == "counted":
        number = pick(f"{role}.number", NUMBER_CHOICES)
    elif form == "determined":
        determiner = pick(f"{role}.these", tuple(THESE))
        number = pick(f"{role}.number", MANY_CHOICES)
    elif form == "owned":
        determiner = pick(f"{role}.owner", OWNERS)
    else:
        spot = pick(f"{role}.spot", furniture(noun.kind))
        number = pick(f"{role}.number", MANY_CHOICES)
    return Thing(noun, determiner, number, pick(f"{role}.adjective", adjectives(noun)), spot)


@cache
def furniture(kind: str) -> tuple[Spot, ...]:
    """List the spots on and under furniture that hold a kind of things."""
    return tuple(spot for spot in spots(kind) if spot.side != "里")


@cache
def spots(kind: str) -> tuple[Spot, ...]:
    """List the spots that hold a kind of things."""
    return tuple(Spot(place, side) for place in PLACES for side, kinds in place.holds.items() if kind in kinds)


@cache
def adjectives(noun: Noun) -> tuple[str, ...]:
    """List the adjectives that may stand before a noun; three times out of four there is none."""
    return ("", *[""] * (3 * len(noun.adjectives)), *noun.adjectives)


def tell_there(pick: Pick) -> There:
    """Choose where there is what, or where there is none."""
    spot = pick("spot", ALL_SPOTS)
    mood = pick("mood", ("", "", "", "", "not"))
    nouns = nouns_of(spot.place.holds[spot.side])
    return There(spot, mood, tell_thing(pick, "object", "generic" if mood else "counted", nouns))


ALL_SPOTS = tuple(Spot(place, side) for place in reversed(PLACES) for side in place.holds)


def tell_at(pick: Pick) -> At:
    """Choose who or what is where."""
    form = pick("subject.form", ("known", "known", "determined", "owned", "person", "person"))
    if form == "person":
        subject: Someone = pick("subject.person", PERSONS)
        where = (*(Spot(place, side) for place in PLACES if "里" in place.holds for side in ("", "里")), Spot(HOME, ""))
    else:
        subject = tell_thing(pick, "subject", form, NOUNS)
        where = spots(subject.noun.kind)
    return At(subject, pick("mood", moods(subject, "plain")), pick("spot", where))


def tell_have(pick: Pick) -> Have:
    """Choose who has what, or has not."""
    subject = pick("subject.person", PERSONS)
    mood = pick("mood", moods(subject, "plain"))
    form = pick("object.form", {"": ("counted",), "not": ("bare",), "asks": ("bare", "counted")}[mood])
    kinds = ("animal", "text", "thing", "flower", "food", "drink")
    nouns = nouns_of(kinds if form == "bare" else (*kinds, "child"))
    return Have(subject, mood, tell_thing(pick, "object", form, nouns))


def tell_be(pick: Pick) -> Be:
    """Choose who is what."""
    subject = pick("subject.person", PERSONS)
    mood = pick("mood", moods(subject, "plain"))
    determiners = ("", "", *(owner for owner in OWNERS if owner[0] not in subject.chinese))
    return Be(subject, mood, pick("object.noun", nouns_of(("person",))), pick("object.owner", determiners))


# --- what is kept out of training ------------------------------------------------------------------------------------


class Chinese:
    """Draw stories, and know which of them are kept out of training.

    talk_share: how often a training sentence is small talk
    """

    def __init__(self, talk_share: float = 0.01) -> None:
        self.talk_share = talk_share
        self.held_pairs = held_out_pairs()

    def draw(self, random: Random) -> Story:
        """Draw one story, by chance."""
        chance = random.random

        def pick(slot: str, options: Sequence[T]) -> T:
            return options[int(chance() * len(options))]

        return tell(pick)

    def draw_talk(self, random: Random) -> Talk:
        """Draw one piece of small talk."""
        return Talk(random.choice(tuple(SMALL_TALK)))

    def held_out(self, story: Story) -> bool:
        """Tell whether a story holds a pair of words that training must not see together."""
        return not self.held_pairs.isdisjoint(pairs_of(story))


def held_out_pairs() -> set[Pair]:
    """Choose one pair in ten of each kind, of those that a model can know from all the others."""
    random = Random(0)
    kinds: list[list[Pair]] = [
        [(v.chinese, noun.chinese) for v in VERBS for noun in nouns_of(v.objects) if len(nouns_of(v.objects)) > 3],
        [(verb.chinese, room) for verb in VERBS for room in verb.rooms if len(verb.rooms) > 2],
        # "an apple" has to be seen once
        [(n, noun.chinese) for n, noun in product(NUMBERS, NOUNS) if n != "一" or noun.english[0] not in "aeiou"],
        [(adjective, noun.chinese) for noun in NOUNS for adjective in noun.adjectives],
        [(spot.place.chinese + spot.side, noun.chinese) for noun in NOUNS for spot in spots(noun.kind)],
        [(person.chinese, noun.chinese) for person, noun in product(PERSONS, NOUNS)],
    ]
    return {EXAMPLE_PAIR}.union(*(random.sample(pairs, len(pairs) // 10) for pairs in kinds))


def pairs_of(story: Story) -> list[Pair]:
    """List the pairs of words in a story of which some are kept out of training."""
    if isinstance(story, Act):
        verb = story.verb.chinese
        what = story.object.chinese if isinstance(story.object, Person) else story.object.noun.chinese
        where = [(verb, story.spot.place.chinese)] if story.spot else []
        return [(verb, what), *where, *pairs_in(story.subject), *pairs_in(story.object)]
    if isinstance(story, There):
        return [(story.spot.place.chinese + story.spot.side, story.thing.noun.chinese), *pairs_in(story.thing)]
    if isinstance(story, At):
        where = story.spot.place.chinese + story.spot.side
        own = [(where, story.subject.noun.chinese)] if isinstance(story.subject, Thing) else []
        return [*own, *pairs_in(story.subject)]
    if isinstance(story, Have):
        return [(story.subject.chinese, story.thing.noun.chinese), *pairs_in(story.thing)]
    if isinstance(story, Be):
        return [(story.subject.chinese, story.noun.chinese)]
    return []


def pairs_in(someone: Someone) -> list[Pair]:
    """List the pairs of a noun with what stands before it."""
    if isinstance(someone, Person):
        return []
    noun, spot = someone.noun.chinese, someone.spot
    before = [someone.number, someone.adjective, spot.place.chinese + spot.side if spot else ""]
    return [(word, noun) for word in before if word]
