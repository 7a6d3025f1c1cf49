"""The codes of two checkpoints on two maps with the same axes, and what is said of them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts.colouring import Colouring
from app.parts.names import beginning, figure_text
from app.parts.style import FADED, NEUTRAL, SEQUENTIAL_SCALE, blank
from mmmie.analysis.codes.aligned_codes import AlignedCodes

_HEIGHT = 430
_GAP = 0.03
_MARK, _CHOSEN_MARK = 5, 7
_OPACITY = 0.75
_PAD = 0.06
_MOST_LINES = 40
_GROUND = "rgba(123,135,148,0.10)"  # pale marks show on it in either theme

EXPLANATION = """
Each model is free to turn, mirror and stretch its codes, which changes nothing that it says. So
the second is **aligned** to the first before they are compared: both are reduced to their leading
principal components, then the second is shifted, scaled and rotated onto the first (orthogonal
Procrustes). Both maps have the axes of the first, the two directions in which its codes differ
most; a distance of 1 is the usual distance of its codes from their centre.

**What remains** is the share of the variance that no rotation removes. A rotation finds some
agreement between any two codes, so the share for utterances paired at random is given beside it.
**CKA** (linear centred kernel alignment) needs no alignment: 1 for the same picture, about 0 for
unrelated ones. **Neighbours** are the ten nearest by cosine in the original space of each, not on
the map.

Lines lead from where an utterance is in the first to where it is in the second: of the selection,
or of those that moved furthest. Click a point, or draw a box or a lasso: the selection holds on
every page. Ring: the utterance that is looked at. Square: the pinned one.
"""


@dataclass(frozen=True)
class Drawn:
    """Which utterances the two maps show, and how.

    Attributes:
        frame: all n utterances of the split, as the first checkpoint predicts them.
        rows: (k,) those that are drawn.
        within: (n,) those that the slice filter lets through.
        selected: rows that are selected.
        primary: the row that is looked at.
        pinned: the row beside it, None without one.
        colours: of all n; see `own_colouring` for one that says what alignment found.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    within: np.ndarray
    selected: list[int]
    primary: int
    pinned: int | None
    colours: Colouring


def space_name(space: str) -> str:
    """``invariant.text`` → ``z text``, ``fused`` → ``fused``."""
    kind, _, modality = space.partition(".")
    return f"{ {'invariant': 'z', 'specific': 's'}.get(kind, kind) } {modality}".strip()


def own_colouring(values: np.ndarray, title: str, most: float | None = None) -> Colouring:
    """Colours for what alignment found of every utterance, from 0 up.

    Args:
        values: (n,).
        title: of the colour bar.
        most: the upper end; the 98th percentile if left out.
    """
    known = values[np.isfinite(values)]
    top = most or (float(np.quantile(known, 0.98)) if len(known) else 1.0)
    bar = {
        "title": {"text": title, "side": "right"}, "thickness": 10, "len": 0.5,
        "orientation": "h", "x": 0, "xanchor": "left", "y": 1.12, "yanchor": "bottom",
    }  # fmt: skip
    scale = {"colorscale": SEQUENTIAL_SCALE, "cmin": 0, "cmax": top or 1.0, "colorbar": bar}
    return Colouring(values, scale)


def aligned_figure(aligned: AlignedCodes, drawn: Drawn, names: tuple[str, str]) -> go.Figure:
    """Two maps side by side; zooming one zooms the other.

    Args:
        aligned: from `mmmie.analysis.codes.aligned_codes.align_codes`.
        drawn: what is shown.
        names: of the checkpoints.
    """
    hover = _hover(aligned, drawn)
    traces: list[dict[str, Any]] = [_lines(aligned, drawn)]
    for points, axes in ((aligned.first, ""), (aligned.second, "2")):
        pinned = None if drawn.pinned is None else _place(points, drawn.pinned)
        traces.append(_points(points, drawn, hover, axes))
        traces += chosen_marks(_place(points, drawn.primary), pinned, axes)
    traces += [
        {
            "type": "scatter", "x": [None], "y": [None], "mode": "markers",
            "name": figure_text(name), "marker": {"color": colour, "size": 8},
        }
        for name, colour in drawn.colours.legend.items()
    ]  # fmt: skip
    figure = blank(_HEIGHT)
    figure.add_traces(traces)
    _lay_out(figure, aligned, drawn, names)
    return figure


