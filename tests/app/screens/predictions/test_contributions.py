"""The section "Why this prediction?" on a small run, without a browser."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train
from tests.app.opening import as_read, goto

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
SMALL = ["model.dim=8", "model.heads=2", "training.epochs=1", "training.mi_check_every=0"]
CHANNELS = ("pitch_hz", "energy_db", "code_01", "code_02")


@pytest.fixture(scope="module")
def trained(make_corpus, tmp_path_factory):
    """A factory of folders of runs, each with one that is trained once."""
    places = tmp_path_factory.mktemp("trained")

    def runs_of(named: bool, **corpus) -> Path:
        place = places / "-".join(["named" if named else "unnamed", *corpus])
        if not place.exists():
            levels = {"text": "utterance", "audio": "sequence"}
            made = make_corpus(conversations=24, levels=levels, **corpus)
            if named:
                made.modalities["audio"] = replace(made.modalities["audio"], channels=CHANNELS)
            save_corpus_folder(made, place / "corpus")
            config = load_config(overrides=SMALL)
            train(place / "corpus", place / "runs" / "run", config, device="cpu")
        return place / "runs"

    return runs_of


@pytest.fixture
def page(trained, tmp_path, monkeypatch):
    """Opens the Predictions page on a run with named audio channels."""
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "checkpoints"))

    def open_page(named: bool = True, **corpus) -> AppTest:
        monkeypatch.setenv("MMMIE_RUNS", str(trained(named, **corpus)))
        app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
        app.query_params["checkpoint"] = "runs/run"
        app.query_params["utterance"] = "c2_2"
        app.query_params["predictions_tab"] = "Why this prediction"
        goto(app, "predictions")
        assert not app.exception and not app.error
        return app

    return open_page


def captions(app):
    return " ".join(c.value for c in app.caption)


def test_modalities_turns_and_channels_are_explained(page):
    pytest.importorskip("captum")
    app = page()
    assert "Why this prediction?" in [h.value for h in app.header]
    assert "Exact Shapley values, 4 predictions" in captions(app)
    assert "Exact Shapley values, 16 predictions" in captions(app)
    assert "Integrated gradients (Captum" in captions(app)
    titles = [s.value for s in app.subheader]
    assert any("neighbours" in t or t.startswith("Turn") for t in titles)
    assert any("audio" in t for t in titles)


def test_a_class_can_be_chosen(page):
    app = page(classes=("no", "maybe", "yes"))
    [choice] = [c for c in app.button_group if c.label == "Explain the probability of"]
    assert choice.value == "predicted"
    choice.set_value("maybe").run()
    assert not app.exception and not app.error
    assert "Hollow: truth" not in captions(app)


def test_without_captum_the_rest_stands_and_one_line_says_how_to_get_it(page, monkeypatch):
    st.cache_data.clear()  # another test may have computed the same
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "captum" else find(name, *a)
    )
    app = page()
    assert "Exact Shapley values" in captions(app)
    assert [as_read(i.value) for i in app.info] == [
        "integrated gradients need Captum, which is not installed: pip install captum"
    ]


def test_channels_without_names_are_not_taken_apart(page):
    app = page(named=False)
    assert "No modality of this corpus names its channels" in captions(app)
    assert "Integrated gradients" not in captions(app)
