"""Where trainings run: on this machine, or on a cluster, as whoever starts the server says in its environment."""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

from ui.jobs.runner import Runner
from ui.jobs.workers import LocalRunner

CHOICE, ADDRESS = "ATTENTION_LAB_RUNNER", "RAY_ADDRESS"
LOCAL, RAY = "local", "ray"


class ChoiceError(Exception):
    """Say in one sentence what whoever starts the server should do."""


def require_runner(environment: Mapping[str, str] = os.environ) -> str:
    """Return which runner is chosen; ChoiceError if it cannot be had."""
    chosen = environment.get(CHOICE) or LOCAL
    if chosen not in (LOCAL, RAY):
        raise ChoiceError(f"{CHOICE} must be {LOCAL} or {RAY}, got {chosen!r}")
    if chosen == LOCAL:
        return chosen
    if importlib.util.find_spec(RAY) is None:
        raise ChoiceError(f"{CHOICE}={RAY} needs Ray: pip install -r requirements-cluster.txt")
    address = environment.get(ADDRESS, "")
    if address in ("", "local") or "://" in address:
        raise ChoiceError(
            f"{CHOICE}={RAY} needs {ADDRESS}, the address of a running cluster that this machine is part of, "
            f"such as 10.0.0.1:6379 or auto; got {address!r}"
        )
    return chosen


def chosen_runner(log: Path, environment: Mapping[str, str] = os.environ) -> Runner:
    """Make the runner that is chosen. log: where its workers complain   ChoiceError: see above"""
    if require_runner(environment) == LOCAL:
        return LocalRunner(log)
    from ui.jobs.ray_runner import RayRunner

    return RayRunner(log, environment[ADDRESS])
