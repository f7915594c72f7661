"""The peer of the training figures: `nn.Transformer` between embeddings, as PyTorch's own layers are usually used."""

import math

import torch
from torch import Tensor, nn

from transformer import ModelConfig
from transformer.positions import Sinusoidal


class Peer(nn.Module):
    """Read and write the same sentences as our Transformer with the same sizes and dropout, built from nn.Transformer.

    `final_norm`: nn.Transformer ends each stack with one more layer norm, which the paper and our model do not have;
    False leaves it out, so that both models do the same arithmetic.
    """

    positions: Tensor

    def __init__(self, config: ModelConfig, final_norm: bool = True) -> None:
        super().__init__()
        d_model = config.d_model
        self.pad_id, self.scale = config.pad_id, math.sqrt(d_model)
        self.src_embed = nn.Embedding(config.src_vocab_size, d_model)
        self.tgt_embed = nn.Embedding(config.tgt_vocab_size, d_model)
        self.register_buffer("positions", Sinusoidal(d_model, config.n_heads, config.max_len).table)
        self.dropout = nn.Dropout(config.dropout)
        self.transformer = nn.Transformer(
            d_model,
            config.n_heads,
            config.n_encoder_layers,
            config.n_decoder_layers,
            config.d_ff,
            config.dropout,
            batch_first=True,
            norm_first=config.norm_first,
        )
        if not final_norm:
            self.transformer.encoder.norm = None
            self.transformer.decoder.norm = None
        self.generator = nn.Linear(d_model, config.tgt_vocab_size)

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """src: (batch, src) ids   tgt_in: (batch, tgt) ids   ->  logits (batch, tgt, tgt_vocab)"""
        n = tgt_in.size(1)
        decoder_output = self.transformer(
            self._embed(self.src_embed, src),
            self._embed(self.tgt_embed, tgt_in),
            tgt_mask=torch.ones(n, n, dtype=torch.bool).triu(1),  # True = forbidden, the opposite of our masks
            src_key_padding_mask=src == self.pad_id,
            tgt_key_padding_mask=tgt_in == self.pad_id,
            memory_key_padding_mask=src == self.pad_id,
        )
        return self.generator(decoder_output)

    def _embed(self, embedding: nn.Embedding, ids: Tensor) -> Tensor:
        return self.dropout(embedding(ids) * self.scale + self.positions[: ids.size(1)])
