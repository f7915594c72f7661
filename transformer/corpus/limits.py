"""How much a person may bring, and what is no text at all: told from the first bytes, before anything reads the whole.

A parser that is given a hostile file first and asked about limits later has already lost: four megabytes of separators
on one line cost a table reader gigabytes.
"""

import re

from transformer.corpus.refusals import CorpusError

MB = 1 << 20
MOST_MB = 5
MOST_BYTES = MOST_MB * MB
MOST_ROWS = 50_000  # pairs
MOST_LINES = 3 * MOST_ROWS  # a pair on two lines, with an empty one behind them
MOST_COLUMNS = 50
LONGEST_LINE = 10_000  # characters; a longer one is skipped without a look at its cells
PEEK = 64 * 1024  # bytes in which a text must show that it has lines
FEWEST_PAIRS = 20  # so that some can be held back for the exam
LONGEST_SIDE = (20, 200, 400)  # characters of one side: the least that may be chosen, the default, the most
MOST_TOKENS = 8000  # in a vocabulary: each one costs a row of the embedding and a column of the softmax

MAGIC: list[tuple[str, str, bytes]] = [
    ("is_archive", "zip", rb"PK(\x03\x04|\x05\x06|\x07\x08)"),
    ("is_archive", "gzip", rb"\x1f\x8b"),
    ("is_archive", "bzip2", rb"BZh[1-9]1AY&SY"),
    ("is_archive", "xz", rb"\xfd7zXZ\x00"),
    ("is_archive", "7z", rb"7z\xbc\xaf\x27\x1c"),
    ("is_archive", "rar", rb"Rar!\x1a\x07"),
    ("is_archive", "zstd", rb"\x28\xb5\x2f\xfd"),
    ("is_picture", "png", rb"\x89PNG"),
    ("is_picture", "jpeg", rb"\xff\xd8\xff"),
    ("is_picture", "gif", rb"GIF8[79]a"),
    ("is_picture", "webp", rb"RIFF....WEBP"),
    ("is_document", "pdf", rb"\s{0,64}%PDF-"),
    ("is_document", "rtf", rb"\{\\rtf"),
    ("is_document", "office", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("is_binary", "program", rb"\x7fELF"),
    ("is_binary", "database", rb"SQLite format 3\x00"),
    ("is_binary", "sound", rb"ID3[\x02-\x04]\x00|OggS\x00|fLaC\x00"),
]
SPREADSHEET = re.compile(rb"xl/|\[Content_Types\]\.xml|mimetypeapplication/vnd\.oasis\.opendocument\.spreadsheet")
SEPARATORS = (b"\t", b",", b";", b"|")


def refuse_kind(start: bytes) -> None:
    """Raise CorpusError if the first bytes say that this is no text. start: the first kilobytes, or all"""
    for reason, kind, pattern in MAGIC:
        if re.match(pattern, start, re.DOTALL):
            found = "is_spreadsheet" if kind == "zip" and SPREADSHEET.search(start[:4096]) else reason
            raise CorpusError(found)


def refuse_shape(data: bytes) -> None:
    """Raise CorpusError if all that is said in the first 64 KB is one endless line, or columns without end.

    Line ends and separators are single bytes in every encoding that is read here, so nothing is decoded for this.
    """
    start = data[:PEEK]
    first, *more = re.split(rb"[\r\n]", start, maxsplit=1)
    n_columns = max(first.count(separator) for separator in SEPARATORS) + 1
    if not more and len(data) > PEEK:
        if n_columns > MOST_COLUMNS:
            raise CorpusError("many_columns", limit=MOST_COLUMNS, found=n_columns)
        raise CorpusError("long_line", limit=LONGEST_LINE)
    if first.count(b"\t") >= MOST_COLUMNS:
        raise CorpusError("many_columns", limit=MOST_COLUMNS, found=first.count(b"\t") + 1)


def refuse_bytes(data: bytes) -> None:
    """Raise CorpusError for bytes that no reader should see: too many, none, no text, one endless line."""
    if len(data) > MOST_BYTES:
        raise CorpusError("too_large", limit=MOST_MB)
    refuse_kind(data)
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise CorpusError("empty", pairs=FEWEST_PAIRS)
    refuse_shape(data)
