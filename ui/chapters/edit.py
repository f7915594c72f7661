"""What the page Edit asks for beside the pass: the same sentence with interventions, one tensor of both, and a story.

e=1-zero.d1c.2     the interventions, as transformer/interventions/notation.py writes them
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from transformer.decode import greedy_ids
from transformer.heads import blocks_of
from transformer.interventions import (
    Aids,
    FromSentence,
    Intervention,
    NotationError,
    PaintMask,
    RemoveSublayer,
    Scope,
    SetWeight,
    UnfitError,
    Written,
    ZeroHead,
    agreed,
    as_edit,
    fitting,
    mean_contexts,
    pattern_reader,
    unfit,
    write,
    write_under,
)
from transformer.interventions import read as read_interventions
from transformer.interventions.intervene import SPARE
from transformer.runs import Run
from transformer.trace import Trace, trace_pair
from transformer.vocab import EOS, UNK, Encoding, shifted_right
from ui import services
from ui.answers import flip_of, gold_of
from ui.pack import Answer, RefusedError
from ui.pass_payload import require_room
from ui.reading import as_in_training, read, told

BEST = 4  # words that a row came closest to


def answer(run: Run, text: str, question: Mapping[str, str]) -> Answer:
    """Answer one of three questions: ask=pass, ask=tensor, ask=story. RefusedError says what is wrong.

    A sentence whose maps are too many is refused before it is read, and so is a model whose numbers are not finite.
    """
    kinds = {"pass": _pass, "tensor": _tensor, "story": _story}
    if question.get("ask") not in kinds:
        raise RefusedError(404, "error.question")
    encoding, _ = read(run, text)
    try:
        return kinds[question["ask"]](_Sentence(run, encoding, question.get("t", "")), question)
    except FloatingPointError:
        raise RefusedError(422, "error.not_finite") from None


class _Sentence:
    """One sentence with what the decoder's rows read and write, and what interventions may borrow."""

    def __init__(self, run: Run, encoding: Encoding, said: str) -> None:
        self.run, self.encoding, self.src = run, encoding, encoding.ids
        given = told(run, said)[0] or as_in_training(run, encoding)
        require_room(run, len(self.src), len(given or [EOS]))  # before anything is written
        self.written = _alone(run, self.src)
        self.tgt_out = given or self.written.ids
        self.tgt_in = shifted_right(self.tgt_out)
        require_room(run, len(self.src), len(self.tgt_in))
        self.aids = Aids(partial(_means, run), pattern_reader(run.model, run.encode))
        self.scope = Scope(run.model, len(self.src), len(self.tgt_in), self.aids)

    def edited(self, interventions: Sequence[Intervention]) -> Trace:
        return trace_pair(self.run.model, self.src, self.tgt_in, edit=as_edit(self.run.model, interventions, self.aids))


def _alone(run: Run, src: list[int]) -> Written:
    """Give what the model writes without any edit; written once, however many edits are tried on the sentence."""

    def write_it(run: Run) -> bytes:
        return json.dumps(write_under(run.model, src, None, run.model.config.max_len)).encode()

    ids, p, stop = json.loads(services.packed(run.name, ("edit", "alone", *src), write_it))
    return Written(ids, p, stop)


def _means(run: Run) -> dict[str, Any]:
    if run.task is None:
        return {}
    task = run.task
    return services.of_run(
        run,
        "mean contexts",
        lambda: mean_contexts(run.model, task.examples(0, "test"), run.src_vocab, run.tgt_vocab),
    )


# --- both passes ----------------------------------------------------------------------------------------------------


def _pass(sentence: _Sentence, question: Mapping[str, str]) -> Answer:
    """Give both passes. header: what each row writes, both sentences written freely, the largest change of each tensor
    and how many of its cells were closed or opened.

    tensors: before.<block>, after.<block>, the weights (head, query, key)
    """
    run = sentence.run
    awake, asleep = _sorted(sentence, question)
    before, after = sentence.edited([]), sentence.edited(awake)
    most = max(len(sentence.written.ids), len(sentence.tgt_in)) + SPARE
    begin = agreed(after, sentence.tgt_out, awake) if sentence.tgt_out == sentence.written.ids else None
    written = write_under(run.model, sentence.src, as_edit(run.model, awake, sentence.aids), most, begin)
    header = {
        "asleep": asleep,
        "unseen": {one.text: _unseen(run, one.text) for one in awake if isinstance(one, FromSentence)},
        "rows": _rows(sentence, before, after),
        "written": [_said(run, sentence.written), _said(run, written)],
        "changes": {name: _change(before[name], after[name]) for name in before.names()},
        "closed": {name: _closed(before[name], after[name]) for name in before.names()},
    }
    tensors = {}
    for block in blocks_of(run.model):
        tensors[f"before.{block}"] = before[f"{block}.weights"]
        tensors[f"after.{block}"] = after[f"{block}.weights"]
    return Answer(header, tensors)


