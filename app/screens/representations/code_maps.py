"""The maps of the codes: controls, projections, the grid, and the selection that it sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.colouring import colouring
from app.parts.figures import figure_footer
from app.parts.maps import Marks, Panel, Places, maps_message, point_maps, steps, utterance_words
from app.parts.numbers import duration_words
from app.parts.style import modality_colour
from app.parts.waiting import begin, follow, waiting
from mmmie.analysis.codes.projections import SLOW_METHODS, How, Projection, Projections, pca
from mmmie.analysis.outputs import SplitOutputs, cache_folder
from mmmie.hosting import read_only

_METHODS = {"PCA": "pca", "UMAP": "umap", "t-SNE": "tsne"}
_TRIANGLES = "Triangles"
_MOST_SEED = 9999


def map_controls(view: state.View) -> tuple[How | None, bool]:
    """How to project, None for triangles over the training; and whether to join the selection."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        method = st.segmented_control(
            "Map",
            [_TRIANGLES, *_METHODS],
            default=_TRIANGLES,
            required=True,
            key="map_method",
            label_visibility="collapsed",
            bind="query-params",
            help="Triangles join an utterance to itself in all modalities, over the training. The "
            "others show every utterance and code: PCA is there at once and keeps distances, "
            "UMAP and t-SNE keep neighbours and take a while.",
        )
        if method == _TRIANGLES:
            return None, False
        space = st.segmented_control(
            "Dimensions",
            ["2-D", "3-D"],
            default="2-D",
            required=True,
            key="map_dimensions",
            label_visibility="collapsed",
            bind="query-params",
        )
        how = _METHODS[str(method)]
        seed = 0
        if how in SLOW_METHODS:
            seed = st.number_input(
                "Seed",
                min_value=0,
                max_value=_MOST_SEED,
                value=0,
                step=1,
                key="map_seed",
                width=130,
                bind="query-params",
                help="Structure seen with several seeds is more likely real.",
            )
        join = False
        if len(view.selected) > 1 and len(view.outputs.modalities) > 1:
            join = st.toggle(
                "Join the selection",
                key="map_join",
                bind="query-params",
                help="Lines from each selected utterance to itself in the other modalities, for "
                "the first fifty. The one that is looked at and the pinned one are always joined.",
            )
    return How(how, 3 if space == "3-D" else 2, int(seed)), join


_CODES_KEY, _FUSED_KEY = "code-maps", "fused-map"
_COMMON = "invariant"
_MOST_JOINED = 50

_EXPLANATION = """
**Upper row**: the shared (invariant) codes *z*. All modalities are in one projection, so that you
can see whether they overlap. The column's own modality is in front, the others faint behind it.
Lines join the chosen utterance to itself in the other modalities, each ending in a dot of that
modality's hue. If MI maximisation worked, the clouds coincide and the lines are short.

**Lower row**: the own (specific) codes *s* (rings), each in a projection of its own, because they
need not live in the same space.

**Fused**: what the prediction is read from.

The large **ring** is the utterance that is looked at, the **square** the pinned one. What is
outside the slice or the selection is faded.

The axes have no unit. PCA shows the directions of largest variance and their share of it. UMAP and
t-SNE keep neighbours and not distances, and depend on the seed. **Trust** (trustworthiness, 0 to 1)
says how many of the ten nearest on the map are near in the original space too. Below about 0.8, do
not read clusters from a map; look at the neighbours, which come from the original space. t-SNE is
fitted on at most 4,000 codes, 2,000 in three dimensions; further codes are placed at the mean of
the five nearest of these.

Click a point, or drag a box or a lasso, to choose utterances on every page; shift adds to the
selection. The move tool moves the maps, in three dimensions it turns them, and the wheel zooms.
Every utterance is drawn and can be chosen.
"""


