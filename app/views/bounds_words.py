"""What the bounds say, in words."""

from __future__ import annotations

import math

import pandas as pd

from app.views.bounds import Unit
from app.views.style import three_digits
from mmmie.analysis.mi_history import pair_of
from mmmie.training.config import ObjectiveSettings

PAIRS_EXPLAINED = """
**Mutual information** (MI) is what knowing one thing tells about another: 0 where they are
independent, 1 nat (1.44 bits) for every factor of e by which it narrows the other down.

The objective **maximises** the MI between the invariant codes *z* of every pair. It cannot be
computed, only bounded: InfoNCE lets a critic pick the partner of a code among all others, and how
well it does is a **lower bound**. The truth lies in the shaded region above the line.

- **ceiling**: InfoNCE on n utterances cannot say more than ln n, however large the truth.
- **truth (inputs)**: where the corpus was generated, the MI between the features of the two
  modalities is known. Codes cannot share more than their inputs do.
- **fresh critic** (triangle): the independent check, see below.

A line near the ceiling is a limit of the ruler. A line near zero does not show independence.
"""

MODALITIES_EXPLAINED = """
The objective **minimises** the MI between the input of a modality and its codes, so that they keep
only what the task needs. That is done by an **upper bound**: the truth lies in the shaded region
below the dashed line.

- **z** (filled) and **s** (ring): the invariant and the specific code.
- The bound is trustworthy where the encoder is stochastic, because then the distribution of a code
  given its input is known exactly. Without noise the true value is infinite, and the line is
  dotted: it bounds nothing.
- **I(z; s)** (dotted, grey) is how far the two codes repeat each other. CLUB with a learned
  conditional bounds it on neither side.
- **fresh critic** (triangle): a lower bound from the independent check. With it the truth is
  bracketed.
"""


_NOTHING = 0.05  # nats


def bounds_headline(table: pd.DataFrame, modalities: list[str]) -> str:
    """The title of the page: what the pair that shares most is shown to share."""
    pairs = table[table["family"] == "pair"]
    if len(pairs):
        best = pairs.iloc[int(pairs["nats"].argmax())]
        first, second = pair_of(str(best["name"]), modalities)
        if best["nats"] < _NOTHING:
            return "No pair of modalities is shown to share anything"
        said = f"{first} and {second} are shown to share {three_digits(best['nats'])} nats or more"
        return said[:1].upper() + said[1:]
    upper = table[(table["family"] == "invariant") & (table["bound"] == "upper")]
    if len(upper):
        least = upper.iloc[int(upper["nats"].argmin())]
        return f"z keeps at most {three_digits(least['nats'])} nats of {least['name']}"
    return "What did training do to the bounds?"


def pair_title(table: pd.DataFrame, objective: ObjectiveSettings, unit: Unit) -> str:
    """What the lower bounds say together."""
    pairs = table[table["family"] == "pair"]
    if pairs["nats"].max() < _NOTHING:
        return "The lower bounds stay at zero"
    low, high = (three_digits(v * unit.per_nat) for v in (pairs["nats"].min(), pairs["nats"].max()))
    span = low if low == high else f"{low} to {high}"
    if not objective.maximise.enabled or objective.maximise.weight == 0:
        return f"Without MI maximisation the pairs share at least {span} {unit.name}"
    share = (pairs["nats"] / pairs["truth"]).mean()
    if math.isfinite(share):
        return (
            f"The pairs share at least {span} {unit.name}, {share:.0%} of what their inputs share"
        )
    return f"The pairs share at least {span} {unit.name}"


def modality_title(table: pd.DataFrame, stochastic: bool, unit: Unit) -> str:
    """What the upper bounds say together."""
    if not stochastic:
        return "Without noise in the encoder, nothing bounds what the codes keep"
    z = table[table["family"] == "invariant"]
    s = table[table["family"] == "specific"]
    parts = []
    for code, rows in (("z", z), ("s", s)):
        if len(rows):
            worst = rows.iloc[int(rows["nats"].argmax())]
            most = three_digits(worst["nats"] * unit.per_nat)
            parts.append(f"{code} at most {most} {unit.name}")
    return (
        f"Of its input a modality keeps in {' and in '.join(parts)}"
        if parts
        else "What do the codes keep?"
    )


def conclusions(table: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The table of final values in words; sentences stay in nats."""
    symbols = {"lower": "≥", "upper": "≤", "neither": "≈"}

    def number(value: float) -> str:
        text = three_digits(value * unit.per_nat if math.isfinite(value) else None)
        return text.replace("-", "−")

    columns = {
        "quantity": table["quantity"],
        f"value, {unit.name}": [
            f"{symbols[r['bound']]} {number(r['nats'])}" for r in table.to_dict("records")
        ],
        "bound": table["bound"],
        "estimator": table["estimator"],
        "ceiling": table["ceiling"].map(number),
        "truth (inputs)": table["truth"].map(number),
        "what may be concluded": table["conclusion"],
    }
    if table["truth"].isna().all():
        del columns["truth (inputs)"]
    if table["ceiling"].isna().all():
        del columns["ceiling"]
    return pd.DataFrame(columns)
