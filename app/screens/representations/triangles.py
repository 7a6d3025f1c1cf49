"""The claims of the codes as pictures: triangles with and without the pull, clouds of own codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from app import state
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
from app.runs.shared_codes import (
    SIDES,
    Side,
    codes_over_training,
    codes_stamp,
    drawn_at_random,
    pairing_finding,
    panels_together,
    pull_sides,
    rows_of,
    together,
)
from mmmie.analysis.codes.pairing import Directions, common_plane, told_apart
from mmmie.analysis.codes.probes import label_matrix
from mmmie.analysis.codes.snapshots import CodeHistory, label_share
from mmmie.analysis.errors.resampling import Interval, conversation_codes
from mmmie.errors import InputError

_KEY, _HEIGHT = "triangles", 360
_AXES: tuple[Directions, ...] = ("discriminant", "principal")
_EXPLANATION = """
**What they share.** Each triangle is one utterance: its corners are the shared codes of its
modalities, on the principal axes of the last epoch. The number is the mean distance between the
codes of one utterance in two modalities, over that between the codes of two utterances, in all
dimensions: at 1 an utterance's own codes are as far apart as those of strangers, at 0 they
coincide. The pull (MI maximisation) makes triangles small. Colours that mix are no evidence: clouds
can lie on each other without a pull, too. That the right ones lie together is.

