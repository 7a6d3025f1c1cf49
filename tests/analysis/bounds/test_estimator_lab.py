"""A run of the lab: its lines, its process, and what is read from them while it goes on."""

import json
import math
import os
from dataclasses import replace

import pandas as pd
import pytest

from mmmie.analysis.bounds import estimator_lab
from mmmie.analysis.bounds.estimator_lab import (
    find_lab,
    lab_lines,
    lab_work,
    levels_table,
    read_lab,
    smoothed,
    start_lab,
)
from mmmie.analysis.bounds.lab_tasks import LabSettings
from mmmie.errors import InputError
from mmmie.training.run_folder import process_start

pytestmark = pytest.mark.slow

SMALL = LabSettings(dim=2, nats=(0.5, 1.0), estimators=("club", "infonce", "ksg"), steps=20)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Runs are kept here."""
    monkeypatch.setenv("HOME", str(tmp_path))


def test_all_estimators_go_on_together_and_an_optimum_comes_before_its_level():
    lines = list(lab_lines(SMALL))
    points = [line for line in lines if "step" in line]
    assert len(points) == 2 * (20 + 20 + 10)
    assert [p["level"] for p in points] == sorted(p["level"] for p in points)
    for level in (0, 1):
        own = [p["step"] for p in points if p["level"] == level]
        assert own == sorted(own)
        begins = next(i for i, line in enumerate(lines) if line.get("level") == level)
        assert [line["estimator"] for line in lines[begins : begins + 3]] == list(SMALL.estimators)
    optima = {(o["estimator"], o["level"]): o for o in lines if "optimum" in o}
    assert optima["club", 1]["optimum"] == pytest.approx(2 * math.expm1(1.0))
    assert optima["infonce", 0]["ceiling"] == pytest.approx(math.log(64))
    assert optima["ksg", 0]["optimum"] is None and optima["club", 0]["ceiling"] is None


def test_options_go_where_they_apply():
    settings = LabSettings(
        family="cubic",
        dim=2,
        nats=(1.0,),
        estimators=("js", "vub"),
        batch_size=8,
        steps=3,
        critic="joint",
        transform="copula",
        from_closed_form=True,
    )
    assert len([line for line in lab_lines(settings) if "step" in line]) == 6


def test_a_run_ends_in_a_process_of_its_own(work_at_once):
    work = start_lab(SMALL)
    assert find_lab(work.folder.name) == work == lab_work(SMALL)
    assert read_lab(work).settings == SMALL
    found = read_lab(work)
    assert found.state == "done" and found.progress == 1
    table = levels_table(found)
    assert len(table) == 6 and table["value"].notna().all()
    assert table.loc[table["estimator"] == "ksg", "optimum"].isna().all()


def test_a_run_can_be_stopped_and_keeps_what_it_has(monkeypatch):
    """That nobody goes on writing is seen of all background work."""
    me, ended = (os.getpid(), process_start(os.getpid())), []
    monkeypatch.setattr("mmmie.jobs.background_work.spawn", lambda arguments, log: me)
    monkeypatch.setattr("mmmie.jobs.background_work.end", ended.append)
    work = start_lab(SMALL)
    half = "".join(json.dumps(line) + "\n" for line in list(lab_lines(SMALL))[:-40])
    (work.folder / "lines.jsonl").write_text(half)
    before = read_lab(work)
    assert before.state == "waiting" and 0 < before.progress < 1
    work.stop()
    found = read_lab(work)
    assert ended == [os.getpid()] and found.state == "stopped"
    assert found.progress == before.progress and len(found.points) == len(before.points) > 10


def test_other_settings_are_another_run():
    assert lab_work(SMALL) == lab_work(replace(SMALL, question="Why?"))
    assert lab_work(SMALL) != lab_work(replace(SMALL, seed=1))


def test_a_setting_out_of_range_starts_nothing():
    with pytest.raises(InputError, match="steps"):
        start_lab(LabSettings(steps=0))
    assert lab_work(LabSettings(steps=0)).state is None


@pytest.mark.parametrize("key", ["", "..", "../run", "nothere", "a/b"])
def test_a_key_that_is_none_finds_nothing(tmp_path, key):
    for folder in (tmp_path / "run", tmp_path / ".cache" / "mmmie"):
        folder.mkdir(parents=True)
        (folder / "process.json").write_text("{}")
    assert find_lab(key) is None


def test_a_level_is_summed_up_by_its_last_quarter():
    points = pd.DataFrame(
        {
            "estimator": "club",
            "step": range(8),
            "level": 0,
            "truth": 1.0,
            "nats": [0.0, 0.0, 0.0, 0.5, 2.0, 2.0, 3.0, 5.0],
        }
    )
    optima = pd.DataFrame(
        {"estimator": ["club"], "level": [0], "optimum": [4.5], "ceiling": [math.nan]}
    )
    row = levels_table(estimator_lab.LabRun(SMALL, "running", points, optima)).iloc[0]
    assert (row["value"], row["lowest"], row["points"], row["optimum"]) == (4.0, 3.0, 2, 4.5)
    assert row["spread"] == pytest.approx(math.sqrt(2)) and row["error"] == pytest.approx(1.0)
    assert row["below"] == 4  # its running mean is that of single points here


def test_the_running_mean_is_over_a_tenth():
    values = pd.Series([0.0] * 10 + [1.0] * 10)
    assert smoothed(values).tolist()[9:12] == [0.0, 0.5, 1.0]
