"""How a corpus was read: in lines, with notes, and told otherwise on the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from app.screens.data.reading import label_words, note_text, reading_lines
from mmmie.analysis.corpora.summary import corpus_summary
from mmmie.corpus import Corpus

HOSTILE = "<img src=x onerror=alert(1)> :red[x] $y$ [a](javascript:b)"


def notes_page() -> None:
    import streamlit as st

    from app.screens.data.reading import draw_notes

    draw_notes(st.session_state["notes"])


def drawn(notes: list[str]) -> AppTest:
    at = AppTest.from_function(notes_page)
    at.session_state["notes"] = notes
    return at.run(timeout=30)


def test_notes_are_shown_and_none_of_them_is_markup() -> None:
    at = drawn([f"`{HOSTILE}` was not used.", "second"])
    shown = " ".join(one.value for one in at.markdown)
    assert "2 things" in shown and "second" in shown
    assert "\\<img" in shown and "\\:red\\[" in shown and "\\$y" in shown and "](java" not in shown
    assert "`" not in note_text("`a` and `b`.")


def test_many_notes_fold_and_none_show_nothing() -> None:
    at = drawn([f"note {i}" for i in range(9)])
    assert len(at.expander) == 1 and "3 more" in at.expander[0].label
    assert "note 8" in " ".join(one.value for one in at.expander[0].markdown)
    assert not drawn([]).markdown


def test_the_reading_in_lines(make_corpus) -> None:  # type: ignore[no-untyped-def]
    lines = " ".join(reading_lines(corpus_summary(make_corpus())))
    for words in ("12, of 5 utterances", "−3 to 3", "2", "text (4 channels, seq", "train 40"):
        assert words in lines.replace("-3", "−3"), words
    corpus: Corpus = make_corpus(classes=tuple(f"c<{i}>" for i in range(14)), speakers=False)
    lines = " ".join(reading_lines(corpus_summary(corpus)))
    assert "14 classes" in lines and "2 more" in lines and "unknown" in lines and "<0>" not in lines
    assert label_words(None) == "none"


def bring() -> None:
    from app.screens.data.bring_your_own import bring_corpus

    bring_corpus()


def test_what_the_label_is_can_be_said_on_the_page(tmp_path: Path) -> None:
    rows = {"id": [f"c{i // 5}_{i % 5}" for i in range(40)], "emotion": [i % 4 for i in range(40)]}
    rows["split"] = ["train"] * 20 + ["valid"] * 20
    pd.DataFrame(rows).to_csv(tmp_path / "utterances.csv", index=False)
    np.save(tmp_path / "audio.npy", np.random.default_rng(0).normal(size=(40, 3)))
    at = AppTest.from_function(bring).run(timeout=30)
    at.text_input(key="bring-path").set_value(str(tmp_path)).run(timeout=30)
    shown = " ".join(one.value for one in at.markdown)
    assert not at.exception and "40 utterances" in at.success[0].value
    assert "4 classes" in shown and "“emotion”" in shown and "sound" not in at.success[0].value
    box = next(one for one in at.text_input if one.key and one.key.startswith("label-folder"))
    box.set_value("kind=regression,range=0:3").run(timeout=30)
    shown = " ".join(one.value for one in at.markdown)
    assert not at.exception and "a number from 0 to 3" in shown and "4 classes" not in shown
    assert at.session_state["labels_said"] == {str(tmp_path): "kind=regression,range=0:3"}
    box = next(one for one in at.text_input if one.key and one.key.startswith("label-folder"))
    box.set_value("range=0:9").run(timeout=30)  # the labels are the same, the range is not
    assert "a number from 0 to 9" in " ".join(one.value for one in at.markdown)
    box = next(one for one in at.text_input if one.key and one.key.startswith("label-folder"))
    box.set_value("range=9:8").run(timeout=30)
    assert not at.success and "range=9:8" in at.code[0].value
