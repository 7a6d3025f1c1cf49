"""The Train page of several visitors: whose a run is, and that a deletion is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.loading import ROOT
from mmmie.jobs.steer import remove_run
from mmmie.training.run_folder import RunFolder, Status
from tests.app.opening import goto
from tests.broken_runs import sound_run

TOKEN = "the-teacher-knows"


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def visitor(run: RunFolder, name: str = "Ada") -> AppTest:
    """A session that looks at a run; the harness has no cookies, so it gets its token here."""
    at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    at.query_params["checkpoint"] = f"runs/{run.name}"
    at.session_state["run"] = run.name
    at.session_state["visitor"] = name * 9
    goto(at, "train")
    assert not at.exception
    return at


def offered(at: AppTest) -> set[str]:
    """What this session can press of what changes the run; the harness presses no greyed button."""
    keys = {str(button.key) for button in at.button if not button.disabled}
    return keys & {"steer-stop", "steer-delete", "steer-resume"}


def test_a_run_is_offered_to_who_started_it_and_to_the_teacher(runs, monkeypatch):
    monkeypatch.setenv("MMMIE_TEACHER_TOKEN", TOKEN)
    run = sound_run(runs / "of-ada")
    run.write_status(Status("paused", epoch=1, epochs=2))
    owner = hashlib.sha256(b"browser " + 9 * b"Ada").hexdigest()
    (run.path / "owner.json").write_text(json.dumps({"owner": owner}))
    ada, ben = visitor(run), visitor(run, "Ben")
    assert not offered(ben) and offered(ada) == {"steer-stop", "steer-resume"}
    ada.button(key="steer-stop").click().run()
    assert not ada.exception and run.read_wish()[0] == "stop"
    run.write_status(Status("stopped", epoch=1, epochs=2))
    assert not offered(ben.run())
    ben.sidebar.text_input(key="teacher-token").set_value(TOKEN)
    next(button for button in ben.sidebar.button if button.label == "Unlock").click().run()
    assert offered(ben) == {"steer-delete", "steer-resume"}


def test_a_deletion_is_told_though_the_page_is_begun_anew(runs, monkeypatch):
    run = sound_run(runs / "chosen")
    at = visitor(run)
    begun: list[int] = []

    def anew():  # as where the browser asks for something else while the page is drawn
        begun.append(1)
        if len(begun) == 1:
            st.rerun()

    monkeypatch.setattr("app.runs.new_run_form.new_run_form", anew)
    remove_run(run.path, runs)
    at.session_state["deleted"] = run.name
    at.run()
    assert len(begun) == 2 and [run.name in toast.value for toast in at.toast] == [True]
    assert not at.run().toast
