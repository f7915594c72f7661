"""What the page Generate is told: trees, roads and samples as the model has them, bounded, refusals in words."""

import copy
import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

import models
from transformer.decode import greedy_ids
from transformer.run_files.writer import save_run
from transformer.runs import SHIPPED_RUNS, Run, load_run
from transformer.trace import trace_pair
from transformer.vocab import BOS, EOS, PAD, SPECIALS, WordVocabulary
from transformer.writing import Filters, beam_search, sample
from ui import i18n
from ui.chapters.generate import EXAMPLES, MOST_BYTES, WIDEST, answer
from ui.pack import Answer, RefusedError, pack

RUN = load_run("fr")
TEXT = RUN.example
SRC = RUN.encode(TEXT)
SHIPPED = sorted(path.name for path in SHIPPED_RUNS.iterdir() if path.is_dir())
BEATS = dict(EXAMPLES["fr"])["generate.example.beats"]


def ask(run: Run = RUN, text: str = TEXT, **question: str) -> Answer:
    return answer(run, text, question)


def softmax(logits: np.ndarray) -> np.ndarray:
    return torch.tensor(logits, dtype=torch.float64).softmax(-1).numpy()


def rows_are_right(found: Answer, run: Run, src: list[int]) -> None:
    """Every road's logits and weights are those of a traced pass that reads its words."""
    for nth, road in enumerate(found.header["paths"]):
        trace = trace_pair(run.model, src, [BOS, *road["ids"][:-1]])
        np.testing.assert_allclose(found.tensors[f"{nth}.logits"], trace["logits"], atol=1e-5, rtol=1e-5)
        for layer in range(run.model.config.n_decoder_layers):
            for part in ("self_attn", "cross_attn"):
                name = f"decoder.{layer}.{part}"
                np.testing.assert_allclose(found.tensors[f"{nth}.{name}"], trace[f"{name}.weights"], atol=1e-5)
        p = softmax(found.tensors[f"{nth}.logits"])
        expected = [np.log(p[t, word]) for t, word in enumerate(road["ids"])]
        np.testing.assert_allclose(road["log_p"], expected, atol=1e-6)
        assert road["text"] == run.tgt_vocab.decode(road["ids"])


def test_the_tree_is_that_of_the_search() -> None:
    found = ask(ask="tree", width="3")
    tree = beam_search(RUN.model, SRC, 3)
    assert {key: len(column) for key, column in found.header["nodes"].items()} == dict.fromkeys(
        found.header["nodes"], len(tree.nodes)
    )
    for key, column in found.header["nodes"].items():
        assert column == [getattr(node, key) for node in tree.nodes]
    assert [end["ids"] for end in found.header["ends"]] == [one.ids for one in tree.hypotheses()]
    assert found.header["greedy"]["ids"] == greedy_ids(RUN.model, SRC)
    assert found.header["paths"][0]["ids"] == tree.hypotheses()[0].ids
    roads = [road["ids"] for road in found.header["paths"]]
    assert all(end["ids"] in roads for end in found.header["ends"])
    rows_are_right(found, RUN, SRC)


def test_the_example_is_one_where_beam_beats_greedy() -> None:
    """Show 2, as numbers; test_browser_generate.py shows it on the page."""
    found = ask(text=BEATS, ask="tree", width="4")
    best, greedy = found.header["ends"][0], found.header["greedy"]
    assert best["log_p"] > greedy["log_p"] + 0.5
    assert best["text"] != greedy["text"]
    assert best["finished"]
    assert greedy["finished"]
    assert found.header["examples"] == [{"key": "generate.example.beats", "text": BEATS}]


def test_every_example_has_its_words() -> None:
    assert all(key in i18n.words("en") for examples in EXAMPLES.values() for key, _ in examples)


@pytest.mark.parametrize("name", SHIPPED)
def test_serial_and_parallel_rows_of_every_shipped_run_as_the_page_gets_them(name: str) -> None:
    """Show 3, as numbers; test_browser_generate.py shows where they stand on the page."""
    run = load_run(name)
    found = ask(run, run.example, ask="modes").header
    assert max(*found["difference"]["logits"], *found["difference"]["weights"]) <= 1e-5
    assert len(found["difference"]["logits"]) == len(found["gold"])


