"""The codes of two checkpoints for the same utterances, on two maps with the same axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.colouring import Colouring, colouring
from app.parts.drawings import drawn_figure
from app.parts.figures import figure_footer
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
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
from app.parts.rows import dots_svg
from app.parts.style import SEQUENTIAL_SCALE, modality_colour
from mmmie.analysis.codes.alignment import AlignedCodes, align_codes

_KEY = "aligned-maps"
_MOVED, _KEPT = "how far it moved", "neighbours kept"
_OVERVIEW_MOST = 1500
_HEIGHT = 360
_MOST_LINES = 40

EXPLANATION = """
Each model is free to turn, mirror and stretch its codes, which changes nothing that it says. So
the second is **aligned** to the first before they are compared: both are reduced to their leading
principal components, then the second is shifted, scaled and rotated onto the first (orthogonal
Procrustes). Both maps have the axes of the first, the two directions in which its codes differ
most. A distance of 1 is the usual distance of its codes from their centre.

**What remains** is the share of the variance that no rotation removes. A rotation finds some
agreement between any two codes, so the share for utterances paired at random is given beside it.
**CKA** (linear centred kernel alignment) needs no alignment: 1 for the same picture, about 0 for
unrelated ones. **Neighbours** are the ten nearest by cosine in the original space of each, not on
the map.

