"""The lab on a page: what is set is what starts, what ran is shown, and polling ends."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.mutual_information.lab_controls import PRESETS, levels
from mmmie.analysis.bounds.estimator_lab import find_lab, lab_lines, lab_work, read_lab
from mmmie.analysis.bounds.lab_tasks import LabSettings

pytestmark = pytest.mark.slow

SMALL = LabSettings(dim=2, nats=(1.0,), estimators=("cca", "ksg"), steps=20)


def script():
    from app.screens.mutual_information.estimator_lab import draw_lab

    draw_lab()


@pytest.fixture
def home(tmp_path, workers, monkeypatch):
    """Runs are kept here, and no process is started."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return workers


def open_page(**parameters):
    app = AppTest.from_function(script, default_timeout=60)
    for key, value in parameters.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def button(app, label):
    return next(b for b in app.button if b.label == label)


def latest(home):
    return find_lab(home.started[-1].name)


def test_before_anything_ran_it_says_what_to_do(home):
    app = open_page()
    assert "Click a question" in app.info[0].value
    assert [b.label for b in app.button[: len(PRESETS)]] == [p.question for p in PRESETS]
    assert "Independent pairs of standard normals" in app.caption[0].value
    assert not home.started


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.question)
def test_a_question_fills_in_the_controls_and_starts(home, preset):
    preset.tasks()
    app = open_page()
    button(app, preset.question).click().run()
    assert not app.exception
    assert read_lab(latest(home)).settings == preset
    assert app.selectbox(key="lab_family").value == preset.family
    assert tuple(app.multiselect(key="lab_estimators").value) == preset.estimators
    assert app.number_input(key="lab_nats").value == max(preset.nats)
    assert preset.question in [s.value for s in app.subheader]
    assert button(app, "Start").disabled  # the same is at work
    # what the controls say now is the same run, but for its question
    button(app, "Stop").click().run()
    button(app, "Start").click().run()
    assert not app.exception
    again = read_lab(latest(home)).settings
    assert again.question == "" and again.nats == preset.nats and again.steps == preset.steps


def test_every_control_is_a_setting(home):
    app = open_page()
    app.selectbox(key="lab_family").select("cubic")
    app.segmented_control(key="lab_truth").select("One value")
    app.number_input(key="lab_nats").set_value(3.0)
    app.number_input(key="lab_dim").set_value(4)
    app.multiselect(key="lab_estimators").set_value(["doe", "cca"])
    app.selectbox(key="lab_batch").select(32)
    app.selectbox(key="lab_steps").select(100)
    app.toggle(key="lab_ranks").set_value(True)
    app.selectbox(key="lab_critic").select("joint")
    app.toggle(key="lab_closed").set_value(True)
    app.number_input(key="lab_seed").set_value(7)
    app.run()
    button(app, "Start").click().run()
    assert read_lab(latest(home)).settings == LabSettings(
        "cubic", 4, (3.0,), ("doe", "cca"), 32, 100, "joint", "copula", 7, True
    )


def test_a_setting_out_of_range_is_said_and_starts_nothing(home):
    app = open_page()
    app.selectbox(key="lab_family").select("spiral").run()
    assert "out of range; use 0 to 8" in app.error[0].value.replace("\\", "")
    assert button(app, "Start").disabled
    app.selectbox(key="lab_family").select("uniform").run()
    assert not app.error and app.number_input(key="lab_dim").disabled


def test_a_question_that_was_asked_before_is_answered_at_once(home):
    open_page().button[0].click().run()
    home.say(*lab_lines(SMALL))
    home.done()
    app = open_page()
    app.button[0].click().run()
    assert not app.exception and len(home.started) == 1
    assert PRESETS[0].question in [s.value for s in app.subheader]


def test_a_run_is_followed_and_stays_when_it_is_over(home, monkeypatch):
    monkeypatch.setattr("app.screens.mutual_information.estimator_lab.controls", lambda: SMALL)
    app = open_page()
    button(app, "Start").click().run()
    assert "the process is starting" in app.get("progress")[0].proto.text
    assert button(app, "Start").disabled
    home.say(*lab_lines(SMALL))
    app.run()
    assert "step 20 of 20" in app.get("progress")[0].proto.text
    home.done()
    app.run()
    assert not app.exception and not app.get("progress")
    assert not button(app, "Start").disabled
    assert app.subheader[0].value.startswith("Where the truth is 1 nat, CCA (Gaussian) says")
    assert any(m.value.startswith("- **KSG** says") for m in app.markdown)
    # a reload is a new session with the same address
    again = open_page(lab=home.started[0].name)
    assert again.subheader[0].value == app.subheader[0].value


def test_stop_ends_the_process(home):
    app = open_page()
    button(app, "Start").click().run()
    button(app, "Stop").click().run()
    assert latest(home).state == "stopped" and button(app, "Start")
    assert any("stopped before the end" in c.value for c in app.caption)


def test_a_link_to_what_is_gone_is_an_empty_lab(home):
    app = open_page(lab="0123456789ab")
    assert "Click a question" in app.info[0].value
    broken = lab_work(SMALL).folder.parent / "abc"
    broken.mkdir(parents=True)
    (broken / "process.json").write_text("{}")
    (broken / "given.json").write_text("{}x")
    assert "Click a question" in open_page(lab="abc").info[0].value


def test_a_failure_is_shown(home):
    app = open_page()
    button(app, "Start").click().run()
    home.end()
    (home.started[-1] / "log.txt").write_text("MemoryError: too large\n")
    app.run()
    assert "too large" in app.error[0].value
    button(app, "Try again").click().run()
    assert len(home.started) == 2 and not app.error


def test_a_staircase_has_five_even_steps():
    assert levels("Staircase", 5.0) == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert levels("One value", 5.0) == (5.0,)
