"""What several estimators of the same quantity say together, in words and as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from app.parts.numbers import listed
from app.screens.mutual_information.bound_sides import SIDES
from app.screens.mutual_information.recorded_bounds import Unit, number
from mmmie.analysis.bounds.side_by_side import Bracket, Quantity

SIDE_BY_SIDE_EXPLAINED = """
Every row is another estimator of the same mutual information, fitted to three quarters of the
utterances and judged on the rest, with codes that do not move.

- ▶ a **lower bound**: the truth is to its right. ◀ an **upper bound**: the truth is to its left.
  ● **neither**. The bar is ± 2 standard errors over held-out batches; it says nothing about the
  bias.
- A **hollow grey** mark cannot be believed: what the estimator learned does not fit the held-out
  utterances. Point at it for the reason.
- The small upright line is the **ceiling** of the estimator at its batch size.
- **truth (inputs)**, for a generated corpus: what the features of the two modalities
  share. Codes cannot share more.
- The shaded part lies between the largest believable lower bound and the smallest believable upper
  bound, so **the truth is inside**.

Bounds from both sides that are believable bracket the truth. Where a lower bound stands above an
upper one by more than their errors, one of them is broken, and neither should be reported.
"""

_FIT_WORDS = {
    "tells_apart": "tells {:.0%} of pairs apart",
    "log_normaliser": "log-normaliser {:.2f}",
    "effective_pairs": "{:.0f} effective pairs",
    "calibration": "squared residuals {:.2g} × what q claims",
    "spread": "their size varies {:.2g} × a Gaussian's",
    "unexplained": "{:.0%} of them explained by x",
    "clipped": "{:.0%} beyond the clip",
    "distance": "{:.0%} from Gaussian",
    "dimensions": "{:.0f} dimensions",
}


def bracket_title(quantity: Quantity, found: Bracket, unit: Unit) -> str:
    """What all believable estimates say together, as a finding."""
    both = " and ".join(quantity.variables)
    lower, upper = _value(found.lower, unit), _value(found.upper, unit)
    if found.lower is not None and found.upper is not None:
        names = f"{found.lower['title']} shows at least {lower}", f"{found.upper['title']} at most"
        if found.verdict == "contradiction":
            return f"They contradict each other: {names[0]} {unit.name}, {names[1]} {upper}"
        if found.verdict == "equal":
            return f"{both} share about {lower} {unit.name}: the bounds meet within their errors"
        return f"{both} share between {lower} and {upper} {unit.name}"
    if found.lower is not None:
        return f"{both} share at least {lower} {unit.name}; no upper bound can be believed"
    if found.upper is not None:
        return f"{both} share at most {upper} {unit.name}; no lower bound can be believed"
    return f"No estimator can be believed on {quantity.name}"


def bracket_reasons(estimates: pd.DataFrame, found: Bracket, unit: Unit) -> str:
    """Where both ends come from, on what they rest, and what was left out."""
    parts = []
    for end, words in (
        (found.lower, "The largest lower bound"),
        (found.upper, "The smallest upper bound"),
    ):
        if end is None:
            continue
        said = f"{words} is {end['title']}, {_value(end, unit)} ± {_error(end, unit)}"
        parts.append(said if pd.isna(end["assumes"]) else f"{said}, provided that {end['assumes']}")
    if found.near_ceiling and found.lower is not None:
        ceiling = number(found.lower["ceiling"], unit)
        parts.append(f"The lower one is near its ceiling of {ceiling}: the truth may be far more")
    doubtful = estimates.loc[estimates["doubt"].notna(), "title"].tolist()
    if doubtful:
        parts.append(f"Not to be believed here: {listed(doubtful)}")
    return " ".join(f"{part}." for part in parts)


def estimates_table(estimates: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The estimates in words; sentences stay in nats."""
    order = estimates["bound"].map(list(SIDES).index)
    rows = estimates.iloc[order.argsort(kind="stable")].to_dict("records")
    return pd.DataFrame(
        {
            "estimator": [row["title"] for row in rows],
            f"value, {unit.name}": [value_text(row, unit) for row in rows],
            "bound": [row["bound"] for row in rows],
            "ceiling": [number(row["ceiling"], unit) for row in rows],
            "fit": [fit_text(row["fit"]) for row in rows],
            "what may be concluded": [row["sentence"] for row in rows],
        }
    )


def value_text(row: dict[Any, Any], unit: Unit) -> str:
    """``≥ 1.62 ± 0.05``."""
    return f"{SIDES[row['bound']].sign} {number(row['nats'], unit)} ± {_error(row, unit)}"


def fit_text(fit: dict[str, float | None]) -> str:
    """How well the learned part fits, in a few words."""
    known = [
        _FIT_WORDS[key].format(value)
        for key, value in fit.items()
        if key in _FIT_WORDS and value is not None
    ]
    return ", ".join(known) or "–"


def _value(row: dict[Any, Any] | None, unit: Unit) -> str:
    return "" if row is None else number(max(row["nats"], 0.0), unit)


def _error(row: dict[Any, Any], unit: Unit) -> str:
    return f"{row['std'] * unit.per_nat:.2g}"
