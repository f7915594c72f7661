"""Run benchmarks and print one table: `python -m benchmarks [name ...]`."""

import argparse
import sys
from collections.abc import Callable

from benchmarks import (
    browsing,
    crowd,
    edit,
    generate,
    jobs,
    limits,
    passport,
    promises,
    scratch,
    stepping,
    texts,
    tracing,
    training,
)
from benchmarks.figures import Figure, machine, table

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "step": training.step_ratio,
    "throughput": training.throughput,
    "limit": limits.matrix_limit,
    "scratch": scratch.time_to_exact,
    "alignment": promises.alignment,
    "safety": promises.damage_and_death,
    "trace": tracing.trace_time,
    "payload": tracing.payload_size,
    "pass": stepping.whole_pass,
    "stepping": stepping.stepping,
    "browser": browsing.in_the_browser,
    "start": browsing.cold_start,
    "crowd": crowd.sixty_readers,
    "jobs": jobs.jobs,
    "texts": texts.hostile_texts,
    "real_text": texts.real_text,
    "beam": generate.beam,
    "edit": edit.interventions,
    "passport": passport.passports,
}


def main() -> None:
    """Print the figures of the named benchmarks, or of all of them, as a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(BENCHMARKS)}; none = all")
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    where = machine()
    figures: list[Figure] = []
    for name in names:
        print(f"... {name}", file=sys.stderr, flush=True)
        figures += BENCHMARKS[name]()
    print(f"{where}\n\n{table(figures)}")


if __name__ == "__main__":
    main()
