"""Train a model on a task: section 5 of the paper, small enough for one CPU core and a minute of patience.

    python -m transformer.train --task fr --out runs/fr

writes a run: the weights, the metrics, and a film of the attention of a few fixed sentences while it learns (runs.py
says which files). The same command on the same machine gives the same run, bit for bit. Every flag has the value that
the shipped run was made with; `--help` lists them. The page Train starts this very command.
"""

import argparse
import dataclasses
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TextIO

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from transformer.config import ModelConfig
from transformer.decode import exact_match, greedy_ids
from transformer.heads import N_SENTENCES, blocks_of, measure_heads
from transformer.model import Transformer
from transformer.runs import RunError, RunWriter
from transformer.tap import Recorder
from transformer.tasks import TASKS, Example, Task
from transformer.vocab import BOS, EOS, PAD, Vocabulary

N_TEST = 1000  # distinct sentences for the exact match that a run reports
N_VALID = 100  # sentences for the exact match on the way
VALID_FROM = 50  # steps; before them no sentence comes out right
N_PROBES = 2  # sentences that the film follows: the first examples of the task
METRICS_EVERY = 10  # steps
Vocabularies = tuple[Vocabulary, Vocabulary]


@dataclass(frozen=True)
class Recipe:
    """Say everything about a training but the data: what to build, how long and how fast to learn."""

    task: str = "fr"
    seed: int = 2
    steps: int = 1200
    batch: int = 64  # sentences
    pool: int = 20_000  # different training sentences, used again and again; fewer if steps * batch is less
    pronouns_from: float = 0.4  # share of the steps before sentences with a pronoun join in
    learning_rate: float = 3e-3  # the highest, at the end of the warm-up
    warmup: int = 60  # steps in which the learning rate rises
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient
    d_model: int = 64
    heads: int = 4
    encoder_layers: int = 2
    decoder_layers: int = 2
    d_ff: int = 128
    dropout: float = 0.1
    norm_first: bool = False
    max_len: int = 64
    tried: int = 1  # how many trainings this one was chosen from: the page says so

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"there is no task {self.task!r}; choose one of {', '.join(TASKS)}")
        for name in ("steps", "batch", "pool", "warmup", "tried"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0.0 <= self.pronouns_from < 1.0:
            raise ValueError(f"pronouns_from must lie in [0, 1), got {self.pronouns_from}")
        if not 0.0 < self.learning_rate < 1.0:
            raise ValueError(f"learning_rate must lie between 0 and 1, got {self.learning_rate}")
        if not 0.0 <= self.weight_decay < 1.0:
            raise ValueError(f"weight_decay must lie in [0, 1), got {self.weight_decay}")
        if not self.clip > 0.0:
            raise ValueError(f"clip must be above 0, got {self.clip}")

    def config(self, vocabularies: Vocabularies) -> ModelConfig:
        """Return the model to build; ValueError says which number cannot work."""
        src_vocab, tgt_vocab = vocabularies
        return ModelConfig(
            src_vocab_size=len(src_vocab),
            tgt_vocab_size=len(tgt_vocab),
            d_model=self.d_model,
            n_heads=self.heads,
            n_encoder_layers=self.encoder_layers,
            n_decoder_layers=self.decoder_layers,
            d_ff=self.d_ff,
            dropout=self.dropout,
            norm_first=self.norm_first,
            max_len=self.max_len,
        )

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of a step from 0 on: a short straight rise, then half a cosine down to 5 %."""
        rise = min(1.0, (step + 1) / self.warmup)
        fall = 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * step / self.steps))
        return self.learning_rate * rise * fall


# --- the data --------------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Sentences of about equal length, padded at the end."""

    src: Tensor  # (batch, src) ids
    tgt_in: Tensor  # (batch, tgt) ids, BOS first
    tgt_out: Tensor  # (batch, tgt) ids, EOS last


class Pool:
    """All training sentences as ids, from which every epoch cuts new batches of equal lengths."""

    def __init__(self, examples: Sequence[Example], vocabularies: Vocabularies) -> None:
        src_vocab, tgt_vocab = vocabularies
        src = [src_vocab.encode(example.src).ids for example in examples]
        tgt = [[BOS, *tgt_vocab.encode(example.tgt).ids, EOS] for example in examples]
        self.lengths = [(len(s), len(t)) for s, t in zip(src, tgt, strict=True)]
        self.src, self.tgt = padded(src), padded(tgt)

    def batches(self, size: int, random: Random, which: Sequence[int] | None = None) -> Iterator[Batch]:
        """Yield batches without end: each epoch shuffles, sorts by length, cuts, and shuffles the batches.

        which: positions of the sentences to take; None for all
        """
        while True:
            order = list(range(len(self.lengths)) if which is None else which)
            random.shuffle(order)
            order.sort(key=self.lengths.__getitem__)  # sorting is stable: equal lengths stay shuffled
            starts = list(range(0, len(order), size))
            random.shuffle(starts)
            for start in starts:
                yield self.batch(order[start : start + size])

    def batch(self, chosen: list[int]) -> Batch:
        """Return the chosen sentences, no more padded than the longest of them needs."""
        src_len = max(self.lengths[i][0] for i in chosen)
        tgt_len = max(self.lengths[i][1] for i in chosen)
        src, tgt = self.src[chosen, :src_len], self.tgt[chosen, :tgt_len]
        # beside a longer sentence the EOS of a shorter one stands among the inputs; nothing follows it: padding
        return Batch(src, tgt[:, :-1].masked_fill(tgt[:, :-1] == EOS, PAD), tgt[:, 1:])


def lesson_plan(recipe: Recipe, examples: Sequence[Example], vocabularies: Vocabularies) -> Iterator[Batch]:
    """Plan the batches of a training, without end: first sentences that have no pronoun to resolve, then all of them.

    A model that meets "it" from the first step on resolves it by many small hints spread over all its heads. One that
    has first learned to find a noun and repeat it ("it itself", "l'animal lui-même") uses the head that it has for
    this; which can be seen, and is the same for every noun.
    """
    pool = Pool(examples, vocabularies)
    longest = max(max(src_len, tgt_len - 1) for src_len, tgt_len in pool.lengths)
    if longest > recipe.max_len:
        raise ValueError(f"max_len must be at least {longest} for the sentences of this task, got {recipe.max_len}")
    random = Random(recipe.seed)
    easy = [i for i, example in enumerate(examples) if example.referent is None]
    n_easy = round(recipe.pronouns_from * recipe.steps) if easy else 0
    return chain(
        islice(pool.batches(recipe.batch, random, easy), n_easy),
        pool.batches(recipe.batch, random),
    )


def padded(rows: list[list[int]]) -> Tensor:
    """Write lists of ids below each other, padded at the end: (len(rows), longest)."""
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


# --- the loop --------------------------------------------------------------------------------------------------------


def loss_of(model: Transformer, batch: Batch) -> Tensor:
    """Return the mean cross entropy of the words that are to be written; padding does not count."""
    logits = model(batch.src, batch.tgt_in)  # (batch, tgt, tgt_vocab)
    return F.cross_entropy(logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=PAD)


def training_steps(model: Transformer, recipe: Recipe, batches: Iterator[Batch]) -> Iterator[tuple[int, Tensor]]:
    """Train step by step; yield how many steps are done and the loss of the last one. The caller may look around."""
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay, fused=True
    )
    for step in range(recipe.steps):
        model.train()
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate_at(step)
        loss = loss_of(model, next(batches))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        yield step + 1, loss.detach()


