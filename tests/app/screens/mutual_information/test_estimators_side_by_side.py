"""Estimators side by side on a page, with a process that the test holds."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.mutual_information import side_by_side_jobs
from app.screens.mutual_information.side_by_side_jobs import (
    job_failure,
    job_runs,
    start_job,
    stop_job,
)
from mmmie.analysis.bounds.side_by_side import SideBySide
from mmmie.files import write_json


class Process:
    """A process that the test ends."""

    def __init__(self):
        self.returncode = None

    def poll(self):
        return self.returncode

    def terminate(self):
        self.returncode = -15

    def communicate(self):
        return b"", b"Traceback\nInputError: x and y have 3 rows\n"


@pytest.fixture
def world(monkeypatch, tmp_path):
    """Jobs and a cache of their own, and the processes that were started."""
    jobs, started = side_by_side_jobs._Jobs(), []

    def start(self, estimators):
        started.append((Process(), self, estimators))
        return started[-1][0]

    monkeypatch.setattr(side_by_side_jobs, "_jobs", lambda: jobs)
    monkeypatch.setattr(SideBySide, "start", start)
    page = "app.screens.mutual_information.estimators_side_by_side"
    monkeypatch.setattr(f"{page}.cache_folder", lambda f: tmp_path)
    return started


def script():
    import streamlit as st

    from app import state
    from app.screens.mutual_information.estimators_side_by_side import draw_side_by_side
    from app.screens.mutual_information.recorded_bounds import UNITS

    st.session_state.setdefault("checkpoint", "demo")
    draw_side_by_side(state.current_view(), UNITS["nats"])


def open_page(**parameters):
    app = AppTest.from_function(script, default_timeout=60)
    for key, value in parameters.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def write_result(task, name, nats, bound, doubt=None, title=None):
    row = {
        **{"estimator": name, "title": title or name, "nats": nats, "std": 0.1, "bound": bound},
        **{"ceiling": None, "n": 967, "dim_x": 16, "dim_y": 16, "batch_size": 128},
        **{"assumes": None, "doubt": doubt, "fit": {}, "sentence": f"{name} says so."},
        "seconds": 1.0,
    }
    write_json(task._file(name), row)


def test_results_appear_while_the_others_are_computed(world):
    app = open_page()
    assert not app.subheader
    app.button[0].click().run()
    assert not app.exception and [b.label for b in app.button] == ["Stop"]
    process, task, estimators = world[0]
    assert estimators == ["infonce", "nwj", "js", "club", "l1out", "doe", "ksg", "cca"]
    assert task.split == "valid" and task.quantity.name == "I(z text; z audio)"
    assert "0 of 8 are there; next is InfoNCE" in app.get("progress")[0].proto.text
    write_result(task, "infonce", 1.5, "lower", title="InfoNCE")
    write_result(task, "l1out", 2.5, "upper", title="L1Out")
    app.run()
    assert app.subheader[0].value == "z text and z audio share between 1.5 and 2.5 nats"
    assert "2 of 8 are there; next is NWJ" in app.get("progress")[0].proto.text
    process.returncode = 0
    app.run()
    assert not app.exception and not app.get("progress")
    assert app.button[0].label == "Run 6 estimators"
    assert len(app.table[0].value) == 2
    assert "967 utterances of the valid split" in app.caption[0].value


def test_what_is_in_the_cache_needs_no_process(world):
    app = open_page(side_estimators=["CLUB ≤"])
    assert app.button[0].label == "Run 1 estimator"
    app.button[0].click().run()
    write_result(world[0][1], "club", 2.5, "upper", doubt="q does not fit", title="CLUB")
    world[0][0].returncode = 0
    app = open_page(side_estimators=["CLUB ≤"])
    assert not app.button
    assert app.subheader[0].value == "No estimator can be believed on I(z text; z audio)"
    # another question has no answer yet
    app.toggle(key="side_ranks").set_value(True).run()
    assert app.button[0].label == "Run 1 estimator" and not app.subheader


def test_stop_and_failure(world):
    app = open_page()
    app.button[0].click().run()
    app.button[0].click().run()
    assert world[0][0].returncode == -15 and not app.error
    app.button[0].click().run()
    world[1][0].returncode = 1
    app.run()
    assert "x and y have 3 rows" in app.error[0].value.replace("\\", "")
    app.button[0].click().run()
    assert len(world) == 3 and not app.error


def test_nothing_chosen_is_said(world):
    app = open_page()
    app.multiselect(key="side_estimators").set_value([]).run()
    assert "Choose one estimator" in app.info[0].value


def test_one_process_works_on_a_question(world, tmp_path):
    task = type(
        "Task", (), {"key": "a", "start": lambda self, names: world.append(names) or Process()}
    )
    one = task()
    start_job(one, ["cca"])
    start_job(one, ["cca", "ksg"])
    assert world == [["cca"]] and job_runs(one)
    stop_job(one)
    assert not job_runs(one) and job_failure(one) is None
