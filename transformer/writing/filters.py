"""What stands between the model's probabilities and a draw: temperature, top-k, top-p. Shown on the Generate page.

The paper has none of them: it searches with a beam (section 6.1). They came with models that write freely. Top-k is
from Fan et al. 2018, "Hierarchical Neural Story Generation"; top-p, the nucleus, from Holtzman et al. 2020, "The
Curious Case of Neural Text Degeneration".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

STAGES = ("temperature", "top_k", "top_p")  # the order in which they act


@dataclass(frozen=True)
class Filters:
    """Say how a distribution is changed before a word is drawn from it.

    temperature: logits are divided by it; below 1 the probable gets more probable, above 1 the words come closer
    top_k: only so many words stay, the most probable ones; 0 keeps all
    top_p: only the smallest set of most probable words stays that has at least this share together; 1 keeps all
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"temperature must be a number above 0, got {self.temperature}")
        if self.top_k < 0:
            raise ValueError(f"top_k must be 0 (all words) or more, got {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must lie above 0 and be at most 1, got {self.top_p}")


@dataclass(frozen=True)
class Stage:
    """Hold the distribution behind one filter. p: (tgt_vocab,) float64, sums to 1; a word that was cut has exactly 0"""

    name: str
    p: Tensor


def filter_logits(logits: Tensor, filters: Filters, never: int | None = None) -> list[Stage]:
    """Let one row of logits through the filters, one after another, and keep every stage.

    logits: (tgt_vocab,)   never: a word that may not be drawn whatever its probability, which is padding
    ->  stages "temperature", "top_k", "top_p", in this order. Of equal logits the first word counts as more probable.
    """
    scaled = logits.double() / filters.temperature
    if never is not None:
        scaled = scaled.index_fill(0, torch.tensor([never]), -torch.inf)
    ranked = scaled.argsort(descending=True, stable=True)  # most probable word first
    p = scaled.softmax(dim=-1)
    stages = [Stage("temperature", p)]
    p = _only(p, ranked[: filters.top_k] if filters.top_k else ranked)
    stages.append(Stage("top_k", p))
    before = p[ranked].cumsum(0) - p[ranked]  # what the more probable words have together
    p = _only(p, ranked[before < filters.top_p] if filters.top_p < 1 else ranked)
    return [*stages, Stage("top_p", p)]


def _only(p: Tensor, kept: Tensor) -> Tensor:
    """Cut every word but these, and share what they had among the others by their sizes."""
    cut = torch.zeros_like(p)
    cut[kept] = p[kept]
    return cut / cut.sum()
