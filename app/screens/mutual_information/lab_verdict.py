"""What the estimators of the lab say, how far that is from the truth, and why."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from app.parts.numbers import listed
from app.parts.style import three_digits
from app.screens.mutual_information.estimator_words import ESTIMATOR_WORDS
from mmmie.analysis.bounds.lab_settings import LabSettings

LAB_EXPLAINED = """
Pairs (x, y) are drawn from a task whose mutual information is known, the **truth** (orange steps).
Every estimator learns from a fresh batch at every step, and says what it finds on that batch
*before* it learns from it, so nothing is overfitted.

- **Dots** are single batches, the **thick line** is their running mean over a tenth of a level:
  solid for a lower bound, dashed for an upper bound, dotted for neither.
- The **thin line** of the same hue is what the estimator says when it has nothing left to learn.
  From there to the truth is its own bias at this batch size, which no training removes; from the
  thick line to it is what learning is still missing.
- The **ceiling** is the most that a batch can say, however large the truth.

What leaves the picture is written at its edge. On the next level the networks keep what they have
learned, as in the staircase of Poole et al. 2019. KSG and CCA take no steps: they are fitted anew
ten times a level, to growing samples.

**Ranks** replaces every value by the normal quantile of its rank, which undoes any monotone
transform of a column and leaves the truth as it is. A single batch has too few values for ranks, so
they are read off the first 4,000 pairs of a level.
"""

_NEAR_TRUTH, _NEAR_OPTIMUM, _NEAR_CEILING = 0.05, 0.05, 0.9
_SURE = 2  # standard errors
_NOISY = 0.15
_FEW_DIMENSIONS = 6
_LONG = 10  # steps

_BIASED = {
    "club": "It compares joint pairs with shuffled ones, where ln q(y | x) is on average below "
    "ln p(y): an upper bound even when q is exact, and a loose one.",
    "vclub-s": "It compares joint pairs with shuffled ones, where ln q(y | x) is on average below "
    "ln p(y): an upper bound even when q is exact, and a loose one.",
    "l1out": "It makes p(y) up from the conditionals of the rest of the batch, which are too few "
    "for so much information.",
    "smile": "Its normaliser is clipped at ± 5 nats, so it is too small, and the value too large, "
    "where scores go further.",
}
_GAUSSIAN = {
    "cca": "it takes x and y to be jointly Gaussian, which they are not",
    "club": "its q(y | x) is a Gaussian, which y given x is not",
}


def lab_title(table: pd.DataFrame, truths: list[float]) -> str:
    """What the estimators say on the last level that was begun."""
    if table.empty:
        return "The estimators are about to start"
    level = int(table["level"].max())
    rows = table[table["level"] == level].to_dict("records")
    titles = [ESTIMATOR_WORDS[row["estimator"]].title for row in rows]
    titles[0] = f"{titles[0]} says"
    said = [f"{title} {_number(row['value'])}" for title, row in zip(titles, rows, strict=True)]
    unit = "nat" if truths[level] == 1 else "nats"
    return f"Where the truth is {_number(truths[level])} {unit}, {listed(said)}"


def lab_sentences(table: pd.DataFrame, settings: LabSettings) -> dict[str, str]:
    """For every estimator what it says on its last level and why, in Markdown.

    Args:
        table: from `mmmie.analysis.bounds.estimator_lab.levels_table`.
        settings: of the run.
    """
    found = {}
    for name in settings.estimators:
        rows = table[table["estimator"] == name]
        if len(rows):
            found[name] = _sentence(rows.iloc[-1].to_dict(), settings)
    return found


def lab_levels(table: pd.DataFrame, settings: LabSettings) -> pd.DataFrame:
    """One row an estimator and one column a level: what it came to, and its optimum in brackets."""
    rows = []
    for name in settings.estimators:
        cells = {"estimator": ESTIMATOR_WORDS[name].title}
        own = table[table["estimator"] == name].set_index("level")
        for level, truth in enumerate(settings.nats):
            cells[f"truth {_number(truth)}"] = _cell(own, level)
        rows.append(cells)
    return pd.DataFrame(rows)


def _cell(own: pd.DataFrame, level: int) -> str:
    if level not in own.index:
        return "–"
    value, optimum = own.at[level, "value"], own.at[level, "optimum"]
    return _number(value) if math.isnan(optimum) else f"{_number(value)} ({_number(optimum)})"


def _sentence(row: dict[str, Any], settings: LabSettings) -> str:
    name, value, truth = row["estimator"], row["value"], row["truth"]
    words = ESTIMATOR_WORDS[name]
    gap = value - truth
    noise = _SURE * row["error"] if row["points"] > 1 else 0.0
    if abs(gap) <= max(noise, _NEAR_TRUTH * truth):
        said = f"**{words.title}** says {_number(value)} nats, as good as the truth."
    else:
        side = "more" if gap > 0 else "less"
        said = f"**{words.title}** says {_number(value)} nats, {_number(abs(gap))} {side} than the "
        said += f"truth of {_number(truth)}."
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
        return f"That is all it can say here: with nothing left to learn it is {_number(optimum)}."
    return (
        f"With nothing left to learn it would say {_number(optimum)}, so learning still misses "
        f"{_number(abs(missing))}."
    )


def _reason(row: dict[str, Any], settings: LabSettings, gap: float, noise: float) -> str:
    """Why it is off the truth."""
    name, optimum, truth = row["estimator"], row["optimum"], row["truth"]
    bound = ESTIMATOR_WORDS[name].bound
    off = abs(gap) > max(noise, _NEAR_TRUTH * truth)
    if name == "infonce" and row["value"] > _NEAR_CEILING * row["ceiling"]:
        return (
            f"In a batch of {settings.batch_size} there is one partner to pick out of "
            f"{settings.batch_size}, so it stops at ln {settings.batch_size} = "
            f"{_number(row['ceiling'])}."
        )
    if name == "ksg":
        dims = sum(settings.tasks()[0].sample(1, 0)[side].shape[1] for side in (0, 1))
        if dims > _FEW_DIMENSIONS and off:
            return f"In {dims} dimensions the nearest neighbours are too far away to tell much."
        return ""
    if bound == "upper" and off and gap < 0:
        return (
            "It lies below the truth, which no upper bound may: it is one only once its "
            "q(y | x) fits."
        )
    if not math.isnan(optimum):
        biased = abs(optimum - truth) > _NEAR_TRUTH * truth
        return _BIASED.get(name, "") if biased else ""
    return _not_gaussian(name, settings) if off else ""


def _was_below(row: dict[str, Any], gap: float) -> str:
    """How long an upper bound was none."""
    if ESTIMATOR_WORDS[row["estimator"]].bound != "upper" or gap < 0 or row["below"] < _LONG:
        return ""
    return (
        f"For the first {row['below']} steps of this level it lay below the truth and was no "
        f"bound, since q did not fit yet."
    )


def _not_gaussian(name: str, settings: LabSettings) -> str:
    if name in ("infonce", "smile"):
        return ""
    why = _GAUSSIAN.get(name, _GAUSSIAN["club"])
    mend = ""
    if settings.shape().bent == "columns" and settings.transform == "none":
        mend = "; ranks would mend the form"
    if ESTIMATOR_WORDS[name].bound == "upper" and name in _BIASED:
        return f"{_BIASED[name]} And {why}{mend}."
    return f"The reason is its form: {why}{mend}."


def _scatter(row: dict[str, Any]) -> str:
    spread = row["spread"]
    if math.isnan(spread) or spread <= _NOISY * max(abs(row["value"]), row["truth"], 1.0):
        return ""
    said = f"Single batches scatter by ± {_number(spread)}"
    if row["estimator"] in ("nwj", "js"):
        return (
            f"{said}, down to {_number(row['lowest'])}: it takes the mean of exponentials of "
            f"scores, where a few pairs outweigh all others."
        )
    return f"{said}."


def _number(value: float) -> str:
    return three_digits(value).replace("-", "−")
