"""Who is here: the login where one is configured, and the box for the teacher's token."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.errors import Error

from app.access.rights import COOKIE, browser_token, give_token, is_teacher, owned
from app.parts.names import plain
from mmmie.hosting import read_only, teacher_token

_FIELD, _WRONG, _FAULT = "teacher-token", "teacher-token-wrong", "login-fault"

_keep_cookie = st.components.v2.component(
    "mmmie_visitor",
    html="<div></div>",
    js=Path(__file__).with_name("visitor.js").read_text("utf-8"),
)


def must_log_in() -> bool:
    """Whether a login is configured and this visitor has not logged in."""
    return st.user.get("is_logged_in") is False


def draw_login() -> NoReturn:
    """The page before the login; it ends the page."""
    st.title("Log in to open the dashboard")
    for provider in _providers():
        words = "Log in" if provider is None else f"Log in with {plain(provider)}"
        st.button(
            words, type="primary", icon=":material/login:", key=f"login-{provider}",
            on_click=_log_in, args=(provider,),
        )  # fmt: skip
    if fault := st.session_state.pop(_FAULT, None):
        st.error(plain(fault), icon=":material/report:")
    st.stop()


def draw_visit() -> None:
    """What the sidebar says of the visitor: who is logged in, and the teacher's box."""
    if st.user.get("is_logged_in"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(str(st.user.get("email") or st.user.get("name") or "Logged in")))
            st.button("Log out", type="tertiary", on_click=st.logout)
    if read_only():
        st.caption(":material/visibility: This server only shows: it is read-only.")
        return
    if owned() and not st.user.get("is_logged_in"):
        _keep_cookie(key="visitor", data={"name": COOKIE, "token": browser_token()})
    if not teacher_token():
        return
    if is_teacher():
        st.caption(":material/key: You may steer every run.")
        return
    with st.popover("I am the teacher", icon=":material/key:", width="stretch"):
        st.text_input("Token", key=_FIELD, type="password", help="It was printed at the start.")
        st.button("Unlock", on_click=_take_token)
        if st.session_state.pop(_WRONG, False):
            st.error("That is not the token.", icon=":material/report:")


def _take_token() -> None:
    st.session_state[_WRONG] = not give_token(str(st.session_state.get(_FIELD, "")))
    st.session_state[_FIELD] = ""


def _providers() -> list[str | None]:
    """The named providers of the configuration; None for a single one without a name."""
    try:
        auth = st.secrets.get("auth", {})
    except Error:
        return [None]
    named = [name for name, entry in auth.items() if hasattr(entry, "items")]
    return [*named] if named and "client_id" not in auth else [None, *named]


def _log_in(provider: str | None) -> None:
    try:
        st.login(provider)
    except Error as error:
        st.session_state[_FAULT] = str(error)
