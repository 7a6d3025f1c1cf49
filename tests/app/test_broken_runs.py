"""Every page opens whatever is in the folder of runs, and says of a broken run what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.pages import PAGES
from tests.app.opening import as_read, goto
from tests.broken_runs import FILES, LOADING, SNAPSHOTS, STATUS, sound_run

pytestmark = pytest.mark.slow
WEIGHTLESS = ("mutual_information", "train", "data")
"""Pages that open without a model."""
MAIN = str(Path(__file__).resolve().parents[2] / "app" / "main.py")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a run for every fault, and some that are no runs at all."""
    runs = tmp_path_factory.mktemp("broken") / "runs"
    kinds = {**STATUS, **{kind: make for kind, (_, make) in FILES.items()}, **LOADING, **SNAPSHOTS}
    for kind, make in kinds.items():
        make(sound_run(runs / kind))
    os.rename(sound_run(runs / "name").path, os.fsencode(runs / "na") + b"\xffme")
    (runs / "loop").symlink_to("loop")
    os.mkfifo(runs / "pipe")
    return runs


@pytest.fixture
def app(home, monkeypatch):
    monkeypatch.setenv("MMMIE_RUNS", str(home))
    return AppTest.from_file(MAIN, default_timeout=300)


def said(app: AppTest) -> str:
    shown = [*app.error, *app.warning, *app.caption, *app.info]
    return as_read("\n".join(box.value for box in shown))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_beside_them_and_names_torn_weights(app, page):
    app.query_params["checkpoint"] = "runs/weights_torn"
    app.query_params["compare"] = "demo"
    goto(app, page)
    assert not app.exception, [e.value for e in app.exception]
    assert (page in WEIGHTLESS) != any(
        "best/model.safetensors" in as_read(e.value) for e in app.error
    )


@pytest.mark.parametrize("page", ["overview", "learn"])
def test_a_page_of_a_sound_checkpoint_opens_beside_them(app, page):
    app.query_params["checkpoint"] = "demo"
    goto(app, page)
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error


def test_the_page_of_runs_lists_them_all(app, home):
    goto(app, "train")
    assert not app.exception, [e.value for e in app.exception]
    assert {*STATUS, *FILES, "loop", "na\\xffme"} <= set(app.selectbox(key="run").options)
    for name in ("na\\xffme", "loop"):
        app.selectbox(key="run").select(name).run()
        assert not app.exception, (name, [e.value for e in app.exception])
        assert any("na\\" in e.value or "loop" in e.value for e in app.error)


def _look(path: str) -> None:
    from app.runs.live_run import live_run
    from mmmie.training.run_folder import RunFolder

    live_run(RunFolder(path))


@pytest.mark.parametrize("kind", [*STATUS, *FILES])
def test_a_broken_run_can_be_looked_at(kind, home):
    app = AppTest.from_function(_look, args=(str(home / kind),), default_timeout=300).run()
    assert not app.exception, [e.value for e in app.exception]
    told = FILES[kind][0] if kind in FILES else "status.json"
    assert told in said(app), said(app)


@pytest.mark.parametrize("kind", ["best_label", "best_dim", "weights_nan", "weights_wide"])
def test_what_is_wrong_with_a_checkpoint_is_said(app, kind):
    app.query_params["checkpoint"] = f"runs/{kind}"
    goto(app, "overview")
    assert not app.exception, [e.value for e in app.exception]
    assert any("best/" in error.value for error in app.error)


def test_a_broken_checkpoint_to_compare_with_is_said(app):
    app.query_params["checkpoint"] = "demo"
    app.query_params["compare"] = "runs/weights_nan"
    goto(app, "compare")
    assert not app.exception, [e.value for e in app.exception]
    assert any("best/" in error.value for error in app.error)


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("snapshots_torn", "representations"),
        ("cube", "representations"),
        ("metrics_depth", "overview"),
        ("metrics_depth", "mutual_information"),
    ],
)
def test_what_was_kept_of_the_training_may_be_broken(app, kind, page):
    app.query_params["checkpoint"] = f"runs/{kind}"
    app.query_params["map_method"] = "Triangles"
    goto(app, page)
    assert not app.exception, [e.value for e in app.exception]
