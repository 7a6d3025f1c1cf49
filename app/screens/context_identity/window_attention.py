"""What one prediction takes from its window, and how it moves under interventions."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts.names import figure_text
from app.parts.style import (
    ACCENT,
    NEUTRAL,
    blank,
    three_digits,
)
from mmmie.analysis.ask.identity_change import RETRAINED
from mmmie.analysis.outputs import TRAINED

_ROW_PIXELS = 30
_TITLE_LETTERS = 18
TRAINED_WORDS = "as trained"
VARIANT_WORDS = {
    TRAINED: TRAINED_WORDS,
    "off": "no identity",
    "no_role": "no role",
    "no_speaker": "no speaker",
    "no_modality": "no modality",
    "swap_speaker": "speakers swapped",
    "shuffle_roles": "roles shuffled",
    "no_context": "no neighbours",
    RETRAINED: "trained without",
}
"""What every variant is called on its row of a figure; long names leave no room for the data."""


def effect_figure(
    changes: pd.DataFrame, panels: dict[str, str], variants: dict[str, str], x_title: str
) -> go.Figure:
    """The error under every variant, one panel a slice; a thin line is the model as trained.

    Args:
        changes: from `mmmie.analysis.ask.identity_change.identity_changes`.
        panels: slice → what its panel is called.
        variants: variant → what its row is called, in order.
        x_title: the error with its unit.
    """
    figure = make_subplots(
        cols=len(panels), shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[
            "<br>".join(map(figure_text, wrap(title, _TITLE_LETTERS))) for title in panels.values()
        ],
        figure=blank(150 + _ROW_PIXELS * len(variants), showlegend=False),
    )  # fmt: skip
    names = list(variants.values())
    for column, part in enumerate(panels, start=1):
        table = changes[changes["slice"] == part].set_index("variant").loc[list(variants)]
        trained = table["error"] - table["change"]
        # The interval is of the change, drawn around the error that it leads to.
        up = (table["high"] - table["change"]).fillna(0)
        down = (table["change"] - table["low"]).fillna(0)
        hover = [
            f"{name}<br>error {three_digits(row['error'])}, change {row['change']:+.3g} "
            f"[{three_digits(row['low'])}, {three_digits(row['high'])}]"
            f"<br>prediction moves by {three_digits(row['mean_abs_shift'])} on average"
            for name, row in zip(names, table.to_dict("records"), strict=True)
        ]
        sure = ((table["low"] > 0) | (table["high"] < 0) | (table.index == TRAINED)).to_numpy()
        figure.add_scatter(
            x=table["error"], y=names, mode="markers", hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            error_x={"array": up, "arrayminus": down, "thickness": 1.6, "width": 0,
                     "color": NEUTRAL},
            marker={
                "size": 11, "color": ACCENT, "opacity": np.where(sure, 1, 0.4),
            },
            row=1, col=column,
        )  # fmt: skip
        figure.add_vline(
            float(trained.iloc[0]), line={"color": NEUTRAL, "width": 1}, row=1, col=column
        )
    figure.update_xaxes(range=_error_range(changes, list(panels), list(variants)))
    figure.update_xaxes(zeroline=False, nticks=4)
    figure.update_xaxes(title=x_title, col=(len(panels) + 1) // 2)
    figure.update_yaxes(
        categoryorder="array", categoryarray=names[::-1], showgrid=True, type="category"
    )
    figure.update_annotations(font={"size": 12}, yshift=4)
    figure.update_layout(margin={"t": 66})
    return figure


def _error_range(
    changes: pd.DataFrame, panels: list[str], variants: list[str]
) -> tuple[float, float]:
    """Limits that hold every error and interval of the panels, so that these can be compared."""
    shown = changes[changes["slice"].isin(panels) & changes["variant"].isin(variants)]
    trained = shown["error"] - shown["change"]
    ends = np.concatenate(
        [shown["error"], trained, trained + shown["low"], trained + shown["high"]]
    )
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    margin = 0.08 * (high - low) or 0.1
    return max(low - margin, 0.0), high + margin
