"""Everything that a page shows as text, by how the browser reads it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from streamlit.testing.v1 import AppTest

# What a browser shows as it is: values that are typed, options of lists, file names, keys.
AS_IT_IS = {
    "Selectbox.options", "Selectbox.raw_value", "Selectbox.default", "MultiSelect.options",
    "TextInput.value", "TextInput.default", "TextInput.placeholder", "TextArea.default",
    "TextArea.value", "Code.code_text", "Text.body", "DownloadButton.url", "FileUploader.type",
    "PlotlyChart.alt", "Arrow.alt",
}  # fmt: skip
IDS = re.compile(r"(^|\.)(id|key|form_id|widget_id|element_id|form_submit_button_id|icon)$")


def markdown_of(app: AppTest) -> Iterator[tuple[str, str]]:
    """Where it stands and the text, of all that may hold Markdown: whatever is not known as it is.

    Cells and headers of tables are among it, those of grids are not.
    """
    for kind, proto in protos(app):
        if kind in ("plotly_chart", "bidi_component", "html"):
            continue
        if kind == "table":
            yield from ((kind, text) for text in _cells(proto.arrow_data.data))
        yield from _strings(kind, proto)


def markup_of(app: AppTest) -> Iterator[tuple[str, str]]:
    """Where it stands and the text, of all that is HTML or a drawing."""
    for kind, proto in protos(app):
        if kind == "html":
            yield kind, proto.body
        elif kind == "bidi_component":
            held = _data(proto)
            for key in ("drawing", "svg", "html", "table"):
                if isinstance(held, dict) and isinstance(held.get(key), str):
                    yield f"{proto.component_name}.{key}", held[key]


def figures_of(app: AppTest) -> Iterator[dict[str, Any]]:
    """The figures of Plotly, as the browser gets them."""
    for kind, proto in protos(app):
        if kind == "plotly_chart":
            yield json.loads(proto.spec)


def protos(app: AppTest) -> Iterator[tuple[str, Any]]:
    """The kind and the message of everything on the page, frames included."""
    for node in app._tree:
        if getattr(node, "proto", None) is not None:
            yield node.type, node.proto


def _data(proto: Any) -> Any:
    if proto.WhichOneof("data") == "json":
        return json.loads(proto.json)
    return None


def _strings(path: str, message: Any) -> Iterator[tuple[str, str]]:
    """Every text in a message, with the name of its field."""
    if not hasattr(message, "DESCRIPTOR"):
        return
    for field, value in message.ListFields():
        name = f"{message.DESCRIPTOR.name}.{field.name}"
        if name in AS_IT_IS or IDS.search(name):
            continue
        entries = value if field.is_repeated else [value]
        if field.type == field.TYPE_MESSAGE:
            if field.message_type.GetOptions().map_entry:
                continue
            for entry in entries:
                yield from _strings(path, entry)
        elif field.type == field.TYPE_STRING:
            yield from ((f"{path}: {name}", entry) for entry in entries)


def _cells(data: bytes) -> Iterator[str]:
    table = pa.ipc.open_stream(io.BytesIO(data)).read_all()
    yield from table.column_names
    for column in table.columns:
        yield from (value for value in column.to_pylist() if isinstance(value, str))


def written(figure: dict[str, Any]) -> Iterator[str]:
    """Every text that a figure draws: what an axis calls its places, if not these themselves."""
    layout = figure["layout"]
    for key, axis in layout.items():
        if key.startswith(("xaxis", "yaxis")):
            yield from texts(axis.get("ticktext"))
            yield from texts(axis.get("title"))
    for name in ("annotations", "title", "legend"):
        yield from texts(layout.get(name))
    for trace in figure["data"]:
        shown = " ".join(texts([trace.get("hovertemplate"), trace.get("texttemplate")]))
        for field in ("name", "text", "hovertext", "hovertemplate", "texttemplate"):
            yield from texts(trace.get(field))
        yield from _shown_data(trace.get("customdata"), shown)
        for letter in "xy":
            axis = layout.get(trace.get(f"{letter}axis", letter).replace(letter, f"{letter}axis"))
            if "ticktext" not in (axis or {}) or f"%{{{letter}" in shown:
                yield from texts(trace.get(letter))


def texts(value: Any) -> Iterator[str]:
    """The texts in a part of a figure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, (list, tuple, np.ndarray, pd.Series)):
        for inner in value:
            yield from texts(inner)


def _shown_data(data: Any, shown: str) -> Iterator[str]:
    """What a template shows of the data of the marks."""
    places = {int(place) for place in re.findall(r"%\{customdata\[(\d+)\]", shown)}
    if "%{customdata}" in shown:
        yield from texts(data)
    for entry in data if places and isinstance(data, (list, tuple, np.ndarray)) else []:
        yield from (text for place in places for text in texts(entry[place]))


class Markup(HTMLParser):
    """The tags of some markup, and all that loads or runs something or leads away."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.active: list[tuple[str, str | None]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.active += [
            (name, value)
            for name, value in attributes
            if name.startswith("on") or name in ("href", "src", "srcset", "xlink:href", "action")
        ]
