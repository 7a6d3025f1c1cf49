"""The bounds that a configuration names, as terms: one an utterance, if nothing else is said.

Their mean is the bound of the same name in `mmmie.mi`, and their spread gives its standard error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mmmie.mi.bracket import bracket_terms
from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.estimators.dv import dv
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.estimators.js import js
from mmmie.mi.estimators.nwj import nwj
from mmmie.mi.estimators.smile import CLIP
from mmmie.mi.estimators.vub import vub


@dataclass(frozen=True)
class LowerBound:
    """A lower bound from the scores (B, B) of every x against every y.

    Attributes:
        learn: what critic and codes maximise, a scalar. JS and SMILE learn by the Jensen-Shannon
            objective, which is not mutual information in nats.
        terms: (B,) nats, for B of at least 2.
        capped: whether ln B is the most that it can say.
    """

    learn: Callable[[Tensor], Tensor]
    terms: Callable[[Tensor], Tensor]
    capped: bool = False


UpperBound = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From samples and the means and log-variances of their Gaussians, (B, d) each, to terms in nats,
(B,) or fewer, for B of at least 2."""


def standard_error(terms: Tensor) -> Tensor:
    """The standard error of the mean of terms (K,), a scalar."""
    return terms.std() / math.sqrt(len(terms))


def infonce_terms(scores: Tensor) -> Tensor:
    """The terms (B,) of `infonce` from scores (B, B)."""
    others = 0.5 * (scores.logsumexp(0) + scores.logsumexp(1))
    return math.log(len(scores)) + scores.diagonal() - others


def nwj_terms(scores: Tensor) -> Tensor:
    """The terms (B,) of `nwj` from scores (B, B) that are log-ratios, so that T = 1 + score."""
    return 1 + scores.diagonal() - _over_others(scores.exp())


def dv_terms(scores: Tensor, clip: float = math.inf) -> Tensor:
    """The terms (B,) of `dv`, or with a clip of `smile`, from scores (B, B)."""
    clipped = scores.clamp(-clip, clip)
    # the largest of the others, so that the exponential neither overflows nor vanishes
    shift = clipped.masked_fill(_own(scores), -math.inf).max()
    weights = _over_others((clipped - shift).exp())
    mean = weights.mean()
    # the logarithm of a mean, to first order in what every utterance adds to it
    return scores.diagonal() - shift - mean.log() - (weights / mean - 1)


def smile_terms(scores: Tensor) -> Tensor:
    """The terms (B,) of `smile` from scores (B, B)."""
    return dv_terms(scores, CLIP)


def vub_terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The terms (B,) of `vub`: every divergence from the prior, which needs no sample."""
    return vub(mean[:, None], log_variance[:, None])


def sampled_vub_terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The log-ratio (B,) to the prior at the sample.

    Its mean is that of `vub_terms` where the conditional is exact. Through a learned one, only the
    sample moves the codes.
    """
    zero = torch.zeros_like(sample)
    return log_density(sample, mean, log_variance) - log_density(sample, zero, zero)


def club_terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The terms (B,) of `club`."""
    pairs = pairwise_log_density(sample, mean, log_variance)
    return pairs.diagonal() - _over_others(pairs)


def vclub_s_terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The terms (B // 2,) of `vclub_s`, one for two utterances that each are the other's other.

    They are half a batch apart, since neighbours come from the same conversation. The last one of
    an odd number is left out.
    """
    half = len(sample) // 2
    other = torch.cat([sample[half : 2 * half], sample[:half]])
    mean, log_variance = mean[: 2 * half], log_variance[: 2 * half]
    joint = log_density(sample[: 2 * half], mean, log_variance)
    return (joint - log_density(other, mean, log_variance)).unflatten(0, (2, half)).mean(0)


def l1out_terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The terms (B,) of `l1out`."""
    return bracket_terms(pairwise_log_density(sample, mean, log_variance))[1]


def encoder_bracket(sample: Tensor, mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """The terms (B,) of both ends of `bracket`, the upper one at most VUB.

    L1Out is the tighter of the two where ln B is large beside the information, VUB where it is
    not and the codes are close to the prior.
    """
    lower, upper = bracket_terms(pairwise_log_density(sample, mean, log_variance))
    prior = vub_terms(sample, mean, log_variance)
    if prior.mean() < upper.mean():
        upper = prior
    return (upper if lower.mean() > upper.mean() else lower), upper


def _over_others(matrix: Tensor) -> Tensor:
    """(B,) what every utterance has to do with the mean of a matrix (B, B) over i ≠ j.

    The mean of its row, plus that of its column, less that of all. Their mean is the mean over
    i ≠ j, and to first order their spread is its error, since every utterance is in a row and in a
    column: the projection of a U-statistic (Hoeffding 1948).
    """
    others = matrix.masked_fill(_own(matrix), 0) / (len(matrix) - 1)
    rows, columns = others.sum(1), others.sum(0)
    return rows + columns - rows.mean()


def _own(matrix: Tensor) -> Tensor:
    return torch.eye(len(matrix), dtype=torch.bool, device=matrix.device)


def _learn_nwj(scores: Tensor) -> Tensor:
    return nwj(1 + scores)


LOWER = {
    "infonce": LowerBound(infonce, infonce_terms, capped=True),
    "nwj": LowerBound(_learn_nwj, nwj_terms),
    "dv": LowerBound(dv, dv_terms),
    "smile": LowerBound(js, smile_terms),
    "js": LowerBound(js, nwj_terms),
}
"""`objective.maximise.estimator` → the bound."""

UPPER: dict[str, UpperBound] = {
    "vub": vub_terms,
    "club": club_terms,
    "vclub-s": vclub_s_terms,
    "l1out": l1out_terms,
}
"""`objective.minimise.estimator` → the bound, where the conditional is exact."""

UPPER_LEARNED: dict[str, UpperBound] = {**UPPER, "vub": sampled_vub_terms}
"""The same where the conditional is learned."""
