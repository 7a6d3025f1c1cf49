"""The utterance that the lesson is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts.names import text_of
from app.state import View
from app.utterance.conversation import label_limits
from mmmie.analysis.lesson.subject import presence, telling_utterance


@dataclass(frozen=True)
class Subject:
    """One utterance, and all that is shown of it.

    Attributes:
        view: what the page looks at.
        index: of the utterance in the split.
        present: (n, M) bool, which modalities the utterances of the split have.
    """

    view: View
    index: int
    present: np.ndarray

    @property
    def row(self) -> int:
        """Its row in the corpus."""
        return int(self.view.outputs.rows[self.index])

    @property
    def one(self) -> pd.Series:
        """Its row of the table."""
        return self.view.frame.iloc[self.index]

    @property
    def name(self) -> str:
        """Its id."""
        return str(self.one["id"])

    @property
    def words(self) -> str:
        """Its transcript, empty where there is none."""
        return text_of(self.one.get("transcript"))

    @property
    def modalities(self) -> list[str]:
        """The modalities of the model that it has."""
        names = self.view.outputs.modalities
        return [name for m, name in enumerate(names) if self.present[self.index, m]]

    @property
    def key(self) -> tuple[str, str, str]:
        """What caches of this split are keyed on."""
        return self.view.key

    @property
    def limits(self) -> tuple[float, float]:
        """Of the label's axis."""
        return label_limits(self.view.corpus.label, self.view.frame["label"].to_numpy())


def lesson_subject(view: View) -> Subject:
    """The primary utterance; where none is chosen, one that needs its conversation.

    Raises:
        InputError: the model cannot be run.
    """
    chosen = state.selection()
    present = _presence(*view.key, view)
    found = np.flatnonzero((view.frame["id"] == chosen.primary).to_numpy())
    if len(found):
        return Subject(view, int(found[0]), present)
    index = telling_utterance(view.corpus, view.outputs, view.within)
    if chosen.primary is None:
        state.select(chosen.ids, str(view.frame["id"].iloc[index]))
        st.rerun()  # the sidebar was drawn without it
    return Subject(view, index, present)


@st.cache_data(show_spinner=False, max_entries=16)
def _presence(fingerprint: str, corpus: str, split: str, _view: View) -> np.ndarray:
    return presence(_view.corpus, _view.outputs.rows, _view.outputs.modalities)
