"""Say it on the page and in its report: titles, findings, words, numbers and tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st
from markupsafe import Markup
from streamlit.delta_generator import DeltaGenerator

from app.export.record import Drawing, Heading, Number, Table, Verbatim, Words, add
from app.parts.names import escaped
from app.parts.style import three_digits

MOST_ROWS = 200


def title(text: str, place: DeltaGenerator | None = None, **options: Any) -> None:
    """The title of the page, its finding; see ``st.title``."""
    (place or st).title(text, **options)
    add(Heading(text, 1))


def heading(text: str, place: DeltaGenerator | None = None, **options: Any) -> None:
    """What stands over several findings; see ``st.header``."""
    (place or st).header(text, **options)
    add(Heading(text, 2))


def finding(text: str, place: DeltaGenerator | None = None, **options: Any) -> None:
    """What a figure or table shows, over it; see ``st.subheader``."""
    (place or st).subheader(text, **options)
    add(Heading(text, 3))


def words(text: str, place: DeltaGenerator | None = None, **options: Any) -> None:
    """Markdown; see ``st.markdown``."""
    (place or st).markdown(text, **options)
    add(Words(text))


def caption(text: str, place: DeltaGenerator | None = None, **options: Any) -> None:
    """Markdown in small; see ``st.caption``."""
    (place or st).caption(text, **options)
    add(Words(text, "caption"))


def verbatim(text: str) -> None:
    """Text of a corpus, shown as it is; see ``st.text``."""
    st.text(text)
    add(Verbatim(text))


def legend(html: str) -> None:
    """Markup that the app has written, every word of others in it escaped; see ``st.html``."""
    st.html(html)
    add(Drawing("", Markup(html)))


def formula(text: str) -> None:
    """A line of TeX; see ``st.latex``."""
    st.latex(text)
    add(Verbatim(text))


def number(
    name: str, value: str, note: str = "", *, place: DeltaGenerator | None = None, **options: Any
) -> None:
    """A key number; see ``st.metric``, whose delta is `note`."""
    (place or st).metric(name, value, note or None, **options)
    add(Number(name, value, note))


def table(frame: pd.DataFrame, *, markdown: Sequence[str] = (), **options: Any) -> None:
    """All rows; see ``st.table``.

    Args:
        markdown: the columns whose cells are Markdown; all other cells and names are text.
    """
    shown = frame.rename(columns={name: escaped(str(name)) for name in frame})
    for place, name in enumerate(frame):
        if name not in markdown and not pd.api.types.is_numeric_dtype(frame[name]):
            shown.isetitem(place, frame[name].map(_escaped_cell))
    st.table(shown, **options)
    add(_written(frame, options))


def _escaped_cell(value: Any) -> Any:
    return escaped(value) if isinstance(value, str) else value


def grid(frame: pd.DataFrame, **options: Any) -> Any:
    """Rows that can be sorted and chosen; see ``st.dataframe``, whose event it returns."""
    event = st.dataframe(frame, **options)
    add(_written(frame, options))
    return event


def _written(frame: pd.DataFrame, options: dict[str, Any]) -> Table:
    """The first rows as a reader sees them: columns in their order, under their labels."""
    settings: dict[str, Any] = options.get("column_config") or {}
    shown = frame.head(MOST_ROWS)
    order = options.get("column_order") or frame.columns
    shown = shown[[c for c in order if c in frame and settings.get(c, "") is not None]]
    if not options.get("hide_index"):
        shown = shown.reset_index()
    labels, cells = [], []
    for name in shown.columns:
        chosen = settings.get(name) or {}
        chosen = {"label": chosen} if isinstance(chosen, str) else chosen
        form = (chosen.get("type_config") or {}).get("format")
        labels.append(str(chosen.get("label") or name))
        cells.append([_cell(value, form) for value in shown[name]])
    numeric = [pd.api.types.is_numeric_dtype(shown[name]) for name in shown.columns]
    return Table(labels, list(zip(*cells, strict=True)), numeric, len(frame) - len(shown))


def _cell(value: Any, form: str | None) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if form and form.startswith("%"):
        return form % value
    if form == "percent":
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else three_digits(value)
