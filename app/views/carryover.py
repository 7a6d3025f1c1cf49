"""How each modality carries over from train to valid, and what training made of it."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.views.names import figure_text
from app.views.style import NEUTRAL, blank, modality_colour, name_rows

_LEAKS = 0.5


def carryover_frame(carryover: dict[str, dict[str, float]]) -> pd.DataFrame:
    """One row a `modality`: R² of a linear readout on `train` and `valid`, and its `dropout`."""
    return pd.DataFrame(
        [{"modality": name, **values} for name, values in carryover.items()],
        columns=["modality", "train", "valid", "dropout"],
    )


def carryover_sentence(name: str, train: float, valid: float, dropout: float) -> str:
    """``vision fits train (R² 0.28) and says nothing on valid (−0.03): hidden from 90 % …``."""
    hidden = f"hidden from {dropout:.0%} of training targets"
    both = f"(R² {_signed(train)}), {{}} ({_signed(valid)})"
    if train <= 0.01:
        return f"{name} says nothing on train {both.format('and as little on valid')}: {hidden}."
    if valid <= 0.01:
        return f"{name} fits train {both.format('and says nothing on valid')}: {hidden}."
    if valid < _LEAKS * train:
        return f"{name} fits train {both.format('and says far less on valid')}: {hidden}."
    return f"{name} fits train {both.format('and valid about as well')}: {hidden}."


def carryover_plot(frame: pd.DataFrame) -> go.Figure:
    """A hollow dot for train joined to a filled one for valid, one row a modality."""
    modalities = list(frame["modality"])
    names = [figure_text(name) for name in modalities]
    figure = blank(height=110 + 34 * len(names))
    for name, row in zip(names, frame.to_dict("records"), strict=True):
        colour = modality_colour(str(row["modality"]), modalities)
        hover = (
            f"<b>{name}</b><br>R² on train {row['train']:.2f}, "
            f"on valid {row['valid']:.2f}"
            f"<br>hidden from {row['dropout']:.0%} of training targets"
        )
        figure.add_scatter(
            x=[row["train"], row["valid"]],
            y=[name] * 2,
            mode="lines+markers",
            line={"color": colour, "width": 1.5},
            marker={
                "color": colour,
                "size": 11,
                "symbol": ["circle-open", "circle"],
                "line": {"width": 2, "color": colour},
            },
            text=[hover] * 2,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    for symbol, split in (("circle-open", "train"), ("circle", "valid")):
        marker = {"color": NEUTRAL, "size": 10, "symbol": symbol, "line": {"width": 2}}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=split)
    values = frame[["train", "valid"]].to_numpy(float)
    low, high = min(0.0, values.min()), values.max()
    pad = 0.05 * max(high - low, 0.1)
    figure.update_xaxes(title="R² of a linear readout of the label", range=[low - pad, high + pad])
    name_rows(figure, names)
    return figure


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # no minus before a zero
