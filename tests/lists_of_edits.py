"""Random lists of interventions for the tests: any that a link can hold, and such that fit a model and a sentence."""

import random

from transformer.config import ModelConfig
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
    UniformHead,
    ZeroHead,
    fitting,
)
from transformer.model import Transformer

SENTENCES = ["the cat sat", "我爱你", "a", "été 🙂", "12+34", "<b>bold</b> & %41"]
ANY = ModelConfig(src_vocab_size=9, tgt_vocab_size=9, d_model=64, n_heads=8, n_encoder_layers=6, n_decoder_layers=6)


def random_list(draw: random.Random, at_least: int = 0) -> list[Intervention]:
    """Draw up to five interventions that a link can hold, for no model in particular."""
    return [_one(draw, ANY, 20, 17, SENTENCES) for _ in range(draw.randint(at_least, 5))]


def fitting_list(
    draw: random.Random, model: Transformer, n_src: int, n_tgt: int, texts: list[str], aids: Aids
) -> list[Intervention]:
    """Draw up to eight interventions that fit a model and a sentence."""
    scope = Scope(model, n_src, n_tgt, aids)
    drawn = [_one(draw, model.config, n_src, n_tgt, texts) for _ in range(draw.randint(1, 8))]
    return [one for one, reason in zip(drawn, fitting(drawn, scope), strict=True) if reason is None]


def _one(draw: random.Random, config: ModelConfig, n_src: int, n_tgt: int, texts: list[str]) -> Intervention:
    layers = {"encoder": config.n_encoder_layers, "decoder": config.n_decoder_layers}

    def layer(stack: str) -> str:
        return f"{stack}.{draw.randrange(layers[stack])}"

    block = draw.choice(
        [f"{layer('encoder')}.self_attn", f"{layer('decoder')}.self_attn", f"{layer('decoder')}.cross_attn"]
    )
    kind = block.split(".")
    alike = f"{layer(kind[0])}.{kind[2]}"
    place = draw.choice([block, f"{layer('encoder')}.ffn", f"{layer('decoder')}.ffn"])
    rows = n_src if kind[0] == "encoder" else n_tgt
    cols = n_tgt if block.startswith("decoder") and kind[2] == "self_attn" else n_src
    head, other = draw.randrange(config.n_heads), draw.randrange(config.n_heads)
    row, col = draw.randrange(rows), draw.randrange(cols)
    cells = sorted({draw.randrange(rows * cols) for _ in range(draw.randint(1, 12))})
    return draw.choice(
        [
            ZeroHead(block, head),
            MeanHead(block, head),
            UniformHead(block, head),
            OnlyHead(block, head),
            ScaleHead(block, head, draw.randint(-400, 400) / 100),
            SetWeight(block, head, row, col, draw.randint(0, 1000) / 1000),
            PaintMask(block, draw.choice([None, head]), rows, cols, tuple(cells)),
            FromHead(block, head, alike, other),
            FromSentence(block, head, draw.choice(texts)),
            RemovePositions(draw.choice(["src", "tgt", "both"])),
            RemoveSublayer(place),
            RemoveResidual(place),
        ]
    )
