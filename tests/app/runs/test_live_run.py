from __future__ import annotations

import base64
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.runs.live_run import history_of, merge_history
from app.screens.train.run_list import ranked, runs_table
from mmmie.jobs import Notes, write_notes
from mmmie.training.run_folder import RunFolder, Status, process_start


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


def test_the_list_has_a_row_for_every_run(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / "a", Status("finished", epoch=3, epochs=3, progress=1.0)),
        make_run(tmp_path / "b", Status("failed", error="loss is not finite")),
    ]
    empty = RunFolder(tmp_path / "c")
    empty.create()
    waiting = make_run(tmp_path / "d", Status("queued", queued_at=time.time()))
    alive = {"pid": os.getpid(), "pid_started": process_start(os.getpid())}
    make_run(tmp_path / "e", Status("running", device="cpu", **alive))
    table = runs_table([*runs, empty, waiting]).set_index("run")
    assert table.loc["a", "epochs"] == "3 of 3"
    assert table.loc["b", "error"] == "loss is not finite"
    assert table.loc["c", "state"] == "nothing written"
    assert table.loc["d", "state"] == "queued, 1 before it"
    assert table["value"].isna().all()
    write_notes(runs[0], Notes(["kept", "<b>"], "why"))
    runs[0].append_metrics({**line(1), "valid/mae": 0.5, "valid/corr": 0.25, "seconds": 61.0})
    first = runs_table(runs, "corr").iloc[0]
    assert (first["metric"], first["value"], first["took"]) == ("Corr", 0.25, "1 min 1 s")
    assert (first["tags"], first["notes"], first["seed"]) == ("kept, <b>", "why", 0)


def test_the_list_is_filtered_by_words_and_ranked_by_a_metric() -> None:
    nothing = {"corpus": "demo", "state": "finished", "changed": ""}
    columns = {"run": [*"abcd"], "tags": ["Kept", "", "kept", ""], "notes": ["", "so", "so", ""]}
    table = pd.DataFrame({**columns, "value": [0.5, np.nan, 0.2, 0.9]}).assign(**nothing)
    assert ranked(table, "", "")["run"].tolist() == ["a", "b", "c", "d"]
    assert ranked(table, "mae", "")["run"].tolist() == ["c", "a", "d", "b"]
    assert ranked(table, "corr", "")["run"].tolist() == ["d", "a", "c", "b"]
    assert ranked(table, "corr", " kept  SO ")["run"].tolist() == ["c"]
    assert ranked(table, "corr", "nowhere").empty


def test_one_click_compares_a_run_with_the_shipped_checkpoint_of_its_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_in(path: str) -> None:
        from app.runs.actions import other_pages
        from mmmie.training.run_folder import RunFolder

        other_pages(RunFolder(path), "open")

    opened: list[str] = []
    monkeypatch.setattr("app.runs.actions.switch_to", opened.append)
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    run = make_run(tmp_path / "mine", Status("finished", epoch=3, epochs=3, progress=1.0))
    run.best.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(Path("checkpoints/demo") / name, run.best / name)
    at = AppTest.from_function(open_in, args=(str(run.path),), default_timeout=60).run()
    at.button(key="open-compare").click().run()
    chosen = [at.session_state[key] for key in ("checkpoint", "compare")]
    assert (chosen, opened) == (["runs/mine", "demo"], ["compare"])


def page(path: str) -> None:
    from app.runs.live_run import live_run
    from mmmie.training.run_folder import RunFolder

    live_run(RunFolder(path))


def drawn_epochs(at: AppTest) -> list[int]:
    """The epochs of the curve of the whole loss, as the browser gets them."""
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    (drawn,) = (trace["x"] for trace in spec["data"] if trace.get("name") == "whole loss")
    return np.frombuffer(base64.b64decode(drawn["bdata"]), drawn["dtype"]).tolist()


def test_every_session_draws_every_epoch(tmp_path: Path) -> None:
    alive = {"pid": os.getpid(), "pid_started": process_start(os.getpid())}
    run = make_run(tmp_path / "run", Status("running", epoch=7, epochs=9, **alive), epochs=7)
    early, late = (
        AppTest.from_function(page, args=(str(run.path),)).run(timeout=30) for _ in range(2)
    )
    assert drawn_epochs(early) == drawn_epochs(late) == list(range(1, 8))
    run.append_metrics(line(8))
    assert drawn_epochs(early.run(timeout=30)) == drawn_epochs(late.run(timeout=30))
    assert drawn_epochs(late) == list(range(1, 9))


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("finished", {"Copy", "Delete"}),
        ("stopped", {"Resume", "Copy", "Delete"}),
        ("failed", {"Resume", "Copy", "Delete"}),
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
    assert {b.label for b in at.button if not b.disabled} == {
        "Resume",
        "Step",
        "Stop",
        "Copy",
    }
    next(b for b in at.button if b.label == "Stop").click().run(timeout=30)
    assert run.read_wish()[0] == "stop"
    assert any("asked to stop" in m.value for m in at.markdown)


def test_a_dead_process_is_a_failed_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Status("running", pid=2**22 + 1, pid_started=1.0, epochs=2))
    run.log.write_text("started\nkilled by the system\n")
    at = AppTest.from_function(page, args=(str(run.path),)).run(timeout=30)
    (error,) = (e.value for e in at.error)
    assert error.startswith("its process is gone")
    assert error.endswith(": killed by the system")


def test_a_full_memory_fills_the_form_with_less(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Status("failed", error="CUDA out of memory", epochs=2))
    at = AppTest.from_function(page, args=(str(run.path),)).run(timeout=30)
    next(b for b in at.button if "batch_size" in b.label).click().run(timeout=30)
    assert not at.exception
    assert at.session_state["train-clone"] == (str(run.path), {"training.batch_size": 32})
