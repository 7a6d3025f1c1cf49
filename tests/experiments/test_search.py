"""A search proposes inside its space, continues where it was stopped, and says what it is worth."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmmie.cli import main
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.experiments import local
from mmmie.experiments.plan import read_plan
from mmmie.experiments.run import Experiment
from mmmie.experiments.search import SearchSettings, dimensions, propose

SPACE = {
    "training.learning_rate.log_uniform": [0.0001, 0.1],
    "model.input_dropout.uniform": [0.1, 0.3],
    "model.layers.int": [1, 3],
    "training.modality_dropout.choice": ["auto", {"text": 0.5}],
}
FILE = """
name = "found"
seeds = 2
[search]
trials = {trials}
sampler = "{sampler}"
[search.space]
training.learning_rate = {{ log_uniform = [0.0001, 0.1] }}
"model.layers" = {{ int = [1, 3] }}
"training.modality_dropout" = {{ choice = ["auto", {{ text = 0.5 }}] }}
"""
FACTS = {"seconds": 1.0, "cpu_seconds": 1.0, "epoch": 1, "epochs": 1, "device": "cpu"}
QUIET: dict[str, Any] = {"quiet": True, "processes": 1}
Write = Callable[..., Path]


@pytest.fixture
def write_search(tmp_path: Path) -> Write:
    def write(more: str = "", trials: int = 8, sampler: str = "random") -> Path:
        file = tmp_path / "search.toml"
        file.write_text(FILE.format(trials=trials, sampler=sampler) + more, "utf-8")
        return file

    return write


class Engine:
    """Stands in for trainings: the error is how far ln(learning rate) is from that of 0.01."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.stop_after = 10_000

    def __call__(self, folders: Iterator[Any], data: str, progress: Any, **_: Any) -> None:
        corpus = load_corpus(data)
        for folder in folders:
            if len(self.ran) == self.stop_after:
                raise KeyboardInterrupt
            asked = folder.request()
            if asked["model.layers"] == 3:
                folder.fail("three layers are too many")
            else:
                error = abs(np.log(asked["training.learning_rate"] / 0.01)) + asked["seed"] / 10
                folder.finish(corpus.targets + error, {**FACTS, "machine": "none"})
            self.ran.append(folder.path.relative_to(folder.path.parents[1]).as_posix())
            progress.ended(folder)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(local, "run_local", engine)
    return engine


@pytest.mark.parametrize("sampler", ["random", "optuna"])
def test_proposals_stay_in_the_space_and_depend_on_what_is_known_alone(sampler: str) -> None:
    space = dimensions(SPACE, "here")
    settings = SearchSettings(space=SPACE, sampler=sampler, seed=3)
    told: list[tuple[dict[str, Any], float | None]] = []
    for number in range(40):
        values = propose(settings, space, False, told)
        assert values == propose(settings, space, False, told)
        told.append((values, None if number % 7 == 3 else values["model.input_dropout"]))
    rates = np.array([v["training.learning_rate"] for v, _ in told])
    assert 0.0001 <= rates.min() < 0.002 and 0.01 < rates.max() <= 0.1
    assert all(0.1 <= v["model.input_dropout"] <= 0.3 for v, _ in told)
    assert {v["model.layers"] for v, _ in told} == {1, 2, 3}
    assert {str(v["training.modality_dropout"]) for v, _ in told} == {"auto", "{'text': 0.5}"}
    other = propose(settings.model_copy(update={"seed": 4}), space, False, told)
    assert other != propose(settings, space, False, told)


@pytest.mark.parametrize("higher_is_better", [False, True])
def test_optuna_learns_from_what_has_finished(higher_is_better: bool) -> None:
    space = dimensions({"training.learning_rate.uniform": [0.0, 1.0]}, "here")
    sign = -1 if higher_is_better else 1
    means = []
    for sampler in ("random", "optuna"):
        settings = SearchSettings(space={}, sampler=sampler)
        told: list[tuple[dict[str, Any], float | None]] = []
        for _ in range(40):
            values = propose(settings, space, higher_is_better, told)
            told.append((values, sign * abs(values["training.learning_rate"] - 0.8)))
        means.append(np.mean([abs(score or 0) for _, score in told[20:]]))
    assert means[1] < 0.5 * means[0]


