"""The maps of the codes with their controls, and the selection that they set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.components.figures import figure_footer, selected_ids, words_first
from app.components.umap_jobs import try_again, umap_failure, umaps
from app.views.colouring import colouring
from app.views.maps import Shown, code_maps, fused_map, points_frame, quality, thinned
from mmmie.analysis.outputs import SplitOutputs, cache_folder
from mmmie.analysis.projections import Projection, pca

_CODES_KEY, _FUSED_KEY = "code-maps", "fused-map"
_COMMON = "invariant"
_POLL_SECONDS = 2

_EXPLANATION = """
**Upper row**: the invariant codes *z*. All modalities lie in one common projection, so that you
can see whether they overlap: the column's own modality is in front, the others faint behind it,
and lines join the chosen utterance to itself in the other modalities. If MI maximisation did its
work the clouds coincide and the lines are short.

**Lower row**: the specific codes *s* (rings), each in a projection of its own, because they need
not live in the same space.

**Fused**: what the prediction is read from.

The axes have no unit: PCA shows the two directions of largest variance and the share they hold,
UMAP keeps neighbours and not distances. **Trust** (trustworthiness, 0 to 1) says how many of the
ten nearest on the map are near in the original space too. Below about 0.8 do not read clusters
from a map; look at the neighbours, which come from the original space.

Click a point, or drag a box or a lasso (upper right of the figure): the selection holds on every
page.
"""


def draw_code_maps(
    view: state.View, method: str, beside: st.delta_generator.DeltaGenerator
) -> None:
    """The grid of z and s here, the fused map in `beside`.

    Args:
        view: what is shown.
        method: ``PCA`` or ``UMAP``; maps whose UMAP is not there yet show the PCA.
        beside: where the fused map goes.
    """
    outputs, frame = view.outputs, view.frame
    names = outputs.modalities
    spaces = _spaces(outputs)
    maps = {
        space: _pca(view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, space, codes)
        for space, codes in spaces.items()
    }
    name = f"{view.checkpoint.fingerprint}-{view.corpus.fingerprint}-{view.split}"
    cache = cache_folder(view.checkpoint.info.folder)
    ready = umaps(name, spaces, cache) if method == "UMAP" else {}
    maps.update(ready)
    shown = Shown(
        frame,
        thinned(len(frame), 2 * len(names) + 1, [*view.selected, view.primary]),
        view.selected,
        view.primary,
        view.colour_by,
        None
        if view.colour_by == "modality"
        else colouring(frame, view.colour_by, view.corpus.label),
    )
    specific = {name: maps[f"specific.{name}"] for name in names}
    _chart(
        code_maps(maps[_COMMON], specific, names, shown),
        _CODES_KEY,
        _take_from_codes,
        "Maps of the invariant and specific codes, one column a modality.",
    )
    drawn = (
        f"all {len(frame):,} utterances of the {view.split} split"
        if len(shown.rows) == len(frame)
        else f"{len(shown.rows):,} of {len(frame):,} utterances of the {view.split} split, a fixed "
        f"random sample and the selection"
    )
    figure_footer(
        key=_CODES_KEY,
        caption=f"Means of the codes of {drawn}. Common projection of z: {quality(maps[_COMMON])}.",
        explanation=_EXPLANATION,
        data=points_frame(frame, maps[_COMMON], specific, maps["fused"], names),
    )
    if method == "UMAP" and len(ready) < len(spaces):
        _wait_for_umaps(name, spaces, cache, len(ready))
    with beside:
        _chart(
            fused_map(maps["fused"], names, shown),
            _FUSED_KEY,
            _take_from_fused,
            "Map of the fused representation.",
        )


def _spaces(outputs: SplitOutputs) -> dict[str, np.ndarray]:
    """What is projected: all invariant codes together, every specific one, the fused one."""
    names = outputs.modalities
    spaces = {_COMMON: np.concatenate([outputs.spaces[f"invariant.{m}"] for m in names])}
    spaces |= {f"specific.{m}": outputs.spaces[f"specific.{m}"] for m in names}
    return {**spaces, "fused": outputs.spaces["fused"]}


@st.cache_data(show_spinner="Projecting the codes", max_entries=100)
def _pca(fingerprint: str, corpus: str, split: str, space: str, _codes: np.ndarray) -> Projection:
    return pca(_codes)


def _wait_for_umaps(name: str, spaces: dict[str, np.ndarray], cache: Path, ready: int) -> None:
    """Say what is still being computed, and draw the page again when more is there."""
    failure = umap_failure(name)
    if failure:
        st.warning(f"UMAP could not be computed ({failure}); these maps show the PCA.")
        st.button("Try again", on_click=try_again, args=(name,))
        return

    @st.fragment(run_every=_POLL_SECONDS)
    def wait() -> None:
        now = umaps(name, spaces, cache)
        if len(now) > ready or umap_failure(name):
            st.rerun()
        st.caption(
            f":material/hourglass_top: UMAP runs in a process of its own: {len(now)} of "
            f"{len(spaces)} maps are there, the others show the PCA. The first takes up to a "
            f"minute, because it compiles; all are kept for the next time."
        )

    wait()


def _chart(fig: go.Figure, key: str, take: Callable[[], None], alt: str) -> None:
    words_first()
    st.plotly_chart(
        fig,
        theme="streamlit",
        width="stretch",
        key=key,
        alt=alt,
        on_select=take,
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["autoScale2d", "toImage"],
        },
    )


def _take_from_codes() -> None:
    _take(_CODES_KEY)


def _take_from_fused() -> None:
    _take(_FUSED_KEY)


def _take(key: str) -> None:
    ids = selected_ids(key)
    if ids:  # an empty event also follows every redraw: it does not mean "nothing"
        state.select(ids)
