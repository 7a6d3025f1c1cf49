"""Figures of the lesson: the house style, large enough to be read from the back of a room."""

from __future__ import annotations

import plotly.graph_objects as go

LETTERS = 15
TALL = 120  # pixels of a row of small panels


def large(figure: go.Figure) -> go.Figure:
    """The same figure with large letters."""
    figure.update_layout(
        font={"size": LETTERS}, legend={"font": {"size": LETTERS}}, hoverlabel={"font_size": 14}
    )
    figure.update_xaxes(title_font={"size": LETTERS}, tickfont={"size": LETTERS - 2})
    figure.update_yaxes(title_font={"size": LETTERS}, tickfont={"size": LETTERS - 2})
    figure.update_annotations(font={"size": LETTERS})
    return figure
