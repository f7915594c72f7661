"""When are two sources the same sentence? If a model may read them alike, whatever vocabulary it has.

"Hello!", "hello" and "Ｈｅｌｌｏ" are one sentence: if one of them were learned and another asked in the exam, the exam
would measure memory.
"""

import re
import unicodedata

from transformer.vocab import SPECIALS, CharacterVocabulary
from transformer.vocab.normalisation import CURLY_APOSTROPHES, EDGE_PUNCTUATION, Normalisation
from transformer.vocab.pieces import WORD_START

INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufe00-\ufe0f"
UNSEEN = re.compile(f"[{INVISIBLE}]")
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")  # neither letters nor blanks
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # they turn what stands beside them
UNIT = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

WORDS, CHARACTERS = Normalisation(), CharacterVocabulary([*SPECIALS])  # how vocabularies of words and characters read


def tidy(text: str) -> str:
    """Return a text on one line, single blanks between its words, without control characters."""
    if not text.isascii() or not text.isprintable():
        text = DIRECTION.sub("", CONTROL.sub(" ", text))
    return " ".join(text.split())


def key_of(text: str) -> str:
    """Return the same key for all texts that a model may read alike; "" where there is nothing to read.

    >>> key_of("Hello,  World!") == key_of("hello world")
    True
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", UNSEEN.sub("", text).translate(CURLY_APOSTROPHES))
    words = (word.strip(EDGE_PUNCTUATION) for word in text.lower().split())
    return " ".join(word for word in words if word)


def is_read(text: str) -> bool:
    """Say whether a vocabulary of any kind finds something to read in a text: "* * *" is marks and no words."""
    if any(map(str.isalnum, text.translate(CURLY_APOSTROPHES))):
        return True
    return bool(WORDS.pieces(text.replace(WORD_START, " ")) and CHARACTERS.cut(text)[0])


def units_of(key: str) -> list[str]:
    """Cut the key of a text into what can be compared: words, and single characters where no blanks are written."""
    return UNIT.findall(key)
