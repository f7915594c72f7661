"""What all tests share: one thread for torch, a fixed seed. Small models are in models.py, the oracles beside it."""

import pytest
import torch

torch.set_num_threads(1)  # the models are tiny: more threads cost time and change the last digits
SLOW = ("test_ray_runner.py", "test_ranks.py", "test_resume.py", "test_jobs_kills.py", "test_train.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and let a browser test that fails try once more.

    Two processes share the files (`--dist loadfile --no-loadscope-reorder`): with a long one at the end one of them
    would wait for the other. A busy machine can be late: the report names a test that was tried again as rerun.
    """
    items.sort(key=lambda item: (not item.path.name.startswith("test_browser"), item.path.name not in SLOW))
    if config.pluginmanager.hasplugin("rerunfailures"):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def seed() -> None:
    """Start every test from the same random numbers, whichever tests ran before it."""
    torch.manual_seed(0)
