"""Write a story of the task `zh` in Chinese and in English, and note which word comes from which character.

The Chinese is written first, slot by slot; then each English word names the slots that it translates. A word that
translates nothing ("the", the "do" of a question without its own sign) is aligned with nothing, and so is a measure
word, except 杯, which is a cup in English too.
"""

from transformer.tasks.base import Cells, Example
from transformer.tasks.chinese_stories import Act, At, Be, Have, Someone, Spot, Story, Talk, There, Thing
from transformer.tasks.chinese_words import (
    ADJECTIVES,
    BE,
    CUP,
    DO,
    HAVE,
    HOME,
    NUMBERS,
    PERSONS,
    SIDES,
    SMALL_TALK,
    THESE,
    TIMES,
    Person,
)

OWNERS = {person.chinese + "的": person.owner for person in PERSONS if person.owner}


class Draft:
    """One sentence pair while it is written: the characters, the words, and which come from which."""

    def __init__(self) -> None:
        self.src: list[str] = []
        self.tgt: list[str] = []
        self.slots: dict[str, range] = {}  # what a slot says in Chinese: its characters
        self.alignment: Cells = []
        self.relations: dict[str, Cells] = {}
        self.farthest: int | None = None  # the row that shows best how the order changes

    def read(self, slot: str, chinese: str) -> None:
        """Add Chinese characters, under the name of their slot."""
        start = len(self.src)
        self.src.extend(chinese)
        self.slots[slot] = range(start, len(self.src))

    def write(self, english: str, *slots: str) -> int:
        """Add an English word that translates some slots; return its row."""
        row = len(self.tgt)
        self.tgt.append(english)
        self.alignment += [(row, at) for slot in slots for at in self.slots.get(slot, ())]
        return row

    def relate(self, name: str, row: int, slot: str) -> None:
        """Note that a row depends on a slot which it does not translate."""
        cells = [(row, at) for at in self.slots.get(slot, ())]
        if cells:
            self.relations.setdefault(name, []).extend(cells)

    def example(self) -> Example:
        """Return the finished pair."""
        return Example(
            "".join(self.src), " ".join(self.tgt), self.alignment, relations=self.relations, watch=self.farthest
        )


def compose(story: Story) -> Example:
    """Write a story in both languages, with its gold."""
    draft = Draft()
    if isinstance(story, Act):
        act_in_chinese(draft, story)
        act_in_english(draft, story)
    elif isinstance(story, There):
        write_there(draft, story)
    elif isinstance(story, At):
        write_at(draft, story)
    elif isinstance(story, Have):
        write_have(draft, story)
    elif isinstance(story, Be):
        write_be(draft, story)
    else:
        write_talk(draft, story)
    return draft.example()


# --- the patterns ----------------------------------------------------------------------------------------------------


def act_in_chinese(draft: Draft, act: Act) -> None:
    """Read 我昨天没在公园看见 and so on: who, when, not, where, does, what."""
    if act.time_first:
        draft.read("time", act.time)
    read_someone(draft, "subject", act.subject)
    if act.time and not act.time_first:
        draft.read("time", act.time)
    if act.mood == "not":
        draft.read("not", "没" if act.tense == "past" else "不")
    if act.will:
        draft.read("will", "会")
    if act.spot:
        draft.read("at", "在")
        read_spot(draft, "spot", act.spot)
    elif act.tense == "now":
        draft.read("doing", "在")
    draft.read("verb", act.verb.chinese)
    if act.done:
        draft.read("done", "了")
    read_someone(draft, "object", act.object)
    if act.mood == "asks":
        draft.read("asks", "吗")


def act_in_english(draft: Draft, act: Act) -> None:
    """Write who, does, what, where, when."""
    if act.mood == "asks":
        draft.write(DO[agreement(act.subject)], "asks")
    write_someone(draft, "subject", act.subject)
    finite = write_verb(draft, act)
    draft.relate("time", finite, "time")
    write_someone(draft, "object", act.object, is_object=True)
    if act.spot:
        draft.farthest = write_spot(draft, "spot", act.spot)
    if act.time:
        for word in TIMES[act.tense][act.time].split():  # 每天, "every day": one word in Chinese, so all of it for each
            draft.farthest = draft.write(word, "time")


