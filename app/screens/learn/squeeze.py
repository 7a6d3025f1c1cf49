"""Step 5 of the lesson: upper bounds squeeze out of the codes what the task does not need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import plain
from app.parts.pick_one import pick_one
from app.parts.style import ACCENT, NEUTRAL, blank, modality_colour, three_digits
from app.screens.learn.frame import CODE_TITLES, Formula, closing, large, opening, remark
from app.screens.learn.subject import Subject
from app.state import View
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.codes.claims import LETTERS
from mmmie.analysis.codes.readouts import KINDS, code_name
from mmmie.analysis.configurations import closest
from mmmie.analysis.lesson.squeeze import UpperBounds, divergence, upper_bounds
from mmmie.corpus import Label
from mmmie.errors import InputError

FORMULA = Formula(
    (
        r"I(x; z) \;\le\; \frac1B \sum_i \tfrac12 \sum_k "
        r"\big( \mu_{ik}^2 + \sigma_{ik}^2 - 1 - \ln \sigma_{ik}^2 \big)",
        r"I(x; z) \;\le\; \frac1B \sum_i \ln p(z_i \mid x_i) "
        r"- \frac{1}{B(B-1)} \sum_{i \ne j} \ln p(z_j \mid x_i)",
    ),
    (
        (r"\mu_{ik}, \sigma_{ik}", "centre and spread of dimension k of the code of utterance i. "
         "The first line is the upper bound VUB; a term is 0 where centre and spread are 0 and 1 "
         "as in the prior. Its inner sum is the total of the bars in the figure"),
        (r"p(z_j \mid x_i)", "how likely the code of utterance j is if the input was that of "
         "utterance i"),
        (r"B", "utterances in the batch. The second line is CLUB: true pairs minus all others"),
    ),
)  # fmt: skip
_NOISES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_EXPLANATION = """
Each bar is one dimension of a code of this utterance: its distance from the **prior**, a cloud
around 0 of width 1 that is the same for every utterance. At 0 the dimension says nothing about the
input. The larger the distance, the more it can say and the more it costs. The shared code *z* is
filled, the own code *s* outlined. Short lines show the same utterance in a checkpoint trained
without MI minimisation. Dimensions of two checkpoints do not correspond, so both are sorted.
"""
_LEAD = (
    "A code could simply copy its input. So everything it says has a **price**: its distance from "
    "a prior that knows nothing, in nats. The sum is an **upper bound** on the information that "
    "the code keeps of its input, and training pushes it down. What survives is what the task and "
    "the other modalities pay for."
)


def draw_squeeze(subject: Subject) -> None:
    """Draw the fifth step."""
    view, outputs = subject.view, subject.view.outputs
    if not outputs.deviations:
        _no_noise()
        return
    head = st.container()
    shown = subject.modalities or outputs.modalities
    modality = pick_one("Modality", shown, key=f"lesson-squeeze-{'-'.join(shown)}", first=shown[-1])
    noise = st.select_slider(
        "Try it: noise in the codes, times the learned noise",
        _NOISES,
        1.0,
        format_func=lambda factor: f"× {factor:g}",
        key="lesson-noise",
    )
    other = _without_squeeze(view)
    theirs = None if other is None else _codes_of(other.fingerprint, subject.name, other, subject)
    costs = {
        LETTERS[kind]: Costs(
            _sorted(
                outputs.spaces[name][subject.index], noise * outputs.deviations[name][subject.index]
            ),
            None if theirs is None else _sorted(*theirs[name]),
        )
        for kind in KINDS
        for name in [code_name(kind, modality)]
    }
    compared = costs["z"].other
    with head:
        opening(
            squeeze_title(
                modality, costs["z"].now.sum(), None if compared is None else compared.sum(), noise
            ),
            _LEAD,
        )
    figure(
        costs_figure(
            costs,
            modality_colour(modality, outputs.modalities),
            "" if other is None else other.info.name,
        ),
        key="lesson-squeeze",
        caption=f"KL from the standard normal prior, {plain(modality)} of utterance "
        f"{plain(subject.name)}"
        + (f", noise × {noise:g}." if noise != 1 else ".")
        + ("" if other is None else f" Without the squeeze: {plain(other.info.name)}."),
        explanation=_EXPLANATION,
        data=_data(costs),
        alt=f"Cost in nats of each dimension of the two codes of {modality}",
    )
    _bounds(subject, modality)


def _bounds(subject: Subject, modality: str) -> None:
    view, label = subject.view, subject.view.corpus.label
    minimise = view.checkpoint.info.config.objective.minimise
    beta = minimise.invariant if minimise.enabled else 0.0
    deviation = 0.0
    if label.classes is None:
        deviation = float(view.checkpoint.model.label_deviation)
    if beta:
        remark(price_words(beta, label, deviation), "price")
    else:
        remark("This checkpoint was trained with β = 0: nats in *z* cost nothing.", "price")
    found = _upper(*subject.key, modality, subject)
    if found is None:
        return
    remark(
        f"Three upper bounds on what the shared code of {plain(modality)} keeps, in nats:", "bounds"
    )
    remark(bounds_table(found), "values")
    say.caption(
        f"From {found.count:,} utterances of the {view.split} split, with the exact density of the "
        "encoder. VUB is the mean total of the bars of z. L1Out compares with the mean of all "
        "other densities of the batch, CLUB with the mean of their logarithms."
    )
    closing(
        FORMULA,
        f"VUB says {three_digits(found.vub)} nats and CLUB {three_digits(found.club)} of the same "
        "codes. Can both be right?",
        bounds_answer(found),
    )


def _no_noise() -> None:
    opening(
        "Codes without noise cannot be priced",
        "The encoders of this model are deterministic, so its codes are points. A point can store "
        "any number of digits of its input. The information it keeps is infinite, and no bound on "
        "it means anything. With a little noise, only what stands out of the noise counts.",
    )
    closing(
        FORMULA,
        "how far can you trust an upper bound whose q(z | x) is learned?",
        "As far as q fits. While it fits badly, the value can lie below the truth. That is why the "
        "default model has noise: its density is known exactly.",
    )


def squeeze_title(modality: str, now: float, other: float | None, noise: float) -> str:
    """What the shared code of this utterance costs."""
    louder = "" if noise == 1 else f" with {noise:g} times the noise"
    said = f"The shared code of {plain(modality)} costs {three_digits(now)} nats here{louder}"
    if other is None:
        return said
    return f"{said}; trained without the squeeze it costs {three_digits(other)}"


def price_words(beta: float, label: Label, deviation: float) -> str:
    """What the weight β means for the error."""
    keeping = f"β = {beta:g}: keeping a nat in *z* pays off if it lowers the"
    if label.classes is not None:
        return f"{keeping} cross-entropy of the prediction by {beta:g} nats or more."
    return (
        f"{keeping} mean error by {three_digits(beta * deviation)} label units or more. That is "
        f"{beta:g} of the label's standard deviation."
    )


def bounds_table(found: UpperBounds) -> str:
    """The bounds and the two halves of CLUB, as a table in Markdown."""
    cells = {
        "VUB": found.vub,
        "L1Out": found.l1out,
        "CLUB": found.club,
        "= true pairs": found.together,
        "− all others": found.apart,
    }
    rows = (list(cells), ["---:"] * len(cells), [three_digits(v) for v in cells.values()])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def bounds_answer(found: UpperBounds) -> str:
    """How CLUB and VUB can both be right."""
    best = min(found.vub, found.l1out, found.club)
    return (
        f"Yes, both are upper bounds: the truth lies below {three_digits(found.vub)} and below "
        f"{three_digits(found.club)}. CLUB subtracts the mean log-density of wrong pairs, here "
        f"{three_digits(found.apart)} nats. Codes with little noise make it as negative as you "
        "like, so CLUB is loose. InfoNCE with the exact density gives a lower bound of "
        f"{three_digits(found.lower)}. So the truth is between {three_digits(found.lower)} and "
        f"{three_digits(best)} nats."
    )


def _sorted(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    return np.sort(divergence(mean, deviation))[::-1]


def _data(costs: dict[str, Costs]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (kind, whose, rank + 1, nats)
            for kind, cost in costs.items()
            for whose, values in (("this checkpoint", cost.now), ("without", cost.other))
            for rank, nats in enumerate(() if values is None else values)
        ],
        columns=["code", "checkpoint", "rank", "nats"],
    )


def _without_squeeze(view: View) -> Checkpoint | None:
    """The closest checkpoint on the same corpus that was trained without MI minimisation."""
    mine = view.checkpoint.info
    if not mine.config.objective.minimise.enabled:
        return None
    data = view.corpus.data_fingerprint
    others = [c for _, c in state.readable_checkpoints() if c.info.corpus["fingerprint"] == data]
    return closest_without_squeeze(view.checkpoint, others)


def closest_without_squeeze(mine: Checkpoint, others: Sequence[Checkpoint]) -> Checkpoint | None:
    """The one with noise but without MI minimisation that differs least in its settings."""
    fitting = [o for o in others if set(mine.info.modalities) <= set(o.info.modalities)]
    found = closest(
        mine.info,
        [other.info for other in fitting],
        lambda config: not config.objective.minimise.enabled and config.model.stochastic,
    )
    return next((other for other in fitting if other.info is found), None)


@st.cache_data(show_spinner=False, max_entries=64)
def _codes_of(
    fingerprint: str, utterance: str, _checkpoint: Checkpoint, _subject: Subject
) -> dict[str, tuple[np.ndarray, np.ndarray]] | None:
    from mmmie.analysis.lesson.subject import codes_of

    try:
        return codes_of(_checkpoint, _subject.view.corpus, _subject.row)
    except InputError:  # its weights are broken: the comparison is left out
        return None


@st.cache_data(show_spinner=False, max_entries=64)
def _upper(
    fingerprint: str, corpus: str, split: str, modality: str, _subject: Subject
) -> UpperBounds | None:
    return upper_bounds(_subject.view.outputs, _subject.present, "invariant", modality)


@dataclass(frozen=True)
class Costs:
    """Divergences of one code from the prior in nats, largest first: `now` (d,), with the noise
    that the reader set, and `other` (k,) of another checkpoint, None if there is none."""

    now: np.ndarray
    other: np.ndarray | None = None


def costs_figure(costs: dict[str, Costs], colour: str, other_name: str) -> go.Figure:
    """z filled on the left, s outlined on the right; the other checkpoint as short lines."""
    totals = [
        f"{CODE_TITLES[kind]}: {cost.now.sum():.1f} nats"
        + (f" ({cost.other.sum():.1f} without)" if cost.other is not None else "")
        for kind, cost in costs.items()
    ]
    figure = make_subplots(
        cols=len(costs), subplot_titles=totals, shared_yaxes=True, horizontal_spacing=0.06,
        column_widths=[max(len(c.now), 6) for c in costs.values()], figure=blank(360),
    )  # fmt: skip
    for column, (kind, cost) in enumerate(costs.items(), start=1):
        x = np.arange(1, len(cost.now) + 1)
        longest = max(len(x), 0 if cost.other is None else len(cost.other))
        figure.update_xaxes(range=[0.3, longest + 0.7], col=column)
        figure.add_bar(
            x=x, y=cost.now, row=1, col=column, name="this checkpoint", showlegend=column == 1,
            marker={
                "color": colour if kind == "z" else "rgba(0,0,0,0)",
                "line": {"color": colour, "width": 2},
            },
            hovertemplate=f"{kind}: %{{y:.2f}} nats<extra></extra>",
        )  # fmt: skip
        if cost.other is not None:
            figure.add_scatter(
                x=np.arange(1, len(cost.other) + 1), y=cost.other, mode="markers", row=1,
                col=column, name=other_name, showlegend=column == 1,
                marker={"symbol": "line-ew", "size": 13, "line": {"color": ACCENT, "width": 3}},
                hovertemplate=f"{other_name}: %{{y:.2f}} nats<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title="dimension, costliest first", showgrid=False, dtick=2, tick0=1)
    figure.update_yaxes(rangemode="tozero", zeroline=True, zerolinecolor=NEUTRAL)
    figure.update_yaxes(title="nats", col=1)
    shown = any(cost.other is not None for cost in costs.values())
    figure.update_layout(bargap=0.3, showlegend=shown, margin={"t": 40})
    figure.update_layout(legend={"y": -0.24, "yanchor": "top"})
    large(figure)
    figure.update_annotations(yshift=4)
    return figure
