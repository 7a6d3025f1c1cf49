"""A run in one line, however little of it can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmmie.errors import InputError
from mmmie.jobs.faults import run_faults
from mmmie.jobs.summary import Notes, read_notes, run_summary, write_notes
from mmmie.training.run_folder import RunFolder


def folder(path: Path, config: str = "", lines: list[dict[str, Any]] | None = None) -> RunFolder:
    (path / "config.toml").write_text(config)
    text = "".join(json.dumps(line) + "\n" for line in lines or [])
    (path / "metrics.jsonl").write_text(text)
    return RunFolder(path)


def test_metrics_are_those_of_one_epoch(tmp_path: Path) -> None:
    """Not each metric at its own best epoch."""
    lines = [
        {"epoch": 1, "seconds": 2.0, "valid/mae": 1.0, "valid/corr": 0.9},
        {"epoch": 2, "seconds": 2.5, "valid/mae": 0.5, "valid/corr": 0.4},
        {"epoch": 3, "seconds": 1.0, "valid/mae": 0.7, "valid/corr": 0.6},
    ]
    found = run_summary(folder(tmp_path, "[training]\nseed = 7\nclip = 2.0\n", lines))
    assert (found.metric, found.value, found.metrics["corr"]) == ("mae", 0.5, 0.4)
    assert (found.seed, found.seconds, found.changed) == (7, 5.5, {"training.clip": 2.0})


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    run = folder(tmp_path, "model = 3")
    (tmp_path / "notes.json").write_text('{"tags": "all"}')
    found = run_summary(run)
    assert (found.corpus, found.seed, found.metric, found.value, found.seconds) == (None,) * 5
    assert found.tags == [] and found.changed == {}
    with pytest.raises(InputError, match="tags"):
        read_notes(run)
    assert any("notes.json" in fault for fault in run_faults(run))


def test_notes_are_kept_and_limited(tmp_path: Path) -> None:
    run = folder(tmp_path)
    assert read_notes(run) == Notes()
    write_notes(run, Notes([" a ", "a", "", "b"], " said "))
    assert read_notes(run) == Notes(["a", "b"], "said")
    for bad in (Notes(["x" * 41]), Notes([str(i) for i in range(21)]), Notes(notes="x" * 4001)):
        with pytest.raises(InputError):
            write_notes(run, bad)
    assert read_notes(run) == Notes(["a", "b"], "said")
    with pytest.raises(InputError):
        write_notes(RunFolder(tmp_path / "no"), Notes(["a"]))
