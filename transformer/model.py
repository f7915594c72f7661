"""The whole Transformer: figure 1 and section 3 of "Attention Is All You Need", shown as the map on every page."""

import math

from torch import Tensor, nn

from transformer.config import ModelConfig
from transformer.dropout import Dropout
from transformer.layers import DecoderLayer, EncoderLayer
from transformer.masks import pad_mask, target_mask
from transformer.positions import POSITIONS
from transformer.tap import OFF, Tap


class InputEmbedding(nn.Module):
    """Turn ids into vectors: embedding times sqrt(d_model), plus position (sections 3.4 and 3.5)."""

    def __init__(self, config: ModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, config.d_model)
        self.position = POSITIONS[config.position](config.d_model, config.n_heads, config.max_len)
        self.dropout = Dropout(config.dropout)
        self.scale = math.sqrt(config.d_model) if config.scale_embeddings else None

    def forward(self, ids: Tensor, tap: Tap = OFF) -> Tensor:
        """ids: (batch, seq) -> (batch, seq, d_model)"""
        x = tap("tokens", self.tokens(ids))  # (batch, seq, d_model)
        if self.scale is not None:
            x = tap("scaled", x * self.scale)
        position = self.position.embed(ids.size(1))
        if position is not None:
            x = x + tap("position", position[None])
        return self.dropout(tap("sum", x))


class Transformer(nn.Module):
    """Read a source sentence, write a target sentence (figure 1).

    The encoder turns the source into `memory` once; the decoder reads `memory` through cross attention while it
    writes the target, one row per word: row t reads the words up to t and gives the logits of word t + 1.
    Without the causal mask row t reads every word that is there: all of them in training, where the answer is among
    them, and the words so far while it writes. So such a model never meets in use what it was trained on.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.src_embed = InputEmbedding(config, config.src_vocab_size)
        self.tgt_embed = InputEmbedding(config, config.tgt_vocab_size)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.n_encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.n_decoder_layers))
        self.encoder_norm = self._final_norm()
        self.decoder_norm = self._final_norm()
        self.generator = nn.Linear(config.d_model, config.tgt_vocab_size)
        self._start()

    def _final_norm(self) -> nn.Module:
        config = self.config
        return nn.LayerNorm(config.d_model, eps=config.layer_norm_eps) if config.final_norm else nn.Identity()

    def _start(self) -> None:
        """Start matrices as Glorot and Bengio do, biases at 0, embeddings so small that times sqrt(d_model) gives 1."""
        for name, parameter in self.named_parameters():
            if name.endswith(".tokens.weight"):
                nn.init.normal_(parameter, std=self.config.d_model**-0.5)
            elif name.endswith("position.table"):
                nn.init.normal_(parameter, std=0.5**0.5)  # as large as sines and cosines
            elif parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        if self.config.tie_embeddings:  # section 3.4: one matrix for both embeddings and the output
            self.tgt_embed.tokens.weight = self.src_embed.tokens.weight
            self.generator.weight = self.src_embed.tokens.weight

    def forward(self, src: Tensor, tgt_in: Tensor, tap: Tap = OFF) -> Tensor:
        """src: (batch, src) ids   tgt_in: (batch, tgt) ids from BOS on, both padded with pad_id at the end
        ->  logits (batch, tgt, tgt_vocab)

        Raises ValueError for a sentence of padding only, for one longer than max_len, and for an id out of range.
        """
        memory, src_mask = self.encode(src, tap)
        return self.decode(tgt_in, memory, src_mask, tap)

    def encode(self, src: Tensor, tap: Tap = OFF) -> tuple[Tensor, Tensor | None]:
        """src: (batch, src) ids -> memory (batch, src, d_model), src_mask (batch, 1, 1, src) or None: no padding"""
        self._check(src, self.config.src_vocab_size, "source")
        src_mask = self._unless_all(tap("src_mask", pad_mask(src, self.config.pad_id)), tap)
        x = self.src_embed(src, tap.at("src_embed"))
        for n, layer in enumerate(self.encoder):
            x = layer(x, src_mask, tap.at(f"encoder.{n}"), self.src_embed.position)
        return tap("memory", self.encoder_norm(x)), src_mask

    def decode(self, tgt_in: Tensor, memory: Tensor, src_mask: Tensor | None, tap: Tap = OFF) -> Tensor:
        """tgt_in: (batch, tgt) ids, BOS first   memory, src_mask: from `encode`   ->  logits (batch, tgt, tgt_vocab)"""
        self._check(tgt_in, self.config.tgt_vocab_size, "target")
        tgt_mask = tap("tgt_mask", target_mask(tgt_in, self.config.pad_id, self.config.causal))
        x = self.tgt_embed(tgt_in, tap.at("tgt_embed"))
        for n, layer in enumerate(self.decoder):
            x = layer(x, memory, tgt_mask, src_mask, tap.at(f"decoder.{n}"), self.tgt_embed.position)
        x = tap("decoder_output", self.decoder_norm(x))
        return tap("logits", self.generator(x))  # (batch, tgt, tgt_vocab)

    @staticmethod
    def _unless_all(mask: Tensor, tap: Tap) -> Tensor | None:
        """Drop a mask that hides nothing: attention without one is faster and exactly the same."""
        return None if not tap.inside and bool(mask.all()) else mask

    def _check(self, ids: Tensor, vocab_size: int, side: str) -> None:
        if ids.dim() != 2 or ids.size(1) == 0:
            raise ValueError(f"{side} ids must be (batch, seq) with at least one token, got {tuple(ids.shape)}")
        if ids.size(1) > self.config.max_len:
            raise ValueError(f"the {side} has {ids.size(1)} tokens, more than max_len={self.config.max_len}")
        low, high = ids.aminmax()
        if low < 0 or high >= vocab_size:
            raise ValueError(f"{side} ids must lie in 0..{vocab_size - 1}, got {int(low)}..{int(high)}")
