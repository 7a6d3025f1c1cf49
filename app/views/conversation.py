"""One conversation, turn by turn: truth and prediction above, who speaks below."""

from __future__ import annotations

import html
import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.names import text_of
from app.views.style import (
    NEUTRAL,
    SENTIMENT_SCALE,
    blank,
    class_colours,
    three_digits,
)
from mmmie.corpus import Label

_LANE_PIXELS = 20
_MOST_LANES = 12
_HIGHLIGHT = "rgba(123, 135, 148, 0.18)"


def label_limits(label: Label, *values: np.ndarray) -> tuple[float, float]:
    """The limits of every label axis of a corpus: its range, else what the values span.

    Classes are shown by their probability, so theirs are 0 and 1.
    """
    if label.classes is not None:
        return 0.0, 1.0
    if label.range is not None:
        return label.range
    low = min(float(np.min(v)) for v in values)
    high = max(float(np.max(v)) for v in values)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def conversation_figure(
    turns: pd.DataFrame,
    label: Label,
    limits: tuple[float, float],
    primary: str,
    probabilities: np.ndarray | None = None,
) -> go.Figure:
    """The timeline of a conversation; every mark carries its utterance's id as customdata.

    Args:
        turns: the utterances of one conversation in order, with `id`, `position`, `label`,
            `prediction` and, where known, `speaker` and `transcript`.
        label: what is predicted.
        limits: of the sentiment axis and its colours.
        primary: the id to highlight.
        probabilities: (turns, classes), for classes.
    """
    speakers = _speakers(turns)
    classes = list(label.classes or ())
    top = 34 * len(classes) + 20 if classes else 190
    heights = [top, *([70] if classes else []), *([_LANE_PIXELS * len(speakers)] * bool(speakers))]
    figure = make_subplots(
        rows=len(heights), shared_xaxes=True, vertical_spacing=0.06, row_heights=heights,
        figure=blank(sum(heights) + 90 + 14 * len(heights)),
    )  # fmt: skip
    x = turns["position"].to_numpy() + 1
    if classes:
        assert probabilities is not None
        _draw_classes(figure, turns, x, classes, probabilities)
    else:
        _draw_numbers(figure, turns, x, label, limits)
    if speakers:
        _draw_lanes(figure, turns, x, speakers, len(heights))
    at = x[(turns["id"] == primary).to_numpy()]
    if len(at):
        figure.layout.shapes = [
            {
                "type": "rect", "xref": "x", "yref": "paper", "x0": at[0] - 0.5,
                "x1": at[0] + 0.5, "y0": 0, "y1": 1, "fillcolor": _HIGHLIGHT,
                "line": {"width": 0}, "layer": "below",
            }
        ]  # fmt: skip
    figure.update_xaxes(range=[x[0] - 0.6, x[-1] + 0.6], showgrid=False, zeroline=False)
    figure.update_yaxes(zeroline=False, automargin=True)
    figure.update_xaxes(title="turn", dtick=1 if len(x) <= 30 else 5, row=len(heights))
    figure.update_layout(
        uirevision=str(turns["conversation"].iloc[0]), clickmode="event+select", dragmode="pan"
    )
    return figure


def hover_text(turns: pd.DataFrame) -> list[str]:
    """What a turn says when the pointer is on it, escaped and wrapped."""
    lines = []
    for turn in turns.to_dict("records"):
        who = html.escape(text_of(turn.get("speaker")) or "unknown speaker")
        said = textwrap.wrap(text_of(turn.get("transcript")), 60)[:6]
        lines.append("<br>".join([f"<b>{who}</b>", *map(html.escape, said)]))
    return lines


def _speakers(turns: pd.DataFrame) -> list[str]:
    """The speakers in order of appearance; none where lanes would say nothing."""
    if "speaker" not in turns:
        return []
    known = [str(s) for s in turns["speaker"].dropna().unique()]
    return known if 1 < len(known) <= _MOST_LANES else []


