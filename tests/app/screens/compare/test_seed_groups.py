"""Two groups of runs on Compare, opened as its address opens it; no model is run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import loading
from app.screens.compare.seed_groups import _same_corpus, differences_table, named_groups
from mmmie.analysis.configurations import SeedGroup
from mmmie.analysis.errors.resampling import Interval
from mmmie.analysis.outputs import SplitOutputs
from mmmie.experiments.statistics import Effect, Row
from tests.app.opening import as_read, goto

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Runs named after their setting and their seed; each is off by what its seed says."""
    for kind, source, seeds in (
        ("full", "demo", (0, 1, 2)),
        ("off", "demo-no-context", (1, 2, 3)),
        ("text", "demo-no-identity", (7, 8)),
    ):
        for seed in seeds:
            folder = tmp_path / "runs" / f"{kind}-{seed}" / "best"
            folder.mkdir(parents=True)
            (folder.parent / "config.toml").touch()
            said = json.loads((ROOT / "checkpoints" / source / "config.json").read_text())
            said["config"]["training"]["seed"] = seed
            (folder / "config.json").write_text(json.dumps(said))
            (folder / "model.safetensors").touch()

    def outputs(checkpoint, corpus, split):
        rows = corpus.rows(split)
        config = checkpoint.info.config
        by = 0.1 * config.training.seed + (0.0 if config.model.context.enabled else 0.5)
        noise = np.random.default_rng(config.training.seed).normal(size=len(rows)) * 0.01
        output = (corpus.targets[rows] + by + noise).astype(np.float32)
        return SplitOutputs(rows, {"trained": output}, {}, rows[:, None], rows[:, None], 0, {}, [])

    monkeypatch.setattr(loading, "open_outputs", outputs)
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "none"))
    return tmp_path / "runs"


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    for key, value in {"compare_what": "Groups of seeds", **address}.items():
        app.query_params[key] = value
    goto(app, "compare")
    assert not app.exception, app.exception
    return app


def test_runs_that_differ_in_the_seed_alone_are_compared_as_groups(home):
    app = opened(group="runs/full", group_with="runs/off")
    assert sorted(app.selectbox(key="group").options) == ["runs/full", "runs/off", "runs/text"]
    title = as_read(app.title[0].value)
    assert title.startswith("runs/full beats runs/off by 0.5") and "MAE" in title
    (values,) = (table.value for table in app.table)
    assert len(values) == 8  # all metrics
    assert any("points" in cell for cell in values.iloc[:, -1])
    said = " ".join(as_read(caption.value) for caption in app.caption)
    assert "paired on 1 and 2, which both have" in said
    frame = app.dataframe[0].value.set_index("variant")
    assert frame.loc["runs/off", "1"] == pytest.approx(0.6, abs=0.01)
    assert np.isnan(frame.loc["runs/off", "0"])
    assert "without context" in as_read(" ".join(m.value for m in app.markdown))


def test_without_a_common_seed_nothing_is_paired_and_one_group_is_not_enough(home):
    app = opened(group="runs/full", group_with="runs/text")
    assert "nothing can be paired" in app.title[0].value and not app.table
    assert len(app.dataframe[0].value) == 2
    for name in ("off-1", "off-2", "off-3", "text-7"):
        shutil.rmtree(home / name)
    app = opened()
    assert "Only one group" in app.subheader[0].value and not app.dataframe


def test_groups_of_one_name_are_told_apart():
    groups = [SeedGroup({0: "a-0", 1: "a-1"}, []), SeedGroup({2: "a-2", 3: "a-3"}, [])]
    assert list(named_groups(groups)) == ["a-0", "a-2"]
    assert list(named_groups(groups[:1])) == ["a"]


def test_the_table_has_means_over_all_seeds_and_the_paired_difference():
    nothing, apart = Interval(1, 1, 1), Effect(Interval(-0.2, -0.3, -0.1), 0.01)
    first = Row("a", [1.0], Interval(1.0, 0, 2), nothing, None, 1, True, [0], {})
    second = Row("b", [0.8], Interval(0.8, 0, 2), nothing, apart, 0.01, False, [0], {0: -0.2})
    (row,) = differences_table({"mae": [first, second]}).to_dict("records")
    assert [row[k] for k in ("first", "second", "difference", "low")] == [1.0, 0.8, -0.2, -0.3]


def test_a_group_is_compared_on_its_own_corpus_alone():
    groups = {name: SeedGroup({0: f"{name}-0", 1: f"{name}-1"}, []) for name in "abc"}
    infos = {
        f"{name}-0": SimpleNamespace(corpus={"fingerprint": corpus})
        for name, corpus in zip("abc", "xyx", strict=True)
    }
    assert list(_same_corpus("a", groups, cast(Any, infos))) == ["c"]
    assert not _same_corpus(None, {}, {})
