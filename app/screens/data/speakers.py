"""Who speaks how much."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.parts import say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.style import NEUTRAL, blank
from app.screens.data.figure_sizes import HEIGHT
from mmmie.analysis.corpora.summary import speaker_counts
from mmmie.corpus import Corpus

_MOST_SPEAKERS = 20
_LETTERS = 24


def draw_speakers(corpus: Corpus) -> None:
    """The most talkative speakers, or that nobody is known."""
    counts = speaker_counts(corpus)
    if counts.empty:
        say.finding("The speakers are unknown")
        say.words(
            "This corpus names no speakers, so the speaker term of the identity embedding is "
            "“unknown” everywhere."
        )
        return
    most = counts.iloc[0]
    say.finding(f"{plain(str(most['speaker']))} speaks most: {most['share']:.1%} of utterances")
    figure(
        speaker_figure(counts),
        key="speakers",
        caption=f"The first {min(len(counts), _MOST_SPEAKERS)} of {len(counts):,} speakers.",
        explanation="Utterances of every speaker over all conversations and splits.",
        data=counts,
        alt="Utterances of the most talkative speakers",
    )


def speaker_figure(counts: pd.DataFrame) -> go.Figure:
    """How many utterances the most talkative speakers have."""
    shown = counts[:_MOST_SPEAKERS]
    names = [str(name) for name in shown["speaker"]]
    figure = blank(HEIGHT, showlegend=False)
    figure.add_bar(
        x=names, y=shown["utterances"], marker={"color": NEUTRAL},
        customdata=shown[["conversations", "share"]],
        hovertext=[figure_text(name) for name in names],
        hovertemplate="%{hovertext}<br>%{y} utterances (%{customdata[1]:.1%}) in "
        "%{customdata[0]} conversations<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(
        type="category", tickvals=names, ticktext=[figure_text(name, _LETTERS) for name in names],
        tickangle=-45 if len(shown) > 8 else 0,
    )  # fmt: skip
    figure.update_yaxes(title="utterances")
    return figure
