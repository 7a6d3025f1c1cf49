"""The nearest utterances of the primary one, in the space of the codes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.drawings import draw
from app.parts.figures import figure_footer
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.listing import Column, listing
from app.parts.names import plain
from app.parts.slice_names import slice_titles
from mmmie.analysis.codes.neighbours import Metric, nearest

_COUNT = 8
_METRICS: dict[str, tuple[Metric, str, str]] = {
    "Cosine": ("cosine", "cosine", "most similar to it by cosine"),
    "Euclidean": ("euclidean", "distance", "at the smallest Euclidean distance from it"),
}


def draw_neighbours(view: state.View) -> None:
    """Tables of the nearest utterances of the primary one and the pinned one."""
    say.finding("Which utterances are nearest to it, where the codes live?")
    _tables(view, state.selection())


@fragment
def _tables(view: state.View, drawn_for: state.Selection) -> None:
    if state.selection() != drawn_for:  # a row was chosen in here: every part shows it
        st.rerun()
    spaces = view.outputs.spaces
    titles = {name: _title(name) for name in ["fused", *(s for s in spaces if s != "fused")]}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        space = st.selectbox(
            "Nearest in",
            list(titles),
            format_func=titles.__getitem__,
            key="neighbour_space",
            width=280,
            bind="query-params",
            help="The original space, with all its dimensions: a map can mislead, this cannot.",
        )
        metric = st.segmented_control(
            "By",
            list(_METRICS),
            default="Cosine",
            required=True,
            key="neighbour_metric",
            bind="query-params",
            help="Cosine compares directions, and is what InfoNCE may see; Euclidean distance "
            "compares lengths too.",
        )
    shown = [view.primary] if view.pinned is None else [view.primary, view.pinned]
    columns = wide_columns(len(shown), key="neighbours", least=420)
    for at, (column, row) in enumerate(zip(columns, shown, strict=True)):
        with column:
            _table(view, at, row, str(space), titles[str(space)], str(metric))


def _table(view: state.View, at: int, row: int, space: str, title: str, metric: str) -> None:
    """The nearest of one utterance, the `at`-th table; a click chooses one."""
    frame, of = view.frame, view.frame.iloc[row]
    measure, column, words = _METRICS[metric]
    name = plain(str(of["id"]))
    if view.pinned is not None:
        say.words(f"**{name}**, " + ("pinned" if row == view.pinned else "looked at"))
    found, values = nearest(
        view.outputs.spaces[space], row, _COUNT, metric=measure, among=view.within
    )
    where = "" if view.slice == state.EVERYTHING else f" with {_slice(view.slice)}"
    if not len(found):
        say.words(f"The {view.split} split holds no other utterance{where}.")
        return
    table = frame.iloc[found].assign(**{column: np.asarray(values, float)})
    numbers = 2 if view.corpus.label.classes is None else None
    columns = {
        "id": Column("utterance"),
        column: Column(column, digits=3),
        "label": Column("label", numbers),
        "prediction": Column("prediction", numbers),
        "speaker": Column("speaker"),
        "transcript": Column("transcript"),
    }
    draw(
        listing(
            table,
            {key: held for key, held in columns.items() if key in table},
            f"The nearest utterances in {title}",
            str(frame["id"].iloc[view.primary]),
        ),
        key=f"neighbours-{at}",
        choose=_take,
    )
    figure_footer(
        key=f"neighbours-{at}",
        caption=f"The {len(table)} utterances of the {view.split} split{where} {words} in "
        f"{plain(title)}, next to {name}. Click a row to look at it.",
        explanation="Distances are measured in the space itself, with all its dimensions. "
        "Neighbours that look alike to you (label, speaker, words) say what this code keeps.",
        data=table[[key for key in columns if key in table]],
    )


def _slice(name: str) -> str:
    return plain(slice_titles([name])[name])


def _title(space: str) -> str:
    kind, _, modality = space.partition(".")
    return {"invariant": f"z {modality}", "specific": f"s {modality}"}.get(kind, "the fused code")


def _take(name: str) -> None:
    state.select(state.selection().ids or (name,), name)
