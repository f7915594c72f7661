"""Knock-outs: equal to a pass with the context at 0, equal to free writing; and the model stays as it was."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from tests.models import CAUSAL, sentence, tiny_model
from transformer import Transformer
from transformer.attention import SHORT
from transformer.gold import Group, Known
from transformer.heads import blocks_of
from transformer.passport import knockout
from transformer.passport.knockout import Place, right_words, rows_of_a_batch, try_without
from transformer.passport.pronouns import close_road, texts_of
from transformer.passport.pruning import greedy_cuts, needed_at, prune, stop_of
from transformer.positions import POSITIONS
from transformer.tap import Edit, Recorder
from transformer.vocab import BOS, EOS, PAD, UNK, WordVocabulary

WORDS = WordVocabulary(["<pad>", "<s>", "</s>", "<unk>", *"abcdefg"])
SIZES = [(3, 4), (5, 2), (1, 3), (4, 4), (5, 6)]


def places_of(model: Transformer) -> list[Place]:
    return [(block, head) for block in blocks_of(model) for head in range(model.config.n_heads)]


def some_sentences() -> list[Known]:
    """Give sentences of several lengths; some have a pronoun."""
    return [
        Known(sentence(n, n), [*sentence(t, 20 + t, 13), EOS], [], (t // 2, 0) if t > 2 else None, {}) for n, t in SIZES
    ]


def edit_of(missing: list[Place]) -> Edit:
    def edit(name: str, x: torch.Tensor) -> torch.Tensor:
        for block, head in missing:
            if name == f"{block}.context":
                x[:, head] = 0
        return x

    return edit


def written_freely(model: Transformer, src: list[int], most: int, missing: list[Place]) -> list[int]:
    """Write word by word with an edit: the slow and certain way."""
    edit, ids = edit_of(missing), []
    with torch.no_grad():
        while len(ids) < most and EOS not in ids:
            logits = model(torch.tensor([src]), torch.tensor([[BOS, *ids]]), Recorder(edit))[0, -1]
            logits[PAD] = -math.inf
            ids.append(int(logits.argmax()))
    return ids


def assert_as_passes(model: Transformer, known: list[Known], trials: list[list[Place]]) -> None:
    """The loss of each sentence in each trial, padded and side by side, is that of a pass of its own."""
    found = try_without(model, known, trials)
    for n, trial in enumerate(trials):
        for s, one in enumerate(known):
            tap = Recorder(edit_of(trial))
            with torch.no_grad():
                logits = model(torch.tensor([one.src]), torch.tensor([[BOS, *one.tgt[:-1]]]), tap)[0]
            expected = float(F.cross_entropy(logits, torch.tensor(one.tgt)))
            assert float(found.loss[n, s]) == pytest.approx(expected, rel=2e-4, abs=2e-4), (trial, s)


PAIR: list[Place] = [("encoder.1.self_attn", 0), ("decoder.0.cross_attn", 2)]


@pytest.mark.parametrize("kind", CAUSAL[::3])
def test_a_trial_is_the_pass_with_the_context_at_zero(kind: dict[str, Any]) -> None:
    """For every head, and for a pair in both stacks."""
    model = tiny_model(1, **{"norm_first": True, **kind})
    assert_as_passes(model, some_sentences(), [[], *([place] for place in places_of(model)), PAIR])


@pytest.mark.parametrize("position", POSITIONS)
def test_a_trial_of_long_sentences_too(position: str) -> None:
    """Where attention takes its fused road, trials are side by side as well."""
    model = tiny_model(1, max_len=SHORT + 9, position=position)
    known = [Known(sentence(n, n), [*sentence(n - 1, 7), EOS], [], None, {}) for n in (SHORT + 8, SHORT + 5)]
    assert_as_passes(model, known, [[], *([place] for place in places_of(model)[::3]), PAIR])


@pytest.mark.parametrize("causal", [True, False])
def test_exact_means_written_freely(causal: bool) -> None:
    """What the model without a head writes is exactly right for that trial, and with one other word it is not."""
    model, most = tiny_model(4, causal=causal), 6
    places = places_of(model)[::4]
    for n, place in enumerate(places):
        src = sentence(4, n)
        ids = written_freely(model, src, most, [place])
        other = [*ids[:-1], 4 if ids[-1] != 4 else 5]
        known = [Known(src, ids, [], (len(ids) - 1, 0), {}), Known(src, other, [], (len(ids) - 1, 0), {})]
        found = try_without(model, known, [[], [place]])
        assert found.exact[1].tolist() == [True, False]
        assert found.pronoun[1].tolist() == [True, False]
        same = written_freely(model, src, most, []) == ids
        assert bool(found.exact[0, 0]) is same


def test_heads_that_are_gone_count_with_every_trial() -> None:
    model, known = tiny_model(2), some_sentences()
    gone: list[Place] = [("encoder.0.self_attn", 1), ("decoder.1.self_attn", 0)]
    trials: list[list[Place]] = [[], [("decoder.0.cross_attn", 2)], [("encoder.1.self_attn", 0)]]
    apart = try_without(model, known, trials, gone)
    whole = try_without(model, known, [[*gone, *trial] for trial in trials])
    assert torch.allclose(apart.loss, whole.loss, atol=1e-5)


def test_the_model_stays_as_it_was() -> None:
    model = tiny_model(5)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    try_without(model, some_sentences(), [[place] for place in places_of(model)])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_all_work_is_told() -> None:
    model, told = tiny_model(), []
    try_without(model, some_sentences(), [[], [("decoder.0.self_attn", 0)]], done=told.append)
    assert sum(told) == 2 * len(SIZES)


@pytest.mark.parametrize("rows", [1, 2, 7, 40])
def test_small_batches_find_the_same(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the sentences and wide the vocabulary are: the largest tensor stays within its bound."""
    model, known = tiny_model(3), some_sentences()
    trials = [[], *([place] for place in places_of(model))]
    whole = try_without(model, known, trials)
    sizes = []
    model.generator.register_forward_hook(lambda module, given, made: sizes.append(made.shape[:-2].numel()))
    monkeypatch.setattr(knockout, "CELLS", rows * 7 * 40 + 1)  # 7 words, a hidden layer of 40
    told: list[int] = []
    parts = try_without(model, known, trials, done=told.append)
    assert max(sizes) <= rows == rows_of_a_batch(model, known)
    assert torch.equal(parts.exact, whole.exact)
    assert torch.equal(parts.pronoun, whole.pronoun)
    assert torch.allclose(parts.loss, whole.loss, atol=1e-5)
    assert sum(told) == len(trials) * len(known)


