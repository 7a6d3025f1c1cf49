"""What the contributions to a prediction say: numbers with their sign, names and titles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.views.names import beginning, capital, channel_words, plain, text_of
from app.views.style import three_digits
from mmmie.analysis.channel_steps import UNNAMED

if TYPE_CHECKING:
    from mmmie.analysis.contributions import Contributions

_HARDLY = 0.01  # of the scale: a step that cannot be seen
_LETTERS = 24


def signed(value: float, span: float) -> str:
    """A contribution with its sign, as fine as a scale of that length needs.

    Example:
        >>> signed(3.598, span=6), signed(-0.0004, span=6), signed(-12.3, span=100)
        ('+3.60', '0', '−12')
    """
    digits = min(max(2 - math.floor(math.log10(span)), 0), 6) if span > 0 else 2
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else "0"


def number(value: float) -> str:
    """A value with three digits and a minus that lines up with `signed`."""
    return three_digits(value).replace("-", "−")


def offset_text(offset: int) -> str:
    """``−2`` or ``+1``."""
    return f"{offset:+d}".replace("-", "−")


def turn_name(turn: Mapping[str, Any]) -> str:
    """What a row of `Contributions.turns` is called on an axis."""
    if turn["count"] > 1:
        return f"{turn['count']} farther turns"
    who, short = text_of(turn["speaker"]), beginning(turn["transcript"], _LETTERS)
    name = " ".join(part for part in (offset_text(turn["offset"]), who) if part)
    return f"{name}: {short}" if short else name


def modalities_title(found: Contributions, span: float) -> str:
    """Which modality moves the prediction most."""
    if len(found.modalities) == 1:
        name, value = found.modalities.iloc[0]
        return f"All it reads is {plain(name)}: {signed(value, span)}"
    table = found.modalities
    top = table.iloc[table["value"].abs().argmax()]
    if abs(top["value"]) < _HARDLY * span:
        return "No modality moves it far from the mean"
    return f"{capital(plain(top['modality']))} moves it most, by {signed(top['value'], span)}"


def turns_title(found: Contributions, span: float) -> str:
    """Which neighbour moves the prediction most, and from where to where all of them do."""
    turns = found.turns
    if turns.empty:
        return "It has no neighbours to read"
    path = f"{number(found.alone)} alone, {number(found.prediction)} with them"
    top = turns.iloc[turns["value"].abs().argmax()]
    if abs(top["value"]) < _HARDLY * span:
        return f"Its neighbours hardly move it: {path}"
    if top["count"] > 1:
        return f"The farther turns move it most, by {signed(top['value'], span)}: {path}"
    who = text_of(top["speaker"])
    said = f"Turn {offset_text(int(top['offset']))}{f' of {plain(who)}' if who else ''}"
    return f"{said} moves it most, by {signed(top['value'], span)}: {path}"


def split_title(summary: pd.DataFrame, split: str) -> str:
    """Whether one modality moves the predictions of a split more than all others, surely.

    Args:
        summary: from `mmmie.analysis.contributions.modality_summary`.
        split: its name.
    """
    ordered = summary.sort_values("value", ascending=False).reset_index(drop=True)
    top = ordered.iloc[0]
    if len(ordered) == 1 or top["low"] > ordered["high"].iloc[1:].max():
        return (
            f"Over the {split} split {plain(top['modality'])} moves predictions most: by "
            f"{three_digits(top['value'])} on average"
        )
    return f"Over the {split} split no modality clearly moves predictions most"


def channels_title(
    table: pd.DataFrame, modality: str, span: float, words: list[str] | None = None
) -> str:
    """Which named channel, or which word, of a modality moves the prediction most.

    Args:
        table: from `mmmie.analysis.channel_steps`.
        modality: its name.
        span: of the scale of the prediction.
        words: one a step, where the steps are words.
    """
    totals = table.sum(axis=1) if words else table.sum()
    top = int(totals.abs().argmax())
    value = float(totals.iloc[top])
    if abs(value) < _HARDLY * span:
        return f"No {'word' if words else f'channel of {plain(modality)}'} moves it much"
    if words:
        return f"The word “{plain(words[top])}” moves it most, by {signed(value, span)}"
    name = str(table.columns[top])
    if name.endswith(UNNAMED):
        return f"The unnamed channels of {plain(modality)} move it most, by {signed(value, span)}"
    channel = plain(channel_words(name)[0])
    return f"Of {plain(modality)}, {channel} moves it most, by {signed(value, span)}"
