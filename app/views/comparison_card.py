"""What two checkpoints say of one utterance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.comparison import FIRST, SECOND
from app.views.names import figure_text
from app.views.style import NEUTRAL, SENTIMENT_SCALE, blank, three_digits
from mmmie.corpus import Label

_STRIP_STEPS = 120
_LETTERS = 24


def both_on_scale(
    label: Label, limits: tuple[float, float], truth: float, predictions: tuple[float, float]
) -> go.Figure:
    """Truth (hollow) and prediction (filled) of the first and of the second, one row each.

    Args:
        label: what is predicted.
        limits: of the scale.
        truth: the label.
        predictions: of the first and the second.
    """
    figure = blank(150, showlegend=False)
    steps = np.linspace(*limits, _STRIP_STEPS)
    figure.add_heatmap(
        x=steps, y=["label"], z=[steps], colorscale=SENTIMENT_SCALE, zmin=limits[0],
        zmax=limits[1], showscale=False, hoverinfo="skip",
    )  # fmt: skip
    rows = zip(("second", "first"), predictions[::-1], (SECOND, FIRST), strict=True)
    for name, value, colour in rows:
        figure.add_scatter(
            x=[truth, value], y=[name, name], mode="lines", hoverinfo="skip",
            line={"color": colour, "width": 2},
        )  # fmt: skip
        figure.add_scatter(
            x=[truth], y=[name], mode="markers",
            hovertemplate=f"truth {three_digits(truth)}<extra></extra>",
            marker={"symbol": "circle-open", "size": 15, "color": NEUTRAL, "line": {"width": 2.5}},
        )  # fmt: skip
        figure.add_scatter(
            x=[value], y=[name], mode="markers",
            hovertemplate=f"{name} {three_digits(value)}<extra></extra>",
            marker={"size": 13, "color": colour},
        )  # fmt: skip
    margin = 0.04 * (limits[1] - limits[0])
    figure.update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 40})
    figure.update_xaxes(
        range=[min(limits[0], *predictions) - margin, max(limits[1], *predictions) + margin],
        title=figure_text(label.name),
        showgrid=False,
    )
    figure.update_yaxes(
        tickvals=["second", "first"], showgrid=False, range=[-0.6, 2.6], type="category"
    )
    return figure


def both_on_classes(
    classes: list[str], probabilities: tuple[np.ndarray, np.ndarray], truth: str
) -> go.Figure:
    """Probability of every class by the first and by the second; the true one is named so.

    Args:
        classes: of the label.
        probabilities: (classes,) of the first and the second.
        truth: the true class.
    """
    figure = blank(86 + 40 * len(classes), barmode="group")
    both = zip(("first", "second"), probabilities, (FIRST, SECOND), strict=True)
    for name, values, colour in both:
        figure.add_bar(
            x=values, y=classes, orientation="h", name=name, marker={"color": colour},
            hovertext=[figure_text(of) for of in classes],
            text=[three_digits(float(p)) for p in values], textposition="outside",
            cliponaxis=False, hovertemplate=f"{name}, %{{hovertext}}: %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(margin={"l": 8, "r": 30, "t": 30, "b": 4}, legend={"traceorder": "normal"})
    figure.update_xaxes(range=[0, 1.12], title="probability", showgrid=False)
    ticks = [figure_text(name, _LETTERS) + " (truth)" * (name == truth) for name in classes]
    figure.update_yaxes(autorange="reversed", tickvals=classes, ticktext=ticks)
    return figure


def card_finding(one: pd.Series, classes: bool) -> str:
    """Which of the two is nearer to the truth.

    Args:
        one: a row of `mmmie.analysis.comparison.disagreements`.
        classes: whether the label is a class.
    """
    if classes:
        right = [which for which in ("first", "second") if one[which] == one["label"]]
        if len(right) == 1:
            return f"Only the {right[0]} is right"
        return "Both are right" if right else "Both are wrong"
    gain = float(one["gain"])
    if abs(gain) < 0.005:
        return "Both are equally far off"
    return f"The {'second' if gain > 0 else 'first'} is nearer by {three_digits(abs(gain))}"
