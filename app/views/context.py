"""What one prediction takes from its window, and how it moves under interventions."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.names import figure_text
from app.views.style import (
    ACCENT,
    NEUTRAL,
    SENTIMENT_SCALE,
    blank,
    class_colours,
    modality_colour,
    three_digits,
)
from mmmie.analysis.identity_change import RETRAINED
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Label

_ROW_PIXELS = 30
_TITLE_LETTERS = 18
_LEGEND_ROW, _LEGEND_NAMES = 20, 3  # pixels; names beside each other in a narrow column
_GAP = 0.06  # between panels, of the width
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


def attention_figure(
    shares: dict[str, pd.DataFrame], places: dict[int, str], modalities: list[str]
) -> go.Figure:
    """Attention on every utterance of a window, stacked by modality, one panel a variant.

    Args:
        shares: title of the panel → `mmmie.analysis.context_use.attention_shares`; the windows
            may differ, then what one of them lacks gets nothing there.
        places: offset to the target → name of every utterance, in order of time.
        modalities: in the order of the model.
    """
    names = list(places.values())
    matrices = [
        table.pivot(index="offset", columns="modality", values="share").reindex(
            index=list(places), columns=modalities, fill_value=0
        )
        for table in shares.values()
    ]
    most = max((float(matrix.sum(axis=1).max()) for matrix in matrices), default=0) * 1.05 or 1
    height = 110 + _ROW_PIXELS * len(names)
    width = (1 - _GAP * (len(shares) - 1)) / len(shares)
    bars, axes, titles = [], {}, []
    for column, (title, matrix) in enumerate(zip(shares, matrices, strict=True)):
        start, axis = column * (width + _GAP), "x" if column == 0 else f"x{column + 1}"
        bars += [
            {
                "type": "bar", "orientation": "h", "x": matrix[modality].tolist(), "y": names,
                "xaxis": axis, "yaxis": "y", "name": figure_text(modality), "legendgroup": modality,
                "showlegend": column == 0,
                "marker": {"color": modality_colour(modality, modalities)},
                "hovertemplate": f"%{{y}}<br>{figure_text(modality)} %{{x:.1%}}<extra></extra>",
            }
            for modality in modalities
        ]  # fmt: skip
        axes[axis.replace("x", "xaxis")] = {
            "domain": [start, start + width], "anchor": "y", "range": [0, most], "nticks": 4,
            "tickformat": ".0%", "zeroline": False, "automargin": True,
            "title": {"text": "share of attention" if column == (len(shares) - 1) // 2 else ""},
        }  # fmt: skip
        titles.append(
            {
                "text": title, "x": start + width / 2, "y": 1, "xref": "paper", "yref": "paper",
                "xanchor": "center", "yanchor": "bottom", "yshift": 2, "showarrow": False,
                "font": {"size": 13},
            }
        )  # fmt: skip
    # In one go: built trace by trace this figure was half of the wait after a click.
    layout = blank(height, barmode="stack").to_dict()["layout"]
    layout.update(axes, annotations=titles)
    layout["yaxis"] = {
        "categoryorder": "array", "categoryarray": names[::-1], "showgrid": False,
        "type": "category", "zeroline": False, "automargin": True, "anchor": "x",
    }  # fmt: skip
    layout["legend"].update(y=1 + 46 / (height - 110), traceorder="normal")
    layout["margin"]["t"] = 64
    return go.Figure({"data": bars, "layout": layout})


def prediction_figure(
    predictions: dict[str, float], truth: float, label: Label, limits: tuple[float, float]
) -> go.Figure:
    """The prediction of one utterance under every variant (filled) against the truth (hollow).

    Args:
        predictions: what it is called → the prediction, as trained first.
        truth: the label.
        label: what is predicted.
        limits: of the label.
    """
    names, values = list(predictions), list(predictions.values())
    figure = blank(104 + _ROW_PIXELS * len(names))
    xs = [x for value in values for x in (truth, value, None)]
    ys = [y for name in names for y in (name, name, None)]
    figure.add_scatter(
        x=xs, y=ys, mode="lines", line={"color": NEUTRAL, "width": 1.5}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=[truth] * len(names), y=names, mode="markers", name="truth",
        hovertemplate=f"truth {three_digits(truth)}<extra></extra>",
        marker={"symbol": "circle-open", "size": 12, "color": NEUTRAL, "line": {"width": 2}},
    )  # fmt: skip
    figure.add_scatter(
        x=values, y=names, mode="markers", name="prediction",
        hovertemplate="%{y}: %{x:.3g}<extra></extra>",
        marker={
            "size": 12, "color": values, "colorscale": SENTIMENT_SCALE, "cmin": limits[0],
            "cmax": limits[1], "line": {"width": 1, "color": NEUTRAL},
        },
    )  # fmt: skip
    # What it says as trained, carried down so that a shift is seen at once.
    figure.add_vline(values[0], line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    margin = 0.05 * (limits[1] - limits[0])
    figure.update_xaxes(
        range=[min(limits[0], *values) - margin, max(limits[1], *values) + margin],
        title=figure_text(label.name),
    )
    figure.update_yaxes(
        categoryorder="array", categoryarray=names[::-1], showgrid=False, type="category"
    )
    return figure


def class_prediction_figure(
    probabilities: dict[str, np.ndarray], truth: str, classes: list[str]
) -> go.Figure:
    """Class probabilities of one utterance under every variant; the true class is outlined.

    Args:
        probabilities: what the variant is called → (classes,), as trained first.
        truth: the true class.
        classes: their names.
    """
    names, colours = list(probabilities), class_colours(classes)
    legend = _LEGEND_ROW * -(-len(classes) // _LEGEND_NAMES)
    figure = blank(84 + legend + _ROW_PIXELS * len(names), barmode="stack")
    figure.update_layout(margin={"t": 16 + legend})
    for i, name in enumerate(classes):
        shown = figure_text(name) + (" (truth)" if name == truth else "")
        figure.add_bar(
            x=[float(p[i]) for p in probabilities.values()], y=names, orientation="h", name=shown,
            marker={
                "color": colours[name],
                "line": {"color": NEUTRAL, "width": 2.5 if name == truth else 0},
            },
            hovertemplate=f"%{{y}}<br>{figure_text(name)} %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1], title="probability")
    figure.update_layout(legend={"traceorder": "normal"})  # as the bars stand
    figure.update_yaxes(
        categoryorder="array", categoryarray=names[::-1], showgrid=False, type="category"
    )
    return figure


def effect_figure(
    changes: pd.DataFrame, panels: dict[str, str], variants: dict[str, str], x_title: str
) -> go.Figure:
    """The error under every variant, one panel a slice; a thin line is the model as trained.

    Args:
        changes: from `mmmie.analysis.identity_change.identity_changes`.
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
