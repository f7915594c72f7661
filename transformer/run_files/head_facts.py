"""What heads.json may say of a head: numbers where numbers are drawn, names where names are. Read by reader.py.

heads.py writes the file; but a run may come from anywhere, and a page draws what stands there. A fact may be absent or
null, which means that it was not measured; a fact of another kind makes the whole file unreadable.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

NAME = re.compile(r"[a-z][a-z_]{0,39}")  # a badge, a role, a relation: the end of a string key
MOST_ROADS = 100
MOST_HOPS = 20
RATES = ("entropy", "previous", "next", "same", "first")
Test = Callable[[Any], bool]


def are_facts(heads: Mapping[str, Any], blocks: Sequence[str], n_heads: int) -> bool:
    """Tell whether all that is said of the heads, and of the roads over them, can be drawn.

    heads: the content of heads.json, whose "blocks" have been compared with the model   blocks: those of the model
    """

    def hop(value: Any) -> bool:
        return (
            is_score(value)
            and value.get("block") in blocks
            and value.get("head") in range(n_heads)
            and not isinstance(value["head"], bool)
            and all(is_name(value.get(end)) for end in ("from", "to"))
        )

    def road(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and is_list_of(value.get("hops"), hop, MOST_HOPS, least=1)
            and all(or_null(is_rate)(value.get(name)) for name in ("score", "pronoun_accuracy", "alone"))
            and or_null(hop)(value.get("first"))
        )

    count = heads.get("n_sentences")
    return (
        all(is_fact(fact) for facts in heads["blocks"].values() for fact in facts)
        and (count is None or (type(count) is int and count >= 0))
        and or_null(is_rate)(heads.get("pronoun_accuracy"))
        and (heads.get("road") is None or is_list_of(heads["road"], road, MOST_ROADS))
    )


def is_fact(value: Any) -> bool:
    """Is this what one head was measured to do?"""
    return (
        isinstance(value, dict)
        and all(or_null(is_rate)(value.get(name)) for name in RATES)
        and all(or_null(is_score)(value.get(name)) for name in ("alignment", "referent"))
        and all(is_table_of(value.get(name), is_score) for name in ("pronoun", "relations"))
        and is_table_of(value.get("knockout"), is_rate)
        and or_null(is_name)(value.get("badge"))
    )


def is_score(value: Any) -> bool:
    """Is this a mean weight with its argmax rate?"""
    return isinstance(value, dict) and is_rate(value.get("mean")) and is_rate(value.get("argmax"))


def is_rate(value: Any) -> bool:
    """Is this a number from 0 to 1? A rounding beyond 1 is let pass."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -1e-3 <= value <= 1.001  # which NaN and infinity are not


def is_name(value: Any) -> bool:
    """Is this a short name?"""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def or_null(test: Test) -> Test:
    """Let null pass too: not measured."""
    return lambda value: value is None or test(value)


def is_table_of(value: Any, test: Test) -> bool:
    """Is this null, or names with something of a kind, or null, for each?"""
    return value is None or (
        isinstance(value, dict) and all(is_name(key) and or_null(test)(one) for key, one in value.items())
    )


def is_list_of(value: Any, test: Test, most: int, least: int = 0) -> bool:
    """Is this a list of things of a kind, neither too short nor too long?"""
    return isinstance(value, list) and least <= len(value) <= most and all(map(test, value))
