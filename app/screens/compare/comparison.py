"""Two checkpoints on the same utterances: differences, predictions, curves."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import state
from app.parts import page_text as say
from app.parts.colouring import Colouring
from app.parts.figures import figure
from app.parts.maps import Axes, Panel, Places, plane, plane_ticks, utterance_words, value_words
from app.parts.names import figure_text, shortened
from app.parts.numbers import difference_text, metric
from app.parts.rows import Rows
from app.parts.style import ACCENT, NEUTRAL, SEQUENTIAL_SCALE, blank, epoch_ticks
from mmmie.analysis.configurations import configuration_diff
from mmmie.corpus import Label
from mmmie.mi.verdict import ONE_SEED, Decision, decide, decide_all

FIRST, SECOND = NEUTRAL, ACCENT
_PANEL_GAP = 0.07
_LETTERS = 24

Names = tuple[str, str]
"""Of both checkpoints, in the order of the page."""


def difference_svg(table: pd.DataFrame, alt: str, names: Names) -> str:
    """Paired differences with intervals, one row per metric, better to the right.

    Metrics where lower is better are turned round, so that right of the line always means that
    the second checkpoint is better. A dot is hollow where no difference is shown.
    """
    most = np.nanmax(np.abs([_reach(t) for t in table.to_dict("records")]), initial=1e-9)
    drawn = Rows(len(table), (-most, most), alt)
    first, second = (shortened(name, _LETTERS) for name in names)
    drawn.axis(f"← {first} better · difference · {second} better →")
    drawn.line(0)
    for i, (row, found) in enumerate(zip(table.to_dict("records"), _decided(table), strict=True)):
        known = metric(str(row["metric"]))
        sign = 1 if known.higher_is_better else -1
        value, *ends = (sign * float(row[name]) for name in ("difference", "low", "high"))
        low, high = min(ends), max(ends)
        colour = (SECOND if value > 0 else FIRST) if found.clear else NEUTRAL
        said = difference_text(row["difference"], row["low"], row["high"], share=known.share)
        down = drawn.row(i, known.name, "")  # the table below has the numbers, not turned round
        if np.isfinite(ends).all():
            drawn.bar(down, low, high, colour)
        told = f"{known.name}\n{names[1]} minus {names[0]} {said}"
        drawn.dot(down, value, colour, told, hollow=not found.clear)
    return drawn.write()


def _reach(row: Any) -> float:
    """The outermost end of an interval, or the value where there is none."""
    ends = [v for v in (row["difference"], row["low"], row["high"]) if np.isfinite(v)]
    return max(map(abs, ends), default=0.0)


def prediction_places(table: pd.DataFrame, label: Label, names: Names) -> Places:
    """The first prediction across, the second upwards.

    Args:
        table: from `mmmie.analysis.errors.comparison.disagreements`; numbers.
    """
    first, second = (table[name].to_numpy(float) for name in ("first", "second"))
    low, high = label.range or (np.inf, -np.inf)
    low, high = min(low, first.min(), second.min()), max(high, first.max(), second.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    across, up = (f"{label.name}, {shortened(name, _LETTERS)}" for name in names)
    axes = Axes(across, up, plane_ticks(low, high))
    panel = Panel(
        label.name, "on the dotted line both say the same", NEUTRAL, "predictions", axes=axes
    )
    return plane(first, second, panel, low, high)


def prediction_words(table: pd.DataFrame, names: Names) -> bytes:
    """What a dot says when it is pointed at."""
    columns = {"label": "label", "first": names[0], "second": names[1]}
    parts = (f"{name} " + table[key].map(value_words) for key, name in columns.items())
    return utterance_words(table, reduce(lambda before, part: before + ", " + part, parts))


def nearer_colours(table: pd.DataFrame, names: Names) -> Colouring:
    """Which of the two is nearer to the truth."""
    second = table["gain"].to_numpy(float) > 0
    return Colouring(np.where(second, SECOND, FIRST), legend={names[1]: SECOND, names[0]: FIRST})


def class_table(table: pd.DataFrame, classes: list[str], names: Names) -> go.Figure:
    """How often each pair of classes was predicted: first (rows) against second (columns)."""
    counts = pd.crosstab(table["first"], table["second"]).reindex(
        index=classes, columns=classes, fill_value=0
    )
    labels = [figure_text(name) for name in classes]
    first, second = (figure_text(name, _LETTERS) for name in names)
    values = counts.to_numpy(float)
    off = values.copy()
    np.fill_diagonal(off, np.nan)
    figure = blank(height=140 + 56 * len(classes))
    figure.add_heatmap(
        z=off,
        x=labels,
        y=labels,
        text=[[f"{int(v):,}" for v in row] for row in values],
        texttemplate="%{text}",
        colorscale=SEQUENTIAL_SCALE,
        zmin=0,
        showscale=False,
        xgap=3,
        ygap=3,
        hovertemplate=f"{first} says %{{y}}, {second} %{{x}}: %{{text}} utterances<extra></extra>",
    )
    for i, name in enumerate(labels):  # agreement: the number without the colour
        figure.add_annotation(x=name, y=name, text=f"{int(values[i, i]):,}", showarrow=False)
    figure.update_xaxes(title=second, side="bottom", showgrid=False, ticks="")
    figure.update_yaxes(title=first, autorange="reversed", showgrid=False, ticks="")
    return figure


def curves_frame(histories: dict[str, list[dict[str, Any]]], keys: list[str]) -> pd.DataFrame:
    """Metric histories as rows: `checkpoint`, `epoch`, `key`, `value`."""
    rows = [
        {"checkpoint": name, "epoch": entry["epoch"], "key": key, "value": entry[key]}
        for name, history in histories.items()
        for entry in history
        for key in keys
        if isinstance(entry.get(key), (int, float))
    ]
    return pd.DataFrame(rows, columns=["checkpoint", "epoch", "key", "value"])


def curves(frame: pd.DataFrame, chosen: dict[str, int], titles: dict[str, str]) -> go.Figure:
    """Training curves of both, one panel per key; a dot marks the chosen epoch.

    Args:
        frame: from `curves_frame`, the first checkpoint first.
        chosen: checkpoint → its epoch.
        titles: key → title of its panel, with the unit; keys without values are left out.
    """
    keys = [key for key in titles if (frame["key"] == key).any()]
    epochs = frame["epoch"].max() - frame["epoch"].min() if len(frame) else 0
    traces: list[dict[str, Any]] = []
    for name, colour in zip(chosen, (FIRST, SECOND), strict=True):
        for panel, key in enumerate(keys, start=1):
            part = frame[(frame["checkpoint"] == name) & (frame["key"] == key)]
            at = part["epoch"] == chosen[name]
            traces.append(
                {
                    "type": "scatter",
                    "x": part["epoch"],
                    "y": part["value"],
                    "mode": "lines+markers",
                    "line": {"color": colour, "width": 2},
                    "marker": {"size": np.where(at, 11, 0.1), "color": colour},
                    "hovertemplate": f"{figure_text(name)}<br>epoch %{{x}}: %{{y:.3g}}"
                    "<extra></extra>",
                    "name": figure_text(name),
                    "legendgroup": name,
                    "showlegend": panel == 1,
                    "xaxis": f"x{panel}",
                    "yaxis": f"y{panel}",
                }
            )
    figure = blank(280)
    figure.add_traces(traces)
    figure.update_layout(_panels([titles[key] for key in keys], epoch_ticks(int(epochs))))
    return figure


def _panels(titles: list[str], epochs_a_tick: int) -> dict[str, Any]:
    """Axes side by side with a title each, in one go: plotly is slow to change them one by one."""
    width = (1 + _PANEL_GAP) / max(len(titles), 1) - _PANEL_GAP
    layout: dict[str, Any] = {
        "margin": {"l": 8, "r": 8, "t": 60, "b": 8},
        "legend": {"y": 1.15},
        "annotations": [],
    }
    for panel, title in enumerate(titles, start=1):
        left = (panel - 1) * (width + _PANEL_GAP)
        right = min(left + width, 1.0)
        layout[f"xaxis{panel}"] = {
            "domain": [left, right], "anchor": f"y{panel}", "title": "epoch", "showgrid": False,
            "zeroline": False, "automargin": True, "dtick": epochs_a_tick,
        }  # fmt: skip
        layout[f"yaxis{panel}"] = {"anchor": f"x{panel}", "zeroline": False, "automargin": True}
        layout["annotations"].append(
            {
                "text": title, "x": (left + right) / 2, "y": 1, "xref": "paper", "yref": "paper",
                "xanchor": "center", "yanchor": "bottom", "showarrow": False, "font": {"size": 13},
            }
        )  # fmt: skip
    return layout


DIFFERENCES_EXPLAINED = """
One row per metric; right of the line the second checkpoint is better, left of it the first.
Both predict the **same utterances**, so what makes an utterance hard for either cancels, and the
interval is narrower than those of the two metrics alone. Whole conversations are drawn, because
their utterances resemble each other. A filled dot: a difference is shown, corrected for the
number of metrics (Bonferroni).

