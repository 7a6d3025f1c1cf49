"""What the address names and is not there is said, until something else is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import address

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


@pytest.fixture
def session(monkeypatch):
    held: dict = {}
    monkeypatch.setattr(st, "session_state", held)
    said: list[str] = []
    monkeypatch.setattr(st, "warning", lambda text, **more: said.append(text))
    return said


def test_an_unknown_choice_is_said_with_what_is_shown(session):
    names = {"all": "all", "turn=first": "first turns"}
    address.note_choice("slice", "no_such", "all", list(names), names.__getitem__)
    address.note_choice("split", "valid", "valid", ["valid"], str)
    address.draw_missing()
    assert len(session) == 1 and "no\\_such" in session[0] and "showing all" in session[0]
    assert "split" not in session[0]
    address.note_choice("slice", "", "all", list(names), names.__getitem__)
    address.draw_missing()
    assert len(session) == 2  # it stays while nothing else is chosen
    address.note_choice("slice", "", "turn=first", list(names), names.__getitem__)
    address.draw_missing()
    assert len(session) == 2


def test_an_option_is_known_by_the_name_that_the_address_writes(session):
    names = {"all": "all", "turn=first": "first turns"}
    address.note_choice("slice", "first turns", "turn=first", list(names), names.__getitem__)
    address.draw_missing()
    assert not session


def test_an_utterance_that_is_found_again_is_no_longer_said(session):
    address.note_missing("utterance", "nobody", "c1")
    address.note_missing("utterance", None, "c1")
    address.draw_missing()
    assert not session


@pytest.mark.slow
def test_the_page_says_what_it_does_not_find(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    app = AppTest.from_file(str(MAIN), default_timeout=120)
    asked = {"checkpoint": "gone", "split": "moon", "slice": "odd", "colour": "tea"}
    for key, value in {**asked, "utterance": "nobody"}.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception and len(app.warning) == 1
    assert all(value in app.warning[0].value for value in (*asked.values(), "nobody", "valid"))
