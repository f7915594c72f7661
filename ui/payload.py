"""One sentence for Explore: its words, what the model makes of them, and every attention map. Shown on Explore.

How bytes are laid out: ui/pack.py. Read by assets/components/payload.js.
"""

from typing import Any

import numpy as np

from transformer.config import LEFT_OUT
from transformer.decode import greedy_batch
from transformer.runs import Run
from transformer.trace import Trace, trace_pair
from transformer.vocab import EOS, UNK, Encoding, shifted_right
from ui import services
from ui.answers import flip_of, gold_of, nearest_of, unit_of
from ui.limits import within_limit
from ui.pack import Parcel
from ui.reading import as_in_training, read

VERSION = 2
TOP = 5
SHOWN = (
    "d_model",
    "n_heads",
    "d_k",
    "n_encoder_layers",
    "n_decoder_layers",
    "d_ff",
    "norm_first",
    "residual",
    "layer_norm",
    "causal",
    "position",
    "score",
    "max_len",
)


def explore_payload(name: str, text: str) -> bytes:
    """Pack one sentence through one run, and its flip partner if it has one. RefusedError says why it cannot."""
    return services.packed(name, (text,), lambda run: _pack(run, text))


def _pack(run: Run, text: str) -> bytes:
    text, too_long = within_limit(text)
    encoding, notices = read(run, text)
    readings = [(text, encoding)]
    flip = flip_of(run, run.src_vocab.join(encoding.surfaces))
    if flip:
        readings.append((flip.partner, run.src_vocab.encode(flip.partner)))
    written = greedy_batch(run.model, [encoding.ids for _, encoding in readings])  # both in one go: half the time
    parcel = Parcel()
    traces = [
        _sentence(run, typed, encoding, tgt_out, parcel)
        for (typed, encoding), tgt_out in zip(readings, written, strict=True)
    ]
    traces[0]["notices"] += too_long + notices
    if flip:
        for sentence, which in zip(traces, (flip.chosen, 1 - flip.chosen), strict=True):
            sentence["flip"] = {"position": flip.position, "words": flip.words, "index": which}
    return parcel.close({"version": VERSION, **about(run), "show": 0, "traces": traces})


def about(run: Run) -> dict[str, Any]:
    """Tell what the browser says about the model itself; the same for every sentence."""
    config, task = run.model.config, run.task
    heads = run.heads or {}
    return {
        "run": run.name,
        "task": task.name if task else None,
        "units": {"src": unit_of(run.src_vocab), "tgt": unit_of(run.tgt_vocab)},
        "model": {
            **{key: getattr(config, key) for key in SHOWN},
            "parameters": sum(p.numel() for p in run.model.parameters()),
        },
        "training": run.info,
        "languages": list(task.languages) if task else [],
        "n_sentences": heads.get("n_sentences"),
        "heads": heads.get("blocks"),
        "start": heads.get("start"),
        "road": heads.get("road"),
        "max_len": config.max_len,
        "examples": [{"label": _short(text), "text": text} for text in task.chips()] if task else [],
        "known": task.known_words() if task else {},
    }


def left_out(run: Run, told: bool = False) -> list[dict[str, Any]]:
    """Say which parts of the paper this model lacks: what it shows is then not what a reader expects.

    told: is the decoder made to read words that are not its own? Then a row without a mask sees what it saw in training
    """
    lacking = [part for part in LEFT_OUT if not getattr(run.model.config, part)]
    keys = ["causal_told" if part == "causal" and told else part for part in lacking]
    return [{"key": f"bugs.notice.{key}", "values": {}} for key in keys]


def _short(text: str) -> str:
    """Shorten a sentence to what fits on a chip: its first two words and its last."""
    words = text.split()
    return text if len(words) <= 5 else f"{words[0]} {words[1]} … {words[-1]}"


def _sentence(run: Run, text: str, encoding: Encoding, tgt_out: list[int], parcel: Parcel) -> dict[str, Any]:
    """Trace one sentence with its translation, add its attention maps to the parcel, and describe both."""
    right = as_in_training(run, encoding)
    read = right or tgt_out
    trace = trace_pair(run.model, encoding.ids, shifted_right(read), run.src_vocab, run.tgt_vocab)
    maps = {name: parcel.add(trace[name]) for name in trace.names() if name.endswith(".weights")}
    sentence = {**describe(run, text, encoding, trace, read), "tensors": maps, "notices": left_out(run)}
    return sentence | in_other_words(run, tgt_out) if right else sentence


def in_other_words(run: Run, written: list[int]) -> dict[str, Any]:
    """Tell of a sentence whose decoder reads the right answer what the model writes by itself, with a notice."""
    said = run.tgt_vocab.decode(written)
    notice = {"key": "bugs.notice.causal_answer", "values": {"said": said or run.tgt_vocab.token(written[-1])}}
    others = [other for other in left_out(run) if other["key"] != "bugs.notice.causal"]
    return {"output": said, "agrees": None, "notices": [*others, notice]}


def describe(run: Run, text: str, encoding: Encoding, trace: Trace, tgt_out: list[int]) -> dict[str, Any]:
    """Tell what a person sees of one sentence, beside its tensors.

    tgt_out: the ids that the rows of the decoder write, as many as the trace has rows
    """
    typed_as_read = run.src_vocab.join(encoding.surfaces)
    return {
        "typed": text,
        "read": typed_as_read,
        "src": encoding.surfaces,
        "unknown": [token_id == UNK for token_id in encoding.ids],
        "tgt_in": trace.tgt_tokens,
        "tgt_out": [run.tgt_vocab.token(token_id) for token_id in tgt_out],
        "special": {
            "src": [False] * len(encoding.ids),
            "tgt_in": [n == 0 for n in range(len(tgt_out))],
        },
        "finished": tgt_out[-1] == EOS,
        "output": run.tgt_vocab.decode(tgt_out),
        **_probabilities(run, trace, tgt_out),
        **gold_of(run, typed_as_read, tgt_out),
        "nearest": nearest_of(run, typed_as_read),
        "flip": None,
        "notices": [],
    }


def _probabilities(run: Run, trace: Trace, tgt_out: list[int]) -> dict[str, Any]:
    """Give the probability of each written word, and the words that came closest."""
    logits = trace["logits"].astype(np.float64)
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    best = np.argsort(-p, axis=-1)[:, :TOP]
    return {
        "p": [float(row[token_id]) for row, token_id in zip(p, tgt_out, strict=True)],
        "top": [[[run.tgt_vocab.token(int(j)), float(row[j])] for j in ids] for row, ids in zip(p, best, strict=True)],
    }