An interval that leaves zero out says that these two *trained models* differ. Whether the two
*configurations* do needs a few seeds of each.
"""
PREDICTIONS_EXPLAINED = {
    "numbers": "Every dot is an utterance. On the dotted line both say the same; orange dots are "
    "those where the second checkpoint is nearer to the truth, grey where the first is. Click a "
    "dot, or draw a box or a lasso, to choose utterances on every page.",
    "classes": "How many utterances each pair of classes was predicted for. Where both agree "
    "there is no colour; the darker a cell, the more utterances the two see differently.",
}
CURVES_EXPLAINED = """
One line per checkpoint, one panel per quantity. Losses can be compared only where both have the
same terms: a term that one of them lacks is missing from its sum.
"""


def difference_title(differences: pd.DataFrame, primary: str, names: Names) -> str:
    """Which of the two is better by the primary metric, if that is shown."""
    row = differences[differences["metric"] == primary].iloc[0]
    known = metric(primary)
    difference, low, high = (float(row[k]) for k in ("difference", "low", "high"))
    found = decide(difference, low, high, seeds=1)
    if found.verdict == "not known":
        return f"Whether they differ in {known.name} is not known"
    if difference == low == high == 0:
        return f"Both reach the same {known.name}"
    if not found.clear:
        said = difference_text(difference, low, high, share=known.share)
        return f"No clear difference in {known.name}: {said}, {names[1]} minus {names[0]}"
    won = found.above == known.higher_is_better
    winner, other = reversed(names) if won else names
    if found.below:
        difference, low, high = -difference, -high, -low
    said = difference_text(difference, low, high, share=known.share)
    return f"{winner} beats {other} by {said}{' of' * known.share} {known.name}, {found.note}"


def differences_finding(differences: pd.DataFrame, seeds: int) -> str:
    """In how many metrics the two are shown to differ, from so many seeds on each side."""
    sure = sum(found.clear for found in _decided(differences))
    if not sure:
        return f"No clear difference in any of {len(differences)} metrics"
    said = f"They differ clearly in {sure} of {len(differences)} metrics"
    return f"{said}, {ONE_SEED}" if seeds == 1 else said


def _decided(differences: pd.DataFrame) -> list[Decision]:
    """What may be said of every metric, corrected for the number of metrics."""
    return decide_all(*(differences[name] for name in ("difference", "low", "high")))


def values_table(differences: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Both values of every metric and their difference, as text."""
    rows = []
    for row in differences.to_dict("records"):
        known = metric(str(row["metric"]))
        rows.append(
            {
                "metric": known.name,
                names[0]: known.text(row["first"]),
                names[1]: known.text(row["second"]),
                f"{names[1]} minus {names[0]}": difference_text(
                    row["difference"], row["low"], row["high"], share=known.share
                ),
            }
        )
    return pd.DataFrame(rows)


