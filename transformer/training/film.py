"""The film of a training: the attention maps of a few fixed sentences while the model learns them."""

from typing import Any

import numpy as np
import torch

from transformer.decode import greedy_ids
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.tap import Recorder
from transformer.tasks import Task
from transformer.training.batches import Pool, rows_of
from transformer.training.recipe import Vocabularies

N_PROBES = 2  # sentences that the film follows: the first examples of the task


def frame_steps(steps: int) -> list[int]:
    """Return the steps after which the film gets a picture: about two for each doubling, since most happens early."""
    doublings = [round(2 ** (i / 2)) for i in range(2 * steps.bit_length())]
    return sorted({step for step in doublings if step < steps} | {steps})


class Film:
    """Take pictures of a model: every attention weight of each probe sentence in one byte (255 is 1)."""

    def __init__(self, task: Task, vocabularies: Vocabularies) -> None:
        self.tgt_vocab = vocabularies[1]
        known = [task.answer(text) for text in task.chips()]
        probes = [example for example in known if example is not None][:N_PROBES]
        self.pools = [Pool(rows_of([example], vocabularies)) for example in probes]
        self.longest = max(pool.longest for pool in self.pools)

    @torch.no_grad()
    def picture(self, model: Transformer) -> dict[str, Any]:
        """Return the weights by probe and block, "0.encoder.0.self_attn.weights": (head, query, key) uint8."""
        arrays = {}
        for i, pool in enumerate(self.pools):
            recorder, probe = Recorder(), pool.batch([0])
            model.eval()(probe.src, probe.tgt_in, recorder)
            for block in blocks_of(model):
                weights = recorder.tensors[f"{block}.weights"][0].numpy()
                arrays[f"{i}.{block}.weights"] = np.rint(weights * 255).astype(np.uint8)
        return arrays

    def caption(self, model: Transformer) -> str:
        """Return what the model translates the first probe into by now."""
        return self.tgt_vocab.decode(greedy_ids(model.eval(), self.pools[0].src[0].tolist(), max_len=32))
