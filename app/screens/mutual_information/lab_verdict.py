"""What the estimators of the lab say, how far that is from the truth, and why."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from app.parts.numbers import listed
from app.parts.style import three_digits
from mmmie.analysis.bounds.lab_tasks import LabSettings
from mmmie.mi.catalogue import CATALOGUE, Facts
from mmmie.mi.thresholds import AT_CEILING, SURE

_NO_STEPS = [facts.title for facts in CATALOGUE.values() if facts.learns == "nothing"]
LAB_EXPLAINED = f"""
Pairs (x, y) are drawn from a task whose mutual information is known, the **truth** (orange steps).
Every estimator learns from a fresh batch at every step, and says what it finds on that batch
*before* it learns from it, so nothing is overfitted.

- **Dots** are single batches, the **thick line** is their running mean over a tenth of a level:
  solid for a lower bound, dashed for an upper bound, dotted for neither.
- The **thin line** of the same hue is what the estimator says when it has nothing left to learn.
  From there to the truth is its own bias at this batch size, which no training removes; from the
  thick line to it is what learning is still missing.
- The **ceiling** is the most that a batch can say, however large the truth.

Values outside the picture are written at its edge. On the next level the networks keep what they
have learned, as in the staircase of Poole et al. 2019. {listed(_NO_STEPS)} take no steps:
they are fitted anew ten times per level, to growing samples.

