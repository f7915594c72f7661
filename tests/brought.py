"""What people bring: small lists of pairs in three languages, and a large one of mixed lengths with all usual dirt."""

from functools import cache
from itertools import accumulate, islice
from random import Random

from transformer.tasks import TASKS

RUSSIAN = {
    "кошка": "cat",
    "собака": "dog",
    "птица": "bird",
    "рыба": "fish",
    "лошадь": "horse",
    "корова": "cow",
    "мышь": "mouse",
}
RUSSIAN_DOES = {"спит": "sleeps", "ест": "eats", "поёт": "sings", "бежит": "runs", "видит дом": "sees a house"}


@cache
def pairs(language: str, n: int = 60) -> tuple[tuple[str, str], ...]:
    """Give n different pairs: zh or fr or ru with English."""
    if language == "ru":
        every = [(f"{a} {b}", f"the {x} {y}") for a, x in RUSSIAN.items() for b, y in RUSSIAN_DOES.items()]
        return tuple(every[:n])
    found: dict[str, str] = {}
    for example in islice(TASKS[language].examples(5, "train"), 20 * n):
        found.setdefault(example.src, example.tgt)
    return tuple(list(found.items())[:n])


def tsv(rows: object, end: str = "\n") -> str:
    """Write rows of cells with tabs between them."""
    return "".join("\t".join(row) + end for row in rows)  # type: ignore[attr-defined]


def large(n: int = 29_000, seed: int = 1) -> bytes:
    """Make a file of n lines like the lists of pairs that people share: most short, some very long, some bad."""
    random = Random(seed)
    syllables = [a + b for a in "bcdfglmnprst" for b in "aeiou"]
    words = ["".join(random.choices(syllables, k=random.randint(1, 4))) for _ in range(9000)]
    hanzi = [chr(0x4E00 + 5 * i) for i in range(3500)]
    often = list(accumulate(1 / (i + 1) for i in range(9000)))  # as in any language: a few words very often
    lines = []
    for i in range(n):
        n_words = min(60, int(random.expovariate(1 / 7)) + 1)
        src = " ".join(random.choices(words, cum_weights=often, k=n_words)).capitalize() + random.choice(".!?")
        tgt = "".join(random.choices(hanzi, cum_weights=often[:3500], k=max(1, int(1.5 * n_words)))) + "。"
        lines.append(f"{src}\t{tgt}\tCC-BY 2.0 #{i}")
        if i % 100 == 0:
            dirt = [
                "",
                "no second column",
                f"{src}\t\tx",
                lines[-1],
                f"{src.upper()}\t别的。\ty",
                "\t".join("abcdef"),
                "?\t！\tz",
            ]
            lines[-1] = random.choice(dirt)
    return ("\ufeff" + "\r\n".join(lines[:n]) + "\r\n").encode()
