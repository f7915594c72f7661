"""Who may look at whom: the masks of sections 3.1 and 3.2.3, shown on the Masks page.

A mask is bool and True means *may look*, as in `F.scaled_dot_product_attention`. (`nn.MultiheadAttention` means the
opposite by its bool masks: True there forbids.) A mask never hides a whole row: softmax over nothing has no meaning,
and three implementations give three different answers for it, all of them misleading.
"""

import torch
from torch import Tensor


def pad_mask(ids: Tensor, pad_id: int) -> Tensor:
    """Let every row look at the tokens that are words, and at no padding.

    ids: (batch, key) -> (batch, 1, 1, key) bool. A sentence that is nothing but padding raises ValueError.
    """
    mask = ids != pad_id
    if not bool(mask.any(dim=-1).all()):
        raise ValueError("a sentence holds nothing but padding, so its rows would have nothing to look at")
    return mask[:, None, None, :]


def causal_mask(n: int, device: torch.device | None = None) -> Tensor:
    """Let row t look at itself and at what came before it, so that no word sees the words it must predict.

    n: tokens -> (1, 1, n, n) bool, the lower triangle.
    """
    return torch.ones(n, n, dtype=torch.bool, device=device).tril()[None, None]


def target_mask(tgt_in: Tensor, pad_id: int, causal: bool = True) -> Tensor:
    """Combine both: a target row looks back at words only.

    tgt_in: (batch, tgt), the first id must be a word (it is BOS) -> (batch, 1, tgt, tgt) bool.
    causal: False lets a row look ahead too, at every word that is there: in training at the very word it must predict.
    Padding before the first word would hide whole rows and raises ValueError.
    """
    if bool((tgt_in[:, 0] == pad_id).any()):
        raise ValueError("a target sentence starts with padding, so its first row would have nothing to look at")
    words = pad_mask(tgt_in, pad_id)  # (batch, 1, 1, tgt)
    if causal:
        return words & causal_mask(tgt_in.size(1), tgt_in.device)
    return words.expand(-1, -1, tgt_in.size(1), -1)
