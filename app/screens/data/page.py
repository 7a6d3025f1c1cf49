"""What is in the corpus; bring your own."""

import streamlit as st

from app import loading, state
from app.corpora.known_corpora import corpus_words, known_corpora
from app.parts import page_text as say
from app.parts.layout import lazy_tabs
from app.screens.data.bring_your_own import TABS, TABS_KEY, bring_corpus, moved_corpus
from app.screens.data.contents import corpus_contents, corpus_title, summary_of
from app.screens.data.conversation_browser import conversation_browser
from mmmie.errors import InputError

choice = state.choices().get(str(st.session_state.get("checkpoint")))
own = None
if choice is not None:
    with state.readable_errors():
        checkpoint = loading.open_checkpoint(choice)
    try:
        of_checkpoint = loading.open_corpus(checkpoint)
        own = str(of_checkpoint.path or "demo")
    except InputError as error:
        moved_corpus(checkpoint, error)
known = known_corpora()
options = [*([own] if own else []), *(path for path in known if path != own)]
if st.session_state.get("data-corpus") not in options:
    st.session_state.pop("data-corpus", None)
heading = st.container()
picked = st.selectbox(
    "Corpus",
    options,
    key="data-corpus",
    format_func=lambda p: corpus_words(p) + (", of this checkpoint" if p == own else ""),
)
with state.readable_errors():
    said = checkpoint.info.config.label if own is not None and picked == own else None
    corpus = loading.open_data(str(picked), label=said)
say.title(corpus_title(summary_of(corpus)), place=heading)
draw = (lambda: corpus_contents(corpus), lambda: conversation_browser(corpus), bring_corpus)
lazy_tabs(dict(zip(TABS, draw, strict=True)), key=TABS_KEY)
