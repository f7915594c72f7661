"""ModelConfig says exactly what is wrong, goes to JSON and back, and PAPER_BASE has the paper's size."""

import dataclasses
import itertools
import json
import math
import re
from typing import Any

import pytest
import torch

from models import tiny_config
from transformer import PAPER_BASE, POSITIONS, SCORES, ModelConfig, Transformer, trace_pair
from transformer.config import LEFT_OUT

SIZES = ("src_vocab_size", "tgt_vocab_size", "d_model", "n_heads", "n_encoder_layers", "n_decoder_layers", "d_ff")
NOT_COUNTS: list[Any] = [0, -1, 2.0, 2.5, "2", True, None, math.nan, [2]]
NOT_SWITCHES: list[Any] = [0, 1, "yes", 0.0, [True]]

BAD: dict[str, list[Any]] = {
    **dict.fromkeys((*SIZES, "max_len"), NOT_COUNTS),
    "pad_id": [-1, 11, 12, 0.0, "0", True, None],
    "dropout": [-0.1, 1.0, 1.5, math.nan, math.inf, -math.inf, "0.1", True, None, 10**400],
    "layer_norm_eps": [0.0, -1e-5, 1.0, math.nan, math.inf, "1e-5", True, None],
    "norm_first": [*NOT_SWITCHES, None],
    "tie_embeddings": [*NOT_SWITCHES, None],
    "scale_embeddings": [*NOT_SWITCHES, None],
    "final_norm": NOT_SWITCHES,
    "position": ["sinusoid", "Sinusoidal", "", " sinusoidal", None, 0, ["sinusoidal"]],
    "score": ["dot product", "SCALED_DOT", "", None, 1, {"scaled_dot": 1}],
    **{part: [*NOT_SWITCHES, None] for part in LEFT_OUT},
    "activation": ["ReLU", "tanh", "", None, 2, ("relu",)],
}
FIELDS = [field.name for field in dataclasses.fields(ModelConfig)]


def test_the_table_of_bad_values_covers_every_field() -> None:
    assert sorted(BAD) == sorted(FIELDS)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in BAD for value in BAD[field]])
def test_a_bad_value_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"\b{field}\b") as refusal:
        tiny_config(**{field: value})
    others = [name for name in FIELDS if name != field and re.search(rf"\b{name}\b", str(refusal.value))]
    assert not others, f"the sentence also speaks of {others}"
    assert str(value) in str(refusal.value), "the sentence does not show the value"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"n_heads": 5}, ("d_model=24", "n_heads=5")),
        ({"d_model": 8}, ("d_model=8", "n_heads=3")),
        ({"d_model": 27}, ("sinusoidal", "d_model=27", "even")),
        ({"tie_embeddings": True}, ("tie_embeddings", "src_vocab_size=11", "tgt_vocab_size=13")),
        ({"position": "spiral"}, ("position", "spiral", *POSITIONS)),
        ({"score": "cubic"}, ("score", "cubic", *SCORES)),
        ({"activation": "swish"}, ("activation", "swish", "relu", "gelu")),
        ({"layer_norm": False, "final_norm": True}, ("final_norm=True", "layer_norm=False")),
    ],
)
def test_values_that_do_not_fit_together_are_refused_with_what_would(
    changes: dict[str, Any], named: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=named[0]) as refusal:
        tiny_config(**changes)
    assert all(words in str(refusal.value) for words in named), str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.0},
        {"dropout": 0},  # JSON writes 0.0 as it likes
        {"dropout": 0.999},
        dict.fromkeys((*SIZES, "max_len"), 1) | {"position": "none"},
        {"pad_id": 10},
        {"d_model": 27, "position": "none"},
        {"tie_embeddings": True, "tgt_vocab_size": 11},
    ],
)
def test_values_at_the_border_are_accepted(changes: dict[str, Any]) -> None:
    config = tiny_config(**changes)
    assert {name: getattr(config, name) for name in changes} == changes


