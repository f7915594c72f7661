"""What excites a hidden unit: against a loop over single sentences, one at a time and without any batch."""

from itertools import islice

import numpy as np
import pytest
import torch

from models import TOLERANCE, sentence, tiny_model
from transformer.gold import Group, groups_of
from transformer.runs import Run, load_run
from transformer.studies.units import UnitFacts, measure_units
from transformer.trace import trace_pair

PLACES = ["encoder.0.ffn", "encoder.1.ffn", "decoder.0.ffn", "decoder.1.ffn"]


@pytest.fixture(scope="module", params=["relu", "gelu"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def some_groups() -> list[Group]:
    """Two groups of different lengths; the second repeats a sentence, so that two places excite equally."""
    first = torch.tensor([sentence(5, seed=n) for n in range(4)])
    second = torch.tensor([sentence(3, seed=9), sentence(3, seed=9)])
    tgt = [torch.tensor([[1, *sentence(n, seed=20 + k, vocab_size=13)] for k in range(m)]) for n, m in ((4, 4), (2, 2))]
    return [Group([], first, tgt[0]), Group([], second, tgt[1])]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("norm_first", [False, True])
def test_every_fact_of_every_unit_is_that_of_a_plain_loop(place: str, norm_first: bool, kind: str) -> None:
    model = tiny_model(norm_first=norm_first, activation=kind)
    groups = some_groups()
    facts = measure_units(model, groups, place, best=3)
    seen: list[tuple[int, int, int, np.ndarray]] = []  # sentence, position, id, activations
    pairs = [(s.tolist(), t.tolist()) for group in groups for s, t in zip(group.src, group.tgt_in, strict=True)]
    for n, (src, tgt) in enumerate(pairs):
        hidden = trace_pair(model, src, tgt)[f"{place}.hidden"]
        ids = src if place.startswith("encoder") else tgt
        assert facts.sentences[n] == ids
        seen += [(n, at, token, hidden[at]) for at, token in enumerate(ids)]
    for unit in range(model.config.d_ff):
        values = {token: [row[unit] for *_, other, row in seen if other == token] for token in {s[2] for s in seen}}
        best = sorted(values, key=lambda token: -max(values[token]))[:3]
        np.testing.assert_allclose(facts.activation[unit], [max(values[token]) for token in best], **TOLERANCE)
        assert facts.share[unit] == pytest.approx(np.mean([row[unit] > 0 for *_, row in seen]))
        for rank, word in enumerate(facts.words[unit]):
            own = values[int(word)]
            assert max(own) == pytest.approx(facts.activation[unit, rank], abs=1e-5)
            assert facts.count[unit, rank] == len(own)
            assert facts.fired[unit, rank] == pytest.approx(np.mean(np.array(own) > 0))
            n, at = facts.places[unit, rank]
            assert facts.sentences[n][at] == word
            row = next(row for m, pos, _, row in seen if (m, pos) == (n, at))
            assert row[unit] == pytest.approx(facts.activation[unit, rank], abs=1e-5)


def test_words_come_in_order_and_each_once() -> None:
    facts = measure_units(tiny_model(), some_groups(), "encoder.0.ffn")
    assert (np.diff(facts.activation, axis=1) <= 0).all()
    for words in facts.words:
        assert len(set(words)) == len(words)


def test_there_are_no_more_words_than_were_read() -> None:
    groups = [Group([], torch.tensor([[4, 5]]), torch.tensor([[1, 6]]))]
    assert measure_units(tiny_model(), groups, "encoder.0.ffn").words.shape == (40, 2)


def test_what_cannot_be_measured_is_refused() -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match="no sentence"):
        measure_units(model, [], "encoder.0.ffn")
    with pytest.raises(KeyError):
        measure_units(model, some_groups(), "encoder.7.ffn")
    with pytest.raises(RuntimeError, match="training mode"):
        measure_units(model.train(), some_groups(), "encoder.0.ffn")


@pytest.fixture(scope="module")
def french() -> Run:
    return load_run("fr")


@pytest.fixture(scope="module")
def measured(french: Run) -> UnitFacts:
    assert french.task is not None
    examples = islice(french.task.examples(0, "test"), 40)
    return measure_units(french.model, groups_of(examples, french.src_vocab, french.tgt_vocab), "decoder.1.ffn")


def test_without_a_unit_the_stream_lacks_exactly_what_the_unit_writes(french: Run, measured: UnitFacts) -> None:
    """The page says that a unit adds its activation times a column of w_2.weight: take it away and see."""
    at = "decoder.1.ffn"
    unit = int(measured.share.argmax())
    ids = french.encode(french.example)
    tgt_in = [1, *french.decode(ids)[:-1]]
    whole = trace_pair(french.model, ids, tgt_in)

    def silence(name: str, x: torch.Tensor) -> torch.Tensor:
        if name == f"{at}.hidden":
            x[..., unit] = 0
        return x

    without = trace_pair(french.model, ids, tgt_in, edit=silence)
    written = french.model.state_dict()[f"{at}.w_2.weight"].numpy()[:, unit]  # (d_model,)
    added = whole[f"{at}.hidden"][:, unit : unit + 1] * written
    np.testing.assert_allclose(whole[f"{at}.output"] - without[f"{at}.output"], added, atol=1e-5, rtol=1e-5)


def test_a_unit_of_the_last_layer_adds_to_the_logits_what_the_page_says(french: Run) -> None:
    """A logit is W (gamma (x - mean) / sd + beta) + b: for the sd that the row has, a sum over the hidden units."""
    config, state = french.model.config, french.model.state_dict()
    assert not config.norm_first
    at, last = "decoder.1.ffn", "decoder.1"
    ids = french.encode(french.example)
    trace = trace_pair(french.model, ids, [1, *french.decode(ids)[:-1]])
    gamma, beta = (state[f"{last}.around_ffn.norm.{end}"].double().numpy() for end in ("weight", "bias"))
    out, bias = (state[f"generator.{end}"].double().numpy() for end in ("weight", "bias"))
    w_2 = state[f"{at}.w_2.weight"].double().numpy()  # (d_model, d_ff)
    before = trace[f"{at}.residual"].astype(float)  # (tgt, d_model)
    sd = np.sqrt(before.var(axis=-1, keepdims=True) + config.layer_norm_eps)

    def logits_of(added: np.ndarray) -> np.ndarray:
        """Give what a vector added before the norm adds to the logits: (..., d_model) -> (..., vocab)"""
        return (gamma * (added - added.mean(axis=-1, keepdims=True))) @ out.T

    shares = trace[f"{at}.hidden"].astype(float)[:, :, None] * logits_of(w_2.T)  # (tgt, d_ff, vocab)
    rest = logits_of(before - trace[f"{at}.hidden"].astype(float) @ w_2.T)
    rebuilt = (shares.sum(axis=1) + rest) / sd + beta @ out.T + bias
    np.testing.assert_allclose(rebuilt, trace["logits"], atol=1e-4, rtol=1e-5)
