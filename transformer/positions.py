"""How a model without recurrence knows the order of words: section 3.5, shown on the Positions page.

A position encoding may act in three places; each class overrides the one it uses:
`embed` adds a vector to the input embeddings, `rotate` turns queries and keys, `bias` adds a number to the scores.
The last two act in self-attention only: between a target word and a source word there is no distance.
"""

import math

import torch
from torch import Tensor, nn


class Position(nn.Module):
    """Leave everything as it is: a model with this encoding cannot tell one word order from another.

    (The causal mask tells the decoder a little: row t knows how many words it may look at.)
    """

    def __init__(self, d_model: int, n_heads: int, max_len: int) -> None:
        super().__init__()

    @staticmethod
    def check(d_model: int, n_heads: int) -> None:
        """Raise ValueError where this encoding cannot work with these sizes."""

    @staticmethod
    def n_parameters(d_model: int, max_len: int) -> int:
        """Count what training learns in this encoding, for one side of the model."""
        return 0

    def embed(self, n: int) -> Tensor | None:
        """Give the vectors that are added to the first n embeddings: (n, d_model), or None for nothing to add."""
        return None

    def rotate(self, x: Tensor) -> Tensor | None:
        """Turn queries or keys by their positions: (batch, head, seq, d_k), same shape; None for no turning."""
        return None

    def bias(self, n: int) -> Tensor | None:
        """Give what is added to the scores of n words among themselves: (1, head, query, key), None for nothing."""
        return None


class Sinusoidal(Position):
    """Give each position d_model sines and cosines whose wavelengths run from 2 pi to 10000 * 2 pi.

    PE(pos, 2i) = sin(pos / 10000^(2i / d_model)),  PE(pos, 2i+1) = cos(pos / 10000^(2i / d_model))
    The table is computed, not learned, so it is no parameter and is not saved with the weights.
    """

    table: Tensor

    def __init__(self, d_model: int, n_heads: int, max_len: int) -> None:
        super().__init__(d_model, n_heads, max_len)
        angle = _angles(max_len, d_model)  # (max_len, d_model / 2)
        table = torch.empty(max_len, d_model, dtype=torch.float64)
        table[:, 0::2] = torch.sin(angle)
        table[:, 1::2] = torch.cos(angle)
        self.register_buffer("table", table.float(), persistent=False)

    @staticmethod
    def check(d_model: int, n_heads: int) -> None:
        if d_model % 2:
            raise ValueError(
                f"sinusoidal positions come in pairs of sine and cosine, so d_model={d_model} must be even"
            )

    def embed(self, n: int) -> Tensor:
        return self.table[:n]


class Learned(Position):
    """Learn one vector per position, like an embedding of the numbers 0, 1, 2, ... (section 3.5, table 3 row E).

    The paper found no difference to sinusoids; but a position that training never saw has learned nothing.
    """

    def __init__(self, d_model: int, n_heads: int, max_len: int) -> None:
        super().__init__(d_model, n_heads, max_len)
        self.table = nn.Parameter(torch.zeros(max_len, d_model))

    @staticmethod
    def n_parameters(d_model: int, max_len: int) -> int:
        return max_len * d_model

    def embed(self, n: int) -> Tensor:
        return self.table[:n]


class Rotary(Position):
    """Turn each pair of features of q and k by an angle that grows with the position ("RoFormer", Su et al. 2021).

    (x_2i, x_2i+1) is turned by pos / 10000^(2i / d_k). Turning both sides leaves q . k with the difference of the two
    angles alone, so a score depends on how far two words stand apart and not on where they stand.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, d_model: int, n_heads: int, max_len: int) -> None:
        super().__init__(d_model, n_heads, max_len)
        angle = _angles(max_len, d_model // n_heads)  # (max_len, d_k / 2)
        self.register_buffer("cos", torch.cos(angle).float(), persistent=False)
        self.register_buffer("sin", torch.sin(angle).float(), persistent=False)

    @staticmethod
    def check(d_model: int, n_heads: int) -> None:
        d_k = d_model // n_heads
        if d_k % 2:
            raise ValueError(
                f"rotary positions turn pairs of features, so d_k = d_model / n_heads = {d_k} must be even"
            )

    def rotate(self, x: Tensor) -> Tensor:
        n = x.size(-2)
        cos, sin = self.cos[:n], self.sin[:n]  # (seq, d_k / 2)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1)
        return turned.flatten(-2)  # (batch, head, seq, d_k)


class Alibi(Position):
    """Take from each score a penalty that grows with the distance ("Train Short, Test Long", Press et al. 2022).

    bias(i, j) = -m_h |i - j|, with the slopes m_h = 2^(-8h / n_heads) for h = 1, 2, ...: some heads see far, some near.
    Looking back only, this is the paper's own formula; in the encoder it is symmetric, as its authors proposed for it.
    """

    slopes: Tensor

    def __init__(self, d_model: int, n_heads: int, max_len: int) -> None:
        super().__init__(d_model, n_heads, max_len)
        self.register_buffer("slopes", torch.tensor(alibi_slopes(n_heads))[:, None, None], persistent=False)

    def bias(self, n: int) -> Tensor:
        place = torch.arange(n, dtype=self.slopes.dtype, device=self.slopes.device)
        distance = (place[:, None] - place[None, :]).abs()  # (query, key)
        return (-self.slopes * distance)[None]  # (1, head, query, key)


def alibi_slopes(n_heads: int) -> list[float]:
    """Give each head its slope: 2^(-8/n), 2^(-16/n), ... down to 2^-8 for n a power of two.

    Another n takes the slopes of the power of two below it, and then every other one of the power above, as the
    authors do.
    """
    below = 2 ** int(math.log2(n_heads))
    slopes = [2.0 ** (-8.0 * (h + 1) / below) for h in range(below)]
    between = [2.0 ** (-8.0 * (h + 1) / (2 * below)) for h in range(0, 2 * below, 2)]
    return slopes + between[: n_heads - below]


def _angles(max_len: int, width: int) -> Tensor:
    """Compute pos / 10000^(2i / width) in float64: (max_len, width / 2)."""
    position = torch.arange(max_len, dtype=torch.float64)[:, None]
    frequency = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(10000.0) / width))
    return position * frequency


POSITIONS: dict[str, type[Position]] = {
    "none": Position,
    "sinusoidal": Sinusoidal,
    "learned": Learned,
    "rotary": Rotary,
    "alibi": Alibi,
}
