"""The pairs that a person brought: clean, each source once, and split so that the exam asks what was never learned.

As a file, `corpus.tsv` in the folder of a run: one pair per line, source and translation with a tab between them.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from transformer.corpus.cleaning import Pair
from transformer.corpus.keys import key_of
from transformer.corpus.limits import FEWEST_PAIRS, LONGEST_SIDE, MOST_ROWS
from transformer.corpus.refusals import CorpusError

ONE_IN = 20  # pairs held back for the exam on the way, and as many for the one at the end
MOST_HELD_OUT = 1000
FEWEST_HELD_OUT = 2
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
MEANINGS = {written: mark for mark, written in ESCAPES.items()}
MOST_FILE_BYTES = 16 << 20  # 5 MB of any encoding become no more
HALF = re.compile("[\ud800-\udfff]")  # half of a character, which no file can hold
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run


class Corpus:
    """Pairs of texts, each source once (`key_of` says what is the same), at least FEWEST_PAIRS of them.

    >>> corpus = Corpus([Pair(f"word {i}", f"mot {i}") for i in range(40)])
    >>> [len(corpus.split(name)) for name in ("train", "valid", "test")]
    [36, 2, 2]
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """pairs: as `clean` leaves them; CorpusError if there are too few or too many, or a source comes twice."""
        self.pairs = tuple(pairs)
        if len(self.pairs) > MOST_ROWS:
            raise CorpusError("many_rows", found=len(self.pairs), limit=MOST_ROWS)
        self.by_key = self._keys()  # the position of each source
        if len(self.by_key) < FEWEST_PAIRS:
            raise CorpusError("few_pairs", needed=FEWEST_PAIRS, found=len(self.by_key))

    def _keys(self) -> dict[str, int]:
        """Return the position of each source by its key."""
        found: dict[str, int] = {}
        for i, (src, tgt) in enumerate(self.pairs):
            key = key_of(src)
            long = max(len(src), len(tgt)) > LONGEST_SIDE[2]
            if long or not key or key in found or not key_of(tgt) or HALF.search(src + tgt):
                raise CorpusError("damaged", line=i + 1)
            found[key] = i
        return found

    def __len__(self) -> int:
        return len(self.pairs)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Corpus) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    # -- what is learned, and what is asked ---------------------------------------------------------------------------

    @property
    def n_held_out(self) -> int:
        """Count the pairs of each of the two held-out splits."""
        return max(FEWEST_HELD_OUT, min(MOST_HELD_OUT, len(self) // ONE_IN))

    @cached_property
    def splits(self) -> dict[str, tuple[Pair, ...]]:
        """Return the pairs of "train", "valid" and "test"; a hash of the source decides, not where it stands."""
        order = sorted(self.by_key, key=lambda key: hashlib.blake2b(key.encode(), digest_size=16).digest())
        n = self.n_held_out
        chosen = {"valid": order[:n], "test": order[n : 2 * n]}
        held_out = {name: tuple(self.pairs[self.by_key[key]] for key in keys) for name, keys in chosen.items()}
        away = {self.by_key[key] for key in order[: 2 * n]}
        return {"train": tuple(pair for i, pair in enumerate(self.pairs) if i not in away), **held_out}

    def split(self, name: str) -> tuple[Pair, ...]:
        """Return the pairs of "train", "valid" or "test"."""
        return self.splits[name]

    def find(self, text: str) -> Pair | None:
        """Return the pair whose source reads like a text; None if there is none."""
        i = self.by_key.get(key_of(text))
        return None if i is None else self.pairs[i]

    # -- as a file ----------------------------------------------------------------------------------------------------

    def to_tsv(self) -> bytes:
        """Write the pairs as UTF-8, one per line; a tab, a line end and a backslash inside a text are escaped."""
        return "".join(f"{escaped(src)}\t{escaped(tgt)}\n" for src, tgt in self.pairs).encode("utf-8")

    @classmethod
    def from_tsv(cls, data: bytes) -> "Corpus":
        """Read what `to_tsv` wrote; CorpusError names the first line that is damaged."""
        if len(data) > MOST_FILE_BYTES:
            raise CorpusError("too_large", limit=MOST_FILE_BYTES >> 20)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CorpusError("damaged", line=data.count(b"\n", 0, error.start) + 1) from None
        if data.count(b"\n") > MOST_ROWS:
            raise CorpusError("many_rows", found=data.count(b"\n"), limit=MOST_ROWS)
        if not text.endswith("\n"):
            raise CorpusError("damaged", line=text.count("\n") + 1)
        pairs = []
        for i, line in enumerate(text[:-1].split("\n")):
            cells = [unescaped(cell) for cell in line.split("\t")]
            if len(cells) != 2 or cells[0] is None or cells[1] is None:
                raise CorpusError("damaged", line=i + 1)
            pairs.append(Pair(cells[0], cells[1]))
        return cls(pairs)

    def to_csv(self) -> bytes:
        """Write the pairs for a spreadsheet: a text that it would run as a formula gets an apostrophe in front."""
        lines = [",".join(f'"{harmless(text)}"' for text in pair) for pair in self.pairs]
        return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode("utf-8")


def escaped(text: str) -> str:
    """Write a text as one cell of a tab-separated line."""
    for mark, written in ESCAPES.items():  # the backslash comes first
        text = text.replace(mark, written)
    return text


def unescaped(cell: str) -> str | None:
    """Read a cell; None if it holds a backslash that means nothing, or a control character that must be escaped."""
    if not re.fullmatch(r"(?:[^\\\r]|\\[\\tnr])*", cell):
        return None
    return re.sub(r"\\[\\tnr]", lambda found: MEANINGS[found[0]], cell)


def harmless(text: str) -> str:
    """Write a text as a quoted cell of a spreadsheet, which must not take it for a formula."""
    return ("'" if text.startswith(FORMULA) else "") + text.replace('"', '""')
