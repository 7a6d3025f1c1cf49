"""One bad run folder is one bad row: whatever is in it, it is said in one line."""

from __future__ import annotations

import json
import os

import pytest

from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.analysis.codes.snapshots import read_history, snapshot_files
from mmmie.cli import main
from mmmie.errors import InputError
from mmmie.jobs import list_runs, log_tail, new_metrics, observe, run_faults
from mmmie.training.run_folder import RunFolder, read_metrics
from tests.broken_runs import FILES, LOADING, SNAPSHOTS, STATUS, sound_run


@pytest.fixture
def run(tmp_path):
    return sound_run(tmp_path / "runs" / "run")


def test_a_sound_run_has_no_fault(run):
    assert run_faults(run) == [] and observe(run).state == "finished"
    assert len(read_metrics(run.path)) == len(new_metrics(run)[0]) == 30


@pytest.mark.parametrize("kind", STATUS)
def test_a_status_that_cannot_be_read_makes_the_run_unreadable(kind, run):
    STATUS[kind](run)
    status = observe(run)
    assert status.state == "unreadable" and "\n" not in status.error
    assert str(run.status_file) in status.error and len(status.error) < 500


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_read_is_named(kind, run):
    name, make = FILES[kind]
    make(run)
    assert observe(run).state == "finished"
    assert [found.path for found in list_runs(run.path.parent)] == [run.path]
    faults = run_faults(run)
    assert faults and all("\n" not in fault and len(fault) < 500 for fault in faults)
    assert name in faults[0]
    (
        read_metrics(run.path),
        new_metrics(run),
        log_tail(run),
        run.read_wish(),
        snapshot_files(run.best),
    )


@pytest.mark.parametrize("kind", LOADING)
def test_weights_that_are_none_of_the_model_are_refused(kind, run, monkeypatch):
    LOADING[kind](run)
    if kind != "weights_nan":  # before they are read
        monkeypatch.setattr("safetensors.torch.load_file", None)
    with pytest.raises(InputError, match=r"best/model\.safetensors: "):
        _ = load_checkpoint(run.path).model


@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_a_snapshot_that_is_none_is_left_out_and_named(kind, run):
    modalities = list(load_checkpoint(run.path).info.modalities)
    whole = read_history(snapshot_files(run.best), modalities)
    SNAPSHOTS[kind](run)
    history = read_history(snapshot_files(run.best), modalities)
    assert history.epochs == whole.epochs and not whole.faults
    assert len(history.faults) == 1 and "epoch-0031" in history.faults[0]


def test_a_list_has_a_row_for_every_run(tmp_path, capsys):
    runs = tmp_path / "runs"
    kinds = {**STATUS, **{kind: make for kind, (_, make) in FILES.items()}}
    for kind, make in kinds.items():
        make(sound_run(runs / kind))
    os.rename(sound_run(runs / "name").path, os.fsencode(runs / "na") + b"\xffme")
    (runs / "loop").symlink_to("loop")
    (runs / "corpora").mkdir()
    with pytest.raises(SystemExit) as raised:
        main(["jobs", "list", str(runs), "--json"])
    assert raised.value.code in (0, None)
    entries = {
        entry["run"].rpartition("/")[2]: entry for entry in json.loads(capsys.readouterr().out)
    }
    assert set(entries) == {*kinds, "na\\xffme", "loop"}
    assert all(entry["error"] or entry["faults"] for entry in entries.values())
    unreadable = {name for name, entry in entries.items() if entry["state"] == "unreadable"}
    assert unreadable == {*STATUS, "na\\xffme", "loop"}
    with pytest.raises(SystemExit):
        main(["jobs", "list", str(runs)])
    assert capsys.readouterr().out.count("\n") == len(entries) + 1  # and the head


def test_what_a_user_may_not_read_is_not_called_missing(run, plain_user):
    for mode in (0o300, 0o400):  # to be passed through only, to be listed only
        run.path.chmod(mode)
        assert observe(run).state == "unreadable"
    run.path.chmod(0)
    try:
        [found] = list_runs(run.path.parent)
        assert observe(found).state == "unreadable" and "permission" in observe(found).error
        for path in (run.path, run.best):
            with pytest.raises(InputError, match="no permission"):
                load_checkpoint(path)
        with pytest.raises(InputError, match="no permission"):
            RunFolder(run.path).check_exists("name another")
    finally:
        run.path.chmod(0o755)
    run.config.chmod(0)
    assert "permission" in run_faults(run)[0]
    run.path.parent.chmod(0)
    try:
        with pytest.raises(InputError, match="no permission"):
            list_runs(run.path.parent)
    finally:
        run.path.parent.chmod(0o755)
