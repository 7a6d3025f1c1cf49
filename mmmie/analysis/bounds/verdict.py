"""The bounds of a run beside those of a fresh critic, and what both together allow to say."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from mmmie.mi.thresholds import near_ceiling, slack


def check_table(bounds: pd.DataFrame, check: pd.DataFrame) -> pd.DataFrame:
    """One row per estimate of the check, with the bound of the run beside it.

    Args:
        bounds: from `mmmie.analysis.bounds.history.bounds_table`; may be empty. If it has a
            bracket, its upper end is the bound of the run.
        check: from `mmmie.analysis.bounds.fresh_critic.cached_check`.

    Returns:
        `family`, `name`, `in_training` and `bound` (NaN and empty where the run recorded none),
        `fresh`, `std`, `ceiling`, `n` and `verdict`, in nats.
    """
    rows = []
    recorded = {(row["family"], row["name"]): row for row in bounds.to_dict("records")}
    for row in check.to_dict("records"):
        trained = recorded.get((str(row["family"]), str(row["name"])))
        value = math.nan if trained is None else float(trained["nats"])
        bound = "" if trained is None else str(trained["bound"])
        low, high = _bracket(trained)
        if math.isfinite(high):
            value = high
        fresh, std, ceiling = float(row["nats"]), float(row["std"]), float(row["ceiling"])
        said = verdict(value, bound, fresh, std, ceiling, low)
        rows.append(
            (row["family"], row["name"], value, bound, fresh, std, ceiling, int(row["n"]), said)
        )
    columns = ["family", "name", "in_training", "bound", "fresh", "std", "ceiling", "n", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _bracket(trained: dict[Any, Any] | None) -> tuple[float, float]:
    """The ends of the bracket of a row of `bounds`; 0 and NaN where there is none."""
    low, high = ((trained or {}).get(end, math.nan) for end in ("low", "high"))
    return (low, high) if math.isfinite(low) else (0.0, math.nan)


def verdict(
    in_training: float, bound: str, fresh: float, std: float, ceiling: float, low: float = 0.0
) -> str:
    """What a lower bound by a fresh critic says beside the value of the run.

    Args:
        in_training: the value of the run in nats, NaN where there is none.
        std: its standard error.
    """
    within = slack(std)
    if bound == "upper":
        if fresh > in_training + within:
            return "Contradiction: the lower bound exceeds the upper one, so one of them is wrong."
        least = max(fresh, low, 0)
        return f"The truth lies between {least:.2f} and {in_training:.2f} nats."
    if near_ceiling(fresh, ceiling):
        return f"The fresh critic is near its ceiling of {ceiling:.2f}: the truth may be far more."
    if bound != "lower":
        return f"At least {max(fresh, 0):.2f} nats."
    if fresh >= in_training - within:
        return "Confirmed: a critic that had no part in the training finds at least as much."
    return (
        f"The fresh critic finds {in_training - fresh:.2f} nats less; it learns from these "
        f"utterances alone. Both are lower bounds, so the larger one stands."
    )
