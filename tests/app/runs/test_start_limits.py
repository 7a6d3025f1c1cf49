"""How many runs a visit may start, and how much it may send."""

from __future__ import annotations

import pytest
import streamlit as st

from app.corpora.upload_limits import check_upload
from app.runs.actions import check_may_start, count_start
from mmmie.errors import InputError
from mmmie.training.run_folder import RunFolder, Status


@pytest.fixture(autouse=True)
def session(monkeypatch, tmp_path):
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))


def waiting(folder):
    run = RunFolder(folder)
    run.path.mkdir(parents=True)
    run.write_status(Status("queued", queued_at=1.0))
    return run


def test_runs_that_have_not_ended_count(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS_PER_SESSION", "2")
    runs = [waiting(tmp_path / name) for name in "ab"]
    for run in runs:
        check_may_start()
        count_start(run.path)
    with pytest.raises(InputError, match="MMMIE_RUNS_PER_SESSION"):
        check_may_start()
    runs[0].write_status(Status("stopped"))
    check_may_start()


def test_a_visit_sends_so_much_and_no_more(monkeypatch):
    monkeypatch.setenv("MMMIE_UPLOAD_MB_PER_SESSION", "3")
    check_upload(2_000_000)
    with pytest.raises(InputError, match="MMMIE_UPLOAD_MB_PER_SESSION"):
        check_upload(1_000_001)
    check_upload(1_000_000)  # what was refused does not count


def test_all_together_keep_so_much_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_UPLOAD_MB", "3")
    kept = tmp_path / "runs" / "corpora" / "one"
    kept.mkdir(parents=True)
    (kept / "features.safetensors").write_bytes(bytes(2_000_000))
    check_upload(1_000_000)
    with pytest.raises(InputError, match="MMMIE_UPLOAD_MB"):
        check_upload(1_000_001)
