"""Small readers of codes, scored on conversations that they were not fitted to.

The linear readers are ridge regression and logistic regression. The non-linear ones see, beside
the code itself, its similarity to 150 landmarks under a Gaussian kernel (the Nyström features
of Williams and Seeger, 2001, NIPS 13), and are ridge regressions on that. Why not a network or
trees: on about 800 codes of a demo model both read less (of the topic that z of text holds, R²
.02 with 64 hidden units and below 0 with boosted trees, against .4), depend on their seed and
take longer. Here all targets share one decomposition, and a code takes a quarter of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mmmie.analysis.outputs import SplitOutputs

Probe = Literal["linear", "nonlinear"]

_FOLDS = 5
_LANDMARKS = 150
_KERNEL_WIDTH = 2.0  # in medians of the squared distance between two codes
_PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0)
_LEAST_DEVIATION = 1e-8


def folds(groups: np.ndarray, count: int = _FOLDS, seed: int = 0) -> Iterator[np.ndarray]:
    """Masks (n,) of the held-out part of every fold; a conversation is never torn."""
    names = np.unique(groups)
    order = np.random.default_rng(seed).permutation(len(names))
    for part in np.array_split(names[order], min(count, len(names))):
        yield np.isin(groups, part)


def read_numbers(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, probe: Probe = "linear"
) -> np.ndarray:
    """What a ridge regression on held-out conversations says of numbers.

    The penalty is chosen for every column by generalised cross-validation inside each training
    part.

    Args:
        x: (n, d) codes.
        y: (n, k) numbers.
        groups: (n,) integers, the conversation of every utterance; at least two.

    Returns:
        (n, k), each row from a reader that has not seen its conversation.
    """
    from sklearn.linear_model import RidgeCV

    said = np.zeros(y.shape)
    for held_out in folds(groups):
        see = _sight(x[~held_out], probe)
        reader = RidgeCV(alphas=_PENALTIES, alpha_per_target=True)
        reader.fit(see(x[~held_out]), y[~held_out])
        said[held_out] = reader.predict(see(x[held_out])).reshape(-1, y.shape[1])
    return said


def read_classes(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, probe: Probe = "linear"
) -> np.ndarray:
    """Which class a reader names on held-out conversations.

    Args:
        x: (n, d) codes.
        y: (n,) class indices from 0.
        groups: (n,) integers, the conversation of every utterance; at least two.
        probe: ``linear`` is logistic regression, ``nonlinear`` a ridge regression of class
            indicators.

    Returns:
        (n,) class indices.
    """
    if probe == "nonlinear":
        said: np.ndarray = read_numbers(x, np.eye(y.max() + 1)[y], groups, probe).argmax(1)
        return said

    from sklearn.linear_model import LogisticRegression

    said = np.zeros(len(y), int)
    for held_out in folds(groups):
        known = y[~held_out]
        if (known == known[0]).all():
            said[held_out] = known[0]
            continue
        see = _sight(x[~held_out], probe)
        reader = LogisticRegression(max_iter=200)
        reader.fit(see(x[~held_out]), known)
        said[held_out] = reader.predict(see(x[held_out]))
    return said


def _sight(fit: np.ndarray, probe: Probe) -> Callable[[np.ndarray], np.ndarray]:
    """What a reader fitted to the codes `fit` (n, d) sees of codes: (m, d) → (m, features)."""
    mean, deviation = fit.mean(0), fit.std(0) + _LEAST_DEVIATION

    def standardise(x: np.ndarray) -> np.ndarray:
        return np.asarray((x - mean) / deviation)

    if probe == "linear":
        return standardise

    from scipy.spatial.distance import pdist
    from sklearn.kernel_approximation import Nystroem

    standard = standardise(fit)
    some = np.random.default_rng(0).permutation(len(fit))[:500]
    distance = float(np.median(pdist(standard[some], "sqeuclidean"))) if len(fit) > 1 else 0.0
    kernel = Nystroem(
        gamma=1 / (_KERNEL_WIDTH * distance) if distance > 0 else 1.0,
        n_components=min(_LANDMARKS, len(fit)),
        random_state=0,
    ).fit(standard)
    # Kernel features of one row have length 1 in all; scaled to that of the standardised code.
    scale = fit.shape[1] ** 0.5

    def widen(x: np.ndarray) -> np.ndarray:
        standard = standardise(x)
        return np.column_stack([standard, scale * kernel.transform(standard)])

    return widen


Reading = Literal["means", "samples"]
READINGS: tuple[Reading, ...] = ("means", "samples")

DRAWS = 4
"""How many samples of every code are probed; results are means over them."""

KINDS = ("invariant", "specific")


def code_name(kind: str, modality: str) -> str:
    """The name of a code, as in `SplitOutputs.spaces`."""
    return f"{kind}.{modality}"


def read_codes(
    outputs: SplitOutputs, reading: Reading, seed: int = 0
) -> list[dict[str, np.ndarray]]:
    """The codes of a split under one reading.

    Args:
        reading: ``means``, or ``samples`` of N(mean, deviation²).

    Returns:
        One table ``<kind>.<modality>`` → (n, d) a draw: one for means and for deterministic
        encoders, `DRAWS` for samples.
    """
    names = [code_name(kind, modality) for kind in KINDS for modality in outputs.modalities]
    means = {name: outputs.spaces[name] for name in names}
    if reading == "means" or not outputs.deviations:
        return [means]
    random = np.random.default_rng(seed)
    return [
        {
            name: mean + outputs.deviations[name] * random.standard_normal(mean.shape)
            for name, mean in means.items()
        }
        for _ in range(DRAWS)
    ]


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
        draws: from `mmmie.analysis.codes.readouts.read_codes`.
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
