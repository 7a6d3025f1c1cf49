"""Modalities that give the label away: by one channel, or by a straight fit of a few channels.

No voice, face or sentence tells a sentiment to two digits. Where a channel does, it is more likely
the label itself under another name, and every result on the corpus would only show that.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus
from mmmie.corpus.pooling import step_means
from mmmie.corpus.unit_columns import unit_columns

LIMIT = 0.98  # correlation, or share of utterances with the right class
FEW = 8  # channels
_FEWEST, _MOST_ROWS = 20, 4000
_LIKELY = 0.7  # linear correlation below which ranks are not looked at
_LARGEST_CLASS = 0.9


def giveaways(corpus: Corpus) -> pd.DataFrame:
    """The modalities that give the label away, over at most 4,000 labelled utterances.

    Features are means over steps. A channel gives numbers away where its rank correlation with
    them is above 0.98, and classes where it tells one class apart, or all of them, as well. A
    modality of at most 8 channels does where a linear fit on one half, train if there is one,
    is as good on the other.

    Returns:
        One row per modality: `modality`, `channel` (its number, -1 for all channels together) and
        `value`, the correlation or the share of the right class.
    """
    rows = np.flatnonzero(corpus.labelled)
    rows = rows[:: max(1, -(-len(rows) // _MOST_ROWS))]
    found = []
    if len(rows) >= _FEWEST:
        targets = _targets(corpus, rows)
        fit = _first_half(corpus, rows)
        for name, features in corpus.features.items():
            values = unit_columns(step_means(features, rows))
            channel, value = _best_channel(values, targets, corpus.label.classes is not None)
            if value < LIMIT and values.shape[1] <= FEW and targets.shape[1]:
                channel, value = -1, _fit(values, targets, fit)
            if value >= LIMIT:
                found.append((name, channel, value))
    return pd.DataFrame(found, columns=["modality", "channel", "value"])


def giveaway_notes(corpus: Corpus) -> list[str]:
    """One sentence per modality that gives the label away."""
    return [
        f"`{row['modality']}` gives the label away: "
        f"{'a linear fit' if row['channel'] < 0 else 'channel ' + str(row['channel'])} "
        f"{'finds the class of' if corpus.label.classes else 'correlates with it by'} "
        f"{row['value']:.2f}; leave it out if it was made of the labels."
        for row in giveaways(corpus).to_dict("records")
    ]


def _targets(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """(n, 1) numbers, or (n, C) one column per class that occurs."""
    labels = corpus.utterances["label"].iloc[rows]
    if corpus.label.classes is None:
        return labels.to_numpy(np.float64)[:, None]
    held = [name for name in corpus.label.classes if (labels == name).any()]
    return np.stack([(labels == name).to_numpy(float) for name in held], axis=1)


def _first_half(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Which rows (n,) a fit is made on: train, or else every other conversation."""
    table = corpus.utterances.iloc[rows]
    train = (table["split"] == "train").to_numpy()
    if min(train.sum(), (~train).sum()) >= _FEWEST // 2:
        return train
    return pd.factorize(table["conversation"])[0] % 2 == 0


def _best_channel(values: np.ndarray, targets: np.ndarray, classes: bool) -> tuple[int, float]:
    """The channel of (n, d) standardised values that tells most of (n, k), and how much."""
    if classes:
        single = np.abs(unit_columns(targets).T @ values).max(axis=0, initial=0)
        means = (targets.T @ values) / targets.sum(axis=0)[:, None]
        between = np.sqrt((targets.sum(axis=0)[:, None] * means**2).sum(axis=0))
        told = np.maximum(single, between if targets.shape[1] > 2 else single)
    else:
        told = np.abs(unit_columns(targets)[:, 0] @ values)
        wanted = _ranks(targets)[:, 0]
        for channel in np.flatnonzero(told >= _LIKELY):
            told[channel] = abs(float(wanted @ _ranks(values[:, [channel]])[:, 0]))
    best = int(told.argmax())
    return best, float(told[best])


def _fit(values: np.ndarray, targets: np.ndarray, fit: np.ndarray) -> float:
    """How well a linear fit on the rows `fit` tells the targets of the others."""
    if min(fit.sum(), (~fit).sum()) < _FEWEST // 2:
        return 0.0
    inputs = np.concatenate([values, np.ones((len(values), 1)) / np.sqrt(len(values))], axis=1)
    weights = np.linalg.lstsq(inputs[fit], targets[fit], rcond=1e-6)[0]
    said, truth = inputs[~fit] @ weights, targets[~fit]
    if targets.shape[1] == 1:
        return abs(float(_ranks(truth)[:, 0] @ _ranks(said)[:, 0]))
    if truth.mean(axis=0).max() > _LARGEST_CLASS:
        return 0.0
    return float((said.argmax(axis=1) == truth.argmax(axis=1)).mean())


def _ranks(values: np.ndarray) -> np.ndarray:
    return unit_columns(pd.DataFrame(values).rank().to_numpy())
