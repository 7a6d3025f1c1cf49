from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components.run_list import runs_table
from app.components.run_live import history_of, merge_history, progress_words
from mmmie.training.run_folder import RunFolder, Status


def line(epoch: int, note: str = "") -> dict[str, object]:
    return {"epoch": epoch, "seconds": 2.0, "valid/mae": 1 / epoch, "train/loss": 1.0, "note": note}


def make_run(folder: Path, status: Status, epochs: int = 0) -> RunFolder:
    run = RunFolder(folder)
    run.create()
    run.config.write_text('data = "demo"\n')
    for epoch in range(1, epochs + 1):
        run.append_metrics(line(epoch))
    run.write_status(status)
    return run


def test_epochs_trained_anew_replace_the_old_ones() -> None:
    held = [line(1), line(2), line(3, "old")]
    assert merge_history(held, []) == held
    merged = merge_history(held, [line(3, "new"), line(4)])
    assert [(m["epoch"], m["note"]) for m in merged] == [(1, ""), (2, ""), (3, "new"), (4, "")]


def test_history_is_read_on_and_survives_a_file_written_anew(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Status("running"), epochs=2)
    assert [m["epoch"] for m in history_of(run)] == [1, 2]
    run.append_metrics(line(3))
    assert [m["epoch"] for m in history_of(run)] == [1, 2, 3]
    # A resumed run dropped the last line and wrote longer ones: the offset is inside a line.
    lines = [json.dumps(line(e, "a much longer line")) + "\n" for e in (1, 2, 3, 4)]
    run.metrics_file.write_text("".join(lines))
    assert [m["epoch"] for m in history_of(run)] == [1, 2, 3, 4]


def test_progress_says_where_the_run_stands() -> None:
    status = Status("running", epoch=2, epochs=5, heartbeat=time.time(), device="cpu")
    words = progress_words(status, [line(1), line(2)])
    assert words.startswith("epoch 2 of 5 · 2.0 s an epoch · at most 6.0 s left · on cpu · heard")
    ended = Status("finished", epoch=5, epochs=5)
    assert progress_words(ended, []) == "epoch 5 of 5"


def test_the_list_has_a_row_for_every_run(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / "a", Status("finished", epoch=3, epochs=3, progress=1.0)),
        make_run(tmp_path / "b", Status("failed", error="loss is not finite")),
    ]
    empty = RunFolder(tmp_path / "c")
    empty.create()
    table = runs_table([*runs, empty]).set_index("run")
    assert table.loc["a", "epochs"] == "3 of 3"
    assert table.loc["b", "error"] == "loss is not finite"
    assert table.loc["c", "state"] == "nothing written"


def page(path: str) -> None:
    from app.components.run_live import live_run
    from mmmie.training.run_folder import RunFolder

    live_run(RunFolder(path))


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("finished", set()),
        ("stopped", {"Resume"}),
        ("failed", {"Resume"}),
    ],
)
def test_only_wishes_that_can_be_met_are_offered(
    state: str, allowed: set[str], tmp_path: Path
) -> None:
    status = Status(state, epoch=1, epochs=2, error="it broke" if state == "failed" else None)  # type: ignore[arg-type]
    run = make_run(tmp_path / "run", status, epochs=1)
    at = AppTest.from_function(page, args=(str(run.path),)).run(timeout=30)
    assert not at.exception
    offered = {b.label for b in at.button if not b.disabled}
    assert offered == allowed
    assert [e.value for e in at.error] == (["it broke"] if state == "failed" else [])


def test_a_paused_run_can_go_on_step_or_stop(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Status("paused", epoch=1, epochs=2), epochs=1)
    at = AppTest.from_function(page, args=(str(run.path),)).run(timeout=30)
    assert {b.label for b in at.button if not b.disabled} == {"Resume", "Step one epoch", "Stop"}
    next(b for b in at.button if b.label == "Stop").click().run(timeout=30)
    assert run.read_wish()[0] == "stop"


def test_a_dead_process_is_a_failed_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Status("running", pid=2**22 + 1, pid_started=1.0, epochs=2))
    run.log.write_text("started\nkilled by the system\n")
    at = AppTest.from_function(page, args=(str(run.path),)).run(timeout=30)
    assert [e.value for e in at.error] == ["killed by the system"]
