"""What a line of metrics says about a training is what a second computation finds."""

import dataclasses
import json
import math
from itertools import islice
from pathlib import Path

import pytest
import torch

import models
from transformer import load_run
from transformer.decode import exact_match, greedy_ids
from transformer.heads import measure_heads
from transformer.model import Transformer
from transformer.tap import Recorder
from transformer.tasks import TASKS
from transformer.training import N_VALID, Pool, Recipe, lesson_plan, loss_of, rows_of, train, training_steps
from transformer.training.live import Pulse, layers_of
from transformer.training.measure import Exam, Told, gold_of, tell
from transformer.vocab import EOS

TINY = Recipe(
    steps=30, batch=8, pool=240, warmup=4, d_model=16, heads=2, encoder_layers=2, decoder_layers=1, d_ff=16, dropout=0.0
)
TASK = TASKS["fr"]
VOCABULARIES = TASK.vocabularies()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "live"
    train(TINY, path)
    return path


def lines_of(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


# --- between two looks -----------------------------------------------------------------------------------------------


def test_there_is_something_to_see_at_once(run: Path) -> None:
    assert [line["step"] for line in lines_of(run)][:5] == [0, 1, 2, 3, 4]  # short trainings have many pictures
    assert {1, 2, 3, 5, 10, 20, 30} <= {line["step"] for line in lines_of(run)}
    assert all(line["tokens"] > 0 for line in lines_of(run)[1:])


@pytest.mark.parametrize("kind", models.KINDS[::7])
@pytest.mark.parametrize("changes", [{}, {"tie_embeddings": True, "src_vocab_size": 13}, {"layer_norm": False}])
def test_every_parameter_belongs_to_one_layer(kind: dict, changes: dict) -> None:
    model = Transformer(models.tiny_config(**kind | changes | ({"norm_first": False} if changes else {})))
    layers = layers_of(model)
    assert list(layers) == ["embeddings", "encoder.0", "encoder.1", "decoder.0", "decoder.1", "output"]
    found = [id(parameter) for layer in layers.values() for parameter in layer]
    assert sorted(found) == sorted(map(id, model.parameters())) and all(layers.values())


@pytest.mark.parametrize("clip", [0.05, 1.0, 1e6])
def test_the_gradient_of_a_layer_is_that_before_it_was_clipped(clip: float) -> None:
    recipe = dataclasses.replace(TINY, clip=clip)
    torch.manual_seed(3)
    model = Transformer(recipe.config(VOCABULARIES))
    batch = next(lesson_plan(recipe, VOCABULARIES))
    loss_of(model.train(), batch).backward()
    whole = [
        math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in layer if p.grad is not None))
        for layer in layers_of(model).values()
    ]
    pulse, steps = Pulse(model, clip), training_steps(model, recipe, lesson_plan(recipe, VOCABULARIES))
    facts = pulse.facts(next(steps))
    assert facts["grad_norms"] == pytest.approx(whole, rel=1e-3)
    assert facts["grad_norm"] == pytest.approx(math.sqrt(sum(x * x for x in whole)), rel=1e-3)


def test_the_layers_are_named_in_the_run(run: Path) -> None:
    names = load_run(run).info["training"]["layers"]
    assert names == ["embeddings", "encoder.0", "encoder.1", "decoder.0", "output"]
    for line in lines_of(run)[1:]:
        assert len(line["grad_norms"]) == len(names)
        assert math.sqrt(sum(x * x for x in line["grad_norms"])) == pytest.approx(line["grad_norm"], rel=1e-3)


def test_tokens_are_counted_without_padding() -> None:
    recipe = dataclasses.replace(TINY, steps=3)
    pool = Pool(rows_of(list(islice(TASK.examples(recipe.seed, "train"), 24)), VOCABULARIES))
    steps = training_steps(
        Transformer(recipe.config(VOCABULARIES)), recipe, pool.batches(8, __import__("random").Random(0))
    )
    assert sum(taken.n_tokens for taken in steps) == sum(src + tgt - 1 for src, tgt in pool.lengths)


# --- at a look -------------------------------------------------------------------------------------------------------


def test_told_exact_is_what_free_writing_would_write() -> None:
    """A model that is right about some sentences and wrong about others: both ways count the same ones."""
    torch.manual_seed(0)
    recipe = dataclasses.replace(TINY, task="copy", steps=160, batch=32, pool=6000, d_model=32, learning_rate=1e-2)
    task = TASKS["copy"]
    vocabularies = task.vocabularies()
    model = Transformer(recipe.config(vocabularies))
    found, shares = list(islice(task.examples(0, "valid"), 60)), []
    pool = Pool(rows_of(found, vocabularies))
    for taken in training_steps(model, recipe, lesson_plan(recipe, vocabularies)):
        if taken.step % 20 == 0:
            shares.append(tell(model.eval(), pool).exact)
            assert shares[-1] == exact_match(model, found, *vocabularies)
    exam = Exam(recipe, vocabularies)
    assert exam.results(model, haste=True) == exam.results(model)
    assert max(shares) > 0.0 and len(set(shares)) > 2  # otherwise nothing was tried


