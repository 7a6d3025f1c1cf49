"""Whose a run is, and who may steer it.

Where a teacher's token is set or visitors log in, a run belongs to whoever started it on the page:
to the one who is logged in, else to the browser, which keeps a random token in a cookie. The run
folder has the hash of either. Elsewhere everybody may steer every run, as on the command line.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from pathlib import Path

import streamlit as st

from mmmie.errors import InputError
from mmmie.files import write_json
from mmmie.hosting import refuse_if_read_only, teacher_token
from mmmie.jobs.process import as_input_error
from mmmie.reading import read_json
from mmmie.training.run_folder import RunFolder

COOKIE = "mmmie_visitor"
_VISITOR, _TEACHER, _BEGUN = "visitor", "teacher", "begun-works"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FILE = "owner.json"
_WRONG_SECONDS = 1.0


def owned() -> bool:
    """Whether runs belong to those who start them."""
    return bool(teacher_token()) or "is_logged_in" in st.user


def is_teacher() -> bool:
    """Whether this session gave the teacher's token."""
    return bool(teacher_token()) and st.session_state.get(_TEACHER) == _hash(teacher_token())


def give_token(said: str) -> bool:
    """Make this the teacher's session, if that is the token; a wrong one takes a second."""
    token = teacher_token()
    if token and hmac.compare_digest(said.strip().encode(), token.encode()):
        st.session_state[_TEACHER] = _hash(token)
        return True
    time.sleep(_WRONG_SECONDS)
    return False


def browser_token() -> str:
    """What tells this browser from others: that of its cookie, else a new one."""
    token: str | None = st.session_state.get(_VISITOR)
    if token is None:
        kept = st.context.cookies.get(COOKIE, "")
        token = kept if _TOKEN.fullmatch(kept) else secrets.token_urlsafe(32)
        st.session_state[_VISITOR] = token
    return token


def claim(run: Path | str) -> None:
    """Make a run that was just started that of this visitor.

    Raises:
        InputError: its folder cannot be written.
    """
    if owned():
        with as_input_error():
            write_json(Path(run) / _FILE, {"owner": visitor()})


def may_steer(run: Path | str) -> bool:
    """Whether this visitor may steer and delete a run."""
    return not owned() or is_teacher() or _owner(Path(run)) == visitor()


def check_may_steer(run: Path | str) -> None:
    """Check that this visitor may steer and delete a run.

    Raises:
        InputError: it belongs to somebody else, or the server is read-only.
    """
    refuse_if_read_only("steer or delete a run")
    if not may_steer(run):
        raise InputError(
            f"{RunFolder(run).name}: was not started by you; only who started it, or the teacher "
            f"with the token, may steer or delete it"
        )


def note_begun(work: Path) -> None:
    """Remember that this session started a work outside the server."""
    st.session_state[_BEGUN] = {*st.session_state.get(_BEGUN, ()), str(work)}


def may_stop(work: Path) -> bool:
    """Whether this session may stop a work, which others may be waiting for too."""
    return not owned() or is_teacher() or str(work) in st.session_state.get(_BEGUN, ())


def visitor() -> str:
    """Who this is, hashed: the one who is logged in, else the browser."""
    if st.user.get("is_logged_in"):
        # an address that nobody has checked may be anybody's
        checked = st.user.get("email_verified") is not False
        who = (st.user.get("email") if checked else None) or st.user.get("sub")
        if not who:
            raise InputError("The login names neither an e-mail address nor a subject; ask for one")
        return _hash(f"user {who}")
    return _hash(f"browser {browser_token()}")


def _owner(run: Path) -> str | None:
    """The hash of who started a run; None where nobody did on a page, or it cannot be read."""
    try:
        held = read_json(run / _FILE)
    except (OSError, InputError):
        return None
    owner = held.get("owner") if isinstance(held, dict) else None
    return owner if isinstance(owner, str) else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
