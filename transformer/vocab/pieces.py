"""One id per piece of a word: frequent words whole, rare ones in parts. Section 5.1 of the paper; shown on Tokens.

The paper's vocabularies are made by byte-pair encoding (BPE: join the most frequent pair of pieces, again and again).
A unigram vocabulary starts from too many pieces and drops those that the sentences miss least. Sentencepiece learns and
cuts both (learning.py learns); a run stores the pieces as plain JSON, and the model for sentencepiece is written here
from them, so that no damaged file of a run ever reaches a parser written in C++.
"""

import re
import reprlib
import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from transformer.vocab.base import SPECIALS, UNK, Encoding, check_kind, check_tokens
from transformer.vocab.normalisation import LONGEST_WORD, Normalisation

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

WORD_START = "\u2581"  # how a piece says that a word begins with it: a low block
MOST_PIECES = 200_000
LARGEST_SCORE = 1000.0  # a score is the logarithm of a probability: no piece is as rare as e to the -1000
# Characters that no piece holds: control characters, half characters, and what sentencepiece keeps for itself.
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2581\u2585\ufffd\ud800-\udfff]")
UNKNOWN_MARK = "\ufffd"  # stands for one of them when a word is cut


class PieceVocabulary:
    """One id per piece of a word. Ids 0 to 3 are the special tokens; characters in no piece become `<unk>`.

    A piece that begins a word begins with WORD_START. Where that is all of a piece, its span is empty.
    """

    kind: str
    model_type: ClassVar[int]  # sentencepiece's number for this way to cut

    def __init__(self, pieces: list[str], scores: list[float], normalisation: Normalisation | None = None) -> None:
        """pieces: all in the order of their ids, the four specials first   scores: one each, higher is taken first

        Raises ValueError if these are not pieces that can be cut by.
        """
        check_pieces(pieces)
        check_scores(scores, len(pieces))
        self.pieces = list(pieces)
        self.scores = list(scores)
        self.normalisation = normalisation or Normalisation()
        self.index = {piece: i for i, piece in enumerate(pieces) if i > UNK}  # the specials cannot be typed
        self._processor = processor(write_model(self.model_type, self.pieces, self.scores))

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def tokens(self) -> list[str]:
        """Every token in the order of its id, as the pages write it."""
        return self.pieces

    def token(self, i: int) -> str:
        """Return the text of one id."""
        return self.pieces[i]

    def encode(self, text: str) -> Encoding:
        """Turn any text into ids; no BOS or EOS is added. Never raises: what is not known is an unknown piece."""
        text = text.replace(WORD_START, " ")  # this vocabulary writes a blank so, and reads it so
        words = self.normalisation.pieces(text)
        ids, surfaces, spans = [], [], []
        for (word, start, end), cuts in zip(words, self._cut([word for word, _, _ in words]), strict=True):
            places = None if word == text[start:end] else self.normalisation.places(word, text[start:end])
            at = 0
            for piece, n in cuts:
                span = (at, at + n) if places is None else covered(places, at, at + n)
                span = (start + span[0], start + span[1])
                i = self.index.get(piece, UNK)
                typed = text[span[0] : span[1]]
                ids.append(i)
                surfaces.append(piece if i != UNK else self.normalisation.as_typed(word[at : at + n], typed))
                spans.append(span)
                at += n
        return Encoding(ids, surfaces, spans)

    def _cut(self, words: list[str]) -> Iterator[list[tuple[str, int]]]:
        """Give the pieces of each word, each with the number of the word's characters that it holds."""
        cuts: list[tuple[str, int]] = []
        for piece in self._processor.encode(UNFIT.sub(UNKNOWN_MARK, " ".join(words)), return_type=str):
            starts = piece[0] == WORD_START
            if starts and cuts:
                yield cuts
                cuts = []
            cuts.append((piece, len(piece) - starts))
        if cuts:
            yield cuts

    def decode(self, ids: Sequence[int]) -> str:
        """Turn ids into text: the pieces without the special tokens, put together to words."""
        return self.join([self.pieces[i] for i in ids if i >= UNK])

    def join(self, surfaces: Sequence[str]) -> str:
        """Write the surfaces of an encoding as one text: the pieces put together to words, blanks between these."""
        return self.normalisation.join("".join(surfaces).replace(WORD_START, " ").split())

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the contents of a run's `vocab.*.json`."""
        return {"kind": self.kind, "pieces": list(self.pieces), "normalisation": self.normalisation.to_dict()}


