"""The film of a training as bytes: the attention maps of its probe sentences, frame by frame, also while it grows.

What is read is compared with the manifest of the run and with the sizes of its model; where the words of a probe are
not known for certain, the rows are numbered, for a wrong label would be worse than none. See ui/pack.py for the format.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from transformer.corpus import Corpus
from transformer.run_files.reader import read_parts, read_tensors
from transformer.run_files.sealed import LIMITS, MANIFEST, STAGED, RunError, entry_of, limit, parse_json
from transformer.training.film import probes_of
from transformer.training.recipe import OWN, Recipe
from transformer.training.subject import task_of
from transformer.vocab import Vocabulary, shifted_right
from ui.jobs.events import looks_of
from ui.jobs.progress import Logs
from ui.pack import Parcel, RefusedError

MOST_FRAMES_SENT = 32
MOST_BYTES = 4 << 20  # of the maps of one answer; the first frame is always sent
PARTS = ("config.json", "vocab.src.json", "vocab.tgt.json")
CORPUS = "corpus.tsv"
SNAPSHOT = re.compile(r"snapshots/([0-9]{1,9})\.safetensors")
Words = dict[str, Any]


class Reel(NamedTuple):
    """What is the same in all frames of a film."""

    info: dict[str, Any]  # config.json
    blocks: list[str]
    probes: list[Words]  # {"src", "tgt_in", "tgt_out"}: lists of tokens; tgt None where the model writes its own
    tgt_vocab: Vocabulary


class BytesParcel(Parcel):
    """A parcel that sends bytes as bytes: a weight in one byte is 255 times itself."""

    def add_bytes(self, array: np.ndarray) -> dict[str, Any]:
        """Append an array of uint8; give its place for the header."""
        place = {"dtype": "u1", "shape": list(array.shape), "offset": len(self.buffer)}
        self.buffer += np.ascontiguousarray(array, dtype=np.uint8).tobytes()
        return place


def film_parcel(run: Path, logs: Logs, first: int, most: int) -> bytes:
    """Pack the frames of a run from number `first` on, at most `most`. RefusedError if there is no film to read."""
    try:
        entries = entries_of(run)
        reel = reel_of(run, entries)
        return _packed(run, reel, entries, first, most)
    except FileNotFoundError:
        raise RefusedError(404, "jobs.refuse.no_film") from None
    except (RunError, OSError):
        raise RefusedError(404, "jobs.refuse.film") from None


def facts_of(run: Path) -> dict[str, Any]:
    """Tell what a run says about itself; RefusedError if it cannot be read."""
    try:
        info = parse_json("config.json", read_listed(run, "config.json", entries_of(run)))
    except (RunError, OSError):
        raise RefusedError(404, "jobs.refuse.film") from None
    return {name: info.get(key) for name, key in NAMED.items()}


NAMED = {"task": "task", "model": "model", "recipe": "training", "results": "results"}


def _packed(run: Path, reel: Reel, entries: Mapping[str, Any], first: int, most: int) -> bytes:
    names = sorted((int(found[1]), name) for name in entries if (found := SNAPSHOT.fullmatch(name)))
    own = [n for n, probe in enumerate(reel.probes) if probe["tgt_out"] is None]
    said = {line["step"]: line.get("probe_ids") for line in looks_of(run)} if own else {}
    parcel, tensors, shown = BytesParcel(), {}, []
    for number, (step, name) in enumerate(names[first : first + most], start=first):
        if shown and len(parcel.buffer) > MOST_BYTES:
            break
        arrays = _maps(name, read_listed(run, name, entries), reel)
        frame: dict[str, Any] = {"step": step}
        frame["probes"] = {str(n): _spoken(reel.tgt_vocab, said.get(step), arrays, n) for n in own}
        shown.append(frame)
        tensors |= {f"{number}.{key}": parcel.add_bytes(array) for key, array in arrays.items()}
        _require_labels(reel, frame, arrays)
    header = {
        "probes": reel.probes,
        "blocks": reel.blocks,
        "n_heads": reel.info["model"]["n_heads"],
        "causal": reel.info["model"].get("causal", True),
        "first": first,
        "frames": shown,
        "next": first + len(shown),
        "total": len(names),
        "tensors": tensors,
    }
    return parcel.close(header)


def _maps(name: str, data: bytes, reel: Reel) -> dict[str, np.ndarray]:
    """Read the maps of one frame, (head, query, key) each, as bytes; RunError for what is no picture of this model."""
    known = re.compile(rf"[0-9]{{1,3}}\.(?:{'|'.join(map(re.escape, reel.blocks))})\.weights")
    arrays = {}
    for key, tensor in sorted(read_tensors(name, data).items()):  # the same bytes whenever they are asked for
        array = tensor.numpy()
        if not known.fullmatch(key) or array.ndim != 3 or array.shape[0] != reel.info["model"]["n_heads"]:
            raise RunError(f"{name} holds what is no picture of this model")
        if array.dtype != np.uint8:
            array = np.rint(np.nan_to_num(array.astype(np.float32)).clip(0.0, 1.0) * 255).astype(np.uint8)
        arrays[key] = array
    return arrays


def _spoken(vocabulary: Vocabulary, ids: Any, arrays: Mapping[str, np.ndarray], n: int) -> Words:
    """Give the target tokens of a probe whose answer the model wrote itself at this frame."""
    rows = next((array.shape[1] for key, array in arrays.items() if key.startswith(f"{n}.decoder.")), 0)
    fits = isinstance(ids, list) and len(ids) == rows and all(type(i) is int and 0 <= i < len(vocabulary) for i in ids)
    if not fits:
        return numbered_target(rows)
    return {"tgt_in": tokens(vocabulary, shifted_right(ids)), "tgt_out": tokens(vocabulary, ids)}


def _require_labels(reel: Reel, frame: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Put numbers in the place of words that do not belong to these maps: of other lengths, or of more sentences."""
    for key, array in arrays.items():
        place, block = key.split(".", 1)
        n, (_, rows, columns) = int(place), array.shape
        while len(reel.probes) <= n:
            reel.probes.append({"src": [], "tgt_in": [], "tgt_out": []})
        probe = reel.probes[n]
        if block.startswith("encoder") and len(probe["src"]) != rows:
            probe["src"] = numbered(rows)
        if ".cross_attn" in block and len(probe["src"]) != columns:
            probe["src"] = numbered(columns)
        told = frame["probes"].get(place, probe)
        if block.startswith("decoder") and len(told["tgt_out"] or []) != rows:
            told |= numbered_target(rows)


