"""A run is of who started it; others, and everybody on a read-only server, cannot change it."""

from __future__ import annotations

import json

import pytest
import streamlit as st

from app.access import rights
from app.runs import actions
from mmmie.errors import InputError
from mmmie.jobs import observe
from mmmie.training.run_folder import RunFolder, Status

TOKEN = "the-teacher-knows"


class Context:
    def __init__(self, **cookies: str) -> None:
        self.cookies = cookies


@pytest.fixture
def browsers(monkeypatch, tmp_path):
    """Be one browser after another: gives what makes this session that of a name."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_TEACHER_TOKEN", TOKEN)
    monkeypatch.setattr(rights, "_WRONG_SECONDS", 0.0)
    monkeypatch.setattr(st, "user", {})
    sessions: dict[str, dict] = {}

    def be(name: str) -> dict:
        session = sessions.setdefault(name, {})
        monkeypatch.setattr(st, "session_state", session)
        monkeypatch.setattr(st, "context", Context())
        return session

    return be


@pytest.fixture
def run(tmp_path):
    """A run that waits for its turn."""
    made = RunFolder(tmp_path / "runs" / "one")
    made.path.mkdir(parents=True)
    made.config.touch()
    made.write_status(Status("queued", queued_at=1.0))
    return made


def stop(run, session) -> str:
    """Try to stop it: its state then."""
    actions._wish(str(run.path), "stop")
    return observe(run).state


def test_only_who_started_a_run_stops_and_deletes_it(browsers, run):
    browsers("Ada")
    rights.claim(run.path)
    other = browsers("Ben")
    assert not rights.may_steer(run.path)
    assert stop(run, other) == "queued" and "one" in other["steered"][0]
    with pytest.raises(InputError, match="one"):
        actions.delete(str(run.path))
    assert stop(run, browsers("Ada")) == "stopped"
    browsers("Ben")
    with pytest.raises(InputError, match="one"):
        actions.delete(str(run.path))
    assert run.exists
    browsers("Ada")
    actions.delete(str(run.path))
    assert not run.path.exists()


def test_the_teacher_steers_every_run(browsers, run):
    browsers("Ada")
    rights.claim(run.path)
    teacher = browsers("teacher")
    assert not rights.give_token("another-token") and stop(run, teacher) == "queued"
    assert rights.give_token(f" {TOKEN} ") and stop(run, teacher) == "stopped"


def test_a_token_that_was_changed_makes_nobody_the_teacher(browsers, monkeypatch):
    browsers("teacher")
    assert rights.give_token(TOKEN) and rights.is_teacher()
    monkeypatch.setenv("MMMIE_TEACHER_TOKEN", "another-token")
    assert not rights.is_teacher()
    monkeypatch.delenv("MMMIE_TEACHER_TOKEN")
    assert not rights.is_teacher() and not rights.give_token("")


def test_a_run_of_the_command_line_is_the_teachers(browsers, run):
    assert stop(run, browsers("Ada")) == "queued"
    rights.give_token(TOKEN)
    assert stop(run, browsers("Ada")) == "stopped"


def test_without_a_token_or_a_login_everybody_steers(browsers, run, monkeypatch):
    browsers("Ada")
    rights.claim(run.path)
    monkeypatch.delenv("MMMIE_TEACHER_TOKEN")
    assert stop(run, browsers("Ben")) == "stopped"


def test_the_folder_has_the_hash_alone_and_the_cookie_brings_the_token_back(
    browsers, run, monkeypatch
):
    browsers("Ada")
    rights.claim(run.path)
    token = rights.browser_token()
    assert len(token) == 43
    assert token not in (run.path / "owner.json").read_text()
    browsers("Ada after a reload")
    monkeypatch.setattr(st, "context", Context(mmmie_visitor=token))
    assert rights.may_steer(run.path)


@pytest.mark.parametrize("cookie", ["", "short", "x" * 42, "x" * 44, "!" * 43])
def test_a_cookie_that_is_none_of_ours_is_not_taken(browsers, monkeypatch, cookie):
    browsers("Ada")
    monkeypatch.setattr(st, "context", Context(mmmie_visitor=cookie))
    assert rights.browser_token() != cookie and len(rights.browser_token()) == 43


@pytest.mark.parametrize("held", [{}, [], {"owner": None}, {"owner": ["x"]}, "x"])
def test_an_owner_that_cannot_be_read_is_nobody(browsers, run, held):
    browsers("Ada")
    (run.path / "owner.json").write_text(json.dumps(held))
    assert not rights.may_steer(run.path)


def test_a_run_is_of_the_address_that_logged_in(browsers, run, monkeypatch):
    monkeypatch.delenv("MMMIE_TEACHER_TOKEN")
    ada = {"is_logged_in": True, "email": "ada@example.org"}
    browsers("Ada")
    monkeypatch.setattr(st, "user", ada)
    rights.claim(run.path)
    assert "ada" not in (run.path / "owner.json").read_text()
    browsers("Ada elsewhere")
    assert rights.may_steer(run.path)
    for other in (
        {"is_logged_in": True, "email": "ben@example.org"},
        {**ada, "email_verified": False, "sub": "7"},
        {"is_logged_in": False},
    ):
        monkeypatch.setattr(st, "user", other)
        assert not rights.may_steer(run.path), other


def test_a_work_is_stopped_by_who_began_it(browsers, tmp_path):
    browsers("Ada")
    rights.note_begun(tmp_path / "work")
    assert rights.may_stop(tmp_path / "work")
    browsers("Ben")
    assert not rights.may_stop(tmp_path / "work")
    rights.give_token(TOKEN)
    assert rights.may_stop(tmp_path / "work")
