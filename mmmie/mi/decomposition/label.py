"""The label that is decomposed: classes, or a number in steps of equal counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from mmmie.errors import InputError

_MOST_CLASSES = 50
_FEW = 10
_STEPS, _ROWS_PER_STEP = 32, 25


@dataclass(frozen=True)
class CodedLabel:
    """A label of N rows as one of K codes.

    Attributes:
        codes: (N,) int, 0 to K - 1.
        ordered: whether it is a number, whose codes are steps from low to high.
        edges: (K + 1,) the normal quantiles of the borders of the steps, from -inf to inf.
    """

    codes: np.ndarray
    ordered: bool
    edges: np.ndarray

    @property
    def count(self) -> int:
        """K."""
        return len(self.edges) - 1

    @property
    def shares(self) -> np.ndarray:
        """(K,) how frequent every code is."""
        return np.bincount(self.codes, minlength=self.count) / len(self.codes)

    @property
    def entropy(self) -> float:
        """In nats; of a number, that of its step."""
        shares = self.shares
        return float(-(shares * np.log(shares)).sum())


def coded(label: np.ndarray) -> CodedLabel:
    """Code the rows of a label (N, d).

    Up to 10 different rows, or up to 50 of whole numbers, are classes. A number with more values
    is cut into up to 32 steps of equal counts; equal values stay in one step.

    Raises:
        InputError: the label has one value, or several columns of measured numbers.
    """
    values, first = np.unique(label, axis=0, return_inverse=True)
    first = first.reshape(-1)
    if len(values) == 1:
        raise InputError("y has one value in all rows; give a label that varies")
    whole = bool((values == np.round(values)).all())
    if len(values) <= _FEW or (whole and len(values) <= _MOST_CLASSES):
        return _from_codes(first, ordered=False)
    if label.shape[1] > 1:
        raise InputError(
            f"y has {label.shape[1]} columns of measured numbers; give one, or classes as whole "
            f"numbers"
        )
    steps = int(np.clip(len(label) // _ROWS_PER_STEP, _FEW, _STEPS))
    ordinal = np.searchsorted(np.sort(label[:, 0]), label[:, 0], side="left")
    return _from_codes(np.unique(ordinal * steps // len(label), return_inverse=True)[1], True)


def _from_codes(codes: np.ndarray, ordered: bool) -> CodedLabel:
    share = np.bincount(codes) / len(codes)
    edges = ndtri(np.minimum(np.concatenate([[0.0], share.cumsum()[:-1], [1.0]]), 1.0))
    return CodedLabel(codes, ordered, edges)