def write_verb(draft: Draft, act: Act) -> int:
    """Write "saw", "did not see", "is drawing", "will draw" ...; return the row that tells the tense."""
    verb, tense = act.verb, act.tense
    if tense == "now":
        finite = draft.write(BE[agreement(act.subject)], "doing")
        draft.write(verb.doing, "verb")
    elif tense == "future":
        finite = draft.write("will", "will")
        if act.mood == "not":
            draft.write("not", "not")
        draft.write(verb.base, "verb")
    elif act.mood == "not":
        finite = draft.write("did" if tense == "past" else DO[agreement(act.subject)], "not")
        draft.write("not", "not")
        draft.write(verb.base, "verb")
    elif tense == "past":
        finite = draft.write(verb.past, "verb", "done")
    else:
        third = agreement(act.subject) == "third" and act.mood != "asks"
        finite = draft.write(verb.third if third else verb.base, "verb")
    return finite


def write_there(draft: Draft, there: There) -> None:
    """Write 桌子上有两本书, "there are two books on the table"; 没有, "there are no"."""
    read_spot(draft, "spot", there.spot)
    if there.mood == "not":
        draft.read("not", "没")
    draft.read("have", "有")
    read_someone(draft, "object", there.thing)
    draft.write("there", "have")
    be = draft.write(BE[agreement(there.thing)], "have")
    draft.relate("number", be, "object.number")
    if there.mood == "not":
        draft.write("no", "not")
    write_someone(draft, "object", there.thing)
    draft.farthest = write_spot(draft, "spot", there.spot)


def write_at(draft: Draft, at: At) -> None:
    """Write 书在桌子上, "the book is on the table"; 吗 turns it around."""
    read_someone(draft, "subject", at.subject)
    if at.mood == "not":
        draft.read("not", "不")
    draft.read("at", "在")
    read_spot(draft, "spot", at.spot)
    if at.mood == "asks":
        draft.read("asks", "吗")
    write_be_around(draft, at.subject, at.mood, "at")
    write_spot(draft, "spot", at.spot)


def write_have(draft: Draft, have: Have) -> None:
    """Write 汤姆没有伞, "tom does not have an umbrella"."""
    read_someone(draft, "subject", have.subject)
    if have.mood == "not":
        draft.read("not", "没")
    draft.read("have", "有")
    read_someone(draft, "object", have.thing)
    if have.mood == "asks":
        draft.read("asks", "吗")
        draft.write(DO[agreement(have.subject)], "asks")
    write_someone(draft, "subject", have.subject)
    if have.mood == "not":
        draft.write(DO[agreement(have.subject)], "not")
        draft.write("not", "not")
    draft.write("have" if have.mood else HAVE[agreement(have.subject)], "have")
    write_someone(draft, "object", have.thing, is_object=True)


def write_be(draft: Draft, be: Be) -> None:
    """Write 我是学生, "i am a student"."""
    many = be.subject.chinese.endswith("们")
    read_someone(draft, "subject", be.subject)
    if be.mood == "not":
        draft.read("not", "不")
    draft.read("be", "是")
    draft.read("object.determiner", be.determiner)
    draft.read("object.noun", be.noun.chinese)
    if be.mood == "asks":
        draft.read("asks", "吗")
    write_be_around(draft, be.subject, be.mood, "be")
    if be.determiner:
        draft.write(OWNERS[be.determiner], "object.determiner")
    elif not many:
        draft.write("a")
    draft.write(be.noun.plural if many else be.noun.english, "object.noun")


def write_be_around(draft: Draft, subject: Someone, mood: str, slot: str) -> None:
    """Write "tom is", "tom is not" or "is tom"."""
    if mood != "asks":
        write_someone(draft, "subject", subject)
    be = draft.write(BE[agreement(subject)], slot)
    draft.relate("number", be, "subject.number")
    if mood == "not":
        draft.write("not", "not")
    if mood == "asks":
        draft.farthest = be
        write_someone(draft, "subject", subject)


