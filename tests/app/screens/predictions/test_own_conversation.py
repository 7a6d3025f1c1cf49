"""The tab "A conversation of your own" on the demo checkpoint, without a browser."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.screens.predictions.own_conversation import EXAMPLE, own_table, own_title
from mmmie.analysis.ask.own_conversation import read_turns
from mmmie.corpus import Label
from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets.demo.generate import generate_demo
from tests.app.opening import goto

ROOT = Path(__file__).resolve().parents[4]


def titles(app: AppTest) -> str:
    assert not app.exception
    return " | ".join(s.value for s in app.subheader)


@pytest.mark.slow
def test_words_are_predicted_bad_lines_named_and_a_corpus_opened(
    make_corpus, tmp_path, monkeypatch
):
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120)
    app.query_params["checkpoint"] = "demo"
    app.query_params["utterance"] = "c007_04"
    app.run()
    app.session_state["predictions_tab"] = "A conversation of your own"
    goto(app, "predictions")
    assert "Sentiment is predicted highest at turn 1, Ada" in titles(app)
    assert any("audio and vision are missing" in c.value for c in app.caption)

    app.button(key="own-take").click().run()
    words = app.text_area(key="own-words").value
    assert app.dataframe[0].value["transcript"].iloc[0] in words
    assert not app.error

    app.text_area(key="own-words").set_value("Ann: <b>yes</b>\nno colon").run()
    assert [e.value for e in app.error] and "line 2 has no speaker" in app.error[0].value

    [source] = [c for c in app.get("button_group") if c.key == "own-source"]
    source.set_value("A corpus with features").run()
    save_corpus_folder(generate_demo(seed=3, conversations=5), tmp_path / "other")
    app.text_input(key="own-path").set_value(str(tmp_path / "other")).run()
    assert not app.error
    assert "Sentiment is predicted highest at" in titles(app)
    assert "label" in app.dataframe[0].value

    new = generate_demo(seed=3, conversations=5).with_modalities(["text", "audio"])
    new.utterances = new.utterances.drop(columns=["label", "split"])
    save_corpus_folder(new, tmp_path / "new")
    app.text_input(key="own-path").set_value(str(tmp_path / "new")).run()
    assert not app.error
    assert "Sentiment is predicted highest at" in titles(app)
    assert "label" not in app.dataframe[0].value
    assert any("told that vision is missing" in c.value for c in app.caption)

    save_corpus_folder(make_corpus(), tmp_path / "small")
    app.text_input(key="own-path").set_value(str(tmp_path / "small")).run()
    assert any("cannot be used" in e.value for e in app.error)
    assert any("modalities.text.dim" in c.value for c in app.code)


NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("mood", "classification", classes=("bad", "good"))


def turns(predictions: list[object]) -> pd.DataFrame:
    count = len(predictions)
    return pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(count)],
            "conversation": "pasted",
            "position": range(count),
            "speaker": ["*Ann*", None, "Bo"][:count],
            "transcript": "<b>hello</b>",
            "prediction": predictions,
        }
    )


def test_the_example_can_be_read() -> None:
    assert {turn.speaker for turn in read_turns(EXAMPLE)} == {"Ada", "Ben"}


def test_the_title_names_highest_and_lowest_and_speakers_stay_text() -> None:
    assert own_title(turns([1.5, -2.0, 0.0]), NUMBER) == (
        r"Sentiment is predicted highest at turn 1, \*Ann\* (1.5), lowest at turn 2 (−2)"
    )
    assert own_title(turns([1.5]), NUMBER) == "Sentiment is predicted as 1.5"
    assert own_title(turns(["bad", "good", "bad"]), CLASSES) == "2 of 3 turns are predicted bad"


def test_the_table_counts_from_one_and_keeps_text_as_it_is() -> None:
    table = own_table(turns([1.5, -2.0, 0.0]))
    assert list(table) == ["turn", "prediction", "speaker", "transcript"]
    assert table["turn"].tolist() == [1, 2, 3]
    assert table["speaker"].tolist() == ["*Ann*", "", "Bo"]
