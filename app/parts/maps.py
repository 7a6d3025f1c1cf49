"""Maps with every point of them, on which the reader chooses utterances; over epochs they move."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.export.record import Maps, add
from app.parts.colouring import Colouring
from app.parts.names import beginning
from app.parts.style import NEUTRAL, short_number
from app.parts.svg import ticks

_HERE = Path(__file__).parent
CSS = (_HERE / "maps.css").read_text("utf-8")
_SCRIPTS = ("map_points.js", "map_epochs.js", "map_lines.js", "maps.js")
JS = "".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)

_render = st.components.v2.component(
    "mmmie_maps",
    html='<div class="mmmie-maps"></div>',
    css=CSS,
    js=JS,
    isolate_styles=False,  # so that the pictures of the page can be found and exported
)


def point_maps(message: bytes, *, key: str, choose: Callable[[list[str]], None]) -> None:
    """Draw maps; a new message under the same key changes them in their place.

    Args:
        message: of `app.parts.maps.maps_message`.
        choose: called with the ids that the reader chose by a click, a box or a lasso.
    """

    def take() -> None:
        ids = st.session_state[key]["chosen"]
        if ids:
            choose([str(i) for i in ids])

    add(Maps(key, message))
    _render(key=key, data=message, on_chosen_change=take)


MAP_HEIGHT = 236
_PAD = 0.06
_MOST_TICKS = 7
_STEPS = 65_535  # of a place on a map: two bytes
_LEVELS = 255  # of a colour scale; the last byte says that there is no value
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Axes:
    """Axes of a map whose two directions are the same quantity, with a line where both are equal.

    Attributes:
        across: title.
        up: title.
        ticks: places as shares of the map, and what is written there.
    """

    across: str
    up: str
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Panel:
    """One map.

    Attributes:
        name: what is on it, ``z text`` say.
        quality: how far to believe it.
        hue: of its modality.
        points: its key in `Places.buffers`.
        projection: maps of the same one are moved and zoomed together.
        ring: marks are rings, as those of specific codes, or filled.
        others: hue, name and key of the points of the same utterances in the other modalities,
            where they lie in the same projection.
        together: these stand in front too, each in its hue, whatever colours the other maps.
        triangles: in place of all points those of the joined utterances stand out, each joined to
            itself in all modalities.
        told: what is said of each epoch, beside the quality.
        before: the key of points from which lines lead to where utterances are now.
        axes: None where directions have no unit.
    """

    name: str
    quality: str
    hue: str
    points: str
    projection: str = ""
    ring: bool = False
    others: tuple[tuple[str, str, str], ...] = ()
    together: bool = False
    triangles: bool = False
    told: tuple[str, ...] = ()
    before: str = ""
    axes: Axes | None = None


@dataclass(frozen=True)
class Places:
    """Where n utterances are on some maps, ready to be sent.

    Attributes:
        panels: row by row.
        columns: of panels.
        dimensions: 2 or 3.
        buffers: name → uint16 (n · dimensions) in steps of the map's range, as bytes; of all
            epochs one after another, where there are some.
        hues: name → hue of the modalities, for the key.
        epochs: that a slider goes through.
        square: both directions of a flat map have one scale.
    """

    panels: tuple[Panel, ...]
    columns: int
    dimensions: int
    buffers: dict[str, bytes] = field(repr=False)
    hues: dict[str, str] = field(default_factory=dict)
    epochs: tuple[int, ...] = ()
    square: bool = False


@dataclass(frozen=True)
class Marks:
    """Which of n utterances stand out, and how all are coloured.

    Attributes:
        selected: rows that are selected.
        primary: the row that is looked at; None if it is not among them.
        pinned: the row that stands beside it, or None.
        within: (n,) mask of the slice; the others are faded.
        joined: rows that lines join to themselves in the other modalities.
        by: the column that colours, or ``modality``.
        colours: of all n utterances; None where every map has its hue.
        traced: rows with a line from where they were before; None for all.
    """

    selected: Sequence[int]
    primary: int | None
    pinned: int | None
    within: np.ndarray
    joined: Sequence[int]
    by: str
    colours: Colouring | None
    traced: Sequence[int] | None = None


def steps(points: np.ndarray) -> np.ndarray:
    """Points (…, k) as whole steps of the range that the map shows, with room at the rim.

    On a flat map either axis fills it; in space all have one scale, so that turning it bends
    nothing.
    """
    flat = points.reshape(-1, points.shape[-1])
    low, high = flat.min(0), flat.max(0)
    if points.shape[-1] > 2:
        centre, half = (low + high) / 2, (high - low).max() / 2
        low, high = centre - half, centre + half
    pad = np.maximum((high - low) * _PAD, 1e-6)
    return steps_between(points, low - pad, high + pad)


def steps_between(
    points: np.ndarray, low: np.ndarray | float, high: np.ndarray | float
) -> np.ndarray:
    """Points (…, k) as whole steps of a range; what lies outside stands at its rim."""
    share = np.clip((points - low) / (high - low), 0, 1)
    return np.round(share * _STEPS).astype("<u2")


def plane(first: np.ndarray, second: np.ndarray, panel: Panel, low: float, high: float) -> Places:
    """One map of a quantity (n,) across against another (n,) upwards, both from `low` to `high`."""
    pad = _PAD * (high - low)
    placed = steps_between(np.column_stack([first, second]), low - pad, high + pad)
    return Places((panel,), 1, 2, {panel.points: placed.tobytes()})


def plane_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Ticks of `plane` at round numbers."""
    pad = _PAD * (high - low)
    return tuple(
        ((at - low + pad) / (high - low + 2 * pad), short_number(at))
        for at in ticks(low, high, _MOST_TICKS)
    )


