"""One conversation, turn by turn: truth and prediction above, who speaks below."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.names import figure_text, text_of
from app.views.style import (
    FADED,
    NEUTRAL,
    SENTIMENT_SCALE,
    blank,
    class_colours,
    three_digits,
)
from mmmie.corpus import Label

_LANE_PIXELS = 20
_LETTERS = 24
_MOST_LANES = 12
_GAP = 0.06  # between rows, of the height
_OPAQUE = {"marker": {"opacity": 1}}  # a click chooses; it must not fade the other turns
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
    *,
    pinned: str | None = None,
    within: np.ndarray | None = None,
) -> go.Figure:
    """The timeline of a conversation; every mark carries its utterance's id as customdata.

    Args:
        turns: the utterances of one conversation in order, with `id`, `position`, `prediction`
            and, where known, `label`, `speaker` and `transcript`.
        label: what is predicted.
        limits: of the sentiment axis and its colours.
        primary: the id to highlight.
        probabilities: (turns, classes), for classes.
        pinned: the id with a square, of this conversation or not.
        within: (turns,) which of them the slice filter lets through, the others are faint; all if
            left out.
    """
    speakers = _speakers(turns)
    classes = list(label.classes or ())
    top = 34 * len(classes) + 20 if classes else 190
    heights = [top, *([70] if classes else []), *([_LANE_PIXELS * len(speakers)] * bool(speakers))]
    x = turns["position"].to_numpy() + 1
    strength = np.where(True if within is None else within, np.ones(len(turns)), FADED)
    drawn = _Turns(turns, x, strength, pinned)
    axes = _axes(heights)
    if classes:
        assert probabilities is not None
        traces = _classes(drawn, classes, probabilities, axes)
    else:
        traces = _numbers(drawn, label, limits, axes)
    if speakers:
        traces.append(_lanes(drawn, speakers, axes))
    figure = blank(
        sum(heights) + 90 + 14 * len(heights),
        **axes,
        xaxis={
            "range": [x[0] - 0.6, x[-1] + 0.6], "showgrid": False, "title": "turn",
            "dtick": 1 if len(x) <= 30 else 5, "anchor": _y(len(heights)),
        },
        shapes=_highlight(x[(turns["id"] == primary).to_numpy()]),
        uirevision=str(turns["conversation"].iloc[0]),
        # What plotly fades itself after a click goes when the page has taken the click over.
        selectionrevision=primary,
        clickmode="event+select",
        dragmode="pan",
        barmode="overlay",
    )  # fmt: skip
    return figure.add_traces(traces)


@dataclass(frozen=True)
class _Turns:
    """What all traces share: the turns, where they stand, and how strong they are, (turns,)."""

    table: pd.DataFrame
    x: np.ndarray
    strength: np.ndarray
    pinned: str | None

    def points(self, hover: list[str], row: int, keep: np.ndarray | None = None) -> dict[str, Any]:
        """What makes marks stand at their turns, say something and be chosen."""
        rows = np.arange(len(self.x)) if keep is None else np.flatnonzero(keep)
        return {
            "x": self.x[rows], "customdata": self.table["id"].iloc[rows].tolist(),
            "hovertext": [hover[i] for i in rows], "hovertemplate": "%{hovertext}<extra></extra>",
            "yaxis": _y(row), "selected": _OPAQUE, "unselected": _OPAQUE,
        }  # fmt: skip

    def errors(self, first: np.ndarray, second: np.ndarray) -> list[dict[str, Any]]:
        """Lines that join two values of every turn, one trace for each strength."""
        lines = []
        for strength in np.unique(self.strength):
            rows = self.strength == strength
            lines.append(
                {
                    "type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False,
                    "x": np.repeat(self.x[rows], 3), "y": _joined(first[rows], second[rows]),
                    "line": {"color": NEUTRAL, "width": 1.5}, "opacity": float(strength),
                }
            )  # fmt: skip
        return lines

    def square(self, y: np.ndarray) -> list[dict[str, Any]]:
        """A square around the prediction of the pinned utterance, if it is of these turns."""
        rows = (self.table["id"] == self.pinned).to_numpy()
        if not rows.any():
            return []
        return [
            {
                "type": "scatter", "mode": "markers", "name": "pinned", "hoverinfo": "skip",
                "x": self.x[rows], "y": y[rows],
                "marker": {
                    "symbol": "square-open", "size": 21, "color": NEUTRAL, "line": {"width": 2.5},
                },
            }
        ]  # fmt: skip


def _y(row: int) -> str:
    """Plotly's name for the vertical axis of a row, from 1."""
    return "y" if row == 1 else f"y{row}"


def _axes(heights: list[int]) -> dict[str, dict[str, Any]]:
    """One vertical axis a row, the first on top, as high as asked for."""
    room = 1 - _GAP * (len(heights) - 1)
    axes, top = {}, 1.0
    for row, height in enumerate(heights, start=1):
        low = max(top - room * height / sum(heights), 0.0)
        axes[f"yaxis{row if row > 1 else ''}"] = {
            "domain": [low, top], "zeroline": False, "automargin": True,
        }  # fmt: skip
        top = low - _GAP
    return axes


def _highlight(at: np.ndarray) -> list[dict[str, Any]]:
    """A band behind the turn that is looked at."""
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": place - 0.5, "x1": place + 0.5,
            "y0": 0, "y1": 1, "fillcolor": _HIGHLIGHT, "line": {"width": 0}, "layer": "below",
        }
        for place in at
    ]  # fmt: skip


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


