"""Taps: OFF does nothing, a Recorder keeps names and edits one pass only."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from models import BOS, TOLERANCE, padded, padded_batch, sentence, tiny_model
from transformer import Transformer
from transformer.tap import OFF, Recorder

SRC, TGT_IN = padded([sentence(5, 1)]), padded([[BOS, *sentence(3, 2)]])


def run(model: Transformer, tap: Recorder) -> dict[str, Tensor]:
    with torch.no_grad():
        model(SRC, TGT_IN, tap)
    return tap.tensors


def edit_of(name: str, change: Callable[[Tensor], Tensor]) -> Callable[[str, Tensor], Tensor]:
    return lambda full_name, x: change(x) if full_name == name else x


def test_off_hands_every_tensor_back_and_keeps_nothing() -> None:
    x, before = torch.randn(2), dict(vars(OFF))
    assert OFF("weights", x) is x
    assert OFF.at("encoder.0").at("self_attn") is OFF
    assert vars(OFF) == before


def test_a_recorder_joins_places_to_full_names_in_the_order_of_the_calls() -> None:
    tap, x = Recorder(), torch.randn(2)
    assert tap.at("encoder.0").at("self_attn")("weights", x) is x
    assert tap("memory", x) is x
    tap.at("decoder.1")("weights", 2 * x)
    assert list(tap.tensors) == ["encoder.0.self_attn.weights", "memory", "decoder.1.weights"]
    assert torch.equal(tap.tensors["decoder.1.weights"], 2 * x)


def test_two_recorders_share_nothing() -> None:
    first, second = Recorder(), Recorder()
    first("memory", torch.zeros(1))
    assert not second.tensors


def test_the_edited_tensor_is_kept_and_handed_on() -> None:
    seen: list[str] = []

    def edit(name: str, x: Tensor) -> Tensor:
        seen.append(name)
        return x + 1

    tap = Recorder(edit)
    assert torch.equal(tap.at("ffn")("hidden", torch.zeros(2)), torch.ones(2))
    assert torch.equal(tap.tensors["ffn.hidden"], torch.ones(2))
    assert seen == ["ffn.hidden"]


@pytest.mark.parametrize(
    "change", [lambda x: x[:, :1], lambda x: x.sum(), lambda x: x[None], lambda x: x.transpose(-1, -2)]
)
def test_an_edit_of_the_wrong_shape_is_refused_by_name(change: Callable[[Tensor], Tensor]) -> None:
    name = "decoder.1.cross_attn.weights"  # (1, 3, 4, 5): also its transpose has another shape
    with pytest.raises(ValueError, match=r"decoder\.1\.cross_attn\.weights .*\(1, 3, 4, 5\)"):
        run(tiny_model(), Recorder(edit_of(name, change)))


def test_an_edit_changes_what_comes_after_it_and_nothing_before() -> None:
    model, name = tiny_model(), "decoder.0.cross_attn.weights"
    plain, edited = run(model, Recorder()), run(model, Recorder(edit_of(name, lambda x: x.flip(-1))))
    names = list(plain)
    at = names.index(name)
    assert all(torch.equal(edited[before], plain[before]) for before in names[:at])
    assert torch.equal(edited[name], plain[name].flip(-1))
    for after in ("decoder.0.cross_attn.context", "decoder.0.cross_attn.norm", "decoder.1.self_attn.q", "logits"):
        assert not torch.allclose(edited[after], plain[after], atol=1e-4)


@pytest.mark.parametrize("name", ["encoder.0.self_attn", "decoder.1.self_attn", "decoder.0.cross_attn"])
@pytest.mark.parametrize("head", [0, 2])
def test_a_head_knocked_out_is_a_head_whose_part_of_w_o_is_0(name: str, head: int) -> None:
    def silence(context: Tensor) -> Tensor:
        context[:, head] = 0.0
        return context

    model = tiny_model()
    knocked_out = run(model, Recorder(edit_of(f"{name}.context", silence)))["logits"]
    with torch.no_grad():
        model.get_parameter(f"{name}.w_o.weight")[:, head * 8 : (head + 1) * 8] = 0.0
        torch.testing.assert_close(knocked_out, model(SRC, TGT_IN), **TOLERANCE)


def scribble(x: Tensor) -> Tensor:
    return x.logical_not_() if x.dtype == torch.bool else x.add_(1)


@pytest.mark.parametrize("norm_first", [False, True], ids=["post", "pre"])
@pytest.mark.parametrize("changes", [{}, {"position": "none", "scale_embeddings": False}], ids=["paper", "bare"])
def test_an_edit_in_place_changes_this_pass_and_nothing_else(norm_first: bool, changes: dict[str, Any]) -> None:
    """An edit gets a tensor of its own: neither the model, nor the next pass, nor what was kept before may change."""
    model = tiny_model(norm_first=norm_first, **changes)
    state = {name: x.clone() for name, x in [*model.state_dict().items(), *model.named_buffers()]}
    plain = run(model, Recorder())
    for position, name in enumerate(plain):
        changed = run(model, Recorder(edit_of(name, scribble)))
        for earlier in list(plain)[:position]:
            assert torch.equal(changed[earlier], plain[earlier]), f"an edit of {name} changed {earlier}"
        assert not torch.equal(changed[name], plain[name])
        assert all(torch.equal(x, state[key]) for key, x in [*model.state_dict().items(), *model.named_buffers()]), name
    for name, x in run(model, Recorder()).items():
        assert torch.equal(x, plain[name]), name


def test_a_recorder_sees_a_padded_batch_with_its_batch_axis() -> None:
    src, tgt_in = padded_batch()
    tap = Recorder()
    tiny_model()(src, tgt_in, tap)
    assert tap.tensors["decoder.1.cross_attn.weights"].shape == (4, 3, 7, 6)
    assert tap.tensors["src_mask"].shape == (4, 1, 1, 6)
    hidden = ~tap.tensors["src_mask"].expand(4, 3, 7, 6)
    assert torch.equal(tap.tensors["decoder.1.cross_attn.weights"][hidden], torch.zeros(int(hidden.sum())))
