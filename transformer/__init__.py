"""A small, real, trainable encoder-decoder Transformer that shows every tensor of its forward pass."""

from transformer.config import PAPER_BASE, ModelConfig
from transformer.imports import from_torch
from transformer.model import Transformer
from transformer.positions import POSITIONS
from transformer.runs import list_runs, load_run, save_run
from transformer.scores import SCORES
from transformer.tasks import TASKS
from transformer.trace import CATALOGUE, Trace, trace_pair

__all__ = [
    "CATALOGUE",
    "PAPER_BASE",
    "POSITIONS",
    "SCORES",
    "TASKS",
    "ModelConfig",
    "Trace",
    "Transformer",
    "from_torch",
    "list_runs",
    "load_run",
    "save_run",
    "trace_pair",
]
