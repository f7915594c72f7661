"""What a person sees of a training between two looks at the model: how long its gradients are, how fast it goes.

And at a look: what it says by now, and how sure it is of the pronoun.
"""

import math
import time
from itertools import islice
from typing import Any

import torch

from transformer.decode import greedy_batch
from transformer.model import Transformer
from transformer.tasks import Example
from transformer.training.film import Probe
from transformer.training.loop import Taken
from transformer.training.recipe import Vocabularies
from transformer.vocab import EOS, shifted_right

N_SHOWN = 5  # unseen sentences whose translations are shown on the way
SPARE_WORDS = 1  # that a model may write beyond the longest right answer before it is cut short
OWN_WORDS = 10  # that it may write for a person's own sentence, beyond twice its words
SMALL = 1e-6  # what torch adds to the length of a gradient before it clips it
TIMINGS = ("seconds", "tokens")  # what a line says that differs from one run of the same training to the next


def layers_of(model: Transformer) -> dict[str, list[torch.nn.Parameter]]:
    """Part the numbers that a model learns by layer, in the order of the pass; each parameter once."""
    layers: dict[str, list[torch.nn.Parameter]] = {"embeddings": []}
    for stack in ("encoder", "decoder"):
        layers |= {f"{stack}.{n}": [] for n in range(len(getattr(model, stack)))}
    layers["output"] = []
    last = f"encoder.{len(model.encoder) - 1}"
    for name, parameter in model.named_parameters():
        place = ".".join(name.split(".")[:2])
        if name.split(".")[0] in ("src_embed", "tgt_embed"):
            place = "embeddings"
        elif name.startswith("encoder_norm"):
            place = last
        layers[place if place in layers else "output"].append(parameter)
    return layers


class Pulse:
    """Measure each step as it comes: the gradient layer by layer, and the tokens per second of the steps alone."""

    def __init__(self, model: Transformer, clip: float) -> None:
        self.layers, self.clip = list(layers_of(model).values()), clip
        self.n_tokens, self.seconds = 0, 0.0
        self.since = time.perf_counter()

    def begin(self) -> None:
        """A step begins now."""
        self.since = time.perf_counter()

    def add(self, taken: Taken) -> None:
        """Count a step that has just ended."""
        self.n_tokens += taken.n_tokens
        self.seconds += time.perf_counter() - self.since

    def lengths(self) -> list[float]:
        """Return the length of the gradient of each layer as it stands there; one walk over all, since it is often."""
        squares = iter(torch.stack([torch.linalg.vector_norm(g) for g in self.gradients()]).square().tolist())
        return [math.sqrt(sum(islice(squares, sum(p.grad is not None for p in layer)))) for layer in self.layers]

    def gradients(self) -> list[torch.Tensor]:
        """Return the gradients of all parameters that have one, layer by layer."""
        return [parameter.grad for layer in self.layers for parameter in layer if parameter.grad is not None]

    def facts(self, taken: Taken) -> dict[str, Any]:
        """Return what a line of metrics says, and begin to count anew.

        The gradients that still stand there have been clipped, which made all of them shorter by the same factor.
        """
        shorter = min(1.0, self.clip / (taken.grad_norm + SMALL))
        norms = [_short(length / shorter) for length in self.lengths()]
        speed = round(self.n_tokens / self.seconds) if self.seconds else 0
        self.n_tokens, self.seconds = 0, 0.0
        return {"grad_norm": _short(taken.grad_norm), "grad_norms": norms, "tokens": speed}


def _short(number: float) -> float:
    """Keep four digits: more than a curve can show."""
    return float(f"{number:.4g}")


class Samples:
    """A few unseen sentences and the probes of the film: what the model writes for them by now."""

    def __init__(
        self, shown: list[Example], probes: list[Probe], vocabularies: Vocabularies, own: Example | None
    ) -> None:
        src_vocab, self.tgt_vocab = vocabularies
        self.shown, self.probes, self.own = shown, probes, own
        self.gold = [[*self.tgt_vocab.encode(example.tgt).ids, EOS] for example in shown]
        self.sources = [probes[0].src, *(src_vocab.encode(example.src).ids for example in shown)]
        self.most = max(map(len, [*self.gold, probes[0].tgt or []])) + SPARE_WORDS
        if own is not None:
            self.sources.append(probes[-1].src)
            self.most = max(self.most, 2 * len(probes[-1].src) + OWN_WORDS)

    def look(self, model: Transformer) -> tuple[dict[str, Any], list[int]]:
        """Return what a line of metrics says, and the ids that the model writes for a person's own probe."""
        said = greedy_batch(model.eval(), self.sources, max_len=self.most)
        texts = [self.tgt_vocab.decode(ids) for ids in said]
        outputs = [
            {"src": example.src, "tgt": example.tgt, "said": text, "right": ids == gold}
            for example, text, ids, gold in zip(self.shown, texts[1:], said[1:], self.gold, strict=False)
        ]
        facts: dict[str, Any] = {"probe": texts[0], "outputs": outputs}
        if self.own is not None:
            right = texts[-1] == self.own.tgt if self.own.tgt else None
            outputs.append({"src": self.own.src, "tgt": self.own.tgt, "said": texts[-1], "right": right})
            facts["probe_ids"] = said[-1]
        return facts, said[-1]


class Pronouns:
    """The probes of the film whose answer has a pronoun to choose: how probable each choice is by now."""

    def __init__(self, rows: dict[int, int], probes: list[Probe], vocabularies: Vocabularies) -> None:
        """rows: by number of the probe, the decoder row that writes its pronoun"""
        self.rows = {n: row for n, row in rows.items() if row < len(probes[n].tgt or [])}
        self.probes = probes
        self.words = sorted({(probes[n].tgt or [])[row] for n, row in self.rows.items()})
        self.names = [vocabularies[1].tokens[word] for word in self.words]

    @torch.no_grad()
    def look(self, model: Transformer) -> dict[str, Any]:
        """Return {"pronoun": [{"probe", "right", "p": {word: probability}}]}; nothing where there is no pronoun."""
        found = []
        for n, row in self.rows.items():
            tgt = self.probes[n].tgt or []
            logits = model.eval()(torch.tensor([self.probes[n].src]), torch.tensor([shifted_right(tgt)]))[0, row]
            p = logits.softmax(dim=-1)[self.words].tolist()
            right = self.names[self.words.index(tgt[row])]
            found.append(
                {"probe": n, "right": right, "p": {a: round(b, 4) for a, b in zip(self.names, p, strict=True)}}
            )
        return {"pronoun": found} if found else {}
