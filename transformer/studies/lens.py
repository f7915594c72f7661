"""Read the decoder's stream at every depth as if it were already the end: the logit lens. Shown on Output.

The model reads its stream x once, behind the last layer: p = softmax(LayerNorm(x) W + b), with the norm only where the
model has one there (sections 3.1 and 3.4). The lens applies the same norm and the same W and b earlier. The model was
trained to make sense of the last depth alone, so what the lens says of the others is a help for reading, no claim.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.trace import Trace

BEST = 5


@dataclass(frozen=True)
class Lens:
    """Hold what every depth of the decoder would write. p = softmax in float64 of the model's float32 logits.

    names: the tensor that was read at each depth, the embedding first
    ids, p: (depth, tgt, best) the most probable words, best first
    written, rank: (depth, tgt) probability of the word that the row finally writes, and its rank from 1 on
    """

    names: list[str]
    ids: np.ndarray
    p: np.ndarray
    written: np.ndarray
    rank: np.ndarray


def stream_names(model: Transformer) -> list[str]:
    """Name the decoder's stream at each depth, in the order of the pass: the embedding, then behind every sublayer."""
    after = model.config.leaves
    parts = [f"{layer}.{part}" for layer in range(len(model.decoder)) for part in ("self_attn", "cross_attn", "ffn")]
    return ["tgt_embed.sum", *(f"decoder.{part}.{after}" for part in parts)]


@torch.no_grad()
def depth_logits(model: Transformer, trace: Trace) -> Iterator[tuple[str, Tensor]]:
    """Yield each depth's name and the logits that the model's own end makes of it: (tgt, tgt_vocab), float32.

    z = LayerNorm(x) W + b, without the norm if the model ends without one. The last depth gives the model's logits.
    """
    for name in stream_names(model):
        x = torch.tensor(trace[name])[None]  # (1, tgt, d_model)
        yield name, model.generator(model.decoder_norm(x))[0]


def read_depths(model: Transformer, trace: Trace, written: Sequence[int], best: int = BEST) -> Lens:
    """Read every depth of one traced pass.

    written: the id that each target row finally writes   best: how many words are kept of each row, at most all
    Raises ValueError unless there is one written id for each row.
    """
    n_rows = len(trace.tgt_tokens)
    if len(written) != n_rows:
        raise ValueError(f"the trace has {n_rows} target rows, but {len(written)} words are said to be written")
    own = torch.as_tensor(written)[:, None]  # (tgt, 1)
    names, ids, p, at_written, rank = [], [], [], [], []
    for name, logits in depth_logits(model, trace):
        probability = logits.double().softmax(dim=-1)  # (tgt, tgt_vocab)
        top = torch.sort(logits, dim=-1, descending=True, stable=True).indices[:, :best]  # (tgt, best)
        names.append(name)
        ids.append(top)
        p.append(probability.gather(1, top))
        at_written.append(probability.gather(1, own)[:, 0])
        rank.append(1 + (logits > logits.gather(1, own)).sum(dim=-1))
    return Lens(names, *(torch.stack(column).numpy() for column in (ids, p, at_written, rank)))
