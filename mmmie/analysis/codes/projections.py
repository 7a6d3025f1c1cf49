"""Codes in two or three dimensions: PCA at once, UMAP and t-SNE in a process of their own.

What such a process finds is kept on disk, under a name made of the codes and of how they were
projected. Run as a module it computes projections one after another, of codes that it reads from
its standard input:
``python -m mmmie.analysis.codes.projections METHOD DIMENSIONS SEED OUT.npz [OUT …]``.
UMAP compiles for seconds in every new process and can abort the process it runs in when two
threads use it, so it never runs inside a server; t-SNE takes longer than a reader waits.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmmie.errors import InputError
from mmmie.files import WriteError, explained, replacing
from mmmie.training.run_folder import lock

_TRUST_NEIGHBOURS = 10
_TRUST_MOST = 2000
_TSNE_MOST = {2: 4000, 3: 2000}  # codes; so many take about a minute a map
_PLACED_BY = 5
_CHUNK = 2000
# A change of what is computed changes the name under which it is kept.
_VERSION = 3
_NICENESS = 5  # whoever looks at the page comes first

SLOW_METHODS = ("umap", "tsne")


@dataclass(frozen=True)
class How:
    """What makes one projection of some codes differ from another.

    Attributes:
        method: ``pca``, ``umap`` or ``tsne``.
        dimensions: 2 or 3.
        seed: of UMAP and t-SNE; PCA has no chance in it.
    """

    method: str
    dimensions: int = 2
    seed: int = 0


@dataclass
class Projection:
    """Points in few dimensions, and how far to trust them.

    Attributes:
        points: (n, k).
        method: ``pca``, ``umap`` or ``tsne``.
        explained: share of the variance that the axes hold, PCA only.
        trustworthiness: 0 to 1, how many of the ten nearest on the map are near in the
            original space too (Venna and Kaski 2001); on at most 2,000 points.
        fitted: how many codes the projection was fitted on, where the others were placed by
            their neighbours among these; None where all were fitted.
        seconds: that it took in a process of its own; None where it was there at once.
    """

    points: np.ndarray
    method: str
    explained: float | None
    trustworthiness: float
    fitted: int | None = None
    seconds: float | None = None


def pca(codes: np.ndarray, dimensions: int = 2) -> Projection:
    """Principal components of codes (n, d), with signs fixed so that a map never flips."""
    centred = codes.astype(np.float64) - codes.mean(0)
    # of the covariance, which is as small as the code, however many there are
    variance, axes = np.linalg.eigh(centred.T @ centred)
    variance, axes = np.maximum(variance[::-1], 0), axes.T[::-1][:dimensions]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    points = centred @ axes.T
    if points.shape[1] < dimensions:  # fewer channels than axes
        points = np.pad(points, ((0, 0), (0, dimensions - points.shape[1])))
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
    apart = _squared_distances(codes[pick].astype(np.float64))
    near = np.argpartition(_squared_distances(points[pick].astype(np.float64)), k, axis=1)
    penalty = 0
    for row, neighbours in enumerate(near[:, : k + 1]):
        others = neighbours[neighbours != row][:k]
        ranks = (apart[row][None, :] < apart[row, others][:, None]).sum(1)
        penalty += int(np.maximum(ranks - k, 0).sum())
    return float(1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty)


def cached_projection(codes: np.ndarray, cache: Path, how: How) -> Projection | None:
    """The projection of codes (n, d) if it has been computed, else None."""
    try:
        with np.load(_file(codes, cache, how)) as stored:
            fitted = int(stored["fitted"])
            return Projection(
                stored["points"],
                how.method,
                None,
                float(stored["trustworthiness"]),
                fitted if fitted < len(codes) else None,
                float(stored["seconds"]),
            )
    except (OSError, ValueError, KeyError, EOFError):
        return None


def start_projections(spaces: list[np.ndarray], cache: Path, how: How) -> subprocess.Popen[bytes]:
    """Project several spaces one after another in a process of their own.

    `cached_projection` finds each when it is done. If the process that started it ends, it
    finishes the one that it is at. A projection that another process is at is waited for.

    Raises:
        WriteError: the cache cannot be written.
    """
    outs = [_file(codes, cache, how) for codes in spaces]
    settings = [how.method, str(how.dimensions), str(how.seed)]
    with explained(cache), tempfile.TemporaryFile(dir=cache) as source:
        np.savez(source, *[codes.astype(np.float32) for codes in spaces])
        source.seek(0)
        return subprocess.Popen(
            [sys.executable, "-m", "mmmie.analysis.codes.projections", *settings, *map(str, outs)],
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )


def fitted_codes(count: int, how: How) -> int:
    """How many of so many codes a method fits: what its time goes with."""
    return count if how.method != "tsne" else min(count, _TSNE_MOST[how.dimensions])


def _file(codes: np.ndarray, cache: Path, how: How) -> Path:
    digest = hashlib.blake2b(codes.astype(np.float32).tobytes(), digest_size=8).hexdigest()
    settings = f"{how.dimensions}d-seed{how.seed}-{_VERSION}"
    return cache / f"{how.method}-{digest}-{settings}.npz"


def _squared_distances(x: np.ndarray) -> np.ndarray:
    square = (x**2).sum(1)
    distances = square[:, None] + square[None, :] - 2 * x @ x.T
    np.fill_diagonal(distances, -1)  # a point is its own nearest, whatever the rounding
    return distances


def _umap(codes: np.ndarray, how: How) -> np.ndarray:
    import umap

    neighbours = max(2, min(15, len(codes) - 1))
    reducer = umap.UMAP(n_components=how.dimensions, n_neighbors=neighbours, random_state=how.seed)
    return np.asarray(reducer.fit_transform(codes))


def _tsne(codes: np.ndarray, how: How) -> tuple[np.ndarray, int]:
    """Points (n, k), and how many codes were fitted: the rest stand among their neighbours."""
    from sklearn.manifold import TSNE

    pick = np.random.default_rng(how.seed).permutation(len(codes))
    pick = pick[: fitted_codes(len(codes), how)]
    sample = codes[pick]
    reducer = TSNE(
        n_components=how.dimensions,
        perplexity=max(1.0, min(30.0, (len(sample) - 1) / 3)),
        random_state=how.seed,
    )
    fitted = reducer.fit_transform(sample)
    points = _placed(codes, sample, fitted) if len(sample) < len(codes) else np.empty_like(fitted)
    points[pick] = fitted
    return points, len(sample)


def _placed(codes: np.ndarray, sample: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Codes at the mean of the points of those in the sample that are nearest to them."""
    square = (sample**2).sum(1)
    parts = []
    for start in range(0, len(codes), _CHUNK):
        distances = square - 2 * codes[start : start + _CHUNK] @ sample.T
        near = np.argpartition(distances, _PLACED_BY, axis=1)[:, :_PLACED_BY]
        parts.append(fitted[near].mean(1))
    return np.concatenate(parts)


