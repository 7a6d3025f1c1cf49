"""The section "What if?" and the pinned card on the demo checkpoint, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.predictions.what_if_controls import telling_channel
from mmmie.analysis.ask.question import ChannelEdit, Question, question_of
from mmmie.corpus import Modality
from tests.app.opening import goto

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]


def titles(app: AppTest) -> str:
    return " | ".join(s.value for s in app.subheader)


def asked(app: AppTest) -> Question:
    held = app.query_params.get("what_if", [""])
    return question_of({"what_if": held[0] if isinstance(held, list) else held})


@pytest.mark.parametrize(
    ("channels", "telling"),
    [
        (("head_pitch_rad", "AU04_r", "AU12_r"), 2),  # as OpenFace has it: the smile
        (("pitch_hz", "energy_db"), 0),
        (("AU04_r", "AU01_r"), 0),
        (None, None),
    ],
)
def test_a_suggestion_moves_what_tells_most(channels, telling):
    modality = Modality("some", len(channels or "ab"), "sequence", channels=channels)
    assert telling_channel(modality) == telling


@pytest.fixture
def page(tmp_path, monkeypatch) -> AppTest:
    """The Predictions page with an edit and a pinned utterance in its address."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    edit = Question(
        missing=("audio",), channels=(ChannelEdit("vision", 0, 1.0),), transcript="Awful."
    )
    app.query_params["checkpoint"] = "demo"
    app.query_params["utterance"] = "c007_04"
    app.query_params["pinned"] = "c007_09"
    app.query_params["predictions_tab"] = "What if"
    app.query_params["what_if"] = edit.address["what_if"]
    app.run()
    goto(app, "predictions")
    assert not app.exception and not app.error
    return app


def test_an_edit_of_the_address_is_taken_changed_and_reset(page):
    assert "With these 3 changes the prediction moves from" in titles(page)
    assert asked(page).transcript == "Awful."

    [audio] = [t for t in page.toggle if t.label == "audio"]
    assert audio.value is False
    audio.set_value(True).run()
    assert asked(page).missing == ()
    assert "With smile" in titles(page) and "other words" in titles(page)

    page.button(key="what-if-reset").click().run()
    assert not asked(page) and "Nothing is changed" in titles(page)
    assert "2 tries so far" in titles(page)

    [opposite] = [b for b in page.button if b.label == "The opposite words"]
    opposite.click().run()
    assert "awful" in (asked(page).transcript or "")
    assert titles(page).count("With other words the prediction moves from") == 1

    # Other words belong to one utterance; what is said of a modality is asked of the next one too.
    page.session_state["selection"] = type(page.session_state["selection"])((), "c007_05")
    page.run()
    assert asked(page) == Question() and "Nothing is changed" in titles(page)
    assert not page.exception and not page.error


def test_the_pinned_card_stands_beside_the_table_and_can_be_let_go(page):
    del page.query_params["predictions_tab"]
    page.session_state["predictions_tab"] = "Utterances"
    page.run()
    captions = " ".join(c.value for c in page.caption)
    assert r"pinned · utterance c007\_09" in captions
    page.button(key="card-pinned-pin").click().run()
    assert page.session_state["selection"].pinned is None
    assert not page.exception and not page.error