def train(recipe: Recipe, out: str | Path, *, replace: bool = False, bar: TextIO | None = None) -> dict[str, Any]:
    """Train a model by a recipe, write the run folder `out`, and return its results.

    bar: where the progress is drawn, None for nowhere. Raises ValueError for a recipe that cannot work and RunError
    for a folder that cannot be written.
    """
    task = TASKS[recipe.task]
    vocabularies = task.vocabularies()
    torch.manual_seed(recipe.seed)
    model = Transformer(recipe.config(vocabularies))
    n_pool = min(recipe.pool, recipe.steps * recipe.batch)
    batches = lesson_plan(recipe, list(islice(task.examples(recipe.seed, "train"), n_pool)), vocabularies)
    writer = RunWriter(
        out, recipe.task, model.config, vocabularies, dataclasses.asdict(recipe) | versions(), replace=replace
    )
    valid = list(islice(task.examples(0, "valid"), N_VALID))
    film = Film(task, vocabularies)
    frames, started = frame_steps(recipe.steps), time.perf_counter()

    film.shoot(writer, model, 0)
    for step, loss in training_steps(model, recipe, batches):
        last = step == recipe.steps
        line: dict[str, Any] = {}
        if step in frames:
            line["probe"] = film.shoot(writer, model, step)
            if step >= VALID_FROM or last:
                line["valid_exact_match"] = exact_match(model.eval(), valid, *vocabularies)
        if line or step % METRICS_EVERY == 0 or last:
            seconds = time.perf_counter() - started
            facts = {"step": step, "loss": loss.item(), "learning_rate": recipe.learning_rate_at(step - 1)}
            writer.metric(facts | line | {"seconds": round(seconds, 3)})
            draw_bar(bar, step, recipe.steps, loss.item(), seconds)
        if step in frames:
            writer.save(model)
    return finish(writer, model.eval(), task, vocabularies)


