"""Attention rollout: follow the weights through all layers down to the source words. Shown on Heads.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (2020), for an encoder: each layer mixes its rows, half
by the residual connection and half by the weights, averaged over the heads. Products of such matrices say how much of
each source word has come to each place. A decoder row mixes three things: itself, the rows before it, and the source;
the same halves are taken at each of its two attentions. The feed-forward sublayers mix no tokens. Values, W_O, the size
of the residual stream and layer norms are all passed over: rollout is a bookkeeping of weights and no more.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from transformer.config import ModelConfig


class Rollout(NamedTuple):
    """How much of everything has come to each row; encoder rows, and src and tgt together, sum to 1."""

    encoder: np.ndarray  # (src, src) place of memory, source word
    src: np.ndarray  # (tgt, src) decoder row, source word
    tgt: np.ndarray  # (tgt, tgt) decoder row, target word that it and the rows before it read


def rollout(config: ModelConfig, weights: Mapping[str, np.ndarray]) -> Rollout:
    """Follow all the weights of one pass.

    weights: name -> (head, query, key), such as a Trace   A model without residuals hands on the weights alone.
    """
    kept = 0.5 if config.residual else 0.0
    n_src = weights["encoder.0.self_attn.weights"].shape[-1]
    n_tgt = weights["decoder.0.self_attn.weights"].shape[-1]
    encoder = np.eye(n_src)
    for n in range(config.n_encoder_layers):
        encoder = mixed(weights[f"encoder.{n}.self_attn.weights"], kept) @ encoder
    src, tgt = np.zeros((n_tgt, n_src)), np.eye(n_tgt)
    for n in range(config.n_decoder_layers):
        back = mixed(weights[f"decoder.{n}.self_attn.weights"], kept)
        src, tgt = back @ src, back @ tgt
        across = weights[f"decoder.{n}.cross_attn.weights"].astype(float).mean(axis=0)
        src = kept * src + (1 - kept) * across @ encoder
        tgt = kept * tgt
    return Rollout(encoder, src, tgt)


def mixed(weights: np.ndarray, kept: float) -> np.ndarray:
    """Average the heads and add what the residual connection keeps: kept I + (1 - kept) A, (query, key)."""
    mean = weights.astype(float).mean(axis=0)
    return kept * np.eye(len(mean)) + (1 - kept) * mean
