"""How many utterances conversations have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts import say
from app.parts.figures import figure
from app.parts.style import SPLIT_COLOURS, blank
from app.screens.data.figure_sizes import HEIGHT, MOST_BINS
from mmmie.corpus import SPLITS


def draw_turns(table: pd.DataFrame) -> None:
    """How long conversations are."""
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


def turns_title(turns: pd.DataFrame) -> str:
    """How long conversations are."""
    held = turns["turns"]
    if held.min() == held.max():
        return f"Every conversation has {held.min()} utterance{'' if held.min() == 1 else 's'}"
    span = f"{held.min()} to {held.max()}"
    return f"The median conversation has {held.median():g} utterances, all have {span}"


def turns_figure(lengths: pd.DataFrame) -> go.Figure:
    """How many utterances conversations have, stacked by split."""
    most = int(lengths["turns"].max())
    width = max(1, -(-most // MOST_BINS))
    edges = np.arange(0.5, most + width + 0.5, width)
    figure = blank(HEIGHT, barmode="stack")
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
