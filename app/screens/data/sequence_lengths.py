"""How many steps utterances have in every modality."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts import say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.numbers import listed
from app.parts.style import blank, modality_colour
from app.screens.data.figure_sizes import HEIGHT, MOST_BINS
from mmmie.analysis.corpora.summary import sequence_lengths
from mmmie.corpus import Corpus


def draw_sequence_lengths(corpus: Corpus) -> None:
    """The steps of every modality at sequence level, or that there is none."""
    lengths = sequence_lengths(corpus)
    if lengths.empty:
        say.finding("Every modality has one vector per utterance")
        say.words("No modality has sequences, so there are no lengths to show.")
        return
    medians = lengths.groupby("modality", sort=False)["steps"].median()
    said = listed([f"{plain(str(name))} {median:g}" for name, median in medians.items()])
    say.finding(f"Steps of a usual utterance: {said}")
    figure(
        length_figure(lengths, list(corpus.modalities)),
        key="lengths",
        caption=f"All {len(corpus):,} utterances; medians in the title.",
        explanation=(
            "How many feature vectors an utterance has in each modality at sequence level. "
            "Zero steps mean that the modality is missing there."
        ),
        data=lengths,
        alt="Distribution of sequence lengths for every modality",
    )


def length_figure(lengths: pd.DataFrame, modalities: list[str]) -> go.Figure:
    """How long the sequences of every modality are."""
    figure = blank(HEIGHT)
    most = int(lengths["steps"].max())
    edges = np.linspace(-0.5, most + 0.5, min(most + 1, MOST_BINS) + 1)
    for name in lengths["modality"].unique():
        steps = lengths.loc[lengths["modality"] == name, "steps"]
        counts = np.histogram(steps, edges)[0]
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2, y=counts, mode="lines", name=figure_text(str(name)),
            line={"color": modality_colour(str(name), modalities), "width": 2, "shape": "hvh"},
            hovertemplate=f"{figure_text(str(name))}<br>about %{{x:.0f}} steps: %{{y}} utterances"
            "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="steps of an utterance", rangemode="tozero")
    figure.update_yaxes(title="utterances", rangemode="tozero")
    return figure
