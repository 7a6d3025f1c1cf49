"""How the codes are projected, as the reader asks for it; all of it is in the URL."""

from __future__ import annotations

import streamlit as st

from app import state
from mmmie.analysis.codes.projections import SLOW_METHODS, How

_METHODS = {"PCA": "pca", "UMAP": "umap", "t-SNE": "tsne"}
_OVER_TRAINING = "Over training"
_MOST_SEED = 9999


def map_controls(view: state.View) -> tuple[How | None, bool]:
    """How to project, None for the maps over training; and whether to join the selection."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        method = st.segmented_control(
            "Map",
            [*_METHODS, _OVER_TRAINING],
            default="PCA",
            required=True,
            key="map_method",
            label_visibility="collapsed",
            bind="query-params",
            help="PCA is there at once and keeps distances. UMAP and t-SNE keep neighbours and "
            "take a while. Over training shows how the codes moved.",
        )
        if method == _OVER_TRAINING:
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