def furthest_moved(aligned: AlignedCodes, drawn: Drawn) -> np.ndarray:
    """The rows that get a line: the selection, else those that moved furthest; at most 40."""
    wanted = np.asarray(drawn.selected, int) if len(drawn.selected) > 1 else np.empty(0, int)
    pool = wanted if len(wanted) else drawn.rows[drawn.within[drawn.rows]]
    order = np.argsort(-aligned.moved[pool], kind="stable")
    chosen = {*pool[order[:_MOST_LINES]].tolist(), drawn.primary}
    return np.array(sorted(chosen if drawn.pinned is None else {*chosen, drawn.pinned}), int)


def aligned_frame(aligned: AlignedCodes, ids: pd.Series) -> pd.DataFrame:
    """Both places of every utterance, how far it moved and how many neighbours it keeps."""
    return pd.DataFrame(
        {
            "id": ids.to_numpy(),
            "first_x": aligned.first[:, 0],
            "first_y": aligned.first[:, 1],
            "second_x": aligned.second[:, 0],
            "second_y": aligned.second[:, 1],
            "moved": aligned.moved,
            "neighbours_kept": aligned.overlap,
        }
    )


def aligned_finding(aligned: AlignedCodes, space: str, within: np.ndarray) -> str:
    """How much of an utterance's neighbourhood both agree on, as a sentence."""
    kept = aligned.overlap[within]
    name = space_name(space)
    if not np.isfinite(kept).any():
        return f"There are too few utterances to compare neighbours in {name}"
    name = "the fused code" if space == "fused" else name
    return (
        f"In {name} they agree on {np.nanmean(kept):.0%} of an utterance's "
        f"{aligned.neighbours} nearest; chance is {aligned.overlap_by_chance:.0%}"
    )


def aligned_caption(aligned: AlignedCodes, sample: str) -> str:
    """Sample, method and what remains after alignment."""
    kept = " and ".join(f"{share:.0%}" for share in aligned.kept)
    parts = [
        f"Means of the codes of {sample}. Aligned on {aligned.components} principal components, "
        f"which hold {kept} of the variance."
    ]
    if np.isfinite(aligned.disparity):
        chance = f", {aligned.chance:.0%} for random pairs" if np.isfinite(aligned.chance) else ""
        parts.append(f"After alignment {aligned.disparity:.0%} of it remains{chance}.")
    if aligned.cka is not None:
        parts.append(f"CKA {aligned.cka:.2f}.")
    parts.append(f"Neighbours by cosine among {aligned.candidates:,} utterances.")
    return " ".join(parts)


def utterance_sentence(aligned: AlignedCodes, row: int) -> str:
    """What alignment says of one utterance."""
    moved = aligned.moved[row]
    further = float((aligned.moved < moved).mean())
    said = f"moved {moved:.2f}, further than {further:.0%} of all"
    if np.isfinite(aligned.overlap[row]):
        kept = round(float(aligned.overlap[row]) * aligned.neighbours)
        said += f", and keeps {kept} of its {aligned.neighbours} nearest"
    return said


def _points(points: np.ndarray, drawn: Drawn, hover: np.ndarray, axes: str) -> dict[str, Any]:
    rows = drawn.rows
    full, size = drawn.within[rows], np.full(len(rows), _MARK)
    if len(drawn.selected) > 1:
        chosen = np.isin(rows, drawn.selected)
        full, size = full & chosen, np.where(chosen, _CHOSEN_MARK, _MARK)
    marker: dict[str, Any] = {
        "size": size,
        "opacity": np.where(full, 1.0 if len(drawn.selected) > 1 else _OPACITY, FADED),
        "color": drawn.colours.values[rows],
        "line": {"width": 0.5, "color": NEUTRAL},
    }
    if drawn.colours.scale is not None:
        marker["coloraxis"] = "coloraxis"
    return {
        "type": "scattergl",
        "x": points[rows, 0],
        "y": points[rows, 1],
        "mode": "markers",
        "marker": marker,
        # what the slice leaves out has no id, so that a box around both takes the slice only
        "customdata": drawn.frame["id"].astype(object).where(drawn.within, None).to_numpy()[rows],
        "text": hover,
        "hovertemplate": "%{text}<extra></extra>",
        # plotly's own fading would hide what the selection of the page says
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 0.5}},
        "showlegend": False,
        "xaxis": f"x{axes}",
        "yaxis": f"y{axes}",
    }


