"""Step 3 of the lesson: two codes per modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import capital, figure_text, plain
from app.parts.style import NEUTRAL, blank, modality_colour, three_digits
from app.screens.learn.frame import CODE_TITLES, TALL, Formula, closing, large, opening, remark
from app.screens.learn.subject import Subject
from app.state import View
from mmmie.analysis.codes.claims import LABEL, LETTERS, OWN, SHARED
from mmmie.analysis.codes.readouts import KINDS, code_name
from mmmie.analysis.lesson.subject import code_contents, code_distances

FORMULA = Formula(
    (
        r"z_m = \mu_m(x) + \sigma_m(x)\,\varepsilon, \qquad "
        r"s_m = \mu'_m(x) + \sigma'_m(x)\,\varepsilon'",
        r"\varepsilon, \varepsilon' \sim \mathcal N(0, I)",
    ),
    (
        (r"z_m", "the shared code: what modality m has in common with the others"),
        (r"s_m", "the own code: what only modality m knows"),
        (r"\mu, \sigma", "centre and spread, read from h by small networks"),
        (r"\varepsilon", "fresh noise at each training step; in use it is 0"),
    ),
)
_MOST_DRAWS = 30
_EXPLANATION = """
**Left**, filled: the shared code *z*; its bars should look alike from row to row. **Right**,
outlined: the own code *s*, which belongs to one modality alone. A code is a small cloud. A bar is
its centre, the whisker one standard deviation, and the dots are samples from it, as the network
sees them in training. Dimensions have no names and no order.
"""
_CODES = (
    "Each modality makes **two codes** from its hidden state. The **shared code** (*z*, "
    "invariant) is for what the modalities say in common. The **own code** (*s*, specific) is for "
    "the rest, which only this modality knows. "
)
_FUZZY = "Both are fuzzy on purpose: a little noise forces a code to say only what is worth saying."
_CERTAIN = "This model was trained without noise in its codes, so each code is a point."


def draw_codes(subject: Subject) -> None:
    """Draw the third step."""
    view, outputs = subject.view, subject.view.outputs
    head = st.container()
    fuzzy = bool(outputs.deviations)
    draws = 0
    if fuzzy:
        draws = st.slider(
            "Try it: sample from the codes", 0, _MOST_DRAWS, 0, key="lesson-draws",
            help="What the network could have seen of this utterance in training.",
        )  # fmt: skip
    sizes = {
        LETTERS[kind]: outputs.spaces[code_name(kind, outputs.modalities[0])].shape[1]
        for kind in KINDS
    }
    own, others = code_distances(outputs, subject.present, subject.index)
    with head:
        opening(
            codes_title(own, others, subject.modalities, sizes),
            _CODES + (_FUZZY if fuzzy else _CERTAIN),
        )
    shown = subject.modalities or outputs.modalities
    codes = {m: {LETTERS[kind]: _bars(subject, kind, m, draws) for kind in KINDS} for m in shown}
    figure(
        codes_figure(codes),
        key="lesson-codes",
        caption=f"Codes of utterance {plain(subject.name)}"
        + (", centre and standard deviation." if fuzzy else "."),
        explanation=_EXPLANATION,
        data=_data(codes),
        alt="The shared and the own code of each modality as bars",
    )
    contents = _contents(*subject.key, view)
    table = contents_table(contents, shown)
    if table:
        remark("How much can be read from each code:", "read")
        remark(table, "contents")
        say.caption(
            f"R² of ridge regressions on the code centres, where 0% is nothing: "
            f"{len(view.frame):,} utterances of the {view.split} split, cross-validated by "
            "conversation."
        )
    closing(
        FORMULA,
        "which of the two codes should know how the recording was made?",
        codes_answer(contents, _asked(contents, shown)),
    )


def codes_title(own: float, others: float, modalities: Sequence[str], sizes: dict[str, int]) -> str:
    """Mean distances between z of one utterance (NaN with one modality) and of two utterances."""
    if not np.isfinite(own):
        name = plain(modalities[0]) if modalities else "a modality"
        return f"{capital(name)} becomes {sizes['z']} numbers to share and {sizes['s']} of its own"
    return (
        f"The shared codes of this utterance lie {three_digits(own)} apart, those of two different "
        f"utterances {three_digits(others)}"
    )


def contents_table(contents: pd.DataFrame, modalities: Sequence[str]) -> str:
    """What can be read from z and s, one row per modality, in Markdown; empty if unknown."""
    names = {SHARED: "shared by all", OWN: "its own", LABEL: "the label"}
    targets = [t for t in names if (contents["target"] == t).any()]
    if not targets:
        return ""
    cells = contents.set_index(["modality", "code", "target"])["r2"]
    columns = [(code, target) for target in targets for code in ("z", "s")]
    lines = [
        "| | " + " | ".join(f"*{code}*: {names[target]}" for code, target in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for modality in modalities:
        found = [cells.get((modality, *column)) for column in columns]
        values = ["–" if value is None else f"{value:.0%}" for value in found]
        lines.append(f"| {plain(modality)} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def codes_answer(contents: pd.DataFrame, modality: str) -> str:
    """Which code should know how the recording was made."""
    said = (
        "The own code *s*. Only one modality knows how its recording was made, so the shared code "
        "*z* has no use for it."
    )
    table = contents[contents["modality"] == modality].set_index(["target", "code"])["r2"]
    if (OWN, "z") not in table.index:
        return (
            f"{said} Whether it worked can be measured only where such factors are known, as in "
            "the demo corpus. The probes on *Representations* show what can be measured here."
        )
    z, s = table[OWN, "z"], table[OWN, "s"]
    return (
        f"{said} Of the factors that only {plain(modality)} has, a linear readout explains "
        f"{s:.0%} from *s* here and {z:.0%} from *z*."
    )


def _bars(subject: Subject, kind: str, modality: str, draws: int) -> CodeBars:
    outputs, name = subject.view.outputs, code_name(kind, modality)
    mean = outputs.spaces[name][subject.index]
    if not outputs.deviations:
        return CodeBars(mean, None, np.empty((0, len(mean))))
    deviation = outputs.deviations[name][subject.index]
    # Seeded by the place of the code, so that one more sample keeps the earlier ones.
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
    """One row per modality: z filled on the left, s outlined on the right."""
    modalities = list(codes)
    figure = make_subplots(
        rows=len(codes), cols=2, shared_yaxes="columns", shared_xaxes="columns",
        column_titles=list(CODE_TITLES.values()), horizontal_spacing=0.08,
        vertical_spacing=0.09 / max(len(codes) - 1, 1),
        column_widths=[1, 1], figure=blank(110 + TALL * len(codes), showlegend=False),
    )  # fmt: skip
    for row, (modality, both) in enumerate(codes.items(), start=1):
        colour = modality_colour(modality, modalities)
        figure.update_yaxes(title=figure_text(modality, _LETTERS), row=row, col=1)
        for column, kind in enumerate(CODE_TITLES, start=1):
            _draw(figure, both[kind], kind, colour, row, column)
    for column, kind in enumerate(CODE_TITLES, start=1):
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
