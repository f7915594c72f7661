"""What a sentence of the task `zh` can say, in no language yet. Which stories there are: chinese_grammar.py."""

from typing import NamedTuple

from transformer.tasks.chinese_words import Noun, Person, Place, Verb


class Spot(NamedTuple):
    """Where something is: 桌子上; the side of a room may go without saying, 在公园 or 在公园里."""

    place: Place
    side: str  # 上, 下, 里 or ""


class Thing(NamedTuple):
    """A noun with what stands before it; with nothing before it, the article says how English takes it."""

    noun: Noun
    determiner: str = ""  # 这, 那 or 我的, 你的 ...
    number: str = ""
    adjective: str = ""
    spot: Spot | None = None  # 桌子上的书, "the book on the table"
    article: str = ""  # "a", "the" or "", which is all of them: "cats"

    @property
    def many(self) -> bool:
        """Tell whether English writes the plural."""
        if self.number or self.determiner or self.spot or self.article:
            return self.number not in ("", "一")
        return bool(self.noun.plural)


Someone = Person | Thing


class Act(NamedTuple):
    """Somebody does something: 我昨天在公园看见一只猫; or is fond of something: 我爱你."""

    subject: Someone
    verb: Verb
    tense: str
    mood: str  # "", "not" or "asks"
    time: str
    time_first: bool  # 昨天我 rather than 我昨天
    spot: Spot | None
    object: Someone
    done: bool  # with 了
    will: bool  # with 会


class There(NamedTuple):
    """Something is somewhere: 桌子上有两本书."""

    spot: Spot
    mood: str
    thing: Thing


class At(NamedTuple):
    """Something known is somewhere: 书在桌子上."""

    subject: Someone
    mood: str
    spot: Spot


class Have(NamedTuple):
    """Somebody has something: 汤姆有一只猫."""

    subject: Person
    mood: str
    thing: Thing


class Be(NamedTuple):
    """Somebody is something: 我是学生."""

    subject: Person
    mood: str
    noun: Noun
    determiner: str  # "" or 我的, 你的 ...


class Talk(NamedTuple):
    """Small talk: 你好."""

    chinese: str


Story = Act | There | At | Have | Be | Talk
