"""A person on one page: where its parts are, how keys reach it. The tests of a page add what the page has to show.

@pytest.fixture(scope="module")
def window(desk: BrowserContext, server: Server) -> Iterator[Painter]:
with sitting(Painter, desk, server) as painter:
yield painter

@pytest.fixture
def painter(window: Painter) -> Iterator[Painter]:
with window.used():
yield window
"""

import contextlib
from collections.abc import Iterator
from typing import TypeVar

from playwright.sync_api import BrowserContext, Locator

from reader import DESK
from serving import Server, Visitor


class Guest(Visitor):
    """One person with one window for all tests of a file."""

    @property
    def lab(self) -> Locator:
        return self.page.locator(".lab")

    def part(self, name: str) -> Locator:
        """Find a part that can be seen: the same name may stand in a view that is hidden."""
        return self.lab.locator(f"[data-part={name}]").locator("visible=true")

    def press(self, *keys: str) -> None:
        """Press keys on the picture."""
        if not self.lab.evaluate("(lab) => lab.contains(lab.getRootNode().activeElement)"):
            self.lab.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def address(self) -> dict[str, str]:
        """Read the address bar."""
        return dict(self.page.evaluate("() => [...new URLSearchParams(location.search)]"))

    def complaints(self) -> list[str]:
        """List what the console says. Streamlit looks for its health below every page's address, and finds it above."""
        return [text for text in self.console if "404" not in text]

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Let a test use the window as the one before left it; there may be nothing to complain about."""
        self.page.bring_to_front()
        if self.tried_again():
            self.page.goto("about:blank")
        self.console.clear()
        self.requests.clear()
        yield
        complaints = self.complaints()
        self.server_again()
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESK["viewport"])
        assert not complaints


G = TypeVar("G", bound=Guest)


@contextlib.contextmanager
def sitting(kind: type[G], desk: BrowserContext, server: Server) -> Iterator[G]:
    """Open a window for the tests of a file, on the profile that has our files already, and close it at the end."""
    guest = kind(desk.new_page(), server)
    yield guest
    guest.page.close()
