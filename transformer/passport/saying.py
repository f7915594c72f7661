"""What a head does, in the words of its measures: which look is worth a sentence. The words stand in the strings.

A sentence claims no more than a rate: "looks at the previous token in 97 % of rows". Shown on Heads.
"""

from typing import Any

from transformer.passport.intervals import Measure

TELLING = 0.5  # a look is worth a sentence from half of the rows on
RELATION = "relation."
# The rarest skill first: a head that finds the noun of a pronoun does little else as telling.
LOOKED_AT = ("referent", "adjective", "it", "alignment", "previous", "next", "same", "special", "first")
PLACES = ("previous", "same", "next", "first")
COMMON = 0.25
WIDE, NARROW = 0.85, 0.15  # of the entropy, as a share of the largest possible


def says(measures: dict[str, Measure | None]) -> list[dict[str, Any]]:
    """Choose at most two claims about a head: [{"look", "rate"}], the most telling first.

    A look that another one contains is left out: where BOS is first, "first" says nothing that "special" does not.
    Without a look that is found in half of the rows it is the entropy that is told, "wide", "narrow" or "mixed", and
    then the commonest of the places, if it is found in a quarter of the rows.
    """
    names = [*(name for name in measures if name.startswith(RELATION) and "." not in name[len(RELATION) :]), *LOOKED_AT]
    found = {name: one["value"] for name in names if (one := measures.get(name)) and one["value"] >= TELLING}
    if "special" in found and found.get("first") == found["special"]:
        del found["first"]
    if found:
        return [{"look": name, "rate": rate} for name, rate in list(found.items())[:2]]
    entropy = measures.get("entropy")
    if entropy is None:
        return []
    spread = "wide" if entropy["value"] >= WIDE else "narrow" if entropy["value"] <= NARROW else "mixed"
    places = {name: one["value"] for name in PLACES if (one := measures.get(name))}
    best = max(places, key=lambda name: places[name], default=None)
    common = [{"look": best, "rate": places[best]}] if best and places[best] >= COMMON else []
    return [{"look": spread, "rate": entropy["value"]}, *common]
