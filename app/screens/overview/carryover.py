"""How each modality carries over from train to valid, and what training made of it."""

from __future__ import annotations

import pandas as pd

from app.parts.rows import Rows
from app.parts.style import modality_colour

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


def carryover_svg(frame: pd.DataFrame, alt: str) -> str:
    """A hollow dot for train joined to a filled one for valid, one row a modality."""
    modalities = list(frame["modality"])
    values = frame[["train", "valid"]].to_numpy(float)
    limits = min(0.0, float(values.min())), float(values.max())
    drawn = Rows(len(frame), limits, alt, headed=True)
    drawn.axis("R² of a linear readout of the label")
    drawn.key("train", "valid")
    for i, row in enumerate(frame.to_dict("records")):
        name = str(row["modality"])
        colour = modality_colour(name, modalities)
        both = f"{_signed(row['train'])}, {_signed(row['valid'])}"
        said = (
            f"{name}\nR² on train {_signed(row['train'])}, on valid {_signed(row['valid'])}\n"
            f"hidden from {row['dropout']:.0%} of training targets"
        )
        down = drawn.row(i, name, both)
        drawn.bar(down, row["train"], row["valid"], colour)
        drawn.dot(down, row["train"], colour, said, hollow=True)
        drawn.dot(down, row["valid"], colour, said)
    return drawn.write()


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # no minus before a zero
