"""Maps of the codes: invariant above, specific below, one column a modality."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.colouring import Colouring
from app.views.style import FADED, NEUTRAL, blank, modality_colour
from mmmie.analysis.projections import Projection

MAP_HEIGHT = 250
_MARK, _CHOSEN_MARK = 5, 7
_OPACITY = 0.75
_UNDERLAY = 400
_HOVER_LETTERS = 70
_PAD = 0.06
_GROUND = "rgba(123,135,148,0.10)"  # pale marks show on it in either theme


@dataclass(frozen=True)
class Shown:
    """Which utterances the maps show, and how.

    Attributes:
        frame: all n utterances of the split.
        rows: (k,) those that are drawn.
        selected: rows of `frame` that are selected.
        primary: the row that is looked at.
        by: the column that colours, or ``modality``.
        colours: of all n utterances; None where `by` is ``modality``.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    selected: list[int]
    primary: int
    by: str
    colours: Colouring | None


def thinned(count: int, maps: int, always: list[int], most: int = 20_000) -> np.ndarray:
    """Which of `count` utterances are drawn on so many maps: all, or a fixed sample.

    A browser selects among about `most` points at once; 6,000 utterances are the most.

    Args:
        count: utterances.
        maps: how many maps show each of them.
        always: rows that are drawn whatever the sample.
        most: points on all maps together.
    """
    wanted = min(6000, most // max(maps, 1))
    if count <= wanted:
        return np.arange(count)
    sample = np.random.default_rng(0).permutation(count)[:wanted]
    return np.unique(np.concatenate([sample, np.asarray(always, int)]))


def code_maps(
    invariant: Projection, specific: dict[str, Projection], modalities: list[str], shown: Shown
) -> go.Figure:
    """Two rows of maps with one column a modality.

    Args:
        invariant: of the invariant codes of all modalities, (M · n, 2), one after another.
        specific: modality → of its specific codes, (n, 2).
        modalities: in the order of the model.
        shown: what is drawn.
    """
    n, count = len(shown.frame), len(modalities)
    common = invariant.points.reshape(count, n, 2)
    titles = [f"<b>z {m}</b>" for m in modalities]
    titles += [_title(f"s {m}", specific[m]) for m in modalities]
    figure = make_subplots(
        rows=2,
        cols=count,
        subplot_titles=titles,
        horizontal_spacing=0.02,
        vertical_spacing=0.11,
    )
    figure.update_annotations(font_size=13, yshift=3)
    hover, by_modality = _hover(shown), shown.colours is None
    for column, name in enumerate(modalities, start=1):
        colour = modality_colour(name, modalities)
        for m, other in enumerate(modalities):
            if other != name:
                behind = modality_colour(other, modalities) if by_modality else NEUTRAL
                _underlay(figure, common[m], behind, column)
        _points(figure, common[column - 1], shown, colour, hover, (1, column), ring=False)
        _points(figure, specific[name].points, shown, colour, hover, (2, column), ring=True)
        _partners(figure, common, shown.primary, modalities, column)
        _primary(figure, common[column - 1], shown, (1, column))
        _primary(figure, specific[name].points, shown, (2, column))
        _frame_axes(figure, common.reshape(-1, 2), (1, column))
        _frame_axes(figure, specific[name].points, (2, column))
    _finish(figure, shown, 2 * MAP_HEIGHT + 60)
    return figure


def fused_map(projection: Projection, modalities: list[str], shown: Shown) -> go.Figure:
    """The map of what the head reads."""
    figure = make_subplots(subplot_titles=[_title("fused", projection)])
    figure.update_annotations(font_size=13, yshift=3)
    colour = modality_colour("fused", modalities)
    _points(figure, projection.points, shown, colour, _hover(shown), (1, 1), ring=False)
    _primary(figure, projection.points, shown, (1, 1))
    _frame_axes(figure, projection.points, (1, 1))
    _finish(figure, shown, MAP_HEIGHT + 40, legend=False)
    return figure


def quality(projection: Projection) -> str:
    """``43 % of variance, trust 0.91``: how far to believe a map."""
    trust = (
        "" if np.isnan(projection.trustworthiness) else f"trust {projection.trustworthiness:.2f}"
    )
    held = "UMAP" if projection.explained is None else f"{projection.explained:.0%} of variance"
    return f"{held}, {trust}" if trust else held


def _title(name: str, projection: Projection) -> str:
    return f"<b>{name}</b><br><span style='font-size:10px'>{quality(projection)}</span>"


def points_frame(
    frame: pd.DataFrame,
    invariant: Projection,
    specific: dict[str, Projection],
    fused: Projection,
    modalities: list[str],
) -> pd.DataFrame:
    """Every point of every map: `id`, `space`, `method`, `x`, `y`."""
    common = invariant.points.reshape(len(modalities), len(frame), 2)
    spaces = {f"invariant.{m}": (common[i], invariant.method) for i, m in enumerate(modalities)}
    spaces |= {f"specific.{m}": (specific[m].points, specific[m].method) for m in modalities}
    spaces["fused"] = (fused.points, fused.method)
    parts = [
        pd.DataFrame({"id": frame["id"], "space": name, "method": how, "x": p[:, 0], "y": p[:, 1]})
        for name, (p, how) in spaces.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _points(
    figure: go.Figure,
    points: np.ndarray,
    shown: Shown,
    modality: str,
    hover: np.ndarray,
    place: tuple[int, int],
    *,
    ring: bool,
) -> None:
    rows = shown.rows
    opacity, size = np.full(len(rows), _OPACITY), np.full(len(rows), _MARK)
    if len(shown.selected) > 1:
        selected = np.isin(rows, shown.selected)
        opacity, size = np.where(selected, 1.0, FADED), np.where(selected, _CHOSEN_MARK, _MARK)
    marker: dict[str, object] = {
        "size": size,
        "opacity": opacity,
        "symbol": "circle-open" if ring else "circle",
    }
    if not ring:  # plotly's own outline is white, also on a dark page
        marker["line"] = {"width": 0.5, "color": NEUTRAL}
    if shown.colours is None:
        marker["color"] = modality
    else:
        marker["color"] = shown.colours.values[rows]
        if shown.colours.scale is not None:
            marker["coloraxis"] = "coloraxis"
    figure.add_trace(
        go.Scattergl(
            x=points[rows, 0],
            y=points[rows, 1],
            mode="markers",
            marker=marker,
            customdata=shown.frame["id"].to_numpy(str)[rows],
            text=hover,
            hovertemplate="%{text}<extra></extra>",
            # plotly's own fading would hide what the selection of the page says
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0.5}},
            showlegend=False,
        ),
        row=place[0],
        col=place[1],
    )


