"""What a code costs: its divergence from the prior, and three upper bounds on I(x; code)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmmie.analysis.codes.readouts import code_name, read_codes
from mmmie.analysis.outputs import SplitOutputs

_MOST = 512


@dataclass(frozen=True)
class UpperBounds:
    """Upper bounds on what a code keeps of its input, in nats, from the same utterances.

    Attributes:
        count: how many utterances.
        vub: KL of the code from the prior, mean over the utterances.
        l1out: the leave-one-out bound.
        club: CLUB, the mean over pairs that belong together minus that over all others.
        together: mean log p(code | x) of pairs that belong together.
        apart: the same of pairs that do not.
        lower: the lower end of the bracket, for comparison; at most VUB.
    """

    count: int
    vub: float
    l1out: float
    club: float
    together: float
    apart: float
    lower: float


def divergence(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """KL(N(mean, deviation²) || N(0, 1)) of every dimension, (d,) nats.

    Their sum is what this utterance adds to `mmmie.mi.estimators.vub.vub`.

    Example:
        >>> divergence(np.array([1.0, 0.0]), np.array([1.0, 1.0])).tolist()
        [0.5, 0.0]
    """
    import torch

    from mmmie.mi.estimators.vub import vub

    mu, sigma = (torch.as_tensor(np.asarray(a, np.float64)) for a in (mean, deviation))
    return np.asarray(vub(mu[:, None, None], 2 * sigma.log()[:, None, None]).numpy())


def upper_bounds(
    outputs: SplitOutputs, present: np.ndarray, kind: str, modality: str, seed: int = 0
) -> UpperBounds | None:
    """VUB, L1Out and CLUB of one code, with the exact conditional of its encoder.

    `present` (n, M) bool says which modalities are there; `kind` is invariant or specific; `seed`
    is of the sample of at most 512 utterances, and of the codes.

    Returns:
        None where the encoder is deterministic, which makes I(x; code) infinite, or fewer than
        two utterances have the modality.
    """
    import torch

    from mmmie.mi.bracket import bracket
    from mmmie.mi.closed.gaussian import pairwise_log_density
    from mmmie.mi.estimators.club import club
    from mmmie.mi.estimators.l1out import l1out
    from mmmie.mi.estimators.vub import vub

    rows = np.flatnonzero(present[:, outputs.modalities.index(modality)])
    if len(rows) < 2 or not outputs.deviations:
        return None
    rows = np.random.default_rng(seed).permutation(rows)[:_MOST]
    name = code_name(kind, modality)
    sampled = read_codes(outputs, "samples", seed)[0]
    sample, mean, deviation = (
        torch.as_tensor(np.asarray(part[name][rows], np.float64))
        for part in (sampled, outputs.spaces, outputs.deviations)
    )
    pairs = pairwise_log_density(sample, mean, 2 * deviation.log())
    together = pairs.diagonal().mean().item()
    value = club(pairs).item()
    prior = vub(mean, 2 * deviation.log()).item()
    return UpperBounds(
        count=len(rows),
        vub=prior,
        l1out=l1out(pairs).item(),
        club=value,
        together=together,
        apart=together - value,
        lower=min(bracket(pairs)[0].item(), prior),
    )
