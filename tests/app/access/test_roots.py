"""With roots, a server opens nothing outside of them, whoever names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import loading, sidebar
from app.corpora.known_corpora import known_corpora
from app.loading import Choice
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.training.config import load_config
from tests.app.opening import goto

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "checkpoints" / "demo-no-mi-min"


@pytest.fixture
def home(tmp_path, monkeypatch, make_corpus):
    """A root with a checkpoint and a corpus in it, the same outside, and links that lead out."""
    for place in ("root", "outside"):
        save_corpus_folder(make_corpus(conversations=6), tmp_path / place / "corpus")
        model = tmp_path / place / "model"
        model.mkdir()
        for name in ("config.json", "model.safetensors"):
            shutil.copyfile(SHIPPED / name, model / name)
    (tmp_path / "root" / "linked-model").symlink_to(tmp_path / "outside" / "model")
    (tmp_path / "root" / "linked-corpus").symlink_to(tmp_path / "outside" / "corpus")
    torn = tmp_path / "root" / "half"
    torn.mkdir()
    (torn / "config.json").symlink_to(tmp_path / "outside" / "model" / "config.json")
    monkeypatch.setenv("MMMIE_ROOTS", str(tmp_path / "root"))
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "none"))
    return tmp_path


def test_what_lies_in_a_root_is_offered_and_opens(home):
    assert set(loading.checkpoint_choices()) == {str(home / "root" / "model")}
    opened = loading.open_checkpoint(loading.checkpoint_choices()[str(home / "root" / "model")])
    assert opened.info.folder == home / "root" / "model"
    assert len(loading.open_data(str(home / "root" / "corpus"))) == 30
    assert len(loading.open_data("demo"))


def test_corpora_in_a_root_are_offered(home, monkeypatch):
    monkeypatch.setattr(st, "session_state", {"opened_corpora": [str(home / "outside" / "corpus")]})
    assert known_corpora() == ["demo", str(home / "root" / "corpus")]


@pytest.mark.parametrize("name", ["outside/model", "root/linked-model", "root/half", "no/model"])
def test_a_checkpoint_outside_is_refused(home, name, monkeypatch):
    path = home / name
    with pytest.raises(InputError, match="outside of the folders"):
        loading.open_checkpoint(Choice("x", path, "opened"))
    monkeypatch.setattr(st, "session_state", {})
    sidebar._open(str(path))
    assert "outside" in st.session_state["open_fault"] and "opened" not in st.session_state


@pytest.mark.parametrize("name", ["outside/corpus", "root/linked-corpus", "no/corpus"])
def test_a_corpus_outside_is_refused(home, name):
    with pytest.raises(InputError, match="outside of the folders"):
        loading.open_data(str(home / name))


def test_a_text_encoder_outside_is_refused(home):
    def encoder(name):
        return load_config(overrides=[f"model.text_encoder.name={name}"])

    loading.check_encoder(encoder("bert-base-uncased"))
    loading.check_encoder(encoder(home / "root" / "model"))
    for name in (home / "outside" / "model", "../elsewhere", ROOT):
        with pytest.raises(InputError, match="outside of the folders"):
            loading.check_encoder(encoder(name))


@pytest.mark.slow
def test_an_address_that_leads_outside_is_refused_in_one_line(home):
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    app.query_params["checkpoint"] = str(home / "outside" / "model")
    goto(app, "train")
    assert not app.exception
    assert [str(home / "outside") in box.value.replace("\\", "") for box in app.sidebar.error] == [
        True
    ]
