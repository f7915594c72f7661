"""What makes a model other than the paper's, for the card in the sidebar and the list of runs."""

from typing import Any


def unusual(model: dict[str, Any]) -> list[str]:
    """List, as string keys, what is not as in the paper: positions, scores, norm, activation, tied embeddings."""
    choices = {
        f"choice.position.{model['position']}": model["position"] != "sinusoidal",
        f"choice.score.{model['score']}": model["score"] != "scaled_dot",
        "choice.norm_first": model["norm_first"] and model.get("layer_norm", True),
        "choice.gelu": model["activation"] == "gelu",
        "choice.tie_embeddings": model["tie_embeddings"],
        **{f"bugs.card.{part}": not model.get(part, True) for part in ("residual", "layer_norm", "causal")},
    }
    return [key for key, chosen in choices.items() if chosen]
