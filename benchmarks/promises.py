"""What the shipped runs show, and what damage and sudden death cannot do to a run."""

import os
import re
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import torch

from benchmarks.figures import Figure
from transformer import TASKS, load_run
from transformer.heads import N_SENTENCES, measure_heads

HOUSE = Path(__file__).parent.parent
PROOFS = {  # test -> what it counts, at least, aim
    "tests/test_damage.py::test_a_thousand_damages": ("damaged run folders refused, of 1,000 mutations", 1000, 1000),
    "tests/test_resume.py::test_a_training_that_is_killed_at_any_moment": (
        "kill -9 at random moments: readable, resumed run identical",
        100,
        300,
    ),
}


def alignment() -> list[Figure]:
    """Measure the shipped runs of copy and reverse again: how often the best cross head reads the letter it writes."""
    torch.set_num_threads(1)
    figures = []
    for task in ("copy", "reverse"):
        run = load_run(task)
        examples = list(islice(TASKS[task].examples(0, "test"), N_SENTENCES))
        blocks = measure_heads(run.model, examples, run.src_vocab, run.tgt_vocab)["blocks"]
        found = {(block, n): facts["alignment"] for block, heads in blocks.items() for n, facts in enumerate(heads)}
        best = max((place for place in found if found[place]), key=lambda place: found[place]["argmax"])
        note = f"{best[0]}, head {best[1] + 1}, mean weight {found[best]['mean']:.2f}; {N_SENTENCES} unseen examples"
        what = f"alignment (argmax) of the best cross head of the shipped run, {task}"
        figures.append(Figure(what, 100 * found[best]["argmax"], "%", 95, 99, note))
    return figures


def damage_and_death() -> list[Figure]:
    """Run the heavy tests at their full count; a test that fails counts nothing."""
    figures = []
    for test, (what, at_least, aim) in PROOFS.items():
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            arguments = [sys.executable, "-m", "pytest", "-q", "-m", "full", test, f"--junit-xml={report}"]
            subprocess.run(
                arguments, cwd=HOUSE, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, check=False
            )
            cases = list(ElementTree.parse(report).iter("testcase"))
        passed = [case for case in cases if not list(case)]  # a failure, an error or a skip is a child
        counts = [int(n) for case in passed for n in re.findall(r"\[(\d+)", case.get("name", ""))]
        figures.append(Figure(what, sum(counts), "", at_least, aim, f"`pytest -m full {test}`"))
    return figures
