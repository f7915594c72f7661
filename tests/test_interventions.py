"""Interventions: each is what its name says, held to a model that was really built so, and writes as it traces."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models import BOS, KINDS, LACKING, TOLERANCE, sentence, tiny_model
from transformer.decode import greedy_ids
from transformer.heads import blocks_of
from transformer.interventions import (
    Aids,
    FromHead,
    FromSentence,
    Intervention,
    MeanHead,
    OnlyHead,
    PaintMask,
    RemovePositions,
    RemoveResidual,
    RemoveSublayer,
    ScaleHead,
    Scope,
    SetWeight,
    UnfitError,
    UniformHead,
    ZeroHead,
    agreed,
    as_edit,
    fitting,
    intervene,
    mean_contexts,
    pattern_reader,
    unfit,
    write_under,
)
from transformer.interventions.patterns import laid, with_weight
from transformer.interventions.surgery import _ids as found_ids
from transformer.model import Transformer
from transformer.runs import load_run
from transformer.studies.mask_lab import Painting, own_mask, paint
from transformer.trace import Trace, trace_pair

SOME = [*KINDS[::7], *LACKING[::3]]
SRC = sentence(5, seed=1)
TGT = [BOS, *sentence(6, seed=2, vocab_size=13)]
WITH_RESIDUAL = [one for one in SOME if one.values[0].get("residual", True)]  # pyright: ignore[reportAttributeAccessIssue]
BLOCKS = ("encoder.1.self_attn", "decoder.0.self_attn", "decoder.1.cross_attn")


def other(model: Transformer) -> Aids:
    """Let a text be a random sentence of as many words as it has letters."""
    return Aids(patterns=pattern_reader(model, lambda text: sentence(len(text), seed=5)))


def traced(model: Transformer, *interventions: Intervention, aids: Aids | None = None) -> Trace:
    return trace_pair(model, SRC, TGT, edit=as_edit(model, interventions, aids))


def same(one: Trace, other: Trace, **tolerance: Any) -> None:
    assert one.names() == other.names()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], err_msg=name, **tolerance)


def rebuilt(model: Transformer, change: Callable[[Transformer], Any]) -> Transformer:
    other = copy.deepcopy(model)
    with torch.no_grad():
        change(other)
    return other


def part(model: Transformer, place: str) -> Any:
    return model.get_submodule(place)


def silence(linear: nn.Linear) -> None:
    linear.weight.zero_()
    linear.bias.zero_()


# --- nothing, and one head ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", SOME)
def test_no_edit_changes_no_bit(changes: dict[str, Any]) -> None:
    model = tiny_model(**changes)
    plain = trace_pair(model, SRC, TGT)
    same(traced(model), plain, atol=0, rtol=0)
    outcome = intervene(model, SRC, TGT, [])
    same(outcome.after, plain, atol=0, rtol=0)
    assert outcome.written_after == outcome.written_before
    assert outcome.written_before.ids == greedy_ids(model, SRC, len(TGT) + 8)


@pytest.mark.parametrize("changes", SOME)
@pytest.mark.parametrize("block", BLOCKS)
def test_zero_is_a_model_whose_rows_of_w_o_are_zero(changes: dict[str, Any], block: str) -> None:
    model = tiny_model(**changes)
    d_k = model.config.d_k

    def close(other: Transformer) -> None:
        part(other, block).w_o.weight[:, d_k : 2 * d_k] = 0.0

    without = trace_pair(rebuilt(model, close), SRC, TGT)
    after = traced(model, ZeroHead(block, 1))
    for name in after:
        if not name.startswith((f"{block}.context", f"{block}.concat")):
            np.testing.assert_allclose(after[name], without[name], err_msg=name, **TOLERANCE)
    assert not after[f"{block}.context"][1].any()


def test_only_is_zero_for_all_others_and_scale_is_a_larger_slice() -> None:
    model, block = tiny_model(), "decoder.1.cross_attn"
    same(traced(model, OnlyHead(block, 1)), traced(model, ZeroHead(block, 0), ZeroHead(block, 2)), atol=0, rtol=0)
    same(traced(model, ScaleHead(block, 2, 0.0)), traced(model, ZeroHead(block, 2)), atol=0, rtol=0)
    d_k = model.config.d_k

    def louder(other: Transformer) -> None:
        part(other, block).w_o.weight[:, :d_k] *= -1.5

    np.testing.assert_allclose(
        traced(model, ScaleHead(block, 0, -1.5))["logits"],
        trace_pair(rebuilt(model, louder), SRC, TGT)["logits"],
        **TOLERANCE,
    )


def test_the_mean_is_the_mean_over_all_rows() -> None:
    run = load_run("copy")
    assert run.task is not None
    examples = [example for example, _ in zip(run.task.examples(0, "test"), range(12), strict=False)]
    means = mean_contexts(run.model, examples, run.src_vocab, run.tgt_vocab)
    rows: dict[str, list[np.ndarray]] = {block: [] for block in blocks_of(run.model)}
    for example in examples:
        tgt = run.tgt_vocab.encode(example.tgt).ids
        trace = trace_pair(run.model, run.encode(example.src), [BOS, *tgt])
        for block, found in rows.items():
            found.append(trace[f"{block}.context"])
    for block, found in rows.items():
        expected = np.concatenate(found, axis=1).astype(np.float64).mean(axis=1)
        np.testing.assert_allclose(means[block].numpy(), expected, **TOLERANCE)
    block = "decoder.0.cross_attn"
    src = run.encode(run.example)
    outcome = intervene(run.model, src, [BOS, *run.decode(src)[:-1]], [MeanHead(block, 1)], Aids(lambda: means))
    context = outcome.after[f"{block}.context"]
    assert (context[1] == means[block][1].numpy()).all()
    np.testing.assert_array_equal(context[0], outcome.before[f"{block}.context"][0])


# --- patterns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", SOME)
def test_rows_still_sum_to_one(changes: dict[str, Any]) -> None:
    model = tiny_model(**changes)
    for block in BLOCKS:
        edits = [
            UniformHead(block, 0),
            SetWeight(block, 1, 3, 2, 0.7),
            SetWeight(block, 1, 0, 0, 0.2),
            FromSentence(block, 2, "seven!!"),
        ]
        after = traced(model, *edits, aids=other(model))[f"{block}.weights"]
        np.testing.assert_allclose(after.sum(axis=-1), 1.0, **TOLERANCE)
        assert (after >= 0).all()


def test_uniform_shares_over_what_is_open() -> None:
    model = tiny_model()
    after = traced(model, UniformHead("decoder.0.self_attn", 1))["decoder.0.self_attn.weights"][1]
    n = len(TGT)
    np.testing.assert_allclose(after, np.tril(np.ones((n, n))) / np.arange(1, n + 1)[:, None], **TOLERANCE)


def test_one_weight_moves_and_the_others_keep_their_proportions() -> None:
    model, block = tiny_model(), "decoder.1.cross_attn"
    before = trace_pair(model, SRC, TGT)[f"{block}.weights"]
    after = traced(model, SetWeight(block, 1, 4, 2, 0.9))[f"{block}.weights"]
    assert after[1, 4, 2] == np.float32(0.9)
    others = [0, 1, 3, 4]
    share = before[1, 4, others] / before[1, 4, others].sum()
    np.testing.assert_allclose(after[1, 4, others], 0.1 * share, **TOLERANCE)
    rest = np.ones(before.shape, dtype=bool)
    rest[1, 4] = False
    np.testing.assert_array_equal(after[rest], before[rest])


def test_a_row_without_others_has_a_rule() -> None:
    row = torch.tensor([[1.0, 0.0, 0.0]])
    opened = torch.tensor([[True, True, True]])
    assert with_weight(row, opened, 0, 0.5).tolist() == [[0.5, 0.25, 0.25]], "zeros share equally"
    assert with_weight(row, torch.tensor([[True, False, False]]), 0, 0.2).tolist() == [[1.0, 0.0, 0.0]], "nobody else"
    first = traced(tiny_model(), SetWeight("decoder.0.self_attn", 0, 0, 0, 0.0))["decoder.0.self_attn.weights"]
    assert first[0, 0, 0] == 1.0


@pytest.mark.parametrize("changes", SOME)
def test_a_painted_mask_is_that_of_the_masks_page(changes: dict[str, Any]) -> None:
    model = tiny_model(**changes)
    for block in BLOCKS:
        own = own_mask(model, block, len(SRC), len(TGT))
        cells = tuple(row * own.size(1) + 1 for row in range(2, own.size(0)))
        mask = own.flatten().clone()
        mask[list(cells)] ^= True
        for head in (None, 2):
            theirs = paint(model, SRC, TGT, Painting(block, head, mask.view(own.shape)))
            ours = intervene(model, SRC, TGT, [PaintMask(block, head, own.size(0), own.size(1), cells)])
            np.testing.assert_array_equal(ours.after[f"{block}.weights"], theirs.weights_after)
            np.testing.assert_array_equal(ours.after["logits"], theirs.logits_after)
            assert ours.written_after.ids == theirs.written.ids


def test_another_head_is_taken_from_the_pass_without_edits() -> None:
    model = tiny_model()
    before = trace_pair(model, SRC, TGT)
    edits = [ZeroHead("encoder.0.self_attn", 0), FromHead("decoder.0.cross_attn", 1, "decoder.1.cross_attn", 2)]
    after = traced(model, *edits)
    np.testing.assert_array_equal(after["decoder.0.cross_attn.weights"][1], before["decoder.1.cross_attn.weights"][2])
    mine = traced(model, FromHead("decoder.0.self_attn", 1, "decoder.0.self_attn", 1))
    same(mine, before, atol=0, rtol=0)


def test_another_sentence_of_the_same_length_gives_its_whole_pattern() -> None:
    model, block = tiny_model(), "encoder.1.self_attn"
    text = "five!"
    src = sentence(len(text), seed=5)
    theirs = trace_pair(model, src, [BOS, *greedy_ids(model, src)[:-1]])[f"{block}.weights"][0]
    ours = traced(model, FromSentence(block, 0, text), aids=other(model))[f"{block}.weights"][0]
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)


@pytest.mark.parametrize("n", [2, 9])
def test_another_sentence_of_another_length_is_laid_over_what_both_have(n: int) -> None:
    model, block = tiny_model(), "encoder.1.self_attn"
    src = sentence(n, seed=5)
    theirs = trace_pair(model, src, [BOS, *greedy_ids(model, src)[:-1]])[f"{block}.weights"][0]
    own = trace_pair(model, SRC, TGT)[f"{block}.weights"][0]
    ours = traced(model, FromSentence(block, 0, "x" * n), aids=other(model))[f"{block}.weights"][0]
    both = min(n, len(SRC))
    laid = theirs[:both, :both]
    np.testing.assert_allclose(ours[:both, :both], laid / laid.sum(axis=-1, keepdims=True), **TOLERANCE)
    assert not ours[:both, both:].any()
    np.testing.assert_array_equal(ours[both:], own[both:])


@pytest.mark.parametrize("changes", SOME)
def test_what_a_painting_closes_stays_at_zero(changes: dict[str, Any]) -> None:
    """A weight of a closed cell is exactly 0 (house law), whatever is laid over it; the row sums to 1 without it."""
    model, block = tiny_model(**changes), "decoder.1.cross_attn"
    before = trace_pair(model, SRC, TGT)[f"{block}.weights"]
    closed = PaintMask(block, None, len(TGT), len(SRC), (3 * len(SRC) + 2,))
    from_head = FromHead(block, 1, block, 0)
    aids = other(model)
    for edit in (SetWeight(block, 1, 3, 2, 0.8), from_head, FromSentence(block, 1, "five!")):
        after = traced(model, closed, edit, aids=aids)[f"{block}.weights"][1]
        assert after[3, 2] == 0.0, edit
        np.testing.assert_allclose(after.sum(axis=-1), 1.0, **TOLERANCE)
    laid = traced(model, closed, from_head)[f"{block}.weights"][1]
    left = before[0, 3, [0, 1, 3, 4]]
    np.testing.assert_allclose(laid[3, [0, 1, 3, 4]], left / left.sum(), **TOLERANCE)
    np.testing.assert_array_equal(np.delete(laid, 3, axis=0), np.delete(before[0], 3, axis=0))


def test_where_nothing_is_left_of_a_pattern_the_row_keeps_its_own() -> None:
    own = torch.tensor([[[0.25, 0.75, 0.0]]])
    opened = torch.tensor([[[True, True, False]]])
    assert torch.equal(laid(torch.tensor([[[0.0, 0.0, 1.0]]]), opened, own), own)
    assert laid(torch.tensor([[[0.25, 0.0, 0.75]]]), opened, own).tolist() == [[[1.0, 0.0, 0.0]]]
    nearly = torch.tensor([[[0.5, 0.5000001, 0.0]]])
    assert torch.equal(laid(nearly, opened, own), nearly), "nothing is lost, so not a bit is"


def test_what_a_painting_opens_can_be_set() -> None:
    model, block = tiny_model(), "decoder.0.self_attn"
    n = len(TGT)
    opened, weight = PaintMask(block, 1, n, n, (2 * n + 4,)), SetWeight(block, 1, 2, 4, 0.5)
    after = intervene(model, SRC, TGT, [opened, weight]).after[f"{block}.weights"][1]
    assert after[2, 4] == 0.5
    np.testing.assert_allclose(after.sum(axis=-1), 1.0, **TOLERANCE)


def test_a_pass_keeps_only_what_somebody_reads() -> None:
    """A long sentence has maps of many megabytes, and every one that is kept is there once more."""
    model = tiny_model()

    def kept(*edits: Intervention) -> set[str]:
        surgery = as_edit(model, edits, other(model))
        trace_pair(model, SRC, TGT, edit=surgery)
        return {*surgery.made, *surgery.kept}

    assert kept(ZeroHead("decoder.1.cross_attn", 1)) == set()
    assert kept(SetWeight("decoder.1.cross_attn", 0, 2, 3, 0.8)) == {"decoder.1.cross_attn.scores.masked"}
    assert kept(RemoveResidual("decoder.0.ffn")) == {"decoder.0.ffn.output"}


def test_words_that_lie_close_together_are_told_apart() -> None:
    """What another head reads is run once more over the same words, so these must be found for certain."""
    model = tiny_model(src_vocab_size=400, scale_embeddings=False)
    table = model.src_embed.tokens
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        table.weight.copy_(1.0 + 1e-4 * torch.randn(table.weight.shape, generator=generator))
    ids = torch.arange(400)[None]
    assert torch.equal(found_ids(model.src_embed, table(ids).detach()), ids)


# --- parts of the model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", SOME)
@pytest.mark.parametrize("place", ["encoder.0.ffn", "decoder.1.self_attn", "decoder.0.cross_attn"])
def test_a_removed_sublayer_is_one_whose_output_is_zero(changes: dict[str, Any], place: str) -> None:
    model = tiny_model(**changes)
    last = "w_2" if place.endswith("ffn") else "w_o"
    without = trace_pair(rebuilt(model, lambda other: silence(getattr(part(other, place), last))), SRC, TGT)
    same(traced(model, RemoveSublayer(place)), without, **TOLERANCE)


@pytest.mark.parametrize("changes", WITH_RESIDUAL)
@pytest.mark.parametrize("place", ["encoder.1.self_attn", "decoder.0.cross_attn", "decoder.1.ffn"])
def test_a_removed_residual_is_a_sublayer_without_one(changes: dict[str, Any], place: str) -> None:
    model = tiny_model(**changes)
    stack, layer, name = place.split(".")

    def cut(other: Transformer) -> None:
        getattr(getattr(other, stack)[int(layer)], f"around_{name}").residual = False

    without = trace_pair(rebuilt(model, cut), SRC, TGT)
    after = traced(model, RemoveResidual(place))
    assert set(without) == set(after) - {f"{place}.residual"}
    for tensor in without:
        np.testing.assert_allclose(after[tensor], without[tensor], err_msg=tensor, **TOLERANCE)


@pytest.mark.parametrize("position", ["sinusoidal", "learned", "rotary", "alibi"])
@pytest.mark.parametrize("side", ["src", "tgt", "both"])
def test_removed_positions_are_a_model_without_them(position: str, side: str) -> None:
    model = tiny_model(position=position)

    def forget(other: Transformer) -> None:
        for one in ("src", "tgt"):
            if side in (one, "both"):
                whole = getattr(other, f"{one}_embed").position
                for tensor in (*whole.parameters(), *whole.buffers()):
                    tensor.zero_()  # vectors of 0; a cosine is made 1 below; no slope
                if position == "rotary":
                    whole.cos.fill_(1.0)

    same(traced(model, RemovePositions(side)), trace_pair(rebuilt(model, forget), SRC, TGT), **TOLERANCE)


@pytest.mark.parametrize("position", ["sinusoidal", "rotary", "alibi"])
def test_without_positions_the_encoder_is_a_bag_of_words(position: str) -> None:
    model = tiny_model(position=position)
    turned = list(reversed(SRC))
    edit = [RemovePositions("src")]
    one, other = (trace_pair(model, src, TGT, edit=as_edit(model, edit)) for src in (SRC, turned))
    np.testing.assert_allclose(one["memory"], other["memory"][::-1], **TOLERANCE)
    np.testing.assert_allclose(one["logits"], other["logits"], **TOLERANCE)


# --- writing, composing, refusing -----------------------------------------------------------------------------------

MANY: list[Intervention] = [
    PaintMask("decoder.0.self_attn", None, len(TGT), len(TGT), (15, 22, 29, 30)),
    SetWeight("decoder.1.cross_attn", 0, 2, 3, 0.8),
    UniformHead("decoder.1.self_attn", 1),
    FromHead("decoder.0.cross_attn", 0, "decoder.1.cross_attn", 2),
    FromSentence("decoder.0.cross_attn", 2, "four"),
    ScaleHead("encoder.0.self_attn", 1, 1.5),
    RemovePositions("tgt"),
    RemoveSublayer("encoder.1.ffn"),
    RemoveResidual("decoder.0.ffn"),
]


@pytest.mark.parametrize("position", ["sinusoidal", "rotary", "alibi"])
def test_what_is_written_is_what_the_rows_say(position: str) -> None:
    """Under the causal mask row t of one edited pass is what the edited model writes after t words: the prefix law."""
    model = tiny_model(position=position)
    edits = MANY[1:]  # what a mask opens to later rows is not there while they are written
    assert not any(unfit(one, Scope(model, len(SRC), len(TGT), other(model))) for one in edits)
    written = write_under(model, SRC, as_edit(model, edits, other(model)), model.config.max_len)
    tgt_in = [BOS, *written.ids[:-1]]
    rows = trace_pair(model, SRC, tgt_in, edit=as_edit(model, edits, other(model)))["logits"]
    p = torch.from_numpy(rows.copy()).softmax(dim=-1)
    for t, word in enumerate(written.ids):
        assert float(p[t, word]) == pytest.approx(written.p[t], abs=1e-4)


@pytest.mark.parametrize("name", ["fr", "copy", "zh"])
def test_what_is_written_begins_as_the_rows_agree(name: str) -> None:
    """Reading the beginning off the edited pass is a short cut and no other road: it writes the same words."""
    run = load_run(name)
    src = run.encode(run.example)
    out = run.decode(src)
    place = "decoder.0.cross_attn"
    edits: list[list[Intervention]] = [[], [RemoveSublayer(place)], [RemovePositions("src")], [ZeroHead(place, 1)]]
    outcome = None
    for one in edits:
        outcome = intervene(run.model, src, [BOS, *out[:-1]], one)
        begin = agreed(outcome.after, out, one)
        assert begin is not None and begin.ids == outcome.written_after.ids[: len(begin.ids)]
        short = write_under(run.model, src, as_edit(run.model, one), len(out) + 8, begin)
        assert (short.ids, short.stop) == (outcome.written_after.ids, outcome.written_after.stop)
        assert short.p == pytest.approx(outcome.written_after.p, abs=1e-5)
    painted = PaintMask(place, None, len(out), len(src), (0,))
    assert outcome and agreed(outcome.after, out, [painted]) is None
    assert agreed(traced(tiny_model(causal=False)), [4] * len(TGT), []) is None


def test_all_at_once_is_one_after_the_other() -> None:
    """Two interventions at one tensor act in the order of the list, those at others in the order of the pass."""
    model, block = tiny_model(), "decoder.1.cross_attn"
    first = traced(model, ScaleHead(block, 1, 2.0), ScaleHead(block, 1, 0.5))
    same(first, trace_pair(model, SRC, TGT), **TOLERANCE)
    painted = PaintMask(block, 0, len(TGT), len(SRC), (3, 8, 13, 18, 23, 28, 33))
    after = traced(model, UniformHead(block, 0), painted)[f"{block}.weights"][0]
    np.testing.assert_allclose(after, np.where(np.arange(len(SRC)) == 3, 0.0, 0.25) + 0 * after, **TOLERANCE)


def test_a_batch_of_hypotheses_is_edited_row_by_row() -> None:
    model = tiny_model()
    from transformer.tap import Recorder

    def logits(batch: list[list[int]]) -> Tensor:
        tap = Recorder(as_edit(model, MANY[1:], other(model)))
        with torch.no_grad():
            memory, mask = model.encode(torch.tensor([SRC]), tap)
            shared = (memory.expand(len(batch), -1, -1), None if mask is None else mask.expand(len(batch), -1, -1, -1))
            return model.decode(torch.tensor(batch), *shared, tap)

    one, two = TGT, [BOS, *sentence(6, seed=3, vocab_size=13)]
    torch.testing.assert_close(logits([one, two]), torch.cat([logits([one]), logits([two])]), atol=1e-5, rtol=1e-5)


CROSS, N = "decoder.1.cross_attn", len(SRC)
LISTS: list[tuple[list[Intervention], list[str | None]]] = [
    ([PaintMask(CROSS, 1, 7, N, (3,)), PaintMask(CROSS, None, 7, N, (4,))], ["painted_over", None]),
    ([PaintMask(CROSS, None, 7, N, (3,)), PaintMask(CROSS, 1, 7, N, (4,))], [None, None]),
    ([PaintMask(CROSS, None, 7, N, (3,)), *[PaintMask(CROSS, h, 7, N, (4,)) for h in range(3)]], ["painted_over"]),
    ([PaintMask(CROSS, 1, 7, N, (3,)), PaintMask(CROSS, 1, 6, N, (4,))], [None, "shape"]),
    ([PaintMask(CROSS, 1, 7, N, (3,)), PaintMask("decoder.0.cross_attn", 1, 7, N, (4,))], [None, None]),
    ([SetWeight(CROSS, 1, 0, 3, 0.5), PaintMask(CROSS, None, 7, N, (3,))], ["closed", None]),
    ([SetWeight(CROSS, 1, 0, 3, 0.5), PaintMask(CROSS, 2, 7, N, (3,))], [None, None]),
    (
        [PaintMask("decoder.0.self_attn", None, 7, 7, (3,)), SetWeight("decoder.0.self_attn", 1, 0, 3, 0.5)],
        [None, None],
    ),
    (
        [PaintMask("decoder.0.self_attn", None, 7, 7, (3,)), SetWeight("decoder.0.self_attn", 1, 0, 4, 0.5)],
        [None, "later"],
    ),
]


@pytest.mark.parametrize(("edits", "reasons"), LISTS)
def test_what_sleeps_among_others(edits: list[Intervention], reasons: list[str | None]) -> None:
    """A painting may cover another, and close a cell or open it to a weight: then it is told, not silently so."""
    found = [error and error.reason for error in fitting(edits, Scope(tiny_model(), len(SRC), len(TGT)))]
    assert found == reasons + [None] * (len(edits) - len(reasons))


UNFIT: list[tuple[Intervention, str]] = [
    (ZeroHead("decoder.7.cross_attn", 0), "place"),
    (ZeroHead("decoder.1.cross_attn", 3), "head"),
    (MeanHead("decoder.1.cross_attn", 0), "mean"),
    (SetWeight("decoder.1.cross_attn", 0, 7, 0, 0.5), "cell"),
    (SetWeight("decoder.1.cross_attn", 0, 0, 5, 0.5), "cell"),
    (SetWeight("decoder.0.self_attn", 0, 2, 3, 0.5), "later"),
    (PaintMask("decoder.0.self_attn", None, 6, 6, (3,)), "shape"),
    (PaintMask("decoder.0.self_attn", None, 7, 7, (0,)), "hidden_row"),
    (PaintMask("decoder.0.self_attn", 9, 7, 7, (0,)), "head"),
    (FromHead("decoder.0.self_attn", 0, "decoder.0.cross_attn", 0), "kind"),
    (FromSentence("decoder.0.self_attn", 0, "anything"), "sentence"),
    (RemoveSublayer("encoder.2.ffn"), "place"),
    (RemoveResidual("encoder.2.ffn"), "place"),
]


@pytest.mark.parametrize(("one", "reason"), UNFIT, ids=lambda value: str(value)[:30])
def test_what_does_not_fit_is_refused_in_a_sentence(one: Intervention, reason: str) -> None:
    model = tiny_model()
    with pytest.raises(UnfitError) as refused:
        intervene(model, SRC, TGT, [one])
    assert refused.value.reason == reason
    assert str(refused.value)


def test_what_a_model_lacks_cannot_be_removed() -> None:
    scope = Scope(tiny_model(position="none", residual=False), len(SRC), len(TGT))
    reasons = [unfit(one, scope) for one in (RemovePositions("src"), RemoveResidual("decoder.0.ffn"))]
    assert [error and error.reason for error in reasons] == ["positions", "residual"]


def test_what_is_not_finite_is_not_written() -> None:
    def burst(other: Transformer) -> None:
        other.generator.weight.fill_(float("inf"))

    with pytest.raises(FloatingPointError):
        write_under(rebuilt(tiny_model(), burst), SRC, None, 5)


def test_a_short_model_measures_its_mean_on_short_sentences() -> None:
    run = load_run("copy")
    assert run.task is not None
    examples = [example for example, _ in zip(run.task.examples(0, "test"), range(12), strict=False)]
    lengths = [len(run.encode(example.src)) for example in examples]
    short = copy.deepcopy(run.model)
    short.config = dataclasses.replace(run.model.config, max_len=min(lengths) + 1)  # the target has EOS
    fewer = [example for example, n in zip(examples, lengths, strict=True) if n == min(lengths)]
    assert 0 < len(fewer) < len(examples)
    found, alone = (mean_contexts(short, some, run.src_vocab, run.tgt_vocab) for some in (examples, fewer))
    for block, mean in alone.items():
        torch.testing.assert_close(found[block], mean)


def test_a_model_in_training_is_refused() -> None:
    with pytest.raises(RuntimeError, match="training mode"):
        intervene(tiny_model().train(), SRC, TGT, [])
    with pytest.raises(RuntimeError, match="training mode"):
        write_under(tiny_model().train(), SRC, None, 5)


def test_all_heads_turned_to_the_other_noun_change_the_pronoun() -> None:
    """Without the head that finds the referent the French pronoun stays; with all heads turned it goes wrong."""
    run = load_run("fr")
    assert run.heads is not None
    start = run.heads["start"]
    src = run.encode(run.example)
    out = run.decode(src)
    words = [run.tgt_vocab.token(token) for token in out]
    row = words.index("il")

    def written(edits: list[Intervention]) -> str:
        return run.tgt_vocab.token(intervene(run.model, src, [BOS, *out[:-1]], edits).written_after.ids[row])

    street = run.src_vocab.encode(run.example).surfaces.index("street")
    assert written([ZeroHead(start["block"], start["head"])]) == "il"
    heads = range(run.model.config.n_heads)
    assert written([SetWeight(start["block"], head, row, street, 1.0) for head in heads]) == "elle"
