"""The film of a training: the attention maps of a few fixed sentences while the model learns them."""

from typing import Any, NamedTuple

import numpy as np
import torch

from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.tap import Recorder
from transformer.tasks import Example, Task
from transformer.training.recipe import Vocabularies
from transformer.vocab import EOS, shifted_right

N_PROBES = 2  # sentences that the film follows: the first examples of the task
FEWEST_FRAMES = 16  # of a training that has as many steps
FIRST_DOUBLINGS = 4  # in which next to nothing is learned: one picture for each is enough
PER_DOUBLING = (3, 4, 6, 8, 16, 32)  # how many pictures while the number of steps doubles again; the shorter the more


class Probe(NamedTuple):
    """A sentence that the film follows."""

    src: list[int]  # ids
    tgt: list[int] | None  # ids of the right answer, EOS last; None for a person's own: what the model writes by then


def frame_steps(steps: int) -> list[int]:
    """Return the steps after which the film gets a picture: so many for each doubling, since most happens early.

    A short training gets more of them for each doubling, and a very short one evenly spread ones, so that there are at
    least FEWEST_FRAMES or one for every step.
    """
    first = {2**i for i in range(FIRST_DOUBLINGS)}
    for density in PER_DOUBLING:
        later = {round(2 ** (i / density)) for i in range(FIRST_DOUBLINGS * density, steps.bit_length() * density)}
        found = {step for step in first | later if step < steps} | {steps}
        if len(found) >= FEWEST_FRAMES:
            return sorted(found)
    return sorted({max(1, round(steps * i / FEWEST_FRAMES)) for i in range(FEWEST_FRAMES + 1)})


def known_probes(task: Task) -> list[Example]:
    """Return the examples of a task that every film of it follows."""
    known = [task.answer(text) for text in task.chips()]
    return [example for example in known if example is not None][:N_PROBES]


def probes_of(task: Task, vocabularies: Vocabularies, own: str = "", known: list[Example] | None = None) -> list[Probe]:
    """Return the sentences of a film in its order: those of the task, then a person's own.

    own: `Recipe.probe`; ValueError if there is no word in it   known: `known_probes`, if somebody has them already
    """
    src_vocab, tgt_vocab = vocabularies
    probes = [
        Probe(src_vocab.encode(example.src).ids, [*tgt_vocab.encode(example.tgt).ids, EOS])
        for example in (known_probes(task) if known is None else known)
    ]
    if own:
        ids = src_vocab.encode(own).ids
        if not ids:
            raise ValueError("there is no word in the probe sentence")
        probes.append(Probe(ids, None))
    return probes


class Film:
    """Take pictures of a model: every attention weight of each probe sentence in one byte (255 is 1)."""

    def __init__(self, probes: list[Probe]) -> None:
        self.probes = probes

    @property
    def longest(self) -> int:
        """Give the most tokens that a model must be able to read on either side."""
        return max(max(len(probe.src), len(probe.tgt or [])) for probe in self.probes)

    @torch.no_grad()
    def picture(self, model: Transformer, said: list[int]) -> dict[str, Any]:
        """Return the weights by probe and block, "0.encoder.0.self_attn.weights": (head, query, key) uint8.

        said: ids that the model writes for a person's own probe by now, EOS last if it came so far
        """
        arrays = {}
        for i, probe in enumerate(self.probes):
            recorder, tgt = Recorder(), said if probe.tgt is None else probe.tgt
            model.eval()(torch.tensor([probe.src]), torch.tensor([shifted_right(tgt)]), recorder)
            for block in blocks_of(model):
                weights = recorder.tensors[f"{block}.weights"][0].numpy()
                arrays[f"{i}.{block}.weights"] = np.rint(weights * 255).astype(np.uint8)
        return arrays
