"""The whole Transformer against nn.Transformer with our weights, and the laws that any Transformer keeps."""

import copy
import dataclasses
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models import (
    ANY,
    BOS,
    CAUSAL,
    PAD,
    TOLERANCE,
    exact,
    padded,
    padded_batch,
    sentence,
    tiny_config,
    tiny_model,
)
from paper_in_numpy import sinusoid
from torch_twins import twin_logits, twin_of_model
from transformer import ModelConfig, Transformer
from transformer.tap import OFF, Recorder, Tap

VARIANTS = [
    {"norm_first": norm_first, "final_norm": final_norm, "activation": activation, "position": position}
    for norm_first, final_norm, activation, position in itertools.product(
        (False, True), (False, True), ("relu", "gelu"), ("sinusoidal", "learned", "none")
    )
]


def embedded(model: Transformer, side: str, ids: Tensor) -> Tensor:
    """Embed without our modules: rows of the matrix times sqrt(d_model), plus their positions."""
    x = model.get_parameter(f"{side}_embed.tokens.weight")[ids] * math.sqrt(model.config.d_model)
    if model.config.position == "none":
        return x
    if model.config.position == "learned":
        return x + model.get_parameter(f"{side}_embed.position.table")[: ids.size(1)]
    return x + torch.from_numpy(sinusoid(ids.size(1), model.config.d_model)).float()


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: "-".join(str(value) for value in changes.values()))
def test_logits_are_those_of_nn_transformer(changes: dict[str, Any]) -> None:
    ours = tiny_model(**changes)
    theirs = twin_of_model(ours)
    for src, tgt_in in (padded_batch(), (padded([sentence(5, 0)]), padded([[BOS, 4, 5]]))):
        x, y = embedded(ours, "src", src), embedded(ours, "tgt", tgt_in)
        logits = ours(src, tgt_in)
        assert logits.shape == (*tgt_in.shape, ours.config.tgt_vocab_size)
        torch.testing.assert_close(logits, twin_logits(theirs, ours, src, tgt_in, x, y), **TOLERANCE)


@pytest.mark.parametrize("norm_first", [False, True], ids=["post", "pre"])
def test_gradients_are_those_of_nn_transformer(norm_first: bool) -> None:
    ours = tiny_model(norm_first=norm_first, position="none").double()
    theirs = twin_of_model(ours).double()
    src, tgt_in = padded_batch()
    learned = [ours.src_embed.tokens.weight, ours.tgt_embed.tokens.weight, ours.generator.weight]
    gradients, in_proj = [], []
    for watched in (
        lambda: ours(src, tgt_in),
        lambda: twin_logits(theirs, ours, src, tgt_in, embedded(ours, "src", src), embedded(ours, "tgt", tgt_in)),
    ):
        logits = watched()
        (logits[tgt_in != PAD].square().sum()).backward()
        gradients.append([parameter.grad.clone() for parameter in learned if parameter.grad is not None])
        for parameter in learned:
            parameter.grad = None
    for our_layer, their_layer in zip(ours.encoder, theirs.encoder.layers, strict=True):
        attention: Any = our_layer.get_submodule("self_attn")
        ours_in_one = torch.cat([attention.w_q.weight.grad, attention.w_k.weight.grad, attention.w_v.weight.grad])
        in_proj.append((ours_in_one, their_layer.get_parameter("self_attn.in_proj_weight").grad))
    for our_gradient, their_gradient in [*zip(*gradients, strict=True), *in_proj]:
        torch.testing.assert_close(our_gradient, their_gradient, atol=1e-8, rtol=1e-8)
    assert len(gradients[0]) == 3


