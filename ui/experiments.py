"""The bugs that a person may train with, on purpose: each takes one thing away. Shown on the Train page.

A bug is seen by comparison, with a normal training of the same seed that has exactly what the bug takes away. So each
one says what it changes, and what the normal training must have: a model that has one head anyway loses no head.
What is said of a bug, what it removes and what to watch, stands in the strings: bugs.NAME.title, .says and .watch.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from transformer.training import Recipe

Values = dict[str, Any]  # field of a recipe -> value


@dataclass(frozen=True)
class Bug:
    """Name what one bug does to a recipe.

    removes: the fields that it changes   needs: what the normal training has, so that exactly this one thing is lost
    A need that is no more than "not lost already" leaves other values as they are: 3 heads are as good as 4. With
    `exact` it does not: cosine scores have no scaling that could be taken away.
    """

    removes: Values
    needs: Values = field(default_factory=dict)
    exact: bool = False


BUGS: dict[str, Bug] = {
    "no_positions": Bug({"position": "none"}, {"position": "sinusoidal"}),
    "no_scaling": Bug({"score": "dot"}, {"score": "scaled_dot"}, exact=True),
    "no_residual": Bug({"residual": False}, {"residual": True}),
    "no_layer_norm": Bug({"layer_norm": False}, {"layer_norm": True}),
    # In pre norm a training hardly misses its warm-up; in the paper's post norm it does.
    "no_warmup": Bug({"warmup": 0}, {"warmup": 60, "norm_first": False}),
    "no_causal_mask": Bug({"causal": False}, {"causal": True}),
    "one_head": Bug({"heads": 1}, {"heads": 4}),
    "no_label_smoothing": Bug({"label_smoothing": 0.0}, {"label_smoothing": 0.1}),
    "post_norm": Bug({"norm_first": False}, {"norm_first": True}),
}


def compared(recipe: Recipe, name: str) -> tuple[Recipe, Recipe]:
    """Give the normal training and the one with the bug, which differ in nothing but what the bug takes away.

    KeyError for a bug that is not there, ValueError if the recipe cannot have what the bug takes away.
    """
    bug = BUGS[name]
    normal = dataclasses.replace(recipe, **lacking(recipe, bug))
    return normal, dataclasses.replace(normal, **bug.removes)


def lacking(recipe: Recipe, bug: Bug) -> Values:
    """Find what a recipe must be given first, so that this bug takes something away from it."""
    return {
        name: value
        for name, value in bug.needs.items()
        if bug.exact or name not in bug.removes or getattr(recipe, name) == bug.removes[name]
    }


def menu() -> list[Values]:
    """List the bugs as the page is told them, in the order of the menu; `recipe` is what each changes."""
    return [{"name": name, "recipe": bug.removes, "needs": bug.needs, "exact": bug.exact} for name, bug in BUGS.items()]
