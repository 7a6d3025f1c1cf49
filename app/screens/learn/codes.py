"""The lesson goes on: two codes a modality."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app.parts.figures import figure
from app.parts.names import plain, shortened
from app.parts.style import NEUTRAL, blank, modality_colour
from app.screens.learn.frame import closing, opening, remark
from app.screens.learn.lesson_style import TALL, large
from app.screens.learn.lesson_words import codes_answer, codes_title, contents_table
from app.screens.learn.subject import Subject
from app.state import View
from mmmie.analysis.codes.claims import LETTERS, OWN
from mmmie.analysis.codes.readings import KINDS, code_name
from mmmie.analysis.lesson.subject import code_contents, code_distances

_MOST_DRAWS = 30
_EXPLANATION = """
**Left**, filled: the invariant code *z*, which the modalities are to share, so its bars should look
alike from row to row. **Right**, outlined: the specific code *s*, which belongs to one modality
alone. A bar is the centre of a code and its whisker one standard deviation; a code is not a
point but a small cloud, and small dots are draws from it, as the network sees them in training.
Dimensions have no names and no order.
"""
_LEAD = (
    "Each modality makes **two codes** from its hidden state. The *invariant* code **z** is for "
    "what the modalities say in common; the *specific* code **s** is for the rest, which "
    "only this modality knows. Both are fuzzy on purpose: a little noise forces a code to say "
    "only what is worth saying."
)
_CERTAIN = (
    "Each modality makes **two codes** from its hidden state: the *invariant* **z** for what the "
    "modalities say in common, the *specific* **s** for the rest. This model was trained without "
    "noise in its codes, so each is a point."
)


def draw_codes(subject: Subject) -> None:
    """Draw the third step."""
    view, outputs = subject.view, subject.view.outputs
    head = st.container()
    fuzzy = bool(outputs.deviations)
    draws = 0
    if fuzzy:
        draws = st.slider(
            "Try it: draw from the codes", 0, _MOST_DRAWS, 0, key="lesson-draws",
            help="Every draw is what the network could have seen of this utterance in training.",
        )  # fmt: skip
    sizes = {
        LETTERS[kind]: outputs.spaces[code_name(kind, outputs.modalities[0])].shape[1]
        for kind in KINDS
    }
    own, others = code_distances(outputs, subject.held, subject.index)
    with head:
        opening(codes_title(own, others, subject.modalities, sizes), _LEAD if fuzzy else _CERTAIN)
    shown = subject.modalities or outputs.modalities
    codes = {m: {LETTERS[kind]: _bars(subject, kind, m, draws) for kind in KINDS} for m in shown}
    figure(
        codes_figure(codes),
        key="lesson-codes",
        caption=f"Codes of utterance {plain(subject.name)}"
        + (", centre and standard deviation." if fuzzy else "."),
        explanation=_EXPLANATION,
        data=_data(codes),
        alt="The invariant and the specific code of every modality as bars",
    )
    contents = _contents(*subject.key, view)
    table = contents_table(contents, shown)
    if table:
        remark("What do the codes hold? So much can be read from them:", "read")
        remark(table, "contents")
        st.caption(
            f"R² of ridge regressions of the means, {len(view.frame):,} utterances of the "
            f"{view.split} split, cross-validated by conversation; 0 % is nothing."
        )
    about = _asked(contents, shown)
    closing(2, "which of the two codes should know how the recording was made?",
            codes_answer(contents, about))  # fmt: skip


def _bars(subject: Subject, kind: str, modality: str, draws: int) -> CodeBars:
    outputs, name = subject.view.outputs, code_name(kind, modality)
    mean = outputs.spaces[name][subject.index]
    if not outputs.deviations:
        return CodeBars(mean, None, np.empty((0, len(mean))))
    deviation = outputs.deviations[name][subject.index]
    # Seeded by the place of the code, so that a further draw leaves the earlier ones.
    random = np.random.default_rng([outputs.modalities.index(modality), KINDS.index(kind)])
    noise = random.standard_normal((_MOST_DRAWS, len(mean)))[:draws]
    return CodeBars(mean, deviation, mean + deviation * noise)


def _asked(contents: pd.DataFrame, shown: list[str]) -> str:
    """The modality whose own factors are best read from s."""
    rows = contents[(contents["target"] == OWN) & (contents["code"] == "s")]
    rows = rows[rows["modality"].isin(shown)]
    return str(rows.loc[rows["r2"].idxmax(), "modality"]) if len(rows) else shown[0]


def _data(codes: dict[str, dict[str, CodeBars]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (modality, kind, k + 1, mean, np.nan if bars.deviation is None else bars.deviation[k])
            for modality, both in codes.items()
            for kind, bars in both.items()
            for k, mean in enumerate(bars.mean)
        ],
        columns=["modality", "code", "dimension", "mean", "deviation"],
    )


@st.cache_data(show_spinner="Reading the codes", max_entries=16)
def _contents(fingerprint: str, corpus: str, split: str, _view: View) -> pd.DataFrame:
    return code_contents(_view.corpus, _view.outputs)


_TITLES = {"z": "invariant code z", "s": "specific code s"}
_JITTER = 0.26
_MOST_TICKS = 8
_LETTERS = 14  # of a name beside its row


@dataclass(frozen=True)
class CodeBars:
    """One code of one modality: means (d,), deviations (d,) or None, draws (k, d)."""

    mean: np.ndarray
    deviation: np.ndarray | None
    draws: np.ndarray


def codes_figure(codes: dict[str, dict[str, CodeBars]]) -> go.Figure:
    """One row a modality: z filled on the left, s outlined on the right.

    Args:
        codes: modality → ``z`` and ``s``.
    """
    modalities = list(codes)
    figure = make_subplots(
        rows=len(codes), cols=2, shared_yaxes="columns", shared_xaxes="columns",
        column_titles=list(_TITLES.values()), horizontal_spacing=0.08,
        vertical_spacing=0.09 / max(len(codes) - 1, 1),
        column_widths=[1, 1], figure=blank(110 + TALL * len(codes), showlegend=False),
    )  # fmt: skip
    for row, (modality, both) in enumerate(codes.items(), start=1):
        colour = modality_colour(modality, modalities)
        figure.update_yaxes(title=html.escape(shortened(modality, _LETTERS)), row=row, col=1)
        for column, kind in enumerate(_TITLES, start=1):
            _draw(figure, both[kind], kind, colour, row, column)
    for column, kind in enumerate(_TITLES, start=1):
        longest = max(len(both[kind].mean) for both in codes.values())
        step = 1 if longest <= _MOST_TICKS else -(-longest // 6)
        figure.update_xaxes(showgrid=False, dtick=step, tick0=1, col=column)
    figure.update_xaxes(title="dimension", row=len(codes))
    figure.update_yaxes(zeroline=True, zerolinecolor=NEUTRAL, zerolinewidth=1, nticks=5)
    figure.update_layout(bargap=0.3, margin={"t": 44})
    return large(figure)


def _draw(figure: go.Figure, code: CodeBars, kind: str, colour: str, row: int, column: int) -> None:
    x = np.arange(1, len(code.mean) + 1)
    filled = kind == "z"
    spread = None
    if code.deviation is not None:
        spread = {"array": code.deviation, "color": NEUTRAL, "thickness": 2, "width": 3}
    figure.add_bar(
        x=x, y=code.mean, row=row, col=column, error_y=spread,
        marker={
            "color": colour if filled else "rgba(0,0,0,0)", "line": {"color": colour, "width": 2},
        },
        customdata=np.zeros(len(x)) if code.deviation is None else code.deviation,
        hovertemplate=f"{kind} %{{x}}: %{{y:.2f}} ± %{{customdata:.2f}}<extra></extra>",
    )  # fmt: skip
    if len(code.draws):
        count = len(code.draws)
        aside = np.linspace(-_JITTER, _JITTER, count) if count > 1 else np.zeros(1)
        figure.add_scatter(
            x=(x[None, :] + aside[:, None]).ravel(), y=code.draws.ravel(), mode="markers",
            marker={"size": 4, "color": NEUTRAL, "line": {"width": 0}}, hoverinfo="skip",
            row=row, col=column,
        )  # fmt: skip
