"""The sidebar: what every page looks at."""

from __future__ import annotations

import streamlit as st

from app import loading, state
from app.components.export import draw_exports
from app.views.names import slice_names
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.jobs import list_runs, observe
from mmmie.training.checkpoint import checkpoint_folder
from mmmie.training.run_folder import ENDED


def draw_sidebar() -> None:
    """Draw the controls that all pages share."""
    with st.sidebar:
        available = state.choices()
        if available:
            _pickers(available)
        _open_another()
        _training_now()


def _pickers(available: dict[str, loading.Choice]) -> None:
    names = list(available)
    if st.session_state.get("checkpoint") not in names:
        st.session_state.pop("checkpoint", None)
    name = st.selectbox(
        "Checkpoint",
        names,
        key="checkpoint",
        bind="query-params",
        help="Shipped checkpoints, then the runs of this machine, newest first.",
    )
    others = [state.NONE, *(n for n in names if n != name)]
    if st.session_state.get("compare") not in others:
        st.session_state.pop("compare", None)
    st.selectbox("Compare with", others, key="compare", bind="query-params")
    try:
        checkpoint = loading.open_checkpoint(available[str(name)])
        corpus = loading.open_corpus(checkpoint)
    except InputError:
        return  # the page says what is wrong
    splits = corpus.splits
    if st.session_state.get("split") not in splits:
        st.session_state.pop("split", None)
    st.selectbox(
        "Split",
        splits,
        index=splits.index("valid") if "valid" in splits else 0,
        key="split",
        bind="query-params",
    )
    parts = [state.EVERYTHING, *state.slice_masks(corpus, str(st.session_state["split"]))]
    if st.session_state.get("slice") not in parts:
        st.session_state.pop("slice", None)
    st.selectbox(
        "Slice",
        parts,
        format_func=slice_names(parts).__getitem__,
        key="slice",
        bind="query-params",
        help="Pages then show these utterances only; maps fade the others.",
    )
    options = state.colour_options(corpus)
    if st.session_state.get("colour") not in options:
        st.session_state.pop("colour", None)
    st.selectbox(
        "Colour by", options, index=options.index("label"), key="colour", bind="query-params"
    )
    _selection_box(corpus)
    draw_exports(checkpoint, corpus)


def _selection_box(corpus: Corpus) -> None:
    chosen = state.selection()
    state.publish_selection()
    typed = st.text_input(
        "Utterance",
        value=chosen.primary or "",
        placeholder="type an id",
        help="The utterance that every page shows. Click one on a map or in a table, or type it.",
    )
    if typed and not (corpus.utterances["id"] == typed).any():
        st.caption(f"No utterance of this corpus has the id “{typed}”.")
    if typed != (chosen.primary or ""):
        ids = chosen.ids if typed in chosen.ids else ((typed,) if typed else ())
        state.select(ids, typed or None)
        st.rerun()
    if len(chosen.ids) > 1:
        left, right = st.columns([3, 2], vertical_alignment="center")
        left.caption(f"{len(chosen.ids)} utterances selected")
        if right.button("Clear", width="stretch"):
            state.select([])
            st.rerun()


def _open_another() -> None:
    with st.popover("Open a folder", icon=":material/folder_open:", width="stretch"):
        path = st.text_input("Checkpoint or run folder", placeholder="/path/to/run")
        # A callback, because the value of a widget can only be set before it is drawn.
        st.button("Open", disabled=not path, on_click=_open, args=(path,))
        if fault := st.session_state.pop("open_fault", None):
            st.error(fault)


def _open(path: str) -> None:
    try:
        checkpoint_folder(path)
    except InputError as error:
        st.session_state["open_fault"] = str(error)
        return
    opened = [p for p in st.session_state.get("opened", []) if p != path]
    st.session_state["opened"] = [*opened, path]
    st.session_state["checkpoint"] = path


def _training_now() -> None:
    for run in list_runs(loading.runs_folder())[:20]:
        status = observe(run)
        if status is not None and status.state not in ENDED:
            st.progress(
                min(status.progress, 1.0),
                text=f"{run.path.name}: {status.state}, epoch {status.epoch} of {status.epochs}",
            )
