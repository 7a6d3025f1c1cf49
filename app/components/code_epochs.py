"""How the codes came to be where they are: the snapshots of the run, epoch by epoch."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.figures import figure
from app.views.colouring import colouring
from app.views.epochs import Sample, Trail, epoch_maps
from app.views.names import beginning
from app.views.style import modality_colour
from mmmie.analysis.snapshots import (
    CodeHistory,
    agreement,
    on_last_axes,
    read_history,
    snapshot_files,
)

_EXPLANATION = """
Both maps keep the axes of the last epoch, so what moves on the map moved in the space. On the left
the modalities, each in its hue, come together as their mutual information is maximised; on the
right the fused code sorts itself by the label, or a specific code finds what is its own. Use the
slider or play. A direction that mattered early and not in the end is not shown.

The ring is the utterance that is looked at, the square the pinned one, where they are among the
utterances that the run kept; on the left they stand once for each modality. What is outside the
slice is faded.
"""


def draw_code_epochs(view: state.View) -> None:
    """The animated maps, or a sentence where the run kept no snapshots."""
    files = snapshot_files(view.checkpoint.info.folder)
    if not files:
        st.info(
            "This checkpoint comes without snapshots of its training. Runs on this machine keep "
            "them: train one to watch the codes move.",
            icon=":material/info:",
        )
        return
    history = _history([str(f) for f in files], view.outputs.modalities, files[-1].stat().st_mtime)
    table = view.corpus.utterances.set_index("id")
    if not set(history.ids) <= set(table.index):
        st.info("The snapshots of this run are of another corpus.", icon=":material/info:")
        return
    _maps(view, history, table.loc[history.ids].reset_index())


@st.fragment
def _maps(view: state.View, history: CodeHistory, kept: pd.DataFrame) -> None:
    names = {"fused": "fused", **{f"specific.{m}": f"s {m}" for m in history.specific}}
    space = "fused"
    if history.specific:
        chosen = st.segmented_control(
            "On the right",
            list(names),
            format_func=names.__getitem__,
            default="fused",
            required=True,
            key="epoch_space",
            wrap=True,
            bind="query-params",
        )
        space = str(chosen)
    kind, _, modality = space.partition(".")
    codes = history.fused if kind == "fused" else history.specific[modality]
    points, own = _moved(history), on_last_axes(codes)
    by, colours = view.colour_by, None
    if by not in kept:  # what the model says is known of the split that the page shows
        by = "modality" if by == "modality" else "label"
    if by != "modality":
        colours = colouring(kept, by, view.corpus.label)
    hue = modality_colour(modality or "fused", view.outputs.modalities)
    st.subheader(_title(history))
    figure(
        epoch_maps(
            history.epochs,
            points,
            Trail(names[space], own, hue, ring=kind == "specific"),
            colours,
            _sample(view, kept),
        ),
        key="code-epochs",
        caption=f"{len(kept)} utterances of the valid split, a fixed sample, after each of "
        f"{len(history.epochs)} epochs; the map on the right is coloured by "
        f"{by.replace('_', ' ')}. Principal axes of the last epoch.",
        explanation=_EXPLANATION,
        data=_frame(history, points, space, own),
        alt="Maps of the codes over the epochs.",
    )


def _moved(history: CodeHistory) -> dict[str, np.ndarray]:
    """Modality → (E, n, 2), z of all modalities on one projection."""
    count = len(history.ids)
    joint = on_last_axes(np.concatenate(list(history.invariant.values()), axis=1))
    return {m: joint[:, i * count : (i + 1) * count] for i, m in enumerate(history.invariant)}


@st.cache_resource(show_spinner="Reading the snapshots", max_entries=8)
def _history(files: list[str], modalities: list[str], stamp: float) -> CodeHistory:
    return read_history([Path(f) for f in files], modalities)


def _title(history: CodeHistory) -> str:
    alike = agreement(history)
    if alike is None:
        return f"How the codes moved over {len(history.epochs)} epochs"
    return (
        f"The z of one utterance in two modalities: cosine {alike[0]:.2f} after epoch "
        f"{history.epochs[0]}, {alike[-1]:.2f} after epoch {history.epochs[-1]}"
    ).replace("-", "−")


def _sample(view: state.View, kept: pd.DataFrame) -> Sample:
    """Who is on the maps; the slice filter speaks of the page's split only."""
    ids, frame = kept["id"], view.frame
    outside = set(frame["id"][~view.within])
    place = {name: i for i, name in enumerate(ids)}
    pinned = None if view.pinned is None else place.get(frame["id"].iloc[view.pinned])
    words = kept["transcript"] if "transcript" in kept else [""] * len(kept)
    return Sample(
        hover=[
            f"<b>{html.escape(str(i))}</b><br>{html.escape(beginning(text))}"
            for i, text in zip(ids, words, strict=True)
        ],
        within=~ids.isin(outside).to_numpy(),
        primary=place.get(frame["id"].iloc[view.primary]),
        pinned=pinned,
    )


def _frame(
    history: CodeHistory, points: dict[str, np.ndarray], space: str, own: np.ndarray
) -> pd.DataFrame:
    spaces = {**{f"invariant.{m}": p for m, p in points.items()}, space: own}
    return pd.concat(
        [
            pd.DataFrame(
                {"epoch": epoch, "space": name, "id": history.ids, "x": p[e, :, 0], "y": p[e, :, 1]}
            )
            for name, p in spaces.items()
            for e, epoch in enumerate(history.epochs)
        ],
        ignore_index=True,
    )
