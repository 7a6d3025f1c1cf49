"""Dot plots: a value with its interval on every row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.names import figure_text
from app.views.style import ACCENT, NEUTRAL, blank
from app.views.words import interval_text

_ROW = 30


def dot_plot(
    rows: pd.DataFrame,
    x_title: str,
    *,
    highlight: str | None = None,
    reference: float | None = None,
    reference_name: str = "",
    share: bool = False,
) -> go.Figure:
    """One row a `label`, the first on top.

    Args:
        rows: `label`, `value` and, where known, `low`, `high`, `n`.
        x_title: the axis, with its unit.
        highlight: the label of the row that the page is about.
        reference: a value to compare with, drawn as a thin line.
        reference_name: what the line is.
        share: whether values are shares, written as percentages.
    """
    names = rows["label"].map(figure_text)
    figure = blank(height=100 + _ROW * max(len(rows), 2))
    low = _column(rows, "low")
    high = _column(rows, "high")
    own = (rows["label"] == highlight).to_numpy()
    at = np.arange(len(rows))[::-1]  # not the names, which may be alike once they are cut
    for mask, colour, size in ((~own, NEUTRAL, 9), (own, ACCENT, 12)):
        part = rows[mask]
        if part.empty:
            continue
        hover = [
            f"<b>{name}</b><br>{interval_text(row['value'], lo, hi, share=share)}"
            + (f"<br>{row['n']:,} utterances" if "n" in rows else "")
            for row, name, lo, hi in zip(
                part.to_dict("records"), names[mask], low[mask], high[mask], strict=True
            )
        ]
        known = np.isfinite(high[mask]) & np.isfinite(low[mask])
        figure.add_scatter(
            x=part["value"],
            y=at[mask],
            mode="markers",
            marker={"color": colour, "size": size},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": np.where(known, high[mask] - part["value"], 0),
                "arrayminus": np.where(known, part["value"] - low[mask], 0),
                "thickness": 1.6,
                "width": 0,
                "color": colour,
            },
            text=hover,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    if reference is not None and np.isfinite(reference):
        figure.add_vline(
            x=reference,
            line={"color": NEUTRAL, "width": 1, "dash": "dot"},
            annotation={"text": reference_name, "font": {"size": 11}},
            annotation_position="top",
        )
    figure.update_yaxes(
        tickvals=at,
        ticktext=list(names),
        range=[-0.6, len(rows) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title=x_title, tickformat=".0%" if share else None)
    return figure


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(float) if name in rows else np.full(len(rows), np.nan)