@pytest.mark.parametrize("kind", ANY)
def test_watching_the_pass_changes_neither_values_nor_gradients(kind: dict[str, Any]) -> None:
    model = exact(tiny_model(**kind))
    src, tgt_in = padded_batch()
    torch.testing.assert_close(model(src, tgt_in, Recorder()), model(src, tgt_in), **TOLERANCE)
    results = []
    for tap in (OFF, Recorder()):
        double = copy.deepcopy(model).double()  # float64: some gradients are sums that cancel to 0
        logits = double(src, tgt_in, tap)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tgt_in.roll(-1, 1).flatten(), ignore_index=PAD)
        results.append(torch.autograd.grad(loss, list(double.parameters())))
    for untraced, traced in zip(*results, strict=True):
        torch.testing.assert_close(traced, untraced, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("kind", CAUSAL)
@pytest.mark.parametrize("new_tap", [lambda: OFF, Recorder], ids=["fused", "explicit"])
def test_the_future_does_not_change_the_past(kind: dict[str, Any], new_tap: Callable[[], Tap]) -> None:
    model = exact(tiny_model(**kind))
    src, tgt_in = padded([sentence(6, 1)]), padded([[BOS, *sentence(6, 2)]])
    with torch.no_grad():
        before = model(src, tgt_in, new_tap())
        for changed in range(1, 7):
            other = tgt_in.clone()
            other[0, changed] = 12
            after = model(src, other, new_tap())
            torch.testing.assert_close(after[:, :changed], before[:, :changed], atol=1e-6, rtol=0)
            if model.config.residual:  # of a word that only attention hands on, almost nothing may arrive
                assert (after[:, changed:] - before[:, changed:]).abs().max() > 1e-3, "the present should matter"


@pytest.mark.parametrize("kind", ANY)
def test_padding_changes_nothing(kind: dict[str, Any]) -> None:
    model = exact(tiny_model(**kind))
    src, tgt_in = padded_batch()
    with torch.no_grad():
        together = model(src, tgt_in)
        for row in range(src.size(0)):
            alone_src, alone_tgt = src[row][src[row] != PAD][None], tgt_in[row][tgt_in[row] != PAD][None]
            alone = model(alone_src, alone_tgt)
            torch.testing.assert_close(together[row : row + 1, : alone.size(1)], alone, **TOLERANCE)


@pytest.mark.parametrize("pad_id", [0, 3, 10])
def test_what_stands_in_the_padding_is_never_read(pad_id: int) -> None:
    model = tiny_model(pad_id=pad_id)
    src, tgt_in = padded([[5, 6, 7], [8]], pad_id), padded([[1, 4], [1, 4]], pad_id)
    with torch.no_grad():
        before = model(src, tgt_in)
        model.src_embed.tokens.weight[pad_id] += 100.0
        torch.testing.assert_close(model(src, tgt_in), before, **TOLERANCE)
        model.src_embed.tokens.weight[5] += 100.0
        assert not torch.allclose(model(src, tgt_in), before, **TOLERANCE)


@pytest.mark.parametrize("kind", ANY)
def test_words_of_the_source_all_matter_to_every_row(kind: dict[str, Any]) -> None:
    model = tiny_model(**kind)
    src, tgt_in = padded([sentence(5, 1)]), padded([[BOS, *sentence(3, 2)]])
    with torch.no_grad():
        before = model(src, tgt_in)
        for i in range(5):
            other = src.clone()
            other[0, i] = 3
            assert ((model(other, tgt_in) - before).abs().amax(dim=-1) > 1e-4).all()


def snapshot(model: Transformer) -> dict[str, Any]:
    """Everything that a forward pass could leave behind: weights, buffers, and the attributes of every module."""
    attributes = {
        f"{path}.{name}": copy.deepcopy(value) if not name.startswith("_") else list(value) if value else None
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if not isinstance(value, torch.nn.Module)
    }
    tensors = {name: tensor.clone() for name, tensor in [*model.state_dict().items(), *model.named_buffers()]}
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {"attributes": attributes, "tensors": tensors, "gradients": gradients}


@pytest.mark.parametrize("kind", ANY)
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_a_pass_leaves_the_model_as_it_was(kind: dict[str, Any], training: bool) -> None:
    model = tiny_model(**kind).train(training)
    before = snapshot(model)
    for tap in (OFF, Recorder()):
        model(*padded_batch(), tap)
    after = snapshot(model)
    assert after["attributes"] == before["attributes"]
    assert after["gradients"] == before["gradients"]
    assert after["tensors"].keys() == before["tensors"].keys()
    for name, tensor in after["tensors"].items():
        assert torch.equal(tensor, before["tensors"][name]), name


def test_encode_then_decode_is_forward() -> None:
    model = tiny_model()
    src, tgt_in = padded_batch()
    with torch.no_grad():
        memory, src_mask = model.encode(src)
        torch.testing.assert_close(model.decode(tgt_in, memory, src_mask), model(src, tgt_in), atol=0, rtol=0)


def test_a_batch_without_padding_needs_no_mask_and_says_the_same() -> None:
    model = tiny_model()
    src, tgt_in = torch.randint(4, 11, (3, 6)), torch.randint(4, 11, (3, 5))
    with torch.no_grad():
        memory, src_mask = model.encode(src)
        assert src_mask is None
        nothing_hidden = torch.ones(3, 1, 1, 6, dtype=torch.bool)
        torch.testing.assert_close(model.decode(tgt_in, memory, nothing_hidden), model(src, tgt_in), **TOLERANCE)


GOOD = [[4, 5, 6]]
BAD_IDS: list[tuple[Any, Any, str]] = [
    ([[0, 0]], [[1, 4]], "nothing but padding"),
    ([[4, 5], [0, 0]], [[1, 4], [1, 4]], "nothing but padding"),
    (GOOD, [[0, 4]], "starts with padding"),
    (GOOD, [[0, 0]], "padding"),
    ([[4, 11]], [[1]], r"source ids must lie in 0\.\.10, got 4\.\.11"),
    ([[4, -1]], [[1]], r"source ids must lie in 0\.\.10, got -1\.\.4"),
    (GOOD, [[1, 13]], r"target ids must lie in 0\.\.12, got 1\.\.13"),
    (GOOD, [[1, -5]], r"target ids must lie in 0\.\.12, got -5\.\.1"),
    ([[5] * 17], [[1]], "source has 17 tokens, more than max_len=16"),
    (GOOD, [[1] * 17], "target has 17 tokens, more than max_len=16"),
    ([[]], [[1]], "source ids must be"),
    (GOOD, [[]], "target ids must be"),
    ([4, 5], [[1]], "source ids must be"),
    (GOOD, [1, 4], "target ids must be"),
    ([GOOD], [[1]], "source ids must be"),
]


@pytest.mark.parametrize(("src", "tgt_in", "sentence"), BAD_IDS)
def test_ids_that_cannot_be_read_are_refused_with_a_sentence(src: Any, tgt_in: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        tiny_model()(torch.tensor(src, dtype=torch.long), torch.tensor(tgt_in, dtype=torch.long))


def test_tied_embeddings_are_one_matrix() -> None:
    model = Transformer(tiny_config(tgt_vocab_size=11, tie_embeddings=True))
    matrices = [model.src_embed.tokens.weight, model.tgt_embed.tokens.weight, model.generator.weight]
    assert all(matrix is matrices[0] for matrix in matrices)
    untied = Transformer(tiny_config(tgt_vocab_size=11))
    assert untied.src_embed.tokens.weight is not untied.tgt_embed.tokens.weight


@pytest.mark.parametrize(
    "config", [tiny_config(), tiny_config(tgt_vocab_size=11, tie_embeddings=True, norm_first=True)]
)
def test_saved_weights_make_the_same_model(config: ModelConfig) -> None:
    model, other = Transformer(config).eval(), Transformer(config).eval()
    src, tgt_in = padded_batch()
    tgt_in = tgt_in.clamp(max=10)
    with torch.no_grad():
        assert not torch.equal(model(src, tgt_in), other(src, tgt_in))
        other.load_state_dict(model.state_dict())
        assert torch.equal(model(src, tgt_in), other(src, tgt_in))


def test_embeddings_enter_the_stack_at_the_size_of_the_positions() -> None:
    """Times sqrt(d_model), a fresh embedding has features of about 1, as sines and cosines do (section 3.4)."""
    model = Transformer(tiny_config(src_vocab_size=1000, d_model=120)).eval()
    tap = Recorder()
    model(torch.randint(1, 1000, (1, 16)), torch.tensor([[BOS]]), tap)
    assert 0.9 < tap.tensors["src_embed.scaled"].std().item() < 1.1


def test_dropout_acts_on_the_embeddings_and_in_training_only() -> None:
    src, tgt_in = padded_batch()
    model = tiny_model(dropout=0.5)
    assert torch.equal(model(src, tgt_in), model(src, tgt_in))
    embed = model.src_embed.train()
    x, tap = copy.deepcopy(embed).eval()(src), Recorder()
    dropped = embed(src, tap)
    torch.testing.assert_close(tap.tensors["sum"], x, **TOLERANCE)  # shown before dropout
    kept = dropped != 0
    assert 0.3 < kept.double().mean() < 0.7
    torch.testing.assert_close(dropped[kept], 2 * x[kept], **TOLERANCE)


@pytest.mark.parametrize("norm", [{}, {"norm_first": True}, {"layer_norm": False}], ids=["post", "pre", "no-norm"])
@pytest.mark.parametrize("new_tap", [lambda: OFF, Recorder], ids=["fused", "explicit"])
def test_without_a_causal_mask_the_future_changes_the_past(norm: dict[str, Any], new_tap: Callable[[], Tap]) -> None:
    """The very first row sees the last word: in training it could copy the word that it is asked for."""
    model = tiny_model(causal=False, **norm)
    src, tgt_in = padded([sentence(6, 1)]), padded([[BOS, *sentence(6, 2)]])
    other = tgt_in.clone()
    other[0, -1] = 12
    with torch.no_grad():
        moved = (model(src, other, new_tap()) - model(src, tgt_in, new_tap())).abs().amax(dim=-1)
    assert (moved > 1e-4).all()


def test_a_model_without_a_causal_mask_is_nn_transformer_without_one() -> None:
    ours = tiny_model(causal=False)
    theirs = twin_of_model(ours)
    src, tgt_in = padded_batch()
    x, y = embedded(ours, "src", src), embedded(ours, "tgt", tgt_in)
    hidden = {"src_key_padding_mask": src == PAD, "tgt_key_padding_mask": tgt_in == PAD}
    seen = theirs(x, y, **hidden, memory_key_padding_mask=src == PAD)
    expected = torch.nn.functional.linear(seen, ours.generator.weight, ours.generator.bias)
    torch.testing.assert_close(ours(src, tgt_in), expected, **TOLERANCE)


def test_a_model_can_learn_by_heart() -> None:
    """Three pairs that agree in all but one word: only a model whose gradients reach the source can tell them apart."""
    torch.manual_seed(0)
    model = Transformer(dataclasses.replace(tiny_config(n_encoder_layers=1, n_decoder_layers=1), dropout=0.0))
    src = padded([[4, 5, 6], [4, 7, 6], [4, 8, 6]])
    tgt = torch.tensor([[BOS, 9, 10, 2], [BOS, 10, 9, 2], [BOS, 11, 11, 2]])
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(120):
        loss = torch.nn.functional.cross_entropy(model(src, tgt[:, :-1]).flatten(0, 1), tgt[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    predicted = model.eval()(src, tgt[:, :-1]).argmax(dim=-1)
    np.testing.assert_array_equal(predicted.numpy(), tgt[:, 1:].numpy())