def _underlay(figure: go.Figure, points: np.ndarray, colour: str, column: int) -> None:
    """The other modalities in the common projection, faint and not to be selected."""
    pick = np.random.default_rng(0).permutation(len(points))[:_UNDERLAY]
    figure.add_trace(
        go.Scattergl(
            x=points[pick, 0],
            y=points[pick, 1],
            mode="markers",
            marker={"size": _MARK, "color": colour, "opacity": FADED},
            hoverinfo="skip",
            showlegend=False,
        ),
        row=1,
        col=column,
    )


def _partners(
    figure: go.Figure, common: np.ndarray, primary: int, modalities: list[str], column: int
) -> None:
    """The primary utterance in the other modalities, joined to this one."""
    own = common[column - 1, primary]
    for m, name in enumerate(modalities):
        if m == column - 1:
            continue
        other = common[m, primary]
        colour = modality_colour(name, modalities)
        figure.add_trace(
            go.Scattergl(  # as the points, which would cover it otherwise
                x=[own[0], other[0]],
                y=[own[1], other[1]],
                mode="lines+markers",
                line={"color": colour, "width": 1.5},
                marker={"color": colour, "size": [0, 9], "line": {"width": 1, "color": "white"}},
                hovertemplate=f"the same utterance in {name}<extra></extra>",
                showlegend=False,
            ),
            row=1,
            col=column,
        )


def _primary(figure: go.Figure, points: np.ndarray, shown: Shown, place: tuple[int, int]) -> None:
    """A ring, dark inside white, so that it stands out on any colour and in either theme."""
    at = points[shown.primary]
    for colour, width in (("#ffffff", 5), ("#111827", 2)):
        marker = {
            "symbol": "circle-open",
            "size": 15,
            "color": colour,
            "line": {"width": width, "color": colour},
        }
        figure.add_trace(
            go.Scattergl(
                x=[at[0]],
                y=[at[1]],
                mode="markers",
                marker=marker,
                hoverinfo="skip",
                showlegend=False,
            ),
            row=place[0],
            col=place[1],
        )


def _frame_axes(figure: go.Figure, points: np.ndarray, place: tuple[int, int]) -> None:
    """Axes without numbers, whose unit would mean nothing, and with room at the rim."""
    low, high = points.min(0), points.max(0)
    pad = np.maximum((high - low) * _PAD, 1e-6)
    for axis, update in ((0, figure.update_xaxes), (1, figure.update_yaxes)):
        update(
            range=[low[axis] - pad[axis], high[axis] + pad[axis]],
            showticklabels=False,
            showgrid=False,
            zeroline=False,
            ticks="",
            row=place[0],
            col=place[1],
        )


def _finish(figure: go.Figure, shown: Shown, height: int, legend: bool = True) -> None:
    figure.update_layout(blank(height).layout)
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 72 if legend else 40, "b": 4},
        plot_bgcolor=_GROUND,
        dragmode="select",
        # drawn boxes go away when the page has taken the selection over
        selectionrevision=f"{shown.primary}-{len(shown.selected)}-{sum(shown.selected)}",
    )
    colours = shown.colours
    if colours is not None and colours.scale is not None:
        figure.update_layout(coloraxis={**colours.scale, "showscale": legend})
    if not legend or colours is None:
        return
    for name, colour in colours.legend.items():
        marker = {"color": colour, "size": 8}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=name)
    figure.update_layout(legend={"y": 1.08})


def _hover(shown: Shown) -> np.ndarray:
    """One line on every drawn utterance; what it says is text, whatever it looks like."""
    part = shown.frame.iloc[shown.rows]
    lines = "<b>" + part["id"].map(lambda i: html.escape(str(i))) + "</b>"
    if "speaker" in part:
        lines += part["speaker"].map(lambda s: "" if pd.isna(s) else f", {html.escape(str(s))}")
    if "transcript" in part:
        lines += part["transcript"].map(_cut)
    lines += (
        "<br>label " + part["label"].map(_value) + ", predicted " + part["prediction"].map(_value)
    )
    if shown.by not in ("modality", "label", "prediction", "speaker"):
        lines += f"<br>{shown.by.replace('_', ' ')} " + part[shown.by].map(_value)
    return lines.to_numpy(str)


def _cut(text: object) -> str:
    if not isinstance(text, str) or not text:
        return ""
    return "<br>" + html.escape(
        text if len(text) <= _HOVER_LETTERS else text[:_HOVER_LETTERS] + "…"
    )


def _value(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.2f}".replace("-", "−")
    return html.escape(str(value))
