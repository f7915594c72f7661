"""Fixtures for the browser tests of Explore: a test file says `pytest_plugins = ["windows", "desk"]`."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from reader import DESK, REMEMBER_WRITING, RUN, Pair, Reader, flipped, open_window
from serving import Server
from transformer.runs import Run, load_run


@pytest.fixture(scope="session")
def desk(chromium: Browser) -> Iterator[BrowserContext]:
    """One browser profile for all tests that leave nothing behind in it, so that our files are fetched once."""
    context = chromium.new_context(**DESK)
    context.add_init_script(REMEMBER_WRITING)
    yield context
    context.close()


@pytest.fixture(scope="session")
def window(desk: BrowserContext, server: Server) -> Reader:
    """One window for most tests: opening a page in a used window takes half as long as in a new one."""
    return open_window(desk, server)


@pytest.fixture
def reader(window: Reader) -> Iterator[Reader]:
    """Sit down in front of an empty window."""
    with window.used():
        yield window


@pytest.fixture
def readers(desk: BrowserContext, server: Server) -> Iterator[Callable[[], Reader]]:
    """Give a function that opens one more window."""
    opened: list[Reader] = []

    def one_more() -> Reader:
        opened.append(open_window(desk, server))
        return opened[-1]

    yield one_more
    complaints = [reader.complaints() for reader in opened]
    for reader in opened:
        reader.page.close()
    assert not any(complaints), complaints


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
