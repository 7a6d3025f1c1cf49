"""What modalities share lies together, what each owns lies apart: both as numbers and places."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np

from mmmie.analysis.codes.readouts import read_classes
from mmmie.analysis.errors.resampling import Interval, mean_intervals, sums_intervals

Directions = Literal["discriminant", "principal"]


def pairing(codes: dict[str, np.ndarray], groups: np.ndarray) -> Interval | None:
    """How far an utterance's codes lie apart in two modalities, measured in strangers.

    The mean distance between the codes of one utterance in two modalities, over the mean distance
    between those of two utterances in two modalities: 0 where what an utterance is in one modality
    lies on what it is in another, 1 where they are as far apart as those of any two utterances.

    Args:
        codes: modality → (n, d), all in one space.
        groups: (n,) integers, the conversation of every utterance.

    Returns:
        The ratio with its interval over conversations; None where there are fewer than two
        modalities or utterances, or all codes are the same.

    Example:
        >>> z = np.arange(6.0)[:, None]
        >>> pairing({"text": z, "audio": z}, np.arange(6)).value
        0.0
    """
    from scipy.spatial.distance import cdist

    count = len(groups)
    if len(codes) < 2 or count < 2:
        return None
    sums = np.zeros((count, 2))
    for first, second in permutations(codes.values(), 2):
        distances = cdist(first.astype(np.float64), second.astype(np.float64))
        own = distances.diagonal()
        sums += np.column_stack([own, (distances.sum(1) - own) / (count - 1)])
    if not sums[:, 1].sum() > 0:
        return None
    return sums_intervals(sums, lambda s: s[..., :1] / s[..., 1:], groups)[0]


def told_apart(codes: dict[str, np.ndarray], groups: np.ndarray) -> Interval | None:
    """The share of codes from which a linear reader names the right modality.

    Args:
        codes: modality → (n, d), all in one space.
        groups: (n,) integers, the conversation of every utterance; the reader is judged on
            conversations that it has not seen.

    Returns:
        The share with its interval over conversations; None with one modality or conversation.
    """
    count = len(codes)
    if count < 2 or len(np.unique(groups)) < 2:
        return None
    modality = np.repeat(np.arange(count), len(groups))
    said = read_classes(np.concatenate(list(codes.values())), modality, np.tile(groups, count))
    right = (said == modality).reshape(count, -1).mean(0)
    return mean_intervals(right[:, None], groups)[0]


@dataclass(frozen=True)
class Plane:
    """Codes of several modalities on one pair of axes.

    Attributes:
        points: modality → (E, n, 2).
        share: of the variance of all the codes after the last epoch that lies in the plane.
    """

    points: dict[str, np.ndarray]
    share: float


def common_plane(codes: dict[str, np.ndarray], directions: Directions) -> Plane:
    """Codes of every epoch on two axes that were found for the last one.

    Args:
        codes: modality → (E, n, d).
        directions: ``discriminant`` for those along which the modalities differ most for the
            spread within each (Fisher's; with two modalities there is one such direction, and
            the second is the widest across it), ``principal`` for the widest of all. One modality
            has principal axes only.
    """
    stacked = np.stack([c.astype(np.float64) for c in codes.values()])
    last = stacked[:, -1]
    mean = last.reshape(-1, last.shape[-1]).mean(0)
    centred = (last - mean).reshape(-1, last.shape[-1])
    if directions == "discriminant" and len(codes) > 1:
        axes = _discriminants(last)
        basis = np.linalg.qr(axes.T)[0]
        if len(axes) < 2:
            across = centred - centred @ basis @ basis.T
            axes = np.vstack([axes, _principal(across, 1)])
    else:
        axes = _principal(centred, 2)
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    basis = np.linalg.qr(axes.T)[0]
    total = float((centred**2).sum())
    share = float(((centred @ basis) ** 2).sum()) / total if total > 0 else float("nan")
    points = (stacked - mean) @ axes.T
    missing = 2 - points.shape[-1]
    points = np.pad(points, ((0, 0), (0, 0), (0, 0), (0, missing)))
    return Plane(dict(zip(codes, points.astype(np.float32), strict=True)), share)


def _principal(centred: np.ndarray, count: int) -> np.ndarray:
    axes: np.ndarray = np.linalg.svd(centred, full_matrices=False)[2][:count]
    return axes


def _discriminants(codes: np.ndarray) -> np.ndarray:
    """Fisher's directions (at most 2, d) of codes (M, n, d), whitened by the spread within."""
    from scipy.linalg import eigh

    modalities, _, width = codes.shape
    means = codes.mean(1)
    inner = codes - means[:, None]
    within = np.einsum("mnd,mne->de", inner, inner) / (modalities * codes.shape[1])
    within += np.eye(width) * max(1e-3 * np.trace(within) / width, 1e-12)
    outer = means - means.mean(0)
    values, vectors = eigh(outer.T @ outer, within)
    count = min(2, modalities - 1, width)
    kept: np.ndarray = vectors[:, np.argsort(-values)[:count]].T
    return kept