@pytest.mark.parametrize(
    ("norm_first", "final_norm", "expected"),
    [(False, None, False), (True, None, True), (False, True, True), (True, False, False)],
)
def test_final_norm_follows_norm_first_unless_it_is_given(
    norm_first: bool, final_norm: bool | None, expected: bool
) -> None:
    assert tiny_config(norm_first=norm_first, final_norm=final_norm).final_norm is expected


def test_d_k_is_the_width_of_one_head() -> None:
    assert tiny_config(d_model=24, n_heads=3).d_k == 8
    assert PAPER_BASE.d_k == 64


def test_a_config_cannot_be_changed_and_can_be_a_key() -> None:
    config = tiny_config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.d_model = 48  # pyright: ignore[reportAttributeAccessIssue]
    assert {config: 1}[tiny_config()] == 1
    assert config != dataclasses.replace(config, dropout=0.2)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("score", SCORES)
def test_a_config_survives_json(position: str, score: str) -> None:
    switches = itertools.product((False, True), (False, True), (None, False, True), (False, True), ("relu", "gelu"))
    for norm_first, tie, final_norm, scale, activation in switches:
        config = tiny_config(
            tgt_vocab_size=11,
            position=position,
            score=score,
            norm_first=norm_first,
            tie_embeddings=tie,
            final_norm=final_norm,
            scale_embeddings=scale,
            activation=activation,
            dropout=0.25,
            pad_id=3,
            layer_norm_eps=1e-6,
        )
        assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(("norm_first", "final_norm"), [(False, None), (True, None), (True, False), (False, False)])
def test_without_layer_norm_there_is_no_final_one_either(norm_first: bool, final_norm: bool | None) -> None:
    assert tiny_config(layer_norm=False, norm_first=norm_first, final_norm=final_norm).final_norm is False


@pytest.mark.parametrize(
    ("residual", "layer_norm", "norm_first", "leaves"),
    [
        (True, True, False, "norm"),
        (True, True, True, "residual"),
        (False, True, False, "norm"),
        (False, True, True, "output"),
        (True, False, False, "residual"),
        (True, False, True, "residual"),
        (False, False, False, "output"),
        (False, False, True, "output"),
    ],
)
def test_a_sublayer_leaves_its_last_tensor_in_the_stream(
    residual: bool, layer_norm: bool, norm_first: bool, leaves: str
) -> None:
    config = tiny_config(residual=residual, layer_norm=layer_norm, norm_first=norm_first)
    assert config.leaves == leaves
    names = trace_pair(Transformer(config).eval(), [4, 5], [1, 4]).names()
    of_sublayer = [name for name in names if name.startswith("decoder.1.cross_attn.")]
    assert of_sublayer[-1] == f"decoder.1.cross_attn.{leaves}"
    assert (config.norms_before, config.norms_after) == (layer_norm and norm_first, layer_norm and not norm_first)


def test_a_config_is_written_as_it_was_before_parts_could_be_left_out() -> None:
    """Runs that are shipped, and programs that are older, know nothing of these parts: every model had them."""
    assert not set(LEFT_OUT) & set(PAPER_BASE.to_dict())
    for name in LEFT_OUT:
        lacking = tiny_config(**{name: False})
        assert {key: lacking.to_dict()[key] for key in LEFT_OUT if key in lacking.to_dict()} == {name: False}
        assert ModelConfig.from_dict(json.loads(json.dumps(lacking.to_dict()))) == lacking
        whole = ModelConfig.from_dict({**tiny_config().to_dict(), name: True})
        assert whole == tiny_config()


def test_to_dict_names_every_field_and_only_plain_values() -> None:
    values = PAPER_BASE.to_dict()
    assert list(values) == [name for name in FIELDS if name not in LEFT_OUT]
    assert all(type(value) in (int, float, str, bool) for value in values.values())


def test_from_dict_fills_what_is_left_out_with_the_papers_base() -> None:
    config = ModelConfig.from_dict({"src_vocab_size": 37000, "tgt_vocab_size": 37000, "tie_embeddings": True})
    assert config == PAPER_BASE


