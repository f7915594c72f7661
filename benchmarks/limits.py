"""How near training comes to what the machine can do at best: nothing but products of large matrices."""

import statistics

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.figures import Figure, cpu_seconds
from benchmarks.training import stepper
from transformer import ModelConfig, Transformer

BATCH, LENGTH, VOCABULARY = 64, 32, 120
ROUNDS = 12
LARGE = 1024  # rows and columns of the matrices whose product is the limit


def matrix_limit() -> list[Figure]:
    """Count the operations of one training step's matrix products per CPU second, as a share of the machine's best."""
    torch.set_num_threads(1)
    return [share_of_limit(64, at_least=45, aim=65), share_of_limit(256, at_least=55, aim=75)]


def share_of_limit(d_model: int, at_least: float, aim: float) -> Figure:
    """Time large products and whole steps in turn, so that a busy machine slows both."""
    config = ModelConfig(
        src_vocab_size=VOCABULARY,
        tgt_vocab_size=VOCABULARY,
        d_model=d_model,
        n_heads=4,
        n_encoder_layers=2,
        n_decoder_layers=2,
        d_ff=4 * d_model,
        dropout=0.0,
        max_len=LENGTH,
    )
    words = torch.randint(4, VOCABULARY, (2, BATCH, LENGTH + 1))
    step = stepper(Transformer(config), (words[0, :, 1:], words[1]))
    with FlopCounterMode(display=False) as counter:
        step()
    large = torch.randn(LARGE, LARGE)
    rates = []
    for _ in range(ROUNDS):
        best = 2 * LARGE**3 / min(cpu_seconds(lambda: large @ large) for _ in range(4))
        rates.append((counter.get_total_flops() / cpu_seconds(step), best))
    share = statistics.median(ours / best for ours, best in rates)
    ours, best = (statistics.median(rate) / 1e9 for rate in zip(*rates, strict=True))
    sizes = f"batch ({BATCH}, {LENGTH}), 2+2 layers, d_ff {4 * d_model}, no dropout"
    note = f"{ours:.0f} of {best:.0f} billion operations per CPU second; {sizes}"
    what = f"matrix-product limit of the machine reached in training, d_model {d_model}, one thread"
    return Figure(what, 100 * share, "%", at_least, aim, note)
