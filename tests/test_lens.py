"""The logit lens: its last depth is the model's own answer, and every depth is what the paper's formula gives."""

from typing import Any

import numpy as np
import pytest
import torch

from models import ANY, BOS, TOLERANCE, sentence, tiny_model
from transformer import Trace, Transformer, trace_pair
from transformer.studies.lens import depth_logits, read_depths, stream_names

SRC = sentence(5, seed=1)
TGT_OUT = sentence(7, seed=2, vocab_size=13)
TGT_IN = [BOS, *TGT_OUT[:-1]]


def lens_case(**changes: Any) -> tuple[Transformer, Trace]:
    model = tiny_model(**changes)
    return model, trace_pair(model, SRC, TGT_IN)


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def numpy_logits(model: Transformer, x: np.ndarray) -> np.ndarray:
    """Say the formula once more, in float64: LayerNorm(x) W + b, the norm only where the model ends with one."""
    state = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    x = x.astype(np.float64)
    if model.config.final_norm:
        mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
        x = (x - mean) / np.sqrt(variance + model.config.layer_norm_eps)
        x = x * state["decoder_norm.weight"] + state["decoder_norm.bias"]
    return x @ state["generator.weight"].T + state["generator.bias"]


@pytest.mark.parametrize("changes", ANY)
def test_the_last_depth_is_the_model_s_own_answer(changes: dict[str, Any]) -> None:
    model, trace = lens_case(**changes)
    *_, (_, last) = depth_logits(model, trace)
    assert last.dtype == torch.float32
    np.testing.assert_array_equal(last.numpy(), trace["logits"])


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("final_norm", [False, True])
def test_every_depth_is_read_through_the_model_s_own_end(norm_first: bool, final_norm: bool) -> None:
    model, trace = lens_case(norm_first=norm_first, final_norm=final_norm)
    for name, logits in depth_logits(model, trace):
        np.testing.assert_allclose(logits.numpy(), numpy_logits(model, trace[name]), **TOLERANCE)


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_depths_are_the_stream_in_the_order_of_the_pass(norm_first: bool) -> None:
    model, trace = lens_case(norm_first=norm_first, n_encoder_layers=1, n_decoder_layers=3)
    names = stream_names(model)
    assert len(names) == 1 + 3 * 3
    order = [trace.names().index(name) for name in names]
    assert order == sorted(order)
    x = trace["tgt_embed.sum"]
    for name in names[1:]:  # what the sublayer adds to the depth before is this depth, before its norm
        place = name.rpartition(".")[0]
        x = x + trace[f"{place}.output"]
        np.testing.assert_allclose(trace[f"{place}.residual"], x, **TOLERANCE)
        x = trace[name]


def test_words_probabilities_and_ranks_are_those_of_the_logits() -> None:
    model, trace = lens_case()
    lens = read_depths(model, trace, TGT_OUT, best=4)
    rows = np.arange(len(TGT_OUT))
    for depth, (name, logits) in enumerate(depth_logits(model, trace)):
        p = softmax(logits.numpy())
        assert lens.names[depth] == name
        np.testing.assert_array_equal(lens.ids[depth], np.argsort(-logits.numpy(), axis=-1, kind="stable")[:, :4])
        np.testing.assert_allclose(lens.p[depth], np.take_along_axis(p, lens.ids[depth], axis=-1), rtol=1e-12)
        np.testing.assert_allclose(lens.written[depth], p[rows, TGT_OUT], rtol=1e-12)
        better = logits.numpy() > logits.numpy()[rows, TGT_OUT][:, None]
        np.testing.assert_array_equal(lens.rank[depth], 1 + better.sum(axis=-1))


def test_a_later_word_changes_no_earlier_row_of_any_depth() -> None:
    model = tiny_model()
    whole = read_depths(model, trace_pair(model, SRC, TGT_IN), TGT_OUT)
    for n in range(1, len(TGT_IN)):
        begun = read_depths(model, trace_pair(model, SRC, TGT_IN[:n]), TGT_OUT[:n])
        np.testing.assert_allclose(begun.written, whole.written[:, :n], **TOLERANCE)


def test_more_words_than_there_are_means_all_of_them() -> None:
    model, trace = lens_case()
    lens = read_depths(model, trace, TGT_OUT, best=1000)
    assert lens.ids.shape == (7, 7, 13)
    np.testing.assert_allclose(lens.p.sum(axis=-1), 1.0, rtol=1e-12)


def test_every_row_needs_its_written_word() -> None:
    model, trace = lens_case()
    with pytest.raises(ValueError, match="7 target rows, but 6 words"):
        read_depths(model, trace, TGT_OUT[:-1])
