"""The first page: its pictures, its ways on, and addresses of before it was there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import loading, state
from app.screens.start.squeeze import bound_over_training, squeeze_svg
from app.screens.start.who_spoke import SWAPPED, example_of
from mmmie import load_checkpoint
from mmmie.analysis.outputs import TRAINED
from tests.app.opening import as_read

ROOT = Path(__file__).resolve().parents[4]


def opened(**parameters: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    for key, value in parameters.items():
        app.query_params[key] = value
    return app.run()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.mark.slow
def test_the_three_claims_are_drawn_and_lead_on(home: Path) -> None:
    app = opened()
    assert not app.exception and not app.info and len(app.subheader) == 3
    assert len(app.selectbox) == 0  # it shows what ships, whatever is chosen
    drawn = {c.proto.component_name for c in app.get("bidi_component")}
    assert {"mmmie_maps", "mmmie_drawing", "mmmie_who_spoke"} <= {n.split(".")[-1] for n in drawn}
    app.button[0].click().run()
    assert not app.exception and app.session_state["lesson_step"] is not None


@pytest.mark.slow
def test_an_address_from_before_this_page_opens_what_it_names(home: Path) -> None:
    app = opened(checkpoint="demo-no-mi-max", split="test")
    assert not app.exception and "demo-no-mi-max" in as_read(app.title[0].value)
    assert app.session_state["split"] == "test"


def test_without_what_ships_the_ways_on_are_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(home / "none"))
    app = opened()
    assert not app.exception and not app.error
    assert len(app.info) == 1 and len(app.button) >= 2 and not app.subheader


def shipped(name: str) -> state.View:
    folder = ROOT / "checkpoints" / name
    checkpoint = load_checkpoint(folder)
    choice = loading.Choice(name, folder, "shipped")
    return state.View(choice, checkpoint, checkpoint.corpus(), "valid", "label")


@pytest.mark.slow
def test_the_example_is_read_rightly_and_moved_by_the_swap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = shipped("demo")
    example = example_of(view)
    assert example is not None
    moved = abs(example.swapped - example.trained)
    assert moved > 1 > abs(example.trained - example.truth)
    assert example.turns[-1]["same"] and any(t["same"] for t in example.turns[:-1])
    row = int(np.flatnonzero(view.outputs.output[TRAINED] == np.float32(example.trained))[0])
    assert view.outputs.output[SWAPPED][row] == np.float32(example.swapped)
    assert view.frame["transcript"].iloc[row] == example.turns[-1]["text"]
    view.outputs.output[SWAPPED][:] = view.outputs.output[TRAINED]
    assert example_of(view) is None


def test_the_squeeze_is_drawn_from_what_the_runs_recorded() -> None:
    curves = {
        True: bound_over_training(load_checkpoint(ROOT / "checkpoints" / "demo"), "text"),
        False: bound_over_training(
            load_checkpoint(ROOT / "checkpoints" / "demo-no-mi-min"), "text"
        ),
    }
    assert curves[False][-1][1] > 2 * curves[True][-1][1] > 0
    svg = squeeze_svg(curves, "text", ["text", "audio"])
    assert svg.count("<polyline") == 2 and svg.count("<polygon") == 1
    assert squeeze_svg({True: curves[True]}, "text", ["text"]).count("<polyline") == 1
    assert bound_over_training(load_checkpoint(ROOT / "checkpoints" / "demo"), "smell") == []