def finish(writer: RunWriter, model: Transformer, task: Task, vocabularies: Vocabularies) -> dict[str, Any]:
    """Measure the trained model on test sentences and on its heads, and make the last save."""
    test = list(islice(task.examples(0, "test"), N_TEST))
    results = {
        "exact_match": exact_match(model, test, *vocabularies),
        "n_test": len(test),
        "token_accuracy": token_accuracy(model, test, vocabularies),
    }
    writer.finish(model, results, measure_heads(model, test[:N_SENTENCES], *vocabularies))
    return results


@torch.no_grad()
def token_accuracy(model: Transformer, examples: Sequence[Example], vocabularies: Vocabularies) -> float:
    """Return the share of target words that are the most probable ones when the right words before them are given."""
    pool = Pool(examples, vocabularies)
    right = words = 0
    for start in range(0, len(examples), 100):
        batch = pool.batch(list(range(start, min(start + 100, len(examples)))))
        real = batch.tgt_out != PAD
        right += int(((model(batch.src, batch.tgt_in).argmax(dim=-1) == batch.tgt_out) & real).sum())
        words += int(real.sum())
    return right / words


def versions() -> dict[str, Any]:
    """Say what else decides the bits of a run."""
    return {"torch": torch.__version__, "threads": torch.get_num_threads()}


# --- the film --------------------------------------------------------------------------------------------------------


def frame_steps(steps: int) -> list[int]:
    """Return the steps after which the film gets a picture: about two for each doubling, since most happens early."""
    doublings = [round(2 ** (i / 2)) for i in range(2 * steps.bit_length())]
    return sorted({step for step in doublings if step < steps} | {steps})


class Film:
    """The attention maps of a few fixed sentences while the model learns them, one byte per weight (255 is 1)."""

    def __init__(self, task: Task, vocabularies: Vocabularies) -> None:
        self.tgt_vocab = vocabularies[1]
        known = [task.answer(text) for text in task.chips()]
        probes = [example for example in known if example is not None][:N_PROBES]
        self.probes = [Pool([example], vocabularies).batch([0]) for example in probes]

    @torch.no_grad()
    def shoot(self, writer: RunWriter, model: Transformer, step: int) -> str:
        """Write the picture of one step; return what the model translates the first probe into by now."""
        model.eval()
        arrays = {}
        for i, probe in enumerate(self.probes):
            recorder = Recorder()
            model(probe.src, probe.tgt_in, recorder)
            for block in blocks_of(model):
                weights = recorder.tensors[f"{block}.weights"][0].numpy()  # (head, query, key)
                arrays[f"{i}.{block}.weights"] = np.rint(weights * 255).astype(np.uint8)
        writer.snapshot(step, arrays)
        return self.tgt_vocab.decode(greedy_ids(model, self.probes[0].src[0].tolist(), max_len=32))


# --- the command -----------------------------------------------------------------------------------------------------


def draw_bar(bar: TextIO | None, step: int, steps: int, loss: float, seconds: float) -> None:
    """Draw how far the training is: [#####...............] 230/900  loss 0.412  17 s left."""
    if bar is None:
        return
    done = "#" * (20 * step // steps)
    left = seconds / step * (steps - step)
    end = "\n" if step == steps else ""
    bar.write(f"\r[{done:.<20}] {step}/{steps}  loss {loss:.3f}  {left:.0f} s left   {end}")
    bar.flush()


def arguments() -> argparse.ArgumentParser:
    """Build the command line from the recipe, so that the two cannot differ."""
    parser = argparse.ArgumentParser(prog="python -m transformer.train", description="Train a small Transformer.")
    parser.add_argument("--out", required=True, help="folder of the run, such as runs/mine")
    parser.add_argument("--replace", action="store_true", help="replace a run that is there already")
    for field in dataclasses.fields(Recipe):
        flag = "--" + field.name.replace("_", "-")
        default: Any = field.default
        if isinstance(default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default)
        else:
            parser.add_argument(flag, type=type(default), default=default, help=f"default: {default}")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    values = vars(arguments().parse_args(argv))
    out, replace = values.pop("out"), values.pop("replace")
    torch.set_num_threads(1)  # faster for models this small, and the same bits every time
    try:
        results = train(Recipe(**values), out, replace=replace, bar=sys.stderr)
    except (ValueError, RunError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nstopped; {out} holds the last save", file=sys.stderr)
        return 130
    print(f"{out}: {results['exact_match']:.1%} of {results['n_test']} test sentences exact")
    return 0


if __name__ == "__main__":
    sys.exit(main())
