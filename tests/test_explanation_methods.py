"""Five explanations: ranks by hand, rollout as a stream that loses nothing, gradients and masks against oracles."""

import importlib
import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from tests.models import BOS, KINDS, sentence, tiny_config, tiny_model
from transformer import Transformer, trace_pair
from transformer.explanations import METHODS, explain, spearman, whole_model
from transformer.explanations.explain import gradient_times_input, leave_one_out
from transformer.explanations.ranks import ranks
from transformer.explanations.rollout import mixed, rollout
from transformer.tap import Recorder

SRC, TGT_IN, ROW, WORD = sentence(5, 1), [BOS, *sentence(3, 2, 13)], 2, 7


# --- ranks -----------------------------------------------------------------------------------------------------------


def test_equals_share_their_rank() -> None:
    assert ranks([5, 8, 5]).tolist() == [1.5, 3, 1.5]
    assert ranks([0, 0, 0, 0]).tolist() == [2.5] * 4
    assert ranks([3, 1, 2]).tolist() == [3, 1, 2]


def test_spearman_of_equal_reversed_and_tied_lists() -> None:
    a = [0.3, 0.1, 0.9, 0.4]
    assert spearman(a, a) == pytest.approx(1)
    assert spearman(a, [-x for x in a]) == pytest.approx(-1)
    assert spearman(a, [x**3 for x in a]) == pytest.approx(1)  # only the order counts
    assert spearman([1, 1, 2], [1, 2, 2]) == pytest.approx(0.5)  # by hand: ranks 1.5 1.5 3 and 1 2.5 2.5
    assert spearman(a, [7, 7, 7, 7]) is None
    assert spearman([1], [2]) is None
    with pytest.raises(ValueError, match="one length"):
        spearman([1, 2], [1])


def test_without_ties_it_is_the_formula_of_squared_differences() -> None:
    random = np.random.default_rng(0)
    for n in (2, 5, 30):
        a, b = random.permutation(n), random.permutation(n)
        expected = 1 - 6 * ((ranks(a) - ranks(b)) ** 2).sum() / (n * (n * n - 1))
        assert spearman(a, b) == pytest.approx(expected)


# --- rollout ---------------------------------------------------------------------------------------------------------


def weights_of(model: Transformer) -> dict[str, np.ndarray]:
    trace = trace_pair(model, SRC, TGT_IN)
    return {name: trace[name] for name in trace if name.endswith(".weights")}


@pytest.mark.parametrize("residual", [True, False])
def test_rows_of_a_rollout_sum_to_one(residual: bool) -> None:
    model = tiny_model(2, residual=residual)
    found = rollout(model.config, weights_of(model))
    assert np.allclose(found.encoder.sum(axis=-1), 1)
    assert np.allclose(found.src.sum(axis=-1) + found.tgt.sum(axis=-1), 1)
    assert min(found.src.min(), found.tgt.min(), found.encoder.min()) >= 0
    assert np.allclose(np.triu(found.tgt, 1), 0)  # nothing comes from later words


def test_heads_that_look_at_themselves_by_hand() -> None:
    """One layer each, all heads the identity: a place of memory is its own word. A row keeps half in its
    self-attention, looks at itself with the other half, and then takes half of everything from the source.
    """
    config = tiny_config(n_encoder_layers=1, n_decoder_layers=1)
    same = np.tile(np.eye(3), (3, 1, 1))
    names = ("encoder.0.self_attn", "decoder.0.self_attn", "decoder.0.cross_attn")
    found = rollout(config, {f"{name}.weights": same for name in names})
    assert np.allclose(found.encoder, np.eye(3))
    assert np.allclose(found.src, 0.5 * np.eye(3))
    assert np.allclose(found.tgt, 0.5 * np.eye(3))


