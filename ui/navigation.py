"""The table of pages: what is in the menu, in which order, under which address."""

from dataclasses import dataclass
from pathlib import Path

PAGES_FOLDER = Path(__file__).parent.parent / "pages"


@dataclass(frozen=True)
class PageEntry:
    """One page: its file pages/<name>.py, its address, its title's string key."""

    name: str
    url_path: str
    section: str

    @property
    def file(self) -> Path:
        return PAGES_FOLDER / f"{self.name}.py"


PAGES: dict[str, PageEntry] = {
    "explore": PageEntry("explore", "", "explore"),
    "tokens": PageEntry("tokens", "tokens", "learn"),
    "positions": PageEntry("positions", "positions", "learn"),
    "masks": PageEntry("masks", "masks", "learn"),
    "attention": PageEntry("attention", "attention", "learn"),
    "encoder": PageEntry("encoder", "encoder", "learn"),
    "decoder": PageEntry("decoder", "decoder", "learn"),
    "output": PageEntry("output", "output", "learn"),
    "glossary": PageEntry("glossary", "glossary", "learn"),
    "train": PageEntry("train", "train", "train"),
    "runs": PageEntry("runs", "runs", "train"),
    "generate": PageEntry("generate", "generate", "intervene"),
    "edit": PageEntry("edit", "edit", "intervene"),
    "heads": PageEntry("heads", "heads", "intervene"),
    "compare": PageEntry("compare", "compare", "intervene"),
}


# The pages above which the menu names a section; the first page stands alone.
SECTION_STARTS = [
    name
    for name, entry in PAGES.items()
    if entry.url_path and name == next(one for one, other in PAGES.items() if other.section == entry.section)
]


def after(page: str) -> str | None:
    """Name the page that follows in the menu, None after the last."""
    names = list(PAGES)
    at = names.index(page) + 1
    return names[at] if at < len(names) else None
