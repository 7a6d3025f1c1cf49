"""How each modality carries over from train to valid, and what training made of it."""

from __future__ import annotations

import pandas as pd

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.layout import wide_columns
from app.parts.names import capital, plain
from app.parts.rows import Rows
from app.parts.style import modality_colour

_LEAKS = 0.5  # of the R² on train: below it, a modality is said to tell far less on valid
_EXPLANATION = (
    "A hollow dot is the R² on the train split, where the readout was fitted. The filled dot is "
    "the R² on valid. Far apart, the features fit labels they have seen and say little elsewhere: "
    "some public features were themselves trained with the labels of the train split. Such a "
    "modality is hidden from most training targets, so that the model does not rely on it."
)


def draw_carryover(carryover: dict[str, dict[str, float]]) -> None:
    """The figure beside a sentence per modality; nothing where nothing was measured."""
    if not carryover:
        return
    table = carryover_frame(carryover)
    say.finding("How does each modality carry over from train to valid?")
    picture, words = wide_columns(2, key="carrying-over", gap="large")
    with picture:
        drawn_figure(
            carryover_svg(table, "R² of a linear readout per modality, on train and on valid."),
            key="carryover",
            caption="Ridge readout of the label from each modality's mean features, before "
            "training. The dropout follows from it unless it was set.",
            explanation=_EXPLANATION,
            data=table,
        )
    with words:
        for row in table.to_dict("records"):
            say.words("- " + carryover_sentence(**row))


def carryover_frame(carryover: dict[str, dict[str, float]]) -> pd.DataFrame:
    """One row per `modality`: R² of a linear readout on `train` and `valid`, and its `dropout`."""
    return pd.DataFrame(
        [{"modality": name, **values} for name, values in carryover.items()],
        columns=["modality", "train", "valid", "dropout"],
    )


def carryover_sentence(modality: str, train: float, valid: float, dropout: float) -> str:
    """``Vision fits train (R² 0.28) but says nothing on valid (−0.03). It is hidden from …``."""
    fits, then = "fits", "and valid about as well"
    if train <= 0.01:
        fits, then = "says nothing on", "and as little on valid"
    elif valid <= 0.01:
        then = "but says nothing on valid"
    elif valid < _LEAKS * train:
        then = "but says far less on valid"
    return (
        f"{capital(plain(modality))} {fits} train (R² {_signed(train)}) {then} ({_signed(valid)}). "
        f"It is hidden from {dropout:.0%} of training targets."
    )


def carryover_svg(frame: pd.DataFrame, alt: str) -> str:
    """A hollow dot for train joined to a filled one for valid, one row per modality."""
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
