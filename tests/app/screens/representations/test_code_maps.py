"""Maps that take long: PCA meanwhile, each found when it is there, a failure said once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from app import state
    from app.screens.representations.code_maps import draw_code_maps
    from mmmie.analysis.codes.projections import How

    st.session_state.setdefault("checkpoint", "demo")
    how = How("umap", 2, st.session_state.get("test_seed", 0))
    draw_code_maps(state.current_view(), how, False, st.container())


@pytest.fixture
def world(workers, monkeypatch, tmp_path):
    """A cache of its own, and the processes that were started."""
    monkeypatch.setattr("app.screens.representations.code_maps.cache_folder", lambda f: tmp_path)
    return workers


def open_page(**session):
    app = AppTest.from_function(script, default_timeout=60)
    for key, value in session.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def project(world, *spaces):
    """Let the last process leave some maps."""
    with np.load(world.started[-1] / "given.npz") as given:
        for space in spaces:
            count = len(given[space])
            np.savez(
                Path(world.given["files"][space]),
                **{"points": np.random.default_rng(0).normal(size=(count, 2))},
                **{"trustworthiness": 0.9, "fitted": count, "seconds": 20.0},
            )


def progress(app):
    return app.get("progress")[0].proto.text


def test_maps_are_computed_once_and_appear_as_they_come(world):
    app = open_page()
    spaces = {"invariant", "fused", *(f"specific.{m}" for m in ("text", "audio", "vision"))}
    assert world.given["how"] == {"method": "umap", "dimensions": 2, "seed": 0}
    assert world.given["files"].keys() == spaces
    assert "UMAP" in progress(app) and "0 of 5 maps" in progress(app)
    project(world, "specific.text", "fused")
    app.run()
    assert "2 of 5 maps" in progress(app) and "at most about" in progress(app)
    assert "2 of 5 maps" in progress(open_page()) and len(world.started) == 1
    project(world, *spaces)
    world.done()
    app.run()
    assert not app.get("progress")
    assert not open_page().get("progress") and len(world.started) == 1


def test_another_seed_is_another_process(world):
    open_page()
    open_page(test_seed=1)
    assert len(set(world.started)) == 2 and world.given["how"]["seed"] == 1


def test_a_failure_is_said_and_not_repeated_until_asked(world):
    app = open_page()
    world.done("failed", "ValueError: no luck")
    app.run()
    app.run()
    assert "no luck" in app.error[0].value and len(world.started) == 1
    next(b for b in app.button if b.label == "Try again").click().run()
    assert len(world.started) == 2 and not app.error


def test_a_reader_stops_it_and_has_it_continue(world):
    app = open_page()
    project(world, "fused")
    next(b for b in app.button if b.label == "Stop").click().run()
    assert "1 of 5 maps" in app.info[0].value and len(world.started) == 1
    next(b for b in app.button if b.label == "Continue").click().run()
    assert len(world.started) == 2
    assert "fused" not in world.given["files"] and len(world.given["files"]) == 4


def test_a_full_disk_is_said_where_nothing_can_be_started(world, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mmmie.jobs.background_work.np.savez", full)
    app = open_page()
    assert "the disk is full" in app.error[0].value and not world.started
