"""What changes to an utterance do to predictions: where they were, where they are now."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.contributions import sign_colours
from app.views.contributions_words import number, signed
from app.views.names import beginning
from app.views.style import FUSED, NEUTRAL, SENTIMENT_SCALE, blank, modality_colour

_ROW_PIXELS = 34
_STRIP_STEPS = 120
_LETTERS = 34
_DODGE = 0.07  # standard deviations


def moves_figure(
    names: Sequence[str],
    before: Sequence[float],
    now: Sequence[float],
    limits: tuple[float, float],
    x_title: str,
    *,
    truth: float | None = None,
    classes: bool = False,
) -> go.Figure:
    """One row a prediction: a thin tick where it was, a filled dot where it is now.

    Args:
        names: of the rows, from above.
        before: where each was.
        now: where each is; NaN draws the tick alone.
        limits: of the axis; it is widened where a dot lies beyond.
        x_title: what the axis is, with its unit.
        truth: a hollow dot in the first row.
        classes: whether it is the probability of a class, which has no colour of sentiment.
    """
    rows, span = len(names), limits[1] - limits[0]
    old, new = np.array(before, float), np.array(now, float)
    places = np.arange(rows)
    figure = blank(62 + _ROW_PIXELS * (rows + (not classes)), showlegend=False)
    if not classes:  # the scale that the card shows, so that colours explain themselves
        steps = np.linspace(*limits, _STRIP_STEPS)
        figure.add_heatmap(
            x=steps, y=[rows - 0.35, rows], z=[steps], colorscale=SENTIMENT_SCALE,
            zmin=limits[0], zmax=limits[1], showscale=False, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=[x for a, b in zip(old, new, strict=True) for x in (a, b, None)],
        y=np.repeat(places, 3),
        mode="lines", hoverinfo="skip", line={"color": NEUTRAL, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=old, y=places, mode="markers", name="before",
        hovertemplate="before %{x:.3g}<extra></extra>",
        marker={"symbol": "line-ns", "size": 15, "line": {"color": NEUTRAL, "width": 2.5}},
    )  # fmt: skip
    if truth is not None:
        figure.add_scatter(
            x=[truth], y=[0], mode="markers", name="truth",
            hovertemplate="truth %{x:.3g}<extra></extra>",
            marker={"symbol": "circle-open", "size": 17, "color": NEUTRAL, "line": {"width": 2.5}},
        )  # fmt: skip
    rightwards = ~(new < old)
    if truth is not None:  # the number stands on the side where the truth does not
        rightwards[0] = truth < new[0]
    colours = (
        {"color": FUSED}
        if classes
        else {"color": new, "colorscale": SENTIMENT_SCALE, "cmin": limits[0], "cmax": limits[1]}
    )
    figure.add_scatter(
        x=new, y=places, mode="markers+text", name="now",
        text=["" if np.isnan(x) else f"  {number(float(x))}" for x in new],
        textposition=["middle right" if right else "middle left" for right in rightwards],
        hovertemplate="now %{x:.3g}<extra></extra>", cliponaxis=False,
        marker={"size": 14, "line": {"width": 1.5, "color": NEUTRAL}, **colours},
    )  # fmt: skip
    shown = [x for x in (*old, *new, *limits) if np.isfinite(x)]
    figure.update_xaxes(
        range=[min(shown) - 0.12 * span, max(shown) + 0.12 * span], title=escape(x_title), nticks=7
    )
    figure.update_yaxes(
        tickvals=places, ticktext=[_short(name) for name in names], showgrid=False,
        range=[rows - 0.4 + (0 if classes else 0.5), -0.6],
    )  # fmt: skip
    figure.update_layout(margin={"t": 4, "b": 44})
    return figure


def noise_figure(effect: pd.DataFrame, modalities: list[str], quantity: str) -> go.Figure:
    """Change of a prediction over the strength of the noise, one line a modality.

    Args:
        effect: from `mmmie.analysis.what_if.noise_effect`.
        modalities: of the model, for their hues.
        quantity: what the prediction is, for the axis.
    """
    figure = blank(300)
    figure.add_hline(0, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    groups = effect.groupby("modality", sort=False)
    for i, (name, part) in enumerate(groups):
        colour = modality_colour(str(name), modalities)
        aside = _DODGE * (i - (len(groups) - 1) / 2)  # draws of two modalities hide no other
        figure.add_scatter(
            x=part["noise"] + aside, y=part["change"], mode="markers", showlegend=False,
            marker={"color": colour, "size": 5, "opacity": 0.45},
            customdata=part[["noise", "seed"]],
            hovertemplate=f"{escape(str(name))}, %{{customdata[0]}} SD, seed %{{customdata[1]}}: "
            "%{y:+.3g}<extra></extra>",
        )  # fmt: skip
        mean = part.groupby("noise")["change"].mean()
        figure.add_scatter(
            x=mean.index, y=mean, mode="lines+markers", name=escape(str(name)),
            line={"color": colour, "width": 2.5}, marker={"color": colour, "size": 8},
            hovertemplate="%{x} SD: %{y:+.3g} on average<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="noise, in standard deviations of each channel", dtick=0.5)
    figure.update_yaxes(title=f"change of {escape(quantity)}")
    return figure


def tries_figure(tries: pd.DataFrame, span: float, quantity: str, classes: bool) -> go.Figure:
    """What every try did, the latest on top.

    Args:
        tries: `name` and `moved`, in the order in which they were made; NaN leaves a row empty.
        span: of the scale of the prediction.
        quantity: what the prediction is, for the axis.
        classes: whether it is the probability of a class.
    """
    shown = tries.iloc[::-1]
    moved = shown["moved"].to_numpy(float)
    lowers, raises = sign_colours(classes)
    places = np.arange(len(shown))
    figure = blank(62 + 28 * max(len(shown), 2), showlegend=False)
    figure.add_bar(
        x=moved, y=places, orientation="h", width=0.6, cliponaxis=False,
        marker={"color": [raises if x > 0 else lowers for x in moved]},
        text=["nothing left" if np.isnan(x) else signed(x, span) for x in moved],
        textposition="outside", hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    reach = max(float(np.nan_to_num(np.abs(moved)).max(initial=0)), 0.05 * span)
    figure.update_xaxes(
        range=[-1.4 * reach, 1.4 * reach], title=f"change of {escape(quantity)}", nticks=5,
        zeroline=True, zerolinecolor=NEUTRAL,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=[_short(name) for name in shown["name"]], showgrid=False,
        range=[len(shown) - 0.4, -0.6],
    )  # fmt: skip
    figure.update_layout(margin={"t": 4, "b": 44})
    return figure


def _short(name: str) -> str:
    return escape(beginning(name, _LETTERS))
