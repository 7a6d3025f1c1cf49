"""What a visitor opened is there in the next session, and nothing that may not be opened."""

from __future__ import annotations

import json

import pytest
import streamlit as st

from app.access.opened import keep_opened, take_opened


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Begin a session with some state; the folder of the runs is a new one."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("app.access.opened.owned", lambda: False)

    def new(**state) -> dict:
        monkeypatch.setattr(st, "session_state", state)
        return state

    return new


def test_a_new_session_has_what_was_opened(begin, tmp_path):
    begin(opened=["/a", "/b"], opened_corpora=["/c"], moved_corpora={"f1": "/d"})
    keep_opened()
    session = begin(opened=["/b"])
    take_opened()
    assert session["opened"] == ["/a", "/b"] and session["opened_corpora"] == ["/c"]
    assert session["moved_corpora"] == {"f1": "/d"}
    session["opened"] = []
    take_opened()
    assert session["opened"] == []  # only once in a session


def test_what_may_no_longer_be_opened_is_left_out(begin, tmp_path, monkeypatch):
    inside = tmp_path / "root" / "x"
    begin(opened=["/a", str(inside)], moved_corpora={"f1": "/d"})
    keep_opened()
    monkeypatch.setenv("MMMIE_ROOTS", str(tmp_path / "root"))
    session = begin()
    take_opened()
    assert session["opened"] == [str(inside)] and not session["moved_corpora"]
    monkeypatch.setenv("MMMIE_READ_ONLY", "1")
    session = begin(opened=["/z"])
    take_opened()
    keep_opened()
    assert session == {"opened": ["/z"]}
    monkeypatch.delenv("MMMIE_READ_ONLY")
    monkeypatch.delenv("MMMIE_ROOTS")
    session = begin()
    take_opened()
    assert "/z" not in session["opened"]  # nothing was written


@pytest.mark.parametrize(
    "held", ["", "[]", '{"opened": "x"}', '{"opened": [1]}', '{"other": []}', "{" * 9000]
)
def test_a_file_that_cannot_be_read_opens_nothing(begin, tmp_path, held):
    file = tmp_path / "runs" / "opened" / "everybody.json"
    file.parent.mkdir(parents=True)
    file.write_text(held)
    session = begin()
    take_opened()
    assert not session.get("opened") and not session.get("moved_corpora")
    begin(opened=["/a"])
    keep_opened()
    assert json.loads(file.read_text())["opened"] == ["/a"]


def test_visitors_have_their_own_where_runs_belong_to_somebody(begin, monkeypatch):
    monkeypatch.setattr("app.access.opened.owned", lambda: True)
    monkeypatch.setattr("app.access.opened.visitor", lambda: "one")
    begin(opened=["/a"])
    keep_opened()
    monkeypatch.setattr("app.access.opened.visitor", lambda: "two")
    session = begin()
    take_opened()
    assert "opened" not in session
