"""What a person's text is for the page: how it was read, what became of every line, and what can be chosen.

Imports torch: whoever answers the browser imports this when it is asked for.
"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from transformer.corpus import Choices, Corpus, CorpusError, Look, Reading, clean_pairs, look
from transformer.corpus.facts import makers_of, vocabulary_facts
from transformer.corpus.limits import (
    FEWEST_PAIRS,
    LONGEST_SIDE,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_MB,
    MOST_ROWS,
    MOST_TOKENS,
    refuse_kind,
)
from transformer.corpus.vocabularies import KINDS, Maker
from ui import own_texts
from ui.pack import RefusedError

PREVIEW = 5  # pairs that are shown
STATUS = {"too_large": 413} | dict.fromkeys(
    ("is_archive", "is_spreadsheet", "is_picture", "is_document", "is_binary"), 415
)
# What no choice can mend: such a text is not kept.
HOPELESS = {*STATUS, "empty", "long_line", "many_columns", "many_rows"}
LIMITS = {
    "bytes": MOST_BYTES,
    "mb": MOST_MB,
    "rows": MOST_ROWS,
    "columns": MOST_COLUMNS,
    "pairs": FEWEST_PAIRS,
    "longest": list(LONGEST_SIDE),
    "tokens": MOST_TOKENS,
    "texts": own_texts.MOST_PER_VISITOR,
    "days": own_texts.KEPT_S // (24 * 3600),
}


def refusal_of(error: CorpusError) -> RefusedError:
    """Say in the page's words why a text cannot be used."""
    return RefusedError(STATUS.get(error.reason, 422), f"corpus.refused.{error.reason}", **error.values)


def check_start(start: bytes) -> None:
    """Refuse what is no text by its first bytes, while the rest is still arriving."""
    try:
        refuse_kind(start)
    except CorpusError as error:
        raise refusal_of(error) from None


def take(arrived: Path, owner: str) -> dict[str, Any]:
    """Read a file that has arrived and keep it, if there is any hope for it; give the page's TEXT."""
    data = arrived.read_bytes()
    found = look(data)
    if found.refusal and found.refusal.reason in HOPELESS:
        raise refusal_of(found.refusal)
    text_id = own_texts.create(arrived, owner)
    own_texts.sweep(owner)
    return read(text_id, owner, data, Choices(), found)


def change(text_id: str, owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Read a text anew as somebody chose; give the page's TEXT."""
    folder = own_texts.folder_of(text_id, owner)
    try:
        choices = Choices.from_dict(values)
    except CorpusError as error:
        raise refusal_of(error) from None
    data = (folder / own_texts.RAW).read_bytes()
    return read(text_id, owner, data, choices, look(data, choices))


def read(text_id: str, owner: str, data: bytes, choices: Choices, found: Look) -> dict[str, Any]:
    """Clean the pairs of a text and write down what came of it."""
    refusal, reading, corpus = found.refusal, None, None
    try:
        if refusal is None:
            reading = clean_pairs(data, choices)
            corpus = Corpus(reading.pairs)
    except CorpusError as error:
        refusal = error
    folder = own_texts.folder_of(text_id, owner)
    text = told(found, choices, reading, corpus, refusal)
    own_texts.settle(folder, text, corpus.to_tsv() if corpus else None)
    return text_in(folder)


def told(
    found: Look, choices: Choices, reading: Reading | None, corpus: Corpus | None, refusal: CorpusError | None
) -> dict[str, Any]:
    """Give the page's TEXT, but for what the folder knows."""
    why = refusal_of(refusal) if refusal else None
    pairs = reading.pairs[:PREVIEW] if reading else []
    return {
        "choices": asdict(choices),
        "look": found.to_dict(),
        "refusal": {"error": why.key, "values": why.values} if why else None,
        "report": reading.report.to_dict() if reading else None,
        "preview": [{"src": pair.src, "tgt": pair.tgt} for pair in pairs],
        "split": {name: len(part) for name, part in corpus.splits.items()} if corpus else None,
        "ready": corpus is not None,
    }


def text_in(folder: Path) -> dict[str, Any]:
    """Give the page's TEXT as it was settled last."""
    kept = own_texts.read_json(folder)
    if kept is None:
        raise RefusedError(404, "corpus.refused.unknown")
    size = kept["text"].get("look", {}).get("bytes", 0)
    return {"id": folder.name, "created": kept["created"], "bytes": size, "limits": LIMITS, **kept["text"]}


def listed(owner: str) -> dict[str, Any]:
    """List a visitor's texts, newest first."""
    texts = []
    for folder, kept in own_texts.texts_of(owner):
        text = kept["text"]
        if text:
            report, preview = text["report"] or {"kept": 0}, text["preview"]
            texts.append(
                {
                    "id": folder.name,
                    "created": kept["created"],
                    "bytes": text["look"]["bytes"],
                    "pairs": report["kept"],
                    "ready": text["ready"],
                    "first": preview[0] if preview else None,
                }
            )
    return {"texts": texts, "limits": LIMITS, "kinds": ["task", *KINDS]}


def vocabulary(text_id: str, owner: str, kind: str, size: int) -> dict[str, Any]:
    """Say what a vocabulary of a kind and a size would make of a text; RefusedError if there can be none."""
    file = own_texts.pairs_of(own_texts.folder_of(text_id, owner))
    try:
        return _facts(file, kind, size)
    except CorpusError as error:
        raise refusal_of(error) from None


@lru_cache(maxsize=64)
def _facts(file: Path, kind: str, size: int) -> dict[str, Any]:
    corpus, makers = _makers(file, kind)
    return vocabulary_facts(corpus, kind, size, makers)


@lru_cache(maxsize=4)
def _makers(file: Path, kind: str) -> tuple[Corpus, list[Maker]]:
    """Keep what all sizes have in common, for whoever moves the slider. A file of pairs never changes its name."""
    corpus = Corpus.from_tsv(file.read_bytes())
    return corpus, makers_of(corpus, kind)


def spreadsheet(text_id: str, owner: str) -> bytes:
    """Give the cleaned pairs for a spreadsheet."""
    return Corpus.from_tsv(own_texts.pairs_of(own_texts.folder_of(text_id, owner)).read_bytes()).to_csv()