@pytest.mark.parametrize("name", ["d_modell", "n_layers", "", "D_MODEL"])
def test_an_unknown_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="unknown") as refusal:
        ModelConfig.from_dict({**tiny_config().to_dict(), name: 1})
    assert repr(name) in str(refusal.value)
    assert "d_model" in str(refusal.value), "the sentence does not say what is known"


@pytest.mark.parametrize("name", ["src_vocab_size", "tgt_vocab_size"])
def test_a_missing_setting_is_refused_by_name(name: str) -> None:
    values = tiny_config().to_dict()
    del values[name]
    with pytest.raises(ValueError, match=name):
        ModelConfig.from_dict(values)


def test_from_dict_checks_values_too() -> None:
    with pytest.raises(ValueError, match="n_heads"):
        ModelConfig.from_dict({**tiny_config().to_dict(), "n_heads": 0})


def test_paper_base_is_table_3s_base() -> None:
    paper = {"d_model": 512, "n_heads": 8, "n_encoder_layers": 6, "n_decoder_layers": 6, "d_ff": 2048, "dropout": 0.1}
    assert {name: getattr(PAPER_BASE, name) for name in paper} == paper
    assert (PAPER_BASE.norm_first, PAPER_BASE.final_norm, PAPER_BASE.position) == (False, False, "sinusoidal")
    assert (PAPER_BASE.score, PAPER_BASE.activation, PAPER_BASE.tie_embeddings) == ("scaled_dot", "relu", True)


def n_parameters(config: ModelConfig) -> int:
    """Count without building: on the "meta" device a tensor has a shape and no numbers."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in Transformer(config).parameters())


def test_paper_base_has_as_many_parameters_as_the_formula_says() -> None:
    attention = 4 * (512 * 512 + 512)  # W_Q, W_K, W_V, W_O with their biases:        1,050,624
    ffn = (512 * 2048 + 2048) + (2048 * 512 + 512)  # W_1, b_1, W_2, b_2:              2,099,712
    norm = 512 + 512  # gain and bias:                                                     1,024
    encoder_layer = attention + ffn + 2 * norm  # two sublayers, a norm for each:      3,152,384
    decoder_layer = 2 * attention + ffn + 3 * norm  # cross attention is the third:    4,204,032
    embedding = 37000 * 512  # one matrix, used three times (section 3.4):            18,944,000
    output_bias = 37000
    assert 6 * encoder_layer + 6 * decoder_layer + embedding + output_bias == 63_119_496
    assert n_parameters(PAPER_BASE) == 63_119_496


def test_untying_and_final_norms_add_what_they_should() -> None:
    untied = dataclasses.replace(PAPER_BASE, tie_embeddings=False)
    assert n_parameters(untied) == 63_119_496 + 2 * 37000 * 512
    with_norms = dataclasses.replace(PAPER_BASE, final_norm=True)
    assert n_parameters(with_norms) == 63_119_496 + 2 * (512 + 512)  # one at the end of each stack


def test_positions_of_the_paper_are_computed_and_not_learned() -> None:
    assert n_parameters(dataclasses.replace(PAPER_BASE, position="none")) == 63_119_496


@pytest.mark.parametrize("final_norm", [True, False])
@pytest.mark.parametrize("tie_embeddings", [True, False])
def test_the_parameters_are_counted_as_they_are_made(final_norm: bool, tie_embeddings: bool) -> None:
    config = ModelConfig(
        src_vocab_size=11,
        tgt_vocab_size=11 if tie_embeddings else 13,
        d_model=12,
        n_heads=3,
        n_encoder_layers=2,
        n_decoder_layers=3,
        d_ff=20,
        final_norm=final_norm,
        tie_embeddings=tie_embeddings,
    )
    kinds = [{"position": position, "score": score} for position, score in itertools.product(POSITIONS, SCORES)]
    for changes in [*kinds, {"residual": False}, {"layer_norm": False, "final_norm": False}]:
        one = dataclasses.replace(config, **changes)
        assert one.n_parameters == sum(parameter.numel() for parameter in Transformer(one).parameters())
