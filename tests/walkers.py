"""Fixtures for the browser tests of step pages: a test file says `pytest_plugins = ["windows", "desk", "walkers"]`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from serving import Server
from walking import Walker, open_walker


@pytest.fixture(scope="module")
def sitting(desk: BrowserContext, server: Server) -> Iterator[Walker]:
    """One window for a file: opening a page in a used window takes half as long as in a new one."""
    walker = open_walker(desk, server)
    yield walker
    walker.page.close()


@pytest.fixture
def walker(sitting: Walker) -> Iterator[Walker]:
    """Sit down in front of an empty window."""
    with sitting.used():
        yield sitting