def test_nothing_to_try_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to try"):
        try_without(tiny_model(), [], [[]])
    with pytest.raises(ValueError, match="nothing to try"):
        try_without(tiny_model(), some_sentences(), [])


def test_padding_is_never_written_and_an_unknown_word_never_right() -> None:
    """On the closed road as without a head: the model here would rather write padding than any word."""
    model = tiny_model(3)
    src, words = sentence(3, 1), sentence(2, 2, 13)
    with torch.no_grad():
        model.generator.bias[PAD] = 1000
        logits = model(torch.tensor([src]), torch.tensor([[BOS, *words]]))
    best = logits[..., 1:].argmax(dim=-1) + 1
    assert right_words(logits, best, PAD).tolist() == [[word != UNK for word in best[0].tolist()]]
    known = Known(src, [*words, EOS], [], (2, 0), {})
    model.generator.bias.data[EOS] = 900
    group = Group([known], torch.tensor([src]), torch.tensor([[BOS, *words]]))
    assert close_road(model, [group])[0]["value"] == 1
    assert try_without(model, [known], [[]]).pronoun.tolist() == [[True]]


# --- pruning ---------------------------------------------------------------------------------------------------------


def what_it_writes(model: Transformer, n: int) -> list[Known]:
    """Give sentences with the model's own answers: all are exact. It is kept from writing <unk>, which is no answer."""
    found = []
    with torch.no_grad():
        model.generator.bias[UNK] = -100
    for seed in range(n):
        src = sentence(2 + seed % 4, seed)
        found.append(Known(src, written_freely(model, src, 5, []), [], None, {}))
    return found


def test_each_step_takes_the_head_that_costs_least() -> None:
    """Oracle: at every step all heads that are left are tried one by one, each in a pass of its own."""
    model = tiny_model(7, n_encoder_layers=1, n_decoder_layers=1)
    known, left, gone = what_it_writes(model, 8), places_of(model), []
    for cut in greedy_cuts(model, known, left):
        tried = {place: try_without(model, known, [[*gone, place]]) for place in left}
        cost = {place: (-float(t.exact.float().mean()), float(t.loss.mean())) for place, t in tried.items()}
        least = min(cost.values())
        assert cost[cut.place] == pytest.approx(least, abs=1e-5)
        gone.append(cut.place)
        left = [place for place in left if place != cut.place]
    assert len(gone) == len(set(gone))


