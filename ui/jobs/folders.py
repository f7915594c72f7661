"""Where jobs lie on the disk, and what a job's folder remembers, so that a lost index can be written again.

    runs/.jobs/index.sqlite          the index (store.py)      runs/.jobs/lock      whoever holds it schedules
    runs/.jobs/<id>/job.json         the job as the index has it, written before the index is
    runs/.jobs/<id>/run/             the run as it grows; moved to runs/<name> when it has a model worth keeping
    runs/.jobs/<id>/wish, ended.json what is asked of the worker, and what it said last (runner.py)
    runs/.jobs/<id>/corpus.tsv       a copy of the person's own pairs, which may be gone when the job begins
    runs/.jobs/names/<run>.json      whose a run is, and what people call it

Every path here is made of an id or a name that was checked; none comes from a person.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ui.jobs.job import JOB_ID, Job
from ui.jobs.runner import ENDED_FILE, HEARD_FILE, RUN_FOLDER, wish_in

JOBS_FOLDER, NAMES_FOLDER, JOB_FILE = ".jobs", "names", "job.json"
MANIFEST, WEIGHTS, CORPUS = "manifest.json", "model.safetensors", "corpus.tsv"
MOST_BYTES = 1 << 20  # of one of these files


class Named(NamedTuple):
    """Whose a run is, and what people call it; "" where nobody has said."""

    name: str
    owner: str
    label: str


class Folders:
    """The folders of all jobs below one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self.runs, self.root = runs, runs / JOBS_FOLDER
        self.names = self.root / NAMES_FOLDER

    def of(self, job_id: str) -> Path:
        """Give the folder of a job; ValueError for what is no id."""
        if not JOB_ID.fullmatch(job_id):
            raise ValueError("not the id of a job")
        return self.root / job_id

    def run_of(self, job: Job) -> Path:
        """Give the folder in which a job's run lies now."""
        return self.runs / job.name if job.kept else self.of(job.id) / RUN_FOLDER

    def remember(self, job: Job) -> None:
        """Write down a job as it is about to be, and for its worker what is wished of it."""
        folder = self.of(job.id)
        folder.mkdir(parents=True, exist_ok=True)
        wish_in(folder, job.wish)
        replace_json(folder / JOB_FILE, job.to_dict())

    def remembered(self) -> Iterator[Job]:
        """Read all jobs from their folders; one that cannot be read is left out."""
        for folder in self.folders():
            with contextlib.suppress(OSError, ValueError, RecursionError):
                job = Job.from_dict(read_json(folder / JOB_FILE))
                if job.id == folder.name:
                    yield job

    def folders(self) -> list[Path]:
        """List the folders that have the name of a job."""
        if not self.root.is_dir():
            return []
        found = (place for place in self.root.iterdir() if JOB_ID.fullmatch(place.name))
        return sorted(place for place in found if place.is_dir() and not place.is_symlink())

    def name(self, named: Named) -> None:
        """Write down whose a run is and what it is called."""
        self.names.mkdir(parents=True, exist_ok=True)
        replace_json(self.names / f"{named.name}.json", {"owner": named.owner, "label": named.label})

    def unname(self, name: str) -> None:
        """Forget whose a run was."""
        (self.names / f"{name}.json").unlink(missing_ok=True)

    def named(self) -> Iterator[Named]:
        """Read whose all runs are."""
        for file in sorted(self.names.glob("*.json")) if self.names.is_dir() else []:
            with contextlib.suppress(OSError, ValueError, RecursionError):
                found = read_json(file)
                owner, label = found.get("owner"), found.get("label")
                if isinstance(owner, str) and isinstance(label, str):
                    yield Named(file.stem, owner, label)

    def bring(self, job: Job, corpus: Path) -> None:
        """Copy a person's own pairs into the folder of a job that is about to join the queue."""
        self.of(job.id).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(corpus, self.of(job.id) / CORPUS)

    def corpus_of(self, job: Job) -> Path | None:
        """Give the file of a job's own pairs, None if it needs none."""
        return self.of(job.id) / CORPUS if job.text else None

    def begin(self, job: Job) -> bool:
        """Clear what an earlier worker said. True if there is a run to go on with, False if all begins anew."""
        folder = self.of(job.id)
        (folder / ENDED_FILE).unlink(missing_ok=True)
        (folder / HEARD_FILE).unlink(missing_ok=True)
        if (folder / RUN_FOLDER / MANIFEST).is_file():
            return True
        shutil.rmtree(folder / RUN_FOLDER, ignore_errors=True)  # killed before its first save
        return False

    def has_model(self, job: Job) -> bool:
        """Say whether the run of a job has weights."""
        return _lists_weights(self.run_of(job) / MANIFEST)

    def has_heard(self, job: Job) -> bool:
        """Say whether a job's worker has stopped learning because somebody wished it."""
        return job.state == "running" and job.wish != "go" and (self.of(job.id) / HEARD_FILE).exists()

    def keep(self, job: Job) -> str | None:
        """Move the run of a job among the runs, by one rename; give its name there, None if there is no model.

        Doing it twice is doing it once: the server may be killed between the move and the entry in the index.
        """
        source, target = self.of(job.id) / RUN_FOLDER, self.runs / job.name
        if not source.exists() and _lists_weights(target / MANIFEST):
            return job.name
        if not _lists_weights(source / MANIFEST):
            return None
        if target.exists():  # somebody brought a run of that name meanwhile
            target = self.runs / f"{job.name}-{job.id[:6]}"
        os.rename(source, target)
        (self.of(job.id) / CORPUS).unlink(missing_ok=True)  # the run has its own
        return target.name

    def drop(self, job_id: str) -> None:
        """Remove the folder of a job with all that is in it."""
        shutil.rmtree(self.of(job_id), ignore_errors=True)


def _lists_weights(manifest: Path) -> bool:
    try:
        return WEIGHTS in read_json(manifest)["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def read_json(file: Path) -> dict[str, Any]:
    """Read a small JSON object; ValueError for anything else."""
    with file.open("rb") as handle:
        found = json.loads(handle.read(MOST_BYTES).decode("utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{file.name} holds no object")
    return found


def replace_json(file: Path, values: dict[str, Any]) -> None:
    """Write a small JSON file, whole or not at all."""
    staged = file.with_name(f"{file.name}.{os.getpid()}.new")
    staged.write_bytes(json.dumps(values, ensure_ascii=False).encode("utf-8", errors="replace"))
    os.replace(staged, file)
