"""What is in a corpus: labels, speakers, lengths, what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.style import NEUTRAL, SPLIT_COLOURS, blank, modality_colour
from mmmie.corpus import Label

_HEIGHT = 300
_MOST_SPEAKERS = 20
_LENGTH_BINS = 40


def label_figure(counts: pd.DataFrame, label: Label) -> go.Figure:
    """How labels are distributed in every split, as shares of it.

    Args:
        counts: from `mmmie.analysis.corpus_tables.label_counts`.
        label: what is predicted.
    """
    figure = blank(_HEIGHT, barmode="group")
    for split, part in counts.groupby("split", sort=False):
        name, colour = str(split), SPLIT_COLOURS[str(split)]
        hover = f"{name}<br>%{{x:.3g}}: %{{y:.1%}}<extra></extra>"
        if label.classes is not None:
            figure.add_bar(
                x=part["label"], y=part["share"], name=name, marker={"color": colour},
                hovertemplate=hover.replace(":.3g", ""),
            )  # fmt: skip
        else:
            figure.add_scatter(
                x=part["label"], y=part["share"], name=name, mode="lines", hovertemplate=hover,
                line={"color": colour, "width": 2, "shape": "hvh"},
            )  # fmt: skip
    figure.update_xaxes(title=label.name)
    figure.update_yaxes(title="share of the split", tickformat=".0%", rangemode="tozero")
    return figure


def speaker_figure(counts: pd.DataFrame) -> go.Figure:
    """How many utterances the most talkative speakers have.

    Args:
        counts: from `mmmie.analysis.corpus_tables.speaker_counts`.
    """
    shown = counts[:_MOST_SPEAKERS]
    figure = blank(_HEIGHT, showlegend=False)
    figure.add_bar(
        x=shown["speaker"], y=shown["utterances"], marker={"color": NEUTRAL},
        customdata=shown[["conversations", "share"]],
        hovertemplate="%{x}<br>%{y} utterances (%{customdata[1]:.1%}) in "
        "%{customdata[0]} conversations<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(type="category", tickangle=-45 if len(shown) > 8 else 0)
    figure.update_yaxes(title="utterances")
    return figure


def length_figure(lengths: pd.DataFrame, modalities: list[str]) -> go.Figure:
    """How long the sequences of every modality are.

    Args:
        lengths: `modality`, `steps`.
        modalities: of the corpus, for their hues.
    """
    figure = blank(_HEIGHT)
    most = int(lengths["steps"].max())
    edges = np.linspace(-0.5, most + 0.5, min(most + 1, _LENGTH_BINS) + 1)
    for name in lengths["modality"].unique():
        steps = lengths.loc[lengths["modality"] == name, "steps"]
        counts = np.histogram(steps, edges)[0]
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2, y=counts, mode="lines", name=str(name),
            line={"color": modality_colour(str(name), modalities), "width": 2, "shape": "hvh"},
            hovertemplate=f"{name}<br>about %{{x:.0f}} steps: %{{y}} utterances<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="steps of an utterance", rangemode="tozero")
    figure.update_yaxes(title="utterances", rangemode="tozero")
    return figure


def words_figure(words: np.ndarray) -> go.Figure:
    """How many words utterances have.

    Args:
        words: (N,).
    """
    figure = blank(_HEIGHT, showlegend=False)
    most = int(np.quantile(words, 0.995))
    width = max(1, -(-most // _LENGTH_BINS))
    figure.add_histogram(
        x=np.minimum(words, most), marker={"color": NEUTRAL},
        xbins={"start": -0.5, "end": most + width, "size": width},
        hovertemplate="%{x} words: %{y} utterances<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=f"words of the transcript (the last bar: {most} or more)")
    figure.update_yaxes(title="utterances")
    return figure


def missing_figure(missing: pd.DataFrame) -> go.Figure:
    """The share of utterances that lack each modality, per split.

    Args:
        missing: from `mmmie.analysis.corpus_tables.missing_shares`.
    """
    figure = blank(_HEIGHT, barmode="group")
    for split, part in missing.groupby("split", sort=False):
        figure.add_bar(
            x=part["modality"], y=part["share"], name=str(split), customdata=part["missing"],
            marker={"color": SPLIT_COLOURS[str(split)]},
            hovertemplate=f"{split}<br>%{{x}}: %{{customdata}} utterances (%{{y:.1%}})"
            "<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(title="share without it", tickformat=".0%", range=[0, 1])
    return figure