class BpeVocabulary(PieceVocabulary):
    """Byte-pair encoding: in a word, the pair of pieces that became a piece first is joined first.

    >>> pieces = ["\u2581t", "\u2581th", "\u2581the", "\u2581", "t", "h", "e", "s"]
    >>> vocabulary = BpeVocabulary(["<pad>", "<s>", "</s>", "<unk>", *pieces])
    >>> vocabulary.encode("The thesis").surfaces
    ['\u2581the', '\u2581the', 's', 'i', 's']
    >>> vocabulary.encode("The thesis").ids
    [6, 6, 11, 3, 11]
    >>> vocabulary.decode([1, 6, 6, 11, 2])
    'the thes'
    """

    kind = "bpe"
    model_type = 2

    def __init__(self, pieces: list[str], normalisation: Normalisation | None = None) -> None:
        """pieces: all in the order of their ids, the four specials first, then as they were joined."""
        n = len(SPECIALS)
        ranks = [0.0] * n + [-float(rank) for rank in range(len(pieces) - n)]
        super().__init__(pieces, ranks, normalisation)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote; a ValueError says exactly what is wrong with it."""
        check_kind(cls.kind, values, {"pieces": list, "normalisation": dict})
        return cls(values["pieces"], Normalisation.from_dict(values["normalisation"]))


class UnigramVocabulary(PieceVocabulary):
    """Unigram: a word is cut into the pieces whose scores have the highest sum.

    >>> pieces = {"\u2581": -3.0, "\u2581un": -2.0, "related": -2.0, "t": -4.0, "r": -4.0, "e": -4.0}
    >>> letters = dict.fromkeys("lauxd", -5.0) | {"n": -6.0}
    >>> tokens = ["<pad>", "<s>", "</s>", "<unk>", *pieces, *letters]
    >>> vocabulary = UnigramVocabulary(tokens, [0.0] * 4 + [*pieces.values(), *letters.values()])
    >>> vocabulary.encode("unrelated tux").surfaces
    ['\u2581un', 'related', '\u2581', 't', 'u', 'x']
    """

    kind = "unigram"
    model_type = 1

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the contents of a run's `vocab.*.json`."""
        return {**super().to_dict(), "scores": list(self.scores)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote; a ValueError says exactly what is wrong with it."""
        check_kind(cls.kind, values, {"pieces": list, "scores": list, "normalisation": dict})
        return cls(values["pieces"], values["scores"], Normalisation.from_dict(values["normalisation"]))


def covered(places: list[tuple[int, int]], at: int, to: int) -> tuple[int, int]:
    """Return the place of the characters [at, to) of a word; empty if there are none of them."""
    start = places[at][0]
    return start, places[to - 1][1] if to > at else start


def check_pieces(pieces: list[str]) -> None:
    """Raise a ValueError unless a word can be cut into these pieces, whatever the word."""
    if len(pieces) > MOST_PIECES:
        raise ValueError(f"a vocabulary may hold {MOST_PIECES:,} pieces, not {len(pieces):,}")
    check_tokens("piece", pieces)
    rest = pieces[len(SPECIALS) :]
    for piece in rest:
        letters = piece.removeprefix(WORD_START)
        blank = any(mark.isspace() for mark in letters)
        if not piece or len(letters) > LONGEST_WORD or blank or UNFIT.search(letters):
            raise ValueError(f"a vocabulary of pieces can never find {reprlib.repr(piece)}")
    missing = sorted({WORD_START, *"".join(rest)} - set(rest))
    if missing:
        raise ValueError(f"a vocabulary must hold the characters of its pieces; missing: {' '.join(missing[:10])}")


def check_scores(scores: list[float], n: int) -> None:
    """Raise a ValueError unless these are n numbers that can be compared."""
    if len(scores) != n:
        raise ValueError(f"a vocabulary must hold one score for each of its {n} pieces, not {len(scores)}")
    largest = max(LARGEST_SCORE, float(n))  # BPE counts its merges down instead: 0, -1, -2, ...
    for score in scores:
        if not isinstance(score, float) or not abs(score) <= largest:  # true of NaN, too
            raise ValueError(f"vocabulary: every score must be a number above -{largest:g}, not {score!r:.40}")


# -- the model that sentencepiece reads: a protocol buffer, section by section ---------------------------------------


def write_model(model_type: int, pieces: Sequence[str], scores: Sequence[float]) -> bytes:
    """Write pieces as sentencepiece's `ModelProto`: the pieces, how they are used, and no normalisation but ours."""
    unknown, control, normal = 2, 3, 1
    kinds = [control, control, control, unknown] + [normal] * (len(pieces) - len(SPECIALS))
    sections = []
    for piece, score, kind in zip(pieces, scores, kinds, strict=True):
        text, real = block(1, piece.encode()), varint(2 << 3 | 5) + struct.pack("<f", score)
        sections.append(block(1, text + real + number(3, kind)))
    unk_bos_eos_pad = number(40, 3) + number(41, 1) + number(42, 2) + number(43, 0)
    trainer = number(3, model_type) + number(4, len(pieces)) + unk_bos_eos_pad
    return b"".join([*sections, block(2, trainer), block(3, block(1, b"identity"))])


def block(field: int, content: bytes) -> bytes:
    """Write a field of bytes: its number and wire type 2, the length, the bytes."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    """Write a field that holds a number: its number and wire type 0, the value."""
    return varint(field << 3) + varint(value)


def varint(value: int) -> bytes:
    """Write a number seven bits at a time, the lowest first; the eighth bit says that more follow."""
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def processor(model: bytes) -> "SentencePieceProcessor":
    """Return what cuts words; ValueError if sentencepiece does not take the model."""
    from sentencepiece import SentencePieceProcessor  # here: whoever shows no pieces need not wait for it

    try:
        return SentencePieceProcessor(model_proto=model)
    except RuntimeError as error:
        raise ValueError(f"vocabulary: sentencepiece cannot read these pieces: {error}") from error
