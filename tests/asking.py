"""Ask the roads of the server as a browser does, without Streamlit around them, and read the bytes that come back."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from ui import i18n

MOST_BYTES = 400_000  # of one answer: a classroom shares one line
Tensors = dict[str, np.ndarray]
Answered = tuple[Any, Tensors]  # header and tensors


def unpack(packed: bytes) -> tuple[dict[str, Any], Tensors]:
    """Read an answer by the description in ui/pack.py alone: its header, and the tensors that the header names."""
    header, numbers = header_of(packed)
    return header, tensors_of(header, numbers)


def header_of(packed: bytes) -> tuple[dict[str, Any], bytes]:
    """Read an answer's header, and give the numbers behind it."""
    (length,) = struct.unpack_from("<I", packed)
    assert (4 + length) % 4 == 0, "the numbers must start 4-aligned, or the browser cannot look at them in place"
    return json.loads(packed[4 : 4 + length].decode(), parse_constant=refuse), packed[4 + length :]


def tensors_of(described: dict[str, Any], numbers: bytes) -> Tensors:
    """Cut the tensors that something describes under "tensors" out of the numbers of its answer."""
    assert all(at["dtype"] == "f4" for at in described["tensors"].values())
    return {
        name: np.frombuffer(numbers, "<f4", int(np.prod(at["shape"])), at["offset"]).reshape(at["shape"])
        for name, at in described["tensors"].items()
    }


def refuse(constant: str) -> None:
    pytest.fail(f"{constant} is no JSON: a browser cannot read it")


def ask_chapter(client: TestClient, page: str, status: int = 200, *, run: str, s: str, **question: str) -> Answered:
    """Ask a page's question. Of a refusal give what it says, for which there must be words that fit its values."""
    answer = client.get("/lab/chapter", params={"page": page, "run": run, "s": s, **question})
    assert answer.status_code == status, answer.text[:200]
    if status != 200:
        said = answer.json()
        i18n.say("en", said["error"], **said["values"])
        return said, {}
    assert len(answer.content) < MOST_BYTES
    return unpack(answer.content)
