"""What goes wrong without a head: heads of one layer are switched off side by side, and the pass goes on from there.

A head is switched off by setting what it read to 0 before W_O mixes the heads; the model itself is never touched. Two
things keep the work small. Up to the first block with a missing head the pass is the whole model's: it is computed
once, and so are the keys and values of a memory in which no head is missing. And writing freely need not be written: a
model writes a sentence exactly right if, told the right words before each word, it finds every word most probable. One
pass that is told the answer counts what free writing would get right. (A decoder without its causal mask would see the
answer; it is told one word more at a time.) Shown on Heads.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer.gold import Known
from transformer.heads import blocks_of
from transformer.masks import pad_mask, target_mask
from transformer.model import Transformer
from transformer.passport.intervals import Measure, wilson
from transformer.tap import Tap
from transformer.vocab import UNK, shifted_right

Place = tuple[str, int]  # such as ("decoder.1.cross_attn", 2)
Trial = Sequence[Place]  # the heads that are missing
SIDE_BY_SIDE = 512  # rows of one batch: sentences times trials
CELLS = 16_000_000  # numbers of its largest tensor: 64 MB
NO_WORD = -100  # where a shorter sentence has ended


class Outcome(NamedTuple):
    """What came of each trial, the sentences in the order given."""

    exact: Tensor  # (trial, sentence) bool: written freely, it would be exactly right
    loss: Tensor  # (trial, sentence) mean cross entropy of its words in nats, the words before them told
    pronoun: Tensor  # (trial, sentence with a pronoun) bool: the right pronoun, the words before it told


def rate_of(right: Tensor) -> Measure | None:
    """Give the share of one trial's cases that is right, None of no cases. right: (case,) bool"""
    return wilson(int(right.sum()), len(right)) if len(right) else None


def right_words(logits: Tensor, gold: Tensor, pad: int) -> Tensor:
    """Say where the most probable word is the right one. logits: (..., tgt, tgt_vocab)   gold: (..., tgt)   -> bool

    Padding is no word, so it is never written and loses its logit here; nor is an unknown word ever right.
    """
    logits[..., pad] = -torch.inf
    return (logits.argmax(dim=-1) == gold) & (gold != UNK)


class Silence(Tap):
    """Switch heads off, in each trial other ones: where the first is switched off, a pass becomes several side by side.

    Up to there all trials are one and (sentence, row, feature) is computed once for all of them; from there on it is
    (trial, sentence, row, feature). A head's context is its share of what W_O reads, so nothing inside attention has to
    be seen.
    off: block -> (trial, head) True = off
    """

    inside = False

    def __init__(self, off: dict[str, Tensor], prefix: str = "") -> None:
        self.off, self.prefix = off, prefix

    def __call__(self, name: str, x: Tensor) -> Tensor:
        off = self.off.get(self.prefix.removesuffix(".")) if name == "concat" else None
        if off is None:
            return x
        on = (~off).to(x.dtype)[:, None, None, :, None]  # (trial, 1, 1, head, 1)
        heads = x.unflatten(-1, (off.size(1), -1))  # (trial or none, sentence, row, head, d_k)
        return (heads * on).flatten(-2)

    def at(self, place: str) -> "Silence":
        return Silence(self.off, f"{self.prefix}{place}.")


