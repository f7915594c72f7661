"""Greedy decoding against a naive loop, batches against one by one, and what exact match counts as right."""

from typing import NamedTuple

import pytest
import torch

import models
from transformer.decode import exact_match, greedy, greedy_batch, greedy_ids
from transformer.model import Transformer
from transformer.tap import OFF, Tap
from transformer.vocab import BOS, EOS, PAD, SPECIALS, WordVocabulary

WORDS = [*SPECIALS, *"abcdefgh"]


class Pair(NamedTuple):
    src: str
    tgt: str


def tiny_model(seed: int = 0, max_len: int = 12) -> Transformer:
    return models.tiny_model(seed, src_vocab_size=len(WORDS), tgt_vocab_size=len(WORDS), max_len=max_len)


def eager_model(seed: int) -> Transformer:
    """A freshly started model that likes to stop, so that outputs of many lengths occur."""
    torch.manual_seed(seed)
    sizes = {"src_vocab_size": len(WORDS), "tgt_vocab_size": len(WORDS), "max_len": 12}
    model = Transformer(models.tiny_config(**sizes)).eval()
    with torch.no_grad():
        model.generator.weight.mul_(3.0)
        model.generator.bias[EOS] += 3.0
    return model


def sources(n: int, seed: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 9, (n,), generator=generator).tolist()
    return [torch.randint(3, len(WORDS), (length,), generator=generator).tolist() for length in lengths]


def naive(model: Transformer, src_ids: list[int], max_len: int) -> list[int]:
    """The definition: run the whole model on everything written so far, take the largest logit, repeat."""
    ids: list[int] = []
    with torch.no_grad():
        while len(ids) < max_len and EOS not in ids:
            row = model(torch.tensor([src_ids]), torch.tensor([[BOS, *ids]]))[0, -1].tolist()
            ids.append(max((i for i in range(len(row)) if i != PAD), key=lambda i: row[i]))
    return ids


@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_the_naive_loop(seed: int) -> None:
    model = eager_model(seed)
    for source in sources(6, seed):
        expected = naive(model, source, 12)
        assert [step.ids for step in greedy(model, source)] == [expected[: n + 1] for n in range(len(expected))]
        assert greedy_ids(model, source) == expected


def test_the_random_models_stop_early_and_late() -> None:
    lengths = {len(ids) for seed in range(5) for ids in greedy_batch(eager_model(seed), sources(6, seed))}
    assert {1, 12} < lengths  # otherwise the tests here compare only one kind of output


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_is_the_same_as_one_by_one(seed: int) -> None:
    model, batch = eager_model(seed), sources(150, seed)  # more than one batch of the decoder
    assert greedy_batch(model, batch) == [greedy_ids(model, source) for source in batch]


def test_a_step_shows_the_row_that_wrote() -> None:
    model, source = tiny_model(), [5, 6, 7]
    for step in greedy(model, source, max_len=4):
        assert step.row == len(step.ids) - 1
        with torch.no_grad():
            logits = model(torch.tensor([source]), torch.tensor([[BOS, *step.ids[:-1]]]))[0, step.row]
        torch.testing.assert_close(step.logits, logits, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(step.probabilities, logits.softmax(-1), atol=1e-5, rtol=1e-5)
        assert not step.logits.requires_grad


def test_the_length_limit_is_the_model_s_or_a_smaller_one() -> None:
    model = tiny_model(max_len=7)
    with torch.no_grad():
        model.generator.bias[EOS] = -1e9
    assert len(greedy_ids(model, [5])) == 7
    assert len(greedy_ids(model, [5], max_len=3)) == 3
    assert len(greedy_ids(model, [5], max_len=100)) == 7
    with pytest.raises(ValueError, match="max_len must be at least 1"):
        greedy_ids(model, [5], max_len=0)


def test_padding_is_never_written() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.generator.bias[PAD] = 1e9
    assert PAD not in greedy_ids(model, [5, 6])
    assert all(PAD not in step.ids for step in greedy(model, [5, 6]))


def test_no_sources_give_no_outputs() -> None:
    assert greedy_batch(tiny_model(), []) == []


def test_a_model_in_training_mode_is_refused() -> None:
    model = tiny_model().train()
    with pytest.raises(RuntimeError, match="training mode"):
        greedy_ids(model, [5])
    with pytest.raises(RuntimeError, match="training mode"):
        next(greedy(model, [5]))


class Copier(Transformer):
    """A model by hand: row t writes the t-th source word, then EOS."""

    def encode(self, src: torch.Tensor, tap: Tap = OFF) -> tuple[torch.Tensor, None]:
        return src, None

    def decode(
        self, tgt_in: torch.Tensor, memory: torch.Tensor, src_mask: torch.Tensor | None, tap: Tap = OFF
    ) -> torch.Tensor:
        words = torch.nn.functional.pad(memory, (0, tgt_in.size(1)))[:, : tgt_in.size(1)]
        words = words.masked_fill(words == PAD, EOS)
        return torch.nn.functional.one_hot(words, len(WORDS)).float()


def test_exact_match_is_the_share_of_equal_outputs() -> None:
    vocabulary = WordVocabulary(WORDS)
    model = Copier(models.tiny_config(src_vocab_size=len(WORDS), tgt_vocab_size=len(WORDS))).eval()
    right = [Pair("a", "a"), Pair("b a h", "b a h"), Pair("c c c c c c", "c c c c c c")]
    wrong = [Pair("a b", "a"), Pair("a", "a b"), Pair("a b", "b a"), Pair("a b", "a c"), Pair("c", "")]
    assert exact_match(model, right, vocabulary, vocabulary) == 1.0
    assert exact_match(model, wrong, vocabulary, vocabulary) == 0.0
    assert exact_match(model, right + wrong, vocabulary, vocabulary) == 3 / 8


def test_an_output_without_eos_is_wrong_even_if_every_word_is_right() -> None:
    vocabulary, model = WordVocabulary(WORDS), tiny_model()
    with torch.no_grad():
        model.generator.weight.zero_()
        model.generator.bias.copy_(torch.arange(len(WORDS)).float())  # writes "h" for ever
    endless = Pair("a b", " ".join("h" * 12))
    assert greedy_ids(model, vocabulary.encode("a b").ids) == vocabulary.encode(endless.tgt).ids
    assert exact_match(model, [endless], vocabulary, vocabulary) == 0.0
    assert exact_match(model, [Pair("a b", "h h h")], vocabulary, vocabulary) == 0.0


def test_exact_match_needs_examples() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        exact_match(tiny_model(), [], WordVocabulary(WORDS), WordVocabulary(WORDS))
