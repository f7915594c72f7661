"""Which lines of our own source made a tensor: asked of the running program, so the answer cannot grow stale.

A tap stands where a tensor is born. This one notes which line of which file called it. Shown on every step page.
"""

import ast
import functools
import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.tap import Tap

ROOT = Path(__file__).resolve().parent.parent
ANY_WORD = 1  # an id that is no padding in every vocabulary: BOS


@dataclass(frozen=True)
class Excerpt:
    """A few lines of our source: the body of one function, and the line in it where a tensor is named."""

    file: str  # such as transformer/attention.py
    function: str
    first: int  # line number of code[0]
    line: int  # line number of the tap
    code: list[str]


class Witness(Tap):
    """Note for each full name the file and the line that called: `places[name] = (file, line)`."""

    def __init__(self, places: dict[str, tuple[str, int]] | None = None, prefix: str = "") -> None:
        self.places: dict[str, tuple[str, int]] = {} if places is None else places
        self.prefix = prefix

    def __call__(self, name: str, x: Tensor) -> Tensor:
        caller = sys._getframe(1)
        self.places[self.prefix + name] = (caller.f_code.co_filename, caller.f_lineno)
        return x

    def at(self, place: str) -> "Witness":
        return Witness(self.places, f"{self.prefix}{place}.")


def sources_of(model: Transformer) -> dict[str, Excerpt]:
    """Find the source of each tensor of a model's pass, by catalogue key: its name without `encoder.0.` or the like."""
    witness = Witness()
    word = torch.tensor([[ANY_WORD]])
    with torch.no_grad():
        model(word, word, witness)
    return {
        re.sub(r"^(encoder|decoder)\.\d+\.", "", name): excerpt(file, line)
        for name, (file, line) in witness.places.items()
    }


@functools.cache
def excerpt(file: str, line: int) -> Excerpt:
    """Cut out the body of the function that holds a line, without its docstring; the module's own lines stay whole."""
    text = Path(file).read_text(encoding="utf-8")
    around = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    function = max(around, key=lambda node: node.lineno)  # the innermost
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    first, last = body[0].lineno, body[-1].end_lineno or body[-1].lineno
    code = textwrap.dedent("\n".join(text.splitlines()[first - 1 : last])).splitlines()
    return Excerpt(Path(file).resolve().relative_to(ROOT).as_posix(), function.name, first, line, code)
