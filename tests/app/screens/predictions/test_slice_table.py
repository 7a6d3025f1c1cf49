"""A click in the table of slices shows the slice of that row, and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import state
from app.parts.slice_names import slice_titles
from app.screens.predictions import slice_table
from mmmie import load_corpus
from tests.app.opening import goto

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.slow
def test_a_click_on_a_row_chooses_its_slice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harness clicks in no table, so a button for every row does what a click does."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    drawn: list[pd.DataFrame] = []
    real = st.dataframe

    def clicked(key: str, rows: list[int], on_select: Callable[[], None]) -> None:
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        on_select()

    def table(data: pd.DataFrame, *, key: str, **given: Any) -> Any:
        if key != slice_table._KEY:
            return real(data, key=key, **given)
        drawn.append(data)
        for name, rows in [*((str(i), [i]) for i in range(len(data))), ("none", [])]:
            st.button(
                name, key=f"row-{name}", on_click=clicked, args=(key, rows, given["on_select"])
            )
        return None

    monkeypatch.setattr(st, "dataframe", table)
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    app.query_params["checkpoint"] = "demo"
    app.query_params["predictions_tab"] = "Where it fails"
    goto(app, "predictions")
    assert not app.exception
    table_drawn = drawn[-1]
    masks = state.slice_masks(load_corpus("demo"), "valid")
    assert len(table_drawn) > 5
    for row in (1, 4, len(table_drawn) - 1):
        app.button(key=f"row-{row}").click().run()
        chosen = app.session_state["slice"]
        assert chosen != state.EVERYTHING
        assert int(masks[chosen].sum()) == table_drawn["n"].iloc[row]
        assert slice_titles(masks)[chosen] == table_drawn["slice"].iloc[row]
        # the table shows as chosen what the filter of the sidebar is
        assert app.session_state[slice_table._KEY]["selection"]["rows"] == [row]
    app.button(key="row-none").click().run()
    assert app.session_state["slice"] == state.EVERYTHING
    assert not app.exception
