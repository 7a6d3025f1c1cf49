"""Compare on a folder of ``mmmie experiment``, opened as its address opens it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.screens.compare import experiment_folders
from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets import load_corpus
from mmmie.experiments.reading import ExperimentResults, read_results
from tests.app.opening import as_read, goto
from tests.app.shown import markup_of
from tests.experiments.made import make_experiment

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def home(tmp_path, monkeypatch, make_corpus):
    """Runs with an experiment beside them, and another one elsewhere; they are read here."""
    save_corpus_folder(make_corpus(conversations=24), tmp_path / "corpus")
    corpus = load_corpus(tmp_path / "corpus")
    random = np.random.default_rng(0)

    def off(by: float) -> dict[int, np.ndarray]:
        noise = (by + random.normal(size=len(corpus)) * 0.01 for _ in range(3))
        return {s: (corpus.targets + one).astype(np.float32) for s, one in enumerate(noise)}

    parts = {"full *model*": off(0.2), "without <context>": off(0.9), "alike": off(0.2)}
    make_experiment(tmp_path / "runs" / "experiments" / "parts", corpus, parts)
    late = {"one": {0: corpus.targets}, "two": {4: corpus.targets}}
    make_experiment(tmp_path / "far" / "late", corpus, late, planned=(0, 4))

    def read(path: str, data: str) -> ExperimentResults:
        return read_results(path, data)

    monkeypatch.setattr(experiment_folders, "read_results_apart", read)
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "none"))
    return tmp_path


def opened(**address: object) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    app.query_params["compare_what"] = "An experiment"
    for key, value in address.items():
        app.query_params[key] = str(value)
    goto(app, "compare")
    assert not app.exception, app.exception
    return app


def cells(app: AppTest) -> dict[str, dict[str, object]]:
    frame = app.dataframe[0].value
    return {str(row["variant"]): row for row in frame.to_dict("records")}


def test_an_experiment_shows_its_table_its_differences_and_every_seed(home):
    app = opened()
    title = as_read(app.title[0].value)
    assert title.startswith("without <context> is worse than full *model*") and "MAE" in title
    table = cells(app)
    worse = table["without <context>"]
    assert worse["mean"] == pytest.approx(0.9, abs=0.01)
    assert worse["2"] == pytest.approx(0.9, abs=0.01) and worse["p"] < 0.001
    assert str(worse["difference"]).startswith(("0.7 [", "0.69", "0.70"))
    assert table["alike"]["p"] > 0.05
    drawings = [text for _, text in markup_of(app) if "<svg" in text]
    assert [d.count("<title>") for d in drawings[:2]] == [3 * 4, 2 * 4]  # seeds, and their mean
    assert drawings[1].count('fill="none"') == 1  # the difference that is not clear
    assert all("<context>" not in drawing for drawing in drawings)
    app.selectbox(key="metric").set_value("acc7").run()
    assert not app.exception and "Acc-7" in as_read(app.title[0].value)
    assert str(cells(app)["without <context>"]["difference"]).endswith("points")


def test_a_folder_elsewhere_is_opened_by_its_address_and_unmatched_seeds_are_said(home):
    app = opened(experiment=home / "far" / "late", metric="Corr")
    assert app.selectbox(key="experiment").value == str(home / "far" / "late")
    assert "nothing can be paired" in app.title[0].value
    said = " ".join(as_read(c.value) for c in app.caption)
    assert "two has the seeds 4, one 0: none in common" in said
    assert "two, seed 0" in as_read(app.warning[0].value)  # planned, and not finished


def test_what_is_no_experiment_is_said_in_one_line_beside_what_is_shown(home):
    app = opened(experiment=home / "corpus")
    (fault,) = app.error
    assert str(home / "corpus") in as_read(fault.value) and "no experiment" in fault.value
    assert app.selectbox(key="experiment").value == "experiments/parts" and len(app.dataframe)
    plan = home / "runs" / "experiments" / "parts" / "plan.json"
    plan.write_text(plan.read_text()[:-9])
    app = opened()
    assert [str(plan) in as_read(box.value) for box in app.error] == [True]


def test_a_read_only_server_shows_what_lies_in_its_roots_alone(home, monkeypatch):
    monkeypatch.setenv("MMMIE_READ_ONLY", "1")
    app = opened(experiment=home / "far" / "late")
    assert "read-only" in as_read(app.error[0].value)
    assert app.selectbox(key="experiment").options == ["experiments/parts"]
    assert not [box for box in app.main.text_input]
    monkeypatch.setenv("MMMIE_ROOTS", str(home / "far"))
    app = opened(experiment=home / "far" / "late")
    assert "outside of the folders" in app.error[0].value  # where its corpus is
    monkeypatch.setenv("MMMIE_ROOTS", f"{home / 'far'}:{home / 'corpus'}")
    app = opened(experiment=home / "far" / "late")
    assert not app.error and app.selectbox(key="experiment").value == str(home / "far" / "late")
