"""One whole forward pass for the step pages: every tensor of it, what each is, and which of our lines made it.

What the browser can make by one exact operation from what is sent (a division, a mask, a sum) is not sent: `_left_out`
says what. The parameters of a sublayer follow when somebody enters it. Read by assets/components/step/pass.js.
"""

import dataclasses
import re
from typing import Any

from transformer.decode import greedy_ids
from transformer.runs import Run
from transformer.source import sources_of
from transformer.trace import Trace, trace_pair
from transformer.vocab import BOS, EOS, UNK
from ui import services
from ui.limits import within_limit
from ui.pack import Answer, Parcel, RefusedError, pack
from ui.payload import about, as_in_training, describe, in_other_words, left_out, read

VERSION = 1
MOST_BYTES = 48 * 1024 * 1024
LAYER = re.compile(r"^(encoder|decoder)\.\d+\.")
PLACE = re.compile(r"(?P<stack>encoder|decoder)\.(?P<layer>\d{1,3})\.(?P<part>self_attn|cross_attn|ffn)")
ENDS = {
    "src_embed": ("src_embed",),
    "tgt_embed": ("tgt_embed",),
    "memory": ("encoder_norm",),
    "output": ("decoder_norm", "generator"),
}
MODEL = ("activation", "scale_embeddings", "tie_embeddings", "final_norm", "layer_norm_eps", "dropout")
SIZES = ("src_vocab_size", "tgt_vocab_size")


def pass_payload(name: str, text: str, said: str = "") -> bytes:
    """Pack one sentence's whole pass. `said`: what the decoder is made to read instead of what it wrote itself.

    RefusedError says why it cannot.
    """
    return services.packed(name, ("pass", text, said), lambda run: _pack(run, text, said))


def parameters_payload(name: str, at: str) -> bytes:
    """Pack the parameters of one place, by their names in the state dict. RefusedError if there is no such place."""
    return services.packed(name, ("parameters", at), lambda run: pack(_parameters(run, at)))


def _pack(run: Run, text: str, said: str) -> bytes:
    text, notices = within_limit(text)
    encoding, cut = read(run, text)
    right = None if said.strip() else as_in_training(run, encoding)
    tgt_out, told = (right, []) if right else _target(run, encoding.ids, said)
    trace = trace_pair(run.model, encoding.ids, [BOS, *tgt_out[:-1]], run.src_vocab, run.tgt_vocab)
    parcel = Parcel()
    tensors = {key: parcel.add(trace[key]) for key in trace.names() if not _left_out(run, key)}
    if len(parcel.buffer) > MOST_BYTES:
        raise RefusedError(422, "error.too_large", megabytes=round(len(parcel.buffer) / 1e6), most=MOST_BYTES // 10**6)
    sentence = describe(run, text, encoding, trace, tgt_out)
    sentence |= {"notices": left_out(run, bool(said.strip())), "forced": bool(said.strip())}
    if right:
        sentence |= in_other_words(run, greedy_ids(run.model, encoding.ids))
    sentence["notices"] += notices + cut + told
    basis, config = about(run), run.model.config
    header = {
        **basis,
        "version": VERSION,
        "model": {**basis["model"], **{key: getattr(config, key) for key in (*MODEL, *SIZES)}},
        "names": trace.names(),
        "specs": _specs(run, trace),
        "vocab": {"src": _tokens(run.src_vocab), "tgt": _tokens(run.tgt_vocab)},
        "ids": {"src": encoding.ids, "tgt_in": [BOS, *tgt_out[:-1]], "tgt_out": tgt_out},
        "sentence": sentence,
        "tensors": tensors,
    }
    return parcel.close(header)


def _target(run: Run, src_ids: list[int], said: str) -> tuple[list[int], list[dict[str, Any]]]:
    """Give what the decoder's rows write: its own words, or those that it is made to read, with notices about them."""
    said, notices = within_limit(said)
    if not said.strip():
        return greedy_ids(run.model, src_ids), []
    ids, most = run.tgt_vocab.encode(said).ids, run.model.config.max_len - 1
    if len(ids) > most:
        notices = [*notices, {"key": "notice.cut", "values": {"shown": most, "all": len(ids)}}]
    if UNK in ids[:most]:
        notices = [*notices, {"key": "notice.unknown_target", "values": {"n": ids[:most].count(UNK)}}]
    return [*ids[:most], EOS], notices


def _left_out(run: Run, name: str) -> bool:
    """Is this made in the browser, exactly? (A division by sqrt(d_k), a mask, heads side by side, x + output.)"""
    scaled = name.endswith("scores.scaled") and run.model.config.score == "scaled_dot"
    return scaled or name.endswith(("scores.masked", ".concat", ".residual"))


def _tokens(vocabulary: Any) -> list[str]:
    return [vocabulary.token(token_id) for token_id in range(len(vocabulary))]


def _specs(run: Run, trace: Trace) -> dict[str, Any]:
    """Describe each tensor once for all layers, by catalogue key: symbol, axes, section, and the lines that made it."""
    sources = services.of_run(run, "sources", lambda: sources_of(run.model))
    specs = {}
    for name in trace.names():
        key, spec = LAYER.sub("", name), trace.spec(name)
        specs[key] = {"symbol": spec.symbol, "axes": spec.axes, "section": spec.section}
        specs[key]["source"] = dataclasses.asdict(sources[key]) if key in sources else None
    return specs


def _parameters(run: Run, at: str) -> Answer:
    found = PLACE.fullmatch(at)
    begins = ENDS.get(at, ())
    if found:
        stack = f"{found['stack']}.{int(found['layer'])}"
        begins = (f"{stack}.{found['part']}", f"{stack}.around_{found['part']}")
    state = run.model.state_dict()
    chosen = {key: state[key].numpy() for key in state if key.startswith(tuple(f"{begin}." for begin in begins))}
    if not chosen and at not in ENDS:  # a memory without a final norm has no parameters, and is a place all the same
        raise RefusedError(404, "error.place", at=at[:40])
    return Answer({"version": VERSION, "run": run.name, "at": at}, chosen)
