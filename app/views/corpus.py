"""What is in a corpus: labels, speakers, lengths, what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.names import figure_text
from app.views.style import (
    NEUTRAL,
    SPLIT_COLOURS,
    blank,
    modality_colour,
    name_rows,
    three_digits,
)
from mmmie.corpus import SPLITS, Label

_HEIGHT = 300
_MOST_SPEAKERS = 20
_LETTERS = 24
_LENGTH_BINS = 40
_MOST_CHANNELS = 12


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
        if label.classes is not None or not part["width"].any():
            places = part["label"] if label.classes is None else part["label"].map(figure_text)
            figure.add_bar(
                x=places, y=part["share"], name=name, marker={"color": colour},
                hovertemplate=hover.replace(":.3g", ""),
            )  # fmt: skip
        else:
            figure.add_scatter(
                x=part["label"], y=part["share"], name=name, mode="lines", hovertemplate=hover,
                line={"color": colour, "width": 2, "shape": "hvh"},
            )  # fmt: skip
    figure.update_xaxes(title=figure_text(label.name))
    figure.update_yaxes(title="share of the split", tickformat=".0%", rangemode="tozero")
    return figure


def speaker_figure(counts: pd.DataFrame) -> go.Figure:
    """How many utterances the most talkative speakers have.

    Args:
        counts: from `mmmie.analysis.corpus_tables.speaker_counts`.
    """
    shown = counts[:_MOST_SPEAKERS]
    names = [str(name) for name in shown["speaker"]]
    figure = blank(_HEIGHT, showlegend=False)
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
            x=(edges[:-1] + edges[1:]) / 2, y=counts, mode="lines", name=figure_text(str(name)),
            line={"color": modality_colour(str(name), modalities), "width": 2, "shape": "hvh"},
            hovertemplate=f"{figure_text(str(name))}<br>about %{{x:.0f}} steps: %{{y}} utterances"
            "<extra></extra>",
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


def gaps_figure(gaps: pd.DataFrame) -> go.Figure:
    """The share of utterances that lack each modality, a speaker or a transcript, per split.

    Args:
        gaps: from `mmmie.analysis.corpus_quality.gaps`.
    """
    figure = blank(_HEIGHT, barmode="group")
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


def turns_figure(lengths: pd.DataFrame) -> go.Figure:
    """How many utterances conversations have, stacked by split.

    Args:
        lengths: from `mmmie.analysis.corpus_quality.conversation_lengths`.
    """
    most = int(lengths["turns"].max())
    width = max(1, -(-most // _LENGTH_BINS))
    edges = np.arange(0.5, most + width + 0.5, width)
    figure = blank(_HEIGHT, barmode="stack")
    for split in SPLITS:
        turns = lengths.loc[lengths["split"] == split, "turns"]
        if turns.empty:
            continue
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2, y=np.histogram(turns, edges)[0], name=split,
            marker={"color": SPLIT_COLOURS[split]}, width=0.9 * width,
            hovertemplate=f"{split}<br>about %{{x:.0f}} utterances: %{{y}} conversations"
            "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(legend={"traceorder": "normal"})
    figure.update_xaxes(title="utterances of a conversation", rangemode="tozero")
    figure.update_yaxes(title="conversations")
    return figure


def channels_shown(channels: pd.DataFrame) -> pd.DataFrame:
    """The channels of one modality that a figure has room for: those with most far out.

    Args:
        channels: rows of `mmmie.analysis.corpus_quality.channel_table`.
    """
    spread = channels["three_quarters"] > channels["quarter"]
    order = channels[spread].sort_values("far_out", ascending=False, kind="stable")
    return order[:_MOST_CHANNELS]


def channels_figure(channels: pd.DataFrame, titles: list[str], colour: str) -> go.Figure:
    """How the values of channels are spread, each in interquartile ranges from its median.

    Args:
        channels: from `channels_shown`.
        titles: one a channel, with its unit.
        colour: of the modality.
    """
    titles = [figure_text(title) for title in titles]
    figure = blank(90 + 26 * max(len(channels), 3), showlegend=False)
    iqr = (channels["three_quarters"] - channels["quarter"]).to_numpy()
    centre = channels["median"].to_numpy()

    def placed(name: str) -> np.ndarray:
        return np.asarray((channels[name].to_numpy() - centre) / iqr)

    for low, high, width in (("low", "high", 2), ("quarter", "three_quarters", 9)):
        ends = np.stack([placed(low), placed(high), np.full(len(channels), np.nan)], 1)
        figure.add_scatter(
            x=ends.ravel(), y=np.repeat(titles, 3), mode="lines", hoverinfo="skip",
            line={"color": colour, "width": width},
        )  # fmt: skip
    hover = [
        f"median {three_digits(row['median'])}, middle half {three_digits(row['quarter'])} to "
        f"{three_digits(row['three_quarters'])}<br>1 % to 99 %: {three_digits(row['low'])} to "
        f"{three_digits(row['high'])}<br>from {three_digits(row['least'])} to "
        f"{three_digits(row['most'])}; {row['far_out']:.2%} far out".replace("-", "−")
        for row in channels.to_dict("records")
    ]
    for name, symbol in (("least", "line-ns-open"), ("most", "line-ns-open"), ("median", "circle")):
        figure.add_scatter(
            x=placed(name), y=titles, mode="markers", text=hover,
            hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>",
            marker={
                "symbol": symbol, "size": 9, "color": "#ffffff" if name == "median" else NEUTRAL,
                "line": {"width": 2, "color": colour if name == "median" else NEUTRAL},
            },
        )  # fmt: skip
    name_rows(figure, titles)
    figure.update_xaxes(title="interquartile ranges from the median")
    return figure
