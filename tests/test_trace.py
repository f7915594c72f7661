"""Traces: every tensor adds up in float64 numpy, carries its own axes and tokens, and belongs to its own pass."""

import itertools
import sys
import threading
from typing import Any

import numpy as np
import pytest
import torch

from models import ANY, BOS, CAUSAL, LACKING, PARTS, TOLERANCE, counts, exact, sentence, tiny_config, tiny_model
from paper_in_numpy import Recomputation
from transformer import CATALOGUE, POSITIONS, SCORES, Trace, Transformer, trace_pair

SRC, TGT = sentence(5, 1), [BOS, *sentence(3, 2)]  # 5 and 4: not square

# The paper's model with one layer on each side, in the order of the pass, written out by hand.
GOLDEN = """
src_mask
src_embed.tokens src_embed.scaled src_embed.position src_embed.sum
encoder.0.self_attn.q encoder.0.self_attn.k encoder.0.self_attn.v
encoder.0.self_attn.scores.raw encoder.0.self_attn.scores.scaled encoder.0.self_attn.scores.masked
encoder.0.self_attn.weights encoder.0.self_attn.context encoder.0.self_attn.concat encoder.0.self_attn.output
encoder.0.self_attn.residual encoder.0.self_attn.norm
encoder.0.ffn.hidden encoder.0.ffn.output encoder.0.ffn.residual encoder.0.ffn.norm
memory
tgt_mask
tgt_embed.tokens tgt_embed.scaled tgt_embed.position tgt_embed.sum
decoder.0.self_attn.q decoder.0.self_attn.k decoder.0.self_attn.v
decoder.0.self_attn.scores.raw decoder.0.self_attn.scores.scaled decoder.0.self_attn.scores.masked
decoder.0.self_attn.weights decoder.0.self_attn.context decoder.0.self_attn.concat decoder.0.self_attn.output
decoder.0.self_attn.residual decoder.0.self_attn.norm
decoder.0.cross_attn.q decoder.0.cross_attn.k decoder.0.cross_attn.v
decoder.0.cross_attn.scores.raw decoder.0.cross_attn.scores.scaled decoder.0.cross_attn.scores.masked
decoder.0.cross_attn.weights decoder.0.cross_attn.context decoder.0.cross_attn.concat decoder.0.cross_attn.output
decoder.0.cross_attn.residual decoder.0.cross_attn.norm
decoder.0.ffn.hidden decoder.0.ffn.output decoder.0.ffn.residual decoder.0.ffn.norm
decoder_output logits
""".split()  # noqa: SIM905 -- a list with quotes would not read like the pass

SHAPES = {  # d_model 24, 3 heads of 8, d_ff 40, 13 target words; 5 source tokens, 4 target tokens
    "src_mask": (5,),
    "tgt_mask": (4, 4),
    "src_embed.tokens": (5, 24),
    "tgt_embed.position": (4, 24),
    "encoder.0.self_attn.k": (3, 5, 8),
    "encoder.1.self_attn.weights": (3, 5, 5),
    "encoder.0.ffn.hidden": (5, 40),
    "memory": (5, 24),
    "decoder.1.self_attn.scores.masked": (3, 4, 4),
    "decoder.0.cross_attn.q": (3, 4, 8),
    "decoder.0.cross_attn.v": (3, 5, 8),
    "decoder.0.cross_attn.weights": (3, 4, 5),
    "decoder.0.cross_attn.context": (3, 4, 8),
    "decoder.0.cross_attn.concat": (4, 24),
    "decoder.1.ffn.hidden": (4, 40),
    "logits": (4, 13),
}