@torch.no_grad()
def try_without(
    model: Transformer,
    sentences: Sequence[Known],
    trials: Sequence[Trial],
    gone: Trial = (),
    done: Callable[[int], None] | None = None,
) -> Outcome:
    """Try the model without some heads, each trial another set of them; an empty set is the whole model.

    gone: heads that are missing in every trial beside its own
    done: called again and again with the number of sentences times trials that were tried since
    ValueError for no sentences or no trials.
    """
    if not sentences or not trials:
        raise ValueError("there is nothing to try")
    by_length = sorted(range(len(sentences)), key=lambda i: (len(sentences[i].tgt), len(sentences[i].src)))
    by_block = _by_block(model, trials)
    exact = torch.zeros(len(trials), len(sentences), dtype=torch.bool)
    loss, pronoun = torch.zeros(exact.shape), torch.zeros_like(exact)
    rows = rows_of_a_batch(model, sentences)
    size = max(1, rows // max(map(len, by_block.values())))
    for at in range(0, len(by_length), size):
        places = torch.tensor(by_length[at : at + size])
        batch = _Batch(model, [sentences[i] for i in places.tolist()], gone)
        for block, which in _pieces(by_block, max(1, rows // len(places))):
            found = batch.outcome(block, [trials[n] for n in which])
            for whole, part in zip((exact, loss, pronoun), found, strict=True):
                whole[torch.tensor(which)[:, None], places] = part
            if done:
                done(len(places) * len(which))
    return Outcome(exact, loss, pronoun[:, [known.referent is not None for known in sentences]])


def rows_of_a_batch(model: Transformer, sentences: Sequence[Known], n_kept: int = 1) -> int:
    """Say how many sentences times trials fit into one batch: fewer of long ones, or where a row is wide.

    n_kept: how many tensors as large as the largest are kept at the same time
    """
    config, longest = model.config, max(max(len(known.src), len(known.tgt)) for known in sentences)
    widest = max(config.tgt_vocab_size, config.d_ff, config.n_heads * longest)  # logits, hidden units, weights
    return max(1, min(SIDE_BY_SIDE, CELLS // (n_kept * longest * widest)))


def _pieces(by_block: dict[str, list[int]], size: int) -> Iterator[tuple[str, list[int]]]:
    """Cut the trials of each block into pieces that fit into one batch."""
    for block, which in by_block.items():
        for at in range(0, len(which), size):
            yield block, which[at : at + size]


def _by_block(model: Transformer, trials: Sequence[Trial]) -> dict[str, list[int]]:
    """Sort the numbers of the trials by the first block in which a head is missing; the whole model by the last one."""
    blocks = list(blocks_of(model))
    found: dict[str, list[int]] = {}
    for number, trial in enumerate(trials):
        first = min((blocks.index(block) for block, _ in trial), default=len(blocks) - 1)
        found.setdefault(blocks[first], []).append(number)
    return found


class _Batch:
    """Some sentences, padded to one length, and what enters every layer of the model without the heads `gone`."""

    def __init__(self, model: Transformer, sentences: Sequence[Known], gone: Trial = ()) -> None:
        self.model, self.sentences, self.gone = model, sentences, gone
        silence = silence_of(model, [gone])
        self.n_encoder = model.config.n_encoder_layers
        pad = model.config.pad_id
        src = _padded([known.src for known in sentences], pad)
        self.tgt_in = _padded([shifted_right(known.tgt) for known in sentences], pad)
        self.gold = _padded([known.tgt for known in sentences], NO_WORD)  # (sentence, tgt)
        self.src_mask = pad_mask(src, pad)
        self.enters: list[Tensor] = []  # of each layer
        x = model.src_embed(src)
        for at, layer in enumerate(model.encoder):
            self.enters.append(x)
            x = layer(x, self.src_mask, silence.at(f"encoder.{at}"), model.src_embed.position)
        self.memory = model.encoder_norm(x)
        x, tgt_mask = model.tgt_embed(self.tgt_in), self._tgt_mask(self.tgt_in)
        for at, layer in enumerate(model.decoder if model.config.causal else []):
            self.enters.append(x)
            tap = silence.at(f"decoder.{at}")
            x = layer(x, self.memory, tgt_mask, self.src_mask, tap, model.tgt_embed.position)

    def outcome(self, first: str, trials: Sequence[Trial]) -> tuple[Tensor, Tensor, Tensor]:
        """Give exact, loss and pronoun, each (trial, sentence), of trials that change nothing before block `first`."""
        logits = self._logits(first, trials)  # (trial, sentence, tgt, tgt_vocab), or (sentence, tgt, tgt_vocab)
        logits = logits.expand(len(trials), *logits.shape[-3:]).contiguous()
        gold = self.gold.expand(len(trials), -1, -1)
        loss = F.cross_entropy(logits.flatten(0, 2), gold.flatten(), ignore_index=NO_WORD, reduction="none")
        n_words = (self.gold != NO_WORD).sum(dim=-1)
        right = right_words(logits, gold, self.model.config.pad_id)  # (trial, sentence, tgt)
        rows = torch.tensor([known.referent[0] if known.referent else 0 for known in self.sentences])
        return (
            (right | (gold == NO_WORD)).all(dim=-1),
            loss.view(gold.shape).sum(dim=-1) / n_words,
            right[:, torch.arange(len(rows)), rows],
        )

    def _logits(self, first: str, trials: Sequence[Trial]) -> Tensor:
        """Go through the layers from that of block `first` on: (trial, sentence, tgt, tgt_vocab).

        Without the first axis if no head is missing in any trial.
        """
        model, memory = self.model, self.memory
        silence = silence_of(model, [[*self.gone, *trial] for trial in trials])
        stack, layer = first.split(".")[0], int(first.split(".")[1])
        if stack == "encoder":
            x = self.enters[layer]
            for at in range(layer, self.n_encoder):
                x = model.encoder[at](x, self.src_mask, silence.at(f"encoder.{at}"), model.src_embed.position)
            memory, layer = model.encoder_norm(x), 0
        if not model.config.causal:
            return self._word_by_word(memory, silence)
        return self._decoded(self.enters[self.n_encoder + layer], memory, self.tgt_in, silence, layer)

    def _decoded(self, x: Tensor, memory: Tensor, tgt_in: Tensor, silence: Silence, first: int = 0) -> Tensor:
        model, mask = self.model, self._tgt_mask(tgt_in)
        for at in range(first, len(model.decoder)):
            tap = silence.at(f"decoder.{at}")
            x = model.decoder[at](x, memory, mask, self.src_mask, tap, model.tgt_embed.position)
        return model.generator(model.decoder_norm(x))

    def _word_by_word(self, memory: Tensor, silence: Silence) -> Tensor:
        """Without the causal mask a row sees what stands after it: let nothing stand there, as in writing."""
        rows = []
        for length in range(1, self.tgt_in.size(1) + 1):
            written = self.tgt_in[:, :length]
            rows.append(self._decoded(self.model.tgt_embed(written), memory, written, silence)[..., -1, :])
        return torch.stack(rows, dim=-2)

    def _tgt_mask(self, tgt_in: Tensor) -> Tensor:
        return target_mask(tgt_in, self.model.config.pad_id, self.model.config.causal)


def silence_of(model: Transformer, trials: Sequence[Trial]) -> Silence:
    """Give the tap that switches off, in each trial, the heads that are missing there."""
    off: dict[str, Tensor] = {}
    for number, trial in enumerate(trials):
        for block, head in trial:
            rows = off.setdefault(block, torch.zeros(len(trials), model.config.n_heads, dtype=torch.bool))
            rows[number, head] = True
    return Silence(off)


def _padded(rows: Sequence[Sequence[int]], pad: int) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
