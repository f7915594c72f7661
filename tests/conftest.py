"""What all tests share: one thread for torch, a fixed seed. Small models are in models.py, the oracles beside it."""

import pytest
import torch

torch.set_num_threads(1)  # the models are tiny: more threads cost time and change the last digits


@pytest.fixture(autouse=True)
def seed() -> None:
    """Start every test from the same random numbers, whichever tests ran before it."""
    torch.manual_seed(0)
