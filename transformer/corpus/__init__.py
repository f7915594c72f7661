"""People's own sentence pairs: read safely, cleaned with every line accounted for, and trained on like any task.

    refusals limits     why texts are refused; what is refused before anything reads the whole
    encodings           bytes to text: UTF-8, UTF-16, GB18030, and never a silent guess
    choices tables      lines and columns
    keys cleaning       which pairs are good, and which are the same
    corpus              clean pairs, split by source, as a file
    vocabularies own    a task like any other
    reading             all of it in order: look, clean_pairs, read_pairs

The page Train asks through ui/own_data.py.
"""

from transformer.corpus.choices import Choices
from transformer.corpus.cleaning import Pair, Report
from transformer.corpus.corpus import Corpus
from transformer.corpus.own import OwnTask
from transformer.corpus.reading import Look, Reading, clean_pairs, look, read_pairs
from transformer.corpus.refusals import CorpusError

__all__ = [
    "Choices",
    "Corpus",
    "CorpusError",
    "Look",
    "OwnTask",
    "Pair",
    "Reading",
    "Report",
    "clean_pairs",
    "look",
    "read_pairs",
]
