"""What a reader meets where something is missing: a title, what happened, and the way out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mmmie.training.run_folder import RunFolder, Status
from tests.app.opening import goto

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path


def test_a_run_without_a_checkpoint_yet_is_named_with_a_way_to_it(home):
    run = RunFolder(home / "runs" / "first_try")
    run.path.mkdir(parents=True)
    run.config.write_text("")
    run.write_status(Status("queued", epochs=3))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)
    goto(app, "overview")
    assert not app.exception and len(app.title) == 1
    assert app.subheader[0].value == "The first checkpoint is on its way."
    assert any("first\\_try" in words.value for words in app.markdown)
    assert app.button[0].label == "Watch it"


def test_every_chart_says_what_it_shows_to_those_who_cannot_see_it():
    silent = []
    for file in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = {keyword.arg for keyword in node.keywords}
                if node.func.attr == "plotly_chart" and not given & {"alt", None}:
                    silent.append(f"{file.name}:{node.lineno}")
    assert not silent
