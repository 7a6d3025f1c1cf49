"""The table of final bounds: value, independent check, ceiling, and what may be concluded."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from app.parts import say
from app.screens.mutual_information.recorded_bounds import NONE, Unit, bounded, number

_PROSE_PIXELS, _NAME_PIXELS = 240, 180
_LONG = 36  # letters of a quantity, beyond which it takes two lines


def draw_conclusions(shown: pd.DataFrame) -> None:
    """Numbers stay on one line; on a narrow page the table scrolls sideways.

    Long names of modalities may break in the first column.
    """
    key = "mi-conclusions"
    long = shown.iloc[:, 0].str.len().max() > _LONG
    whole = "td:not(:last-child, :first-child)" if long else "td:not(:last-child)"
    st.html(
        f"<style>.st-key-{key} {whole} * {{white-space: nowrap}} "
        f".st-key-{key} td:last-child {{min-width: {_PROSE_PIXELS}px}}"
        f".st-key-{key} td:first-child {{min-width: {_NAME_PIXELS if long else 0}px}}</style>"
    )
    with st.container(key=key):
        say.table(shown, border="horizontal", hide_index=True)


def conclusions(table: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The table of final values in words; sentences stay in nats.

    Args:
        table: from `mmmie.analysis.bounds.history.bounds_table`.
    """
    rows = table.to_dict("records")
    columns = {
        "quantity": [row["quantity"] for row in rows],
        f"objective, {unit.name}": [
            bounded(row["bound"], row["nats"], row["std"], unit) for row in rows
        ],
        f"independent, {unit.name}": [_independent(row, unit) for row in rows],
        "ceiling": [number(row["ceiling"], unit) for row in rows],
        "true MI of the inputs": [number(row["truth"], unit) for row in rows],
        "estimator": [f"{row['estimator'].split(',')[0]}, {row['bound']}" for row in rows],
        "what may be concluded": [row["conclusion"] for row in rows],
    }
    return pd.DataFrame(
        {name: cells for name, cells in columns.items() if any(cell != NONE for cell in cells)}
    )


def _independent(row: dict[Any, Any], unit: Unit) -> str:
    """The bracket or the fresh critic: neither is part of the objective."""
    if math.isfinite(row["low"]):
        return f"bracket {number(row['low'], unit)} to {number(row['high'], unit)}"
    if math.isfinite(row["check"]):
        return f"fresh critic {bounded('lower', row['check'], row['check_std'], unit)}"
    return NONE
