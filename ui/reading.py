"""What a model is given to read: a sentence for the encoder, and the words that the decoder's rows are to write."""

from typing import Any

from transformer.decode import greedy_ids
from transformer.runs import Run
from transformer.vocab import EOS, UNK, Encoding
from ui.limits import within_limit
from ui.pack import RefusedError


def read(run: Run, text: str) -> tuple[Encoding, list[dict[str, Any]]]:
    """Turn a text into what this model can read, with a notice for whatever had to be left out."""
    encoding = run.src_vocab.encode(text)
    n, most = len(encoding.ids), run.model.config.max_len
    if n == 0:
        raise RefusedError(422, "error.empty")
    if n <= most:
        return encoding, []
    cut = Encoding(encoding.ids[:most], encoding.surfaces[:most], encoding.spans[:most])
    return cut, [{"key": "notice.cut", "values": {"shown": most, "all": n}}]


def told(run: Run, said: str) -> tuple[list[int] | None, list[dict[str, Any]]]:
    """Turn the words that a person wants the decoder to write into ids with EOS, and notices about them.

    None where nothing was said that this vocabulary could write.
    """
    said, notices = within_limit(said)
    ids, most = run.tgt_vocab.encode(said).ids, run.model.config.max_len - 1
    if not ids:
        return None, []
    if len(ids) > most:
        notices = [*notices, {"key": "notice.cut", "values": {"shown": most, "all": len(ids)}}]
    if UNK in ids[:most]:
        notices = [*notices, {"key": "notice.unknown_target", "values": {"n": ids[:most].count(UNK)}}]
    return [*ids[:most], EOS], notices


def right_answer(run: Run, encoding: Encoding) -> list[int] | None:
    """Give the ids that the task calls right, with EOS, however many; None if it does not know this sentence."""
    gold = run.task.answer(run.src_vocab.join(encoding.surfaces)) if run.task else None
    return [*run.tgt_vocab.encode(gold.tgt).ids, EOS] if gold else None


def as_in_training(run: Run, encoding: Encoding) -> list[int] | None:
    """Give what the decoder of a model without a causal mask is shown with: the ids of the right answer, with EOS.

    Left alone it has nothing to copy and often writes nothing at all, so of what it has learned one would see nothing.
    None for a model with the mask, and where nobody knows the answer or the decoder cannot read it.
    """
    ids = None if run.model.config.causal else right_answer(run, encoding)
    return ids if ids and 1 < len(ids) <= run.model.config.max_len and UNK not in ids else None


def written(run: Run, encoding: Encoding, said: str = "") -> list[int]:
    """Give what the decoder's rows write: what a person said, else as in training, else the model's own words."""
    return told(run, said)[0] or as_in_training(run, encoding) or greedy_ids(run.model, encoding.ids)
