"""What the sinusoids promise, measured: section 3.5, shown on the Positions page.

Each law holds for the formula in float64, and is measured again on the float32 table that a model adds.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

BASE = 10000.0  # of the paper


class Spread(NamedTuple):
    """How much PE(p) . PE(q) differs among pairs at one and the same distance, at its worst."""

    value: float
    distance: int
    high: tuple[int, int]  # the pair (p, q) with the largest product at this distance
    low: tuple[int, int]


def frequencies(d_model: int) -> Tensor:
    """Say how far the clock hand of each pair of features turns per position: (d_model / 2,) float64, in radians.

    omega_i = 1 / 10000^(2i / d_model)        Raises ValueError for an odd width: pairs need two.
    """
    if d_model < 2 or d_model % 2:
        raise ValueError(f"sines and cosines come in pairs, so d_model={d_model} must be even and at least 2")
    return torch.exp(torch.arange(0, d_model, 2, dtype=torch.float64) * (-math.log(BASE) / d_model))


def wavelengths(d_model: int) -> Tensor:
    """Say after how many positions each pair of features starts again: (d_model / 2,) float64, in positions.

    2 pi 10000^(2i / d_model), "a geometric progression from 2 pi to 10000 * 2 pi"
    """
    return 2 * math.pi / frequencies(d_model)


def sinusoid(n: int, d_model: int) -> Tensor:
    """Compute the paper's table in float64: (n, d_model).

    PE(pos, 2i) = sin(pos omega_i),  PE(pos, 2i+1) = cos(pos omega_i)
    """
    angle = torch.arange(n, dtype=torch.float64)[:, None] * frequencies(d_model)  # (n, d_model / 2)
    return torch.stack([torch.sin(angle), torch.cos(angle)], dim=-1).flatten(-2)


def even_width(d_model: int) -> int:
    """Give the width of the sinusoid nearest to a model's width: its own if even, else one less; at least 2."""
    return max(2, d_model - d_model % 2)


def products(table: Tensor) -> Tensor:
    """Compare every position with every other by their dot product: (n, d_model) -> (n, n).

    For sinusoids PE(p) . PE(q) = sum_i cos((p - q) omega_i): every pair gives sin sin + cos cos.
    """
    return table @ table.T


def product_at(d_model: int, distance: int) -> float:
    """Compute what PE(p) . PE(q) must be at a distance: sum_i cos(distance omega_i), which is d_model / 2 at 0."""
    return float(torch.cos(distance * frequencies(d_model)).sum())


def largest_spread(table: Tensor) -> Spread:
    """Find the distance at which PE(p) . PE(q) depends most on where the pair stands. table: (n, d_model)

    For sinusoids this is nothing but rounding; a learned table promises nothing of the kind.
    """
    alike = products(table)
    worst = Spread(-1.0, 0, (0, 0), (0, 0))
    for distance in range(len(alike)):
        line = alike.diagonal(distance)  # (n - distance,): the pairs (p, p + distance)
        high, low = int(line.argmax()), int(line.argmin())
        value = float(line[high] - line[low])
        if value > worst.value:
            worst = Spread(value, distance, (high, high + distance), (low, low + distance))
    return worst


def shift_matrix(d_model: int, k: int) -> Tensor:
    """Build the matrix that moves every position by k: PE(pos + k) = M_k PE(pos), whatever pos. (d_model, d_model)

    A block [[cos, sin], [-sin, cos]] of the angle k omega_i per pair of features, zeros elsewhere: a turn by an angle
    that depends on k alone. float64; k may be negative, and M_-k is the transpose of M_k.
    """
    turn = k * frequencies(d_model)
    matrix = torch.zeros(d_model, d_model, dtype=torch.float64)
    even, odd = torch.arange(0, d_model, 2), torch.arange(1, d_model, 2)
    matrix[even, even] = matrix[odd, odd] = torch.cos(turn)
    matrix[even, odd], matrix[odd, even] = torch.sin(turn), -torch.sin(turn)
    return matrix


def shifted(table: Tensor, k: int) -> Tensor:
    """Apply M_k to every row, block by block, in the table's own precision. (n, d_model), same shape."""
    turn = k * frequencies(table.size(-1))
    cos, sin = torch.cos(turn).to(table.dtype), torch.sin(turn).to(table.dtype)
    sines, cosines = table[..., 0::2], table[..., 1::2]
    return torch.stack([sines * cos + cosines * sin, cosines * cos - sines * sin], dim=-1).flatten(-2)


def shift_errors(table: Tensor, most: int) -> Tensor:
    """Measure the largest |PE(pos + k) - M_k PE(pos)| over all positions and features, for k = 0 .. most: (most + 1,).

    table: (n, d_model) with n > most
    """
    n = len(table)
    errors = [(table[k:] - shifted(table[: n - k], k)).abs().max() for k in range(most + 1)]
    return torch.stack(errors)