def curve_titles(label: Label) -> dict[str, str]:
    """The keys of the metric history that are compared, with the titles of their panels."""
    if label.classes:
        return {"train/loss": "training loss", "valid/f1_weighted": "F1 weighted on valid"}
    return {
        "train/loss": "training loss",
        "valid/mae": "MAE on valid, label units",
        "valid/corr": "correlation on valid",
    }


def configuration_words(settings: pd.DataFrame, names: Names) -> pd.DataFrame:
    """The configuration diff with values as a person writes them."""
    written = {key: settings[key].map(_value) for key in ("first", "second")}
    return settings.assign(**written).rename(columns={"first": names[0], "second": names[1]})


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(v)}" for key, v in value.items())
    return "–" if value is None else str(value)


def draw_training_curves(view: state.View, other: state.View) -> None:
    """The metric histories of both in the same panels."""
    say.finding("How did they get there?")
    both = {v.choice.name: v.checkpoint for v in (view, other)}
    titles = curve_titles(view.corpus.label)
    lines = curves_frame({name: c.history for name, c in both.items()}, list(titles))
    if lines.empty:
        say.words("Neither checkpoint has a record of its training.")
        return
    figure(
        curves(lines, {name: c.info.epoch for name, c in both.items()}, titles),
        key="compare-curves",
        caption="From the metric history of each run; a dot marks the epoch chosen on valid.",
        explanation=CURVES_EXPLAINED,
        data=lines,
        alt="Training curves of both checkpoints.",
    )


def draw_configurations(view: state.View, other: state.View) -> None:
    """The settings in which they differ."""
    settings = configuration_diff(view.checkpoint.info, other.checkpoint.info)
    if settings.empty:
        say.finding("They are configured the same")
        say.words("What differs is when or on what they were trained.")
        return
    count = len(settings)
    say.finding(f"They differ in {count} setting{'s' * (count != 1)}")
    names = (view.choice.name, other.choice.name)
    say.table(configuration_words(settings, names), border="horizontal", hide_index=True)
