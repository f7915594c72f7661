"""Positions: the sinusoids are the paper's, with the three properties for which the paper chose them."""

import math

import numpy as np
import pytest
import torch

from models import TOLERANCE, tiny_config, tiny_model
from paper_in_numpy import POSITIONS_IN_NUMPY, sinusoid
from transformer import POSITIONS, trace_pair
from transformer.positions import Alibi, Learned, Rotary, Sinusoidal, alibi_slopes


def table(n: int, d_model: int) -> np.ndarray:
    return Sinusoidal(d_model, 1, n).embed(n).double().numpy()


def test_entries_computed_by_hand() -> None:
    pe = table(201, 4)  # d_model = 4: wavelengths 2 pi and 2 pi * 10000^(2/4) = 2 pi * 100
    np.testing.assert_allclose(pe[0], [0.0, 1.0, 0.0, 1.0], atol=1e-7)
    np.testing.assert_allclose(pe[1], [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004], atol=1e-7)
    np.testing.assert_allclose(pe[3], [0.1411200081, -0.9899924966, 0.0299955002, 0.9995500337], atol=1e-7)
    np.testing.assert_allclose(pe[200], [math.sin(200), math.cos(200), math.sin(2), math.cos(2)], atol=1e-6)


@pytest.mark.parametrize(("n", "d_model"), [(1, 2), (7, 6), (64, 24), (300, 128)])
def test_the_table_is_the_formula(n: int, d_model: int) -> None:
    np.testing.assert_allclose(table(n, d_model), sinusoid(n, d_model), atol=1e-6)


def test_wavelengths_run_from_2_pi_towards_10000_times_2_pi() -> None:
    n, d_model = 5000, 16
    pe = table(n, d_model)
    phase = np.unwrap(np.arctan2(pe[:, 0::2], pe[:, 1::2]), axis=0)  # (position, pair): the angle of each clock hand
    wavelengths = 2 * np.pi * (n - 1) / (phase[-1] - phase[0])
    np.testing.assert_allclose(wavelengths, [2 * np.pi * 10000 ** (i / 8) for i in range(8)], rtol=1e-4)
    assert (np.diff(wavelengths) > 0).all()
    assert wavelengths[-1] < 10000 * 2 * np.pi


def test_how_alike_two_positions_are_depends_on_their_distance_only() -> None:
    pe = table(60, 32)
    alike = pe @ pe.T
    np.testing.assert_allclose(np.diag(alike), 16.0, atol=1e-5)  # d_model / 2 pairs, each sin^2 + cos^2
    for distance in range(60):
        np.testing.assert_allclose(np.diag(alike, distance), alike[0, distance], atol=1e-5)
    assert alike[0, 1] > alike[0, 2] > alike[0, 3], "neighbours should be more alike than others"


@pytest.mark.parametrize("shift", [1, 5, 17])
def test_a_shift_is_one_linear_map_for_all_positions(shift: int) -> None:
    """PE(pos + k) = M_k PE(pos): the paper's reason to think that relative positions are easy to learn."""
    n, d_model = 40, 12
    shift_map = np.zeros((d_model, d_model))
    for i in range(d_model // 2):  # turn each (sin, cos) pair by k times its frequency
        angle = shift / 10000 ** (2 * i / d_model)
        shift_map[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [
            [math.cos(angle), math.sin(angle)],
            [-math.sin(angle), math.cos(angle)],
        ]
    pe = table(n + shift, d_model)
    np.testing.assert_allclose(pe[shift:], pe[:n] @ shift_map.T, atol=1e-5)


def test_no_two_positions_share_a_vector() -> None:
    pe = table(512, 24)
    distances = np.linalg.norm(pe[:, None] - pe[None], axis=-1) + 10 * np.eye(512)
    assert distances.min() > 0.1


def test_a_longer_table_starts_like_a_shorter_one() -> None:
    np.testing.assert_array_equal(table(64, 8)[:10], table(10, 8))


def test_an_odd_width_has_no_pairs() -> None:
    with pytest.raises(ValueError, match="d_model=27"):
        Sinusoidal.check(27, 3)
    Sinusoidal.check(24, 3)


def test_the_registry_holds_what_the_menu_shows() -> None:
    assert list(POSITIONS) == ["none", "sinusoidal", "learned", "rotary", "alibi"]
    assert set(POSITIONS_IN_NUMPY) == set(POSITIONS), "a new position kind needs its row in paper_in_numpy.py"


@pytest.mark.parametrize("name", POSITIONS)
def test_every_kind_embeds_the_same_way_each_time(name: str) -> None:
    position = POSITIONS[name](24, 3, 16)
    for n in (1, 5, 16):
        embedded = position.embed(n)
        if embedded is None:
            continue
        assert embedded.shape == (n, 24)
        assert embedded.dtype == torch.float32
        again = position.embed(n)
        assert again is not None
        torch.testing.assert_close(again, embedded, atol=0, rtol=0)


def test_what_is_computed_is_not_saved_with_the_weights() -> None:
    assert not POSITIONS["sinusoidal"](24, 3, 16).state_dict()
    assert not list(POSITIONS["sinusoidal"](24, 3, 16).parameters())


@pytest.mark.parametrize("name", POSITIONS)
def test_only_a_model_with_positions_knows_the_order_of_words(name: str) -> None:
    model = tiny_model(position=name)
    src, order = torch.tensor([[4, 5, 6, 7, 8]]), [3, 0, 4, 1, 2]
    with torch.no_grad():
        memory, shuffled = model.encode(src)[0][:, order], model.encode(src[:, order])[0]
    if name == "none":
        torch.testing.assert_close(shuffled, memory, **TOLERANCE)
    else:
        assert (shuffled - memory).abs().max() > 0.01


@pytest.mark.parametrize("name", POSITIONS)
def test_every_kind_works_up_to_max_len(name: str) -> None:
    config = tiny_config(position=name)
    model = tiny_model(position=name)
    ids = torch.full((1, config.max_len), 5)
    assert bool(model(ids, ids).isfinite().all())
    with pytest.raises(ValueError, match="max_len=16"):
        model(torch.full((1, config.max_len + 1), 5), ids)


# --- learned, rotary, ALiBi ------------------------------------------------------------------------------------------


def test_learned_positions_are_one_row_per_position_and_side() -> None:
    model = tiny_model(position="learned")
    src, tgt = model.src_embed.position, model.tgt_embed.position
    assert isinstance(src, Learned) and isinstance(tgt, Learned)
    assert src.table.shape == (16, 24) and src.table is not tgt.table
    assert bool((src.table != tgt.table).any())
    torch.testing.assert_close(src.embed(5), src.table[:5], atol=0, rtol=0)
    assert {"src_embed.position.table", "tgt_embed.position.table"} <= dict(model.named_parameters()).keys()


def test_learned_positions_start_as_large_as_sinusoids() -> None:
    learned = tiny_model(position="learned", d_model=96, max_len=200).src_embed.position.embed(200)
    assert learned is not None
    assert float(learned.detach().square().mean()) == pytest.approx(float(np.square(table(200, 96)).mean()), rel=0.1)


def test_a_turned_vector_keeps_its_length_and_position_0_its_direction() -> None:
    rotary, x = Rotary(24, 3, 16), torch.randn(2, 3, 16, 8)
    turned = rotary.rotate(x)
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1), **TOLERANCE)
    torch.testing.assert_close(turned[:, :, 0], x[:, :, 0], atol=0, rtol=0)
    assert (turned[:, :, 1:] - x[:, :, 1:]).abs().max() > 0.1


