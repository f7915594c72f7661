"""Trace -> compact bytes for the browser: one JSON header, then every attention map as little-endian float32.

    u32 header length | header, UTF-8, padded so that the numbers start 4-aligned | numbers

The header's "tensors" gives each map's shape and byte offset. Shown by assets/components/payload.js.
"""

import json
import struct
from typing import Any

import numpy as np

from transformer.decode import greedy_batch
from transformer.runs import Run, RunError
from transformer.trace import Trace, trace_pair
from transformer.vocab import BOS, EOS, UNK, Encoding
from ui import services
from ui.answers import flip_of, gold_of, nearest_of, unit_of
from ui.limits import within_limit

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
    "position",
    "score",
    "max_len",
)


class RefusedError(Exception):
    """Say why there is no picture: an HTTP status, a string key and its values."""

    def __init__(self, status: int, key: str, **values: Any) -> None:
        super().__init__(key)
        self.status, self.key, self.values = status, key, values


def explore_payload(name: str, text: str) -> bytes:
    """Pack one sentence through one run, and its flip partner if it has one. RefusedError says why it cannot."""
    try:
        key = (services.stamp(name), text)
        packed = services.payloads.get(key)
        if packed is None:
            packed = _pack(services.run(name), text)
            services.payloads.put(key, packed)
        return packed
    except RunError:
        raise RefusedError(404, "error.run", name=name[:40]) from None


def _pack(run: Run, text: str) -> bytes:
    text, too_long = within_limit(text)
    encoding, notices = _read(run, text)
    readings = [(text, encoding)]
    flip = flip_of(run, run.src_vocab.join(encoding.surfaces))
    if flip:
        readings.append((flip.partner, run.src_vocab.encode(flip.partner)))
    written = greedy_batch(run.model, [encoding.ids for _, encoding in readings])  # both in one go: half the time
    buffer = bytearray()
    traces = [
        _sentence(run, typed, encoding, tgt_out, buffer)
        for (typed, encoding), tgt_out in zip(readings, written, strict=True)
    ]
    traces[0]["notices"] = too_long + notices
    if flip:
        for sentence, which in zip(traces, (flip.chosen, 1 - flip.chosen), strict=True):
            sentence["flip"] = {"position": flip.position, "words": flip.words, "index": which}
    header = {**_about(run), "show": 0, "traces": traces}
    head = json.dumps(header, ensure_ascii=False).encode("utf-8", errors="replace")
    head += b" " * (-(len(head) + 4) % 4)
    return struct.pack("<I", len(head)) + head + bytes(buffer)


def _about(run: Run) -> dict[str, Any]:
    """Tell what the browser says about the model itself; the same for every sentence."""
    config, task = run.model.config, run.task
    heads = run.heads or {}
    return {
        "version": VERSION,
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


def _short(text: str) -> str:
    """Shorten a sentence to what fits on a chip: its first two words and its last."""
    words = text.split()
    return text if len(words) <= 5 else f"{words[0]} {words[1]} … {words[-1]}"


def _sentence(run: Run, text: str, encoding: Encoding, tgt_out: list[int], buffer: bytearray) -> dict[str, Any]:
    """Trace one sentence with its translation, append its attention maps to the buffer, and describe both."""
    trace = trace_pair(run.model, encoding.ids, [BOS, *tgt_out[:-1]], run.src_vocab, run.tgt_vocab)
    read = run.src_vocab.join(encoding.surfaces)
    return {
        "typed": text,
        "read": read,
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
        **gold_of(run, read, tgt_out),
        "nearest": nearest_of(run, read),
        "flip": None,
        "notices": [],
        "tensors": {name: _append(trace[name], buffer) for name in trace.names() if name.endswith(".weights")},
    }


def _read(run: Run, text: str) -> tuple[Encoding, list[dict[str, Any]]]:
    """Turn a text into what this model can read, with a notice for whatever had to be left out."""
    encoding = run.src_vocab.encode(text)
    n, most = len(encoding.ids), run.model.config.max_len
    if n == 0:
        raise RefusedError(422, "error.empty")
    if n <= most:
        return encoding, []
    cut = Encoding(encoding.ids[:most], encoding.surfaces[:most], encoding.spans[:most])
    return cut, [{"key": "notice.cut", "values": {"shown": most, "all": n}}]


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


def _append(tensor: np.ndarray, buffer: bytearray) -> dict[str, Any]:
    offset = len(buffer)
    buffer += tensor.astype("<f4").tobytes()
    return {"dtype": "f4", "shape": list(tensor.shape), "offset": offset}
