"""What things are called on the screen, and how numbers are written."""

from __future__ import annotations

import numpy as np

from app.parts.names import capital, plain
from app.parts.style import three_digits
from mmmie.analysis.errors.resampling import Interval
from mmmie.metrics import METRICS, MetricFacts

CODES_IN_A_LINE = (
    "Each modality has a shared code (z, invariant) for what all modalities have in common, and an "
    "own code (s, specific) for what only it knows."
)
BOUNDS_IN_A_LINE = (
    "Mutual information is how much one thing tells about another. It cannot be computed here, "
    "only bounded. Its unit is the nat: 1 nat is 1.44 bits, 0 nats is nothing."
)


class Metric(MetricFacts):
    """A metric as the reader sees it."""

    def text(self, value: float | None) -> str:
        """A value of it; a dash where it is not defined."""
        if value is None or not np.isfinite(value):
            return "–"
        return f"{value:.1%}" if self.share else three_digits(value)


def metric(name: str) -> Metric:
    """A metric by its key, also one that this package does not know."""
    return Metric(**vars(METRICS.get(name) or MetricFacts(name.replace("_", " "), "")))


def interval_text(value: float, low: float, high: float, *, share: bool = False) -> str:
    """``0.312 [0.29, 0.334]``; without the brackets where there is no interval."""
    ends = ends_text(Interval(value, low, high), share=share)
    said = f"{value:.1%}" if share else three_digits(value)
    return f"{said} {ends}" if ends else said


def ends_text(found: Interval, *, share: bool = False) -> str:
    """``[0.29, 0.334]``; empty where there is no interval."""
    if not (np.isfinite(found.low) and np.isfinite(found.high)):
        return ""
    low, high = (f"{v:.1%}" if share else three_digits(v) for v in (found.low, found.high))
    return f"[{low}, {high}]"


def difference_text(value: float, low: float, high: float, *, share: bool) -> str:
    """A difference with its interval; shares differ by percentage points.

    Example:
        >>> difference_text(-0.012, -0.02, -0.004, share=True)
        '−1.2 [−2, −0.4] points'
    """
    factor, unit = (100, " points") if share else (1, "")
    said = interval_text(factor * value, factor * low, factor * high)
    return said.replace("-", "−") + unit


def listed(names: list[str]) -> str:
    """``text, audio and vision``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def never_predicted_words(classes: list[str]) -> str:
    """That a model never predicts some classes, in Markdown.

    Example:
        >>> never_predicted_words(["fear", "disgust"])
        'Fear and disgust are never predicted'
    """
    named = capital(listed([plain(name) for name in classes]))
    return f"{named} {'is' if len(classes) == 1 else 'are'} never predicted"


def duration_words(seconds: float) -> str:
    """A duration to read, ``2 min 5 s`` say."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 and seconds != whole else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