**Ranks** replaces every value by the normal quantile of its rank, which undoes any monotone
transform of a column and leaves the truth as it is. A single batch has too few values for ranks, so
they are read off the first 4,000 pairs of a level.
"""

_NEAR_TRUTH, _NEAR_OPTIMUM = 0.05, 0.05
_NOISY = 0.15
_LONG = 10  # steps


def lab_title(table: pd.DataFrame, truths: list[float]) -> str:
    """What the estimators say on the last level that was begun."""
    if table.empty:
        return "The estimators are about to start"
    level = int(table["level"].max())
    rows = table[table["level"] == level].to_dict("records")
    titles = [CATALOGUE[row["estimator"]].title for row in rows]
    titles[0] = f"{titles[0]} says"
    values = [three_digits(row["value"]) for row in rows]
    said = [" ".join(pair) for pair in zip(titles, values, strict=True)]
    unit = "nat" if truths[level] == 1 else "nats"
    return f"Where the truth is {three_digits(truths[level])} {unit}, {listed(said)}"


def lab_sentences(table: pd.DataFrame, settings: LabSettings) -> dict[str, str]:
    """For every estimator what it says on its last level and why, in Markdown.

    Args:
        table: from `mmmie.analysis.bounds.estimator_lab.levels_table`.
    """
    found = {}
    for name in settings.estimators:
        rows = table[table["estimator"] == name]
        if len(rows):
            found[name] = _sentence(rows.iloc[-1].to_dict(), settings)
    return found


def lab_levels(table: pd.DataFrame, settings: LabSettings) -> pd.DataFrame:
    """One row per estimator and one column per level: the value, and its optimum in brackets."""
    rows = []
    for name in settings.estimators:
        cells = {"estimator": CATALOGUE[name].title}
        own = table[table["estimator"] == name].set_index("level")
        for level, truth in enumerate(settings.nats):
            cells[f"truth {three_digits(truth)}"] = _cell(own, level)
        rows.append(cells)
    return pd.DataFrame(rows)


def _cell(own: pd.DataFrame, level: int) -> str:
    if level not in own.index:
        return "–"
    value, optimum = own.at[level, "value"], own.at[level, "optimum"]
    best = "" if math.isnan(optimum) else f" ({three_digits(optimum)})"
    return f"{three_digits(value)}{best}"


def _sentence(row: dict[str, Any], settings: LabSettings) -> str:
    name, value, truth = row["estimator"], row["value"], row["truth"]
    words = CATALOGUE[name]
    gap = value - truth
    noise = SURE * row["error"] if row["points"] > 1 else 0.0
    if abs(gap) <= max(noise, _NEAR_TRUTH * truth):
        said = f"**{words.title}** says {three_digits(value)} nats, as good as the truth."
    else:
        side = "more" if gap > 0 else "less"
        said = f"**{words.title}** says {three_digits(value)} nats, {three_digits(abs(gap))} {side}"
        said += f" than the truth of {three_digits(truth)}."
    parts = [
        said,
        _learning(row, noise),
        _reason(row, settings, gap, noise),
        _was_below(row, gap),
        _scatter(row),
    ]
    return " ".join(part for part in parts if part)


def _learning(row: dict[str, Any], noise: float) -> str:
    """How far it is from what it would say with nothing left to learn."""
    optimum, value = row["optimum"], row["value"]
    if math.isnan(optimum):
        return ""
    missing = optimum - value
    tolerated = max(noise, _NEAR_OPTIMUM * max(abs(optimum), 1.0))
    if abs(missing) <= tolerated:
        if abs(optimum - row["truth"]) <= _NEAR_TRUTH * row["truth"]:
            return ""
        best = three_digits(optimum)
        return f"That is all it can say here: with nothing left to learn it is {best}."
    return (
        f"With nothing left to learn it would say {three_digits(optimum)}, "
        f"so learning still misses {three_digits(abs(missing))}."
    )


def _reason(row: dict[str, Any], settings: LabSettings, gap: float, noise: float) -> str:
    """Why it is off the truth."""
    facts, optimum, truth = CATALOGUE[row["estimator"]], row["optimum"], row["truth"]
    off = abs(gap) > max(noise, _NEAR_TRUTH * truth)
    if row["value"] > AT_CEILING * row["ceiling"]:
        return (
            f"In a batch of {settings.batch_size} there is one partner to pick out of "
            f"{settings.batch_size}, so it stops at ln {settings.batch_size} = "
            f"{three_digits(row['ceiling'])}."
        )
    if facts.most_dimensions is not None:
        dims = sum(settings.tasks()[0].sample(1, 0)[side].shape[1] for side in (0, 1))
        if dims > facts.most_dimensions and off:
            return f"In {dims} dimensions the nearest neighbours are too far away to tell much."
        return ""
    if facts.bound == "upper" and off and gap < 0:
        return (
            "It lies below the truth, which an upper bound cannot: it is no bound until its "
            "q(y | x) fits."
        )
    if not math.isnan(optimum):
        biased = abs(optimum - truth) > _NEAR_TRUTH * truth
        return facts.bias if biased else ""
    return _not_gaussian(facts, settings) if off else ""


def _was_below(row: dict[str, Any], gap: float) -> str:
    """How long an upper bound was none."""
    if CATALOGUE[row["estimator"]].bound != "upper" or gap < 0 or row["below"] < _LONG:
        return ""
    return (
        f"For the first {row['below']} steps of this level it lay below the truth and was no "
        f"bound, since q did not fit yet."
    )


def _not_gaussian(facts: Facts, settings: LabSettings) -> str:
    """Why its form is wrong for this task, for those that take something to be Gaussian."""
    if facts.learns == "critic":
        return ""
    why = "it takes x and y to be jointly Gaussian, which they are not"
    if facts.learns == "conditional":
        why = "its q(y | x) is a Gaussian, which y given x is not"
    fix = ""
    if settings.shape().bent == "columns" and settings.transform == "none":
        fix = "; ranks would fix the form"
    if facts.bias:
        return f"{facts.bias} And {why}{fix}."
    return f"The reason is its form: {why}{fix}."


def _scatter(row: dict[str, Any]) -> str:
    spread = row["spread"]
    if math.isnan(spread) or spread <= _NOISY * max(abs(row["value"]), row["truth"], 1.0):
        return ""
    said = f"Single batches scatter by ± {three_digits(spread)}"
    if CATALOGUE[row["estimator"]].exponential:
        return (
            f"{said}, down to {three_digits(row['lowest'])}: it takes the mean of exponentials of "
            f"scores, where a few pairs outweigh all others."
        )
    return f"{said}."
