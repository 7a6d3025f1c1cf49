from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.parts.style import modality_colour, sentiment_colour
from app.screens.data.conversation_browser import conversation_bubbles
from app.utterance.chat import place_names, window_bubbles
from mmmie.analysis.ask.question import Question
from mmmie.corpus import Label
from mmmie.corpus.folder import save_corpus_folder

PLACES = pd.DataFrame(
    {
        "id": ["u0", "u1", "u2"],
        "place": [1, 2, 3],
        "offset": [-1, 0, 1],
        "relation": ["other speaker", "same speaker", "unknown speaker"],
        "speaker": ["Bo", "Ann", None],
        "transcript": ["<b>so</b>", "yes", None],
        "label": [1.0, -2.0, 0.5],
    }
)
SHARES = pd.DataFrame(
    [(p, m, s) for p, row in ((1, (0.1, 0.2)), (2, (0.5, 0.1)), (3, (0.0, 0.1)))
     for m, s in zip(["text", "audio"], row, strict=True)],
    columns=["place", "modality", "share"],
)  # fmt: skip


def test_places_are_named_by_offset_and_speaker() -> None:
    assert place_names(PLACES) == ["−1  Bo", "target  Ann", "+1"]


def test_the_window_is_a_chat_weighted_by_attention() -> None:
    before, target, after = window_bubbles(PLACES, SHARES, ["text", "audio"], False)
    assert [b.right for b in (before, target, after)] == [False, True, False]
    assert [b.target for b in (before, target, after)] == [False, True, False]
    assert target.weight == pytest.approx(1)
    assert before.weight == pytest.approx(0.5)
    assert before.opacity < target.opacity == 1
    assert before.text == "<b>so</b>"  # text is text: the component never makes it markup
    assert after.text == "(no transcript)"
    assert "attention 30.0%" in before.note
    colours = [colour for colour, _ in before.bar]
    assert colours == [modality_colour(m, ["text", "audio"]) for m in ("text", "audio")]
    assert [share for _, share in before.bar] == pytest.approx([0.1 / 0.6, 0.2 / 0.6])


def test_a_window_without_attention_has_thin_borders() -> None:
    bubbles = window_bubbles(PLACES, SHARES.assign(share=0.0), ["text", "audio"], False)
    assert [b.weight for b in bubbles] == [0, 0, 0]


def test_what_is_changed_stands_where_it_is_told_to() -> None:
    question = Question(relabel=((-1, 0),), hidden=(1,))
    before, target, after = window_bubbles(
        PLACES, SHARES, ["text", "audio"], False, question=question, roles={-1: 1, 0: 0, 1: -1}
    )
    assert (before.right, before.changed, before.removed) == (True, True, False)
    assert (before.who, before.label) == ("−1, told +1", "Bo · told same speaker")
    assert (target.label, target.removed) == ("", None)  # the target is who it is
    assert (after.right, after.removed) == (False, True)
    assert (after.who, after.label) == ("+1, told −1", "unknown speaker")


def test_without_a_speaker_term_nobody_is_relabelled() -> None:
    before, _, _ = window_bubbles(
        PLACES, SHARES, ["text", "audio"], False, question=Question(), speakers=False
    )
    assert (before.who, before.label, before.removed) == ("−1 Bo · other speaker", "", False)


def test_a_conversation_alternates_sides_and_shows_labels() -> None:
    turns = PLACES.assign(speaker=["Ann", "Bo", "Ann"], ambiguous=[0, 1, 0])
    label = Label("sentiment", "regression", range=(-3.0, 3.0))
    bubbles = conversation_bubbles(turns, label, (-3, 3), ["ambiguous"], "u1")
    assert [b.right for b in bubbles] == [False, True, False]
    assert [b.target for b in bubbles] == [False, True, False]
    assert bubbles[1].note == "sentiment −2 · ambiguous"
    assert bubbles[1].colour == sentiment_colour(-2, (-3, 3))


def test_a_conversation_without_speakers_can_be_read() -> None:
    turns = PLACES.drop(columns=["speaker", "transcript"]).assign(label=["no", "yes", "no"])
    label = Label("irony", "classification", classes=("no", "yes"))
    bubbles = conversation_bubbles(turns, label, (0, 1), [], None)
    assert {b.who for b in bubbles} == {"unknown speaker"}
    assert [b.note for b in bubbles] == ["no", "yes", "no"]
    assert [b.right for b in bubbles] == [False] * 3 and type(bubbles[0].right) is bool


def reader(folder: str) -> None:
    import streamlit as st

    from app.screens.data.conversation_browser import conversation_browser
    from mmmie.corpus.folder import open_corpus_folder

    corpus = open_corpus_folder(folder)
    if (typed := st.session_state.pop("typed", None)) is not None:
        st.session_state[f"browse-{corpus.fingerprint}"] = typed
    conversation_browser(corpus)


def test_of_very_many_conversations_some_are_offered_and_any_is_found(
    make_corpus, tmp_path
) -> None:
    save_corpus_folder(make_corpus(conversations=1200, length=1), tmp_path)
    app = AppTest.from_function(reader, kwargs={"folder": str(tmp_path)}, default_timeout=60).run()
    box = app.selectbox[0]
    assert box.value == "c0" and len(box.options) < 600
    app.session_state["typed"] = "c1100"
    box = app.run().selectbox[0]
    assert box.value == "c1100" and "c1101" in box.options and len(box.options) < 600
    app.session_state["typed"] = "nobody"
    app.run()
    assert not app.exception and app.selectbox[0].value == "c1100"
    assert "“nobody”" in app.caption[0].value
    app.button[1].click().run()
    assert app.selectbox[0].value == "c1101"


def page() -> None:
    from app.utterance.chat import Bubble, chat

    chat([Bubble("u0", "hello", "Ann")], key="c", on_pick=print)


def test_the_component_mounts() -> None:
    assert not AppTest.from_function(page).run(timeout=30).exception
