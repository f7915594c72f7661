"""What a person can choose about a file of pairs; whatever is left open is found out from the file."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from transformer.corpus.encodings import ENCODINGS
from transformer.corpus.limits import LONGEST_SIDE, MOST_COLUMNS
from transformer.corpus.refusals import CorpusError

DELIMITERS = {
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "bars": "|||",
    "bar": "|",
    "arrow": "=>",
    "equals": "=",
    "lines": "",  # one text per line: a source, below it its translation
}
QUOTED = ("comma", "semicolon")  # a cell may stand in quotes, as spreadsheets write it; elsewhere a quote is a letter


@dataclass(frozen=True)
class Choices:
    """Say how a file is to be read. None: find it out. Columns count from 0."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    src: int | None = None
    tgt: int | None = None
    longest: int = LONGEST_SIDE[1]  # characters of one side

    def __post_init__(self) -> None:
        least, _, most = LONGEST_SIDE
        for name, known in (("encoding", ENCODINGS), ("delimiter", DELIMITERS)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and value in known):
                self._refuse(name)
        if self.header is not None and type(self.header) is not bool:
            self._refuse("header")
        for name, low, high in (("src", 0, MOST_COLUMNS - 1), ("tgt", 0, MOST_COLUMNS - 1), ("longest", least, most)):
            value = getattr(self, name)
            if value is None and name != "longest":
                continue
            if type(value) is not int or not low <= value <= high:
                self._refuse(name)
        if self.src is not None and self.src == self.tgt:
            raise CorpusError("same_column")

    def _refuse(self, name: str) -> None:
        raise CorpusError("choice", name=name, value=repr(getattr(self, name))[:40])

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read choices that came from a browser; CorpusError for one that is unknown or cannot be."""
        names = {field.name for field in dataclasses.fields(cls)}
        for name in values:
            if name not in names:
                raise CorpusError("choice", name="choices", value=repr(name)[:40])
        return cls(**values)
