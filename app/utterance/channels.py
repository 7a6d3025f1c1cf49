"""Named channels of one utterance over time, as small multiples with units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import channel_words, plain
from app.parts.pick_one import pick_one, telling_modality
from app.parts.style import NEUTRAL, modality_colour, short_number, three_digits
from app.parts.svg import Element, add, drawing, hint, per_cent, ticks, write
from app.utterance.face_and_tone import usual
from mmmie.analysis.corpora.channels import readable_channels
from mmmie.corpus import Corpus

STEP_NAMES = {"text": "word"}
"""What a step of a modality is called; ``frame`` for all others."""

_ROW, _TITLE, _PANEL, _FOOT = 92, 18, 56, 34  # pixels
_SPREADS = 3.2
_GAP = 0.04  # of the width, between columns
_SCALE = 0.09  # of the width, for the numbers beside a panel
_WORDS = {"fill": "currentColor", "fill_opacity": "0.75", "font_size": "10"}


def utterance_channels(corpus: Corpus, row: int, name: str, *, key: str) -> bool:
    """Draw the named channels of a row of the corpus, one modality at a time.

    Returns:
        Whether any modality has named channels.
    """
    readable = {m: readable_channels(modality) for m, modality in corpus.modalities.items()}
    shown = [m for m, found in readable.items() if found]
    if not shown:
        return False
    modality = pick_one("Channels of", shown, key=f"{key}-modality", first=telling_modality(shown))
    chosen = readable[modality]
    values = np.asarray(corpus.features[modality].of(row), float)
    names = [(corpus.modalities[modality].channels or ())[i] for i in chosen]
    mean, deviation = (a[chosen] for a in usual(corpus.fingerprint, modality, corpus))
    if corpus.modalities[modality].level == "utterance":
        _values(names, values[chosen], mean, deviation)
        return True
    if not len(values):
        say.caption(f"This utterance has no {plain(modality)}.")
        return True
    step = STEP_NAMES.get(modality, "frame")
    data = pd.DataFrame(values[:, chosen], columns=names)
    data.insert(0, step, np.arange(1, len(data) + 1))
    drawn_figure(
        channels_svg(
            values[:, chosen], names, mean, deviation,
            modality_colour(modality, list(corpus.modalities)), step_name=step,
            alt=f"{modality} channels of the utterance over time",
        ),
        key=f"{key}-{modality}",
        caption=f"{len(values)} {step}s of utterance {plain(name)}.",
        explanation="Each panel is one channel of the features, in its unit. The dotted line is "
        "its average over the corpus. The limits are about three standard deviations around it, "
        "so a curve near an edge is unusual.",
        data=data,
    )  # fmt: skip
    return True


def _values(names: list[str], values: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> None:
    """Channels at utterance level: one number each, and how unusual it is."""
    spreads = (values - mean) / np.where(deviation > 0, deviation, 1)
    rows = [
        (name, f"{three_digits(value)} {unit}".strip(), f"{z:+.1f} SD".replace("-", "−"))
        for (name, unit), value, z in zip(map(channel_words, names), values, spreads, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["channel", "value", "against the corpus"])
    say.grid(table, hide_index=True, width="stretch")


def channels_svg(
    values: np.ndarray,
    names: list[str],
    mean: np.ndarray,
    deviation: np.ndarray,
    colour: str,
    *,
    alt: str,
    columns: int = 2,
    step_name: str = "frame",
) -> str:
    """One small panel per channel; a dotted line is what is usual in the corpus.

    Each panel keeps the limits of the corpus, so that two utterances can be compared.

    Args:
        values: (steps, channels).
        mean: (channels,) over the corpus, as is `deviation`.
    """
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    root = drawing(_ROW * rows + _FOOT, alt)
    wide = (1 - _GAP * (columns - 1)) / columns
    for i, (name, unit) in enumerate(map(channel_words, names)):
        row, column = divmod(i, columns)
        half = max(_SPREADS * float(deviation[i]), 1e-6)
        low = min(mean[i] - half, float(values[:, i].min()))
        high = max(mean[i] + half, float(values[:, i].max()))
        panel = _Panel(column * (wide + _GAP) + _SCALE, wide - _SCALE, _ROW * row + _TITLE)
        title = f"{name} ({unit})" if unit else name
        add(
            root, "text", title, x=per_cent(panel.left + panel.width / 2), y=panel.top - 5,
            text_anchor="middle", fill="currentColor",
        )  # fmt: skip
        _numbers(root, panel, low, high)
        said = [f"{step_name} {j}: {three_digits(v)} {unit}".strip()
                for j, v in enumerate(values[:, i], start=1)]  # fmt: skip
        _curve(root, panel, values[:, i], float(mean[i]), (low, high), colour, said)
        if i + columns >= len(names):  # nothing stands below it
            _steps(root, panel, len(values), step_name)
    return write(root)


@dataclass(frozen=True)
class _Panel:
    """Where a panel stands: left and width as shares of the drawing, top in pixels."""

    left: float
    width: float
    top: float


def _curve(
    root: Element,
    panel: _Panel,
    values: np.ndarray,
    mean: float,
    limits: tuple[float, float],
    colour: str,
    said: list[str],
) -> None:
    """The values over the steps; each step says its value under the pointer."""
    steps, span = len(values), limits[1] - limits[0]
    # Its own units, stretched to whatever room there is: steps across, pixels down.
    inner = add(
        root, "svg", x=per_cent(panel.left), y=panel.top, width=per_cent(panel.width),
        height=_PANEL, viewBox=f"0 0 {steps} {_PANEL}", preserveAspectRatio="none",
    )  # fmt: skip
    down = _PANEL * (limits[1] - values) / span
    usual = _PANEL * (limits[1] - mean) / span
    even = "vector-effect: non-scaling-stroke"
    add(
        inner, "line", x1=0, x2=steps, y1=usual, y2=usual, stroke=NEUTRAL, style=even,
        stroke_dasharray="2 3",
    )  # fmt: skip
    across = np.arange(steps) + 0.5 if steps > 1 else np.array([0.25, 0.75])
    places = zip(across, np.resize(down, len(across)), strict=True)
    add(
        inner, "polyline", points=" ".join(f"{x:.4g},{y:.4g}" for x, y in places), fill="none",
        stroke=colour, stroke_width=1.8, style=even, stroke_linejoin="round",
    )  # fmt: skip
    for j, text in enumerate(said):
        target = add(inner, "rect", x=j, y=0, width=1, height=_PANEL, fill="transparent")
        hint(target, text)


def _numbers(root: Element, panel: _Panel, low: float, high: float) -> None:
    """Round numbers beside a panel, each with its line across it."""
    for place in ticks(low, high, 3):
        y = panel.top + _PANEL * (high - place) / (high - low)
        add(
            root, "text", short_number(place), x=per_cent(panel.left - 0.012), y=y + 3.5,
            text_anchor="end", **_WORDS,
        )  # fmt: skip
        add(
            root, "line", x1=per_cent(panel.left), x2=per_cent(panel.left + panel.width),
            y1=y, y2=y, stroke=NEUTRAL, stroke_opacity=0.25,
        )  # fmt: skip


def _steps(root: Element, panel: _Panel, steps: int, step_name: str) -> None:
    """Numbers of the steps below a panel, and what a step is."""
    below = panel.top + _PANEL
    for place in ticks(1, max(steps, 2), 5):
        if place == int(place) and place <= steps:
            x = per_cent(panel.left + panel.width * (place - 0.5) / steps)
            add(root, "text", f"{place:g}", x=x, y=below + 14, text_anchor="middle", **_WORDS)
    add(
        root, "text", step_name, x=per_cent(panel.left + panel.width / 2), y=below + 28,
        text_anchor="middle", fill="currentColor", font_size="11",
    )  # fmt: skip
