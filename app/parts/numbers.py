"""What things are called on the screen, and how numbers are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.parts.style import three_digits

CODES_IN_A_LINE = (
    "z is the invariant code of a modality, for what all modalities share; s is its specific code, "
    "for what only it knows."
)
BOUNDS_IN_A_LINE = (
    "Mutual information is how much one thing tells of another; it cannot be computed here, only "
    "bounded. A nat is its unit: 1 nat is 1.44 bits, 0 nats is nothing."
)


@dataclass(frozen=True)
class Metric:
    """A metric as the reader sees it.

    Attributes:
        name: as the field writes it.
        help: one line.
        share: whether it is a share, written as a percentage.
        higher_is_better: which way is better.
    """

    name: str
    help: str
    share: bool = False
    higher_is_better: bool = True

    def text(self, value: float | None) -> str:
        """A value of it; a dash where it is not defined."""
        if value is None or not np.isfinite(value):
            return "–"
        return f"{value:.1%}" if self.share else three_digits(value)


METRICS = {
    "mae": Metric("MAE", "Mean absolute error, in label units.", higher_is_better=False),
    "corr": Metric("Corr", "Pearson correlation of prediction and label."),
    "acc7": Metric("Acc-7", "Share that rounds to the same of seven whole numbers.", True),
    "acc5": Metric("Acc-5", "Share that rounds to the same of five whole numbers.", True),
    "acc2_nonzero": Metric(
        "Acc-2",
        "Share on the right side of neutral, the middle of the range; labels right there left out.",
        True,
    ),
    "f1_nonzero": Metric(
        "F1", "Weighted F1 of the side of neutral, labels exactly there left out."
    ),
    "acc2_nonneg": Metric(
        "Acc-2 (≥ 0)", "Share on the right side of neutral, which counts as above.", True
    ),
    "f1_nonneg": Metric("F1 (≥ 0)", "Weighted F1 of the side of neutral, which counts as above."),
    "accuracy": Metric("Accuracy", "Share of utterances with the right class.", True),
    "f1_weighted": Metric("F1 weighted", "F1 of the classes, weighted by their size."),
    "f1_macro": Metric("F1 macro", "F1 of the classes, every class counting the same."),
}


def metric(name: str) -> Metric:
    """A metric by its key, also one that is not of the house."""
    return METRICS.get(name) or Metric(name.replace("_", " "), "")


def interval_text(value: float, low: float, high: float, *, share: bool = False) -> str:
    """``0.312 [0.29, 0.334]``; without the brackets where there is no interval."""
    write = (lambda v: f"{v:.1%}") if share else three_digits
    if not (np.isfinite(low) and np.isfinite(high)):
        return write(value)
    return f"{write(value)} [{write(low)}, {write(high)}]"


def listed(names: list[str]) -> str:
    """``text, audio and vision``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def duration_words(seconds: float) -> str:
    """A duration to read, ``2 min 5 s`` say."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 and seconds != whole else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
