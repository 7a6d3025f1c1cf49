"""How the codes of a fixed sample moved from epoch to epoch, on one projection."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

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
    """

    epochs: list[int]
    ids: list[str]
    invariant: dict[str, np.ndarray]
    fused: np.ndarray
    specific: dict[str, np.ndarray] = field(default_factory=dict)


def snapshot_files(checkpoint: Path) -> list[Path]:
    """The snapshots of the run that a checkpoint folder belongs to, in order; may be none."""
    for home in (checkpoint, checkpoint.parent):
        files = sorted((home / "snapshots").glob("epoch-*.safetensors"))
        if files:
            return files
    return []


def read_history(files: list[Path], modalities: list[str]) -> CodeHistory:
    """Read snapshots; those of another sample than the last one's are left out.

    Args:
        files: from `snapshot_files`, at least one.
    """
    from mmmie.training.recorder import read_snapshot

    held = [(int(file.stem.rpartition("-")[2]), *read_snapshot(file)) for file in files]
    ids = held[-1][1]
    kept = [(epoch, spaces) for epoch, names, spaces in held if names == ids]

    def over_epochs(name: str) -> np.ndarray:
        return np.stack([spaces[name] for _, spaces in kept]).astype(np.float32)

    in_all = set.intersection(*(set(spaces) for _, spaces in kept))
    return CodeHistory(
        epochs=[epoch for epoch, _ in kept],
        ids=ids,
        invariant={m: over_epochs(f"invariant.{m}") for m in modalities},
        fused=over_epochs("fused"),
        specific={m: over_epochs(f"specific.{m}") for m in modalities if f"specific.{m}" in in_all},
    )


def on_last_axes(codes: np.ndarray) -> np.ndarray:
    """Codes (E, n, d) of every epoch on the principal axes of the last one, (E, n, 2).

    One projection for all epochs, so that what moves on the map moved in the space.
    """
    last = codes[-1].astype(np.float64)
    mean = last.mean(0)
    axes = np.linalg.svd(last - mean, full_matrices=False)[2][:_DIMENSIONS]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    points = (codes - mean) @ axes.T
    missing = _DIMENSIONS - points.shape[-1]
    return np.pad(points, ((0, 0), (0, 0), (0, missing))) if missing else points


def agreement(history: CodeHistory) -> np.ndarray | None:
    """How alike the codes of the same utterance are in two modalities, per epoch (E,).

    The cosine of z between modalities, the mean over utterances and pairs; None with one
    modality.
    """
    unit = {
        m: z / np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-9)
        for m, z in history.invariant.items()
    }
    pairs = [(unit[a] * unit[b]).sum(-1).mean(-1) for a, b in combinations(unit, 2)]
    return np.mean(pairs, axis=0) if pairs else None
