"""The folders that a visitor opened: kept beside the runs, so that a new session has them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from app.access.rights import owned, visitor
from app.loading import may_open, runs_folder
from mmmie.errors import InputError
from mmmie.files import write_json
from mmmie.hosting import read_only
from mmmie.reading import read_json, validated

_EVERYBODY, _TAKEN = "everybody", "opened-taken"
_MOST = 50


class _Opened(BaseModel):
    """Paths of checkpoints and corpora, and fingerprint of a corpus → where it is now."""

    model_config = ConfigDict(extra="forbid", strict=True)

    opened: list[str] = Field([], max_length=_MOST)
    opened_corpora: list[str] = Field([], max_length=_MOST)
    moved_corpora: dict[str, str] = Field({}, max_length=_MOST)


_ADAPTER = TypeAdapter(_Opened)


def take_opened() -> None:
    """On the first run of a session, open what this visitor had opened in another one.

    What this server may not open, and a file that cannot be read, is left out.
    """
    if _TAKEN in st.session_state or read_only():
        return
    st.session_state[_TAKEN] = True
    with suppress(OSError, InputError):
        held = validated(_ADAPTER, read_json(_file()), str(_file()))
        _add("opened", [path for path in held.opened if may_open(path)])
        _add("opened_corpora", [path for path in held.opened_corpora if may_open(path)])
        moved = {key: path for key, path in held.moved_corpora.items() if may_open(path)}
        now: dict[str, str] = st.session_state.get("moved_corpora", {})
        st.session_state["moved_corpora"] = {**moved, **now}


def keep_opened() -> None:
    """Keep what this session has opened for the next one; left where it cannot be written."""
    if read_only():
        return
    held: dict[str, Any] = {
        name: st.session_state.get(name, [])[-_MOST:] for name in ("opened", "opened_corpora")
    }
    moved = st.session_state.get("moved_corpora", {})
    held["moved_corpora"] = dict(list(moved.items())[-_MOST:])
    with suppress(OSError, InputError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_json(_file(), held)


def _add(key: str, paths: list[str]) -> None:
    now: list[str] = st.session_state.get(key, [])
    if more := [path for path in paths if path not in now]:
        st.session_state[key] = [*more, *now]


def _file() -> Path:
    """One file for everybody, or one for each visitor where runs belong to somebody."""
    return runs_folder() / "opened" / f"{visitor() if owned() else _EVERYBODY}.json"
