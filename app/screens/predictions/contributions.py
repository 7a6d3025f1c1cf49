"""Why one prediction is what it is: modalities, turns and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure
from app.parts.layout import wide_columns
from app.parts.names import figure_text, plain, text_of
from app.parts.rows import dots_svg
from app.parts.style import modality_colour
from app.screens.predictions.contributions_by_turn import turns_figure, turns_finding
from app.state import View
from app.utterance.contribution_steps import (
    Step,
    attribution_reach,
    channels_figure,
    channels_title,
    modalities_title,
    number,
    sign_colours,
    signed,
    split_title,
    steps_figure,
    turn_name,
    turns_title,
)
from app.utterance.conversation import label_limits
from mmmie.analysis.corpora.channels import readable_channels
from mmmie.analysis.credit.channel_attributions import channel_steps
from mmmie.corpus import Modality
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.credit.channel_attributions import ChannelAttributions
    from mmmie.analysis.credit.contributions import Contributions

_AT_ONCE = 3000  # utterances; more take longer than a reader waits unasked
_PREDICTED = "predicted"

_MODALITIES = """
From the **mean label** of the training data, the best guess of one who knows nothing, to the
prediction: each bar is what one modality adds, and they add up exactly.

These are **Shapley values**. The model answers with every combination of modalities, the others
hidden in the whole window as they sometimes were in training; a modality's value is how much it
changes the answer, averaged over all orders in which modalities can join. Where two modalities
say the same, they share the credit.
"""
_TURNS = """
From what the model says of the **target alone** to the prediction with its neighbours: each bar
is what one turn of the window adds, and they add up exactly.

These are **Shapley values** too: the model answers with every combination of neighbours (2ⁿ of
them, the target always there), and a turn's value is how much it changes the answer, averaged
over all orders in which turns can join. Attention says what is looked at; this says what it does.
"""
_CHANNELS = """
**Integrated gradients**: all channels of this utterance go in a straight line from their mean on
the train split to what they are, and every channel at every step collects how much it moves the
prediction on the way. The context stays as it is. On the right are the sums over the steps.

