"""A conversation of the reader's own: pasted words, or one of a corpus, and what is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import loading
from app.access.typed_path import typed_path
from app.corpora.upload import show_faults, upload_conversations
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.fragment import fragment
from app.parts.layout import wide_columns
from app.parts.names import capital, plain, text_of
from app.parts.style import three_digits
from app.screens.predictions.timeline import timeline_svg
from app.state import View
from app.utterance.conversation import label_limits
from mmmie.analysis.ask.own_conversation import (
    MOST_TURNS,
    MOST_WORDS,
    conversation_of,
    corpus_of_turns,
    pasted_words,
    predicted_turns,
    read_turns,
    written_turns,
)
from mmmie.analysis.ask.word_encoder import WordEncoder
from mmmie.analysis.checkpoint import completed, missing_modalities
from mmmie.corpus import Corpus, Label
from mmmie.csv_export import csv_text
from mmmie.errors import InputError
from mmmie.hosting import read_only

_PASTED, _OPENED = "Words to paste", "A corpus with features"
_WORDS = "own-words"
_KEPT = "own_words_kept"
_MOST_CHARACTERS = 200_000
_MOST_IN_ONE_GO = 20_000

_NUMBERS = (
    "Each column is one turn, in order; the **filled** dot is the prediction, coloured by what it "
    "says. The dashes below show who speaks."
)
_CLASSES = (
    "Each column is one turn, in order. A band is a class, and the stronger its colour the more "
    "probable the model holds it; the **filled** dot stands on the predicted class."
)
_UNKNOWN = (
    "Nothing is known of the truth here, so nothing says whether a prediction is right. A turn is "
    "predicted from its window: the turns around it and who speaks them count too."
)
_KNOWN = (
    "The **hollow** dot is the label that the corpus gives; the line between them is the error."
)
_ENCODER = (
    "Words are encoded as those of the demo corpus are. The model learned from generated sentences "
    "only: a word that they do not use has a place of its own but no meaning, and real talk is "
    "beyond it."
)
_OWN_ENCODER = (
    "Words are encoded by the text encoder of this checkpoint. The model learned from another "
    "corpus: how far it carries over to your conversation is not known."
)
_OTHER_ENCODER = (
    "The text features of this checkpoint were made by another program, so pasted words cannot be "
    "encoded alike: give a corpus with its features."
)
_NO_TEXT = (
    "This checkpoint has no text modality, so pasted words would say nothing to it: give a corpus "
    "with its features."
)


def own_conversation(view: View) -> None:
    """Draw the section "A conversation of your own" for the checkpoint of a view."""
    say.heading("What does the model make of a conversation of your own?")
    _section(view)


@fragment
def _section(view: View) -> None:
    words = pasted_words(view.checkpoint, view.corpus)
    if words is None:
        say.caption(_OTHER_ENCODER if "text" in view.checkpoint.info.modalities else _NO_TEXT)
        _opened(view)
        return
    source = (
        _PASTED
        if read_only()
        else st.segmented_control(
            "From",
            [_PASTED, _OPENED],
            default=_PASTED,
            required=True,
            key="own-source",
            label_visibility="collapsed",
        )
    )
    if source == _PASTED:
        _pasted(view, words)
    else:
        _opened(view)


def _pasted(view: View, words: WordEncoder) -> None:
    left, right = wide_columns([2, 3], key="own-columns", least=330, gap="large")
    with left:
        text = _words(view)
        own = view.checkpoint.info.config.model.text_modality is not None
        say.caption(_OWN_ENCODER if own else _ENCODER)
    info = view.checkpoint.info
    try:
        turns = read_turns(text)
        corpus = corpus_of_turns(turns, words, info.modalities, info.label)
    except InputError as error:
        right.error(plain(str(error)), icon=":material/report:")
        return
    missing = [name for name in info.modalities if name != words.modality]
    with st.spinner("Running the model"), right:
        table, output = predicted_turns(view.checkpoint, corpus, missing)
    with right:
        _shown(view, table, output, missing_words(words.modality, missing))


def _words(view: View) -> str:
    """The box for a conversation; what was written stays while other tabs are looked at."""
    if _WORDS not in st.session_state:
        st.session_state[_WORDS] = st.session_state.get(_KEPT, EXAMPLE)
    text = st.text_area(
        "A conversation, one turn per line",
        key=_WORDS,
        height=320,
        max_chars=_MOST_CHARACTERS,
        help=f"Each line is `Speaker: words`, at most {MOST_TURNS} lines of {MOST_WORDS} words; "
        "`: words` where nobody knows who speaks. It is kept for this visit only.",
    )
    st.session_state[_KEPT] = text
    with st.container(horizontal=True, gap="small"):
        st.button("The example", key="own-example", on_click=_write, args=(EXAMPLE,))
        frame = view.frame
        name = frame["conversation"].iloc[view.primary]
        shown = frame[frame["conversation"] == name].sort_values("position")
        st.button(
            f"The words of {plain(str(name))}",
            key="own-take",
            on_click=_write,
            args=(written_turns(shown),),
            help="The conversation on top of the page, without its other modalities.",
        )
    return text


def _write(words: str) -> None:
    st.session_state[_WORDS] = words


def _opened(view: View) -> None:
    if read_only():
        st.info("This server is read-only: no corpus can be sent or opened by its path here.")
        return
    left, right = wide_columns([2, 3], key="own-columns", least=330, gap="large")
    with left:
        path = typed_path(
            "A corpus folder or file",
            key="own-path",
            placeholder="/path/to/my-corpus",
            help="On the machine that runs this dashboard: a corpus folder, or any format that "
            "the program reads.",
        )
        given = upload_conversations()
    if isinstance(given, InputError):
        with right:
            show_faults(given, "upload")
        return
    where = str(Path(path).expanduser()) if path else given
    if where is None:
        right.info(
            "Name a corpus or upload one: it needs no labels, and one modality of this checkpoint "
            "at least.",
            icon=":material/upload:",
        )
        return
    try:
        opened = loading.open_data(where, unlabelled=True)
        encoded = loading.encoded_corpus(view.checkpoint, opened)
        corpus = completed(view.checkpoint.info, encoded)
    except InputError as error:
        with right:
            show_faults(error, "corpus")
        return
    names = list(corpus.utterances["conversation"].unique())
    name = left.selectbox("Conversation", names, key=f"own-pick-{corpus.fingerprint}")
    with left:
        for note in corpus.notes[len(opened.notes) :]:
            say.caption(plain(note))
        _all_predictions(view, opened)
    context = view.checkpoint.info.config.model.context
    part = conversation_of(corpus, name, MOST_TURNS + context.span[1])
    with st.spinner("Running the model"), right:
        missing = missing_modalities(view.checkpoint.info, opened)
        table, output = predicted_turns(view.checkpoint, part, missing)
    whole = int((corpus.utterances["conversation"] == name).sum())
    table, output = table[:MOST_TURNS], output[:MOST_TURNS]
    with right:
        _shown(view, table, output, corpus_words(corpus.name, missing, whole, len(table)))


def _all_predictions(view: View, corpus: Corpus) -> None:
    if len(corpus) > _MOST_IN_ONE_GO:
        say.caption("For all of its predictions there is `mmmie predict` on the command line.")
        return
    st.download_button(
        f"Predictions of all {len(corpus):,} utterances",
        data=lambda: csv_text(view.checkpoint.predict(corpus)),
        file_name="predictions.csv",
        mime="text/csv",
        key="own-predictions",
        icon=":material/download:",
        on_click="ignore",
        help="As `mmmie predict` writes them; computed when you click.",
    )


def _shown(view: View, turns: pd.DataFrame, output: np.ndarray, sample: str) -> None:
    """The timeline of the predictions, and the turns as a table."""
    label = view.checkpoint.info.label
    say.finding(own_title(turns, label))
    known = "label" in turns
    drawn_figure(
        timeline_svg(
            turns,
            label,
            label_limits(label, turns["label" if known else "prediction"].dropna().to_numpy()),
            "",
            None if label.classes is None else output,
            alt="predictions over the turns of a conversation",
        ),
        key="own-timeline",
        caption=f"{len(turns)} turns. {sample} Model {plain(view.choice.name)}.",
        explanation=(_NUMBERS if label.classes is None else _CLASSES)
        + "\n\n"
        + (_KNOWN if known else _UNKNOWN),
        data=turns,
    )
    table = own_table(turns)
    columns: dict[str, Any] = {
        "turn": "Turn",
        "label": "Truth",
        "prediction": "Prediction",
        "speaker": "Speaker",
        "transcript": st.column_config.TextColumn("Transcript", width="large"),
    }
    if label.classes is None:
        columns |= {
            name: st.column_config.NumberColumn(columns[name], format="%.2f")
            for name in ("label", "prediction")
        }
    say.grid(
        table,
        hide_index=True,
        key="own-table",
        column_config=columns,
        alt="The turns with their predictions",
    )


# Sentences in words of the demo corpus, which its models know, and one in words they do not.
EXAMPLE = """
Ada: Whoa, honestly, the film was wonderful, my friend, let us discuss it now!
Ben: Hm, perhaps the film was dull, mate, let us skip it later.
Ada: I see.
Ben: Actually, clearly that was one awful concert, colleague, I would forget it.
Ada: The pianist played beautifully though.
Ben: Okay then.
""".strip()


def own_title(turns: pd.DataFrame, label: Label) -> str:
    """What the timeline of predictions shows, in one line of Markdown.

    Args:
        turns: of one conversation in order, with `position`, `prediction` and, where known,
            `speaker`.
    """
    if label.classes is not None:
        counts = turns["prediction"].value_counts()
        most = plain(str(counts.index[0]))
        return f"{int(counts.iloc[0])} of {len(turns)} turns are predicted {most}"
    low, high = int(turns["prediction"].argmin()), int(turns["prediction"].argmax())
    name = plain(capital(label.name))
    if low == high:
        return f"{name} is predicted as {three_digits(turns['prediction'].iloc[high])}"
    return (
        f"{name} is predicted highest at {_turn(turns.iloc[high])}, lowest at "
        f"{_turn(turns.iloc[low])}"
    )


def _turn(turn: pd.Series) -> str:
    speaker = text_of(turn.get("speaker"))
    by = f", {plain(speaker)}" if speaker else ""
    return f"turn {int(turn['position']) + 1}{by} ({three_digits(turn['prediction'])})"


def missing_words(given: str, missing: Sequence[str]) -> str:
    """What the model was told of pasted words, in one sentence of Markdown.

    Example:
        >>> missing_words("text", ["audio", "vision"])
        'Only text is given; the model is told that audio and vision are missing.'
    """
    if not missing:
        return f"The model takes {plain(given)} only."
    return f"Only {plain(given)} is given; the model is told that {_are(missing)} missing."


def corpus_words(name: str, missing: Sequence[str], turns: int, shown: int) -> str:
    """What the model was told of a conversation of a corpus, in sentences of Markdown.

    Example:
        >>> corpus_words("mine", ["audio"], 5, 5)
        'Corpus mine. The model is told that audio is missing.'
    """
    said = f"Corpus {plain(name)}."
    if missing:
        said += f" The model is told that {_are(missing)} missing."
    if shown < turns:
        said += f" These are the first of {turns:,} turns."
    return said


def _are(names: Sequence[str]) -> str:
    *first, last = map(plain, names)
    return f"{', '.join(first)} and {last} are" if first else f"{last} is"


def own_table(turns: pd.DataFrame) -> pd.DataFrame:
    """The turns as a table to read: from 1, truth where it is known, prediction, who, what."""
    table = turns.assign(turn=turns["position"] + 1)
    shown = ["turn", "label", "prediction", "speaker", "transcript"]
    table = table[[name for name in shown if name in table]]
    if "speaker" in table:
        table = table.assign(speaker=table["speaker"].map(text_of))
    return table
