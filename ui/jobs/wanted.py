"""What a page asks to be trained, read from JSON as a stranger may have sent it, and turned into a Recipe or a refusal.

Every refusal names the setting, the value and what would work, as a string key and its values.
"""

import dataclasses
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from transformer.config import ACTIVATIONS
from transformer.corpus import Corpus
from transformer.positions import POSITIONS
from transformer.scores import SCORES
from transformer.tasks import TASKS
from transformer.training import SCHEDULES, TOKENIZERS, Recipe, quick
from transformer.training.recipe import OWN
from ui.jobs.limits import LONGEST_PROBE, NUMBERS
from ui.pack import RefusedError

CHOICES: dict[str, list[str]] = {
    "task": [*TASKS, OWN],
    "position": list(POSITIONS),
    "score": list(SCORES),
    "schedule": list(SCHEDULES),
    "activation": list(ACTIVATIONS),
    "vocabulary": list(TOKENIZERS),
}
FIELDS = {field.name: type(field.default) for field in dataclasses.fields(Recipe)}


def recipe_from(values: Any, corpus: Corpus | None = None) -> Recipe:
    """Read a recipe; what it does not say is as in the quick recipe of its task. RefusedError says what cannot be.

    corpus: the person's own pairs, where the task is "own"
    """
    if not isinstance(values, Mapping):
        raise RefusedError(422, "jobs.refuse.recipe")
    unknown = next((name for name in values if name not in FIELDS), None)
    if unknown is not None:
        raise RefusedError(422, "jobs.refuse.unknown", name=shown(unknown))
    task = values.get("task", OWN if corpus is not None else "fr")
    _require_choice("task", task)
    found = {name: _read(name, value) for name, value in values.items()}
    whole = {**dataclasses.asdict(quick(task, corpus)), **found}
    _require_together(whole)
    try:
        return Recipe(**whole)
    except (ValueError, TypeError, OverflowError):
        raise RefusedError(422, "jobs.refuse.recipe") from None


def _read(name: str, value: Any) -> Any:
    if name in CHOICES:
        _require_choice(name, value)
        return value
    kind = FIELDS[name]
    if kind is bool:
        if not isinstance(value, bool):
            raise RefusedError(422, "jobs.refuse.switch", field=name)
        return value
    if kind is str:
        return _text(name, value)
    return _number(name, value, kind)


def _require_choice(name: str, value: Any) -> None:
    if not isinstance(value, str) or value not in CHOICES[name]:
        raise RefusedError(422, "jobs.refuse.choice", field=name, value=shown(value))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise RefusedError(422, "jobs.refuse.text", field=name)
    text = unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode("utf-8"))
    if len(text) > LONGEST_PROBE or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise RefusedError(422, "jobs.refuse.probe", most=LONGEST_PROBE)
    return text.strip()


def _number(name: str, value: Any, kind: type) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(422, "jobs.refuse.number", field=name, value=shown(value))
    least, most = NUMBERS.get(name, (0, 1_000_000))
    if (isinstance(value, float) and not math.isfinite(value)) or not least <= value <= most:
        raise RefusedError(422, "jobs.refuse.range", field=name, least=least, most=most, value=shown(value))
    if kind is int and value != int(value):
        raise RefusedError(422, "jobs.refuse.whole", field=name, value=shown(value))
    return kind(value)


def shown(value: Any) -> str:
    """Show a foreign value in few characters, as text."""
    try:
        text = str(value)
    except ValueError:  # an integer of thousands of digits
        text = "…"
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 40 else text[:39] + "…"


def _require_together(values: Mapping[str, Any]) -> None:
    """Refuse numbers that are good alone and impossible together, with the nearest that would work."""
    d_model, heads = values["d_model"], values["heads"]
    even = {"sinusoidal": d_model % 2, "rotary": (d_model // heads) % 2 if d_model % heads == 0 else 0}
    step = 2 * heads if values["position"] == "rotary" else heads
    step = math.lcm(step, 2) if values["position"] == "sinusoidal" else step
    if d_model % heads:
        raise RefusedError(422, "jobs.refuse.split", d_model=d_model, heads=heads, nearest=_nearest(d_model, step))
    if even.get(values["position"]):
        key = f"jobs.refuse.even_{values['position']}"
        raise RefusedError(422, key, d_model=d_model, heads=heads, nearest=_nearest(d_model, step))
    if values.get("draw") and values["pronouns_from"]:
        raise RefusedError(422, "jobs.refuse.pronouns")


def _nearest(d_model: int, step: int) -> int:
    """Give the multiple of a step that is nearest to a width and may be asked for."""
    most = int(NUMBERS["d_model"][1])
    return max(step, min(most // step * step, round(d_model / step) * step))