Lines lead from where an utterance is in the first to where it is in the second: of the selection,
or of those that moved furthest. Click a point, or draw a box or a lasso, to choose utterances on
every page. Ring: the utterance that is looked at. Square: the pinned one.
"""


@fragment
def draw_aligned_maps(view: state.View, other: state.View) -> None:
    """The maps of one space with its controls, and how much every space agrees.

    Args:
        view: the first checkpoint.
        other: the second, on the same split of the same corpus.
    """
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
            help="z: shared code, s: own code of a modality; fused: what the head reads.",
        )
    )
    by = colour_box.segmented_control(
        "Colour",
        [view.colour_by.replace("_", " "), _MOVED, _KEPT],
        default=view.colour_by.replace("_", " "),
        format_func=plain,
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
    frame, key = view.frame, (*_keys(view, other), space)
    places, words = _places(key, aligned, view, (view.choice.name, other.choice.name))
    colours = _colours(view, aligned, by)
    marks = Marks(
        selected=view.selected,
        primary=view.primary,
        pinned=view.pinned,
        within=view.within,
        joined=[],
        by=by,
        colours=colours,
        traced=furthest_moved(aligned, view),
    )
    message = maps_message(places, words, marks, key=True, height=_HEIGHT)
    point_maps(message, key=_KEY, choose=state.select)
    figure_footer(
        key=_KEY,
        caption=aligned_caption(
            aligned, f"all {len(frame):,} utterances of the {view.split} split"
        ),
        explanation=EXPLANATION,
        data=lambda: aligned_frame(aligned, frame["id"]),
        pictures=(_KEY,),
    )
    rows = [view.primary] if view.pinned is None else [view.primary, view.pinned]
    said = [
        f"Utterance {plain(str(frame['id'].iloc[row]))} {utterance_sentence(aligned, row)}."
        for row in rows
    ]
    say.caption(" ".join(said))


@st.cache_resource(show_spinner=False, max_entries=8)
def _places(
    key: tuple[str, ...], _aligned: AlignedCodes, _view: state.View, names: tuple[str, str]
) -> tuple[Places, bytes]:
    modality = key[-1].partition(".")[2] or "fused"
    hue = modality_colour(modality, list(_view.corpus.modalities))
    return aligned_places(_aligned, names, hue), aligned_words(_aligned, _view.frame)


def _colours(view: state.View, aligned: AlignedCodes, by: str) -> Colouring | None:
    if by == _MOVED:
        return own_colouring(aligned.moved)
    if by == _KEPT:
        return own_colouring(aligned.overlap, 1.0)
    if view.colour_by == "modality":
        return None
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
    least, most = rows["value"].iloc[-1], rows["value"].iloc[0]
    last = plain(rows["label"].iloc[-1])
    say.words(f"**They agree on {most:.0%} in {plain(first)} to {least:.0%} in {last}**")
    used = int(table["utterances"].iloc[0])
    drawn_figure(
        dots_svg(
            rows,
            "share of the nearest in both",
            "How far both checkpoints agree on the neighbours of an utterance, code by code.",
            highlight=chosen,
            reference=float(table["by_chance"].iloc[0]),
            reference_name="at random",
            share=True,
        ),
        key="compare-agreement",
        caption=f"{'All' if used == len(view.frame) else 'A fixed random sample of'} {used:,} "
        f"utterances of the {view.split} split.",
        explanation="For every code that both checkpoints have: the share of an utterance's ten "
        "nearest by cosine that both agree on, a mean over utterances. Every model is trained "
        "from other random weights where its seed differs, so some disagreement is not due to "
        "the configuration. The download also has CKA and what remains after alignment.",
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


def space_name(space: str) -> str:
    """``invariant.text`` → ``z text``, ``fused`` → ``fused``."""
    kind, _, modality = space.partition(".")
    return f"{ {'invariant': 'z', 'specific': 's'}.get(kind, kind) } {modality}".strip()


def own_colouring(values: np.ndarray, most: float | None = None) -> Colouring:
    """Colours for what alignment found of every utterance (n,), from 0 up.

    `most` is the upper end; the 98th percentile if left out.
    """
    known = values[np.isfinite(values)]
    top = most or (float(np.quantile(known, 0.98)) if len(known) else 1.0)
    return Colouring(values, {"colorscale": SEQUENTIAL_SCALE, "cmin": 0, "cmax": top or 1.0})


def aligned_places(aligned: AlignedCodes, names: tuple[str, str], hue: str) -> Places:
    """Two maps with the axes of the first; lines on the second come from places on the first.

    Args:
        aligned: from `mmmie.analysis.codes.alignment.align_codes`.
    """
    first, second = steps(np.stack([aligned.first, aligned.second]))
    told = zip(names, ("first", "second, aligned"), aligned.explained, strict=True)
    panels = [
        Panel(name, f"{which}, {share:.0%} of variance", hue, which, projection="aligned")
        for name, which, share in told
    ]
    panels[1] = replace(panels[1], before=panels[0].points)
    buffers = {panels[0].points: first.tobytes(), panels[1].points: second.tobytes()}
    return Places(tuple(panels), 2, 2, buffers)


def aligned_words(aligned: AlignedCodes, frame: pd.DataFrame) -> bytes:
    """What a map says of each utterance: also how far it moved, and the neighbours it keeps."""
    kept = pd.Series(aligned.overlap, frame.index)
    told = "label " + frame["label"].map(value_words)
    told += ", moved " + pd.Series(aligned.moved, frame.index).map(value_words)
    told += kept.map(lambda k: f", neighbours kept {k:.0%}" if np.isfinite(k) else "")
    return utterance_words(frame, told)


def furthest_moved(aligned: AlignedCodes, view: state.View) -> list[int]:
    """The rows that get a line: the selection, else those that moved furthest; at most 40."""
    wanted = np.asarray(view.selected, int) if len(view.selected) > 1 else np.empty(0, int)
    pool = wanted if len(wanted) else np.flatnonzero(view.within)
    order = np.argsort(-aligned.moved[pool], kind="stable")
    chosen = {*pool[order[:_MOST_LINES]].tolist(), view.primary}
    return sorted(chosen if view.pinned is None else {*chosen, view.pinned})


def aligned_frame(aligned: AlignedCodes, ids: pd.Series) -> pd.DataFrame:
    """Both places of every utterance, how far it moved and how many neighbours it keeps."""
    return pd.DataFrame(
        {
            "id": ids.to_numpy(),
            "first_x": aligned.first[:, 0],
            "first_y": aligned.first[:, 1],
            "second_x": aligned.second[:, 0],
            "second_y": aligned.second[:, 1],
            "moved": aligned.moved,
            "neighbours_kept": aligned.overlap,
        }
    )


def aligned_finding(aligned: AlignedCodes, space: str, within: np.ndarray) -> str:
    """How much of an utterance's neighbourhood both agree on, as a sentence."""
    kept = aligned.overlap[within]
    name = space_name(space)
    if not np.isfinite(kept).any():
        return f"There are too few utterances to compare neighbours in {name}"
    name = "the fused code" if space == "fused" else name
    return (
        f"In {name} they agree on {np.nanmean(kept):.0%} of an utterance's "
        f"{aligned.neighbours} nearest; at random it would be {aligned.overlap_by_chance:.0%}"
    )


def aligned_caption(aligned: AlignedCodes, sample: str) -> str:
    """Sample, method and what remains after alignment."""
    kept = " and ".join(f"{share:.0%}" for share in aligned.kept)
    parts = [
        f"Means of the codes of {sample}. Aligned on {aligned.components} principal components, "
        f"which hold {kept} of the variance."
    ]
    if np.isfinite(aligned.disparity):
        chance = f", {aligned.chance:.0%} for random pairs" if np.isfinite(aligned.chance) else ""
        parts.append(f"After alignment {aligned.disparity:.0%} of it remains{chance}.")
    if aligned.cka is not None:
        parts.append(f"CKA {aligned.cka:.2f}.")
    parts.append(f"Neighbours by cosine among {aligned.candidates:,} utterances.")
    return " ".join(parts)


def utterance_sentence(aligned: AlignedCodes, row: int) -> str:
    """What alignment says of one utterance."""
    moved = aligned.moved[row]
    further = float((aligned.moved < moved).mean())
    said = f"moved {moved:.2f}, further than {further:.0%} of all"
    if np.isfinite(aligned.overlap[row]):
        kept = round(float(aligned.overlap[row]) * aligned.neighbours)
        said += f", and keeps {kept} of its {aligned.neighbours} nearest"
    return said
