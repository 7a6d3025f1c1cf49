"""The classes that a model never predicts, in a sentence."""

from __future__ import annotations

import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.numbers import never_predicted_words
from mmmie.analysis.errors.classes import never_predicted
from mmmie.analysis.outputs import TRAINED


def draw_never_predicted(view: state.View) -> None:
    """Name the classes of the split that are never predicted; nothing where there are none."""
    classes = view.corpus.label.classes
    if classes is None:
        return
    with st.spinner("Looking where it fails"), state.readable_errors():
        outputs = view.outputs
    targets = view.corpus.targets[outputs.rows]
    names = never_predicted(classes, outputs.output[TRAINED], targets)
    if names:
        held = sum(int((targets == classes.index(name)).sum()) for name in names)
        say.words(
            f"**{never_predicted_words(names)}**, though {held:,} of the {len(targets):,} "
            f"utterances of the {view.split} split are."
        )
