"""A read-only server changes nothing, whatever asks it to."""

from __future__ import annotations

import ast
import os
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import app as package
from app import sidebar
from app.access.typed_path import typed_path
from app.corpora import known_corpora, upload_limits
from app.pages import PAGES
from app.parts import waiting
from app.runs import actions, new_run_form
from app.screens.mutual_information import estimator_lab
from app.screens.mutual_information.lab_controls import PRESETS
from app.screens.train import run_list
from mmmie.analysis.outputs import SplitOutputs, cache_folder, kept_outputs
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.jobs.background_work import Work
from mmmie.training.config import Config, load_config
from mmmie.training.run import train
from mmmie.training.run_folder import WISHES, RunFolder, Status
from tests.app.opening import every_view, goto

APP = Path(package.__file__).parent
SMALL = ["model.dim=16", "model.heads=2", "model.invariant_dim=4", "training.epochs=2"]
# what changes something outside of the session, by the function that asks for it
CHANGES = {
    "launch": {"new_run_form.start_run"},
    "claim": {"new_run_form.start_run"},
    "steer": {"actions._wish"},
    "remove_run": {"actions.delete"},
    "keep_upload_apart": {
        "upload._keep_corpus",
        "upload.upload_conversations",
    },  # after check_upload
    "start_lab": {"estimator_lab._start", "estimator_lab._draw_run"},  # given to `begin`
    "keep_going": {"sidebar._training_now"},
    "clear_scratch": {"garbage_collection.clear_leftovers"},
    "write_json": {"rights.claim", "opened.keep_opened"},
    "mkdir": {"opened.keep_opened"},
    "write_notes": {"run_list.save_notes"},
    "stop": {"waiting.end"},
}
OTHERS = ("resume_run", "write_text", "write_bytes", "unlink", "rmtree", "touch",
          "spawn", "Popen", "save_file", "savez", "symlink_to", "replace_folder", "save_pretrained",
          "push_to_hub", "save_corpus_folder", "convert_corpus")  # fmt: skip


