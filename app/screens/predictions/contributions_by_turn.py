"""What every modality adds to the predictions of a conversation, turn by turn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts.names import figure_text
from app.parts.style import NEUTRAL, blank, modality_colour, three_digits
from app.utterance.contribution_steps import number

_HEIGHT = 260
_FEWEST = 5  # turns that there is room for: one alone would fill the page


def turns_figure(
    turns: pd.DataFrame, values: np.ndarray, modalities: list[str], primary: str, quantity: str
) -> go.Figure:
    """Bars that add up: above zero what raises a prediction, below what lowers it.

    Args:
        turns: the n utterances of one conversation in order, with `id` and `position`.
        values: (n, M) Shapley values.
    """
    places = turns["position"].to_numpy() + 1
    traces = [
        {
            "type": "bar",
            "x": places,
            "y": values[:, m],
            "name": figure_text(name),
            "marker": {"color": modality_colour(name, modalities)},
            "customdata": turns["id"].to_numpy(),
            "hovertemplate": f"turn %{{x}}: {figure_text(name)} %{{y:+.3g}}<extra></extra>",
        }
        for m, name in enumerate(modalities)
    ]
    figure = blank(_HEIGHT, barmode="relative", bargap=0.35)
    here = places[(turns["id"] == primary).to_numpy()]
    shapes = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": x - 0.5, "x1": x + 0.5,
            "y0": 0, "y1": 1, "fillcolor": "rgba(123, 135, 148, 0.18)", "line": {"width": 0},
            "layer": "below",
        }
        for x in here.tolist()
    ]  # fmt: skip
    layout = figure.layout.to_plotly_json()
    layout["xaxis"] = {**layout["xaxis"], "title": {"text": "turn"}, **_scale(places)}
    layout["yaxis"] = {
        **layout["yaxis"],
        "title": {"text": figure_text(quantity)},
        "zeroline": True,
        "zerolinecolor": NEUTRAL,
    }
    return go.Figure(traces, {**layout, "shapes": shapes})


def turns_finding(
    turns: pd.DataFrame, values: np.ndarray, modalities: list[str], conversation: str
) -> str:
    """Which modality moves the predictions of the conversation most, and where it does so most.

    Example:
        >>> turns = pd.DataFrame({"position": [0, 1]})
        >>> turns_finding(turns, np.array([[0.5, 0.1], [-1.5, 0.2]]), ["text", "audio"], "c1")
        'In conversation c1 text moves predictions most: 1 a turn, −1.5 at turn 2'
    """
    means = np.abs(values).mean(0)
    most = int(means.argmax())
    turn = int(np.abs(values[:, most]).argmax())
    value = number(float(values[turn, most]))
    return (
        f"In conversation {conversation} {modalities[most]} moves predictions most: "
        f"{three_digits(float(means[most]))} a turn, {value} at turn "
        f"{int(turns['position'].iloc[turn]) + 1}"
    )


def _scale(places: np.ndarray) -> dict[str, object]:
    """Whole turns; a few of them do not fill the page."""
    if len(places) >= _FEWEST:
        return {"dtick": _step(len(places))}
    middle = (places[0] + places[-1]) / 2
    ends = [middle - _FEWEST / 2 - 0.1, middle + _FEWEST / 2 + 0.1]
    return {"tickvals": places.tolist(), "range": ends}


def _step(turns: int) -> int:
    return next(step for step in (1, 2, 5, 10, 50, 1000) if turns <= 20 * step)