def _sorted(sentence: _Sentence, question: Mapping[str, str]) -> tuple[list[Intervention], list[dict[str, Any]]]:
    """Read the interventions; those that have nothing to act on here sleep, each with the reason why."""
    try:
        interventions = read_interventions(question.get("e", ""))
    except NotationError as error:
        cut_off = "-" not in question["e"]  # the version stands there alone: there are too few edits, not too many
        raise RefusedError(
            422, f"edit.refused.{'fields' if cut_off and error.reason == 'many' else error.reason}"
        ) from None
    awake: list[Intervention] = []
    asleep: list[dict[str, Any]] = []
    for n, (one, error) in enumerate(zip(interventions, fitting(interventions, sentence.scope), strict=True)):
        if error is None:
            awake.append(one)
        else:
            asleep.append({"n": n, "key": f"edit.unfit.{error.reason}", "values": _from_one(error)})
    return awake, asleep


def _unseen(run: Run, text: str) -> list[str]:
    """Give the words of another sentence that the model has never seen, each once."""
    encoding, _ = read(run, text)
    return list(
        dict.fromkeys(word for word, token in zip(encoding.surfaces, encoding.ids, strict=True) if token == UNK)
    )


def _from_one(error: UnfitError) -> dict[str, Any]:
    """Give the values of a refusal as a person counts: heads from 1."""
    return {key: value + 1 if key == "head" else value for key, value in error.values.items()}


def _change(before: np.ndarray, after: np.ndarray) -> float:
    """Give the largest change of any number of a tensor. A cell closed on one side has no number there: `_closed`."""
    finite = np.isfinite(before) & np.isfinite(after)
    return float(np.abs(np.where(finite, after, 0.0) - np.where(finite, before, 0.0)).max())


def _closed(before: np.ndarray, after: np.ndarray) -> int:
    """Count the scores that only one of both passes has: the mask of the other closes them, which makes them -inf."""
    return int((np.isfinite(before) != np.isfinite(after)).sum())


def _softmax(logits: np.ndarray) -> np.ndarray:
    p = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def _rows(sentence: _Sentence, before: Trace, after: Trace) -> list[dict[str, Any]]:
    """Tell of every row its own word's probability and the words that came closest, before and after."""
    was, now = _softmax(before["logits"]), _softmax(after["logits"])
    return [
        {
            "word": sentence.run.tgt_vocab.token(word),
            "p": [float(was[t, word]), float(now[t, word])],
            "before": _best(sentence.run, was[t]),
            "after": _best(sentence.run, now[t]),
            "flipped": int(was[t].argmax()) != int(now[t].argmax()),
        }
        for t, word in enumerate(sentence.tgt_out)
    ]


def _best(run: Run, p: np.ndarray) -> list[list[Any]]:
    return [[run.tgt_vocab.token(int(j)), float(p[j])] for j in np.argsort(-p)[:BEST]]


def _said(run: Run, written: Written) -> dict[str, Any]:
    words = [run.tgt_vocab.token(token) for token in written.ids]
    return {"words": words, "p": written.p, "stop": written.stop, "text": run.tgt_vocab.decode(written.ids)}


# --- one tensor -----------------------------------------------------------------------------------------------------


def _tensor(sentence: _Sentence, question: Mapping[str, str]) -> Answer:
    """Give one tensor of both passes; tensors: before, after, as in the trace's catalogue."""
    awake, _ = _sorted(sentence, question)
    before, name = sentence.edited([]), question.get("name", "")
    if name not in before:
        raise RefusedError(404, "error.question")
    pair = {"before": before[name], "after": sentence.edited(awake)[name]}
    for numbers in pair.values():
        closed = np.isneginf(numbers) if name.endswith(".scores.masked") else False
        if not (np.isfinite(numbers) | closed).all():
            raise RefusedError(422, "error.not_finite")
    return Answer({"name": name}, pair)


