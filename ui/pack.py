"""How numbers travel to the browser: one JSON header, then every array as little-endian float32.

    u32 header length | header, UTF-8, padded so that the numbers start 4-aligned | numbers

The header says under "tensors" where each array lies. Read by assets/components/payload.js and step/parcel.js.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class RefusedError(Exception):
    """Say why there is no picture: an HTTP status, a string key and its values."""

    def __init__(self, status: int, key: str, **values: Any) -> None:
        super().__init__(key)
        self.status, self.key, self.values = status, key, values


class Answer(NamedTuple):
    """What a chapter answers: any JSON, and arrays by name."""

    header: Mapping[str, Any]
    tensors: Mapping[str, np.ndarray]


class Parcel:
    """Collect arrays, equal ones only once, and close them under a header."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self._places: dict[bytes, int] = {}

    def add(self, array: np.ndarray) -> dict[str, Any]:
        """Append an array as float32; give its dtype, shape and byte offset for the header."""
        numbers = np.ascontiguousarray(array, dtype="<f4").tobytes()
        offset = self._places.setdefault(numbers, len(self.buffer))
        if offset == len(self.buffer):
            self.buffer += numbers
        return {"dtype": "f4", "shape": list(array.shape), "offset": offset}

    def close(self, header: Mapping[str, Any]) -> bytes:
        """Put the header in front. RefusedError if a number in it is NaN or infinite, which JSON does not have."""
        try:
            head = json.dumps(header, ensure_ascii=False, allow_nan=False).encode("utf-8", errors="replace")
        except ValueError:
            raise RefusedError(422, "error.not_finite") from None
        head += b" " * (-(len(head) + 4) % 4)
        return struct.pack("<I", len(head)) + head + bytes(self.buffer)


def pack(answer: Answer) -> bytes:
    """Pack an answer as it travels."""
    parcel = Parcel()
    tensors = {name: parcel.add(array) for name, array in answer.tensors.items()}
    return parcel.close({**answer.header, "tensors": tensors})