def _numbers(
    turns: _Turns, label: Label, limits: tuple[float, float], axes: dict[str, Any]
) -> list[dict[str, Any]]:
    prediction = turns.table["prediction"].to_numpy(float)
    truth = turns.table["label"].to_numpy(float) if "label" in turns.table else None
    said = [f"prediction {three_digits(p)}" for p in prediction]
    if truth is not None:
        said = [f"truth {three_digits(t)}, {p}" for t, p in zip(truth, said, strict=True)]
    hover = [f"{text}<br>{s}" for text, s in zip(hover_text(turns.table), said, strict=True)]
    margin = 0.06 * (limits[1] - limits[0])
    low = min(limits[0], float(prediction.min())) - margin
    high = max(limits[1], float(prediction.max())) + margin
    axes["yaxis"] |= {"title": figure_text(label.name), "range": [low, high]}
    shared = turns.points(hover, 1)
    return [
        {  # bars that cannot be seen make the whole height of a turn a target for the pointer
            **shared, "type": "bar", "y": np.full(len(turns.x), high - low), "base": low,
            "width": 1, "marker": {"color": "rgba(0,0,0,0)"}, "showlegend": False,
            "selected": None, "unselected": None,
        },
        *([] if truth is None else _true_numbers(turns, shared, truth, prediction)),
        {
            **shared, "type": "scatter", "mode": "markers", "name": "prediction", "y": prediction,
            "marker": {
                "size": 11, "color": prediction, "colorscale": SENTIMENT_SCALE,
                "cmin": limits[0], "cmax": limits[1], "line": {"width": 1, "color": NEUTRAL},
                "opacity": turns.strength,
            },
        },
        *turns.square(prediction),
    ]  # fmt: skip


def _true_numbers(
    turns: _Turns, shared: dict[str, Any], truth: np.ndarray, prediction: np.ndarray
) -> list[dict[str, Any]]:
    """A hollow dot a turn, and the line from it to the prediction."""
    return [
        *turns.errors(truth, prediction),
        {
            **shared, "type": "scatter", "mode": "markers", "name": "truth", "y": truth,
            "marker": {
                "symbol": "circle-open", "size": 12, "color": NEUTRAL, "line": {"width": 2},
                "opacity": turns.strength,
            },
        },
    ]  # fmt: skip


def _classes(
    turns: _Turns,
    classes: list[str],
    probabilities: np.ndarray,
    axes: dict[str, Any],
) -> list[dict[str, Any]]:
    colours = class_colours(classes)
    table, count = turns.table, len(turns.x)
    guess = probabilities.argmax(1)
    known = "label" in table
    truth = guess
    if known:
        truth = table["label"].map({name: i for i, name in enumerate(classes)}).to_numpy(int)
    followed = probabilities[np.arange(count), truth]
    hover = [
        f"{text}<br>"
        + (f"truth {html.escape(classes[t])}, " if known else "")
        + f"predicted {html.escape(classes[g])}<br>"
        + f"probability of the {'true' if known else 'predicted'} class {p:.2f}"
        for text, t, g, p in zip(hover_text(table), truth, guess, followed, strict=True)
    ]
    axes["yaxis"] |= {
        "tickvals": list(range(len(classes))),
        "ticktext": [figure_text(name, _LETTERS) for name in classes],
        "range": [-0.5, len(classes) - 0.5], "showgrid": False,
    }  # fmt: skip
    title = "P(true)" if known else "P(predicted)"
    axes["yaxis2"] |= {"title": title, "range": [-0.05, 1.05], "tickvals": [0, 0.5, 1]}
    above = turns.points(hover, 1)
    bands = [
        {
            **above, "type": "bar", "y": np.full(count, 0.86), "base": i - 0.43, "width": 0.94,
            "marker": {
                "color": colours[name],
                "opacity": turns.strength * (0.06 + 0.6 * probabilities[:, i]),
            },
            "showlegend": False, "selected": None, "unselected": None,
        }
        for i, name in enumerate(classes)
    ]  # fmt: skip
    dots = [
        {
            **above, "type": "scatter", "mode": "markers", "name": name, "y": place,
            "marker": {
                "symbol": symbol, "size": size, "color": NEUTRAL, "line": {"width": 2},
                "opacity": turns.strength,
            },
        }
        for name, place, symbol, size in (
            ("truth", truth, "circle-open", 13), ("prediction", guess, "circle", 7),
        )
        if known or name == "prediction"
    ]  # fmt: skip
    curve = {
        **turns.points(hover, 2), "type": "scatter", "mode": "lines+markers", "y": followed,
        "showlegend": False, "line": {"color": NEUTRAL, "width": 1.5},
        "marker": {"size": 6, "color": NEUTRAL, "opacity": turns.strength},
    }  # fmt: skip
    return [*bands, *turns.errors(truth, guess), *dots, curve, *turns.square(guess)]


def _lanes(turns: _Turns, speakers: list[str], axes: dict[str, Any]) -> dict[str, Any]:
    known = turns.table["speaker"].notna().to_numpy()
    axes[f"yaxis{len(axes)}"] |= {
        "categoryorder": "array", "categoryarray": speakers[::-1], "showgrid": True,
        "tickvals": speakers, "ticktext": [figure_text(name, _LETTERS) for name in speakers],
        "range": [-0.6, len(speakers) - 0.4], "tickfont": {"size": 11},
    }  # fmt: skip
    return {
        **turns.points(hover_text(turns.table), len(axes), known), "type": "scatter",
        "mode": "markers", "y": turns.table["speaker"][known].tolist(), "showlegend": False,
        "marker": {
            "symbol": "line-ew", "size": 12, "line": {"width": 7, "color": NEUTRAL},
            "opacity": turns.strength[known],
        },
    }  # fmt: skip


def _joined(first: np.ndarray, second: np.ndarray) -> list[float | None]:
    """Ends of one line a turn, parted by gaps."""
    return [y for a, b in zip(first, second, strict=True) for y in (float(a), float(b), None)]
