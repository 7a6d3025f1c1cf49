"""Where a login is configured, nothing is shown before it; Streamlit's harness plays the login."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

MAIN = str(Path(__file__).resolve().parents[2] / "app" / "main.py")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "none"))
    return AppTest.from_file(MAIN, default_timeout=60)


def test_who_has_not_logged_in_sees_the_login_alone(app):
    app.user = {"is_logged_in": False}
    app.run()
    assert not app.exception
    assert [button.key for button in app.button] == ["login-None"]
    assert not app.sidebar.children and not app.selectbox


def test_named_providers_are_offered(app):
    app.user = {"is_logged_in": False}
    app.secrets = {"auth": {"redirect_uri": "x", "google": {"client_id": "1"}, "lab": {"a": "b"}}}
    app.run()
    assert [button.key for button in app.button] == ["login-google", "login-lab"]


def test_who_has_logged_in_is_named_and_uses_the_app(app):
    app.user = {"is_logged_in": True, "email": "ada@example.org"}
    app.run()
    assert not app.exception
    assert any("ada" in caption.value for caption in app.sidebar.caption)
    assert "Log out" in [button.label for button in app.sidebar.button]


def test_without_a_configuration_nobody_logs_in(app):
    app.run()
    assert not app.exception
    assert "Log out" not in [button.label for button in app.button]
