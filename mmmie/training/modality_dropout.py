"""How well each modality carries over from train to valid, by a linear readout of the label.

Features of some public corpora were trained with the labels of the train split, so they say little
elsewhere, and a model that always sees them would rely on them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmmie.corpus import Corpus
from mmmie.corpus.pooling import step_means
from mmmie.model.features import feature_moments

_PENALTIES = (1e-2, 1e-1, 1.0, 10.0)
_SMALLEST_DROPOUT = 0.1
_LARGEST_DROPOUT = 0.95
_FULLY_KEPT, _HARDLY_KEPT = 0.9, 0.4
_CHUNK = 8192


@dataclass(frozen=True)
class Carryover:
    """R² of a ridge readout of the label from one modality, on train and on valid.

    Attributes:
        train, valid: R² on the rows it was fitted to, and on the others.
        train_std, valid_std: standard errors over conversations (jackknife); NaN for one.
        chance: the R² on train that features without any meaning would be expected to have.
    """

    train: float
    valid: float
    train_std: float = float("nan")
    valid_std: float = float("nan")
    chance: float = 0.0

    @property
    def dropout(self) -> float:
        """Chance of hiding the modality in training: from .1 (carries over) to .95 (does not).

        Between nine tenths and four tenths of the R² of train on valid, it rises evenly.
        """
        share = self.valid / self.train if self.train > 1e-3 else 0.0
        kept = np.clip((share - _HARDLY_KEPT) / (_FULLY_KEPT - _HARDLY_KEPT), 0, 1)
        return float(_LARGEST_DROPOUT - (_LARGEST_DROPOUT - _SMALLEST_DROPOUT) * kept)


def modality_carryover(
    corpus: Corpus, modality: str, train: np.ndarray, valid: np.ndarray
) -> Carryover:
    """Fit the readout on the rows `train` and score it on both; the penalty is chosen on valid."""
    scale = feature_moments(corpus.features[modality], train)
    fitted, apart = (_Sums.of(corpus, modality, rows, scale) for rows in (train, valid))
    centre = fitted.x / fitted.count, fitted.y / fitted.count
    fitted, apart = fitted.about(*centre), apart.about(*centre)
    gram, cross = fitted.xx / fitted.count, fitted.xy / fitted.count
    best = Carryover(0.0, -np.inf)
    chosen: np.ndarray = cross
    for penalty in _PENALTIES:
        ridge = gram + penalty * np.eye(len(gram))
        weights = np.linalg.solve(ridge, cross)
        scores = fitted.explained(weights), apart.explained(weights)
        if scores[1] > best.valid:
            chance = float(np.trace(np.linalg.solve(ridge, gram))) / fitted.count
            best, chosen = Carryover(*scores, chance=min(chance, 1.0)), weights
    errors = (
        _jackknife(*_missed(corpus, modality, rows, scale, centre, chosen))
        for rows in (train, valid)
    )
    return replace(best, train_std=next(errors), valid_std=next(errors))


def _missed(
    corpus: Corpus,
    modality: str,
    rows: np.ndarray,
    scale: tuple[np.ndarray, np.ndarray],
    centre: tuple[np.ndarray, np.ndarray],
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Per conversation (g,) each: what the readout misses of the squares, and the squares."""
    groups = corpus.utterances["conversation"].iloc[rows].factorize()[0]
    missed, total = (np.zeros(groups.max() + 1) for _ in range(2))
    for start in range(0, len(rows), _CHUNK):
        some, group = rows[start : start + _CHUNK], groups[start : start + _CHUNK]
        y = _targets(corpus, some) - centre[1]
        rest = y - (_pooled(corpus, modality, some, scale) - centre[0]) @ weights
        np.add.at(missed, group, (rest**2).sum(1))
        np.add.at(total, group, (y**2).sum(1))
    return missed, total


def _jackknife(missed: np.ndarray, total: np.ndarray) -> float:
    """The standard error of 1 - Σ missed / Σ total, over conversations that are left out."""
    left = 1 - (missed.sum() - missed) / np.maximum(total.sum() - total, 1e-12)
    if len(left) < 2:
        return float("nan")
    return float(np.sqrt((len(left) - 1) * left.var()))


def _pooled(
    corpus: Corpus, modality: str, rows: np.ndarray, scale: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    pooled = step_means(corpus.features[modality], rows)
    return np.asarray(np.clip((pooled - scale[0]) / scale[1], -8, 8))


@dataclass(frozen=True)
class _Sums:
    """Sums over utterances of features (d,), targets (k,) and products: all a readout needs."""

    count: int
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: float

    @classmethod
    def of(
        cls, corpus: Corpus, modality: str, rows: np.ndarray, scale: tuple[np.ndarray, np.ndarray]
    ) -> _Sums:
        """Of mean features, in units of `scale` (mean and deviation) and clipped as the model's."""
        parts = []
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            x = _pooled(corpus, modality, some, scale)
            y = _targets(corpus, some)
            parts.append((x.sum(0), y.sum(0), x.T @ x, x.T @ y, float((y**2).sum())))
        x, y, xx, xy, yy = (sum(part[1:], part[0]) for part in zip(*parts, strict=True))
        return cls(len(rows), x, y, xx, xy, yy)

    def about(self, x: np.ndarray, y: np.ndarray) -> _Sums:
        """The same with x and y taken off every utterance."""
        n = self.count
        return _Sums(
            n,
            self.x - n * x,
            self.y - n * y,
            self.xx - np.outer(x, self.x) - np.outer(self.x, x) + n * np.outer(x, x),
            self.xy - np.outer(x, self.y) - np.outer(self.x, y) + n * np.outer(x, y),
            self.yy - float(2 * y @ self.y - n * y @ y),
        )

    def explained(self, weights: np.ndarray) -> float:
        """R² of the readout with these weights (d, k)."""
        rest = self.yy - float((weights * (2 * self.xy - self.xx @ weights)).sum())
        return 1 - rest / max(self.yy, 1e-12)


def _targets(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    targets = corpus.targets[rows]
    if corpus.label.kind == "regression":
        return targets[:, None].astype(np.float64)
    return np.eye(len(corpus.label.classes or ()))[targets]