def utterance_words(frame: pd.DataFrame, told: pd.Series | None = None) -> bytes:
    """What a map says of each utterance when it is pointed at: one line each, in fields.

    The fields are id, speaker, the beginning of the transcript, and what is `told`: label and
    prediction, if nothing else.
    """
    empty = pd.Series("", index=frame.index)
    speakers = frame["speaker"].map(_text) if "speaker" in frame else empty
    said = frame["transcript"].map(_said) if "transcript" in frame else empty
    if told is None:
        told = (
            "label " + frame["label"].map(value_words)
            + ", predicted " + frame["prediction"].map(value_words)
        )  # fmt: skip
    fields = (frame["id"].map(_text), speakers, said, told)
    return "\n".join(map(_SEPARATOR.join, zip(*fields, strict=True))).encode()


def maps_message(
    places: Places, words: bytes, marks: Marks, *, key: bool, height: int = MAP_HEIGHT
) -> bytes:
    """Everything that the browser draws: the length of a JSON head, the head, and buffers.

    Args:
        words: of `utterance_words`.
        height: of one map, pixels.
    """
    buffers = {**places.buffers, "words": words}
    if not marks.within.all():
        buffers["within"] = marks.within.astype(np.uint8).tobytes()
    head: dict[str, Any] = {
        "dimensions": places.dimensions,
        "columns": places.columns,
        "height": height,
        "panels": [
            {
                **asdict(panel),
                "projection": panel.projection or panel.name,
                "others": [{"hue": h, "name": n, "points": b} for h, n, b in panel.others],
            }
            for panel in places.panels
        ],
        "hues": list(places.hues.items()),
        "epochs": places.epochs,
        "square": places.square,
        "selected": [int(i) for i in marks.selected],
        "primary": marks.primary,
        "pinned": marks.pinned,
        "joined": [int(i) for i in marks.joined],
        "traced": None if marks.traced is None else [int(i) for i in marks.traced],
        "key": key,
    }
    colours = marks.colours
    if colours is not None:
        index, head["colours"] = _colours(colours, marks.by)
        buffers["colours"] = index.tobytes()
        if colours.scale is not None:
            buffers["values"] = colours.values.astype("<f4").tobytes()
    head["buffers"], at = {}, 0
    for name, held in buffers.items():
        head["buffers"][name] = [at, len(held)]
        at += len(held)
    text = json.dumps(head).encode()
    return b"".join([struct.pack("<I", len(text)), text, *buffers.values()])


def _colours(colours: Colouring, by: str) -> tuple[np.ndarray, dict[str, Any]]:
    """A byte for each utterance, and what the bytes mean."""
    said: dict[str, Any] = {"by": by.replace("_", " "), "none": NEUTRAL}
    if colours.scale is None:
        place = {colour: i for i, colour in enumerate(colours.legend.values())}
        index = np.array([place.get(c, _LEVELS) for c in colours.values], np.uint8)
        return index, {**said, "legend": list(colours.legend.items())}
    low, high = colours.scale["cmin"], colours.scale["cmax"]
    share = np.clip((colours.values - low) / (high - low), 0, 1)
    known = ~np.isnan(share)
    index = np.full(len(share), _LEVELS, np.uint8)
    index[known] = np.round(share[known] * (_LEVELS - 1)).astype(np.uint8)
    stops = [[float(at), colour] for at, colour in colours.scale["colorscale"]]
    return index, {**said, "scale": {"low": low, "high": high, "stops": stops}}


def _text(value: object) -> str:
    """A cell as one line; what parts the fields and lines of a message cannot be in it."""
    return "" if pd.isna(value) else " ".join(str(value).replace(_SEPARATOR, " ").split())


def _said(value: object) -> str:
    return beginning(_text(value) if isinstance(value, str) else "")


def value_words(value: object) -> str:
    """A label or a prediction, as maps tell it."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.2f}".replace("-", "−")
    return _text(value)
