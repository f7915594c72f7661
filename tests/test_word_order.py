"""Without positions the encoder cannot tell one order of words from another; with them it can."""

import pytest
import torch

from models import ANY, KINDS, TOLERANCE, sentence, tiny_model
from transformer import Transformer, trace_pair
from transformer.decode import greedy_ids
from transformer.studies.word_order import WithoutPositions, read, swap_words, telling_pair
from transformer.tap import Recorder

WORDS = sentence(6, seed=4)
MOST = 16


@pytest.mark.parametrize("kind", ANY)
def test_without_positions_rows_change_places_and_nothing_else(kind: dict) -> None:
    swap = swap_words(tiny_model(**kind), WORDS, 1, 4, positions=False, most=MOST)
    torch.testing.assert_close(swap.after.memory[[0, 4, 2, 3, 1, 5]], swap.before.memory, **TOLERANCE)
    assert swap.largest < 1e-5
    assert float(swap.change.max()) < 1e-5
    assert swap.before.written == swap.after.written


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "none" not in str(kind.id)])
def test_with_positions_every_word_sees_the_swap(kind: dict) -> None:
    swap = swap_words(tiny_model(**kind), WORDS, 1, 4, positions=True, most=MOST)
    assert float(swap.change.min()) > 1e-4
    assert swap.change.shape == (6,)


def test_a_model_without_positions_has_none_to_lose() -> None:
    model = tiny_model(position="none")
    assert torch.equal(read(model, WORDS, False, MOST).memory, read(model, WORDS, True, MOST).memory)


@pytest.mark.parametrize("kind", ANY)
def test_taking_positions_away_is_the_same_weights_in_a_model_without_any(kind: dict) -> None:
    model = tiny_model(**kind)
    bare = tiny_model(**{**kind, "position": "none"})
    bare.load_state_dict({name: t for name, t in model.state_dict().items() if "position" not in name})
    memory, _ = bare.encode(torch.tensor([WORDS]))
    torch.testing.assert_close(read(model, WORDS, False, MOST).memory, memory[0].detach(), **TOLERANCE)


@pytest.mark.parametrize("scaled", [True, False])
def test_the_sum_becomes_what_it_was_before_positions_came(scaled: bool) -> None:
    model = tiny_model(scale_embeddings=scaled)
    recorder = Recorder(WithoutPositions())
    with torch.no_grad():
        model.encode(torch.tensor([WORDS]), recorder)
    before = recorder.tensors["src_embed.scaled" if scaled else "src_embed.tokens"]
    assert torch.equal(recorder.tensors["src_embed.sum"], before)


@pytest.mark.parametrize("kind", ANY)
def test_with_positions_it_writes_what_greedy_decoding_writes(kind: dict) -> None:
    model = tiny_model(**kind)
    assert read(model, WORDS, True, MOST).written == greedy_ids(model, WORDS)


def test_writing_stops_where_it_is_told_to() -> None:
    assert len(read(tiny_model(), WORDS, True, 3).written) <= 3


def test_a_swap_measures_each_word_as_a_share_of_its_length() -> None:
    model = tiny_model()
    swap = swap_words(model, WORDS, 0, 5, positions=True, most=MOST)
    one = read(model, WORDS, True, MOST).memory
    other = read(model, [WORDS[5], *WORDS[1:5], WORDS[0]], True, MOST).memory
    assert float(swap.change[0]) == pytest.approx(float((other[5] - one[0]).norm() / one[0].norm()))
    assert float(swap.change[2]) == pytest.approx(float((other[2] - one[2]).norm() / one[2].norm()))
    assert swap.largest == pytest.approx(float((other[[5, 1, 2, 3, 4, 0]] - one).abs().max()))


def test_the_memory_is_that_of_the_pass() -> None:
    model = tiny_model()
    trace = trace_pair(model, WORDS, [1])
    assert torch.equal(read(model, WORDS, True, MOST).memory, torch.tensor(trace["memory"]))


def test_the_model_stays_as_it_is() -> None:
    model = tiny_model(position="learned")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    swap_words(model, WORDS, 1, 4, positions=False, most=MOST)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_what_cannot_be_swapped_is_refused() -> None:
    model = tiny_model()
    for i, j in ((0, 6), (-1, 2)):
        with pytest.raises(ValueError, match="words 0"):
            swap_words(model, WORDS, i, j, True, MOST)
    with pytest.raises(RuntimeError, match="training mode"):
        swap_words(Transformer(model.config), WORDS, 0, 1, True, MOST)


@pytest.mark.parametrize(
    ("tokens", "pair"),
    [
        (["the", "animal", "did", "not", "cross", "the", "street", "because", "it", "was", "too", "tired"], (1, 6)),
        (list("358+467"), (0, 6)),
        (["▁the", "▁cat", "s", "▁saw", "▁the", "▁dog"], (1, 5)),
        (list("mon 3 may 2021"), (4, 13)),
        (["thanks"], None),
        (["a", "a"], None),
        ([], None),
        (["+", "1"], None),
    ],
)
def test_a_pair_worth_swapping(tokens: list[str], pair: tuple[int, int] | None) -> None:
    assert telling_pair(tokens) == pair


def test_a_model_of_zeros_changes_by_nothing() -> None:
    model = tiny_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    swap = swap_words(model, WORDS, 1, 4, positions=True, most=MOST)
    assert swap.change.tolist() == [0.0] * 6, "a row of zeros has no length to divide by"
