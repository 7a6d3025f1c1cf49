"""The lesson, step by step, on every kind of corpus, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.learn.frame import STEPS
from app.screens.learn.squeeze import closest_without_squeeze
from app.screens.learn.train import last_run, small_config
from mmmie.analysis.checkpoint import load_checkpoint
from mmmie.corpus.folder import save_corpus_folder
from mmmie.training.config import load_config
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder
from tests.app.opening import goto

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
PAGE = "screens/learn/page.py"
SMALL = ["model.dim=8", "model.heads=2", "training.epochs=1", "training.mi_check_every=0"]
KINDS = {
    "plain": ({}, []),
    "one-modality": ({"levels": {"text": "sequence"}, "speakers": False}, []),
    "certain": ({}, ["model.stochastic=false", "model.identity.enabled=false"]),
    "alone": ({"levels": {f"m{i}": "utterance" for i in range(4)},
               "classes": ("no", "maybe", "yes")},
              ["model.context.enabled=false", "objective.maximise.enabled=false",
               "objective.minimise.enabled=false"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(make_corpus, tmp_path_factory):
    """A factory of folders of runs, with a small one of a kind of corpus, trained once."""
    places = tmp_path_factory.mktemp("trained")

    def runs_of(kind: str) -> Path:
        place, (corpus, settings) = places / kind, KINDS[kind]
        if not place.exists():
            save_corpus_folder(make_corpus(conversations=24, **corpus), place / "corpus")
            config = load_config(overrides=[*SMALL, *settings])
            train(place / "corpus", place / "runs" / "run", config, device="cpu")
        return place / "runs"

    return runs_of


@pytest.fixture
def lesson(trained, tmp_path, monkeypatch):
    """Opens the Learn page on a small run of a kind of corpus."""
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "checkpoints"))

    def open_lesson(kind: str = "plain", **parameters: str) -> AppTest:
        monkeypatch.setenv("MMMIE_RUNS", str(trained(kind)))
        app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
        app.query_params["checkpoint"] = "runs/run"
        for key, value in parameters.items():
            app.query_params[key] = value
        return goto(app, "learn")

    return open_lesson


def title(app: AppTest) -> str:
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    (only,) = app.title
    return only.value


def button(app: AppTest, key: str):
    return next(b for b in app.button if b.key == key)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_on_every_kind_of_corpus(lesson, kind: str) -> None:
    app = lesson(kind)
    titles = [title(app)]
    for step in range(1, len(STEPS)):
        button(app, "lesson-next").click().run()
        titles.append(title(app))
        assert app.query_params["step"] in (str(step), [str(step)])
        assert app.latex and any("To think about" in m.value for m in app.markdown)
    assert len(set(titles)) == len(STEPS)
    assert button(app, "lesson-next").disabled
    if kind == "one-modality":
        assert titles[3] == "There is no pair to pull together"
    if kind == "certain":
        assert titles[4] == "Codes without noise cannot be priced"


def test_the_step_of_the_url_is_taken_and_kept_within_bounds(lesson) -> None:
    app = lesson(step="5", utterance="c2_3")
    assert app.segmented_control(key="lesson-progress").value == 5
    assert "words of 13" in title(app)
    button(app, "lesson-back").click().run()
    assert app.session_state["lesson_step"] == 4
    app.segmented_control(key="lesson-progress").set_value(0).run()
    assert button(app, "lesson-back").disabled
    far = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    far.query_params["step"] = "99"
    goto(far, "learn")
    assert far.session_state["lesson_step"] == len(STEPS) - 1


def test_without_a_choice_the_lesson_chooses_for_all_pages(lesson) -> None:
    app = lesson()
    chosen = app.session_state["selection"]
    assert chosen.primary is not None and chosen.ids == ()
    assert app.text_input[0].value == chosen.primary  # the sidebar knows


def test_controls_change_the_numbers(lesson) -> None:
    app = lesson(step="1")
    assert not any("standard deviations higher" in m.value for m in app.markdown)
    app.slider(key="lesson-channel-by").set_value(2.0).run()
    assert any("2 standard deviations higher" in m.value for m in app.markdown)
    button(app, "lesson-next").click().run()
    button(app, "lesson-next").click().run()
    before = title(app)
    slider = next(s for s in app.slider if s.label.startswith("Try it: batch size"))
    slider.set_value(6).run()
    assert "in 6: " in title(app) != before
    button(app, "lesson-next").click().run()
    before = title(app)
    app.select_slider(key="lesson-noise").set_value(0.1).run()
    assert "0.1 times the noise" in title(app) != before
    button(app, "lesson-next").click().run()
    assert "with identity" in title(app)
    app.toggle(key="lesson-term-speaker").set_value(False).run()
    assert "with your changes" in title(app)


def test_settings_of_the_small_run() -> None:
    config = small_config(3, 16, pull=True, squeeze=False, identity=False)
    assert config.data == "demo"
    assert (config.training.epochs, config.model.dim) == (3, 16)
    assert config.objective.maximise.enabled and not config.objective.minimise.enabled
    assert not config.model.identity.enabled


def test_only_runs_of_the_lesson_are_taken_up(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    assert last_run() is None
    for name in ("lesson-2", "mine"):
        run = RunFolder(tmp_path / name)
        run.create()
        run.config.write_text("")
    found = last_run()
    assert found is not None and found.path.name == "lesson-2"


def test_the_checkpoint_without_the_squeeze_that_is_like_this_one() -> None:
    demo, other, bare = (
        load_checkpoint(ROOT / "checkpoints" / name)
        for name in ("demo", "demo-no-mi-max", "demo-no-mi-min")
    )
    assert closest_without_squeeze(demo, [demo, other, bare]) is bare
    assert closest_without_squeeze(demo, [demo, other]) is None
