"""A figure as the reader meets it: picture, caption, explanation, and its data to take away."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.export.record import Footer, Picture, add
from app.parts.picture_buttons import picture_buttons
from mmmie.csv_export import csv_text

Mode = Literal["points", "box", "lasso"]

MENU = "About"
"""The menu of every figure: what it shows, and its data and picture to take away."""

_HEAD_START_SECONDS = 1.0


def _words_first() -> None:
    """Hold back the first figure of a session until what stands above it has been drawn.

    The first figure makes a browser read the plotting library. That keeps a small machine busy
    for two seconds, in which nothing else appears: words and numbers sent at the same time came
    after 4 to 5 seconds, sent a little earlier after 1.9.
    """
    if not st.session_state.get("figures_drawn"):
        st.session_state["figures_drawn"] = True
        time.sleep(_HEAD_START_SECONDS)


def figure(
    fig: go.Figure,
    *,
    key: str,
    caption: str,
    explanation: str,
    data: pd.DataFrame,
    alt: str,
    on_select: Callable[[], None] | None = None,
    selection_mode: tuple[Mode, ...] = ("points", "box", "lasso"),
) -> Any:
    """Draw a figure with what belongs to it.

    Args:
        fig: from `app.views`.
        key: unique on the page; also the name of the downloaded file.
        caption: sample, split and estimator, in one or two short sentences.
        on_select: called when the reader clicks or draws around points; the points are then in
            ``st.session_state[key]``, see `selected_ids`.
        selection_mode: what the reader may do, where `on_select` is given.

    Returns:
        What ``st.plotly_chart`` returns.
    """
    event = chart(fig, key=key, alt=alt, on_select=on_select, selection_mode=selection_mode)
    figure_footer(key=key, caption=caption, explanation=explanation, data=data, pictures=(key,))
    return event


def chart(
    fig: go.Figure,
    *,
    key: str,
    alt: str,
    on_select: Callable[[], None] | None = None,
    selection_mode: tuple[Mode, ...] = ("points", "box", "lasso"),
    without: tuple[str, ...] = (),
) -> Any:
    """Draw the picture alone, where several share one `figure_footer`.

    Args:
        fig: from `app.views`.
        key: unique on the page; name it, or a container around it, to `figure_footer`.
        on_select: as in `figure`.
        selection_mode: as in `figure`.

    Returns:
        What ``st.plotly_chart`` returns.
    """
    _words_first()
    add(Picture(key, fig, alt))
    shared: dict[str, Any] = {
        "theme": "streamlit",
        "width": "stretch",
        "key": key,
        "alt": alt,
        "config": {
            "displaylogo": False,
            "scrollZoom": False,
            # the footer offers the same with an opaque ground and the figure's name
            "modeBarButtonsToRemove": ["toImage", *without],
        },
    }
    if on_select is None:
        return st.plotly_chart(fig, **shared)
    return st.plotly_chart(fig, on_select=on_select, selection_mode=selection_mode, **shared)


def figure_footer(
    *,
    key: str,
    caption: str,
    explanation: str,
    data: pd.DataFrame | Callable[[], pd.DataFrame],
    pictures: Sequence[str] = (),
) -> None:
    """Caption, and a menu with explanation and downloads; for a table, or figures that share one.

    Args:
        key: unique on the page; also the name of the downloaded files.
        caption: sample, split and estimator, in one or two short sentences.
        data: what is shown, for the download; or what makes it when somebody downloads it.
        pictures: keys of the charts, or of a container around them, that PNG and SVG hold; they
            keep their places on the screen. None for a table.
    """
    add(Footer(key, caption, explanation, data, pictures))
    with st.container(key=f"{key}-footer", horizontal=True, gap="small"):
        st.caption(caption, width="stretch")
        with st.popover(MENU, type="tertiary", help="What this is; CSV, PNG and SVG."):
            st.markdown(explanation)
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.download_button(
                    "CSV",
                    data=lambda: csv_text(data() if callable(data) else data),
                    file_name=f"{key}.csv",
                    mime="text/csv",
                    key=f"{key}-csv",
                    type="tertiary",
                    icon=":material/download:",
                    on_click="ignore",
                    help="Download what is shown as a table.",
                )
                if pictures:
                    picture_buttons(key, pictures)


def selected_ids(key: str) -> list[str]:
    """The utterances that the reader chose on a figure, in order and without repeats.

    Points carry the utterance's id as ``customdata`` (its first entry, where there are several).
    """
    event = st.session_state.get(key) or {}
    points = (event.get("selection") or {}).get("points") or []
    ids: dict[str, None] = {}
    for point in points:
        held = point.get("customdata")
        if isinstance(held, (list, tuple)):
            held = held[0] if held else None
        elif isinstance(held, dict):  # what a browser makes of a list
            held = held.get("0")
        if held is not None:
            ids[str(held)] = None
    return list(ids)
