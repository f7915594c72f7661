"""Many interventions as one edit of a pass: what `tap.Recorder` calls at every named tensor.

The edit belongs to one visitor's call and holds all that it remembers itself, so the shared model never changes. It
serves a traced pass and free writing alike, where the target grows by a word each time.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from transformer.interventions.base import Aids, Intervention, Scope, UnfitError
from transformer.interventions.patterns import PaintMask, SetWeight
from transformer.model import InputEmbedding, Transformer
from transformer.tap import Recorder


class Surgery:
    """Act on a pass with every intervention, those at one tensor in the order of the list. Make one for each call.

    Of the pass it remembers only what one of them reads: a long sentence has maps of many megabytes.
    """

    def __init__(self, model: Transformer, interventions: Iterable[Intervention], aids: Aids) -> None:
        self.model, self.aids = model, aids
        self.made: dict[str, Tensor] = {}
        self.kept: dict[str, Tensor] = {}
        self._acts: dict[str, list[Intervention]] = {}
        self._reads: set[str] = set()
        self._borrows: set[str] = set()
        for one in interventions:
            self._reads.update(one.reads(model.config))
            self._borrows.update(one.borrows(model.config))
            for name in one.taps(model.config):
                self._acts.setdefault(name, []).append(one)
        self._clean: dict[str, Tensor] = {}
        self._memory: tuple[Tensor, Tensor | None] | None = None

    def __call__(self, name: str, x: Tensor) -> Tensor:
        read = name in self._reads
        if read:
            self.made[name] = x
        if self._borrows and name.endswith("_embed.tokens"):
            self._run_clean(name, x)
        acts = self._acts.get(name, ())
        if acts:
            x = x.clone()
            for one in acts:
                x = one.act(name, x, self)
        if read:
            self.kept[name] = x
        return x

    def clean(self, name: str) -> Tensor:
        """Give a borrowed tensor of the pass over the same words without any edit, with its batch axis."""
        return self._clean[name]

    @torch.no_grad()
    def _run_clean(self, name: str, embedded: Tensor) -> None:
        """Run the side that begins here once more without edits: the encoder once, the decoder for every new word."""
        recorder = Recorder()
        if name.startswith("src"):
            self._memory = self.model.encode(_ids(self.model.src_embed, embedded), recorder)
        elif self._memory is not None:
            memory, mask = self._memory
            batch = embedded.size(0)
            shared = (memory.expand(batch, -1, -1), None if mask is None else mask.expand(batch, -1, -1, -1))
            self.model.decode(_ids(self.model.tgt_embed, embedded), *shared, recorder)
        self._clean |= {name: x for name, x in recorder.tensors.items() if name in self._borrows}


def _ids(embedding: InputEmbedding, embedded: Tensor) -> Tensor:
    """Tell which ids were embedded, (batch, seq, d_model) -> (batch, seq). Equal vectors are one word to the model.

    Distances are sums of squared differences, 0 for the very word: by way of a matrix product they would be rounded so
    far that of two words which lie close together the wrong one may win.
    """
    table = embedding.tokens.weight[None]
    apart = [torch.cdist(row[None], table, compute_mode="donot_use_mm_for_euclid_dist")[0] for row in embedded]
    return torch.stack([distances.argmin(dim=-1) for distances in apart])


def as_edit(model: Transformer, interventions: Sequence[Intervention], aids: Aids | None = None) -> Surgery:
    """Compose interventions into one edit for `tap.Recorder`, for one traced pass or for writing at any length.

    They must fit (see `fitting`). Within a block positions act before masks, masks before weights, weights before what
    the heads read, and that before the sublayer's output and its residual: in the order in which the tensors are made.
    """
    return Surgery(model, interventions, aids or Aids())


def unfit(one: Intervention, scope: Scope) -> UnfitError | None:
    """Say why an intervention has nothing to act on in a model and a sentence; None if it has."""
    try:
        one.fit(scope)
    except UnfitError as error:
        return error
    return None


def fitting(interventions: Sequence[Intervention], scope: Scope) -> list[UnfitError | None]:
    """Say of each intervention of a list why it has nothing to act on; None if it has.

    Beside what `unfit` says of each alone: a painting sleeps where later ones paint over all of its heads, and the
    painting that counts for a head decides which weights can be set in it.
    """
    reasons = [unfit(one, scope) for one in interventions]
    counts: dict[tuple[str, int], int] = {}  # which painting counts for a head of a block
    for n, one in enumerate(interventions):
        if isinstance(one, PaintMask) and reasons[n] is None:
            counts |= {(one.block, head): n for head in one.heads(scope.config)}
    for n, one in enumerate(interventions):
        if isinstance(one, PaintMask) and reasons[n] is None and n not in counts.values():
            reasons[n] = UnfitError("painted_over", "a later painting of the same heads lies over this one")
        elif isinstance(one, SetWeight) and (one.block, one.head) in counts:
            reasons[n] = _under(interventions[counts[one.block, one.head]], one, reasons[n])
    return reasons


def _under(painting: Intervention, weight: SetWeight, reason: UnfitError | None) -> UnfitError | None:
    """Say why a weight cannot be set under a painting, which turns cells over: closed ones open, open ones closed."""
    assert isinstance(painting, PaintMask)
    if weight.row * painting.cols + weight.col not in painting.cells:
        return reason
    if reason is None:
        return UnfitError("closed", f"a painted mask closes column {weight.col} to row {weight.row}")
    return None if reason.reason == "later" else reason
