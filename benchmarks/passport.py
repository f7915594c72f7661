"""What the passport of every head costs, and what it says of the shipped runs: the best AER, the pronouns that stay.

Time has a bar. What was found has none: nothing was promised of it.
"""

import time
from itertools import islice

import torch

from benchmarks.figures import Figure
from transformer import load_run
from transformer.passport import N_SENTENCES, Passport, passport

SHIPPED = "fr"
ALIGNED = ("reverse", "copy", "fr", "zh")
READINGS = {"aer.written": "the row that writes the word", "aer.read": "the row that reads it"}


def passports() -> list[Figure]:
    """Measure the passports of four shipped runs on one thread; the one of 2+2 layers and 4 heads is timed."""
    torch.set_num_threads(1)
    figures = []
    for name in ALIGNED:
        run = load_run(name)
        if run.task is None:
            continue
        examples = list(islice(run.task.examples(0, "test"), N_SENTENCES))
        started, of_cpu = time.perf_counter(), time.process_time()
        found = passport(run.model, examples, run.src_vocab, run.tgt_vocab)
        seconds, of_cpu = time.perf_counter() - started, time.process_time() - of_cpu
        if name == SHIPPED:
            what = f"passport of 2+2 layers, 4 heads over {found['n_sentences']} sentences"
            figures.append(Figure(what, of_cpu, "s", 10, 5, "processor time of one thread"))
            figures.append(Figure(f"{what}, wall clock", seconds, "s", 10, 5, "one thread; longer on a busy machine"))
            figures += pronouns(found)
        figures += [best_aer(name, reading, found) for reading in READINGS]
    return figures


def best_aer(name: str, reading: str, found: Passport) -> Figure:
    """Find the head with the lowest alignment error rate."""
    heads = [
        (head["measures"][reading], block, n)
        for block, of_block in found["blocks"].items()
        for n, head in enumerate(of_block)
        if head["measures"].get(reading)
    ]
    best, block, n = min(heads, key=lambda one: one[0]["value"])
    interval = f"95 % interval {100 * best['low']:.1f} to {100 * best['high']:.1f} %"
    what = f"best head's AER, {name}, {READINGS[reading]}"
    return Figure(what, 100 * best["value"], "%", None, None, f"{block}, head {n + 1}, {interval}")


def pronouns(found: Passport) -> list[Figure]:
    """Say how many pronouns stay right without the head that finds the noun, and without what could stand in for it."""
    if not found["together"] or found["closed"] is None:
        return []
    first, last = found["together"][0], found["together"][-1]
    block, head = first["places"][0]
    pruning, all_ = found["pruning"], f"{found['n_pronouns']} pronouns of {found['n_sentences']} unseen sentences"
    held = f"{pruning['n_pronouns']} pronouns of the {pruning['n']} sentences that pruning holds out"
    finder = f"{block}, head {head + 1}, which finds the noun most often"
    left = [one["pronoun"] for one in pruning["needed"] if (one["block"], one["head"]) == (block, head)]
    rates = [
        (f"without {finder}", first["pronoun"], all_),
        (f"without the {len(last['places'])} heads that look at the noun", last["pronoun"], all_),
        ("with every cross head forbidden to look from pronoun to noun", found["closed"], all_),
        (f"without the {pruning['stop']} spare heads", pruning["pronoun"], held),
        *((f"without the {pruning['stop']} spare heads and {finder}", rate, held) for rate in left),
    ]
    return [
        Figure(
            f"pronouns right, {SHIPPED}, {what}",
            100 * rate["value"],
            "%",
            None,
            None,
            f"95 % interval {100 * rate['low']:.1f} to {100 * rate['high']:.1f} %; {note}",
        )
        for what, rate, note in rates
    ]
