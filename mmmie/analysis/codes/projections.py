"""Codes in two or three dimensions: PCA at once, UMAP and t-SNE in a process of their own.

What such a process finds is kept on disk, under a name made of the codes and of how they were
projected. UMAP compiles for seconds in every new process and can abort the process it runs in when
two threads use it, so it never runs inside a server; t-SNE takes longer than a reader waits.
"""

from __future__ import annotations

import hashlib
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mmmie.files import replacing
from mmmie.jobs.background_work import Work, serve
from mmmie.reading import open_plain

_TRUST_NEIGHBOURS = 10
_TRUST_MOST = 2000
_TSNE_MOST = {2: 4000, 3: 2000}  # codes; so many take about a minute a map
_PLACED_BY = 5
_CHUNK = 2000
# A change of what is computed changes the name under which it is kept.
_VERSION = 3
_MOST_READ = 60

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


@dataclass(frozen=True)
class Projections:
    """Several spaces that are projected one after another in a process of their own.

    Attributes:
        spaces: space → codes (n, d).
        cache: the folder where projections are kept, found by the codes themselves.
        how: ``umap`` or ``tsne``.
    """

    spaces: dict[str, np.ndarray]
    cache: Path
    how: How

    @cached_property
    def work(self) -> Work:
        """The process; its lines name the spaces that it has done."""
        names = [file.name for file in self._files.values()]
        return Work.on(self.cache / "work", "mmmie.analysis.codes.projections", names)

    def ready(self) -> dict[str, Projection]:
        """The projections that are there, by space."""
        found = {}
        for space, file in self._files.items():
            try:
                found[space] = _read(file, file.stat().st_mtime_ns, len(self.spaces[space]))
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                continue  # torn, or of somebody else: computed again
        return found

    def start(self) -> None:
        """Compute those that are missing, the quick ones first, unless a process is at it.

        Raises:
            InputError: the cache cannot be written.
        """
        ready = self.ready()
        missing = {name: c.astype(np.float32) for name, c in self.spaces.items()
                   if name not in ready}  # fmt: skip
        files = {name: str(self._files[name]) for name in sorted(missing, key=self._effort)}
        self.work.start({"files": files, "how": asdict(self.how)}, missing)

    def remaining(self, ready: dict[str, Projection]) -> float | None:
        """Seconds that the rest takes at most, at the pace of those that are there.

        None before the first. A large one takes less than its share.
        """
        done = sum(map(self._effort, ready))
        if not done:
            return None
        took = sum(projection.seconds or 0.0 for projection in ready.values())
        left = took / done * (sum(map(self._effort, self.spaces)) - done)
        return max(left - max(self.work.seconds - took, 0.0), 0.0)

    def _effort(self, space: str) -> int:
        """How many codes are fitted, which is what the time goes with."""
        return _fitted(len(self.spaces[space]), self.how)

    @cached_property
    def _files(self) -> dict[str, Path]:
        how = f"{self.how.dimensions}d-seed{self.how.seed}-{_VERSION}.npz"
        files = {}
        for space, codes in self.spaces.items():
            data = codes.astype(np.float32).tobytes()
            digest = hashlib.blake2b(data, digest_size=8).hexdigest()
            files[space] = self.cache / f"{self.how.method}-{digest}-{how}"
        return files


def _fitted(count: int, how: How) -> int:
    return count if how.method != "tsne" else min(count, _TSNE_MOST[how.dimensions])


@lru_cache(_MOST_READ)
def _read(file: Path, stamp: int, count: int) -> Projection:
    """The projection of so many codes that a file holds; it has another stamp when it changes."""
    with open_plain(file) as stream, np.load(stream) as stored:
        fitted, points = int(stored["fitted"]), stored["points"]
        if points.ndim != 2 or len(points) != count:
            raise ValueError(f"{file}: has points of shape {points.shape}")
        return Projection(
            points,
            file.name.partition("-")[0],
            None,
            float(stored["trustworthiness"]),
            fitted if fitted < count else None,
            float(stored["seconds"]),
        )


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
    pick = pick[: _fitted(len(codes), how)]
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


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    how, stored = How(**given["how"]), folder / "given.npz"
    with np.load(stored) as held:
        spaces = {name: held[name] for name in held.files}
    stored.unlink()
    for space, file in given["files"].items():
        _project(spaces[space], Path(file), how)
        yield {"space": space}


if __name__ == "__main__":
    serve(_compute)
