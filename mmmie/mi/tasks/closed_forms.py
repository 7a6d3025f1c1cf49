"""What each estimator converges to on the correlated Gaussian, when nothing is left to learn.

With the exact conditional p(y | x), or the optimal critic log p(y | x) / p(y), in place of a
learned one, the value of an estimator on `mmmie.mi.tasks.gaussian(dim, mi)` depends on the
dimensions, the true I and sometimes the batch size. So a gap between a fitted estimate and I has
two parts: from I to the value given here, which no training can close, and from there to the
estimate. All values are in nats; torch is not loaded.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import chi, chi2

from mmmie.errors import InputError
from mmmie.mi.catalogue import CATALOGUE, SMILE_CLIP
from mmmie.mi.tasks.normal import GaussianTask, gaussian
from mmmie.mi.tasks.task import Array

_CHUNKS = 8
_CHUNK_ENTRIES = 2**21
_MOST_ROWS = 64
_NODES = 20_001
_REACH = 30.0
# exp() leaves the range of floats a little later
_LARGEST_CLIP = 700.0


class Simulated(NamedTuple):
    """A Monte Carlo value and its standard error, in nats."""

    value: float
    standard_error: float


def club_value(dim: int, mi: float) -> float:
    """CLUB, and vCLUB-S, with the exact conditional: d (exp(2I/d) - 1).

    The log ratio has the mean I over joint pairs and I - d rho² / (1 - rho²) over x and y drawn
    apart; CLUB is the difference. It exceeds I, the more the more nats a dimension has, since
    by Jensen's inequality the mean of ln p(y | x) over all x is below ln p(y).

    Source: the sample form of I_CLUB in Cheng et al. 2020 (arXiv 2006.12013), applied to Gaussians.

    Args:
        dim: dimensions of x and of y.
        mi: the true I in nats.

    Raises:
        InputError: dim or mi are out of the range of `gaussian`.

    Example:
        >>> round(club_value(20, 6), 3)
        16.442
    """
    task = gaussian(dim, mi)
    return dim * math.expm1(2 * task.mi / dim)


def infonce_value(dim: int, mi: float, batch_size: int, seed: int = 0) -> Simulated:
    """The expectation of InfoNCE with the optimal critic, by Monte Carlo.

    With r_ij the critic of x_i and y_j, it is the mean of r_ii - ln(mean over j of exp r_ij). The
    inner mean includes the joint pair itself, which pulls the value below I and below ln B.

    Args:
        dim: dimensions of x and of y.
        mi: the true I in nats.
        batch_size: B, at least 2.
        seed: of the simulation.

    Raises:
        InputError: dim or mi are out of the range of `gaussian`, or the batch is below 2.

    Example:
        >>> found = infonce_value(20, 6, 64)
        >>> bool(abs(found.value - 3.739) < 0.01)
        True
    """
    return _checked_simulation("infonce", dim, mi, batch_size, seed)


def l1out_value(dim: int, mi: float, batch_size: int, seed: int = 0) -> Simulated:
    """The expectation of L1Out with the exact conditional, by Monte Carlo.

    Its marginal is the mixture of the B - 1 other conditionals. That is right on average, but the
    mean of its logarithm is below the logarithm of its mean, so L1Out lies above I. It lies below
    CLUB, which it equals at B = 2. The gap closes as B grows, slowly where I is large. Arguments
    and errors are those of `infonce_value`.

    Example:
        >>> found = l1out_value(20, 6, 64)
        >>> bool(abs(found.value - 7.859) < 0.03)
        True
    """
    return _checked_simulation("l1out", dim, mi, batch_size, seed)


def smile_value(dim: int, mi: float, clip: float = SMILE_CLIP) -> float:
    """SMILE with the optimal critic r: I - ln E[exp(r) clipped to exp(±clip)] over the marginals.

    Unclipped, the mean is 1 and the value I. Clipping cuts off the rare large ratios that make up
    this mean, so the value is too high where I is large against the clip. It is off by at most
    `clip`. Since exp(r) turns the marginals into the joint, the part of the mean within the clip is
    a probability over joint pairs, and the whole is
    e^-clip P(r < -clip) + P_joint(|r| < clip) + e^clip P(r > clip).

    This is the limit of many pairs. A batch takes the logarithm of its own mean, which adds
    the more the larger I (about .1 nats at B = 64, d = 20, I = 10 and clip 5).

    Source: I_SMILE of Song and Ermon 2020 (arXiv 1910.06222), section 5.

    Args:
        dim: dimensions of x and of y.
        mi: the true I in nats.
        clip: tau; infinite for no clipping, which gives I.

    Returns:
        Nats, good to about five decimals.

    Raises:
        InputError: dim or mi are out of the range of `gaussian`, or the clip is neither in [0, 700]
            nor infinite.

    Example:
        >>> smile_value(20, 6, math.inf), smile_value(20, 6, 5.0) > 6
        (6.0, True)
    """
    task = gaussian(dim, mi)
    if not (0 <= clip <= _LARGEST_CLIP or clip == math.inf):
        raise InputError(f"clip is {clip:g}; use 0 to {_LARGEST_CLIP:g}, or inf for none")
    if task.mi == 0 or clip == math.inf:
        return task.mi
    below = math.exp(-clip) * (1 - _product_above(task, -clip))
    within = _joint_below(task, clip) - _joint_below(task, -clip)
    above = math.exp(clip) * _product_above(task, clip)
    return task.mi - math.log(below + within + above)


def expected_value(estimator: str, dim: int, mi: float, batch_size: int) -> float | None:
    """What an estimator says about `gaussian(dim, mi)` when its learned part is exact.

    - Those that are `exact` in the catalogue: I. DV is so in the limit of many pairs: the
      logarithm of a batch's own mean is too low on average, so that DV is too high (by about
      1.3 nats at B = 64, d = 20, I = 10).
    - `smile`: `smile_value` at clip 5, above I.
    - `infonce`: `infonce_value`, below I and below ln B.
    - `club`, `vclub-s`: `club_value`, above I. One negative per pair has the same mean as all.
    - `l1out`: `l1out_value`, between I and CLUB.
    - All others: None. The bias of KSG depends on the number of pairs.

    Args:
        estimator: a name in the catalogue.
        dim: dimensions of x and of y.
        mi: the true I in nats.
        batch_size: pairs per batch, at least 2; it matters to `infonce` and `l1out` alone.

    Returns:
        Nats, or None where no such value is known.

    Raises:
        InputError: the estimator is unknown, dim or mi are out of the range of `gaussian`, or the
            batch is below 2.

    Example:
        >>> expected_value("nwj", 20, 6, 64), expected_value("ksg", 20, 6, 64)
        (6.0, None)
    """
    if estimator not in CATALOGUE:
        raise InputError(f"estimator `{estimator}` is unknown; use one of {', '.join(CATALOGUE)}")
    task = gaussian(dim, mi)
    _check_batch(batch_size)
    if CATALOGUE[estimator].exact != "never":
        return task.mi
    if estimator in ("club", "vclub-s"):
        return club_value(dim, mi)
    if estimator == "smile":
        return smile_value(dim, mi)
    if estimator == "infonce":
        return infonce_value(dim, mi, batch_size).value
    if estimator == "l1out":
        return l1out_value(dim, mi, batch_size).value
    return None


def _joint_below(task: GaussianTask, level: float) -> float:
    """P(r < level) for the optimal critic r of a joint pair.

    u = (x + y) / √2 and v = (x - y) / √2 are independent. In them r is I + a Σu² - b Σv², where
    both sums are chi-squares with `dim` degrees of freedom once u and v have variance 1. The
    integral runs over the length of v, and u has a distribution function.
    """
    weight, dim = 0.5 * task.correlation, task.dim_x
    length = np.linspace(0, math.sqrt(dim) + _REACH, _NODES)
    rest = (level - task.mi) / weight + length**2
    return float(np.trapezoid(chi.pdf(length, dim) * chi2.cdf(rest, dim), length))


def _product_above(task: GaussianTask, level: float) -> float:
    """P(r > level) for x and y drawn apart; r as in `_joint_below`, with other a and b."""
    rho, dim = task.correlation, task.dim_x
    a, b = 0.5 * rho / (1 + rho), 0.5 * rho * (1 + rho) / task.noise_variance
    farthest = math.sqrt(dim) + _REACH
    # where v is longer, no u makes up for it; with a large rho that is almost everywhere
    most = (task.mi - level + a * farthest**2) / b
    if most <= 0:
        return 0.0
    length = np.linspace(0, min(farthest, math.sqrt(most)), _NODES)
    rest = (level - task.mi + b * length**2) / a
    return float(np.trapezoid(chi.pdf(length, dim) * chi2.sf(rest, dim), length))


def _check_batch(batch_size: int) -> None:
    if batch_size < 2:
        raise InputError(f"batch_size is {batch_size}; use 2 or more")


def _checked_simulation(
    kind: Literal["infonce", "l1out"], dim: int, mi: float, batch_size: int, seed: int
) -> Simulated:
    gaussian(dim, mi)
    _check_batch(batch_size)
    return _simulated(kind, dim, float(mi), batch_size, seed)


@lru_cache(maxsize=512)
def _simulated(
    kind: Literal["infonce", "l1out"], dim: int, mi: float, batch_size: int, seed: int
) -> Simulated:
    """The mean over batches of r_ii - ln(mean over j of exp r_ij), j ≠ i for L1Out.

    L1Out compares the conditionals of all x with one y and InfoNCE both ways; on the Gaussian x
    and y can change places, so that rows stand for columns.
    """
    task = gaussian(dim, mi)
    random = np.random.default_rng(seed)
    rows = min(batch_size, _MOST_ROWS, max(_CHUNK_ENTRIES // batch_size, 1))
    batches = max(_CHUNK_ENTRIES // (batch_size * max(_MOST_ROWS, dim)), 1)
    joint, value = [], []
    for _ in range(_CHUNKS):
        x, y = task.draw(random, batches * batch_size)
        x, y = (side.reshape(batches, batch_size, dim) for side in (x, y))
        ratio = task.log_ratio(x[:, :rows], y)
        own = np.diagonal(ratio, axis1=1, axis2=2).copy()
        if kind == "l1out":
            ratio[:, range(rows), range(rows)] = -math.inf
        others = batch_size - (kind == "l1out")
        joint.append(own.mean(-1))
        value.append((own - _log_sum(ratio)).mean(-1) + math.log(others))
    return _mean(np.concatenate(value), np.concatenate(joint) - task.mi)


def _log_sum(ratio: Array) -> Array:
    """ln Σ_j exp r_ij, (..., N, M) to (..., N); the matrix is used up."""
    largest = ratio.max(-1, keepdims=True)
    ratio -= largest
    return largest[..., 0] + np.log(np.exp(ratio, out=ratio).sum(-1))


def _mean(values: Array, noise: Array) -> Simulated:
    """The mean of values, from which the part that goes along with noise of mean 0 is taken."""
    slope = (values - values.mean()) @ noise / (noise @ noise) if noise.any() else 0.0
    left = values - slope * noise
    return Simulated(float(left.mean()), float(left.std(ddof=2) / math.sqrt(len(left))))
