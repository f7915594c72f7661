"""One whole forward pass for the step pages: every tensor of it, what each is, and which of our lines made it.

What the browser can make by one exact operation from what is sent (a division, a mask, a sum) is not sent: `_left_out`
says what. The parameters of a sublayer follow when somebody enters it. Read by assets/components/step/pass.js.
"""

import dataclasses
import re
from typing import Any

from transformer.decode import greedy_ids
from transformer.heads import blocks_of
from transformer.runs import Run
from transformer.source import sources_of
from transformer.trace import Trace, trace_pair
from transformer.vocab import shifted_right
from ui import services
from ui.limits import within_limit
from ui.pack import Answer, Parcel, RefusedError, pack
from ui.payload import about, describe, in_other_words, left_out
from ui.reading import as_in_training, read, told

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


def require_room(run: Run, n_src: int, n_tgt: int, passes: int = 2) -> None:
    """Refuse a sentence whose maps of attention are more than is sent at once, before anything is computed.

    n_src, n_tgt: tokens of both sides   passes: how many times all maps go into one answer
    RefusedError: error.too_large.
    """
    cells = {"encoder": n_src * n_src, "decoder": n_tgt * n_tgt, "cross": n_tgt * n_src}
    numbers = run.model.config.n_heads * sum(cells[kind] for kind in blocks_of(run.model).values())
    n_bytes = passes * 4 * numbers
    if n_bytes > MOST_BYTES:
        raise RefusedError(422, "error.too_large", megabytes=round(n_bytes / 1e6), most=MOST_BYTES // 10**6)


def _pack(run: Run, text: str, said: str) -> bytes:
    text, notices = within_limit(text)
    encoding, cut = read(run, text)
    forced, about_words = told(run, said)
    right = None if forced else as_in_training(run, encoding)
    tgt_out = forced or right or greedy_ids(run.model, encoding.ids)
    trace = trace_pair(run.model, encoding.ids, shifted_right(tgt_out), run.src_vocab, run.tgt_vocab)
    parcel = Parcel()
    tensors = {key: parcel.add(trace[key]) for key in trace.names() if not _left_out(run, key)}
    if len(parcel.buffer) > MOST_BYTES:
        raise RefusedError(422, "error.too_large", megabytes=round(len(parcel.buffer) / 1e6), most=MOST_BYTES // 10**6)
    sentence = describe(run, text, encoding, trace, tgt_out)
    sentence |= {"notices": left_out(run, told=forced is not None), "forced": forced is not None}
    if right:
        sentence |= in_other_words(run, greedy_ids(run.model, encoding.ids))
    sentence["notices"] += notices + cut + about_words
    basis, config = about(run), run.model.config
    header = {
        **basis,
        "version": VERSION,
        "model": {**basis["model"], **{key: getattr(config, key) for key in (*MODEL, *SIZES)}},
        "names": trace.names(),
        "specs": _specs(run, trace),
        "vocab": {"src": _tokens(run.src_vocab), "tgt": _tokens(run.tgt_vocab)},
        "ids": {"src": encoding.ids, "tgt_in": shifted_right(tgt_out), "tgt_out": tgt_out},
        "sentence": sentence,
        "tensors": tensors,
    }
    return parcel.close(header)


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