@pytest.mark.parametrize("target", [0.25, 0.5, 0.9, 0.95, 0.99, 1.0])
def test_the_target_is_reached_when_so_many_are_exact(target: float) -> None:
    """Whatever is left out on the way to the verdict: it is that of all sentences."""
    recipe = dataclasses.replace(TINY, target=target)
    exam = Exam(recipe, VOCABULARIES)
    model = Transformer(recipe.config(VOCABULARIES))
    for wrong in (0, 1, 9, 10, 11, 49, 50, 51, 500, 750, 751, 1000):
        left = [wrong]

        def some(_: object, pool: Pool, *, left: list[int] = left) -> Told:
            failed = min(left[0], len(pool.lengths))
            left[0] -= failed
            return Told(0.0, 0.0, 1.0 - failed / len(pool.lengths))

        exam.tell = some  # type: ignore[method-assign, assignment]
        assert exam.passed(model, 1.0) == (1000 - wrong >= round(1000 * target)), wrong
    assert not exam.passed(model, target - 0.01)


def test_without_a_causal_mask_a_model_has_to_write() -> None:
    """It sees the answer that it is told: what it then knows is no sign of what it can write."""
    recipe = dataclasses.replace(TINY, causal=False, target=0.01)
    model = Transformer(recipe.config(VOCABULARIES)).eval()
    exam = Exam(recipe, VOCABULARIES)
    told = tell(model, exam.few)
    exam.tell = lambda *_: told._replace(exact=1.0)  # type: ignore[method-assign]
    found = exam.on_the_way(model, heads=False)
    assert found["valid_exact_match"] == exact_match(model, exam.valid[:N_VALID], *VOCABULARIES) == 0.0
    assert found["valid_loss"] == told.loss and not exam.passed(model, 1.0)


def test_a_right_answer_that_is_unknown_is_never_right() -> None:
    model = models.tiny_model(src_vocab_size=len(VOCABULARIES[0]), tgt_vocab_size=len(VOCABULARIES[1]), max_len=32)
    with torch.no_grad():
        model.generator.weight.zero_()
        model.generator.bias.zero_()
        model.generator.bias[3] = 1.0
    found = [dataclasses.replace(next(TASK.examples(0, "valid")), tgt="klingon")]
    told = tell(model, Pool(rows_of(found, VOCABULARIES)))
    assert told.exact == 0.0 and told.accuracy == 0.0
    assert exact_match(model, found, *VOCABULARIES) == 0.0


def test_the_rates_on_the_way_are_those_of_the_heads() -> None:
    """The oracle: what heads.py measures on the same sentences, group by group without padding."""
    run = load_run("fr")
    exam = Exam(Recipe(), (run.src_vocab, run.tgt_vocab))
    facts = exam.on_the_way(run.model, heads=True)
    blocks = measure_heads(run.model, exam.valid[:N_VALID], run.src_vocab, run.tgt_vocab)["blocks"]
    for kind in ("alignment", "referent"):
        assert facts[kind].keys() == {block for block in blocks if "cross" in block}
        for block, rates in facts[kind].items():
            assert rates == [pytest.approx(head[kind]["argmax"], abs=2e-4) for head in blocks[block]]
    assert (
        facts["valid_exact_match"] == 1.0 == exact_match(run.model, exam.valid[:N_VALID], run.src_vocab, run.tgt_vocab)
    )
    assert facts["valid_accuracy"] == 1.0


def test_where_no_gold_is_there_is_no_rate() -> None:
    found = [
        dataclasses.replace(example, alignment=[], referent=None) for example in islice(TASK.examples(0, "valid"), 9)
    ]
    gold = gold_of(found, VOCABULARIES, VOCABULARIES, Pool(rows_of(found, VOCABULARIES)))
    recorder = Recorder()
    pool = Pool(rows_of(found, VOCABULARIES)).batch(list(range(9)))
    load_run("fr").model(pool.src, pool.tgt_in, recorder)
    assert gold.rates(recorder.tensors) == {}


def test_what_it_says_is_what_the_model_writes(run: Path) -> None:
    loaded, last = load_run(run), lines_of(run)[-1]
    exam = Exam(TINY, VOCABULARIES)
    assert [(shown["src"], shown["tgt"]) for shown in last["outputs"]] == [(e.src, e.tgt) for e in exam.valid[:5]]
    for shown in last["outputs"]:
        ids = greedy_ids(loaded.model, loaded.encode(shown["src"]), max_len=60)
        assert loaded.tgt_vocab.decode(ids).startswith(shown["said"])  # it is cut where it babbles
        assert shown["right"] == (ids == [*VOCABULARIES[1].encode(shown["tgt"]).ids, EOS])
    assert last["valid_exact_match"] == exact_match(loaded.model, exam.valid[:N_VALID], *VOCABULARIES)


def test_the_pronoun_is_as_probable_as_the_last_row_of_its_prefix_says(run: Path) -> None:
    loaded, last = load_run(run), lines_of(run)[-1]
    assert [found["right"] for found in last["pronoun"]] == ["il", "elle"]
    for found, text in zip(last["pronoun"], TASK.chips(), strict=False):
        answer = TASK.answer(text)
        assert answer is not None and answer.referent is not None
        tgt = VOCABULARIES[1].encode(answer.tgt).ids
        with torch.no_grad():
            src, prefix = torch.tensor([loaded.encode(text)]), torch.tensor([[1, *tgt[: answer.referent[0]]]])
            p = loaded.model(src, prefix)[0, -1].softmax(-1)
        for word, share in found["p"].items():
            assert share == pytest.approx(float(p[VOCABULARIES[1].index[word]]), abs=1e-4)


def test_tasks_without_pronouns_say_nothing_about_them(tmp_path: Path) -> None:
    train(dataclasses.replace(TINY, task="copy", steps=1, pronouns_from=0.0), tmp_path / "x")
    last = lines_of(tmp_path / "x")[-1]
    assert "pronoun" not in last and "referent" not in last and last["alignment"]
