"""A short list of utterances to choose from, as an HTML table.

A browser takes a third of a second to set up a grid with sorting and scrolling of its own; these
few rows it writes at once, they can be reached by the keyboard, and a screen reader knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import pandas as pd

_BUTTON = "all: unset; cursor: pointer; text-decoration: underline dotted"


@dataclass(frozen=True)
class Column:
    """A column of a list.

    Attributes:
        title: above it.
        digits: behind the point; None where it holds words.
        signed: whether a plus is written.
        hint: what the pointer says on the title.
    """

    title: str
    digits: int | None = None
    signed: bool = False
    hint: str = ""


def listing(rows: pd.DataFrame, columns: dict[str, Column], alt: str, looked_at: str) -> str:
    """The rows in their order; choosing one is choosing its `id`.

    Args:
        rows: with `id` and what `columns` name.
        looked_at: the id of the utterance that stands out, if it is among them.
    """
    table = ElementTree.Element("table", {"class": "mmmie-list", "aria-label": alt})
    head = ElementTree.SubElement(ElementTree.SubElement(table, "thead"), "tr")
    for column in columns.values():
        cell = _cell(head, "th", column.title, column)
        if column.hint:
            cell.set("data-hint", column.hint)
    body = ElementTree.SubElement(table, "tbody")
    for row in rows.to_dict("records"):
        name = str(row["id"])
        own = {"aria-current": "true"} if name == looked_at else {}
        line = ElementTree.SubElement(body, "tr", {"data-choice": name, **own})
        for key, column in columns.items():
            if key != "id":
                _cell(line, "td", _written(row[key], column), column)
                continue
            cell = ElementTree.SubElement(line, "td")
            button = {"type": "button", "data-choice": name, "style": _BUTTON}
            ElementTree.SubElement(cell, "button", button).text = name
    return ElementTree.tostring(table, encoding="unicode", short_empty_elements=False)


def _cell(line: ElementTree.Element, tag: str, text: str, column: Column) -> ElementTree.Element:
    style = {} if column.digits is None else {"style": "text-align: right; white-space: nowrap"}
    cell = ElementTree.SubElement(line, tag, style)
    cell.text = text
    return cell


def _written(value: object, column: Column) -> str:
    if column.digits is None:
        return "" if pd.isna(value) else str(value)
    number = float(np.float64(value))  # type: ignore[arg-type]
    if not np.isfinite(number):
        return "–"
    number = round(number, column.digits) + 0.0  # no minus before a zero
    sign = "+" if column.signed else ""
    return f"{number:{sign}.{column.digits}f}".replace("-", "−")
