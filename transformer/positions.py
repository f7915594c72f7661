"""How a model without recurrence knows the order of words: section 3.5, shown on the Positions page.

A position encoding may act in three places; each class overrides the one it uses:
`embed` adds a vector to the input embeddings, `rotate` turns queries and keys, `bias` adds a number to the scores.
"""

import math

import torch
from torch import Tensor, nn


class Position(nn.Module):
    """Leave everything as it is: a model with this encoding cannot tell one word order from another."""

    def __init__(self, d_model: int, max_len: int) -> None:
        super().__init__()

    @staticmethod
    def check(d_model: int, n_heads: int) -> None:
        """Raise ValueError where this encoding cannot work with these sizes."""

    def embed(self, n: int) -> Tensor | None:
        """Give the vectors that are added to the first n embeddings: (n, d_model), or None for nothing to add."""
        return None


class Sinusoidal(Position):
    """Give each position d_model sines and cosines whose wavelengths run from 2 pi to 10000 * 2 pi.

    PE(pos, 2i) = sin(pos / 10000^(2i / d_model)),  PE(pos, 2i+1) = cos(pos / 10000^(2i / d_model))
    The table is computed, not learned, so it is no parameter and is not saved with the weights.
    """

    table: Tensor

    def __init__(self, d_model: int, max_len: int) -> None:
        super().__init__(d_model, max_len)
        position = torch.arange(max_len, dtype=torch.float64)[:, None]
        frequency = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float64) * (-math.log(10000.0) / d_model))
        table = torch.empty(max_len, d_model, dtype=torch.float64)
        table[:, 0::2] = torch.sin(position * frequency)
        table[:, 1::2] = torch.cos(position * frequency)
        self.register_buffer("table", table.float(), persistent=False)

    @staticmethod
    def check(d_model: int, n_heads: int) -> None:
        if d_model % 2:
            raise ValueError(
                f"sinusoidal positions come in pairs of sine and cosine, so d_model={d_model} must be even"
            )

    def embed(self, n: int) -> Tensor:
        return self.table[:n]


POSITIONS: dict[str, type[Position]] = {
    "none": Position,
    "sinusoidal": Sinusoidal,
}
