"""How good the model stays when modalities are missing: every subset, and at random."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure
from app.parts.layout import wide_columns
from app.parts.names import capital, figure_text, plain
from app.parts.numbers import Metric, listed, metric
from app.parts.rows import dots_svg
from app.parts.style import ACCENT, blank, three_digits
from app.parts.waiting import follow, waiting
from mmmie.analysis.ask.robustness import Robustness
from mmmie.analysis.outputs import cache_folder
from mmmie.mi.verdict import decide_all, leader

_QUESTION = "Which modalities does it need?"
_SUBSETS_EXPLAINED = """
Each row is the same model with only these modalities: the others are taken from the utterance
**and** from its neighbours. Nothing is trained anew, so this says what *this* model needs; a model
that was trained without a modality may do better.

The title counts a difference only where its interval, over conversations and on the same
utterances, excludes zero after correction for the number of modalities (Bonferroni).
"""
_RATES_EXPLAINED = """
Each modality of each utterance, neighbours too, is missing with the chance on the axis, but never
the last one that an utterance has. Five draws count together; the band is a 95 % interval over
conversations. On the command line: `mmmie robustness`.
"""


def missing_modalities(view: state.View) -> None:
    """Draw the section; its title is the finding, once there is one."""
    if len(view.checkpoint.info.modalities) < 2:
        say.finding(_QUESTION)
        say.words("This model has one modality; without it there is nothing to predict from.")
        return
    cache = cache_folder(view.checkpoint.info.folder)
    task = Robustness(view.checkpoint, view.corpus, view.split, cache)
    follow(task.work, lambda: _draw(view, task))


def _draw(view: state.View, task: Robustness) -> None:
    lines = task.work.lines()
    subsets = subset_rows(lines)
    shown = metric(lines[0]["metric"]) if lines else None
    said = missing_title(subsets, shown) if shown and not task.work.active else _QUESTION
    say.finding(said)
    if task.work.active or task.work.state in ("failed", "stopped") or not lines:
        came = len(lines) / task.count, f"{len(lines)} of {task.count} figures are there"
        waiting(task.work, _QUESTION, came, task.start, offer="Find out")
    if not lines or shown is None:
        return
    left, right = wide_columns(2, key="missing-modalities")
    with left:
        drawn_figure(
            dots_svg(
                subsets,
                f"{shown.name} ({'higher' if shown.higher_is_better else 'lower'} is better)",
                f"{shown.name} of the model by the modalities that are there.",
                highlight=str(subsets["label"].iloc[0]),
                share=shown.share,
            ),
            key="modality-subsets",
            caption=f"{int(lines[0]['n']):,} utterances of the {plain(view.split)} split; "
            "95 % intervals over conversations.",
            explanation=_SUBSETS_EXPLAINED,
            data=subsets,
        )
    rates = pd.DataFrame([line for line in lines if "rate" in line])
    if len(rates) > 1:
        with right:
            figure(
                rates_figure(rates, lines[0]["metric"], shown),
                key="missing-rates",
                caption="Modalities missing at random, in five draws.",
                explanation=_RATES_EXPLAINED,
                data=rates.drop(columns="change"),
                alt=f"{shown.name} by the chance that a modality is missing",
            )


def subset_rows(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per subset: `label`, `lost`, `value`, `low`, `high`, `change` and its ends."""
    found = [line for line in lines if "subset" in line]
    whole = found[0]["subset"].split("+") if found else []
    return pd.DataFrame(
        [
            {
                "label": figure_text(" + ".join(names := line["subset"].split("+"))),
                "lost": [name for name in whole if name not in names],
                "value": line[line["metric"]],
                "low": line["low"],
                "high": line["high"],
                "change": line["change"]["value"],
                "change_low": line["change"]["low"],
                "change_high": line["change"]["high"],
            }
            for line in found
        ]
    )


def missing_title(subsets: pd.DataFrame, shown: Metric) -> str:
    """Which modality the model misses most when it alone is taken away."""
    one = subsets[subsets["lost"].map(len) == 1]
    sign = -1 if shown.higher_is_better else 1
    ends = [sorted(sign * end for end in row) for row in one[["change_low", "change_high"]].values]
    lows, highs = ([pair[place] for pair in ends] for place in (0, 1))
    costs = sign * one["change"]
    found = decide_all(costs, lows, highs)
    names = [plain(lost[0]) for lost in one["lost"]]
    better = [name for name, by in zip(names, found, strict=True) if by.below]
    worse = [name for name, by in zip(names, found, strict=True) if by.above]
    if found and all(by.verdict == "not known" for by in found):
        return "Which modality it needs is not known: too few conversations"
    if not worse and better:
        return f"The model does better without {listed(better)}"
    if not worse:
        return "No single modality is shown to be missed"
    place = names.index(worse[0]) if len(worse) == 1 else leader(costs, lows, highs)
    if place is None:
        return f"It is worse without any of {listed(worse)}"
    worst, moves = found[place], "falls" if shown.higher_is_better else "rises"
    missed = "missed" if len(worse) == 1 else "missed most"
    ends_said = f"{three_digits(worst.low)} to {three_digits(worst.high)}"
    return capital(
        f"{names[place]} is {missed}: without it {shown.name} {moves} by "
        f"{three_digits(worst.value)} ({ends_said})"
    )


def rates_figure(rates: pd.DataFrame, name: str, shown: Metric) -> go.Figure:
    """The metric over the rate at which modalities are missing, with its band."""
    drawn = blank(
        showlegend=False,
        xaxis={"title": "chance that a modality is missing", "tickformat": ".0%"},
        yaxis={"title": shown.name, "tickformat": ".0%" if shown.share else ""},
    )
    band = {"x": rates["rate"], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    drawn.add_scatter(**band, y=rates["low"])
    drawn.add_scatter(**band, y=rates["high"], fill="tonexty", fillcolor="rgba(213, 94, 0, 0.15)")
    drawn.add_scatter(
        x=rates["rate"],
        y=rates[name],
        mode="lines+markers",
        line={"color": ACCENT, "width": 2},
        hovertemplate="missing with %{x:.0%}: %{y:.3g}<extra></extra>",
    )
    return drawn