def _draw_numbers(
    figure: go.Figure, turns: pd.DataFrame, x: np.ndarray, label: Label, limits: tuple[float, float]
) -> None:
    truth, prediction = turns["label"].to_numpy(float), turns["prediction"].to_numpy(float)
    ids = turns["id"].tolist()
    said = hover_text(turns)
    hover = [
        f"{text}<br>truth {three_digits(t)}, prediction {three_digits(p)}"
        for text, t, p in zip(said, truth, prediction, strict=True)
    ]
    margin = 0.06 * (limits[1] - limits[0])
    low = min(limits[0], float(prediction.min())) - margin
    high = max(limits[1], float(prediction.max())) + margin
    # Bars that cannot be seen make the whole height of a turn a target for the pointer.
    figure.add_bar(
        x=x, y=np.full(len(x), high - low), base=low, width=1, customdata=ids,
        marker={"color": "rgba(0,0,0,0)"}, showlegend=False, hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=np.repeat(x, 3), y=_joined(truth, prediction), mode="lines", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 1.5}, showlegend=False, row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=truth, mode="markers", name="truth", customdata=ids, hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        marker={"symbol": "circle-open", "size": 12, "color": NEUTRAL, "line": {"width": 2}},
        row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=prediction, mode="markers", name="prediction", customdata=ids, hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "size": 11, "color": prediction, "colorscale": SENTIMENT_SCALE,
            "cmin": limits[0], "cmax": limits[1], "line": {"width": 1, "color": NEUTRAL},
        },
        row=1, col=1,
    )  # fmt: skip
    figure.update_yaxes(title=label.name, range=[low, high], row=1)
    _keep_opaque(figure)


def _draw_classes(
    figure: go.Figure,
    turns: pd.DataFrame,
    x: np.ndarray,
    classes: list[str],
    probabilities: np.ndarray,
) -> None:
    colours = class_colours(classes)
    ids = turns["id"].tolist()
    truth = turns["label"].map({name: i for i, name in enumerate(classes)}).to_numpy(int)
    guess = probabilities.argmax(1)
    of_truth = probabilities[np.arange(len(truth)), truth]
    hover = [
        f"{text}<br>truth {html.escape(classes[t])}, predicted {html.escape(classes[g])}<br>"
        f"probability of the true class {p:.2f}"
        for text, t, g, p in zip(hover_text(turns), truth, guess, of_truth, strict=True)
    ]
    for i, name in enumerate(classes):
        figure.add_bar(
            x=x, y=np.full(len(x), 0.86), base=i - 0.43, width=0.94, customdata=ids,
            marker={"color": colours[name], "opacity": 0.06 + 0.6 * probabilities[:, i]},
            hovertext=hover, hovertemplate="%{hovertext}<extra></extra>", showlegend=False,
            row=1, col=1,
        )  # fmt: skip
    figure.add_scatter(
        x=np.repeat(x, 3), y=_joined(truth, guess), mode="lines", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 1.5}, showlegend=False, row=1, col=1,
    )  # fmt: skip
    for name, place, symbol, size in (
        ("truth", truth, "circle-open", 13), ("prediction", guess, "circle", 7),
    ):  # fmt: skip
        figure.add_scatter(
            x=x, y=place, mode="markers", name=name, customdata=ids, hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            marker={"symbol": symbol, "size": size, "color": NEUTRAL, "line": {"width": 2}},
            row=1, col=1,
        )  # fmt: skip
    figure.add_scatter(
        x=x, y=of_truth, mode="lines+markers", customdata=ids, showlegend=False, hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>", line={"color": NEUTRAL, "width": 1.5},
        marker={"size": 6}, row=2, col=1,
    )  # fmt: skip
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(
        tickvals=list(range(len(classes))), ticktext=classes, range=[-0.5, len(classes) - 0.5],
        showgrid=False, row=1,
    )  # fmt: skip
    figure.update_yaxes(title="P(true)", range=[-0.05, 1.05], tickvals=[0, 0.5, 1], row=2)
    _keep_opaque(figure)


def _draw_lanes(
    figure: go.Figure, turns: pd.DataFrame, x: np.ndarray, speakers: list[str], row: int
) -> None:
    known = turns["speaker"].notna().to_numpy()
    figure.add_scatter(
        x=x[known], y=turns["speaker"][known], mode="markers", showlegend=False,
        customdata=turns["id"][known].tolist(), hovertext=np.array(hover_text(turns))[known],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={"symbol": "square", "size": 11, "color": NEUTRAL}, row=row, col=1,
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip
    figure.update_yaxes(
        categoryorder="array", categoryarray=speakers[::-1], showgrid=True, row=row,
        range=[-0.6, len(speakers) - 0.4], tickfont={"size": 11},
    )  # fmt: skip


def _joined(first: np.ndarray, second: np.ndarray) -> list[float | None]:
    """Ends of one line a turn, parted by gaps."""
    return [y for a, b in zip(first, second, strict=True) for y in (float(a), float(b), None)]


def _keep_opaque(figure: go.Figure) -> None:
    """A click chooses; it must not fade the other turns."""
    figure.update_traces(
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        selector={"type": "scatter"},
    )