def _lines(aligned: AlignedCodes, drawn: Drawn) -> dict[str, Any]:
    """From the place in the first to that in the second, on the second map."""
    rows = furthest_moved(aligned, drawn)
    ends = np.stack([aligned.first[rows], aligned.second[rows]], 1)
    gaps = np.full((len(rows), 1, 2), np.nan)
    path = np.concatenate([ends, gaps], 1).reshape(-1, 2)
    return {
        "type": "scattergl",
        "x": path[:, 0],
        "y": path[:, 1],
        "mode": "lines",
        "line": {"color": NEUTRAL, "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
        "xaxis": "x2",
        "yaxis": "y2",
    }


def _lay_out(
    figure: go.Figure, aligned: AlignedCodes, drawn: Drawn, names: tuple[str, str]
) -> None:
    both = np.concatenate([aligned.first[drawn.rows], aligned.second[drawn.rows]])
    low, high = both.min(0), both.max(0)
    pad = np.maximum((high - low) * _PAD, 1e-6)
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    middle = 0.5
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 96, "b": 4},
        plot_bgcolor=_GROUND,
        dragmode="select",
        legend={"y": 1.12},
        xaxis={"domain": [0, middle - _GAP / 2], "range": [low[0] - pad[0], high[0] + pad[0]],
               **bare},
        xaxis2={"domain": [middle + _GAP / 2, 1], "matches": "x", "anchor": "y2", **bare},
        yaxis={"range": [low[1] - pad[1], high[1] + pad[1]], **bare},
        yaxis2={"matches": "y", "anchor": "x2", **bare},
        # drawn boxes go away when the page has taken the selection over
        selectionrevision=f"{drawn.primary}-{len(drawn.selected)}-{sum(drawn.selected)}",
    )  # fmt: skip
    titles = zip(("first", "second, aligned"), names, aligned.explained, strict=True)
    for (which, name, share), x in zip(titles, (0.0, middle + _GAP / 2), strict=True):
        figure.add_annotation(
            text=f"<b>{which}</b> {html.escape(name)}<br>"
            f"<span style='font-size:10px'>{share:.0%} of variance</span>",
            align="left",
            x=x, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=6,
            showarrow=False, font={"size": 13},
        )  # fmt: skip
    if drawn.colours.scale is not None:
        bar = {**drawn.colours.scale["colorbar"], "y": 1.12}
        bar["title"] = {**bar["title"], "side": "top"}
        figure.update_layout(coloraxis={**drawn.colours.scale, "colorbar": bar})


def _place(points: np.ndarray, row: int) -> tuple[float, float]:
    return float(points[row, 0]), float(points[row, 1])


def _hover(aligned: AlignedCodes, drawn: Drawn) -> np.ndarray:
    part = drawn.frame.iloc[drawn.rows]
    lines = "<b>" + part["id"].map(lambda i: html.escape(str(i))) + "</b>"
    if "transcript" in part:
        lines += part["transcript"].map(_said)
    lines += "<br>label " + part["label"].map(_value)
    lines += "<br>moved " + pd.Series(aligned.moved[drawn.rows], part.index).map(_value)
    kept = pd.Series(aligned.overlap[drawn.rows], part.index)
    lines += kept.map(lambda k: f", neighbours kept {k:.0%}" if np.isfinite(k) else "")
    return lines.to_numpy(str)


def _said(text: object) -> str:
    words = beginning(text)
    return f"<br>{html.escape(words)}" if words else ""


def _value(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.2f}".replace("-", "−")
    return html.escape(str(value))


_SIZE = 15
_LAYERS = (("#ffffff", 5), ("#111827", 2))


def chosen_marks(
    primary: tuple[float, float] | None, pinned: tuple[float, float] | None, axes: str = ""
) -> list[dict[str, Any]]:
    """Traces for the places of both; none where there is no place.

    Args:
        primary: x and y.
        pinned: x and y.
        axes: number of the axes, ``2`` say; empty for the first.
    """
    places = (("square-open", pinned), ("circle-open", primary))
    return [
        {
            "type": "scattergl",
            "x": [place[0]],
            "y": [place[1]],
            "mode": "markers",
            "marker": {
                "symbol": symbol,
                "size": _SIZE,
                "color": colour,
                "line": {"width": width, "color": colour},
            },
            "hoverinfo": "skip",
            "showlegend": False,
            "xaxis": f"x{axes}",
            "yaxis": f"y{axes}",
        }
        for symbol, place in places
        if place is not None
        for colour, width in _LAYERS
    ]
