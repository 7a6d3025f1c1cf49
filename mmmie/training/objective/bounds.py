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
from mmmie.mi.catalogue import trained
from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.estimators.vub import vub_terms


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


def sampled_vub_terms(sample: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """The log-ratio (B,) to the prior at the sample.

    Its mean is that of `vub_terms` where the conditional is exact. Through a learned one, only the
    sample moves the codes.
    """
    zero = torch.zeros_like(sample)
    return log_density(sample, mean, log_variance) - log_density(sample, zero, zero)


def encoder_bracket(sample: Tensor, mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """The terms (B,) of both ends of `bracket`, the upper one at most VUB.

    L1Out is the tighter of the two where ln B is large beside the information, VUB where it is
    not and the codes are close to the prior.
    """
    lower, upper = bracket_terms(pairwise_log_density(sample, mean, log_variance))
    prior = vub_terms(mean, log_variance)
    if prior.mean() < upper.mean():
        upper = prior
    return (upper if lower.mean() > upper.mean() else lower), upper


LOWER = {
    facts.name: LowerBound(facts.load().objective, facts.load().terms, facts.capped)
    for facts in trained("lower")
}
"""`objective.maximise.estimator` → the bound."""

UPPER: dict[str, UpperBound] = {facts.name: facts.load().terms for facts in trained("upper")}
"""`objective.minimise.estimator` → the bound, where the conditional is exact."""

UPPER_LEARNED: dict[str, UpperBound] = {**UPPER, "vub": sampled_vub_terms}
"""The same where the conditional is learned."""


_PENALTY = 0.05
_LEAST_DEVIATION = 1e-6


def gaussian_information(x: Tensor, y: Tensor) -> Tensor:
    """What x and y would share if they were jointly Gaussian with the covariances of a batch.

    ½ (ln det C_x + ln det C_y − ln det C) of standardised columns, which is −½ Σ ln(1 − ρ_k²) over
    the canonical correlations (Hotelling 1936). It does not depend on the scale of a column, so
    that a code cannot escape it by whispering. A penalty on the diagonals keeps it finite where
    columns depend on each other exactly; of unrelated x and y it is about d²/2B.

    Args:
        x: (..., B, d).
        y: (..., B, d).

    Returns:
        (...) nats.

    Example:
        >>> x = torch.randn(5000, 1, generator=torch.Generator().manual_seed(0))
        >>> gaussian_information(x, -3 * x) > 1, gaussian_information(x, x.flip(0)) < 0.01
        (tensor(True), tensor(True))
    """
    both = torch.cat([_standardised(x), _standardised(y)], -1)
    unit = torch.eye(both.shape[-1], device=x.device)
    covariance = both.mT @ both / both.shape[-2] + _PENALTY * unit
    width = x.shape[-1]
    parts = covariance[..., :width, :width], covariance[..., width:, width:]
    alone = sum(torch.linalg.slogdet(part)[1] for part in parts)
    return (alone - torch.linalg.slogdet(covariance)[1]) / 2


def _standardised(x: Tensor) -> Tensor:
    return (x - x.mean(-2, True)) / (x.std(-2, correction=0, keepdim=True) + _LEAST_DEVIATION)
