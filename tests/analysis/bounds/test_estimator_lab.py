"""A run of the lab: its lines, its process, and what is read from them while it goes on."""

import json
import math
import time

import pandas as pd
import pytest

from mmmie.analysis.bounds import estimator_lab
from mmmie.analysis.bounds.estimator_lab import (
    find_lab,
    lab_lines,
    levels_table,
    read_lab,
    smoothed,
    start_lab,
    stop_lab,
)
from mmmie.analysis.bounds.lab_settings import LabSettings
from mmmie.errors import InputError

SMALL = LabSettings(dim=2, nats=(0.5, 1.0), estimators=("club", "infonce", "ksg"), steps=20)


def wait_for(run, state, seconds=100):
    for _ in range(seconds * 10):
        found = read_lab(run)
        if found.state == state:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{found.state} after {seconds} s: {found.error}")


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


def test_a_run_ends_in_a_process_of_its_own(tmp_path):
    run = start_lab(SMALL, tmp_path)
    assert find_lab(tmp_path, run.name) == run
    assert read_lab(run).settings == SMALL
    found = wait_for(run, "finished")
    assert found.progress == 1 and found.error is None
    table = levels_table(found)
    assert len(table) == 6 and table["value"].notna().all()
    assert table.loc[table["estimator"] == "ksg", "optimum"].isna().all()


def test_a_run_can_be_stopped_and_keeps_what_it_has(tmp_path):
    run = start_lab(LabSettings(dim=2, nats=(1.0,), estimators=("club",), steps=20_000), tmp_path)
    for _ in range(600):
        if len(read_lab(run).points) > 10:
            break
        time.sleep(0.1)
    stop_lab(run)
    found = read_lab(run)
    assert found.state == "stopped" and 0 < found.progress < 1
    for _ in range(100):  # no process is left that would go on writing
        if estimator_lab._living(run) is None:
            break
        time.sleep(0.1)
    assert estimator_lab._living(run) is None
    stop_lab(run)  # a second time does nothing


def test_a_run_that_fails_says_why(tmp_path):
    run = start_lab(SMALL, tmp_path)
    stop_lab(run)
    (run / "stopped").unlink()
    (run / "log.txt").write_text("Traceback\n  in here\nMemoryError: too large\n\n")
    while estimator_lab._living(run) is not None:
        time.sleep(0.05)
    found = read_lab(run)
    assert (found.state, found.error) == ("failed", "MemoryError: too large")


def test_a_setting_out_of_range_starts_nothing(tmp_path):
    with pytest.raises(InputError, match="steps"):
        start_lab(LabSettings(steps=0), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", ["", "..", "../run", "nothere", "a/b"])
def test_a_key_that_is_none_finds_nothing(tmp_path, key):
    (tmp_path / "settings.json").write_text("{}")
    folder = tmp_path / "runs"
    folder.mkdir()
    assert find_lab(folder, key) is None


def test_half_a_line_is_left_for_the_next_look(tmp_path):
    SMALL.write(tmp_path / "settings.json")
    line = {"estimator": "club", "step": 0, "level": 0, "truth": 0.5, "nats": 0.1}
    (tmp_path / "points.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(line)[:20])
    assert len(read_lab(tmp_path).points) == 1


def test_only_the_latest_runs_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(estimator_lab, "_KEPT_RUNS", 1)
    monkeypatch.setattr(
        estimator_lab.subprocess, "Popen", lambda *a, **k: type("P", (), {"pid": 0})
    )
    monkeypatch.setattr(estimator_lab, "process_start", lambda pid: None)
    first = start_lab(SMALL, tmp_path)
    time.sleep(0.02)
    second = start_lab(SMALL, tmp_path)
    assert not first.exists() and second.exists()


def test_a_home_that_cannot_be_written_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert estimator_lab.lab_folder() == tmp_path / ".cache" / "mmmie" / "estimator-lab"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert tmp_path not in estimator_lab.lab_folder().parents


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
