"""The copy score: does a head raise the logit of the word that it reads? Shown on Heads.

Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021), take a head apart into what it looks at (QK)
and what it hands on (OV). Their copying heads raise, by OV alone, the logit of the very token they read. They ask it of
every token of the vocabulary, in a model with one stream. Here it has to be adapted:

- It is asked of the tokens of real sentences, with the vector that the head really reads there.
- The direct way is taken: W_V, W_O and the output matrix. Layer norms and later layers on the way are passed over.
- A word counts as raised if its logit rises more than that of the mean word: softmax sees differences only, so about
  half of all words are raised by chance.
- A cross head reads the encoder's memory, and what it reads is a source word: its copy is the word of the target that
  comes from it, as the task's gold says. Without gold there is no copy score.
- An encoder head writes into a stream from which no logits are read: it has no copy score.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from transformer.attention import MultiHeadAttention
from transformer.gold import Group
from transformer.model import Transformer
from transformer.passport.counts import Count

FIRST_WORD = 1  # of a decoder input: before it stands BOS, which is no word


def copies(model: Transformer, block: str, kind: str, tensors: Mapping[str, Tensor], group: Group) -> Iterator[Count]:
    """Count, for each head of a decoder block, the words that it reads and those of them that it raises.

    tensors: of one traced pass over the group   ->  one Count "copy", none for an encoder block or without gold
    """
    pairs = _pairs(kind, group)
    if not pairs:
        return
    sentence, key, word = (torch.tensor(column) for column in zip(*pairs, strict=True))
    v = tensors[f"{block}.v"][sentence, :, key]  # (pair, head, d_k)
    w_o = output_slices(model, block)  # (d_model, head, d_k)
    output = torch.einsum("phd,mhd->phm", v, w_o)  # (pair, head, d_model): what each head hands on
    unembed = model.generator.weight.detach()
    above_mean = unembed - unembed.mean(dim=0)  # (tgt_vocab, d_model)
    raised = torch.einsum("phm,pm->ph", output, above_mean[word]) > 0  # (pair, head)
    n = len(group.sentences)
    numerator = torch.zeros(n, v.size(1)).index_add_(0, sentence, raised.float())
    yield Count("copy", numerator.double().numpy(), np.bincount(sentence.numpy(), minlength=n).astype(float))


def output_slices(model: Transformer, block: str) -> Tensor:
    """Cut W_O into the slices of the heads, (d_model, head, d_k): a head hands on its slice times its context."""
    attention = model.get_submodule(block)
    if not isinstance(attention, MultiHeadAttention):
        raise TypeError(f"{block} is no attention")
    return attention.w_o.weight.detach().unflatten(1, (attention.n_heads, attention.d_k))


def _pairs(kind: str, group: Group) -> list[tuple[int, int, int]]:
    """List (sentence, key, id of the target word that stands for it)."""
    if kind == "decoder":
        n = group.tgt_in.size(1)
        return [(s, t, int(group.tgt_in[s, t])) for s in range(len(group.sentences)) for t in range(FIRST_WORD, n)]
    if kind == "cross":
        return [(s, j, known.tgt[t]) for s, known in enumerate(group.sentences) for t, j in known.alignment]
    return []