def write_talk(draft: Draft, talk: Talk) -> None:
    """Write 你好, "hello"."""
    draft.read("talk", talk.chinese)
    draft.write(SMALL_TALK[talk.chinese], "talk")


# --- the parts -------------------------------------------------------------------------------------------------------


def agreement(someone: Someone) -> str:
    """Say which form of a verb goes with somebody or something: "i", "third" or "plural"."""
    if isinstance(someone, Person):
        return someone.agreement
    return "plural" if someone.many else "third"


def read_someone(draft: Draft, role: str, someone: Someone) -> None:
    """Read 我, 这两只小猫, 桌子上的书."""
    if isinstance(someone, Person):
        draft.read(role, someone.chinese)
        return
    if someone.spot:
        read_spot(draft, f"{role}.spot", someone.spot)
        draft.read(f"{role}.of", "的")
    draft.read(f"{role}.determiner", someone.determiner)
    draft.read(f"{role}.number", someone.number)
    if someone.number or someone.determiner in THESE:
        draft.read(f"{role}.measure", someone.noun.measure)
    draft.read(f"{role}.adjective", someone.adjective)
    draft.read(f"{role}.noun", someone.noun.chinese)


def read_spot(draft: Draft, role: str, spot: Spot) -> None:
    """Read 桌子上."""
    draft.read(f"{role}.place", spot.place.chinese)
    draft.read(f"{role}.side", spot.side)


def write_someone(draft: Draft, role: str, someone: Someone, is_object: bool = False) -> None:
    """Write "i" or "me", "these two small cats", "the book on the table"."""
    if isinstance(someone, Person):
        draft.write(someone.object if is_object else someone.subject, role)
        return
    write_determiner(draft, role, someone)
    cup = someone.noun.measure == "杯" and (someone.number or someone.determiner in THESE)
    if someone.adjective:
        draft.write(ADJECTIVES[someone.adjective], f"{role}.adjective")
    if cup:
        counted = draft.write(CUP[someone.many], f"{role}.measure")
        draft.write("of", f"{role}.measure")
        draft.write(someone.noun.english, f"{role}.noun")
    else:
        counted = draft.write(someone.noun.plural if someone.many else someone.noun.english, f"{role}.noun")
    draft.relate("number", counted, f"{role}.number")
    if someone.spot:
        draft.farthest = write_spot(draft, f"{role}.spot", someone.spot)


def write_determiner(draft: Draft, role: str, thing: Thing) -> None:
    """Write what stands before a noun: "this", "these two", "my", "the two", "an", or nothing."""
    if thing.determiner in THESE:
        row = draft.write(THESE[thing.determiner][thing.many], f"{role}.determiner")
        draft.relate("number", row, f"{role}.number")
    elif thing.determiner:
        draft.write(OWNERS[thing.determiner], f"{role}.determiner")
    elif thing.spot or thing.article == "the":
        draft.write("the")
    if thing.number == "一" or (thing.article == "a" and thing.noun.plural):
        cup = thing.noun.measure == "杯"
        after = ADJECTIVES.get(thing.adjective) or (CUP[0] if cup else thing.noun.english)
        draft.write("an" if after[0] in "aeiou" else "a", f"{role}.number")
    elif thing.number:
        draft.write(NUMBERS[thing.number], f"{role}.number")


def write_spot(draft: Draft, role: str, spot: Spot) -> int:
    """Write "on the table", "at home"; return the row of the place.

    "in" comes from 里, or from 在 where that goes without 里.
    """
    sign = f"{role}.side" if spot.side else "at"
    if spot.place == HOME:
        draft.write("at", sign)
    else:
        draft.write(SIDES[spot.side or "里"], sign)
        draft.write("the")
    return draft.write(spot.place.english, f"{role}.place")