def calls() -> dict[str, set[str]]:
    """Name of a function → where the app calls it or hands it on."""
    found: dict[str, set[str]] = {}

    def look(node: ast.AST, where: str, module: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = where
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and where == "<module>":
                inner = child.name
            name = getattr(child, "attr", None) or getattr(child, "id", None)
            of_streamlit = getattr(getattr(child, "value", None), "id", None) == "st"
            if isinstance(child, (ast.Name, ast.Attribute)) and name and not of_streamlit:
                found.setdefault(name, set()).add(f"{module}.{inner}")
            look(child, inner, module)

    for file in APP.rglob("*.py"):
        look(ast.parse(file.read_text("utf-8")), "<module>", file.stem)
    return found


def test_every_place_that_changes_something_is_known_here():
    found = calls()
    assert {name: found.get(name) for name in CHANGES} == CHANGES
    assert not {name: found[name] for name in OTHERS if name in found}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A read-only server with a finished and a running run, and nothing in the home folder."""
    monkeypatch.setenv("MMMIE_READ_ONLY", "1")
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, status in (
        ("done", Status("stopped")),
        ("going", Status("running", pid=os.getpid())),
    ):
        run = RunFolder(tmp_path / "runs" / name)
        run.path.mkdir(parents=True)
        run.config.touch()
        run.write_status(status)
    return tmp_path


def listing(folder: Path) -> dict[str, int]:
    return {str(file): file.lstat().st_mtime_ns for file in folder.rglob("*")}


def not_called(*_):
    raise AssertionError("it was started")


REFUSED = {
    "start a run": lambda home: new_run_form.start_run(Config(), home / "runs" / "new", "cpu"),
    "take a quick look": lambda home: new_run_form.first_look(),
    "delete a run": lambda home: actions.delete(str(home / "runs" / "done")),
    "send a corpus": lambda home: upload_limits.check_upload(1),
    "remember a path": lambda home: known_corpora.remember_corpus(str(home)),
}
SAID = {
    **{
        f"{wish} a run": partial(lambda home, wish: actions._wish(f"{home}/runs/going", wish),
                                 wish=wish)
        for wish in WISHES
    },
    "resume a run that ended": lambda home: actions._wish(f"{home}/runs/done", "resume"),
    "open a folder": lambda home: sidebar._open(str(home / "runs" / "done")),
    "begin a work": lambda home: waiting.begin(Work("m", home / "work"), not_called),
    "end a work": lambda home: waiting.end(Work("m", home / "work")),
    "note a run": lambda home: run_list.save_notes(RunFolder(home / "runs" / "done"), "a", "b"),
    "start the lab": lambda home: estimator_lab._start(PRESETS[0]),
    "ask the lab": lambda home: estimator_lab._ask(PRESETS[0]),
}  # fmt: skip


@pytest.fixture
def session(monkeypatch):
    """A session outside of Streamlit."""
    held: dict = {}
    monkeypatch.setattr(st, "session_state", held)
    return held


@pytest.mark.parametrize("what", REFUSED)
def test_what_writes_refuses(home, session, what):
    before = listing(home)
    with pytest.raises(InputError, match="read-only"):
        REFUSED[what](home)
    assert listing(home) == before


@pytest.mark.parametrize("what", SAID)
def test_what_a_button_calls_says_so_and_does_nothing(home, session, what, monkeypatch):
    said = []
    monkeypatch.setattr(st, "error", lambda text, **_: said.append(text))
    monkeypatch.setattr(Work, "start", not_called)
    monkeypatch.setattr(Work, "stop", not_called)
    before = listing(home)
    SAID[what](home)
    said += [str(session.get("steered", "")), str(session.get("open_fault", ""))]
    assert any("read" in text and "only" in text for text in said)
    assert listing(home) == before and "opened" not in session


def test_a_path_cannot_be_typed(home, monkeypatch):
    monkeypatch.setattr(st, "text_input", lambda *_, **__: str(home))
    assert typed_path("Folder", key="x") == ""
    monkeypatch.delenv("MMMIE_READ_ONLY")
    assert typed_path("Folder", key="x") == str(home)


def test_no_cache_is_written(home):
    checkpoint = home / "runs" / "done" / "best"
    checkpoint.mkdir()
    before = listing(home)
    computed = SplitOutputs(np.arange(2), {}, {}, np.zeros((2, 1)), np.zeros((2, 1)), 0, {}, [], {})
    assert kept_outputs(checkpoint, "key", lambda: computed) is computed
    assert not cache_folder(checkpoint).exists()
    assert listing(home) == before


def test_the_page_of_runs_has_nothing_to_press(home, monkeypatch):
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(home / "none"))
    app = AppTest.from_file(str(APP / "main.py"), default_timeout=120)
    goto(app, "train")
    assert not app.exception, [e.value for e in app.exception]
    keys = [button.key or "" for button in app.button]
    assert not [key for key in keys if key.startswith(("steer-", "deletion-"))]
    assert not app.get("file_uploader")
    assert [field.label for field in app.text_input if "older" in field.label] == []


def enabled(app):
    return [button for button in app.button if not button.disabled]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_is_pressed_on_any_page_writes_nothing(tmp_path, monkeypatch, make_corpus):
    save_corpus_folder(make_corpus(conversations=24), tmp_path / "corpus")
    small = load_config(overrides=SMALL)
    train(tmp_path / "corpus", tmp_path / "runs" / "done", small, device="cpu")
    (tmp_path / "home").mkdir()
    before = [listing(tmp_path / name) for name in ("corpus", "runs")]
    for name, folder in (("CHECKPOINTS", "none"), ("RUNS", "runs"), ("ROOTS", "corpus")):
        monkeypatch.setenv(f"MMMIE_{name}", str(tmp_path / folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MMMIE_READ_ONLY", "1")
    app = AppTest.from_file(str(APP / "main.py"), default_timeout=120)
    app.query_params["checkpoint"] = "runs/done"
    pressed: set[str] = set()
    for slug in PAGES:
        for view in every_view(app, slug):
            assert not app.get("file_uploader"), view
            assert not [field for field in app.text_input if field.placeholder.startswith("/")]
            for label in sorted({b.label for b in enabled(app)} - pressed):
                pressed.add(label)
                here = [b for b in enabled(app) if b.label == label]
                here = here or [b for b in enabled(goto(app, slug)) if b.label == label]
                for button in here[:1]:
                    button.click().run()
                assert not app.exception, (view, label, [e.value for e in app.exception])
    assert len(pressed) > 5
    assert not [
        text for text in pressed if re.search("Start training|Train it|Delete|Copy|Stop", text)
    ]
    assert [listing(tmp_path / name) for name in ("corpus", "runs")] == before
    assert not (tmp_path / "home" / ".cache" / "mmmie").exists()
