"""Beam search against an independent search through every sentence there is, and the laws of its tree."""

import itertools

import pytest
import torch
from torch import Tensor

import models
from transformer.decode import greedy_ids
from transformer.model import Transformer
from transformer.vocab import BOS, EOS, PAD
from transformer.writing import BeamTree, beam_search, length_penalty

VOCAB, LONGEST = 6, 4  # <pad> <s> </s> and three words: 1 + 4 + 16 + 64 finished sentences, 256 stopped ones
EVERYTHING = 10**6
SOURCE = [4, 7, 5]
ALPHAS = (0.0, 0.6, 1.0, 2.0)


def small_model(seed: int) -> Transformer:
    """A random model with few words that often wants to stop, and is never sure."""
    model = models.tiny_model(seed, tgt_vocab_size=VOCAB, max_len=LONGEST)
    with torch.no_grad():
        model.generator.bias[EOS] += 0.8
    return model


def every_sentence(model: Transformer) -> dict[tuple[int, ...], float]:
    """The definition: log P of every sentence that ends in EOS or is as long as allowed, by full teacher-forced passes.

    BOS may be written by a model as any other word; padding may not.
    """
    words, found = [word for word in range(VOCAB) if word not in (PAD, EOS)], {}
    for n in range(LONGEST + 1):
        ends = [EOS] if n < LONGEST else []
        sentences = [(*body, *ends) for body in itertools.product(words, repeat=n)]
        tgt_in = torch.tensor([[BOS, *sentence[:-1]] for sentence in sentences])
        with torch.no_grad():
            log_p = model(torch.tensor([SOURCE] * len(sentences)), tgt_in).double().log_softmax(-1)
        for row, sentence in zip(log_p, sentences, strict=True):
            found[sentence] = sum(float(row[t, word]) for t, word in enumerate(sentence))
    return found


@pytest.fixture(scope="module")
def exhaustive() -> dict[int, dict[tuple[int, ...], float]]:
    return {seed: every_sentence(small_model(seed)) for seed in range(4)}


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_as_wide_as_everything_finds_every_sentence(seed: int, exhaustive: dict) -> None:
    tree = beam_search(small_model(seed), SOURCE, EVERYTHING, dropped=0)
    found = {tuple(one.ids): one.log_p for one in tree.hypotheses()}
    assert found.keys() == exhaustive[seed].keys()
    for sentence, log_p in exhaustive[seed].items():
        assert found[sentence] == pytest.approx(log_p, abs=1e-5, rel=1e-5)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", range(4))
def test_its_best_sentence_is_the_best_there_is(seed: int, alpha: float, exhaustive: dict) -> None:
    best = beam_search(small_model(seed), SOURCE, EVERYTHING, dropped=0).hypotheses(alpha)[0]
    scores = {s: log_p / ((5 + len(s)) ** alpha / 6**alpha) for s, log_p in exhaustive[seed].items()}
    assert tuple(best.ids) == max(scores, key=lambda sentence: scores[sentence])
    assert best.score == pytest.approx(max(scores.values()), abs=1e-5)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", range(4))
def test_a_narrow_beam_is_the_beam_of_the_definition(seed: int, width: int, exhaustive: dict) -> None:
    """With every dropped candidate remembered, each step can be searched again by sorting all of them."""
    tree = beam_search(small_model(seed), SOURCE, width, dropped=EVERYTHING)
    live, places = [()], width
    for step in range(1, LONGEST + 1):
        nodes = [node for node in tree.nodes if node.step == step]
        candidates = {tuple(tree.ids(node.id)): node for node in nodes}
        assert set(candidates) == {(*one, word) for one in live for word in range(VOCAB) if word != PAD}
        for sentence, node in candidates.items():
            if sentence in exhaustive[seed]:
                assert node.total == pytest.approx(exhaustive[seed][sentence], abs=1e-5, rel=1e-5)
        ranked = sorted(nodes, key=lambda node: -node.total)
        assert [node.rank for node in ranked] == list(range(len(nodes)))
        stay = ranked[:places]
        assert all(node.state == ("finished" if node.word == EOS else "kept") for node in stay)
        assert all(node.state == "dropped" for node in ranked[places:])
        live = [tuple(tree.ids(node.id)) for node in stay if node.state == "kept"]
        places -= len(stay) - len(live)


@pytest.mark.parametrize("seed", range(12))
def test_a_beam_of_one_is_greedy(seed: int) -> None:
    model = models.tiny_model(seed)
    with torch.no_grad():
        model.generator.bias[EOS] += seed % 4
    source = models.sentence(2 + seed % 6, seed)
    (only,) = beam_search(model, source, 1).hypotheses()
    assert only.ids == greedy_ids(model, source)
    assert only.finished == (only.ids[-1] == EOS)


