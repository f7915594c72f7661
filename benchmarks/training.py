"""How fast our model trains beside nn.Transformer: one step on the same batch, and whole sentences per second."""

import dataclasses
import random
from collections.abc import Callable, Iterator
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.figures import Figure, paired
from benchmarks.peer import Peer
from transformer import ModelConfig, Transformer
from transformer.tasks import TASKS
from transformer.training import Pool, Recipe, rows_of, training_steps
from transformer.vocab import BOS, EOS, PAD

Pair = tuple[list[int], list[int]]
Batch = tuple[Tensor, Tensor]
ROUNDS = 60
ROUNDS_OF_SENTENCES = 12
BATCHES = 20  # of one round of sentences


def step_ratio() -> list[Figure]:
    """Time one training step of both models, with and without dropout; the figure is the one with dropout."""
    torch.set_num_threads(1)
    notes, ratios = [], []
    for dropout in (0.1, 0.0):
        config = small_config(dropout)
        batch = padded(french_pairs(64))
        ours = stepper(Transformer(config), batch)
        peer = stepper(Peer(config, final_norm=False), batch)
        mine, theirs, ratio = paired(ours, peer, ROUNDS)
        ratios.append(ratio)
        notes.append(f"dropout {dropout}: {mine * 1000:.1f} ms against {theirs * 1000:.1f} ms, {ratio:.2f}")
    sizes = f"batch {tuple(batch[0].shape)} x {tuple(batch[1].shape)}, d 64, 2+2 layers, 4 heads, Adam"
    what = "training step against `nn.Transformer`, same padded batch, optimiser and dropout, one thread"
    return [Figure(what, ratios[0], "x", 1.0, 1.25, f"{'; '.join(notes)}; {sizes}")]


def small_config(dropout: float) -> ModelConfig:
    """Give the model of the training figures: post norm, as nn.Transformer is by default."""
    src_vocab, tgt_vocab = TASKS["fr"].vocabularies()
    return ModelConfig(
        src_vocab_size=len(src_vocab),
        tgt_vocab_size=len(tgt_vocab),
        d_model=64,
        n_heads=4,
        n_encoder_layers=2,
        n_decoder_layers=2,
        d_ff=256,
        dropout=dropout,
        max_len=64,
    )


def french_pairs(n: int) -> list[Pair]:
    """Give n training sentences of the French task as ids: (source, BOS target EOS)."""
    task = TASKS["fr"]
    src_vocab, tgt_vocab = task.vocabularies()
    return [
        (src_vocab.encode(example.src).ids, [BOS, *tgt_vocab.encode(example.tgt).ids, EOS])
        for example in islice(task.examples(0, "train"), n)
    ]


def padded(pairs: list[Pair]) -> Batch:
    """Lay sentences under each other, padded to the longest: (batch, src), (batch, 1 + tgt)."""
    return _rows([src for src, _ in pairs]), _rows([tgt for _, tgt in pairs])


def _rows(sentences: list[list[int]]) -> Tensor:
    longest = max(map(len, sentences))
    return torch.tensor([ids + [PAD] * (longest - len(ids)) for ids in sentences])


def stepper(model: nn.Module, batch: Batch) -> Callable[[], None]:
    """Give a function that trains a model one step further, always on the same batch."""
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    return lambda: train_step(model, optimiser, batch)


def train_step(model: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch) -> None:
    """Take one step of teacher forcing: forward, loss over words that are not padding, backward, update."""
    src, tgt = batch
    logits = model(src, tgt[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), tgt[:, 1:].flatten(), ignore_index=PAD)
    loss.backward()
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)


def throughput() -> list[Figure]:
    """Train both models on the same sentences, each in its own way, and compare sentences per CPU second.

    Ours: `transformer.train`'s own loop and recipe, batches of about equal length. The peer: nn.Transformer with its
    own defaults (post norm, dropout 0.1), sentences in random order, each batch padded to its longest, Adam.
    """
    torch.set_num_threads(1)
    recipe = Recipe(steps=BATCHES * (ROUNDS_OF_SENTENCES + 1))
    examples = list(islice(TASKS["fr"].examples(0, "train"), BATCHES * recipe.batch))
    vocabularies = TASKS["fr"].vocabularies()
    pool = Pool(rows_of(examples, vocabularies))
    n_tokens = sum(src_len + tgt_len - 1 for src_len, tgt_len in pool.lengths)
    ours = training_steps(
        Transformer(recipe.config(vocabularies)), recipe, pool.batches(recipe.batch, random.Random(0))
    )
    config = dataclasses.replace(recipe.config(vocabularies), dropout=0.1, norm_first=False, final_norm=False)
    peer = usual_training(Peer(config), french_pairs(len(examples)), recipe.batch)
    mine, theirs, ratio = paired(lambda: take(ours, BATCHES), lambda: take(peer, BATCHES), ROUNDS_OF_SENTENCES, 1)
    note = (
        f"{n_tokens / mine:.0f} against {n_tokens / theirs:.0f} tokens per CPU second, without padding; "
        f"ours with the recipe's dropout {recipe.dropout}, the peer with 0.1"
    )
    what = "tokens/s on the same sentences, ours as we train (bucketed) against `nn.Transformer` as people train"
    return [Figure(what, ratio, "x", 1.4, 2.0, note)]


def usual_training(model: nn.Module, pairs: list[Pair], batch: int) -> Iterator[None]:
    """Train as the usual tutorial does, step by step and without end: shuffle, cut, pad, Adam."""
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    shuffled = random.Random(0)
    while True:
        order = shuffled.sample(pairs, len(pairs))
        for start in range(0, len(order), batch):
            train_step(model, optimiser, padded(order[start : start + batch]))
            yield


def take(steps: Iterator[object], n: int) -> None:
    """Take n steps of a training."""
    for _ in islice(steps, n):
        pass
