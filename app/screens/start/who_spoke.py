"""The third claim: an ambiguous turn, and what it means once somebody else said what was before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.export.record import Bubbles, add
from app.parts import page_text as say
from app.parts.component import component
from app.parts.names import plain, text_of
from app.parts.style import SENTIMENT_SCALE, sentiment_colour, short_number, three_digits
from mmmie.analysis.ask.context_use import RELATIONS, attention_shares, window_places
from mmmie.analysis.outputs import TRAINED
from mmmie.errors import InputError

SWAPPED = "swap_speaker"
_MOST_TURNS = 3
_render = component("mmmie_who_spoke", '<div class="spoke"></div>', Path(__file__).with_suffix(""))


@dataclass(frozen=True)
class Example:
    """A turn whose reading hangs on who spoke before.

    Attributes:
        turns: in order of time, the target last: `speaker`, `text`, `same` (as the target's).
        truth: the label.
        trained: the prediction as it is.
        swapped: the prediction where every speaker is told to be another.
    """

    turns: list[dict[str, object]]
    truth: float
    trained: float
    swapped: float


def draw_who_spoke(view: state.View) -> None:
    """The turns as bubbles with a button that tells the model that somebody else spoke.

    Raises:
        InputError: the outputs cannot be read, or there is no such example.
    """
    example = _example(view.key, view)
    if example is None:
        raise InputError("No turn of this split hangs on who spoke before.")
    low, high = view.corpus.label.range or (-1.0, 1.0)
    limits = (float(low), float(high))
    who = str(example.turns[-1]["speaker"])
    add(Bubbles([
        {"who": turn["speaker"], "text": turn["text"], "note": "", "right": turn["same"],
         "target": i == len(example.turns) - 1} for i, turn in enumerate(example.turns)
    ]))  # fmt: skip
    places = {
        name: (value - limits[0]) / (limits[1] - limits[0])
        for name, value in (
            ("truth", example.truth), ("trained", example.trained), ("swapped", example.swapped),
        )
    }  # fmt: skip
    _render(
        key="start-who-spoke",
        data={
            "turns": example.turns,
            "who": who,
            "places": {name: float(np.clip(at, 0, 1)) for name, at in places.items()},
            "colours": [
                sentiment_colour(value, limits) for value in (example.trained, example.swapped)
            ],
            "said": [three_digits(example.trained), three_digits(example.swapped)],
            "scale": [colour for _, colour in SENTIMENT_SCALE],
            "ends": [short_number(end) for end in limits],
            "label": view.corpus.label.name,
        },
    )
    say.caption(
        f"“{plain(str(example.turns[-1]['text']))}” takes its meaning from what {plain(who)} said "
        f"before: {three_digits(example.trained)} as it is, {three_digits(example.swapped)} where "
        f"the model is told that somebody else said that. The hollow dot is the truth."
    )


@st.cache_resource(show_spinner=False, max_entries=4)
def _example(key: tuple[str, str, str], _view: state.View) -> Example | None:
    return example_of(_view)


def example_of(view: state.View) -> Example | None:
    """The turn that a swap of speakers moves most, of those that are read rightly as they are.

    Returns:
        None where nobody is known to have spoken before, or labels are classes.
    """
    outputs, frame = view.outputs, view.frame
    if SWAPPED not in outputs.output or view.corpus.label.classes is not None:
        return None
    trained, swapped = outputs.output[TRAINED], outputs.output[SWAPPED]
    gain = np.abs(swapped - trained) - frame["absolute_error"].to_numpy()
    before = np.arange(outputs.window.shape[1]) < outputs.past
    known = ((outputs.window >= 0) & (outputs.relation == 0) & before).any(1)
    gain = np.where(known, gain, -np.inf)
    if not gain.size or not gain.max() > 0:
        return None
    target = int(gain.argmax())
    return Example(
        _turns(view, target),
        float(frame["label"].iloc[target]),
        float(trained[target]),
        float(swapped[target]),
    )


def _turns(view: state.View, target: int) -> list[dict[str, object]]:
    """The turns that the target looks at most, of its speaker and of others, and itself."""
    places = window_places(view.corpus, view.outputs, target)
    shares = attention_shares(view.outputs, target).groupby("place")["share"].sum()
    before = places[places["offset"] < 0]
    before = before.assign(share=before["place"].map(shares)).sort_values("share")
    same = before[before["relation"] == RELATIONS[0]].tail(1)
    others = before[before["relation"] == RELATIONS[1]].tail(_MOST_TURNS - 1 - len(same))
    shown = pd.concat([same, others, places[places["offset"] == 0]]).sort_values("offset")
    return [
        {
            "speaker": text_of(row["speaker"]) or "unknown",
            "text": text_of(row.get("transcript")) or "(no transcript)",
            "same": str(row["relation"]) == RELATIONS[0] or int(row["offset"]) == 0,
        }
        for row in shown.to_dict("records")
    ]
