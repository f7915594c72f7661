"""Dropout: section 5.4. The same as `torch.nn.Dropout`, with a mask that costs less than half on a CPU."""

import torch
from torch import Tensor, nn

_STEPS = 1 << 16  # one random 64-bit number decides for four features, each with 16 bits


def dropout(x: Tensor, p: float) -> Tensor:
    """Set each feature to 0 with probability p and divide the others by 1 - p, so that the mean stays.

    x: any shape -> same shape. p is rounded to a multiple of 2^-16. The mask comes from torch's global generator.
    """
    cut = min(round(p * _STEPS), _STEPS - 1)  # the last step is left, for a rate of almost 1
    if cut == 0:
        return x
    bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device).random_(-(2**63), 2**63 - 1)
    bits = bits.view(torch.int16)[: x.numel()].view(x.shape)
    keep = torch.ge(bits, cut - _STEPS // 2, out=torch.empty_like(x, requires_grad=False))  # 1.0 or 0.0 at once
    return x * keep.mul_(_STEPS / (_STEPS - cut))


class Dropout(nn.Module):
    """Apply `dropout` in training mode, and nothing in evaluation mode."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p) if self.training else x

    def extra_repr(self) -> str:
        return f"p={self.p}"
