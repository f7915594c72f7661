"""Sampling: seeds repeat, frequencies are the probabilities, forced words stay, and nobody else's generator moves."""

from collections import Counter
from itertools import accumulate

import pytest
import torch
from torch import Tensor

import models
from transformer.decode import greedy_ids
from transformer.model import Transformer
from transformer.vocab import EOS, PAD
from transformer.writing import Filters, sample
from transformer.writing.sampling import pick

SOURCE = [4, 7, 5, 9]


def drawn(model: Transformer, filters: Filters | None = None, seed: int = 0, prefix: tuple[int, ...] = ()) -> list[int]:
    return [step.ids for step in sample(model, SOURCE, filters, seed, prefix=prefix)][-1]


def lively(seed: int = 0) -> Transformer:
    """A random model that writes many different sentences and stops sooner or later."""
    model = models.tiny_model(seed)
    with torch.no_grad():
        model.generator.bias[EOS] += 1.0
    return model


def test_the_same_seed_draws_the_same_words_and_others_draw_others() -> None:
    model = lively()
    sentences = [drawn(model, seed=seed) for seed in range(12)]
    assert sentences == [drawn(model, seed=seed) for seed in range(12)]
    assert len({tuple(ids) for ids in sentences}) > 6


def test_a_draw_reads_no_other_generator_and_moves_none() -> None:
    model = lively()
    expected = drawn(model, seed=5)
    torch.manual_seed(123)
    state = torch.get_rng_state()
    assert drawn(model, seed=5) == expected
    assert torch.equal(torch.get_rng_state(), state)


def test_two_samplings_at_once_do_not_mix() -> None:
    model = lively()
    one, other = sample(model, SOURCE, seed=1), sample(model, SOURCE, seed=2)
    steps: list[list[list[int]]] = [[], []]
    running = [one, other]
    while running:
        for nth, draws in ((0, one), (1, other)):
            step = next(draws, None)
            if step is not None:
                steps[nth].append(step.ids)
            elif draws in running:
                running.remove(draws)
    assert [ids[-1] for ids in steps] == [drawn(model, seed=1), drawn(model, seed=2)]


@pytest.mark.parametrize("seed", range(4))
def test_one_word_left_is_greedy(seed: int) -> None:
    model = lively(seed)
    assert drawn(model, Filters(top_k=1), seed=seed) == greedy_ids(model, SOURCE)
    assert drawn(model, Filters(temperature=1e-6), seed=seed) == greedy_ids(model, SOURCE)


def test_every_step_says_what_it_was_drawn_from() -> None:
    model, filters = lively(), Filters(1.3, 6, 0.9)
    written: list[int] = []
    for step in sample(model, SOURCE, filters, seed=3):
        p = step.stages[-1].p
        assert float(p[step.ids[-1]]) > 0
        assert step.ids[-1] == pick(p, step.u)
        assert step.ids[:-1] == written
        assert PAD not in step.ids
        with torch.no_grad():
            logits = model(torch.tensor([SOURCE]), torch.tensor([[1, *written]]))[0, -1]
        torch.testing.assert_close(step.logits, logits, atol=1e-5, rtol=1e-5)
        written = step.ids


def test_a_forced_word_stands_and_the_dice_fall_as_before() -> None:
    model = lively()
    free = drawn(model, seed=9)
    assert drawn(model, seed=9, prefix=tuple(free[:2])) == free
    other = 4 if free[0] != 4 else 6
    steps = list(sample(model, SOURCE, seed=9, prefix=[other, 8]))
    assert steps[-1].ids[:2] == [other, 8]
    assert [step.forced for step in steps[:3]] == [True, True, False][: len(steps)]


def test_padding_is_never_drawn_however_probable() -> None:
    model = lively()
    with torch.no_grad():
        model.generator.bias[PAD] = 50.0
    assert all(PAD not in drawn(model, seed=seed) for seed in range(5))


