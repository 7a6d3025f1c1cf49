"""Step 1 of the lesson: one utterance, its conversation, and a guess."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import beginning, figure_text, plain, text_of
from app.parts.numbers import listed
from app.parts.pick_one import pick_one
from app.parts.style import ACCENT, FADED, NEUTRAL, SENTIMENT_SCALE, blank, three_digits
from app.screens.learn.frame import Formula, closing, large, opening, remark
from app.screens.learn.subject import Subject
from app.utterance.chat import Bubble, chat, place_names
from app.utterance.conversation import label_limits
from mmmie.analysis.ask.context_use import window_places
from mmmie.analysis.lesson.subject import same_words
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Label

FORMULA = Formula(
    (r"\hat y_i = f\big(\dots,\; x_{i-1},\; x_i,\; x_{i+1},\; \dots\big)",),
    (
        (r"x_i", "everything known about utterance i: one block of features per modality"),
        (r"\hat y_i", "the prediction for it; the hat says that it is an estimate of the label y"),
        (r"f", "the model; the next steps take it apart"),
    ),
)
_EXPLANATION = """
The strip is the scale of the label. **Faint bars**: how many utterances of the split have each
label. **Dots**: other utterances with exactly the same words. **Triangle**: your guess. **Ring**:
the label that people, or the generator of the demo, gave to this utterance.
"""
_CLASS_EXPLANATION = """
How often each class occurs: in the whole split, and among other utterances with exactly the same
words. Your guess stands beside its class, and so does the label once you show it.
"""
_RARE = 3  # utterances, below which the same words say nothing about a label


def draw_utterance(subject: Subject) -> None:
    """Draw the first step."""
    view, label = subject.view, subject.view.corpus.label
    same = same_words(view.corpus, view.outputs.rows, subject.index)
    targets = view.corpus.targets[view.outputs.rows]
    opening(
        utterance_title(subject.words, subject.name, targets[same], label, view.split),
        f"MMMIE reads **{listed([plain(m) for m in view.outputs.modalities])}** of an utterance "
        f"and of its neighbours in the conversation. It predicts the **{plain(label.name)}**: "
        f"{label_words(label)}. "
        + (
            "Guess it yourself first, from the words alone. Then show the conversation and guess "
            "again."
            if subject.words
            else "Without words you can only guess from how often each label occurs."
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        around = st.toggle("Show the conversation", key="lesson-around")
        revealed = st.toggle("Show the label", key=f"lesson-label-{subject.name}")
    _draw_conversation(subject, around)
    truth = subject.one["label"]
    key = f"lesson-guess-{'-'.join(label.classes or ())}-{label_limits(label, targets)}"
    if label.classes is not None:
        guess: Any = pick_one("Your guess", label.classes, key=key)
        fig = class_labels_figure(
            label.classes, targets, targets[same], guess, str(truth) if revealed else None
        )
    else:
        low, high = (float(v) for v in subject.limits)
        guess = st.slider("Your guess", low, high, (low + high) / 2, (high - low) / 60, key=key)
        fig = labels_figure(
            label.name, (low, high), targets, targets[same], guess,
            float(truth) if revealed else None,
        )  # fmt: skip
    if revealed:
        remark(_verdict(guess, truth), "verdict")
    figure(
        fig,
        key="lesson-labels",
        caption=f"Labels of {len(targets):,} utterances of the {view.split} split"
        + (f", {len(same)} of them with the same words." if subject.words else "."),
        explanation=_EXPLANATION if label.classes is None else _CLASS_EXPLANATION,
        data=view.frame[["id", "label"]].assign(same_words=np.isin(np.arange(len(targets)), same)),
        alt=f"Labels of the split and of utterances with the same words as {subject.name}",
    )
    if not subject.words:
        question, answer = "how good is a guess without any input?", wordless_answer(label, targets)
    else:
        question = "could anyone who sees only these words be right?"
        group = np.append(same, subject.index)
        answer = words_answer(
            label, targets[group], view.outputs.output[TRAINED][group], view.outputs.modalities
        )
    closing(FORMULA, question, answer)


def _draw_conversation(subject: Subject, around: bool) -> None:
    places = window_places(subject.view.corpus, subject.view.outputs, subject.index)
    if not around:
        places = places[places["offset"] == 0]
    bubbles = [
        Bubble(
            id=str(place["id"]),
            text=text_of(place.get("transcript")) or "(no transcript)",
            who=name if around else text_of(place.get("speaker")) or "unknown speaker",
            right=place["relation"] == "same speaker",
            target=place["offset"] == 0,
        )
        for place, name in zip(places.to_dict("records"), place_names(places), strict=True)
    ]
    with st.container(key="lesson-chat-turns"):
        chat(bubbles, key="lesson-turns", on_pick=_choose)
    if around:
        if len(bubbles) > 1:
            say.caption("Right: the same speaker. Click a turn to use it in the lesson.")
        else:
            say.caption("The model sees no neighbours of this utterance.")


def _verdict(guess: Any, truth: Any) -> str:
    if isinstance(truth, str):
        verdict = "right" if guess == truth else "wrong"
        return f"The label is **{plain(truth)}**: your guess is {verdict}."
    off = abs(float(guess) - float(truth))
    label = three_digits(float(truth))
    return f"The label is **{label}**: your guess is off by {three_digits(off)}."


def _choose(name: str) -> None:
    state.select(state.selection().ids, name)


def label_words(label: Label) -> str:
    """What is predicted, in words: ``a number from −3 to 3``."""
    if label.classes is not None:
        return f"one of {listed([plain(name) for name in label.classes])}"
    if label.range is None:
        return "a number"
    return "a number from {} to {}".format(*map(three_digits, label.range))


def utterance_title(words: str, name: str, same: np.ndarray, label: Label, split: str) -> str:
    """The labels (k,) of other utterances with the same words, classes by their index."""
    what, said = plain(label.name), f"“{plain(beginning(words, 60))}”"
    if not words:
        return f"Utterance {plain(name)} has no transcript: what is its {what}?"
    if not len(same):
        return f"{said}: what is its {what}?"
    times = "once more" if len(same) == 1 else f"{len(same)} more times"
    if label.classes is not None:
        found = listed([plain(label.classes[i]) for i in np.unique(same)])
    else:
        ends = dict.fromkeys(three_digits(float(v)) for v in (same.min(), same.max()))
        found = " to ".join(ends)
    return f"{said} is said {times} in the {split} split, labelled {found}"


def words_answer(
    label: Label, labels: np.ndarray, outputs: np.ndarray, modalities: Sequence[str]
) -> str:
    """Whether the words alone settle it, from labels (k,) and outputs of the same words."""
    reads = listed([plain(m) for m in modalities])
    if len(labels) < _RARE:
        return (
            "Nobody can tell here, because these words are too rare in this split. In general "
            "the tone of voice, the face and the earlier turns change what words mean. This model "
            f"reads {reads} of up to several turns; the next steps show how."
        )
    if label.classes is not None:
        best = np.bincount(labels).max() / len(labels)
        right = float((outputs.argmax(1) == labels).mean())
        return (
            f"Naming the commonest class for these words is right {best:.0%} of the time. The "
            f"model reads {reads} of the whole window and is right {right:.0%} of the time on the "
            f"same {len(labels)} utterances."
        )
    alone = float(np.abs(labels - np.median(labels)).mean())
    model = float(np.abs(labels - outputs).mean())
    return (
        "The best single guess for these words is the median of their labels. It is off by "
        f"{three_digits(alone)} on average. The model reads {reads} of the whole window and is "
        f"off by {three_digits(model)} on the same {len(labels)} utterances."
    )


def wordless_answer(label: Label, labels: np.ndarray) -> str:
    """How good a guess is that knows only how often each label (n,) of the split occurs."""
    if label.classes is not None:
        counts = np.bincount(labels, minlength=len(label.classes))
        commonest = plain(label.classes[int(counts.argmax())])
        return f"Always saying {commonest} is right {counts.max() / len(labels):.0%} of the time."
    middle = float(np.median(labels))
    off = three_digits(float(np.abs(labels - middle).mean()))
    return f"Always saying {three_digits(middle)}, the median label, is off by {off} on average."


_BINS = 40
_STRIP_STEPS = 120
_LINE = 1.0


def labels_figure(
    name: str,
    limits: tuple[float, float],
    everyone: np.ndarray,
    same: np.ndarray,
    guess: float,
    truth: float | None,
) -> go.Figure:
    """All labels faint, dots for the same words, the guess, and the truth unless hidden (None)."""
    figure = blank(300)
    edges = _edges(limits, everyone)
    counts, _ = np.histogram(everyone, edges)
    heights = 2.2 * counts / max(counts.max(), 1)
    widths = np.minimum(np.diff(edges), 0.05 * (limits[1] - limits[0]))
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=heights, base=_LINE, width=widths,
        marker={"color": NEUTRAL, "line": {"width": 0}}, opacity=2 * FADED, name="all of the split",
        customdata=counts, hovertemplate="%{customdata} utterances near %{x:.2g}<extra></extra>",
    )  # fmt: skip
    strip = np.linspace(*limits, _STRIP_STEPS)
    figure.add_heatmap(
        x=strip, y=[0.25], z=[strip], colorscale=SENTIMENT_SCALE, zmin=limits[0], zmax=limits[1],
        showscale=False, hoverinfo="skip",
    )  # fmt: skip
    if len(same):
        figure.add_scatter(
            x=same, y=np.full(len(same), _LINE), mode="markers", name="the same words",
            hovertemplate="the same words, labelled %{x:.3g}<extra></extra>",
            marker={
                "size": 13, "color": same, "colorscale": SENTIMENT_SCALE, "cmin": limits[0],
                "cmax": limits[1], "line": {"width": 1.5, "color": NEUTRAL},
            },
        )  # fmt: skip
    figure.add_scatter(
        x=[guess], y=[1.45], mode="markers", name="your guess",
        hovertemplate=f"your guess {three_digits(guess)}<extra></extra>",
        marker={"symbol": "triangle-down", "size": 20, "color": ACCENT},
    )  # fmt: skip
    if truth is not None:
        figure.add_scatter(
            x=[truth], y=[_LINE], mode="markers", name="label",
            hovertemplate=f"label {three_digits(truth)}<extra></extra>",
            marker={"symbol": "circle-open", "size": 24, "color": ACCENT, "line": {"width": 4}},
        )  # fmt: skip
    margin = 0.03 * (limits[1] - limits[0])
    figure.update_xaxes(
        range=[limits[0] - margin, limits[1] + margin], title=figure_text(name), showgrid=False
    )
    figure.update_yaxes(visible=False, range=[-0.3, 3.4])
    return large(figure)


def _edges(limits: tuple[float, float], everyone: np.ndarray) -> np.ndarray:
    """Where the bars end; those of ratings stand over their whole numbers."""
    places = np.arange(limits[0], limits[1] + 1)
    if len(places) <= _BINS and np.isin(everyone, places).all():
        return np.append(places - 0.5, places[-1] + 0.5)
    return np.linspace(*limits, _BINS + 1)


def class_labels_figure(
    classes: Sequence[str],
    everyone: np.ndarray,
    same: np.ndarray,
    guess: str,
    truth: str | None,
) -> go.Figure:
    """The share of every class: in the split, and among utterances with the same words."""
    figure = blank(90 + 46 * len(classes), barmode="group")
    names = [figure_text(one) for one in classes]
    for labels, name, opacity in (
        (everyone, "all of the split", 2 * FADED),
        (same, "the same words", 0.9),
    ):
        if len(labels):
            share = np.bincount(labels, minlength=len(classes)) / len(labels)
            figure.add_bar(
                x=share, y=names, orientation="h", name=name, opacity=opacity,
                marker={"color": NEUTRAL},
                hovertemplate=f"%{{y}}: %{{x:.0%}} of {name}<extra></extra>",
            )  # fmt: skip
    marks = [
        " ".join([name, *["← your guess"] * (c == guess), *["← label"] * (c == truth)])
        for c, name in zip(classes, names, strict=True)
    ]
    figure.update_xaxes(title="share of the utterances", tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", tickvals=names, ticktext=marks)
    return large(figure)
