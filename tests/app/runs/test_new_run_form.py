from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.runs import new_run_form as new_run
from app.runs.new_run_form import PRESETS, free_name, name_fault, start_run
from app.runs.setting_fields import config_of
from mmmie.corpus import Corpus
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError
from mmmie.training.config import config_toml, load_config
from mmmie.training.run_folder import RunFolder


@pytest.mark.parametrize("name", ["first", "demo-2", "a.b_c", "_x", "0"])
def test_good_names(name: str, tmp_path: Path) -> None:
    assert name_fault(name, tmp_path) is None


@pytest.mark.parametrize(
    "name", ["", "..", ".", ".hidden", "-x", "a/b", "../a", "a\\b", "a b", "é", "a\n", "x" * 101]
)
def test_bad_names_are_refused(name: str, tmp_path: Path) -> None:
    assert name_fault(name, tmp_path)


def test_a_taken_name_is_refused_and_another_offered(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo-2").mkdir()
    assert "“demo-3” is free" in (name_fault("demo", tmp_path) or "")
    assert free_name("demo", "full model", 0, tmp_path) == "demo-3"
    assert free_name("demo", "without identity", 7, tmp_path) == "demo-without-identity-seed7"


@pytest.mark.parametrize("corpus", ["/data/My Corpus (2)", "/data/..", "/"])
def test_offered_names_are_good_ones(corpus: str, tmp_path: Path) -> None:
    assert name_fault(free_name(corpus, "without MI maximisation", 1, tmp_path), tmp_path) is None


def test_presets_are_configurations() -> None:
    for preset in PRESETS.values():
        config_of(preset)
    assert config_of(PRESETS["without identity"]).model.identity.enabled is False
    assert config_of(PRESETS["without MI minimisation"]).objective.minimise.enabled is False


class Launched(Exception):
    """Stands for a process that was started."""


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def launched(*arguments: object, **options: object) -> None:
        raise Launched

    monkeypatch.setattr(new_run, "launch", launched)


def test_a_wrong_path_starts_nothing(tmp_path: Path, no_process: None) -> None:
    config = config_of({"data": str(tmp_path / "nowhere")})
    with pytest.raises(InputError, match="nowhere"):
        start_run(config, tmp_path / "run", "cpu")
    assert not (tmp_path / "run").exists()


def test_faults_that_training_would_meet_are_met_before(
    tmp_path: Path, no_process: None, make_corpus: Callable[..., Corpus]
) -> None:
    save_corpus_folder(make_corpus(splits=("train",)), tmp_path / "corpus")
    data = str(tmp_path / "corpus")
    with pytest.raises(InputError, match="valid"):
        start_run(config_of({"data": data}), tmp_path / "run", "cpu")
    save_corpus_folder(make_corpus(), tmp_path / "whole")
    data = str(tmp_path / "whole")
    with pytest.raises(InputError, match="smell"):
        start_run(config_of({"data": data, "model.modalities": ["smell"]}), tmp_path / "run", "cpu")
    with pytest.raises(InputError, match="heads"):
        start_run(config_of({"data": data, "model.heads": 3}), tmp_path / "run", "cpu")
    with pytest.raises(InputError, match=r"objective\.task\.loss"):
        start_run(config_of({"data": data, "objective.task.loss": "focal"}), tmp_path / "r", "cpu")
    with pytest.raises(Launched):
        start_run(config_of({"data": data}), tmp_path / "run", "cpu")


def form() -> None:
    from app.runs.new_run_form import new_run_form

    new_run_form()


def test_a_copy_fills_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    run = RunFolder(tmp_path / "first")
    run.create()
    changed = ["model.dim=32", "training.epochs=7", "training.seed=4", "model.modalities=['text']"]
    run.config.write_text(config_toml(load_config(overrides=changed)))
    at = AppTest.from_function(form, default_timeout=60).run()
    assert not at.exception
    assert at.number_input(key="train-seed").value == 0
    at.session_state["train-clone"] = (str(run.path), {"training.batch_size": 16})
    at.run()
    assert not at.exception
    assert at.selectbox(key="train-preset").value == "copy of first"
    held = {n.label: n.value for n in at.number_input}
    found = (held["Seed"], held["Epochs"], held["Dim"], held["Batch size"])
    assert found == (4, 7, 32, 16)
    said = " ".join(c.value for c in at.caption)
    assert "`training.batch_size`: 64 → **16** (changed in the copy)" in said
    assert "model.modalities" in said
    assert "1–3 minutes" in said
    assert [t.value for t in at.text_input if t.label == "Name"] == ["first-seed4"]
