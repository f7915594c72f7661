"""Encoder and decoder layers against PyTorch's own with our weights copied in, and the place of norm and dropout."""

import pytest
import torch
import torch.nn.functional as F

from models import ANY, TOLERANCE, padded_batch, shake, tiny_config
from torch_twins import twin_of_decoder_layer, twin_of_encoder_layer
from transformer import ModelConfig
from transformer.layers import DecoderLayer, EncoderLayer, FeedForward, Sublayer
from transformer.masks import causal_mask, pad_mask, target_mask
from transformer.tap import Recorder

NORMS = pytest.mark.parametrize("norm_first", [False, True], ids=["post", "pre"])
ACTIVATIONS = pytest.mark.parametrize("activation", ["relu", "gelu"])


def encoder_layer(config: ModelConfig) -> EncoderLayer:
    layer = EncoderLayer(config)
    shake(layer)
    return layer.eval()


def decoder_layer(config: ModelConfig) -> DecoderLayer:
    layer = DecoderLayer(config)
    shake(layer)
    return layer.eval()


@NORMS
@ACTIVATIONS
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_the_encoder_layer_is_pytorchs(norm_first: bool, activation: str, eps: float) -> None:
    config = tiny_config(norm_first=norm_first, activation=activation, layer_norm_eps=eps)
    src, _ = padded_batch()
    ours, x = encoder_layer(config), torch.randn(*src.shape, config.d_model)
    theirs = twin_of_encoder_layer(ours, config)
    torch.testing.assert_close(ours(x, pad_mask(src, 0)), theirs(x, src_key_padding_mask=src == 0), **TOLERANCE)
    torch.testing.assert_close(ours(x, None), theirs(x), **TOLERANCE)


@NORMS
@ACTIVATIONS
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_the_decoder_layer_is_pytorchs(norm_first: bool, activation: str, eps: float) -> None:
    config = tiny_config(norm_first=norm_first, activation=activation, layer_norm_eps=eps)
    src, tgt_in = padded_batch()
    ours, n = decoder_layer(config), tgt_in.size(1)
    theirs = twin_of_decoder_layer(ours, config)
    x, memory = torch.randn(*tgt_in.shape, config.d_model), torch.randn(*src.shape, config.d_model)
    future = ~causal_mask(n)[0, 0]  # PyTorch: True = forbidden
    expected = theirs(x, memory, tgt_mask=future, tgt_key_padding_mask=tgt_in == 0, memory_key_padding_mask=src == 0)
    torch.testing.assert_close(ours(x, memory, target_mask(tgt_in, 0), pad_mask(src, 0)), expected, **TOLERANCE)
    torch.testing.assert_close(ours(x, memory, causal_mask(n), None), theirs(x, memory, tgt_mask=future), **TOLERANCE)


@pytest.mark.parametrize("kind", ANY)
def test_layers_are_the_same_watched_or_not(kind: dict[str, object]) -> None:
    config = tiny_config(**kind)
    src, tgt_in = padded_batch()
    x, memory = torch.randn(*tgt_in.shape, config.d_model), torch.randn(*src.shape, config.d_model)
    encoder, decoder, tgt_mask = encoder_layer(config), decoder_layer(config), target_mask(tgt_in, 0)
    torch.testing.assert_close(
        encoder(memory, pad_mask(src, 0), Recorder()), encoder(memory, pad_mask(src, 0)), **TOLERANCE
    )
    torch.testing.assert_close(
        decoder(x, memory, tgt_mask, pad_mask(src, 0), Recorder()),
        decoder(x, memory, tgt_mask, pad_mask(src, 0)),
        **TOLERANCE,
    )


