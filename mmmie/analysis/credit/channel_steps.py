"""Attributions as a table that a person can read: named channels by step."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.analysis.corpora.channels import readable_channels
from mmmie.corpus import Modality

UNNAMED = "unnamed"
"""How the name of the column ends that sums the channels without a name of their own."""


def channel_steps(modality: Modality, values: np.ndarray) -> pd.DataFrame:
    """The attributions of one modality by channel and step, unnamed channels together.

    Args:
        values: (L, d) from `channel_attributions`.

    Returns:
        One row per step; one column per channel with a name of its own, in the order of the corpus,
        then one that sums all others, such as ``29 unnamed``. All cells sum to the modality's
        share of the prediction.
    """
    named = readable_channels(modality, most=modality.dim)
    table = pd.DataFrame(
        values[:, named], columns=[(modality.channels or ())[channel] for channel in named]
    )
    others = np.setdiff1d(np.arange(modality.dim), named)
    if len(others):
        table[f"{len(others)} {UNNAMED}"] = values[:, others].sum(1)
    return table
