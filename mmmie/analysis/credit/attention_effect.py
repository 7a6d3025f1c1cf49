"""Where the readout looks over a whole split, and how far an intervention moves it."""

from __future__ import annotations

import numpy as np

from mmmie.analysis.outputs import TRAINED, SplitOutputs

ATTENDED = ("target", "same_speaker", "other_speakers", "unknown_speakers")
"""Whose tokens attention can fall on: the target's own, and its neighbours' by relation."""


def attention_masses(outputs: SplitOutputs, variant: str = TRAINED) -> np.ndarray:
    """How much of each target's attention falls on whom.

    Shares are of what falls on tokens: a summary readout also attends to itself, which is left
    out.

    Returns:
        (n, 4) shares in the order of `ATTENDED`; they sum to 1, or are 0 where nothing was
        attended to.
    """
    shares = _token_shares(outputs, variant).sum(axis=2)
    relation = outputs.relation.copy()
    relation[:, outputs.past] = -1
    masses: np.ndarray = np.stack(
        [(shares * (relation == place)).sum(axis=1) for place in (-1, 0, 1, 2)], axis=1
    )
    return masses


def attention_variation(outputs: SplitOutputs, variant: str) -> np.ndarray:
    """How differently attention falls on the tokens under an intervention than as trained.

    Returns:
        (n,) total variation distances, 0 (the same) to 1 (on other tokens altogether).
    """
    difference = _token_shares(outputs, variant) - _token_shares(outputs, TRAINED)
    distance: np.ndarray = np.abs(difference).sum(axis=(1, 2)) / 2
    return distance


def _token_shares(outputs: SplitOutputs, variant: str) -> np.ndarray:
    """Attention as shares over the tokens that are there (n, W, M)."""
    weights = outputs.attention[variant] * (outputs.window >= 0)[:, :, None]
    shares: np.ndarray = weights / np.maximum(weights.sum(axis=(1, 2), keepdims=True), 1e-9)
    return shares
