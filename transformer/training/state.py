"""Everything that decides how a training goes on, as named tensors: `trainer.safetensors` of a run in training.

The weights lie beside it in `model.safetensors`; both are saved in one move. The order of the batches needs no saving:
it follows from the seed (batches.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from transformer.model import Transformer
from transformer.runs import RunError
from transformer.training.watch import Best, Watch

Kind = tuple[tuple[int, ...], torch.dtype]  # shape and type
ENDS = (
    "",
    "steps",
    "target",
    "stopped",
)  # why a training is over that was saved before it was measured; "": it goes on
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps for each parameter


@dataclass
class Progress:
    """How far a training has come."""

    step: int = 0
    seconds: float = 0.0  # of work, over all the times that it was started
    ended: str = ""  # one of ENDS
    watch: Watch = field(default_factory=Watch)
    best: Best = field(default_factory=Best)


def state_of(model: Transformer, optimiser: torch.optim.Optimizer, progress: Progress) -> dict[str, Tensor]:
    """Return what must be saved for `restore`, after at least one step."""
    watch, best = progress.watch, progress.best
    state = {
        "generator": torch.get_rng_state(),
        "step": torch.tensor(progress.step),
        "ended": torch.tensor(ENDS.index(progress.ended)),
        "seconds": torch.tensor(progress.seconds, dtype=torch.float64),
        "watch.first": torch.tensor(watch.first, dtype=torch.float64),
        "watch.high": torch.tensor(list(watch.high), dtype=torch.bool),
        "best.step": torch.tensor(best.step),
        "best.exact_match": torch.tensor(best.exact_match, dtype=torch.float64),
        "best.loss": torch.tensor(best.loss, dtype=torch.float64),
        **{f"best.weights.{name}": tensor for name, tensor in best.weights.items()},
    }
    for name, parameter in model.named_parameters():
        state |= {f"optimiser.{name}.{moment}": optimiser.state[parameter][moment] for moment in MOMENTS}
    return state


def restore(state: Mapping[str, Tensor], model: Transformer, optimiser: torch.optim.Optimizer) -> Progress:
    """Put optimiser and generator where `state_of` found them; RunError if the state is not one of this model."""
    _check(state, model)
    watch = Watch(float(state["watch.first"]))
    watch.high.extend(state["watch.high"].tolist())
    names = [name for name, _ in model.named_parameters()]
    best = Best(
        int(state["best.step"]),
        float(state["best.exact_match"]),
        float(state["best.loss"]),
        {name: state[f"best.weights.{name}"] for name in names},
    )
    for name, parameter in model.named_parameters():
        optimiser.state[parameter] = {moment: state[f"optimiser.{name}.{moment}"] for moment in MOMENTS}
    try:
        torch.set_rng_state(state["generator"])
    except RuntimeError as error:
        raise RunError("trainer.safetensors holds no state of a random generator") from error
    if not 0 <= (ended := int(state.get("ended", torch.tensor(0)))) < len(ENDS):
        raise RunError(f"trainer.safetensors says that the training ended for reason {ended}, which there is not")
    return Progress(int(state["step"]), float(state["seconds"]), ENDS[ended], watch, best)


def _check(state: Mapping[str, Tensor], model: Transformer) -> None:
    """Compare names, shapes and types with what this model needs; the file has no say in them."""
    real, count = torch.float64, torch.int64
    wanted: dict[str, Kind] = {"step": ((), count), "best.step": ((), count)}
    wanted |= dict.fromkeys(("seconds", "watch.first", "best.exact_match", "best.loss"), ((), real))
    wanted["generator"] = (tuple(torch.get_rng_state().shape), torch.uint8)
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        wanted[f"best.weights.{name}"] = (shape, torch.float32)
        for moment in MOMENTS:
            wanted[f"optimiser.{name}.{moment}"] = (() if moment == "step" else shape, torch.float32)
    if "ended" in state:  # older runs do not say it
        wanted["ended"] = ((), count)
    odd = sorted((wanted.keys() | {"watch.high"}) ^ state.keys())
    odd += [name for name, kind in wanted.items() if name in state and _kind(state[name]) != kind]
    if "watch.high" not in state or state["watch.high"].dim() != 1 or state["watch.high"].dtype != torch.bool:
        odd.append("watch.high")
    if odd:
        raise RunError(f"trainer.safetensors belongs to another model: {odd[0][:80]!r} does not fit")
    for name, tensor in state.items():
        if not bool(tensor.isfinite().all()):
            raise RunError(f"trainer.safetensors holds numbers in {name} that are not finite")


def _kind(tensor: Tensor) -> Kind:
    return tuple(tensor.shape), tensor.dtype
