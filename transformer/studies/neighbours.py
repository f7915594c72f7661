"""Where the rows of an embedding table lie: section 3.4 of the paper, "Embeddings and Softmax". Shown on Tokens.

Training moves the rows of words that are used alike in like directions. The cosine says how like two directions are;
the plane is the flat picture of the table that loses least of it. Both are computed in float64 from the float32 table.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Neighbour(NamedTuple):
    """A row of the table beside another one, and the cosine between the two."""

    token_id: int
    cosine: float


class Plane(NamedTuple):
    """An embedding table, flattened to two axes."""

    points: Floats  # (vocab, 2)
    shares: tuple[float, float]  # of the table's variance, along each axis


def cosines(table: NDArray[np.floating], token_id: int) -> Floats:
    """Tell how like the direction of one row is to that of every row: 1 the same, 0 a right angle, -1 the opposite.

    table: (vocab, d_model), token_id in [0, vocab) -> (vocab,), cos(a, b) = a.b / (|a| |b|)

    A row of zeros has no direction: its cosine is NaN, and with it so is everybody's.
    """
    rows = table.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(rows @ rows[token_id] / (lengths * lengths[token_id]), -1.0, 1.0)


def nearest(table: NDArray[np.floating], token_id: int, n: int = 8) -> list[Neighbour]:
    """Name the n other rows whose directions are most like that of one row, the likest first, the lower id on a tie.

    table: (vocab, d_model). Rows without a direction are left out; IndexError for an id that is not in the table.
    """
    if not 0 <= token_id < len(table):
        raise IndexError(f"the table has rows 0 to {len(table) - 1}, not {token_id}")
    found = cosines(table, token_id)
    found[token_id] = np.nan
    order = np.argsort(-found, kind="stable")[:n]  # NaN goes to the end
    return [Neighbour(int(i), float(found[i])) for i in order if not np.isnan(found[i])]


def plane(table: NDArray[np.floating]) -> Plane:
    """Flatten a table to the two directions along which its rows differ most: principal component analysis.

    table: (vocab, d_model) -> points (vocab, 2) = (table - mean) V, where U S V^T = table - mean and V keeps the
    columns of the two largest S; shares = S^2 / sum of all S^2

    The decomposition leaves open which way an axis points: here the largest entry of each direction is positive, so
    the same table always gives the same picture. A table whose rows are all equal has shares of 0.
    """
    rows = table.astype(np.float64)
    centred = rows - rows.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    two = np.zeros((2, rows.shape[1]))
    two[: len(directions[:2])] = directions[:2]  # a model of d_model 1 has one direction only
    largest = np.take_along_axis(two, np.abs(two).argmax(axis=1, keepdims=True), axis=1)
    two *= np.where(largest < 0, -1.0, 1.0)
    variance = np.zeros(2)
    variance[: len(sizes[:2])] = sizes[:2] ** 2
    whole = float((sizes**2).sum())
    first, second = variance / whole if whole > 0 else variance
    return Plane(centred @ two.T, (float(first), float(second)))
