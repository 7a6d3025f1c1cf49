"""What a page has drawn, in the words of a report."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd
from markupsafe import Markup
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element

from app.export.page_record import Path
from app.export.report import (
    Bubbles,
    Group,
    Heading,
    Legend,
    Number,
    Part,
    Picture,
    Table,
    Verbatim,
    Words,
)
from app.parts.drawings import DRAWING
from app.parts.maps import MAPS
from app.parts.maps_figure import maps_figure
from app.parts.style import three_digits

MOST_ROWS = 200
_STYLES = re.compile(r"\s*<style")
_ACTIVE = re.compile(r"<\s*(script|iframe|object|embed|link|meta|base|form)|\son\w+\s*=", re.I)


def page_parts(drawn: list[tuple[Path, Delta]]) -> Group:
    """The page as nested parts; controls and what a report cannot hold are left out.

    Args:
        drawn: from `PageRecord.in_order`.
    """
    page = Group()
    groups: dict[Path, Group] = {}
    for path, delta in drawn:
        parent = next(
            (groups[path[:n]] for n in range(len(path) - 1, 0, -1) if path[:n] in groups), page
        )
        if delta.WhichOneof("type") == "add_block":
            groups[path] = _group(delta.add_block)
            parent.parts.append(groups[path])
        elif (part := _part(delta.new_element)) is not None:
            parent.parts.append(part)
    _prune(page)
    while page.parts and isinstance(page.parts[-1], Heading) and len(page.parts) > 1:
        page.parts.pop()  # it stood over links or controls
    return page


def _prune(group: Group) -> None:
    """Drop containers that hold nothing, and those around a single thing that say nothing."""
    kept: list[Part] = []
    for part in group.parts:
        if isinstance(part, Group):
            _prune(part)
            if not part.parts:
                continue
            plain = part.kind in ("stack", "row")
            if plain and group.kind != "row" and (len(part.parts) == 1 or part.kind == "stack"):
                kept += part.parts
                continue
        kept.append(part)
    group.parts = kept


def _group(block: Block) -> Group:
    kind = block.WhichOneof("type")
    if kind in ("expandable", "popover", "tab"):
        return Group("details", label=getattr(block, kind).label)
    if kind == "column":
        return Group("stack", weight=block.column.weight)
    if kind == "horizontal":
        return Group("row")
    if kind == "flex_container":
        flex = block.flex_container
        if flex.border:
            return Group("box")
        if flex.direction == Block.FlexContainer.Direction.HORIZONTAL:
            return Group("row")
    return Group()


def _part(element: Element) -> Part | None:
    kind = element.WhichOneof("type")
    read = _READERS.get(kind or "")
    return read(getattr(element, str(kind))) if read else None


def _heading(heading: Any) -> Part:
    return Heading(heading.body, int(heading.tag.removeprefix("h")))


def _markdown(markdown: Any) -> Part | None:
    caption = markdown.element_type == markdown.Type.CAPTION
    if markdown.allow_html or not markdown.body.strip():
        return None  # styles, not words
    return Words(markdown.body, "caption" if caption else "text")


def _alert(alert: Any) -> Part:
    return Words(alert.body, "message")


def _text(text: Any) -> Part:
    return Verbatim(text.body)


def _code(code: Any) -> Part:
    return Verbatim(code.code_text, code=True)


def _metric(metric: Any) -> Part:
    return Number(metric.label, metric.body, metric.delta)


def _chart(chart: Any) -> Part:
    return Picture(chart.spec, chart.alt)


def _html(html: Any) -> Part | None:
    # The app cleans such text in the browser; a file has nobody to do that.
    if _STYLES.match(html.body) or _ACTIVE.search(html.body):
        return None
    return Legend(Markup(html.body))


def _static_table(table: Any) -> Part:
    return _rows(_frame(table.arrow_data.data), hide_index=table.hide_index)


def _dataframe(table: Any) -> Part | None:
    data = table.arrow_data.data or table.lazy_data.initial_chunk
    if not data:
        return None
    frame = _frame(data)
    settings: dict[str, Any] = json.loads(table.columns or "{}")
    more = max(int(table.lazy_data.row_count) - len(frame), 0)
    shown = [c for c in (table.column_order or frame.columns) if c in frame.columns]
    shown = [c for c in shown if not settings.get(c, {}).get("hidden")]
    hide_index = bool(settings.get("_index", {}).get("hidden"))
    return _rows(frame[shown], hide_index=hide_index, settings=settings, more=more)


def _component(component: Any) -> Part | None:
    """Maps, drawings and chats; buttons and players have nothing to say on paper."""
    if component.component_name.endswith(MAPS):
        return Picture(str(maps_figure(component.bytes).to_json()), "Maps of the codes.")
    if component.component_name.endswith(DRAWING):
        return Legend(Markup(json.loads(component.json)["drawing"]))
    if "bubbles" not in component.json:
        return None
    held = json.loads(component.json)
    return Bubbles(held["bubbles"])


_READERS = {
    "heading": _heading,
    "markdown": _markdown,
    "alert": _alert,
    "text": _text,
    "code": _code,
    "metric": _metric,
    "plotly_chart": _chart,
    "html": _html,
    "table": _static_table,
    "dataframe": _dataframe,
    "bidi_component": _component,
}


def _frame(data: bytes) -> pd.DataFrame:
    import pyarrow as pa

    return pa.ipc.open_stream(pa.py_buffer(data)).read_pandas()


def _rows(
    frame: pd.DataFrame,
    *,
    hide_index: bool,
    settings: dict[str, Any] | None = None,
    more: int = 0,
) -> Table:
    settings = settings or {}
    shown = frame.head(MOST_ROWS)
    if not hide_index:
        shown = shown.reset_index()
    labels, written = [], []
    for name in shown.columns:
        chosen = settings.get(str(name)) or {}
        form = (chosen.get("type_config") or {}).get("format")
        labels.append(str(chosen.get("label") or name))
        written.append([_cell(value, form) for value in shown[name]])
    return Table(
        labels,
        list(zip(*written, strict=True)),
        [pd.api.types.is_numeric_dtype(shown[name]) for name in shown.columns],
        len(frame) - len(shown) + more,
    )


def _cell(value: Any, form: str | None) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if form and form.startswith("%"):
        return form % value
    if form == "percent":
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else three_digits(value)