def _compute(codes: np.ndarray, out: Path, how: How) -> None:
    """Project codes and keep the result, unless another process does or did so."""
    claim = out.with_suffix(".lock")
    try:
        while not out.exists():
            with lock(claim) as holder:
                if holder is None and not out.exists():
                    _project(codes, out, how)
    finally:
        claim.unlink(missing_ok=True)


def _project(codes: np.ndarray, out: Path, how: How) -> None:
    start = time.monotonic()
    points, fitted = (_umap(codes, how), len(codes)) if how.method == "umap" else _tsne(codes, how)
    found: dict[str, Any] = {
        "points": points.astype(np.float32),
        "trustworthiness": trustworthiness(codes, points),
        "fitted": fitted,
        "seconds": time.monotonic() - start,
    }
    with replacing(out) as scratch:
        np.savez(scratch, **found)


def _main(how: How, outs: list[Path]) -> None:
    parent = os.getppid()
    with np.load(io.BytesIO(sys.stdin.buffer.read())) as given:
        spaces = [given[name] for name in given.files]
    for codes, out in zip(spaces, outs, strict=True):
        if os.getppid() != parent:  # nobody waits for them any more
            return
        _compute(codes, out, how)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    name, count, number, *paths = sys.argv[1:]
    try:
        _main(How(name, int(count), int(number)), [Path(path) for path in paths])
    except (InputError, WriteError) as fault:
        sys.exit(str(fault))
