"""What one probe reads from every code of a split, utterance by utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmmie.analysis.codes.readings import KINDS, code_name
from mmmie.analysis.codes.readouts import Probe, read_classes, read_numbers


@dataclass(frozen=True)
class Contents:
    """What one probe reads from every code, on conversations that it was not fitted to.

    Everything is per utterance, so that values and their bootstrap intervals are ratios of
    sums; with several draws of the codes, errors are means over draws. (Averaging what is read
    over draws instead would average the code's noise away.)

    Attributes:
        missed: code → target → (n,) squared error of the readout, over all columns of the target.
        total: target → (n,) squared distance to the mean of the split.
        told: code → (n,) how often its modality is named, 0 to 1; NaN with one modality.
    """

    missed: dict[str, dict[str, np.ndarray]]
    total: dict[str, np.ndarray]
    told: dict[str, np.ndarray]

    def r2(self, code: str, target: str) -> float | None:
        """R² of a target read from a code, against its mean over the split.

        Returns:
            None for a constant target or with fewer than two conversations.
        """
        missed, total = self.missed[code][target].sum(), self.total[target].sum()
        return float(1 - missed / total) if total > 0 and np.isfinite(missed) else None

    def modality_accuracy(self, code: str) -> float | None:
        """How often the modality that a code comes from is named, None where undefined."""
        share = float(self.told[code].mean())
        return share if np.isfinite(share) else None


def read_contents(
    draws: Sequence[dict[str, np.ndarray]],
    modalities: Sequence[str],
    targets: dict[str, np.ndarray],
    groups: np.ndarray,
    probe: Probe,
) -> Contents:
    """Read targets and modality from every code.

    Args:
        draws: from `mmmie.analysis.codes.readings.read_codes`.
        targets: name → (n, k) numbers.
        groups: (n,) integers, the conversation of every utterance.
    """
    n, names = len(groups), list(draws[0])
    total = {
        target: np.zeros(n) if np.allclose(y, y[:1]) else ((y - y.mean(0)) ** 2).sum(1)
        for target, y in targets.items()
    }
    if len(np.unique(groups)) < 2:
        unknown = np.full(n, np.nan)
        missed = {name: dict.fromkeys(targets, unknown) for name in names}
        return Contents(missed, total, dict.fromkeys(names, unknown))
    columns = np.concatenate(list(targets.values()), axis=1)
    ends = np.cumsum([y.shape[1] for y in targets.values()])[:-1]
    missed = {}
    for name in names:
        errors = [(columns - read_numbers(c[name], columns, groups, probe)) ** 2 for c in draws]
        parts = np.split(np.mean(errors, axis=0), ends, axis=1)
        missed[name] = {t: part.sum(1) for t, part in zip(targets, parts, strict=True)}
    told: dict[str, np.ndarray] = {}
    for kind in KINDS:
        shares = np.mean([_told(c, kind, modalities, groups, probe) for c in draws], axis=0)
        told |= {code_name(kind, m): share for m, share in zip(modalities, shares, strict=True)}
    return Contents(missed, total, told)


def _told(
    codes: dict[str, np.ndarray],
    kind: str,
    modalities: Sequence[str],
    groups: np.ndarray,
    probe: Probe,
) -> np.ndarray:
    """Whether the modality of every code is named (M, n), NaN with one modality."""
    count = len(modalities)
    if count < 2:
        return np.full((count, len(groups)), np.nan)
    x = np.concatenate([codes[code_name(kind, m)] for m in modalities])
    y = np.repeat(np.arange(count), len(groups))
    right = read_classes(x, y, np.tile(groups, count), probe) == y
    return right.reshape(count, len(groups)).astype(float)
