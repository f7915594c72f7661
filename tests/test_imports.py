"""A person's own nn.Transformer gives the same logits and the same attention here as there."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import BOS, PAD, TOLERANCE, padded_batch, sentence
from paper_in_numpy import sinusoid
from transformer import from_torch, trace_pair

# Here PyTorch tells of a speed-up that it does not take.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

D_MODEL, SRC_VOCAB, TGT_VOCAB = 24, 11, 13


def own(**changes: Any) -> tuple[nn.Transformer, dict[str, Any]]:
    """Build somebody's model: an nn.Transformer with random numbers everywhere, and what stands around it."""
    torch.manual_seed(3)
    settings: dict[str, Any] = {"num_encoder_layers": 2, "num_decoder_layers": 3, "dim_feedforward": 40, "dropout": 0.1}
    bias = changes.get("bias", True)
    module = nn.Transformer(D_MODEL, 3, **{**settings, "batch_first": True, **changes})
    around = {
        "src_embed": nn.Embedding(SRC_VOCAB, D_MODEL),
        "tgt_embed": nn.Embedding(TGT_VOCAB, D_MODEL),
        "generator": nn.Linear(D_MODEL, TGT_VOCAB, bias=bias),
    }
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    return module.eval(), around


def their_logits(module: nn.Transformer, around: dict[str, Any], src: Tensor, tgt: Tensor, scale: bool) -> Tensor:
    """Run their model as people do: embed, add sinusoids, mask (True = forbidden), project."""
    factor = math.sqrt(D_MODEL) if scale else 1.0
    x, y = (
        around[f"{side}_embed"](ids) * factor + torch.from_numpy(sinusoid(ids.size(1), D_MODEL)).float()
        for side, ids in (("src", src), ("tgt", tgt))
    )
    batch_first = module.batch_first
    hidden = module(
        x if batch_first else x.transpose(0, 1),
        y if batch_first else y.transpose(0, 1),
        tgt_mask=torch.ones(tgt.size(1), tgt.size(1), dtype=torch.bool).triu(1),
        src_key_padding_mask=src == PAD,
        tgt_key_padding_mask=tgt == PAD,
        memory_key_padding_mask=src == PAD,
    )
    return around["generator"](hidden if batch_first else hidden.transpose(0, 1))


SHAPES = [
    {"norm_first": norm_first, "batch_first": batch_first, "activation": activation, "bias": bias}
    for norm_first, batch_first, activation, bias in itertools.product(
        (False, True), (True, False), ("relu", "gelu"), (True, False)
    )
]


