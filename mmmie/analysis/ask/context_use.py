"""What the readout of one utterance, and of a whole split, takes from the window around it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus

RELATIONS = ("same speaker", "other speaker", "unknown speaker")


def window_places(corpus: Corpus, outputs: SplitOutputs, target: int) -> pd.DataFrame:
    """The utterances in the window of one target, in order of time.

    Args:
        corpus: the corpus of `outputs`.

    Returns:
        The columns of the corpus' table and `place` (in the window), `offset` (to the target,
        0 is the target), `row` (of the split) and `relation` (to the target's speaker).
    """
    places = np.flatnonzero(outputs.window[target] >= 0)
    rows = outputs.window[target, places]
    table = corpus.utterances.iloc[outputs.rows[rows]].reset_index(drop=True)
    return table.assign(
        place=places,
        offset=places - outputs.past,
        row=rows,
        relation=[RELATIONS[i] for i in outputs.relation[target, places]],
    )


def attention_shares(outputs: SplitOutputs, target: int, variant: str = TRAINED) -> pd.DataFrame:
    """How the attention of one target is divided over the tokens of its window.

    Shares are of what falls on tokens: a summary readout also attends to itself, which is
    left out.

    Returns:
        One row per place that is there and modality: `place`, `offset`, `modality`, `share`;
        the shares sum to 1, or are 0 where nothing was attended to.
    """
    return shares_of(outputs, target, outputs.attention[variant][target])


def shares_of(outputs: SplitOutputs, target: int, attention: np.ndarray) -> pd.DataFrame:
    """`attention_shares` of attention that is not among the outputs, such as an edited window's.

    Args:
        attention: (W, M) weights of the readout on the tokens of its window.
    """
    places = np.flatnonzero(outputs.window[target] >= 0)
    weights = attention[places]
    shares = weights / max(float(weights.sum()), 1e-9)
    return pd.DataFrame(
        {
            "place": np.repeat(places, len(outputs.modalities)),
            "offset": np.repeat(places - outputs.past, len(outputs.modalities)),
            "modality": np.tile(outputs.modalities, len(places)),
            "share": shares.ravel().astype(float),
        }
    )


def neighbour_share(outputs: SplitOutputs, variant: str = TRAINED) -> np.ndarray:
    """The share of each target's attention that falls on its neighbours (n,)."""
    weights = outputs.attention[variant].sum(axis=2) * (outputs.window >= 0)
    total = np.maximum(weights.sum(axis=1), 1e-9)
    share: np.ndarray = 1 - weights[:, outputs.past] / total
    return np.where(weights.sum(axis=1) > 0, share, 0.0)


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