def test_the_sentence_that_is_found_is_one_on_which_the_roads_part() -> None:
    run = load_run("addition")
    search = ask(run, "1+2", ask="errs").header
    assert search == ask(run, "70+30", ask="errs").header, "whatever the sentence"
    assert search["found"]
    for one in search["found"]:
        found = ask(run, one["text"], ask="modes").header
        assert found["whose"] == "task"
        assert found["step"] == one["step"]
        assert found["free"] != found["gold"]


def test_any_road_can_be_asked_for() -> None:
    ids = [*greedy_ids(RUN.model, SRC)[:3], 9, 40]
    found = ask(ask="path", ids=",".join(map(str, ids)))
    (road,) = found.header["paths"]
    assert road["ids"] == ids
    rows_are_right(found, RUN, SRC)


def test_a_forced_beginning_is_in_every_road() -> None:
    found = ask(ask="tree", width="2", force="9,40")
    assert found.header["force"] == [9, 40]
    assert all(end["ids"][:2] == [9, 40] for end in [*found.header["ends"], found.header["greedy"]])
    assert sum(found.header["nodes"]["forced"]) == 2


def test_a_sample_is_that_of_its_seed() -> None:
    found = ask(ask="sample", seed="7", temperature="2.5", k="30", p="0.95", force="9")
    draws = list(sample(RUN.model, SRC, Filters(2.5, 30, 0.95), 7, prefix=[9]))
    assert found.header["paths"][0]["ids"] == draws[-1].ids
    assert found.header["u"] == [draw.u for draw in draws]
    rows_are_right(found, RUN, SRC)


def test_modes_compare_the_right_answer_row_by_row() -> None:
    run = load_run("zh")
    found = ask(run, "你有一个红苹果", ask="modes")
    header, n = found.header, len(found.header["gold"])
    assert run.tgt_vocab.decode(header["gold"]) == "you have a red apple"
    assert header["step"] == 2
    assert run.tgt_vocab.token(header["free"][2]) == "an"
    assert header["forced"][:3] == header["free"][:3]
    assert max(header["difference"]["logits"]) <= 1e-5
    assert max(header["difference"]["weights"]) <= 1e-5
    np.testing.assert_allclose(header["p"][0], header["p"][1], atol=1e-5)
    for layer in range(2):
        serial, parallel = (found.tensors[f"{kind}.decoder.{layer}.self_attn"] for kind in ("serial", "parallel"))
        assert serial.shape == parallel.shape == (4, n, n)
        np.testing.assert_allclose(serial, parallel, atol=1e-5)


def test_modes_take_an_answer_that_somebody_typed_and_the_model_s_own_where_nobody_knows() -> None:
    told = ask(ask="modes", t="la rue").header
    assert told["whose"] == "told"
    assert told["gold"] == [*RUN.tgt_vocab.encode("la rue").ids, EOS]
    own = ask(text="street street never animal", ask="modes").header
    assert own["whose"] == "own"
    assert own["gold"] == greedy_ids(RUN.model, RUN.encode("street street never animal"))
    assert own["step"] is None


# --- hostile questions ------------------------------------------------------------------------------------------------

REFUSED: list[dict[str, str]] = [
    {},
    {"ask": "everything"},
    {"ask": "tree", "width": "0"},
    {"ask": "tree", "width": str(WIDEST + 1)},
    {"ask": "tree", "width": "1e9"},
    {"ask": "tree", "width": "４"},
    {"ask": "tree", "force": "5,,6"},
    {"ask": "tree", "force": str(PAD)},
    {"ask": "tree", "force": f"{EOS},5"},
    {"ask": "tree", "force": "99999"},
    {"ask": "tree", "force": ",".join(["5"] * 65)},
    {"ask": "tree", "force": "-1"},
    {"ask": "path"},
    {"ask": "path", "ids": "<b>"},
    {"ask": "path", "ids": "5" * 4000},
    {"ask": "sample", "seed": "-1"},
    {"ask": "sample", "seed": "99999999999999999999"},
    {"ask": "sample", "temperature": "0"},
    {"ask": "sample", "temperature": "nan"},
    {"ask": "sample", "temperature": "inf"},
    {"ask": "sample", "temperature": "1e-9"},
    {"ask": "sample", "temperature": "11"},
    {"ask": "sample", "p": "0"},
    {"ask": "sample", "p": "2"},
    {"ask": "sample", "k": "-4"},
    {"ask": "sample", "k": "many"},
]


