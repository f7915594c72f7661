"""A server that does nothing but schedule, to be killed: `python tests/job_server.py FOLDER SLOTS [WORKER ...]`."""

import sys
import time
from pathlib import Path

from ui.jobs.office import Jobs
from ui.jobs.workers import LocalRunner


def main() -> None:
    runs, slots, *command = sys.argv[1:]
    jobs = Jobs(Path(runs), LocalRunner(Path(runs) / "workers.log", int(slots), command))
    jobs.open()
    print("open", flush=True)
    while sys.stdin.readline():
        time.sleep(0.01)


if __name__ == "__main__":
    main()
