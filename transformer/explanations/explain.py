"""Which source words decided one output word? Five ways to ask, over the same words. Shown on Heads.

Two read the cross-attention of one layer, one follows the weights of all layers, and two ask the whole model: by its
gradient, and by taking each word away. The model is shared: nothing here writes to it, not even a gradient.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from transformer.explanations.ranks import spearman
from transformer.explanations.rollout import rollout
from transformer.model import Transformer
from transformer.passport.copying import output_slices
from transformer.tap import Tap
from transformer.trace import trace_pair

SIDE_BY_SIDE = 2048  # tokens of one batch
MOST_WORK = 2e11  # tokens of all passes times parameters: some seconds; above it no word is left out
METHODS = ("weights", "norms", "rollout", "gradient", "left_out")


class Explanations(NamedTuple):
    """Five lists over the source words, and how far they agree."""

    log_p: float  # of the word, in nats
    scores: dict[str, np.ndarray]  # method -> (src,); "left_out" is missing where `whole_model` has none
    agreement: list[list[float | None]]  # (method, method) Spearman of the sizes, None without an order
    from_target: float  # of the rollout: the share that has come from target words


def explain(
    model: Transformer,
    src_ids: Sequence[int],
    tgt_in: Sequence[int],
    row: int,
    word: int,
    layer: int = -1,
    head: int | None = None,
    asked: Mapping[str, np.ndarray] | None = None,
) -> Explanations:
    """Explain the word `word` in row `row` of the decoder, which has read tgt_in[: row + 1].

    src_ids, tgt_in: without padding, BOS first   layer, head: of the cross-attention that "weights" and "norms" read;
    None = all heads: their mean, and the length of their sum   asked: what `whole_model` gave for this row and word,
    which is the same for every layer and head
    RuntimeError in training mode; IndexError for a row, a word, a layer or a head that is not there.
    """
    config = model.config
    _require_there(model, tgt_in, row, word)
    layer = range(config.n_decoder_layers)[layer]
    heads = list(range(config.n_heads)) if head is None else [range(config.n_heads)[head]]
    trace = trace_pair(model, src_ids, tgt_in)
    block = f"decoder.{layer}.cross_attn"
    weights, values = trace[f"{block}.weights"][heads, row], trace[f"{block}.v"][heads]
    followed = rollout(config, {name: trace[name] for name in trace if name.endswith(".weights")})
    scores = {
        "weights": weights.mean(axis=0),
        "norms": value_weighted_norms(model, layer, heads, weights, values),
        "rollout": followed.src[row],
        **(whole_model(model, src_ids, tgt_in, row, word) if asked is None else asked),
    }
    log_p = float(torch.tensor(trace["logits"][row], dtype=torch.float64).log_softmax(dim=-1)[word])
    return Explanations(log_p, scores, agreement(list(scores.values())), float(followed.tgt[row].sum()))


def whole_model(
    model: Transformer, src_ids: Sequence[int], tgt_in: Sequence[int], row: int, word: int
) -> dict[str, np.ndarray]:
    """Ask the two questions that go through the whole model: {"gradient", "left_out"}, each (src,), signed.

    The second takes a pass for every source word. It is not asked where that would be more than MOST_WORK, nor of a
    source of one word. IndexError for a row or a word that is not there.
    """
    _require_there(model, tgt_in, row, word)
    src, read = torch.tensor([list(src_ids)]), torch.tensor([list(tgt_in)])
    scores = {"gradient": gradient_times_input(model, src, read, row, word)}
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    if len(src_ids) * (len(src_ids) + len(tgt_in)) * n_parameters <= MOST_WORK:
        without = leave_one_out(model, src, read, row, word)
        scores |= {} if without is None else {"left_out": without}
    return scores


def _require_there(model: Transformer, tgt_in: Sequence[int], row: int, word: int) -> None:
    n_words = model.config.tgt_vocab_size
    if not (0 <= row < len(tgt_in) and 0 <= word < n_words):
        raise IndexError(f"no row {row} of {len(tgt_in)}, or no word {word} of {n_words}")


def value_weighted_norms(
    model: Transformer, layer: int, heads: Sequence[int], weights: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Measure what each word adds to the row, not how much it is looked at: || sum_h a_hj v_hj W_O_h ||.

    Kobayashi et al., "Attention is Not Only a Weight" (2020): a large weight on a short vector adds little.
    weights: (head, src) one row   values: (head, src, d_k)   ->  (src,)
    """
    w_o = output_slices(model, f"decoder.{layer}.cross_attn")[:, list(heads)].numpy()  # (d_model, head, d_k)
    output = np.einsum("hj,hjd,mhd->jm", weights, values, w_o)  # (src, d_model)
    return np.linalg.norm(output, axis=-1)


