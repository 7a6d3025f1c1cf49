"""Whether predicted probabilities of classes mean what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.numbers import interval_text
from app.parts.style import ACCENT, NEUTRAL, blank
from mmmie.analysis.errors.calibration import BINS, calibration_interval, reliability
from mmmie.analysis.errors.resampling import Interval, conversation_codes, mean_intervals
from mmmie.analysis.outputs import TRAINED

_HEIGHT = 420
_COUNTS = 0.2  # of the height, what the numbers of utterances get


def reliability_diagram(view: state.View) -> None:
    """Draw how often predictions are right against how sure they are."""
    bins, error, sure, right, gap = _measured(*view.key, view.slice, view)
    said = interval_text(error.value, error.low, error.high)
    say.finding(reliability_title(sure, right, gap, error))
    figure(
        reliability_figure(bins),
        key="reliability",
        caption=f"Calibration error (ECE) {said}, in {BINS} bins of equal width. "
        f"{view.sample(int(bins['n'].sum()))}; 95 % intervals by drawing conversations.",
        explanation=(
            "The confidence of a prediction is the probability of its class. A diamond is a bin "
            "of predictions that are about as sure: its height is the share of them that is "
            "**right**. On the dotted line both are the same; below it the model is too sure. "
            "The bars are the gaps; their mean, weighted by the utterances below, is the "
            "**calibration error**. It is above 0 by chance alone: only where its interval "
            "excludes 0 is the model shown to be miscalibrated. Right or wrong is not changed by "
            "calibration: dividing all scores by one number (temperature scaling) repairs much of "
            "it."
        ),
        data=bins,
        alt="Share of right predictions by confidence, and how many utterances are how sure",
    )


def reliability_title(confidence: float, accuracy: float, gap: Interval, error: Interval) -> str:
    """Whether predictions are as often right as they say.

    Args:
        gap: mean confidence minus accuracy.
        error: the calibration error, which is above 0 where gaps of bins cancel in that mean.
    """
    both = f"{confidence:.0%} confident, {accuracy:.0%} right"
    if gap.decided(looks=2).clear:
        return f"Predictions are {'too sure' if gap.value > 0 else 'not sure enough'}: {both}"
    if error.decided(looks=2).clear:
        return f"Right on average, not at every confidence: {both}"
    return f"No clear difference between confidence and accuracy: {both}"


def reliability_figure(bins: pd.DataFrame) -> go.Figure:
    """The share that is right over the confidence, and below it how many utterances are how sure.

    Args:
        bins: from `mmmie.analysis.errors.calibration.reliability`, with intervals.
    """
    confidence, accuracy = bins["confidence"].to_numpy(), bins["accuracy"].to_numpy()
    low, high = bins["accuracy_low"].to_numpy(), bins["accuracy_high"].to_numpy()
    middle, n = (bins["low"] + bins["high"]).to_numpy() / 2, bins["n"].to_numpy()
    width = (bins["high"] - bins["low"]).to_numpy()
    said = [
        f"confidence {c:.0%}<br>right {interval_text(a, lo, hi, share=True)}<br>{k:,} utterances"
        for c, a, lo, hi, k in zip(confidence, accuracy, low, high, n, strict=True)
    ]
    first = float(bins["low"].min())
    drawn = blank(
        _HEIGHT,
        xaxis={
            "title": "confidence: the probability of the predicted class", "tickformat": ".0%",
            "range": [first - 0.01, 1.01], "anchor": "y2",
        },
        yaxis={
            "title": "share that is right", "tickformat": ".0%", "range": [-0.03, 1.03],
            "domain": [_COUNTS + 0.06, 1],
        },
        yaxis2={
            "title": "utterances", "domain": [0, _COUNTS], "zeroline": False, "automargin": True,
            "nticks": 3,
        },
    )  # fmt: skip
    return drawn.add_traces(
        [
            {
                "type": "bar", "x": confidence, "y": accuracy - confidence, "base": confidence,
                "width": width / 4, "marker": {"color": ACCENT, "opacity": 0.35},
                "name": "gap", "hoverinfo": "skip",
            },
            {
                "type": "scatter", "x": [first, 1], "y": [first, 1], "mode": "lines",
                "name": "confidence = share right", "hoverinfo": "skip",
                "line": {"color": NEUTRAL, "width": 1, "dash": "dot"},
            },
            {
                "type": "scatter", "x": confidence, "y": accuracy, "mode": "lines+markers",
                "name": "share right in bins", "line": {"width": 2, "color": NEUTRAL},
                "error_y": {
                    "array": np.nan_to_num(high - accuracy),
                    "arrayminus": np.nan_to_num(accuracy - low),
                    "symmetric": False, "thickness": 1.2, "width": 3,
                },
                "marker": {
                    "size": 11, "symbol": "diamond", "color": "#111827",
                    "line": {"width": 1.5, "color": "#ffffff"},
                },
                "hovertext": said, "hovertemplate": "%{hovertext}<extra></extra>",
            },
            {
                "type": "bar", "x": middle, "y": n, "width": 0.92 * width, "yaxis": "y2",
                "marker": {"color": NEUTRAL}, "showlegend": False, "hovertext": said,
                "hovertemplate": "%{hovertext}<extra></extra>",
            },
        ]
    )  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=32)
def _measured(
    fingerprint: str, corpus: str, split: str, part: str, _view: state.View
) -> tuple[pd.DataFrame, Interval, float, float, Interval]:
    """The bins, the calibration error, mean confidence and accuracy, and their difference."""
    rows, mask = _view.outputs.rows, _view.within
    output, targets = _view.outputs.output[TRAINED], _view.corpus.targets[rows]
    groups = conversation_codes(_view.corpus, rows)
    confidence, right = output.max(1).astype(float), output.argmax(1) == targets
    [gap] = mean_intervals((confidence - right)[:, None], groups, mask)
    return (
        reliability(output, targets, groups=groups, mask=mask),
        calibration_interval(output, targets, groups, mask),
        float(confidence[mask].mean()),
        float(right[mask].mean()),
        gap,
    )
