"""What the figures of conversations share: the limits of labels, and what a turn says."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from app.parts.names import figure_text, text_of
from mmmie.corpus import Label


def label_limits(label: Label, *values: np.ndarray) -> tuple[float, float]:
    """The limits of every label axis of a corpus: its range, else what the values span.

    Classes are shown by their probability, so theirs are 0 and 1.
    """
    if label.classes is not None:
        return 0.0, 1.0
    if label.range is not None:
        return label.range
    low = min(float(np.min(v)) for v in values)
    high = max(float(np.max(v)) for v in values)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def said_lines(turns: pd.DataFrame) -> list[list[str]]:
    """What a turn says when the pointer is on it: who speaks, then the words in short lines."""
    return [
        [
            text_of(turn.get("speaker")) or "unknown speaker",
            *textwrap.wrap(text_of(turn.get("transcript")), 60)[:6],
        ]
        for turn in turns.to_dict("records")
    ]


def hover_text(turns: pd.DataFrame) -> list[str]:
    """`said_lines` as Plotly takes them, escaped."""
    return [
        "<br>".join([f"<b>{figure_text(who)}</b>", *map(figure_text, words)])
        for who, *words in said_lines(turns)
    ]
