"""What every vocabulary is: section 3.4 of the paper, "Embeddings and Softmax", begins with tokens. Shown on Tokens.

A person may type anything at all: every piece of text that a vocabulary does not know becomes one unknown token that
keeps its original spelling, and nothing that is typed can ever become a special token.
"""

import reprlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, Self

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")


def shifted_right(tgt_out: Sequence[int]) -> list[int]:
    """Give what the decoder reads while its rows write tgt_out: BOS, then every word but the last (figure 1)."""
    return [BOS, *tgt_out[:-1]]


class Encoding(NamedTuple):
    """A text as the model reads it: three lists of equal length, one entry per token."""

    ids: list[int]
    surfaces: list[str]  # the token as the model reads it; of an unknown one, the piece of text as it was typed
    spans: list[tuple[int, int]]  # characters of the original text that the token comes from


class Vocabulary(Protocol):
    """Text to ids and back. Ids 0 to 3 are the special tokens, shown as `<pad> <s> </s> <unk>`."""

    kind: str  # the key in VOCABULARIES, stored with a run

    @property
    def tokens(self) -> list[str]:
        """Every token in the order of its id, the four specials first."""
        ...

    def __len__(self) -> int: ...

    def encode(self, text: str) -> Encoding:
        """Cut a text into tokens; neither BOS nor EOS is added. Never raises, whatever the text."""
        ...

    def decode(self, ids: Sequence[int], /) -> str:
        """Write ids as a text that a person reads; special tokens are left out."""
        ...

    def token(self, token_id: int, /) -> str:
        """Show one id as text; IndexError for an id that is not there."""
        ...

    def join(self, surfaces: Sequence[str], /) -> str:
        """Write the surfaces of an encoding as one text, which this vocabulary encodes in the same way again."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the contents of a run's `vocab.*.json`."""
        ...

    @classmethod
    def from_dict(cls, values: dict[str, Any], /) -> Self:
        """Read what `to_dict` wrote; a ValueError says exactly what is wrong with it."""
        ...


def check_keys(what: str, values: Any, kinds: dict[str, type]) -> None:
    """Raise a ValueError unless `values` is a dict with exactly these keys, each of its kind."""
    if not isinstance(values, dict):
        raise ValueError(f"{what}: expected a JSON object, not {type(values).__name__}")
    for problem, keys in (
        ("missing", kinds.keys() - values.keys()),
        ("unknown", values.keys() - kinds.keys()),
    ):
        if keys:
            names = [repr(key)[1:-1][:40] for key in sorted(keys, key=str)[:5]]  # a stranger may have written them
            raise ValueError(f"{what}: {problem} {', '.join(names)}")
    for key, kind in kinds.items():
        if not isinstance(values[key], kind):
            raise ValueError(f"{what}: {key} must be of type {kind.__name__}, not {reprlib.repr(values[key])}")


def check_kind(kind: str, values: Any, kinds: dict[str, type]) -> None:
    """Raise a ValueError unless `values` is a stored vocabulary of this kind with exactly these keys besides."""
    if isinstance(values, dict) and values.get("kind", kind) != kind:
        raise ValueError(f"vocabulary: kind must be {kind!r}, not {reprlib.repr(values['kind'])}")
    check_keys("vocabulary", values, {"kind": str, **kinds})


def check_tokens(what: str, tokens: list[Any]) -> None:
    """Raise a ValueError unless these are texts, each once, the four specials first; `what` names one of the others."""
    if tuple(tokens[:4]) != SPECIALS:
        raise ValueError(f"a vocabulary must begin with {' '.join(SPECIALS)}, not with {reprlib.repr(tokens[:4])}")
    if not all(isinstance(token, str) for token in tokens):
        raise ValueError(f"vocabulary: every {what} must be a text")
    repeated = sorted(token for token, n in Counter(tokens).items() if n > 1)
    if repeated:
        raise ValueError(
            f"a vocabulary must hold each {what} once; repeated: {', '.join(map(reprlib.repr, repeated[:5]))}"
        )
