"""Bring a `torch.nn.Transformer` of your own: the same numbers in our modules, so that every page can show it.

`nn.Transformer` is section 3 of the paper without embeddings, positions and output matrix, which everybody writes
around it; so those are asked for. Shown on Explore once `save_run` has written it into `runs/`.
"""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer.config import ModelConfig
from transformer.model import Transformer

ADDED_TO_EMBEDDINGS = ("sinusoidal", "none")  # what may stand outside an nn.Transformer, by name


def from_torch(
    module: nn.Transformer,
    *,
    src_embed: nn.Embedding,
    tgt_embed: nn.Embedding,
    generator: nn.Linear,
    position: str | Tensor = "sinusoidal",
    scale_embeddings: bool = True,
    pad_id: int = 0,
    max_len: int = 512,
) -> Transformer:
    """Copy an nn.Transformer with what stands around it into a Transformer that gives the same logits, in eval mode.

    src_embed, tgt_embed: (vocab, d_model)   generator: (d_model -> tgt_vocab), with or without bias
    position: "sinusoidal" as in section 3.5, "none", or your own table (max_len, d_model) that is added to both sides
    scale_embeddings: True if you multiply the embeddings by sqrt(d_model), as the paper does
    Batch order, dropout and device of `module` do not matter. Unlike the paper, nn.Transformer ends each stack with a
    layer norm in post norm too; the config's `final_norm` says so. ValueError for what has no counterpart here.
    """
    encoder, decoder = _layers(module, "encoder"), _layers(module, "decoder")
    _require_known_parts(src_embed, tgt_embed, generator)
    table = _table_of(position)
    config = ModelConfig(
        src_vocab_size=src_embed.num_embeddings,
        tgt_vocab_size=tgt_embed.num_embeddings,
        position="learned" if table is not None else str(position),
        max_len=max_len if table is None else len(table),
        pad_id=pad_id,
        tie_embeddings=src_embed.weight is tgt_embed.weight is generator.weight,
        scale_embeddings=scale_embeddings,
        **_settings(module, encoder, decoder),
    )
    with torch.random.fork_rng(devices=[]):  # the starting values are overwritten: leave the generator untouched
        ours = Transformer(config)
    with torch.no_grad():
        _copy_around(ours, src_embed, tgt_embed, generator, table)
        _copy_stacks(ours, module, encoder, decoder)
    return ours.eval()


def _settings(module: nn.Transformer, encoder: list[Any], decoder: list[Any]) -> dict[str, Any]:
    """Read off the module what a config says about the layers."""
    layers = encoder + decoder
    return {
        "d_model": module.d_model,
        "n_heads": _shared((part for layer in layers for part in _attentions(layer)), "num_heads"),
        "n_encoder_layers": len(encoder),
        "n_decoder_layers": len(decoder),
        "d_ff": _shared([layer.linear1 for layer in layers], "out_features"),
        "dropout": float(encoder[0].dropout.p),
        "norm_first": _shared(layers, "norm_first"),
        "activation": _activation(layers),
        "final_norm": _final_norm(module),
        "layer_norm_eps": float(_shared([layer.norm1 for layer in layers], "eps")),
    }


def _layers(module: nn.Transformer, side: str) -> list[Any]:
    """List the layers of a stack, which must be PyTorch's own: of others nobody knows what they compute."""
    kind = {"encoder": nn.TransformerEncoderLayer, "decoder": nn.TransformerDecoderLayer}[side]
    layers = getattr(getattr(module, side, None), "layers", None)
    if not layers or not all(type(layer) is kind for layer in layers):
        raise ValueError(f"the {side} must be a stack of nn.{kind.__name__}, as nn.Transformer makes it")
    return list(layers)


def _table_of(position: str | Tensor) -> Tensor | None:
    """Give the table of positions, None if they are named; ValueError for what is neither."""
    if isinstance(position, Tensor):
        if position.dim() != 2:
            raise ValueError(f"a table of positions must be (max_len, d_model), got {tuple(position.shape)}")
        return position
    if position not in ADDED_TO_EMBEDDINGS:
        raise ValueError(f"position must be one of {', '.join(ADDED_TO_EMBEDDINGS)}, or a table, not {position!r}")
    return None


def _attentions(layer: Any) -> list[nn.MultiheadAttention]:
    parts = [part for name in ("self_attn", "multihead_attn") if (part := getattr(layer, name, None)) is not None]
    if not all(type(part) is nn.MultiheadAttention for part in parts):
        raise ValueError("the attention of every layer must be PyTorch's own nn.MultiheadAttention")
    return parts


def _require_known_parts(src_embed: Any, tgt_embed: Any, generator: Any) -> None:
    """Raise ValueError for what stands around the stacks and is not what it says."""
    for name, part, kind in (
        ("src_embed", src_embed, nn.Embedding),
        ("tgt_embed", tgt_embed, nn.Embedding),
        ("generator", generator, nn.Linear),
    ):
        if not isinstance(part, kind):
            raise ValueError(f"{name} must be an nn.{kind.__name__}, not {type(part).__name__}")
        if getattr(part, "max_norm", None) is not None:
            raise ValueError(f"{name} with max_norm changes its weights as it is read; that has no counterpart here")


