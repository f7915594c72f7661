"""Encoder and decoder layers: sections 3.1 and 3.3, shown on the Encoder and Decoder pages.

`x` is the residual stream: every sublayer reads it and adds to it, or replaces it in a model without residuals.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from transformer.attention import MultiHeadAttention
from transformer.config import ModelConfig
from transformer.dropout import Dropout
from transformer.positions import Position
from transformer.tap import OFF, Tap


class Sublayer(nn.Module):
    """Hold what surrounds each sublayer: dropout, the residual connection and one layer norm.

    Post norm (the paper): x = LayerNorm(x + Sublayer(x)).   Pre norm: x = x + Sublayer(LayerNorm(x)).
    Without residuals the output replaces x: x = LayerNorm(Sublayer(x)) or x = Sublayer(LayerNorm(x)). Nothing is added
    then, so there is no tensor `residual`, and what goes on is `output` itself. Without layer norm there is no `norm`.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps) if config.layer_norm else nn.Identity()
        self.dropout = Dropout(config.dropout)
        self.residual = config.residual
        self.norms_before, self.norms_after = config.norms_before, config.norms_after

    def enter(self, x: Tensor, tap: Tap = OFF) -> Tensor:
        """Give what the sublayer reads: LayerNorm(x) in pre norm, else x itself. (batch, seq, d_model), same shape."""
        return tap("norm", self.norm(x)) if self.norms_before else x

    def leave(self, x: Tensor, output: Tensor, tap: Tap = OFF) -> Tensor:
        """Add the sublayer's output to the stream, then normalise in post norm. (batch, seq, d_model), same shape."""
        output = self.dropout(output)
        x = tap("residual", x + output) if self.residual else output
        return tap("norm", self.norm(x)) if self.norms_after else x


class FeedForward(nn.Module):
    """Transform each token by itself, through d_ff hidden units (equation 2).

    FFN(x) = max(0, x W_1 + b_1) W_2 + b_2
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w_1 = nn.Linear(config.d_model, config.d_ff)
        self.w_2 = nn.Linear(config.d_ff, config.d_model)
        self.activation = {"relu": F.relu, "gelu": F.gelu}[config.activation]
        self.dropout = Dropout(config.dropout)

    def forward(self, x: Tensor, tap: Tap = OFF) -> Tensor:
        """x: (batch, seq, d_model) -> (batch, seq, d_model)"""
        hidden = tap("hidden", self.activation(self.w_1(x)))  # (batch, seq, d_ff)
        return tap("output", self.w_2(self.dropout(hidden)))  # (batch, seq, d_model)


class EncoderLayer(nn.Module):
    """Let the source words look at each other, then transform each (figure 1, left)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = MultiHeadAttention(config.d_model, config.n_heads, config.score, config.dropout)
        self.around_self_attn = Sublayer(config)
        self.ffn = FeedForward(config)
        self.around_ffn = Sublayer(config)

    def forward(self, x: Tensor, src_mask: Tensor | None, tap: Tap = OFF, position: Position | None = None) -> Tensor:
        """x: (batch, src, d_model)   src_mask: (batch, 1, 1, src) True = may look   ->  (batch, src, d_model)"""
        at = tap.at("self_attn")
        h = self.around_self_attn.enter(x, at)
        x = self.around_self_attn.leave(x, self.self_attn(h, h, src_mask, at, position), at)

        at = tap.at("ffn")
        h = self.around_ffn.enter(x, at)
        return self.around_ffn.leave(x, self.ffn(h, at), at)


class DecoderLayer(nn.Module):
    """Look back at the words written so far, then at the source, then transform each word (figure 1, right)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = MultiHeadAttention(config.d_model, config.n_heads, config.score, config.dropout)
        self.around_self_attn = Sublayer(config)
        self.cross_attn = MultiHeadAttention(config.d_model, config.n_heads, config.score, config.dropout)
        self.around_cross_attn = Sublayer(config)
        self.ffn = FeedForward(config)
        self.around_ffn = Sublayer(config)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None,
        src_mask: Tensor | None,
        tap: Tap = OFF,
        position: Position | None = None,
    ) -> Tensor:
        """x: (batch, tgt, d_model)   memory: (batch, src, d_model), the encoder's output
        tgt_mask: (batch, 1, tgt, tgt)   src_mask: (batch, 1, 1, src), True = may look   ->  (batch, tgt, d_model)
        """
        at = tap.at("self_attn")
        h = self.around_self_attn.enter(x, at)
        x = self.around_self_attn.leave(x, self.self_attn(h, h, tgt_mask, at, position), at)

        at = tap.at("cross_attn")  # queries from the target, keys and values from the source
        h = self.around_cross_attn.enter(x, at)
        x = self.around_cross_attn.leave(x, self.cross_attn(h, memory, src_mask, at), at)

        at = tap.at("ffn")
        h = self.around_ffn.enter(x, at)
        return self.around_ffn.leave(x, self.ffn(h, at), at)
