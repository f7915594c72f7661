"""Serial and parallel rows are equal, on random models and shipped runs; free and forced part where they must."""

import pytest
import torch

import models
from transformer.decode import greedy_ids
from transformer.runs import SHIPPED_RUNS, load_run
from transformer.trace import trace_pair
from transformer.vocab import BOS, EOS
from transformer.writing import free_and_forced, rows_of, serial_and_parallel

SHIPPED = sorted(path.name for path in SHIPPED_RUNS.iterdir() if path.is_dir())


def close(one: torch.Tensor, other: torch.Tensor) -> None:
    torch.testing.assert_close(one, other, **models.TOLERANCE)


@pytest.mark.parametrize("kind", models.CAUSAL)
def test_word_by_word_and_all_at_once_are_the_same_rows(kind: dict) -> None:
    model = models.exact(models.tiny_model(**kind))
    src, tgt_in = models.sentence(5, 1), [BOS, *models.sentence(6, 2, 13)]
    found = serial_and_parallel(model, src, tgt_in)
    close(found.serial.logits, found.parallel.logits)
    assert found.serial.weights.keys() == found.parallel.weights.keys()
    for name, weights in found.serial.weights.items():
        close(weights, found.parallel.weights[name])
    assert found.largest == pytest.approx(max(float(found.logits.max()), float(found.weights.max())))


def test_the_rows_are_those_of_a_trace() -> None:
    model, src, tgt_in = models.tiny_model(), models.sentence(4, 3), [BOS, *models.sentence(5, 4, 13)]
    trace, rows = trace_pair(model, src, tgt_in), rows_of(model, src, tgt_in)
    close(rows.logits, torch.tensor(trace["logits"]))
    assert len(rows.weights) == 4
    for name, weights in rows.weights.items():
        close(weights, torch.tensor(trace[f"{name}.weights"]))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_runs_write_the_rows_that_training_computes(name: str) -> None:
    """Show 3: on the example and on test sentences of every shipped run, atol and rtol 1e-5 together."""
    run = load_run(name)
    assert run.task is not None
    examples = run.task.examples(3, "test")
    for text in [run.example, *(next(examples).src for _ in range(4))]:
        src = run.encode(text)
        found = serial_and_parallel(run.model, src, [BOS, *run.decode(src)[:-1]])
        close(found.serial.logits, found.parallel.logits)
        for block, weights in found.serial.weights.items():
            close(weights, found.parallel.weights[block])


def test_without_the_causal_mask_they_differ_and_the_serial_ones_are_shown() -> None:
    model = models.tiny_model(causal=False)
    src, tgt_in = models.sentence(4, 1), [BOS, *models.sentence(5, 2, 13)]
    found = serial_and_parallel(model, src, tgt_in)
    assert found.largest > 1e-2
    assert float(found.logits[-1]) < 1e-5, "the last row has nothing after it to see"
    rows = rows_of(model, src, tgt_in)
    assert torch.equal(rows.logits, found.serial.logits)
    for name, weights in rows.weights.items():
        if ".self_attn" in name:
            assert not weights.triu(1).any(), "a word that was not there has no weight"


def test_rows_with_an_edit_are_the_edited_ones() -> None:
    model, src, tgt_in = models.tiny_model(), models.sentence(4, 1), [BOS, 5, 6]
    loud = serial_and_parallel(model, src, tgt_in, lambda name, x: x * 2 if name == "memory" else x)
    close(loud.serial.logits, loud.parallel.logits)
    assert float((loud.parallel.logits - rows_of(model, src, tgt_in).logits).abs().max()) > 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_free_and_forced_are_one_road_up_to_the_first_error(seed: int) -> None:
    model, src = models.tiny_model(seed), models.sentence(5, seed)
    own = greedy_ids(model, src, 6)
    gold = [*own[:3], *models.sentence(2, seed, 13), EOS]
    found = free_and_forced(model, src, gold)
    assert found.free == greedy_ids(model, src)
    assert len(found.forced) == len(gold)
    step = next((t for t in range(len(gold)) if found.free[t] != gold[t]), None)
    assert found.step == step
    until = len(gold) if step is None else step + 1
    assert found.forced[:until] == found.free[:until]
    with torch.no_grad():  # the definition: every row reads the right words before it
        for t in range(len(gold)):
            logits = model(torch.tensor([src]), torch.tensor([[BOS, *gold[:t]]]))[0, -1]
            assert found.forced[t] == int(logits[1:].argmax()) + 1


def test_who_writes_the_right_answer_never_parts() -> None:
    run = load_run("reverse")
    src = run.encode(run.example)
    found = free_and_forced(run.model, src, run.decode(src))
    assert found.step is None
    assert found.free == found.forced == found.gold


def test_a_shorter_free_sentence_parts_where_it_stops() -> None:
    model = models.tiny_model()
    with torch.no_grad():
        model.generator.bias[EOS] = 1e4
    assert free_and_forced(model, [5], [6, 7, EOS]).step == 0


@pytest.mark.parametrize("gold", [[], [5], [EOS, 5]])
def test_an_answer_without_an_end_is_refused(gold: list[int]) -> None:
    with pytest.raises(ValueError, match="end in EOS"):
        free_and_forced(models.tiny_model(), [5], gold)


def test_a_model_in_training_mode_is_refused() -> None:
    with pytest.raises(RuntimeError, match="training mode"):
        rows_of(models.tiny_model().train(), [5], [BOS])


def test_serial_rows_keep_no_whole_pass_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Word t is written by a pass over t words; of it one row is kept, or n words would take n squared rows."""
    model, kept = models.tiny_model(), []
    real = torch.stack

    def stack(rows: list[torch.Tensor], *more: int, **named: int) -> torch.Tensor:
        kept.extend(rows)
        return real(rows, *more, **named)

    monkeypatch.setattr(torch, "stack", stack)
    serial_and_parallel(model, [5, 6], [BOS, 5, 6, 7])
    assert kept and all(row.untyped_storage().nbytes() == row.nbytes for row in kept)
