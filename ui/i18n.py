"""The only reader of assets/strings and assets/lessons: what a person reads, in every language."""

import functools
import tomllib
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).parent.parent / "assets"
STRINGS, LESSONS = ASSETS / "strings", ASSETS / "lessons"
LANGUAGES = {"en": "English", "zh": "中文"}
FIRST = "en"


def words(language: str) -> dict[str, str]:
    """Give all texts of a language as {"explore.title": text}; an unknown language gives English."""
    return _read(language if language in LANGUAGES else FIRST)


@functools.cache
def _read(language: str) -> dict[str, str]:
    """Read the file of a language, and one more for each page that has its own."""
    files = [STRINGS / f"{language}.toml", *sorted((STRINGS / language).glob("*.toml"))]
    trees = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return {key: text for tree in trees for key, text in _flatten(tree)}


def lesson(language: str, page: str) -> str | None:
    """Give the lesson of a page as Markdown, None if it has none."""
    file = LESSONS / (language if language in LANGUAGES else FIRST) / f"{page}.md"
    return file.read_text(encoding="utf-8") if file.is_file() else None


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
