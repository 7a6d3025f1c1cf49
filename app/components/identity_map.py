"""A map of the learned identity vectors of a checkpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.figures import figure
from app.views.identity_map import identity_map, norm_finding, order_sentence, pairs_sentence
from app.views.names import plain
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.analysis.identity_vectors import (
    chance_cosine,
    cosines,
    identity_vectors,
    role_order,
    starting_norms,
)

_EXPLANATION = """
Every token gets the sum of three learned vectors: its **role** (how many turns from the target),
its **speaker** (same as the target's, another, unknown) and its **modality**. The heat map shows
the cosine of every pair: blue point the same way, orange opposite ways; those within what 19 of 20
pairs of random directions stay are nearly empty. On the right are their lengths; the band is where
19 of 20 start before training. A vector outside it was moved by training; one inside may have been
moved too, and one that no utterance needs, such as an unknown speaker where all are known, is only
held back by weight decay.

Whether roles order themselves is Mantel's test: the correlation of cosine and nearness in time
over pairs, against 2,000 random orders. What a vector does to a prediction is not in this figure:
see the interventions above.
"""


def draw_identity_map(view: state.View) -> None:
    """Draw the identity vectors, or nothing where the model has none."""
    table, vectors = _vectors(view.checkpoint.fingerprint, view.checkpoint)
    if table.empty:
        return
    alike, dimensions = cosines(vectors), vectors.shape[1]
    chance, start = chance_cosine(dimensions), starting_norms(dimensions)
    order = role_order(vectors[(table["term"] == "role").to_numpy()])
    st.subheader(plain(norm_finding(table, start)))
    st.markdown(plain(f"{order_sentence(order)} {pairs_sentence(table, alike, chance)}"))
    figure(
        identity_map(table, alike, chance, start),
        key="identity-vectors",
        caption=f"{len(table)} vectors of {dimensions} dimensions from the weights of "
        f"{plain(view.choice.name)}; no utterance is involved.",
        explanation=_EXPLANATION,
        data=table.join(pd.DataFrame(alike, columns="cosine with " + table["name"])),
        alt="Cosines between all pairs of identity vectors, and the norm of each",
    )


@st.cache_data(show_spinner=False, max_entries=50)
def _vectors(fingerprint: str, _checkpoint: Checkpoint) -> tuple[pd.DataFrame, np.ndarray]:
    return identity_vectors(_checkpoint)
