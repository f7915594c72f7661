"""What one sentence costs: the traced pass of a 20 x 20 pair in time, and what Explore sends for it in bytes."""

import dataclasses
import statistics
import time
from unittest import mock

import torch

from benchmarks.figures import Action, Figure
from benchmarks.training import small_config
from transformer import Transformer, trace_pair
from transformer.runs import load_run
from transformer.vocab import BOS, EOS
from ui.payload import explore_payload

N_TOKENS = 20
ROUNDS = 200
SHIPPED = "fr"


def trace_time() -> list[Figure]:
    """Time trace_pair on 20 source and 20 target tokens: pass, copies and checks, as a page waits for it."""
    torch.set_num_threads(1)
    model = Transformer(small_config(0.0)).eval()
    src_ids, tgt_ids = list(range(4, 4 + N_TOKENS)), [BOS, *range(4, 3 + N_TOKENS)]
    src, tgt_in = torch.tensor([src_ids]), torch.tensor([tgt_ids])

    def untraced() -> None:
        with torch.no_grad():
            model(src, tgt_in)

    traced_ms, untraced_ms = interleaved(lambda: trace_pair(model, src_ids, tgt_ids), untraced)
    note = f"wall clock, median of {ROUNDS}; the same pass without a recorder {untraced_ms:.1f} ms"
    return [Figure("trace of a 20 x 20 pair, 2+2 layers, 4 heads", traced_ms, "ms", 15, 5, note)]


def interleaved(*actions: Action) -> list[float]:
    """Give the median wall-clock milliseconds of each action, all run in turn."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for action, taken in zip(actions, times, strict=True):
            started = time.perf_counter()
            action()
            taken.append((time.perf_counter() - started) * 1000)
    return [statistics.median(taken) for taken in times]


def payload_size() -> list[Figure]:
    """Count the bytes of Explore's first answer, before any compression on the way."""
    run = load_run(SHIPPED)
    config = dataclasses.replace(run.model.config, n_encoder_layers=2, n_decoder_layers=2, n_heads=4, max_len=N_TOKENS)
    model = Transformer(config).eval()
    with torch.no_grad():
        model.generator.bias[EOS] = -1000.0  # so that it writes until max_len stops it
    twenty = dataclasses.replace(run, model=model)
    words = run.src_vocab.tokens[4 : 4 + N_TOKENS]
    with mock.patch.multiple("ui.services", run=lambda name: twenty, stamp=lambda name: (name, 0)):
        pair_bytes = len(explore_payload("twenty", " ".join(words)))
    famous_bytes = len(explore_payload(SHIPPED, run.example))
    note = f"one trace with every attention map; the famous sentence with its flip partner {famous_bytes / 1000:.1f} KB"
    return [Figure("first payload of Explore for it", pair_bytes / 1000, "KB", 120, 60, note)]
