"""One training on several processes: data parallel, as torchrun starts them.

    torchrun --standalone --nproc-per-node 2 -m transformer.train --task fr --batch 512 --out runs/large

Every process, called a rank, has the whole model and draws the same batches. Of each batch it takes its share of the
rows, and the gradients of all shares are averaged, each weighted by the words that it was computed from: so the loss
and the step are those of the whole batch on one process, up to rounding (and dropout, which falls anew everywhere).
Rank 0 measures, writes the run and hears wishes; the others follow (follow.py) and stop when it does.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from transformer.training.batches import Batch
from transformer.vocab import PAD


class Ranks:
    """The ranks of a training, as one of them sees them; this one is alone, and nothing costs anything."""

    n, rank = 1, 0

    @property
    def leads(self) -> bool:
        """Say whether this rank measures the model and writes the run."""
        return self.rank == 0

    def require(self, n_rows: int) -> None:
        """Raise ValueError if a batch has no row for some rank."""
        if n_rows < self.n:
            raise ValueError(f"batch must be at least {self.n}, a sentence for each process, got {n_rows}")

    def meet(self, model: nn.Module) -> None:
        """Wait for all ranks, and give all of them the numbers of rank 0."""

    def share(self, batch: Batch, seed: int, step: int) -> Batch:
        """Return the rows of this rank. seed, step: what this rank's dropout shall follow from, and nothing else"""
        return batch

    def average(self, model: nn.Module, loss: Tensor, share: Batch) -> Tensor:
        """Average the gradients over the words of all shares, in place; return the mean loss of all these words.

        loss: () mean over the words of this rank's share
        """
        return loss

    def agree(self, over: bool) -> bool:
        """Return on every rank what rank 0 says: whether the training is over."""
        return over


ALONE = Ranks()


class Gloo(Ranks):
    """One of several ranks that speak through torch's gloo, which needs no graphics card."""

    def __init__(self) -> None:
        import torch.distributed as dist

        self.dist = dist
        self.n, self.rank = dist.get_world_size(), dist.get_rank()
        self.has_rows = True

    def meet(self, model: nn.Module) -> None:
        """Wait for all ranks, and give all of them the numbers of rank 0."""
        for parameter in model.parameters():
            self.dist.broadcast(parameter.data, src=0)
        self.dist.barrier()

    def share(self, batch: Batch, seed: int, step: int) -> Batch:
        """Return every n-th row: rows stand in the order of their lengths, so all shares are about equally long."""
        if not self.leads:  # rank 0 goes on with the generator that is saved with the run
            torch.manual_seed((seed * 1_000_003 + step * self.n + self.rank) % 2**63)
        rows = slice(self.rank, None, self.n)
        self.has_rows = len(batch.src) > self.rank
        if not self.has_rows:  # the last batch of an epoch may be small: then it computes what counts for nothing
            rows = slice(0, 1)
        return Batch(*(side[rows] for side in batch))

    def average(self, model: nn.Module, loss: Tensor, share: Batch) -> Tensor:
        """Average the gradients over the words of all shares, in place; return the mean loss of all these words."""
        n_words = (share.tgt_out != PAD).sum() * self.has_rows
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        sums = [loss.detach() * n_words, n_words, *(gradient * n_words for gradient in gradients)]
        flat = torch.cat([one.reshape(-1).float() for one in sums])  # one message instead of one for each parameter
        self.dist.all_reduce(flat)
        flat /= flat[1].clone()
        start = 2
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()
        return flat[0]

    def agree(self, over: bool) -> bool:
        """Return on every rank what rank 0 says: whether the training is over."""
        flag = torch.tensor(over)
        self.dist.broadcast(flag, src=0)
        return bool(flag)


def leads_here(environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether this process is rank 0, or alone."""
    return environment.get("RANK", "0") == "0"


@contextlib.contextmanager
def ranks_here(environment: Mapping[str, str] = os.environ) -> Iterator[Ranks]:
    """Join the ranks that torchrun has started, until the block ends; ALONE where it has not, or only one."""
    if "MASTER_ADDR" not in environment or int(environment.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    import torch.distributed as dist

    dist.init_process_group("gloo")
    try:
        yield Gloo()
    finally:
        dist.destroy_process_group()