@ACTIVATIONS
def test_feed_forward_is_equation_2_for_each_token_by_itself(activation: str) -> None:
    ffn = FeedForward(tiny_config(activation=activation)).eval()
    shake(ffn)
    x = torch.randn(2, 5, 24)
    hidden = {"relu": F.relu, "gelu": F.gelu}[activation](x @ ffn.w_1.weight.T + ffn.w_1.bias)
    torch.testing.assert_close(ffn(x), hidden @ ffn.w_2.weight.T + ffn.w_2.bias, **TOLERANCE)
    torch.testing.assert_close(ffn(x[:, 3:4]), ffn(x)[:, 3:4], **TOLERANCE)


def test_post_norm_ends_a_layer_with_a_norm_and_pre_norm_keeps_the_stream_free() -> None:
    """With sublayers that answer 0, the paper's layer normalises its input and a pre norm layer hands it through."""
    x = 3 * torch.randn(2, 5, 24) + 1
    for norm_first in (False, True):
        layer = EncoderLayer(tiny_config(norm_first=norm_first)).eval()
        with torch.no_grad():
            for last in (layer.self_attn.w_o, layer.ffn.w_2):
                last.weight.zero_()
                last.bias.zero_()
        expected = x if norm_first else F.layer_norm(x, (24,))
        torch.testing.assert_close(layer(x, None), expected, atol=1e-4, rtol=1e-4)  # normalised twice: eps acts twice


@NORMS
def test_dropout_falls_on_the_sublayers_output_and_spares_the_stream(norm_first: bool) -> None:
    around = Sublayer(tiny_config(norm_first=norm_first, dropout=0.5)).train()
    x, output = torch.randn(8, 20, 24), torch.randn(8, 20, 24)
    tap = Recorder()
    around.leave(x, output, tap)
    added = tap.tensors["residual"] - x
    dropped = added.abs() < 1e-6
    torch.testing.assert_close(added[~dropped], 2 * output[~dropped], atol=1e-4, rtol=1e-4)
    assert 0.4 < dropped.double().mean() < 0.6


def test_dropout_falls_on_the_output_that_replaces_the_stream_too() -> None:
    around = Sublayer(tiny_config(residual=False, layer_norm=False, dropout=0.5)).train()
    x, output = torch.randn(8, 20, 24), torch.randn(8, 20, 24)
    left = around.leave(x, output)
    kept = left != 0
    torch.testing.assert_close(left[kept], 2 * output[kept], atol=1e-4, rtol=1e-4)
    assert 0.4 < kept.double().mean() < 0.6


@NORMS
def test_without_a_norm_its_place_makes_no_difference(norm_first: bool) -> None:
    config = tiny_config(layer_norm=False, norm_first=norm_first)
    layer, x = encoder_layer(config), torch.randn(2, 5, 24)
    after = x + layer.self_attn(x, x, None)
    torch.testing.assert_close(layer(x, None), after + layer.ffn(after), **TOLERANCE)


def test_dropout_falls_on_hidden_units_after_they_are_shown() -> None:
    ffn = FeedForward(tiny_config(d_ff=24, dropout=0.5)).train()
    with torch.no_grad():  # with these weights, the output is the hidden units as the second matrix reads them
        ffn.w_2.weight.copy_(torch.eye(24))
        ffn.w_2.bias.zero_()
    x, tap = torch.randn(8, 20, 24), Recorder()
    read, hidden = ffn(x, tap), tap.tensors["hidden"]
    torch.testing.assert_close(hidden, F.relu(x @ ffn.w_1.weight.T + ffn.w_1.bias), **TOLERANCE)
    kept = read != 0
    torch.testing.assert_close(read[kept], 2 * hidden[kept], **TOLERANCE)
    assert 0.4 < kept[hidden > 0].double().mean() < 0.6


@NORMS
def test_a_layer_without_dropout_trains_as_it_reads(norm_first: bool) -> None:
    layer = decoder_layer(tiny_config(norm_first=norm_first, dropout=0.0))
    x, memory = torch.randn(2, 5, 24), torch.randn(2, 4, 24)
    reading = layer(x, memory, causal_mask(5), None)
    torch.testing.assert_close(layer.train()(x, memory, causal_mask(5), None), reading, **TOLERANCE)
