"""The nearest utterances of the primary one, in the space of the codes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.views.names import plain
from mmmie.analysis.neighbours import nearest

_COUNT = 8


def draw_neighbours(view: state.View) -> None:
    """A table of the nearest utterances; a click chooses one."""
    spaces = view.outputs.spaces
    titles = {name: _title(name) for name in ["fused", *(s for s in spaces if s != "fused")]}
    st.subheader("Which utterances are nearest to it, where the codes live?")
    space = st.selectbox(
        "Nearest in",
        list(titles),
        format_func=titles.__getitem__,
        key="neighbour_space",
        width=280,
        bind="query-params",
        help="The original space, with all its dimensions: a map can mislead, this cannot.",
    )
    primary = view.frame.iloc[view.primary]
    found, cosine = nearest(spaces[str(space)], view.primary, _COUNT)
    if not len(found):
        st.write("This split holds no other utterance.")
        return
    table = view.frame.iloc[found].assign(cosine=cosine)
    order = ("id", "cosine", "label", "prediction", "speaker", "transcript")
    table = table[[c for c in order if c in table]].reset_index(drop=True)
    # keyed by what it lists, so that a row chosen in another list does not stay chosen
    key = f"neighbours-{space}-{primary['id']}"
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        key=key,
        on_select=lambda: _take(key, table),
        selection_mode="single-row",
        column_config={
            "id": "utterance",
            "transcript": st.column_config.TextColumn("transcript", width="large"),
            "label": _number("label", table),
            "prediction": _number("prediction", table),
            "cosine": st.column_config.NumberColumn("cosine", format="%.3f"),
        },
    )
    st.caption(
        f"The {len(table)} utterances of the {view.split} split most similar to utterance "
        f"{plain(str(primary['id']))} by cosine in {titles[str(space)]}. Click a row to look at it."
    )


def _title(space: str) -> str:
    kind, _, modality = space.partition(".")
    return {"invariant": f"z {modality}", "specific": f"s {modality}"}.get(kind, "the fused code")


def _number(name: str, table: pd.DataFrame) -> Any:
    if not pd.api.types.is_numeric_dtype(table[name]):
        return name
    return st.column_config.NumberColumn(name, format="%.2f")


def _take(key: str, table: pd.DataFrame) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        chosen = str(table["id"].iloc[rows[0]])
        state.select(state.selection().ids or (chosen,), chosen)