@pytest.mark.parametrize("question", REFUSED, ids=str)
def test_what_means_nothing_is_refused_in_a_sentence(question: Mapping[str, str]) -> None:
    with pytest.raises(RefusedError) as refusal:
        answer(RUN, TEXT, question)
    for language in i18n.LANGUAGES:
        assert i18n.words(language)[refusal.value.key].format(**refusal.value.values)
    assert refusal.value.status in (404, 422)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"error\.empty"):
        ask(text="   ", ask="tree")


def test_odd_settings_that_mean_something_are_taken() -> None:
    assert ask(ask="sample", k="999999", temperature="0.05").header["paths"]
    assert ask(ask="modes", t="<script> ½ 词 " * 300).header["gold"][-1] == EOS
    assert ask(ask="tree", force=",".join(["5"] * 64)).header["ends"][0]["ids"] == [5] * 64


def big_run(tmp_path: Any, **changes: Any) -> Run:
    """An untrained model with a large vocabulary that never stops by itself."""
    words = WordVocabulary([*SPECIALS, *(f"w{n}" for n in range(1996))])
    model = models.tiny_model(src_vocab_size=2000, tgt_vocab_size=2000, max_len=32, **changes)
    with torch.no_grad():
        model.generator.bias[EOS] = -1e4
    save_run(model, (words, words), tmp_path / "big")
    return load_run(tmp_path / "big")


def test_a_tree_of_a_large_model_stays_light(tmp_path: Any) -> None:
    run = big_run(tmp_path)
    found = ask(run, "w1 w2 w3", ask="tree", width="6")
    assert len(found.header["ends"]) == 6
    assert len(found.header["paths"]) < 6
    assert len(pack(found)) < MOST_BYTES + 200_000
    assert all(len(end["ids"]) == 32 and not end["finished"] for end in found.header["ends"])


def test_a_model_without_the_causal_mask_is_shown_as_it_wrote(tmp_path: Any) -> None:
    run = big_run(tmp_path, causal=False)
    found = ask(run, "w1 w2", ask="path", ids="9,8,7")
    for t in range(3):
        with torch.no_grad():
            logits = run.model(torch.tensor([run.encode("w1 w2")]), torch.tensor([[BOS, 9, 8, 7][: t + 1]]))[0, -1]
        np.testing.assert_allclose(found.tensors["0.logits"][t], logits.numpy(), atol=1e-5, rtol=1e-5)
    assert ask(run, "w1 w2", ask="modes").header["whose"] == "own"
    assert ask(run, "w1 w2", ask="errs").header == {"found": [], "held_out": 0, "crossed": 0}


def test_the_header_is_plain_json() -> None:
    for question in ({"ask": "tree"}, {"ask": "sample"}, {"ask": "modes"}, {"ask": "path", "ids": "5"}):
        packed = pack(answer(RUN, TEXT, question))
        (length,) = struct.unpack_from("<I", packed)
        assert json.loads(packed[4 : 4 + length])["tensors"]


def test_asking_leaves_the_model_as_it_was() -> None:
    before = {key: value.clone() for key, value in RUN.model.state_dict().items()}
    for question in ({"ask": "tree"}, {"ask": "sample", "temperature": "3"}, {"ask": "modes"}):
        answer(RUN, TEXT, question)
    assert all(torch.equal(value, before[key]) for key, value in RUN.model.state_dict().items())


@pytest.mark.parametrize("weight", [float("nan"), 1e38])
@pytest.mark.parametrize("question", [{"ask": "tree"}, {"ask": "sample"}], ids=lambda question: question["ask"])
def test_a_model_that_ran_away_is_refused_in_a_sentence(weight: float, question: dict[str, str]) -> None:
    run = dataclasses.replace(RUN, model=copy.deepcopy(RUN.model))
    with torch.no_grad():
        run.model.generator.weight.fill_(weight)
    with pytest.raises(RefusedError, match=r"error\.not_finite"):
        ask(run, **question)
