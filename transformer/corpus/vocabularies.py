"""Make vocabularies from a person's own texts, of a size that they can see and change.

Words and characters are counted, and the most frequent ones stay; pieces are learned. Only the pairs that are learned
from are looked at, so that the exam may hold words which the model has never met.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, cached_property

from transformer.corpus.limits import MOST_TOKENS
from transformer.corpus.refusals import CorpusError
from transformer.vocab import (
    SPECIALS,
    BpeVocabulary,
    CharacterVocabulary,
    Normalisation,
    UnigramVocabulary,
    Vocabulary,
    WordVocabulary,
)
from transformer.vocab.characters import SPACE
from transformer.vocab.learning import PIECES, learn, readable
from transformer.vocab.normalisation import EDGE_PUNCTUATION
from transformer.vocab.pieces import WORD_START

KINDS = ("word", "char", "bpe", "unigram")
FEW_WORDS = 600  # so many different words are learned whole
USUAL_PIECES = 2000
BLANKS = 0.5  # the least share of texts with a blank in a language that writes blanks between words
SAMPLE = 2000  # texts that show how apostrophes are used
ELISION = re.compile(r"\b(?:l|d|j|n|m|t|s|c|qu|jusqu|lorsqu|un|dell|all|nell|sull)['’](?=\w)", re.IGNORECASE)
CONTRACTION = re.compile(r"\w['’](?:t|s|re|ve|ll|m|d)\b", re.IGNORECASE)


def usual_kind(texts: Sequence[str]) -> str:
    """Choose how to cut some texts: characters where no blanks are written, words if they are few, else BPE pieces."""
    several = [text for text in texts if len(text) > 1]
    if sum(" " in text for text in several) < BLANKS * len(several):
        return "char"
    words = {word.strip(EDGE_PUNCTUATION) for text in texts for word in text.lower().split()}
    return "word" if len(words) <= FEW_WORDS else "bpe"


class Maker:
    """Make vocabularies of one kind from some texts; what all sizes have in common is found out once."""

    def __init__(self, kind: str, texts: Sequence[str]) -> None:
        """kind: one of KINDS; CorpusError for another, and for texts that no vocabulary of this kind can be made of."""
        if kind not in KINDS:
            raise CorpusError("choice", name="vocabulary", value=repr(kind)[:40])
        self.kind, self.normalisation = kind, normalisation_of(texts)
        self.lines = piece_lines(kind, texts, self.normalisation) if kind in PIECES else []
        self.counts = counted(kind, texts, self.normalisation) if kind not in PIECES else Counter[str]()

    @property
    def smallest(self) -> int:
        """Give the fewest tokens that a vocabulary of these texts needs, the four specials among them."""
        return fewest_pieces(self.lines) if self.kind in PIECES else len(SPECIALS) + 1

    @cached_property
    def largest(self) -> int:
        """Give the most tokens that these texts can fill, MOST_TOKENS at most."""
        if self.kind in PIECES:
            return len(learn(self.kind, self.lines, MOST_TOKENS, at_most=True)[0])
        return min(MOST_TOKENS, len(SPECIALS) + len(self.counts))

    def make(self, size: int = 0) -> Vocabulary:
        """Make a vocabulary.

        size: the most tokens; 0 for the usual number, which is all words or characters, or USUAL_PIECES pieces. Texts
        that give fewer make a smaller one; CorpusError for a size that is too small for them, or above MOST_TOKENS
        """
        size = size or (max(self.smallest, USUAL_PIECES) if self.kind in PIECES else MOST_TOKENS)
        if not self.smallest <= size <= MOST_TOKENS:
            raise CorpusError("size", size=size, smallest=self.smallest, largest=MOST_TOKENS)
        return self._pieces(size) if self.kind in PIECES else self._frequent(size)

    def _frequent(self, size: int) -> Vocabulary:
        """Take the most frequent words or characters."""
        most = sorted(self.counts, key=lambda token: (-self.counts[token], token))[: size - len(SPECIALS)]
        if self.kind == WordVocabulary.kind:
            return WordVocabulary([*SPECIALS, *sorted(most)], self.normalisation)
        return CharacterVocabulary([*SPECIALS, *sorted(most)], keep_spaces=SPACE in most)

    def _pieces(self, size: int) -> Vocabulary:
        """Learn as many pieces as wanted, or as the texts give."""
        found, scores = learn(self.kind, self.lines, size, at_most=True)
        if self.kind == UnigramVocabulary.kind:
            return UnigramVocabulary(found, scores, self.normalisation)
        return BpeVocabulary(found, self.normalisation)


def maker(kind: str, texts: Sequence[str]) -> Maker:
    """Return what makes the vocabularies of some texts. kind: one of KINDS, or "task" for what suits the texts"""
    return Maker(usual_kind(texts) if kind == "task" else kind, texts)


def normalisation_of(texts: Sequence[str]) -> Normalisation:
    """Choose how words are told apart: cut behind an apostrophe where a language elides (l'animal), else not."""
    sample = "\n".join(texts[:SAMPLE])
    elided, contracted = len(ELISION.findall(sample)), len(CONTRACTION.findall(sample))
    return Normalisation(after_apostrophe=elided > 2 * contracted)


def counted(kind: str, texts: Sequence[str], normalisation: Normalisation) -> Counter[str]:
    """Count the words or the characters of some texts, as a vocabulary would write them."""
    if kind == WordVocabulary.kind:
        words = Counter[str]()
        for part, n in Counter(part for text in texts for part in text.split()).items():
            for word, _, _ in normalisation.pieces(part):
                words[word] += n
        return Counter({word: n for word, n in words.items() if word not in SPECIALS})
    nothing, found = CharacterVocabulary([*SPECIALS, SPACE], keep_spaces=True), Counter[str]()
    inside = (unicodedata.normalize("NFC", text).strip(EDGE_PUNCTUATION + " ") for text in texts)
    for mark, n in Counter("".join(inside)).items():
        read = nothing.read(mark)
        if read:
            found[read] += n
    return found


def piece_lines(kind: str, texts: Sequence[str], normalisation: Normalisation) -> list[str]:
    """Return what pieces are learned from; CorpusError if there is nothing, or more characters than tokens allowed."""

    @cache
    def fit(part: str) -> str:
        try:
            return readable(kind, [part], normalisation)[0]
        except ValueError:  # nothing in it can be a piece
            return ""

    found = (" ".join(filter(None, map(fit, text.split()))) for text in texts)
    lines = [line for line in found if line]
    if not lines:
        raise CorpusError("no_words")
    if fewest_pieces(lines) > MOST_TOKENS:
        raise CorpusError("characters", found=fewest_pieces(lines) - len(SPECIALS), limit=MOST_TOKENS - len(SPECIALS))
    return lines


def fewest_pieces(lines: Sequence[str]) -> int:
    """Count the pieces of which each is one character, with the specials."""
    return len(SPECIALS) + len({WORD_START, *"".join(lines)} - {" "})
