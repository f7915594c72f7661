"""What each kind of position encoding adds, and where: the classes of positions.py asked themselves. Section 3.5,
shown on the Positions page beside what came after the paper.

A new class in POSITIONS shows itself here: which of its three methods answers tells where it acts.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.positions import POSITIONS, Position
from transformer.studies.position_facts import products

SEED = 0  # of a learned table that nobody has trained: any would do, the same every time


class Kind(NamedTuple):
    """One encoding with the sizes of a model.

    place: "embedding", "query_key" (queries and keys), "scores" or "nowhere"
    vectors: (n, width) what is added to the embeddings, or where it turns the pair (1, 0) of a query; None without
    bias: (head, n, n) what is added to the scores; None without
    alike: (n, n) how alike two positions become by it: the dot product of their vectors; None without
    """

    name: str
    place: str
    own: bool  # this is what the model uses
    n_parameters: int  # learned, on one side of the model
    vectors: Tensor | None = None
    bias: Tensor | None = None
    alike: Tensor | None = None
    refusal: str | None = None  # why it cannot work with these sizes


def kinds_beside(model: Transformer, n: int) -> list[Kind]:
    """Show every kind of POSITIONS for the first n positions, with the sizes of a model; its own kind as it stands."""
    return [_kind(name, model, n) for name in POSITIONS]


@torch.no_grad()
def _kind(name: str, model: Transformer, n: int) -> Kind:
    config = model.config
    own = name == config.position
    encoding = POSITIONS[name]
    n_parameters = encoding.n_parameters(config.d_model, config.max_len)
    try:
        encoding.check(config.d_model, config.n_heads)
    except ValueError as error:
        return Kind(name, "nowhere", own, n_parameters, refusal=str(error))
    position = model.src_embed.position if own else _untrained(encoding, model)
    table, bias = position.embed(n), position.bias(n)
    if table is not None:
        return Kind(name, "embedding", own, n_parameters, table.detach(), alike=products(table).detach())
    if bias is not None:
        return Kind(name, "scores", own, n_parameters, bias=bias[0])
    turned = position.rotate(first_of_pairs(n, config.d_k))
    if turned is not None:
        return Kind(name, "query_key", own, n_parameters, turned[0, 0], alike=products(turned[0, 0]))
    return Kind(name, "nowhere", own, n_parameters)


def first_of_pairs(n: int, d_k: int) -> Tensor:
    """Lay the same query on every position, (1, 0) in every pair of features: (1, 1, n, d_k)."""
    query = torch.zeros(1, 1, n, d_k)
    query[..., 0::2] = 1.0
    return query


def _untrained(encoding: type[Position], model: Transformer) -> Position:
    """Build an encoding as training would find it: what is learned is as random as `Transformer` starts it."""
    config = model.config
    position = encoding(config.d_model, config.n_heads, config.max_len)
    generator = torch.Generator().manual_seed(SEED)
    for parameter in position.parameters():
        parameter.data.normal_(std=0.5**0.5, generator=generator)
    return position.eval()
