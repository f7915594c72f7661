"""The words of the task `zh`, Chinese and English side by side. The grammar that uses them: chinese_grammar.py.

Chinese words do not change: number and tense are words of their own (两, 昨天), and stand where English has an ending.
Many characters mean something else in another word: 看 "read" and 看见 "see", 花 "flower" and 花园 "garden", 上 in
桌子上 "on the table" and in 上周 "last week". Only the neighbours of a character tell which it is.
"""

from typing import NamedTuple


class Person(NamedTuple):
    """Somebody called by a pronoun or a name, in the forms that English needs."""

    chinese: str
    subject: str
    object: str
    owner: str  # "my book"; "" where the grammar has no use for it
    agreement: str  # "i", "third" or "plural": which form of a verb goes with it


class Noun(NamedTuple):
    """A noun with the measure word that stands between it and its number: 一本书, "a book"."""

    chinese: str
    measure: str
    english: str
    plural: str  # "" for what is counted by the cup
    kind: str
    adjectives: str = ""  # those that may stand before it, one character each


class Verb(NamedTuple):
    """A verb with all that may go with it; English forms as in the examples."""

    chinese: str
    base: str  # did not eat
    third: str  # eats
    past: str  # ate
    doing: str  # is eating
    objects: tuple[str, ...]  # kinds of nouns
    tenses: tuple[str, ...]
    rooms: tuple[str, ...] = ()  # where it happens
    persons: bool = False  # may its object be a person's name?
    found: bool = False  # 看见, 找到: the word itself says that it came about, so 了 may be left out


class Place(NamedTuple):
    """A place, and which kinds of things are found on each of its sides: 桌子上 "on the table"."""

    chinese: str
    english: str
    holds: dict[str, tuple[str, ...]]  # 上, 下 or 里 -> kinds of nouns


PERSONS = (
    Person("我", "i", "me", "my", "i"),
    Person("你", "you", "you", "your", "plural"),
    Person("他", "he", "him", "his", "third"),
    Person("她", "she", "her", "her", "third"),
    Person("我们", "we", "us", "", "plural"),
    Person("他们", "they", "them", "", "plural"),
    Person("汤姆", "tom", "tom", "", "third"),
    Person("杰瑞", "jerry", "jerry", "", "third"),
)
NAMES = PERSONS[-2:]
NOUNS = (
    Noun("猫", "只", "cat", "cats", "animal", "小大白黑"),
    Noun("狗", "只", "dog", "dogs", "animal", "小大白黑"),
    Noun("鸟", "只", "bird", "birds", "animal", "小大白黑"),
    Noun("老鼠", "只", "mouse", "mice", "animal", "小大白黑"),
    Noun("学生", "个", "student", "students", "person"),
    Noun("老师", "个", "teacher", "teachers", "person"),
    Noun("医生", "个", "doctor", "doctors", "person"),
    Noun("孩子", "个", "child", "children", "child"),
    Noun("书", "本", "book", "books", "text", "新旧"),
    Noun("信", "封", "letter", "letters", "text"),
    Noun("帽子", "顶", "hat", "hats", "thing", "新旧红白黑"),
    Noun("伞", "把", "umbrella", "umbrellas", "thing", "新旧红黑"),
    Noun("花", "朵", "flower", "flowers", "flower", "小红白"),
    Noun("苹果", "个", "apple", "apples", "food", "小大红"),
    Noun("鸡蛋", "个", "egg", "eggs", "food", "小大"),
    Noun("蛋糕", "个", "cake", "cakes", "food", "小大"),
    Noun("茶", "杯", "tea", "", "drink"),
    Noun("咖啡", "杯", "coffee", "", "drink"),
)
CUP = ("cup", "cups")  # the one measure word that English has as well: 两杯茶, "two cups of tea"
ADJECTIVES = {
    "小": "small",
    "大": "big",
    "新": "new",
    "旧": "old",
    "红": "red",
    "白": "white",
    "黑": "black",
}
NUMBERS = {"一": "a", "两": "two", "三": "three", "四": "four"}
THESE = {"这": ("this", "these"), "那": ("that", "those")}

