"""Codes in two or three dimensions: PCA at once, UMAP in a process of its own, cached on disk.

Run as a module it computes UMAPs one after another:
``python -m mmmie.analysis.projections CODES.npy OUT.npz [CODES.npy OUT.npz …] DIMENSIONS``.
UMAP compiles for seconds in every new process and can abort the process it runs in when two
threads use it, so it never runs inside a server.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_TRUST_NEIGHBOURS = 10
_TRUST_MOST = 2000


@dataclass
class Projection:
    """Points in few dimensions, and how far to trust them.

    Attributes:
        points: (n, k).
        method: ``pca`` or ``umap``.
        explained: share of the variance that the axes hold, PCA only.
        trustworthiness: 0 to 1, how many of the ten nearest on the map are near in the
            original space too (Venna and Kaski 2001); on at most 2,000 points.
    """

    points: np.ndarray
    method: str
    explained: float | None
    trustworthiness: float


def pca(codes: np.ndarray, dimensions: int = 2) -> Projection:
    """Principal components of codes (n, d), with signs fixed so that a map never flips."""
    centred = codes.astype(np.float64) - codes.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:dimensions]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    points = centred @ axes.T
    if points.shape[1] < dimensions:  # fewer codes or channels than axes
        points = np.pad(points, ((0, 0), (0, dimensions - points.shape[1])))
    variance = singular**2
    explained = float(variance[:dimensions].sum() / max(variance.sum(), 1e-12))
    return Projection(points, "pca", explained, trustworthiness(codes, points))


def trustworthiness(codes: np.ndarray, points: np.ndarray) -> float:
    """How far neighbours on a map (n, k) are neighbours in the original space (n, d), 0 to 1.

    T = 1 − 2 / (n·k·(2n − 3k − 1)) · Σ (rank in the original space − k) over the k nearest on
    the map that are not among the k nearest there (Venna and Kaski 2001). On at most 2,000
    points, drawn by a fixed seed. NaN with too few points.
    """
    pick = np.random.default_rng(0).permutation(len(codes))[:_TRUST_MOST]
    n = len(pick)
    k = min(_TRUST_NEIGHBOURS, (n - 1) // 2)
    if k < 1:
        return float("nan")
    ranks = np.argsort(np.argsort(_squared_distances(codes[pick]), axis=1), axis=1)
    near = np.argpartition(_squared_distances(points[pick]), k, axis=1)[:, : k + 1]
    penalty = 0.0
    for row, neighbours in enumerate(near):
        others = neighbours[neighbours != row][:k]
        penalty += np.maximum(ranks[row, others] - k, 0).sum()
    return float(1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty)


def cached_umap(codes: np.ndarray, cache: Path, dimensions: int = 2) -> Projection | None:
    """The UMAP of codes (n, d) if it has been computed, else None; see `start_umap`."""
    try:
        with np.load(_umap_file(codes, cache, dimensions)) as stored:
            return Projection(stored["points"], "umap", None, float(stored["trustworthiness"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def start_umap(codes: np.ndarray, cache: Path, dimensions: int = 2) -> subprocess.Popen[bytes]:
    """Compute a UMAP in a process of its own; `cached_umap` finds it when it is done."""
    return start_umaps([codes], cache, dimensions)


def start_umaps(
    spaces: list[np.ndarray], cache: Path, dimensions: int = 2
) -> subprocess.Popen[bytes]:
    """`start_umap` of several spaces, one after another in one process, which compiles once."""
    files: list[Path] = []
    for codes in spaces:
        out = _umap_file(codes, cache, dimensions)
        source = out.with_suffix(f".{os.getpid()}.npy")
        np.save(source, codes.astype(np.float32))
        files += [source, out]
    return subprocess.Popen(
        [sys.executable, "-m", "mmmie.analysis.projections", *files, str(dimensions)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _umap_file(codes: np.ndarray, cache: Path, dimensions: int) -> Path:
    digest = hashlib.blake2b(codes.astype(np.float32).tobytes(), digest_size=8).hexdigest()
    return cache / f"umap-{digest}-{dimensions}d.npz"


def _squared_distances(x: np.ndarray) -> np.ndarray:
    square = (x**2).sum(1)
    distances = square[:, None] + square[None, :] - 2 * x @ x.T
    np.fill_diagonal(distances, -1)  # a point is its own nearest, whatever the rounding
    return distances


def _main(source: Path, out: Path, dimensions: int) -> None:
    import umap

    codes = np.load(source, allow_pickle=False)
    source.unlink()
    neighbours = max(2, min(15, len(codes) - 1))
    reducer = umap.UMAP(n_components=dimensions, n_neighbors=neighbours, random_state=0)
    points = reducer.fit_transform(codes)
    scratch = out.with_suffix(f".{os.getpid()}.npz")
    np.savez(scratch, points=points, trustworthiness=trustworthiness(codes, points))
    scratch.replace(out)


if __name__ == "__main__":
    *paths, count = sys.argv[1:]
    for source_path, out_path in zip(paths[::2], paths[1::2], strict=True):
        _main(Path(source_path), Path(out_path), int(count))
