"""The same models built from PyTorch's own layers, with our weights copied in: the oracle of the whole forward pass.

PyTorch's boolean attention masks mean the opposite of ours: True there forbids. This file is where they meet.
"""

from typing import Any

import torch
from torch import Tensor, nn

from transformer import ModelConfig, Transformer
from transformer.attention import MultiHeadAttention
from transformer.layers import DecoderLayer, EncoderLayer, FeedForward, Sublayer


def twin_of_attention(ours: MultiHeadAttention) -> nn.MultiheadAttention:
    d_model = ours.w_o.out_features
    theirs = nn.MultiheadAttention(d_model, ours.n_heads, batch_first=True)
    copy_attention(ours, theirs)
    return theirs.eval()


def twin_of_encoder_layer(ours: EncoderLayer, config: ModelConfig) -> nn.TransformerEncoderLayer:
    theirs = nn.TransformerEncoderLayer(config.d_model, config.n_heads, **_settings(config))
    copy_encoder_layer(ours, theirs)
    return theirs.eval()


def twin_of_decoder_layer(ours: DecoderLayer, config: ModelConfig) -> nn.TransformerDecoderLayer:
    theirs = nn.TransformerDecoderLayer(config.d_model, config.n_heads, **_settings(config))
    copy_decoder_layer(ours, theirs)
    return theirs.eval()


def twin_of_model(ours: Transformer) -> nn.Transformer:
    """Build nn.Transformer with our layers' weights. It has neither embeddings nor output matrix: see `twin_logits`.

    Left to itself nn.Transformer ends each stack with a layer norm, in post norm too; the paper does not.
    So the stacks are given, with that norm exactly where `final_norm` asks for it.
    """
    config = ours.config
    encoder_layer = nn.TransformerEncoderLayer(config.d_model, config.n_heads, **_settings(config))
    decoder_layer = nn.TransformerDecoderLayer(config.d_model, config.n_heads, **_settings(config))
    encoder = nn.TransformerEncoder(
        encoder_layer, config.n_encoder_layers, _final_norm(config), enable_nested_tensor=False
    )
    decoder = nn.TransformerDecoder(decoder_layer, config.n_decoder_layers, _final_norm(config))
    theirs = nn.Transformer(
        config.d_model,
        config.n_heads,
        custom_encoder=encoder,
        custom_decoder=decoder,
        batch_first=True,
        norm_first=config.norm_first,
    )
    for our_encoder, their_encoder in zip(ours.encoder, encoder.layers, strict=True):
        copy_encoder_layer(our_encoder, their_encoder)
    for our_decoder, their_decoder in zip(ours.decoder, decoder.layers, strict=True):
        copy_decoder_layer(our_decoder, their_decoder)
    if config.final_norm:
        copy(ours.encoder_norm, encoder.norm)
        copy(ours.decoder_norm, decoder.norm)
    return theirs.eval()


def twin_logits(theirs: nn.Transformer, ours: Transformer, src: Tensor, tgt_in: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Run the twin on embedded sentences x: (batch, src, d_model), y: (batch, tgt, d_model) -> logits."""
    src_forbidden, tgt_forbidden = src == ours.config.pad_id, tgt_in == ours.config.pad_id
    n = tgt_in.size(1)
    decoder_output = theirs(
        x,
        y,
        tgt_mask=torch.ones(n, n, dtype=torch.bool).triu(1),  # True = the future, forbidden
        src_key_padding_mask=src_forbidden,
        tgt_key_padding_mask=tgt_forbidden,
        memory_key_padding_mask=src_forbidden,
    )
    return nn.functional.linear(decoder_output, ours.generator.weight, ours.generator.bias)


def copy_encoder_layer(ours: Any, theirs: Any) -> None:
    copy_attention(ours.self_attn, theirs.self_attn)
    copy_feed_forward(ours.ffn, theirs)
    copy_norms([ours.around_self_attn, ours.around_ffn], [theirs.norm1, theirs.norm2])


def copy_decoder_layer(ours: Any, theirs: Any) -> None:
    copy_attention(ours.self_attn, theirs.self_attn)
    copy_attention(ours.cross_attn, theirs.multihead_attn)
    copy_feed_forward(ours.ffn, theirs)
    copy_norms(
        [ours.around_self_attn, ours.around_cross_attn, ours.around_ffn], [theirs.norm1, theirs.norm2, theirs.norm3]
    )


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    """PyTorch keeps W_Q, W_K and W_V below each other in one matrix."""
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.w_q.weight, ours.w_k.weight, ours.w_v.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.w_q.bias, ours.w_k.bias, ours.w_v.bias]))
    copy(ours.w_o, theirs.out_proj)


def copy_feed_forward(ours: FeedForward, theirs: Any) -> None:
    copy(ours.w_1, theirs.linear1)
    copy(ours.w_2, theirs.linear2)


def copy_norms(ours: list[Sublayer], theirs: list[nn.LayerNorm]) -> None:
    for our_sublayer, their_norm in zip(ours, theirs, strict=True):
        copy(our_sublayer.norm, their_norm)


def copy(ours: nn.Module, theirs: Any) -> None:
    theirs.load_state_dict(ours.state_dict())


def _settings(config: ModelConfig) -> dict[str, Any]:
    return {
        "dim_feedforward": config.d_ff,
        "dropout": config.dropout,
        "activation": config.activation,
        "layer_norm_eps": config.layer_norm_eps,
        "norm_first": config.norm_first,
        "batch_first": True,
    }


def _final_norm(config: ModelConfig) -> nn.LayerNorm | None:
    return nn.LayerNorm(config.d_model, eps=config.layer_norm_eps) if config.final_norm else None
