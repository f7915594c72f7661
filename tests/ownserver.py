"""A served app with a folder of runs of its own, so that what a test brings in is nobody else's: the fixture `lab`.

A test file says `pytest_plugins = ["windows", "ownserver"]`.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext

from reader import DESK, REMEMBER_WRITING, Reader
from serving import ROOT, Server, serve

APP = """
from pathlib import Path
import streamlit as st
from transformer import runs
runs.OWN_RUNS = Path({runs!r})
from ui.faults import show_fault
from ui.roads import middleware, routes, warm
app = st.App({frame!r}, lifespan=warm, routes=routes, middleware=middleware, on_script_error=show_fault)
"""


class Lab(NamedTuple):
    """The served app and where its runs lie."""

    server: Server
    runs: Path

    def key(self) -> str:
        """Read the teacher's key."""
        return (self.runs / ".jobs" / "teacher.key").read_text()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One server for the tests of a file."""
    root = tmp_path_factory.mktemp("own_server")
    (root / "runs").mkdir()
    (root / "app.py").write_text(APP.format(runs=str(root / "runs"), frame=str(ROOT / "ui" / "frame.py")))
    shutil.copytree(ROOT / ".streamlit", root / ".streamlit")
    with serve(root, PYTHONPATH=str(ROOT)) as started:
        yield Lab(started, root / "runs")


@pytest.fixture
def person(chromium: Browser, lab: Lab) -> Iterator[Callable[..., Reader]]:
    """Give a function that lets somebody in: a browser of their own, or one more window of somebody's."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def arrive(other: Reader | None = None, **options: Any) -> Reader:
        context = other.page.context if other else chromium.new_context(**{**DESK, **options})
        if not other:
            context.add_init_script(REMEMBER_WRITING)
            contexts.append(context)
        readers.append(Reader(context.new_page(), lab.server))
        return readers[-1]

    yield arrive
    complaints = [[line for line in reader.complaints() if "status of 4" not in line] for reader in readers]
    for reader in readers:
        reader.page.close()
    for context in contexts:
        context.close()
    assert not any(complaints), complaints