def test_the_encoder_is_a_product_of_its_layers() -> None:
    model = tiny_model(3)
    weights = weights_of(model)
    layers = [mixed(weights[f"encoder.{n}.self_attn.weights"], 0.5) for n in range(2)]
    assert np.allclose(rollout(model.config, weights).encoder, layers[1] @ layers[0])


def test_a_rollout_follows_every_path() -> None:
    """Oracle: walk all ways from one decoder row down to a source word, and add up what each hands on."""
    model = tiny_model(6)
    weights = {name: w.astype(float).mean(axis=0) for name, w in weights_of(model).items()}
    n_src, n_tgt = len(SRC), len(TGT_IN)
    down = [0.5 * np.eye(n_src) + 0.5 * weights[f"encoder.{n}.self_attn.weights"] for n in range(2)]
    expected = np.zeros(n_src)
    for layer in range(2):  # the layer at whose cross-attention a way leaves the decoder
        for rows in itertools.product(range(n_tgt), repeat=2 - layer):  # its rows, from the highest layer down
            share, at = 1.0, ROW
            for depth, row in enumerate(rows):
                crosses = depth == len(rows) - 1
                back = weights[f"decoder.{1 - depth}.self_attn.weights"]
                cross_first = weights[f"decoder.{1 - depth}.cross_attn.weights"]
                if crosses:
                    for key, word in itertools.product(range(n_src), repeat=2):
                        if row == at:
                            expected[word] += share * 0.5 * cross_first[at, key] * (down[1] @ down[0])[key, word]
                else:
                    share *= 0.5 * (0.5 * (row == at) + 0.5 * back[at, row])
                    at = row
    assert np.allclose(rollout(model.config, weights_of(model)).src[ROW], expected)


# --- gradient and leave-one-out --------------------------------------------------------------------------------------


def log_p(model: Transformer, edit: Any = None) -> float:
    with torch.no_grad():
        logits = model(torch.tensor([SRC]), torch.tensor([TGT_IN]), Recorder(edit))
    return float(logits[0, ROW].double().log_softmax(dim=-1)[WORD])


