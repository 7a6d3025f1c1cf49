"""How prediction and truth part over the split, and in which parts of it most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure, selected_ids
from app.parts.layout import wide_columns
from app.parts.names import capital, figure_text, plain
from app.parts.numbers import interval_text
from app.parts.style import ERROR_SCALE, FADED, NEUTRAL, SEQUENTIAL_SCALE, blank
from app.screens.predictions.class_table import classes
from app.screens.predictions.reliability import reliability_diagram
from app.screens.predictions.slice_table import slice_table
from app.utterance.conversation import hover_text, label_limits
from mmmie.analysis.errors.prediction_errors import (
    calibration,
    calibration_slope,
    confusion,
    most_confused,
)
from mmmie.analysis.errors.resampling import Interval
from mmmie.corpus import Label
from mmmie.mi.verdict import decide

_KEY = "truth-and-prediction"
_TOLERATED = 0.1


def error_overview(view: state.View) -> None:
    """Draw truth against prediction beside the slices; of classes also each one, and how sure."""
    known = view.corpus.label.classes
    if known is not None:
        left, right = wide_columns([2, 3], key="class-overview", least=360)
        with left:
            _confusion(view, list(known))
        with right:
            classes(view)
    left, right = wide_columns(2, key="error-overview")
    with left:
        if known is None:
            _calibration(view)
        else:
            reliability_diagram(view)
    with right:
        slice_table(view)


def calibration_title(slope: Interval | None) -> str:
    """What the slope of truth on prediction says."""
    if slope is None:
        return "The model predicts the same for every utterance"
    moves = interval_text(slope.value, slope.low, slope.high)
    said = f"the truth moves by {moves} when the prediction moves by 1"
    flat, bold, timid = (
        decide(slope.value, slope.low, slope.high, limit=limit)
        for limit in (0, 1 - _TOLERATED, 1 + _TOLERATED)
    )
    if flat.verdict == "not known":
        return f"How far predictions can be trusted is not known: {said}"
    if not flat.above:
        return f"Predictions are not shown to follow the truth: {said}"
    if bold.below:
        return f"Predictions are too bold: {said}"
    if timid.above:
        return f"Predictions are too timid: {said}"
    if bold.above and timid.below:
        return f"Predictions mean what they say: {said}"
    return f"Predictions follow the truth: {said}"


def confusion_title(mistake: tuple[str, str, float] | None) -> str:
    """The commonest mistake in a sentence."""
    if mistake is None:
        return "Every utterance is predicted right"
    truth, guess, share = mistake
    return f"{capital(plain(truth))} is most often taken for {plain(guess)}: {share:.0%} of it"


def _calibration(view: state.View) -> None:
    label, chosen = view.corpus.label, state.selection()
    frame = view.frame[view.within]
    rows = np.flatnonzero(view.within)  # of view.frame
    looked_at = [*view.selected, view.primary, *([] if view.pinned is None else [view.pinned])]
    rows = rows[thinned(len(rows), np.flatnonzero(np.isin(rows, looked_at)))]
    truth, prediction = frame["label"].to_numpy(float), frame["prediction"].to_numpy(float)
    say.finding(calibration_title(_slope(*view.key, view.slice, view)))
    columns = [c for c in ("id", "conversation", "speaker", "label", "prediction") if c in frame]
    figure(
        calibration_figure(
            view.frame.iloc[rows],
            calibration(truth, prediction),
            label,
            label_limits(label, view.frame["label"].to_numpy(float)),
            Shown(
                _hover(view, rows),
                chosen.ids,
                str(view.frame["id"].iloc[view.primary]),
                chosen.pinned,
            ),
        ),
        key=_KEY,
        caption=f"{view.sample(len(frame))}{thinned_words(len(rows), len(frame))}; bins of equal "
        "size, bars are 95 % of the mean (normal).",
        explanation=(
            "Every dot is an utterance: what the model predicts along, what is true upwards, "
            "darker for a larger error. On the dotted line both are the same. The diamonds are "
            "the **mean truth** of utterances with about the same prediction: where they run "
            "flatter than the dotted line, the model is too bold, where steeper, too timid. "
            "Draw a box or a lasso to choose utterances on every page; the ring is the one that "
            "is looked at, the square the pinned one."
        ),
        data=frame[columns],
        alt="Truth against prediction for every utterance, with the mean truth in bins",
        on_select=_choose,
    )


@st.cache_data(show_spinner=False, max_entries=50)
def _slope(
    fingerprint: str, corpus: str, split: str, part: str, _view: state.View
) -> Interval | None:
    frame = _view.frame[_view.within]
    truth, prediction = frame["label"].to_numpy(float), frame["prediction"].to_numpy(float)
    return calibration_slope(truth, prediction, frame["conversation"].factorize()[0])


def _hover(view: state.View, rows: np.ndarray) -> list[str]:
    """What the dots say; each is put into lines once."""
    held = _known_hover(view.corpus.fingerprint, view.split)
    new = [row for row in rows.tolist() if row not in held]
    held.update(zip(new, hover_text(view.frame.iloc[new]), strict=True))
    return [held[row] for row in rows.tolist()]


@st.cache_resource(show_spinner=False, max_entries=16)
def _known_hover(fingerprint: str, split: str) -> dict[int, str]:
    return {}


def _choose() -> None:
    ids = selected_ids(_KEY)
    if ids:
        state.select(ids)


def _confusion(view: state.View, classes: list[str]) -> None:
    frame = view.frame[view.within]
    counts = confusion(frame["label"], frame["prediction"], classes)
    say.finding(confusion_title(most_confused(counts)))
    figure(
        confusion_figure(counts),
        key="confusion",
        caption=f"{view.sample(len(frame))}.",
        explanation=(
            "A row is a true class, a column what the model says; the diagonal is right. "
            "Numbers are utterances, the shade is their share of the true class."
        ),
        data=counts.rename_axis("truth").reset_index(),
        alt="Confusion matrix of true and predicted classes",
    )


_DARK = 0.6  # of the shade, from which white words stand out more than dark ones
_MOST_IN_A_LINE = 4  # classes, that count and share have room beside each other


@dataclass(frozen=True)
class Shown:
    """What stands out among the dots, and what they say.

    Attributes:
        hover: one text per utterance, escaped.
        selected: ids at full strength; all are if none of them is shown.
        primary: the id with a ring.
        pinned: the id with a square.
    """

    hover: Sequence[str]
    selected: Collection[str] = ()
    primary: str | None = None
    pinned: str | None = None


def calibration_figure(
    frame: pd.DataFrame,
    bins: pd.DataFrame,
    label: Label,
    limits: tuple[float, float],
    shown: Shown,
) -> go.Figure:
    """Truth against prediction, one dot per utterance, with the mean truth in bins over it.

    Args:
        frame: the utterances, with `id`, `label`, `prediction`, `absolute_error`.
        bins: from `mmmie.analysis.errors.prediction_errors.calibration`.
    """
    # Points keep their ink where they are few, and overlap without hiding where they are many.
    opacity = np.full(len(frame), min(0.85, max(0.4, 600 / max(len(frame), 1))))
    selected = frame["id"].isin(shown.selected).to_numpy()
    if selected.any():
        opacity = np.where(selected, 1.0, FADED)
    low, high = limits
    margin = 0.05 * (high - low)
    figure = blank(
        400,
        xaxis={"title": f"predicted {figure_text(label.name)}"},
        yaxis={"title": f"true {figure_text(label.name)}", "range": [low - margin, high + margin]},
    )
    return figure.add_traces(
        [
            {
                "type": "scatter", "x": [low, high], "y": [low, high], "mode": "lines",
                "name": "prediction = truth", "hoverinfo": "skip",
                "line": {"color": NEUTRAL, "width": 1, "dash": "dot"},
            },
            {
                "type": "scattergl", "x": frame["prediction"].to_numpy(),
                "y": frame["label"].to_numpy(), "mode": "markers", "name": "utterance",
                "customdata": frame["id"].to_numpy(str), "hovertext": shown.hover,
                "hovertemplate": "%{hovertext}<br>prediction %{x:.3g}, truth %{y:.3g}"
                "<extra></extra>",
                "marker": {
                    "size": 7, "opacity": opacity, "color": frame["absolute_error"].to_numpy(),
                    "colorscale": ERROR_SCALE, "cmin": 0, "cmax": _largest(frame),
                    "colorbar": {"title": {"text": "error", "side": "right"}, "thickness": 10},
                    "line": {"width": 0.6, "color": NEUTRAL},
                },
                "showlegend": False,
            },
            {
                # As the dots, which are drawn over everything else.
                "type": "scattergl", "x": bins["prediction"].to_numpy(),
                "y": bins["truth"].to_numpy(), "mode": "lines+markers",
                "name": "mean truth in bins", "line": {"width": 2, "color": NEUTRAL},
                "error_y": {
                    "array": 1.96 * bins["truth_error"].fillna(0).to_numpy(), "thickness": 1.2,
                    "width": 3,
                },
                "marker": {
                    "size": 11, "symbol": "diamond", "color": "#111827",
                    "line": {"width": 1.5, "color": "#ffffff"},
                },
                "hovertemplate": "mean truth %{y:.3g}<extra></extra>",
            },
            *_outline(frame, shown.primary, "circle-open"),
            *_outline(frame, shown.pinned, "square-open"),
        ]
    )  # fmt: skip


def _outline(frame: pd.DataFrame, name: str | None, symbol: str) -> list[dict[str, Any]]:
    """A ring or a square, dark inside white, around one utterance, if it is among those shown."""
    one = frame[frame["id"] == name]
    if one.empty:
        return []
    return [
        {
            "type": "scattergl", "x": one["prediction"].tolist(), "y": one["label"].tolist(),
            "mode": "markers", "showlegend": False, "hoverinfo": "skip",
            "marker": {
                "symbol": symbol, "size": 15, "color": colour,
                "line": {"width": width, "color": colour},
            },
        }
        for colour, width in (("#ffffff", 5), ("#111827", 2))
    ]  # fmt: skip


def _largest(frame: pd.DataFrame) -> float:
    """Where the error ramp ends: all but the largest two per cent stay inside."""
    return max(float(frame["absolute_error"].quantile(0.98)), 1e-9)


def confusion_figure(counts: pd.DataFrame) -> go.Figure:
    """A confusion matrix: counts as numbers, shares of the true class as shade.

    Args:
        counts: true classes (rows) by predicted classes (columns).
    """
    totals = np.maximum(counts.sum(axis=1).to_numpy(float), 1)
    shares = counts.to_numpy(float) / totals[:, None]
    classes = [figure_text(str(c)) for c in counts.columns]
    between = "<br>" if len(classes) > _MOST_IN_A_LINE else " "
    annotations = []
    for row, truth in enumerate(classes):
        for column, guess in enumerate(classes):
            share, count = shares[row, column], int(counts.to_numpy()[row, column])
            annotations.append(
                {
                    "x": guess, "y": truth, "text": f"{count}{between}({share:.0%})",
                    "showarrow": False,
                    "font": {"color": "#ffffff" if share > _DARK else "#1f2933"},
                }
            )  # fmt: skip
    figure = blank(
        110 + 56 * len(classes),
        annotations=annotations,
        xaxis={"title": "predicted", "showgrid": False},
        yaxis={"title": "truth", "autorange": "reversed", "showgrid": False},
    )
    return figure.add_heatmap(
        x=classes, y=classes, z=shares, zmin=0, zmax=1, colorscale=SEQUENTIAL_SCALE,
        xgap=2, ygap=2, hovertemplate="%{y} predicted as %{x}: %{z:.0%}<extra></extra>",
        showscale=False,
    )  # fmt: skip


_MOST_DRAWN = 6000  # a browser selects among so many at once


def thinned(count: int, always: Sequence[int] | np.ndarray) -> np.ndarray:
    """Which of `count` utterances are drawn: all, or a fixed sample and those in `always`."""
    if count <= _MOST_DRAWN:
        return np.arange(count)
    sample = np.random.default_rng(0).permutation(count)[:_MOST_DRAWN]
    return np.unique(np.concatenate([sample, np.asarray(always, int)]))


def thinned_words(drawn: int, count: int) -> str:
    """What a caption says of it, after the number of utterances; empty where all are drawn.

    Example:
        >>> thinned_words(6000, 30_000), thinned_words(200, 200)
        (', of which 6,000 are drawn, a fixed random sample', '')
    """
    return f", of which {drawn:,} are drawn, a fixed random sample" if drawn < count else ""
