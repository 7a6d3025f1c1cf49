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
