"""How the codes came to be where they are: the snapshots of the run, epoch by epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app import loading, state
from app.parts import page_text as say
from app.parts.colouring import colouring
from app.parts.figures import figure_footer
from app.parts.fragment import fragment
from app.parts.maps import (
    Marks,
    Panel,
    Places,
    maps_message,
    point_maps,
    steps,
    utterance_words,
    value_words,
)
from app.parts.names import plain
from app.parts.style import modality_colour
from mmmie.analysis.codes.snapshots import (
    CodeHistory,
    agreement,
    on_last_axes,
    read_history,
    snapshot_files,
)
from mmmie.errors import InputError

_KEY, _HEIGHT = "code-epochs", 430
_TOGETHER = "shared codes z of all modalities"
_EXPLANATION = """
Both maps keep the axes of the last epoch, so what moves on the map moved in the space. On the left
are the shared codes of all modalities, each in its hue: they come together as their mutual
information is maximised. On the right is the fused code, which comes to order utterances by the
label, or the own code of one modality. Use the slider, or press play. A direction that mattered
early and not in the end is not shown.

The ring is the utterance that is looked at, the square the pinned one, where they are among the
utterances that the run kept; on the left they stand once for each modality. What is outside the
slice or the selection is faded. Click a point, or drag a box or a lasso, to choose utterances on
every page.
"""


def draw_code_epochs(view: state.View) -> None:
    """The maps over the epochs, or a sentence where the run kept no snapshots."""
    files = snapshot_files(view.checkpoint.info.folder)
    if not files:
        st.info(
            "This checkpoint comes without snapshots of its training. Runs on this machine keep "
            "them: train one to watch the codes move.",
            icon=":material/info:",
        )
        return
    stamps = tuple(map(loading.stamp_of, files))
    try:
        history = _history([str(f) for f in files], view.outputs.modalities, stamps)
    except InputError as error:
        st.warning(plain(str(error)), icon=":material/report:")
        return
    if history.faults:
        more = f" {len(history.faults) - 1} more are left out." if len(history.faults) > 1 else ""
        st.warning(plain(f"{history.faults[0]}.{more}"), icon=":material/report:")
    table = view.corpus.utterances.set_index("id")
    if not set(history.ids) <= set(table.index):
        st.info("The snapshots of this run are of another corpus.", icon=":material/info:")
        return
    _maps(view, history, table.loc[history.ids].reset_index())


@fragment
def _maps(view: state.View, history: CodeHistory, kept: pd.DataFrame) -> None:
    names = {"fused": "fused", **{f"specific.{m}": f"s {m}" for m in history.specific}}
    space = "fused"
    if history.specific:
        chosen = st.segmented_control(
            "On the right",
            list(names),
            format_func=lambda name: plain(names[name]),
            default="fused",
            required=True,
            key="epoch_space",
            wrap=True,
            bind="query-params",
        )
        space = str(chosen)
    by = view.colour_by
    if by not in (*kept, "modality"):  # what the model says is known of the page's split only
        by = "label"
    together, own = _moved(history, space)
    say.finding(_title(history))
    message = maps_message(
        epoch_places(history.epochs, together, names[space], own),
        utterance_words(kept, "label " + kept["label"].map(value_words)),
        _marks(view, kept, by),
        key=True,
        height=_HEIGHT,
    )
    point_maps(message, key=_KEY, choose=state.select)
    figure_footer(
        key=_KEY,
        caption=f"{len(kept)} utterances of the valid split, a fixed sample, after each of "
        f"{len(history.epochs)} epochs; the map on the right is coloured by "
        f"{plain(by.replace('_', ' '))}. Principal axes of the last epoch.",
        explanation=_EXPLANATION,
        data=lambda: _frame(history, together, space, own),
        pictures=(_KEY,),
    )


def epoch_places(
    epochs: list[int], together: dict[str, np.ndarray], name: str, own: np.ndarray
) -> Places:
    """Two maps over epochs: z of all modalities, each in its hue, and one other code.

    Args:
        epochs: (E,).
        together: modality → (E, n, 2), all on one projection.
        name: of the other code, ``fused`` or ``s text`` say.
        own: (E, n, 2) of the other code.
    """
    modalities = list(together)
    hues = {m: modality_colour(m, modalities) for m in modalities}
    joint = steps(np.stack(list(together.values())))
    buffers = {m: joint[i].tobytes() for i, m in enumerate(modalities)}
    buffers["own"] = steps(own).tobytes()
    first, *rest = modalities
    others = tuple((hues[m], m, m) for m in rest)
    code = name.removeprefix("s ")
    panels = (
        Panel(_TOGETHER, "", hues[first], first, others=others, together=True),
        Panel(name, "", modality_colour(code, modalities), "own", ring=code != name),
    )
    return Places(panels, 2, 2, buffers, hues, tuple(epochs))


def _moved(history: CodeHistory, space: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """z of every modality on one projection, and another code on its own, (E, n, 2) each."""
    count = len(history.ids)
    joint = on_last_axes(np.concatenate(list(history.invariant.values()), axis=1))
    together = {m: joint[:, i * count : (i + 1) * count] for i, m in enumerate(history.invariant)}
    kind, _, modality = space.partition(".")
    return together, on_last_axes(history.fused if kind == "fused" else history.specific[modality])


@st.cache_resource(show_spinner="Reading the snapshots", max_entries=8)
def _history(files: list[str], modalities: list[str], stamps: tuple[int, ...]) -> CodeHistory:
    return read_history([Path(f) for f in files], modalities)


def _title(history: CodeHistory) -> str:
    alike = agreement(history)
    if alike is None:
        return f"How the codes moved over {len(history.epochs)} epochs"
    return (
        f"The z of one utterance in two modalities: cosine {alike[0]:.2f} after epoch "
        f"{history.epochs[0]}, {alike[-1]:.2f} after epoch {history.epochs[-1]}"
    ).replace("-", "−")


def _marks(view: state.View, kept: pd.DataFrame, by: str) -> Marks:
    """Those of the page among the kept utterances; the slice filter is of the page's split only."""
    ids = kept["id"]
    place = {name: i for i, name in enumerate(ids)}
    chosen = state.selection()
    primary = place.get(view.frame["id"].iloc[view.primary])
    pinned = None if view.pinned is None else place.get(view.frame["id"].iloc[view.pinned])
    return Marks(
        selected=[place[name] for name in chosen.ids if name in place],
        primary=primary,
        pinned=pinned,
        within=~ids.isin(view.frame["id"][~view.within]).to_numpy(),
        joined=[],
        by=by,
        colours=None if by == "modality" else colouring(kept, by, view.corpus.label),
    )


def _frame(
    history: CodeHistory, together: dict[str, np.ndarray], space: str, own: np.ndarray
) -> pd.DataFrame:
    spaces = {**{f"invariant.{m}": p for m, p in together.items()}, space: own}
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
