"""What marks mean, the same on every page: hue, fill, scale and line."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

_MODALITY = {"text": "#0072B2", "audio": "#E69F00", "vision": "#009E73"}
_FURTHER = ("#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
NEUTRAL = "#7b8794"
FUSED = "#6b7280"
ACCENT = "#D55E00"
CATEGORIES = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5a3fc0", "#8fdcb0",
    "#8c2d04", "#7a1f3d",
)  # fmt: skip

ON_PRIMARY = ("#ffffff", "#14181d")  # words on the theme's primary colour, light and dark
# Words in figures: Streamlit writes those of its own in a grey too pale for a light ground.
PALE, PALE_INSTEAD = "rgb(128, 132, 149)", "#59636e"

SENTIMENT_SCALE = [
    [0.0, "#7f4909"],
    [0.25, "#c98f45"],
    [0.5, "#efe9dc"],
    [0.75, "#4fa8a0"],
    [1.0, "#01514a"],
]
ERROR_SCALE = [[0.0, "#f1e3ef"], [0.35, "#cf8fc0"], [0.7, "#9c3f8c"], [1.0, "#57105a"]]
SEQUENTIAL_SCALE = [[0.0, "#dfe9f2"], [0.5, "#5b9bc8"], [1.0, "#083a63"]]

LOWER_LINE, UPPER_LINE, NEITHER_LINE = "solid", "dash", "dot"
FADED = 0.15
HEIGHT = 380


def modality_colour(name: str, modalities: list[str]) -> str:
    """The hue of a modality: fixed for text, audio and vision, then by order."""
    if name == "fused":
        return FUSED
    if name in _MODALITY:
        return _MODALITY[name]
    others = [m for m in modalities if m not in _MODALITY]
    return _FURTHER[others.index(name) % len(_FURTHER)] if name in others else NEUTRAL


def class_colours(classes: list[str]) -> dict[str, str]:
    """One hue per class; negative, neutral and positive keep the sentiment's own."""
    known = {"negative": "#c98f45", "neutral": "#aeb6c0", "positive": "#1f867d"}
    return {
        name: known.get(name, CATEGORIES[i % len(CATEGORIES)]) for i, name in enumerate(classes)
    }


def blank(height: int = HEIGHT, **layout: Any) -> go.Figure:
    """An empty figure in the house style; it keeps its axes and camera over reruns."""
    axis = {"zeroline": False, "automargin": True}
    house: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "uirevision": "keep",
        "hoverlabel": {"align": "left"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": NEUTRAL, "activecolor": ACCENT},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None},
    }
    axes = {name: axis | layout.pop(name, {}) for name in ("xaxis", "yaxis")}
    # All at once: every further update of a layout costs milliseconds.
    return go.Figure(layout={**house, **layout, **axes})


_PAPER = {"light": ("#111827", "#d9dee5", "#ffffff"), "dark": ("#e4e8ed", "#333c47", "#14181d")}


def paper_template(theme: str) -> dict[str, Any]:
    """A Plotly template for figures outside the app, whose theme is set by the browser there.

    Args:
        theme: ``light`` or ``dark``.
    """
    ink, line, ground = _PAPER[theme]
    axis = {"gridcolor": line, "linecolor": line, "zerolinecolor": line, "automargin": True}
    return {
        "layout": {
            "font": {"color": ink, "size": 12, "family": "system-ui, sans-serif"},
            "colorway": list(CATEGORIES),
            "paper_bgcolor": ground,
            "plot_bgcolor": ground,
            "xaxis": {**axis, "ticks": ""},
            "yaxis": {**axis, "ticks": ""},
            "scene": {f"{a}axis": {"gridcolor": line, "color": ink} for a in "xyz"},
            "hoverlabel": {"bgcolor": ground, "bordercolor": line, "font": {"color": ink}},
            "coloraxis": {"colorbar": {"outlinewidth": 0}},
        }
    }


def name_rows(figure: go.Figure, names: list[str]) -> None:
    """A vertical axis with one named row each, the first on top."""
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=names[::-1],
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
    )


def three_digits(value: float | None) -> str:
    """A number with three significant digits and a true minus, a dash where there is none."""
    if value is None or not np.isfinite(value):
        return "–"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "−")


def short_number(value: float) -> str:
    """A round number, as an axis or a range has them, with a minus as wide as a plus.

    Example:
        >>> short_number(-0.5), short_number(3.0)
        ('−0.5', '3')
    """
    return f"{value:g}".replace("-", "−")


SPLIT_COLOURS = {"train": NEUTRAL, "valid": ACCENT, "test": "#8C6BB1"}


def sentiment_colour(value: float, limits: tuple[float, float]) -> str:
    """The colour of a label on the diverging scale, as CSS writes it."""
    from plotly.colors import sample_colorscale

    place = (value - limits[0]) / (limits[1] - limits[0])
    return str(sample_colorscale(SENTIMENT_SCALE, [float(np.clip(place, 0, 1))])[0])


def epoch_ticks(span: int) -> int:
    """The step between ticks of an axis over so many epochs: whole, and six or so of them."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10_000) if span <= 7 * step)
