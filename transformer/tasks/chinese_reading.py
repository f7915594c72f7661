"""Read Chinese characters back into a story of the task `zh`: what a person typed, or the nearest thing to it.

The characters are cut into known words, the longest first; the words answer the questions of `tell` as far as they can.
If the story that comes out is written with the very same characters, it was a sentence of the grammar.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from transformer.tasks.chinese_grammar import OWNERS, tell
from transformer.tasks.chinese_stories import Spot, Story, Talk
from transformer.tasks.chinese_words import (
    ADJECTIVES,
    HOME,
    NOUNS,
    NUMBERS,
    PERSONS,
    PLACES,
    SIDES,
    SMALL_TALK,
    SMALL_WORDS,
    THESE,
    TIMES,
    VERBS,
)
from transformer.tasks.chinese_writing import compose

T = TypeVar("T")
PERSON_OF = {person.chinese: person for person in PERSONS}
NOUN_OF = {noun.chinese: noun for noun in NOUNS}
VERB_OF = {verb.chinese: verb for verb in VERBS}
PLACE_OF = {place.chinese: place for place in (*PLACES, HOME)}
TENSE_OF = {time: tense for tense, times in TIMES.items() for time in times if time}
SIGNS = {"没": "not", "不": "not", "吗": "asks"}
WORDS = {
    *PERSON_OF,
    *NOUN_OF,
    *VERB_OF,
    *PLACE_OF,
    *TENSE_OF,
    *ADJECTIVES,
    *NUMBERS,
    *THESE,
    *SMALL_TALK,
    *SMALL_WORDS,
    *(noun.measure for noun in NOUNS),
}
LONGEST = max(map(len, WORDS))


def parse(characters: Sequence[str]) -> Story | None:
    """Read characters back into their story; None if the grammar cannot have written them."""
    text = "".join(characters)
    if text in SMALL_TALK:
        return Talk(text)
    story = nearest_story(words_of(characters))
    return story if compose(story).src == text else None


def words_of(characters: Sequence[str]) -> list[str]:
    """Cut characters into known words, the longest that fits first; unknown characters are left out."""
    words, start = [], 0
    while start < len(characters):
        for end in range(start + LONGEST, start, -1):
            word = "".join(characters[start:end])
            if word in WORDS:
                words.append(word)
                start += len(word)
                break
        else:
            start += 1
    return words


def nearest_story(words: list[str]) -> Story:
    """Tell as much of some words as can be told, and the rest by the first option of each choice."""
    found = clues(words)

    def pick(slot: str, options: Sequence[T]) -> T:
        return found[slot] if slot in found and found[slot] in options else options[0]

    return tell(pick)


def clues(words: list[str]) -> dict[str, Any]:
    """Find what words say about each slot of a story."""
    pattern, core = core_of(words)
    before, after = words[:core], words[core + 1 :]
    found: dict[str, Any] = {"pattern": pattern, "mood": mood_of(words), "done": "了" in words, "will": "会" in words}
    if pattern == "act" and core < len(words):
        found["verb"] = VERB_OF[words[core]]
    found["time"] = next((word for word in words if word in TENSE_OF), "")
    found["tense"] = tense_of(before, words, found["time"])
    found["time_first"] = bool(words) and words[0] in TENSE_OF
    where = after if pattern == "at" else before
    found["spot"] = spot_in(where[where.index("在") :] if "在" in where else where)
    if pattern == "there":
        found["spot"] = with_side(found["spot"])
    found |= clues_to_thing("subject", leading(before) if core < len(words) else [])
    found |= clues_to_thing("object", after or before)  # words without a core are about an object
    if pattern == "at" and found["subject.form"] == "generic":
        found["subject.form"] = "known"
    if pattern == "have" and found["object.form"] == "generic":
        found["object.form"] = "bare"
    if pattern == "be":
        found.setdefault("object.owner", "")
    return found


def core_of(words: list[str]) -> tuple[str, int]:
    """Find the pattern of a sentence and its core: the verb, 是, 有 or 在; without a core it is behind the words."""
    for pattern, cores in (("act", VERB_OF), ("be", "是"), ("have", "有"), ("at", "在")):
        core = next((i for i, word in enumerate(words) if word in cores), None)
        if core is None:
            continue
        if pattern == "have" and any(word in PLACE_OF for word in words[:core]):
            return "there", core
        return pattern, core
    return "there" if any(word in PLACE_OF for word in words) else "act", len(words)


def mood_of(words: list[str]) -> str:
    """Tell whether a sentence denies or asks."""
    return next((SIGNS[word] for word in words if word in SIGNS), "")


def tense_of(before: list[str], words: list[str], time: str) -> str:
    """Find the tense: by the time word, else by 了, 没, 会 or 在; without any of them it is plain."""
    if time:
        return TENSE_OF[time]
    if "了" in words or "没" in words:
        return "past"
    if "会" in words:
        return "future"
    return "now" if "在" in before else "plain"


def leading(before: list[str]) -> list[str]:
    """Return the words of the subject: what stands before the first sign, without the time."""
    end = next((i for i, word in enumerate(before) if word in (*SIGNS, "会", "在")), len(before))
    return [word for word in before[:end] if word not in TENSE_OF]


def spot_in(words: list[str]) -> Spot | None:
    """Find a place among the words, with its side if that stands behind it."""
    at = next((i for i, word in enumerate(words) if word in PLACE_OF), None)
    if at is None:
        return None
    side = words[at + 1] if words[at + 1 : at + 2] and words[at + 1] in SIDES else ""
    return Spot(PLACE_OF[words[at]], side)


def with_side(spot: Spot | None) -> Spot | None:
    """Give a spot a side if it has none: 桌子 becomes 桌子上."""
    return Spot(spot.place, spot.side or next(iter(spot.place.holds), "")) if spot else None


def clues_to_thing(role: str, words: list[str]) -> dict[str, Any]:
    """Find what words say about somebody or something."""
    nouns = [word for word in words if word in NOUN_OF]
    people = [word for word in words if word in PERSON_OF]
    found: dict[str, Any] = {}
    for slot, known in (("number", NUMBERS), ("these", THESE), ("adjective", ADJECTIVES)):
        found |= {f"{role}.{slot}": word for word in words if word in known}
    if nouns:
        found[f"{role}.noun"] = NOUN_OF[nouns[-1]]
    if people:
        found[f"{role}.person"] = PERSON_OF[people[0]]
        if people[0] + "的" in OWNERS and "的" in words:
            found[f"{role}.owner"] = people[0] + "的"
    spot = spot_in(words)
    found[f"{role}.spot"] = spot
    if people and not nouns:
        form = "person"
    elif spot and "的" in words:
        form = "placed"
    elif f"{role}.owner" in found:
        form = "owned"
    elif f"{role}.these" in found:
        form = "determined"
    else:
        form = "counted" if f"{role}.number" in found else "generic"
    return {**found, f"{role}.form": form}
