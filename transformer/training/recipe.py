"""Everything that can be chosen about a training, with the values that the French run was made with."""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from transformer.config import ModelConfig
from transformer.tasks import TASKS
from transformer.training.schedules import SCHEDULES
from transformer.vocab import Vocabulary

Vocabularies = tuple[Vocabulary, Vocabulary]  # source, target
OWN = "own"  # the task of a person's own sentence pairs, which lie beside the run (corpus)
TOKENIZERS = ("task", "char", "word", "bpe", "unigram")  # how to cut a text; "task": as the task itself does
COUNTS = ("steps", "batch", "pool", "tried")
MOST_STEPS = 1_000_000  # the metrics of more would not fit into a run
LONGEST_PROBE = 500  # characters
HALF = re.compile("[\ud800-\udfff]")  # of a pair that stands for one character; no file can hold it
YOUNGER = ("draw", "residual", "layer_norm", "causal", "probe")  # the first runs say nothing about them


@dataclass(frozen=True)
class Recipe:
    """Say everything about a training but the data: what to build, how long and how fast to learn.

    A value that cannot work raises ValueError saying which and why; `config` does so for the model.
    """

    task: str = "fr"
    seed: int = 2
    steps: int = 1200
    target: float = 0.0  # stop as soon as this share of unseen examples is exact; 0 means never
    batch: int = 64  # sentences
    pool: int = 20_000  # different training sentences, used again and again; fewer if steps * batch is less
    draw: int = 0  # sentences drawn at a time, so that the first step need not wait for the whole pool; 0: all at once
    pronouns_from: float = 0.4  # share of the steps before sentences with a pronoun join in
    learning_rate: float = 3e-3  # the highest, at the end of the warm-up
    schedule: str = "cosine"  # how the learning rate falls
    warmup: int = 60  # steps in which the learning rate rises; 0: it begins at its highest
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of the gradient
    label_smoothing: float = 0.0  # share of the probability that is spread over all words (section 5.4)
    vocabulary: str = "task"  # how to cut texts into tokens
    vocabulary_size: int = 120  # tokens of a bpe or unigram vocabulary; of own pairs at most, 0: the usual number
    d_model: int = 64
    heads: int = 4
    encoder_layers: int = 2
    decoder_layers: int = 2
    d_ff: int = 128
    dropout: float = 0.1
    norm_first: bool = False
    position: str = "sinusoidal"
    score: str = "scaled_dot"
    activation: str = "relu"
    tie_embeddings: bool = False
    residual: bool = True
    layer_norm: bool = True
    causal: bool = True
    max_len: int = 64
    probe: str = ""  # a person's own sentence, which the film follows too
    tried: int = 1  # how many trainings this one was chosen from: the page says so

    def __post_init__(self) -> None:
        for name, known in (("task", (*TASKS, OWN)), ("schedule", SCHEDULES), ("vocabulary", TOKENIZERS)):
            if getattr(self, name) not in known:
                raise ValueError(f"there is no {name} {getattr(self, name)!r}; choose one of {', '.join(known)}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must lie in 0..2^63 - 1, got {self.seed}")
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("warmup", "draw", "vocabulary_size"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.draw and self.pronouns_from:
            raise ValueError(
                "draw must be 0 where pronouns_from is above 0: sentences without a pronoun come first then"
            )
        if len(self.probe) > LONGEST_PROBE:
            raise ValueError(f"probe must have at most {LONGEST_PROBE} characters, got {len(self.probe)}")
        if HALF.search(self.probe):
            raise ValueError("probe must be a text, but it holds half of a character")
        if self.steps > MOST_STEPS:
            raise ValueError(f"steps must be at most {MOST_STEPS:,}, got {self.steps:,}")
        for name in ("pronouns_from", "weight_decay", "label_smoothing"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} must lie in [0, 1), got {getattr(self, name)}")
        if not 0.0 <= self.target <= 1.0:
            raise ValueError(f"target must lie in [0, 1], got {self.target}")
        if not 0.0 < self.learning_rate < 1.0:
            raise ValueError(f"learning_rate must lie between 0 and 1, got {self.learning_rate}")
        if not 0.0 < self.clip < math.inf:
            raise ValueError(f"clip must be above 0 and finite, got {self.clip}")

    def config(self, vocabularies: Vocabularies) -> ModelConfig:
        """Return the model to build; ValueError says which number cannot work."""
        src_vocab, tgt_vocab = vocabularies
        config = ModelConfig(
            src_vocab_size=len(src_vocab),
            tgt_vocab_size=len(tgt_vocab),
            d_model=self.d_model,
            n_heads=self.heads,
            n_encoder_layers=self.encoder_layers,
            n_decoder_layers=self.decoder_layers,
            d_ff=self.d_ff,
            dropout=self.dropout,
            norm_first=self.norm_first,
            position=self.position,
            score=self.score,
            activation=self.activation,
            tie_embeddings=self.tie_embeddings,
            residual=self.residual,
            layer_norm=self.layer_norm,
            causal=self.causal,
            max_len=self.max_len,
        )
        if self.tie_embeddings and src_vocab.tokens != tgt_vocab.tokens:
            raise ValueError("tie_embeddings needs one vocabulary for both sides, but they hold different tokens")
        return config

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of a step from 0 on."""
        return SCHEDULES[self.schedule](self.learning_rate, step, self.warmup, self.steps)

    @property
    def n_pool(self) -> int:
        """Count the training examples that are drawn: no more than the steps can use."""
        return min(self.pool, self.steps * self.batch)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a recipe from the "training" of a run, which may hold more; ValueError for what is missing or wrong.

        What an older run could not yet say has its default.
        """
        found = {}
        for field in dataclasses.fields(cls):
            if field.name not in values and field.name in YOUNGER:
                continue
            if field.name not in values:
                raise ValueError(f"the recipe says nothing about {field.name}")
            value, kind = values[field.name], type(field.default)
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise ValueError(f"{field.name} must be {kind.__name__}, got {value!r}")
            found[field.name] = value
        return cls(**found)
