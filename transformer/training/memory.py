"""How much memory a training needs, said before any is set aside. Shown on the Train page.

The model is built on torch's meta device, where a tensor has a shape and no numbers, and sent through one pass: what
autograd keeps for the way back is then known to the byte.
"""

import os
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer.config import ModelConfig
from transformer.model import Transformer
from transformer.tasks import Task
from transformer.training.batches import rows_of
from transformer.training.recipe import Recipe, Vocabularies
from transformer.training.subject import task_of
from transformer.training.vocabularies import vocabularies_of
from transformer.vocab import PAD

N_LENGTHS = 200  # training examples that tell how long the texts of a task are
PER_NUMBER = 4  # bytes of float32
COPIES = 5  # of every parameter: itself, its gradient, AdamW's two averages, and the best value so far
PER_EXAMPLE = 1500  # bytes of an example in the pool, as text and as ids, about
ALWAYS = 64 << 20  # bytes that torch takes for itself with the first step
LOST = 0.5  # share of the activations that the allocator sets aside besides, measured: 0.3 to 0.9
GIB = 1 << 30


class Estimate(NamedTuple):
    """What a training will need: numbers that it learns, and bytes by what they are for."""

    n_parameters: int
    parameter_bytes: int  # the weights with all that the optimiser keeps about them
    activation_bytes: int  # what a batch leaves behind on its way forward, and the first step of the way back
    pool_bytes: int  # the training sentences

    @property
    def n_bytes(self) -> int:
        """Add it all up."""
        return self.parameter_bytes + self.activation_bytes + self.pool_bytes


def estimate(recipe: Recipe, vocabularies: Vocabularies | None = None, task: Task | None = None) -> Estimate:
    """Say what a training by this recipe needs; ValueError for a recipe that describes no model.

    vocabularies: those of the recipe, if they have been made already   task: None for the one that the recipe names
    """
    task = task or task_of(recipe)
    vocabularies = vocabularies or vocabularies_of(recipe, task)
    config = recipe.config(vocabularies)
    rows = rows_of(list(islice(task.examples(0, "train"), N_LENGTHS)), vocabularies)
    src_len, tgt_len = (min(max(map(len, side)), recipe.max_len) for side in rows)
    return Estimate(
        config.n_parameters,
        COPIES * PER_NUMBER * config.n_parameters,
        activation_bytes(config, min(recipe.batch, recipe.n_pool), src_len, tgt_len),
        PER_EXAMPLE * recipe.n_pool,
    )


def activation_bytes(config: ModelConfig, batch: int, src_len: int, tgt_len: int) -> int:
    """Say how many bytes one batch needs besides the weights, at the worst moment: when the way back begins.

    That is what autograd has kept, the log softmax of the logits and its gradient, and two more tensors as large as
    the largest, which come and go in the layers.
    """
    with torch.device("meta"):
        src, tgt_in = (torch.zeros(batch, n, dtype=torch.long) for n in (src_len, tgt_len))
        kept = kept_bytes(Transformer(config), src, tgt_in)
    logits = PER_NUMBER * batch * tgt_len * config.tgt_vocab_size
    return ALWAYS + round((1.0 + LOST) * (sum(kept) + 2 * logits + 2 * max(kept)))


def kept_bytes(model: Transformer, src: Tensor, tgt_in: Tensor) -> list[int]:
    """Run a pass with its loss and list the bytes of all that autograd keeps of it, each tensor once, no weights.

    A tensor without numbers cannot be looked into, so this goes around the checks of `Transformer.forward`.
    """
    weights = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage  # holding on to it, so that no other one gets its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = pass_without_checks(model.train(), src, tgt_in)
        F.cross_entropy(logits.flatten(0, 1), tgt_in.flatten(), ignore_index=PAD)
    return [storage.nbytes() for place, storage in kept.items() if place not in weights]


def pass_without_checks(model: Transformer, src: Tensor, tgt_in: Tensor) -> Tensor:
    """Do what `Transformer.forward` does for a batch with padding, whatever the ids are. Shapes as there."""
    src_mask = torch.ones(src.size(0), 1, 1, src.size(1), dtype=torch.bool)
    tgt_mask = torch.ones(src.size(0), 1, tgt_in.size(1), tgt_in.size(1), dtype=torch.bool)
    x = model.src_embed(src)
    for layer in model.encoder:
        x = layer(x, src_mask, position=model.src_embed.position)
    memory, x = model.encoder_norm(x), model.tgt_embed(tgt_in)
    for layer in model.decoder:
        x = layer(x, memory, tgt_mask, src_mask, position=model.tgt_embed.position)
    return model.generator(model.decoder_norm(x))


def free_bytes() -> int | None:
    """Ask the machine how much memory is left for this process; None if it does not say."""
    found = [*_of_the_machine(), *_of_the_container(), *_of_the_process()]
    return max(0, min(found)) if found else None


def _of_the_machine() -> list[int]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    except OSError:
        pass
    try:  # no Linux: at least all that is built in
        return [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):
        return []


def _of_the_container() -> list[int]:
    """Ask for the limit of the control group, version 2 or 1; what it holds of files can be given back at any time."""
    for folder, limit, used, files in (
        ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
    ):
        try:
            most, now = (int(Path(folder, name).read_text()) for name in (limit, used))
            lines = Path(folder, "memory.stat").read_text().splitlines()
            return [most - now + sum(int(line.split()[1]) for line in lines if line.startswith(files))]
        except (OSError, ValueError):  # not there, or "max": no limit
            continue
    return []


def _of_the_process() -> list[int]:
    """A person may have set a limit for the process itself (ulimit -v)."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError, ValueError):
        return []
    return [] if limit == resource.RLIM_INFINITY else [limit - used]


class NoRoomError(ValueError):
    """Less memory is free at the moment than a training needs: it may well work later."""


def require_memory(needed: Estimate, recipe: Recipe) -> None:
    """Raise NoRoomError with both numbers, and what to make smaller, if the machine has less than a training needs."""
    free = free_bytes()
    if free is None or needed.n_bytes <= free:
        return
    parts = {
        "d_model, d_ff, the layers or the vocabulary": needed.parameter_bytes,
        f"batch ({recipe.batch}), d_ff or the layers": needed.activation_bytes,
        f"pool ({recipe.pool:,})": needed.pool_bytes,
    }
    raise NoRoomError(
        f"this training needs about {needed.n_bytes / GIB:.1f} GiB of memory ({needed.n_parameters:,} parameters), "
        f"but {free / GIB:.1f} GiB are free; make {max(parts, key=parts.__getitem__)} smaller"
    )
