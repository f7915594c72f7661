"""Turn text into the ids that a model reads, and ids back into text: one interface, several ways to cut.

    word       one id per word                                  words.py
    char       one id per character                             characters.py
    bpe        one id per piece, the frequent pairs joined      pieces.py
    unigram    one id per piece, the most probable cut          pieces.py

learning.py makes one from sentences. VOCABULARIES names them as a run's `vocab.*.json` and the training command do.
"""

from transformer.vocab.base import BOS, EOS, PAD, SPECIALS, UNK, Encoding, Vocabulary, shifted_right
from transformer.vocab.characters import CharacterVocabulary
from transformer.vocab.learning import collect_characters, collect_words, make_vocabulary, piece_sizes, train_pieces
from transformer.vocab.normalisation import Normalisation
from transformer.vocab.pieces import BpeVocabulary, UnigramVocabulary
from transformer.vocab.words import WordVocabulary

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "SPECIALS",
    "UNK",
    "VOCABULARIES",
    "BpeVocabulary",
    "CharacterVocabulary",
    "Encoding",
    "Normalisation",
    "UnigramVocabulary",
    "Vocabulary",
    "WordVocabulary",
    "collect_characters",
    "collect_words",
    "make_vocabulary",
    "piece_sizes",
    "shifted_right",
    "train_pieces",
]

VOCABULARIES: dict[str, type[Vocabulary]] = {
    "word": WordVocabulary,
    "char": CharacterVocabulary,
    "bpe": BpeVocabulary,
    "unigram": UnigramVocabulary,
}
