"""How each modality carries over from train to valid, and what training made of it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.layout import wide_columns
from app.parts.names import capital, plain
from app.parts.numbers import listed
from app.parts.rows import Rows
from app.parts.style import modality_colour
from mmmie.mi.thresholds import SURE
from mmmie.mi.verdict import decide_within
from mmmie.training.checkpoint_files import CheckpointInfo

_LEAKS = 0.5  # of the R² on train: shown to be below it, a modality tells far less on valid
_HARDLY_SEEN = 0.9  # of training targets, from which on a modality hidden from them hardly counts
_EXPLANATION = (
    "A hollow dot is the R² on the train split, where the readout was fitted. The filled dot is "
    "the R² on valid. Far apart, the features fit labels they have seen and say little elsewhere: "
    "some public features were themselves trained with the labels of the train split. Such a "
    "modality is hidden from most training targets, so that the model does not rely on it. After ± "
    "are two standard errors over conversations; on train, only what exceeds the fit of "
    "meaningless features counts."
)


def draw_carryover(info: CheckpointInfo) -> None:
    """The figure beside a sentence per modality; nothing where nothing was measured."""
    if not info.carryover:
        return
    table = carryover_frame(info.carryover)
    chosen = info.config.training.modality_dropout == "auto"
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
            said = carryover_sentence(row), dropout_sentence(row, chosen=chosen)
            say.words("- " + " ".join(said))


def carryover_frame(carryover: dict[str, dict[str, float]]) -> pd.DataFrame:
    """One row per `modality`: R² of a linear readout on `train` and `valid`, and its `dropout`.

    With the standard errors `train_std` and `valid_std` and the R² on train that is expected by
    `chance`; NaN where an older checkpoint has none.
    """
    return pd.DataFrame(
        [{"modality": name, **values} for name, values in carryover.items()],
        columns=["modality", "train", "train_std", "chance", "valid", "valid_std", "dropout"],
    )


def nearly_alone(carryover: dict[str, dict[str, float]]) -> str:
    """The sentence that training hardly saw any modality but one; empty where it saw more."""
    seen = [name for name, held in carryover.items() if held["dropout"] < _HARDLY_SEEN]
    hidden = [plain(name) for name in carryover if name not in seen]
    if len(seen) != 1 or not hidden:
        return ""
    shares = [f"{held['dropout']:.0%}" for name, held in carryover.items() if name not in seen]
    were = "was" if len(hidden) == 1 else "were"
    return (
        f"**This model is nearly {plain(seen[0])} only**: {listed(hidden)} {were} hidden from "
        f"{listed(list(dict.fromkeys(shares)))} of its training targets."
    )


def carryover_sentence(row: Mapping[Hashable, Any]) -> str:
    """What the readout shows of a modality on train and on valid, or that it is not known.

    Args:
        row: of `carryover_frame`.
    """
    own, chance = plain(str(row["modality"])), row["chance"]
    name = capital(own)
    numbers = [f"R² {_with_error(row[s], row[f'{s}_std'])} on {s}" for s in ("train", "valid")]
    both = f"({numbers[0]}, {numbers[1]})"
    fitted = decide_within(row["train"] - chance, row["train_std"])
    found = decide_within(row["valid"], row["valid_std"])
    if "not known" in (fitted.verdict, found.verdict):
        return f"Whether {own} carries over is not known {both}."
    if not fitted.above and not found.above:
        return f"{name} tells too little to know whether it carries over {both}."
    error = math.hypot(_LEAKS * row["train_std"], row["valid_std"])
    if fitted.above and decide_within(_LEAKS * fitted.value - row["valid"], error).above:
        less = "far less" if found.above else "nothing that is shown"
        return f"{name} fits train but says {less} on valid {both}."
    if found.above:
        return f"{name} also tells the label on valid {both}."
    return f"{name} fits train; whether it carries over is not known {both}."


def dropout_sentence(row: Mapping[Hashable, Any], *, chosen: bool) -> str:
    """How often a modality was hidden in training, and why.

    Args:
        row: of `carryover_frame`.
        chosen: whether the readout chose it, not a setting.
    """
    did = f"It was hidden from {row['dropout']:.0%} of training targets"
    if not chosen:
        return f"{did}, as was set."
    if row["train"] <= 0 or row["valid"] <= 0:
        return f"{did}, as the readout had nothing on valid to go by."
    return f"{did}, since the R² on valid is {row['valid'] / row['train']:.0%} of that on train."


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
            f"{name}\nR² on train {_with_error(row['train'], row['train_std'])}, on valid "
            f"{_with_error(row['valid'], row['valid_std'])}\n"
            f"hidden from {row['dropout']:.0%} of training targets"
        )
        down = drawn.row(i, name, both)
        drawn.bar(down, row["train"], row["valid"], colour)
        drawn.dot(down, row["train"], colour, said, hollow=True)
        drawn.dot(down, row["valid"], colour, said)
    return drawn.write()


def _with_error(value: float, std: float) -> str:
    error = SURE * std
    return _signed(value) if math.isnan(error) else f"{_signed(value)} ± {error:.2f}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # no minus before a zero
