"""What is missing, how long conversations are, and what the channels look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.parts import say
from app.parts.figures import figure
from app.parts.fragment import fragment
from app.parts.names import capital, channel_words, figure_text, plain
from app.parts.style import (
    NEUTRAL,
    SPLIT_COLOURS,
    blank,
    modality_colour,
    name_rows,
    three_digits,
)
from mmmie.analysis.corpora.quality import (
    channel_table,
    conversation_lengths,
    gaps,
    label_shifts,
    repeated_features,
    repeated_transcripts,
)
from mmmie.corpus import SPLITS, Corpus

_HEIGHT = 300
_LENGTH_BINS = 40
_MOST_CHANNELS = 12
FAR_OUT_SHARE = 0.01


def draw_gaps(corpus: Corpus) -> None:
    """The share of utterances without a modality, speaker or transcript, where there are any."""
    table = quality(corpus.fingerprint, corpus)["gaps"]
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


def draw_turns(corpus: Corpus) -> None:
    """How long conversations are."""
    table = quality(corpus.fingerprint, corpus)["turns"]
    say.finding(turns_title(table))
    figure(
        turns_figure(table),
        key="turns",
        caption=f"All {len(table):,} conversations, stacked by split.",
        explanation="Utterances of every conversation. The context of the model is a window in "
        "one conversation, so the first and the last turns see less of it.",
        data=table,
        alt="Distribution of the length of conversations",
    )


@fragment
def draw_channels(corpus: Corpus) -> None:
    """How the values of the channels of one modality are spread."""
    table = quality(corpus.fingerprint, corpus)["channels"]
    names = list(corpus.modalities)
    heading = st.empty()
    name = names[0]
    if len(names) > 1:
        name = str(
            st.segmented_control(
                "Channels of",
                names,
                format_func=plain,
                default=names[0],
                required=True,
                key=f"channels-of-{corpus.fingerprint}",
                wrap=True,
                label_visibility="collapsed",
            )
        )
    part = table[table["modality"] == name]
    say.finding(channels_title(part, name), place=heading)
    shown = channels_shown(part)
    if shown.empty:
        say.words("Half of all values or more are the same in every channel.")
        return
    figure(
        channels_figure(shown, _titles(shown), modality_colour(name, names)),
        key="channels",
        caption=f"The {len(shown)} of {len(part):,} channels with most values far out, over "
        f"{int(part['rows'].iloc[0]):,} rows.",
        explanation="Every row is a channel on a scale of its own: 0 is the median, 1 the width of "
        "the middle half. Thick: the middle half of the values. Thin: 1 % to 99 %. Ticks: the "
        "smallest and the largest value. Far out: more than 3 beyond the middle half.",
        data=part,
        alt=f"Spread of the values of the channels of {name}",
    )


@st.cache_data(show_spinner="Looking through the corpus", max_entries=8)
def quality(fingerprint: str, _corpus: Corpus) -> dict[str, pd.DataFrame]:
    """All tables of `mmmie.analysis.corpora.quality`, by short names."""
    return {
        "gaps": gaps(_corpus),
        "channels": channel_table(_corpus),
        "transcripts": repeated_transcripts(_corpus),
        "features": repeated_features(_corpus),
        "shifts": label_shifts(_corpus),
        "turns": conversation_lengths(_corpus),
    }


def _titles(shown: pd.DataFrame) -> list[str]:
    """One a channel, each once; a number tells channels of the same name apart."""
    words = [" ".join(channel_words(str(name))).strip() for name in shown["name"]]
    twice = np.array([words.count(word) > 1 for word in words])
    numbers = shown["channel"].to_numpy()
    return [f"{w} ({i})" if t else w for w, i, t in zip(words, numbers, twice, strict=True)]


def channels_title(channels: pd.DataFrame, name: str) -> str:
    """Which channel of a modality has most far out."""
    known = channels.dropna(subset=["far_out"])
    if known.empty:
        return f"The channels of {plain(name)} are mostly one value"
    worst = known.loc[known["far_out"].idxmax()]
    if worst["far_out"] < FAR_OUT_SHARE:
        return f"No channel of {plain(name)} has many values far out"
    return (
        f"Furthest astray in {plain(name)}: {plain(str(worst['name']).replace('_', ' '))}, "
        f"{worst['far_out']:.1%} of its values far out"
    )


def turns_title(turns: pd.DataFrame) -> str:
    """How long conversations are."""
    held = turns["turns"]
    if held.min() == held.max():
        return f"Every conversation has {held.min()} utterance{'' if held.min() == 1 else 's'}"
    span = f"{held.min()} to {held.max()}"
    return f"The median conversation has {held.median():g} utterances, all have {span}"


def gaps_title(gaps: pd.DataFrame) -> str:
    """What is missing most, and where."""
    worst = gaps.iloc[int(gaps["share"].argmax())]
    what = capital(plain(str(worst["what"])))
    return f"{what} is missing in {share_text(worst['share'])} of {worst['split']}"


def gaps_figure(gaps: pd.DataFrame) -> go.Figure:
    """The share of utterances that lack each modality, a speaker or a transcript, per split.

    Args:
        gaps: from `mmmie.analysis.corpora.quality.gaps`.
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
        lengths: from `mmmie.analysis.corpora.quality.conversation_lengths`.
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
        channels: rows of `mmmie.analysis.corpora.quality.channel_table`.
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


def share_text(value: float) -> str:
    return f"{value:.1%}" if value < 0.1 else f"{np.round(value, 2):.0%}"
