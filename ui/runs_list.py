"""The list of runs as the Runs page shows it: what each is, how it learned, whose it is, and what is wrong with it.

What a run's folder says is read once for each saved state of it, without its weights. Who may change a run: whoever
started or brought it, and the teacher; a shipped one nobody.
"""

import contextlib
import functools
import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from transformer import runs
from transformer.config import ModelConfig
from transformer.run_files.sealed import LOG, MANIFEST, SNAPSHOT, parse_json
from transformer.run_files.trash import KEPT_FOR, thrown_away
from transformer.runs import RunEntry, RunError
from ui import services
from ui.pack import RefusedError
from ui.runs_reasons import reason_of
from ui.unusual import unusual

MOST_POINTS = 24  # of the small curve beside a run
MOST_LOG = 4 * 1024 * 1024  # bytes of the metrics that are read for it
MOST_CONFIG = 1024 * 1024
MOST_NUMBER = 1e15  # what is shown as a number is one
LONGEST_LABEL = 40
LABEL_SIGNS = " _-.()'"


class Shelf(Protocol):
    """What the index knows about runs beside their folders."""

    def labels(self) -> Mapping[str, str]:
        """Give what people call their runs, by name."""
        ...

    def owners(self) -> Mapping[str, str]:
        """Give whose a run is, as the SHA-256 of a visitor; a run from the command line is nobody's."""
        ...

    def name_run(self, name: str, label: str) -> None:
        """Say what a run is called from now on."""
        ...

    def adopt(self, name: str, owner: str, label: str) -> None:
        """Say whose a run is that came as an archive."""
        ...

    def forget(self, name: str) -> None:
        """Forget a run that is gone for good."""
        ...

    def writing(self) -> set[str]:
        """Name the runs that a job writes, or is about to."""
        ...


def listing(shelf: Shelf, visitor: str, teacher: bool) -> dict[str, Any]:
    """List the shipped runs, the visitor's own and those of nobody; a teacher sees all. Then what can be brought back.

    visitor: SHA-256, as `Shelf.owners` has it
    """
    labels, owners = shelf.labels(), shelf.owners()
    entries = [
        entry_of(run, labels, owners.get(run.name), visitor, teacher)
        for run in services.runs()
        if teacher or is_shipped(run.path) or owners.get(run.name, visitor) == visitor
    ]
    return {"runs": entries, "trash": _trash(labels, owners, visitor, teacher), "teacher": teacher}


def is_shipped(folder: Path) -> bool:
    """Say whether a run came with the app."""
    return folder.parent == runs.SHIPPED_RUNS


def entry_of(
    run: RunEntry, labels: Mapping[str, str], owner: str | None, visitor: str, teacher: bool
) -> dict[str, Any]:
    """Tell everything about one run that its line shows."""
    shipped = is_shipped(run.path)
    mine = not shipped and owner == visitor
    told = {
        "name": run.name,
        "label": None if shipped else labels.get(run.name) or None,
        "shipped": shipped,
        "mine": mine,
        "may": mine or (teacher and not shipped),
        "nobodys": not shipped and owner is None,
        "error": None if run.error is None else reason_of(run.error),
    }
    return told | facts_of(str(run.path), _changed(run.path))


def _changed(folder: Path) -> int:
    try:
        return (folder / MANIFEST).stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=1024)
def facts_of(folder: str, changed: int) -> dict[str, Any]:
    """Read what a run's own files say about it; of a damaged one as much as can be read. Never raises.

    changed: when its manifest was written, in nanoseconds; 0 if it has none
    """
    path, facts = Path(folder), dict[str, Any]()
    facts["date"] = None if is_shipped(path) or not changed else changed // 1_000_000_000
    with contextlib.suppress(RunError, OSError):
        entries = parse_json(MANIFEST, _read(path / MANIFEST, MOST_CONFIG)).get("files")
        listed = entries.items() if isinstance(entries, dict) else ()
        sizes = {name: entry.get("bytes") for name, entry in listed if isinstance(entry, dict)}
        facts["bytes"] = sum(size for size in sizes.values() if isinstance(size, int) and 0 < size < MOST_NUMBER)
        facts["frames"] = sum(1 for name in sizes if SNAPSHOT.fullmatch(name))
    with contextlib.suppress(RunError, OSError, ValueError, TypeError, KeyError, AttributeError):
        facts |= _model_facts(parse_json("config.json", _read(path / "config.json", MOST_CONFIG)))
    with contextlib.suppress(OSError, ValueError):
        facts["curve"] = _curve(_read(path / LOG, MOST_LOG))
    return facts


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _model_facts(info: dict[str, Any]) -> dict[str, Any]:
    config, training, results = ModelConfig.from_dict(info["model"]), info["training"], info["results"]
    model = config.to_dict()
    task = info.get("task")
    return {
        "task": task[:40] if isinstance(task, str) else None,
        "layers": [config.n_encoder_layers, config.n_decoder_layers],
        "heads": config.n_heads,
        "d_model": config.d_model,
        "parameters": config.n_parameters,
        "choices": unusual(model),
        "steps": _number(results.get("steps_done", training.get("steps"))),
        "seed": _number(training.get("seed")),
        "exact_match": _number(results.get("exact_match")),
        "n_test": _number(results.get("n_test")),
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST_NUMBER


def _number(value: Any) -> float | None:
    return value if _is_number(value) else None


def _curve(log: bytes) -> list[list[float | None]]:
    """Give a few points of how it learned: step, loss on unseen examples, exact match on them."""
    points = []
    for line in log.splitlines():
        with contextlib.suppress(ValueError, RecursionError, AttributeError):
            said = json.loads(line)
            step, loss, exact = (said.get(key) for key in ("step", "valid_loss", "valid_exact_match"))
            if _is_number(step) and _is_number(loss):
                points.append([step, loss, exact if _is_number(exact) else None])
    every = max(1, -(-len(points) // MOST_POINTS))
    return [*points[:-1:every], *points[-1:]]


def _trash(labels: Mapping[str, str], owners: Mapping[str, str], visitor: str, teacher: bool) -> list[dict[str, Any]]:
    return [
        {"name": thrown.name, "label": labels.get(thrown.name) or None, "until": int(thrown.when + KEPT_FOR)}
        for thrown in thrown_away(runs.OWN_RUNS)
        if teacher or owners.get(thrown.name) == visitor
    ]


def label_of(text: Any) -> str:
    """Read what somebody wants to call a run; RefusedError for what is not 1 to 40 letters, digits and plain signs."""
    label = " ".join(unicodedata.normalize("NFC", text).split()) if isinstance(text, str) else ""
    plain = all(sign in LABEL_SIGNS or unicodedata.category(sign)[0] in "LNM" for sign in label)
    if not 1 <= len(label) <= LONGEST_LABEL or not plain or unicodedata.category(label[0])[0] == "M":
        raise RefusedError(422, "runs.refuse.label", most=LONGEST_LABEL)
    return label
