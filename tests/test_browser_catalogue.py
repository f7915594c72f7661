"""A tensor that is new in the catalogue appears in the walk and in the glossary: no page knows any by its name."""

import json
import struct

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from asking import unpack
from reader import Reader

pytest_plugins = ["windows", "desk"]
pytestmark = pytest.mark.browser

NEW = "encoder.0.ffn.before"


def with_one_tensor_more(packed: bytes) -> bytes:
    """Add a tensor to a pass, as a new `tap("before", ...)` with a new row in the catalogue would."""
    header, tensors = unpack(packed)
    like = tensors["encoder.0.ffn.hidden"]
    at = header["names"].index("encoder.0.ffn.hidden")
    header["names"].insert(at, NEW)
    header["specs"]["ffn.before"] = {**header["specs"]["ffn.hidden"], "symbol": "x W_1 + b_1"}
    (length,) = struct.unpack_from("<I", packed)
    numbers = packed[4 + length :]
    header["tensors"][NEW] = {"dtype": "f4", "shape": list(like.shape), "offset": len(numbers)}
    head = json.dumps(header).encode()
    head += b" " * (-(len(head) + 4) % 4)
    return struct.pack("<I", len(head)) + head + numbers + (like - np.float32(1.5)).astype("<f4").tobytes()


@pytest.mark.full
def test_a_new_tensor_has_its_step_its_trail_and_its_line_in_the_glossary(reader: Reader) -> None:
    def add(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=with_one_tensor_more(answer.body()))

    reader.page.route("**/lab/pass?*", add)
    reader.page.goto(f"{reader.server.url}/encoder?s=thanks&b=encoder.0.ffn&g=before&j=3")
    reader.wait_drawn()
    reader.wait_address(g="before")
    trail = reader.lab.locator(".trail-box")
    expect(trail).to_have_attribute("data-cell", f"{NEW}[0, 3]")
    expect(trail).to_contain_text(f'trace["{NEW}"]')
    reader.press("ArrowRight")
    reader.wait_address(g="hidden")

    reader.page.goto(f"{reader.server.url}/glossary?s=thanks")
    reader.wait_drawn()
    expect(reader.part("tensors").get_by_text(NEW, exact=True)).to_have_count(1)
