"""What two modalities tell about the label by epoch and by slice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts.label_parts import SHOWN_PARTS, part_colour, part_name
from app.parts.names import figure_text
from app.parts.slice_names import slice_titles
from app.parts.style import ACCENT, NEUTRAL, blank, epoch_ticks, modality_colour
from app.screens.mutual_information.recorded_bounds import Unit
from mmmie.mi.thresholds import SURE

_SLICE_ROW, _MOST_SLICES = 40, 6


def epochs_figure(epochs: pd.DataFrame, unit: Unit, modalities: list[str]) -> go.Figure:
    """One panel per pair, the parts as lines with bands of two standard errors."""
    pairs = list(epochs.groupby(["first", "second"], sort=False))
    figure = make_subplots(
        rows=len(pairs), cols=1, shared_xaxes=True, vertical_spacing=0.09,
        subplot_titles=[" + ".join(map(figure_text, pair)) for pair, _ in pairs],
    )  # fmt: skip
    figure.update_annotations(font_size=13, x=0, xanchor="left")
    figure.update_layout(blank(60 + 170 * len(pairs)).layout)
    figure.update_layout(showlegend=False)
    for place, (_, rows) in enumerate(pairs, 1):
        one = rows.iloc[0].to_dict()
        for part in SHOWN_PARTS:
            colour = part_colour(part, one, modalities)
            value = rows[part] * unit.per_nat
            error = SURE * rows[f"{part}_std"] * unit.per_nat
            figure.add_scatter(
                x=rows["epoch"], y=value, mode="lines+markers", row=place, col=1,
                line={"color": colour, "width": 2}, marker={"size": 5, "color": colour},
                error_y={"type": "data", "array": error, "thickness": 1, "width": 0},
                hovertemplate=f"{figure_text(part_name(part, one))} at epoch %{{x}}: %{{y:.3g}} "
                f"{unit.name}<extra></extra>",
            )  # fmt: skip
    span = int(epochs["epoch"].max() - epochs["epoch"].min())
    figure.update_xaxes(dtick=epoch_ticks(max(span, 1)), showgrid=False, zeroline=False)
    figure.update_xaxes(title="epoch", row=len(pairs), col=1)
    figure.update_yaxes(title=unit.name, rangemode="tozero", zeroline=False, nticks=5)
    return figure


def slices_figure(shown: pd.DataFrame, unit: Unit, modalities: list[str]) -> go.Figure:
    """What each modality and both tell on the slices where together is most beyond the sum."""
    best = shown.sort_values("beyond", ascending=False).head(_MOST_SLICES)
    titles = slice_titles(shown["slice"])
    names = [
        figure_text(f"{titles[row['slice']]} ({row['n']:,})") for row in best.to_dict("records")
    ]
    first, second = str(best["first"].iloc[0]), str(best["second"].iloc[0])
    figure = blank(100 + _SLICE_ROW * len(best))
    for shift, (key, name, colour, symbol) in enumerate(
        (
            ("alone_1", first, modality_colour(first, modalities), "circle"),
            ("alone_2", second, modality_colour(second, modalities), "circle"),
            ("both", "both together", ACCENT, "diamond"),
        )
    ):
        figure.add_scatter(
            x=best[key] * unit.per_nat, y=np.arange(len(best)) + 0.22 * (shift - 1),
            mode="markers", name=figure_text(name),
            marker={"color": colour, "size": 10, "symbol": symbol},
            error_x={"type": "data", "array": SURE * best[f"{key}_std"] * unit.per_nat,
                     "thickness": 1.5, "width": 0},
            hovertemplate=f"{figure_text(name)}: %{{x:.3g}} {unit.name}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1})
    figure.update_yaxes(
        tickvals=np.arange(len(best)), ticktext=names, autorange="reversed", showgrid=False
    )
    figure.update_xaxes(title=f"{unit.name}; below 0 it misleads")
    return figure
