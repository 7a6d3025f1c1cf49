"""The shared codes of a run over its training, and of its relative without, or with, the pull."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app import loading, state
from app.parts.maps import Panel, steps_between
from app.parts.numbers import interval_text
from app.parts.style import modality_colour
from mmmie.analysis.codes.pairing import common_plane, pairing
from mmmie.analysis.codes.snapshots import CodeHistory, read_history, snapshot_files
from mmmie.analysis.configurations import maximises
from mmmie.analysis.errors.resampling import Interval, conversation_codes
from mmmie.corpus import Corpus
from mmmie.errors import InputError

_MOST_TRIANGLES = 30
SIDES = {False: "without the pull", True: "with the pull"}
_MOST_POINTS = 500
_RIM, _OUT = 0.05, 0.01


@dataclass(frozen=True)
class Side:
    """The shared codes of one model over E epochs.

    Attributes:
        name: of the checkpoint.
        pulled: whether it was trained with MI maximisation.
        places: modality → (E, n, 2), all on one pair of axes.
        apart: (E,) from `pairing`.
    """

    name: str
    pulled: bool
    places: dict[str, np.ndarray]
    apart: list[Interval | None]


def codes_over_training(view: state.View) -> CodeHistory:
    """The snapshots of the run; without them some of the split's codes, as they are now.

    Raises:
        InputError: no snapshot can be read.
    """
    files = snapshot_files(view.checkpoint.info.folder)
    if files:
        return _read(_stamps(files), list(view.checkpoint.info.modalities))
    outputs = view.outputs
    some = np.linspace(0, len(outputs.rows) - 1, min(len(outputs.rows), _MOST_POINTS)).astype(int)
    codes = {name: held[some][None] for name, held in outputs.spaces.items()}
    return CodeHistory(
        epochs=[],
        ids=[str(i) for i in view.frame["id"].iloc[some]],
        invariant={m: codes[f"invariant.{m}"] for m in outputs.modalities},
        fused=codes["fused"],
        specific={m: codes[f"specific.{m}"] for m in outputs.modalities},
    )


def rows_of(history: CodeHistory, corpus: Corpus) -> np.ndarray | None:
    """The rows (n,) of a corpus that the codes are of; None where they are of another corpus."""
    rows = pd.Index(corpus.utterances["id"]).get_indexer(pd.Index(history.ids))
    return None if (rows < 0).any() else rows


def drawn_at_random(within: np.ndarray) -> list[int]:
    """The rows that are drawn as triangles: always the same of those in a mask (n,)."""
    order = np.random.default_rng(0).permutation(np.flatnonzero(within))
    return [int(row) for row in order[:_MOST_TRIANGLES]]


Stamps = tuple[tuple[str, int], ...]


def _stamps(files: list[Path]) -> Stamps:
    return tuple((str(file), loading.stamp_of(file)) for file in files)


def codes_stamp(view: state.View) -> tuple[object, ...]:
    """What changes when the snapshots of a checkpoint or its codes of the split do."""
    return *view.key, _stamps(snapshot_files(view.checkpoint.info.folder))


# Cached as resources, not copied: nothing changes them.
@st.cache_resource(show_spinner="Reading the snapshots", max_entries=8)
def _read(stamps: Stamps, modalities: list[str]) -> CodeHistory:
    return read_history([Path(file) for file, _ in stamps], modalities)


def pull_sides(view: state.View, history: CodeHistory, rows: np.ndarray) -> list[Side]:
    """The model that is looked at and its closest relative without, or with, the pull."""
    pulled = maximises(view.checkpoint.info.config)
    sides = [_side(codes_stamp(view), view.checkpoint.info.name, pulled, history, view, rows)]
    other = state.relative(view, lambda config: maximises(config) is not pulled)
    if other is None or len(history.invariant) < 2:
        return sides
    try:
        theirs = at_epochs(codes_over_training(replace(view, checkpoint=other)), history)
    except InputError:
        return sides
    if theirs is not None:
        stamp = codes_stamp(replace(view, checkpoint=other)), tuple(history.epochs)
        sides.append(_side(stamp, other.info.name, not pulled, theirs, view, rows))
    return sorted(sides, key=lambda side: side.pulled)


def at_epochs(theirs: CodeHistory, mine: CodeHistory) -> CodeHistory | None:
    """Another run's codes as they were at the epochs of this one; None if of other utterances."""
    if theirs.ids != mine.ids or list(theirs.invariant) != list(mine.invariant):
        return None
    if not (theirs.epochs and mine.epochs):
        return replace(theirs, epochs=mine.epochs) if theirs.epochs == mine.epochs else None
    place = np.searchsorted(theirs.epochs, mine.epochs, side="right") - 1
    place[-1] = len(theirs.epochs) - 1  # the end of one beside the end of the other
    at = np.maximum(place, 0)
    return replace(
        theirs, epochs=mine.epochs, invariant={m: z[at] for m, z in theirs.invariant.items()}
    )


