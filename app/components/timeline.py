"""The conversation of the primary utterance, turn by turn; a click chooses a turn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.components.drawings import drawn_figure
from app.views.conversation import label_limits
from app.views.names import plain
from app.views.style import three_digits
from app.views.timeline import MOST_TURNS, timeline_svg
from mmmie.analysis.outputs import TRAINED

_KEY = "conversation-timeline"
_EXPLANATION = {
    "regression": (
        "Each column is one utterance, in order. The **hollow** dot is the true label, the "
        "**filled** one the prediction, coloured by what it says; the line between them is the "
        "error. The dashes below show who speaks. The band is the utterance that is looked "
        "at, a square the pinned one. Click a column to choose its utterance on every page."
    ),
    "classification": (
        "Each column is one utterance, in order. A band is a class, and the stronger its colour "
        "the more probable the model holds it. The **hollow** dot stands on the true class, the "
        "**filled** one on the predicted class; where they part, a line joins them. The curve "
        "is the probability of the true class. The band is the utterance that is looked at, a "
        "square the pinned one. Click a column to choose its utterance on every page."
    ),
}


def timeline(view: state.View) -> None:
    """Draw the conversation that the primary utterance belongs to."""
    frame, label = view.frame, view.corpus.label
    one = frame.iloc[view.primary]
    turns = frame[frame["conversation"] == one["conversation"]].sort_values("position")
    within = view.within[turns.index.to_numpy()]
    shown = turns_around(turns, str(one["id"]))
    probabilities = None
    if label.classes is not None:
        probabilities = view.outputs.output[TRAINED][shown.index.to_numpy()]
    st.subheader(timeline_title(turns))
    drawn_figure(
        timeline_svg(
            shown,
            label,
            label_limits(label, frame["label"].to_numpy()),
            str(one["id"]),
            probabilities,
            alt=f"truth and prediction over the turns of conversation {one['conversation']}",
            pinned=state.selection().pinned,
            within=view.within[shown.index.to_numpy()],
        ),
        key=_KEY,
        caption=_caption(view, turns, len(shown), int(within.sum())),
        explanation=_EXPLANATION[label.kind],
        data=turns,
        choose=lambda name: state.select([name], name),
    )


def turns_around(turns: pd.DataFrame, primary: str) -> pd.DataFrame:
    """The turns of a long conversation that can still be told apart, around one of them."""
    place = int(np.flatnonzero((turns["id"] == primary).to_numpy())[0])
    first = min(max(place - MOST_TURNS // 2, 0), max(len(turns) - MOST_TURNS, 0))
    return turns.iloc[first : first + MOST_TURNS]


def timeline_title(turns: pd.DataFrame) -> str:
    """What the timeline shows, in one line of Markdown."""
    name = plain(str(turns["conversation"].iloc[0]))
    if "correct" in turns:
        right = int(turns["correct"].sum())
        if len(turns) == 1:
            return (
                f"Conversation {name}: its only turn is predicted {'right' if right else 'wrong'}"
            )
        return f"Conversation {name}: {right} of {len(turns)} turns are predicted right"
    if len(turns) == 1:
        return f"Conversation {name}: off by {three_digits(turns['absolute_error'].iloc[0])}"
    worst = turns.iloc[int(turns["absolute_error"].argmax())]
    several = "speaker" in turns and turns["speaker"].nunique() > 1
    by = f", {plain(str(worst['speaker']))}" if several and pd.notna(worst["speaker"]) else ""
    return (
        f"Conversation {name}: off by {three_digits(turns['absolute_error'].mean())} on average, "
        f"most at turn {int(worst['position']) + 1}{by}"
    )


def _caption(view: state.View, turns: pd.DataFrame, shown: int, within: int) -> str:
    speakers = turns["speaker"].nunique() if "speaker" in turns else 0
    who = {0: "no speaker is known", 1: "one speaker"}.get(speakers, f"{speakers} speakers")
    faint = (
        "" if within == len(turns) else f" The {len(turns) - within} outside the slice are faint."
    )
    part = "" if shown == len(turns) else f", {shown} of them shown"
    count, model = f"{len(turns)} turn{'s' * (len(turns) > 1)}", plain(view.choice.name)
    return f"{count}{part}, {who}; {view.split} split; model {model}.{faint}"
