"""What all tests share: one thread for torch, a fixed seed. Small models are in models.py, the oracles beside it."""

import pytest
import torch

torch.set_num_threads(1)  # the models are tiny: more threads cost time and change the last digits


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a browser test that fails try once more: a busy machine can be late. The report names it as rerun."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def seed() -> None:
    """Start every test from the same random numbers, whichever tests ran before it."""
    torch.manual_seed(0)
