"""Fixtures for tests that need the served app: a test file says `pytest_plugins = ["windows"]` and asks for them."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize

from serving import CHROMIUM_NAMES, Server, Visitor, browser, chromium_path, serve

VIEWPORT: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of a run."""
    with serve() as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a run; skips where there is none, and fails if that happens in CI."""
    if chromium_path() is None:
        why = f"no Chromium found: install one as {' or '.join(CHROMIUM_NAMES)}, or name its file in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with browser() as started:
        yield started


@pytest.fixture(scope="session")
def shared_window(chromium: Browser, server: Server) -> Iterator[Visitor]:
    """One window for many tests: a page opens in half the time where its files are known already."""
    context = chromium.new_context(viewport=VIEWPORT, reduced_motion="reduce")
    yield Visitor(context.new_page(), server)
    context.close()


@pytest.fixture
def here(shared_window: Visitor) -> Iterator[Visitor]:
    """The shared window as it was in the beginning, with nothing heard."""
    shared_window.page.bring_to_front()
    for heard in (shared_window.requests, shared_window.frames, shared_window.console):
        heard.clear()
    yield shared_window
    shared_window.page.goto("about:blank")
    shared_window.page.set_viewport_size(VIEWPORT)


@pytest.fixture
def visitor(chromium: Browser, server: Server) -> Iterator[Callable[..., Visitor]]:
    """Give a function that opens a fresh window, as for a person who was never here: `visitor(color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def arrive(**options: Any) -> Visitor:
        context = chromium.new_context(**{"viewport": VIEWPORT, **options})
        contexts.append(context)
        return Visitor(context.new_page(), server)

    yield arrive
    for context in contexts:
        context.close()
