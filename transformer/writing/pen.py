"""What all ways of writing share: the source is read once, then one question, which word comes next? (section 3.1)"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.tap import OFF, Edit, Recorder, Tap
from transformer.vocab import BOS, EOS


class Pen:
    """Write for one source. The encoder has read it when the pen is made, and is not asked again.

    src_ids: source ids without padding
    edit: what `tap.Recorder` hands every tensor of the encoder and of each decoder pass. The batch of a decoder pass
    is hypotheses of equal length, so shapes grow by one word at a time: (hypothesis, head, query, key).
    Raises RuntimeError for a model in training mode, ValueError for a source that is empty, too long or holds an
    unknown id.
    """

    @torch.no_grad()
    def __init__(self, model: Transformer, src_ids: Sequence[int], edit: Edit | None = None) -> None:
        if model.training:
            raise RuntimeError("the model is in training mode, where dropout decides what it writes: call model.eval()")
        self.model, self._edit = model, edit
        self.memory, self._src_mask = model.encode(torch.tensor([src_ids], dtype=torch.long), self._tap())

    def _tap(self) -> Tap:
        return OFF if self._edit is None else Recorder(self._edit)

    @torch.no_grad()
    def next_logits(self, written: Sequence[Sequence[int]]) -> Tensor:
        """Give the logits of the word that follows each hypothesis: (hypothesis, tgt_vocab) float32.

        written: hypotheses of equal length, without BOS
        Raises FloatingPointError for logits that are not finite numbers: among NaN there is no most probable word.
        """
        tgt_in = torch.tensor([[BOS, *ids] for ids in written], dtype=torch.long)  # (hypothesis, written + 1)
        memory = self.memory.expand(len(written), -1, -1)
        logits = self.model.decode(tgt_in, memory, self._src_mask, self._tap())[:, -1]  # (hypothesis, tgt_vocab)
        logits = logits.clone()  # a view would keep the logits of all rows alive as long as somebody keeps these
        if not bool(logits.isfinite().all()):
            raise FloatingPointError("the probabilities of the next word are not numbers")
        return logits

    def log_p(self, logits: Tensor) -> Tensor:
        """Give log P(word | words before) in float64: (..., tgt_vocab), same shape.

        These are the model's own probabilities, so those of all words together are 1; but padding is no word and can
        never be written: it gets -inf afterwards.
        """
        padding = torch.tensor([self.model.config.pad_id])
        return logits.double().log_softmax(dim=-1).index_fill(-1, padding, -math.inf)

    def limit(self, max_len: int | None) -> int:
        """Give how many words may be written: max_len, and never more than the model can read."""
        if max_len is not None and max_len < 1:
            raise ValueError(f"max_len must be at least 1, got {max_len}")
        return min(max_len or self.model.config.max_len, self.model.config.max_len)

    def checked(self, prefix: Sequence[int], limit: int) -> list[int]:
        """Give the words that the model is made to begin with; ValueError for any that it could not have written."""
        config, ids = self.model.config, list(prefix)
        if len(ids) > limit:
            raise ValueError(f"{len(ids)} words are forced, more than the {limit} that may be written")
        if any(not 0 <= word < config.tgt_vocab_size or word == config.pad_id for word in ids) or EOS in ids[:-1]:
            raise ValueError("a forced word must be in the vocabulary, be no padding, and EOS can only be the last")
        return ids