TIMES = {  # tense -> its time words; "" is none
    "past": {"昨天": "yesterday", "上周": "last week", "": ""},
    "now": {"现在": "now", "": ""},
    "habit": {"每天": "every day"},
    "future": {"明天": "tomorrow", "下周": "next week", "": ""},
    "plain": {"": ""},  # what is always so, or simply is: "tom likes jerry"
}
DONE = ("past", "now", "habit", "future")
ALL = (*DONE, "plain")
OUTSIDE, INSIDE, QUIET = ("公园", "花园"), ("家", "厨房"), ("公园", "花园", "家", "图书馆")
PEOPLE, BEINGS = ("person", "child"), ("animal", "person", "child")
GOODS, LIKED = ("text", "thing", "flower", "food", "drink"), ("animal", "text", "thing", "flower", "food", "drink")
VERBS = (
    Verb("看见", "see", "sees", "saw", "", BEINGS, ("past", "habit"), (*OUTSIDE, "商店"), persons=True, found=True),
    Verb("找到", "find", "", "found", "", ("animal", "text", "thing"), ("past",), (*QUIET, "厨房"), found=True),
    Verb("买", "buy", "buys", "bought", "buying", GOODS, DONE, ("商店",)),
    Verb("看", "read", "reads", "read", "reading", ("text",), ALL, QUIET),
    Verb("吃", "eat", "eats", "ate", "eating", ("food",), ALL, (*OUTSIDE, *INSIDE)),
    Verb("喝", "drink", "drinks", "drank", "drinking", ("drink",), ALL, (*OUTSIDE, *INSIDE)),
    Verb("画", "draw", "draws", "drew", "drawing", ("animal", "flower"), DONE, (*OUTSIDE, "家")),
    Verb("帮助", "help", "helps", "helped", "helping", PEOPLE, ALL, ("图书馆", "商店"), persons=True),
    Verb("追逐", "chase", "chases", "chased", "chasing", ("animal",), ALL, OUTSIDE, persons=True),
    Verb("喜欢", "like", "likes", "", "", LIKED, ("plain",), persons=True),
    Verb("爱", "love", "loves", "", "", ("animal", "child", "flower"), ("plain",), persons=True),
)
BUY = "买"
CHASE = "追逐"  # what only animals, Tom and Jerry do
PLACES = (
    Place("公园", "park", {"里": ("animal", "person", "child", "flower")}),
    Place("花园", "garden", {"里": ("animal", "person", "child", "flower")}),
    Place("厨房", "kitchen", {"里": ("animal", "food")}),
    Place("商店", "shop", {"里": ("thing", "food", "flower", "person", "child")}),
    Place("图书馆", "library", {"里": ("person", "child", "text")}),
    Place("桌子", "table", {"上": ("text", "thing", "flower", "food", "drink", "animal"), "下": ("animal", "thing")}),
    Place("椅子", "chair", {"上": ("text", "thing", "animal"), "下": ("animal", "thing")}),
    Place("床", "bed", {"上": ("text", "thing", "animal"), "下": ("animal", "thing")}),
)
HOME = Place("家", "home", {})  # 在家, "at home": without "the"
SIDES = {"上": "on", "下": "under", "里": "in"}

BE = {"i": "am", "third": "is", "plural": "are"}
DO = {"i": "do", "third": "does", "plural": "do"}
HAVE = {"i": "have", "third": "has", "plural": "have"}
SMALL_TALK = {"你好": "hello", "谢谢": "thanks", "再见": "goodbye"}
SMALL_WORDS = "没不会在里上下有是了的吗"  # what ties the other words together, one character each

EXAMPLE = "我昨天在公园看见一只猫"
EXAMPLE_PAIR = ("看见", "猫")  # held out of training, so that the sentence is news to the model