@pytest.mark.parametrize("scale", [True, False], ids=["scaled", "unscaled"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(str(value) for value in shape.values()))
def test_the_logits_are_theirs(shape: dict[str, Any], scale: bool) -> None:
    module, around = own(**shape)
    ours = from_torch(module, **around, scale_embeddings=scale)
    src, tgt = padded_batch()
    with torch.no_grad():
        expected = their_logits(module, around, src, tgt, scale)
    torch.testing.assert_close(ours(src, tgt), expected, **TOLERANCE)
    assert ours.config.final_norm is True, "nn.Transformer ends each stack with a norm, in post norm too"
    assert ours.config.norm_first is shape["norm_first"]
    assert (ours.config.n_encoder_layers, ours.config.n_decoder_layers, ours.config.d_ff) == (2, 3, 40)


def test_every_head_looks_where_theirs_looks() -> None:
    module, around = own()
    trace = trace_pair(from_torch(module, **around), sentence(6, 1), [BOS, *sentence(4, 2)])
    layer: Any = module.encoder.layers[0]
    x = torch.from_numpy(trace["src_embed.sum"].copy())[None]
    _, weights = layer.self_attn(x, x, x, need_weights=True, average_attn_weights=False)
    torch.testing.assert_close(torch.from_numpy(trace["encoder.0.self_attn.weights"].copy()), weights[0], **TOLERANCE)


def test_a_table_of_ones_own_is_added() -> None:
    module, around = own()
    table = torch.from_numpy(sinusoid(16, D_MODEL)).float()
    src, tgt = padded_batch()
    learned = from_torch(module, **around, position=table)
    torch.testing.assert_close(learned(src, tgt), from_torch(module, **around)(src, tgt), **TOLERANCE)
    assert (learned.config.position, learned.config.max_len) == ("learned", 16)
    nowhere = from_torch(module, **around, position=torch.zeros(16, D_MODEL))
    torch.testing.assert_close(nowhere(src, tgt), from_torch(module, **around, position="none")(src, tgt), **TOLERANCE)


def test_one_matrix_stays_one_matrix() -> None:
    module, around = own()
    around["tgt_embed"] = around["src_embed"] = nn.Embedding(TGT_VOCAB, D_MODEL)
    around["generator"].weight = around["src_embed"].weight
    ours = from_torch(module, **around)
    assert ours.config.tie_embeddings
    assert ours.generator.weight is ours.src_embed.tokens.weight
    torch.testing.assert_close(ours.generator.weight, around["src_embed"].weight, atol=0, rtol=0)


def test_the_copy_is_a_copy_and_the_generator_is_left_alone() -> None:
    module, around = own()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    ours = from_torch(module.train(), **around)
    assert torch.equal(torch.rand(3), expected)
    assert not ours.training
    before = ours.decoder[0].get_parameter("cross_attn.w_q.weight").clone()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    assert torch.equal(ours.decoder[0].get_parameter("cross_attn.w_q.weight"), before)


def without_a_norm() -> nn.Transformer:
    module, _ = own()
    module.encoder.norm = None
    return module


def with_layers_of_ones_own() -> nn.Transformer:
    class Mine(nn.TransformerEncoderLayer):
        pass

    encoder = nn.TransformerEncoder(Mine(D_MODEL, 3, 40, batch_first=True), 1, enable_nested_tensor=False)
    return nn.Transformer(D_MODEL, 3, custom_encoder=encoder, dim_feedforward=40, batch_first=True)


def with_layers_of_different(what: str) -> Any:
    def module() -> nn.Transformer:
        whole, _ = own()
        first = whole.encoder.layers[0]
        heads, d_ff = first.self_attn.num_heads, first.linear1.out_features
        heads, d_ff = (2 if heads != 2 else 1, d_ff) if what == "heads" else (heads, d_ff + 8)
        norm_first, eps = first.norm_first, first.norm1.eps
        whole.encoder.layers[0] = nn.TransformerEncoderLayer(
            D_MODEL, heads, d_ff, norm_first=norm_first, layer_norm_eps=eps, batch_first=True
        )
        return whole

    return module


@pytest.mark.parametrize(
    ("module", "changes", "words"),
    [
        (without_a_norm, {}, "both stacks must end with an nn.LayerNorm, or neither"),
        (with_layers_of_ones_own, {}, "the encoder must be a stack of nn.TransformerEncoderLayer"),
        (lambda: own(activation=nn.GELU("tanh"))[0], {}, "activation must be relu or gelu"),
        (with_layers_of_different("heads"), {}, "all layers must share one num_heads"),
        (with_layers_of_different("d_ff"), {}, "all layers must share one out_features"),
        (lambda: own()[0], {"src_embed": nn.Embedding(SRC_VOCAB, D_MODEL, max_norm=1.0)}, "src_embed with max_norm"),
        (lambda: own()[0], {"generator": nn.Identity()}, r"generator must be an nn\.Linear, not Identity"),
        (lambda: own()[0], {"position": torch.tensor(1.0)}, r"a table of positions must be \(max_len, d_model\)"),
        (lambda: own()[0], {"position": "rotary"}, "position must be one of sinusoidal, none, or a table"),
        (lambda: own()[0], {"position": torch.zeros(9, 7)}, r"src position is \(9, 7\)"),
        (lambda: own()[0], {"src_embed": nn.Embedding(SRC_VOCAB, 7)}, r"src_embed is \(11, 7\)"),
        (lambda: own()[0], {"generator": nn.Linear(D_MODEL, 9)}, r"generator is \(9, 24\)"),
    ],
)
def test_what_has_no_counterpart_is_refused_in_one_sentence(module: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        from_torch(module(), **{**own()[1], **changes})
    assert "\n" not in str(refusal.value)
