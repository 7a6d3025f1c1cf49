"""Where the labels of a corpus lie, those of utterances with the same words, and one's guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.views.learn_style import large
from app.views.names import figure_text
from app.views.style import ACCENT, FADED, NEUTRAL, SENTIMENT_SCALE, blank, three_digits

_BINS = 40
_STRIP_STEPS = 120
_LINE = 1.0


def labels_figure(
    name: str,
    limits: tuple[float, float],
    everyone: np.ndarray,
    same: np.ndarray,
    guess: float,
    truth: float | None,
) -> go.Figure:
    """Labels on their scale: a faint histogram of all, dots for the same words, guess and truth.

    Args:
        name: of the label.
        limits: of the scale.
        everyone: (n,) labels of the split.
        same: (k,) labels of other utterances with the same words.
        guess: the reader's.
        truth: the label, None while it is hidden.
    """
    figure = blank(300)
    edges = _edges(limits, everyone)
    counts, _ = np.histogram(everyone, edges)
    heights = 2.2 * counts / max(counts.max(), 1)
    widths = np.minimum(np.diff(edges), 0.05 * (limits[1] - limits[0]))
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=heights, base=_LINE, width=widths,
        marker={"color": NEUTRAL, "line": {"width": 0}}, opacity=2 * FADED, name="all of the split",
        customdata=counts, hovertemplate="%{customdata} utterances near %{x:.2g}<extra></extra>",
    )  # fmt: skip
    strip = np.linspace(*limits, _STRIP_STEPS)
    figure.add_heatmap(
        x=strip, y=[0.25], z=[strip], colorscale=SENTIMENT_SCALE, zmin=limits[0], zmax=limits[1],
        showscale=False, hoverinfo="skip",
    )  # fmt: skip
    if len(same):
        figure.add_scatter(
            x=same, y=np.full(len(same), _LINE), mode="markers", name="the same words",
            hovertemplate="the same words, labelled %{x:.3g}<extra></extra>",
            marker={
                "size": 13, "color": same, "colorscale": SENTIMENT_SCALE, "cmin": limits[0],
                "cmax": limits[1], "line": {"width": 1.5, "color": NEUTRAL},
            },
        )  # fmt: skip
    figure.add_scatter(
        x=[guess], y=[1.45], mode="markers", name="your guess",
        hovertemplate=f"your guess {three_digits(guess)}<extra></extra>",
        marker={"symbol": "triangle-down", "size": 20, "color": ACCENT},
    )  # fmt: skip
    if truth is not None:
        figure.add_scatter(
            x=[truth], y=[_LINE], mode="markers", name="label",
            hovertemplate=f"label {three_digits(truth)}<extra></extra>",
            marker={"symbol": "circle-open", "size": 24, "color": ACCENT, "line": {"width": 4}},
        )  # fmt: skip
    margin = 0.03 * (limits[1] - limits[0])
    figure.update_xaxes(
        range=[limits[0] - margin, limits[1] + margin], title=figure_text(name), showgrid=False
    )
    figure.update_yaxes(visible=False, range=[-0.3, 3.4])
    return large(figure)


def _edges(limits: tuple[float, float], everyone: np.ndarray) -> np.ndarray:
    """Where the bars end; those of ratings stand over their whole numbers."""
    places = np.arange(limits[0], limits[1] + 1)
    if len(places) <= _BINS and np.isin(everyone, places).all():
        return np.append(places - 0.5, places[-1] + 0.5)
    return np.linspace(*limits, _BINS + 1)


def class_labels_figure(
    classes: Sequence[str],
    everyone: np.ndarray,
    same: np.ndarray,
    guess: str,
    truth: str | None,
) -> go.Figure:
    """The share of every class: in the split, and among utterances with the same words.

    Args:
        classes: their names.
        everyone: (n,) class indices of the split.
        same: (k,) class indices of other utterances with the same words.
        guess: the class that the reader names.
        truth: the true class, None while it is hidden.
    """
    figure = blank(90 + 46 * len(classes), barmode="group")
    for labels, name, opacity in (
        (everyone, "all of the split", 2 * FADED),
        (same, "the same words", 0.9),
    ):
        if len(labels):
            share = np.bincount(labels, minlength=len(classes)) / len(labels)
            figure.add_bar(
                x=share, y=list(classes), orientation="h", name=name, opacity=opacity,
                marker={"color": NEUTRAL},
                hovertemplate=f"%{{y}}: %{{x:.0%}} of {name}<extra></extra>",
            )  # fmt: skip
    marks = [
        " ".join([figure_text(c), *["← your guess"] * (c == guess), *["← label"] * (c == truth)])
        for c in classes
    ]
    figure.update_xaxes(title="share of the utterances", tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", tickvals=list(classes), ticktext=marks)
    return large(figure)
