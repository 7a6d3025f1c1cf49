"""A map of the fused codes that can be drawn while a run trains: fitted once, then only read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_DIMENSIONS = 2
_MOST_POINTS = 500
_GROWTH = 1.5


@dataclass(frozen=True)
class MapAxes:
    """The projection of a run: principal axes of the first snapshot, kept for all later ones.

    Attributes:
        ids: the n utterances that are shown.
        rows: (n,) where they are in a snapshot.
        mean: (d,) of the first snapshot.
        axes: (2, d) orthonormal.
    """

    ids: list[str]
    rows: np.ndarray
    mean: np.ndarray
    axes: np.ndarray


def fit_axes(first: Path) -> MapAxes:
    """Principal axes of the fused codes in a snapshot, for at most 500 of its utterances.

    Raises:
        OSError: the file is gone.
        ValueError: it holds no utterances.
    """
    ids, codes = _read_fused(first)
    if not len(codes):
        raise ValueError(f"{first}: holds no utterances")
    rows = np.unique(np.linspace(0, len(codes) - 1, min(len(codes), _MOST_POINTS)).astype(int))
    mean = codes.mean(0)
    axes = np.linalg.svd(codes - mean, full_matrices=False)[2][:_DIMENSIONS]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    axes = np.pad(axes, ((0, _DIMENSIONS - len(axes)), (0, 0)))  # a single utterance or channel
    return MapAxes([ids[i] for i in rows], rows, mean, axes)


def place(snapshot: Path, axes: MapAxes) -> np.ndarray | None:
    """Where a snapshot's codes lie on axes, (n, 2); None if it is of other utterances.

    Raises:
        OSError: the file is gone.
    """
    ids, codes = _read_fused(snapshot)
    last = axes.rows[-1]
    if len(ids) <= last or [ids[i] for i in axes.rows] != axes.ids:
        return None
    if codes.shape[1] != len(axes.mean):
        return None
    placed: np.ndarray = (codes[axes.rows] - axes.mean) @ axes.axes.T
    return placed


def half_width(first: np.ndarray, now: np.ndarray) -> float:
    """How far a square map reaches from its centre so that both sets of points are on it.

    It grows in steps of one half, so that the axes seldom move while a run trains.
    """
    base = max(float(np.abs(first).max()), 1e-6) * 1.1
    wanted = max(float(np.abs(now).max()) * 1.1, base)
    steps = np.ceil(np.log(wanted / base) / np.log(_GROWTH) - 1e-9)
    return float(base * _GROWTH**steps)


def label_share(points: np.ndarray, targets: np.ndarray) -> float:
    """The share of a label's variance that the two axes of a map explain, R² of a linear fit.

    Args:
        points: (n, 2).
        targets: (n,) numbers, or (n, k) with a column a class.

    Returns:
        0 to 1; NaN where the label does not vary or n < 4.
    """
    wanted = targets.reshape(len(points), -1).astype(np.float64)
    wanted = wanted - wanted.mean(0)
    total = float((wanted**2).sum())
    if len(points) < 4 or total <= 0:
        return float("nan")
    known = np.column_stack([np.ones(len(points)), points])
    rest = wanted - known @ np.linalg.lstsq(known, wanted, rcond=None)[0]
    return float(1 - (rest**2).sum() / total)


def _read_fused(file: Path) -> tuple[list[str], np.ndarray]:
    """Ids (n,) and fused codes (n, d); `training.recorder` would bring torch into a server."""
    from safetensors import safe_open

    with safe_open(str(file), framework="np") as stream:
        ids = json.loads((stream.metadata() or {}).get("ids", "[]"))
        return ids, stream.get_tensor("fused").astype(np.float64)