class Swap(Tap):
    """Put another tensor in the place of one, and keep nothing else of the pass."""

    def __init__(self, full_name: str, change: Callable[[Tensor], Tensor], prefix: str = "") -> None:
        self.full_name, self.change, self.prefix = full_name, change, prefix

    def __call__(self, name: str, x: Tensor) -> Tensor:
        return self.change(x) if self.prefix + name == self.full_name else x

    def at(self, place: str) -> "Swap":
        return Swap(self.full_name, self.change, f"{self.prefix}{place}.")


def gradient_times_input(model: Transformer, src: Tensor, tgt_in: Tensor, row: int, word: int) -> np.ndarray:
    """Ask how log p of the word would change if a word's embedding were scaled: sum_d e_jd * d log p / d e_jd.

    The embedding is the one times sqrt(d_model), before the position is added. src: (1, src)   ->  (src,), signed
    Below 0 the word speaks against the output word. No `.grad` is written: the gradient goes to the embeddings alone.
    """
    name = "src_embed.scaled" if model.src_embed.scale is not None else "src_embed.tokens"
    begins: list[Tensor] = []

    def begin(x: Tensor) -> Tensor:
        begins.append(x.detach().requires_grad_())
        return begins[0]

    with torch.enable_grad():
        log_p = model(src, tgt_in, Swap(name, begin))[0, row].log_softmax(dim=-1)[word]
        (gradient,) = torch.autograd.grad(log_p, begins)
    return (gradient * begins[0].detach()).sum(dim=-1)[0].numpy()


@torch.no_grad()
def leave_one_out(model: Transformer, src: Tensor, tgt_in: Tensor, row: int, word: int) -> np.ndarray | None:
    """Ask how much log p of the word falls when nobody may look at one source word, neither encoder nor decoder.

    src: (1, src)   ->  (src,), signed, in nats; below 0 the output word gains. None for a source of one word: its rows
    would have nothing left to look at. The positions of the other words stay what they are.
    """
    n = src.size(1)
    if n == 1:
        return None
    masks = torch.cat([torch.ones(1, n, dtype=torch.bool), ~torch.eye(n, dtype=torch.bool)])  # the first hides nothing
    found = []
    for open_ in masks[:, None, None].split(max(1, SIDE_BY_SIDE // max(n, tgt_in.size(1)))):  # (batch, 1, 1, src)
        tap = Swap("src_mask", functools.partial(_instead, open_))
        logits = model(src.expand(len(open_), -1), tgt_in.expand(len(open_), -1), tap)[:, row]
        found.append(logits.double().log_softmax(dim=-1)[:, word])
    log_p = torch.cat(found)  # (1 + src,)
    return (log_p[0] - log_p[1:]).numpy()


def _instead(mask: Tensor, _: Tensor) -> Tensor:
    return mask


def agreement(scores: Sequence[np.ndarray]) -> list[list[float | None]]:
    """Correlate the ranks of every two methods, by size: a word that speaks against the output also matters to it."""
    return [[spearman(np.abs(a), np.abs(b)) for b in scores] for a in scores]