def draw_code_maps(
    view: state.View, how: How, join: bool, beside: st.delta_generator.DeltaGenerator
) -> None:
    """The grid of z and s here, the fused map in `beside`.

    Args:
        how: the method; maps that are still being computed show the PCA.
        join: whether lines join the selected utterances across modalities too.
    """
    outputs, names = view.outputs, view.outputs.modalities
    name = f"{view.checkpoint.fingerprint}-{view.corpus.fingerprint}-{view.split}"
    spaces = _spaces(outputs)
    ready = _slow_maps(view, name, spaces, how) if how.method in SLOW_METHODS else {}
    maps = {
        space: ready.get(space) or _pca(name, space, how.dimensions, codes)
        for space, codes in spaces.items()
    }
    shown = _Shown(maps, names, (name, how, tuple(ready)))
    codes, fused = _places(shown.key, shown)
    words, marks = _words(name, view.frame), _marks(view, join)
    point_maps(maps_message(codes, words, marks, key=True), key=_CODES_KEY, choose=state.select)
    figure_footer(
        key=_CODES_KEY,
        caption=f"Means of the codes of all {len(view.frame):,} utterances of the {view.split} "
        f"split; every one is drawn and can be chosen. {_joined_words(marks)}",
        explanation=_EXPLANATION,
        data=_table(shown.key, shown, view.frame),
        pictures=(_CODES_KEY, _FUSED_KEY),
    )
    with beside:
        point_maps(
            maps_message(fused, words, marks, key=False), key=_FUSED_KEY, choose=state.select
        )
        say.caption("What the prediction is read from; explained and exported with the others.")


@dataclass(frozen=True)
class _Shown:
    """The projections of a page, and what tells them from others."""

    maps: dict[str, Projection]
    modalities: list[str]
    key: tuple[str, How, tuple[str, ...]]

    @property
    def specific(self) -> dict[str, Projection]:
        return {m: self.maps[f"specific.{m}"] for m in self.modalities}


def _spaces(outputs: SplitOutputs) -> dict[str, np.ndarray]:
    """What is projected: all invariant codes together, every specific one, the fused one."""
    names = outputs.modalities
    spaces = {_COMMON: np.concatenate([outputs.spaces[f"invariant.{m}"] for m in names])}
    spaces |= {f"specific.{m}": outputs.spaces[f"specific.{m}"] for m in names}
    return {**spaces, "fused": outputs.spaces["fused"]}


def _marks(view: state.View, join: bool) -> Marks:
    looked_at = [view.primary, *([] if view.pinned is None else [view.pinned])]
    chosen = view.selected[:_MOST_JOINED] if join else []
    return Marks(
        selected=view.selected,
        primary=view.primary,
        pinned=view.pinned,
        within=view.within,
        joined=list(dict.fromkeys([*chosen, *looked_at])),  # those looked at on top
        by=view.colour_by,
        colours=None
        if view.colour_by == "modality"
        else colouring(view.frame, view.colour_by, view.corpus.label),
    )


def _joined_words(marks: Marks) -> str:
    """What the lines join, where there are more than those of the one utterance."""
    if len(marks.joined) <= 1 + (marks.pinned is not None):
        return ""
    more = len(marks.selected) > _MOST_JOINED
    which = f"the first {_MOST_JOINED} of the selected" if more else "the selected"
    return f"Lines join {which} utterances to themselves."


# Cached as resources, not copied: nothing changes them, and copies would cost more than the rest of
# a rerun.
@st.cache_resource(show_spinner="Projecting the codes", max_entries=100)
def _pca(name: str, space: str, dimensions: int, _codes: np.ndarray) -> Projection:
    return pca(_codes, dimensions)


@st.cache_resource(show_spinner=False, max_entries=16)
def _places(key: tuple[str, How, tuple[str, ...]], _shown: _Shown) -> tuple[Places, Places]:
    maps, names = _shown.maps, _shown.modalities
    return code_places(maps[_COMMON], _shown.specific, names), fused_places(maps["fused"], names)


@st.cache_resource(show_spinner=False, max_entries=8)
def _words(name: str, _frame: pd.DataFrame) -> bytes:
    return utterance_words(_frame)


@st.cache_resource(show_spinner=False, max_entries=4)
def _table(
    key: tuple[str, How, tuple[str, ...]], _shown: _Shown, _frame: pd.DataFrame
) -> pd.DataFrame:
    maps = _shown.maps
    return points_frame(_frame, maps[_COMMON], _shown.specific, maps["fused"], _shown.modalities)