def numbered(n: int) -> list[str]:
    """Name tokens by their numbers."""
    return [str(i + 1) for i in range(n)]


def numbered_target(n: int) -> Words:
    """Name the tokens of a target by their numbers."""
    return {"tgt_in": numbered(n), "tgt_out": numbered(n)}


def tokens(vocabulary: Vocabulary, ids: list[int]) -> list[str]:
    """Write ids as the tokens that they stand for."""
    return [vocabulary.tokens[i] for i in ids]


# --- reading ---------------------------------------------------------------------------------------------------------


def entries_of(run: Path) -> dict[str, Any]:
    """Read which files a run promises, each with size and checksum."""
    with (run / MANIFEST).open("rb") as file:
        entries = parse_json(MANIFEST, file.read(LIMITS[MANIFEST])).get("files")
    if not isinstance(entries, dict):
        raise RunError(f"{MANIFEST} lists no files")
    return {name: entry for name, entry in entries.items() if isinstance(entry, dict)}


def read_listed(run: Path, name: str, entries: Mapping[str, Any]) -> bytes:
    """Read a file that the manifest lists and compare it; RunError if it is not what was promised."""
    promised, most = entries.get(name), limit(name)
    if promised is not None and most is not None:
        for candidate in (run / name, run / f"{name}{STAGED}"):
            if candidate.is_file() and not candidate.is_symlink() and candidate.stat().st_size <= most:
                data = candidate.read_bytes()
                if entry_of(data) == {key: promised.get(key) for key in ("sha256", "bytes")}:
                    return data
    raise RunError(f"{name} is not what {MANIFEST} promises")


def reel_of(run: Path, entries: Mapping[str, Any]) -> Reel:
    """Read what is the same in all frames; kept as long as config and vocabularies stay the same."""
    seals = tuple(str(entries.get(name, {}).get("sha256")) for name in (*PARTS, CORPUS))
    reel = _reel(run, seals)
    return reel._replace(probes=[dict(probe) for probe in reel.probes])


@functools.lru_cache(maxsize=32)
def _reel(run: Path, seals: tuple[str, ...]) -> Reel:
    entries = entries_of(run)
    files = {name: read_listed(run, name, entries) for name in PARTS}
    info, config, vocabularies = read_parts(files)
    decoder = [f"decoder.{n}.{kind}_attn" for n in range(config.n_decoder_layers) for kind in ("self", "cross")]
    blocks = [*(f"encoder.{n}.self_attn" for n in range(config.n_encoder_layers)), *decoder]
    corpus = read_listed(run, CORPUS, entries) if CORPUS in entries else None
    return Reel(info, blocks, _probes(info, vocabularies, corpus), vocabularies[1])


def _probes(info: Mapping[str, Any], vocabularies: tuple[Vocabulary, Vocabulary], corpus: bytes | None) -> list[Words]:
    """Give the words of the probes; none where nobody can say which sentences they were."""
    src_vocab, tgt_vocab = vocabularies
    own = info["training"].get("probe", "")
    try:
        pairs = Corpus.from_tsv(corpus) if info.get("task") == OWN and corpus is not None else None
        task = task_of(Recipe(task=str(info.get("task"))), pairs, vocabularies if pairs else None)
        probes = probes_of(task, vocabularies, own if isinstance(own, str) else "")
    except ValueError:
        return []
    found = []
    for probe in probes:
        words: Words = {"src": tokens(src_vocab, probe.src), "tgt_in": None, "tgt_out": None}
        if probe.tgt is not None:
            words |= {"tgt_in": tokens(tgt_vocab, shifted_right(probe.tgt)), "tgt_out": tokens(tgt_vocab, probe.tgt)}
        found.append(words)
    return found
