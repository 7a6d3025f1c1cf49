"""What is this, what are its three claims, and can I see each in one picture?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from app import state
from app.pages import link_to, switch_to
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.start.pull import draw_pull
from app.screens.start.squeeze import draw_squeeze
from app.screens.start.who_spoke import draw_who_spoke
from mmmie.errors import InputError

if st.query_params and not state.has_chosen():  # opened by an address that names a view
    switch_to("overview", dict(st.query_params))

say.title("How does somebody feel? Words, voice and face say it together")
say.words(
    "**MMMIE** is a model that reads sentiment from all three. It is built on three ideas, and "
    "this dashboard shows what each of them does, here to a model trained on generated "
    "conversations whose true answers are known."
)
with st.container(horizontal=True, gap="small"):
    if st.button("Start the lesson", type="primary", icon=":material/school:"):
        switch_to("learn")
    if st.button("Open my own", icon=":material/folder_open:"):
        switch_to("data", {"data_tab": "Bring your own"})


class Claim(NamedTuple):
    """One of the three ideas: in words, its picture, and the page that shows it."""

    words: str
    draw: Callable[[state.View], None]
    page: str


CLAIMS = (
    Claim("Pull: what they share comes together", draw_pull, "representations"),
    Claim("Squeeze: keep only what the task needs", draw_squeeze, "mutual_information"),
    Claim("Identity: who spoke changes the meaning", draw_who_spoke, "context_identity"),
)
view = None
try:
    view = state.shipped_view("demo")
except InputError as error:
    st.info(f"The pictures need the checkpoint that ships. {plain(str(error))}")
if view is not None:
    rooms = []
    columns = wide_columns(3, key="claims", least=300)
    for column, idea in zip(columns, CLAIMS, strict=True):
        with column, st.container(border=True, height="stretch"):
            say.finding(idea.words)
            rooms.append(st.container())
            link_to(idea.page, "See it")
    for room, idea in zip(rooms, CLAIMS, strict=True):
        with room:
            try:
                idea.draw(view)
            except InputError as error:
                st.info(plain(str(error)))
