"""How the codes of a fixed sample moved from epoch to epoch, on one projection."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmmie.errors import InputError
from mmmie.training.snapshot_files import epoch_of, read_snapshot, snapshots_in

_DIMENSIONS = 2


@dataclass(frozen=True)
class CodeHistory:
    """Codes of n utterances over E epochs.

    Attributes:
        epochs: (E,) increasing.
        ids: the n utterances.
        invariant: modality → (E, n, d).
        fused: (E, n, d).
        specific: modality → (E, n, d); empty where a run kept none.
        faults: a line for every snapshot that cannot be read.
    """

    epochs: list[int]
    ids: list[str]
    invariant: dict[str, np.ndarray]
    fused: np.ndarray
    specific: dict[str, np.ndarray] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def snapshot_files(checkpoint: Path) -> list[Path]:
    """The snapshots of the run that a checkpoint folder belongs to, in order; may be none."""
    for home in (checkpoint, checkpoint.parent):
        with suppress(InputError):  # what may not be read cannot be shown
            files = snapshots_in(home / "snapshots")
            if files:
                return files
    return []


def read_history(files: list[Path], modalities: list[str]) -> CodeHistory:
    """Read snapshots; those of another sample than the last one's are left out.

    Args:
        files: from `snapshot_files`.
        modalities: those of the checkpoint.

    Raises:
        InputError: none can be read.
    """
    held, faults = [], []
    for file in files:
        try:
            held.append((epoch_of(file), *read_snapshot(file)))
        except FileNotFoundError:
            faults.append(f"{file}: is gone")
        except InputError as error:
            faults.append(str(error))
    wanted = {"fused", *(f"invariant.{m}" for m in modalities)}
    whole = [entry for entry in held if wanted <= set(entry[2]) and entry[1]]
    if not whole:
        raise InputError(faults[0] if faults else f"{files[-1]}: lacks codes of {modalities}")
    ids, widths = whole[-1][1], _widths(whole[-1][2])
    kept = [
        (epoch, spaces)
        for epoch, names, spaces in whole
        if names == ids and widths.items() <= _widths(spaces).items()
    ]

    def over_epochs(name: str) -> np.ndarray:
        return np.stack([spaces[name] for _, spaces in kept]).astype(np.float32)

    in_all = set.intersection(*(set(spaces) for _, spaces in kept))
    return CodeHistory(
        epochs=[epoch for epoch, _ in kept],
        ids=ids,
        invariant={m: over_epochs(f"invariant.{m}") for m in modalities},
        fused=over_epochs("fused"),
        specific={m: over_epochs(f"specific.{m}") for m in modalities if f"specific.{m}" in in_all},
        faults=faults,
    )


def _widths(spaces: dict[str, np.ndarray]) -> dict[str, int]:
    return {name: codes.shape[1] for name, codes in spaces.items()}


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
        InputError: it cannot be read or holds no utterances.
    """
    ids, codes = _read_fused(first)
    if not len(codes):
        raise InputError(f"{first}: holds no utterances; delete it")
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
        InputError: it cannot be read.
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
        targets: (n,) numbers, or (n, k) with a column per class.

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
    """Ids (n,) and fused codes (n, d)."""
    ids, codes = read_snapshot(file, ["fused"])
    return ids, codes["fused"].astype(np.float64)
