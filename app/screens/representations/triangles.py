"""The claims of the codes as pictures: triangles with and without the pull, clouds of own codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from app.parts.numbers import interval_text
from app.parts.style import modality_colour
from mmmie.analysis.codes.pairing import Directions, common_plane, pairing, told_apart
from mmmie.analysis.codes.probes import label_matrix
from mmmie.analysis.codes.snapshots import (
    CodeHistory,
    label_share,
    read_history,
    snapshot_files,
)
from mmmie.analysis.configurations import maximises
from mmmie.analysis.errors.resampling import Interval, conversation_codes
from mmmie.errors import InputError

_KEY, _HEIGHT = "triangles", 360
_MOST_TRIANGLES, _MOST_POINTS = 30, 500
_AXES: tuple[Directions, ...] = ("discriminant", "principal")
_SIDES = {False: "without the pull", True: "with the pull"}
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
class Side:
    """The shared codes of one model over E epochs.

    Attributes:
        name: of the checkpoint.
        pulled: whether it was trained with MI maximisation.
        places: modality → (E, n, 2), all on one pair of axes.
        apart: (E,) from `pairing`.
    """

    name: str
    pulled: bool
    places: dict[str, np.ndarray]
    apart: list[Interval | None]


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
        history = _history_of(view)
    except InputError as error:
        st.warning(plain(str(error)), icon=":material/report:")
        return
    if history.faults:
        more = f" {len(history.faults) - 1} more are left out." if len(history.faults) > 1 else ""
        st.warning(plain(f"{history.faults[0]}.{more}"), icon=":material/report:")
    rows = pd.Index(view.corpus.utterances["id"]).get_indexer(pd.Index(history.ids))
    if (rows < 0).any():
        st.info("The snapshots of this run are of another corpus.", icon=":material/info:")
        return
    _maps(view, history, rows)


@fragment
def _maps(view: state.View, history: CodeHistory, rows: np.ndarray) -> None:
    kept = view.corpus.utterances.iloc[rows].reset_index(drop=True)
    by = view.colour_by
    if by not in (*kept, "modality"):  # what the model says is known of the page's split only
        by = "label"
    sides = _sides(view, history, rows)
    say.finding(pairing_finding(sides))
    maps = st.container()
    axes = _chosen_axes(history)
    rest = _rest(_stamp(view), axes, history, view, rows)
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


def pairing_finding(sides: Sequence[Side]) -> str:
    """How near one utterance's shared codes lie after the last epoch, with and without the pull."""
    told = {s.pulled: f"{s.apart[-1].value:.0%}" for s in sides if s.apart[-1] is not None}
    if not told:
        return "With one modality there is nothing to share"
    if len(told) == 1:
        return f"One utterance's codes lie at {told.popitem()[1]} of the distance of strangers"
    return (
        f"With the pull one utterance's codes lie at {told[True]} of the distance of strangers, "
        f"without it at {told[False]}"
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
    hues = {m: modality_colour(m, modalities) for m in modalities}
    buffers: dict[str, bytes] = {}
    panels: list[Panel] = []

    def together(panel: Panel, places: dict[str, np.ndarray]) -> None:
        placed = steps(_filling(np.stack(list(places.values()))))
        marks = [(hues[m], m, f"{panel.name} {m}") for m in modalities]
        buffers.update((key, placed[i].tobytes()) for i, (_, _, key) in enumerate(marks))
        (hue, _, first), *others = marks
        panels.append(replace(panel, hue=hue, points=first, others=tuple(others), together=True))

    for side in sides:
        which = f", {_SIDES[side.pulled]}" if len(sides) > 1 else ""
        told = tuple(map(_apart_words, side.apart))
        panel = Panel(f"What they share{which}", "", "", "", triangles=True, told=told)
        together(panel, side.places)
    if rest.own:
        named = "" if rest.named is None else f", modality told in {rest.named.value:.0%}"
        quality = f"{axes} axes, {rest.share:.0%} of variance{named}"
        together(Panel("What only one knows", quality, "", "", ring=True), rest.own)
    buffers["fused"] = steps(rest.fused).tobytes()
    hue = modality_colour("fused", modalities)
    told = tuple(map(_label_words, rest.label))
    panels.append(Panel("What the prediction reads", "", hue, "fused", told=told))
    return Places(tuple(panels), 2, 2, buffers, hues, tuple(epochs))


def _filling(points: np.ndarray) -> np.ndarray:
    """Points (M, E, n, 2) about the centre of their epoch, in units of its spread."""
    centred = points - points.mean((0, 2), keepdims=True)
    spread = np.sqrt((centred**2).mean((0, 2, 3), keepdims=True))
    filled: np.ndarray = centred / np.maximum(spread, 1e-9)
    return filled


def _apart_words(found: Interval | None) -> str:
    if found is None:
        return "one modality"
    return f"{interval_text(found.value, found.low, found.high)} of the distance of strangers"


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
        + ", ".join(f"{_SIDES[s.pulled].capitalize()}: {plain(s.name)}" for s in sides)
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


def _history_of(view: state.View) -> CodeHistory:
    """The snapshots of the run; without them some of the split's codes, as they are now.

    Raises:
        InputError: no snapshot can be read.
    """
    files = snapshot_files(view.checkpoint.info.folder)
    if files:
        return _read(_stamps(files), view.outputs.modalities)
    outputs = view.outputs
    some = np.linspace(0, len(outputs.rows) - 1, min(len(outputs.rows), _MOST_POINTS)).astype(int)
    codes = {name: held[some][None] for name, held in outputs.spaces.items()}
    return CodeHistory(
        epochs=[],
        ids=[str(i) for i in view.frame["id"].iloc[some]],
        invariant={m: codes[f"invariant.{m}"] for m in outputs.modalities},
        fused=codes["fused"],
        specific={m: codes[f"specific.{m}"] for m in outputs.modalities},
    )


Stamps = tuple[tuple[str, int], ...]


def _stamps(files: list[Path]) -> Stamps:
    return tuple((str(file), loading.stamp_of(file)) for file in files)


def _stamp(view: state.View) -> tuple[object, ...]:
    """What changes when the snapshots of a checkpoint or its codes of the split do."""
    return *view.key, _stamps(snapshot_files(view.checkpoint.info.folder))


# Cached as resources, not copied: nothing changes them.
@st.cache_resource(show_spinner="Reading the snapshots", max_entries=8)
def _read(stamps: Stamps, modalities: list[str]) -> CodeHistory:
    return read_history([Path(file) for file, _ in stamps], modalities)


def _sides(view: state.View, history: CodeHistory, rows: np.ndarray) -> list[Side]:
    """The model that is looked at and its closest relative without, or with, the pull."""
    pulled = maximises(view.checkpoint.info.config)
    sides = [_side(_stamp(view), view.checkpoint.info.name, pulled, history, view, rows)]
    other = state.relative(view, lambda config: maximises(config) is not pulled)
    if other is None or len(history.invariant) < 2:
        return sides
    try:
        theirs = at_epochs(_history_of(replace(view, checkpoint=other)), history)
    except InputError:
        return sides
    if theirs is not None:
        stamp = _stamp(replace(view, checkpoint=other)), tuple(history.epochs)
        sides.append(_side(stamp, other.info.name, not pulled, theirs, view, rows))
    return sorted(sides, key=lambda side: side.pulled)


def at_epochs(theirs: CodeHistory, mine: CodeHistory) -> CodeHistory | None:
    """Another run's codes as they were at the epochs of this one; None if of other utterances."""
    if theirs.ids != mine.ids or list(theirs.invariant) != list(mine.invariant):
        return None
    if not (theirs.epochs and mine.epochs):
        return replace(theirs, epochs=mine.epochs) if theirs.epochs == mine.epochs else None
    place = np.searchsorted(theirs.epochs, mine.epochs, side="right") - 1
    place[-1] = len(theirs.epochs) - 1  # the end of one beside the end of the other
    at = np.maximum(place, 0)
    return replace(
        theirs, epochs=mine.epochs, invariant={m: z[at] for m, z in theirs.invariant.items()}
    )


@st.cache_resource(show_spinner="Placing the codes", max_entries=16)
def _side(
    stamp: tuple[object, ...],
    name: str,
    pulled: bool,
    _history: CodeHistory,
    _view: state.View,
    _rows: np.ndarray,
) -> Side:
    groups, codes = conversation_codes(_view.corpus, _rows), _history.invariant
    apart = [
        pairing({m: z[epoch] for m, z in codes.items()}, groups)
        for epoch in range(len(_history.fused))
    ]
    return Side(name, pulled, common_plane(codes, "principal").points, apart)


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
    drawn = np.random.default_rng(0).permutation(np.flatnonzero(within))[:_MOST_TRIANGLES]
    looked_at = [row for row in (primary, pinned) if row is not None]
    return Marks(
        selected=[place[name] for name in chosen.ids if name in place],
        primary=primary,
        pinned=pinned,
        within=within,
        joined=list(dict.fromkeys([*map(int, drawn), *looked_at])),
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
