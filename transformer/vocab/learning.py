"""Make a vocabulary from sentences. Shown on Tokens, where a person chooses how many pieces there are."""

from collections.abc import Iterable
from io import BytesIO

from transformer.vocab.base import SPECIALS, Vocabulary
from transformer.vocab.characters import SPACE, CharacterVocabulary
from transformer.vocab.normalisation import Normalisation
from transformer.vocab.pieces import (
    MOST_PIECES,
    UNFIT,
    WORD_START,
    BpeVocabulary,
    UnigramVocabulary,
    processor,
)
from transformer.vocab.words import WordVocabulary

PIECES: dict[str, type[BpeVocabulary] | type[UnigramVocabulary]] = {"bpe": BpeVocabulary, "unigram": UnigramVocabulary}
MOST_BYTES = 1 << 24  # of a sentence; sentencepiece leaves out longer ones, by default from 4,192 on
SILENT = 5  # sentencepiece's log level above every message


def collect_characters(
    sentences: Iterable[str], lowercase: bool = True, keep_spaces: bool = False
) -> CharacterVocabulary:
    """Make a vocabulary of all characters of some sentences, in the order of their Unicode numbers.

    >>> collect_characters(["Hello", "hell"]).tokens
    ['<pad>', '<s>', '</s>', '<unk>', 'e', 'h', 'l', 'o']
    """
    nothing = CharacterVocabulary([*SPECIALS, *([SPACE] if keep_spaces else [])], lowercase, keep_spaces)
    found = {mark for sentence in sentences for mark in nothing.cut(sentence)[0]}
    return CharacterVocabulary([*nothing.tokens, *sorted(found - {SPACE})], lowercase, keep_spaces)


def collect_words(sentences: Iterable[str], normalisation: Normalisation | None = None) -> WordVocabulary:
    """Make a vocabulary of all words of some sentences, in alphabetical order.

    >>> collect_words(["The cat", "the dog"]).tokens
    ['<pad>', '<s>', '</s>', '<unk>', 'cat', 'dog', 'the']
    """
    normalisation = normalisation or Normalisation()
    found = {word for sentence in sentences for word, _, _ in normalisation.pieces(sentence)}
    return WordVocabulary([*SPECIALS, *sorted(found - {*SPECIALS})], normalisation)


def train_pieces(
    kind: str, sentences: Iterable[str], size: int, normalisation: Normalisation | None = None
) -> BpeVocabulary | UnigramVocabulary:
    """Learn a vocabulary of `size` pieces, the four specials among them; the same sentences give the same pieces.

    Raises ValueError for an unknown kind, and for a size that these sentences cannot fill, with the sizes they can.

    >>> train_pieces("bpe", ["low lower lowest"], 16).encode("slow low").surfaces
    ['\u2581', 's', 'low', '\u2581low']
    """
    normalisation = normalisation or Normalisation()
    lines = readable(kind, sentences, normalisation)
    smallest, largest = _sizes(kind, lines)
    if not smallest <= size <= largest:
        raise ValueError(f"{kind} pieces: these sentences give {smallest} to {largest} pieces, not {size}")
    pieces, scores = learn(kind, lines, size)
    if kind == UnigramVocabulary.kind:
        return UnigramVocabulary(pieces, scores, normalisation)
    return BpeVocabulary(pieces, normalisation)


def piece_sizes(kind: str, sentences: Iterable[str], normalisation: Normalisation | None = None) -> tuple[int, int]:
    """Return the smallest and the largest size that `train_pieces` can reach with these sentences.

    Raises ValueError for an unknown kind, and for sentences without a word.
    """
    return _sizes(kind, readable(kind, sentences, normalisation or Normalisation()))


def readable(kind: str, sentences: Iterable[str], normalisation: Normalisation) -> list[str]:
    """Return the sentences as they are read, without the words that no vocabulary of pieces can hold."""
    if kind not in PIECES:
        raise ValueError(f"pieces: the kind must be one of {', '.join(PIECES)}, not {kind!r}")
    lines = []
    for sentence in sentences:
        words = [word for word, _, _ in normalisation.pieces(sentence.replace(WORD_START, " "))]
        fit = [word for word in words if not UNFIT.search(word) and not any(special in word for special in SPECIALS)]
        lines += [" ".join(fit)] if fit else []
    if not lines:
        raise ValueError(f"{kind} pieces: there is no word in these sentences")
    return lines


def _sizes(kind: str, lines: list[str]) -> tuple[int, int]:
    """Return the smallest size, where only characters are pieces, and the largest, where nothing more is found."""
    characters = {WORD_START, *"".join(lines)} - {" "}
    return len(SPECIALS) + len(characters), len(learn(kind, lines, MOST_PIECES, at_most=True)[0])


def learn(kind: str, lines: list[str], size: int, at_most: bool = False) -> tuple[list[str], list[float]]:
    """Return what sentencepiece learns: pieces and scores. at_most: fewer are welcome, too."""
    from sentencepiece import SentencePieceTrainer  # here: whoever learns no pieces need not wait for it

    model = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type=kind,
        vocab_size=size,
        hard_vocab_limit=not at_most,
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        normalization_rule_name="identity",  # ours has been here already
        character_coverage=1.0,
        split_by_unicode_script=False,  # an apostrophe is of no script, yet l' is one piece
        max_sentence_length=MOST_BYTES,
        num_threads=1,
        minloglevel=SILENT,
    )
    learnt = processor(model.getvalue())
    n = learnt.get_piece_size()
    return [learnt.id_to_piece(i) for i in range(n)], [shortest(learnt.get_score(i)) for i in range(n)]


def shortest(score: float) -> float:
    """Return the number with the fewest digits that is the same float32, so that a run's file stays small."""
    return float(f"{score:.9g}") + 0.0  # no -0.0


def make_vocabulary(
    kind: str, sentences: Iterable[str], size: int = 0, normalisation: Normalisation | None = None
) -> Vocabulary:
    """Make a vocabulary of any kind from sentences. ValueError as in `train_pieces`.

    size: counts for pieces only   normalisation: for characters, its `lowercase` alone counts
    """
    normalisation = normalisation or Normalisation()
    if kind == WordVocabulary.kind:
        return collect_words(sentences, normalisation)
    if kind == CharacterVocabulary.kind:
        lines = list(sentences)
        return collect_characters(
            lines, normalisation.lowercase, keep_spaces=any(len(line.split()) > 1 for line in lines)
        )
    return train_pieces(kind, sentences, size, normalisation)
