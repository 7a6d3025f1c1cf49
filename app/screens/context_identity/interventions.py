"""What pages say of interventions, and the model that was trained without identity."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app import loading, state
from app.parts.slice_names import slice_titles
from mmmie.analysis.ask.identity_effect import (
    RETRAINED,
    identity_changes,
    retrained_changes,
    without_effect,
)
from mmmie.analysis.ask.preset_questions import INTERVENTIONS, PRESETS
from mmmie.analysis.configurations import describe_difference
from mmmie.analysis.outputs import SplitOutputs
from mmmie.errors import InputError

SHORT = {name: preset.short for name, preset in PRESETS.items()} | {RETRAINED: "trained without"}
"""What every variant is called on its row of a figure; long names leave no room for the data."""


def effective(view: state.View) -> list[str]:
    """The interventions that can change this model."""
    inert = without_effect(view.checkpoint.info.config.model, view.outputs)
    return [name for name in INTERVENTIONS if name not in inert]


def choose_variant(view: state.View, other: Retrained | None) -> str | None:
    """What to compare the model as trained with; None where nothing can change it."""
    offered = [*effective(view), *([RETRAINED] if other is not None else [])]
    if not offered:
        return None
    if st.session_state.get("intervention") not in offered:
        st.session_state.pop("intervention", None)
    return str(
        st.selectbox(
            "Compare the model as trained with",
            offered,
            format_func=lambda name: _long_name(name, other),
            key="intervention",
            bind="query-params",
            help="An intervention leaves the weights and changes what the identity embedding is "
            "told. A model that was trained without identity could learn other ways.",
        )
    )


def _long_name(variant: str, other: Retrained | None) -> str:
    if variant == RETRAINED and other is not None:
        return f"{SHORT[variant]}: {other.name}"
    return f"{SHORT[variant]}: {PRESETS[variant].title}"


def measured_changes(view: state.View, other: Retrained | None) -> pd.DataFrame:
    """Every intervention, and the model trained without identity, within the slice filter."""
    return _measured(
        view.checkpoint.fingerprint,
        view.corpus.fingerprint,
        view.split,
        view.slice,
        "" if other is None else other.fingerprint,
        view,
        other,
    )


@st.cache_data(show_spinner="Measuring every intervention", max_entries=32)
def _measured(
    fingerprint: str,
    corpus: str,
    split: str,
    part: str,
    other: str,
    _view: state.View,
    _other: Retrained | None,
) -> pd.DataFrame:
    changes = identity_changes(_view.corpus, _view.outputs, _view.within)
    if _other is None:
        return changes
    more = retrained_changes(_view.corpus, _view.outputs, _other.outputs, _view.within)
    return pd.concat([changes, more], ignore_index=True)


def sample_words(view: state.View) -> str:
    """The utterances that effects are measured on, such as ``the valid split, ambiguous``."""
    if view.slice == state.EVERYTHING:
        return f"the {view.split} split"
    return f"the {view.split} split, {_slice_title(view)}"


def titles_of(view: state.View, changes: pd.DataFrame) -> dict[str, str]:
    """What slices are called; all of them together are the slice filter's, where there is one."""
    words = slice_titles(changes["slice"].unique())
    if view.slice != state.EVERYTHING:
        words["all"] = f"all {_slice_title(view)}"
    return words


def _slice_title(view: state.View) -> str:
    return slice_titles(state.slice_masks(view.corpus, view.split))[view.slice]


def error_explained(view: state.View) -> str:
    """What the error of a class is; empty where labels are numbers."""
    if view.corpus.label.classes is None:
        return ""
    return (
        "For classes the error of an utterance is 1 minus the probability of its true class: it "
        "moves before the named class does, so it needs fewer utterances than a share of "
        "mistakes."
    )


@dataclass(frozen=True)
class Retrained:
    """A model that was trained without identity, on the split that is shown.

    Attributes:
        name: of the checkpoint.
        how: it is configured differently, in words.
        fingerprint: of its weights.
        outputs: what it says about the split.
    """

    name: str
    how: str
    fingerprint: str
    outputs: SplitOutputs


def trained_without(view: state.View) -> Retrained | None:
    """The closest checkpoint without identity; None where there is none that can be read."""
    mine = view.checkpoint.info
    if not mine.config.model.identity.enabled:
        return None
    other = state.relative(view, lambda config: not config.model.identity.enabled)
    if other is None:
        return None
    try:
        outputs = loading.open_outputs(other, view.corpus, view.split)
    except InputError:
        return None
    how = describe_difference(other.info, mine)
    return Retrained(other.info.name, how, other.fingerprint, outputs)
