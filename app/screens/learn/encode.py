"""Step 2 of the lesson: features become one vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app.parts.figures import figure
from app.parts.names import capital, figure_text, plain
from app.parts.pick_one import pick_one, telling_modality
from app.parts.style import ACCENT, NEUTRAL, blank, modality_colour
from app.screens.learn.frame import LETTERS, TALL, Formula, closing, large, opening, remark
from app.screens.learn.subject import Subject
from app.utterance.channels import STEP_NAMES
from app.utterance.contribution_steps import channel_title
from mmmie.analysis.corpora.channels import readable_channels
from mmmie.analysis.lesson.subject import Encoding, encode_one

FORMULA = Formula(
    (
        r"h_m = \mathrm{norm}\Big( W \sum_t a_t\, u_t + V\, [\bar x, \sigma_x] \Big)",
        r"a = \mathrm{softmax}(w^\top u)",
    ),
    (
        (r"u_t", "what a small convolution makes of the features at step t and its neighbours"),
        (r"a_t", "how much step t counts; all of them add up to 1"),
        (r"\bar x, \sigma_x", "mean and spread of each channel over the steps"),
        (r"W, V, w", "learned weights"),
    ),
)
VECTOR_FORMULA = Formula(
    (r"h_m = \mathrm{norm}\big( W_2\, g(W_1 x) + V x \big)",),
    (
        (r"x", "the features of the utterance, on one scale"),
        (r"g", "a smooth bend at 0 (GELU); without it the network could only draw lines"),
        (r"W_1, W_2, V", "learned weights"),
    ),
)
_EVEN = 1.15  # times the mean, up to which weights count as equal
_EXPLANATION = """
**Top**: the features of the utterance, one row per channel and one column per step, in standard
deviations of the train split: grey is low, colour is high. **Middle**: the weight of each step in
the sum; the dotted line is a plain mean. **Bottom**: the hidden state *h*, the only thing that the
rest of the model sees of this modality. After you change a channel, short lines show *h* before.
"""
_SEQUENCE = (
    "This modality is a **sequence**: one row of numbers per {step}. The encoder puts all channels "
    "on one scale and looks at each {step} together with its neighbours. Then it adds the {step}s "
    "up with learned weights. The result is the **hidden state** *h*, as long for one word as for "
    "a minute of speech."
)
_VECTOR = (
    "This modality is **one vector per utterance**. The encoder puts all its numbers on one scale "
    "and sends them through a small network. The result is the **hidden state** *h*: all that the "
    "rest of the model sees of this modality."
)


def draw_encode(subject: Subject) -> None:
    """Draw the second step."""
    head = st.container()
    if not subject.modalities:
        with head:
            opening("There is nothing to encode", "This utterance has no features at all.")
        return
    shown = subject.modalities
    modality = pick_one("Modality", shown, key=f"lesson-encode-{'-'.join(shown)}",
                        first=telling_modality(shown))  # fmt: skip
    values = np.asarray(subject.view.corpus.features[modality].of(subject.row), np.float32)
    channels = _channel_names(subject, modality)
    place, by = _change(modality, channels, _readable(subject, modality))
    model = subject.view.checkpoint.model
    before = encode_one(model, modality, values)
    found = encode_one(model, modality, _shifted(subject, modality, values, place, by))
    step, steps = _steps(subject, modality, len(found.features))
    sequence = found.weights is not None
    with head:
        opening(
            encode_title(modality, before, steps, step),
            _SEQUENCE.format(step=step) if sequence else _VECTOR,
        )
    if by:
        remark(change_words(before, found, channel_title(channels[place]), by), "change")
    names = subject.view.outputs.modalities
    figure(
        encoding_figure(
            found, before if by else None, channels, steps, step, modality_colour(modality, names)
        ),
        key="lesson-encode",
        caption=f"{capital(plain(modality))} of utterance {plain(subject.name)}, scaled by "
        "mean and deviation of the train split, as in the encoder."
        + (" Weights: mean over attention heads." if sequence else ""),
        explanation=_EXPLANATION,
        data=_data(found, channels, steps, step),
        alt=f"Features of {modality}, the weight of each step, and the hidden state",
    )
    closing(
        FORMULA if sequence else VECTOR_FORMULA,
        "why is each channel scaled by the whole train split, and not by this utterance alone?",
        "Because the height and loudness of a voice carry meaning. Scaled by itself, a shout and a "
        "whisper would look the same. Scaled by the train split, both keep their distance from "
        "what is usual, and the same scale works for new utterances.",
    )


def encode_title(modality: str, found: Encoding, steps: Sequence[str], step_name: str) -> str:
    """How many numbers go in and come out, and which step counts most."""
    length, width = found.features.shape
    size, name = len(found.hidden), plain(modality)
    if found.weights is None:
        return f"{width} features of {name} become the {size} numbers of h"
    plural = "" if length == 1 else "s"
    into = f"{length} {step_name}{plural} × {width} channels of {name} become {size} numbers"
    top = int(found.weights.argmax())
    if length == 1:
        return into
    if found.weights[top] < _EVEN / length:
        return f"{into}; every {step_name} counts about the same"
    called = f"{step_name} {steps[top]}" if steps[top].isdigit() else f"“{plain(steps[top])}”"
    return f"{into}; {called} counts most, {found.weights[top]:.0%}"


def change_words(before: Encoding, now: Encoding, channel: str, by: float) -> str:
    """What a changed channel did to h, z and s, in shares of their lengths."""

    def moved(was: np.ndarray, new: np.ndarray) -> str:
        return f"{np.linalg.norm(new - was) / np.linalg.norm(was):.0%}"

    z, s = (moved(before.codes[code], now.codes[code]) for code in ("z", "s"))
    return (
        f"With **{plain(channel)}** {abs(by):.2g} standard deviations "
        f"{'higher' if by > 0 else 'lower'}, *h* moves by {moved(before.hidden, now.hidden)} of "
        f"its length, the shared code *z* by {z} and the own code *s* by {s}."
    )


def _channel_names(subject: Subject, modality: str) -> list[str]:
    about = subject.view.corpus.modalities[modality]
    return list(about.channels or (f"channel {i}" for i in range(about.dim)))


def _readable(subject: Subject, modality: str) -> list[int]:
    about = subject.view.corpus.modalities[modality]
    return readable_channels(about, about.dim) or list(range(about.dim))


def _change(modality: str, channels: list[str], offered: list[int]) -> tuple[int, float]:
    left, right = st.columns(2)
    place = left.selectbox(
        "Try it: change a channel",
        offered,
        format_func=lambda i: channel_title(channels[i]),
        key=f"lesson-channel-{modality}-{len(channels)}",
    )
    by = right.slider(
        "By how many standard deviations", -3.0, 3.0, 0.0, 0.5, key="lesson-channel-by"
    )
    return int(place or 0), float(by)


def _shifted(
    subject: Subject, modality: str, values: np.ndarray, place: int, by: float
) -> np.ndarray:
    standardise = subject.view.checkpoint.model.encoder_of(modality).encoder.standardise
    changed = values.copy()
    changed[..., place] += by * float(standardise.deviation[place])
    return changed


def _steps(subject: Subject, modality: str, length: int) -> tuple[str, list[str]]:
    """What a step is, and what the steps are called: words where there is one for each."""
    step = STEP_NAMES.get(modality, "frame")
    words = subject.words.split()
    named = step == "word" and len(words) == length
    return step, words if named else [str(i + 1) for i in range(length)]


def _data(found: Encoding, channels: list[str], steps: list[str], step: str) -> pd.DataFrame:
    table = pd.DataFrame(found.features, columns=channels)
    if found.weights is not None:
        table.insert(0, "weight", found.weights)
        table.insert(0, step, steps)
    return table


_MOST_NAMES = 16
_MOST_STEPS = 24
_REACH = 3.0  # deviations at which colours end
_LOW = "#5b6570"
_NOTHING = "rgba(128,128,128,0.08)"  # shows the cell, on a light and on a dark page
_CHANNEL_PIXELS = 22


def encoding_figure(
    found: Encoding,
    before: Encoding | None,
    channels: Sequence[str],
    steps: Sequence[str],
    step_name: str,
    colour: str,
) -> go.Figure:
    """Features over steps, weights of steps, and h; `before` the reader changed a channel."""
    pooled = found.weights is not None
    rows = _CHANNEL_PIXELS * min(max(len(channels), 4), _MOST_NAMES)
    heights = [rows, *([0.7 * TALL] * pooled), TALL]
    gap = 74 / (sum(heights) + 74 * (len(heights) - 1))  # room for tick labels and a title
    width = len(found.hidden)
    sizes = [f"features, {len(steps)} × {len(channels)}" if pooled else f"{len(channels)} features"]
    titles = [*sizes, *([f"how much each {step_name} counts"] * pooled), f"hidden state h, {width}"]
    figure = make_subplots(
        rows=len(heights), row_heights=heights, subplot_titles=titles,
        vertical_spacing=gap, figure=blank(int(sum(heights)) + 74 * len(heights) + 40),
    )  # fmt: skip
    names = [figure_text(channel_title(c)) for c in channels]
    if pooled:
        _draw_sequence(figure, found, names, steps, step_name, colour)
    else:
        figure.add_bar(
            x=np.arange(1, len(names) + 1), y=found.features[0], row=1, col=1, showlegend=False,
            marker={"color": colour, "line": {"width": 0}}, customdata=names,
            hovertemplate="%{customdata}: %{y:.2f} deviations<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(title="deviations", row=1, col=1)
        if len(names) <= _MOST_NAMES:
            short = [name.removeprefix("channel ") for name in names]
            figure.update_xaxes(tickvals=np.arange(1, len(names) + 1), ticktext=short, row=1, col=1)
    _draw_hidden(figure, found, before, len(heights))
    figure.update_layout(bargap=0.15, margin={"t": 40}, showlegend=before is not None)
    figure.update_layout(legend={"y": -0.15, "yanchor": "top"})
    large(figure)
    figure.update_annotations(yshift=4)
    return figure


def _draw_sequence(
    figure: go.Figure,
    found: Encoding,
    names: list[str],
    steps: Sequence[str],
    step_name: str,
    colour: str,
) -> None:
    assert found.weights is not None
    x = np.arange(1, len(steps) + 1)
    figure.add_heatmap(
        z=found.features.T, x=x, y=names if len(names) <= _MOST_NAMES else None, row=1, col=1,
        zmin=-_REACH, zmax=_REACH, xgap=1, ygap=1,
        colorscale=[[0, _LOW], [0.5, _NOTHING], [1, colour]],
        colorbar={"title": {"text": "deviations", "side": "right"}, "thickness": 12, "len": 0.5,
                  "y": 1, "yanchor": "top", "tickfont": {"size": LETTERS - 2}},
        hovertemplate=f"{step_name} %{{x}}<br>%{{y}}: %{{z:.2f}} deviations<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, row=1, col=1)
    if len(names) > _MOST_NAMES:
        figure.update_yaxes(showticklabels=False, title="channels", row=1, col=1)
    figure.add_bar(
        x=x, y=found.weights, row=2, col=1, showlegend=False,
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate=f"{step_name} %{{x}}: %{{y:.1%}}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(
        1 / len(x), line={"color": NEUTRAL, "width": 1, "dash": "dot"}, row=2, col=1
    )  # what a plain mean would do
    ends = [0.5, len(x) + 0.5]
    for row in (1, 2):
        figure.update_xaxes(range=ends, showgrid=False, dtick=_step(len(x)), row=row, col=1)
    words = not all(name.isdigit() for name in steps) and len(steps) <= _MOST_STEPS
    if words:
        figure.update_xaxes(
            tickvals=x, ticktext=[figure_text(name) for name in steps], tickangle=0, row=1, col=1
        )
    figure.update_xaxes(showticklabels=False, row=2, col=1)
    figure.update_yaxes(tickformat=".0%", nticks=3, rangemode="tozero", row=2, col=1)


def _step(count: int) -> int:
    """Between the steps that are numbered: whole, and at most ten or so of them."""
    return next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, count) if count <= 12 * s)


def _draw_hidden(figure: go.Figure, found: Encoding, before: Encoding | None, row: int) -> None:
    x = np.arange(1, len(found.hidden) + 1)
    figure.add_bar(
        x=x, y=found.hidden, row=row, col=1, name="h now", marker={"color": NEUTRAL},
        hovertemplate="h<sub>%{x}</sub> = %{y:.2f}<extra></extra>",
    )  # fmt: skip
    if before is not None:
        figure.add_scatter(
            x=x, y=before.hidden, mode="markers", row=row, col=1, name="h before",
            marker={"symbol": "line-ew", "size": 9, "line": {"color": ACCENT, "width": 3}},
            hovertemplate="before: %{y:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0.3, len(x) + 0.7], title="dimension", showgrid=False, row=row)
    figure.update_yaxes(nticks=4, row=row, col=1)