@st.cache_resource(show_spinner="Placing the codes", max_entries=16)
def _side(
    stamp: tuple[object, ...],
    name: str,
    pulled: bool,
    _history: CodeHistory,
    _view: state.View,
    _rows: np.ndarray,
) -> Side:
    groups, codes = conversation_codes(_view.corpus, _rows), _history.invariant
    apart = [
        pairing({m: z[epoch] for m, z in codes.items()}, groups)
        for epoch in range(len(_history.fused))
    ]
    return Side(name, pulled, common_plane(codes, "principal").points, apart)


def pairing_finding(sides: Sequence[Side]) -> str:
    """How near one utterance's shared codes lie after the last epoch, with and without the pull."""
    told = {s.pulled: f"{s.apart[-1].value:.0%}" for s in sides if s.apart[-1] is not None}
    if not told:
        return "With one modality there is nothing to share"
    if len(told) == 1:
        return f"One utterance's codes lie at {told.popitem()[1]} of the distance of strangers"
    return (
        f"With the pull one utterance's codes lie at {told[True]} of the distance of strangers, "
        f"without it at {told[False]}"
    )


def panels_together(
    sides: Sequence[Side],
) -> tuple[list[Panel], dict[str, bytes]]:
    """One map of triangles for each side, and the buffers that they name."""
    panels: list[Panel] = []
    buffers: dict[str, bytes] = {}
    for side in sides:
        which = f", {SIDES[side.pulled]}" if len(sides) > 1 else ""
        told = tuple(map(_apart_words, side.apart))
        panel = Panel(f"What they share{which}", "", "", "", triangles=True, told=told)
        panel, held = together(panel, side.places)
        panels.append(panel)
        buffers |= held
    return panels, buffers


def together(panel: Panel, places: dict[str, np.ndarray]) -> tuple[Panel, dict[str, bytes]]:
    """A map on which all modalities stand in front, each in its hue, and its buffers.

    Args:
        places: modality → (E, n, 2), all on one pair of axes.
    """
    placed = _placed(_filling(np.stack(list(places.values()))))
    hues = {m: modality_colour(m, list(places)) for m in places}
    marks = [(hues[m], m, f"{panel.name} {m}") for m in places]
    (hue, _, first), *others = marks
    buffers = {key: placed[i].tobytes() for i, (_, _, key) in enumerate(marks)}
    return replace(panel, hue=hue, points=first, others=tuple(others), together=True), buffers


def _filling(points: np.ndarray) -> np.ndarray:
    """Points (M, E, n, 2) about the centre of their epoch, in units of its spread."""
    centred = points - points.mean((0, 2), keepdims=True)
    spread = np.sqrt((centred**2).mean((0, 2, 3), keepdims=True))
    filled: np.ndarray = centred / np.maximum(spread, 1e-9)
    return filled


def _placed(points: np.ndarray) -> np.ndarray:
    """Points (M, E, n, 2) as steps of a map that holds all of the last epoch.

    Of the epochs before, the few that lie far out stand at the rim.
    """
    last = points[:, -1].reshape(-1, 2)
    most = np.quantile(points.reshape(-1, 2), [_OUT, 1 - _OUT], axis=0)
    low, high = np.minimum(last.min(0), most[0]), np.maximum(last.max(0), most[1])
    pad = np.maximum(_RIM * (high - low), 1e-6)
    return steps_between(points, low - pad, high + pad)


def _apart_words(found: Interval | None) -> str:
    if found is None:
        return "one modality"
    return f"{interval_text(found.value, found.low, found.high)} of the distance of strangers"