@pytest.mark.parametrize("prefix", [[], [9], [5, 5, 8]])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_tree_knows_greedy_s_sentence_if_it_kept_it(width: int, prefix: list[int]) -> None:
    kept = 0
    for seed in range(6):
        model, tree = tree_of(seed, width, prefix=prefix)
        found, (greedy,) = tree.greedy(), beam_search(model, SOURCE, 1, prefix=prefix).hypotheses()
        if found is not None:
            kept += 1
            assert found.ids == greedy.ids
            assert found.log_p == pytest.approx(greedy.log_p, abs=1e-5)
        else:
            assert greedy.ids not in [one.ids for one in tree.hypotheses()]
    assert kept == 6 if width == 1 else kept > 0


def tree_of(seed: int, width: int = 3, **more: object) -> tuple[Transformer, BeamTree]:
    model = models.tiny_model(seed)
    with torch.no_grad():
        model.generator.bias[EOS] += 1.0
    return model, beam_search(model, SOURCE, width, **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("seed", range(5))
def test_every_number_of_the_tree_is_the_model_s(seed: int) -> None:
    model, tree = tree_of(seed)
    for node in tree.nodes[1:]:
        ids = tree.ids(node.id)
        assert len(ids) == node.step
        with torch.no_grad():
            logits = model(torch.tensor([SOURCE]), torch.tensor([[BOS, *ids[:-1]]]))[0].double()
        log_p = [float(row[word]) for row, word in zip(logits.log_softmax(-1), ids, strict=True)]
        assert node.log_p == pytest.approx(log_p[-1], abs=1e-5, rel=1e-5)
        assert node.total == pytest.approx(sum(log_p), abs=1e-5, rel=1e-5)
        assert node.parent is not None
        assert node.total <= tree.nodes[node.parent].total + 1e-12, "no sentence is more probable than its beginning"
        torch.testing.assert_close(tree.logits[node.parent].double(), logits[-1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("width", [1, 2, 4, 6])
def test_what_a_tree_holds(width: int) -> None:
    for seed in range(3):
        _, tree = tree_of(seed, width, dropped=2)
        assert [node.id for node in tree.nodes] == list(range(len(tree.nodes)))
        assert len(tree.ends()) == width, "every place of the beam ends in a sentence"
        finished = 0
        for step in range(1, max(node.step for node in tree.nodes) + 1):
            level = [node for node in tree.nodes if node.step == step]
            stay = [node for node in level if node.state != "dropped"]
            lost = [node for node in level if node.state == "dropped"]
            assert len(stay) == width - finished
            assert len(lost) <= 2
            assert not lost or max(n.total for n in lost) <= min(n.total for n in stay)
            assert all(tree.nodes[node.parent or 0].state == "kept" for node in level)
            finished += sum(node.state == "finished" for node in level)
            assert all((node.word == EOS) == (node.state == "finished") for node in stay)
        assert all(node.word != PAD for node in tree.nodes)


def test_a_search_stops_where_the_model_does_or_at_the_limit() -> None:
    _, tree = tree_of(0, max_len=2)
    assert max(node.step for node in tree.nodes) == 2
    assert all(len(one.ids) == 2 or one.finished for one in tree.hypotheses())


def test_the_best_of_a_step_is_kept_in_any_width() -> None:
    """Not "wider is never worse", which is not true of beam search: but the first step of all widths begins alike."""
    for seed in range(4):
        firsts = [beam_search(small_model(seed), SOURCE, width).nodes[1] for width in (1, 2, 5)]
        assert len({(node.word, node.rank) for node in firsts}) == 1
        assert firsts[0].rank == 0


@pytest.mark.parametrize("seed", range(4))
def test_nothing_a_beam_finds_is_better_than_the_best_there_is(seed: int, exhaustive: dict) -> None:
    best = max(exhaustive[seed].values())
    for width in (1, 2, 3, 8):
        assert beam_search(small_model(seed), SOURCE, width).hypotheses()[0].log_p <= best + 1e-5


# --- forced words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 3])
def test_a_forced_beginning_stands_and_the_search_goes_on_behind_it(width: int) -> None:
    prefix = [9, 12, 4]
    model, tree = tree_of(2, width, prefix=prefix)
    chain = [node for node in tree.nodes if node.forced]
    assert [node.word for node in chain] == prefix
    assert [node.state for node in chain] == ["kept"] * 3
    assert all(one.ids[:3] == prefix for one in tree.hypotheses())
    with torch.no_grad():
        logits = model(torch.tensor([SOURCE]), torch.tensor([[BOS, *prefix[:-1]]]))[0].double()
    log_p = sum(float(row[word]) for row, word in zip(logits.log_softmax(-1), prefix, strict=True))
    assert chain[-1].total == pytest.approx(log_p, abs=1e-5)
    for node, row in zip(chain, logits, strict=True):  # what the model would rather have written is there to be seen
        level = [other for other in tree.nodes if other.step == node.step and not other.forced]
        assert len(level) == 3
        assert node.rank == int((row[1:] > row[node.word]).sum())  # word 0 is padding
        assert all(other.state == "dropped" for other in level)


def test_forcing_what_greedy_writes_changes_nothing() -> None:
    model = models.tiny_model(3)
    ids = greedy_ids(model, SOURCE)
    for n in range(len(ids)):
        assert beam_search(model, SOURCE, 1, prefix=ids[:n]).hypotheses()[0].ids == ids


def test_a_forced_end_ends_it() -> None:
    (only,) = beam_search(models.tiny_model(), SOURCE, 3, prefix=[5, EOS]).hypotheses()
    assert only.ids == [5, EOS]
    assert only.finished


@pytest.mark.parametrize("prefix", [[PAD], [13], [-1], [EOS, 5], [5] * 17])
def test_a_prefix_that_nobody_could_have_written_is_refused(prefix: list[int]) -> None:
    with pytest.raises(ValueError, match="forced"):
        beam_search(models.tiny_model(), SOURCE, 2, prefix=prefix)


def test_a_beam_without_width_and_a_model_in_training_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 wide"):
        beam_search(models.tiny_model(), SOURCE, 0)
    with pytest.raises(RuntimeError, match="training mode"):
        beam_search(models.tiny_model().train(), SOURCE)


# --- length penalty ---------------------------------------------------------------------------------------------------


def test_the_length_penalty_of_the_paper() -> None:
    assert length_penalty(1, 0.7) == 1.0
    assert length_penalty(7, 1.0) == 2.0
    assert length_penalty(20, 0.6) == pytest.approx(25**0.6 / 6**0.6)
    for alpha in ALPHAS:
        assert length_penalty(9, alpha) >= length_penalty(8, alpha)


def test_the_length_penalty_only_reorders_and_lets_longer_ones_rise() -> None:
    for seed in range(4):
        tree = beam_search(small_model(seed), SOURCE, 8)
        plain = tree.hypotheses(0.0)
        assert [one.log_p for one in plain] == sorted((one.log_p for one in plain), reverse=True)
        assert all(one.score == one.log_p for one in plain)
        places = []
        for alpha in ALPHAS:
            ranked = tree.hypotheses(alpha)
            assert {one.node for one in ranked} == {one.node for one in plain}
            assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
            places.append(len(ranked[0].ids))
        assert places == sorted(places), "a larger alpha never puts a shorter sentence first"


# --- edits ------------------------------------------------------------------------------------------------------------


def test_an_edit_that_changes_nothing_changes_nothing() -> None:
    model = models.tiny_model(1)
    plain, traced = beam_search(model, SOURCE, 3), beam_search(model, SOURCE, 3, edit=lambda name, x: x)
    assert [(n.word, n.parent, n.state) for n in plain.nodes] == [(n.word, n.parent, n.state) for n in traced.nodes]


def test_an_edit_reaches_encoder_and_decoder_and_leaves_the_model_alone() -> None:
    model, heard = models.tiny_model(1), set()
    before = beam_search(model, SOURCE, 3).hypotheses()

    def silence(name: str, x: Tensor) -> Tensor:
        heard.add(name)
        if name == "decoder.0.cross_attn.context":
            x[:, 1] = 0.0
        return x

    after = beam_search(model, SOURCE, 3, edit=silence).hypotheses()
    assert {"encoder.0.self_attn.weights", "decoder.1.ffn.hidden", "logits"} <= heard
    assert [one.log_p for one in after] != [one.log_p for one in before]
    assert beam_search(model, SOURCE, 3).hypotheses() == before


# --- memory -----------------------------------------------------------------------------------------------------------


def test_what_is_kept_of_a_step_is_one_row_and_not_the_whole_pass() -> None:
    tree = beam_search(models.tiny_model(1), SOURCE, 3)
    kept = {row.untyped_storage().data_ptr(): row.untyped_storage().nbytes() for row in tree.logits.values()}
    assert sum(kept.values()) == sum(row.nbytes for row in tree.logits.values())
