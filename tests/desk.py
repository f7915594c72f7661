"""Fixtures for the browser tests of Explore: a test file says `pytest_plugins = ["windows", "desk"]`."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from reader import REMEMBER_WRITING, RUN, Pair, Reader, flipped, open_window
from serving import Server
from transformer.runs import Run, load_run


@pytest.fixture(scope="session")
def desk(chromium: Browser) -> Iterator[BrowserContext]:
    """One browser profile for all tests that leave nothing behind in it, so that our files are fetched once."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_init_script(REMEMBER_WRITING)
    yield context
    context.close()


@pytest.fixture
def readers(desk: BrowserContext, server: Server) -> Iterator[Callable[[], Reader]]:
    """Give a function that opens one more window; at the end none of them may have anything to complain about."""
    opened: list[Reader] = []

    def one_more() -> Reader:
        opened.append(open_window(desk, server))
        return opened[-1]

    yield one_more
    complaints = [reader.complaints() for reader in opened]
    for reader in opened:
        reader.page.close()
    assert not any(complaints), complaints


@pytest.fixture
def reader(readers: Callable[[], Reader]) -> Reader:
    """Open a window."""
    return readers()


@pytest.fixture(scope="session")
def run() -> Run:
    return load_run(RUN)


@pytest.fixture(scope="session")
def pair(run: Run) -> Pair:
    """Find a pair that this model flips, the famous one first; a run that flips none has lost its point."""
    task = run.task
    assert task is not None
    examples = task.examples(0, "test")
    for text in [run.example, *(next(examples).src for _ in range(300))]:
        found = flipped(run, text)
        if found:
            return found
    pytest.fail("this run writes il and elle for no pair of 300 test sentences")
