"""Dot plots: a value with its interval on every row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.views.rows import Rows
from app.views.style import ACCENT, NEUTRAL
from app.views.words import interval_text


def dots_svg(
    rows: pd.DataFrame,
    title: str,
    alt: str,
    *,
    highlight: str | None = None,
    reference: float | None = None,
    reference_name: str = "",
    share: bool = False,
    from_zero: bool = False,
) -> str:
    """One row a `label`, the first on top.

    Args:
        rows: `label`, `value` and, where known, `low`, `high`, `n`.
        title: of the axis, with its unit.
        alt: one sentence for those who cannot see it.
        highlight: the label of the row that the page is about.
        reference: a value to compare with, drawn as a thin line.
        reference_name: what the line is.
        share: whether values are shares, written as percentages.
        from_zero: whether the axis begins there.
    """
    compared = reference is not None and bool(np.isfinite(reference))
    low, high = _column(rows, "low"), _column(rows, "high")
    ends = np.concatenate([rows["value"].to_numpy(float), low, high, [reference] * compared])
    first, last = (np.nanmin(ends), np.nanmax(ends)) if len(rows) else (0.0, 1.0)
    limits = (0.0 if from_zero else float(first), float(last))
    drawn = Rows(len(rows), limits, alt, headed=compared)
    drawn.axis(title, share=share)
    if compared and reference is not None:
        drawn.line(reference, reference_name)
    for i, (row, lo, hi) in enumerate(zip(rows.to_dict("records"), low, high, strict=True)):
        own = row["label"] == highlight
        colour = ACCENT if own else NEUTRAL
        said = interval_text(row["value"], lo, hi, share=share)
        down = drawn.row(i, row["label"], said, strong=own)
        if np.isfinite(lo) and np.isfinite(hi):
            drawn.bar(down, lo, hi, colour)
        more = f"\n{row['n']:,} utterances" if "n" in row else ""
        drawn.dot(down, row["value"], colour, f"{row['label']}\n{said}{more}")
    return drawn.write()


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(float) if name in rows else np.full(len(rows), np.nan)
