"""The codes of two checkpoints for the same utterances on maps that can be laid on each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import say
from app.parts.colouring import Colouring, colouring
from app.parts.drawings import drawn_figure
from app.parts.figures import figure, selected_ids
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.rows import dots_svg
from app.parts.style import modality_colour
from app.parts.thinning import thinned, thinned_words
from app.screens.compare.aligned_maps_figure import (
    EXPLANATION,
    Drawn,
    aligned_caption,
    aligned_figure,
    aligned_finding,
    aligned_frame,
    own_colouring,
    space_name,
    utterance_sentence,
)
from mmmie.analysis.codes.aligned_codes import AlignedCodes, align_codes

_KEY = "aligned-maps"
_CHOSEN = "aligned-maps-chosen"
_MOVED, _KEPT = "how far it moved", "neighbours kept"
_OVERVIEW_MOST = 1500


@fragment
def draw_aligned_maps(view: state.View, other: state.View) -> None:
    """The maps of one space with its controls, and how much every space agrees.

    Args:
        view: the first checkpoint.
        other: the second, on the same split of the same corpus.
    """
    if st.session_state.pop(_CHOSEN, False):
        st.rerun()  # the selection is the page's, not only of this part
    spaces = common_spaces(view, other)
    heading = st.empty()
    space_box, colour_box = st.columns([1, 3], vertical_alignment="bottom")
    space = str(
        space_box.selectbox(
            "Code",
            spaces,
            format_func=space_name,
            key="compare_space",
            bind="query-params",
            help="z: invariant, s: specific code of a modality; fused: what the head reads.",
        )
    )
    by = colour_box.segmented_control(
        "Colour",
        [view.colour_by.replace("_", " "), _MOVED, _KEPT],
        default=view.colour_by.replace("_", " "),
        required=True,
        key=f"compare-colour-{view.colour_by}",
        wrap=True,
    )
    aligned = _aligned(*_keys(view, other), space, view, other)
    say.finding(plain(aligned_finding(aligned, space, view.within)), place=heading)
    maps, overview = wide_columns([5, 2], key="aligned-columns", least=280)
    with maps:
        _maps(view, other, aligned, space, str(by))
    with overview:
        _overview(view, other, spaces, space)


def common_spaces(view: state.View, other: state.View) -> list[str]:
    """The codes that both checkpoints have, the fused one first."""
    theirs = other.outputs.spaces
    return ["fused", *(s for s in view.outputs.spaces if s != "fused" and s in theirs)]


def _maps(view: state.View, other: state.View, aligned: AlignedCodes, space: str, by: str) -> None:
    frame = view.frame
    always = [*view.selected, view.primary, *([] if view.pinned is None else [view.pinned])]
    drawn = Drawn(
        frame,
        thinned(len(frame), always),
        view.within,
        view.selected,
        view.primary,
        view.pinned,
        _colours(view, aligned, space, by),
    )
    sample = f"all {len(frame):,} utterances of the {view.split} split"
    sample += thinned_words(len(drawn.rows), len(frame))
    figure(
        aligned_figure(aligned, drawn, (view.choice.name, other.choice.name)),
        key=_KEY,
        caption=aligned_caption(aligned, sample),
        explanation=EXPLANATION,
        data=aligned_frame(aligned, frame["id"]),
        alt=f"Maps of {space_name(space)} of both checkpoints, the second aligned to the first.",
        on_select=_take,
    )
    rows = [view.primary] if view.pinned is None else [view.primary, view.pinned]
    said = [
        f"Utterance {plain(str(frame['id'].iloc[row]))} {utterance_sentence(aligned, row)}."
        for row in rows
    ]
    say.caption(" ".join(said))


def _colours(view: state.View, aligned: AlignedCodes, space: str, by: str) -> Colouring:
    if by == _MOVED:
        return own_colouring(aligned.moved, "moved")
    if by == _KEPT:
        return own_colouring(aligned.overlap, "share of neighbours kept", 1.0)
    if view.colour_by == "modality":
        modality = space.partition(".")[2] or "fused"
        hue = modality_colour(modality, list(view.corpus.modalities))
        return Colouring(np.full(len(view.frame), hue, object))
    return colouring(view.frame, view.colour_by, view.corpus.label)


def _overview(view: state.View, other: state.View, spaces: list[str], space: str) -> None:
    table = _agreement(*_keys(view, other), tuple(spaces), view, other)
    known = table.dropna(subset=["neighbours_kept"])
    if known.empty:
        return
    rows = known.sort_values("neighbours_kept", ascending=False, kind="stable")
    rows = rows.assign(label=rows["space"].map(space_name), value=rows["neighbours_kept"])
    chosen = space_name(space)
    first = rows["label"].iloc[0]
    say.words(f"**They agree most on {plain(first)}, least on {plain(rows['label'].iloc[-1])}**")
    used = int(table["utterances"].iloc[0])
    drawn_figure(
        dots_svg(
            rows,
            "share of the nearest in both",
            "How far both checkpoints agree on the neighbours of an utterance, code by code.",
            highlight=chosen,
            reference=float(table["by_chance"].iloc[0]),
            reference_name="chance",
            share=True,
        ),
        key="compare-agreement",
        caption=f"{'All' if used == len(view.frame) else 'A fixed random sample of'} {used:,} "
        f"utterances of the {view.split} split.",
        explanation="For every code that both checkpoints have: the share of an utterance's ten "
        "nearest by cosine that both agree on, a mean over utterances. Every model is trained "
        "from other random weights where its seed differs, so some disagreement is not due to "
        "the configuration. The download also holds CKA and what remains after alignment.",
        data=table,
    )


def _keys(view: state.View, other: state.View) -> tuple[str, str, str, str]:
    return (
        view.checkpoint.fingerprint,
        other.checkpoint.fingerprint,
        view.corpus.fingerprint,
        view.split,
    )


@st.cache_data(show_spinner="Aligning the codes", max_entries=60)
def _aligned(
    first: str,
    second: str,
    corpus: str,
    split: str,
    space: str,
    _view: state.View,
    _other: state.View,
) -> AlignedCodes:
    return align_codes(_view.outputs.spaces[space], _other.outputs.spaces[space])


@st.cache_data(show_spinner="Aligning the codes", max_entries=20)
def _agreement(
    first: str,
    second: str,
    corpus: str,
    split: str,
    spaces: tuple[str, ...],
    _view: state.View,
    _other: state.View,
) -> pd.DataFrame:
    """Every common space on at most 1,500 utterances."""
    n = len(_view.outputs.rows)
    pick = np.sort(np.random.default_rng(0).permutation(n)[:_OVERVIEW_MOST])
    entries = []
    for space in spaces:
        found = align_codes(_view.outputs.spaces[space][pick], _other.outputs.spaces[space][pick])
        known = found.overlap[np.isfinite(found.overlap)]
        entries.append(
            {
                "space": space,
                "neighbours_kept": float(known.mean()) if len(known) else np.nan,
                "by_chance": found.overlap_by_chance,
                "cka": found.cka,
                "remains": found.disparity,
                "remains_random_pairs": found.chance,
                "utterances": len(pick),
            }
        )
    return pd.DataFrame(entries)


def _take() -> None:
    ids = selected_ids(_KEY)
    if ids:  # an empty event also follows every redraw: it does not mean "nothing"
        state.select(ids)
        st.session_state[_CHOSEN] = True