@pytest.mark.parametrize("sampler", ["random", "optuna"])
def test_a_search_that_was_stopped_ends_as_if_it_had_not_been(
    sampler: str, data: str, write_search: Write, tmp_path: Path, engine: Engine
) -> None:
    file = write_search(sampler=sampler)
    whole = Experiment(file, data, tmp_path / "whole")
    whole.run(**QUIET)
    ran = list(engine.ran)
    assert ran[:4] == ["base/0", "base/1", "trial-1/0", "trial-1/1"] and len(ran) == 18
    engine.ran.clear()
    engine.stop_after = 9
    with pytest.raises(KeyboardInterrupt):
        Experiment(file, data, tmp_path / "parted").run(**QUIET)
    engine.stop_after = 10_000
    again = Experiment(file, data, tmp_path / "parted")
    left = again.plan.unproposed
    assert 0 < left < 8 and len(again.plan.searched.configurations) == 8 - left
    again.run(**QUIET)
    assert [folder for folder in ran if folder not in engine.ran] == []
    assert again.standings() == whole.standings()
    # a search may get longer, and finished trials stay
    engine.ran.clear()
    longer = Experiment(write_search(sampler=sampler, trials=10), data, tmp_path / "parted")
    longer.run(**QUIET)
    assert set(engine.ran) >= {"trial-9/0", "trial-10/1"}
    assert longer.standings()[:8] == whole.standings()


def test_a_score_is_the_mean_over_seeds_and_parts(
    data: str, write_search: Write, tmp_path: Path, engine: Engine
) -> None:
    for folds in (0, 3):
        experiment = Experiment(write_search(), data, tmp_path / f"out{folds}", folds=folds)
        experiment.run(**QUIET)
        assert len(engine.ran) == 9 * 2 * max(1, folds)
        engine.ran.clear()
        for one in experiment.standings():
            if one.values["model.layers"] == 3:
                assert one.state == "failed" and one.score is None
                continue
            error = abs(np.log(one.values["training.learning_rate"] / 0.01))
            assert one.scores == pytest.approx((error, error + 0.1), abs=1e-5)
            assert one.score == pytest.approx(error + 0.05, abs=1e-5)
        kept = json.loads(experiment.folder.plan_file.read_text("utf-8"))
        assert len(kept["search"]["proposed"]) == 8
        report = experiment.folder.markdown.read_text("utf-8")
        assert "trial 8" in report and "best of" in report


def test_the_table_has_the_best_first_and_at_most_60_lines(
    data: str, write_search: Write, tmp_path: Path, engine: Engine, capsys: Any
) -> None:
    file = write_search(trials=58)
    file.write_text(file.read_text("utf-8").replace("seeds = 2", "seeds = 1"), "utf-8")
    given = [file, "--data", data, "--out", tmp_path / "out", "--quiet"]
    with pytest.raises(SystemExit):
        main(["experiment", *map(str, given)])
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) <= 60 and shown[0].split()[:2] == ["trial", "MAE"]
    scores = [float(line.split()[2]) for line in shown[1:30]]
    assert scores == sorted(scores) and scores[0] < 1
    assert any("best of" in line for line in shown)
    best = Path(next(line for line in shown if line.startswith("Settings")).rsplit(" ", 1)[1])
    assert best.name == "config.toml" and best.is_relative_to(tmp_path / "out")
    with pytest.raises(SystemExit):
        main(["experiment", *map(str, given[:-1]), "--dry-run"])
    assert "trial 58" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('"model.dim" = { choice = [32, "wide"] }', "model.dim"),
        ('"model.dim" = { choice = [] }', "give a list"),
        ('"model.dim" = { int = [64, 32] }', "lower value first"),
        ('"model.dim" = { int = [8.5, 32] }', "two whole numbers"),
        ('"model.dim" = { int = [2, 32] }', "model.dim"),
        ('"model.dim" = { uniform = [nan, 32] }', "two numbers"),
        ('"model.dim" = { between = [8, 32] }', "choice, uniform, log_uniform, int"),
        ('"model.dim" = 3', "choice, uniform, log_uniform, int"),
        ('"model.dropout" = { log_uniform = [0, 0.5] }', "above 0"),
        ('"model.depth" = { int = [1, 2] }', "model.depth"),
        ('"training.seed" = { int = [1, 2] }', "training.seed"),
        ("[search.spice]", "search.spice"),
        ('[configurations."trial 3"]', "trial 3"),
    ],
)
def test_a_wrong_space_is_one_line(more: str, words: str, write_search: Write) -> None:
    with pytest.raises(InputError, match=words.replace("[", ".")) as refused:
        read_plan(write_search(more))
    assert "\n" not in str(refused.value) and "search.toml" in str(refused.value)


def test_other_wrong_input_is_one_line_and_nothing_is_written(
    data: str, write_search: Write, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(words: str, old: str, new: str) -> None:
        file = write_search()
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
        with pytest.raises(InputError, match=words):
            Experiment(file, data, tmp_path / "out")

    refused("split", "seeds = 2", 'seeds = 2\nsplit = "test"')
    refused("metric", "trials = 8", 'metric = "accuracy"')
    refused("trials", "trials = 8", "trials = 0")
    refused("space", "[search.space]", "[base]")
    monkeypatch.setitem(sys.modules, "optuna", None)
    refused("optuna.*pip install", '"random"', '"optuna"')
    assert not (tmp_path / "out").exists()
    # what was searched with another space is not continued
    Experiment(write_search(), data, tmp_path / "out").run(**QUIET)
    refused("space = .*now it is", "0.0001", "0.001")
