"""The question a reader asks about one utterance: kept in the session and in the address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.parts.names import plain
from mmmie.analysis.ask.question import FEATURES_FIELD, WINDOW_FIELDS, Question, question_of
from mmmie.errors import InputError


@dataclass(frozen=True)
class Asked:
    """One place where a question is kept.

    Attributes:
        key: of the session.
        fields: the keys of the address that it is written to; links between pages drop them.
    """

    key: str
    fields: tuple[str, ...]

    def question(self) -> tuple[str | None, Question]:
        """The utterance that was last asked about, and what; on the first run the address'.

        What the address says that no question does is shown as a warning and asks nothing.
        """
        if self.key not in st.session_state:
            question = Question()
            try:
                question = question_of({f: st.query_params.get(f, "") for f in self.fields})
            except InputError as error:
                st.warning(f"{plain(str(error))}. Nothing is changed.", icon=":material/link_off:")
            st.session_state[self.key] = (None, question)
        utterance, question = st.session_state[self.key]
        return utterance, question

    def keep(self, utterance: str, question: Question) -> None:
        """Keep a question about an utterance."""
        st.session_state[self.key] = (utterance, question)

    def publish(self, question: Question) -> None:
        """Write a question to the address."""
        written = question.address
        for name in self.fields:
            if name in written and st.query_params.get(name) != written[name]:
                st.query_params[name] = written[name]
            elif name not in written and name in st.query_params:
                del st.query_params[name]


ABOUT_WINDOW = Asked("window_edit", WINDOW_FIELDS)
ABOUT_UTTERANCE = Asked("what_if", (FEATURES_FIELD,))