@pytest.mark.parametrize("kind", KINDS[::3])
@pytest.mark.parametrize("scaled", [True, False])
def test_gradient_times_input_against_finite_differences(kind: dict[str, Any], scaled: bool) -> None:
    model = tiny_model(8, **kind, scale_embeddings=scaled).double()
    found = gradient_times_input(model, torch.tensor([SRC]), torch.tensor([TGT_IN]), ROW, WORD)
    step = 1e-6
    for j in range(len(SRC)):

        def scaled_by(factor: float, j: int = j) -> Any:
            def edit(name: str, x: torch.Tensor) -> torch.Tensor:
                if name == ("src_embed.scaled" if scaled else "src_embed.tokens"):
                    x[:, j] *= factor
                return x

            return edit

        change = log_p(model, scaled_by(1 + step)) - log_p(model, scaled_by(1 - step))
        assert found[j] == pytest.approx(change / (2 * step), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("kind", KINDS[::4])
def test_leaving_one_out_is_a_pass_with_its_mask_closed(kind: dict[str, Any]) -> None:
    model = tiny_model(9, **kind)
    found = leave_one_out(model, torch.tensor([SRC]), torch.tensor([TGT_IN]), ROW, WORD)
    assert found is not None
    for j in range(len(SRC)):

        def close(name: str, x: torch.Tensor, j: int = j) -> torch.Tensor:
            if name == "src_mask":
                x[..., j] = False
            return x

        assert found[j] == pytest.approx(log_p(model) - log_p(model, close), abs=2e-5)


def test_leaving_the_last_word_out_is_a_shorter_sentence() -> None:
    model = tiny_model(10)
    found = leave_one_out(model, torch.tensor([SRC]), torch.tensor([TGT_IN]), ROW, WORD)
    assert found is not None
    with torch.no_grad():
        logits = model(torch.tensor([SRC[:-1]]), torch.tensor([TGT_IN]))[0, ROW]
    assert found[-1] == pytest.approx(log_p(model) - float(logits.double().log_softmax(dim=-1)[WORD]), abs=2e-5)


def test_of_one_word_none_can_be_left_out() -> None:
    assert leave_one_out(tiny_model(), torch.tensor([[5]]), torch.tensor([TGT_IN]), ROW, WORD) is None
    found = explain(tiny_model(), [5], TGT_IN, ROW, WORD)
    assert list(found.scores) == list(METHODS[:-1])
    assert found.agreement[0][0] is None


def test_no_word_is_left_out_where_that_would_be_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    passes = []
    model.register_forward_hook(lambda module, given, _: passes.append(len(given[0])))
    assert list(whole_model(model, SRC, TGT_IN, ROW, WORD)) == ["gradient", "left_out"]
    assert sum(passes) == 1 + (1 + len(SRC))
    passes.clear()
    work = len(SRC) * (len(SRC) + len(TGT_IN)) * sum(parameter.numel() for parameter in model.parameters())
    monkeypatch.setattr(importlib.import_module("transformer.explanations.explain"), "MOST_WORK", work - 1)
    assert list(whole_model(model, SRC, TGT_IN, ROW, WORD)) == ["gradient"]
    assert passes == [1]
    found = explain(model, SRC, TGT_IN, ROW, WORD)
    assert list(found.scores) == list(METHODS[:-1])
    assert len(found.agreement) == 4


# --- all five --------------------------------------------------------------------------------------------------------


def test_weights_and_norms_of_one_head_and_of_all() -> None:
    """The norms of all heads are those of their sum, which is the sublayer's output without its bias."""
    model = tiny_model(11)
    trace = trace_pair(model, SRC, TGT_IN)
    block = "decoder.0.cross_attn"
    one, every = (explain(model, SRC, TGT_IN, ROW, WORD, layer=0, head=head) for head in (1, None))
    assert np.allclose(one.scores["weights"], trace[f"{block}.weights"][1, ROW])
    assert np.allclose(every.scores["weights"], trace[f"{block}.weights"][:, ROW].mean(axis=0))
    w_o = model.decoder[0].cross_attn.w_o.weight.detach().numpy()  # type: ignore[union-attr]
    parts = (
        np.einsum("hj,hjd->jhd", trace[f"{block}.weights"][:, ROW], trace[f"{block}.v"]).reshape(len(SRC), -1) @ w_o.T
    )
    assert np.allclose(every.scores["norms"], np.linalg.norm(parts, axis=-1), atol=1e-6)
    bias = model.decoder[0].cross_attn.w_o.bias.detach().numpy()  # type: ignore[union-attr]
    assert np.allclose(parts.sum(axis=0) + bias, trace[f"{block}.output"][ROW], atol=1e-5)
    assert np.allclose(
        one.scores["norms"],
        np.linalg.norm(trace[f"{block}.v"][1] @ w_o[:, 8:16].T, axis=-1) * one.scores["weights"],
        atol=1e-6,
    )


def test_an_explanation_leaves_no_trace_on_the_model() -> None:
    model = tiny_model(12)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = explain(model, SRC, TGT_IN, ROW, WORD)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not model.training
    assert found.log_p == pytest.approx(log_p(model), abs=1e-5)
    assert [row[n] for n, row in enumerate(found.agreement)] == pytest.approx([1] * 5)
    for a, b in itertools.combinations(range(5), 2):
        assert found.agreement[a][b] == found.agreement[b][a]
        value = found.agreement[a][b]
        assert value is not None
        assert -1 <= value <= 1
    assert math.isfinite(found.from_target)


@pytest.mark.parametrize("asked", [{"row": 9}, {"row": -1}, {"word": 13}, {"layer": 2}, {"head": 3}])
def test_what_is_not_there_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(IndexError):
        explain(tiny_model(), SRC, TGT_IN, **{"row": ROW, "word": WORD, **asked})
