"""How fast to learn, step by step: section 5.3 of the paper, and two other ways. Shown on the Train page.

A schedule gives the learning rate of a step. All of them rise in a straight line while the optimiser knows little, and
`top` is the highest rate of each, so that one can be exchanged for another. Without a warm-up they begin at the top.
"""

import math
from collections.abc import Callable

Schedule = Callable[[float, int, int, int], float]  # (top, step from 0 on, warm-up steps, all steps) -> learning rate


def cosine(top: float, step: int, warmup: int, steps: int) -> float:
    """Rise, then fall by half a cosine down to 5 % at the end."""
    rise = min(1.0, (step + 1) / max(1, warmup))
    fall = 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * step / steps))
    return top * rise * fall


def paper(top: float, step: int, warmup: int, steps: int) -> float:
    """Rise, then fall with the square root of the step number (equation 3), whatever the number of steps is.

    The paper's own top is (d_model * warmup)^-0.5; here it is `top`: top * min((n / warmup)^-0.5, n / warmup).
    """
    n, warmup = step + 1, max(1, warmup)
    return top * min(math.sqrt(warmup / n), n / warmup)


def constant(top: float, step: int, warmup: int, steps: int) -> float:
    """Rise, then stay."""
    return top * min(1.0, (step + 1) / max(1, warmup))


SCHEDULES: dict[str, Schedule] = {"cosine": cosine, "paper": paper, "constant": constant}
