"""Turn text into the ids that a model reads, and ids back into text: one interface, several ways to cut.

    word       one id per word                          words.py

VOCABULARIES names them as a run's `vocab.*.json` and the training command do.
"""

from transformer.vocab.base import BOS, EOS, PAD, SPECIALS, UNK, Encoding, Vocabulary
from transformer.vocab.normalisation import Normalisation
from transformer.vocab.words import WordVocabulary

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "SPECIALS",
    "UNK",
    "VOCABULARIES",
    "Encoding",
    "Normalisation",
    "Vocabulary",
    "WordVocabulary",
]

VOCABULARIES: dict[str, type[Vocabulary]] = {"word": WordVocabulary}
