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
}
