"""Why a person's texts cannot be used, each reason with its sentence. The pages say them in their own language."""

from typing import Any

REFUSALS = {
    "too_large": "the texts are larger than {limit} MB",
    "is_archive": "this is a packed archive, not a text: unpack it first",
    "is_spreadsheet": "this is a spreadsheet, not a text: save it as CSV or as tab-separated text",
    "is_picture": "this is a picture, not a text",
    "is_document": "this is a formatted document, not a text: save it as plain text",
    "is_binary": "this is not a text: it holds zero bytes or begins like a program, a sound or a database",
    "empty": "there is no text in it: at least {pairs} pairs are needed",
    "encoding": "this is neither UTF-8 nor UTF-16 nor GB18030; line {line} is the first that is not UTF-8",
    "undecodable": "this text is not written in {encoding}: line {line} cannot be read so",
    "many_rows": "there are {found} pairs or lines, more than {limit}",
    "many_columns": "2 columns are expected, and at most {limit} are allowed, but {found} were found",
    "long_line": "the text begins with a line of more than {limit} characters, so it is no list of pairs",
    "one_column": "there is only one column: nothing was found that separates a text from its translation",
    "no_column": "there is no column {column}; the columns are 1 to {found}",
    "same_column": "the two texts must come from two columns",
    "few_pairs": "{needed} different pairs are needed, {found} were found",
    "choice": "{value} is no value of {name}",
    "size": "this vocabulary can have {smallest} to {largest} tokens here, not {size}",
    "characters": "these texts have {found} different characters, and a vocabulary of pieces may have {limit}",
    "no_words": "no vocabulary of pieces can be learned: there is no word in these texts",
    "damaged": "these are no pairs of this app: line {line} is damaged",
}


class CorpusError(ValueError):
    """Say why texts cannot be used: a key of REFUSALS and the numbers in its sentence."""

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(REFUSALS[reason].format(**values))
        self.reason, self.values = reason, values
