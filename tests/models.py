"""Small models and random sentences for the tests. All sizes differ, so that a swapped axis cannot go unseen."""

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from transformer import POSITIONS, SCORES, ModelConfig, Transformer

PAD, BOS = 0, 1
TOLERANCE: dict[str, Any] = {"atol": 1e-5, "rtol": 1e-5}  # house ruling, both together

# Every position kind with every score function and both norm placements: a new registry entry is covered by itself.
KINDS = [
    pytest.param({"position": position, "score": score, "norm_first": norm_first}, id=f"{position}-{score}-{norm}")
    for position, score, (norm, norm_first) in itertools.product(POSITIONS, SCORES, (("post", False), ("pre", True)))
]

# Models that lack a part of the paper, or several, in both norm placements, with all positions and scores by turns.
PARTS = ("residual", "layer_norm", "causal")
_LACKS = [have for have in itertools.product((True, False), repeat=3) if not all(have)]
LACKING = [
    pytest.param(
        {**dict(zip(PARTS, have, strict=True)), "norm_first": norm_first, "position": position, "score": score},
        id=f"no-{'-'.join(part for part, there in zip(PARTS, have, strict=True) if not there)}-{norm}",
    )
    for ((norm, norm_first), have), position, score in zip(
        itertools.product((("post", False), ("pre", True)), _LACKS), itertools.cycle(POSITIONS), itertools.cycle(SCORES)
    )  # the first is the shortest
]
ANY = [*KINDS, *LACKING]
CAUSAL = [kind for kind in ANY if kind.values[0].get("causal", True)]  # pyright: ignore[reportAttributeAccessIssue]


def counts(full: int, ci: int | None = None) -> pytest.MarkDecorator:
    """Run a heavy test with a tenth of its count (or `ci`), or with `pytest -m full` with all of it."""
    return pytest.mark.parametrize("count", [ci or full // 10, pytest.param(full, marks=pytest.mark.full)])


def in_ci(chosen: Iterable[object], every: Iterable[object]) -> list[Any]:
    """Give every case of a test; those that CI has not chosen wait for `pytest -m full`."""
    chosen = list(chosen)
    cases = [(case, case if isinstance(case, tuple) else (case,)) for case in every]
    return [pytest.param(*parts, marks=() if case in chosen else pytest.mark.full) for case, parts in cases]


def tiny_config(**changes: Any) -> ModelConfig:
    values: dict[str, Any] = {
        "src_vocab_size": 11,
        "tgt_vocab_size": 13,
        "d_model": 24,
        "n_heads": 3,
        "n_encoder_layers": 2,
        "n_decoder_layers": 2,
        "d_ff": 40,
        "max_len": 16,
    }
    return ModelConfig(**{**values, **changes})


def shake(module: nn.Module, seed: int = 0) -> None:
    """Move biases away from 0 and norms away from 1, where they start, so that none of them can be ignored."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() == 1:
                parameter += 0.2 * torch.randn(parameter.shape, generator=generator)


def tiny_model(seed: int = 0, **changes: Any) -> Transformer:
    """Build a tiny model in evaluation mode, with random numbers in every parameter."""
    torch.manual_seed(seed)
    model = Transformer(tiny_config(**changes))
    shake(model, seed)
    return model.eval()


def exact(model: Transformer) -> Transformer:
    """Give the model in float64 if it has no layer norm: its numbers grow large, and their last digits with them."""
    return model if model.config.layer_norm else model.double()


def sentence(n: int, seed: int, vocab_size: int = 11) -> list[int]:
    """Give n random ids of words, no special ones."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(4, vocab_size, (n,), generator=generator).tolist()


def padded(sentences: list[list[int]], pad_id: int = PAD) -> Tensor:
    """Lay sentences under each other, padded at the end: (batch, longest)."""
    longest = max(len(ids) for ids in sentences)
    return torch.tensor([[*ids, *[pad_id] * (longest - len(ids))] for ids in sentences])


def padded_batch() -> tuple[Tensor, Tensor]:
    """Give src (4, 6) and tgt_in (4, 7) of several lengths, and no pair of equal lengths."""
    src = padded([sentence(n, seed=n) for n in (6, 3, 1, 5)])
    tgt_in = padded([[BOS, *sentence(n, seed=10 + n, vocab_size=13)] for n in (4, 6, 2, 0)])
    return src, tgt_in