# --- a story to begin with ------------------------------------------------------------------------------------------


def _story(sentence: _Sentence, question: Mapping[str, str]) -> Answer:
    """Try what a visitor may try first: the head that measuring found most telling, and what does change the word.

    header: start, row and word that it is about, where that head looks, acts with their outcome on this sentence. How
    often each outcome is seen on other sentences is the passport's to say: the page asks for it beside this.
    """
    run = sentence.run
    before = sentence.edited([])
    start = (run.heads or {}).get("start") or {"block": list(blocks_of(run.model))[-1], "head": 0}
    block, head = start["block"], start["head"]
    places = gold_of(run, run.src_vocab.join(sentence.encoding.surfaces), sentence.tgt_out)
    noun = _other_noun(sentence)
    acts = _acts(sentence, block, head, places, noun)
    traces = (sentence.edited(interventions) for _, interventions in acts)  # one at a time is there
    row = places["watch"]
    if row is None:
        row = _moved(before, sentence.edited(acts[0][1]))
    weights = before[f"{block}.weights"][head, row]
    header = {
        "start": {"block": block, "head": head},
        "row": row,
        "looks": {"col": int(weights.argmax()), "weight": float(weights.max())},
        "noun": noun,
        "before": _best(run, _softmax(before["logits"])[row]),
        "acts": [
            {"name": name, "e": write(interventions), **_outcome(sentence, before, after, row)}
            for (name, interventions), after in zip(acts, traces, strict=True)
        ],
    }
    return Answer(header, {})


def _acts(
    sentence: _Sentence, block: str, head: int, places: Mapping[str, Any], noun: int | None
) -> list[tuple[str, list[Intervention]]]:
    """List what is worth trying, the head itself first.

    places: as `gold_of` gives them   noun: the noun that the pronoun does not stand for
    """
    model, row, roles = sentence.run.model, places["watch"], places["roles"]
    cross = [one for one in blocks_of(model) if one.endswith("cross_attn")]
    acts: list[tuple[str, list[Intervention]]] = [("head", [ZeroHead(block, head)])]
    if row is not None and "referent" in roles:
        size = (len(sentence.tgt_in), len(sentence.src))
        cells = tuple(row * size[1] + col for col in sorted(roles["referent"]))
        acts.append(("close", [PaintMask(one, None, *size, cells) for one in cross]))
    if row is not None and noun is not None:
        acts.append(("turn", [SetWeight(block, n, row, noun, 1.0) for n in range(model.config.n_heads)]))
    acts.append(("sublayer", [RemoveSublayer(block)]))
    if model.config.n_decoder_layers > 1:
        acts.append(("blind", [RemoveSublayer(one) for one in cross]))
    return [(name, act) for name, act in acts if all(unfit(one, sentence.scope) is None for one in act)]


def _outcome(sentence: _Sentence, before: Trace, after: Trace, row: int) -> dict[str, Any]:
    was, now = before["logits"].argmax(axis=-1), after["logits"].argmax(axis=-1)
    p = _softmax(after["logits"])[row]
    return {
        "best": _best(sentence.run, p),
        "p": float(p[sentence.tgt_out[row]]),
        "flipped": bool(was[row] != now[row]),
        "flips": int((was != now).sum()),
    }


def _moved(before: Trace, after: Trace) -> int:
    """Find the row whose probabilities an edit changes most."""
    return int(np.abs(_softmax(before["logits"]) - _softmax(after["logits"])).max(axis=-1).argmax())


def _other_noun(sentence: _Sentence) -> int | None:
    """Find the noun that the pronoun stands for in the flip partner of this sentence, if both are of equal length."""
    run = sentence.run
    flip = flip_of(run, run.src_vocab.join(sentence.encoding.surfaces))
    gold = run.task.answer(flip.partner) if run.task and flip else None
    if flip is None or gold is None or len(run.src_vocab.encode(flip.partner).ids) != len(sentence.src):
        return None
    src = run.encode(flip.partner)
    roles = gold_of(run, flip.partner, greedy_ids(run.model, src))["roles"]
    return roles["referent"][0] if "referent" in roles else None
