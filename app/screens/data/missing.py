"""Which modalities, speakers and transcripts are missing, and where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts import say
from app.parts.figures import figure
from app.parts.names import capital, figure_text, plain
from app.parts.style import SPLIT_COLOURS, blank
from app.screens.data.figure_sizes import HEIGHT


def draw_missing(table: pd.DataFrame) -> None:
    """The share of utterances without a modality, speaker or transcript, where there are any."""
    if not table["missing"].any():
        return
    say.finding(gaps_title(table))
    figure(
        gaps_figure(table),
        key="missing",
        caption="A modality is missing where an utterance has no step of it, or zeros only.",
        explanation=(
            "The fusion does not see tokens of a modality without a step; in training whole "
            "modalities are hidden at random so that it can do without them. Zeros it does see."
        ),
        data=table,
        alt="Share of utterances without each modality, speaker or transcript, per split",
    )


def gaps_title(gaps: pd.DataFrame) -> str:
    """What is missing most, and where."""
    worst = gaps.iloc[int(gaps["share"].argmax())]
    what = capital(plain(str(worst["what"])))
    return f"{what} is missing in {share_text(worst['share'])} of {worst['split']}"


def gaps_figure(gaps: pd.DataFrame) -> go.Figure:
    """The share of utterances that lack each modality, a speaker or a transcript, per split."""
    figure = blank(HEIGHT, barmode="group")
    for split, part in gaps.groupby("split", sort=False):
        figure.add_bar(
            x=part["what"].map(figure_text), y=part["share"], name=str(split),
            customdata=part[["absent", "zeros"]], marker={"color": SPLIT_COLOURS[str(split)]},
            hovertemplate=f"{split}, %{{x}}: %{{y:.1%}}<br>%{{customdata[0]}} without it, "
            "%{customdata[1]} all zeros<extra></extra>",
        )  # fmt: skip
    top = max(0.05, min(1.0, 1.15 * float(gaps["share"].max())))
    figure.update_yaxes(title="share without it", tickformat=".0%", range=[0, top])
    return figure


def share_text(value: float) -> str:
    return f"{value:.1%}" if value < 0.1 else f"{np.round(value, 2):.0%}"
