"""A worker that learns nothing, at once: it speaks the protocol of transformer/training/worker.py without torch.

What it "learns" is a chain of checksums, one link per step, so that a run which was killed and went on can be compared
with one that was not. FAKE_STEP: seconds of a step. Some seeds make trouble, see TROUBLE.
"""

import fcntl
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import IO

SAVE_EVERY = 10  # steps
DIES, FAILS, FILLS_THE_DISK, DIVERGES, DEAF, REFUSES, SLOW = TROUBLE = range(9001, 9008)
STEP = float(os.environ.get("FAKE_STEP", "0.002"))


def main() -> None:
    line = sys.stdin.readline()
    if not line.strip():
        return
    job = json.loads(line)
    folder = Path(job["job"])
    lock = (folder / "lock").open("w")
    if not taken(lock):
        (folder / "twice").write_text("two workers in one folder")
        return
    recipe = job["recipe"] or json.loads((folder / "run" / "config.json").read_text())["training"]
    if recipe["seed"] == REFUSES:
        end(folder, "refused", 0, "these texts are too long")
        return
    train(folder, recipe, time.monotonic() + job["seconds"])


def taken(lock: IO[str]) -> bool:
    """Take the lock of a job; whoever has just ended may still be leaving."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def wished(folder: Path) -> str:
    """Read what is wished; the file may go at any moment."""
    try:
        return (folder / "wish").read_text()
    except FileNotFoundError:
        return "go"


def train(folder: Path, recipe: dict, until: float) -> None:
    run = folder / "run"
    run.mkdir(exist_ok=True)
    step, link = 0, ""
    if (run / "manifest.json").exists():
        saved = json.loads((run / "manifest.json").read_text())
        step, link = saved["step"], saved["link"]
        kept = [text for text in (run / "metrics.jsonl").read_text().splitlines() if json.loads(text)["step"] <= step]
        replace(run / "metrics.jsonl", "".join(text + "\n" for text in kept))
    else:
        replace(run / "config.json", json.dumps({"training": recipe}))
        replace(run / "metrics.jsonl", "")
        save(run, 0, "")
    status = "done"
    while step < recipe["steps"]:
        wish = wished(folder)
        if wish in ("pause", "stop") and recipe["seed"] != DEAF:
            (folder / "heard").touch()
            status = {"pause": "paused", "stop": "stopped"}[wish]
            break
        if time.monotonic() > until:
            status = "timeout"
            break
        time.sleep(STEP)
        step, link = step + 1, hashlib.sha256(f"{link}{step}{recipe['seed']}".encode()).hexdigest()
        with (run / "metrics.jsonl").open("a") as log:
            log.write(json.dumps({"step": step, "loss": 1 / step, "seconds": step * STEP, "link": link}) + "\n")
        if step % SAVE_EVERY == 0:
            save(run, step, link)
        trouble(folder, recipe["seed"], step)
    save(run, step, link)
    if status == "stopped" and recipe["seed"] == SLOW:
        time.sleep(3)
    end(folder, status, step)


def trouble(folder: Path, seed: int, step: int) -> None:
    if step < 15:
        return
    if seed == DIES:
        os._exit(9)
    said = {FAILS: ("failed", "memory: too much"), FILLS_THE_DISK: ("failed", "disk: full"), DIVERGES: ("diverged", "")}
    if seed in said:
        end(folder, said[seed][0], step, said[seed][1])
        sys.exit()


def save(run: Path, step: int, link: str) -> None:
    (run / "snapshots").mkdir(exist_ok=True)
    (run / "snapshots" / f"{step:06d}.safetensors").touch()
    (run / "model.safetensors").write_text(link)
    replace(run / "manifest.json", json.dumps({"files": {"model.safetensors": {}}, "step": step, "link": link}))


def end(folder: Path, status: str, step: int, message: str = "") -> None:
    replace(folder / "ended.json", json.dumps({"status": status, "message": message, "kept_step": step}))


def replace(file: Path, text: str) -> None:
    staged = file.with_name(file.name + ".new")
    staged.write_text(text)
    os.replace(staged, file)


if __name__ == "__main__":
    main()