**What only one knows.** The own codes of all modalities on one pair of axes: those along which the
modalities differ most for the spread within each (Fisher's discriminant), or the widest
(principal). The share is how much of the variance of all own codes lies in that plane.

**What the prediction reads.** The fused code, which comes to order utterances by the label.

Axes are those of the last epoch; a direction that mattered early and not in the end is not shown.
On the first three maps every epoch is drawn about its centre, at its own scale. The ring is the
utterance that is looked at, the square the pinned one. Click a point, or drag a box or a lasso, to
choose utterances on every page.
"""


@dataclass(frozen=True)
class Rest:
    """What else the maps show of the model that is looked at, over E epochs.

    Attributes:
        own: modality → (E, n, 2), all on one pair of axes; empty where a run kept no own codes.
        share: of the variance of all own codes that lies on these axes.
        named: the share of own codes whose modality is told from them, after the last epoch.
        fused: (E, n, 2).
        label: (E,) the share of the label's variance that the two axes of `fused` explain.
    """

    own: dict[str, np.ndarray]
    share: float
    named: Interval | None
    fused: np.ndarray
    label: list[float]


def draw_triangles(view: state.View) -> None:
    """The maps over the epochs; as the codes are now where the run kept no snapshots."""
    try:
        history = codes_over_training(view)
    except InputError as error:
        st.warning(plain(str(error)), icon=":material/report:")
        return
    if history.faults:
        more = f" {len(history.faults) - 1} more are left out." if len(history.faults) > 1 else ""
        st.warning(plain(f"{history.faults[0]}.{more}"), icon=":material/report:")
    rows = rows_of(history, view.corpus)
    if rows is None:
        st.info("The snapshots of this run are of another corpus.", icon=":material/info:")
        return
    _maps(view, history, rows)


@fragment
def _maps(view: state.View, history: CodeHistory, rows: np.ndarray) -> None:
    kept = view.corpus.utterances.iloc[rows].reset_index(drop=True)
    by = view.colour_by
    if by not in (*kept, "modality"):  # what the model says is known of the page's split only
        by = "label"
    sides = pull_sides(view, history, rows)
    say.finding(pairing_finding(sides))
    maps = st.container()
    axes = _chosen_axes(history)
    rest = _rest(codes_stamp(view), axes, history, view, rows)
    marks = _marks(view, kept, by)
    message = maps_message(
        triangle_places(history.epochs, sides, rest, axes),
        utterance_words(kept, "label " + kept["label"].map(value_words)),
        marks,
        key=True,
        height=_HEIGHT,
    )
    with maps:
        point_maps(message, key=_KEY, choose=state.select)
    figure_footer(
        key=_KEY,
        caption=_caption(view, history, sides, len(marks.joined), by),
        explanation=_EXPLANATION,
        data=lambda: _frame(history, sides, rest),
        pictures=(_KEY,),
    )


def triangle_places(
    epochs: list[int], sides: Sequence[Side], rest: Rest, axes: Directions
) -> Places:
    """The maps: shared codes without and with the pull, own codes, and the fused one.

    Args:
        epochs: (E,); empty where there is one that has no name.
        axes: of the own codes.
    """
    modalities = list(sides[0].places)
    panels, buffers = panels_together(sides)
    if rest.own:
        named = "" if rest.named is None else f", modality told in {rest.named.value:.0%}"
        quality = f"{axes} axes, {rest.share:.0%} of variance{named}"
        own, held = together(Panel("What only one knows", quality, "", "", ring=True), rest.own)
        panels.append(own)
        buffers |= held
    buffers["fused"] = steps(rest.fused).tobytes()
    hue = modality_colour("fused", modalities)
    told = tuple(map(_label_words, rest.label))
    panels.append(Panel("What the prediction reads", "", hue, "fused", told=told))
    hues = {m: modality_colour(m, modalities) for m in modalities}
    return Places(tuple(panels), 2, 2, buffers, hues, tuple(epochs))


def _label_words(share: float) -> str:
    return f"two axes explain {share:.0%} of the label" if np.isfinite(share) else "two axes"


def _caption(
    view: state.View, history: CodeHistory, sides: Sequence[Side], triangles: int, by: str
) -> str:
    count = len(history.epochs)
    when = f"the valid split after each of {count} epochs" if count else f"the {view.split} split"
    return (
        f"{len(history.ids)} utterances of {when}"
        + (f"; triangles of {triangles} drawn at random" if len(history.invariant) > 1 else "")
        + f"; the last map by {plain(by.replace('_', ' '))}. Distances are those in all "
        "dimensions. "
        + ", ".join(f"{SIDES[s.pulled].capitalize()}: {plain(s.name)}" for s in sides)
        + "."
    )


def _chosen_axes(history: CodeHistory) -> Directions:
    if len(history.specific) < 2:
        return "principal"
    chosen = st.segmented_control(
        "Own codes on",
        _AXES,
        format_func=lambda axes: f"{axes} axes",
        default=_AXES[0],
        required=True,
        key="own_axes",
        bind="query-params",
        help="Discriminant axes are those along which the modalities differ most for the spread "
        "within each; principal axes are the widest.",
    )
    return "principal" if chosen == "principal" else "discriminant"


@st.cache_resource(show_spinner="Placing the codes", max_entries=16)
def _rest(
    stamp: tuple[object, ...],
    axes: Directions,
    _history: CodeHistory,
    _view: state.View,
    _rows: np.ndarray,
) -> Rest:
    own, share, named = {}, float("nan"), None
    if _history.specific:
        plane = common_plane(_history.specific, axes)
        own, share = plane.points, plane.share
        last = {m: s[-1] for m, s in _history.specific.items()}
        named = told_apart(last, conversation_codes(_view.corpus, _rows))
    fused = common_plane({"fused": _history.fused}, "principal").points["fused"]
    targets = label_matrix(_view.corpus, _rows)
    return Rest(own, share, named, fused, [label_share(points, targets) for points in fused])


def _marks(view: state.View, kept: pd.DataFrame, by: str) -> Marks:
    """Those of the page among the kept utterances; the slice filter is of the page's split only."""
    ids = kept["id"]
    place = {name: i for i, name in enumerate(ids)}
    chosen = state.selection()
    primary = place.get(view.frame["id"].iloc[view.primary])
    pinned = None if view.pinned is None else place.get(view.frame["id"].iloc[view.pinned])
    within = ~ids.isin(view.frame["id"][~view.within]).to_numpy()
    looked_at = [row for row in (primary, pinned) if row is not None]
    return Marks(
        selected=[place[name] for name in chosen.ids if name in place],
        primary=primary,
        pinned=pinned,
        within=within,
        joined=list(dict.fromkeys([*drawn_at_random(within), *looked_at])),
        by=by,
        colours=None if by == "modality" else colouring(kept, by, view.corpus.label),
    )


def _frame(history: CodeHistory, sides: Sequence[Side], rest: Rest) -> pd.DataFrame:
    spaces = {
        **{f"invariant.{m} {s.name}": p for s in sides for m, p in s.places.items()},
        **{f"specific.{m}": p for m, p in rest.own.items()},
        "fused": rest.fused,
    }
    return pd.concat(
        [
            pd.DataFrame(
                {"epoch": epoch, "space": name, "id": history.ids, "x": p[e, :, 0], "y": p[e, :, 1]}
            )
            for name, p in spaces.items()
            for e, epoch in enumerate(history.epochs or [None])
        ],
        ignore_index=True,
    )
