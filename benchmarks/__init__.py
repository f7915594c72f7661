"""Figures and ratios of speed and size: `python -m benchmarks`. Never in the tests, where they could only be flaky."""
