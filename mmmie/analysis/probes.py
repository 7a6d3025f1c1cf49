"""What the codes hold: linear probes, cross-validated by conversation, and retrieval."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.outputs import SplitOutputs
from mmmie.corpus import Corpus

KINDS = ("invariant", "specific")
_FOLDS = 5
_RETRIEVED_AMONG = 500


def probe_report(corpus: Corpus, outputs: SplitOutputs) -> dict[str, Any]:
    """The report of ``mmmie probe``.

    Returns:
        ``codes`` → kind → modality → {``modality_accuracy``: how often a linear classifier
        tells from a code of this modality which one it comes from, None with one modality;
        ``label_r2``: of a ridge readout of the label; ``latents``: column → R², for the
        columns ``latent_…``}; ``retrieval`` → pair → recall of the same utterance.
    """
    groups = conversation_codes(corpus, outputs.rows)
    targets = label_matrix(corpus, outputs.rows)
    table = corpus.utterances.iloc[outputs.rows]
    latents = [
        str(c)
        for c in table.columns
        if str(c).startswith("latent_") and pd.api.types.is_numeric_dtype(table[c])
    ]
    latents = [c for c in latents if table[c].notna().all()]
    codes: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        accuracies = modality_accuracy(outputs, kind, groups)
        codes[kind] = {}
        for name in outputs.modalities:
            x = outputs.spaces[f"{kind}.{name}"]
            codes[kind][name] = {
                "modality_accuracy": accuracies.get(name),
                "label_r2": ridge_r2(x, targets, groups),
                "latents": {
                    latent: ridge_r2(x, table[[latent]].to_numpy(float), groups)
                    for latent in latents
                },
            }
    return {"codes": codes, "retrieval": retrieval_report(outputs)}


def conversation_codes(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """One integer a conversation (n,)."""
    return corpus.utterances["conversation"].iloc[rows].factorize()[0]


def label_matrix(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Labels as columns: (n, 1) numbers, or (n, classes) indicators."""
    targets = corpus.targets[rows]
    if corpus.label.classes is None:
        return targets[:, None].astype(float)
    return np.eye(len(corpus.label.classes))[targets]


def folds(groups: np.ndarray, count: int = _FOLDS, seed: int = 0) -> Iterator[np.ndarray]:
    """Masks (n,) of the held-out part of every fold; a conversation is never torn."""
    names = np.unique(groups)
    order = np.random.default_rng(seed).permutation(len(names))
    for part in np.array_split(names[order], min(count, len(names))):
        yield np.isin(groups, part)


def ridge_r2(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> float | None:
    """R² of y (n, k) from x (n, d) on held-out conversations, over all columns of y.

    The penalty is chosen by generalised cross-validation inside each training part.

    Returns:
        None with fewer than two conversations or a constant y.
    """
    from sklearn.linear_model import RidgeCV

    if len(np.unique(groups)) < 2 or np.allclose(y, y[:1]):
        return None
    predicted = np.zeros_like(y, dtype=float)
    for held_out in folds(groups):
        fit = ~held_out
        mean, deviation = x[fit].mean(0), x[fit].std(0) + 1e-8
        probe = RidgeCV(alphas=(0.1, 1.0, 10.0, 100.0, 1000.0))
        probe.fit((x[fit] - mean) / deviation, y[fit])
        guess = probe.predict((x[held_out] - mean) / deviation)
        predicted[held_out] = guess.reshape(predicted[held_out].shape)
    residual = ((y - predicted) ** 2).sum()
    return float(1 - residual / ((y - y.mean(0)) ** 2).sum())


def modality_accuracy(outputs: SplitOutputs, kind: str, groups: np.ndarray) -> dict[str, float]:
    """How often a linear classifier names the modality that a code comes from.

    Returns:
        modality → share of its codes named rightly on held-out conversations; empty with one
        modality or one conversation. Chance is one over the number of modalities.
    """
    from sklearn.linear_model import LogisticRegression

    names = outputs.modalities
    if len(names) < 2 or len(np.unique(groups)) < 2:
        return {}
    x = np.concatenate([outputs.spaces[f"{kind}.{name}"] for name in names])
    y = np.repeat(np.arange(len(names)), len(groups))
    all_groups = np.tile(groups, len(names))
    right = np.zeros(len(y), bool)
    for held_out in folds(all_groups):
        fit = ~held_out
        mean, deviation = x[fit].mean(0), x[fit].std(0) + 1e-8
        probe = LogisticRegression(max_iter=200)
        probe.fit((x[fit] - mean) / deviation, y[fit])
        right[held_out] = probe.predict((x[held_out] - mean) / deviation) == y[held_out]
    return {name: float(right[y == m].mean()) for m, name in enumerate(names)}


def retrieval_report(outputs: SplitOutputs) -> dict[str, dict[str, float]]:
    """How often the code of the same utterance in another modality is the nearest by cosine.

    The invariant codes are compared among blocks of up to 500 utterances, in both directions.

    Returns:
        ``text-audio`` → {``recall_at_1``, ``recall_at_10``, ``chance_at_1``}.
    """
    n = len(outputs.rows)
    blocks = np.array_split(np.random.default_rng(0).permutation(n), -(-n // _RETRIEVED_AMONG))
    report = {}
    for a, b in combinations(outputs.modalities, 2):
        ranks = np.concatenate(
            [
                _ranks(outputs.spaces[f"invariant.{a}"][i], outputs.spaces[f"invariant.{b}"][i])
                for i in blocks
            ]
        )
        report[f"{a}-{b}"] = {
            "recall_at_1": float((ranks < 1).mean()),
            "recall_at_10": float((ranks < 10).mean()),
            "chance_at_1": float(np.mean([1 / len(i) for i in blocks])),
        }
    return report


def _ranks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How many others are nearer than the true partner, in both directions (2n,).

    Ties count half, so that codes which are all the same score no better than chance.
    """
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    y = y / np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-9)
    similarity = x @ y.T
    true = similarity.diagonal()
    ranks = []
    for matrix in (similarity, similarity.T):
        nearer = (matrix > true[:, None]).sum(1)
        tied = (matrix == true[:, None]).sum(1) - 1
        ranks.append(nearer + tied / 2)
    return np.concatenate(ranks)
