"""A fixture for what the roads answer, without Streamlit around them: `pytest_plugins = ["clients"]`."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import roads


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Our own roads under our own middleware."""
    with TestClient(Starlette(routes=roads.routes, middleware=roads.middleware)) as started:
        yield started
