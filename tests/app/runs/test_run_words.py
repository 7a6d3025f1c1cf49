from __future__ import annotations

import time

import pytest

from app.runs.run_words import (
    advice_for,
    asked_words,
    best_words,
    estimate_words,
    run_facts,
    standing_words,
)
from mmmie.analysis.training_estimate import TimeEstimate
from mmmie.training.config import load_config
from mmmie.training.run_folder import Status


def test_a_wish_is_said_until_it_is_met() -> None:
    running = Status("running", pid_started=100.0)
    assert "pause" in (asked_words(running, "pause", 200.0) or "")
    assert asked_words(running, "resume", 200.0) is None
    assert asked_words(running, None, 0.0) is None
    assert asked_words(running, "stop", 50.0) is None  # it was made to an earlier process
    paused = Status("paused", heartbeat=300.0)
    assert asked_words(paused, "pause", 200.0) is None
    assert asked_words(paused, "step", 200.0) is None  # that epoch is done
    assert "one epoch" in (asked_words(paused, "step", 299.9) or "")


def test_every_state_has_its_sentence() -> None:
    def said(state: str, epoch: int = 2, waiting: int = 0) -> str:
        status = Status(state, epoch=epoch, epochs=5)  # type: ignore[arg-type]
        return standing_words(status, [{"epoch": 1}] if epoch else [], waiting)

    assert "2 runs" in said("queued", 0, 2) and "1 run " in said("queued", 0, 1)
    assert "first epoch" in said("running", 0) and "epoch 3 of 5" in said("running")
    assert "Paused after 2 of 5 epochs" in said("paused")
    assert "Stopped after 2 of 5 epochs" in said("stopped")
    assert "Failed" in said("failed", 0) and "first epoch" in said("failed", 0)
    assert "Failed after 2 of 5 epochs" in said("failed")
    assert "validation" not in said("finished", 5) and "5 of 5" in said("finished", 5)
    assert "validation" in said("finished", 4)  # why it ended before the last
    assert len({said("queued", 0), said("queued", 0, 1), said("running", 0)}) == 3


def test_facts_are_those_that_are_known() -> None:
    status = Status("running", epoch=2, epochs=5, heartbeat=time.time(), device="cuda")
    line = {"epoch": 2, "seconds": 2.0, "device_memory": 3 * 2**30}
    facts = run_facts(status, [line], 1000)
    assert facts["Speed"] == "500 utterances/s"
    assert facts["Device memory"] == "3 GiB"
    assert facts["Time left"] == "≤ 6 s"
    bare = run_facts(Status("finished", epoch=5, epochs=5), [], None)
    assert bare == {"Epochs": "5 of 5"}


def test_the_best_epoch_is_the_one_of_the_metric() -> None:
    history = [{"epoch": e, "valid/mae": v} for e, v in ((1, 0.9), (2, 0.5), (3, None))]
    assert best_words(history, "mae", False) == "MAE 0.5 on valid after epoch 2"
    assert best_words([], "mae", False) == ""


def test_a_full_memory_says_which_settings_to_lower() -> None:
    config = load_config(overrides=["training.batch_size=512", "model.heads=4"])
    ways = advice_for("CUDA out of memory. Tried to allocate 2.00 GiB", config, "cuda")
    assert ways[0].changes == {"training.batch_size": 256}
    assert {"model.dim": config.model.dim // 2} in [way.changes for way in ways]
    assert "CPU" in ways[-1].words
    assert all(w.changes for w in advice_for("[Errno 12] Cannot allocate memory", config, "cpu"))
    least = load_config(
        overrides=["training.batch_size=2", "model.dim=4", "model.context.enabled=false"]
    )
    assert advice_for("out of memory", least, "cpu") == []


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("loss term `task` is not finite", "learning rate"),
        ("status.json: No space left on device", "Delete"),
        ("its process is gone", "Resume"),
    ],
)
def test_other_failures_have_a_way_out(error: str, word: str) -> None:
    assert word in advice_for(error, load_config(), "cpu")[0].words


def test_an_unknown_failure_gets_no_advice() -> None:
    assert advice_for("something else", load_config(), "cpu") == []


def test_an_estimate_says_what_it_is_read_from() -> None:
    words = estimate_words(TimeEstimate(2.5, 40.0, "first", ("model.dim",)), "cpu", "demo")
    for said in ("40 s", "2.5 s per epoch", "cpu", "“first”", "model.dim"):
        assert said in words
    assert "cuda" in estimate_words(None, "cuda", "my/corpus")
    assert "minutes" not in estimate_words(None, "cuda", "my/corpus")
    assert "1–3 minutes" in estimate_words(None, "cpu", "demo")
