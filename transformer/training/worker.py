"""A process that trains one job: `python -m transformer.training.worker`. It warms up, waits for a job, does it, ends.

It prints `ready` when it is warm and reads one line from its input, a JSON object:

    {"job": folder, "recipe": {...} | null, "corpus": path | null, "nice": 10, "memory": bytes, "seconds": limit}

The run is written into folder/run, the wish (wishes.py) is read from folder/wish, and what became of it is written into
folder/ended.json: {"status", "message", "kept_step"}, status being one of STATUSES. A recipe of null, or a run that is
there already, means: go on. Whoever waits without a job ends when its input is closed; whoever has one goes on, even if
the server is gone. SIGTERM, as from a machine that shuts down, pauses.
"""

import fcntl
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import torch

from transformer.corpus import Corpus
from transformer.run_files.sealed import CORPUS, MANIFEST
from transformer.runs import RunError
from transformer.training.memory import NoRoomError
from transformer.training.recipe import Recipe
from transformer.training.start import resume, train
from transformer.training.wishes import FileWishes

STATUSES = ("done", "target", "stopped", "paused", "diverged", "refused", "failed", "timeout")
RUN, WISH, ENDED, LOCK = "run", "wish", "ended.json", "lock"  # in the folder of a job
WARM = Recipe(
    task="copy", steps=2, batch=4, pool=8, warmup=1, pronouns_from=0.0, d_model=16, heads=2, encoder_layers=1,
    decoder_layers=1, d_ff=16, target=0.99,
)  # fmt: skip
PAGE = resource.getpagesize()
PATIENCE = 20  # times that a worker asks for the lock of its job, for about a second
FOR_READING = 512 << 20  # bytes of address space that reading own pairs and learning their tokens may take
Outcome = dict[str, Any]


def main() -> int:
    """Warm up, wait for a job, do it; return the exit status of the process."""
    torch.set_num_threads(1)  # faster for models this small, and the same bits every time
    warm_up()
    print("ready", flush=True)
    line = sys.stdin.readline()
    if line.strip():
        work(line)
    return 0


def work(line: str) -> None:
    """Do the job that a line describes, and say in its folder what became of it; nothing if another worker is at it."""
    job = json.loads(line)
    folder = Path(job["job"])
    held = hold(folder / LOCK)
    if held is not None:
        part_from_server(job.get("nice", 0), memory_of(job, folder))
        say_ended(folder, outcome_of(job, folder), held)


def warm_up() -> None:
    """Train a tiny model once, so that everything that happens only once has happened."""
    with tempfile.TemporaryDirectory() as place:
        train(WARM, Path(place) / "warm", ship=True)


def hold(path: Path) -> int | None:
    """Take the lock of a job for as long as this process lives; None if another process keeps it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(PATIENCE):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)  # somebody may be just leaving
        else:
            return handle
    os.close(handle)
    return None


def memory_of(job: Mapping[str, Any], folder: Path) -> int | None:
    """Return how many bytes a job may take; own pairs are read and cut before anybody can estimate anything."""
    own = job.get("corpus") is not None or (folder / RUN / CORPUS).exists()
    return None if job.get("memory") is None else job["memory"] + own * FOR_READING


def part_from_server(nice: int, memory: int | None) -> None:
    """Step back behind whoever clicks, take no more memory than is allowed, and outlive the server.

    memory: bytes beyond what this process has by now; None for as much as there is
    """
    if os.getsid(0) != os.getpid() and os.getpgid(0) != os.getpid():
        os.setsid()
    os.nice(nice)
    if memory is not None:
        now = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def outcome_of(job: Mapping[str, Any], folder: Path) -> Outcome:
    """Do a job and say what became of it; whatever goes wrong is an outcome, too."""
    wishes = FileWishes(folder / WISH, job.get("seconds"))
    signal.signal(signal.SIGTERM, lambda *_: setattr(wishes, "told", "pause"))
    try:
        results = do(job, folder / RUN, wishes)
    except MemoryError:
        return failed("memory: there was not enough of it")
    except NoRoomError as error:
        return failed(f"room: {error}")
    except RunError as error:
        return failed(f"disk: {error}" if "could not be" in str(error) else str(error))
    except ValueError as error:
        return {"status": "refused", "message": str(error), "kept_step": 0}
    except OSError as error:
        traceback.print_exc()
        return failed(f"disk: {error.strerror}")
    except Exception as error:  # a mistake of ours: whoever waits for the job must hear of it all the same
        traceback.print_exc()
        return failed(f"memory: {error}" if "memory" in str(error) else f"{type(error).__name__}: {error}")
    why = results["stopped"]
    status = "timeout" if wishes.timed_out and why == "stopped" else "done" if why == "steps" else why
    return {"status": status, "message": results.get("note", ""), "kept_step": results["kept_step"]}


def failed(message: str) -> Outcome:
    """Return the outcome of a job that failed; its last save stands."""
    return {"status": "failed", "message": " ".join(message.split())[:500], "kept_step": None}


def do(job: Mapping[str, Any], run: Path, wishes: FileWishes) -> dict[str, Any]:
    """Begin a run, or go on with it; return its results. Errors as in `train` and `resume`."""
    recipe = job.get("recipe")
    if recipe is None or (run / MANIFEST).exists():
        return resume(run, ship=True, wishes=wishes)
    corpus = None
    if job.get("corpus") is not None:
        corpus = Corpus.from_tsv(Path(job["corpus"]).read_bytes())
    return train(Recipe.from_dict(recipe), run, ship=True, wishes=wishes, corpus=corpus)


def say_ended(folder: Path, outcome: Outcome, held: int) -> None:
    """Write what became of a job, in one move, and leave its lock before anybody can know of it."""
    new = folder / f"{ENDED}.new"
    new.write_text(json.dumps(outcome) + "\n", encoding="utf-8")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    os.close(held)
    os.replace(new, folder / ENDED)


def leave(status: int) -> NoReturn:
    """End at once: there is nothing to tidy up, and taking torch apart costs a person another tenth of a second."""
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main())
