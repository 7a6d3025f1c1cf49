"""How well each modality carries over from train to valid, and how much to distrust it.

Features of some public corpora were themselves trained with the labels of the train split.
They fit train and say little elsewhere, and a model that sees them always learns to lean on
them. A linear readout shows it before training: its R² on valid against its R² on train.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Corpus
from mmmie.model.features import feature_moments
from mmmie.pooling import step_means

_PENALTIES = (1e-2, 1e-1, 1.0, 10.0)
_SMALLEST_DROPOUT = 0.1
_LARGEST_DROPOUT = 0.95
_FULLY_KEPT, _HARDLY_KEPT = 0.9, 0.4


@dataclass(frozen=True)
class Carryover:
    """R² of a ridge readout of the label from one modality, on train and on valid."""

    train: float
    valid: float

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
    moments = feature_moments(corpus.features[modality], train)
    x_train = _pooled(corpus, modality, train, moments)
    x_valid = _pooled(corpus, modality, valid, moments)
    y_train, y_valid = _targets(corpus, train), _targets(corpus, valid)
    centre_x, centre_y = x_train.mean(0), y_train.mean(0)
    x_train, x_valid = x_train - centre_x, x_valid - centre_x
    y_train, y_valid = y_train - centre_y, y_valid - centre_y
    gram = x_train.T @ x_train / len(x_train)
    cross = x_train.T @ y_train / len(x_train)
    best = Carryover(0.0, -np.inf)
    for penalty in _PENALTIES:
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), cross)
        scores = [
            1 - float(((y - x @ weights) ** 2).sum() / max((y**2).sum(), 1e-12))
            for x, y in ((x_train, y_train), (x_valid, y_valid))
        ]
        if scores[1] > best.valid:
            best = Carryover(*scores)
    return best


def _pooled(
    corpus: Corpus, modality: str, rows: np.ndarray, moments: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    pooled = step_means(corpus.features[modality], rows)
    return np.clip((pooled - moments[0]) / moments[1], -8, 8)


def _targets(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    targets = corpus.targets[rows]
    if corpus.label.kind == "regression":
        return targets[:, None].astype(np.float64)
    return np.eye(len(corpus.label.classes or ()))[targets]