def p_of(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_the_line_from_0_to_1_holds_every_word_as_wide_as_its_p() -> None:
    p = p_of(0.2, 0.0, 0.5, 0.3)
    picks = [pick(p, (n + 0.5) / 1000) for n in range(1000)]
    assert Counter(picks) == {2: 500, 3: 300, 0: 200}
    assert picks == sorted(picks, key=[2, 3, 0].index), "the most probable word comes first"


def test_the_ends_of_the_line() -> None:
    p = p_of(0.0, 0.25, 0.75)
    assert [pick(p, u) for u in (0.0, 0.7499999, 0.75, 1 - 2**-53)] == [2, 2, 1, 1]
    thirds = p_of(1 / 3, 1 / 3, 1 / 3, 0.0) * (1 - 1e-12)  # the last end lies below 1
    assert pick(thirds, 1 - 2**-53) == 2


@pytest.mark.parametrize("filters", [Filters(), Filters(1.8, 7, 0.9)], ids=str)
def test_the_word_that_u_hits_is_the_word_that_is_written(filters: Filters) -> None:
    """Inverse transform, word by word in plain Python: the first word whose cumulative probability is above u."""
    model, drawn_words = lively(), set()
    for seed in range(8):
        dice = torch.Generator().manual_seed(seed)
        for step in sample(model, SOURCE, filters, seed):
            assert step.u == float(torch.rand((), generator=dice, dtype=torch.float64)), "one number for each word"
            p = step.stages[-1].p.tolist()
            ranked = sorted(range(len(p)), key=lambda i: (-p[i], i))
            reached = accumulate(p[word] for word in ranked)
            assert step.ids[-1] == next(word for word, end in zip(ranked, reached, strict=True) if step.u < end)
            drawn_words.add(step.ids[-1])
    assert len(drawn_words) > 4


def chance(found: Counter[int], p: Tensor) -> float:
    """Give the probability that counts differ from p by so much or more, by chi-square. Words that p cuts: never."""
    count, p_all = found.total(), p.tolist()
    assert all(p_all[word] > 0 for word in found)
    common = [word for word, one in enumerate(p_all) if count * one >= 5]
    seen, wanted = [found[word] for word in common], [count * p_all[word] for word in common]
    if count - sum(wanted) > 1e-6:  # the rare ones together
        seen, wanted = [*seen, count - sum(seen)], [*wanted, count - sum(wanted)]
    chi2 = sum((o - e) ** 2 / e for o, e in zip(seen, wanted, strict=True))
    half = torch.tensor([(len(seen) - 1) / 2, chi2 / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half[0], half[1]))


@models.counts(6000, ci=400)
@pytest.mark.parametrize("filters", [Filters(), Filters(1.6, 8, 0.95)], ids=str)
def test_frequencies_over_many_seeds_are_the_probabilities(filters: Filters, count: int) -> None:
    """With these seeds it is so or not: nothing here is left to chance. And other distributions are told from it."""
    model = lively()
    p = next(sample(model, SOURCE, filters)).stages[-1].p
    found = Counter(next(sample(model, SOURCE, filters, seed=seed)).ids[0] for seed in range(count))
    assert chance(found, p) > 0.001
    assert chance(found, (p > 0) / (p > 0).sum()) < 1e-6


@pytest.mark.parametrize("prefix", [[0], [99], [-1], [EOS, 4], [4] * 40])
def test_a_prefix_that_nobody_could_have_written_is_refused(prefix: list[int]) -> None:
    with pytest.raises(ValueError, match="forced"):
        next(sample(lively(), SOURCE, prefix=prefix))


def test_a_model_in_training_mode_is_refused() -> None:
    with pytest.raises(RuntimeError, match="training mode"):
        next(sample(lively().train(), SOURCE))


def test_an_edit_is_heard_and_leaves_the_model_as_it_was() -> None:
    model = lively()
    before = drawn(model, seed=4)

    def only_eight(name: str, x: Tensor) -> Tensor:
        if name == "logits":
            x[..., 8] += 1e4
        return x

    steps = list(sample(model, SOURCE, seed=4, max_len=5, edit=only_eight))
    assert steps[-1].ids == [8] * 5
    assert drawn(model, seed=4) == before


def test_an_edit_that_leaves_no_numbers_is_said() -> None:
    with pytest.raises(FloatingPointError, match="not numbers"):
        next(sample(lively(), SOURCE, edit=lambda name, x: x * float("nan") if name == "memory" else x))
