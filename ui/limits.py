"""How much one visitor may ask for, said in one place for the page and the HTTP road alike."""

from typing import Any

MOST_CHARACTERS = 2000  # a web address carries the sentence, and browsers and proxies cut long ones


def within_limit(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Cut a text that is too long, with a notice (string key and values) that says what was left out."""
    if len(text) <= MOST_CHARACTERS:
        return text, []
    values = {"shown": MOST_CHARACTERS, "all": len(text)}
    return text[:MOST_CHARACTERS], [{"key": "notice.characters", "values": values}]
