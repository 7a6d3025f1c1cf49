"""A map of the learned identity vectors of a checkpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.style import ACCENT, NEUTRAL, blank, three_digits
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.codes.identity_vectors import (
    RoleOrder,
    chance_cosine,
    cosines,
    identity_vectors,
    role_order,
    starting_norms,
)
from mmmie.mi.verdict import decide_by_chance

_EXPLANATION = """
Every token gets the sum of three learned vectors: its **role** (how many turns from the target),
its **speaker** (same as the target's, another, unknown) and its **modality**. The heat map shows
the cosine of every pair: blue point the same way, orange opposite ways; those within what 19 of 20
pairs of random directions stay are nearly empty. On the right are their lengths; the band is where
19 of 20 runs have all of them before training. A vector outside it was moved by training; one
inside may have been moved too, and one that no utterance needs, such as an unknown speaker where
all are known, only feels weight decay.

Whether roles order themselves is Mantel's test: the correlation of cosine and nearness in time
over pairs, against 2,000 random orders. What a vector does to a prediction is not in this figure:
see the tab “Every intervention”.
"""


def draw_identity_map(view: state.View) -> None:
    """Draw the identity vectors, or nothing where the model has none."""
    table, vectors = _vectors(view.checkpoint.fingerprint, view.checkpoint)
    if table.empty:
        return
    alike, dimensions = cosines(vectors), vectors.shape[1]
    chance, start = chance_cosine(dimensions), starting_norms(dimensions, len(table))
    order = role_order(vectors[(table["term"] == "role").to_numpy()])
    say.finding(plain(norm_finding(table, start)))
    say.words(plain(f"{order_sentence(order)} {pairs_sentence(table, alike, chance)}"))
    figure(
        identity_map(table, alike, chance, start),
        key="identity-vectors",
        caption=f"{len(table)} vectors of {dimensions} dimensions from the weights of "
        f"{plain(view.choice.name)}; no utterance is involved.",
        explanation=_EXPLANATION,
        data=table.join(pd.DataFrame(alike, columns="cosine with " + table["name"])),
        alt="Cosines between all pairs of identity vectors, and the norm of each",
    )


@st.cache_data(show_spinner=False, max_entries=50)
def _vectors(fingerprint: str, _checkpoint: Checkpoint) -> tuple[pd.DataFrame, np.ndarray]:
    return identity_vectors(_checkpoint)


_ROW_PIXELS = 25
_LEAST_LIMIT = 0.5  # of the colours, so that small cosines do not look large
_OPPOSED, _ALIKE = "213, 94, 0", "0, 114, 178"


def identity_map(
    table: pd.DataFrame, alike: np.ndarray, chance: float, start: tuple[float, float]
) -> go.Figure:
    """Cosines of all pairs of identity vectors as a heat map, their norms beside.

    Args:
        table: from `mmmie.analysis.codes.identity_vectors.identity_vectors`.
        alike: (k, k) cosines.
        chance: the absolute cosine that most pairs of random directions stay below.
        start: between which norms most vectors lie where training starts.
    """
    names = [figure_text(_named(row)) for row in table.to_dict("records")]
    count, places = len(names), np.arange(len(names))
    figure = make_subplots(
        cols=2, column_widths=[0.68, 0.32], shared_yaxes=True, horizontal_spacing=0.03,
        figure=blank(150 + _ROW_PIXELS * count, showlegend=False),
    )  # fmt: skip
    apart = np.where(np.eye(count, dtype=bool), np.nan, alike)
    limit = max(float(np.nanmax(np.abs(apart), initial=0)), _LEAST_LIMIT)
    figure.add_heatmap(
        x=places, y=places, z=apart, zmin=-limit, zmax=limit, xgap=1, ygap=1, hoverongaps=False,
        colorscale=_cosine_scale(chance / limit),
        customdata=[[f"{a} and {b}" for b in names] for a in names],
        hovertemplate="%{customdata}<br>cosine %{z:.2f}<extra></extra>",
        colorbar={"title": {"text": "cosine", "side": "top"}, "orientation": "h", "y": 1.0,
                  "yanchor": "bottom", "x": 0, "xanchor": "left", "len": 0.68, "thickness": 10,
                  "tickvals": [-limit, -chance, chance, limit], "tickformat": ".2f"},
        row=1, col=1,
    )  # fmt: skip
    outside = (table["norm"] < start[0]) | (table["norm"] > start[1])
    figure.add_scatter(
        x=table["norm"], y=places, mode="markers", text=names,
        marker={"size": 10, "color": [ACCENT if out else NEUTRAL for out in outside]},
        hovertemplate="%{text}<br>norm %{x:.3g}<extra></extra>", row=1, col=2,
    )  # fmt: skip
    figure.add_vrect(
        *start, row=1, col=2, fillcolor=NEUTRAL, opacity=0.18, line_width=0, layer="below"
    )
    for edge in np.flatnonzero(table["term"].to_numpy()[1:] != table["term"].to_numpy()[:-1]):
        line = {"color": NEUTRAL, "width": 1.5}
        figure.add_hline(edge + 0.5, line=line, row=1, col="all")
        figure.add_vline(edge + 0.5, line=line, row=1, col=1)
    figure.update_yaxes(
        tickvals=places, ticktext=names, range=[count - 0.4, -0.6], showgrid=False, zeroline=False
    )
    figure.update_xaxes(
        tickvals=places, ticktext=names, range=[-0.6, count - 0.4], showgrid=False, tickangle=-60,
        col=1,
    )  # fmt: skip
    most = max(float(table["norm"].max()), start[1])
    figure.update_xaxes(title="norm", range=[0, most * 1.08], col=2)
    figure.update_layout(margin={"t": 52})
    return figure


def _cosine_scale(chance: float) -> list[list[object]]:
    """Colours from opposed to alike that leave what may be chance nearly empty.

    See-through, so that it is quiet on a light and on a dark page.

    Args:
        chance: the share of the scale, from its middle, that random directions reach.
    """
    edge = min(chance, 1.0) / 2
    quiet = "rgba(123, 135, 148, 0.07)"
    return [
        [0, f"rgba({_OPPOSED}, 1)"],
        [0.5 - edge, f"rgba({_OPPOSED}, 0.3)"],
        [0.5 - edge, quiet],
        [0.5 + edge, quiet],
        [0.5 + edge, f"rgba({_ALIKE}, 0.3)"],
        [1, f"rgba({_ALIKE}, 1)"],
    ]


def norm_finding(table: pd.DataFrame, start: tuple[float, float]) -> str:
    """Which vectors training has made longer or shorter than they start, the farthest first."""
    low, high = start
    off = np.maximum(table["norm"] - high, low - table["norm"])
    out = table.assign(off=off)[off > 0].sort_values("off", ascending=False)
    span = f"{three_digits(low)} to {three_digits(high)}"
    if out.empty:
        return f"Every identity vector is as long as where training starts, {span}"
    first = out.iloc[0]
    way = "longer" if first["norm"] > high else "shorter"
    return (
        f"“{_named(dict(first))}” is {way} than where training starts: "
        f"{three_digits(first['norm'])} against {span}"
    )


def order_sentence(order: RoleOrder | None) -> str:
    """Whether the roles order themselves by time, also where they do not."""
    if order is None:
        return "There are too few roles to ask whether they order themselves by time."
    correlation = f"{order.correlation:.2f}".replace("-", "−")
    numbers = f"r = {correlation}, p = {order.chance:.2g}"
    if decide_by_chance(order.correlation, order.chance).above:
        return f"Roles order themselves by time: the nearer two are, the more alike ({numbers})."
    return f"Roles do not order themselves by time by more than chance ({numbers})."


def pairs_sentence(table: pd.DataFrame, alike: np.ndarray, chance: float) -> str:
    """How many pairs are more alike or more opposed than random directions would be."""
    if len(alike) < 2:
        return ""
    first, second = np.triu_indices(len(alike), 1)
    pairs = alike[first, second]
    found, expected = int((np.abs(pairs) > chance).sum()), 0.05 * len(pairs)
    said = (
        f"{found} of {len(pairs)} pairs have a cosine beyond ±{chance:.2f}; of random directions "
        f"about {expected:.0f} would."
    )
    if not found:
        return said
    most = int(np.abs(pairs).argmax())
    a, b = (_named(dict(table.iloc[place[most]])) for place in (first, second))
    way = "alike" if pairs[most] > 0 else "opposed"
    return f"{said} Most {way}: {a} and {b} ({three_digits(pairs[most])})."


def _named(row: dict[str, object]) -> str:
    """A vector's name, with its term where the name alone says too little."""
    name = str(row["name"])
    return "role " + name.replace("-", "−") if row["term"] == "role" else name
