from __future__ import annotations

import os
from pathlib import Path

import pytest

from mmmie.errors import InputError
from mmmie.jobs import list_runs
from mmmie.jobs.steer import remove_run
from mmmie.training.run_folder import RunFolder, Status, process_start


def make_run(path: Path, status: Status) -> RunFolder:
    run = RunFolder(path)
    run.create()
    run.config.write_text("")
    run.write_status(status)
    return run


def test_a_run_that_ended_goes_and_the_others_stay(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "a", Status("finished"))
    other = make_run(tmp_path / "runs" / "b", Status("finished"))
    remove_run(run.path, tmp_path / "runs")
    assert [r.path for r in list_runs(tmp_path / "runs")] == [other.path]
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["b"]


def test_an_active_run_stays(tmp_path: Path) -> None:
    started = process_start(os.getpid())
    run = make_run(tmp_path / "a", Status("paused", pid=os.getpid(), pid_started=started))
    with pytest.raises(InputError, match="paused"):
        remove_run(run.path, tmp_path)
    assert run.exists


def test_only_runs_inside_the_folder_are_deleted(tmp_path: Path) -> None:
    run = make_run(tmp_path / "elsewhere", Status("finished"))
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "link").symlink_to(run.path)
    (runs / "notes").mkdir()
    for path in (run.path, runs / ".." / "elsewhere", runs / "link", runs / "notes", runs):
        with pytest.raises(InputError):
            remove_run(path, runs)
    assert run.exists
    assert (runs / "notes").is_dir()
