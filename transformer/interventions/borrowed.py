"""What an intervention borrows: what a head says on average, and where it looks in another sentence."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor

from transformer.decode import greedy_ids
from transformer.gold import Sentence, groups_of
from transformer.heads import blocks_of
from transformer.model import Transformer
from transformer.tap import Recorder
from transformer.vocab import Vocabulary, shifted_right

N_SENTENCES = 100
MOST_TEXTS = 4  # other sentences at once: each of them is translated first


@torch.no_grad()
def mean_contexts(
    model: Transformer, examples: Iterable[Sentence], src_vocab: Vocabulary, tgt_vocab: Vocabulary
) -> dict[str, Tensor]:
    """Measure the mean context of every head over all rows of sentences, their right translations as decoder input.

    ->  block -> (head, d_k); {} where no sentence can be read. The first 100 sentences are enough; those that are too
    long for the model are left out.
    """
    groups = groups_of(itertools.islice(examples, N_SENTENCES), src_vocab, tgt_vocab, longest=model.config.max_len)
    sums: dict[str, Tensor] = {}
    rows: dict[str, int] = {}
    for group in groups:
        recorder = Recorder()
        model(group.src, group.tgt_in, recorder)
        for block in blocks_of(model):
            context = recorder.tensors[f"{block}.context"].double()  # (sentence, head, query, d_k)
            sums[block] = sums.get(block, torch.zeros(())) + context.sum(dim=(0, 2))
            rows[block] = rows.get(block, 0) + context.size(0) * context.size(2)
    dtype = next(model.parameters()).dtype
    return {block: (total / rows[block]).to(dtype) for block, total in sums.items()}


def pattern_reader(model: Transformer, encode: Callable[[str], Sequence[int]]) -> Callable[[str], Mapping[str, Tensor]]:
    """Make what tells where all heads look while the model translates a text: block -> (head, query, key).

    encode: turns a text into source ids, ValueError if it cannot. Each text is translated once; after 4 of them the
    next is refused with ValueError.
    """
    known: dict[str, dict[str, Tensor]] = {}

    @torch.no_grad()
    def patterns(text: str) -> Mapping[str, Tensor]:
        if text not in known:
            if len(known) >= MOST_TEXTS:
                raise ValueError(f"at most {MOST_TEXTS} other sentences at once")
            src = encode(text)
            recorder = Recorder()
            model(torch.tensor([src]), torch.tensor([shifted_right(greedy_ids(model, src))]), recorder)
            known[text] = {
                name.removesuffix(".weights"): x[0] for name, x in recorder.tensors.items() if name.endswith(".weights")
            }
        return known[text]

    return patterns