def test_after_turning_a_score_depends_on_the_distance_only() -> None:
    rotary = Rotary(8, 1, 40)
    q, k = torch.randn(1, 1, 1, 8).expand(1, 1, 40, 8), torch.randn(1, 1, 1, 8).expand(1, 1, 40, 8)
    scores = (rotary.rotate(q) @ rotary.rotate(k).transpose(-2, -1))[0, 0]
    for distance in (-30, -3, 0, 1, 7, 39):
        along = scores.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along), atol=1e-4, rtol=1e-4)
    assert (scores[0] - scores[0, 0]).abs().max() > 0.1


def test_the_first_pair_turns_by_one_radian_per_word() -> None:
    turned = Rotary(4, 1, 8).rotate(torch.tensor([1.0, 0.0, 1.0, 0.0]).expand(1, 1, 8, 4))[0, 0]
    for place in range(8):
        angles = [math.cos(place), math.sin(place), math.cos(place / 100), math.sin(place / 100)]
        np.testing.assert_allclose(turned[place].numpy(), angles, atol=1e-6)


def test_an_odd_head_cannot_be_turned() -> None:
    with pytest.raises(ValueError, match="d_k = d_model / n_heads = 3 must be even"):
        tiny_config(position="rotary", d_model=9, n_heads=3)


@pytest.mark.parametrize(
    ("n_heads", "slopes"),
    [
        (1, [2**-8]),
        (2, [2**-4, 2**-8]),
        (8, [2**-1, 2**-2, 2**-3, 2**-4, 2**-5, 2**-6, 2**-7, 2**-8]),
        (3, [2**-4, 2**-8, 2**-2]),
        (12, [2 ** -(h + 1) for h in range(8)] + [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]),
    ],
)
def test_slopes_are_those_of_the_paper(n_heads: int, slopes: list[float]) -> None:
    assert alibi_slopes(n_heads) == pytest.approx(slopes)


def test_the_penalty_grows_with_the_distance_on_both_sides() -> None:
    bias = Alibi(24, 4, 16).bias(5)
    assert bias.shape == (1, 4, 5, 5)
    assert bias[0, 0, 2].tolist() == [-0.5, -0.25, 0.0, -0.25, -0.5]  # the first of 4 slopes is 1/4
    assert torch.equal(bias, bias.transpose(-2, -1))


@pytest.mark.parametrize("name", ["rotary", "alibi"])
def test_what_acts_inside_attention_leaves_embeddings_and_cross_attention_alone(name: str) -> None:
    trace = trace_pair(tiny_model(position=name), [4, 5, 6], [1, 7])
    made = [other for other in trace.names() if "rotated" in other or "biased" in other]
    assert made and all(".self_attn." in other for other in made)
    assert "src_embed.position" not in trace


@pytest.mark.parametrize("name", ["rotary", "alibi"])
def test_distances_alone_count_so_a_shifted_sentence_looks_the_same(name: str) -> None:
    """The same words behind a longer sentence get the same scores among themselves in the first layer."""
    model = tiny_model(position=name)
    words = [4, 5, 6, 7]
    name = "encoder.0.self_attn.scores.biased" if name == "alibi" else "encoder.0.self_attn.scores.scaled"
    alone, behind = trace_pair(model, words, [1])[name], trace_pair(model, [8, 9, 8, *words], [1])[name]
    np.testing.assert_allclose(behind[:, 3:, 3:], alone, atol=1e-5)
