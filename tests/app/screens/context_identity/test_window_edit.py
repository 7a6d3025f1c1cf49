"""The window with its controls, on the shipped checkpoint and without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.opening import goto

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
EDITS = ("relabel", "terms_off", "hidden", "shuffle")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    app.query_params["checkpoint"] = "demo"
    app.query_params["utterance"] = "c126_09"
    return app


def visit(app: AppTest) -> AppTest:
    goto(app, "context_identity")
    assert not app.exception
    return app


def press(app: AppTest, name: str) -> AppTest:
    app.button(key=f"edit-{name}").click().run()
    assert not app.exception
    return app


def written(app: AppTest) -> dict[str, str]:
    held = {name: app.query_params[name] for name in EDITS if name in app.query_params}
    return {name: value[0] if isinstance(value, list) else value for name, value in held.items()}


def test_every_control_changes_the_prediction_and_the_address(page: AppTest) -> None:
    app = visit(page)
    told_the_truth = app.subheader[0].value
    assert told_the_truth.startswith("It predicts")
    assert written(app) == {}
    press(app, "Swap speakers")
    assert written(app)["relabel"].startswith("-6:same,-5:other")
    swapped = app.subheader[0].value
    assert "further from the truth" in swapped
    press(app, "Shuffle roles")
    assert written(app)["shuffle"] == "0"
    press(app, "Reset")
    assert (written(app), app.subheader[0].value) == ({}, told_the_truth)
    press(app, "example")  # the utterances that swapped speakers move most, swapped
    assert app.session_state["selection"].primary is not None
    assert "relabel" in written(app)


def test_a_link_brings_the_edit_back_and_another_target_keeps_only_terms(page: AppTest) -> None:
    page.query_params["relabel"] = "-2:other,-3:same"
    page.query_params["terms_off"] = "modality"
    app = visit(page)
    assert "instead of" in app.subheader[0].value
    (sentence,) = (m.value for m in app.markdown if m.value.startswith("Told"))
    assert "is another speaker" in sentence
    app.button(key="next-turn").click().run()
    assert written(app) == {"terms_off": "modality"}


def test_an_address_that_says_nothing_sensible_changes_nothing(page: AppTest) -> None:
    page.query_params["relabel"] = "-2:mine"
    app = visit(page)
    assert "'-2:mine'" in app.warning[0].value.replace("\\", "")
    assert app.subheader[0].value.startswith("It predicts")
