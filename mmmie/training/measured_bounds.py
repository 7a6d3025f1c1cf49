"""What a run measures of mutual information, in nats: the bounds, and a check of them."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from mmmie.mi.closed.canonical import CanonicalCorrelations
from mmmie.mi.estimators.infonce import InfoNCE, infonce_terms
from mmmie.mi.groups import clustered_error
from mmmie.model.batch import Codes
from mmmie.training.objective.bounds import encoder_bracket, standard_error
from mmmie.training.objective.objective import Objective

MEASURED_UTTERANCES = 4096
"""The most that a value is taken over, all at once: one matrix compares all with all."""

_LEAST_TO_FIT = 16
_STEPS = 100
_BATCH = 128
_HIDDEN = 64
_LEARNING_RATE = 5e-3
_SEED = 1


def measured_rows(count: int) -> np.ndarray:
    """Which of `count` utterances are measured: a fixed sample."""
    return np.random.default_rng(0).permutation(count)[:MEASURED_UTTERANCES]


def sample_codes(codes: Codes, rows: Tensor, stochastic: bool, seed: int = 0) -> Codes:
    """The codes of some utterances, with samples drawn by a generator of their own."""
    generator = torch.Generator().manual_seed(seed)
    some = codes.map(lambda values: values[rows])
    for code in (some.invariant, some.specific):
        noise = torch.randn(code.mean.shape, generator=generator).to(code.mean.device)
        code.sample = code.mean + (code.log_variance / 2).exp() * noise if stochastic else code.mean
    return some


@torch.inference_mode()
def measure(objective: Objective, codes: Codes) -> dict[str, float]:
    """The bounds on sampled codes, with their standard errors.

    A value that fewer than two utterances tell of, or that is not finite, is left out.

    Returns:
        ``mi/max/…``, ``mi/min/…`` and so on, as `mmmie.metrics.HISTORY` says.
    """
    found: dict[str, Tensor] = {}
    most = 0
    for pair, scores in objective.scores(codes).items():
        if len(scores) > 1:
            found[f"max/{pair}"] = objective.lower.terms(scores)
            most = max(most, len(scores))
    for kind, suffix in (("invariant", ""), ("specific", "_specific")):
        for name, conditional in objective.input_conditionals(codes, kind):
            if len(conditional[0]) < 2:
                continue
            found[f"min{suffix}/{name}"] = objective.upper(*conditional)
            if objective.exact:
                lower, upper = encoder_bracket(*conditional)
                found[f"lower{suffix}/{name}"], found[f"upper{suffix}/{name}"] = lower, upper
    metrics = {
        f"mi/separation/{name}": _gaussian(z, s)
        for name, z, s in objective.mean_codes(codes)
        if len(z) > 1
    }
    for key, terms in found.items():
        metrics[f"mi/{key}"] = terms.mean().item()
        metrics[f"mi/std/{key}"] = standard_error(terms).item()
    if most and objective.lower.capped:
        metrics["mi/ceiling"] = math.log(most)
    return _finite(metrics)


def check(
    names: list[str], known: Codes, judged: Codes, of_known: Tensor, of_judged: Tensor
) -> dict[str, float]:
    """What pairs of modalities share, by critics that had no part in the training.

    For every pair a critic is fitted to codes that no longer move and valued on others by InfoNCE,
    in one batch. What chooses the step to stop at are whole conversations, and errors are over
    them. The global random state is left as it was.

    Args:
        names: of the modalities.
        known: what critics are fitted to.
        judged: what they are valued on.
        of_known: (N,) the number of the conversation of every utterance in `known`.
        of_judged: the same for `judged`.

    Returns:
        ``mi/check/<pair>`` lower bounds on I(z; z), ``mi/check_std/<pair>`` their standard errors,
        and ``mi/check_ceiling``, the most that they could say; a pair that too few utterances
        have is left out.
    """
    metrics: dict[str, float] = {}
    most = 0
    for m, n in combinations(range(len(names)), 2):
        pairs, group = _both(known, m, n, of_known)
        others, of_others = _both(judged, m, n, of_judged)
        if len(pairs[0]) < _LEAST_TO_FIT or len(others[0]) < 2:
            continue
        terms = infonce_terms(_fresh_scores(pairs, others, group))
        over_groups = clustered_error(terms, of_others)
        pair = f"{names[m]}-{names[n]}"
        metrics[f"mi/check/{pair}"] = terms.mean().item()
        alone = standard_error(terms).item()
        metrics[f"mi/check_std/{pair}"] = max(alone, over_groups) if over_groups > 0 else alone
        most = max(most, len(terms))
    if most:
        metrics["mi/check_ceiling"] = math.log(most)
    return _finite(metrics)


def _both(codes: Codes, m: int, n: int, group: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """The invariant codes of two modalities, (B, d_z) each, of the utterances that have both.

    And the groups (B,) of these; utterances of a group stand together.
    """
    both = (codes.present[:, m] & codes.present[:, n]).cpu()
    order = group[both].argsort(stable=True)
    sample = codes.invariant.sample.cpu()[both][order]
    return (sample[:, m], sample[:, n]), group[both][order]


def _fresh_scores(
    known: tuple[Tensor, Tensor], judged: tuple[Tensor, Tensor], group: Tensor
) -> Tensor:
    """(B, B) scores of the judged pairs by a critic fitted to the known ones."""
    dim = known[0].shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_SEED)
        critic = InfoNCE(dim, dim, _HIDDEN)
    critic.fit(
        *known,
        steps=_STEPS,
        batch_size=_BATCH,
        learning_rate=_LEARNING_RATE,
        seed=_SEED,
        group=group,
    )
    x, y = (rows.double() for rows in judged)
    with torch.inference_mode():
        return critic.scores(critic.standardise_x(x), critic.standardise_y(y))


def _gaussian(z: Tensor, s: Tensor) -> float:
    """What z and s (B, d) would share as Gaussians, by correlations of rows left out of the fit."""
    gaussian = CanonicalCorrelations(z.shape[1], s.shape[1])
    gaussian.fit(z.double().cpu(), s.double().cpu())
    return gaussian.information().item()


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    return {key: value for key, value in metrics.items() if math.isfinite(value)}
