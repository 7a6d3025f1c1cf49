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
from app.views.epochs import epoch_maps
from mmmie.analysis.snapshots import (
    CodeHistory,
    agreement,
    on_last_axes,
    read_history,
    snapshot_files,
)


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
    sample = table.loc[history.ids].reset_index()
    joint = np.concatenate(list(history.invariant.values()), axis=1)
    parts = np.split(on_last_axes(joint), len(history.invariant), axis=1)
    points = dict(zip(history.invariant, parts, strict=True))
    fused = on_last_axes(history.fused)
    st.subheader(_title(history))
    figure(
        epoch_maps(
            history.epochs,
            points,
            fused,
            colouring(sample, "label", view.corpus.label),
            _hover(sample),
        ),
        key="code-epochs",
        caption=f"{len(sample)} utterances of the valid split, a fixed sample, after each of "
        f"{len(history.epochs)} epochs; the fused map is coloured by label. Principal axes of the "
        f"last epoch.",
        explanation="Both maps keep the axes of the last epoch, so what moves on the map moved in "
        "the space. On the left the modalities, each in its hue, come together as their mutual "
        "information is maximised; on the right the fused code sorts itself by the label. Use the "
        "slider or play. A direction that mattered early and not in the end is not shown.",
        data=_frame(history, points, fused),
        alt="Maps of the codes over the epochs.",
    )


@st.cache_data(show_spinner="Reading the snapshots", max_entries=8)
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


def _hover(sample: pd.DataFrame) -> list[str]:
    words = sample["transcript"] if "transcript" in sample else [""] * len(sample)
    return [
        f"<b>{html.escape(str(i))}</b><br>{html.escape(str(text)[:70]) if pd.notna(text) else ''}"
        for i, text in zip(sample["id"], words, strict=True)
    ]


def _frame(history: CodeHistory, points: dict[str, np.ndarray], fused: np.ndarray) -> pd.DataFrame:
    spaces = {**{f"invariant.{m}": p for m, p in points.items()}, "fused": fused}
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
