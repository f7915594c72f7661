"""Translate one sentence on the command line, and keep every tensor of the pass if asked to.

    python -m transformer.translate --run fr "the animal did not cross the street because it was too tired"
    python -m transformer.translate --run fr --trace out.npz "thanks"

The archive has one array per tensor, named as everywhere else, and `src_tokens` and `tgt_tokens`.
A wrong text or run is answered with one line on standard error and exit code 2.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from transformer.runs import load_run
from transformer.trace import Trace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m transformer.translate", description="Translate one sentence.")
    parser.add_argument("text", help="the sentence to translate")
    parser.add_argument(
        "--run",
        default="fr",
        help="a shipped name, a name under runs/, or a path (default: fr)",
    )
    parser.add_argument(
        "--trace",
        type=Path,
        metavar="OUT.npz",
        help="write every tensor of the pass into this file",
    )
    options = parser.parse_args(arguments)
    try:
        run = load_run(options.run)
        translation = run.translate(options.text)
        if options.trace is not None:
            save_trace(run.trace(options.text), options.trace)
    except (ValueError, OSError) as error:
        print(f"translate: {error}", file=sys.stderr)
        return 2
    print(translation)
    return 0


def save_trace(trace: Trace, path: Path) -> None:
    """Write every tensor under its name into a .npz archive, with the tokens that label the rows and columns."""
    arrays = {name: trace[name] for name in trace.names()}
    arrays |= {"src_tokens": np.array(trace.src_tokens), "tgt_tokens": np.array(trace.tgt_tokens)}
    with path.open("wb") as file:  # given a name, np.savez would add .npz to it behind our back
        np.savez(file, allow_pickle=False, **arrays)


if __name__ == "__main__":
    sys.exit(main())