class Letters:
    """A vocabulary whose tokens cannot be taken for ids."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def token(self, token_id: int) -> str:
        return f"{self.mark}{token_id}"


def assert_adds_up(model: Transformer, src: list[int], tgt: list[int]) -> None:
    """Compare every tensor with what float64 numpy makes of the tensors and weights that enter it."""
    trace = trace_pair(model, src, tgt)
    expected = Recomputation(model, trace, src, tgt).tensors
    assert sorted(trace.names()) == sorted(expected)
    for name in trace.names():
        np.testing.assert_allclose(trace[name], expected[name], **TOLERANCE, err_msg=name)


@pytest.mark.parametrize("kind", ANY)
def test_every_tensor_adds_up(kind: dict[str, Any]) -> None:
    final_norms = (True, False) if kind.get("layer_norm", True) else (False,)
    for activation, scale, final_norm in itertools.product(("relu", "gelu"), (True, False), final_norms):
        model = tiny_model(**kind, activation=activation, scale_embeddings=scale, final_norm=final_norm)
        assert_adds_up(model, SRC, TGT)


@counts(1000)
def test_every_tensor_adds_up_in_random_models(count: int) -> None:
    random = np.random.default_rng(0)
    for seed in range(count):
        # Not fewer than 8 features: of 2, the layer norm can divide by almost nothing and blow up the last digits.
        n_heads, d_k = int(random.integers(1, 5)), 2 * int(random.integers(4, 9))
        model = tiny_model(
            seed,
            d_model=n_heads * d_k,
            n_heads=n_heads,
            n_encoder_layers=int(random.integers(1, 4)),
            n_decoder_layers=int(random.integers(1, 4)),
            d_ff=int(random.integers(1, 60)),
            norm_first=bool(random.integers(2)),
            position=str(random.choice(list(POSITIONS))),
            score=str(random.choice(list(SCORES))),
            **{part: bool(random.random() < 0.8) for part in PARTS},
        )
        assert_adds_up(
            model,
            sentence(int(random.integers(1, 16)), seed),
            [BOS, *sentence(int(random.integers(0, 15)), seed + 1, vocab_size=13)],
        )


def test_the_names_of_the_papers_model() -> None:
    model = tiny_model(n_encoder_layers=1, n_decoder_layers=1)
    assert trace_pair(model, SRC, TGT).names() == GOLDEN


@pytest.mark.parametrize(
    ("changes", "added", "absent"),
    [
        ({"position": "none"}, set(), {"src_embed.position", "tgt_embed.position"}),
        ({"position": "learned"}, set(), set()),
        ({"position": "rotary"}, {"q.rotated", "k.rotated"}, {"src_embed.position", "tgt_embed.position"}),
        ({"position": "alibi"}, {"scores.biased"}, {"src_embed.position", "tgt_embed.position"}),
        ({"score": "dot"}, set(), {"scores.scaled"}),
        ({"score": "cosine"}, set(), set()),
        ({"score": "additive"}, set(), {"scores.scaled"}),
    ],
)
def test_the_names_of_other_models(changes: dict[str, Any], added: set[str], absent: set[str]) -> None:
    """What is added acts in self-attention only; what is absent is absent in cross attention too."""
    names = trace_pair(tiny_model(n_encoder_layers=1, n_decoder_layers=1, **changes), SRC, TGT).names()
    left = [name for name in GOLDEN if not any(name.endswith(end) for end in absent)]
    new = {f"{side}.0.self_attn.{name}" for side in ("encoder", "decoder") for name in added}
    assert [name for name in names if name not in new] == left
    assert set(names) - set(left) == new


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("lacks", [*((part,) for part in PARTS), PARTS], ids="-".join)
def test_the_names_of_models_that_lack_a_part(lacks: tuple[str, ...], norm_first: bool) -> None:
    """What is not done has no tensor; what is left has its name, and its place in the order of the pass."""
    sizes: dict[str, Any] = {"n_encoder_layers": 1, "n_decoder_layers": 1, "norm_first": norm_first}
    names = trace_pair(tiny_model(**sizes, **dict.fromkeys(lacks, False)), SRC, TGT).names()
    whole = trace_pair(tiny_model(**sizes), SRC, TGT).names()
    absent = {".residual": "residual", ".norm": "layer_norm"}
    assert names == [name for name in whole if not any(name.endswith(e) and p in lacks for e, p in absent.items())]


@pytest.mark.parametrize("norm_first", [False, True])
def test_without_a_residual_the_output_replaces_the_stream(norm_first: bool) -> None:
    trace = trace_pair(tiny_model(residual=False, layer_norm=False, norm_first=norm_first), SRC, TGT)
    np.testing.assert_array_equal(trace["memory"], trace["encoder.1.ffn.output"])
    np.testing.assert_array_equal(trace["decoder_output"], trace["decoder.1.ffn.output"])
    normed = trace_pair(tiny_model(residual=False, norm_first=norm_first), SRC, TGT)
    left = "output" if norm_first else "norm"
    entering = "encoder.0.ffn.norm" if norm_first else "encoder.0.self_attn.norm"
    assert f"encoder.0.self_attn.{left}" in normed
    x = normed["encoder.0.self_attn.output"].astype(float)
    rows = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    seen = normed[entering].astype(float)
    for row, own in zip(rows, seen, strict=True):  # the same numbers but for the learned gain and shift of each feature
        assert np.corrcoef(row, own)[0, 1] > 0.9


def test_without_a_causal_mask_every_row_sees_every_word() -> None:
    trace = trace_pair(tiny_model(causal=False), SRC, TGT)
    assert trace["tgt_mask"].all()
    assert (trace["decoder.0.self_attn.weights"] > 0).all()
    np.testing.assert_array_equal(
        trace["decoder.0.self_attn.scores.masked"], trace["decoder.0.self_attn.scores.scaled"]
    )


@pytest.mark.parametrize("kind", [kind for kind in LACKING if kind not in CAUSAL])
def test_without_a_causal_mask_no_prefix_is_the_beginning_of_the_whole(kind: dict[str, Any]) -> None:
    """What the model saw while it wrote is the last row of each prefix; a trace of all words shows something else."""
    model, tgt = tiny_model(**kind), [BOS, *sentence(7, 3)]
    whole = trace_pair(model, SRC, tgt)
    for n in range(1, len(tgt)):
        prefix = trace_pair(model, SRC, tgt[:n])
        seen = prefix["decoder.0.self_attn.context"]
        assert np.abs(seen - whole["decoder.0.self_attn.context"][:, :n]).max() > 1e-4
        for name in ("src_embed.sum", "memory", "decoder.0.self_attn.q", "decoder.0.self_attn.v"):
            on_target = name.startswith("decoder")
            beginning = whole[name][:, :n] if on_target else whole[name]
            np.testing.assert_allclose(prefix[name], beginning, **TOLERANCE)  # what is made before words meet


def test_a_tied_model_adds_up_and_shares_one_matrix() -> None:
    model = tiny_model(tgt_vocab_size=11, tie_embeddings=True)
    assert_adds_up(model, SRC, TGT)
    trace = trace_pair(model, SRC, TGT)
    matrix = model.src_embed.tokens.weight.detach().numpy()
    np.testing.assert_array_equal(trace["tgt_embed.tokens"], matrix[TGT])
    bias = model.generator.bias.detach().numpy()
    np.testing.assert_allclose(trace["logits"], trace["decoder_output"] @ matrix.T + bias, **TOLERANCE)


def test_in_pre_norm_the_norm_comes_first() -> None:
    names = trace_pair(tiny_model(n_encoder_layers=1, n_decoder_layers=1, norm_first=True), SRC, TGT).names()
    assert sorted(names) == sorted(GOLDEN)
    for sublayer in ("encoder.0.self_attn", "encoder.0.ffn", "decoder.0.cross_attn", "decoder.0.ffn"):
        of_sublayer = [name for name in names if name.startswith(f"{sublayer}.")]
        assert of_sublayer[0] == f"{sublayer}.norm"
        assert of_sublayer[-1] == f"{sublayer}.residual"


def test_a_tensor_that_a_config_does_not_make_is_absent() -> None:
    bare = trace_pair(tiny_model(position="none", scale_embeddings=False), SRC, TGT)
    for side, name in itertools.product(("src_embed", "tgt_embed"), ("scaled", "position")):
        assert f"{side}.{name}" not in bare
        assert f"{side}.{name}" not in bare.names()


def test_every_row_of_the_catalogue_is_made_by_some_config() -> None:
    made = set()
    for position, score in itertools.product(POSITIONS, SCORES):
        for name in trace_pair(tiny_model(position=position, score=score), SRC, TGT).names():
            place = name.split(".")
            in_layer = place[0] in ("encoder", "decoder")  # then encoder.N. or decoder.N. comes first
            key = ".".join(place[2:]) if in_layer else name
            assert Trace.spec(name) is CATALOGUE[key]
            made.add(key)
    assert made == set(CATALOGUE)


def test_the_catalogue_tells_symbol_axes_and_section() -> None:
    axes = {"head", "query", "key", "src", "tgt", "d_model", "d_k", "d_ff", "vocab"}
    for key, spec in CATALOGUE.items():
        assert spec.symbol, key
        assert spec.axes, key
        assert set(spec.axes) <= axes, key
        assert spec.section[0] == "3", key


def test_shapes_on_a_pair_that_is_not_square() -> None:
    trace = trace_pair(tiny_model(), SRC, TGT)
    assert {name: trace[name].shape for name in SHAPES} == SHAPES


@pytest.mark.parametrize("kind", ANY)
def test_labels_and_numbers_have_the_same_sizes(kind: dict[str, Any]) -> None:
    trace = trace_pair(tiny_model(**kind), SRC, TGT)
    for name in trace.names():
        assert tuple(len(labels) for labels in trace.labels(name)) == trace[name].shape, name
        assert len(Trace.spec(name).axes) == trace[name].ndim, name


def test_labels_are_the_tokens_of_the_right_side() -> None:
    trace = trace_pair(tiny_model(), SRC, TGT, Letters("s"), Letters("t"))
    source, target = [f"s{i}" for i in SRC], [f"t{i}" for i in TGT]
    heads = ["0", "1", "2"]
    assert (trace.src_tokens, trace.tgt_tokens) == (source, target)
    for tensor in ("weights", "scores.raw", "scores.scaled", "scores.masked"):
        assert list(trace.labels(f"encoder.1.self_attn.{tensor}")) == [heads, source, source]
        assert list(trace.labels(f"decoder.1.self_attn.{tensor}")) == [heads, target, target]
        assert list(trace.labels(f"decoder.1.cross_attn.{tensor}")) == [heads, target, source]  # rows target
    features = [str(i) for i in range(8)]
    assert list(trace.labels("decoder.0.cross_attn.q")) == [heads, target, features]
    assert list(trace.labels("decoder.0.cross_attn.k")) == [heads, source, features]
    assert list(trace.labels("decoder.0.cross_attn.v")) == [heads, source, features]
    assert trace.labels("decoder.0.cross_attn.output")[0] == target
    assert trace.labels("encoder.0.ffn.hidden")[0] == source
    assert trace.labels("memory")[0] == source
    assert trace.labels("decoder_output")[0] == target
    assert trace.labels("src_embed.sum")[0] == source
    assert trace.labels("tgt_embed.sum")[0] == target
    assert list(trace.labels("src_mask")) == [source]
    assert list(trace.labels("tgt_mask")) == [target, target]
    assert list(trace.labels("logits")) == [target, [str(i) for i in range(13)]]


def test_without_vocabularies_labels_are_ids() -> None:
    trace = trace_pair(tiny_model(), [7, 7, 4], [1, 12])
    assert list(trace.labels("decoder.0.cross_attn.weights"))[1:] == [["1", "12"], ["7", "7", "4"]]


def test_ids_may_come_as_lists_or_tensors_with_or_without_a_batch_of_one() -> None:
    model = tiny_model()
    expected = trace_pair(model, SRC, TGT)
    for src, tgt in (
        (torch.tensor(SRC), torch.tensor(TGT)),
        (torch.tensor([SRC]), torch.tensor([TGT])),
        ([SRC], [TGT]),
        (tuple(SRC), torch.tensor([TGT])),
    ):
        trace: Any = trace_pair(model, src, tgt)  # pyright: ignore[reportArgumentType] -- nested lists are welcome too
        assert trace.src_tokens == expected.src_tokens
        assert all(np.array_equal(trace[name], expected[name]) for name in expected.names())


def test_a_trace_is_a_read_only_mapping_of_float32() -> None:
    trace = trace_pair(tiny_model(), SRC, TGT)
    assert len(trace) == len(trace.names()) == len(list(trace))
    assert "logits" in trace
    assert "logit" not in trace
    for name in trace:
        assert trace[name].dtype == (np.bool_ if name.endswith("_mask") else np.float32), name
        with pytest.raises(ValueError, match="read-only"):
            trace[name][...] = 0
    with pytest.raises(KeyError, match=r"no tensor 'encoder\.0\.self_attn\.weight'"):
        trace["encoder.0.self_attn.weight"]
    with pytest.raises(KeyError, match="not in the catalogue"):
        trace.labels("encoder.0.self_attn.weight")


def test_a_tensor_that_contradicts_its_axes_cannot_be_shown() -> None:
    trace = trace_pair(tiny_model(), SRC, TGT)
    turned = trace["decoder.0.cross_attn.weights"].transpose(0, 2, 1).copy()
    with pytest.raises(ValueError, match=r"decoder\.0\.cross_attn\.weights is"):
        Trace(trace.config, {"decoder.0.cross_attn.weights": turned}, trace.src_tokens, trace.tgt_tokens)


@pytest.mark.parametrize("kind", CAUSAL)
def test_attention_maps_hold_shares_and_hide_the_future(kind: dict[str, Any]) -> None:
    trace = trace_pair(tiny_model(**kind), SRC, TGT)
    maps = [name for name in trace.names() if name.endswith(".weights")]
    assert len(maps) == 6  # 2 encoder layers, and 2 decoder layers with two each
    for name in maps:
        np.testing.assert_allclose(trace[name].sum(axis=-1), 1.0, atol=1e-6)
        future = np.triu(np.ones(trace[name].shape[1:], dtype=bool), k=1)
        if name.startswith("decoder") and "self_attn" in name:
            assert (trace[name][:, future] == 0.0).all()
        else:
            assert (trace[name] > 0.0).all()


@pytest.mark.parametrize("kind", ANY)
def test_the_traced_logits_are_those_of_the_fused_pass(kind: dict[str, Any]) -> None:
    model = tiny_model(**kind)
    with torch.no_grad():
        logits = model(torch.tensor([SRC]), torch.tensor([TGT]))[0]
    np.testing.assert_allclose(trace_pair(model, SRC, TGT)["logits"], logits.numpy(), **TOLERANCE)


@pytest.mark.parametrize("kind", CAUSAL)
def test_the_trace_of_a_prefix_is_the_beginning_of_the_whole_trace(kind: dict[str, Any]) -> None:
    """So row t of the whole trace is the last row of the trace of prefix t: one pass serves every decoding step."""
    model, tgt = exact(tiny_model(**kind)), [BOS, *sentence(7, 3)]
    whole = trace_pair(model, SRC, tgt, Letters("s"), Letters("t"))
    for n in range(1, len(tgt) + 1):
        prefix = trace_pair(model, SRC, tgt[:n])
        assert prefix.names() == whole.names()
        for name in whole.names():
            on_target = [labels == whole.tgt_tokens for labels in whole.labels(name)]
            beginning = tuple(slice(n) if target else slice(None) for target in on_target)
            np.testing.assert_allclose(prefix[name], whole[name][beginning], **TOLERANCE, err_msg=name)
            if on_target[-2:] == [True, True] and not name.endswith((".raw", ".scaled", ".biased")):
                hidden = whole[name][..., :n, n:]  # what comes after the prefix: -inf, 0 or False
                assert np.isin(hidden, [-np.inf, 0.0]).all(), name


def test_a_model_in_training_mode_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"training mode.*model\.eval\(\)"):
        trace_pair(tiny_model().train(), SRC, TGT)


@pytest.mark.parametrize(
    ("src", "tgt", "words"),
    [
        ([4, 0], TGT, "src_ids holds padding"),
        ([0], TGT, "src_ids holds padding"),
        (SRC, [BOS, 4, 0], "tgt_ids holds padding"),
        (SRC, [0, BOS], "tgt_ids holds padding"),
        ([], TGT, "src_ids must be"),
        (SRC, [], "tgt_ids must be"),
        ([[4], [5]], TGT, r"src_ids must be .* got \(2, 1\)"),
        (SRC, [[[1]]], "tgt_ids must be"),
        (4, TGT, "src_ids must be"),
        ([11], TGT, "source ids must lie in"),
        (SRC, [BOS, 13], "target ids must lie in"),
        ([4] * 17, TGT, "more than max_len=16"),
    ],
)
def test_ids_that_cannot_be_traced_are_refused(src: Any, tgt: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trace_pair(tiny_model(), src, tgt)


def test_an_edit_is_seen_in_its_own_trace_only() -> None:
    model, name = tiny_model(), "encoder.0.self_attn.weights"
    before = trace_pair(model, SRC, TGT)
    edited = trace_pair(model, SRC, TGT, edit=lambda full_name, x: x.flip(-1) if full_name == name else x)
    after = trace_pair(model, SRC, TGT)
    np.testing.assert_array_equal(edited[name], before[name][..., ::-1])
    assert np.abs(edited["logits"] - before["logits"]).max() > 1e-3
    for tensor in before.names():
        np.testing.assert_array_equal(after[tensor], before[tensor])


def test_a_trace_leaves_no_gradient_and_outlives_the_model() -> None:
    model = tiny_model()
    trace = trace_pair(model, SRC, TGT)
    kept = {name: trace[name].copy() for name in trace}
    with torch.no_grad():
        for parameter in model.parameters():
            assert parameter.grad is None
            parameter.zero_()
    for tensor in model.buffers():
        tensor.zero_()
    assert all(np.array_equal(trace[name], kept[name]) for name in trace)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other) or np.allclose(one, other, atol=1e-6, rtol=1e-6)


def test_threads_that_share_a_model_get_their_own_traces() -> None:
    model = tiny_model()
    pairs = [(sentence(6, seed), [BOS, *sentence(5, 50 + seed)]) for seed in range(20)]  # equal sizes: easy to mix up
    alone = [trace_pair(model, *pair) for pair in pairs]
    failures: list[str] = []

    def visit(first: int) -> None:
        try:
            for step in range(200):
                which = (first + step) % len(pairs)
                trace = trace_pair(model, *pairs[which])
                if trace.src_tokens != alone[which].src_tokens or trace.names() != alone[which].names():
                    failures.append(f"thread {first}, pass {step}: labels")
                failures.extend(
                    f"thread {first}, pass {step}: {name}"
                    for name in trace
                    if not same(trace[name], alone[which][name])
                )
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=visit, args=(5 * n,)) for n in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # change threads as often as possible, so that a mix-up would happen here
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures, failures[:5]


def test_a_tensor_without_its_row_in_the_catalogue_is_noticed() -> None:
    with pytest.raises(KeyError, match="not in the catalogue"):
        Trace(tiny_config(), {"encoder.0.secret": np.zeros(1)}, ["a"] * 5, ["b"] * 4)