def _shared(parts: Iterable[Any], name: str) -> Any:
    values = {getattr(part, name) for part in parts}
    if len(values) != 1:
        raise ValueError(f"all layers must share one {name}, got {sorted(map(str, values))}")
    return values.pop()


def _activation(layers: list[Any]) -> str:
    """Name the activation, which may be given as a function or as a module."""
    known = {F.relu: "relu", torch.relu: "relu", F.gelu: "gelu"}
    names = set()
    for layer in layers:
        function = layer.activation
        exact = isinstance(function, nn.GELU) and function.approximate == "none"
        names.add("relu" if isinstance(function, nn.ReLU) else "gelu" if exact else known.get(function))
    if len(names) != 1 or None in names:
        raise ValueError("the activation must be relu or gelu (the exact one), the same in all layers")
    return names.pop() or ""


def _final_norm(module: nn.Transformer) -> bool:
    norms = [module.encoder.norm, module.decoder.norm]
    if any(norm is not None for norm in norms) and not all(isinstance(norm, nn.LayerNorm) for norm in norms):
        raise ValueError("both stacks must end with an nn.LayerNorm, or neither")
    return norms[0] is not None


def _copy_around(
    ours: Transformer, src_embed: nn.Embedding, tgt_embed: nn.Embedding, generator: nn.Linear, table: Tensor | None
) -> None:
    _fill("src_embed", ours.src_embed.tokens.weight, src_embed.weight)
    _fill("tgt_embed", ours.tgt_embed.tokens.weight, tgt_embed.weight)
    _fill("generator", ours.generator.weight, generator.weight)
    if table is not None:
        for side in ("src", "tgt"):
            _fill(f"{side} position", ours.get_parameter(f"{side}_embed.position.table"), table)
    _fill_or_zero(ours.generator.bias, generator.bias)


def _copy_stacks(ours: Transformer, module: nn.Transformer, encoder: list[Any], decoder: list[Any]) -> None:
    for our_layer, their_layer in zip(ours.encoder, encoder, strict=True):
        _copy_encoder_layer(our_layer, their_layer)
    for our_layer, their_layer in zip(ours.decoder, decoder, strict=True):
        _copy_decoder_layer(our_layer, their_layer)
    if ours.config.final_norm:
        _copy(ours.encoder_norm, module.encoder.norm)
        _copy(ours.decoder_norm, module.decoder.norm)


def _fill(name: str, here: Tensor, there: Tensor) -> None:
    if here.shape != there.shape:
        raise ValueError(f"{name} is {tuple(there.shape)}, but the other parts need {tuple(here.shape)}")
    here.copy_(there)


def _copy_encoder_layer(ours: Any, theirs: Any) -> None:
    _copy_attention(ours.self_attn, theirs.self_attn)
    _copy_feed_forward(ours.ffn, theirs)
    _copy(ours.around_self_attn.norm, theirs.norm1)
    _copy(ours.around_ffn.norm, theirs.norm2)


def _copy_decoder_layer(ours: Any, theirs: Any) -> None:
    _copy_attention(ours.self_attn, theirs.self_attn)
    _copy_attention(ours.cross_attn, theirs.multihead_attn)
    _copy_feed_forward(ours.ffn, theirs)
    _copy(ours.around_self_attn.norm, theirs.norm1)
    _copy(ours.around_cross_attn.norm, theirs.norm2)
    _copy(ours.around_ffn.norm, theirs.norm3)


def _copy_attention(ours: Any, theirs: nn.MultiheadAttention) -> None:
    """Take W_Q, W_K and W_V apart, which PyTorch keeps below each other in one matrix."""
    in_proj: Any = theirs.in_proj_weight  # None where keys or values have a width of their own
    in_bias: Any = theirs.in_proj_bias
    if in_proj is None or theirs.bias_k is not None or theirs.add_zero_attn:
        raise ValueError("attention with kdim, vdim, add_bias_kv or add_zero_attn has no counterpart in the paper")
    biases = [None] * 3 if in_bias is None else in_bias.chunk(3)
    for linear, weight, bias in zip((ours.w_q, ours.w_k, ours.w_v), in_proj.chunk(3), biases, strict=True):
        linear.weight.copy_(weight)
        _fill_or_zero(linear.bias, bias)
    _copy(ours.w_o, theirs.out_proj)


def _copy_feed_forward(ours: Any, theirs: Any) -> None:
    _copy(ours.w_1, theirs.linear1)
    _copy(ours.w_2, theirs.linear2)


def _copy(ours: Any, theirs: Any) -> None:
    """Copy weight and bias; `bias=False` over there is a bias of 0 here."""
    ours.weight.copy_(theirs.weight)
    _fill_or_zero(ours.bias, theirs.bias)


def _fill_or_zero(here: Tensor, there: Tensor | None) -> None:
    if there is None:
        here.zero_()
    else:
        here.copy_(there)