def test_of_a_model_that_is_never_right_no_head_is_tried() -> None:
    """There is nothing by which they could be told apart, and all heads at all steps is most of the work there is."""
    told: list[int] = []
    known = [Known(sentence(3, n), [UNK, EOS], [], None, {}) for n in range(4)]
    assert not list(greedy_cuts(tiny_model(), known, places_of(tiny_model()), told.append))
    assert not told


def test_a_curve_starts_whole_and_measures_other_sentences() -> None:
    model = tiny_model(7, n_encoder_layers=1, n_decoder_layers=1)
    known = what_it_writes(model, 20)
    curve = prune(model, known, places_of(model), WORDS)
    steps = curve["steps"]
    assert (curve["n"], curve["n_choose"]) == (18, 2)
    assert steps[0]["block"] is None
    assert steps[0]["exact"]["value"] == 1
    held = [one for i, one in enumerate(known) if i % 10]
    gone = [(step["block"], step["head"]) for step in steps[1:]]
    for n, step in enumerate(steps):
        found = try_without(model, held, [gone[:n]])
        assert step["exact"]["value"] == pytest.approx(float(found.exact.float().mean()), abs=1e-6)
    stop = curve["stop"]
    assert 0 <= stop < len(steps)
    assert {(one["block"], one["head"]) for one in curve["needed"]} == set(places_of(model)) - set(gone[:stop])
    assert curve["n_pronouns"] == 0
    assert all(one["pronoun"] is None and one["wrong"] == [] for one in curve["needed"])
    with pytest.raises(ValueError, match="two sentences"):
        prune(model, known[:1], places_of(model), WORDS)


def test_a_head_that_is_left_is_worth_what_goes_wrong_without_it() -> None:
    """Oracle: one pass of its own for each head that is left, with all missing heads named."""
    model = tiny_model(4)
    gone: list[Place] = [("encoder.0.self_attn", 1), ("decoder.1.cross_attn", 0)]
    known = [
        Known(src, ids, [], (len(ids) - 1, 0), {})
        for src in (sentence(2 + seed % 5, seed) for seed in range(12))
        if UNK not in (ids := written_freely(model, src, 5, gone))
    ]
    left = [place for place in places_of(model) if place not in gone]
    found = needed_at(model, known, gone, left, WORDS)
    assert [(one["block"], one["head"]) for one in found] == left
    assert any(one["wrong"] for one in found)
    for one, place in zip(found, left, strict=True):
        alone = try_without(model, known, [[*gone, place]])
        assert one["exact"]["value"] == pytest.approx(float(alone.exact.float().mean()), abs=1e-6)
        assert one["pronoun"]["value"] == pytest.approx(float(alone.pronoun.float().mean()), abs=1e-6)
        wrong = sorted({tuple(known[s].src) for s in (~alone.pronoun[0]).nonzero().flatten().tolist()}, key=len)
        assert sorted(one["wrong"], key=len) == one["wrong"]
        assert len(one["wrong"]) == min(6, len(wrong))
        assert {tuple(WORDS.encode(text).ids) for text in one["wrong"]} <= set(wrong)
        assert all(len(WORDS.encode(text).ids) <= len(wrong[len(one["wrong"]) - 1]) for text in one["wrong"])


def test_where_every_head_can_go_none_is_needed() -> None:
    assert needed_at(tiny_model(), some_sentences(), places_of(tiny_model()), [], WORDS) == []


def test_a_text_that_would_be_read_otherwise_is_no_example() -> None:
    known = Known([4, BOS, 5], [EOS], [], None, {})
    assert texts_of([known, known._replace(src=[5, 4]), known._replace(src=[5, 4])], WORDS) == ["b a"]


@pytest.mark.parametrize(
    ("exact", "stop"),
    [
        ([1, 1, 1, 0.98, 0.4], 2),
        ([1, 0.995, 1, 0.2], 2),
        ([1, 0.5], 0),
        ([0.9, 0.9, 0.895], 2),
        ([1.0], 0),
        ([0.0, 0.0, 0.0], 0),
    ],
)
def test_the_stop_is_the_last_step_before_the_fall(exact: list[float], stop: int) -> None:
    import numpy as np

    assert stop_of(np.array(exact)) == stop