def _slow_maps(
    view: state.View, name: str, spaces: dict[str, np.ndarray], how: How
) -> dict[str, Projection]:
    """The maps that are there; the others are started, and waited for."""
    cache = cache_folder(view.checkpoint.info.folder)
    slow = _projections(name, how, str(cache), Projections(spaces, cache, how))
    ended = slow.work.state in (None, "done")  # before its maps: it may end between the two looks
    ready = slow.ready()
    if len(ready) == len(spaces):
        return ready
    if ended and not read_only():
        begin(slow.work, slow.start)

    def wait() -> None:
        now = slow.ready()
        if len(now) > len(ready):
            st.rerun()
        left = slow.remaining(now)
        rest = f", at most about {duration_words(round(left, -1))} more" if left else ""
        words = f"{len(now)} of {len(spaces)} maps are there, the others show the PCA{rest}"
        waiting(
            slow.work, METHODS[how.method], (len(now) / len(spaces), words), slow.start, "Continue"
        )

    follow(slow.work, wait)
    return ready


@st.cache_resource(show_spinner=False, max_entries=8)  # it keeps the names that codes come to
def _projections(name: str, how: How, cache: str, _slow: Projections) -> Projections:
    return _slow


METHODS = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}


def code_places(
    invariant: Projection, specific: dict[str, Projection], modalities: list[str]
) -> Places:
    """The two rows of maps with one column per modality.

    Args:
        invariant: of the invariant codes of all modalities, (M · n, k), one after another.
        specific: modality → of its specific codes, (n, k).
    """
    common = steps(invariant.points).reshape(len(modalities), -1)
    buffers = {f"z {m}": common[i].tobytes() for i, m in enumerate(modalities)}
    buffers |= {f"s {m}": steps(specific[m].points).tobytes() for m in modalities}
    hues = {m: modality_colour(m, modalities) for m in modalities}
    upper = [
        Panel(
            f"z {m}",
            quality(invariant),
            hues[m],
            f"z {m}",
            projection="z",
            others=tuple((hues[o], o, f"z {o}") for o in modalities if o != m),
        )
        for m in modalities
    ]
    lower = [
        Panel(f"s {m}", quality(specific[m]), hues[m], f"s {m}", ring=True) for m in modalities
    ]
    dimensions = invariant.points.shape[1]
    return Places(tuple(upper + lower), len(modalities), dimensions, buffers, hues)


def fused_places(projection: Projection, modalities: list[str]) -> Places:
    """The map of what the head reads."""
    hue = modality_colour("fused", modalities)
    panel = Panel("fused", quality(projection), hue, "fused")
    buffers = {"fused": steps(projection.points).tobytes()}
    return Places((panel,), 1, projection.points.shape[1], buffers)


def quality(projection: Projection) -> str:
    """``PCA, 43% of variance, trust 0.91``: how far to believe a map."""
    parts = [METHODS[projection.method]]
    if projection.explained is not None:
        parts.append(f"{projection.explained:.0%} of variance")
    if projection.fitted is not None:
        parts.append(f"fitted on {projection.fitted:,}")
    if not np.isnan(projection.trustworthiness):
        parts.append(f"trust {projection.trustworthiness:.2f}")
    return ", ".join(parts)


def points_frame(
    frame: pd.DataFrame,
    invariant: Projection,
    specific: dict[str, Projection],
    fused: Projection,
    modalities: list[str],
) -> pd.DataFrame:
    """Every point of every map: `id`, `space`, `method`, `x`, `y` and in three dimensions `z`."""
    common = invariant.points.reshape(len(modalities), len(frame), -1)
    spaces = {f"invariant.{m}": (common[i], invariant.method) for i, m in enumerate(modalities)}
    spaces |= {f"specific.{m}": (specific[m].points, specific[m].method) for m in modalities}
    spaces["fused"] = (fused.points, fused.method)
    parts = [
        pd.DataFrame(
            {
                "id": frame["id"],
                "space": name,
                "method": how,
                **dict(zip("xyz", points.T, strict=False)),
            }
        )
        for name, (points, how) in spaces.items()
    ]
    return pd.concat(parts, ignore_index=True)
