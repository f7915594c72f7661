"""The lines of source that a page shows beside a tensor are the lines that made it."""

import ast
import re

import pytest

from models import ANY, tiny_model
from serving import ROOT
from transformer.source import Excerpt, Witness, sources_of
from transformer.trace import trace_pair


def line_of(found: Excerpt) -> str:
    return found.code[found.line - found.first]


@pytest.mark.parametrize("kind", ANY)
def test_every_tensor_of_every_model_names_the_line_that_made_it(kind: dict[str, object]) -> None:
    model = tiny_model(**kind)
    sources = sources_of(model)
    for name in trace_pair(model, [4, 5, 6], [1, 4]).names():
        key = re.sub(r"^(encoder|decoder)\.\d+\.", "", name)
        short = re.sub(r"^(src_embed|tgt_embed|self_attn|cross_attn|ffn)\.", "", key)
        assert f'tap("{short}"' in line_of(sources[key]), name


def test_an_excerpt_is_what_stands_in_the_file() -> None:
    for key, found in sources_of(tiny_model()).items():
        lines = (ROOT / found.file).read_text(encoding="utf-8").splitlines()
        there = lines[found.first - 1 : found.first - 1 + len(found.code)]
        assert [line.strip() for line in there] == [line.strip() for line in found.code], key
        assert found.code[0] == found.code[0].lstrip()
        ast.parse("def function():\n" + "\n".join(f"    {line}" for line in found.code))
        assert not found.code[0].startswith('"""'), "the docstring is left out"


def test_pre_and_post_norm_show_the_line_of_their_own_norm() -> None:
    assert sources_of(tiny_model(norm_first=True))["ffn.norm"].function == "enter"
    assert sources_of(tiny_model(norm_first=False))["ffn.norm"].function == "leave"


def test_a_witness_hands_every_tensor_back() -> None:
    model = tiny_model()
    word = next(model.parameters())
    witness = Witness()
    assert witness.at("a")("b", word) is word
    assert list(witness.places) == ["a.b"]
