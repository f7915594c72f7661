"""The only reader of assets/strings: what a person reads, in every language, by key."""

import functools
import tomllib
from pathlib import Path
from typing import Any

STRINGS = Path(__file__).parent.parent / "assets" / "strings"
LANGUAGES = {"en": "English", "zh": "中文"}
FIRST = "en"


def words(language: str) -> dict[str, str]:
    """Give all texts of a language as {"explore.title": text}; an unknown language gives English."""
    return _read(language if language in LANGUAGES else FIRST)


@functools.cache
def _read(language: str) -> dict[str, str]:
    tree = tomllib.loads((STRINGS / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flatten(tree))


def say(language: str, key: str, **values: Any) -> str:
    """Give one text with its {placeholders} filled; an unknown key raises KeyError."""
    return words(language)[key].format(**values)


def task_key(beginning: str, task: str | None) -> str:
    """Give the key of what a task calls something, such as "task.button." and its name; else that of any task."""
    key = f"{beginning}{task}"
    return key if key in words(FIRST) else f"{beginning}any"


def _flatten(tree: dict[str, Any], path: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        key = f"{path}.{name}" if path else name
        pairs += _flatten(value, key) if isinstance(value, dict) else [(key, value)]
    return pairs
