"""What the bounds on mutual information did in training, and what may be concluded from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import pandas as pd

from mmmie.training.checkpoint import CheckpointInfo

BoundKind = Literal["lower", "upper", "neither"]

# prefix in the metric history → what it is called here
FAMILIES = {
    "mi/max/": "pair",
    "mi/min/": "invariant",
    "mi/min_specific/": "specific",
    "mi/separation/": "separation",
}
_NEAR_CEILING = 0.8
_NOTHING = 0.05
_NAMES = {"vub": "VUB", "club": "CLUB", "l1out": "L1Out", "infonce": "InfoNCE"}


@dataclass(frozen=True)
class Measured:
    """How the values of one family were obtained.

    Attributes:
        estimator: in words.
        bound: what the values are of the mutual information.
        believable: whether they say anything; not so where a learned conditional was never
            trained.
    """

    estimator: str
    bound: BoundKind
    believable: bool = True


def measured(info: CheckpointInfo, family: str) -> Measured:
    """How a family of `FAMILIES` was measured in the training of a checkpoint."""
    minimise, stochastic = info.config.objective.minimise, info.config.model.stochastic
    if family == "pair":
        return Measured("InfoNCE, cosine critic trained with the model", "lower")
    if family == "separation":
        fitted = minimise.enabled and minimise.separation > 0
        return Measured("CLUB, learned conditional", "neither", fitted)
    name = _NAMES[minimise.estimator]
    if stochastic:
        return Measured(f"{name}, exact conditional of the encoder", "upper")
    return Measured(f"{name}, learned conditional", "neither", minimise.enabled)


def bounds_history(history: list[dict[str, Any]]) -> pd.DataFrame:
    """The bounds of a metric history, one row a value: `epoch`, `family`, `name`, `nats`.

    Entries that are null or missing are left out.
    """
    rows = [
        {"epoch": entry["epoch"], "family": family, "name": key.removeprefix(prefix), "nats": v}
        for entry in history
        for prefix, family in FAMILIES.items()
        for key, v in entry.items()
        if key.startswith(prefix) and isinstance(v, (int, float)) and math.isfinite(v)
    ]
    return pd.DataFrame(rows, columns=["epoch", "family", "name", "nats"])


def ceiling_of(history: list[dict[str, Any]]) -> float | None:
    """The most that the lower bounds could have said, in nats."""
    held = [e["mi/ceiling"] for e in history if isinstance(e.get("mi/ceiling"), (int, float))]
    return float(held[-1]) if held else None


def bounds_at(history: list[dict[str, Any]], epoch: int) -> pd.DataFrame:
    """The rows of `bounds_history` at an epoch, or at the nearest one that was recorded."""
    frame = bounds_history(history)
    if frame.empty:
        return frame
    nearest = min(frame["epoch"].unique(), key=lambda e: abs(e - epoch))
    return frame[frame["epoch"] == nearest].reset_index(drop=True)


def bounds_table(info: CheckpointInfo, history: list[dict[str, Any]]) -> pd.DataFrame:
    """The values at the chosen epoch and what may be concluded from each.

    Returns:
        `family`, `name`, `quantity` (``I(z text; z audio)``), `nats`, `estimator`, `bound`,
        `ceiling` and `truth` in nats (NaN where there is none), `conclusion`: one sentence.
    """
    ceiling, modalities = ceiling_of(history), list(info.modalities)
    rows = []
    for row in bounds_at(history, info.epoch).to_dict("records"):
        family, name, nats = str(row["family"]), str(row["name"]), float(row["nats"])
        how = measured(info, family)
        limit = ceiling if family == "pair" else None
        truth = info.facts.get(f"true_mi/{name}") if family == "pair" else None
        rows.append(
            {
                "family": family,
                "name": name,
                "quantity": quantity(family, name, modalities),
                "nats": nats,
                "estimator": how.estimator,
                "bound": how.bound,
                "ceiling": math.nan if limit is None else limit,
                "truth": math.nan if truth is None else truth,
                "conclusion": conclusion(family, name, nats, how, modalities, limit, truth),
            }
        )
    return pd.DataFrame(
        rows,
        columns=[
            "family",
            "name",
            "quantity",
            "nats",
            "estimator",
            "bound",
            "ceiling",
            "truth",
            "conclusion",
        ],
    )


def pair_of(name: str, modalities: list[str]) -> tuple[str, str]:
    """The two modalities of a pair such as ``text-audio``, whose names may hold hyphens."""
    for pair in combinations(modalities, 2):
        if "-".join(pair) == name:
            return pair
    raise ValueError(f"{name!r} is no pair of {', '.join(modalities)}")


def quantity(family: str, name: str, modalities: list[str]) -> str:
    """The mutual information that a value is about, ``I(z text; z audio)`` say."""
    if family == "pair":
        first, second = pair_of(name, modalities)
        return f"I(z {first}; z {second})"
    if family == "separation":
        return f"I(z {name}; s {name})"
    return f"I(input {name}; {'z' if family == 'invariant' else 's'} {name})"


def conclusion(
    family: str,
    name: str,
    nats: float,
    how: Measured,
    modalities: list[str],
    ceiling: float | None = None,
    truth: float | None = None,
) -> str:
    """One sentence: what the value allows to say, and what not."""
    if not how.believable:
        return "Nothing: its learned conditional was not trained in this run."
    if family == "pair":
        return _about_pair(pair_of(name, modalities), nats, ceiling, truth)
    if family == "separation":
        return (
            f"About {nats:.2g} nats, on neither side of the truth: an upper bound only as far "
            f"as the learned conditional fits."
        )
    code = "z" if family == "invariant" else "s"
    if how.bound == "upper":
        return f"{code} keeps at most {nats:.3g} nats of the {name} input, maybe far fewer."
    return (
        "Little: without noise in the encoder the true value is infinite, and this only says "
        "what a Gaussian can read."
    )


def _about_pair(
    pair: tuple[str, str], nats: float, ceiling: float | None, truth: float | None
) -> str:
    first, second = pair
    if nats < _NOTHING:
        return "No dependence is shown; a lower bound near zero does not show independence."
    said = f"z {first} and z {second} share at least {nats:.3g} nats"
    if truth is not None and nats > truth:
        return f"{said}; the inputs share {truth:.3g}, so the excess is sampling error."
    if truth is not None:
        return f"{said}, so {nats / truth:.0%} or more of the {truth:.3g} that their inputs share."
    if ceiling is not None and nats > _NEAR_CEILING * ceiling:
        return f"{said}, and maybe far more: the ceiling of {ceiling:.3g} is near."
    return f"{said}, maybe more."
