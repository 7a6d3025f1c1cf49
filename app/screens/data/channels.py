"""How the values of the channels are spread."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.fragment import fragment
from app.parts.names import channel_words, figure_text, plain
from app.parts.style import NEUTRAL, blank, modality_colour, name_rows, three_digits

_MOST_CHANNELS = 12
FAR_OUT_SHARE = 0.01


@fragment
def draw_channels(table: pd.DataFrame, names: list[str], fingerprint: str) -> None:
    """How the values of the channels of one modality are spread."""
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
                key=f"channels-of-{fingerprint}",
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
        explanation="Each row is a channel on its own scale: 0 is the median, 1 the width of "
        "the middle half. Thick: the middle half of the values. Thin: 1 % to 99 %. Ticks: the "
        "smallest and the largest value. Far out: more than 3 beyond the middle half.",
        data=part,
        alt=f"Spread of the values of the channels of {name}",
    )


def _titles(shown: pd.DataFrame) -> list[str]:
    """One per channel; a number tells channels of the same name apart."""
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
        f"Most values far out in {plain(name)}: {plain(str(worst['name']).replace('_', ' '))}, "
        f"{worst['far_out']:.1%}"
    )


def channels_shown(channels: pd.DataFrame) -> pd.DataFrame:
    """The channels of one modality that a figure has room for: those with most far out.

    Args:
        channels: rows of `mmmie.analysis.corpora.quality.channel_table`.
    """
    spread = channels["three_quarters"] > channels["quarter"]
    order = channels[spread].sort_values("far_out", ascending=False, kind="stable")
    return order[:_MOST_CHANNELS]


def channels_figure(channels: pd.DataFrame, titles: list[str], colour: str) -> go.Figure:
    """How the values of channels are spread, each in interquartile ranges from its median."""
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
