"""A step of training does what section 5 says, and a training that has gone wrong is stopped."""

import dataclasses
import math
from collections.abc import Iterator
from itertools import islice

import pytest
import torch
import torch.nn.functional as F

import models
from transformer.model import Transformer
from transformer.tasks import TASKS, Example
from transformer.training import Batch, DivergedError, Pool, Recipe, lesson_plan, loss_of, rows_of, training_steps
from transformer.training.measure import tell
from transformer.training.watch import FAR_ABOVE, FOR_LONG, Best, Watch
from transformer.vocab import EOS, PAD

TINY = Recipe(steps=12, batch=8, pool=64, warmup=4, d_model=16, heads=2, encoder_layers=1, decoder_layers=1, d_ff=16)
TASK = TASKS["fr"]
VOCABULARIES = TASK.vocabularies()


def examples(n: int) -> list[Example]:
    return list(islice(TASK.examples(0, "train"), n))


def test_the_loss_is_the_mean_over_real_words() -> None:
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    batch = Pool(rows_of(examples(40), VOCABULARIES)).batch(list(range(40)))
    with torch.no_grad():
        log_p = model(batch.src, batch.tgt_in).log_softmax(-1)
        by_hand = [
            -float(log_p[i, t, word])
            for i, row in enumerate(batch.tgt_out.tolist())
            for t, word in enumerate(row)
            if word
        ]
        assert loss_of(model, batch).item() == pytest.approx(sum(by_hand) / len(by_hand), abs=1e-5)


def test_padding_changes_neither_loss_nor_gradient() -> None:
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    batch = Pool(rows_of(examples(4), VOCABULARIES)).batch([0, 1, 2, 3])
    wider = type(batch)(*(F.pad(ids, (0, 3), value=PAD) for ids in batch))
    gradients = []
    for one in (batch, wider):
        model.zero_grad()
        loss_of(model, one).backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, **models.TOLERANCE)


def test_training_learns() -> None:
    torch.manual_seed(0)
    recipe = dataclasses.replace(TINY, steps=60, batch=16, pronouns_from=0.0, learning_rate=1e-2)
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    losses = [taken.loss.item() for taken in training_steps(model, recipe, lesson_plan(recipe, VOCABULARIES))]
    assert losses[-1] < 0.6 * losses[0] and losses[0] > 0.8 * math.log(len(VOCABULARIES[1]))


def test_token_accuracy_of_one_who_always_says_the_same() -> None:
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    with torch.no_grad():
        model.generator.weight.zero_()
        model.generator.bias.zero_()
        model.generator.bias[EOS] = 1.0
    found = examples(150)
    words = sum(len(VOCABULARIES[1].encode(example.tgt).ids) + 1 for example in found)
    assert tell(model, Pool(rows_of(found, VOCABULARIES))).accuracy == pytest.approx(len(found) / words)


def test_the_loss_that_is_told_is_that_of_training() -> None:
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    found = examples(150)
    with torch.no_grad():
        expected = loss_of(model, Pool(rows_of(found, VOCABULARIES)).batch(list(range(150)))).item()
    assert tell(model, Pool(rows_of(found, VOCABULARIES))).loss == pytest.approx(expected, abs=1e-5)


def test_label_smoothing_spreads_a_share_over_all_words() -> None:
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    batch, share, n = Pool(rows_of(examples(40), VOCABULARIES)).batch(list(range(40))), 0.1, len(VOCABULARIES[1])
    with torch.no_grad():
        log_p = model(batch.src, batch.tgt_in).log_softmax(-1).double()
        wanted = torch.full_like(log_p, share / n)
        wanted.scatter_add_(-1, batch.tgt_out[..., None], torch.full_like(log_p, 1.0 - share)[..., :1])
        by_hand = -(wanted * log_p).sum(-1)[batch.tgt_out != PAD].mean()
        assert loss_of(model, batch, share).item() == pytest.approx(by_hand.item(), abs=1e-5)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def spoilt_at(step: int, batches: Iterator[Batch], model: Transformer) -> Iterator[Batch]:
    """Put infinity into a weight just before a step."""
    for n, batch in enumerate(batches, 1):
        if n == step:
            model.generator.bias.data[0] = torch.inf
        yield batch


def test_what_is_not_finite_stops_a_training_before_it_learns_from_it() -> None:
    model = Transformer(TINY.config(VOCABULARIES))
    steps = training_steps(model, TINY, spoilt_at(7, lesson_plan(TINY, VOCABULARIES), model))
    assert [taken.step for taken in islice(steps, 6)] == [1, 2, 3, 4, 5, 6]
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(DivergedError, match="the loss of step 7 was not finite"):
        next(steps)
    changed = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, weights[name])]
    assert changed == ["generator.bias"]  # by the test itself


def watch_all(losses: list[float]) -> int:
    """Count the steps until a training is stopped."""
    watch = Watch()
    for n, loss in enumerate(losses, 1):
        try:
            watch.add(loss)
        except DivergedError:
            return n
    return len(losses)


def test_far_above_its_start_for_long_is_diverged() -> None:
    high = 4.0 * FAR_ABOVE + 0.01
    assert watch_all([4.0] + [high] * 300) == FOR_LONG  # no verdict before there is enough to look at
    assert watch_all([4.0] + [1.0] * 500 + [high] * 300) == 501 + FOR_LONG // 2 + 1
    assert watch_all([4.0] + [high, high, 1.0] * 300) == FOR_LONG  # two thirds are enough


@pytest.mark.parametrize(
    "losses",
    [
        [4.0] * 1000,  # no worse than at the start, only no better
        [4.0] + [5.9] * 1000,  # a little above
        [4.0] + ([1000.0] * 30 + [1.0] * 70) * 10,  # spikes that pass
        [4.0] + [8.0, 1.0] * 500,  # half and half
    ],
)
def test_what_may_come_back_is_let_go_on(losses: list[float]) -> None:
    assert watch_all(losses) == len(losses)


def test_the_best_weights_are_the_most_exact_ones_then_those_with_the_lowest_loss() -> None:
    model, best = models.tiny_model(), Best()
    seen = [(0.0, 4.0), (0.0, 3.0), (0.5, 2.0), (0.5, 2.5), (0.4, 0.1), (0.5, math.nan), (0.5, 1.9), (0.1, 1.0)]
    for step, (exact, loss) in enumerate(seen):
        with torch.no_grad():
            model.generator.bias.fill_(step)
        best.see(model, step, exact, loss)
    best.give_back(model)
    assert best.step == 6 and bool((model.generator.bias == 6).all())