Together the modalities add up to the difference between the prediction and what the model says
of an utterance whose channels are all at their mean. Channels without a name of their own, such as
embeddings, are summed in one row.
"""


def why_this_prediction(view: View) -> None:
    """Draw what moves the prediction of the primary utterance."""
    row = int(view.outputs.rows[view.primary])
    classes = view.corpus.label.classes
    say.heading("Why this prediction?")
    try:
        class_name = _class_choice(list(classes)) if classes else None
        found = _contributions(*_key(view), row, class_name, view)
    except InputError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    left, right = wide_columns(2, key="why-columns", least=380)
    with left:
        _modalities(view, found)
        _over_the_split(view)
    with right:
        _turns(view, found)
    _over_the_conversation(view)
    _channels(view, row, found)


def _class_choice(classes: list[str]) -> str | None:
    chosen = st.segmented_control(
        "Explain the probability of",
        [_PREDICTED, *classes],
        default=_PREDICTED,
        required=True,
        format_func=plain,
        key=f"explained-class-{'-'.join(classes)}",
        wrap=True,
    )
    return None if chosen == _PREDICTED else chosen


def _modalities(view: View, found: Contributions) -> None:
    limits = _limits(view, found)
    names = list(found.modalities["modality"])
    say.finding(modalities_title(found, limits[1] - limits[0]))
    figure(
        steps_figure(
            "mean label" if found.class_name is None else "share of the class",
            found.mean_label,
            [
                Step(name, value, modality_colour(name, names), f"{figure_text(name)} ")
                for name, value in found.modalities.itertuples(index=False, name=None)
            ],
            limits,
            _quantity(view, found),
            _truth(view, found),
        ),
        key="why-modalities",
        caption=f"Exact Shapley values, {2 ** len(names)} predictions.{_hollow(found)}",
        explanation=_MODALITIES,
        data=found.modalities.assign(utterance=found.utterance, start=found.mean_label),
        alt="From the mean label to the prediction, one bar per modality",
    )


def _turns(view: View, found: Contributions) -> None:
    limits = _limits(view, found)
    say.finding(turns_title(found, limits[1] - limits[0]))
    if found.turns.empty:
        say.words(
            f"The model says {number(found.prediction)} of this utterance from what it "
            f"holds itself."
        )
        return
    lowers, raises = sign_colours(found.class_name is not None)
    steps = [
        Step(
            turn_name(turn),
            turn["value"],
            raises if turn["value"] > 0 else lowers,
            f"{text_of(turn['relation'])}<br>{figure_text(text_of(turn['transcript']))}<br>",
        )
        for turn in found.turns.to_dict("records")
    ]
    figure(
        steps_figure(
            "target alone",
            found.alone,
            steps,
            limits,
            _quantity(view, found),
            _truth(view, found),
        ),
        key="why-turns",
        caption=f"Exact Shapley values, {2 ** len(steps)} predictions.{_hollow(found)}",
        explanation=_TURNS,
        data=found.turns.assign(utterance=found.utterance, start=found.alone),
        alt="From the target alone to the prediction, one bar per turn of the window",
    )


def _channels(view: View, row: int, found: Contributions) -> None:
    corpus = view.corpus
    named = [m for m in view.outputs.modalities if readable_channels(corpus.modalities[m])]
    if not named:
        say.caption(
            "No modality of this corpus names its channels, so they are not taken apart here. "
            "Name them under `channels` in corpus.json."
        )
        return
    try:
        attributed = _attributions(*_key(view), row, found.class_name, view)
    except InputError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    shown = [m for m in named if m in attributed.values]
    if not shown:
        return
    title = st.empty()
    # As in the card: the voice and the face say more at a glance than the text.
    modality = next((m for m in shown if m != "text"), shown[0])
    if len(shown) > 1:
        modality = st.segmented_control(
            "What the channels add, of",
            shown,
            format_func=plain,
            default=modality,
            required=True,
            key=f"why-channels-of-{'-'.join(shown)}",
            wrap=True,
        )
    _one_modality(view, row, found, attributed, modality, title)


def _one_modality(
    view: View,
    row: int,
    found: Contributions,
    attributed: ChannelAttributions,
    modality: str,
    title: st.delta_generator.DeltaGenerator,
) -> None:
    from mmmie.analysis.credit.channel_attributions import STEPS

    corpus = view.corpus
    tables = {m: channel_steps(corpus.modalities[m], v) for m, v in attributed.values.items()}
    table, limits = tables[modality], _limits(view, found)
    span = limits[1] - limits[0]
    words = _words(view, modality, len(table))
    names = words or [str(i + 1) for i in range(len(table))]
    say.finding(channels_title(table, modality, span, words), place=title)
    figure(
        channels_figure(
            table,
            _channel_values(corpus.features[modality].of(row), corpus.modalities[modality], table),
            names,
            _quantity(view, found),
            attribution_reach(table, list(tables.values()), span),
            classes=found.class_name is not None,
        ),
        key=f"why-channels-{modality}",
        caption=f"Integrated gradients (Captum, {STEPS} points): "
        f"{number(attributed.start)} with all channels at their mean, "
        + ", ".join(
            f"{signed(float(v.sum()), span / 10)} {plain(m)}" for m, v in attributed.values.items()
        )
        + f", together {number(attributed.prediction)}; the integral is exact to "
        f"{abs(attributed.gap):.1g}.",
        explanation=_CHANNELS,
        data=table.assign(step=names),
        alt=f"What every channel of {modality} adds at every step, and its sum",
    )


def _measured(view: View) -> bool:
    """Whether the whole split is small enough to be asked about, or the reader wanted it."""
    asked = st.session_state.setdefault("contributions_asked", set())
    return len(view.frame) <= _AT_ONCE or _key(view) in asked


def _over_the_conversation(view: View) -> None:
    """What each modality adds to every turn around the primary utterance."""
    if not _measured(view):
        return
    names, one = view.outputs.modalities, view.frame.iloc[view.primary]
    turns = view.frame[view.frame["conversation"] == one["conversation"]].sort_values("position")
    values = _split_values(*_key(view), view)[turns.index.to_numpy()]
    classes = view.corpus.label.classes is not None
    quantity = "probability of the predicted class" if classes else view.corpus.label.name
    say.finding(plain(turns_finding(turns, values, names, str(one["conversation"]))))
    figure(
        turns_figure(turns, values, names, str(one["id"]), quantity),
        key="why-conversation",
        caption="Exact Shapley values of the only turn."
        if len(turns) == 1
        else f"Exact Shapley values of the {len(turns)} turns; the shaded one is looked at.",
        explanation=(
            "Each column is a turn of the conversation, as in the timeline above. The bars of a "
            "column add up to what separates the prediction from the mean label of the training "
            "data: above zero a modality raises the prediction, below it lowers it."
        ),
        data=turns[["id", "position"]].assign(
            **{f"shapley_{name}": values[:, m] for m, name in enumerate(names)}
        ),
        alt="What every modality adds to the prediction of every turn",
    )


def _over_the_split(view: View) -> None:
    """How far each modality moves the predictions of the whole split."""
    key = _key(view)
    if not _measured(view):
        if not st.button(f"Measure it over the {view.split} split", icon=":material/functions:"):
            return
        st.session_state["contributions_asked"].add(key)
    summary = _summary(*key, view)
    say.words(f"**{split_title(summary, view.split)}**")
    classes = view.corpus.label.classes is not None
    quantity = "probability of the predicted class" if classes else view.corpus.label.name
    drawn_figure(
        dots_svg(
            summary.rename(columns={"modality": "label"}),
            f"mean |Shapley value|, {quantity}",
            "Mean absolute contribution of every modality over the split, with intervals",
            from_zero=True,
        ),
        key="why-split",
        caption=f"{len(view.frame):,} utterances of the {view.split} split; 95 % bootstrap over "
        "conversations.",
        explanation=(
            "The same contributions for every utterance, whichever way they go: the mean of "
            "their absolute values. It says how much a modality **moves** predictions, not how "
            "much better they become."
        ),
        data=summary,
    )


def _words(view: View, modality: str, steps: int) -> list[str] | None:
    """The words or tokens of the transcript, where the steps of the modality are these."""
    transcript = text_of(view.frame.iloc[view.primary].get("transcript"))
    words = transcript.split() if modality == "text" else []
    if modality == view.checkpoint.info.config.model.text_modality:
        try:
            words = view.checkpoint.tokenizer.encode(transcript).tokens
        except InputError:  # it is gone; the numbers of the steps remain
            return None
    return words if len(words) == steps > 1 else None


def _channel_values(features: np.ndarray, modality: Modality, table: pd.DataFrame) -> np.ndarray:
    """The features behind every column of `table`, NaN for the sum of the unnamed ones."""
    values = np.full(table.shape, np.nan)
    named = readable_channels(modality, most=modality.dim)
    values[:, : len(named)] = np.atleast_2d(features)[:, named]
    return values


def _key(view: View) -> tuple[str, str, str]:
    return view.checkpoint.fingerprint, view.corpus.fingerprint, view.split


def _limits(view: View, found: Contributions) -> tuple[float, float]:
    if found.class_name is not None:
        return 0.0, 1.0
    return label_limits(view.corpus.label, view.frame["label"].to_numpy())


def _quantity(view: View, found: Contributions) -> str:
    label = view.corpus.label.name
    return label if found.class_name is None else f"probability of {found.class_name}"


def _hollow(found: Contributions) -> str:
    return "" if found.class_name else " Hollow: truth."


def _truth(view: View, found: Contributions) -> float | None:
    return None if found.class_name else float(view.frame["label"].iloc[view.primary])


@st.cache_data(show_spinner="Asking the model", max_entries=500)
def _contributions(
    fingerprint: str, corpus: str, split: str, row: int, class_name: str | None, _view: View
) -> Contributions:
    from mmmie.analysis.credit.contributions import contributions

    return contributions(_view.checkpoint, _view.corpus, row, class_name)


@st.cache_data(show_spinner="Following the gradients", max_entries=500)
def _attributions(
    fingerprint: str, corpus: str, split: str, row: int, class_name: str | None, _view: View
) -> ChannelAttributions:
    from mmmie.analysis.credit.channel_attributions import channel_attributions

    return channel_attributions(_view.checkpoint, _view.corpus, row, class_name)


def _summary(fingerprint: str, corpus: str, split: str, view: View) -> pd.DataFrame:
    values = _split_values(fingerprint, corpus, split, view)
    return _split_summary(fingerprint, corpus, split, values, view)


@st.cache_data(show_spinner="Asking the model about the split", max_entries=50)
def _split_values(fingerprint: str, corpus: str, split: str, _view: View) -> np.ndarray:
    """(n, M) contributions in the order of the frame."""
    from mmmie.analysis.credit.contributions import split_contributions

    rows, values = split_contributions(_view.checkpoint, _view.corpus, split)
    place = {int(row): i for i, row in enumerate(rows)}
    return np.asarray(values[[place[int(row)] for row in _view.outputs.rows]])


@st.cache_data(show_spinner=False, max_entries=50)
def _split_summary(
    fingerprint: str, corpus: str, split: str, _values: np.ndarray, _view: View
) -> pd.DataFrame:
    from mmmie.analysis.credit.contributions import modality_summary

    return modality_summary(_view.corpus, _view.outputs.rows, _values, _view.outputs.modalities)
